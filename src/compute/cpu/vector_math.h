/* SPDX-License-Identifier: MIT
 *
 * vector_math.h - exp, sigmoid and tanh in vectors. Part of vector_kernels.h.
 *
 * The bounds below are held by tests/compute/test_kernels.c against the C
 * library's double functions. NaN gives NaN.
 */

/* e^x for x <= 88, relative error below 2e-7 where the result is a normal
 * number; 0 where it would be less than half the smallest of those.
 *
 * e^x = 2^n e^r, |r| <= ln(2)/2. Adding 1.5 * 2^23 + 127 leaves n + 127, the
 * biased exponent of 2^n, in the low bits of the sum. e^r = 1 + r + r^2 q(r)
 * with q interpolated at the Chebyshev nodes (relative error 1e-8). */
INLINE vector exponential(vector x) {
    const vector round = fill(12582912.0f + 127.0f);
    x = at_least(x, fill(-88.0f));
    vector shifted = multiply_add(x, fill(1.44269504f), round);
    vector n = shifted - round;
    vector r = multiply_add(n, fill(-0x1.62e430p-1f), x);
    r = multiply_add(n, fill(0x1.05c610p-29f), r); /* the rest of ln(2) */
    vector q = fill(0x1.6d1254p-10f);
    q = multiply_add(q, r, fill(0x1.120cbap-7f));
    q = multiply_add(q, r, fill(0x1.555518p-5f));
    q = multiply_add(q, r, fill(0x1.5554dcp-3f));
    q = multiply_add(q, r, fill(0.5f));
    vector e = multiply_add(q, r * r, r) + fill(1.0f);
    return e * (vector)((words)shifted << 23);
}

/* 1 / (1 + e^-x) in [0, 1], absolute error below 1.2e-7; below x = -87 it stays
 * at 2e-38, so that neither overflow nor denormals arise. */
INLINE vector sigmoid(vector x) {
    vector e = exponential(at_most(-x, fill(87.0f)));
    return fill(1.0f) / (fill(1.0f) + e);
}

/* tanh(x), odd, in [-1, 1], absolute error below 2e-7; relative error below
 * 4e-7. x p(x^2) / q(x^2) with p and q of degree 4, a minimax fit of the
 * relative error (2.2e-8) on |x| <= 9.05, beyond which the result is +-1. */
INLINE vector tanh_of(vector x) {
    x = at_most(at_least(x, fill(-9.05f)), fill(9.05f));
    vector y = x * x;
    vector p = fill(1.326574482644681e-08f);
    p = multiply_add(p, y, fill(2.0545030101615527e-05f));
    p = multiply_add(p, y, fill(0.0034916982054177736f));
    p = multiply_add(p, y, fill(0.1337775057991465f));
    p = multiply_add(p, y, fill(1.0f));
    vector q = fill(7.740205938493526e-07f);
    q = multiply_add(q, y, fill(0.00032792719878151316f));
    q = multiply_add(q, y, fill(0.0258621844005808f));
    q = multiply_add(q, y, fill(0.4671106528598501f));
    q = multiply_add(q, y, fill(1.0f));
    vector t = x * p / q;
    return at_most(at_least(t, fill(-1.0f)), fill(1.0f));
}

static void sigmoid_all(size_t n, const float *x, float *y) {
    FOR_LANES(j, 0, n, count, store_lanes(y + j, sigmoid(load_lanes(x + j, count)), count));
}

static void tanh_all(size_t n, const float *x, float *y) {
    FOR_LANES(j, 0, n, count, store_lanes(y + j, tanh_of(load_lanes(x + j, count)), count));
}
