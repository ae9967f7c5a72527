/* SPDX-License-Identifier: MIT
 *
 * random.c - see random.h.
 */
#include "base/random.h"

#include <math.h>

static const uint32_t multiplier[2] = RNN_RANDOM_MULTIPLIERS;
static const uint32_t increment[2] = RNN_RANDOM_INCREMENTS;

void rnn_random_block(uint64_t key, uint64_t counter_low, uint64_t counter_high, uint32_t out[4]) {
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    uint32_t c0 = (uint32_t)counter_low, c1 = (uint32_t)(counter_low >> 32);
    uint32_t c2 = (uint32_t)counter_high, c3 = (uint32_t)(counter_high >> 32);
    for (int round = 0; round < RNN_RANDOM_ROUNDS; round++) {
        uint64_t p0 = (uint64_t)multiplier[0] * c0;
        uint64_t p1 = (uint64_t)multiplier[1] * c2;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        uint32_t n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = n0;
        c2 = n2;
        k0 += increment[0];
        k1 += increment[1];
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

/* The counter's high half holds the use (8 bits) and the stream (56 bits). */
static uint64_t high_half(rnn_random_use use, uint64_t stream) {
    return ((uint64_t)use << 56) ^ (stream & 0x00FFFFFFFFFFFFFFu);
}

uint64_t rnn_random_bits(uint64_t seed, rnn_random_use use, uint64_t stream, uint64_t index) {
    uint32_t words[4];
    rnn_random_block(seed, index, high_half(use, stream), words);
    return (uint64_t)words[1] << 32 | words[0];
}

double rnn_random_uniform(uint64_t seed, rnn_random_use use, uint64_t stream, uint64_t index) {
    return (double)(rnn_random_bits(seed, use, stream, index) >> 11) * 0x1p-53;
}

double rnn_random_normal(uint64_t seed, rnn_random_use use, uint64_t stream, uint64_t index) {
    uint32_t words[4];
    rnn_random_block(seed, index, high_half(use, stream), words);
    uint64_t a = (uint64_t)words[1] << 32 | words[0];
    uint64_t b = (uint64_t)words[3] << 32 | words[2];
    double u = ((double)(a >> 11) + 0.5) * 0x1p-53; /* in (0, 1): its logarithm is finite */
    double v = (double)(b >> 11) * 0x1p-53;
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}
