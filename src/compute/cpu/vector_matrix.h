/* SPDX-License-Identifier: MIT
 *
 * vector_matrix.h - the tile that matrix product and weight gradient are built on, the
 * product, and sums and copies of rows. Part of vector_kernels.h.
 *
 * A tile is a few rows by PANEL columns of C (or by several panels when there
 * are but a few rows), held in registers while k runs. Each number of C is one
 * chain of multiply-adds over k in order; storing a sum between two blocks of k
 * does not change it. So its bits do not depend on the tile it falls into.
 *
 * With DOTS the same code multiplies pairs of bfloat16s: where `pairs` is 1, each float
 * of A and B is such a word instead, and k counts pairs.
 */

/* Steps of k for which a panel of B (PRODUCT_DEPTH x PANEL floats, 32 or 64 KB) stays
 * in the near caches while the rows go by. That the second one delivers it is enough;
 * shorter stretches cost more than they save, since all sums are stored between them. */
#define PRODUCT_DEPTH ((size_t)512)
/* Rows of A [PRODUCT_ROWS][PRODUCT_DEPTH] that wait in the second cache (480 KB)
 * for the next panel. */
#define PRODUCT_ROWS ((size_t)240)
/* Floats in a line of the caches. */
#define LINE ((size_t)16)

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* How many of vector v's lanes lie within `columns`. */
INLINE size_t lanes_within(size_t columns, size_t v) {
    return columns <= v * LANES ? 0 : smaller(columns - v * LANES, LANES);
}

INLINE vector add_product(int pairs, vector sum, vector x, vector y) {
#if DOTS
    if (pairs)
        return dot2(sum, (words)x, (words)y);
#endif
    (void)pairs;
    return multiply_add(x, y, sum);
}

/* One step of k: sums [rows][width] += A(., p) B(p, .). One of the two sides
 * waits in registers while the other goes by, B's where it is the shorter. */
INLINE void tile_step(int pairs, size_t rows, size_t width, const float *a, size_t a_row,
                      const float *b, size_t b_panel, vector *sums) {
    vector right[PANEL_VECTORS], left[TILE_ROWS];
    if (width == PANEL_VECTORS) {
        UNROLL
        for (size_t v = 0; v < width; v++)
            right[v] = load(b + v * LANES);
        UNROLL
        for (size_t r = 0; r < rows; r++) {
            left[0] = fill(a[r * a_row]);
            UNROLL
            for (size_t v = 0; v < width; v++)
                sums[r * width + v] = add_product(pairs, sums[r * width + v], left[0], right[v]);
        }
    } else {
        UNROLL
        for (size_t r = 0; r < rows; r++)
            left[r] = fill(a[r * a_row]);
        UNROLL
        for (size_t v = 0; v < width; v++) {
            right[0] = load(b + v / PANEL_VECTORS * b_panel + v % PANEL_VECTORS * LANES);
            UNROLL
            for (size_t r = 0; r < rows; r++)
                sums[r * width + v] = add_product(pairs, sums[r * width + v], left[r], right[0]);
        }
    }
}

/* Calls a tile's place in C into the first cache while there is other work: its rows
 * lie far apart, where no processor expects them. */
INLINE void fetch_rows(const float *c, size_t c_row, size_t rows) {
    UNROLL
    for (size_t r = 0; r < rows; r++)
        __builtin_prefetch(c + r * c_row, 1);
}

/* The first `columns` columns of C[rows][panels * PANEL] = start + A B for k
 * steps, where A(r, p) is a[r * a_row + p * a_step] and panel q of B begins at
 * b + q * b_panel. start is a matrix with rows start_row apart, or NULL for 0;
 * with `add` the result is added to C instead of replacing it. pairs, rows and panels
 * are constants wherever this is called, and so is `columns` for whole tiles.
 * With each step the next `fetched` floats from `ahead` on are called into the second
 * cache, unless it is NULL. */
INLINE void tile(int pairs, size_t rows, size_t panels, size_t columns, size_t k, const float *a,
                 size_t a_row, size_t a_step, const float *b, size_t b_panel, const float *start,
                 size_t start_row, int add, float *c, size_t c_row, const float *ahead,
                 size_t fetched) {
    vector sums[TILE_ROWS * PANEL_VECTORS];
    const size_t width = panels * PANEL_VECTORS;
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        UNROLL
        for (size_t v = 0; v < width; v++)
            sums[r * width + v] =
                start ? load_lanes(start + r * start_row + v * LANES, lanes_within(columns, v))
                      : fill(0.0f);
    }
    if (add)
        fetch_rows(c, c_row, rows);
    UNROLL_STEPS
    for (size_t p = 0; p < k; p++) {
        if (ahead)
            __builtin_prefetch(ahead + p * fetched, 0, 2);
        tile_step(pairs, rows, width, a + p * a_step, a_row, b + p * PANEL, b_panel, sums);
    }
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        UNROLL
        for (size_t v = 0; v < width; v++) {
            float *to = c + r * c_row + v * LANES;
            size_t count = lanes_within(columns, v);
            if (add)
                sums[r * width + v] = load_lanes(to, count) + sums[r * width + v];
            store_lanes(to, sums[r * width + v], count);
        }
    }
}

/* Runs TILE(rows) with the number of rows, 1 to `most` <= 14, as a constant. */
#define SWITCH_ROWS(rows, most, TILE)                                                              \
    switch (rows) {                                                                                \
        CASE(1, most, TILE)                                                                        \
        CASE(2, most, TILE)                                                                        \
        CASE(3, most, TILE)                                                                        \
        CASE(4, most, TILE)                                                                        \
        CASE(5, most, TILE)                                                                        \
        CASE(6, most, TILE)                                                                        \
        CASE(7, most, TILE)                                                                        \
        CASE(8, most, TILE)                                                                        \
        CASE(9, most, TILE)                                                                        \
        CASE(10, most, TILE)                                                                       \
        CASE(11, most, TILE)                                                                       \
        CASE(12, most, TILE)                                                                       \
        CASE(13, most, TILE)                                                                       \
        CASE(14, most, TILE)                                                                       \
    }
#define CASE(r, most, TILE)                                                                        \
    case r:                                                                                        \
        if (r <= (most)) {                                                                         \
            TILE(r);                                                                               \
        }                                                                                          \
        break;
_Static_assert(TILE_ROWS <= 14 && NARROW_TILE <= 14, "there is a case for each height");

/* ----------------------------------------------------------- matrix product */

/* packed is [panels][k][PANEL]. */
static size_t packed_floats(size_t k, size_t n) {
    return (n + PANEL - 1) / PANEL * PANEL * k;
}

static size_t packed_bytes(size_t k, size_t n) {
    return packed_floats(k, n) * sizeof(float);
}

static void pack(void *packed, const float *b, size_t row, size_t column, size_t k, size_t n,
                 size_t begin, size_t end) {
    for (size_t first = begin; first < end; first += PANEL) {
        float *to = (float *)packed + first * k;
        const float *from = b + first * column;
        size_t columns = smaller(n - first, PANEL);
        if (column == 1 && columns == PANEL) {
            for (size_t p = 0; p < k; p++)
                memcpy(to + p * PANEL, from + p * row, PANEL * sizeof *to);
        } else if (columns == PANEL) {
            for (size_t p = 0; p < k; p++)
                for (size_t j = 0; j < PANEL; j++)
                    to[p * PANEL + j] = from[p * row + j * column];
        } else {
            for (size_t p = 0; p < k; p++)
                for (size_t j = 0; j < PANEL; j++)
                    to[p * PANEL + j] = j < columns ? from[p * row + j * column] : 0.0f;
        }
    }
}

/* What a product is made of; see rnn_product. */
typedef struct operands {
    int pairs; /* of bfloat16s, k of them, instead of floats */
    size_t n, k;
    const float *a;
    size_t a_row;
    const float *packed;
    const float *bias;
    int accumulate;
    float *c;
    size_t c_row;
    const float *ahead; /* see tile */
    size_t fetched;
} operands;

/* rows by `panels` panels from column `first` on, for steps [from, to) of k. */
INLINE void product_tile(int pairs, size_t rows, size_t panels, const operands *of, size_t row,
                         size_t first, size_t from, size_t to) {
    float *c = of->c + row * of->c_row + first;
    size_t c_row = of->c_row, columns = smaller(of->n - first, panels * PANEL);
    const float *start = c;
    size_t start_row = c_row;
    if (from == 0 && !of->accumulate) {
        start = of->bias ? of->bias + first : NULL;
        start_row = 0;
    }
    const float *left = of->a + row * of->a_row + from;
    const float *right = of->packed + first * of->k + from * PANEL;
    const size_t whole = panels * PANEL;
    if (columns == whole)
        tile(pairs, rows, panels, whole, to - from, left, of->a_row, 1, right, of->k * PANEL, start,
             start_row, 0, c, c_row, of->ahead, of->fetched);
    else /* the last panel hangs over */
        tile(pairs, rows, panels, columns, to - from, left, of->a_row, 1, right, of->k * PANEL,
             start, start_row, 0, c, c_row, of->ahead, of->fetched);
}

static void product_rows(size_t rows, const operands *of, size_t row, size_t first, size_t from,
                         size_t to) {
#define FLOATS_TILE(ROWS) product_tile(0, ROWS, 1, of, row, first, from, to)
#define PAIRS_TILE(ROWS)  product_tile(1, ROWS, 1, of, row, first, from, to)
    if (DOTS && of->pairs)
        SWITCH_ROWS(rows, TILE_ROWS, PAIRS_TILE)
    else
        SWITCH_ROWS(rows, TILE_ROWS, FLOATS_TILE)
#undef FLOATS_TILE
#undef PAIRS_TILE
}

/* Up to 3 rows: enough sums are under way only over several panels, two of them: of
 * more the third cache delivers less. */
INLINE void product_few(int pairs, size_t m, const operands *of, size_t begin, size_t end) {
    size_t first = begin;
    for (; first + 2 * PANEL <= end; first += 2 * PANEL)
        if (m == 1)
            product_tile(pairs, 1, 2, of, 0, first, 0, of->k);
        else if (m == 2)
            product_tile(pairs, 2, 2, of, 0, first, 0, of->k);
        else
            product_tile(pairs, 3, 2, of, 0, first, 0, of->k);
    for (; first < end; first += PANEL)
        product_rows(m, of, 0, first, 0, of->k);
}

/* Floats of the next panel that one step of k calls in: so many that the tiles of a panel
 * have asked for all of the next together, and a line at most. */
INLINE size_t fetched_by(size_t tiles) {
    size_t fetched = LINE / 4;
    while (fetched < LINE && fetched * tiles < PANEL)
        fetched *= 2;
    return fetched;
}

/* What tile t calls in while it works on k steps of a panel: its share of the next k
 * steps' numbers, which lie behind; what is there already where all are called. An
 * address that may lie behind the end is never read from. */
INLINE const float *ahead_of(const float *here, size_t k, size_t t, size_t fetched, int last) {
    size_t away = last || t >= PANEL / fetched ? 0 : k * (PANEL + t * fetched);
    return (const float *)((uintptr_t)here + away * sizeof(float));
}

static void product_of(size_t m, operands of, size_t begin, size_t end) {
    if (m > 0 && m <= 3) {
        if (DOTS && of.pairs)
            product_few(1, m, &of, begin, end);
        else
            product_few(0, m, &of, begin, end);
        return;
    }
    for (size_t block = 0; block < m; block += PRODUCT_ROWS) {
        /* Tiles of nearly equal height: a lone last row would cost as much as four. */
        size_t rows = smaller(m - block, PRODUCT_ROWS);
        size_t tiles = (rows + TILE_ROWS - 1) / TILE_ROWS, height = rows / tiles;
        size_t higher = rows % tiles;
        of.fetched = fetched_by(tiles);
        for (size_t first = begin; first < end; first += PANEL) {
            size_t from = 0;
            do { /* at least once: with k = 0 C is still its start */
                size_t to = smaller(from + PRODUCT_DEPTH, of.k), row = block;
                const float *here = of.packed + first * of.k + from * PANEL;
                int last = to == of.k && first + PANEL >= end;
                for (size_t t = 0; t < tiles; t++) {
                    size_t now = height + (t < higher);
                    of.ahead = ahead_of(here, to - from, t, of.fetched, last);
                    if (t + 1 < tiles)
                        fetch_rows(of.c + (row + now) * of.c_row + first, of.c_row, height);
                    else if (first + PANEL < end)
                        fetch_rows(of.c + block * of.c_row + first + PANEL, of.c_row, height);
                    product_rows(now, &of, row, first, from, to);
                    row += now;
                }
                from = to;
            } while (from < of.k);
        }
    }
}

static void multiply(size_t m, size_t n, size_t k, const void *a, size_t a_stride,
                     const void *packed, const float *bias, int accumulate, float *c,
                     size_t c_stride, size_t begin, size_t end) {
    const operands of = {0, n, k, a, a_stride, packed, bias, accumulate, c, c_stride, NULL, 0};
    product_of(m, of, begin, end);
}

static const rnn_product product_float32 = {
    .panel = PANEL,
    .packed_bytes = packed_bytes,
    .pack = pack,
    .multiply = multiply,
};

/* --------------------------------------------------------------------- rows */

INLINE void add_lanes(float *to, const float *from, size_t count) {
    store_lanes(to, load_lanes(to, count) + load_lanes(from, count), count);
}

static void column_sums(size_t rows, size_t n, const float *a, size_t a_stride, float *out) {
    size_t r = 0;
    for (; r + 4 <= rows; r += 4) { /* four at a time: four times fewer passes over out */
        const float *row = a + r * a_stride;
        FOR_LANES(j, 0, n, count, {
            vector sum = load_lanes(out + j, count) + load_lanes(row + j, count);
            sum = sum + load_lanes(row + a_stride + j, count);
            sum = sum + load_lanes(row + 2 * a_stride + j, count);
            store_lanes(out + j, sum + load_lanes(row + 3 * a_stride + j, count), count);
        });
    }
    for (; r < rows; r++)
        FOR_LANES(j, 0, n, count, add_lanes(out + j, a + r * a_stride + j, count));
}

static void gather(size_t rows, size_t n, const float *table, size_t table_stride,
                   const int32_t *index, float *out, size_t out_stride) {
    for (size_t r = 0; r < rows; r++)
        memcpy(out + r * out_stride, table + (size_t)index[r] * table_stride, n * sizeof *out);
}

static void scatter_add(size_t rows, const int32_t *index, const float *a, size_t a_stride,
                        float *table, size_t table_stride, size_t begin, size_t end) {
    for (size_t r = 0; r < rows; r++) {
        float *to = table + (size_t)index[r] * table_stride;
        FOR_LANES(j, begin, end, count, add_lanes(to + j, a + r * a_stride + j, count));
    }
}
