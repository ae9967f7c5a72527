/* SPDX-License-Identifier: MIT
 *
 * cpu_features.h - what this machine's processor and operating system offer.
 */
#ifndef RNN_CPU_FEATURES_H
#define RNN_CPU_FEATURES_H

/* 1 if AVX2 and FMA instructions can be used: the processor has them and the
 * operating system saves their registers. 0 on anything but x86-64. */
int rnn_cpu_features_avx2(void);

/* The same of AVX-512: what every processor since Skylake-X has of it (F, BW, DQ, VL). */
int rnn_cpu_features_avx512(void);
/* And of its dot products, of bf16 (AVX512_BF16) and of 8-bit integers (AVX512_VNNI). */
int rnn_cpu_features_avx512_bf16(void);
int rnn_cpu_features_avx512_vnni(void);

#endif
