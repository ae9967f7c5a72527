/* SPDX-License-Identifier: MIT
 *
 * kernels.c - the list of kernel tables, and the choice among them.
 */
#include "compute/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compute/cpu/tables.h"
#include "compute/cpu_features.h"

/* Every name that some build on some machine knows. */
static const char *const names[] = {"avx512bf16", "avx512", "avx2", "neon", "generic"};

/* Best first. On one architecture each level implies those below it, so what a
 * machine can run is always the end of this list. */
/* clang-format off */
static const rnn_kernels *const tables[] = {
#if defined(__x86_64__)
    &rnn_kernels_avx512bf16,
    &rnn_kernels_avx512,
    &rnn_kernels_avx2,
#elif defined(__aarch64__)
    &rnn_kernels_neon,
#endif
    &rnn_kernels_generic,
    NULL,
};
/* clang-format on */

const rnn_kernels *const *rnn_kernels_available(void) {
#if defined(__x86_64__)
    if (rnn_cpu_features_avx512_bf16() && rnn_cpu_features_avx512_vnni())
        return tables;
    return tables + (rnn_cpu_features_avx512() ? 1 : rnn_cpu_features_avx2() ? 2 : 3);
#else
    return tables;
#endif
}

/* "auto, avx2, generic" */
static void list_available(char *text, size_t size) {
    size_t length = (size_t)snprintf(text, size, "auto");
    for (const rnn_kernels *const *table = rnn_kernels_available(); *table; table++)
        if (length < size)
            length += (size_t)snprintf(text + length, size - length, ", %s", (*table)->name);
}

static int is_auto(const char *name) {
    return !name || strcmp(name, "auto") == 0;
}

rnn_status rnn_kernels_pick(const rnn_kernels **out, const char *name, rnn_error *error) {
    const rnn_kernels *const *available = rnn_kernels_available();
    const char *whence = "";
    *out = NULL;
    if (is_auto(name)) {
        const char *wish = getenv("RNN_CPU");
        name = wish && *wish ? wish : NULL;
        whence = "RNN_CPU: ";
    }
    if (is_auto(name)) {
        *out = available[0];
        return RNN_OK;
    }
    for (; *available; available++)
        if (strcmp((*available)->name, name) == 0) {
            *out = *available;
            return RNN_OK;
        }
    char list[128];
    list_available(list, sizeof list);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            return rnn_fail(error, RNN_ERR_UNSUPPORTED,
                            "%skernels \"%s\" cannot run on this machine or are not in this "
                            "build; choose one of: %s",
                            whence, name, list);
    return rnn_fail(error, RNN_ERR_RANGE,
                    "%sthere are no kernels named \"%.64s\"; choose one of: %s", whence, name,
                    list);
}
