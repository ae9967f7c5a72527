/* SPDX-License-Identifier: MIT
 *
 * test_contexts.c - sorted places and counted contexts, against the plainest way to
 * find them: looking through the text for each question.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "ngram/contexts.h"
#include "tests/ngram/made_symbols.h"

#define MEMORY ((uint64_t)64 << 20)

/* ------------------------------------------------------------------- places */

typedef struct visits {
    int32_t *around; /* [count][depth + 1] */
    size_t count, stop;
    int depth;
} visits;

static int note(void *context, const int32_t *around) {
    visits *v = context;
    size_t width = (size_t)v->depth + 1;
    memcpy(v->around + v->count++ * width, around, width * sizeof *around);
    return v->count != v->stop;
}

static visits visit(const made_symbols *made, int depth, size_t room, size_t stop) {
    visits v = {calloc(made->count, sizeof(int32_t) * ((size_t)depth + 1)), 0, stop, depth};
    rnn_places_text text = made_text_of(made);
    uint64_t begin = 1;
    assert_int_equal(rnn_places_visit(&text, depth, room, note, &v, &begin, NULL), RNN_OK);
    assert_int_equal(begin, 0);
    return v;
}

/* -1, 0 or 1 as one context comes before the other. */
static int compare(const int32_t *a, const int32_t *b, int depth) {
    for (int d = 1; d <= depth; d++)
        if (a[d] != b[d])
            return a[d] < b[d] ? -1 : 1;
    return 0;
}

/* Every place once, in order, whatever the room is. */
static void test_places(void **state) {
    (void)state;
    for (int kind = 0; kind < MADE_KINDS; kind++) {
        made_symbols made = make_symbols(kind, 3000);
        for (int depth = 1; depth <= RNN_PLACES_MOST_DEPTH; depth += 6) {
            size_t width = (size_t)depth + 1;
            visits whole = visit(&made, depth, MEMORY, 0);
            int64_t sum = 0;
            assert_int_equal(whole.count, made.count);
            for (size_t i = 0; i < made.count; i++) {
                const int32_t *here = whole.around + i * width;
                sum += here[0] - made.at[i];
                assert_true(i == 0 || compare(here - width, here, depth) <= 0);
            }
            assert_int_equal(sum, 0);
            free(whole.around);
        }
        free(made.at);
    }
}

static void test_room(void **state) {
    (void)state;
    made_symbols made = make_symbols(MADE_RANDOM, 3000);
    visits whole = visit(&made, 7, MEMORY, 0), parts = visit(&made, 7, 100 * RNN_PLACES_BYTES, 0);
    assert_int_equal(parts.count, whole.count);
    for (size_t i = 0; i < whole.count; i++)
        assert_int_equal(compare(whole.around + i * 8, parts.around + i * 8, 7), 0);
    free(whole.around);
    free(parts.around);
    visits some = visit(&made, 7, MEMORY, 10);
    assert_int_equal(some.count, 10);
    free(some.around);
    free(made.at);
}

/* What is all the same cannot be parted: its beginning is left out. */
static void test_monotony(void **state) {
    (void)state;
    made_symbols made = make_symbols(MADE_SAME, 3000);
    rnn_places_text text = made_text_of(&made);
    visits v = {calloc(3000, 5 * sizeof(int32_t)), 0, 0, 4};
    uint64_t begin;
    assert_int_equal(rnn_places_visit(&text, 4, 1000 * RNN_PLACES_BYTES, note, &v, &begin, NULL),
                     RNN_OK);
    assert_true(begin >= 2000 && begin < 2500);
    assert_int_equal(v.count, 3000 - begin);
    assert_int_equal(rnn_places_visit(&text, 4, 1, note, &v, &begin, NULL), RNN_ERR_MEMORY);
    free(v.around);
    free(made.at);
}

/* ----------------------------------------------------------------- contexts */

static int ends_with(const made_symbols *made, size_t end, const int32_t *tail, size_t length) {
    return end >= length && memcmp(made->at + end - length, tail, length * sizeof(int32_t)) == 0;
}

static uint32_t occurrences(const made_symbols *made, const int32_t *context, size_t length) {
    uint32_t times = 0;
    for (size_t i = 0; i < made->count; i++)
        times += (uint32_t)ends_with(made, i, context, length);
    return times;
}

/* How often a symbol follows a context, or behind how many symbols it does. */
static uint32_t plain_count(const made_symbols *made, const int32_t *context, size_t length,
                            int32_t symbol, int raw) {
    uint32_t times = 0;
    unsigned char *before = calloc((size_t)made->symbols + 1, 1);
    for (size_t i = 0; i < made->count; i++) {
        if (made->at[i] != symbol || !ends_with(made, i, context, length))
            continue;
        size_t which = i == length ? 0 : (size_t)made->at[i - length - 1] + 1;
        times += raw || !before[which];
        before[which] = 1;
    }
    free(before);
    return times;
}

static void assert_walk(const rnn_contexts *tree, const made_symbols *made, int depth,
                        const int32_t *history, size_t length, int32_t symbol) {
    rnn_counts got[RNN_PLACES_MOST_DEPTH + 1];
    int levels = rnn_contexts_walk(tree, history, length, symbol, got), d = 0;
    for (uint32_t times = 2; d <= depth && (size_t)d <= length && times > 1; d++) {
        const int32_t *context = history + length - (size_t)d;
        rnn_counts wanted = {0};
        times = occurrences(made, context, (size_t)d);
        if (times == 0)
            break;
        assert_true(d < levels);
        for (int32_t s = 0; s < made->symbols; s++) {
            uint32_t count = plain_count(made, context, (size_t)d, s, d == depth);
            wanted.total += count;
            if (count > 0)
                wanted.of[rnn_contexts_class(count)]++;
            if (s == symbol)
                wanted.symbol = count;
        }
        assert_memory_equal(&got[d], &wanted, sizeof wanted);
    }
    assert_int_equal(levels, d);
}

static void test_counts(void **state) {
    (void)state;
    static const int depths[] = {1, 2, 5, 19};
    for (int kind = 0; kind < MADE_KINDS; kind++) {
        made_symbols made = make_symbols(kind, kind == MADE_MANY ? 120 : 400);
        for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
            rnn_places_text text = made_text_of(&made);
            rnn_contexts tree;
            int32_t strange[30];
            assert_int_equal(rnn_contexts_count(&tree, &text, depths[i], MEMORY, NULL), RNN_OK);
            assert_int_equal(tree.depth, depths[i]);
            size_t step = kind == MADE_MANY ? 40 : 17;
            for (size_t at = 0; at < made.count; at += step)
                assert_walk(&tree, &made, depths[i], made.at, at, made.at[at]);
            for (size_t k = 0; k < 30; k++)
                strange[k] = (int32_t)(k * k * 7 % (size_t)made.symbols);
            for (size_t k = 0; k < 30; k += 7)
                assert_walk(&tree, &made, depths[i], strange, k, strange[k]);
            rnn_contexts_release(&tree);
        }
        free(made.at);
    }
}

/* A part of a text knows nothing of what stands before it. */
static void test_part(void **state) {
    (void)state;
    made_symbols made = make_symbols(MADE_RANDOM, 500), part = made;
    rnn_places_text text = made_text_of(&made);
    rnn_contexts tree;
    text.begin = 123;
    text.end = 456;
    part.at += 123;
    part.count = 456 - 123;
    assert_int_equal(rnn_contexts_count(&tree, &text, 6, MEMORY, NULL), RNN_OK);
    for (size_t at = 0; at < part.count; at += 11)
        assert_walk(&tree, &part, 6, part.at, at, part.at[at]);
    rnn_contexts_release(&tree);
    free(made.at);
}

/* The beginning of a text is no symbol that could be asked for. */
static void test_beginning(void **state) {
    (void)state;
    int32_t one[] = {7}, before[] = {65535};
    rnn_places_text text = {made_read, one, 0, 1, 65536};
    rnn_contexts tree;
    rnn_counts counts[RNN_PLACES_MOST_DEPTH + 1];
    assert_int_equal(rnn_contexts_count(&tree, &text, 3, MEMORY, NULL), RNN_OK);
    assert_int_equal(rnn_contexts_walk(&tree, before, 1, 7, counts), 1);
    assert_int_equal(counts[0].symbol, 1);
    assert_int_equal(tree.number, 1);
    rnn_contexts_release(&tree);
}

/* Counts that 16 bits cannot hold keep their proportions. */
static void test_large_counts(void **state) {
    (void)state;
    made_symbols made = make_symbols(MADE_SAME, 300000);
    rnn_places_text text = made_text_of(&made);
    rnn_contexts tree;
    rnn_counts counts[RNN_PLACES_MOST_DEPTH + 1];
    for (size_t i = 0; i < made.count; i += 100)
        made.at[i] = 1;
    made.at[made.count / 2 + 50] = 2;
    assert_int_equal(rnn_contexts_count(&tree, &text, 1, MEMORY, NULL), RNN_OK);
    const int32_t history[] = {0};
    assert_int_equal(rnn_contexts_walk(&tree, history, 1, 1, counts), 2);
    /* 293,999, 2,999 and 1, halved three times. */
    assert_int_equal(counts[1].symbol, 2999 >> 3);
    assert_int_equal(counts[1].of[0], 1);
    assert_true(counts[1].total > 36000 && counts[1].total < 37500);
    rnn_contexts_release(&tree);
    free(made.at);
}

/* Too little memory lowers the depth, and what is then there is right. */
static void test_memory(void **state) {
    (void)state;
    made_symbols made = make_symbols(MADE_RANDOM, 60000);
    rnn_places_text text = made_text_of(&made);
    int before = 12;
    for (uint64_t memory = 16 << 20; memory >= 1 << 20; memory /= 2) {
        rnn_contexts tree;
        assert_int_equal(rnn_contexts_count(&tree, &text, 12, memory, NULL), RNN_OK);
        assert_true(tree.budget.used <= memory);
        assert_true(tree.depth <= before);
        before = tree.depth;
        if (memory <= 1 << 20)
            for (size_t at = 0; at < made.count; at += 9001)
                assert_walk(&tree, &made, tree.depth, made.at, at, made.at[at]);
        rnn_contexts_release(&tree);
    }
    assert_true(before < 12);
    rnn_contexts tree;
    rnn_error error;
    assert_int_equal(rnn_contexts_count(&tree, &text, 12, 300000, &error), RNN_ERR_MEMORY);
    rnn_contexts_release(&tree);
    assert_int_equal(rnn_contexts_count(&tree, &text, 12, 1000, &error), RNN_ERR_MEMORY);
    rnn_contexts_release(&tree);
    free(made.at);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),   cmocka_unit_test(test_room),
        cmocka_unit_test(test_monotony), cmocka_unit_test(test_counts),
        cmocka_unit_test(test_part),     cmocka_unit_test(test_large_counts),
        cmocka_unit_test(test_memory),   cmocka_unit_test(test_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
