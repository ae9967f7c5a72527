/* SPDX-License-Identifier: MIT
 *
 * test_json.c - what is JSON and what is not, values, and writing; checked
 * against jansson where both take the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/memory.h"
#include "formats/json.h"

#define S(text) text, sizeof text - 1

static const struct {
    const char *text;
    size_t bytes;
    const char *wrong; /* a part of what is said; NULL: well-formed */
} texts[] = {
    {S("{}"), NULL},
    {S(" [ ] "), NULL},
    {S("[1,-0,0.5,1e9,-1.25E-7,10,9007199254740993]"), NULL},
    {S("[true,false,null]"), NULL},
    {S("{\"a\":{\"b\":[{}]},\"\":\"\"}"), NULL},
    {S("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u0915\\u00E9\\ud83d\\uDE00\""), NULL},
    {S("\"\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\""),
     NULL},
    {S("\t\n\r 1 \t\n\r"), NULL},
    {S("\"\x7F\""), NULL},
    {S(""), "a value was expected"},
    {S("   "), "a value was expected"},
    {S("{"), "a string was expected"},
    {S("["), "a value was expected"},
    {S("[1"), "',' or ']'"},
    {S("[1,"), "a value was expected"},
    {S("[1,]"), "a value was expected"},
    {S("[,1]"), "a value was expected"},
    {S("[1 2]"), "',' or ']'"},
    {S("[1}"), "',' or ']'"},
    {S("{\"a\"}"), "':'"},
    {S("{\"a\":}"), "a value was expected"},
    {S("{\"a\":1,}"), "a string was expected"},
    {S("{,}"), "a string was expected"},
    {S("{1:1}"), "a string was expected"},
    {S("{'a':1}"), "a string was expected"},
    {S("{\"a\" 1}"), "':'"},
    {S("1 1"), "after the end"},
    {S("{} x"), "after the end"},
    {S("[1]\0"), "after the end"},
    {S("01"), "begins with 0"},
    {S("-01"), "begins with 0"},
    {S("-"), "a digit"},
    {S("+1"), "a value was expected"},
    {S("1."), "a digit"},
    {S(".5"), "a value was expected"},
    {S("1e"), "a digit"},
    {S("1e+"), "a digit"},
    {S("0x10"), "after the end"},
    {S("tru"), "a value was expected"},
    {S("True"), "a value was expected"},
    {S("NaN"), "a value was expected"},
    {S("nullx"), "after the end"},
    {S("\"a"), "does not end"},
    {S("\"\\"), "bad escape"},
    {S("\"\\\""), "does not end"},
    {S("\"\\x41\""), "bad escape"},
    {S("\"\\u12g4\""), "bad escape"},
    {S("\"\\u123"), "bad escape"},
    {S("\"\\ud83d\""), "bad escape"},
    {S("\"\\ud83dx\""), "bad escape"},
    {S("\"\\ud83d\\n1234\""), "bad escape"},
    {S("\"\\ud83d\\u0041\""), "bad escape"},
    {S("\"\\ude00\""), "bad escape"},
    {S("\"\\\0\""), "bad escape"},
    {S("\"\n\""), "control character"},
    {S("\"\x1F\""), "control character"},
    {S("\"\x80\""), "UTF-8"},
    {S("\"\xC1\xBF\""), "UTF-8"},
    {S("\"\xC3\""), "UTF-8"},
    {S("\"\xC3"), "UTF-8"},
    {S("\"\xE0\x9F\xBF\""), "UTF-8"},
    {S("\"\xED\xA0\x80\""), "UTF-8"},
    {S("\"\xE2\x82\""), "UTF-8"},
    {S("\"\xF0\x8F\xBF\xBF\""), "UTF-8"},
    {S("\"\xF4\x90\x80\x80\""), "UTF-8"},
    {S("\"\xF5\x80\x80\x80\""), "UTF-8"},
    {S("\"\xFF\""), "UTF-8"},
};

static void test_well_formed_and_not(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        rnn_json json;
        rnn_json_start(&json, texts[i].text, texts[i].bytes);
        rnn_json_skip(&json);
        int good = rnn_json_finish(&json);
        if (good != !texts[i].wrong)
            fail_msg("%s: %s", texts[i].text, good ? "was taken" : json.wrong);
        if (!good && !strstr(json.wrong, texts[i].wrong))
            fail_msg("%s: said \"%s\"", texts[i].text, json.wrong);
        json_t *tree =
            json_loadb(texts[i].text, texts[i].bytes, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        if (good && !tree)
            fail_msg("%s: jansson does not take it", texts[i].text);
        if (!good && tree)
            fail_msg("%s: jansson takes it", texts[i].text);
        json_decref(tree);
    }
}

/* Every beginning of a text is refused, and reads no byte beyond its end: each is
 * copied to a block of its own size, which the sanitizer watches. */
static void test_every_beginning_is_refused(void **state) {
    (void)state;
    static const char text[] =
        "{\"a\\u00e9\xC3\xA9\":[1.5e-3,true,null,{\"b\":\"\\ud83d\\ude00\"}]}";
    for (size_t n = 0; n < sizeof text - 1; n++) {
        char *copy = test_malloc(n ? n : 1);
        memcpy(copy, text, n);
        rnn_json json;
        rnn_json_start(&json, copy, n);
        assert_false(rnn_json_skip(&json) && rnn_json_finish(&json));
        assert_non_null(json.wrong);
        assert_true(json.at <= n);
        test_free(copy);
    }
}

static void test_depth_is_bounded(void **state) {
    (void)state;
    char deep[2 * RNN_JSON_MAX_DEPTH + 3];
    for (int extra = 0; extra < 2; extra++) {
        size_t depth = RNN_JSON_MAX_DEPTH + (size_t)extra;
        memset(deep, '[', depth);
        memset(deep + depth, ']', depth);
        rnn_json json;
        rnn_json_start(&json, deep, 2 * depth);
        assert_int_equal(rnn_json_skip(&json) && rnn_json_finish(&json), !extra);
    }
}

static void test_values(void **state) {
    (void)state;
    rnn_json json;
    char text[16];
    size_t length;
    uint64_t whole = 0;
    int flag = -1;
    rnn_json_start(&json, S(" { \"k\\u00E9\\u0915\" : [ 0 , 18446744073709551615 ], \"b\" :true}"));
    assert_int_equal(rnn_json_peek(&json), '{');
    assert_true(rnn_json_enter(&json, '{'));
    assert_true(rnn_json_next(&json, '}', 0));
    assert_true(rnn_json_key(&json, text, sizeof text, &length));
    assert_string_equal(text, "k\xC3\xA9\xE0\xA4\x95");
    assert_int_equal(length, 6);
    assert_true(rnn_json_enter(&json, '['));
    assert_true(rnn_json_next(&json, ']', 0));
    assert_true(rnn_json_whole(&json, &whole));
    assert_true(whole == 0);
    assert_true(rnn_json_next(&json, ']', 1));
    assert_true(rnn_json_whole(&json, &whole));
    assert_true(whole == UINT64_MAX);
    assert_false(rnn_json_next(&json, ']', 2));
    assert_true(rnn_json_next(&json, '}', 1));
    assert_true(rnn_json_key(&json, text, 2, &length));
    assert_true(rnn_json_boolean(&json, &flag));
    assert_int_equal(flag, 1);
    assert_false(rnn_json_next(&json, '}', 2));
    assert_true(rnn_json_finish(&json));
}

static void test_wrong_values_and_places(void **state) {
    (void)state;
    static const char *const wholes[] = {"-1",    "1.0", "1e3", "18446744073709551616",   "007",
                                         "\"1\"", "",    "x",   "99999999999999999999999"};
    rnn_json json;
    char text[4];
    size_t length;
    uint64_t whole;
    int flag;
    for (size_t i = 0; i < sizeof wholes / sizeof wholes[0]; i++) {
        rnn_json_start(&json, wholes[i], strlen(wholes[i]));
        assert_false(rnn_json_whole(&json, &whole));
        assert_non_null(json.wrong);
    }
    rnn_json_start(&json, S("\"abcd\""));
    assert_false(rnn_json_string(&json, text, sizeof text, &length));
    assert_string_equal(json.wrong, "a string is too long here");
    rnn_json_start(&json, S("[1, 2, yes]"));
    rnn_json_enter(&json, '[');
    for (size_t i = 0; rnn_json_next(&json, ']', i); i++)
        rnn_json_skip(&json);
    assert_int_equal(json.at, 7);
    assert_false(rnn_json_whole(&json, &whole)); /* wrong once, wrong for good */
    assert_false(rnn_json_skip(&json));
    rnn_json_start(&json, S("maybe"));
    assert_false(rnn_json_boolean(&json, &flag));
    rnn_json_start(&json, S("[]"));
    assert_false(rnn_json_enter(&json, '{'));
    assert_non_null(strstr(json.wrong, "'{'"));
    rnn_json_start(&json, S("{}"));
    assert_false(rnn_json_enter(&json, '['));
}

static void test_writing(void **state) {
    (void)state;
    rnn_json_text to = {0};
    rnn_json_put(&to, "[");
    rnn_json_put_string(&to, "\"\\/\b\f\n\r\t\x01\x1F\x7F \xC3\xA9\xF0\x9F\x98\x80");
    rnn_json_put(&to, ",");
    rnn_json_put_whole(&to, UINT64_MAX);
    rnn_json_put(&to, "]");
    assert_string_equal(to.text, "[\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7F "
                                 "\xC3\xA9\xF0\x9F\x98\x80\",18446744073709551615]");
    assert_int_equal(to.bytes, strlen(to.text));
    assert_false(to.invalid || to.short_of_memory);
    rnn_json_put_string(&to, "\xFF");
    assert_true(to.invalid);
    rnn_free(to.text);
    to = (rnn_json_text){0};
    rnn_allocate_fail(1, 0);
    rnn_json_put_string(&to, "x");
    assert_true(to.short_of_memory);
    rnn_free(to.text);
}

/* What is written is read as what it was, by us and by jansson. */
static void test_round_trip_of_every_character(void **state) {
    (void)state;
    for (unsigned c = 1; c < 0x800; c++) {
        char original[3] = {0}, read[8];
        size_t length;
        if (c < 0x80)
            original[0] = (char)c;
        else {
            original[0] = (char)(0xC0 | c >> 6);
            original[1] = (char)(0x80 | (c & 0x3F));
        }
        rnn_json_text to = {0};
        rnn_json_put_string(&to, original);
        rnn_json json;
        rnn_json_start(&json, to.text, to.bytes);
        assert_true(rnn_json_string(&json, read, sizeof read, &length));
        assert_string_equal(read, original);
        json_t *tree = json_loadb(to.text, to.bytes, JSON_DECODE_ANY, NULL);
        assert_string_equal(json_string_value(tree), original);
        json_decref(tree);
        rnn_free(to.text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_well_formed_and_not),
        cmocka_unit_test(test_every_beginning_is_refused),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_wrong_values_and_places),
        cmocka_unit_test(test_writing),
        cmocka_unit_test(test_round_trip_of_every_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
