/* SPDX-License-Identifier: MIT
 *
 * test_planner.c - what is chosen for a text, a machine of made-up speed, and a time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "training/planner.h"
#include "training/settings.h"

/* A machine that does so many multiplications a second, whatever the shape. */
typedef struct machine {
    double products;
    int asked;      /* how often it was measured */
    double measure; /* seconds of measuring wished for in all */
    int fails_at;   /* the measurement that fails; 0: none */
} machine;

static rnn_status speed(void *context, const rnn_training *how, double seconds, double *out,
                        rnn_error *error) {
    machine *m = context;
    rnn_training check = *how;
    assert_false(rnn_settings_leave(how));
    assert_int_equal(rnn_settings_check(&check, error), RNN_OK);
    m->measure += seconds;
    if (++m->asked == m->fails_at)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory");
    double weights = 4.0 * how->hidden_size * how->hidden_size * (2 * how->num_layers - 1);
    *out = m->products / (3 * weights);
    return RNN_OK;
}

/* Two cores of the year 2023: 38 thousand characters a second through 384 cells. */
#define LAPTOP 68e9

static rnn_plan plan(rnn_training *how, uint64_t characters, int symbols, double seconds,
                     double products) {
    machine m = {.products = products};
    rnn_plan out;
    how->seconds = seconds;
    rnn_settings_resolve(how);
    how->max_symbols = 0; /* that is decided where the text is read */
    rnn_plan_task task = {characters, symbols, seconds, speed, &m};
    assert_int_equal(rnn_plan_settings(&out, how, &task, NULL), RNN_OK);
    assert_false(rnn_settings_leave(how));
    assert_int_equal(rnn_settings_check(how, NULL), RNN_OK);
    assert_in_range(out.lines, 3, RNN_PLAN_LINES);
    for (int i = 0; i < out.lines; i++)
        assert_in_range(strlen(out.line[i]), 20, RNN_PLAN_ROOM - 2);
    assert_true(m.measure <= 0.02 * seconds);
    return out;
}

static rnn_training planned(uint64_t characters, double seconds) {
    rnn_training how;
    rnn_training_defaults(&how);
    plan(&how, characters, 65, seconds, LAPTOP);
    return how;
}

static double size(const rnn_training *how) {
    return (double)how->hidden_size * how->hidden_size * (2 * how->num_layers - 1);
}

/* As planned, but for a network that reads no vectors of n-grams. */
static rnn_training planned_plain(uint64_t characters, double seconds) {
    rnn_training how;
    rnn_training_defaults(&how);
    how.ngrams = 1;
    plan(&how, characters, 65, seconds, LAPTOP);
    return how;
}

/* More time or a faster machine never make it smaller, nor does more text. Only vectors of n-grams
 * that do not come through a long text leave the time to reading. */
static void test_growth(void **state) {
    (void)state;
    static const uint64_t texts[] = {2, 20000, 200000, 1000000, 10000000, 600000000};
    static const double times[] = {1, 10, 60, 180, 600, 3600, 36000};
    for (size_t i = 0; i < 6; i++)
        for (size_t j = 0; j < 7; j++) {
            rnn_training how = planned(texts[i], times[j]),
                         plain = planned_plain(texts[i], times[j]);
            assert_true(size(&how) <= size(&plain));
            if (i > 0) {
                rnn_training shorter = planned_plain(texts[i - 1], times[j]);
                assert_true(size(&plain) >= size(&shorter));
            }
            if (j > 0) {
                rnn_training hastier = planned(texts[i], times[j - 1]);
                assert_true(size(&how) >= size(&hastier));
            }
        }
    rnn_training small = planned(20000, 36000), large = planned(600000000, 36000);
    assert_true(10 * size(&small) < size(&large));
    rnn_training reading = planned(600000000, 60), plain = planned_plain(600000000, 60);
    assert_true(size(&reading) < size(&plain));
}

/* Weights are dropped where the text is read often, and the more of them the oftener; outputs
 * where that is not enough. */
static void test_drop(void **state) {
    (void)state;
    double last = 0, last_output = 0;
    rnn_training once = planned(600000000, 600);
    assert_true(once.weight_drop == 0);
    for (double seconds = 10; seconds < 1e5; seconds *= 3) {
        rnn_training how;
        rnn_training_defaults(&how);
        how.num_layers = 1;
        how.hidden_size = 256;
        plan(&how, 1000000, 65, seconds, LAPTOP);
        assert_true(how.weight_drop >= last && how.weight_drop < 0.7);
        last = how.weight_drop;
        assert_true(how.output_dropout >= last_output && how.output_dropout < 0.7);
        assert_true(how.output_dropout == 0 || how.weight_drop >= 0.6);
        last_output = how.output_dropout;
    }
    assert_true(last > 0.4 && last_output > 0.2);
    rnn_training small = planned(20000, 180);
    assert_true(small.weight_drop > 0.4);
    /* What is told is what was left to be chosen. */
    rnn_training how;
    rnn_training_defaults(&how);
    rnn_plan both = plan(&how, 20000, 65, 600, LAPTOP);
    assert_non_null(strstr(both.line[both.lines - 1], "weights and "));
    rnn_training_defaults(&how);
    how.weight_drop = 0.3;
    rnn_plan outputs = plan(&how, 20000, 65, 600, LAPTOP);
    assert_null(strstr(outputs.line[outputs.lines - 1], "weights"));
    assert_non_null(strstr(outputs.line[outputs.lines - 1], "% of the outputs dropped"));
}

/* Longer texts bear longer n-grams and more of them; the oftener a text is read, the more of
 * them are dropped. */
static void test_ngrams(void **state) {
    (void)state;
    int last = 0, last_rows = 0;
    for (uint64_t characters = 10000; characters < 1000000000; characters *= 4) {
        rnn_training how = planned(characters, 60);
        assert_true(how.ngrams >= last && how.ngrams >= 2 && how.ngram_rows >= last_rows);
        last = how.ngrams;
        last_rows = how.ngram_rows;
    }
    assert_int_equal(last, 6);
    assert_int_equal(last_rows, 131072);
    assert_true(planned(600000000, 60).ngram_dropout == 0);
    double dropped = 0;
    for (double seconds = 60; seconds < 1e4; seconds *= 3) {
        rnn_training how = planned(1000000, seconds);
        assert_true(how.ngram_dropout >= dropped && how.ngram_dropout <= 0.5);
        dropped = how.ngram_dropout;
    }
    assert_true(dropped > 0.2);
    /* As measured: where 2 to 5 are better than 2 alone, level, worse (docs/planner.md). */
    static const struct {
        uint64_t characters;
        double from, to; /* passes */
        int ngrams;
    } measured[] = {{2600000, 18, 29, 5}, {1000000, 4, 7, 5}, {1000000, 8, 18, 2}};
    for (size_t i = 0; i < sizeof measured / sizeof *measured; i++) {
        int met = 0;
        for (double seconds = 60; seconds < 1e5; seconds *= 1.1) {
            rnn_training how;
            rnn_training_defaults(&how);
            double passes = plan(&how, measured[i].characters, 65, seconds, LAPTOP).passes;
            if (passes < measured[i].from || passes > measured[i].to)
                continue;
            assert_int_equal(how.ngrams, measured[i].ngrams);
            met++;
        }
        assert_true(met > 0);
    }
    rnn_training how;
    rnn_training_defaults(&how);
    rnn_plan told = plan(&how, 3000000, 65, 400, LAPTOP);
    assert_non_null(strstr(told.line[2], "vectors for the last 2 to 5: 16 numbers each"));
    assert_non_null(strstr(told.line[2], "are dropped"));
    rnn_training_defaults(&how);
    how.ngrams = 1;
    told = plan(&how, 1000000, 65, 600, LAPTOP);
    assert_true(how.ngram_dropout == 0);
    assert_null(strstr(told.line[2], "vectors"));
}

/* Where there would be few steps, there are fewer streams, unless they are given. */
static void test_streams(void **state) {
    (void)state;
    int last = 0;
    for (double seconds = 1; seconds < 1e5; seconds *= 2) {
        rnn_training how = planned(10000000, seconds);
        assert_true(how.batch_size >= last && how.batch_size >= 8 && how.batch_size <= 32);
        last = how.batch_size;
    }
    assert_int_equal(planned(10000000, 1).batch_size, 8);
    assert_int_equal(last, 32);
    rnn_training how;
    rnn_training_defaults(&how);
    how.batch_size = 100;
    plan(&how, 10000000, 65, 1, LAPTOP);
    assert_int_equal(how.batch_size, 100);
}

/* As measured: what is wider is level or better up to 3.6 weights a character and from 1,000 steps
 * of 32 streams on, which are halved as long as there are no 2,000 (docs/planner.md). */
static void test_shape(void **state) {
    (void)state;
    static const struct {
        uint64_t characters;
        double seconds;
        int hidden, streams;
    } measured[] = {{20000, 3600, 128, 32},
                    {48000, 3600, 192, 32},
                    {1000000, 1e5, 768, 32},
                    {2606581, 1e5, 1536, 32},
                    {1000000, 30, 256, 16}};
    for (size_t i = 0; i < sizeof measured / sizeof *measured; i++) {
        rnn_training how = planned(measured[i].characters, measured[i].seconds);
        assert_int_equal(how.num_layers, 1);
        assert_int_equal(how.hidden_size, measured[i].hidden);
        assert_int_equal(how.batch_size, measured[i].streams);
    }
}

/* Without a mean of gradients the rate is higher. */
static void test_rate(void **state) {
    (void)state;
    rnn_training plain, mean;
    rnn_training_defaults(&plain);
    plain.hidden_size = 256;
    mean = plain;
    mean.beta1 = 0.9;
    plan(&plain, 1000000, 65, 180, LAPTOP);
    plan(&mean, 1000000, 65, 180, LAPTOP);
    assert_true(plain.beta1 == 0 && mean.beta1 == 0.9);
    assert_true(mean.learning_rate == 1e-2 && plain.learning_rate > mean.learning_rate);
}

static void test_expectation(void **state) {
    (void)state;
    rnn_training how;
    rnn_training_defaults(&how);
    how.num_layers = 1;
    how.hidden_size = 100;
    rnn_plan slow = plan(&how, 1000000, 65, 100, 3 * 4 * 1e4 * 1000);
    assert_true(fabs(slow.characters_per_second - 1000) < 1);
    assert_true(fabs(slow.passes - 0.1) < 0.01);
    assert_non_null(strstr(slow.line[0], "1 layer of 100 LSTM cells, as given"));
    assert_non_null(strstr(slow.line[1], "1 thousand characters a second"));
}

/* Another budget may end the run before its time: what is left out goes by what is read. */
static void test_budgets(void **state) {
    (void)state;
    rnn_training how;
    rnn_training_defaults(&how);
    how.epochs = 2;
    rnn_plan twice = plan(&how, 1000000, 65, 3600, LAPTOP);
    assert_true(fabs(twice.passes - 2) < 1e-9);
    assert_non_null(strstr(twice.line[1], "2 million in all, 2 passes"));
    assert_int_equal(how.ngrams, 5);
    assert_true(how.weight_drop == 0 && how.ngram_dropout == 0);
    assert_int_equal(how.warmup_steps, 50);
    rnn_training_defaults(&how);
    how.steps = 40;
    plan(&how, 1000000, 65, 3600, LAPTOP);
    assert_int_equal(how.warmup_steps, 4);
}

/* What bounds the size is told: the time here, the text there. */
static void test_reasons(void **state) {
    (void)state;
    rnn_training how;
    rnn_training_defaults(&how);
    rnn_plan hasty = plan(&how, 600000000, 100, 60, LAPTOP);
    assert_non_null(strstr(hasty.line[0], "in the time"));
    rnn_training_defaults(&how);
    rnn_plan patient = plan(&how, 20000, 30, 3600, LAPTOP);
    assert_non_null(strstr(patient.line[0], "by heart"));
    rnn_training_defaults(&how);
    rnn_plan endless = plan(&how, UINT64_C(1) << 50, 30, 1e9, LAPTOP);
    assert_null(strstr(endless.line[0], ";"));
}

/* Whatever is given stands, alone and all together. */
static void test_given(void **state) {
    (void)state;
    static const char *const given[][2] = {
        {"cell", "gru"},          {"num-layers", "3"},        {"hidden-size", "100"},
        {"embedding-size", "7"},  {"dropout", "0.4"},         {"output-dropout", "0.3"},
        {"weight-drop", "0.2"},   {"batch-size", "5"},        {"seq-length", "11"},
        {"optimizer", "sgd"},     {"learning-rate", "0.123"}, {"beta1", "0.8"},
        {"beta2", "0.95"},        {"weight-decay", "0.5"},    {"clip-norm", "3"},
        {"warmup-steps", "9"},    {"schedule", "linear"},     {"passage", "1000"},
        {"ngrams", "7"},          {"ngram-size", "9"},        {"ngram-rows", "77"},
        {"ngram-dropout", "0.7"},
    };
    size_t count, n = sizeof given / sizeof given[0];
    const rnn_option *table = rnn_settings_table(&count);
    for (size_t i = 0; i <= n; i++) {
        rnn_training how, asked;
        rnn_training_defaults(&how);
        for (size_t j = 0; j < n; j++)
            if (i == j || i == n)
                assert_int_equal(
                    rnn_options_set(rnn_options_find(table, count, given[j][0], NULL, NULL), &how,
                                    given[j][1], NULL),
                    RNN_OK);
        asked = how;
        plan(&how, 1000000, 65, 180, LAPTOP);
        for (size_t row = 0; row < count; row++)
            if (table[row].offset != offsetof(rnn_training, seconds) &&
                !rnn_options_is_auto(&table[row], &asked))
                assert_true(rnn_options_equal(&table[row], &how, &asked));
    }
}

static void test_tied(void **state) {
    (void)state;
    rnn_training how;
    rnn_training_defaults(&how);
    how.tied_output = 1;
    plan(&how, 1000000, 65, 180, LAPTOP);
    assert_int_equal(how.embedding_size, how.hidden_size);
}

/* Thousands of symbols are embedded: one-hot, they would be most of the network. */
static void test_many_symbols(void **state) {
    (void)state;
    rnn_training few, many;
    rnn_training_defaults(&few);
    many = few;
    plan(&few, 2000000, 100, 180, LAPTOP);
    plan(&many, 2000000, 7000, 180, LAPTOP);
    assert_int_equal(few.embedding_size, 0);
    assert_true(many.embedding_size > 0);
}

static void test_failure(void **state) {
    (void)state;
    /* What is too large for the memory is not taken; but something must be. */
    for (int nth = 1; nth <= 3; nth++) {
        machine m = {.products = LAPTOP, .fails_at = nth};
        rnn_training how;
        rnn_plan out;
        rnn_error error = {0};
        rnn_training_defaults(&how);
        how.seconds = 600;
        how.max_symbols = 0;
        rnn_plan_task task = {1000000, 65, 600, speed, &m};
        assert_int_equal(rnn_plan_settings(&out, &how, &task, &error),
                         nth == 1 ? RNN_ERR_MEMORY : RNN_OK);
        if (nth == 1)
            assert_int_equal(m.asked, 1);
        else
            assert_non_null(strstr(out.line[0], "more would not fit into memory"));
        if (nth > 1)
            assert_int_equal(how.hidden_size, nth == 2 ? 64 : 96);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_growth),  cmocka_unit_test(test_drop),
        cmocka_unit_test(test_streams), cmocka_unit_test(test_shape),
        cmocka_unit_test(test_rate),    cmocka_unit_test(test_expectation),
        cmocka_unit_test(test_reasons), cmocka_unit_test(test_given),
        cmocka_unit_test(test_tied),    cmocka_unit_test(test_many_symbols),
        cmocka_unit_test(test_ngrams),  cmocka_unit_test(test_failure),
        cmocka_unit_test(test_budgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
