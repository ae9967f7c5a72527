/* SPDX-License-Identifier: MIT
 *
 * vector_math.h - exp, sigmoid and tanh in vectors. Part of vector_kernels.h.
 *
 * The bounds below are held by tests/compute/test_kernels_*.c against the C
 * library's double functions. NaN gives NaN.
 */

/* e^x = 2^n e^r with |r| <= ln(2)/2, for |x| <= 88: returns e^r - 1, and 2^n in
 * *power (0 for n = -127).
 *
 * Adding 1.5 * 2^23 + 127 leaves n + 127, the biased exponent of 2^n, in the low
 * bits of the sum. e^r = 1 + r + r^2 q(r), q interpolated at the Chebyshev nodes
 * (relative error of e^r: 1e-8) and evaluated in a short chain, since waiting
 * costs more here than working. Without `fine`, ln(2) is a float, and e^x errs by
 * 2e-9 n more: no matter where large e^x are but a share of the result. */
INLINE vector exponential_parts(vector x, int fine, vector *power) {
    const vector round = fill(12582912.0f + 127.0f);
    vector shifted = multiply_add(x, fill(1.44269504f), round);
    vector n = shifted - round;
    vector r = multiply_add(n, fill(-0x1.62e430p-1f), x);
    if (fine)
        r = multiply_add(n, fill(0x1.05c610p-29f), r); /* the rest of ln(2) */
    vector square = r * r;
    vector low = multiply_add(fill(0x1.5554dcp-3f), r, fill(0.5f));
    vector high = multiply_add(fill(0x1.120cbap-7f), r, fill(0x1.555518p-5f));
    high = multiply_add(fill(0x1.6d1254p-10f), square, high);
    *power = (vector)((words)shifted << 23);
    return multiply_add(multiply_add(high, square, low), square, r);
}

/* e^x for x <= 88, relative error below 2e-7 where the result is a normal
 * number; 0 where it would be less than half the smallest of those. */
INLINE vector exponential(vector x) {
    vector power, rest = exponential_parts(at_least(x, fill(-88.0f)), 1, &power);
    return multiply_add(power, rest, power);
}

/* 1 / (1 + e^-x) in [0, 1], absolute error below 1.2e-7; it does not go below
 * 2e-38, so that neither overflow nor denormals arise. */
INLINE vector sigmoid(vector x) {
    vector bounded = at_least(at_most(-x, fill(87.0f)), fill(-88.0f));
    vector power, rest = exponential_parts(bounded, 0, &power);
    vector below = multiply_add(power, rest, power + fill(1.0f));
    return fill(1.0f) / below;
}

/* tanh(x), odd, in [-1, 1], absolute error below 1.5e-7, relative error below
 * 2.5e-7. With m = e^(2|x|) - 1 it is m / (m + 2); m is made without cancellation,
 * so that small x keep their digits. From |x| = 10 on it is 1. */
INLINE vector tanh_of(vector x) {
    const words sign = (words)fill(-0.0f);
    vector size = at_most((vector)((words)x & ~sign), fill(10.0f));
    vector power, rest = exponential_parts(size + size, 0, &power);
    vector m = multiply_add(power, rest, power - fill(1.0f));
    vector t = m / (m + fill(2.0f));
    return (vector)((words)t | ((words)x & sign));
}

static void sigmoid_all(size_t n, const float *x, float *y) {
    FOR_LANES(j, 0, n, count, store_lanes(y + j, sigmoid(load_lanes(x + j, count)), count));
}

static void tanh_all(size_t n, const float *x, float *y) {
    FOR_LANES(j, 0, n, count, store_lanes(y + j, tanh_of(load_lanes(x + j, count)), count));
}
