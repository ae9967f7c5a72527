/* SPDX-License-Identifier: MIT
 *
 * loops.h - the least that a ceiling can be measured with: multiply-adds that
 * never leave the registers, and reads that do nothing with what they read.
 *
 * One table for each instruction set that there are kernels for, from its own file
 * with its own flags, as the kernels' tables (compute/kernels.h).
 */
#ifndef RNN_LOOPS_H
#define RNN_LOOPS_H

#include <stddef.h>

/* Floats that a read takes at a time, at most: ranges are multiples of it. */
#define RNN_LOOPS_GRAIN ((size_t)128)

typedef struct rnn_loops {
    const char *name; /* that of the kernels with the same vectors */
    /* FLOP of one turn, a multiplication with its addition counted as two. */
    double flop;
    /* Each returns a number that depends on all that it did. */
    float (*multiply_add)(size_t turns);
    float (*read)(const float *from, size_t floats); /* 64-byte aligned */
} rnn_loops;

/* Dot products of pairs of bf16 numbers, added up in float32. */
typedef struct rnn_loops_dot {
    double flop;
    float (*dot)(size_t turns);
} rnn_loops_dot;

/* The loops with the vectors of the kernels of that name. */
const rnn_loops *rnn_loops_like(const char *kernels);

/* NULL where the kernels of that name have no instruction for it. */
const rnn_loops_dot *rnn_loops_bf16(const char *kernels);

#endif
