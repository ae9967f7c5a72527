/* SPDX-License-Identifier: MIT
 *
 * test_outlet.c - a sample of bytes is as long as it is asked to be, in characters, whatever its
 * bytes are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/outlet.h"
#include "tests/model/made_model.h"

#define FFFD "\xEF\xBF\xBD"

static rnn_model *bytes_model; /* symbol i is byte i */

static int set_up(void **state) {
    (void)state;
    char json[8192], *end = json;
    end += sprintf(end, "{\"units\": \"bytes\", \"open\": false, \"normalize\": \"none\", "
                        "\"symbols\": [");
    for (int i = 0; i < 256; i++)
        end += sprintf(end, i < 128 ? "\"\\u%04x\"," : i < 255 ? "%d," : "%d]}", i);
    bytes_model = made_model(RNN_CELL_TANH, 1, 2, 0, 0, 0, json);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    rnn_model_destroy(bytes_model);
    return 0;
}

static void check(const char *bytes, size_t count, int64_t limit, const char *expected,
                  int64_t characters) {
    outlet out;
    stop_string never = {"", 0, NULL};
    outlet_open(&out, bytes_model, &never, NULL, limit, NULL);
    for (size_t i = 0; i < count; i++)
        outlet_push(&out, (unsigned char)bytes[i]);
    outlet_finish(&out);
    if (out.text_bytes != strlen(expected) || memcmp(out.text, expected, out.text_bytes) != 0)
        fail_msg("\"%.*s\", not \"%s\"", (int)out.text_bytes, out.text, expected);
    assert_int_equal(out.characters, characters);
    outlet_close(&out);
}

#define CHECK(bytes, limit, expected, characters)                                                  \
    check(bytes, sizeof bytes - 1, limit, expected, characters)

static void test_length(void **state) {
    (void)state;
    CHECK("abcdefgh", 5, "abcde", 5);
    CHECK("abc\xC3\xA9 fgh", 5, "abc\xC3\xA9 ", 5);
    /* A byte that is cut short becomes a character when the next one comes. */
    CHECK("abcd\xC3\xC3\xA9", 5, "abcd" FFFD, 5);
    CHECK("abcd\xE2xyz", 5, "abcd" FFFD, 5);
    CHECK("abc\xE2xyz", 5, "abc" FFFD "x", 5);
    /* What never comes to an end ends with the sample. */
    CHECK("abc\xE2", 5, "abc" FFFD, 3);
    CHECK("abc\xE2", 0, "abc" FFFD, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_length)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
