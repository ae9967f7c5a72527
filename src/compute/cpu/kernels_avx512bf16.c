/* SPDX-License-Identifier: MIT
 *
 * kernels_avx512bf16.c - the vector kernels for x86-64 with AVX-512 and its dot products,
 * of bf16 (AVX512_BF16) and of 8-bit integers (AVX512_VNNI). Compiled with flags of its
 * own; entered only when cpu_features.c allows it.
 */
#include "compute/cpu/vector_avx512.h"

#define TABLE       rnn_kernels_avx512bf16
#define TABLE_NAME  "avx512bf16"
#define DOTS        1
#define NARROW_TILE 14 /* as float32's: 28 sums, 2 of B, 1 of A */

/* vdpbf16ps: each product is added with one rounding, the high half's first. Denormals
 * are zeros to it. */
static inline vector dot2(vector sum, words x, words y) {
    return _mm512_dpbf16_ps(sum, (__m512bh)x, (__m512bh)y);
}

/* vpdpbusd wraps around and never saturates. */
static inline words dot4(words sum, words x, words y) {
    return (words)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)x, (__m512i)y);
}

/* The conversion leaves x's numbers in one half of the register and y's in the other. */
static inline words pair(vector x, vector y) {
    typedef uint16_t halves __attribute__((vector_size(64)));
    const halves order = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                          8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    __m512i both = (__m512i)_mm512_cvtne2ps_pbh(y, x);
    return (words)_mm512_permutexvar_epi16((__m512i)order, both);
}

#include "compute/cpu/vector_kernels.h"
