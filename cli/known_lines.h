/* SPDX-License-Identifier: MIT
 *
 * known_lines.h - the lines of a file, to tell which drawn lines are new.
 *
 * Holds a 64-bit hash of each line, blanks at its ends left out: 16 bytes a line
 * however long they are.
 */
#ifndef CLI_KNOWN_LINES_H
#define CLI_KNOWN_LINES_H

#include <stddef.h>

#include "rnn.h"

typedef struct known_lines known_lines;

rnn_status known_lines_load(known_lines **out, const char *path, rnn_error *error);
void known_lines_destroy(known_lines *lines);

/* 1 if the file has this line, exactly or but for blanks at its ends. */
int known_lines_has(const known_lines *lines, const char *line, size_t bytes);

#endif
