/* SPDX-License-Identifier: MIT
 *
 * test_as_json.c - text of any bytes becomes a JSON string.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "text/as_json.h"

#define FFFD "\xEF\xBF\xBD"

static void check(const char *text, const char *expected) {
    json_t *string = rnn_text_as_json(text);
    assert_non_null(string);
    assert_string_equal(json_string_value(string), expected);
    json_decref(string);
}

static void test_text_stays(void **state) {
    (void)state;
    check("", "");
    check("book.txt", "book.txt");
    check("\xC3\xA9t\xC3\xA9 \xF0\x9F\x98\x80 \"\\\n", "\xC3\xA9t\xC3\xA9 \xF0\x9F\x98\x80 \"\\\n");
}

static void test_other_bytes_are_replaced(void **state) {
    (void)state;
    check("caf\xE9.txt", "caf" FFFD ".txt");
    check("\xFF\xFE", FFFD FFFD);
    check("cut \xE2\x82", "cut " FFFD FFFD); /* the end of a character is missing */
    check("\xED\xA0\x80", FFFD FFFD FFFD);   /* a surrogate */
    check("\xC0\xAF"
          "a\x80",
          FFFD FFFD "a" FFFD); /* overlong; a byte that continues nothing */
}

static void test_memory(void **state) {
    (void)state;
    rnn_allocate_fail(1, 0);
    assert_null(rnn_text_as_json("book"));
    rnn_allocate_fail(0, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_stays),
        cmocka_unit_test(test_other_bytes_are_replaced),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
