/* SPDX-License-Identifier: MIT
 *
 * narrow.h - numbers of fewer bits: rounding to bfloat16 and to scaled integers,
 * and the layouts in which every table's bf16 and int8 products find them.
 *
 * Plain C that each table's file compiles with its own flags. rnn_product of
 * kernels.h says what is computed; here is where it lies.
 *
 *   bf16 operand   rows of floats that are bfloat16s, an even number of them
 *   bf16 packed    [panels][pairs of k][panel] words: the first of a pair in the
 *                  low half, the second in the high half
 *   int8 operand   rows of a rnn_narrow_row, then for each four of k a word of their
 *                  sizes |q| in four bytes; then, likewise, bytes that are 0xFF where
 *                  q is negative and 0 elsewhere
 *   int8 packed    [panels] of [fours of k][panel] words with four bytes q each, and
 *                  the columns' scales [panel]
 *
 * With size and sign apart, q w is size (w ^ sign) + size where q is negative: of two
 * factors one is never negative, as the instructions of x86 want it, and what is
 * added is the same for all columns.
 *
 * Instructions that take pairs of bfloat16s, or any unsigned bytes with signed ones,
 * find them so:
 *
 *   bf16 operand   rows of words with a pair of k each, as in the packed matrix
 *   int8 operand   rows of a rnn_narrow_row, then for each four of k a word of bytes q
 *   int8 packed    as above, with bytes q + 128
 *
 * Of q (w + 128) the 128 q that are too much are the same for all columns too.
 */
#ifndef RNN_NARROW_H
#define RNN_NARROW_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* How a row of an int8 operand begins. */
typedef struct rnn_narrow_row {
    float scale;
    int32_t correction; /* sum of |q| over negative q; with bytes q, of -128 q over all */
} rnn_narrow_row;

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
                                                 size_t a_stride, uint16_t *operand) {
    for (size_t i = 0; i < m; i++) {
        const float *from = a + i * a_stride;
        uint16_t *to = operand + i * 2 * rnn_narrow_pairs(k);
        for (size_t p = 0; p < k; p++)
            to[p] = (uint16_t)(rnn_narrow_bf16(from[p]) >> 16);
        if (k % 2)
            to[k] = 0;
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

static inline rnn_narrow_scale rnn_narrow_scale_of(size_t n, const float *x, size_t stride) {
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
    return (rnn_narrow_scale){127.0f / max, max / 127.0f};
}

/* x times `up` to the nearest integer, ties to even, as a byte: adding 1.5 * 2^23
 * leaves it in the low bits. */
static inline uint8_t rnn_narrow_int8(float x, float up) {
    return (uint8_t)rnn_narrow_bits(x * up + 12582912.0f);
}

/* The bytes q of x [k], with zeros up to a whole four; returns their scale. */
static inline float rnn_narrow_int8_bytes(size_t k, const float *x, uint8_t *bytes) {
    rnn_narrow_scale scale = rnn_narrow_scale_of(k, x, 1);
    for (size_t p = 0; p < k; p++)
        bytes[p] = rnn_narrow_int8(x[p], scale.up);
    for (size_t p = k; p < 4 * rnn_narrow_fours(k); p++)
        bytes[p] = 0;
    return scale.down;
}

static inline size_t rnn_narrow_int8_operand_floats(size_t k) {
    return sizeof(rnn_narrow_row) / sizeof(float) + 2 * rnn_narrow_fours(k);
}

static inline void rnn_narrow_int8_convert(size_t m, size_t k, const float *a, size_t a_stride,
                                           void *operand) {
    size_t fours = rnn_narrow_fours(k);
    for (size_t i = 0; i < m; i++) {
        char *to = (char *)operand + i * rnn_narrow_int8_operand_floats(k) * sizeof(float);
        uint8_t *sizes = (uint8_t *)to + sizeof(rnn_narrow_row), *signs = sizes + 4 * fours;
        rnn_narrow_row head = {rnn_narrow_int8_bytes(k, a + i * a_stride, sizes), 0};
        for (size_t p = 0; p < 4 * fours; p++) {
            uint8_t sign = sizes[p] & 0x80 ? 0xFF : 0;
            sizes[p] = (uint8_t)((sizes[p] ^ sign) - sign);
            signs[p] = sign;
        }
        for (size_t p = 0; p < 4 * fours; p++)
            head.correction += sizes[p] & signs[p];
        memcpy(to, &head, sizeof head);
    }
}

static inline size_t rnn_narrow_int8_whole_floats(size_t k) {
    return sizeof(rnn_narrow_row) / sizeof(float) + rnn_narrow_fours(k);
}

static inline void rnn_narrow_int8_convert_whole(size_t m, size_t k, const float *a,
                                                 size_t a_stride, void *operand) {
    for (size_t i = 0; i < m; i++) {
        char *to = (char *)operand + i * rnn_narrow_int8_whole_floats(k) * sizeof(float);
        uint8_t *bytes = (uint8_t *)to + sizeof(rnn_narrow_row);
        rnn_narrow_row head = {rnn_narrow_int8_bytes(k, a + i * a_stride, bytes), 0};
        for (size_t p = 0; p < k; p++)
            head.correction -= 128 * (int8_t)bytes[p];
        memcpy(to, &head, sizeof head);
    }
}

/* Words of a panel. */
static inline size_t rnn_narrow_int8_panel(size_t panel, size_t k) {
    return (rnn_narrow_fours(k) + 1) * panel;
}

static inline size_t rnn_narrow_int8_packed_bytes(size_t panel, size_t k, size_t n) {
    return (n + panel - 1) / panel * rnn_narrow_int8_panel(panel, k) * sizeof(uint32_t);
}

/* One column, `row` floats apart, into words `panel` apart as bytes q + more, where more
 * is 0 or 128; returns its scale. */
static inline float rnn_narrow_int8_column(size_t panel, uint8_t more, uint32_t *to,
                                           const float *from, size_t row, size_t k) {
    enum { AT_ONCE = 256 };
    uint8_t bytes[AT_ONCE];
    rnn_narrow_scale scale = rnn_narrow_scale_of(k, from, row);
    for (size_t p = 0; p < k; p += AT_ONCE) {
        size_t count = k - p < AT_ONCE ? k - p : AT_ONCE;
        for (size_t i = 0; i < count; i++)
            bytes[i] = rnn_narrow_int8(from[(p + i) * row], scale.up) ^ more;
        for (size_t i = count; i % 4; i++)
            bytes[i] = 0;
        for (size_t i = 0; i < count; i += 4)
            memcpy(to + (p + i) / 4 * panel, bytes + i, sizeof *to);
    }
    return scale.down;
}

static inline void rnn_narrow_int8_pack(size_t panel, uint8_t more, uint32_t *packed,
                                        const float *b, size_t row, size_t column, size_t k,
                                        size_t n, size_t begin, size_t end) {
    size_t each = rnn_narrow_int8_panel(panel, k), fours = rnn_narrow_fours(k);
    for (size_t first = begin; first < end; first += panel) {
        uint32_t *to = packed + first / panel * each;
        size_t columns = n - first < panel ? n - first : panel;
        if (columns < panel)
            memset(to, 0, each * sizeof *to);
        for (size_t j = 0; j < columns; j++) {
            float scale =
                rnn_narrow_int8_column(panel, more, to + j, b + (first + j) * column, row, k);
            memcpy(to + fours * panel + j, &scale, sizeof scale);
        }
    }
}

#endif
