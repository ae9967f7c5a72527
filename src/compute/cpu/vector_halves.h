/* SPDX-License-Identifier: MIT
 *
 * vector_halves.h - rounding to bfloat16, and rows of floats as the upper halves of those.
 * Part of vector_kernels.h; narrow.h has the same in plain C, here for what is left of a
 * row.
 */

typedef uint16_t half_words __attribute__((vector_size(2 * LANES)));

/* To the nearest bfloat16, ties to even; NaN stays NaN. */
INLINE vector rounded_to_bf16(vector x) {
    words bits = (words)x, numbers = (words)(x == x);
    words rounded = bits + 0x7FFFu + (bits >> 16 & 1u);
    return (vector)(((rounded & numbers) | ((bits | 0x400000u) & ~numbers)) & 0xFFFF0000u);
}

static void round_bf16(size_t rows, size_t n, float *a, size_t a_stride, uint16_t *halves,
                       size_t halves_stride) {
    for (size_t r = 0; r < rows; r++) {
        float *x = a + r * a_stride;
        uint16_t *to = halves + r * halves_stride;
        size_t j = 0;
        for (; j + LANES <= n; j += LANES) {
            vector rounded = rounded_to_bf16(load(x + j));
            half_words upper = __builtin_convertvector((words)rounded >> 16, half_words);
            store(x + j, rounded);
            memcpy(to + j, &upper, sizeof upper);
        }
        rnn_narrow_round(n - j, x + j, to + j);
    }
}

/* Compilers make good vectors of this one by themselves. */
static void widen_bf16(size_t rows, size_t n, const uint16_t *halves, size_t halves_stride,
                       float *a, size_t a_stride) {
    for (size_t r = 0; r < rows; r++)
        rnn_narrow_widen(n, halves + r * halves_stride, a + r * a_stride);
}
