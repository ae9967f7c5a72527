/* SPDX-License-Identifier: MIT
 *
 * encode.c - text to a model's symbols (rnn_model_encode of rnn.h).
 */
#include "base/memory.h"
#include "model/model.h"

rnn_status rnn_model_encode(const rnn_model *model, const char *text, size_t bytes,
                            int skip_unknown, int32_t **out, size_t *count, rnn_error *error) {
    rnn_encoder *encoder;
    size_t capacity = 0;
    *out = NULL;
    *count = 0;
    rnn_status status = rnn_encoder_create(&encoder, model->vocabulary, skip_unknown, error);
    if (status != RNN_OK)
        return status;
    status = rnn_encoder_add(encoder, text, bytes, 1, out, count, &capacity, error);
    rnn_encoder_destroy(encoder);
    if (status != RNN_OK) {
        rnn_free(*out);
        *out = NULL;
        *count = 0;
    }
    return status;
}
