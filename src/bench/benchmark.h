/* SPDX-License-Identifier: MIT
 *
 * benchmark.h - workloads beside the ceilings of the machine, again and again.
 *
 * Clocks and neighbours change a machine's speed from second to second. So nothing
 * is measured in one go: each round goes through all workloads, and before and
 * after each of them the ceilings are measured. A workload's share of its ceiling
 * comes from figures taken within a second or two; the medians are over the rounds.
 */
#ifndef RNN_BENCHMARK_H
#define RNN_BENCHMARK_H

#include "bench/ceilings.h"
#include "bench/workload.h"

typedef struct rnn_benchmark {
    const rnn_workload *workloads;
    size_t count;    /* of workloads, >= 1 */
    int threads;     /* 0: rnn_threads_default() */
    const char *cpu; /* "auto", "generic", ... */
    int rounds;      /* >= 1 */
    double seconds;  /* that each workload works in each round, at least one unit */
    /* Told of each workload before it works; round 0 is the one to get warm. NULL:
     * nobody is. */
    void (*listener)(void *context, int round, const rnn_workload *what);
    void *context;
} rnn_benchmark;

/* Of one workload: medians over the rounds. */
typedef struct rnn_figure {
    double rate;         /* characters per second */
    double least, most;  /* the same in the slowest and the fastest round */
    double flops;        /* FLOP per second */
    rnn_ceiling ceiling; /* the one that is nearest */
    double share;        /* of what that one would allow; 1 is all */
} rnn_figure;

typedef struct rnn_benchmark_result {
    char kernels[32]; /* "avx2" */
    int threads;
    double ceilings[RNN_CEILINGS]; /* as rnn_ceilings_measure, medians; 0: not there */
    rnn_figure *figures;           /* [count]; released with rnn_free */
} rnn_benchmark_result;

/* All workloads lie in memory together. RNN_ERR_MEMORY, RNN_ERR_UNSUPPORTED, and
 * RNN_ERR_RANGE for threads, or a cpu, that there are not. */
rnn_status rnn_benchmark_run(rnn_benchmark_result *out, const rnn_benchmark *plan,
                             rnn_error *error);

#endif
