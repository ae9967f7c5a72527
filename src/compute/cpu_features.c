/* SPDX-License-Identifier: MIT
 *
 * cpu_features.c - asks CPUID, and XGETBV for what the operating system saves:
 * a processor's word alone is not enough under an old kernel or hypervisor.
 */
#include "compute/cpu_features.h"

#if defined(__x86_64__)

#include <cpuid.h>

/* Bits of CPUID leaf 1 (ecx) and leaf 7 (ebx), and of XCR0. */
#define LEAF1_FMA     (1u << 12)
#define LEAF1_OSXSAVE (1u << 27)
#define LEAF1_AVX     (1u << 28)
#define LEAF7_AVX2    (1u << 5)
#define XCR0_SSE_AVX  0x6u

static unsigned int saved_registers(void) {
    unsigned int low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

int rnn_cpu_features_avx2(void) {
    unsigned int a, b, c, d;
    const unsigned int needed = LEAF1_FMA | LEAF1_OSXSAVE | LEAF1_AVX;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & needed) != needed)
        return 0;
    if ((saved_registers() & XCR0_SSE_AVX) != XCR0_SSE_AVX)
        return 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & LEAF7_AVX2) != 0;
}

#else

int rnn_cpu_features_avx2(void) {
    return 0;
}

#endif
