/* SPDX-License-Identifier: MIT
 *
 * test_exhibits.c - which units are shown, and on which piece of the text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "inference/exhibits.h"
#include "tests/inference/made_model.h"

#define UNITS 8
#define ROWS  4

static rnn_neurons found;
static rnn_neuron ranked[ROWS][UNITS];
static const rnn_predicate predicates[ROWS] = {
    {"a", "a", 0}, {"b", "b", 0}, {"c", "c", 1}, {"d", "d", 0}};

/* Units that follow nothing, but that of each row the scores say otherwise. */
static void make(void) {
    static const struct {
        size_t row;
        int unit; /* layer * 4 + unit */
        double score;
    } some[] = {
        {0, 5, 0.9},  {0, 2, 0.7}, /* two units follow a */
        {1, 5, 0.95},              /* the first of them follows b more closely */
        {1, 1, 0.6},               /* one follows b alone, */
        {2, 1, 0.55}, {2, 3, 0.5}, /* but c a little; one follows c */
        {3, 6, 0.85},              /* and one d, which its character tells */
    };
    found = (rnn_neurons){.units = UNITS, .count = ROWS};
    for (size_t r = 0; r < ROWS; r++) {
        found.rows[r] = (rnn_neurons_row){.predicate = &predicates[r],
                                          .scored = 1,
                                          .chance = 0.2,
                                          .alone = r == 3 ? 0.9 : 0.1,
                                          .ranked = ranked[r]};
        size_t n = 0;
        for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
            if (some[i].row == r)
                ranked[r][n++] = (rnn_neuron){some[i].unit / 4, some[i].unit % 4, 1, some[i].score,
                                              some[i].score};
        for (int u = 0; u < UNITS; u++) {
            int there = 0;
            for (size_t i = 0; i < n; i++)
                there |= ranked[r][i].layer * 4 + ranked[r][i].unit == u;
            if (!there)
                ranked[r][n++] = (rnn_neuron){u / 4, u % 4, 1, 0.25 - 0.02 * u, 0.25 - 0.02 * u};
        }
    }
}

static rnn_status choose(rnn_exhibits *out) {
    return rnn_exhibits_choose(out, &found, UNITS / 2, NULL);
}

static void assert_exhibit(const rnn_exhibit *it, const char *name, int unit) {
    assert_string_equal(it->row->predicate->name, name);
    assert_int_equal(it->neuron->layer * 4 + it->neuron->unit, unit);
}

static void chosen(void **state) {
    (void)state;
    rnn_exhibits made;
    make();
    assert_int_equal(choose(&made), RNN_OK);
    assert_int_equal(made.count, 4);
    assert_exhibit(&made.best[0], "b", 5);
    assert_exhibit(&made.best[1], "a", 2);
    assert_exhibit(&made.best[2], "c", 3);
    assert_exhibit(&made.best[3], "b", 1); /* in the second round */
    /* Half of the eight are shown and ahead; the next is nearest to them. */
    assert_exhibit(&made.usual, "a", 0);
    rnn_allocate_fail(1, 0);
    assert_int_equal(choose(&made), RNN_ERR_MEMORY);
    rnn_allocate_fail(0, 0);
}

/* Good in one half only is luck, whichever of them it is. */
static void half_lucky(void **state) {
    (void)state;
    static const double scores[2][2] = {{0.02, 0.9}, {0.9, 0.02}};
    for (size_t i = 0; i < 2; i++) {
        rnn_exhibits made;
        make();
        rnn_neuron *lucky = &ranked[2][UNITS - 1];
        lucky->chosen = scores[i][0];
        lucky->score = scores[i][1];
        assert_int_equal(choose(&made), RNN_OK);
        assert_int_equal(made.count, 4);
        for (size_t e = 0; e < made.count; e++)
            assert_true(made.best[e].neuron != lucky);
    }
    /* So is what a unit is shown for, and which of two comes first. */
    rnn_exhibits made;
    make();
    ranked[1][0].score = 0.5; /* of unit 5: still the best of b in the first half */
    ranked[0][1].chosen = 0.95;
    assert_int_equal(choose(&made), RNN_OK);
    assert_exhibit(&made.best[0], "a", 5);
    assert_exhibit(&made.best[1], "b", 1);
    assert_exhibit(&made.best[3], "a", 2);
}

/* Ahead for nothing: nothing is shown but what is usual. */
static void none(void **state) {
    (void)state;
    rnn_exhibits made;
    make();
    for (size_t r = 0; r < ROWS; r++)
        found.rows[r].chance = 0.9;
    assert_int_equal(choose(&made), RNN_OK);
    assert_int_equal(made.count, 0);
    assert_non_null(made.usual.neuron);
}

/* ----------------------------------------------------------------------- pieces */

#define LENGTH 12000

static rnn_model *model;
static uint16_t text[LENGTH];
static uint8_t values[2 * LENGTH];

/* Lines of `line` characters. */
static void make_text(size_t line) {
    uint16_t newline = (uint16_t)rnn_vocabulary_find(model->vocabulary, "\n", 1);
    uint16_t other = (uint16_t)rnn_vocabulary_find(model->vocabulary, "a", 1);
    for (size_t i = 0; i < LENGTH; i++)
        text[i] = line && i % line == line - 1 ? newline : other;
    memset(values, 0, sizeof values);
    found = (rnn_neurons){
        .count = 2, .characters = LENGTH, .text = text, .values = values, .rows = {{0}, {0}}};
}

static void pieces(void **state) {
    (void)state;
    make_text(40);
    /* More of it stands in the first half, which does not count. */
    memset(values + LENGTH, 1, 300);
    memset(values + LENGTH + 9000, 1, 400);
    rnn_span piece = rnn_exhibits_find_piece(&found, model, &found.rows[1]);
    uint64_t count = piece.end - piece.begin;
    assert_true(piece.begin >= LENGTH / 2 && piece.begin % 40 == 0);
    assert_true(piece.begin <= 9000 && piece.end >= 9400);
    assert_true(count > RNN_EXHIBITS_LENGTH / 2 && count <= RNN_EXHIBITS_LENGTH * 5 / 4 &&
                count % 40 == 0);
    /* Of short lines not too many. */
    make_text(10);
    piece = rnn_exhibits_find_piece(&found, model, &found.rows[1]);
    assert_int_equal(piece.end - piece.begin, 10 * RNN_EXHIBITS_LINES);
    /* No lines at all; and near the end. */
    make_text(0);
    memset(values + LENGTH + LENGTH - 100, 1, 50);
    piece = rnn_exhibits_find_piece(&found, model, &found.rows[1]);
    count = piece.end - piece.begin;
    assert_true(count <= RNN_EXHIBITS_LENGTH * 5 / 4 && piece.end >= LENGTH - 50);
    assert_true(piece.end <= LENGTH);
}

static int set_up(void **state) {
    (void)state;
    model = made_model("a\nb", RNN_CELL_TANH, 4, 0, 0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    rnn_model_destroy(model);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chosen),
        cmocka_unit_test(half_lucky),
        cmocka_unit_test(none),
        cmocka_unit_test(pieces),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
