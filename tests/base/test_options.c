/* SPDX-License-Identifier: MIT
 *
 * test_options.c - the generic option table: names, values, ranges, words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/numbers.h"
#include "base/options.h"

typedef struct sample {
    int flag, off, number, choice;
    int64_t big;
    uint64_t seed;
    double real, open, seconds;
    const char *text;
    int rows, cell;
    int64_t steps;
    double rate;
} sample;

#define AT(member) offsetof(sample, member)

static const rnn_option_alias number_aliases[] = {{"rnn-size", "flag=0"}, {"n", NULL}, {0}};

static const rnn_option table[] = {
    {"flag", RNN_OPTION_FLAG, AT(flag), "1", 0, 0, 0, NULL, NULL, "A", "", NULL},
    {"off", RNN_OPTION_FLAG, AT(off), "0", 0, 0, 0, NULL, NULL, "A", "", NULL},
    {"hidden-size", RNN_OPTION_INT, AT(number), "128", 1, 1000, 0, NULL, "N", "A", "",
     number_aliases},
    {"kind", RNN_OPTION_CHOICE, AT(choice), "lstm", 0, 0, 0, "tanh|rnn gru lstm", "K", "A", "",
     NULL},
    {"big", RNN_OPTION_INT64, AT(big), "-3", -10, HUGE_VAL, 0, NULL, "N", "A", "", NULL},
    {"seed", RNN_OPTION_UINT64, AT(seed), "123", 0, HUGE_VAL, 0, NULL, "N", "A", "", NULL},
    {"real", RNN_OPTION_REAL, AT(real), "0.002", 0, 1, 0, NULL, "X", "A", "", NULL},
    {"open", RNN_OPTION_REAL, AT(open), "0.5", 0, 1, RNN_OPTION_ABOVE | RNN_OPTION_BELOW, NULL, "X",
     "A", "", NULL},
    {"time", RNN_OPTION_DURATION, AT(seconds), "3m", 0, HUGE_VAL, 0, NULL, "T", "A", "", NULL},
    {"text", RNN_OPTION_TEXT, AT(text), "hello", 0, 0, 0, NULL, "T", "A", "", NULL},
    {"rows", RNN_OPTION_INT, AT(rows), "auto", 1, 9, RNN_OPTION_AUTO, NULL, "N", "A", "", NULL},
    {"cell", RNN_OPTION_CHOICE, AT(cell), "auto", 0, 0, RNN_OPTION_AUTO, "tanh gru", "K", "A", "",
     NULL},
    {"steps", RNN_OPTION_INT64, AT(steps), "auto", 1, 9, RNN_OPTION_AUTO, NULL, "N", "A", "", NULL},
    {"rate", RNN_OPTION_REAL, AT(rate), "auto", 0, 9, RNN_OPTION_AUTO, NULL, "X", "A", "", NULL},
};

#define ROWS (sizeof table / sizeof table[0])

static const rnn_option *row(const char *name) {
    const rnn_option *option = rnn_options_find(table, ROWS, name, NULL, NULL);
    assert_non_null(option);
    return option;
}

static int set(sample *target, const char *name, const char *text) {
    return rnn_options_set(row(name), target, text, NULL) == RNN_OK;
}

static void test_defaults(void **state) {
    (void)state;
    sample values;
    memset(&values, 0x55, sizeof values);
    rnn_options_fill(table, ROWS, &values);
    assert_int_equal(values.flag, 1);
    assert_int_equal(values.off, 0);
    assert_int_equal(values.number, 128);
    assert_int_equal(values.choice, 2);
    assert_int_equal(values.big, -3);
    assert_int_equal(values.seed, 123);
    assert_true(values.real == 0.002);
    assert_true(values.seconds == 180);
    assert_string_equal(values.text, "hello");
}

static void test_find(void **state) {
    (void)state;
    const rnn_option_alias *alias;
    int negated;
    assert_ptr_equal(row("hidden_size"), &table[2]);
    assert_ptr_equal(rnn_options_find(table, ROWS, "rnn_size", &alias, &negated), &table[2]);
    assert_string_equal(alias->implies, "flag=0");
    assert_ptr_equal(rnn_options_find(table, ROWS, "no-flag", &alias, &negated), &table[0]);
    assert_int_equal(negated, 1);
    assert_null(alias);
    assert_ptr_equal(rnn_options_find(table, ROWS, "n", &alias, &negated), &table[2]);
    assert_int_equal(negated, 0);
    /* Only a flag can be negated, and only where the caller asks for it. */
    assert_null(rnn_options_find(table, ROWS, "no-text", NULL, &negated));
    assert_null(rnn_options_find(table, ROWS, "no-flag", NULL, NULL));
    assert_null(rnn_options_find(table, ROWS, "hidden", NULL, NULL));
    assert_null(rnn_options_find(table, ROWS, "", NULL, NULL));
}

static void test_nearest(void **state) {
    (void)state;
    size_t distance;
    assert_ptr_equal(rnn_options_nearest(table, ROWS, "hiden-size", &distance), &table[2]);
    assert_int_equal(distance, 1);
    assert_ptr_equal(rnn_options_nearest(table, ROWS, "hidden_szie", &distance), &table[2]);
    assert_ptr_equal(rnn_options_nearest(table, ROWS, "hidden", &distance), &table[2]);
    assert_ptr_equal(rnn_options_nearest(table, ROWS, "rnn-sise", &distance), &table[2]);
    assert_null(rnn_options_nearest(table, ROWS, "entirely-else", &distance));
    assert_null(rnn_options_nearest(table, ROWS, "xy", &distance));
    assert_int_equal(rnn_options_distance("abcd", "acbd"), 1);
    assert_int_equal(rnn_options_distance("", "abc"), 3);
    assert_int_equal(rnn_options_distance("kitten", "sitting"), 3);
}

static void test_whole_numbers(void **state) {
    (void)state;
    sample values = {0};
    assert_true(set(&values, "hidden-size", "1000"));
    assert_int_equal(values.number, 1000);
    assert_true(set(&values, "hidden-size", "1e2"));
    assert_int_equal(values.number, 100);
    static const char *const wrong[] = {"0",
                                        "1001",
                                        "1.5",
                                        "",
                                        "x",
                                        "12x",
                                        " 12",
                                        "12 ",
                                        "0x10",
                                        "nan",
                                        "inf",
                                        "1e99",
                                        "99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(set(&values, "hidden-size", wrong[i]));
    assert_int_equal(values.number, 100);
    assert_true(set(&values, "big", "-10"));
    assert_false(set(&values, "big", "-11"));
    assert_true(set(&values, "big", "9223372036854775807"));
    assert_false(set(&values, "big", "9223372036854775808"));
    assert_true(values.big == INT64_MAX);
    assert_true(set(&values, "seed", "9223372036854775807"));
    assert_false(set(&values, "seed", "-1"));
}

static void test_reals(void **state) {
    (void)state;
    sample values = {0};
    assert_true(set(&values, "real", "1"));
    assert_true(set(&values, "real", "2.5e-3"));
    assert_true(values.real == 2.5e-3);
    assert_false(set(&values, "real", "1.0001"));
    assert_false(set(&values, "real", "-0.1"));
    assert_false(set(&values, "real", "nan"));
    assert_false(set(&values, "real", "0,5"));
    assert_false(set(&values, "open", "0"));
    assert_false(set(&values, "open", "1"));
    assert_true(set(&values, "open", "0.999"));
}

static void test_durations(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double seconds;
    } right[] = {{"90", 90},     {"90s", 90},   {"3m", 180}, {"1h30m", 5400}, {"2h5s", 7205},
                 {"1.5h", 5400}, {"1d", 86400}, {"0", 0},    {"0.25", 0.25},  {"2.5s", 2.5}};
    static const char *const wrong[] = {"", "m", "3x", "3m2h", "3m3m", "1h-5m", "h3", "3 m", "-5"};
    sample values = {0};
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        assert_true(set(&values, "time", right[i].text));
        assert_true(values.seconds == right[i].seconds);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(set(&values, "time", wrong[i]));
}

static void test_choices_and_flags(void **state) {
    (void)state;
    sample values = {0};
    assert_true(set(&values, "kind", "rnn"));
    assert_int_equal(values.choice, 0);
    assert_true(set(&values, "kind", "gru"));
    assert_int_equal(values.choice, 1);
    assert_false(set(&values, "kind", "gr"));
    assert_false(set(&values, "kind", "tanh|rnn"));
    assert_false(set(&values, "kind", ""));
    assert_true(set(&values, "flag", "no"));
    assert_int_equal(values.flag, 0);
    assert_true(set(&values, "flag", "true"));
    assert_int_equal(values.flag, 1);
    assert_false(set(&values, "flag", "2"));
}

static void test_messages(void **state) {
    (void)state;
    sample values = {0};
    rnn_error error = {0};
    assert_int_equal(rnn_options_set(row("hidden-size"), &values, "0", &error), RNN_ERR_RANGE);
    assert_string_equal(error.message,
                        "hidden-size must be a whole number from 1 to 1000, not '0'");
    rnn_options_set(row("kind"), &values, "cnn", &error);
    assert_string_equal(error.message, "kind must be one of tanh, gru, lstm, not 'cnn'");
    rnn_options_set(row("open"), &values, "1", &error);
    assert_string_equal(error.message, "open must be a number above 0 and below 1, not '1'");
    rnn_options_set(row("big"), &values, "-11", &error);
    assert_string_equal(error.message, "big must be a whole number of at least -10, not '-11'");
}

/* What is printed is read back as the same value. */
static void test_print(void **state) {
    (void)state;
    static const struct {
        const char *name, *text, *printed;
    } cases[] = {{"flag", "no", "0"},        {"hidden-size", "7", "7"},
                 {"kind", "rnn", "tanh"},    {"kind", "lstm", "lstm"},
                 {"big", "-7", "-7"},        {"seed", "9223372036854775807", "9223372036854775807"},
                 {"real", "0.1", "0.1"},     {"real", "0.3333333333333333", "0.3333333333333333"},
                 {"real", "1e-8", "1e-08"},  {"time", "5400", "1h30m"},
                 {"time", "90.5", "90.5"},   {"time", "0", "0"},
                 {"time", "3661", "1h1m1s"}, {"time", "86400", "24h"},
                 {"text", "a b", "a b"},     {"text", "", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sample values = {0}, again = {0};
        char printed[64], cut[3];
        const rnn_option *option = row(cases[i].name);
        assert_true(set(&values, cases[i].name, cases[i].text));
        size_t length = rnn_options_print(option, &values, printed, sizeof printed);
        assert_string_equal(printed, cases[i].printed);
        assert_int_equal(length, strlen(printed));
        assert_int_equal(rnn_options_print(option, &values, cut, sizeof cut), length);
        assert_true(strlen(cut) <= 2 && strncmp(cut, printed, strlen(cut)) == 0);
        assert_true(set(&again, cases[i].name, printed));
        assert_true(rnn_options_equal(option, &values, &again));
    }
}

static void test_check(void **state) {
    (void)state;
    sample values;
    rnn_error error = {0};
    rnn_options_fill(table, ROWS, &values);
    for (size_t i = 0; i < ROWS; i++)
        assert_int_equal(rnn_options_check(&table[i], &values, NULL), RNN_OK);
    values.number = 0;
    values.choice = 3;
    values.real = NAN;
    values.flag = 2;
    values.seed = UINT64_MAX;
    values.seconds = INFINITY;
    static const char *const wrong[] = {"hidden-size", "kind", "real", "flag", "seed", "time"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(rnn_options_check(row(wrong[i]), &values, &error), RNN_ERR_RANGE);
        assert_int_equal(strncmp(error.message, wrong[i], strlen(wrong[i])), 0);
    }
    values.choice = -1;
    assert_int_equal(rnn_options_check(row("kind"), &values, &error), RNN_ERR_RANGE);
}

static void test_copy(void **state) {
    (void)state;
    sample from, to;
    rnn_options_fill(table, ROWS, &from);
    memset(&to, 0, sizeof to);
    for (size_t i = 0; i < ROWS; i++) {
        if (table[i].type != RNN_OPTION_FLAG)
            assert_false(rnn_options_equal(&table[i], &from, &to));
        rnn_options_copy(&table[i], &to, &from);
        assert_true(rnn_options_equal(&table[i], &from, &to));
    }
}

static void test_auto(void **state) {
    (void)state;
    static const char *const names[] = {"rows", "cell", "steps", "rate"};
    static const char *const values[] = {"2", "gru", "3", "0.5"};
    for (size_t i = 0; i < 4; i++) {
        const rnn_option *option = row(names[i]);
        sample filled, one = {0}, other = {0};
        char printed[64];
        rnn_error error = {0};
        rnn_options_fill(table, ROWS, &filled);
        assert_true(rnn_options_is_auto(option, &filled));
        assert_int_equal(rnn_options_check(option, &filled, NULL), RNN_OK);
        rnn_options_print(option, &filled, printed, sizeof printed);
        assert_string_equal(printed, "auto");
        assert_true(set(&one, names[i], values[i]));
        assert_false(rnn_options_is_auto(option, &one));
        assert_true(set(&one, names[i], "auto") && rnn_options_is_auto(option, &one));
        assert_true(rnn_options_equal(option, &one, &filled));
        /* Whatever else is outside the range stays so, and the message knows of auto. */
        assert_int_equal(rnn_options_set(option, &other, "-2", &error), RNN_ERR_RANGE);
        assert_non_null(strstr(error.message, "must be auto or "));
    }
    sample values_of_others;
    assert_false(set(&values_of_others, "hidden-size", "auto"));
    rnn_options_fill(table, ROWS, &values_of_others);
    values_of_others.number = RNN_AUTO;
    assert_false(rnn_options_is_auto(row("hidden-size"), &values_of_others));
    assert_int_equal(rnn_options_check(row("hidden-size"), &values_of_others, NULL), RNN_ERR_RANGE);
}

/* A host program's locale must not change what a file or a command line means. */
static void test_locale(void **state) {
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "fr_FR.utf8",
                                        "ps_AF.UTF-8", "ps_AF.utf8", "ps_AF"};
    int tried = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!setlocale(LC_NUMERIC, names[i]))
            continue;
        double half, many, seconds, none;
        char printed[40], whole[40];
        int read = rnn_numbers_read_real("0.5", &half) && rnn_numbers_read_real("-12.5e2", &many) &&
                   rnn_numbers_read_duration("1.5h2m", &seconds);
        int refused = !rnn_numbers_read_real("1.2.3", &none) &&
                      !rnn_numbers_read_real(".", &none) && !rnn_numbers_read_real("1,5", &none);
        rnn_numbers_print_real(0.25, printed, sizeof printed);
        rnn_numbers_print_real(1e100, whole, sizeof whole);
        setlocale(LC_NUMERIC, "C");
        assert_true(read && half == 0.5 && many == -1250 && seconds == 5520);
        assert_true(refused);
        assert_string_equal(printed, "0.25");
        assert_string_equal(whole, "1e+100");
        tried++;
    }
    if (!tried)
        skip();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_whole_numbers),
        cmocka_unit_test(test_reals),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_choices_and_flags),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_auto),
        cmocka_unit_test(test_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
