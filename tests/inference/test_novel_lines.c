/* SPDX-License-Identifier: MIT
 *
 * test_novel_lines.c - which lines are new, by hand, and how likely a model is to write
 * them, against scoring each by itself.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "inference/novel_lines.h"
#include "tests/inference/made_model.h"

#define ALPHABET "\n\r abcdefgh"

static rnn_lines whole(const char *text) {
    return (rnn_lines){text, strlen(text), 1, 1};
}

static rnn_novel_lines find(const char *corpus, const rnn_lines *texts, size_t count) {
    rnn_line_set *set;
    rnn_novel_lines out;
    rnn_line line;
    rnn_lines from = whole(corpus);
    assert_int_equal(rnn_line_set_create(&set, NULL), RNN_OK);
    while (rnn_lines_next(&from, &line))
        assert_true(rnn_line_set_add(set, line.bytes, line.count));
    assert_int_equal(rnn_novel_lines_find(&out, set, texts, count, NULL), RNN_OK);
    rnn_line_set_destroy(set);
    return out;
}

static void assert_line(const rnn_novel_lines *from, size_t which, const char *text,
                        uint64_t times) {
    assert_true(which < from->count);
    const rnn_novel_line *it = &from->list[which];
    assert_int_equal(it->line.count, strlen(text));
    assert_memory_equal(it->line.bytes, text, strlen(text));
    assert_int_equal(it->times, times);
}

/* ------------------------------------------------------------------ counting */

static void by_hand(void **state) {
    (void)state;
    /* Two samples; the first begins within a line, the second is cut off within one. */
    const rnn_lines texts[] = {{"rest\nbob\neve\n\nbobby\neve\n", 24, 0, 0},
                               {"eve\nanna\nanna\nAnna\nbo", 21, 1, 0}};
    rnn_novel_lines out = find("anna\nbob\nzoe", texts, 2);
    /* bob, eve, bobby, eve; eve, anna, anna, Anna. */
    assert_int_equal(out.written, 8);
    assert_int_equal(out.fresh, 5);
    assert_int_equal(out.different, 5);
    assert_int_equal(out.count, 3);
    assert_line(&out, 0, "Anna", 1);
    assert_line(&out, 1, "bobby", 1);
    assert_line(&out, 2, "eve", 3);
    /* Where it was written first. */
    assert_ptr_equal(out.list[2].line.bytes, texts[0].bytes + 9);
    rnn_novel_lines_release(&out);
}

static void carriage_returns(void **state) {
    (void)state;
    const rnn_lines text = whole("anna\nbob\r\neve\r\neve\nzoe\nzoe\r\n");
    rnn_novel_lines out = find("anna\r\nbob\r\n", &text, 1);
    assert_int_equal(out.written, 6);
    assert_int_equal(out.fresh, 4);
    assert_int_equal(out.count, 2);
    assert_line(&out, 0, "eve", 2);
    assert_line(&out, 1, "zoe", 2);
    assert_int_equal(out.list[0].line.carriage, 1);
    assert_int_equal(out.list[1].line.carriage, 0);
    rnn_novel_lines_release(&out);
    out = find("anna\nbob\n", &text, 1);
    assert_int_equal(out.fresh, 4);
    rnn_novel_lines_release(&out);
}

static void without_lines(void **state) {
    (void)state;
    const rnn_lines text = {"no end", 6, 1, 0};
    rnn_model *model = made_model(ALPHABET, RNN_CELL_LSTM, 8, 0, 0);
    rnn_novel_lines out = find("", &text, 1);
    assert_int_equal(out.written + out.fresh + out.different + out.count, 0);
    assert_int_equal(rnn_novel_lines_score(&out, model, &(rnn_evaluation){0}, NULL), RNN_OK);
    rnn_novel_lines_release(&out);
    rnn_model_destroy(model);
}

/* ------------------------------------------------------------------- scoring */

/* One line by itself, from a zero state, through the public door. */
static double nats_of(const rnn_model *model, const rnn_line *line, uint64_t *symbols) {
    char *text = rnn_allocate(line->count + 3, 1);
    rnn_score score;
    assert_non_null(text);
    int bytes =
        sprintf(text, "\n%.*s%s\n", (int)line->count, line->bytes, line->carriage ? "\r" : "");
    assert_int_equal(rnn_score_text(model, text, (size_t)bytes, 0, &score, NULL, NULL, NULL),
                     RNN_OK);
    rnn_free(text);
    *symbols = score.characters;
    return score.nats_per_character * (double)score.characters;
}

/* Lines of 1 to 200 characters, more than are read side by side; some end in "\r\n". */
static char *many_lines(void) {
    char *text = rnn_allocate(70 * 220, 1);
    size_t used = 0;
    assert_non_null(text);
    for (size_t i = 0; i < 70; i++) {
        size_t length = i < 4 ? 62 + i : 1 + i * i % 200;
        for (size_t at = 0; at < length; at++)
            text[used++] = " abcdefgh"[(i * 7 + at * at + at / 5) % 9];
        if (i % 5 == 0)
            text[used++] = '\r';
        text[used++] = '\n';
    }
    return text;
}

static void as_by_itself(void **state) {
    (void)state;
    const rnn_cell cells[] = {RNN_CELL_TANH, RNN_CELL_GRU, RNN_CELL_LSTM};
    char *written = many_lines();
    const rnn_lines text = whole(written);
    for (size_t c = 0; c < 3; c++) {
        rnn_model *model = made_model(ALPHABET, cells[c], 19, c == 1 ? 6 : 0, 0);
        rnn_novel_lines out = find("aaaa\n", &text, 1);
        assert_true(out.count > 64);
        assert_int_equal(rnn_novel_lines_score(&out, model, &(rnn_evaluation){.threads = 2}, NULL),
                         RNN_OK);
        for (size_t i = 0; i < out.count; i++) {
            uint64_t symbols;
            double nats = nats_of(model, &out.list[i].line, &symbols);
            assert_int_equal(out.list[i].symbols, symbols);
            assert_true(fabs(out.list[i].nats - nats) <= 1e-9 * nats);
            assert_true(i == 0 || out.list[i - 1].nats <= out.list[i].nats);
        }
        rnn_novel_lines_release(&out);
        rnn_model_destroy(model);
    }
    rnn_free(written);
}

/* What a line costs does not depend on the lines beside it, nor on threads. */
static void bits(void **state) {
    (void)state;
    char *written = many_lines();
    const rnn_lines text = whole(written), half = {written, strlen(written) / 2, 1, 0};
    rnn_model *model = made_model(ALPHABET, RNN_CELL_LSTM, 40, 0, 0);
    for (int precision = RNN_PRECISION_FLOAT32; precision <= RNN_PRECISION_INT8; precision++) {
        rnn_evaluation how = {.threads = 1, .precision = (rnn_precision)precision};
        rnn_novel_lines all = find("", &text, 1), some = find("", &half, 1);
        assert_int_equal(rnn_novel_lines_score(&all, model, &how, NULL), RNN_OK);
        how.threads = 3;
        assert_int_equal(rnn_novel_lines_score(&some, model, &how, NULL), RNN_OK);
        assert_true(some.count > 20 && some.count < all.count);
        for (size_t i = 0, at = 0; i < some.count; i++, at++) {
            while (at < all.count && rnn_line_compare(&all.list[at].line, &some.list[i].line) != 0)
                at++;
            assert_true(at < all.count);
            assert_true(all.list[at].nats == some.list[i].nats);
        }
        rnn_novel_lines_release(&all);
        rnn_novel_lines_release(&some);
    }
    rnn_model_destroy(model);
    rnn_free(written);
}

/* A network of zeros finds all symbols equally likely: the shorter a line the likelier,
 * and equals stand by their bytes. */
static void ties(void **state) {
    (void)state;
    rnn_model *model = made_model(ALPHABET, RNN_CELL_GRU, 8, 0, 0);
    memset(model->parameters, 0, model->network.parameters * sizeof(float));
    const rnn_lines text = whole("ca\nq?\nb\nab\nac\nb\nabc\nA\nc\n");
    rnn_novel_lines out = find("c\n", &text, 1);
    assert_int_equal(rnn_novel_lines_score(&out, model, &(rnn_evaluation){0}, NULL), RNN_OK);
    assert_int_equal(out.count, 7);
    assert_line(&out, 0, "b", 2);
    assert_line(&out, 1, "ab", 1);
    assert_line(&out, 2, "ac", 1);
    assert_line(&out, 3, "ca", 1);
    assert_line(&out, 4, "abc", 1);
    assert_true(fabs(out.list[4].nats - 4 * log(strlen(ALPHABET))) < 1e-5);
    assert_int_equal(out.list[4].symbols, 4);
    /* What the model cannot read comes last. */
    assert_line(&out, 5, "A", 1);
    assert_line(&out, 6, "q?", 1);
    assert_true(isinf(out.list[5].nats) && isinf(out.list[6].nats));
    assert_int_equal(out.list[5].symbols, 0);
    rnn_novel_lines_release(&out);
    rnn_model_destroy(model);
}

static void memory_is_short(void **state) {
    (void)state;
    rnn_line_set *set;
    rnn_novel_lines out;
    const rnn_lines text = whole("ab\nba\nab\n");
    rnn_model *model = made_model(ALPHABET, RNN_CELL_GRU, 8, 0, 0);
    int failed = 0, done = 0;
    assert_int_equal(rnn_line_set_create(&set, NULL), RNN_OK);
    for (uint64_t nth = 1; !done; nth++) {
        rnn_allocate_fail(nth, 0);
        rnn_status status = rnn_novel_lines_find(&out, set, &text, 1, NULL);
        if (status == RNN_OK)
            status = rnn_novel_lines_score(&out, model, &(rnn_evaluation){.threads = 1}, NULL);
        rnn_allocate_fail(0, 0);
        done = status == RNN_OK;
        if (!done)
            assert_int_equal(status, RNN_ERR_MEMORY);
        failed += !done;
        rnn_novel_lines_release(&out);
    }
    assert_true(failed >= 6);
    rnn_line_set_destroy(set);
    rnn_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(carriage_returns),
        cmocka_unit_test(without_lines),
        cmocka_unit_test(as_by_itself),
        cmocka_unit_test(bits),
        cmocka_unit_test(ties),
        cmocka_unit_test(memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
