/* SPDX-License-Identifier: MIT
 *
 * fuzz_configuration.c - any text is refused with a reason, or is a shape that
 * is written and read back the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/configuration.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    char *text = rnn_duplicate((const char *)bytes, count), *again;
    rnn_network network, read;
    rnn_error error = {0};
    rnn_status status = rnn_configuration_read(&network, text, &error);
    if (status != RNN_OK) {
        if ((status != RNN_ERR_FORMAT && status != RNN_ERR_UNSUPPORTED) || !error.message[0] ||
            error.code != status)
            abort();
    } else {
        if (rnn_configuration_write(&network, &again, &error) != RNN_OK ||
            rnn_configuration_read(&read, again, &error) != RNN_OK ||
            read.parameters != network.parameters || read.cell != network.cell)
            abort();
        rnn_free(again);
    }
    rnn_free(text);
    return 0;
}
