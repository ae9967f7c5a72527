/* SPDX-License-Identifier: MIT
 *
 * made_text.h - a text for tests that a network can learn something of: words
 * drawn from a few, in lines, the same for the same seed.
 */
#ifndef RNN_TESTS_MADE_TEXT_H
#define RNN_TESTS_MADE_TEXT_H

#include "base/random.h"
#include "tests/scratch.h"

/* Writes about `bytes` bytes to a file. */
static inline void made_text_write(const char *path, size_t bytes, uint64_t seed) {
    static const char *const words[] = {"the ", "recurrent ", "net ",   "reads ",
                                        "a ",   "letter, ",   "keeps ", "it ",
                                        "and ", "writes ",    "on.\n"};
    char *text = malloc(bytes + 32);
    size_t used = 0;
    for (uint64_t i = 0; used < bytes; i++) {
        uint64_t pick =
            rnn_random_bits(seed, RNN_RANDOM_BATCHES, 77, i) % (sizeof words / sizeof *words);
        size_t length = strlen(words[pick]);
        memcpy(text + used, words[pick], length);
        used += length;
    }
    scratch_write(path, text, used);
    free(text);
}

#endif
