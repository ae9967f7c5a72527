/* SPDX-License-Identifier: MIT
 *
 * device.c - the list of devices. The one place that knows which ones exist.
 */
#include "compute/device.h"

#include <string.h>

#include "compute/cpu/cpu_engine.h"

const rnn_device *const *rnn_device_available(void) {
    static const rnn_device *const devices[] = {&rnn_cpu_device, NULL};
    return devices;
}

rnn_status rnn_device_pick(const rnn_device **out, const char *name, rnn_error *error) {
    const rnn_device *const *devices = rnn_device_available();
    if (!name || !*name || strcmp(name, "auto") == 0) {
        *out = devices[0];
        return RNN_OK;
    }
    for (size_t i = 0; devices[i]; i++) {
        if (strcmp(devices[i]->name, name) == 0) {
            *out = devices[i];
            return RNN_OK;
        }
    }
    if (strcmp(name, "cuda") == 0)
        return rnn_fail(error, RNN_ERR_UNSUPPORTED,
                        "device cuda is not in this build; use --device cpu");
    return rnn_fail(error, RNN_ERR_RANGE, "unknown device \"%s\"; there are: auto, cpu", name);
}
