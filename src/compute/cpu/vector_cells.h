/* SPDX-License-Identifier: MIT
 *
 * vector_cells.h - the cells' gates, LANES units at a time. Part of
 * vector_kernels.h; kernels_generic.c has the same in plain C.
 */

INLINE void lstm_forward_lanes(size_t count, size_t hidden, float *gates, const float *c_prev,
                               float *c, float *h) {
    float *at_i = gates, *at_f = at_i + hidden, *at_g = at_f + hidden, *at_o = at_g + hidden;
    vector i = sigmoid(load_lanes(at_i, count));
    vector f = sigmoid(load_lanes(at_f, count));
    vector g = tanh_of(load_lanes(at_g, count));
    vector o = sigmoid(load_lanes(at_o, count));
    vector cell = multiply_add(f, load_lanes(c_prev, count), i * g);
    store_lanes(at_i, i, count);
    store_lanes(at_f, f, count);
    store_lanes(at_g, g, count);
    store_lanes(at_o, o, count);
    store_lanes(c, cell, count);
    store_lanes(h, o * tanh_of(cell), count);
}

static void lstm_forward(size_t rows, size_t hidden, float *gates, size_t gates_stride,
                         const float *c_prev, float *c, float *h, size_t begin, size_t end) {
    for (size_t r = 0; r < rows; r++) {
        float *row = gates + r * gates_stride;
        size_t at = r * hidden;
        FOR_LANES(
            j, begin, end, count,
            lstm_forward_lanes(count, hidden, row + j, c_prev + at + j, c + at + j, h + at + j));
    }
}

INLINE void lstm_cell_lanes(size_t count, size_t hidden, const float *gates, const float *c_prev,
                            float *c) {
    vector i = load_lanes(gates, count), f = load_lanes(gates + hidden, count);
    vector g = load_lanes(gates + 2 * hidden, count);
    store_lanes(c, multiply_add(f, load_lanes(c_prev, count), i * g), count);
}

static void lstm_cell(size_t rows, size_t hidden, const float *gates, size_t gates_stride,
                      const float *c_prev, float *c) {
    for (size_t r = 0; r < rows; r++) {
        const float *row = gates + r * gates_stride;
        size_t at = r * hidden;
        FOR_LANES(j, 0, hidden, count,
                  lstm_cell_lanes(count, hidden, row + j, c_prev + at + j, c + at + j));
    }
}

/* s (1 - s), the slope of a sigmoid whose value is s. */
INLINE vector sigmoid_slope(vector s) {
    return s * (fill(1.0f) - s);
}

/* 1 - t^2, the slope of a tanh whose value is t. */
INLINE vector tanh_slope(vector t) {
    return multiply_add(-t, t, fill(1.0f));
}

INLINE void lstm_backward_lanes(size_t count, size_t hidden, float *gates, const float *c_prev,
                                const float *c, const float *dh, float *dc) {
    float *at_i = gates, *at_f = at_i + hidden, *at_g = at_f + hidden, *at_o = at_g + hidden;
    vector i = load_lanes(at_i, count), f = load_lanes(at_f, count);
    vector g = load_lanes(at_g, count), o = load_lanes(at_o, count);
    vector squashed = tanh_of(load_lanes(c, count)), d_h = load_lanes(dh, count);
    vector d = multiply_add(d_h * o, tanh_slope(squashed), load_lanes(dc, count));
    store_lanes(at_i, d * g * sigmoid_slope(i), count);
    store_lanes(at_f, d * load_lanes(c_prev, count) * sigmoid_slope(f), count);
    store_lanes(at_g, d * i * tanh_slope(g), count);
    store_lanes(at_o, d_h * squashed * sigmoid_slope(o), count);
    store_lanes(dc, d * f, count);
}

static void lstm_backward(size_t rows, size_t hidden, float *gates, size_t gates_stride,
                          const float *c_prev, const float *c, const float *dh, float *dc) {
    for (size_t r = 0; r < rows; r++) {
        float *row = gates + r * gates_stride;
        size_t at = r * hidden;
        FOR_LANES(j, 0, hidden, count,
                  lstm_backward_lanes(count, hidden, row + j, c_prev + at + j, c + at + j,
                                      dh + at + j, dc + at + j));
    }
}

INLINE void gru_forward_lanes(size_t count, size_t hidden, float *gates, const float *h_prev,
                              float *h) {
    float *at_r = gates, *at_z = at_r + hidden, *at_n = at_z + hidden, *at_q = at_n + hidden;
    vector r = sigmoid(load_lanes(at_r, count));
    vector z = sigmoid(load_lanes(at_z, count));
    vector n = tanh_of(multiply_add(r, load_lanes(at_q, count), load_lanes(at_n, count)));
    store_lanes(at_r, r, count);
    store_lanes(at_z, z, count);
    store_lanes(at_n, n, count);
    store_lanes(h, multiply_add(z, load_lanes(h_prev, count), (fill(1.0f) - z) * n), count);
}

static void gru_forward(size_t rows, size_t hidden, float *gates, size_t gates_stride,
                        const float *h_prev, float *h, size_t begin, size_t end) {
    for (size_t r = 0; r < rows; r++) {
        float *row = gates + r * gates_stride;
        size_t at = r * hidden;
        FOR_LANES(j, begin, end, count,
                  gru_forward_lanes(count, hidden, row + j, h_prev + at + j, h + at + j));
    }
}

INLINE void gru_backward_lanes(size_t count, size_t hidden, float *gates, const float *h_prev,
                               const float *dh, float *dh_prev) {
    float *at_r = gates, *at_z = at_r + hidden, *at_n = at_z + hidden, *at_q = at_n + hidden;
    vector r = load_lanes(at_r, count), z = load_lanes(at_z, count);
    vector n = load_lanes(at_n, count), q = load_lanes(at_q, count);
    vector d = load_lanes(dh, count);
    vector dn = d * (fill(1.0f) - z) * tanh_slope(n);
    store_lanes(at_r, dn * q * sigmoid_slope(r), count);
    store_lanes(at_z, d * (load_lanes(h_prev, count) - n) * sigmoid_slope(z), count);
    store_lanes(at_n, dn, count);
    store_lanes(at_q, dn * r, count);
    if (dh_prev)
        store_lanes(dh_prev, multiply_add(d, z, load_lanes(dh_prev, count)), count);
}

static void gru_backward(size_t rows, size_t hidden, float *gates, size_t gates_stride,
                         const float *h_prev, const float *dh, float *dh_prev) {
    for (size_t r = 0; r < rows; r++) {
        float *row = gates + r * gates_stride;
        size_t at = r * hidden;
        FOR_LANES(j, 0, hidden, count,
                  gru_backward_lanes(count, hidden, row + j, h_prev + at + j, dh + at + j,
                                     dh_prev ? dh_prev + at + j : NULL));
    }
}

static void tanh_forward(size_t rows, size_t hidden, const float *sums, size_t sums_stride,
                         float *h, size_t begin, size_t end) {
    for (size_t r = 0; r < rows; r++)
        tanh_all(end - begin, sums + r * sums_stride + begin, h + r * hidden + begin);
}

INLINE void tanh_backward_lanes(size_t count, float *sums, const float *h, const float *dh) {
    store_lanes(sums, load_lanes(dh, count) * tanh_slope(load_lanes(h, count)), count);
}

static void tanh_backward(size_t rows, size_t hidden, float *sums, size_t sums_stride,
                          const float *h, const float *dh) {
    for (size_t r = 0; r < rows; r++) {
        float *row = sums + r * sums_stride;
        size_t at = r * hidden;
        FOR_LANES(j, 0, hidden, count,
                  tanh_backward_lanes(count, row + j, h + at + j, dh + at + j));
    }
}
