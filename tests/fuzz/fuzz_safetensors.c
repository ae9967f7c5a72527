/* SPDX-License-Identifier: MIT
 *
 * fuzz_safetensors.c - any bytes are refused with a reason, or are a file whose
 * tensors lie in it, cover its data once, and can be found by their names.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "formats/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    rnn_safetensors *file;
    rnn_error error = {0};
    rnn_status status = rnn_safetensors_parse(&file, bytes, count, "fuzzed", NULL, &error);
    if (status != RNN_OK) {
        if (file || error.code != status || strncmp(error.message, "fuzzed: ", 8) != 0)
            abort();
        return 0;
    }
    const uint8_t *end = NULL;
    unsigned sum = 0;
    for (size_t i = 0; i < rnn_safetensors_count(file); i++) {
        const rnn_tensor *tensor = rnn_safetensors_at(file, i);
        const uint8_t *data = tensor->data;
        if ((end && data != end) || rnn_safetensors_find(file, tensor->name) != tensor)
            abort();
        end = data + tensor->bytes;
        for (uint64_t k = 0; k < tensor->bytes; k++)
            sum += data[k];
    }
    if ((end && end != bytes + count) || sum > 255 * (unsigned)count)
        abort();
    rnn_safetensors_metadata(file, "format");
    rnn_safetensors_verify(file, &error);
    rnn_safetensors_close(file);
    return 0;
}
