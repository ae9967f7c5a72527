/* SPDX-License-Identifier: MIT
 *
 * test_neurons.c - units that were built by hand to follow something are found, first and
 * alone, in a network that is otherwise random.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/files.h"
#include "base/memory.h"
#include "inference/neurons.h"
#include "inference/score.h"
#include "tests/inference/planted_model.h"
#include "tests/scratch.h"

static rnn_model *model;
static rnn_symbols *symbols;
static scratch directory;
static char text[30000];

static rnn_neurons *find(const rnn_neurons_plan *plan) {
    rnn_neurons *found;
    rnn_span whole = {0, rnn_symbols_count(symbols)};
    assert_int_equal(rnn_neurons_find(&found, model, symbols, whole, plan, NULL), RNN_OK);
    return found;
}

static const rnn_neurons_row *row_of(const rnn_neurons *in, const char *name) {
    for (size_t i = 0; i < in->count; i++)
        if (strcmp(in->rows[i].predicate->name, name) == 0)
            return &in->rows[i];
    fail_msg("no row %s", name);
    return NULL;
}

static void planted(void **state) {
    (void)state;
    rnn_neurons_plan plan = {.shifts = 4, .seed = 1, .threads = 2};
    rnn_neurons *found = find(&plan);
    const rnn_neurons_row *quote = row_of(found, "quote"), *bracket = row_of(found, "( )");
    assert_int_equal(found->units, 2 * PLANTED_HIDDEN);
    assert_string_equal(rnn_language_name(found->language), "quotes");
    assert_int_equal(found->characters, rnn_symbols_count(symbols));

    assert_int_equal(quote->ranked[0].layer, 0);
    assert_int_equal(quote->ranked[0].unit, PLANTED_QUOTE_UNIT);
    assert_false(quote->ranked[0].rises);
    assert_true(quote->ranked[0].chosen > 0.99 && quote->ranked[0].score > 0.99);
    assert_true(quote->ranked[1].chosen < 0.6);
    assert_true(quote->chance < 0.5 && quote->alone < 0.3);
    assert_true(quote->above >= 1);

    assert_int_equal(bracket->ranked[0].layer, 1);
    assert_int_equal(bracket->ranked[0].unit, PLANTED_BRACKET_UNIT);
    assert_true(bracket->ranked[0].rises);
    assert_true(bracket->ranked[0].score > 0.99);
    assert_true(found->readable >= 2 && found->readable <= found->above);

    const rnn_neurons_row *digit = row_of(found, "digit");
    assert_false(digit->scored);
    rnn_neurons_destroy(found);
}

/* A unit counts if both halves are beyond chance and the character alone; one that is so in the
 * second half only was found by looking for it there. */
static void counted(void **state) {
    (void)state;
    size_t late = 0;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        rnn_neurons_plan plan = {.shifts = 2, .most = 6000, .seed = seed, .threads = 2};
        rnn_neurons *found = find(&plan);
        int marks[2 * PLANTED_HIDDEN] = {0};
        size_t above = 0, readable = 0;
        for (size_t r = 0; r < found->count; r++) {
            const rnn_neurons_row *row = &found->rows[r];
            double limit = fmax(row->chance, row->alone);
            size_t here = 0;
            for (size_t i = 0; row->scored && i < found->units; i++) {
                const rnn_neuron *neuron = &row->ranked[i];
                double lesser = fmin(neuron->chosen, neuron->score);
                assert_true(rnn_neuron_lesser(neuron) == lesser);
                late += neuron->score > limit && neuron->chosen <= limit;
                here += lesser > limit;
                if (lesser > limit)
                    marks[neuron->layer * PLANTED_HIDDEN + neuron->unit] |= lesser >= 0.8 ? 3 : 1;
            }
            assert_int_equal(row->above, here);
        }
        for (size_t u = 0; u < 2 * PLANTED_HIDDEN; u++) {
            above += marks[u] & 1;
            readable += marks[u] >> 1;
        }
        assert_int_equal(found->above, above);
        assert_int_equal(found->readable, readable);
        rnn_neurons_destroy(found);
    }
    assert_true(late > 0);
}

/* What would be counted with the predicates elsewhere is little beside what was planted. */
static void by_chance(void **state) {
    (void)state;
    rnn_neurons_plan plan = {.shifts = 8, .seed = 1, .threads = 2};
    rnn_neurons *found = find(&plan);
    assert_true(found->above_by_chance > 0);
    assert_true(found->above_by_chance < (double)found->above / 2);
    assert_true(found->readable_by_chance == 0);
    rnn_neurons_destroy(found);
    plan.shifts = 1; /* nothing to hold the only one against */
    found = find(&plan);
    assert_true(found->above > 0 && found->above_by_chance == 0);
    rnn_neurons_destroy(found);
}

/* Shares and means are those of the text. */
static void means(void **state) {
    (void)state;
    rnn_neurons_plan plan = {.shifts = 1, .most = 2000, .after = "it", .threads = 1};
    rnn_neurons *found = find(&plan);
    const rnn_neurons_row *after = row_of(found, "after");
    size_t count = 0, characters = 0;
    for (const char *at = text; characters < 2000; at++) {
        characters += (*at & 0xC0) != 0x80;
        count += at > text + 1 && at[-2] == 'i' && at[-1] == 't';
    }
    assert_int_equal(found->characters, 2000);
    assert_true(fabs(after->mean - (double)count / 2000) < 1e-12);
    assert_true(after->scored);
    rnn_neurons_destroy(found);
}

/* The same whatever the number of threads, and for the same seed. */
static void same(void **state) {
    (void)state;
    rnn_neurons_plan plan = {.shifts = 2, .seed = 9, .threads = 1};
    rnn_neurons *one = find(&plan);
    plan.threads = 3;
    rnn_neurons *three = find(&plan);
    for (size_t i = 0; i < one->count; i++) {
        assert_int_equal(one->rows[i].scored, three->rows[i].scored);
        if (!one->rows[i].scored)
            continue;
        assert_true(one->rows[i].chance == three->rows[i].chance);
        for (size_t u = 0; u < one->units; u++) {
            assert_int_equal(one->rows[i].ranked[u].unit, three->rows[i].ranked[u].unit);
            assert_true(one->rows[i].ranked[u].score == three->rows[i].ranked[u].score);
        }
    }
    rnn_neurons_destroy(one);
    rnn_neurons_destroy(three);
}

static void refused(void **state) {
    (void)state;
    rnn_neurons *found;
    rnn_error error;
    rnn_neurons_plan plan = {.shifts = 1, .threads = 1};
    rnn_span little = {5, 900};
    assert_int_equal(rnn_neurons_find(&found, model, symbols, little, &plan, &error),
                     RNN_ERR_RANGE);
    assert_non_null(strstr(error.message, "895 characters"));
    /* Each shift has to go somewhere. */
    plan.shifts = 3;
    rnn_span short_of = {5, 2004}, just = {5, 2005};
    assert_int_equal(rnn_neurons_find(&found, model, symbols, short_of, &plan, &error),
                     RNN_ERR_RANGE);
    assert_non_null(strstr(error.message, "2000 are needed with 3 shifts"));
    assert_int_equal(rnn_neurons_find(&found, model, symbols, just, &plan, &error), RNN_OK);
    rnn_neurons_destroy(found);
    plan.shifts = 1;
    rnn_span enough = {5, 1500};
    for (uint64_t nth = 1;; nth++) {
        rnn_allocate_fail(nth, 0);
        rnn_status status = rnn_neurons_find(&found, model, symbols, enough, &plan, &error);
        rnn_allocate_fail(0, 0);
        if (status == RNN_OK)
            break;
        assert_int_equal(status, RNN_ERR_MEMORY);
        assert_null(found);
    }
    rnn_neurons_destroy(found);
}

static int until_half(void *context, double fraction) {
    double *last = context;
    assert_true(fraction > *last && fraction <= 1);
    *last = fraction;
    return fraction < 0.5;
}

/* Who has had enough gets nothing, and it is no failure. */
static void left(void **state) {
    (void)state;
    double last = 0;
    rnn_neurons_plan plan = {.shifts = 2, .threads = 1, .listener = until_half, .context = &last};
    assert_null(find(&plan));
    assert_true(last >= 0.5 && last < 0.6);
}

static int set_up(void **state) {
    (void)state;
    char path[1024];
    rnn_evaluation how = {0};
    planted_text(text, sizeof text);
    model = planted_model(text);
    scratch_make(&directory);
    scratch_write(scratch_name(&directory, "text", path), text, strlen(text));
    const char *inputs[] = {path};
    return rnn_score_read(&symbols, model, inputs, 1, &how, NULL) != RNN_OK;
}

static int tear_down(void **state) {
    (void)state;
    rnn_symbols_destroy(symbols);
    rnn_model_destroy(model);
    scratch_remove(&directory);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted), cmocka_unit_test(counted), cmocka_unit_test(by_chance),
        cmocka_unit_test(means),   cmocka_unit_test(same),    cmocka_unit_test(refused),
        cmocka_unit_test(left),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
