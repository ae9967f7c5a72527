/* SPDX-License-Identifier: MIT
 *
 * kernels_avx512bf16.c - the table with AVX-512's dot products without AVX-512, under a
 * name of its own: the same text, compiled with the immintrin.h of this folder.
 */
#define rnn_kernels_avx512bf16 rnn_kernels_avx512bf16_emulated
#include "../../../src/compute/cpu/kernels_avx512bf16.c"
