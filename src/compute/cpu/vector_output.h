/* SPDX-License-Identifier: MIT
 *
 * vector_output.h - softmax and its loss. Part of vector_kernels.h.
 *
 * Sums over symbols run in LANES chains that are then added pairwise, whatever
 * the machine does around them.
 */

INLINE float sum_lanes(vector x) {
    float lanes[LANES];
    store(lanes, x);
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            lanes[i] += lanes[i + half];
    return lanes[0];
}

/* The largest of x [n], -infinity for none. NaNs may be passed over: they reach
 * the sum of the exponentials, and so the loss. */
static float largest(size_t n, const float *x) {
    vector max = fill(-INFINITY);
    size_t j = 0;
    for (; j + LANES <= n; j += LANES)
        max = at_least(load(x + j), max);
    if (j < n)
        max = at_least(load_some(x + j, n - j, -INFINITY), max);
    float lanes[LANES];
    store(lanes, max);
    float result = lanes[0];
    for (size_t i = 1; i < LANES; i++)
        result = lanes[i] > result ? lanes[i] : result;
    return result;
}

/* e^((x - max) * sharpness) for `count` lanes, 0 in the others. */
INLINE vector weights(const float *x, size_t count, vector max, vector sharpness) {
    vector lanes = count == LANES ? load(x) : load_some(x, count, -INFINITY);
    return exponential((lanes - max) * sharpness);
}

/* y = e^((x - max) * sharpness), or nowhere if y is NULL; returns the sum. */
INLINE float exponentials(size_t n, const float *x, float max, float sharpness, float *y) {
    vector sum = fill(0.0f);
    FOR_LANES(j, 0, n, count, {
        vector e = weights(x + j, count, fill(max), fill(sharpness));
        if (y)
            store_lanes(y + j, e, count);
        sum = sum + e;
    });
    return sum_lanes(sum);
}

static void multiply_all(size_t n, float factor, float *x) {
    FOR_LANES(j, 0, n, count, store_lanes(x + j, load_lanes(x + j, count) * fill(factor), count));
}

static void softmax_loss(size_t rows, size_t symbols, float *logits, size_t stride,
                         const int32_t *targets, float scale, float *losses, uint8_t *hits) {
    for (size_t r = 0; r < rows; r++) {
        float *x = logits + r * stride;
        if (targets[r] < 0) {
            losses[r] = 0.0f;
            if (hits)
                hits[r] = 0;
            if (scale != 0.0f)
                memset(x, 0, symbols * sizeof *x);
            continue;
        }
        size_t target = (size_t)targets[r];
        float max = largest(symbols, x), logit = x[target];
        if (hits)
            hits[r] = logit == max && largest(target, x) < max;
        float sum = exponentials(symbols, x, max, 1.0f, scale != 0.0f ? x : NULL);
        losses[r] = logf(sum) - (logit - max);
        if (scale != 0.0f) {
            float likelihood = x[target] / sum;
            multiply_all(symbols, scale / sum, x);
            x[target] = scale * (likelihood - 1.0f);
        }
    }
}

static void softmax(size_t symbols, const float *logits, float sharpness, float *probabilities) {
    float max = largest(symbols, logits);
    float sum = exponentials(symbols, logits, max, sharpness, probabilities);
    multiply_all(symbols, 1.0f / sum, probabilities);
}
