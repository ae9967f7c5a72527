/* SPDX-License-Identifier: MIT
 *
 * vocabulary.h - which symbols a model knows, and text to symbols and back.
 *
 * Three kinds:
 *   closed chars   the distinct code points of the training text, in code point order
 *   closed bytes   the distinct bytes of the training text, in order
 *   open           symbols 0..255 are the bytes; after them the most frequent code
 *                  points beyond ASCII. What is not among them is spelled with the
 *                  bytes of its UTF-8, so any bytes at all can be written and
 *                  restored exactly. (An ASCII character is its byte.)
 */
#ifndef RNN_VOCABULARY_H
#define RNN_VOCABULARY_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct rnn_vocabulary rnn_vocabulary;

/* What has been counted in a text: code points and bytes, in a stream of any
 * pieces (a code point may be cut by their borders). */
typedef struct rnn_census rnn_census;
rnn_status rnn_census_create(rnn_census **out, rnn_error *error);
void rnn_census_destroy(rnn_census *census);
rnn_status rnn_census_add(rnn_census *census, const char *bytes, size_t count, rnn_error *error);

/* Chooses the symbols. units AUTO becomes chars if everything counted was valid
 * UTF-8, else bytes; CHARS over invalid UTF-8 without max_symbols is
 * RNN_ERR_SYMBOL with the byte's place. max_symbols 0: closed; else >= 256, and
 * the vocabulary is open. normalize is remembered (1: text is brought to NFC
 * before it is encoded). More than 65,536 symbols is RNN_ERR_RANGE. */
rnn_status rnn_vocabulary_create(rnn_vocabulary **out, const rnn_census *census, rnn_units units,
                                 int max_symbols, int normalize, rnn_error *error);
void rnn_vocabulary_destroy(rnn_vocabulary *vocabulary);

int rnn_vocabulary_size(const rnn_vocabulary *vocabulary);
rnn_units rnn_vocabulary_units(const rnn_vocabulary *vocabulary);
int rnn_vocabulary_is_open(const rnn_vocabulary *vocabulary);
int rnn_vocabulary_normalizes(const rnn_vocabulary *vocabulary);
/* A symbol's bytes; owned by the vocabulary. */
const char *rnn_vocabulary_symbol(const rnn_vocabulary *vocabulary, int32_t symbol, size_t *bytes);
/* 1 if every symbol is one byte that may be part of a longer character. */
int rnn_vocabulary_equal(const rnn_vocabulary *a, const rnn_vocabulary *b);

/* As JSON text, for the model file: {"units": "chars", "open": false,
 * "normalize": "none", "symbols": [...]}. docs/model-file.md gives it in full.
 * *out is released with rnn_free. Reading checks everything: RNN_ERR_FORMAT. */
rnn_status rnn_vocabulary_write_json(const rnn_vocabulary *vocabulary, char **out,
                                     rnn_error *error);
rnn_status rnn_vocabulary_read_json(rnn_vocabulary **out, const char *json, size_t bytes,
                                    rnn_error *error);

/* Encodes a stream of bytes that comes in any pieces. */
typedef struct rnn_encoder rnn_encoder;
rnn_status rnn_encoder_create(rnn_encoder **out, const rnn_vocabulary *vocabulary, int skip_unknown,
                              rnn_error *error);
void rnn_encoder_destroy(rnn_encoder *encoder);
/* Symbols of what is complete are appended to *symbols (grown as needed,
 * released with rnn_free). RNN_ERR_SYMBOL names the character as text and
 * U+XXXX, its line, column and byte in the stream since the encoder was
 * created. With last, what is left is encoded as well. */
rnn_status rnn_encoder_add(rnn_encoder *encoder, const char *bytes, size_t count, int last,
                           int32_t **symbols, size_t *count_out, size_t *capacity,
                           rnn_error *error);
/* Characters skipped so far. */
uint64_t rnn_encoder_skipped(const rnn_encoder *encoder);

#endif
