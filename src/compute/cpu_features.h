/* SPDX-License-Identifier: MIT
 *
 * cpu_features.h - what this machine's processor and operating system offer.
 */
#ifndef RNN_CPU_FEATURES_H
#define RNN_CPU_FEATURES_H

/* 1 if AVX2 and FMA instructions can be used: the processor has them and the
 * operating system saves their registers. 0 on anything but x86-64. */
int rnn_cpu_features_avx2(void);

#endif
