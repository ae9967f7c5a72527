/* SPDX-License-Identifier: MIT
 *
 * normalize.h - text in Unicode's normal form C, in a stream of any pieces.
 *
 * What is not UTF-8 passes through unchanged. Memory is bounded: a character
 * that is followed by more than RNN_NORMALIZE_LONGEST combining ones (no script
 * needs ten) is brought to the normal form in stretches of that many.
 */
#ifndef RNN_NORMALIZE_H
#define RNN_NORMALIZE_H

#include <stddef.h>

#include "base/status.h"

#define RNN_NORMALIZE_LONGEST 1024

typedef struct rnn_normalizer rnn_normalizer;

rnn_status rnn_normalizer_create(rnn_normalizer **out, rnn_error *error);
void rnn_normalizer_destroy(rnn_normalizer *normalizer);

/* Appends to *out at *count_out (grown as needed; released with rnn_free) what
 * can no longer change; with `last`, all of it. The same bytes come out however
 * the text is cut into pieces. RNN_ERR_MEMORY. */
rnn_status rnn_normalizer_add(rnn_normalizer *normalizer, const char *bytes, size_t count, int last,
                              char **out, size_t *count_out, size_t *capacity, rnn_error *error);

/* A whole short text, such as a prime. *out [*count_out] has a NUL behind it and
 * is released with rnn_free. */
rnn_status rnn_normalize_nfc(const char *text, size_t bytes, char **out, size_t *count_out,
                             rnn_error *error);

#endif
