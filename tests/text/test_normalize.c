/* SPDX-License-Identifier: MIT
 *
 * test_normalize.c - normal form C, the same for any pieces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <utf8proc.h>

#include "text/normalize.h"

#include "base/memory.h"
#include "text/utf8.h"

static void expect(const char *text, const char *normal) {
    char *out;
    size_t count;
    assert_int_equal(rnn_normalize_nfc(text, strlen(text), &out, &count, NULL), RNN_OK);
    assert_string_equal(out, normal);
    assert_int_equal(count, strlen(normal));
    rnn_free(out);
}

static void known_forms(void **state) {
    (void)state;
    expect("", "");
    expect("plain", "plain");
    expect("e\xCC\x81", "\xC3\xA9");
    expect("\xC3\xA9", "\xC3\xA9");
    /* Marks of different classes change places: dot above, dot below. */
    expect("q\xCC\x87\xCC\xA3", "q\xCC\xA3\xCC\x87");
    /* A mark in between of another class does not stop the joining. */
    expect("a\xCC\xA3\xCC\x82", "\xE1\xBA\xAD");
    /* Angstrom's own sign becomes the letter. */
    expect("\xE2\x84\xAB", "\xC3\x85");
    /* Devanagari qa is excluded from composition: ka and nukta. */
    expect("\xE0\xA5\x98", "\xE0\xA4\x95\xE0\xA4\xBC");
    expect("\xE0\xA4\x95\xE0\xA4\xBC", "\xE0\xA4\x95\xE0\xA4\xBC");
    /* na and nukta join to nnna. */
    expect("\xE0\xA4\xA8\xE0\xA4\xBC", "\xE0\xA4\xA9");
    /* Bengali e and aa, both starters, join to o. */
    expect("\xE0\xA7\x87\xE0\xA6\xBE", "\xE0\xA7\x8B");
    /* Hangul: g + a + g; syllable ga + g. */
    expect("\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8", "\xEA\xB0\x81");
    expect("\xEA\xB0\x80\xE1\x86\xA8", "\xEA\xB0\x81");
    /* U+11A7 is no final consonant and stays. */
    expect("\xEA\xB0\x80\xE1\x86\xA7", "\xEA\xB0\x80\xE1\x86\xA7");
}

static void invalid_bytes_stay(void **state) {
    (void)state;
    /* The mark after a stray byte has nothing to join with. */
    expect("e\x80\xCC\x81", "e\x80\xCC\x81");
    expect("\xFF"
           "e\xCC\x81\xE2\x82",
           "\xFF\xC3\xA9\xE2\x82");
}

static void nul_is_a_character(void **state) {
    (void)state;
    char *out;
    size_t count;
    assert_int_equal(rnn_normalize_nfc("\0e\xCC\x81\0", 5, &out, &count, NULL), RNN_OK);
    assert_int_equal(count, 4);
    assert_memory_equal(out, "\0\xC3\xA9\0", 4);
    rnn_free(out);
}

/* Words whose letters join, in several scripts, and what stands at their borders. */
static const char tricky[] =
    "Cafe\xCC\x81 o\xCC\x82\xCC\x81n \xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB\xEA\xB5\xAD\xE1\x84\x80"
    "\xE1\x85\xB3\xE1\x86\xAF \xE0\xA4\x95\xE0\xA4\xBC\xE0\xA5\x98\xE0\xA4\xA8\xE0\xA4\xBC \xE0\xA7"
    "\x87\xE0\xA6\xBE\xE0\xA7\x87\xE0\xA7\x97 a\xCC\xA3\xCC\x82\xCC\x95\xCD\x85 "
    "\xE2\x84\xAB\xF0\x9D"
    "\x85\x9E\xF0\x9F\x98\x80\xCC\x84 \xCE\xB9\xCC\x88\xCC\x81 \xE3\x81\x8B\xE3\x82\x99 s\xCC\xA3"
    "\xCC\x87";

static char *normalize_in_pieces(const char *text, size_t bytes, const size_t *cuts, size_t count,
                                 size_t *length) {
    rnn_normalizer *normalizer;
    char *out = NULL;
    size_t capacity = 0, at = 0;
    *length = 0;
    assert_int_equal(rnn_normalizer_create(&normalizer, NULL), RNN_OK);
    for (size_t i = 0; i <= count; i++) {
        size_t end = i < count ? cuts[i] : bytes;
        assert_int_equal(rnn_normalizer_add(normalizer, text + at, end - at, i == count, &out,
                                            length, &capacity, NULL),
                         RNN_OK);
        at = end;
    }
    rnn_normalizer_destroy(normalizer);
    return out;
}

static void every_cut_gives_the_normal_form_of_the_whole(void **state) {
    (void)state;
    const size_t bytes = sizeof tricky - 1;
    char *whole = (char *)utf8proc_NFC((const utf8proc_uint8_t *)tricky);
    assert_non_null(whole);
    assert_string_not_equal(whole, tricky);
    for (size_t cut = 0; cut <= bytes; cut++) {
        size_t length;
        char *out = normalize_in_pieces(tricky, bytes, &cut, 1, &length);
        assert_int_equal(length, strlen(whole));
        assert_memory_equal(out, whole, length);
        rnn_free(out);
    }
    size_t length, cuts[sizeof tricky];
    for (size_t i = 0; i < bytes; i++)
        cuts[i] = i;
    char *out = normalize_in_pieces(tricky, bytes, cuts, bytes, &length);
    assert_int_equal(length, strlen(whole));
    assert_memory_equal(out, whole, length);
    rnn_free(out);
    free(whole);
}

/* Strings of what joins and what does not, drawn by a small generator. */
static void mixed_strings_match_the_library(void **state) {
    (void)state;
    static const uint32_t codes[] = {'a',    'e',    0xE9,    0x300,   0x301,  0x323,  0x327,
                                     0x345,  0x1100, 0x1161,  0x11A8,  0xAC00, 0xAC01, 0x915,
                                     0x93C,  0x928,  0x958,   0x9C7,   0x9BE,  0x9D7,  0x212B,
                                     0x1E69, 0xD4DB, 0x344,   0xF73,   0xF71,  0xF72,  0x1D15E,
                                     0x1F82, 0x2ADC, 0x110B9, 0x110BA, 0x1101, 0x3099, 0x304B};
    uint32_t seed = 1;
    for (int round = 0; round < 300; round++) {
        char text[64];
        size_t bytes = 0;
        for (int i = 0; i < 12; i++) {
            seed = seed * 1664525 + 1013904223;
            bytes += rnn_utf8_encode(codes[(seed >> 8) % (sizeof codes / sizeof codes[0])],
                                     text + bytes);
        }
        text[bytes] = 0;
        char *whole = (char *)utf8proc_NFC((const utf8proc_uint8_t *)text);
        assert_non_null(whole);
        expect(text, whole);
        free(whole);
    }
}

static void long_runs_are_the_same_in_any_pieces(void **state) {
    (void)state;
    enum { RUN = 3 * RNN_NORMALIZE_LONGEST };
    static char text[2 * RUN + 1];
    size_t bytes = 0, one_length, length;
    text[bytes++] = 'a';
    for (int i = 0; i < RUN; i++)
        bytes += rnn_utf8_encode(i % 2 ? 0x301 : 0x323, text + bytes);
    char *one = normalize_in_pieces(text, bytes, NULL, 0, &one_length);
    /* Joined with the first dot below; the accents went behind the dots. */
    assert_memory_equal(one, "\xE1\xBA\xA1\xCC\xA3", 5);
    for (size_t cut = 1; cut < bytes; cut += 611) {
        char *out = normalize_in_pieces(text, bytes, &cut, 1, &length);
        assert_int_equal(length, one_length);
        assert_memory_equal(out, one, length);
        rnn_free(out);
    }
    rnn_free(one);
}

static void no_memory_is_an_error(void **state) {
    (void)state;
    rnn_error error;
    char *out;
    size_t count;
    for (uint64_t nth = 1;; nth++) {
        rnn_allocate_fail(nth, 1);
        rnn_status status = rnn_normalize_nfc(tricky, sizeof tricky - 1, &out, &count, &error);
        rnn_allocate_fail(0, 0);
        rnn_free(out);
        if (status == RNN_OK)
            break;
        assert_int_equal(status, RNN_ERR_MEMORY);
        assert_null(out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_forms),
        cmocka_unit_test(invalid_bytes_stay),
        cmocka_unit_test(nul_is_a_character),
        cmocka_unit_test(every_cut_gives_the_normal_form_of_the_whole),
        cmocka_unit_test(mixed_strings_match_the_library),
        cmocka_unit_test(long_runs_are_the_same_in_any_pieces),
        cmocka_unit_test(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
