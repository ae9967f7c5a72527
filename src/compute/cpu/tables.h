/* SPDX-License-Identifier: MIT
 *
 * tables.h - the kernel tables, one for each instruction set. Which of them are
 * in a build is for kernels.c to know.
 */
#ifndef RNN_TABLES_H
#define RNN_TABLES_H

#include "compute/kernels.h"

extern const rnn_kernels rnn_kernels_generic; /* always */
extern const rnn_product rnn_product_float32_generic, rnn_product_bf16_generic,
    rnn_product_int8_generic;
extern const rnn_kernels rnn_kernels_avx2;       /* x86-64: AVX2 and FMA */
extern const rnn_kernels rnn_kernels_avx512;     /* x86-64: AVX-512 F, BW, DQ and VL */
extern const rnn_kernels rnn_kernels_avx512bf16; /* the same with BF16 and VNNI */
extern const rnn_kernels rnn_kernels_neon;       /* arm64 */

#endif
