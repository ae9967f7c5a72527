/* SPDX-License-Identifier: MIT
 *
 * test_figures.c - numbers and paragraphs as people read them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/figures.h"

static void test_counts(void **state) {
    (void)state;
    assert_string_equal(figures_count(0).text, "0");
    assert_string_equal(figures_count(999).text, "999");
    assert_string_equal(figures_count(1000).text, "1,000");
    assert_string_equal(figures_count(1115394).text, "1,115,394");
    assert_string_equal(figures_count(UINT64_MAX).text, "18,446,744,073,709,551,615");
}

static void test_rates(void **state) {
    (void)state;
    assert_string_equal(figures_rate(0).text, "0");
    assert_string_equal(figures_rate(812.4).text, "812");
    assert_string_equal(figures_rate(999.6).text, "1.00k");
    assert_string_equal(figures_rate(12345).text, "12.3k");
    assert_string_equal(figures_rate(123456).text, "123k");
    assert_string_equal(figures_rate(4560000).text, "4.56M");
    assert_string_equal(figures_rate(NAN).text, "0");
    assert_string_equal(figures_rate(-1).text, "0");
}

static void test_seconds(void **state) {
    (void)state;
    assert_string_equal(figures_seconds(0.416).text, "0.42 s");
    assert_string_equal(figures_seconds(2.04).text, "2.0 s");
    assert_string_equal(figures_seconds(9.96).text, "10 s");
    assert_string_equal(figures_seconds(59.6).text, "1 min 00 s");
    assert_string_equal(figures_seconds(185).text, "3 min 05 s");
    assert_string_equal(figures_seconds(7620).text, "2 h 07 min");
    assert_string_equal(figures_seconds(NAN).text, "?");
    assert_string_equal(figures_seconds(-1).text, "?");
}

static void wraps(const char *text, size_t width, size_t indent, size_t column,
                  const char *wanted) {
    char *out = NULL;
    size_t room;
    FILE *file = open_memstream(&out, &room);
    assert_non_null(file);
    figures_wrap(file, text, width, indent, column);
    fclose(file);
    assert_string_equal(out, wanted);
    free(out);
}

static void test_wrap(void **state) {
    (void)state;
    wraps("one two three", 80, 0, 0, "one two three\n");
    wraps("one two three", 7, 0, 0, "one two\nthree\n");
    wraps("one two three", 9, 2, 0, "  one two\n  three\n");
    /* The first line is begun: only what is missing to the indent is added. */
    wraps("one two", 80, 4, 2, "  one two\n");
    wraps("one two", 6, 3, 3, "one\n   two\n");
    /* A word that is too long has a line of its own. */
    wraps("a incomprehensible b", 6, 0, 0, "a\nincomprehensible\nb\n");
    wraps("first\n\nsecond part", 8, 0, 0, "first\n\nsecond\npart\n");
    wraps("", 8, 0, 0, "\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_seconds),
        cmocka_unit_test(test_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
