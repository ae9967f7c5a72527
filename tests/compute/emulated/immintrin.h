/* SPDX-License-Identifier: MIT
 *
 * immintrin.h - stands in the place of the compiler's where no processor with
 * AVX-512 is to be had: what kernels_avx512.c and kernels_avx512bf16.c use of it, lane by
 * lane in plain C, as Intel's manual describes it.
 */
#ifndef RNN_EMULATED_IMMINTRIN_H
#define RNN_EMULATED_IMMINTRIN_H

#include <math.h>
#include <stdint.h>
#include <string.h>

typedef float __m256 __attribute__((vector_size(32)));
typedef float __m512 __attribute__((vector_size(64)));
typedef double __m512d __attribute__((vector_size(64)));
typedef long long __m512i __attribute__((vector_size(64)));
typedef uint16_t __m512bh __attribute__((vector_size(64)));
typedef uint16_t __mmask16;

static inline __m512 _mm512_set1_ps(float x) {
    __m512 y;
    for (int i = 0; i < 16; i++)
        y[i] = x;
    return y;
}

static inline __m512 _mm512_loadu_ps(const void *from) {
    __m512 x;
    memcpy(&x, from, sizeof x);
    return x;
}

static inline void _mm512_storeu_ps(void *to, __m512 x) {
    memcpy(to, &x, sizeof x);
}

/* What is masked out is not touched: it may lie in memory that is not there. */
static inline __m512 _mm512_mask_loadu_ps(__m512 rest, __mmask16 mask, const void *from) {
    const float *floats = from;
    for (int i = 0; i < 16; i++)
        if (mask >> i & 1)
            rest[i] = floats[i];
    return rest;
}

static inline void _mm512_mask_storeu_ps(void *to, __mmask16 mask, __m512 x) {
    float *floats = to;
    for (int i = 0; i < 16; i++)
        if (mask >> i & 1)
            floats[i] = x[i];
}

static inline __m512 _mm512_fmadd_ps(__m512 a, __m512 b, __m512 c) {
    for (int i = 0; i < 16; i++)
        c[i] = fmaf(a[i], b[i], c[i]);
    return c;
}

static inline __m512 _mm512_sqrt_ps(__m512 x) {
    for (int i = 0; i < 16; i++)
        x[i] = sqrtf(x[i]);
    return x;
}

/* The second operand if either is NaN, or if both are zeros. */
static inline __m512 _mm512_max_ps(__m512 a, __m512 b) {
    for (int i = 0; i < 16; i++)
        b[i] = a[i] > b[i] ? a[i] : b[i];
    return b;
}

static inline __m512 _mm512_min_ps(__m512 a, __m512 b) {
    for (int i = 0; i < 16; i++)
        b[i] = a[i] < b[i] ? a[i] : b[i];
    return b;
}

static inline __m256 _mm512_extractf32x8_ps(__m512 x, int half) {
    __m256 y;
    for (int i = 0; i < 8; i++)
        y[i] = x[8 * half + i];
    return y;
}

static inline __m256 _mm512_castps512_ps256(__m512 x) {
    return _mm512_extractf32x8_ps(x, 0);
}

static inline __m512i _mm512_set1_epi16(short x) {
    short shorts[32];
    __m512i y;
    for (int i = 0; i < 32; i++)
        shorts[i] = x;
    memcpy(&y, shorts, sizeof y);
    return y;
}

static inline __m512i _mm512_mul_epu32(__m512i a, __m512i b) {
    for (int i = 0; i < 8; i++)
        a[i] = (long long)((uint64_t)(uint32_t)a[i] * (uint32_t)b[i]);
    return a;
}

/* Sums of two products each, unsigned times signed bytes, saturated. */
static inline __m512i _mm512_maddubs_epi16(__m512i a, __m512i b) {
    unsigned char x[64];
    signed char y[64];
    short sums[32];
    memcpy(x, &a, sizeof x);
    memcpy(y, &b, sizeof y);
    for (int i = 0; i < 32; i++) {
        int sum = x[2 * i] * y[2 * i] + x[2 * i + 1] * y[2 * i + 1];
        sums[i] = (short)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
    }
    memcpy(&a, sums, sizeof a);
    return a;
}

/* Sums of two products each. */
static inline __m512i _mm512_madd_epi16(__m512i a, __m512i b) {
    short x[32], y[32];
    int32_t sums[16];
    memcpy(x, &a, sizeof x);
    memcpy(y, &b, sizeof y);
    for (int i = 0; i < 16; i++)
        sums[i] = x[2 * i] * y[2 * i] + x[2 * i + 1] * y[2 * i + 1];
    memcpy(&a, sums, sizeof a);
    return a;
}

/* Sums of four products each, unsigned times signed bytes; they wrap around. */
static inline __m512i _mm512_dpbusd_epi32(__m512i sums, __m512i a, __m512i b) {
    unsigned char x[64];
    signed char y[64];
    uint32_t all[16];
    memcpy(all, &sums, sizeof all);
    memcpy(x, &a, sizeof x);
    memcpy(y, &b, sizeof y);
    for (int i = 0; i < 64; i++)
        all[i / 4] += (uint32_t)(x[i] * y[i]);
    memcpy(&sums, all, sizeof sums);
    return sums;
}

static inline __m512i _mm512_permutexvar_epi16(__m512i order, __m512i x) {
    uint16_t from[32], at[32], to[32];
    memcpy(from, &x, sizeof from);
    memcpy(at, &order, sizeof at);
    for (int i = 0; i < 32; i++)
        to[i] = from[at[i] % 32];
    memcpy(&x, to, sizeof x);
    return x;
}

static inline float emulated_float(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Zero, with its sign, for a denormal. */
static inline float emulated_flush(float x) {
    return fpclassify(x) == FP_SUBNORMAL ? copysignf(0.0f, x) : x;
}

/* Of each pair the high halves first; each product is added with one rounding, and
 * denormals are zeros before and after. */
static inline __m512 _mm512_dpbf16_ps(__m512 sums, __m512bh a, __m512bh b) {
    for (int i = 0; i < 16; i++) {
        float sum = sums[i];
        for (int half = 1; half >= 0; half--) {
            float x = emulated_flush(emulated_float((uint32_t)a[2 * i + half] << 16));
            float y = emulated_flush(emulated_float((uint32_t)b[2 * i + half] << 16));
            sum = emulated_flush(fmaf(x, y, emulated_flush(sum)));
        }
        sums[i] = sum;
    }
    return sums;
}

static inline uint16_t emulated_bf16(float x) {
    uint32_t bits;
    x = emulated_flush(x);
    memcpy(&bits, &x, sizeof bits);
    if (isnan(x))
        return (uint16_t)(bits >> 16 | 0x40u);
    return (uint16_t)((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
}

/* b's numbers in the lower half, a's in the upper one. */
static inline __m512bh _mm512_cvtne2ps_pbh(__m512 a, __m512 b) {
    __m512bh y;
    for (int i = 0; i < 16; i++) {
        y[i] = emulated_bf16(b[i]);
        y[16 + i] = emulated_bf16(a[i]);
    }
    return y;
}

static inline __m512d _mm512_setzero_pd(void) {
    return (__m512d){0};
}

static inline __m512d _mm512_cvtps_pd(__m256 x) {
    __m512d y;
    for (int i = 0; i < 8; i++)
        y[i] = x[i];
    return y;
}

static inline __m512d _mm512_fmadd_pd(__m512d a, __m512d b, __m512d c) {
    for (int i = 0; i < 8; i++)
        c[i] = fma(a[i], b[i], c[i]);
    return c;
}

#endif
