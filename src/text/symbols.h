/* SPDX-License-Identifier: MIT
 *
 * symbols.h - a text as symbols of one or two bytes each, in a mapped file.
 *
 * The file lies in a directory that the caller names, has no name and goes with
 * the process: the memory that it takes is the page cache's, so anonymous
 * memory does not grow with the text.
 */
#ifndef RNN_SYMBOLS_H
#define RNN_SYMBOLS_H

#include "text/corpus.h"
#include "text/vocabulary.h"

typedef struct rnn_symbols rnn_symbols;

/* Reads a corpus once, chooses a vocabulary for it (rnn_vocabulary_create) and
 * encodes it. `normalize` is what the corpus was opened with. The corpus's bytes
 * are kept in `directory` in between. The symbols of `known`, unless that is NULL,
 * are in the vocabulary as well. RNN_ERR_RANGE for a corpus without text;
 * RNN_ERR_IO names the directory if it is full, and says how much was needed.
 * *vocabulary is the caller's to destroy; after an error both are NULL. */
rnn_status rnn_symbols_prepare(rnn_symbols **out, rnn_vocabulary **vocabulary, rnn_corpus *corpus,
                               rnn_units units, int max_symbols, int normalize,
                               const rnn_vocabulary *known, const char *directory,
                               rnn_error *error);

/* Reads and encodes a corpus with a vocabulary that is there already. The corpus
 * must have been opened with the vocabulary's normalization. RNN_ERR_SYMBOL
 * names file and place of a character that it does not know. */
rnn_status rnn_symbols_encode(rnn_symbols **out, rnn_corpus *corpus,
                              const rnn_vocabulary *vocabulary, int skip_unknown,
                              const char *directory, rnn_error *error);
void rnn_symbols_destroy(rnn_symbols *symbols);

uint64_t rnn_symbols_count(const rnn_symbols *symbols);
uint64_t rnn_symbols_bytes(const rnn_symbols *symbols);   /* of text read */
uint64_t rnn_symbols_skipped(const rnn_symbols *symbols); /* unknown characters left out */
/* XXH3-64 of the encoded symbols: the same corpus and vocabulary, the same hash. */
uint64_t rnn_symbols_hash(const rnn_symbols *symbols);

/* out[0 .. count) = symbols[from ..); the range must lie inside. */
void rnn_symbols_get(const rnn_symbols *symbols, uint64_t from, size_t count, int32_t *out);
/* The same, out[i * stride]. */
void rnn_symbols_get_strided(const rnn_symbols *symbols, uint64_t from, size_t count, int32_t *out,
                             size_t stride);

#endif
