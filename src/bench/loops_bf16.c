/* SPDX-License-Identifier: MIT
 *
 * loops_bf16.c - dot products of bf16 pairs with AVX-512 BF16: 16 sums of two
 * products each. Compiled with -mavx512f -mavx512bf16; entered only where the
 * processor has them.
 */
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "bench/loop_tables.h"

#define LANES 16
#define SUMS  12

/* A pair of equal bf16 numbers: the upper half of a float32, twice. */
static __m512bh pairs(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    __m512i words = _mm512_set1_epi32((int)((bits & 0xFFFF0000u) | bits >> 16));
    __m512bh out;
    memcpy(&out, &words, sizeof out);
    return out;
}

/* The terms are small beside the sums, and the sums all different. */
static float dots(size_t turns) {
    const __m512bh a = pairs(0.0078125f), b = pairs(0.0078125f);
    __m512 sums[SUMS], all = _mm512_setzero_ps();
    for (size_t i = 0; i < SUMS; i++)
        sums[i] = _mm512_set1_ps((float)i);
    for (size_t turn = 0; turn < turns; turn++)
        for (size_t i = 0; i < SUMS; i++)
            sums[i] = _mm512_dpbf16_ps(sums[i], a, b);
    for (size_t i = 0; i < SUMS; i++)
        all = _mm512_add_ps(all, sums[i]);
    return _mm512_reduce_add_ps(all);
}

const rnn_loops_dot rnn_loops_dot_bf16 = {.flop = 4.0 * SUMS * LANES, .dot = dots};
