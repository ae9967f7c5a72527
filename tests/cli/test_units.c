/* SPDX-License-Identifier: MIT
 *
 * test_units.c - units as they are written on a command line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/units.h"

static void expect(const char *list, int with_values, size_t wanted, const rnn_clamp *units) {
    rnn_clamp *got;
    size_t count;
    assert_int_equal(units_read(&got, &count, list, with_values, "clamp", NULL), RNN_OK);
    assert_int_equal(count, wanted);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(got[i].layer, units[i].layer);
        assert_int_equal(got[i].unit, units[i].unit);
        assert_true(got[i].value == units[i].value);
    }
    rnn_free(got);
}

static void test_lists(void **state) {
    (void)state;
    expect("", 0, 0, NULL);
    expect("0:17", 0, 1, (const rnn_clamp[]){{0, 17, 0}});
    expect("0:17,2:511", 0, 2, (const rnn_clamp[]){{0, 17, 0}, {2, 511, 0}});
    expect("0:17=1,1:5=-0.5", 1, 2, (const rnn_clamp[]){{0, 17, 1}, {1, 5, -0.5f}});
    expect("1:0=1e-1", 1, 1, (const rnn_clamp[]){{1, 0, 0.1f}});
    expect("0:1,0:1", 0, 2, (const rnn_clamp[]){{0, 1, 0}, {0, 1, 0}});
    expect("0:1=1,0:2=0,0:1=1", 1, 2, (const rnn_clamp[]){{0, 1, 1}, {0, 2, 0}});
}

static void test_refused(void **state) {
    (void)state;
    static const char *const units[] = {"17",       "0:",   ":1",      "0:x",  "-1:2",
                                        "0:1,,0:2", " 0:1", "0:1=0.5", "0:1;", "0:99999999999",
                                        ",",        "0:1 ", "0:1,"};
    static const char *const values[] = {"0:1",     "0:1=",   "0:1=2",   "0:1=-1.01", "0:1=nan",
                                         "0:1=inf", "0:1=1x", "0:1=one", "0:1:1",     "=1",
                                         "0:1=1,",  "0:1= 1", "0:1=1 "};
    for (size_t i = 0; i < sizeof units / sizeof *units + sizeof values / sizeof *values; i++) {
        int with_values = i >= sizeof units / sizeof *units;
        const char *list = with_values ? values[i - sizeof units / sizeof *units] : units[i];
        rnn_clamp *got;
        size_t count;
        rnn_error error = {0};
        if (units_read(&got, &count, list, with_values, "clamp", &error) != RNN_ERR_RANGE)
            fail_msg("'%s' is taken", list);
        assert_null(got);
        assert_int_equal(count, 0);
        assert_non_null(strstr(error.message, "--clamp"));
        assert_non_null(strstr(error.message, with_values ? "0:17=1" : "as in 0:17"));
    }
}

static void test_one_value_each(void **state) {
    (void)state;
    rnn_clamp *got;
    size_t count;
    rnn_error error = {0};
    assert_int_equal(units_read(&got, &count, "0:1=1,1:1=0,0:1=-1", 1, "clamp", &error),
                     RNN_ERR_RANGE);
    assert_null(got);
    assert_non_null(strstr(error.message, "0:1 cannot be held at 1 and at -1"));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lists), cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_one_value_each)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
