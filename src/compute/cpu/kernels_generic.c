/* SPDX-License-Identifier: MIT
 *
 * kernels_generic.c - the kernels in plain C, one number after the other.
 *
 * It runs anywhere and is the yardstick of the other tables: read it to know
 * what a kernel computes.
 */
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "compute/cpu/narrow.h"
#include "compute/cpu/tables.h"

static float clamp(float x, float bound) {
    return x < -bound ? -bound : x > bound ? bound : x; /* NaN stays NaN */
}

static float sigmoid(float x) {
    return 1.0f / (1.0f + expf(-x));
}

/* ----------------------------------------------------------------- matrices */

static size_t gradient_scratch(size_t rows, size_t m, size_t n) {
    (void)rows, (void)m, (void)n;
    return 0;
}

static void gradient(size_t rows, size_t m, size_t n, const float *a, size_t a_stride,
                     const float *b, size_t b_stride, float *c, size_t c_stride, size_t begin,
                     size_t end, float *scratch) {
    (void)m, (void)scratch;
    for (size_t i = begin; i < end; i++)
        for (size_t p = 0; p < rows; p++)
            for (size_t j = 0; j < n; j++)
                c[i * c_stride + j] += a[p * a_stride + i] * b[p * b_stride + j];
}

static float bf16(float x) {
    return rnn_narrow_float(rnn_narrow_bf16(x));
}

static void gradient_bf16(size_t rows, size_t m, size_t n, const float *a, size_t a_stride,
                          const float *b, size_t b_stride, float *c, size_t c_stride, size_t begin,
                          size_t end, float *scratch) {
    (void)m, (void)scratch;
    for (size_t i = begin; i < end; i++)
        for (size_t p = 0; p < rows; p++)
            for (size_t j = 0; j < n; j++)
                c[i * c_stride + j] += bf16(a[p * a_stride + i]) * bf16(b[p * b_stride + j]);
}

static void column_sums(size_t rows, size_t n, const float *a, size_t a_stride, float *out) {
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < n; j++)
            out[j] += a[r * a_stride + j];
}

static void gather(size_t rows, size_t n, const float *table, size_t table_stride,
                   const int32_t *index, float *out, size_t out_stride) {
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < n; j++)
            out[r * out_stride + j] = table[(size_t)index[r] * table_stride + j];
}

static void scatter_add(size_t rows, const int32_t *index, const float *a, size_t a_stride,
                        float *table, size_t table_stride, size_t begin, size_t end) {
    for (size_t r = 0; r < rows; r++)
        for (size_t j = begin; j < end; j++)
            table[(size_t)index[r] * table_stride + j] += a[r * a_stride + j];
}

/* -------------------------------------------------------------------- halves */

static void round_bf16(size_t rows, size_t n, float *a, size_t a_stride, uint16_t *halves,
                       size_t halves_stride) {
    for (size_t r = 0; r < rows; r++)
        rnn_narrow_round(n, a + r * a_stride, halves + r * halves_stride);
}

static void widen_bf16(size_t rows, size_t n, const uint16_t *halves, size_t halves_stride,
                       float *a, size_t a_stride) {
    for (size_t r = 0; r < rows; r++)
        rnn_narrow_widen(n, halves + r * halves_stride, a + r * a_stride);
}

/* -------------------------------------------------------------------- cells */

static void lstm_forward(size_t rows, size_t hidden, float *gates, size_t gates_stride,
                         const float *c_prev, float *c, float *h, size_t begin, size_t end) {
    for (size_t r = 0; r < rows; r++) {
        float *i = gates + r * gates_stride, *f = i + hidden, *g = f + hidden, *o = g + hidden;
        for (size_t j = begin; j < end; j++) {
            size_t at = r * hidden + j;
            i[j] = sigmoid(i[j]);
            f[j] = sigmoid(f[j]);
            g[j] = tanhf(g[j]);
            o[j] = sigmoid(o[j]);
            c[at] = f[j] * c_prev[at] + i[j] * g[j];
            h[at] = o[j] * tanhf(c[at]);
        }
    }
}

static void lstm_cell(size_t rows, size_t hidden, const float *gates, size_t gates_stride,
                      const float *c_prev, float *c) {
    for (size_t r = 0; r < rows; r++) {
        const float *i = gates + r * gates_stride, *f = i + hidden, *g = f + hidden;
        for (size_t j = 0; j < hidden; j++) {
            size_t at = r * hidden + j;
            c[at] = f[j] * c_prev[at] + i[j] * g[j];
        }
    }
}

static void lstm_backward(size_t rows, size_t hidden, float *gates, size_t gates_stride,
                          const float *c_prev, const float *c, const float *dh, float *dc) {
    for (size_t r = 0; r < rows; r++) {
        float *i = gates + r * gates_stride, *f = i + hidden, *g = f + hidden, *o = g + hidden;
        for (size_t j = 0; j < hidden; j++) {
            size_t at = r * hidden + j;
            float squashed = tanhf(c[at]);
            float d = dc[at] + dh[at] * o[j] * (1.0f - squashed * squashed);
            float di = d * g[j], df = d * c_prev[at], dg = d * i[j];
            dc[at] = d * f[j];
            i[j] = di * i[j] * (1.0f - i[j]);
            f[j] = df * f[j] * (1.0f - f[j]);
            g[j] = dg * (1.0f - g[j] * g[j]);
            o[j] = dh[at] * squashed * o[j] * (1.0f - o[j]);
        }
    }
}

static void gru_forward(size_t rows, size_t hidden, float *gates, size_t gates_stride,
                        const float *h_prev, float *h, size_t begin, size_t end) {
    for (size_t row = 0; row < rows; row++) {
        float *r = gates + row * gates_stride, *z = r + hidden, *n = z + hidden, *q = n + hidden;
        for (size_t j = begin; j < end; j++) {
            size_t at = row * hidden + j;
            r[j] = sigmoid(r[j]);
            z[j] = sigmoid(z[j]);
            n[j] = tanhf(n[j] + r[j] * q[j]);
            h[at] = (1.0f - z[j]) * n[j] + z[j] * h_prev[at];
        }
    }
}

static void gru_backward(size_t rows, size_t hidden, float *gates, size_t gates_stride,
                         const float *h_prev, const float *dh, float *dh_prev) {
    for (size_t row = 0; row < rows; row++) {
        float *r = gates + row * gates_stride, *z = r + hidden, *n = z + hidden, *q = n + hidden;
        for (size_t j = 0; j < hidden; j++) {
            size_t at = row * hidden + j;
            float dn = dh[at] * (1.0f - z[j]) * (1.0f - n[j] * n[j]);
            float dz = dh[at] * (h_prev[at] - n[j]) * z[j] * (1.0f - z[j]);
            float dr = dn * q[j] * r[j] * (1.0f - r[j]);
            if (dh_prev)
                dh_prev[at] += dh[at] * z[j];
            q[j] = dn * r[j];
            n[j] = dn;
            z[j] = dz;
            r[j] = dr;
        }
    }
}

static void tanh_forward(size_t rows, size_t hidden, const float *sums, size_t sums_stride,
                         float *h, size_t begin, size_t end) {
    for (size_t r = 0; r < rows; r++)
        for (size_t j = begin; j < end; j++)
            h[r * hidden + j] = tanhf(sums[r * sums_stride + j]);
}

static void tanh_backward(size_t rows, size_t hidden, float *sums, size_t sums_stride,
                          const float *h, const float *dh) {
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < hidden; j++) {
            size_t at = r * hidden + j;
            sums[r * sums_stride + j] = dh[at] * (1.0f - h[at] * h[at]);
        }
}

/* ------------------------------------------------------------------- output */

/* NaNs are passed over: they reach the sum of the exponentials, and so the loss. */
static float largest(size_t n, const float *x) {
    float max = -INFINITY;
    for (size_t j = 0; j < n; j++)
        max = x[j] > max ? x[j] : max;
    return max;
}

static void softmax_loss(size_t rows, size_t symbols, float *logits, size_t stride,
                         const int32_t *targets, float scale, float *losses, uint8_t *hits) {
    for (size_t r = 0; r < rows; r++) {
        float *x = logits + r * stride;
        if (targets[r] < 0) {
            losses[r] = 0.0f;
            if (hits)
                hits[r] = 0;
            for (size_t j = 0; j < symbols && scale != 0.0f; j++)
                x[j] = 0.0f;
            continue;
        }
        size_t target = (size_t)targets[r];
        float max = largest(symbols, x), sum = 0.0f;
        for (size_t j = 0; j < symbols; j++)
            sum += expf(x[j] - max);
        losses[r] = logf(sum) - (x[target] - max);
        if (hits)
            hits[r] = x[target] == max && largest(target, x) < max;
        if (scale == 0.0f)
            continue;
        for (size_t j = 0; j < symbols; j++)
            x[j] = scale * (expf(x[j] - max) / sum - (j == target ? 1.0f : 0.0f));
    }
}

static void softmax(size_t symbols, const float *logits, float sharpness, float *probabilities) {
    float max = largest(symbols, logits), sum = 0.0f;
    for (size_t j = 0; j < symbols; j++) {
        probabilities[j] = expf((logits[j] - max) * sharpness);
        sum += probabilities[j];
    }
    for (size_t j = 0; j < symbols; j++)
        probabilities[j] /= sum;
}

/* --------------------------------------------------------------- the update */

static double sum_of_squares(size_t n, const float *x, float clip) {
    double sum = 0.0;
    for (size_t j = 0; j < n; j++) {
        double value = clip > 0.0f ? clamp(x[j], clip) : x[j];
        sum += value * value;
    }
    return sum;
}

static void update(const rnn_update *how, float scale, size_t n, float *parameters,
                   const float *gradients, float *first, float *second) {
    float clip = (float)how->clip_value, epsilon = (float)how->epsilon;
    float rate = (float)how->rate, decay = (float)how->weight_decay;
    float momentum = (float)how->momentum;
    float alpha = (float)how->alpha, rest_alpha = (float)(1.0 - how->alpha);
    float beta1 = (float)how->beta1, rest1 = (float)(1.0 - how->beta1);
    float beta2 = (float)how->beta2, rest2 = (float)(1.0 - how->beta2);
    float shrink = (float)(1.0 - how->rate * how->weight_decay);
    float adam_rate = (float)(how->rate / how->correction1);
    float root_correction = (float)sqrt(how->correction2);
    for (size_t j = 0; j < n; j++) {
        float p = parameters[j];
        float g = (clip > 0.0f ? clamp(gradients[j], clip) : gradients[j]) * scale;
        if (how->kind == RNN_ADAMW)
            p *= shrink;
        else if (how->weight_decay != 0.0)
            g += decay * p;
        switch (how->kind) {
        case RNN_SGD:
            if (how->momentum != 0.0)
                g = first[j] = momentum * first[j] + g;
            p -= rate * g;
            break;
        case RNN_RMSPROP:
            second[j] = alpha * second[j] + rest_alpha * g * g;
            p -= rate * g / (sqrtf(second[j]) + epsilon);
            break;
        case RNN_ADAGRAD:
            second[j] += g * g;
            p -= rate * g / (sqrtf(second[j]) + epsilon);
            break;
        case RNN_ADAM:
        case RNN_ADAMW:
            second[j] = beta2 * second[j] + rest2 * g * g;
            if (how->beta1 != 0.0)
                g = first[j] = beta1 * first[j] + rest1 * g;
            p -= adam_rate * g / (sqrtf(second[j]) / root_correction + epsilon);
            break;
        }
        parameters[j] = p;
    }
}

static void adapt(const rnn_adaptation *how, size_t n, float *parameters, const float *gradients,
                  const float *origin, const float *spread) {
    float rate = (float)how->rate, decay = (float)how->decay, epsilon = (float)how->epsilon;
    for (size_t j = 0; j < n; j++) {
        float back = decay * spread[j];
        float step = rate * gradients[j] / (spread[j] + epsilon);
        back = back > 1.0f ? 1.0f : back; /* NaN stays NaN */
        parameters[j] += back * (origin[j] - parameters[j]) - step;
    }
}

/* -------------------------------------------------------------------- masks */

static void choose_kept(uint64_t key, uint64_t counter_high, uint64_t first, size_t blocks,
                        uint32_t dropped, uint8_t *kept) {
    for (size_t i = 0; i < blocks; i++) {
        uint32_t words[4], bits = 0;
        rnn_random_block(key, first + i, counter_high, words);
        for (size_t j = 0; j < 8; j++)
            bits |= (uint32_t)((words[j / 2] >> 16 * (j % 2) & 0xFFFFu) >= dropped) << j;
        kept[i] = (uint8_t)bits;
    }
}

static void thin(size_t n, const uint8_t *kept, float scale, const float *from, float *to) {
    for (size_t j = 0; j < n; j++)
        to[j] = kept[j / 8] >> j % 8 & 1 ? from[j] * scale : 0.0f;
}

/* ---------------------------------------------------------------- the table */

static void sigmoid_all(size_t n, const float *x, float *y) {
    for (size_t j = 0; j < n; j++)
        y[j] = sigmoid(x[j]);
}

static void tanh_all(size_t n, const float *x, float *y) {
    for (size_t j = 0; j < n; j++)
        y[j] = tanhf(x[j]);
}

const rnn_kernels rnn_kernels_generic = {
    .name = "generic",
    .products = {[RNN_PRECISION_FLOAT32] = &rnn_product_float32_generic,
                 [RNN_PRECISION_BF16] = &rnn_product_bf16_generic,
                 [RNN_PRECISION_INT8] = &rnn_product_int8_generic},
    .automatic = RNN_PRECISION_FLOAT32,
    .gradient_grain = 1,
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
