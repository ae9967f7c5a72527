/* SPDX-License-Identifier: MIT
 *
 * test_ngram.c - probabilities by n-grams: distributions, an example by hand, the
 * formula once more in the plainest words, and the fit of the discounts.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/memory.h"
#include "ngram/ngram.h"
#include "tests/ngram/made_symbols.h"

#define MEMORY ((uint64_t)64 << 20)

static rnn_ngram *learn(const made_symbols *made, int order) {
    rnn_places_text text = made_text_of(made);
    rnn_ngram *ngram;
    rnn_error error;
    if (rnn_ngram_create(&ngram, &text, order, MEMORY, &error) != RNN_OK)
        fail_msg("%s", error.message);
    return ngram;
}

/* Behind contexts of the text, and behind some that it does not have. */
static void test_sums(void **state) {
    (void)state;
    static const int orders[] = {2, 3, 6, 11, 20};
    for (int kind = 0; kind < MADE_MANY; kind++) {
        made_symbols made = make_symbols(kind, 2000), strange = make_symbols(MADE_RANDOM, 300);
        for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
            rnn_ngram *ngram = learn(&made, orders[i]);
            assert_int_equal(rnn_ngram_describe(ngram).order, orders[i]);
            for (size_t at = 0; at < 300; at += 7) {
                const int32_t *histories[] = {made.at, strange.at};
                for (int h = 0; h < 2; h++) {
                    double sum = 0;
                    for (int32_t s = 0; s < made.symbols; s++) {
                        double p = rnn_ngram_probability(ngram, histories[h], at, s);
                        assert_true(p > 0 && p <= 1);
                        sum += p;
                    }
                    assert_true(fabs(sum - 1) < 1e-12);
                }
            }
            rnn_ngram_destroy(ngram);
        }
        free(made.at);
        free(strange.at);
    }
    made_symbols many = make_symbols(MADE_MANY, 500);
    rnn_ngram *ngram = learn(&many, 4);
    double sum = 0;
    for (int32_t s = 0; s < many.symbols; s++)
        sum += rnn_ngram_probability(ngram, many.at, 200, s);
    assert_true(fabs(sum - 1) < 1e-9);
    rnn_ngram_destroy(ngram);
    free(many.at);
}

/* Of "abaab" with the usual discounts, as so short a text has no end to fit them to.
 * Alone: a behind the beginning, b and a, so 3; b behind a, so 1.
 *   p(a) = (3 - 1.6 + (1.6 + 0.7) / 2) / 4 = 0.6375, p(b) = 0.3625
 * Behind a: a once, b twice.
 *   p(a|a) = (1 - 0.7 + 1.9 p(a)) / 3 = 0.50375, p(b|a) = (2 - 1.2 + 1.9 p(b)) / 3 = 0.49625
 * Behind b: a once.
 *   p(a|b) = 1 - 0.7 + 0.7 p(a) = 0.74625, p(b|b) = 0.7 p(b) = 0.25375 */
static void test_by_hand(void **state) {
    (void)state;
    int32_t text[] = {0, 1, 0, 0, 1};
    made_symbols made = {text, 5, 2};
    rnn_ngram *ngram = learn(&made, 2);
    const int32_t a[] = {0}, b[] = {1};
    assert_true(fabs(rnn_ngram_probability(ngram, a, 0, 0) - 0.6375) < 1e-12);
    assert_true(fabs(rnn_ngram_probability(ngram, a, 0, 1) - 0.3625) < 1e-12);
    assert_true(fabs(rnn_ngram_probability(ngram, a, 1, 0) - 0.50375) < 1e-12);
    assert_true(fabs(rnn_ngram_probability(ngram, a, 1, 1) - 0.49625) < 1e-12);
    assert_true(fabs(rnn_ngram_probability(ngram, b, 1, 0) - 0.74625) < 1e-12);
    assert_true(fabs(rnn_ngram_probability(ngram, b, 1, 1) - 0.25375) < 1e-12);
    rnn_ngram_destroy(ngram);
}

/* ---------------------------------------------------------------- reference */

/* How often a symbol follows a context at the end of `history`, or behind how many
 * different symbols. */
static uint32_t count_of(const made_symbols *made, const int32_t *context, size_t length,
                         int32_t symbol, int raw) {
    uint32_t times = 0;
    unsigned behind = 0; /* a bit for each symbol, the lowest for the beginning */
    for (size_t i = length; i < made->count; i++) {
        if (made->at[i] != symbol ||
            memcmp(made->at + i - length, context, length * sizeof(int32_t)) != 0)
            continue;
        unsigned bit = i == length ? 1u : 2u << made->at[i - length - 1];
        times += raw || !(behind & bit);
        behind |= bit;
    }
    return times;
}

/* The formula of discounts.h from the longest context down; a context behind one that
 * was seen once says nothing. */
static double reference(const made_symbols *made, const rnn_discounts *discounts, int depth,
                        const int32_t *history, size_t length, int d, int32_t symbol) {
    if (d < 0)
        return 1.0 / made->symbols;
    double shorter = reference(made, discounts, depth, history, length, d - 1, symbol);
    uint32_t total = 0, seen = 0;
    double left = 0, own = 0;
    if ((size_t)d > length)
        return shorter;
    const int32_t *context = history + length - (size_t)d;
    for (int32_t s = 0; s < made->symbols; s++) {
        uint32_t count = count_of(made, context, (size_t)d, s, d == depth);
        if (d > 0)
            seen += count_of(made, context + 1, (size_t)d - 1, s, 1);
        double discount = count ? discounts->of[d][count < 4 ? count - 1 : 3] : 0;
        total += count;
        left += discount;
        own = s == symbol ? count - discount : own;
    }
    if (total == 0 || (d > 0 && seen < 2))
        return shorter;
    return own / total + left / total * shorter;
}

static void test_reference(void **state) {
    (void)state;
    made_symbols made = make_symbols(MADE_RANDOM, 300);
    made_symbols strange = make_symbols(MADE_PERIOD, 40);
    for (int depth = 1; depth <= 9; depth += 4) {
        rnn_places_text text = made_text_of(&made);
        rnn_contexts tree;
        rnn_discounts discounts = rnn_discounts_usual();
        rnn_counts counts[RNN_PLACES_MOST_DEPTH + 1];
        for (int d = 0; d <= depth; d++)
            for (int i = 0; i < 4; i++)
                discounts.of[d][i] = (i + 1) * (0.2 + 0.05 * d + 0.03 * i);
        assert_int_equal(rnn_contexts_count(&tree, &text, depth, MEMORY, NULL), RNN_OK);
        for (size_t at = 0; at < 40; at++) {
            const int32_t *histories[] = {made.at + 7 * at, strange.at};
            size_t length = at < 20 ? at : 20;
            for (int h = 0; h < 2; h++) {
                int32_t symbol = (int32_t)(at % 5);
                int levels = rnn_contexts_walk(&tree, histories[h], length, symbol, counts);
                double p = rnn_discounts_apply(&discounts, counts, levels, made.symbols);
                double wanted =
                    reference(&made, &discounts, depth, histories[h], length, depth, symbol);
                assert_true(fabs(p - wanted) < 1e-12);
            }
        }
        rnn_contexts_release(&tree);
    }
    free(made.at);
    free(strange.at);
}

/* -------------------------------------------------------------------- fitting */

static double loss_of(const rnn_discounts *discounts, const rnn_contexts *tree,
                      const int32_t *symbols, size_t count) {
    rnn_counts counts[RNN_PLACES_MOST_DEPTH + 1];
    double loss = 0;
    for (size_t i = 1; i < count; i++) {
        int levels = rnn_contexts_walk(tree, symbols, i, symbols[i], counts);
        loss -= log(rnn_discounts_apply(discounts, counts, levels, tree->symbols));
    }
    return loss / (double)(count - 1);
}

/* Where the fit ends, a step of any discount to either side gains next to nothing. */
static void test_fit(void **state) {
    (void)state;
    made_symbols made = make_symbols(MADE_RANDOM, 20000);
    rnn_places_text text = made_text_of(&made);
    const int32_t *end = made.at + 15000;
    rnn_contexts tree;
    rnn_discounts usual = rnn_discounts_usual(), fitted;
    text.end = 15000;
    assert_int_equal(rnn_contexts_count(&tree, &text, 5, MEMORY, NULL), RNN_OK);
    assert_int_equal(rnn_discounts_fit(&fitted, &tree, end, 5000, NULL), RNN_OK);
    double best = loss_of(&fitted, &tree, end, 5000);
    assert_true(best < loss_of(&usual, &tree, end, 5000) - 0.01);
    for (int d = 0; d <= 5; d++)
        for (int i = 0; i < 4; i++)
            for (int side = -1; side <= 1; side += 2) {
                rnn_discounts moved = fitted;
                moved.of[d][i] += side * 0.05;
                if (moved.of[d][i] > 0 && moved.of[d][i] < i + 1)
                    assert_true(loss_of(&moved, &tree, end, 5000) > best - 1e-3);
            }
    /* Of what is never met nothing is known. */
    assert_true(fitted.of[9][0] == usual.of[9][0]);
    rnn_contexts_release(&tree);
    free(made.at);
}

static void test_equal(void **state) {
    (void)state;
    made_symbols made = make_symbols(MADE_RANDOM, 5000);
    rnn_ngram *one = learn(&made, 0), *two = learn(&made, 0);
    for (size_t at = 0; at < made.count; at += 3)
        assert_true(rnn_ngram_probability(one, made.at, at, made.at[at]) ==
                    rnn_ngram_probability(two, made.at, at, made.at[at]));
    rnn_ngram_destroy(one);
    rnn_ngram_destroy(two);
    free(made.at);
}

static void test_limits(void **state) {
    (void)state;
    made_symbols made = make_symbols(MADE_RANDOM, 30000);
    rnn_places_text text = made_text_of(&made);
    rnn_ngram *ngram;
    rnn_error error;
    assert_int_equal(rnn_ngram_create(&ngram, &text, 1, MEMORY, &error), RNN_ERR_RANGE);
    assert_null(ngram);
    assert_int_equal(rnn_ngram_create(&ngram, &text, 21, MEMORY, &error), RNN_ERR_RANGE);
    assert_int_equal(rnn_ngram_create(&ngram, &text, 12, 1 << 21, &error), RNN_OK);
    rnn_ngram_info info = rnn_ngram_describe(ngram);
    assert_true(info.order < 12 && info.bytes <= 1 << 21);
    assert_int_equal(info.symbols, made.count);
    rnn_ngram_destroy(ngram);
    assert_int_equal(rnn_ngram_create(&ngram, &text, 12, 1000, &error), RNN_ERR_MEMORY);
    text.end = 1;
    assert_int_equal(rnn_ngram_create(&ngram, &text, 0, MEMORY, &error), RNN_ERR_RANGE);
    free(made.at);
    assert_int_equal(rnn_ngram_order(10), 5);
    assert_int_equal(rnn_ngram_order(256), 5);
    assert_int_equal(rnn_ngram_order(257), 6);
    assert_int_equal(rnn_ngram_order(1000000), 11);
    assert_int_equal(rnn_ngram_order(UINT64_MAX), 20);
}

static void test_memory_short(void **state) {
    (void)state;
    made_symbols made = make_symbols(MADE_RANDOM, 500);
    rnn_places_text text = made_text_of(&made);
    for (uint64_t nth = 1;; nth++) {
        rnn_ngram *ngram;
        rnn_error error = {RNN_OK, ""};
        rnn_allocate_fail(nth, 0);
        rnn_status status = rnn_ngram_create(&ngram, &text, 6, MEMORY, &error);
        rnn_allocate_fail(0, 0);
        if (status == RNN_OK) {
            assert_true(nth > 30);
            rnn_ngram_destroy(ngram);
            break;
        }
        assert_int_equal(status, RNN_ERR_MEMORY);
        assert_null(ngram);
        assert_true(error.message[0] != '\0');
    }
    free(made.at);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),         cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_reference),    cmocka_unit_test(test_fit),
        cmocka_unit_test(test_equal),        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_memory_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
