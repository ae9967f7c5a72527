/* SPDX-License-Identifier: MIT
 *
 * test_novelty.c - what of a text stands in a corpus, against the plainest count.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "inference/novelty.h"

static rnn_novelty measure(const char *corpus, const char *const *texts, size_t count) {
    rnn_suffixes *suffixes;
    rnn_novelty_text pieces[8];
    rnn_novelty out;
    for (size_t i = 0; i < count; i++)
        pieces[i] = (rnn_novelty_text){texts[i], strlen(texts[i])};
    assert_int_equal(rnn_suffixes_create(&suffixes, corpus, strlen(corpus), NULL), RNN_OK);
    assert_int_equal(rnn_novelty_measure(&out, suffixes, pieces, count, NULL), RNN_OK);
    rnn_suffixes_destroy(suffixes);
    return out;
}

static void assert_span(const rnn_novelty *from, size_t which, size_t text, uint64_t place,
                        uint64_t characters, size_t times, size_t first) {
    const rnn_novelty_span *span = &from->spans[which];
    assert_true(which < from->span_count);
    assert_int_equal(span->text, text);
    assert_int_equal(span->place, place);
    assert_int_equal(span->characters, characters);
    assert_int_equal(span->times, times);
    assert_int_equal(span->first, first);
}

static void by_hand(void **state) {
    (void)state;
    /*                     0         1         2         3 */
    const char *corpus = "the cat sat on the mat. the dog ran.";
    const char *texts[] = {"XX the dog sat on the cat!"};
    rnn_novelty out = measure(corpus, texts, 1);
    /* XX 0; " the dog" 9 with the space behind; " sat on the " 12; "cat" 7 with "the ". */
    assert_int_equal(out.characters, 26);
    assert_int_equal(out.longest, 12);
    assert_span(&out, 0, 0, 10, 12, 1, 7);
    assert_span(&out, 1, 0, 2, 9, 1, 23);
    assert_int_equal(out.copied[0], 8 + 12);
    assert_int_equal(out.copied[1], 0);
    assert_true(fabs(out.mean - (8 * 9 + 12 * 12 + 3 * 7) / 26.0) < 1e-12);
    assert_int_equal(out.median, 9);
    /* "the cat" lies in a longer one with four of its seven characters. */
    assert_int_equal(out.span_count, 2);
}

static void characters_not_bytes(void **state) {
    (void)state;
    const char *texts[] = {"x\xC3\xA9\xE6\x97\xA5\xE6\x9C\xAC?"};
    /* The corpus has the first byte of the third character only. */
    rnn_novelty out = measure("\xC3\xA9\xE6\x97\xA5\xE6\x9C", texts, 1);
    assert_int_equal(out.characters, 5);
    assert_int_equal(out.longest, 2);
    assert_span(&out, 0, 0, 1, 2, 1, 0);
    assert_int_equal(out.spans[0].byte, 1);
    assert_int_equal(out.spans[0].bytes, 5);
    assert_true(fabs(out.mean - 4 / 5.0) < 1e-12);
}

static void texts_by_themselves(void **state) {
    (void)state;
    const char *texts[] = {"abcd", "", "efgh", "abcd"};
    rnn_novelty out = measure("--abcdefgh--", texts, 4);
    assert_int_equal(out.characters, 12);
    assert_int_equal(out.longest, 4);
    assert_int_equal(out.median, 4);
    /* Said twice, shown once. */
    assert_int_equal(out.span_count, 2);
    assert_span(&out, 0, 0, 0, 4, 1, 2);
    assert_span(&out, 1, 2, 0, 4, 1, 6);
    const char *none[] = {"", ""};
    out = measure("abc", none, 2);
    assert_int_equal(out.characters, 0);
    assert_int_equal(out.span_count, 0);
    assert_true(out.mean == 0);
}

/* The figure of each character by its definition. */
static uint64_t plain_figure(const char *corpus, const char *text, size_t at) {
    size_t count = strlen(text);
    for (size_t length = count; length > 0; length--)
        for (size_t from = at + 1 > length ? at + 1 - length : 0;
             from <= at && from + length <= count; from++) {
            char piece[64] = "";
            memcpy(piece, text + from, length);
            if (strstr(corpus, piece))
                return length;
        }
    return 0;
}

static int by_size(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static void by_definition(void **state) {
    (void)state;
    char corpus[200] = "", text[60] = "";
    const char *texts[] = {text};
    uint64_t figures[60];
    for (uint64_t round = 0; round < 150; round++) {
        double letters = 1 + (double)(round % 4);
        uint64_t sum = 0, copied = 0;
        for (size_t i = 0; i + 1 < sizeof corpus; i++)
            corpus[i] =
                (char)('a' + rnn_random_uniform(round, RNN_RANDOM_SAMPLING, 0, i) * letters);
        for (size_t i = 0; i + 1 < sizeof text; i++)
            text[i] = (char)('a' + rnn_random_uniform(round, RNN_RANDOM_SAMPLING, 1, i) *
                                       (letters + (round % 3 == 0)));
        rnn_novelty out = measure(corpus, texts, 1);
        for (size_t i = 0; i + 1 < sizeof text; i++) {
            figures[i] = plain_figure(corpus, text, i);
            sum += figures[i];
            copied += figures[i] >= 8;
        }
        qsort(figures, sizeof text - 1, sizeof *figures, by_size);
        assert_int_equal(out.characters, sizeof text - 1);
        assert_int_equal(out.copied[0], copied);
        assert_true(fabs(out.mean - (double)sum / (double)(sizeof text - 1)) < 1e-9);
        assert_int_equal(out.median, figures[(sizeof text - 1) / 2]);
        assert_int_equal(out.longest, figures[sizeof text - 2]);
        assert_int_equal(out.spans[0].characters, out.longest);
    }
}

static void levels(void **state) {
    (void)state;
    char corpus[401] = "", text[400] = "";
    for (size_t i = 0; i < 400; i++)
        corpus[i] = (char)(0x21 + rnn_random_uniform(1, RNN_RANDOM_SAMPLING, 0, i) * 90);
    /* Stretches of 300, of 40 and of 10 characters, parted by what is not there. */
    memcpy(text, corpus + 50, 300);
    memcpy(text + 300, "~", 1);
    memcpy(text + 301, corpus, 40);
    memcpy(text + 341, "~", 1);
    memcpy(text + 342, corpus + 380, 10);
    const char *texts[] = {text};
    rnn_novelty out = measure(corpus, texts, 1);
    const uint64_t expected[] = {350, 340, 340, 300, 300, 300};
    assert_int_equal(out.characters, 352);
    for (size_t l = 0; l < RNN_NOVELTY_LEVELS; l++)
        assert_int_equal(out.copied[l], expected[l]);
    assert_int_equal(out.span_count, 3);
    assert_span(&out, 0, 0, 0, 300, 1, 50);
    assert_span(&out, 1, 0, 301, 40, 1, 0);
    assert_span(&out, 2, 0, 342, 10, 1, 380);
}

static void holding_back(void **state) {
    (void)state;
    char text[8000];
    memset(text, 'a', sizeof text);
    assert_int_equal(rnn_novelty_hold_back(text, sizeof text, 150), sizeof text - 150);
    assert_int_equal(rnn_novelty_hold_back(text, sizeof text, 5000), sizeof text - 400);
    assert_int_equal(rnn_novelty_hold_back(text, sizeof text, 99), sizeof text);
    assert_int_equal(rnn_novelty_hold_back(text, 1000, 5000), 1000);
    assert_int_equal(rnn_novelty_hold_back(text, 0, 5000), 0);
    for (size_t i = 0; i < sizeof text; i += 2)
        memcpy(text + i, "\xC3\xA9", 2);
    assert_int_equal(rnn_novelty_hold_back(text, sizeof text, 150), sizeof text - 300);
    assert_int_equal(rnn_novelty_hold_back(text, sizeof text - 1, 150), sizeof text - 300);
    /* A twentieth that would begin within a character begins behind it. */
    assert_int_equal(rnn_novelty_hold_back(text, 7980, 5000), 7582);
}

static void memory_is_short(void **state) {
    (void)state;
    rnn_suffixes *suffixes;
    rnn_novelty out;
    rnn_novelty_text text = {"abcabc", 6};
    int failed = 0;
    assert_int_equal(rnn_suffixes_create(&suffixes, "abcab", 5, NULL), RNN_OK);
    for (uint64_t nth = 1;; nth++) {
        rnn_allocate_fail(nth, 0);
        rnn_status status = rnn_novelty_measure(&out, suffixes, &text, 1, NULL);
        rnn_allocate_fail(0, 0);
        if (status == RNN_OK)
            break;
        assert_int_equal(status, RNN_ERR_MEMORY);
        failed++;
    }
    assert_true(failed >= 4);
    rnn_suffixes_destroy(suffixes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(characters_not_bytes),
        cmocka_unit_test(texts_by_themselves),
        cmocka_unit_test(by_definition),
        cmocka_unit_test(levels),
        cmocka_unit_test(holding_back),
        cmocka_unit_test(memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
