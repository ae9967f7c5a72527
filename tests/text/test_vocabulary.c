/* SPDX-License-Identifier: MIT
 *
 * test_vocabulary.c - counting, choosing symbols, and their JSON.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text/vocabulary.h"

#include "base/memory.h"

static rnn_census *count(const char *text, size_t bytes) {
    rnn_census *census;
    assert_int_equal(rnn_census_create(&census, NULL), RNN_OK);
    rnn_census_add(census, text, bytes / 2, 0);
    rnn_census_add(census, text + bytes / 2, bytes - bytes / 2, 1);
    return census;
}

static rnn_vocabulary *choose(const char *text, size_t bytes, rnn_units units, int max_symbols) {
    rnn_census *census = count(text, bytes);
    rnn_vocabulary *vocabulary;
    rnn_error error;
    assert_int_equal(rnn_vocabulary_create(&vocabulary, census, units, max_symbols, 0, &error),
                     RNN_OK);
    rnn_census_destroy(census);
    return vocabulary;
}

static void expect_symbol(const rnn_vocabulary *vocabulary, int32_t symbol, const char *bytes) {
    size_t length;
    const char *text = rnn_vocabulary_symbol(vocabulary, symbol, &length);
    assert_int_equal(length, strlen(bytes));
    assert_memory_equal(text, bytes, length);
    assert_int_equal(rnn_vocabulary_find(vocabulary, bytes, length), symbol);
}

static void census_counts_in_any_pieces(void **state) {
    (void)state;
    static const char text[] = "aaaaaaaaaaaaaaaaaaaaab\xC3\xA9\xC3\xA9\xE2\x82\xAC\xFFz";
    const size_t length = sizeof text - 1;
    for (size_t cut = 0; cut <= length; cut++) {
        rnn_census *census;
        rnn_place place;
        unsigned byte;
        assert_int_equal(rnn_census_create(&census, NULL), RNN_OK);
        rnn_census_add(census, text, cut, 0);
        rnn_census_add(census, text + cut, length - cut, 1);
        assert_int_equal(rnn_census_total(census), length);
        assert_int_equal(rnn_census_of_code(census, 'a'), 21);
        assert_int_equal(rnn_census_of_code(census, 'z'), 1);
        assert_int_equal(rnn_census_of_code(census, 0xE9), 2);
        assert_int_equal(rnn_census_of_code(census, 0x20AC), 1);
        assert_int_equal(rnn_census_of_byte(census, 'a'), 21);
        assert_int_equal(rnn_census_of_byte(census, 0xC3), 2);
        assert_int_equal(rnn_census_of_byte(census, 0xFF), 1);
        assert_true(rnn_census_found_invalid(census, &byte, &place));
        assert_int_equal(byte, 0xFF);
        assert_int_equal(place.byte, 29);
        assert_int_equal(place.column, 26);
        rnn_census_destroy(census);
    }
}

static void unfinished_at_the_end_is_invalid(void **state) {
    (void)state;
    rnn_census *census = count("ab\xE2\x82", 4);
    rnn_place place;
    assert_true(rnn_census_found_invalid(census, NULL, &place));
    assert_int_equal(place.byte, 2);
    assert_int_equal(rnn_census_of_byte(census, 0x82), 1);
    rnn_census_destroy(census);
}

static void closed_characters_in_code_point_order(void **state) {
    (void)state;
    rnn_vocabulary *vocabulary = choose("b\xC3\xA9"
                                        "a\xF0\x9F\x98\x80\nb",
                                        9, RNN_UNITS_AUTO, 0);
    assert_int_equal(rnn_vocabulary_size(vocabulary), 5);
    assert_int_equal(rnn_vocabulary_units(vocabulary), RNN_UNITS_CHARS);
    assert_false(rnn_vocabulary_is_open(vocabulary));
    assert_false(rnn_vocabulary_normalizes(vocabulary));
    expect_symbol(vocabulary, 0, "\n");
    expect_symbol(vocabulary, 1, "a");
    expect_symbol(vocabulary, 2, "b");
    expect_symbol(vocabulary, 3, "\xC3\xA9");
    expect_symbol(vocabulary, 4, "\xF0\x9F\x98\x80");
    assert_int_equal(rnn_vocabulary_find(vocabulary, "c", 1), -1);
    assert_int_equal(rnn_vocabulary_find(vocabulary, "\xC3", 1), -1);
    assert_int_equal(rnn_vocabulary_find(vocabulary, "ab", 2), -1);
    assert_int_equal(rnn_vocabulary_find(vocabulary, "", 0), -1);
    rnn_vocabulary_destroy(vocabulary);
}

static void closed_bytes_for_what_is_not_utf8(void **state) {
    (void)state;
    rnn_vocabulary *vocabulary = choose("b\xFF"
                                        "a\0b",
                                        5, RNN_UNITS_AUTO, 0);
    size_t length;
    assert_int_equal(rnn_vocabulary_size(vocabulary), 4);
    assert_int_equal(rnn_vocabulary_units(vocabulary), RNN_UNITS_BYTES);
    assert_int_equal(rnn_vocabulary_symbol(vocabulary, 0, &length)[0], 0);
    assert_int_equal(length, 1);
    expect_symbol(vocabulary, 2, "b");
    expect_symbol(vocabulary, 3, "\xFF");
    rnn_vocabulary_destroy(vocabulary);
    vocabulary = choose("\xC3\xA9", 2, RNN_UNITS_BYTES, 0);
    assert_int_equal(rnn_vocabulary_size(vocabulary), 2);
    rnn_vocabulary_destroy(vocabulary);
}

static void open_keeps_the_most_frequent(void **state) {
    (void)state;
    /* Twice z-caron, twice u-umlaut, once e-acute and once the euro. */
    static const char text[] = "\xC5\xBE\xC3\xBC\xE2\x82\xAC\xC3\xA9\xC3\xBC\xC5\xBE text";
    rnn_vocabulary *vocabulary = choose(text, sizeof text - 1, RNN_UNITS_AUTO, 259);
    assert_int_equal(rnn_vocabulary_size(vocabulary), 259);
    assert_true(rnn_vocabulary_is_open(vocabulary));
    expect_symbol(vocabulary, 'x', "x");
    expect_symbol(vocabulary, 0xFF, "\xFF");
    /* Among equals the lower code point is kept. */
    expect_symbol(vocabulary, 256, "\xC3\xA9");
    expect_symbol(vocabulary, 257, "\xC3\xBC");
    expect_symbol(vocabulary, 258, "\xC5\xBE");
    assert_int_equal(rnn_vocabulary_find(vocabulary, "\xE2\x82\xAC", 3), -1);
    assert_int_equal(rnn_vocabulary_of_code(vocabulary, 'x'), 'x');
    rnn_vocabulary_destroy(vocabulary);
    vocabulary = choose(text, sizeof text - 1, RNN_UNITS_AUTO, 256);
    assert_int_equal(rnn_vocabulary_size(vocabulary), 256);
    rnn_vocabulary_destroy(vocabulary);
    vocabulary = choose(text, sizeof text - 1, RNN_UNITS_BYTES, 1000);
    assert_int_equal(rnn_vocabulary_size(vocabulary), 256);
    assert_int_equal(rnn_vocabulary_units(vocabulary), RNN_UNITS_BYTES);
    rnn_vocabulary_destroy(vocabulary);
}

static void refuse(const char *text, size_t bytes, rnn_units units, int max_symbols,
                   rnn_status code, const char *part) {
    rnn_census *census = count(text, bytes);
    rnn_vocabulary *vocabulary;
    rnn_error error;
    assert_int_equal(rnn_vocabulary_create(&vocabulary, census, units, max_symbols, 0, &error),
                     code);
    assert_null(vocabulary);
    assert_int_equal(error.code, code);
    if (!strstr(error.message, part))
        fail_msg("\"%s\" is not in \"%s\"", part, error.message);
    rnn_census_destroy(census);
}

static void refusals_say_why(void **state) {
    (void)state;
    refuse("", 0, RNN_UNITS_AUTO, 0, RNN_ERR_RANGE, "no text");
    refuse("a", 1, RNN_UNITS_AUTO, 255, RNN_ERR_RANGE, "at least 256");
    refuse("a", 1, RNN_UNITS_AUTO, -2, RNN_ERR_RANGE, "-2");
    refuse("a\nbc\xFF", 5, RNN_UNITS_CHARS, 0, RNN_ERR_SYMBOL, "byte 4 (line 2, column 3): 0xFF");
}

/* `common` different characters `times` times each, `rare` others once. */
static rnn_vocabulary *choose_among(uint32_t common, uint32_t rare, uint32_t times) {
    char *text = malloc(4 * ((size_t)common * times + rare));
    size_t bytes = 0;
    assert_non_null(text);
    for (uint32_t i = 0; i < common * times; i++)
        bytes += rnn_utf8_encode(i % common < 64 ? 0x20 + i % common : 0x3000 + i % common,
                                 text + bytes);
    for (uint32_t i = 0; i < rare; i++)
        bytes += rnn_utf8_encode(0x10000 + i, text + bytes);
    rnn_vocabulary *vocabulary = choose(text, bytes, RNN_UNITS_AUTO, RNN_AUTO);
    free(text);
    return vocabulary;
}

static void a_cap_is_chosen_where_it_pays(void **state) {
    (void)state;
    /* 100 common ones, 36 of them beyond ASCII, are all but a thousandth: 1,000 : 1,000,000. */
    rnn_vocabulary *vocabulary = choose_among(100, 1000, 10000);
    assert_true(rnn_vocabulary_is_open(vocabulary));
    assert_int_equal(rnn_vocabulary_size(vocabulary), 256 + 36);
    rnn_vocabulary_destroy(vocabulary);
    /* Of 1,500 in 1,001,500 all but 1,001 have to stay. */
    vocabulary = choose_among(100, 1500, 10000);
    assert_int_equal(rnn_vocabulary_size(vocabulary), 256 + 36 + 499);
    rnn_vocabulary_destroy(vocabulary);
}

static void no_cap_is_chosen_where_it_does_not_pay(void **state) {
    (void)state;
    /* No more than 512 characters. */
    rnn_vocabulary *vocabulary = choose_among(100, 412, 10000);
    assert_false(rnn_vocabulary_is_open(vocabulary));
    assert_int_equal(rnn_vocabulary_size(vocabulary), 512);
    rnn_vocabulary_destroy(vocabulary);
    vocabulary = choose_among(100, 413, 10000);
    assert_false(rnn_vocabulary_is_open(vocabulary)); /* 292 of 513 are more than half */
    rnn_vocabulary_destroy(vocabulary);
    /* All are common. */
    vocabulary = choose_among(2000, 0, 50);
    assert_false(rnn_vocabulary_is_open(vocabulary));
    assert_int_equal(rnn_vocabulary_size(vocabulary), 2000);
    rnn_vocabulary_destroy(vocabulary);
    /* Bytes are never capped. */
    static const char invalid[] = "a\xFF";
    vocabulary = choose(invalid, 2, RNN_UNITS_AUTO, RNN_AUTO);
    assert_false(rnn_vocabulary_is_open(vocabulary));
    assert_int_equal(rnn_vocabulary_size(vocabulary), 2);
    rnn_vocabulary_destroy(vocabulary);
}

static void too_many_symbols_are_refused(void **state) {
    (void)state;
    enum { MANY = 70000 };
    char *text = malloc(4 * MANY);
    size_t bytes = 0;
    assert_non_null(text);
    for (uint32_t i = 0; i < MANY; i++)
        bytes += rnn_utf8_encode(0x10000 + i, text + bytes);
    refuse(text, bytes, RNN_UNITS_AUTO, 0, RNN_ERR_RANGE, "70000 symbols");
    refuse(text, bytes, RNN_UNITS_AUTO, 100000, RNN_ERR_RANGE, "70256 symbols");
    rnn_vocabulary *vocabulary = choose(text, bytes, RNN_UNITS_AUTO, 65536);
    assert_int_equal(rnn_vocabulary_size(vocabulary), 65536);
    expect_symbol(vocabulary, 256, "\xF0\x90\x80\x80");
    char *json;
    assert_int_equal(rnn_vocabulary_write_json(vocabulary, &json, NULL), RNN_OK);
    rnn_vocabulary *back;
    assert_int_equal(rnn_vocabulary_read_json(&back, json, strlen(json), NULL), RNN_OK);
    assert_true(rnn_vocabulary_equal(vocabulary, back));
    rnn_vocabulary_destroy(back);
    rnn_free(json);
    rnn_vocabulary_destroy(vocabulary);
    free(text);
}

static void comes_back_from_json(const char *text, size_t bytes, rnn_units units, int max_symbols) {
    rnn_census *census = count(text, bytes);
    for (int normalize = 0; normalize < 2; normalize++) {
        rnn_vocabulary *vocabulary, *back;
        char *json;
        rnn_error error;
        assert_int_equal(
            rnn_vocabulary_create(&vocabulary, census, units, max_symbols, normalize, &error),
            RNN_OK);
        assert_int_equal(rnn_vocabulary_write_json(vocabulary, &json, &error), RNN_OK);
        assert_int_equal(rnn_vocabulary_read_json(&back, json, strlen(json), &error), RNN_OK);
        assert_true(rnn_vocabulary_equal(vocabulary, back));
        assert_int_equal(rnn_vocabulary_normalizes(back), normalize);
        for (int32_t i = 0; i < rnn_vocabulary_size(back); i++) {
            size_t length;
            const char *symbol = rnn_vocabulary_symbol(back, i, &length);
            assert_int_equal(rnn_vocabulary_find(back, symbol, length), i);
        }
        rnn_free(json);
        rnn_vocabulary_destroy(back);
        rnn_vocabulary_destroy(vocabulary);
    }
    rnn_census_destroy(census);
}

static void all_kinds_come_back_from_json(void **state) {
    (void)state;
    static const char text[] = "\0\x01\n\"\\/\x7F a\xC3\xA9\xE0\xA4\x95\xE4\xB8\xAD\xF0\x9F\x98\x80"
                               "\xE2\x80\xA8\xEF\xBB\xBF\xEF\xBF\xBF\xF4\x8F\xBF\xBF";
    char bytes[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    comes_back_from_json(text, sizeof text - 1, RNN_UNITS_CHARS, 0);
    comes_back_from_json(text, sizeof text - 1, RNN_UNITS_CHARS, 256);
    comes_back_from_json(text, sizeof text - 1, RNN_UNITS_CHARS, 260);
    comes_back_from_json(text, sizeof text - 1, RNN_UNITS_BYTES, 0);
    comes_back_from_json(text, sizeof text - 1, RNN_UNITS_BYTES, 256);
    comes_back_from_json(bytes, sizeof bytes, RNN_UNITS_AUTO, 0);
    comes_back_from_json("x", 1, RNN_UNITS_AUTO, 0);
}

static void json_has_the_documented_form(void **state) {
    (void)state;
    rnn_vocabulary *vocabulary = choose("\n a\xC3\xA9\0", 6, RNN_UNITS_AUTO, 0);
    char *json;
    assert_int_equal(rnn_vocabulary_write_json(vocabulary, &json, NULL), RNN_OK);
    assert_string_equal(json, "{\"units\": \"chars\", \"open\": false, \"normalize\": \"none\", "
                              "\"symbols\": [\"\\u0000\", \"\\n\", \" \", \"a\", \"\xC3\xA9\"]}");
    rnn_free(json);
    rnn_vocabulary_destroy(vocabulary);
    vocabulary = choose("z\x80\xFF", 3, RNN_UNITS_AUTO, 0);
    assert_int_equal(rnn_vocabulary_write_json(vocabulary, &json, NULL), RNN_OK);
    assert_string_equal(json, "{\"units\": \"bytes\", \"open\": false, \"normalize\": \"none\", "
                              "\"symbols\": [\"z\", 128, 255]}");
    rnn_free(json);
    rnn_vocabulary_destroy(vocabulary);
}

static void equal_means_equal(void **state) {
    (void)state;
    rnn_vocabulary *a = choose("ab", 2, RNN_UNITS_CHARS, 0);
    rnn_vocabulary *b = choose("ba", 2, RNN_UNITS_CHARS, 0);
    rnn_vocabulary *c = choose("ac", 2, RNN_UNITS_CHARS, 0);
    rnn_vocabulary *d = choose("ab", 2, RNN_UNITS_BYTES, 0);
    assert_true(rnn_vocabulary_equal(a, b));
    assert_false(rnn_vocabulary_equal(a, c));
    assert_false(rnn_vocabulary_equal(a, d));
    rnn_vocabulary_destroy(a);
    rnn_vocabulary_destroy(b);
    rnn_vocabulary_destroy(c);
    rnn_vocabulary_destroy(d);
}

static void refuse_json(const char *json, size_t bytes, const char *part) {
    rnn_vocabulary *vocabulary;
    rnn_error error = {0};
    assert_int_equal(rnn_vocabulary_read_json(&vocabulary, json, bytes, &error), RNN_ERR_FORMAT);
    assert_null(vocabulary);
    if (!strstr(error.message, part))
        fail_msg("\"%s\" is not in \"%s\"", part, error.message);
}

/* Refuses a list of symbols in an otherwise good object. */
static void refuse_list(const char *units, const char *open, const char *list, const char *part) {
    char json[512];
    snprintf(json, sizeof json,
             "{\"units\":\"%s\",\"open\":%s,\"normalize\":\"none\",\"symbols\":%s}", units, open,
             list);
    refuse_json(json, strlen(json), part);
}

static void bad_lists_are_refused(void **state) {
    (void)state;
    refuse_list("chars", "false", "[]", "0 symbols");
    refuse_list("chars", "false", "[\"b\",\"a\"]", "symbol 1 of the vocabulary is lower");
    refuse_list("chars", "false", "[\"a\",\"a\"]", "symbol 1 of the vocabulary is the same");
    refuse_list("chars", "false", "[\"ab\"]", "symbol 0");
    refuse_list("chars", "false", "[\"\"]", "symbol 0");
    refuse_list("chars", "false", "[null]", "symbol 0");
    refuse_list("chars", "false", "[[\"a\"]]", "symbol 0");
    refuse_list("chars", "false", "[1.5]", "symbol 0");
    refuse_list("chars", "false", "[65]", "symbol 0");
    refuse_list("chars", "false", "[-1]", "symbol 0");
    refuse_list("chars", "false", "[200]", "no place in a closed vocabulary of chars");
    refuse_list("chars", "false", "[\"\\ud800\"]", "not JSON");
    refuse_list("chars", "false", "[\"\\udc00\"]", "not JSON");
    refuse_list("chars", "false", "[\"\xED\xA0\x80\"]", "not JSON");
    refuse_list("chars", "false", "[\"\xFF\"]", "not JSON");
    refuse_list("chars", "false", "[99999999999999999999999]", "not JSON");
    refuse_list("bytes", "false", "[\"\xC3\xA9\"]", "no place in a closed vocabulary of bytes");
    refuse_list("bytes", "false", "[256]", "symbol 0");
    refuse_list("bytes", "false", "[127]", "symbol 0");
    refuse_list("bytes", "false", "[200,199]", "lower");
    refuse_list("chars", "true", "[\"a\"]", "at least 256");
    refuse_list("words", "false", "[\"a\"]", "must be an object");
    refuse_list("chars", "0", "[\"a\"]", "must be an object");
    refuse_list("chars", "false", "\"a\"", "must be an object");
}

static void bad_objects_are_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "",
        "{",
        "[]",
        "null",
        "{}",
        "{\"units\":\"chars\"}",
        ("{\"units\":\"chars\",\"units\":\"bytes\",\"open\":false,\"normalize\":\"none\","
         "\"symbols\":[\"a\"]}"),
        "{\"units\":\"chars\",\"open\":false,\"normalize\":\"none\",\"symbols\":[\"a\"],\"x\":1}",
        "{\"units\":\"chars\\u0000\",\"open\":false,\"normalize\":\"none\",\"symbols\":[\"a\"]}",
        "{\"units\":\"chars\",\"open\":false,\"normalize\":\"nfd\",\"symbols\":[\"a\"]}",
        "{\"units\":\"chars\",\"open\":false,\"normalize\":\"none\",\"symbols\":[\"a\"]} x"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        refuse_json(wrong[i], strlen(wrong[i]), "vocabulary");
    enum { DEEP = 200000 };
    char *deep = malloc(DEEP);
    assert_non_null(deep);
    memset(deep, '[', DEEP);
    refuse_json(deep, DEEP, "not JSON");
    free(deep);
    enum { LONG = 5 << 20 };
    char *blanks = malloc(LONG);
    assert_non_null(blanks);
    memset(blanks, ' ', LONG);
    refuse_json(blanks, LONG, "5242880 bytes");
    free(blanks);
}

/* The open vocabulary's list as text, with one item changed. */
static void refuse_open(int changed, const char *item, const char *part) {
    static char list[8192];
    size_t at = (size_t)sprintf(
        list, "{\"units\":\"chars\",\"open\":true,\"normalize\":\"none\",\"symbols\":[");
    for (int i = 0; i < 257; i++) {
        if (i > 0)
            list[at++] = ',';
        if (i == changed)
            at += (size_t)sprintf(list + at, "%s", item);
        else
            at += (size_t)sprintf(list + at,
                                  i < 128   ? "\"\\u%04x\""
                                  : i < 256 ? "%d"
                                            : "\"\\u%04x\"",
                                  i);
    }
    at += (size_t)sprintf(list + at, "]}");
    if (part) {
        refuse_json(list, at, part);
        return;
    }
    rnn_vocabulary *vocabulary;
    assert_int_equal(rnn_vocabulary_read_json(&vocabulary, list, at, NULL), RNN_OK);
    assert_int_equal(rnn_vocabulary_size(vocabulary), 257);
    rnn_vocabulary_destroy(vocabulary);
}

static void open_lists_are_checked(void **state) {
    (void)state;
    refuse_open(-1, "", NULL);
    refuse_open(7, "\"x\"", "symbol 7 of an open vocabulary must be the byte 7");
    refuse_open(200, "\"\\u00c8\"", "symbol 200 of an open vocabulary must be the byte 200");
    refuse_open(200, "201", "symbol 200");
    refuse_open(256, "\"a\"", "symbol 256 has no place");
    refuse_open(256, "255", "symbol 256 has no place");
}

/* Each byte of a good text changed and each prefix of it: refused or read, never
 * worse. */
static void damaged_json_does_no_harm(void **state) {
    (void)state;
    static const char good[] = "{\"units\":\"bytes\",\"open\":false,\"normalize\":\"nfc\","
                               "\"symbols\":[\"\\u0000\",\"a\",128,255]}";
    char json[sizeof good];
    for (size_t i = 0; i < sizeof good - 1; i++) {
        for (int change = 1; change < 256; change++) {
            rnn_vocabulary *vocabulary;
            memcpy(json, good, sizeof good);
            json[i] = (char)(json[i] ^ change);
            if (rnn_vocabulary_read_json(&vocabulary, json, sizeof good - 1, NULL) == RNN_OK)
                assert_true(rnn_vocabulary_size(vocabulary) == 4);
            rnn_vocabulary_destroy(vocabulary);
        }
        refuse_json(good, i, "not JSON");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(census_counts_in_any_pieces),
        cmocka_unit_test(unfinished_at_the_end_is_invalid),
        cmocka_unit_test(closed_characters_in_code_point_order),
        cmocka_unit_test(closed_bytes_for_what_is_not_utf8),
        cmocka_unit_test(open_keeps_the_most_frequent),
        cmocka_unit_test(refusals_say_why),
        cmocka_unit_test(a_cap_is_chosen_where_it_pays),
        cmocka_unit_test(no_cap_is_chosen_where_it_does_not_pay),
        cmocka_unit_test(too_many_symbols_are_refused),
        cmocka_unit_test(all_kinds_come_back_from_json),
        cmocka_unit_test(json_has_the_documented_form),
        cmocka_unit_test(equal_means_equal),
        cmocka_unit_test(bad_lists_are_refused),
        cmocka_unit_test(bad_objects_are_refused),
        cmocka_unit_test(open_lists_are_checked),
        cmocka_unit_test(damaged_json_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
