/* SPDX-License-Identifier: MIT
 *
 * kernels_avx512.c - the AVX-512 table without AVX-512, under a name of its own: the
 * same text, compiled with the immintrin.h of this folder.
 */
#define rnn_kernels_avx512 rnn_kernels_avx512_emulated
#include "../../../src/compute/cpu/kernels_avx512.c"
