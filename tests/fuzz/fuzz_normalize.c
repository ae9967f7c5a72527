/* SPDX-License-Identifier: MIT
 *
 * fuzz_normalize.c - the normal form of any bytes does not depend on the pieces
 * that they come in, and what is normal already stays as it is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "text/normalize.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* Used again for each text: a normalizer takes longer to make than to run. */
static rnn_normalizer *normalizer;

static char *normalize(const char *bytes, size_t count, size_t piece, size_t *length) {
    char *out = NULL;
    size_t capacity = 0;
    *length = 0;
    for (size_t at = 0; at < count || at == 0; at += piece) {
        size_t part = count - at < piece ? count - at : piece;
        if (rnn_normalizer_add(normalizer, bytes + at, part, at + part == count, &out, length,
                               &capacity, NULL) != RNN_OK)
            abort();
    }
    return out;
}

static void compare(const char *a, size_t a_length, const char *b, size_t b_length) {
    if (a_length != b_length || (a_length > 0 && memcmp(a, b, a_length) != 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t count) {
    if (count == 0 || (!normalizer && rnn_normalizer_create(&normalizer, NULL) != RNN_OK))
        return 0;
    const char *bytes = (const char *)data + 1;
    count--;
    size_t whole_length, parts_length, twice_length;
    char *whole = normalize(bytes, count, count + 1, &whole_length);
    char *parts = normalize(bytes, count, data[0] % 7 + 1, &parts_length);
    compare(whole, whole_length, parts, parts_length);
    /* Stretches that are cut for their length may meet again the second time. */
    if (count < RNN_NORMALIZE_LONGEST) {
        char *twice = normalize(whole ? whole : "", whole_length, whole_length + 1, &twice_length);
        compare(whole, whole_length, twice, twice_length);
        rnn_free(twice);
    }
    rnn_free(whole);
    rnn_free(parts);
    return 0;
}
