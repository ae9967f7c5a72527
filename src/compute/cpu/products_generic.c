/* SPDX-License-Identifier: MIT
 *
 * products_generic.c - the matrix products in plain C, one for each precision.
 */
#include <string.h>

#include "compute/cpu/narrow.h"
#include "compute/cpu/tables.h"

#define PANEL ((size_t)32)

/* Columns [first, first + columns) of a row of C before the products are added. */
static void start_row(float *sum, const float *bias, int accumulate, const float *out, size_t first,
                      size_t columns) {
    memset(sum, 0, PANEL * sizeof *sum);
    if (accumulate)
        memcpy(sum, out, columns * sizeof *sum);
    else if (bias)
        memcpy(sum, bias + first, columns * sizeof *sum);
}

static size_t columns_from(size_t first, size_t n) {
    return n - first < PANEL ? n - first : PANEL;
}

/* -------------------------------------------------------------------- float32 */

/* packed is [panels][k][PANEL]. */
static size_t float32_packed_bytes(size_t k, size_t n) {
    return (n + PANEL - 1) / PANEL * PANEL * k * sizeof(float);
}

static void float32_pack(void *packed, const float *b, size_t row, size_t column, size_t k,
                         size_t n, size_t begin, size_t end) {
    float *to = packed;
    for (size_t first = begin; first < end; first += PANEL)
        for (size_t p = 0; p < k; p++)
            for (size_t j = 0; j < PANEL; j++)
                to[first * k + p * PANEL + j] =
                    first + j < n ? b[p * row + (first + j) * column] : 0.0f;
}

static void float32_multiply(size_t m, size_t n, size_t k, const void *operand, size_t a_stride,
                             const void *packed, const float *bias, int accumulate, float *c,
                             size_t c_stride, size_t begin, size_t end) {
    const float *a = operand, *b = packed;
    for (size_t first = begin; first < end; first += PANEL) {
        size_t columns = columns_from(first, n);
        for (size_t i = 0; i < m; i++) {
            float *out = c + i * c_stride + first, sum[PANEL];
            start_row(sum, bias, accumulate, out, first, columns);
            for (size_t p = 0; p < k; p++)
                for (size_t j = 0; j < PANEL; j++)
                    sum[j] += a[i * a_stride + p] * b[first * k + p * PANEL + j];
            memcpy(out, sum, columns * sizeof *sum);
        }
    }
}

const rnn_product rnn_product_float32_generic = {
    .panel = PANEL,
    .packed_bytes = float32_packed_bytes,
    .pack = float32_pack,
    .multiply = float32_multiply,
};

/* ----------------------------------------------------------------------- bf16 */

static size_t bf16_packed_bytes(size_t k, size_t n) {
    return rnn_narrow_bf16_packed_bytes(PANEL, k, n);
}

static void bf16_pack(void *packed, const float *b, size_t row, size_t column, size_t k, size_t n,
                      size_t begin, size_t end) {
    rnn_narrow_bf16_pack(PANEL, packed, b, row, column, k, n, begin, end);
}

static void bf16_convert(size_t m, size_t k, const float *a, size_t a_stride, void *operand) {
    rnn_narrow_bf16_convert(m, k, a, a_stride, operand);
}

static void bf16_multiply(size_t m, size_t n, size_t k, const void *operand, size_t a_stride,
                          const void *packed, const float *bias, int accumulate, float *c,
                          size_t c_stride, size_t begin, size_t end) {
    size_t pairs = rnn_narrow_pairs(k);
    for (size_t first = begin; first < end; first += PANEL) {
        const uint32_t *b = (const uint32_t *)packed + first * pairs;
        size_t columns = columns_from(first, n);
        for (size_t i = 0; i < m; i++) {
            const float *a = (const float *)operand + i * a_stride;
            float *out = c + i * c_stride + first, sum[PANEL];
            start_row(sum, bias, accumulate, out, first, columns);
            for (size_t p = 0; p < pairs; p++)
                for (size_t j = 0; j < PANEL; j++) {
                    uint32_t pair = b[p * PANEL + j];
                    sum[j] += a[2 * p + 1] * rnn_narrow_float(pair & 0xFFFF0000u);
                    sum[j] += a[2 * p] * rnn_narrow_float(pair << 16);
                }
            memcpy(out, sum, columns * sizeof *sum);
        }
    }
}

const rnn_product rnn_product_bf16_generic = {
    .panel = PANEL,
    .packed_bytes = bf16_packed_bytes,
    .pack = bf16_pack,
    .operand_floats = rnn_narrow_bf16_operand_floats,
    .convert = bf16_convert,
    .multiply = bf16_multiply,
};

/* ----------------------------------------------------------------------- int8 */

static size_t int8_packed_bytes(size_t k, size_t n) {
    return rnn_narrow_int8_packed_bytes(PANEL, k, n);
}

static void int8_pack(void *packed, const float *b, size_t row, size_t column, size_t k, size_t n,
                      size_t begin, size_t end) {
    rnn_narrow_int8_pack(PANEL, packed, b, row, column, k, n, begin, end);
}

static void int8_convert(size_t m, size_t k, const float *a, size_t a_stride, void *operand) {
    rnn_narrow_int8_convert(m, k, a, a_stride, operand);
}

/* Adds the sums over k for the columns of a panel. */
static void add_bytes(size_t fours, const uint8_t *a, const int8_t *b, int32_t *sum) {
    for (size_t p = 0; p < fours; p++)
        for (size_t j = 0; j < PANEL; j++)
            for (size_t i = 0; i < 4; i++)
                sum[j] += a[4 * p + i] * b[(p * PANEL + j) * 4 + i];
}

static void int8_multiply(size_t m, size_t n, size_t k, const void *operand, size_t a_stride,
                          const void *packed, const float *bias, int accumulate, float *c,
                          size_t c_stride, size_t begin, size_t end) {
    size_t fours = rnn_narrow_fours(k), panel_bytes = 4 * rnn_narrow_int8_panel(PANEL, k);
    for (size_t first = begin; first < end; first += PANEL) {
        const char *b = (const char *)packed + first / PANEL * panel_bytes;
        const float *scales = (const float *)(b + 4 * fours * PANEL);
        size_t columns = columns_from(first, n);
        for (size_t i = 0; i < m; i++) {
            const float *scale = (const float *)operand + i * a_stride;
            float *out = c + i * c_stride + first, result[PANEL];
            int32_t sum[PANEL];
            memcpy(sum, scales + PANEL, sizeof sum); /* the corrections */
            add_bytes(fours, (const uint8_t *)(scale + 1), (const int8_t *)b, sum);
            start_row(result, bias, accumulate, out, first, columns);
            for (size_t j = 0; j < columns; j++)
                result[j] += (float)sum[j] * (*scale * scales[j]);
            memcpy(out, result, columns * sizeof *result);
        }
    }
}

const rnn_product rnn_product_int8_generic = {
    .panel = PANEL,
    .packed_bytes = int8_packed_bytes,
    .pack = int8_pack,
    .operand_floats = rnn_narrow_int8_operand_floats,
    .convert = int8_convert,
    .multiply = int8_multiply,
};
