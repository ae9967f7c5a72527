/* SPDX-License-Identifier: MIT
 *
 * fuzz_model.c - any bytes are refused with a reason, or are a model whose
 * numbers are finite. The seeds carry no checksum, so that changes get past it.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    rnn_model *model;
    rnn_error error = {0};
    rnn_status status = rnn_model_parse(&model, bytes, count, "fuzzed", &error);
    if (status != RNN_OK) {
        if (model || (status != RNN_ERR_FORMAT && status != RNN_ERR_UNSUPPORTED) ||
            strncmp(error.message, "fuzzed: ", 8) != 0)
            abort();
        return 0;
    }
    rnn_model_info info = rnn_model_describe(model);
    if (info.parameters * sizeof(float) > count || rnn_model_history(model)[0] == '\0')
        abort();
    for (uint64_t i = 0; i < info.parameters; i++)
        if (!isfinite(model->parameters[i]))
            abort();
    for (int32_t i = 0; i < info.symbols; i++) {
        size_t length;
        rnn_model_symbol(model, i, &length);
        if (length < 1 || length > 4)
            abort();
    }
    int32_t *symbols;
    size_t symbols_count;
    if (rnn_model_encode(model, (const char *)bytes, count < 256 ? count : 256, 1, &symbols,
                         &symbols_count, &error) == RNN_OK)
        rnn_free(symbols);
    rnn_model_destroy(model);
    return 0;
}
