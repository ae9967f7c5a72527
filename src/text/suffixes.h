/* SPDX-License-Identifier: MIT
 *
 * suffixes.h - where in a text something stands: all its suffixes, sorted.
 *
 * Takes four bytes of memory for each byte of the text (the text itself is not
 * copied), and about a second for each ten million of them.
 */
#ifndef RNN_SUFFIXES_H
#define RNN_SUFFIXES_H

#include <stddef.h>

#include "base/status.h"

#define RNN_SUFFIXES_MOST 2147483647 /* bytes of a text: places have 31 bits */

typedef struct rnn_suffixes rnn_suffixes;

/* Sorts the suffixes of text [count], which must outlive what is made. RNN_ERR_RANGE
 * for more than RNN_SUFFIXES_MOST bytes, RNN_ERR_MEMORY. */
rnn_status rnn_suffixes_create(rnn_suffixes **out, const char *text, size_t count,
                               rnn_error *error);
void rnn_suffixes_destroy(rnn_suffixes *suffixes);

/* How many of the first bytes of pattern [count] stand together somewhere in the text.
 * Compares with about log2(text) suffixes. */
size_t rnn_suffixes_longest(const rnn_suffixes *suffixes, const char *pattern, size_t count);

/* How often pattern [count] stands in the text, count >= 1, and if it does, the byte where
 * it first begins. */
size_t rnn_suffixes_find(const rnn_suffixes *suffixes, const char *pattern, size_t count,
                         size_t *first);

#endif
