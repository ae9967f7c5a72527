/* SPDX-License-Identifier: MIT
 *
 * made_symbols.h - for tests: texts of symbols in memory, of several kinds.
 */
#ifndef RNN_TESTS_MADE_SYMBOLS_H
#define RNN_TESTS_MADE_SYMBOLS_H

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "ngram/places.h"

enum {
    MADE_RANDOM = 0, /* five symbols; some follow others more often, and a part is copied */
    MADE_SAME,       /* one symbol only */
    MADE_PERIOD,     /* the same seven symbols again and again */
    MADE_MANY,       /* some of 65536 symbols */
    MADE_KINDS
};

typedef struct made_symbols {
    int32_t *at;
    size_t count;
    int symbols;
} made_symbols;

static inline uint32_t made_number(size_t i) {
    return (uint32_t)rnn_random_bits(3, RNN_RANDOM_SAMPLING, 0, i);
}

static inline made_symbols make_symbols(int kind, size_t count) {
    made_symbols made = {calloc(count, sizeof(int32_t)), count, kind == MADE_MANY ? 65536 : 5};
    for (size_t i = 0; i < count; i++) {
        if (kind == MADE_RANDOM)
            made.at[i] = made_number(i) % 3 && i > 1 ? (made.at[i - 1] + made.at[i - 2]) % 5
                                                     : (int32_t)(made_number(i) / 3 % 5);
        else if (kind == MADE_PERIOD)
            made.at[i] = (int32_t)(i % 7 * 3 % 5);
        else if (kind == MADE_MANY)
            made.at[i] = (int32_t)(65535 - made_number(i) % 9 * 8191);
    }
    if (kind == MADE_RANDOM && count >= 100)
        memcpy(made.at + count / 2, made.at + count / 4, count / 10 * sizeof(int32_t));
    return made;
}

static inline void made_read(const void *context, uint64_t from, size_t count, int32_t *out) {
    memcpy(out, (const int32_t *)context + from, count * sizeof(int32_t));
}

static inline rnn_places_text made_text_of(const made_symbols *made) {
    return (rnn_places_text){made_read, made->at, 0, made->count, made->symbols};
}

#endif
