/* SPDX-License-Identifier: MIT
 *
 * test_encoder.c - text to symbols and back, in any pieces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text/encoder.h"

#include "base/memory.h"

static rnn_vocabulary *choose(const char *text, size_t bytes, rnn_units units, int max_symbols) {
    rnn_census *census;
    rnn_vocabulary *vocabulary;
    assert_int_equal(rnn_census_create(&census, NULL), RNN_OK);
    rnn_census_add(census, text, bytes, 1);
    assert_int_equal(rnn_vocabulary_create(&vocabulary, census, units, max_symbols, 0, NULL),
                     RNN_OK);
    rnn_census_destroy(census);
    return vocabulary;
}

/* Symbols of a text in three pieces. */
static int32_t *encode(const rnn_vocabulary *vocabulary, const char *text, size_t bytes,
                       size_t first, size_t second, size_t *count) {
    rnn_encoder *encoder;
    int32_t *symbols = NULL;
    size_t capacity = 0;
    *count = 0;
    assert_int_equal(rnn_encoder_create(&encoder, vocabulary, 0, NULL), RNN_OK);
    const size_t ends[] = {first, second, bytes};
    for (size_t i = 0, at = 0; i < 3; at = ends[i++]) {
        char *piece = malloc(ends[i] - at + 1);
        assert_non_null(piece);
        memcpy(piece, text + at, ends[i] - at);
        assert_int_equal(
            rnn_encoder_add(encoder, piece, ends[i] - at, i == 2, &symbols, count, &capacity, NULL),
            RNN_OK);
        free(piece);
    }
    rnn_encoder_destroy(encoder);
    return symbols;
}

static void comes_back(const rnn_vocabulary *vocabulary, const char *text, size_t bytes) {
    size_t whole_count, count;
    int32_t *whole = encode(vocabulary, text, bytes, 0, 0, &whole_count);
    char *back = malloc(4 * whole_count + 1);
    size_t length = 0;
    assert_non_null(back);
    for (size_t i = 0; i < whole_count; i++) {
        size_t more;
        const char *symbol = rnn_vocabulary_symbol(vocabulary, whole[i], &more);
        memcpy(back + length, symbol, more);
        length += more;
    }
    assert_int_equal(length, bytes);
    assert_memory_equal(back, text, bytes);
    free(back);
    for (size_t first = 0; first <= bytes; first++) {
        for (size_t second = first; second <= bytes; second++) {
            int32_t *cut = encode(vocabulary, text, bytes, first, second, &count);
            assert_int_equal(count, whole_count);
            if (count > 0)
                assert_memory_equal(cut, whole, count * sizeof *cut);
            rnn_free(cut);
        }
    }
    rnn_free(whole);
}

static const struct {
    const char *name, *text;
    size_t bytes;
    int valid;
} texts[] = {
#define TEXT(name, text, valid)                                                                    \
    { name, text, sizeof(text) - 1, valid }
    TEXT("ASCII", "To be, or not to be:\nthat is the question.", 1),
    TEXT("Latin",
         "d\xC3\xA9j\xC3\xA0 vu, stra\xC3\x9F"
         "e, \xC5\xBElu\xC5\xA5ou\xC4\x8Dk\xC3\xBD",
         1),
    TEXT("Devanagari",
         "\xE0\xA4\xA8\xE0\xA4\xAE\xE0\xA4\xB8\xE0\xA5\x8D\xE0\xA4\xA4\xE0\xA5\x87 "
         "\xE0\xA4\xA6\xE0\xA5\x81\xE0\xA4\xA8\xE0\xA4\xBF\xE0\xA4\xAF\xE0\xA4\xBE",
         1),
    TEXT("Chinese", "\xE7\xBA\xA2\xE6\xA5\xBC\xE6\xA2\xA6\xE3\x80\x82 \xF0\xA0\x80\x80", 1),
    TEXT("emoji",
         "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB ok \xF0\x9F\x87\xAE\xF0\x9F\x87\xB3", 1),
    TEXT("controls", "\0a\0\x01\x7F\r\n\xEF\xBB\xBF", 1),
    TEXT("invalid",
         "a\x80\xE2\x82 b\xF0\x9F\x98 \xC0\xAF\xED\xA0\x80\xF4\x90\x80\x80\xFF\xFE z\xE2\x82", 0),
};

static void all_texts_come_back_from_all_kinds(void **state) {
    (void)state;
    static const struct {
        rnn_units units;
        int max_symbols;
    } kinds[] = {{RNN_UNITS_CHARS, 0},   {RNN_UNITS_BYTES, 0},   {RNN_UNITS_CHARS, 256},
                 {RNN_UNITS_CHARS, 259}, {RNN_UNITS_CHARS, 999}, {RNN_UNITS_BYTES, 256}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
            if (!texts[i].valid && kinds[k].units == RNN_UNITS_CHARS && kinds[k].max_symbols == 0)
                continue;
            rnn_vocabulary *vocabulary =
                choose(texts[i].text, texts[i].bytes, kinds[k].units, kinds[k].max_symbols);
            comes_back(vocabulary, texts[i].text, texts[i].bytes);
            rnn_vocabulary_destroy(vocabulary);
        }
    }
}

static void open_spells_any_other_text(void **state) {
    (void)state;
    rnn_vocabulary *vocabulary = choose("\xC3\xA9", 2, RNN_UNITS_CHARS, 300);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        comes_back(vocabulary, texts[i].text, texts[i].bytes);
    size_t count;
    int32_t *symbols = encode(vocabulary, "\xC3\xA9\xC3\xA8q\xC3", 6, 1, 3, &count);
    const int32_t expected[] = {256, 0xC3, 0xA8, 'q', 0xC3};
    assert_int_equal(count, 5);
    assert_memory_equal(symbols, expected, sizeof expected);
    rnn_free(symbols);
    rnn_vocabulary_destroy(vocabulary);
}

static void refuse(const rnn_vocabulary *vocabulary, const char *text, const char *expected) {
    const size_t bytes = strlen(text);
    for (size_t cut = 0; cut <= bytes; cut++) {
        rnn_encoder *encoder;
        rnn_error error;
        int32_t *symbols = NULL;
        size_t count = 0, capacity = 0;
        assert_int_equal(rnn_encoder_create(&encoder, vocabulary, 0, &error), RNN_OK);
        rnn_status status =
            rnn_encoder_add(encoder, text, cut, 0, &symbols, &count, &capacity, &error);
        if (status == RNN_OK)
            status = rnn_encoder_add(encoder, text + cut, bytes - cut, 1, &symbols, &count,
                                     &capacity, &error);
        assert_int_equal(status, RNN_ERR_SYMBOL);
        assert_string_equal(error.message, expected);
        rnn_free(symbols);
        rnn_encoder_destroy(encoder);
    }
}

#define ADVICE "; train with --max-symbols so that any text can be read, or pass --on-unknown skip"

static void unknown_characters_are_named_with_their_place(void **state) {
    (void)state;
    rnn_vocabulary *chars = choose("ab\n\xC3\xA0", 5, RNN_UNITS_CHARS, 0);
    rnn_vocabulary *bytes = choose("ab\n\xC3\xA0", 5, RNN_UNITS_BYTES, 0);
    refuse(chars, "ab\nb\xC3\xA0\xC3\xA9z",
           "byte 6 (line 2, column 3): the model does not know \"\xC3\xA9\" (U+00E9)" ADVICE);
    refuse(chars, "a\tb",
           "byte 1 (line 1, column 2): the model does not know \"\\t\" (U+0009)" ADVICE);
    refuse(chars, "a\x1B", "byte 1 (line 1, column 2): the model does not know U+001B" ADVICE);
    refuse(chars, "aaaaaaaaaaaaa\n\n\xFF",
           "byte 15 (line 3, column 1): the model does not know the byte 0xFF, which is not "
           "UTF-8" ADVICE);
    refuse(chars, "a\xE2\x82",
           "byte 1 (line 1, column 2): the model does not know the byte 0xE2, which is not "
           "UTF-8" ADVICE);
    refuse(bytes, "\n\n\xC3\xA0\xC3\xA9",
           "byte 5 (line 3, column 2): the model does not know the byte 0xA9" ADVICE);
    refuse(bytes, "abz",
           "byte 2 (line 1, column 3): the model does not know \"z\" (U+007A)" ADVICE);
    rnn_vocabulary_destroy(bytes);
    rnn_vocabulary_destroy(chars);
}

static void unknown_characters_can_be_skipped(void **state) {
    (void)state;
    rnn_vocabulary *vocabulary = choose("ab", 2, RNN_UNITS_CHARS, 0);
    rnn_encoder *encoder;
    int32_t *symbols = NULL;
    size_t count = 0, capacity = 0;
    static const char text[] = "a\xC3\xA9 b\xFF"
                               "aaaaaaaaaaaaaXaaaaa";
    assert_int_equal(rnn_encoder_create(&encoder, vocabulary, 1, NULL), RNN_OK);
    assert_int_equal(
        rnn_encoder_add(encoder, text, sizeof text - 1, 1, &symbols, &count, &capacity, NULL),
        RNN_OK);
    assert_int_equal(count, 20);
    assert_int_equal(symbols[1], 1);
    assert_int_equal(rnn_encoder_skipped(encoder), 4);
    rnn_encoder_destroy(encoder);
    rnn_free(symbols);
    rnn_vocabulary_destroy(vocabulary);
}

static void one_symbol_is_enough(void **state) {
    (void)state;
    rnn_vocabulary *vocabulary = choose("aaa", 3, RNN_UNITS_AUTO, 0);
    assert_int_equal(rnn_vocabulary_size(vocabulary), 1);
    comes_back(vocabulary, "aaaaaaaaaaaa", 12);
    comes_back(vocabulary, "", 0);
    rnn_vocabulary_destroy(vocabulary);
}

static void places_begin_again_with_a_file(void **state) {
    (void)state;
    rnn_vocabulary *vocabulary = choose("ab\n", 3, RNN_UNITS_AUTO, 0);
    rnn_encoder *encoder;
    rnn_error error;
    int32_t *symbols = NULL;
    size_t count = 0, capacity = 0;
    assert_int_equal(rnn_encoder_create(&encoder, vocabulary, 0, NULL), RNN_OK);
    assert_int_equal(rnn_encoder_add(encoder, "a\nb", 3, 0, &symbols, &count, &capacity, NULL),
                     RNN_OK);
    rnn_encoder_restart(encoder);
    assert_int_equal(rnn_encoder_add(encoder, "bc", 2, 0, &symbols, &count, &capacity, &error),
                     RNN_ERR_SYMBOL);
    assert_non_null(strstr(error.message, "byte 1 (line 1, column 2)"));
    rnn_encoder_destroy(encoder);
    rnn_free(symbols);
    rnn_vocabulary_destroy(vocabulary);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_texts_come_back_from_all_kinds),
        cmocka_unit_test(open_spells_any_other_text),
        cmocka_unit_test(unknown_characters_are_named_with_their_place),
        cmocka_unit_test(unknown_characters_can_be_skipped),
        cmocka_unit_test(one_symbol_is_enough),
        cmocka_unit_test(places_begin_again_with_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
