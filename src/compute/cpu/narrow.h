/* SPDX-License-Identifier: MIT
 *
 * narrow.h - numbers of fewer bits: rounding to bfloat16 and to scaled integers,
 * and the layouts in which every table's bf16 and int8 products find them.
 *
 * Plain C that each table's file compiles with its own flags. rnn_product of
 * kernels.h says what is computed; here is where it lies.
 *
 *   bf16 operand   rows of floats that are bfloat16s, an even number of them; where an
 *                  instruction takes pairs of k, rows of words with a pair each
 *   bf16 packed    [panels][pairs of k][panel] words: the first of a pair in the
 *                  low half, the second in the high half
 *   int8 operand   rows of a scale (a float), then for each four of k a word of four
 *                  bytes q + 64, which are 1 .. 127
 *   int8 packed    [panels] of [fours of k][panel] words with four bytes q each, the
 *                  columns' scales [panel] and their corrections [panel], int32
 *
 * With 64 added, one of two factors is never negative, as x86 wants it, and the sum of
 * two products stays within 16 bits. What that adds to a column's sums, 64 times the sum
 * of its q, is the same in all rows: the correction takes it away.
 */
#ifndef RNN_NARROW_H
#define RNN_NARROW_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define RNN_NARROW_ROW    63  /* largest |q| of a row of A */
#define RNN_NARROW_COLUMN 127 /* and of a column of B */
#define RNN_NARROW_OFFSET 64

static inline size_t rnn_narrow_pairs(size_t k) {
    return (k + 1) / 2;
}

static inline size_t rnn_narrow_fours(size_t k) {
    return (k + 3) / 4;
}

static inline uint32_t rnn_narrow_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float rnn_narrow_float(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* ------------------------------------------------------------------- bfloat16 */

/* The nearest bfloat16, ties to even, as the bits of a float; NaN stays NaN. */
static inline uint32_t rnn_narrow_bf16(float x) {
    uint32_t bits = rnn_narrow_bits(x);
    uint32_t rounded = bits + 0x7FFFu + (bits >> 16 & 1u);
    return (x == x ? rounded : bits | 0x400000u) & 0xFFFF0000u;
}

/* x [n] rounded where it is, and its upper halves. */
static inline void rnn_narrow_round(size_t n, float *x, uint16_t *halves) {
    for (size_t j = 0; j < n; j++) {
        uint32_t rounded = rnn_narrow_bf16(x[j]);
        x[j] = rnn_narrow_float(rounded);
        halves[j] = (uint16_t)(rounded >> 16);
    }
}

/* x [n] from its upper halves. */
static inline void rnn_narrow_widen(size_t n, const uint16_t *halves, float *x) {
    for (size_t j = 0; j < n; j++)
        x[j] = rnn_narrow_float((uint32_t)halves[j] << 16);
}

static inline size_t rnn_narrow_bf16_operand_floats(size_t k) {
    return 2 * rnn_narrow_pairs(k);
}

static inline void rnn_narrow_bf16_convert(size_t m, size_t k, const float *a, size_t a_stride,
                                           float *operand) {
    for (size_t i = 0; i < m; i++) {
        const float *from = a + i * a_stride;
        float *to = operand + i * rnn_narrow_bf16_operand_floats(k);
        for (size_t p = 0; p < k; p++)
            to[p] = rnn_narrow_float(rnn_narrow_bf16(from[p]));
        if (k % 2)
            to[k] = 0.0f;
    }
}

static inline size_t rnn_narrow_bf16_pair_floats(size_t k) {
    return rnn_narrow_pairs(k);
}

static inline void rnn_narrow_bf16_convert_pairs(size_t m, size_t k, const float *a,
                                                 size_t a_stride, void *operand) {
    for (size_t i = 0; i < m; i++) {
        const float *from = a + i * a_stride;
        char *to = (char *)operand + i * rnn_narrow_pairs(k) * sizeof(uint32_t);
        for (size_t p = 0; p < k; p += 2) {
            uint32_t second = p + 1 < k ? rnn_narrow_bf16(from[p + 1]) : 0;
            uint32_t pair = rnn_narrow_bf16(from[p]) >> 16 | second;
            memcpy(to + p / 2 * sizeof pair, &pair, sizeof pair);
        }
    }
}

static inline uint32_t rnn_narrow_pair(float first, float second) {
    return rnn_narrow_bf16(first) >> 16 | rnn_narrow_bf16(second);
}

static inline size_t rnn_narrow_bf16_packed_bytes(size_t panel, size_t k, size_t n) {
    return (n + panel - 1) / panel * panel * rnn_narrow_pairs(k) * sizeof(uint32_t);
}

static inline void rnn_narrow_bf16_pack(size_t panel, uint32_t *packed, const float *b, size_t row,
                                        size_t column, size_t k, size_t n, size_t begin,
                                        size_t end) {
    size_t pairs = rnn_narrow_pairs(k);
    for (size_t first = begin; first < end; first += panel) {
        uint32_t *to = packed + first * pairs;
        size_t columns = n - first < panel ? n - first : panel;
        if (columns < panel || k % 2)
            memset(to, 0, pairs * panel * sizeof *to);
        const float *from = b + first * column;
        for (size_t p = 0; p < k / 2 && column == 1; p++)
            for (size_t j = 0; j < columns; j++)
                to[p * panel + j] =
                    rnn_narrow_pair(from[2 * p * row + j], from[(2 * p + 1) * row + j]);
        for (size_t j = 0; j < columns && column != 1; j++)
            for (size_t p = 0; p < k / 2; p++)
                to[p * panel + j] = rnn_narrow_pair(from[2 * p * row + j * column],
                                                    from[(2 * p + 1) * row + j * column]);
        for (size_t j = 0; j < columns && k % 2; j++)
            to[k / 2 * panel + j] = rnn_narrow_pair(from[(k - 1) * row + j * column], 0.0f);
    }
}

/* ------------------------------------------------------------------- integers */

/* What turns x [n], `stride` floats apart, into integers, and those back into x. */
typedef struct rnn_narrow_scale {
    float up, down;
} rnn_narrow_scale;

static inline rnn_narrow_scale rnn_narrow_scale_of(size_t n, const float *x, size_t stride,
                                                   float largest) {
    /* Without their signs, floats are in the order of their bits; NaN is the largest. */
    int32_t most = 0;
    if (stride == 1) {
        for (size_t j = 0; j < n; j++) {
            int32_t size = (int32_t)(rnn_narrow_bits(x[j]) & 0x7FFFFFFFu);
            most = size > most ? size : most;
        }
    } else {
        for (size_t j = 0; j < n; j++) {
            int32_t size = (int32_t)(rnn_narrow_bits(x[j * stride]) & 0x7FFFFFFFu);
            most = size > most ? size : most;
        }
    }
    float max = rnn_narrow_float((uint32_t)most);
    if (most >= 0x7F800000)
        return (rnn_narrow_scale){0.0f, rnn_narrow_float(0x7FC00000u)};
    if (max < 0x1p-100f)
        return (rnn_narrow_scale){0.0f, 0.0f};
    return (rnn_narrow_scale){largest / max, max / largest};
}

/* x times `up` to the nearest integer, ties to even, as a byte: adding 1.5 * 2^23
 * leaves it in the low bits. */
static inline uint8_t rnn_narrow_int8(float x, float up) {
    return (uint8_t)rnn_narrow_bits(x * up + 12582912.0f);
}

static inline size_t rnn_narrow_int8_operand_floats(size_t k) {
    return 1 + rnn_narrow_fours(k);
}

static inline void rnn_narrow_int8_convert(size_t m, size_t k, const float *a, size_t a_stride,
                                           void *operand) {
    for (size_t i = 0; i < m; i++) {
        const float *from = a + i * a_stride;
        float *row = (float *)operand + i * rnn_narrow_int8_operand_floats(k);
        uint8_t *to = (uint8_t *)(row + 1);
        rnn_narrow_scale scale = rnn_narrow_scale_of(k, from, 1, RNN_NARROW_ROW);
        *row = scale.down;
        for (size_t p = 0; p < k; p++) /* of NaN, whatever a byte may be */
            to[p] = (rnn_narrow_int8(from[p], scale.up) + RNN_NARROW_OFFSET) & 0x7F;
        for (size_t p = k; p % 4; p++)
            to[p] = RNN_NARROW_OFFSET;
    }
}

/* Words of a panel. */
static inline size_t rnn_narrow_int8_panel(size_t panel, size_t k) {
    return (rnn_narrow_fours(k) + 2) * panel;
}

static inline size_t rnn_narrow_int8_packed_bytes(size_t panel, size_t k, size_t n) {
    return (n + panel - 1) / panel * rnn_narrow_int8_panel(panel, k) * sizeof(uint32_t);
}

/* One column, whose floats are `row` apart, into words `panel` apart, with its scale
 * and its correction. */
static inline void rnn_narrow_int8_column(size_t panel, uint32_t *to, const float *from, size_t row,
                                          size_t k) {
    enum { AT_ONCE = 256 };
    uint8_t bytes[AT_ONCE];
    size_t fours = rnn_narrow_fours(k);
    rnn_narrow_scale scale = rnn_narrow_scale_of(k, from, row, RNN_NARROW_COLUMN);
    int32_t sum = 0;
    for (size_t p = 0; p < k; p += AT_ONCE) {
        size_t count = k - p < AT_ONCE ? k - p : AT_ONCE;
        for (size_t i = 0; i < count; i++) {
            bytes[i] = rnn_narrow_int8(from[(p + i) * row], scale.up);
            sum += (int8_t)bytes[i];
        }
        for (size_t i = count; i % 4; i++)
            bytes[i] = 0;
        for (size_t i = 0; i < count; i += 4)
            memcpy(to + (p + i) / 4 * panel, bytes + i, sizeof *to);
    }
    sum *= -RNN_NARROW_OFFSET;
    memcpy(to + fours * panel, &scale.down, sizeof *to);
    memcpy(to + (fours + 1) * panel, &sum, sizeof *to);
}

static inline void rnn_narrow_int8_pack(size_t panel, uint32_t *packed, const float *b, size_t row,
                                        size_t column, size_t k, size_t n, size_t begin,
                                        size_t end) {
    size_t each = rnn_narrow_int8_panel(panel, k);
    for (size_t first = begin; first < end; first += panel) {
        uint32_t *to = packed + first / panel * each;
        size_t columns = n - first < panel ? n - first : panel;
        if (columns < panel)
            memset(to, 0, each * sizeof *to);
        for (size_t j = 0; j < columns; j++)
            rnn_narrow_int8_column(panel, to + j, b + (first + j) * column, row, k);
    }
}

#endif
