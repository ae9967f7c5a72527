/* SPDX-License-Identifier: MIT
 *
 * vector_kernels.h - the body of every vector table. Included once, at the end
 * of a kernels_*.c that has defined
 *
 *   TABLE, TABLE_NAME   the table's symbol and name
 *   LANES               floats in a vector
 *   PANEL_VECTORS       vectors in a row of a tile; the panel is as wide
 *   TILE_ROWS           rows of a tile, at most 14; NARROW_TILE those of one in bf16 or
 *                       int8
 *   vector, words       LANES floats; as many uint32_t (a GNU vector type)
 *   wide, longs         LANES / 2 doubles, and as many uint64_t
 *   fill(x)             x in all lanes
 *   load, store         at any address
 *   load_some(p, n, x)  n < LANES floats of p, x in the other lanes
 *   store_some(p, v, n) the first n < LANES lanes
 *   multiply_add        a * b + c, rounded once
 *   square_root         rounded correctly
 *   at_least, at_most   of (x, bound), for a bound that is not NaN: NaN if x is
 *   dot4(s, x, y)       words s + the sums of four products each: bytes of x, 0 .. 127,
 *                       times signed bytes of y
 *   long_products(x, y) longs: the products of the even ones of words x and y
 *   wide_zero, add_square_low, add_square_high
 *                       sums of squares in double of either half of a vector
 *
 * + - * / and casts to words are the compiler's own, on vectors.
 *
 * Where the processor has dot products of narrow numbers, the file defines DOTS as 1, and
 *
 *   dot2(s, x, y)       s + the products of the high halves of words x and y, bfloat16s,
 *                       then + those of the low halves
 *   pair(x, y)          words of two floats each, rounded to bfloat16, to the nearest,
 *                       ties to even: x in the low halves, y in the high ones
 */
#ifndef RNN_VECTOR_KERNELS_H
#define RNN_VECTOR_KERNELS_H

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "compute/cpu/narrow.h"
#include "compute/cpu/tables.h"

#define PANEL ((size_t)LANES * PANEL_VECTORS)

#ifndef DOTS
#define DOTS 0
#endif

/* For bodies that become good code only with their constant arguments. */
#define INLINE static inline __attribute__((always_inline))

/* Before a loop that runs a constant few times (so that an array of sums becomes
 * registers), and before the long one around it. A step of a high tile is long enough
 * alone; of several together clang keeps more in hand than there are registers. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#if defined(__clang__) && TILE_ROWS > 6
#define UNROLL_STEPS _Pragma("clang loop unroll(disable)")
#elif defined(__clang__)
#define UNROLL_STEPS _Pragma("clang loop unroll_count(4)")
#elif TILE_ROWS > 6
#define UNROLL_STEPS _Pragma("GCC unroll 1")
#else
#define UNROLL_STEPS _Pragma("GCC unroll 4")
#endif

/* The first `count` <= LANES lanes; with LANES itself the test goes away. */
INLINE vector load_lanes(const float *from, size_t count) {
    return count == LANES ? load(from) : load_some(from, count, 0.0f);
}

INLINE void store_lanes(float *to, vector x, size_t count) {
    if (count == LANES)
        store(to, x);
    else
        store_some(to, x, count);
}

/* Runs the statement for columns j of [begin, end) with `count` lanes each time;
 * once with the constant LANES, once for what is left. */
#define FOR_LANES(j, begin, end, count, ...)                                                       \
    do {                                                                                           \
        size_t j = (begin);                                                                        \
        for (; j + LANES <= (end); j += LANES) {                                                   \
            const size_t count = LANES;                                                            \
            __VA_ARGS__;                                                                           \
        }                                                                                          \
        if (j < (end)) {                                                                           \
            const size_t count = (end)-j;                                                          \
            __VA_ARGS__;                                                                           \
        }                                                                                          \
    } while (0)

#include "compute/cpu/vector_math.h"
#include "compute/cpu/vector_matrix.h"
#include "compute/cpu/vector_halves.h"
#include "compute/cpu/vector_gradient.h"
#include "compute/cpu/vector_narrow.h"
#include "compute/cpu/vector_cells.h"
#include "compute/cpu/vector_output.h"
#include "compute/cpu/vector_update.h"
#include "compute/cpu/vector_masks.h"

const rnn_kernels TABLE = {
    .name = TABLE_NAME,
    .products = {[RNN_PRECISION_FLOAT32] = &product_float32,
                 [RNN_PRECISION_BF16] = &product_bf16,
                 [RNN_PRECISION_INT8] = &product_int8},
    .automatic = DOTS ? RNN_PRECISION_BF16 : RNN_PRECISION_FLOAT32,
    .gradient_grain = TILE_ROWS,
    .gradient_scratch = gradient_scratch,
    .gradient = gradient,
    .gradient_bf16 = gradient_bf16,
    .column_sums = column_sums,
    .gather = gather,
    .scatter_add = scatter_add,
    .round_bf16 = round_bf16,
    .widen_bf16 = widen_bf16,
    .lstm_forward = lstm_forward,
    .lstm_cell = lstm_cell,
    .lstm_backward = lstm_backward,
    .gru_forward = gru_forward,
    .gru_backward = gru_backward,
    .tanh_forward = tanh_forward,
    .tanh_backward = tanh_backward,
    .softmax_loss = softmax_loss,
    .softmax = softmax,
    .sum_of_squares = sum_of_squares,
    .update = update,
    .adapt = adapt,
    .choose_kept = choose_kept,
    .thin = thin,
    .sigmoid = sigmoid_all,
    .tanh = tanh_all,
};

#endif
