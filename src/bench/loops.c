/* SPDX-License-Identifier: MIT
 *
 * loops.c - see loops.h.
 */
#include "bench/loops.h"

#include <string.h>

#include "bench/loop_tables.h"

static const rnn_loops *const tables[] = {
#if defined(__x86_64__)
    &rnn_loops_avx512,
    &rnn_loops_avx2,
#elif defined(__aarch64__)
    &rnn_loops_neon,
#endif
    &rnn_loops_generic,
    NULL,
};

const rnn_loops *rnn_loops_like(const char *kernels) {
    for (size_t i = 0; tables[i]; i++)
        if (strncmp(kernels, tables[i]->name, strlen(tables[i]->name)) == 0)
            return tables[i];
    return &rnn_loops_generic;
}

const rnn_loops_dot *rnn_loops_bf16(const char *kernels) {
#if defined(__x86_64__)
    if (strcmp(kernels, "avx512bf16") == 0)
        return &rnn_loops_dot_bf16;
#endif
    (void)kernels;
    return NULL;
}
