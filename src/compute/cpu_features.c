/* SPDX-License-Identifier: MIT
 *
 * cpu_features.c - asks CPUID, and XGETBV for what the operating system saves:
 * a processor's word alone is not enough under an old kernel or hypervisor.
 */
#include "compute/cpu_features.h"

#if defined(__x86_64__)

#include <cpuid.h>

/* Bits of CPUID leaf 1 (ecx), of leaf 7 (ebx, ecx; eax of its subleaf 1), and of XCR0. */
#define LEAF1_FMA       (1u << 12)
#define LEAF1_OSXSAVE   (1u << 27)
#define LEAF1_AVX       (1u << 28)
#define LEAF7_AVX2      (1u << 5)
#define LEAF7_AVX512F   (1u << 16)
#define LEAF7_AVX512DQ  (1u << 17)
#define LEAF7_AVX512BW  (1u << 30)
#define LEAF7_AVX512VL  (1u << 31)
#define LEAF7_VNNI      (1u << 11)
#define LEAF7_BF16      (1u << 5)
#define XCR0_SSE_AVX    0x6u
#define XCR0_SSE_AVX512 0xe6u /* SSE, AVX, masks, and both parts of the wide registers */

typedef struct leaf {
    unsigned int a, b, c, d;
} leaf;

/* Zeros where the processor knows no such leaf or subleaf. */
static leaf ask(unsigned int number, unsigned int sub) {
    leaf l = {0, 0, 0, 0};
    if (!__get_cpuid_count(number, sub, &l.a, &l.b, &l.c, &l.d))
        return (leaf){0, 0, 0, 0};
    return l;
}

static int has(unsigned int bits, unsigned int needed) {
    return (bits & needed) == needed;
}

static int saves(unsigned int registers) {
    unsigned int low, high;
    if (!has(ask(1, 0).c, LEAF1_OSXSAVE))
        return 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return has(low, registers);
}

int rnn_cpu_features_avx2(void) {
    return has(ask(1, 0).c, LEAF1_FMA | LEAF1_AVX) && saves(XCR0_SSE_AVX) &&
           has(ask(7, 0).b, LEAF7_AVX2);
}

int rnn_cpu_features_avx512(void) {
    const unsigned int needed = LEAF7_AVX512F | LEAF7_AVX512DQ | LEAF7_AVX512BW | LEAF7_AVX512VL;
    return rnn_cpu_features_avx2() && saves(XCR0_SSE_AVX512) && has(ask(7, 0).b, needed);
}

int rnn_cpu_features_avx512_bf16(void) {
    return rnn_cpu_features_avx512() && ask(7, 0).a >= 1 && has(ask(7, 1).a, LEAF7_BF16);
}

int rnn_cpu_features_avx512_vnni(void) {
    return rnn_cpu_features_avx512() && has(ask(7, 0).c, LEAF7_VNNI);
}

#else

int rnn_cpu_features_avx2(void) {
    return 0;
}

int rnn_cpu_features_avx512(void) {
    return 0;
}

int rnn_cpu_features_avx512_bf16(void) {
    return 0;
}

int rnn_cpu_features_avx512_vnni(void) {
    return 0;
}

#endif
