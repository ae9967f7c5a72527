/* SPDX-License-Identifier: MIT
 *
 * known_lines.h - a set of lines, such as a file's, to tell which drawn lines are new.
 *
 * Holds a 64-bit hash of each line, blanks at its ends left out: 16 bytes a line
 * however long they are.
 */
#ifndef CLI_KNOWN_LINES_H
#define CLI_KNOWN_LINES_H

#include <stddef.h>

#include "rnn.h"

typedef struct known_lines known_lines;

/* An empty set. RNN_ERR_MEMORY. */
rnn_status known_lines_create(known_lines **out, rnn_error *error);
/* All lines of a file. RNN_ERR_IO names it. */
rnn_status known_lines_load(known_lines **out, const char *path, rnn_error *error);
void known_lines_destroy(known_lines *lines);

/* Adds a line; nothing happens if it is there. 0 when memory is short. */
int known_lines_add(known_lines *lines, const char *line, size_t bytes);

/* Different lines in the set. */
size_t known_lines_count(const known_lines *lines);

/* 1 if the set has this line, exactly or but for blanks at its ends. */
int known_lines_has(const known_lines *lines, const char *line, size_t bytes);

#endif
