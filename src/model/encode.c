/* SPDX-License-Identifier: MIT
 *
 * encode.c - text to a model's symbols (rnn_model_encode of rnn.h).
 */
#include "base/memory.h"
#include "model/model.h"
#include "text/encoder.h"
#include "text/normalize.h"

static rnn_status encode(const rnn_model *model, const char *text, size_t bytes, int skip_unknown,
                         int32_t **out, size_t *count, rnn_error *error) {
    rnn_encoder *encoder;
    size_t capacity = 0;
    rnn_status status = rnn_encoder_create(&encoder, model->vocabulary, skip_unknown, error);
    if (status != RNN_OK)
        return status;
    status = rnn_encoder_add(encoder, text, bytes, 1, out, count, &capacity, error);
    rnn_encoder_destroy(encoder);
    return status;
}

rnn_status rnn_model_encode(const rnn_model *model, const char *text, size_t bytes,
                            int skip_unknown, int32_t **out, size_t *count, rnn_error *error) {
    char *normalized = NULL;
    *out = NULL;
    *count = 0;
    rnn_status status = RNN_OK;
    if (rnn_vocabulary_normalizes(model->vocabulary)) {
        status = rnn_normalize_nfc(text, bytes, &normalized, &bytes, error);
        text = normalized;
    }
    if (status == RNN_OK)
        status = encode(model, text, bytes, skip_unknown, out, count, error);
    /* No text at all has no symbols, but something to release like any other. */
    if (status == RNN_OK && !*out && !(*out = rnn_allocate(1, sizeof **out)))
        status = rnn_fail(error, RNN_ERR_MEMORY, "out of memory for an empty text");
    rnn_free(normalized);
    if (status != RNN_OK) {
        rnn_free(*out);
        *out = NULL;
        *count = 0;
    }
    return status;
}
