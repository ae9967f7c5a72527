/* SPDX-License-Identifier: MIT
 *
 * vector_narrow.h - the matrix products in bf16 and int8. Part of vector_kernels.h;
 * narrow.h gives the layouts.
 *
 * They are made of tiles as those of vector_matrix.h are: a few rows by PANEL columns,
 * or one row by several panels, held in registers while k runs. Of bf16 each number is
 * one chain over k, of int8 a sum that is exact; so no bits depend on the tile.
 *
 * NARROW_TILE, the rows of a tile, is less than float32's without DOTS, since each step
 * needs some registers more. With DOTS bf16 is nothing but vector_matrix.h's product.
 */

/* Rows that wait in the second cache for the next panel. */
#define NARROW_ROWS ((size_t)240)

typedef int32_t integers __attribute__((vector_size(4 * LANES)));
typedef float floats __attribute__((vector_size(4 * LANES)));

/* What a product in bf16 or int8 is made of; see rnn_product. */
typedef struct narrow {
    size_t n, k;
    const char *a;
    size_t a_row; /* bytes */
    const char *packed;
    const float *bias;
    int accumulate;
    float *c;
    size_t c_row;
    const float *ahead; /* see tile of vector_matrix.h */
    size_t fetched;
} narrow;

INLINE words load_words(const void *from) {
    return (words)load(from);
}

INLINE words fill_words(const void *from) {
    uint32_t word;
    memcpy(&word, from, sizeof word);
    return (words){0} + word;
}

/* What the sums of vector v of a row of C begin with. */
INLINE vector narrow_start(const narrow *of, const float *c, size_t first, size_t v, size_t count) {
    if (of->accumulate)
        return load_lanes(c + v * LANES, count);
    return of->bias ? load_lanes(of->bias + first + v * LANES, count) : fill(0.0f);
}

/* Step p's share of what comes next; in lower tiles it would take as long as it saves. */
INLINE void call_ahead(size_t rows, const narrow *of, size_t p) {
    if (rows > 4 && of->ahead)
        __builtin_prefetch(of->ahead + p * of->fetched, 0, 2);
}

/* ----------------------------------------------------------------------- bf16 */

#if !DOTS

INLINE vector second_of(words pairs) {
    return (vector)(pairs & 0xFFFF0000u);
}

INLINE vector first_of(words pairs) {
    return (vector)(pairs << 16);
}

/* One pair of k for sums [rows][width]; a has one number for each row, a_row floats
 * apart. Which side waits in registers is as in tile_step of vector_matrix.h. */
INLINE void bf16_step(size_t rows, size_t width, const float *a, size_t a_row, const char *b,
                      size_t b_panel, vector *sums) {
    if (width == PANEL_VECTORS) {
        vector right[PANEL_VECTORS];
        UNROLL
        for (int half = 1; half >= 0; half--) {
            UNROLL
            for (size_t v = 0; v < width; v++) {
                words pairs = load_words(b + v * sizeof(vector));
                right[v] = half ? second_of(pairs) : first_of(pairs);
            }
            UNROLL
            for (size_t r = 0; r < rows; r++) {
                vector left = fill(a[r * a_row + (size_t)half]);
                UNROLL
                for (size_t v = 0; v < width; v++)
                    sums[r * width + v] = multiply_add(left, right[v], sums[r * width + v]);
            }
        }
    } else {
        vector left[2 * NARROW_TILE];
        UNROLL
        for (size_t r = 0; r < rows; r++) {
            left[2 * r] = fill(a[r * a_row]);
            left[2 * r + 1] = fill(a[r * a_row + 1]);
        }
        UNROLL
        for (size_t v = 0; v < width; v++) {
            words pairs =
                load_words(b + v / PANEL_VECTORS * b_panel + v % PANEL_VECTORS * sizeof(vector));
            vector second = second_of(pairs), first = first_of(pairs);
            UNROLL
            for (size_t r = 0; r < rows; r++) {
                vector sum = multiply_add(left[2 * r + 1], second, sums[r * width + v]);
                sums[r * width + v] = multiply_add(left[2 * r], first, sum);
            }
        }
    }
}

/* rows by `panels` panels, of which `columns` columns are C's. */
INLINE void bf16_tile(size_t rows, size_t panels, size_t columns, const narrow *of, size_t row,
                      size_t first) {
    vector sums[NARROW_TILE * PANEL_VECTORS];
    const size_t width = panels * PANEL_VECTORS;
    size_t pairs = rnn_narrow_pairs(of->k), b_panel = pairs * PANEL * sizeof(uint32_t);
    const float *a = (const float *)(of->a + row * of->a_row);
    const char *b = of->packed + first / PANEL * b_panel;
    float *c = of->c + row * of->c_row + first;
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        UNROLL
        for (size_t v = 0; v < width; v++)
            sums[r * width + v] =
                narrow_start(of, c + r * of->c_row, first, v, lanes_within(columns, v));
    }
    UNROLL_STEPS
    for (size_t p = 0; p < pairs; p++) {
        call_ahead(rows, of, p);
        bf16_step(rows, width, a + 2 * p, of->a_row / sizeof(float),
                  b + p * PANEL * sizeof(uint32_t), b_panel, sums);
    }
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        UNROLL
        for (size_t v = 0; v < width; v++)
            store_lanes(c + r * of->c_row + v * LANES, sums[r * width + v],
                        lanes_within(columns, v));
    }
}

#endif

/* ----------------------------------------------------------------------- int8 */

/* Four of k for sums [rows][PANEL_VECTORS]; a has a word for each row, a_row bytes
 * apart. */
INLINE void int8_step(size_t rows, const char *a, size_t a_row, const char *b, words *sums) {
    words right[PANEL_VECTORS];
    UNROLL
    for (size_t v = 0; v < PANEL_VECTORS; v++)
        right[v] = load_words(b + v * sizeof(vector));
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        words left = fill_words(a + r * a_row);
        UNROLL
        for (size_t v = 0; v < PANEL_VECTORS; v++)
            sums[r * PANEL_VECTORS + v] = dot4(sums[r * PANEL_VECTORS + v], left, right[v]);
    }
}

/* C from the sums [rows][PANEL_VECTORS] of a panel, whose scales are given. A function of
 * its own: the sums that it reads from memory were in registers until now. */
static void int8_finish(size_t rows, const narrow *of, size_t row, size_t first, const char *scales,
                        const words *sums) {
    size_t columns = smaller(of->n - first, PANEL);
    for (size_t r = 0; r < rows; r++) {
        vector scale = (vector)fill_words(of->a + (row + r) * of->a_row);
        float *c = of->c + (row + r) * of->c_row + first;
        for (size_t v = 0; v < PANEL_VECTORS; v++) {
            size_t count = lanes_within(columns, v);
            vector other = scale * (vector)load_words(scales + v * sizeof(vector));
            vector sum =
                (vector) __builtin_convertvector((integers)sums[r * PANEL_VECTORS + v], floats);
            store_lanes(c + v * LANES, narrow_start(of, c, first, v, count) + sum * other, count);
        }
    }
}

/* rows by a panel. A dot product of DOTS waits some cycles for the one before it: with
 * few rows each of four steps has sums of its own. */
INLINE void int8_tile(size_t rows, const narrow *of, size_t row, size_t first) {
    words sums[NARROW_TILE * PANEL_VECTORS], found[NARROW_TILE * PANEL_VECTORS];
    const size_t step = PANEL * sizeof(uint32_t), each = rows * PANEL_VECTORS;
    const size_t chains = DOTS && rows <= 2 ? 4 : 1;
    size_t fours = rnn_narrow_fours(of->k), panel = rnn_narrow_int8_panel(PANEL, of->k), p = 0;
    const char *a = of->a + row * of->a_row + sizeof(float); /* behind the scale */
    const char *b = of->packed + first / PANEL * panel * sizeof(uint32_t);
    const char *scales = b + fours * step, *corrections = scales + step;
    UNROLL
    for (size_t r = 0; r < chains * rows; r++) {
        UNROLL
        for (size_t v = 0; v < PANEL_VECTORS; v++)
            sums[r * PANEL_VECTORS + v] =
                r < rows ? load_words(corrections + v * sizeof(vector)) : (words){0};
    }
    UNROLL_STEPS
    for (; p + chains <= fours; p += chains) {
        call_ahead(rows, of, p);
        UNROLL
        for (size_t q = 0; q < chains; q++)
            int8_step(rows, a + (p + q) * sizeof(uint32_t), of->a_row, b + (p + q) * step,
                      sums + q * each);
    }
    for (; chains > 1 && p < fours; p++)
        int8_step(rows, a + p * sizeof(uint32_t), of->a_row, b + p * step, sums);
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        UNROLL
        for (size_t v = 0; v < PANEL_VECTORS; v++) {
            found[r * PANEL_VECTORS + v] = sums[r * PANEL_VECTORS + v];
            UNROLL
            for (size_t q = 1; q < chains; q++)
                found[r * PANEL_VECTORS + v] += sums[q * each + r * PANEL_VECTORS + v];
        }
    }
    int8_finish(rows, of, row, first, scales, found);
}

/* -------------------------------------------------------------------- products */

INLINE void narrow_tile(rnn_precision precision, size_t rows, const narrow *of, size_t row,
                        size_t first) {
#if !DOTS
    if (precision == RNN_PRECISION_BF16) {
        size_t columns = smaller(of->n - first, PANEL);
        if (columns == PANEL)
            bf16_tile(rows, 1, PANEL, of, row, first);
        else /* the panel hangs over */
            bf16_tile(rows, 1, columns, of, row, first);
        return;
    }
#endif
    (void)precision;
    int8_tile(rows, of, row, first);
}

INLINE void narrow_rows(rnn_precision precision, size_t rows, const narrow *of, size_t row,
                        size_t first) {
#define NARROW(ROWS) narrow_tile(precision, ROWS, of, row, first)
    SWITCH_ROWS(rows, NARROW_TILE, NARROW)
#undef NARROW
}

#if !DOTS
/* One row or two of bf16: enough sums are under way only over several panels. Of int8
 * they are, and one panel after the other is what the third cache delivers fastest. */
INLINE void bf16_few(size_t m, const narrow *of, size_t begin, size_t end) {
    size_t panels = m == 1 ? 4 : 2, first = begin;
    for (; first + panels * PANEL <= end; first += panels * PANEL)
        if (m == 1)
            bf16_tile(1, 4, 4 * PANEL, of, 0, first);
        else
            bf16_tile(2, 2, 2 * PANEL, of, 0, first);
    for (; first < end; first += PANEL)
        narrow_rows(RNN_PRECISION_BF16, m, of, 0, first);
}
#endif

INLINE void narrow_multiply(rnn_precision precision, size_t m, narrow of, size_t begin,
                            size_t end) {
#if !DOTS
    if (precision == RNN_PRECISION_BF16 && (m == 1 || m == 2)) {
        bf16_few(m, &of, begin, end);
        return;
    }
#endif
    size_t steps = precision == RNN_PRECISION_BF16 ? rnn_narrow_pairs(of.k)
                                                   : rnn_narrow_int8_panel(PANEL, of.k) / PANEL;
    for (size_t block = 0; block < m; block += NARROW_ROWS) {
        /* Tiles of nearly equal height, as in vector_matrix.h. */
        size_t rows = smaller(m - block, NARROW_ROWS);
        size_t tiles = (rows + NARROW_TILE - 1) / NARROW_TILE;
        size_t height = rows / tiles, higher = rows % tiles;
        of.fetched = fetched_by(tiles);
        for (size_t first = begin; first < end; first += PANEL) {
            const float *here = (const float *)of.packed + first * steps;
            for (size_t t = 0, row = block; t < tiles; t++) {
                size_t now = height + (t < higher);
                of.ahead = ahead_of(here, steps, t, of.fetched, first + PANEL >= end);
                narrow_rows(precision, now, &of, row, first);
                row += now;
            }
        }
    }
}

static size_t bf16_packed_bytes(size_t k, size_t n) {
    return rnn_narrow_bf16_packed_bytes(PANEL, k, n);
}

static void bf16_pack(void *packed, const float *b, size_t row, size_t column, size_t k, size_t n,
                      size_t begin, size_t end) {
    rnn_narrow_bf16_pack(PANEL, packed, b, row, column, k, n, begin, end);
}

/* What is left of a row is narrow.h's; LANES are even, so no pair is parted. */
static void bf16_convert(size_t m, size_t k, const float *a, size_t a_stride, void *operand) {
    size_t width = DOTS ? rnn_narrow_bf16_pair_floats(k) : rnn_narrow_bf16_operand_floats(k);
    for (size_t i = 0; i < m; i++) {
        const float *from = a + i * a_stride;
        float *row = (float *)operand + i * width;
        size_t j = 0;
        for (; j + LANES <= k; j += LANES) {
            vector rounded = rounded_to_bf16(load(from + j));
#if DOTS
            half_words upper = __builtin_convertvector((words)rounded >> 16, half_words);
            memcpy(row + j / 2, &upper, sizeof upper);
#else
            store(row + j, rounded);
#endif
        }
#if DOTS
        rnn_narrow_bf16_convert_pairs(1, k - j, from + j, 0, row + j / 2);
#else
        rnn_narrow_bf16_convert(1, k - j, from + j, 0, row + j);
#endif
    }
}

static void bf16_multiply(size_t m, size_t n, size_t k, const void *a, size_t a_stride,
                          const void *packed, const float *bias, int accumulate, float *c,
                          size_t c_stride, size_t begin, size_t end) {
#if DOTS
    const operands of = {
        1, n, rnn_narrow_pairs(k), a, a_stride, packed, bias, accumulate, c, c_stride, NULL, 0};
    product_of(m, of, begin, end);
#else
    const narrow of = {n,        k,    a, a_stride * sizeof(float), packed, bias, accumulate, c,
                       c_stride, NULL, 0};
    narrow_multiply(RNN_PRECISION_BF16, m, of, begin, end);
#endif
}

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

static void int8_multiply(size_t m, size_t n, size_t k, const void *a, size_t a_stride,
                          const void *packed, const float *bias, int accumulate, float *c,
                          size_t c_stride, size_t begin, size_t end) {
    const narrow of = {n,        k,    a, a_stride * sizeof(float), packed, bias, accumulate, c,
                       c_stride, NULL, 0};
    narrow_multiply(RNN_PRECISION_INT8, m, of, begin, end);
}

static const rnn_product product_bf16 = {
    .panel = PANEL,
    .packed_bytes = bf16_packed_bytes,
    .pack = bf16_pack,
    .operand_floats = DOTS ? rnn_narrow_bf16_pair_floats : rnn_narrow_bf16_operand_floats,
    .convert = bf16_convert,
    .multiply = bf16_multiply,
};

static const rnn_product product_int8 = {
    .panel = PANEL,
    .packed_bytes = int8_packed_bytes,
    .pack = int8_pack,
    .operand_floats = rnn_narrow_int8_operand_floats,
    .convert = int8_convert,
    .multiply = int8_multiply,
};
