/* SPDX-License-Identifier: MIT
 *
 * test_own_text.c - what of a model's own text it was not trained on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inference/own_text.h"
#include "inference/score.h"
#include "tests/training/small_run.h"

static rnn_model *model_of(rnn_training *how) {
    rnn_error error = {RNN_OK, ""};
    rnn_model *model;
    how->steps = 2;
    train_well(how, 0, NULL);
    if (rnn_model_load(&model, how->out, &error) != RNN_OK)
        fail_msg("%s", error.message);
    return model;
}

static rnn_symbols *symbols_of(const rnn_model *model, const char *path) {
    rnn_error error = {RNN_OK, ""};
    rnn_evaluation how = {0};
    rnn_symbols *symbols;
    if (rnn_score_read(&symbols, model, &path, 1, &how, &error) != RNN_OK)
        fail_msg("%s", error.message);
    return symbols;
}

static int held_out(const rnn_model *model, const rnn_symbols *symbols, int part, double val,
                    double test) {
    rnn_evaluation how = {.part = part, .val_frac = val, .test_frac = test};
    return rnn_own_text_held_out(model, symbols, &how);
}

static void test_parts(void **state) {
    (void)state;
    char out[1024], streams[1024], other[1024];
    rnn_training how = small_run("own", out);
    how.val_frac = 0.2;
    how.test_frac = 0.1;
    rnn_model *model = model_of(&how);
    rnn_symbols *own = symbols_of(model, text);
    assert_true(held_out(model, own, RNN_PART_VAL, 0.2, 0.1));
    assert_true(held_out(model, own, RNN_PART_TEST, 0.2, 0.1));
    assert_true(held_out(model, own, RNN_PART_VAL, 0.1, 0.1));
    assert_true(held_out(model, own, RNN_PART_TEST, 0, 0.3));
    assert_false(held_out(model, own, RNN_PART_VAL, 0.3, 0.1));
    assert_false(held_out(model, own, RNN_PART_TEST, 0, 0.35));
    assert_false(held_out(model, own, RNN_PART_TRAIN, 0.2, 0.1));
    assert_false(held_out(model, own, RNN_PART_ALL, 0.2, 0.1));
    /* Another text, of the same letters. */
    made_text_write(scratch_name(&directory, "other.txt", other), 8000, 9);
    rnn_symbols *another = symbols_of(model, other);
    assert_false(held_out(model, another, RNN_PART_VAL, 0.2, 0.1));
    rnn_symbols_destroy(another);
    /* The ends of streams lie all over the text. */
    how = small_run("own-streams", streams);
    how.split = RNN_SPLIT_STREAMS;
    how.val_frac = 0.2;
    rnn_model *of_streams = model_of(&how);
    assert_false(held_out(of_streams, own, RNN_PART_VAL, 0.1, 0));
    rnn_symbols_destroy(own);
    rnn_model_destroy(model);
    rnn_model_destroy(of_streams);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parts)};
    return cmocka_run_group_tests(tests, small_run_set_up, small_run_tear_down);
}
