/* SPDX-License-Identifier: MIT
 *
 * ceilings.h - what this machine can do at most on so many threads: arithmetic in
 * registers, and reading from its caches and memory.
 *
 * All threads begin together, and the time goes from the first one's start to the
 * last one's end. Each reads a share of its own, small enough for the cache that
 * is meant and too large for the one before it.
 */
#ifndef RNN_CEILINGS_H
#define RNN_CEILINGS_H

#include <stddef.h>

#include "base/status.h"

typedef enum rnn_ceiling {
    RNN_CEILING_FMA,  /* float32 multiply-adds, FLOP per second */
    RNN_CEILING_BF16, /* bf16 dot products, FLOP per second */
    RNN_CEILING_L2,   /* bytes read per second, as the two below */
    RNN_CEILING_L3,   /* of each core's share of it */
    RNN_CEILING_MEMORY,
    RNN_CEILINGS,
} rnn_ceiling;

/* "fma", "bf16", "l2", "l3", "memory". */
const char *rnn_ceilings_name(rnn_ceiling which);

typedef struct rnn_ceilings rnn_ceilings;

/* With the vectors of the kernels of that name, which this machine can run; 1 to
 * 1024 threads. Takes some hundred megabytes, with many threads more, for
 * the reading from memory.
 * RNN_ERR_RANGE, RNN_ERR_MEMORY. */
rnn_status rnn_ceilings_create(rnn_ceilings **out, const char *kernels, int threads,
                               rnn_error *error);
void rnn_ceilings_destroy(rnn_ceilings *ceilings);

/* Measures each for so many seconds. 0 for what the machine does not have. */
void rnn_ceilings_measure(rnn_ceilings *ceilings, double seconds, double out[RNN_CEILINGS]);

/* Where so many bytes lie that all threads together read again and again, each the
 * same part of them: the lowest of the caches that has the room, or memory. */
rnn_ceiling rnn_ceilings_level(const rnn_ceilings *ceilings, size_t bytes);

#endif
