/* SPDX-License-Identifier: MIT
 *
 * test_association.c - scores against their definitions, and chance where there is nothing
 * but chance.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "inference/association.h"

static double normal(uint64_t stream, uint64_t index) {
    return rnn_random_normal(11, RNN_RANDOM_SAMPLING, stream, index);
}

/* A text that drifts: each character is `keep` of the one before it, and noise. [n] */
static float *drift(uint64_t stream, size_t n, double keep) {
    float *made = malloc(n * sizeof *made);
    double value = 0;
    for (size_t i = 0; i < n; i++) {
        value = keep * value + sqrt(1 - keep * keep) * normal(stream, i);
        made[i] = (float)tanh(value);
    }
    return made;
}

/* Activations [n][units] of units that have nothing to do with each other. */
static float *drifting_units(size_t units, size_t n, double keep) {
    float *made = malloc(units * n * sizeof *made);
    for (size_t u = 0; u < units; u++) {
        float *one = drift(u + 1, n, keep);
        for (size_t i = 0; i < n; i++)
            made[i * units + u] = one[i];
        free(one);
    }
    return made;
}

static rnn_association *associate(const rnn_association_plan *plan, const float *activations) {
    rnn_association *made;
    assert_int_equal(rnn_association_create(&made, plan, NULL), RNN_OK);
    for (uint64_t i = 0; i < plan->characters; i++)
        rnn_association_add(made, activations + i * plan->units);
    return made;
}

static int step(float activation) {
    return (int)floor(((double)activation + 1) * RNN_ASSOCIATION_STEPS / 2);
}

/* 2 AUC - 1, by looking at all pairs. */
static double plain_auc(const float *x, size_t units, const uint8_t *has, size_t n, size_t turn) {
    double wins = 0, pairs = 0;
    for (size_t i = 0; i < n; i++) {
        if (!has[(i + turn) % n])
            continue;
        for (size_t j = 0; j < n; j++) {
            if (has[(j + turn) % n])
                continue;
            int a = step(x[i * units]), b = step(x[j * units]);
            wins += a > b ? 1 : a == b ? 0.5 : 0;
            pairs++;
        }
    }
    return 2 * wins / pairs - 1;
}

static double plain_correlation(const float *x, size_t units, const uint8_t *y, size_t n,
                                size_t turn) {
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < n; i++) {
        mx += (double)step(x[i * units]) / (double)n;
        my += (double)y[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        double a = (double)step(x[i * units]) - mx, b = (double)y[(i + turn) % n] - my;
        xx += a * a;
        yy += b * b;
        xy += a * b;
    }
    return xy / sqrt(xx * yy);
}

#define UNITS 5

/* Four properties of n characters, two of them graded; the first of each has something to
 * do with unit 0. */
static uint8_t *properties(const float *activations, size_t n) {
    uint8_t *values = malloc(4 * n);
    float *other = drift(99, n, 0.9);
    for (size_t i = 0; i < n; i++) {
        double near = (double)activations[i * UNITS] + 0.3 * normal(50, i);
        values[i] = near > 0.5;
        values[n + i] = other[i] > -0.5F; /* of most characters: the others are counted */
        values[2 * n + i] = (uint8_t)(128 + 60 * tanh(near));
        values[3 * n + i] = (uint8_t)(128 + 127 * other[i]);
    }
    free(other);
    return values;
}

static const uint8_t graded[4] = {0, 0, 1, 1};

static void definitions(void **state) {
    (void)state;
    enum { N = 9001 }; /* of odd length, and more than a block in each half */
    float *activations = drifting_units(UNITS, N, 0.8);
    uint8_t *values = properties(activations, N);
    rnn_association_plan plan = {UNITS, 4, N, values, graded, 0, 1, 2};
    rnn_association *made = associate(&plan, activations);
    for (size_t half = 0; half < 2; half++) {
        size_t begin = half * (N / 2), n = half ? N - N / 2 : N / 2;
        for (size_t p = 0; p < 4; p++) {
            const float *scores = rnn_association_scores(made, half, p, 0);
            assert_true(rnn_association_has(made, p));
            for (size_t u = 0; u < UNITS; u++) {
                const float *x = activations + begin * UNITS + u;
                const uint8_t *y = values + p * N + begin;
                double expected =
                    graded[p] ? plain_correlation(x, UNITS, y, n, 0) : plain_auc(x, UNITS, y, n, 0);
                assert_true(fabs((double)scores[u] - expected) < 1e-6);
            }
        }
    }
    /* And the definitions see what was planted. */
    assert_true(rnn_association_score(made, 0, 0, 0) > 0.7);
    assert_true(rnn_association_score(made, 2, 0, 0) > 0.7);
    assert_true(rnn_association_score(made, 0, 0, 1) < 0.2);
    rnn_association_destroy(made);
    free(activations);
    free(values);
}

/* Each shift is a turn of the half, the same for all units, and not a short one. */
static void shifts(void **state) {
    (void)state;
    enum { N = 1200, SHIFTS = 3 };
    float *activations = drifting_units(UNITS, N, 0.5);
    uint8_t *values = properties(activations, N);
    rnn_association_plan plan = {UNITS, 4, N, values, graded, SHIFTS, 1, 1};
    rnn_association *made = associate(&plan, activations);
    for (size_t half = 0; half < 2; half++) {
        size_t begin = half * N / 2, n = N / 2;
        for (size_t p = 0; p < 4; p += 3) {
            size_t before = 0;
            for (size_t k = 1; k <= SHIFTS; k++) {
                size_t found = n;
                for (size_t turn = before + 1; turn < n && found == n; turn++) {
                    int same = 1;
                    for (size_t u = 0; u < UNITS && same; u++) {
                        const float *x = activations + begin * UNITS + u;
                        const uint8_t *y = values + p * N + begin;
                        double expected = graded[p] ? plain_correlation(x, UNITS, y, n, turn)
                                                    : plain_auc(x, UNITS, y, n, turn);
                        same = fabs((double)rnn_association_scores(made, half, p, k)[u] -
                                    expected) < 1e-6;
                    }
                    found = same ? turn : n;
                }
                assert_true(found < n);
                double share = (double)found / (double)n * (SHIFTS + 1);
                assert_true(share > (double)k - 0.26 && share < (double)k + 0.26);
                before = found;
            }
        }
    }
    rnn_association_destroy(made);
    free(activations);
    free(values);
}

/* Where units and a property drift by themselves, chance is wide, and a unit here and there
 * is beyond it. A shuffled property would have found most of them remarkable. */
static void noise(void **state) {
    (void)state;
    enum { N = 30000, MANY = 48, SHIFTS = 8 };
    float *activations = drifting_units(MANY, N, 0.998);
    float *other = drift(77, N, 0.998);
    uint8_t *values = malloc(N), *shuffled = malloc(N);
    for (size_t i = 0; i < N; i++)
        values[i] = shuffled[i] = other[i] > 0.2F;
    for (size_t i = N; i-- > 1;) {
        size_t j = (size_t)(rnn_random_uniform(5, RNN_RANDOM_SAMPLING, 0, i) * (double)(i + 1));
        uint8_t held = shuffled[i];
        shuffled[i] = shuffled[j];
        shuffled[j] = held;
    }
    rnn_association_plan plan = {MANY, 1, N, values, graded, SHIFTS, 3, 2};
    rnn_association *made = associate(&plan, activations);
    plan.values = shuffled;
    rnn_association *loose = associate(&plan, activations);
    size_t above = 0, above_shuffled = 0;
    double chance = rnn_association_chance(made, 0, 0);
    double shuffle = rnn_association_chance(loose, 0, 0);
    for (size_t u = 0; u < MANY; u++) {
        above += rnn_association_score(made, 0, 0, u) > chance;
        above_shuffled += fabs(rnn_association_score(made, 0, 0, u)) > shuffle;
    }
    assert_true(chance > 0.15 && chance < 0.8);
    assert_true(shuffle < 0.05);
    assert_true(above <= 2);
    assert_true(above_shuffled > MANY / 2);
    rnn_association_destroy(made);
    rnn_association_destroy(loose);
    free(activations);
    free(other);
    free(values);
    free(shuffled);
}

/* Units of a network share much of what they do: where one is beyond chance, most may be, so
 * that what is to be seldom is a property with any such unit. Properties that all drift by
 * themselves, of units that drift together. */
static void shared(void **state) {
    (void)state;
    enum { N = 20000, MANY = 12, PROPERTIES = 24, SHIFTS = 7 };
    static uint8_t values[PROPERTIES * N];
    static const uint8_t none[PROPERTIES];
    float *activations = drifting_units(MANY, N, 0.998), *common = drift(76, N, 0.998);
    for (size_t i = 0; i < N * MANY; i++)
        activations[i] = 0.2F * activations[i] + 0.8F * common[i / MANY];
    for (size_t p = 0; p < PROPERTIES; p++) {
        float *other = drift(100 + p, N, 0.998);
        for (size_t i = 0; i < N; i++)
            values[p * N + i] = other[i] > 0.2F;
        free(other);
    }
    rnn_association_plan plan = {MANY, PROPERTIES, N, values, none, SHIFTS, 3, 2};
    rnn_association *made = associate(&plan, activations);
    size_t beyond = 0, units = 0, in_both = 0;
    for (size_t p = 0; p < PROPERTIES; p++) {
        size_t above = 0, both = 0;
        double chance = rnn_association_chance(made, p, 0);
        for (size_t u = 0; u < MANY; u++) {
            above += rnn_association_score(made, p, 0, u) > chance;
            both += rnn_association_lesser(made, p, 0, u) > chance;
        }
        beyond += above > 0;
        units += above;
        in_both += both > 0;
    }
    /* One of eight shifts is the best: of 24 properties three are expected. */
    assert_true(beyond >= 1 && beyond <= 6);
    assert_true(units > 3 * beyond);
    /* Luck in both halves is rarer. */
    assert_true(in_both < beyond);
    rnn_association_destroy(made);
    free(activations);
    free(common);
}

/* What units are counted by, from the scores themselves. */
static void limits(void **state) {
    (void)state;
    enum { N = 6000, SHIFTS = 4 };
    float *activations = drifting_units(UNITS, N, 0.9);
    uint8_t *values = properties(activations, N);
    rnn_association_plan plan = {UNITS, 4, N, values, graded, SHIFTS, 1, 2};
    rnn_association *made = associate(&plan, activations);
    size_t opposed = 0;
    for (size_t p = 0; p < 4; p++) {
        double best[SHIFTS + 1] = {0};
        for (size_t k = 0; k <= SHIFTS; k++) {
            const float *first = rnn_association_scores(made, 0, p, k);
            const float *second = rnn_association_scores(made, 1, p, k);
            for (size_t u = 0; u < UNITS; u++) {
                double x = (double)first[u], y = (double)second[u];
                double expected = fmin(fabs(x), x < 0 ? -y : y);
                assert_true(rnn_association_lesser(made, p, k, u) == expected);
                opposed += expected < 0;
                best[k] = fmax(best[k], x < 0 ? -y : y);
            }
        }
        for (size_t k = 0; k <= SHIFTS; k++) {
            double most = 0;
            for (size_t other = 1; other <= SHIFTS; other++)
                most = fmax(most, other == k ? 0 : best[other]);
            assert_true(rnn_association_chance(made, p, k) == most);
        }
    }
    assert_true(opposed > 0);
    rnn_association_destroy(made);
    free(activations);
    free(values);
}

/* The same bits on any number of threads. */
static void threads(void **state) {
    (void)state;
    enum { N = 5000 };
    float *activations = drifting_units(UNITS, N, 0.9);
    uint8_t *values = properties(activations, N);
    rnn_association *made[2];
    for (size_t i = 0; i < 2; i++) {
        rnn_association_plan plan = {UNITS, 4, N, values, graded, 2, 1, i ? 3 : 1};
        made[i] = associate(&plan, activations);
    }
    for (size_t half = 0; half < 2; half++)
        for (size_t p = 0; p < 4; p++)
            for (size_t k = 0; k < 3; k++)
                assert_memory_equal(rnn_association_scores(made[0], half, p, k),
                                    rnn_association_scores(made[1], half, p, k),
                                    UNITS * sizeof(float));
    rnn_association_destroy(made[0]);
    rnn_association_destroy(made[1]);
    free(activations);
    free(values);
}

/* What hardly changes has no score; what is beyond -1 .. 1 is as far as it goes, and what is no
 * number as low. */
static void edges(void **state) {
    (void)state;
    enum { N = 100 };
    static float activations[N][2];
    static uint8_t values[2 * N];
    for (size_t i = 0; i < N; i++) {
        values[i] = i % 50 == 0;
        values[N + i] = i % 2;
        activations[i][0] = i % 2 ? 1e10F : i % 4 ? NAN : -1;
        activations[i][1] = 0.25F;
    }
    rnn_association_plan plan = {2, 2, N, values, graded, 1, 1, 1};
    rnn_association *made = associate(&plan, &activations[0][0]);
    assert_false(rnn_association_has(made, 0));
    assert_true(rnn_association_has(made, 1));
    assert_true(rnn_association_score(made, 1, 0, 0) == 1);
    assert_true(rnn_association_score(made, 1, 0, 1) == 0);
    rnn_association_destroy(made);
}

static void memory(void **state) {
    (void)state;
    enum { N = 100 };
    static uint8_t values[4 * N];
    rnn_association_plan plan = {UNITS, 4, N, values, graded, 1, 1, 2};
    for (uint64_t nth = 1;; nth++) {
        rnn_association *made;
        rnn_error error;
        rnn_allocate_fail(nth, 0);
        rnn_status status = rnn_association_create(&made, &plan, &error);
        rnn_allocate_fail(0, 0);
        rnn_association_destroy(made);
        if (status == RNN_OK)
            break;
        assert_int_equal(status, RNN_ERR_MEMORY);
        assert_null(made);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(definitions), cmocka_unit_test(shifts), cmocka_unit_test(noise),
        cmocka_unit_test(shared),      cmocka_unit_test(limits), cmocka_unit_test(threads),
        cmocka_unit_test(edges),       cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
