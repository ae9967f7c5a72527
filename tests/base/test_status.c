/* SPDX-License-Identifier: MIT
 *
 * test_status.c - each status has words of its own, and an error keeps what it is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/status.h"

static void test_words(void **state) {
    (void)state;
    const char *unknown = rnn_status_text((rnn_status)99);
    for (int i = RNN_OK; i <= RNN_ERR_DIVERGED; i++) {
        assert_string_not_equal(rnn_status_text((rnn_status)i), unknown);
        for (int j = RNN_OK; j < i; j++)
            assert_string_not_equal(rnn_status_text((rnn_status)i), rnn_status_text((rnn_status)j));
    }
    assert_string_equal(rnn_status_text((rnn_status)(RNN_ERR_DIVERGED + 1)), unknown);
}

static void test_fail(void **state) {
    (void)state;
    rnn_error error = {RNN_OK, "before"};
    assert_int_equal(rnn_fail(&error, RNN_ERR_IO, "%s: %d", "file", 7), RNN_ERR_IO);
    assert_int_equal(error.code, RNN_ERR_IO);
    assert_string_equal(error.message, "file: 7");
    rnn_error_prefix(&error, "%s", "folder");
    assert_non_null(strstr(error.message, "folder"));
    assert_non_null(strstr(error.message, "file: 7"));
    assert_int_equal(rnn_fail(NULL, RNN_ERR_RANGE, "nobody listens"), RNN_ERR_RANGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_words), cmocka_unit_test(test_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
