/* SPDX-License-Identifier: MIT
 *
 * test_suffixes.c - what stands where in a text, against the plainest search.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "text/suffixes.h"

static size_t plain_longest(const char *text, size_t text_count, const char *pattern,
                            size_t count) {
    size_t longest = 0;
    for (size_t i = 0; i < text_count; i++) {
        size_t same = 0;
        while (same < count && i + same < text_count && text[i + same] == pattern[same])
            same++;
        longest = same > longest ? same : longest;
    }
    return longest;
}

static size_t plain_find(const char *text, size_t text_count, const char *pattern, size_t count,
                         size_t *first) {
    size_t times = 0;
    for (size_t i = text_count; i-- > 0;)
        if (i + count <= text_count && memcmp(text + i, pattern, count) == 0) {
            *first = i;
            times++;
        }
    return times;
}

static void against_plain(const char *text, size_t text_count, const char *pattern, size_t count) {
    rnn_suffixes *suffixes;
    assert_int_equal(rnn_suffixes_create(&suffixes, text, text_count, NULL), RNN_OK);
    for (size_t from = 0; from <= count; from++) {
        size_t longest = plain_longest(text, text_count, pattern + from, count - from);
        assert_int_equal(rnn_suffixes_longest(suffixes, pattern + from, count - from), longest);
        for (size_t length = 1; from + length <= count; length++) {
            size_t first = 0, plain_first = 0;
            size_t times = plain_find(text, text_count, pattern + from, length, &plain_first);
            assert_int_equal(rnn_suffixes_find(suffixes, pattern + from, length, &first), times);
            assert_int_equal(first, plain_first);
        }
    }
    rnn_suffixes_destroy(suffixes);
}

static void random_texts(void **state) {
    (void)state;
    char text[120], pattern[24];
    for (uint64_t round = 0; round < 200; round++) {
        size_t letters = 1 + round % 4, count = 1 + round % sizeof text;
        for (size_t i = 0; i < sizeof text; i++)
            text[i] = (char)(0x7E + (int)(rnn_random_uniform(round, RNN_RANDOM_SAMPLING, 0, i) *
                                          (double)letters));
        for (size_t i = 0; i < sizeof pattern; i++)
            pattern[i] =
                (char)(0x7E + (int)(rnn_random_uniform(round, RNN_RANDOM_SAMPLING, 1, i) * 4));
        against_plain(text, count, pattern, sizeof pattern);
        against_plain(text, count, text + sizeof text - 20, 20);
    }
}

static void at_the_ends(void **state) {
    (void)state;
    against_plain("", 0, "abc", 3);
    against_plain("a", 1, "aaa", 3);
    against_plain("abcabc", 6, "cabcabcab", 9);
    against_plain("\0\xFF\0\xFF\0", 5, "\xFF\0\xFF", 3);
}

static void memory_is_short(void **state) {
    (void)state;
    rnn_suffixes *suffixes;
    rnn_error error;
    for (uint64_t nth = 1; nth <= 2; nth++) {
        rnn_allocate_fail(nth, 0);
        assert_int_equal(rnn_suffixes_create(&suffixes, "abc", 3, &error), RNN_ERR_MEMORY);
        assert_null(suffixes);
    }
    rnn_allocate_fail(0, 0);
    assert_int_equal(rnn_suffixes_create(&suffixes, "abc", (size_t)RNN_SUFFIXES_MOST + 1, &error),
                     RNN_ERR_RANGE);
    assert_non_null(strstr(error.message, "2147483648"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_texts),
        cmocka_unit_test(at_the_ends),
        cmocka_unit_test(memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
