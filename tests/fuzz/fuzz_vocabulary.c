/* SPDX-License-Identifier: MIT
 *
 * fuzz_vocabulary.c - any text is refused with a reason, or is a vocabulary that
 * finds its own symbols and is written and read back the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "text/vocabulary.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    rnn_vocabulary *vocabulary, *again;
    rnn_error error = {0};
    rnn_status status = rnn_vocabulary_read_json(&vocabulary, (const char *)bytes, count, &error);
    if (status != RNN_OK) {
        if (vocabulary || status != RNN_ERR_FORMAT || !error.message[0])
            abort();
        return 0;
    }
    for (int32_t i = 0; i < rnn_vocabulary_size(vocabulary); i++) {
        size_t length;
        const char *text = rnn_vocabulary_symbol(vocabulary, i, &length);
        if (length < 1 || length > 4 || rnn_vocabulary_find(vocabulary, text, length) != i)
            abort();
    }
    char *json;
    if (rnn_vocabulary_write_json(vocabulary, &json, &error) != RNN_OK ||
        rnn_vocabulary_read_json(&again, json, strlen(json), &error) != RNN_OK ||
        !rnn_vocabulary_equal(vocabulary, again))
        abort();
    rnn_free(json);
    rnn_vocabulary_destroy(vocabulary);
    rnn_vocabulary_destroy(again);
    return 0;
}
