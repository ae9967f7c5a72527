/* SPDX-License-Identifier: MIT
 *
 * test_random.c - Philox against its authors' known answers, and sanity of the
 * distributions made from it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "base/random.h"

/* The published test vectors of philox4x32-10: counter, key, answer. */
static void known_answers(void **state) {
    (void)state;
    static const struct {
        uint64_t low, high, key;
        uint32_t answer[4];
    } known[] = {
        {0, 0, 0, {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u}},
        {UINT64_MAX, UINT64_MAX, UINT64_MAX, {0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu}},
        {0x85a308d3243f6a88u,
         0x0370734413198a2eu,
         0x299f31d0a4093822u,
         {0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t out[4];
        rnn_random_block(known[i].key, known[i].low, known[i].high, out);
        for (size_t j = 0; j < 4; j++)
            assert_int_equal(out[j], known[i].answer[j]);
    }
}

static void bits_are_a_pure_function(void **state) {
    (void)state;
    uint64_t first = rnn_random_bits(1, RNN_RANDOM_WEIGHTS, 2, 3);
    assert_true(first == rnn_random_bits(1, RNN_RANDOM_WEIGHTS, 2, 3));
    assert_false(first == rnn_random_bits(2, RNN_RANDOM_WEIGHTS, 2, 3));
    assert_false(first == rnn_random_bits(1, RNN_RANDOM_DROPOUT, 2, 3));
    assert_false(first == rnn_random_bits(1, RNN_RANDOM_WEIGHTS, 3, 3));
    assert_false(first == rnn_random_bits(1, RNN_RANDOM_WEIGHTS, 2, 4));
    /* Use and stream do not run into each other. */
    assert_false(rnn_random_bits(1, RNN_RANDOM_WEIGHTS, 0, 0) ==
                 rnn_random_bits(1, RNN_RANDOM_DROPOUT, 0x00FFFFFFFFFFFFFFu, 0));
}

/* Chi-square over 64 cells: mean 63, standard deviation 11.2. */
static void uniform_fills_its_cells(void **state) {
    (void)state;
    enum { CELLS = 64, DRAWS = 64000 };
    int cells[CELLS] = {0};
    double sum = 0.0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        double u = rnn_random_uniform(7, RNN_RANDOM_SAMPLING, 0, i);
        assert_true(u >= 0.0 && u < 1.0);
        cells[(int)(u * CELLS)]++;
        sum += u;
    }
    double expected = (double)DRAWS / CELLS, chi = 0.0;
    for (int i = 0; i < CELLS; i++)
        chi += (cells[i] - expected) * (cells[i] - expected) / expected;
    assert_true(chi > 25.0 && chi < 120.0);
    assert_true(fabs(sum / DRAWS - 0.5) < 0.005);
}

/* Neighbouring indices, and neighbouring streams, are not correlated. */
static void neighbours_are_independent(void **state) {
    (void)state;
    enum { DRAWS = 20000 };
    double along = 0.0, across = 0.0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        double u = rnn_random_uniform(7, RNN_RANDOM_DROPOUT, 0, i) - 0.5;
        along += u * (rnn_random_uniform(7, RNN_RANDOM_DROPOUT, 0, i + 1) - 0.5);
        across += u * (rnn_random_uniform(7, RNN_RANDOM_DROPOUT, 1, i) - 0.5);
    }
    assert_true(fabs(along / DRAWS * 12.0) < 0.03);
    assert_true(fabs(across / DRAWS * 12.0) < 0.03);
}

static void normal_has_its_moments(void **state) {
    (void)state;
    enum { DRAWS = 50000 };
    double sum = 0.0, squares = 0.0, fourth = 0.0;
    int beyond = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        double x = rnn_random_normal(7, RNN_RANDOM_WEIGHTS, 0, i);
        assert_true(isfinite(x));
        sum += x;
        squares += x * x;
        fourth += x * x * x * x;
        beyond += fabs(x) > 1.959964;
    }
    assert_true(fabs(sum / DRAWS) < 0.02);
    assert_true(fabs(squares / DRAWS - 1.0) < 0.03);
    assert_true(fabs(fourth / DRAWS - 3.0) < 0.2);
    assert_true(fabs((double)beyond / DRAWS - 0.05) < 0.005);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),           cmocka_unit_test(bits_are_a_pure_function),
        cmocka_unit_test(uniform_fills_its_cells), cmocka_unit_test(neighbours_are_independent),
        cmocka_unit_test(normal_has_its_moments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
