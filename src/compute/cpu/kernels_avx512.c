/* SPDX-License-Identifier: MIT
 *
 * kernels_avx512.c - the vector kernels for x86-64 with AVX-512 (F, BW, DQ and VL).
 * Compiled with flags of its own; entered only when cpu_features.c allows it.
 */
#include "compute/cpu/vector_avx512.h"

#define TABLE       rnn_kernels_avx512
#define TABLE_NAME  "avx512"
#define NARROW_TILE 12 /* 24 sums, 2 of B, 2 of A, a mask or ones, and what is between */

/* No sum of two such products leaves 16 bits: 2 * 127 * 128 < 2^15. */
static inline words dot4(words sum, words x, words y) {
    __m512i twos = _mm512_maddubs_epi16((__m512i)x, (__m512i)y);
    return sum + (words)_mm512_madd_epi16(twos, _mm512_set1_epi16(1));
}

#include "compute/cpu/vector_kernels.h"
