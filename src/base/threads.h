/* SPDX-License-Identifier: MIT
 *
 * threads.h - a pool that runs one piece of work on all threads and waits.
 *
 * Work is cut by index ranges (rnn_share), so what a number is computed from,
 * and in which order, never depends on how many threads there are.
 */
#ifndef RNN_THREADS_H
#define RNN_THREADS_H

#include <stddef.h>

#include "base/status.h"

typedef struct rnn_threads rnn_threads;

/* 1 to 1024 threads, the caller's included. Workers block all signals.
 * RNN_ERR_RANGE for another count; RNN_ERR_MEMORY, also if the system starts no
 * more threads. */
rnn_status rnn_threads_create(rnn_threads **out, int count, rnn_error *error);
void rnn_threads_destroy(rnn_threads *threads);
int rnn_threads_count(const rnn_threads *threads);

/* Calls work(argument, thread, count) once for each thread, 0 being the caller,
 * and returns when all have returned: all writes are then visible to all. A call for
 * a thread that has not begun when the caller is done is made by the caller.
 * Waiting threads spin briefly, then sleep. One caller at a time. */
typedef void (*rnn_work)(void *argument, int thread, int count);
void rnn_threads_run(rnn_threads *threads, rnn_work work, void *argument);

/* OMP_NUM_THREADS if it is a positive number (at most 1024), else the cores that
 * this process may use (its affinity). */
int rnn_threads_default(void);

/* This thread's part [begin, end) of n items, cut at multiples of grain. */
static inline void rnn_share(size_t n, size_t grain, int thread, int count, size_t *begin,
                             size_t *end) {
    size_t pieces = (n + grain - 1) / grain;
    *begin = pieces * (size_t)thread / (size_t)count * grain;
    *end = pieces * (size_t)(thread + 1) / (size_t)count * grain;
    if (*begin > n)
        *begin = n;
    if (*end > n)
        *end = n;
}

#endif
