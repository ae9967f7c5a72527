/* SPDX-License-Identifier: MIT
 *
 * patterns.h - which files are meant: a comma-separated list of shell patterns.
 *
 * A pattern with a slash is held against the whole path, else against the file's
 * name alone. A star matches slashes as well.
 */
#ifndef RNN_PATTERNS_H
#define RNN_PATTERNS_H

#include "base/status.h"

typedef struct rnn_patterns rnn_patterns;

/* list may be NULL. Blanks around a pattern are left out. RNN_ERR_MEMORY. */
rnn_status rnn_patterns_create(rnn_patterns **out, const char *list, rnn_error *error);
void rnn_patterns_destroy(rnn_patterns *patterns);

/* The list as it was given; "" if there is no pattern in it. */
const char *rnn_patterns_list(const rnn_patterns *patterns);
/* 1 if at least one matches. */
int rnn_patterns_match(const rnn_patterns *patterns, const char *path);

#endif
