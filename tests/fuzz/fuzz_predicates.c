/* SPDX-License-Identifier: MIT
 *
 * fuzz_predicates.c - what is so of a text's characters does not depend on how the text is
 * cut into symbols, as far as the same characters end there.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "structure/predicates.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

typedef struct cut {
    const char *bytes;
    size_t count, piece;
} cut;

static const char *take(void *context, uint64_t at, size_t *bytes) {
    const cut *c = context;
    size_t begin = (size_t)at * c->piece;
    *bytes = c->count - begin < c->piece ? c->count - begin : c->piece;
    return c->bytes + begin;
}

static uint8_t *read_all(const rnn_predicates *predicates, cut *c, size_t symbols) {
    uint8_t *values = malloc(rnn_predicates_count(predicates) * symbols);
    if (!values || rnn_predicates_read(predicates, take, c, symbols, values, NULL) != RNN_OK)
        abort();
    return values;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t count) {
    if (count < 2)
        return 0;
    rnn_predicates *predicates;
    const rnn_language *language = rnn_language_at(data[0] % 6);
    cut fine = {(const char *)data + 1, count - 1, 1}, coarse = fine;
    coarse.piece = data[0] / 6 % 7 + 1;
    if (rnn_predicates_create(&predicates, language, "ab", NULL) != RNN_OK)
        abort();
    size_t symbols = (coarse.count + coarse.piece - 1) / coarse.piece;
    uint8_t *one = read_all(predicates, &fine, fine.count);
    uint8_t *other = read_all(predicates, &coarse, symbols);
    for (size_t p = 0; p < rnn_predicates_count(predicates); p++) {
        int graded = rnn_predicates_at(predicates, p)->graded;
        for (size_t i = 0; i < fine.count && !graded; i++)
            if (one[p * fine.count + i] > 1)
                abort();
        /* A language's are moved by whole symbols, and the line's end is told in symbols. */
        for (size_t i = 0; i < symbols && p < 9; i++) {
            size_t end = (i + 1) * coarse.piece - 1;
            if (end < fine.count && one[p * fine.count + end] != other[p * symbols + i])
                abort();
        }
    }
    free(one);
    free(other);
    rnn_predicates_destroy(predicates);
    return 0;
}
