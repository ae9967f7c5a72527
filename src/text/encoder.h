/* SPDX-License-Identifier: MIT
 *
 * encoder.h - text to symbols, in a stream of bytes that comes in any pieces.
 */
#ifndef RNN_ENCODER_H
#define RNN_ENCODER_H

#include "text/vocabulary.h"

typedef struct rnn_encoder rnn_encoder;

/* The vocabulary must outlive it. RNN_ERR_MEMORY. */
rnn_status rnn_encoder_create(rnn_encoder **out, const rnn_vocabulary *vocabulary, int skip_unknown,
                              rnn_error *error);
void rnn_encoder_destroy(rnn_encoder *encoder);

/* Symbols of what is complete are appended to *symbols at *count_out (grown as
 * needed, *capacity in symbols; released with rnn_free). With `last`, what is
 * left is encoded as well.
 * RNN_ERR_SYMBOL names the character as text and U+XXXX, its line, column and
 * byte since the encoder was created; the encoder is then of no more use. With
 * skip_unknown such characters are left out instead; a byte that is not UTF-8
 * counts as one. RNN_ERR_MEMORY. */
rnn_status rnn_encoder_add(rnn_encoder *encoder, const char *bytes, size_t count, int last,
                           int32_t **symbols, size_t *count_out, size_t *capacity,
                           rnn_error *error);

/* Between two pieces: a new file begins, so places are counted from its start. */
void rnn_encoder_restart(rnn_encoder *encoder);

/* Characters skipped so far. */
uint64_t rnn_encoder_skipped(const rnn_encoder *encoder);

#endif
