/* SPDX-License-Identifier: MIT
 *
 * ngrams.h - which row of a table holds the vector of the last n characters.
 *
 * There are far more n-grams than rows: they are hashed, and those that fall together share a
 * vector. The first layer learns from the frequent ones, and all the network has read since
 * tells the rest apart. Vectors of character n-grams beside a recurrent network: Takase, Suzuki
 * and Nagata, "Character n-gram Embeddings to Improve RNN Language Models", AAAI 2019; rows by
 * hash: Pagnoni et al., "Byte Latent Transformer: Patches Scale Better Than Tokens", 2024, and
 * before them Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", ICML 2009.
 */
#ifndef RNN_NGRAMS_H
#define RNN_NGRAMS_H

#include <stddef.h>
#include <stdint.h>

/* Of a character before the text began. */
#define RNN_NGRAM_NOTHING (-1)

/* The hash of an n-gram from that of its last n - 1 characters, 0 for none, and the key of the
 * character before those. Keys are code points, and 0x110000 + b for a byte that stands for
 * itself, so that they are the same in all vocabularies. */
static inline uint64_t rnn_ngram_hash(uint64_t shorter, int32_t key) {
    uint64_t hash = (shorter + (uint64_t)((int64_t)key + 2)) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 32;
}

/* Its row among those of its length. */
static inline size_t rnn_ngram_row(uint64_t hash, size_t rows) {
    return (size_t)(hash % rows);
}

#endif
