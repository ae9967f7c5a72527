/* SPDX-License-Identifier: MIT
 *
 * same_end.h - for tests with cmocka: whether two runs came to the same end, bit by bit.
 */
#ifndef RNN_TESTS_SAME_END_H
#define RNN_TESTS_SAME_END_H

#include "training/checkpoint.h"

static inline rnn_checkpoint load_end(const char *out) {
    rnn_checkpoint checkpoint = {0};
    rnn_error error = {RNN_OK, ""};
    if (rnn_checkpoint_load(&checkpoint, out, 1, &error) != RNN_OK)
        fail_msg("%s", error.message);
    return checkpoint;
}

/* Parameters, moments, state and everything counted, to the bit. */
static inline void assert_same_end(const char *a, const char *b, int counted) {
    rnn_checkpoint x = load_end(a), y = load_end(b);
    size_t p = x.network.parameters * sizeof(float);
    size_t s = (size_t)x.batch * rnn_network_state(&x.network) * sizeof(float);
    assert_int_equal(x.step, y.step);
    assert_memory_equal(x.parameters, y.parameters, p);
    assert_memory_equal(x.state, y.state, s);
    assert_true(!x.first == !y.first && !x.second == !y.second);
    if (x.first)
        assert_memory_equal(x.first, y.first, p);
    if (x.second)
        assert_memory_equal(x.second, y.second, p);
    if (counted) {
        assert_memory_equal(&x.loss_sum, &y.loss_sum, sizeof x.loss_sum);
        assert_memory_equal(&x.best_val_loss, &y.best_val_loss, sizeof x.best_val_loss);
        assert_int_equal(x.since_best, y.since_best);
        assert_int_equal(x.samples_bytes, y.samples_bytes);
    }
    rnn_checkpoint_release(&x);
    rnn_checkpoint_release(&y);
}

#endif
