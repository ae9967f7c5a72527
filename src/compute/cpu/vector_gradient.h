/* SPDX-License-Identifier: MIT
 *
 * vector_gradient.h - the weight gradient in float32 and in bf16, built on the tile of
 * vector_matrix.h. Part of vector_kernels.h.
 *
 * Both sides are packed block by block of rows. For bf16 they are rounded then: to floats
 * that are bfloat16s, and with DOTS to words with those of two rows, the first of them in
 * the high half, since that one's products are added first.
 */

/* Rows of A and B whose products are summed in one chain, and columns of A packed at a
 * time, in whole tiles: a panel of B is 16 KB, or 32, a pack of A up to 192 KB. */
#define GRADIENT_DEPTH   ((size_t)256)
#define GRADIENT_COLUMNS ((size_t)192 / TILE_ROWS * TILE_ROWS)

/* Packed B [panels][GRADIENT_DEPTH][PANEL], then packed A [tiles][GRADIENT_DEPTH][TILE_ROWS].
 * Pairs take half of it. */
static size_t gradient_scratch(size_t rows, size_t m, size_t n) {
    size_t depth = smaller(rows, GRADIENT_DEPTH);
    return packed_floats(depth, n) + depth * smaller(m, GRADIENT_COLUMNS);
}

/* --------------------------------------------------------------------- tiles */

INLINE void gradient_tile(int pairs, size_t rows, size_t k, const float *a, const float *b,
                          size_t columns, float *c, size_t c_row) {
    if (columns == PANEL)
        tile(pairs, rows, 1, PANEL, k, a, 1, rows, b, 0, NULL, 0, 1, c, c_row, NULL, 0);
    else
        tile(pairs, rows, 1, columns, k, a, 1, rows, b, 0, NULL, 0, 1, c, c_row, NULL, 0);
}

static void gradient_rows(int pairs, size_t rows, size_t k, const float *a, const float *b,
                          size_t columns, float *c, size_t c_row) {
#define FLOATS_TILE(ROWS) gradient_tile(0, ROWS, k, a, b, columns, c, c_row)
#define PAIRS_TILE(ROWS)  gradient_tile(1, ROWS, k, a, b, columns, c, c_row)
    if (DOTS && pairs)
        SWITCH_ROWS(rows, TILE_ROWS, PAIRS_TILE)
    else
        SWITCH_ROWS(rows, TILE_ROWS, FLOATS_TILE)
#undef FLOATS_TILE
#undef PAIRS_TILE
}

/* ---------------------------------------------------------------------- packs */

/* `count` columns of A, as tiles of nearly equal height one after the other, each
 * [k][height]: the first `higher` of them have a row more. */
typedef struct gradient_tiles {
    size_t count, tiles, height, higher;
} gradient_tiles;

static gradient_tiles tiles_of(size_t count) {
    size_t tiles = (count + TILE_ROWS - 1) / TILE_ROWS;
    return (gradient_tiles){count, tiles, count / tiles, count % tiles};
}

static void pack_columns(float *packed, const float *a, size_t a_stride, size_t k,
                         const gradient_tiles *in) {
    const size_t together = 8; /* rows of A whose lines stay in the first cache */
    for (size_t p = 0; p < k; p += together) {
        float *tile_begin = packed;
        size_t last = smaller(p + together, k);
        for (size_t t = 0, i = 0; t < in->tiles; t++) {
            size_t now = in->height + (t < in->higher);
            for (size_t q = p; q < last; q++) {
                const float *from = a + q * a_stride + i;
                float *to = tile_begin + q * now;
                if (now == TILE_ROWS)
                    memcpy(to, from, TILE_ROWS * sizeof *to);
                else
                    for (size_t r = 0; r < now; r++)
                        to[r] = from[r];
            }
            tile_begin += k * now;
            i += now;
        }
    }
}

static void pack_floats(float *packed, const float *b, size_t b_stride, size_t k, size_t n) {
    pack(packed, b, b_stride, 1, k, n, 0, n);
}

#if DOTS

/* `count` <= LANES words of two rows, of which the second may not be there. */
INLINE vector pair_rows(const float *first, const float *second, size_t count) {
    return (vector)pair(second ? load_lanes(second, count) : fill(0.0f), load_lanes(first, count));
}

static void pack_columns_bf16(float *packed, const float *a, size_t a_stride, size_t k,
                              const gradient_tiles *in) {
    size_t pairs = rnn_narrow_pairs(k);
    for (size_t p = 0; p < pairs; p++) {
        const float *first = a + 2 * p * a_stride;
        const float *second = 2 * p + 1 < k ? first + a_stride : NULL;
        float *tile_begin = packed;
        for (size_t t = 0, i = 0; t < in->tiles; t++) {
            size_t now = in->height + (t < in->higher);
            store_lanes(tile_begin + p * now, pair_rows(first + i, second ? second + i : NULL, now),
                        now);
            tile_begin += pairs * now;
            i += now;
        }
    }
}

static void pack_bf16(float *packed, const float *b, size_t b_stride, size_t k, size_t n) {
    size_t pairs = rnn_narrow_pairs(k);
    for (size_t p = 0; p < pairs; p++) {
        const float *first = b + 2 * p * b_stride;
        const float *second = 2 * p + 1 < k ? first + b_stride : NULL;
        for (size_t j = 0; j < n; j += PANEL) {
            UNROLL
            for (size_t v = 0; v < PANEL_VECTORS; v++) {
                size_t at = j + v * LANES, count = lanes_within(n - j, v);
                store(packed + j * pairs + p * PANEL + v * LANES,
                      count ? pair_rows(first + at, second ? second + at : NULL, count)
                            : fill(0.0f));
            }
        }
    }
}

#else

static void round_all(size_t n, float *x) {
    FOR_LANES(j, 0, n, count, store_lanes(x + j, rounded_to_bf16(load_lanes(x + j, count)), count));
}

static void pack_columns_bf16(float *packed, const float *a, size_t a_stride, size_t k,
                              const gradient_tiles *in) {
    pack_columns(packed, a, a_stride, k, in);
    round_all(k * in->count, packed);
}

static void pack_bf16(float *packed, const float *b, size_t b_stride, size_t k, size_t n) {
    pack_floats(packed, b, b_stride, k, n);
    round_all(packed_floats(k, n), packed);
}

#endif

/* ------------------------------------------------------------------ gradients */

/* The rows are summed in blocks of GRADIENT_DEPTH: each block's sum is one chain, and is
 * added to C in order. */
INLINE void gradient_of(int bf16, size_t rows, size_t n, const float *a, size_t a_stride,
                        const float *b, size_t b_stride, float *c, size_t c_stride, size_t begin,
                        size_t end, float *scratch) {
    const int pairs = DOTS && bf16;
    float *packed_a = scratch + packed_floats(smaller(rows, GRADIENT_DEPTH), n);
    for (size_t p = 0; p < rows; p += GRADIENT_DEPTH) {
        size_t k = smaller(rows - p, GRADIENT_DEPTH), steps = pairs ? rnn_narrow_pairs(k) : k;
        (bf16 ? pack_bf16 : pack_floats)(scratch, b + p * b_stride, b_stride, k, n);
        for (size_t block = begin; block < end; block += GRADIENT_COLUMNS) {
            const gradient_tiles in = tiles_of(smaller(end - block, GRADIENT_COLUMNS));
            (bf16 ? pack_columns_bf16 : pack_columns)(packed_a, a + p * a_stride + block, a_stride,
                                                      k, &in);
            for (size_t first = 0; first < n; first += PANEL) {
                const float *tile_a = packed_a;
                for (size_t t = 0, i = block; t < in.tiles; t++) {
                    size_t now = in.height + (t < in.higher);
                    gradient_rows(pairs, now, steps, tile_a, scratch + first * steps,
                                  smaller(n - first, PANEL), c + i * c_stride + first, c_stride);
                    tile_a += steps * now;
                    i += now;
                }
            }
        }
    }
}

static void gradient(size_t rows, size_t m, size_t n, const float *a, size_t a_stride,
                     const float *b, size_t b_stride, float *c, size_t c_stride, size_t begin,
                     size_t end, float *scratch) {
    (void)m;
    gradient_of(0, rows, n, a, a_stride, b, b_stride, c, c_stride, begin, end, scratch);
}

static void gradient_bf16(size_t rows, size_t m, size_t n, const float *a, size_t a_stride,
                          const float *b, size_t b_stride, float *c, size_t c_stride, size_t begin,
                          size_t end, float *scratch) {
    (void)m;
    gradient_of(1, rows, n, a, a_stride, b, b_stride, c, c_stride, begin, end, scratch);
}
