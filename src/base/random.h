/* SPDX-License-Identifier: MIT
 *
 * random.h - random numbers as a pure function of a key and a counter.
 *
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy
 * as 1, 2, 3", SC 2011). No position has to be saved: the same key and counter
 * give the same bits on any machine, in any order, on any thread.
 */
#ifndef RNN_RANDOM_H
#define RNN_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* What a stream of numbers is for: one seed feeds them all without overlap. */
typedef enum rnn_random_use {
    RNN_RANDOM_WEIGHTS = 1,
    RNN_RANDOM_DROPOUT = 2,
    RNN_RANDOM_BATCHES = 3,
    RNN_RANDOM_SAMPLING = 4,
    RNN_RANDOM_SHIFTS = 5,
    RNN_RANDOM_CALIBRATION = 6,
} rnn_random_use;

/* What each of the generator's rounds multiplies the counter's words 0 and 2 by, and adds to the
 * key's words 0 and 1, for those who do several blocks at once. */
#define RNN_RANDOM_ROUNDS 10
#define RNN_RANDOM_MULTIPLIERS                                                                     \
    { 0xD2511F53u, 0xCD9E8D57u }
#define RNN_RANDOM_INCREMENTS                                                                      \
    { 0x9E3779B9u, 0xBB67AE85u }

/* Four words for (key, counter). */
void rnn_random_block(uint64_t key, uint64_t counter_low, uint64_t counter_high, uint32_t out[4]);

/* 64 bits for (seed, use, stream, index). */
uint64_t rnn_random_bits(uint64_t seed, rnn_random_use use, uint64_t stream, uint64_t index);

/* Uniform in [0, 1), 53 bits. */
double rnn_random_uniform(uint64_t seed, rnn_random_use use, uint64_t stream, uint64_t index);

/* Standard normal (Box-Muller). */
double rnn_random_normal(uint64_t seed, rnn_random_use use, uint64_t stream, uint64_t index);

#endif
