/* SPDX-License-Identifier: MIT
 *
 * test_lines.c - texts as lines, and sets of lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "text/lines.h"

/* Reads all lines and says them as "(line)", with a dot behind one that had a carriage
 * return. */
static void expect(const char *text, int begins, int ends, const char *expected) {
    rnn_lines from = {text, strlen(text), begins, ends};
    rnn_line line;
    char said[200] = "";
    while (rnn_lines_next(&from, &line)) {
        size_t used = strlen(said);
        snprintf(said + used, sizeof said - used, "(%.*s)%s", (int)line.count, line.bytes,
                 line.carriage ? "." : "");
    }
    assert_string_equal(said, expected);
    assert_false(rnn_lines_next(&from, &line));
}

static void reading(void **state) {
    (void)state;
    expect("", 1, 1, "");
    expect("\n", 1, 1, "");
    expect("anna\nbob\n", 1, 0, "(anna)(bob)");
    expect("anna\n\n\nbob\n", 1, 0, "(anna)(bob)");
    expect(" anna \n \n", 1, 0, "( anna )( )");
}

static void ends_of_texts(void **state) {
    (void)state;
    expect("anna\nbob", 1, 1, "(anna)(bob)");
    expect("anna\nbob", 1, 0, "(anna)");
    expect("anna\nbob", 0, 1, "(bob)");
    expect("anna\nbob", 0, 0, "");
    expect("anna", 0, 1, "");
    expect("anna", 1, 0, "");
    expect("\nanna\n", 0, 0, "(anna)");
    expect("", 0, 0, "");
}

static void carriage_returns(void **state) {
    (void)state;
    expect("anna\r\nbob\n", 1, 0, "(anna).(bob)");
    expect("\r\n\r\nanna\r\n", 1, 0, "(anna).");
    expect("an\rna\r\r\n", 1, 0, "(an\rna\r).");
    /* A newline that is not drawn ends this one. */
    expect("anna\r", 1, 1, "(anna).");
}

static void order(void **state) {
    (void)state;
    rnn_line a = {"ann", 3, 0}, b = {"anna", 4, 1}, c = {"b", 1, 0}, d = {"\xC3\xA9", 2, 0};
    assert_true(rnn_line_compare(&a, &b) < 0 && rnn_line_compare(&b, &a) > 0);
    assert_true(rnn_line_compare(&b, &c) < 0 && rnn_line_compare(&c, &d) < 0);
    rnn_line same = {"anna", 4, 0};
    assert_int_equal(rnn_line_compare(&b, &same), 0);
}

static void sets(void **state) {
    (void)state;
    rnn_line_set *set;
    char line[16];
    assert_int_equal(rnn_line_set_create(&set, NULL), RNN_OK);
    assert_false(rnn_line_set_has(set, "anna", 4));
    for (int twice = 0; twice < 2; twice++)
        for (int i = 0; i < 5000; i++)
            assert_true(
                rnn_line_set_add(set, line, (size_t)snprintf(line, sizeof line, "line %d", i)));
    assert_int_equal(rnn_line_set_count(set), 5000);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(
            rnn_line_set_has(set, line, (size_t)snprintf(line, sizeof line, "line %d", i)),
            i < 5000);
    /* Exactly: no blank more or less. */
    assert_false(rnn_line_set_has(set, "line 1 ", 7));
    assert_false(rnn_line_set_has(set, "line ", 5));
    rnn_line_set_destroy(set);
    rnn_line_set_destroy(NULL);
}

static void memory_is_short(void **state) {
    (void)state;
    rnn_line_set *set;
    for (uint64_t nth = 1; nth <= 2; nth++) {
        rnn_allocate_fail(nth, 0);
        assert_int_equal(rnn_line_set_create(&set, NULL), RNN_ERR_MEMORY);
        rnn_allocate_fail(0, 0);
        assert_null(set);
    }
    assert_int_equal(rnn_line_set_create(&set, NULL), RNN_OK);
    rnn_allocate_fail(1, 1);
    size_t added = 0;
    char line[16];
    while (rnn_line_set_add(set, line, (size_t)snprintf(line, sizeof line, "%zu", added)))
        added++;
    rnn_allocate_fail(0, 0);
    assert_true(added >= 100);
    assert_int_equal(rnn_line_set_count(set), added);
    rnn_line_set_destroy(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading),
        cmocka_unit_test(ends_of_texts),
        cmocka_unit_test(carriage_returns),
        cmocka_unit_test(order),
        cmocka_unit_test(sets),
        cmocka_unit_test(memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
