/* SPDX-License-Identifier: MIT
 *
 * test_utf8.c - strict decoding, and units that do not depend on pieces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text/utf8.h"

static void every_code_point_comes_back(void **state) {
    (void)state;
    for (uint32_t code = 0; code < RNN_CODE_POINTS; code++) {
        if (code == 0xD800)
            code = 0xE000;
        char bytes[4];
        uint32_t back = 0;
        size_t length = rnn_utf8_encode(code, bytes);
        assert_int_equal(rnn_utf8_decode((unsigned char *)bytes, length, &back), (int)length);
        assert_int_equal(back, code);
        for (size_t part = 1; part < length; part++)
            assert_int_equal(rnn_utf8_decode((unsigned char *)bytes, part, &back), 0);
    }
}

static void what_is_not_utf8_is_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "\x80",         "\xBF",         "\xC0\x80",         "\xC1\xBF",         "\xE0\x9F\xBF",
        "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
        "\xFF",         "\xC3\x41",     "\xE2\x82\x41",     "\xF0\x9F\x98\x41", "\xE2\x41",
    };
    uint32_t code;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(rnn_utf8_decode((const unsigned char *)wrong[i], strlen(wrong[i]), &code),
                         -1);
}

/* Text of a piece and of invalid bytes of all sorts. */
static const char tricky[] = "a\xC3\xA9\n\xE2\x82\xAC\xF0\x9F\x98\x80\x80\xE2\x82z\xF0\x9F\xE2\x28"
                             "\xED\xA0\x80\xC3\xC3\xA9\nq\xF4\x8F\xBF\xBF\xF4\x90\x80\x80\xE2\x82";

typedef struct listing {
    rnn_utf8_unit units[64];
    rnn_place places[64];
    size_t count;
} listing;

static void list_piece(listing *to, rnn_utf8_reader *reader, const char *bytes, size_t count,
                       int last) {
    /* A copy of its own, so that reading beyond it is found. */
    char *piece = malloc(count + !count);
    assert_non_null(piece);
    memcpy(piece, bytes, count);
    rnn_utf8_feed(reader, piece, count, last);
    while (rnn_utf8_next(reader, &to->units[to->count])) {
        assert_true(to->count < 63);
        to->places[to->count] = rnn_utf8_place(reader, to->units[to->count].length);
        to->count++;
    }
    free(piece);
}

static void units_do_not_depend_on_pieces(void **state) {
    (void)state;
    const size_t length = sizeof tricky - 1;
    listing whole = {0};
    rnn_utf8_reader reader = {0};
    list_piece(&whole, &reader, tricky, length, 1);
    for (size_t first = 0; first <= length; first++) {
        for (size_t second = first; second <= length; second++) {
            listing cut = {0};
            memset(&reader, 0, sizeof reader);
            list_piece(&cut, &reader, tricky, first, 0);
            list_piece(&cut, &reader, tricky + first, second - first, 0);
            list_piece(&cut, &reader, tricky + second, length - second, 1);
            assert_int_equal(cut.count, whole.count);
            assert_memory_equal(cut.places, whole.places, sizeof whole.places);
            for (size_t i = 0; i < whole.count; i++) {
                assert_int_equal(cut.units[i].code, whole.units[i].code);
                assert_int_equal(cut.units[i].valid, whole.units[i].valid);
                assert_int_equal(cut.units[i].length, whole.units[i].length);
            }
        }
    }
    listing bytes = {0};
    memset(&reader, 0, sizeof reader);
    for (size_t i = 0; i < length; i++)
        list_piece(&bytes, &reader, tricky + i, 1, i + 1 == length);
    assert_memory_equal(bytes.places, whole.places, sizeof whole.places);
}

static void units_are_what_they_should_be(void **state) {
    (void)state;
    listing whole = {0};
    rnn_utf8_reader reader = {0};
    list_piece(&whole, &reader, "\xC3\xA9\n\xE2\x82z", 6, 1);
    assert_int_equal(whole.count, 5);
    assert_int_equal(whole.units[0].code, 0xE9);
    assert_int_equal(whole.units[1].code, '\n');
    assert_int_equal(whole.units[2].valid, 0);
    assert_int_equal(whole.units[2].code, 0xE2);
    assert_int_equal(whole.units[3].valid, 0);
    assert_int_equal(whole.units[3].code, 0x82);
    assert_int_equal(whole.units[4].code, 'z');
    assert_int_equal(whole.places[2].byte, 3);
    assert_int_equal(whole.places[2].line, 2);
    assert_int_equal(whole.places[2].column, 1);
}

static void places_begin_again_with_a_file(void **state) {
    (void)state;
    listing list = {0};
    rnn_utf8_reader reader = {0};
    list_piece(&list, &reader, "a\nbc", 4, 0);
    rnn_utf8_restart(&reader);
    list_piece(&list, &reader, "d\xC3\xA9", 3, 1);
    assert_int_equal(list.places[3].column, 2);
    assert_int_equal(list.places[3].line, 2);
    assert_int_equal(list.places[4].byte, 0);
    assert_int_equal(list.places[5].byte, 1);
    assert_int_equal(list.places[5].line, 1);
    assert_int_equal(list.places[5].column, 2);
}

static void describe(const char *bytes, const char *expected) {
    rnn_utf8_reader reader = {0};
    rnn_utf8_unit unit;
    char text[64];
    rnn_utf8_feed(&reader, bytes, strlen(bytes), 1);
    assert_true(rnn_utf8_next(&reader, &unit));
    rnn_utf8_describe(&unit, text);
    assert_string_equal(text, expected);
}

static void descriptions_are_safe_to_print(void **state) {
    (void)state;
    describe("q", "\"q\" (U+0071)");
    describe("\xC3\xA9", "\"\xC3\xA9\" (U+00E9)");
    describe("\n", "\"\\n\" (U+000A)");
    describe("\"", "\"\\\"\" (U+0022)");
    describe("\x1B", "U+001B");
    describe("\xE2\x80\xAE", "U+202E"); /* right-to-left override */
    describe("\xF0\x9F\x98\x80", "\"\xF0\x9F\x98\x80\" (U+1F600)");
    describe("\x8F", "the byte 0x8F, which is not UTF-8");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_comes_back),
        cmocka_unit_test(what_is_not_utf8_is_refused),
        cmocka_unit_test(units_do_not_depend_on_pieces),
        cmocka_unit_test(units_are_what_they_should_be),
        cmocka_unit_test(places_begin_again_with_a_file),
        cmocka_unit_test(descriptions_are_safe_to_print),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
