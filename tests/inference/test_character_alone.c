/* SPDX-License-Identifier: MIT
 *
 * test_character_alone.c - what a character tells by itself, against the definition.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "inference/character_alone.h"

#define N       1001
#define SYMBOLS 7 /* the last of them in the second half only, one in none */

static uint16_t text[N];
static uint8_t yes[N], graded[N];

static void make(void) {
    for (uint64_t i = 0; i < N; i++) {
        double u = rnn_random_uniform(3, RNN_RANDOM_SAMPLING, 0, i);
        double v = rnn_random_uniform(3, RNN_RANDOM_SAMPLING, 1, i);
        text[i] = (uint16_t)(u * (i < N / 2 ? 5 : 6));
        yes[i] = v < 0.15 * text[i];
        graded[i] = (uint8_t)(20 * text[i] + 100 * v);
    }
}

/* The mean of a property among the same characters of the first half. */
static double expected(const uint8_t *values, size_t at) {
    double sum = 0, count = 0, all = 0;
    for (size_t i = 0; i < N / 2; i++) {
        all += values[i];
        sum += text[i] == text[at] ? values[i] : 0;
        count += text[i] == text[at];
    }
    return count > 0 ? sum / count : all / (N / 2);
}

static void yes_or_no(void **state) {
    (void)state;
    static double x[N];
    double wins = 0, pairs = 0, found;
    for (size_t i = N / 2; i < N; i++)
        x[i] = expected(yes, i);
    for (size_t i = N / 2; i < N; i++)
        for (size_t j = N / 2; j < N; j++)
            if (yes[i] && !yes[j]) {
                wins += x[i] > x[j] ? 1 : x[i] < x[j] ? 0 : 0.5;
                pairs++;
            }
    assert_int_equal(rnn_character_alone_score(&found, text, N, SYMBOLS, yes, 0, NULL), RNN_OK);
    assert_true(found > 0.3);
    assert_true(fabs(found - (2 * wins / pairs - 1)) < 1e-9);
}

static void correlation(void **state) {
    (void)state;
    double n = N - N / 2, mx = 0, my = 0, xx = 0, yy = 0, xy = 0, found;
    for (size_t i = N / 2; i < N; i++) {
        mx += expected(graded, i) / n;
        my += graded[i] / n;
    }
    for (size_t i = N / 2; i < N; i++) {
        double a = expected(graded, i) - mx, b = graded[i] - my;
        xx += a * a;
        yy += b * b;
        xy += a * b;
    }
    assert_int_equal(rnn_character_alone_score(&found, text, N, SYMBOLS, graded, 1, NULL), RNN_OK);
    assert_true(found > 0.3);
    assert_true(fabs(found - xy / sqrt(xx * yy)) < 1e-9);
}

/* What never varies says nothing; too little memory is told. */
static void edges(void **state) {
    (void)state;
    static const uint8_t none[N];
    double found = 1;
    assert_int_equal(rnn_character_alone_score(&found, text, N, SYMBOLS, none, 0, NULL), RNN_OK);
    assert_true(found == 0);
    assert_int_equal(rnn_character_alone_score(&found, text, N, SYMBOLS, none, 1, NULL), RNN_OK);
    assert_true(found == 0);
    rnn_allocate_fail(1, 0);
    assert_int_equal(rnn_character_alone_score(&found, text, N, SYMBOLS, yes, 0, NULL),
                     RNN_ERR_MEMORY);
    rnn_allocate_fail(0, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yes_or_no),
        cmocka_unit_test(correlation),
        cmocka_unit_test(edges),
    };
    make();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
