/* SPDX-License-Identifier: MIT
 *
 * known_lines.h - the lines of a text, to tell which drawn lines are new. Blanks at the
 * ends of a line are left out, on both sides.
 */
#ifndef CLI_KNOWN_LINES_H
#define CLI_KNOWN_LINES_H

#include "text/lines.h"

/* All lines of an input as training reads one (text/corpus.h): packed ones are unpacked, and with
 * `normalize` they are brought to the form in which the model writes. RNN_ERR_IO names it. */
rnn_status known_lines_load(rnn_line_set **out, const char *input, int normalize, rnn_error *error);

/* 1 if the set has this line, exactly or but for blanks at its ends. */
int known_lines_has(const rnn_line_set *lines, const char *line, size_t bytes);

#endif
