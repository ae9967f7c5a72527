/* SPDX-License-Identifier: MIT
 *
 * test_progress.c - the live line: it fits every window and keeps what matters, and
 * what a model writes cannot give orders to the terminal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/progress.h"

static rnn_event some_event(void) {
    return (rnn_event){.kind = RNN_EVENT_PROGRESS,
                       .step = 1234,
                       .steps = 3000,
                       .fraction = 1234.0 / 3000,
                       .loss = 1.54321,
                       .val_loss = 1.612,
                       .best_val_loss = 1.612,
                       .characters_per_second = 123456,
                       .seconds = 55,
                       .seconds_left = 80};
}

static void test_wide(void **state) {
    (void)state;
    rnn_event event = some_event();
    char line[512];
    progress_line(&event, 120, 0, line, sizeof line);
    assert_string_equal(line, "[#########...............]  41%  step 1234/3000  loss 1.543  "
                              "val 1.612  (2.326 bits)  123k chars/s  1 min 20 s left");
}

/* However narrow, the line fits and says how much is done; the less important parts
 * go first. */
static void test_every_width(void **state) {
    (void)state;
    rnn_event event = some_event();
    for (int utf8 = 0; utf8 < 2; utf8++) {
        for (size_t width = 4; width < 200; width++) {
            char line[512];
            progress_line(&event, width, utf8, line, sizeof line);
            assert_true(terminal_columns(line) <= width);
            assert_non_null(strstr(line, " 41%"));
            if (strstr(line, "bits"))
                assert_non_null(strstr(line, "chars/s"));
            if (strstr(line, "step"))
                assert_non_null(strstr(line, "val"));
            if (strstr(line, "val"))
                assert_non_null(strstr(line, "loss"));
        }
    }
}

static void test_unknown_values(void **state) {
    (void)state;
    rnn_event event = some_event();
    char line[512];
    event.steps = 0;
    event.val_loss = event.seconds_left = NAN;
    event.fraction = 2;
    progress_line(&event, 100, 0, line, sizeof line);
    assert_non_null(strstr(line, "[########################] 100%"));
    assert_non_null(strstr(line, "step 1234  loss"));
    assert_null(strstr(line, "val"));
    assert_null(strstr(line, "left"));
    event.fraction = NAN;
    progress_line(&event, 100, 1, line, sizeof line);
    assert_non_null(strstr(line, "   0%"));
}

static void test_small_room(void **state) {
    (void)state;
    rnn_event event = some_event();
    for (size_t room = 1; room < 100; room++) {
        char *line = malloc(room);
        progress_line(&event, 100, 1, line, room);
        assert_true(strlen(line) < room);
        free(line);
    }
}

static void test_columns(void **state) {
    (void)state;
    assert_int_equal(terminal_columns("abc"), 3);
    assert_int_equal(terminal_columns("äöü"), 3);
    assert_int_equal(terminal_columns("日本"), 4);
    assert_int_equal(terminal_columns("\xff"), 1);
    assert_int_equal(terminal_columns(""), 0);
}

static void test_safe_text(void **state) {
    (void)state;
    char *out = NULL;
    size_t room;
    FILE *file = open_memstream(&out, &room);
    terminal_print_safely(file, "a\x1b[2Jb\r\tc\nd\xff é \xc2\x9b", "| ");
    fclose(file);
    assert_string_equal(out, "| a\\x1b[2Jb\\x0d\tc\n| d\\xff é \\x9b");
    free(out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wide),           cmocka_unit_test(test_every_width),
        cmocka_unit_test(test_unknown_values), cmocka_unit_test(test_small_room),
        cmocka_unit_test(test_columns),        cmocka_unit_test(test_safe_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
