/* SPDX-License-Identifier: MIT
 *
 * fuzz_structure.c - what a text closes of what it opens does not depend on the pieces
 * that the text comes in, and there is never more of it than of characters.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "structure/structure.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static rnn_structure_result scan(const rnn_language *language, const char *bytes, size_t count,
                                 size_t piece) {
    rnn_structure *structure;
    rnn_structure_result result = {0};
    if (rnn_structure_create(&structure, language, NULL) != RNN_OK)
        abort();
    for (size_t at = 0; at < count; at += piece)
        if (rnn_structure_add(structure, bytes + at, count - at < piece ? count - at : piece,
                              NULL) != RNN_OK)
            abort();
    if (rnn_structure_end(structure, &result, NULL) != RNN_OK)
        abort();
    rnn_structure_destroy(structure);
    return result;
}

static uint64_t all_of(const rnn_structure_pairs *pairs) {
    uint64_t all = pairs->stray + pairs->open;
    for (size_t d = 0; d < RNN_STRUCTURE_DISTANCES; d++)
        all += 2 * pairs->closed[d] + pairs->failed[d];
    return all;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t count) {
    if (count == 0)
        return 0;
    const rnn_language *language = rnn_language_at(data[0] % 5);
    size_t piece = data[0] / 5 % 7 + 1;
    const char *bytes = (const char *)data + 1;
    count--;
    rnn_structure_result whole = scan(language, bytes, count, count + 1);
    rnn_structure_result parts = scan(language, bytes, count, piece);
    uint64_t tokens = 0;
    for (size_t k = 0; k < RNN_STRUCTURE_KINDS; k++)
        tokens += all_of(&whole.of[k]);
    /* Each opening and each closing has a character of its own. */
    if (memcmp(&whole, &parts, sizeof whole) != 0 || whole.characters > count ||
        tokens > whole.characters || whole.valid > whole.values)
        abort();
    return 0;
}
