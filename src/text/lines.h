/* SPDX-License-Identifier: MIT
 *
 * lines.h - a text as lines, and which lines stand in a set of them.
 *
 * A newline ends a line and is no part of it, nor is a carriage return before it.
 */
#ifndef RNN_LINES_H
#define RNN_LINES_H

#include <stddef.h>

#include "base/status.h"

typedef struct rnn_line {
    const char *bytes; /* [count], in the text */
    size_t count;
    int carriage; /* 1: a carriage return followed */
} rnn_line;

/* What of a text is still to be read, and whether its ends are ends of lines too. */
typedef struct rnn_lines {
    const char *bytes; /* [count] */
    size_t count;
    int begins; /* 0: up to the first newline it is the end of a line */
    int ends;   /* 0: behind the last newline it is the beginning of a line */
} rnn_lines;

/* The next whole line that is not empty, and moves behind it; 0 if there is none. */
int rnn_lines_next(rnn_lines *text, rnn_line *out);

/* By their bytes, as memcmp: < 0, 0 or > 0. */
int rnn_line_compare(const rnn_line *a, const rnn_line *b);

/* Holds a 64-bit hash of each line: 11 to 22 bytes of memory a line, however long. */
typedef struct rnn_line_set rnn_line_set;

/* An empty set. RNN_ERR_MEMORY. */
rnn_status rnn_line_set_create(rnn_line_set **out, rnn_error *error);
void rnn_line_set_destroy(rnn_line_set *set);

/* Adds a line; nothing happens if it is there. 0 when memory is short. */
int rnn_line_set_add(rnn_line_set *set, const char *line, size_t count);

/* 1 if the set has exactly this line. */
int rnn_line_set_has(const rnn_line_set *set, const char *line, size_t count);

/* Different lines in the set. */
size_t rnn_line_set_count(const rnn_line_set *set);

#endif
