/* SPDX-License-Identifier: MIT
 *
 * vector_update.h - the optimizers, and dynamic evaluation's step. Part of vector_kernels.h.
 *
 * One pass over memory a step: reading parameters, gradients and moments costs
 * more than the arithmetic.
 */

/* The sum runs in 2 LANES chains whatever n is: its order depends on n alone. */
static double sum_of_squares(size_t n, const float *x, float clip) {
    vector bound = fill(clip > 0.0f ? clip : INFINITY);
    wide low[2] = {wide_zero(), wide_zero()}, high[2] = {wide_zero(), wide_zero()};
    size_t j = 0, turn = 0;
    for (; j + 2 * LANES <= n; j += 2 * LANES)
        for (size_t i = 0; i < 2; i++) {
            vector v = at_most(at_least(load(x + j + i * LANES), -bound), bound);
            low[i] = add_square_low(low[i], v);
            high[i] = add_square_high(high[i], v);
        }
    for (; j < n; j += LANES, turn++) {
        size_t count = n - j < LANES ? n - j : LANES;
        vector v = at_most(at_least(load_lanes(x + j, count), -bound), bound);
        low[turn] = add_square_low(low[turn], v);
        high[turn] = add_square_high(high[turn], v);
    }
    wide sums = (low[0] + low[1]) + (high[0] + high[1]);
    double lanes[LANES / 2], sum = 0.0;
    memcpy(lanes, &sums, sizeof lanes);
    for (size_t i = 0; i < LANES / 2; i++)
        sum += lanes[i];
    return sum;
}

/* What one step multiplies by, worked out in double. */
typedef struct factors {
    float clip, scale, rate, decay, epsilon;
    float momentum;                /* of the first moment: SGD's, beta1 */
    float rest;                    /* 1 - beta1 */
    float alpha;                   /* of the second moment: RMSProp's, beta2 */
    float rest_alpha;              /* 1 - alpha */
    float shrink;                  /* AdamW: 1 - rate * weight_decay */
    float root_correction_inverse; /* Adam: 1 / sqrt(1 - beta2^step) */
} factors;

static factors work_out(const rnn_update *update, float scale) {
    int adam = update->kind == RNN_ADAM || update->kind == RNN_ADAMW;
    double momentum = adam ? update->beta1 : update->momentum;
    double alpha = adam ? update->beta2 : update->alpha;
    return (factors){
        .clip = update->clip_value > 0.0 ? (float)update->clip_value : INFINITY,
        .scale = scale,
        .rate = (float)(adam ? update->rate / update->correction1 : update->rate),
        .decay = (float)update->weight_decay,
        .epsilon = (float)update->epsilon,
        .momentum = (float)momentum,
        .rest = (float)(1.0 - momentum),
        .alpha = (float)alpha,
        .rest_alpha = (float)(1.0 - alpha),
        .shrink = (float)(1.0 - update->rate * update->weight_decay),
        .root_correction_inverse = adam ? (float)(1.0 / sqrt(update->correction2)) : 1.0f,
    };
}

/* One step for `count` lanes; kind is a constant wherever this is called. */
INLINE void update_lanes(rnn_optimizer kind, const factors *by, size_t count, float *parameters,
                         const float *gradients, float *first, float *second) {
    vector p = load_lanes(parameters, count), g = load_lanes(gradients, count);
    g = at_most(at_least(g, fill(-by->clip)), fill(by->clip)) * fill(by->scale);
    if (kind == RNN_ADAMW)
        p = p * fill(by->shrink);
    else
        g = multiply_add(p, fill(by->decay), g);
    vector direction = g, size = fill(1.0f);
    if (first) {
        vector fresh = g * fill(kind == RNN_SGD ? 1.0f : by->rest);
        direction = multiply_add(load_lanes(first, count), fill(by->momentum), fresh);
        store_lanes(first, direction, count);
    }
    if (kind != RNN_SGD) {
        vector squares = load_lanes(second, count);
        if (kind == RNN_ADAGRAD)
            squares = multiply_add(g, g, squares);
        else
            squares = multiply_add(squares, fill(by->alpha), g * g * fill(by->rest_alpha));
        store_lanes(second, squares, count);
        size = square_root(squares);
        if (kind == RNN_ADAM || kind == RNN_ADAMW)
            size = size * fill(by->root_correction_inverse);
        direction = direction / (size + fill(by->epsilon));
    }
    store_lanes(parameters, multiply_add(direction, fill(-by->rate), p), count);
}

INLINE void update_all(rnn_optimizer kind, const factors *by, size_t n, float *parameters,
                       const float *gradients, float *first, float *second) {
    FOR_LANES(j, 0, n, count,
              update_lanes(kind, by, count, parameters + j, gradients + j, first ? first + j : NULL,
                           second ? second + j : NULL));
}

static void update(const rnn_update *how, float scale, size_t n, float *parameters,
                   const float *gradients, float *first, float *second) {
    const factors by = work_out(how, scale);
    if (by.momentum == 0.0f)
        first = NULL; /* what has no memory is not kept */
    switch (how->kind) {
    case RNN_SGD:
        update_all(RNN_SGD, &by, n, parameters, gradients, first, NULL);
        break;
    case RNN_RMSPROP:
        update_all(RNN_RMSPROP, &by, n, parameters, gradients, NULL, second);
        break;
    case RNN_ADAGRAD:
        update_all(RNN_ADAGRAD, &by, n, parameters, gradients, NULL, second);
        break;
    case RNN_ADAM:
        update_all(RNN_ADAM, &by, n, parameters, gradients, first, second);
        break;
    case RNN_ADAMW:
        update_all(RNN_ADAMW, &by, n, parameters, gradients, first, second);
        break;
    }
}

static void adapt(const rnn_adaptation *how, size_t n, float *parameters, const float *gradients,
                  const float *origin, const float *spread) {
    vector rate = fill((float)how->rate), decay = fill((float)how->decay);
    vector epsilon = fill((float)how->epsilon), one = fill(1.0f);
    FOR_LANES(j, 0, n, count, {
        vector p = load_lanes(parameters + j, count), s = load_lanes(spread + j, count);
        vector back = at_most(decay * s, one) * (load_lanes(origin + j, count) - p);
        vector step = rate * load_lanes(gradients + j, count) / (s + epsilon);
        store_lanes(parameters + j, p + (back - step), count);
    });
}
