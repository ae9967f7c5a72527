/* SPDX-License-Identifier: MIT
 *
 * loop_tables.h - the loops of each instruction set. Which of them are in a build
 * is for loops.c to know.
 */
#ifndef RNN_LOOP_TABLES_H
#define RNN_LOOP_TABLES_H

#include "bench/loops.h"

extern const rnn_loops rnn_loops_generic;      /* always */
extern const rnn_loops rnn_loops_avx2;         /* x86-64: AVX2 and FMA */
extern const rnn_loops rnn_loops_avx512;       /* x86-64: AVX-512 F */
extern const rnn_loops rnn_loops_neon;         /* arm64 */
extern const rnn_loops_dot rnn_loops_dot_bf16; /* x86-64: AVX-512 BF16 */

#endif
