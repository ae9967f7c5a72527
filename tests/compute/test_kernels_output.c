/* SPDX-License-Identifier: MIT
 *
 * test_kernels_output.c - softmax, its loss, the optimizers and dynamic evaluation's
 * step, against double arithmetic.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/compute/guarded.h"

enum { MOST = 1000 };

/* ------------------------------------------------------------ softmax, loss */

static double exact_loss(const float *x, size_t symbols, size_t target, double *probabilities) {
    double max = -INFINITY, sum = 0.0;
    for (size_t j = 0; j < symbols; j++)
        max = x[j] > max ? x[j] : max;
    for (size_t j = 0; j < symbols; j++)
        sum += probabilities[j] = exp((double)x[j] - max);
    for (size_t j = 0; j < symbols; j++)
        probabilities[j] /= sum;
    return log(sum) - ((double)x[target] - max);
}

static int exact_hit(const float *x, size_t symbols, size_t target) {
    for (size_t j = 0; j < symbols; j++)
        if (x[j] > x[target] || (x[j] == x[target] && j < target))
            return 0;
    return 1;
}

typedef struct answers {
    guarded logits, losses;
    uint8_t hits[16];
} answers;

static answers answer(const rnn_kernels *k, const guarded *logits, const int32_t *targets,
                      float scale, int row_by_row) {
    answers a = {guarded_copy(logits), guarded_create(1, logits->rows, 0, 1.0, 9), {0}};
    size_t step = row_by_row ? 1 : logits->rows;
    for (size_t r = 0; r < logits->rows; r += step)
        k->softmax_loss(step, logits->columns, guarded_row(&a.logits, r), a.logits.stride,
                        targets + r, scale, a.losses.data + r, a.hits + r);
    return a;
}

static void check_answers(const guarded *logits, const int32_t *targets, float scale,
                          const answers *a) {
    double probabilities[MOST];
    for (size_t r = 0; r < logits->rows; r++) {
        const float *x = guarded_row(logits, r);
        const size_t target = (size_t)targets[r];
        double loss = exact_loss(x, logits->columns, target, probabilities);
        assert_close(a->losses.data[r], loss, 1e-6);
        assert_int_equal(a->hits[r], exact_hit(x, logits->columns, target));
        for (size_t j = 0; j < logits->columns; j++) {
            double gradient = scale * (probabilities[j] - (j == target));
            double expected = scale != 0.0f ? gradient : x[j];
            double found = guarded_row(&a->logits, r)[j];
            assert_true(fabs(found - expected) <= 1e-6 * fabs(expected) + 1e-6 * fabs(scale));
        }
    }
}

static void loss_is_right_whole_and_row_by_row(void **state) {
    (void)state;
    static const size_t rows[] = {0, 1, 5}, symbols[] = {1, 2, 7, 8, 9, 65, 100, 1000};
    static const float scales[] = {0.0f, 1.0f, 0.0002f};
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t j = 0; j < COUNT(symbols); j++) {
            guarded logits = guarded_create(rows[i], symbols[j], j % 3, 12.0, i + j);
            int32_t targets[16];
            for (size_t r = 0; r < rows[i]; r++)
                targets[r] = (int32_t)((r * 37 + symbols[j] / 2) % symbols[j]);
            if (rows[i] > 1) { /* one row with its target on top */
                guarded_row(&logits, 1)[targets[1]] = 15.0f;
            }
            for (size_t s = 0; s < COUNT(scales); s++)
                FOR_TABLES(k) {
                    answers whole = answer(k, &logits, targets, scales[s], 0);
                    answers pieces = answer(k, &logits, targets, scales[s], 1);
                    check_answers(&logits, targets, scales[s], &whole);
                    assert_same_bits(&whole.logits, &pieces.logits);
                    assert_same_bits(&whole.losses, &pieces.losses);
                    assert_memory_equal(whole.hits, pieces.hits, sizeof whole.hits);
                    guarded_destroy(&whole.logits);
                    guarded_destroy(&whole.losses);
                    guarded_destroy(&pieces.logits);
                    guarded_destroy(&pieces.losses);
                }
            guarded_destroy(&logits);
        }
}

static void the_first_of_equals_is_the_hit(void **state) {
    (void)state;
    FOR_TABLES(k) {
        for (size_t symbols = 1; symbols <= 20; symbols++)
            for (size_t target = 0; target < symbols; target++) {
                float x[20], loss;
                for (size_t j = 0; j < symbols; j++)
                    x[j] = 2.5f;
                const int32_t wanted = (int32_t)target;
                uint8_t hit = 7;
                k->softmax_loss(1, symbols, x, symbols, &wanted, 0.0f, &loss, &hit);
                assert_int_equal(hit, target == 0);
                k->softmax_loss(1, symbols, x, symbols, &wanted, 0.0f, &loss, NULL);
                assert_close(loss, log((double)symbols), 1e-6);
            }
    }
}

static void uncounted_targets_are_zero(void **state) {
    (void)state;
    FOR_TABLES(k) {
        guarded x = guarded_create(3, 11, 2, 5.0, 1), before = guarded_copy(&x);
        const int32_t targets[] = {-1, 4, -1};
        float losses[3] = {9.0f, 9.0f, 9.0f};
        uint8_t hits[3] = {9, 9, 9};
        k->softmax_loss(3, 11, x.data, x.stride, targets, 0.0f, losses, hits);
        assert_same_bits(&x, &before);
        k->softmax_loss(3, 11, x.data, x.stride, targets, 1.0f, losses, hits);
        assert_true(losses[0] == 0.0f && losses[2] == 0.0f && losses[1] > 0.0f);
        assert_true(hits[0] == 0 && hits[2] == 0);
        for (size_t j = 0; j < 11; j++) {
            assert_true(x.data[j] == 0.0f && guarded_row(&x, 2)[j] == 0.0f);
            assert_true(guarded_row(&x, 1)[j] != 0.0f);
        }
        guarded_destroy(&x);
        guarded_destroy(&before);
    }
}

static float loss_of(const rnn_kernels *k, const guarded *logits, int32_t target, float scale,
                     guarded *gradient) {
    float loss;
    *gradient = guarded_copy(logits);
    k->softmax_loss(1, logits->columns, gradient->data, gradient->stride, &target, scale, &loss,
                    NULL);
    return loss;
}

static void infinities_and_nans_show(void **state) {
    (void)state;
    static const size_t sizes[] = {3, 8, 13};
    FOR_TABLES(k) {
        for (size_t s = 0; s < COUNT(sizes); s++)
            for (size_t at = 0; at < sizes[s]; at++) {
                guarded x = guarded_create(1, sizes[s], 0, 3.0, 1), gradient;
                const int32_t other = at == 0 ? 1 : 0;
                x.data[at] = -INFINITY; /* impossible, which is no error */
                assert_true(isfinite(loss_of(k, &x, other, 1.0f, &gradient)));
                assert_true(gradient.data[at] == 0.0f);
                guarded_destroy(&gradient);
                assert_true(loss_of(k, &x, (int32_t)at, 1.0f, &gradient) == INFINITY);
                guarded_destroy(&gradient);
                x.data[at] = NAN;
                assert_true(isnan(loss_of(k, &x, other, 0.0f, &gradient)));
                guarded_destroy(&gradient);
                assert_true(isnan(loss_of(k, &x, (int32_t)at, 1.0f, &gradient)));
                assert_true(isnan(gradient.data[other]));
                guarded_destroy(&gradient);
                x.data[at] = INFINITY;
                assert_false(isfinite(loss_of(k, &x, other, 0.0f, &gradient)));
                guarded_destroy(&gradient);
                x.data[at] = 3e38f; /* huge but finite: no overflow */
                assert_true(loss_of(k, &x, (int32_t)at, 0.0f, &gradient) == 0.0f);
                guarded_destroy(&gradient);
                guarded_destroy(&x);
            }
    }
}

static void softmax_is_right(void **state) {
    (void)state;
    static const size_t symbols[] = {1, 2, 7, 8, 65, 1000};
    static const float sharpness[] = {1.0f, 0.5f, 4.0f, 1e30f};
    for (size_t i = 0; i < COUNT(symbols); i++)
        for (size_t s = 0; s < COUNT(sharpness); s++)
            FOR_TABLES(k) {
                guarded x = guarded_create(1, symbols[i], 0, 9.0, 1);
                if (symbols[i] > 2)
                    x.data[1] = -INFINITY;
                guarded found = guarded_create(1, symbols[i], 0, 9.0, 2);
                k->softmax(symbols[i], x.data, sharpness[s], found.data);
                double max = -INFINITY, sum = 0.0, expected[MOST];
                for (size_t j = 0; j < symbols[i]; j++)
                    max = x.data[j] > max ? x.data[j] : max;
                for (size_t j = 0; j < symbols[i]; j++)
                    sum += expected[j] = exp(((double)x.data[j] - max) * (double)sharpness[s]);
                for (size_t j = 0; j < symbols[i]; j++)
                    assert_close(found.data[j], expected[j] / sum, 1e-6);
                k->softmax(symbols[i], x.data, sharpness[s], x.data);
                assert_same_bits(&x, &found);
                guarded_destroy(&x);
                guarded_destroy(&found);
            }
}

/* e^-x as the ratio of two probabilities: relative error 3e-7, and 1.2e-7 for
 * the ratio. */
static void exponentials_are_close(void **state) {
    (void)state;
    FOR_TABLES(k) {
        for (int i = 0; i < 87000; i++) {
            float x[2] = {0.0f, (float)(-0.001 * i)}, y[2];
            k->softmax(2, x, 1.0f, y);
            double exact = exp((double)x[1]);
            assert_true(fabs((double)y[1] / y[0] - exact) <= 4.2e-7 * exact);
        }
    }
}

/* --------------------------------------------------------------- the update */

static void squares_add_in_double(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 7, 8, 9, 15, 16, 17, 100, 1000};
    for (size_t i = 0; i < COUNT(sizes); i++)
        FOR_TABLES(k) {
            guarded x = guarded_create(1, sizes[i], 0, 2.0, 1);
            double sum = 0.0, clamped = 0.0;
            for (size_t j = 0; j < sizes[i]; j++) {
                double value = x.data[j], bound = 0.5f;
                sum += value * value;
                value = value < -bound ? -bound : value > bound ? bound : value;
                clamped += value * value;
            }
            assert_close(k->sum_of_squares(sizes[i], x.data, 0.0f), sum, 1e-12);
            assert_close(k->sum_of_squares(sizes[i], x.data, 0.5f), clamped, 1e-12);
            if (sizes[i] > 0) {
                x.data[sizes[i] / 2] = 1e30f; /* its square is no float */
                assert_true(k->sum_of_squares(sizes[i], x.data, 0.0f) > 9e59);
                x.data[sizes[i] / 2] = INFINITY;
                assert_true(k->sum_of_squares(sizes[i], x.data, 0.0f) == INFINITY);
                x.data[sizes[i] / 2] = NAN;
                assert_true(isnan(k->sum_of_squares(sizes[i], x.data, 0.0f)));
                assert_true(isnan(k->sum_of_squares(sizes[i], x.data, 0.5f)));
            }
            guarded_destroy(&x);
        }
}

typedef struct learner {
    guarded parameters, gradients, first, second;
} learner;

/* torch.optim's step for parameter j, in double. */
static void exact_step(const rnn_update *u, double scale, double *p, double g, double *first,
                       double *second) {
    if (u->clip_value > 0.0)
        g = fmin(fmax(g, -u->clip_value), u->clip_value);
    g *= scale;
    if (u->kind == RNN_ADAMW)
        *p -= u->rate * u->weight_decay * *p;
    else
        g += u->weight_decay * *p;
    switch (u->kind) {
    case RNN_SGD:
        if (u->momentum != 0.0)
            g = *first = u->momentum * *first + g;
        *p -= u->rate * g;
        break;
    case RNN_RMSPROP:
        *second = u->alpha * *second + (1.0 - u->alpha) * g * g;
        *p -= u->rate * g / (sqrt(*second) + u->epsilon);
        break;
    case RNN_ADAGRAD:
        *second += g * g;
        *p -= u->rate * g / (sqrt(*second) + u->epsilon);
        break;
    case RNN_ADAM:
    case RNN_ADAMW:
        *first = u->beta1 * *first + (1.0 - u->beta1) * g;
        *second = u->beta2 * *second + (1.0 - u->beta2) * g * g;
        *p -=
            u->rate / u->correction1 * *first / (sqrt(*second) / sqrt(u->correction2) + u->epsilon);
        break;
    }
}

/* A few steps; `second` begins at 0 and gradients change with the step. */
static void try_update(const rnn_kernels *k, rnn_update u, size_t n, int in_pieces,
                       guarded *result) {
    learner l = {guarded_create(1, n, 0, 1.0, 1),
                 {0},
                 guarded_create(1, n, 0, 0.0, 3),
                 guarded_create(1, n, 0, 0.0, 4)};
    double p[MOST], first[MOST] = {0}, second[MOST] = {0};
    for (size_t j = 0; j < n; j++)
        p[j] = l.parameters.data[j];
    int adam = u.kind == RNN_ADAM || u.kind == RNN_ADAMW;
    int needs_first = (adam && u.beta1 != 0.0) || (u.kind == RNN_SGD && u.momentum != 0.0);
    for (int step = 1; step <= 4; step++) {
        u.correction1 = 1.0 - pow(u.beta1, step);
        u.correction2 = 1.0 - pow(u.beta2, step);
        l.gradients = guarded_create(1, n, 0, 1.0, 10 + (uint64_t)step);
        size_t cut = in_pieces ? n / 3 : n;
        float *one = needs_first ? l.first.data : NULL;
        float *two = u.kind != RNN_SGD ? l.second.data : NULL;
        k->update(&u, 0.7f, cut, l.parameters.data, l.gradients.data, one, two);
        k->update(&u, 0.7f, n - cut, l.parameters.data + cut, l.gradients.data + cut,
                  one ? one + cut : NULL, two ? two + cut : NULL);
        for (size_t j = 0; j < n; j++)
            exact_step(&u, 0.7f, p + j, l.gradients.data[j], first + j, second + j);
        guarded_destroy(&l.gradients);
    }
    for (size_t j = 0; j < n; j++) {
        assert_close(l.parameters.data[j], p[j], 2e-6);
        if (needs_first)
            assert_close(l.first.data[j], first[j], 2e-6);
        if (u.kind != RNN_SGD)
            assert_close(l.second.data[j], second[j], 2e-6);
    }
    *result = l.parameters;
    guarded_destroy(&l.first);
    guarded_destroy(&l.second);
}

static void updates_follow_their_equations(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 7, 8, 65, 100};
    int tried = 0;
    for (int kind = RNN_SGD; kind <= RNN_ADAMW; kind++)
        for (int variant = 0; variant < 8; variant++) {
            const rnn_update u = {.kind = (rnn_optimizer)kind,
                                  .rate = 0.05,
                                  .momentum = variant & 1 ? 0.9 : 0.0,
                                  .alpha = 0.95,
                                  .beta1 = variant & 1 ? 0.9 : 0.0,
                                  .beta2 = 0.999,
                                  .epsilon = 1e-8,
                                  .weight_decay = variant & 2 ? 0.1 : 0.0,
                                  .clip_value = variant & 4 ? 0.3 : 0.0};
            for (size_t i = 0; i < COUNT(sizes); i++)
                FOR_TABLES(k) {
                    guarded whole, pieces;
                    try_update(k, u, sizes[i], 0, &whole);
                    try_update(k, u, sizes[i], 1, &pieces);
                    assert_same_bits(&whole, &pieces);
                    guarded_destroy(&whole);
                    guarded_destroy(&pieces);
                    tried++;
                }
        }
    assert_true(tried >= 5 * 8 * 6);
}

/* --------------------------------------------------------- dynamic evaluation */

static double exact_adaptation(const rnn_adaptation *how, double p, double g, double origin,
                               double s) {
    return p + fmin(1.0, how->decay * s) * (origin - p) - how->rate * g / (s + how->epsilon);
}

static void adaptation_follows_its_equation(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 7, 8, 65, 100};
    static const rnn_adaptation ways[] = {
        {0.0, 0.0, 0.01}, {0.03, 0.0, 0.01}, {0.03, 0.2, 0.01}, {0.01, 3.0, 1.0}};
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (size_t w = 0; w < COUNT(ways); w++)
            FOR_TABLES(k) {
                size_t n = sizes[i], cut = n / 3;
                guarded p = guarded_create(1, n, 0, 1.0, 1), g = guarded_create(1, n, 0, 1.0, 2);
                guarded origin = guarded_create(1, n, 1, 1.0, 3),
                        s = guarded_create(1, n, 2, 1.0, 4);
                guarded pieces = guarded_copy(&p), before = guarded_copy(&p);
                for (size_t j = 0; j < n; j++)
                    s.data[j] = j % 5 == 0 ? 0.0f : fabsf(s.data[j]);
                k->adapt(&ways[w], n, p.data, g.data, origin.data, s.data);
                k->adapt(&ways[w], cut, pieces.data, g.data, origin.data, s.data);
                k->adapt(&ways[w], n - cut, pieces.data + cut, g.data + cut, origin.data + cut,
                         s.data + cut);
                assert_same_bits(&p, &pieces);
                for (size_t j = 0; j < n; j++) {
                    double exact = exact_adaptation(&ways[w], before.data[j], g.data[j],
                                                    origin.data[j], s.data[j]);
                    assert_true(fabs(p.data[j] - exact) <= 1e-6 * (1.0 + fabs(exact)));
                    if (w == 0)
                        assert_true(p.data[j] == before.data[j]);
                }
                guarded *all[] = {&p, &g, &origin, &s, &pieces, &before};
                for (size_t a = 0; a < COUNT(all); a++)
                    guarded_destroy(all[a]);
            }
}

static void adaptation_carries_nan(void **state) {
    (void)state;
    const rnn_adaptation how = {0.1, 0.1, 0.01};
    FOR_TABLES(k) {
        for (size_t array = 0; array < 4; array++)
            for (size_t at = 0; at < 11; at++) {
                float x[4][11];
                for (size_t j = 0; j < 44; j++)
                    x[j / 11][j % 11] = 0.5f;
                x[array][at] = NAN;
                k->adapt(&how, 11, x[0], x[1], x[2], x[3]);
                for (size_t j = 0; j < 11; j++)
                    assert_int_equal(isnan(x[0][j]) != 0, j == at);
            }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loss_is_right_whole_and_row_by_row),
        cmocka_unit_test(the_first_of_equals_is_the_hit),
        cmocka_unit_test(uncounted_targets_are_zero),
        cmocka_unit_test(infinities_and_nans_show),
        cmocka_unit_test(softmax_is_right),
        cmocka_unit_test(exponentials_are_close),
        cmocka_unit_test(squares_add_in_double),
        cmocka_unit_test(updates_follow_their_equations),
        cmocka_unit_test(adaptation_follows_its_equation),
        cmocka_unit_test(adaptation_carries_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
