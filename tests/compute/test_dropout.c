/* SPDX-License-Identifier: MIT
 *
 * test_dropout.c - what a training step leaves out: that masks belong to steps, that
 * nothing of them is left behind, and what they do, against networks without any whose
 * weights are masked by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "compute/device.h"
#include "tests/compute/trial.h"

/* Dropout between layers, before the output layer, of weights, and all of them. */
static const double dropped[][3] = {{0.3, 0, 0}, {0, 0.3, 0}, {0, 0, 0.3}, {0.2, 0.2, 0.2}};

static setting setting_of(int cell, const double *shares) {
    return (setting){.cell = (rnn_cell)cell,
                     .layers = 2,
                     .bias = 1,
                     .dropout = shares[0],
                     .output_dropout = shares[1],
                     .weight_drop = shares[2],
                     .batch = BATCH};
}

static double evaluated(trial *t) {
    t->device->write_state(t->engine, t->state);
    return t->device->evaluate(t->engine, LENGTH, t->inputs, t->targets, NULL).loss;
}

/* Masks belong to the step: the same again for the same, others for another. */
static void check_masks_of(const rnn_device *device, const char *cpu, const setting *how) {
    trial t = begin(device, cpu, how);
    float *still = rnn_allocate(t.network.parameters, sizeof *still);
    assert_non_null(still);
    double first = loss_at(&t, still, 0, 1);
    assert_true(loss_at(&t, still, 0, 2) != first);
    assert_true(loss_at(&t, still, 0, 1) == first);

    /* the mean over many masks lies near what nothing is dropped of: what is kept is
     * scaled up */
    double mean = 0, plain = evaluated(&t) / (double)t.counted;
    for (uint64_t step = 0; step < 400; step++)
        mean += loss_at(&t, still, 0, step) / 400;
    if (!(fabs(mean - plain) < 0.15))
        fail_msg("cell %d, dropped %g %g %g: a mean loss of %g, of %g if nothing is dropped",
                 (int)how->cell, how->dropout, how->output_dropout, how->weight_drop, mean, plain);
    rnn_free(still);
    end(&t);
}

/* Evaluation drops nothing, so it does not move between steps; nor do steps, or the
 * gradient, when there is an evaluation between. */
static void check_evaluation_of(const rnn_device *device, const char *cpu, const setting *how) {
    setting nothing = {.cell = how->cell,
                       .layers = how->layers,
                       .bias = how->bias,
                       .batch = how->batch,
                       .precision = how->precision,
                       .ngrams = how->ngrams};
    trial t = begin(device, cpu, how), plain = begin(device, cpu, &nothing);
    float *before = rnn_allocate(t.network.parameters, sizeof *before);
    assert_non_null(before);
    plain.device->write_parameters(plain.engine, plain.parameters);
    double wanted = evaluated(&plain), trained = 0;
    t.device->write_parameters(t.engine, t.parameters);
    for (int turn = 0; turn < 2; turn++) {
        assert_true(evaluated(&t) == wanted);
        t.device->write_state(t.engine, t.state);
        double loss = t.device->train(t.engine, STEP, LENGTH, t.inputs, t.targets).loss;
        assert_true(loss != wanted && (turn == 0 || loss == trained));
        trained = loss;
        t.device->read_gradient(t.engine, t.gradient);
        assert_true(turn == 0 ||
                    memcmp(before, t.gradient, t.network.parameters * sizeof *before) == 0);
        assert_true(evaluated(&t) == wanted);
        t.device->read_gradient(t.engine, before);
        assert_memory_equal(before, t.gradient, t.network.parameters * sizeof *before);
        const float *parameters = t.device->arrays(t.engine).parameters;
        assert_memory_equal(parameters, t.parameters, t.network.parameters * sizeof *before);
    }
    rnn_free(before);
    end(&t);
    end(&plain);
}

static void check_masks(const rnn_device *device, const char *cpu) {
    for (int cell = RNN_CELL_TANH; cell <= RNN_CELL_LSTM; cell++)
        for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++) {
            setting how = setting_of(cell, dropped[i]);
            check_masks_of(device, cpu, &how);
            check_evaluation_of(device, cpu, &how);
            how.ngrams = 3;
            how.ngram_dropout = 0.4;
            check_masks_of(device, cpu, &how);
            check_evaluation_of(device, cpu, &how);
            how.precision = RNN_PRECISION_BF16;
            check_evaluation_of(device, cpu, &how);
        }
}

static void test_masks_belong_to_steps(void **state) {
    (void)state;
    on_each(check_masks);
}

/* ---------------------------------------------------------------- by hand */

/* What number `index` of a mask multiplies by. Streams of random numbers: that of the
 * output's mask, and behind it those of the layers' weights. */
enum { OUTPUT_STREAM = RNN_MAX_LAYERS, WEIGHTS_STREAM };

static float factor(uint64_t stream, uint64_t step, size_t index, double share) {
    uint32_t words[4];
    rnn_random_block(SEED, index / 4, (uint64_t)RNN_RANDOM_DROPOUT << 56 | stream << 48 | step,
                     words);
    return words[index % 4] / 4294967296.0 >= (float)share ? 1.0f / (1.0f - (float)share) : 0.0f;
}

/* Of weights, which have 16 bits each of eight in a block. */
static float weight_factor(size_t layer, size_t index, double share) {
    uint32_t words[4], bound = (uint32_t)((float)share * 65536.0);
    rnn_random_block(SEED, index / 8,
                     (uint64_t)RNN_RANDOM_DROPOUT << 56 | (WEIGHTS_STREAM + layer) << 48 | STEP,
                     words);
    uint32_t number = words[index % 8 / 2] >> 16 * (index % 2) & 0xFFFF;
    return number >= bound ? 1.0f / (1.0f - (float)share) : 0.0f;
}

/* The factor of a stream's value, of rows that fill whole blocks of four words. */
static float output_factor(size_t batch_stream, size_t unit, size_t hidden, double share) {
    return factor(OUTPUT_STREAM, STEP, batch_stream * ((hidden + 3) / 4) * 4 + unit, share);
}

/* Multiplies the recurrent weights, or their gradient. */
static void mask_weights(const rnn_network *network, float *weights, double share) {
    size_t count = rnn_network_gates(network) * network->hidden * network->hidden;
    for (size_t l = 0; l < network->layers; l++)
        for (size_t i = 0; i < count; i++)
            weights[network->layer[l].weight_hh + i] *= weight_factor(l, i, share);
}

/* One stream's, or its gradient's. */
static void mask_output(const rnn_network *network, float *weights, size_t stream, double share) {
    for (size_t s = 0; s < network->symbols; s++)
        for (size_t j = 0; j < network->hidden; j++)
            weights[network->output_weight + s * network->hidden + j] *=
                output_factor(stream, j, network->hidden, share);
}

/* Weight drop is training with other weights: the same bits in all. */
static void check_weights_by_hand(const rnn_device *device, const char *cpu) {
    for (int cell = RNN_CELL_TANH; cell <= RNN_CELL_LSTM; cell++)
        for (int precision = RNN_PRECISION_FLOAT32; precision <= RNN_PRECISION_BF16; precision++) {
            static const double shares[] = {0.3, 0.4, 0.35};
            setting how = setting_of(cell, shares);
            how.input = TIED;
            how.precision = (rnn_precision)precision;
            trial thinned = begin(device, cpu, &how);
            how.weight_drop = 0;
            trial by_hand = begin(device, cpu, &how);
            size_t n = by_hand.network.parameters;
            mask_weights(&by_hand.network, by_hand.parameters, 0.35);
            differentiate(&thinned, LENGTH);
            differentiate(&by_hand, LENGTH);
            mask_weights(&by_hand.network, by_hand.gradient, 0.35);
            for (size_t i = 0; i < n; i++) /* of the same size; zeros may differ in sign */
                assert_true(thinned.gradient[i] == by_hand.gradient[i]);
            assert_memory_equal(thinned.state, by_hand.state,
                                rnn_network_state(&thinned.network) * BATCH * sizeof(float));
            end(&thinned);
            end(&by_hand);
        }
}

static void test_weights_by_hand(void **state) {
    (void)state;
    on_each(check_weights_by_hand);
}

/* Output dropout is, for each stream, training with another output matrix; and the state
 * that is carried knows nothing of it. */
static void check_output_by_hand(const rnn_device *device, const char *cpu) {
    enum { STREAMS = 3 };
    const double share = 0.4;
    for (int cell = RNN_CELL_TANH; cell <= RNN_CELL_LSTM; cell++) {
        setting how = {.cell = (rnn_cell)cell,
                       .layers = 2,
                       .input = EMBEDDING,
                       .bias = 1,
                       .output_dropout = share,
                       .batch = STREAMS};
        trial all = begin(device, cpu, &how);
        all.targets[3] = 0; /* all count, so that each stream's share is a third */
        size_t n = all.network.parameters;
        float *sum = rnn_allocate(n, sizeof *sum);
        assert_non_null(sum);
        how.output_dropout = 0;
        how.batch = 1;
        for (size_t stream = 0; stream < STREAMS; stream++) {
            trial one = begin(device, cpu, &how);
            take_streams(&one, &all, &how, STREAMS, stream);
            mask_output(&one.network, one.parameters, stream, share);
            differentiate(&one, LENGTH);
            mask_output(&one.network, one.gradient, stream, share);
            for (size_t i = 0; i < n; i++)
                sum[i] += one.gradient[i] / STREAMS;
            end(&one);
        }
        differentiate(&all, LENGTH);
        double error = distance(all.gradient, sum, n);
        if (!(error < 2e-6))
            fail_msg("cell %d (%s): the gradient differs by %g of its length", cell, cpu, error);
        how.batch = STREAMS;
        trial plain = begin(device, cpu, &how);
        differentiate(&plain, LENGTH);
        assert_memory_equal(all.state, plain.state,
                            rnn_network_state(&all.network) * STREAMS * sizeof(float));
        rnn_free(sum);
        end(&all);
        end(&plain);
    }
}

static void test_output_by_hand(void **state) {
    (void)state;
    on_each(check_output_by_hand);
}

/* ----------------------------------------------------------------- shares */

/* Of two masks of `count` numbers: how many drop, and in how many places they differ. */
static void expect_shares(double share, size_t count, size_t zeros, size_t differing) {
    double noise = 5 * sqrt(1.0 / (double)count);
    assert_true(fabs((double)zeros / (double)count - share) < noise);
    assert_true(fabs((double)differing / (double)count - 2 * share * (1 - share)) < noise);
}

/* What is dropped has no gradient: one mask for the whole sequence, another one in the next
 * step and, of weights, in the next layer. */
static void check_shares(const rnn_device *device, const char *cpu) {
    enum { UNITS = 128 };
    const double share = 0.3;
    setting how = {.cell = RNN_CELL_TANH,
                   .layers = 2,
                   .bias = 1,
                   .output_dropout = share,
                   .weight_drop = share,
                   .batch = 1,
                   .hidden = UNITS};
    trial t = begin(device, cpu, &how), next = begin(device, cpu, &how);
    next.device->write_parameters(next.engine, next.parameters);
    next.device->write_state(next.engine, next.state);
    next.device->train(next.engine, STEP + 1, LENGTH, next.inputs, next.targets);
    next.device->read_gradient(next.engine, next.gradient);
    differentiate(&t, LENGTH);

    size_t zeros = 0, differing = 0, between = 0, count = (size_t)UNITS * UNITS;
    const float *low = t.gradient + t.network.layer[0].weight_hh;
    const float *high = t.gradient + t.network.layer[1].weight_hh;
    const float *later = next.gradient + t.network.layer[0].weight_hh;
    for (size_t i = 0; i < count; i++) {
        zeros += low[i] == 0;
        differing += (low[i] == 0) != (later[i] == 0);
        between += (low[i] == 0) != (high[i] == 0);
    }
    expect_shares(share, count, zeros, differing);
    expect_shares(share, count, zeros, between);

    zeros = differing = 0;
    const float *output = t.gradient + t.network.output_weight;
    later = next.gradient + t.network.output_weight;
    for (size_t j = 0; j < UNITS; j++) {
        zeros += output[j] == 0;
        differing += (output[j] == 0) != (later[j] == 0);
        for (size_t s = 1; s < SYMBOLS; s++)
            assert_true((output[j] == 0) == (output[s * UNITS + j] == 0));
    }
    expect_shares(share, UNITS, zeros, differing);
    end(&t);
    end(&next);
}

static void test_shares(void **state) {
    (void)state;
    on_each(check_shares);
}

/* ---------------------------------------------------------------- threads */

/* So much work that it is shared out, streams and weights both at odd places. */
static void check_threads_of(const rnn_device *device, const char *cpu, setting how) {
    float *first = NULL;
    for (int threads = 1; threads <= 4; threads++) {
        how.threads = threads;
        trial t = begin(device, cpu, &how);
        differentiate(&t, LENGTH);
        if (first)
            assert_memory_equal(first, t.gradient, t.network.parameters * sizeof *first);
        rnn_free(first);
        first = t.gradient;
        t.gradient = NULL;
        end(&t);
    }
    rnn_free(first);
}

static void check_threads(const rnn_device *device, const char *cpu) {
    for (int cell = RNN_CELL_TANH; cell <= RNN_CELL_LSTM; cell++)
        for (int precision = RNN_PRECISION_FLOAT32; precision <= RNN_PRECISION_BF16; precision++) {
            static const double shares[] = {0.2, 0.3, 0.4};
            setting how = setting_of(cell, shares);
            how.batch = 50;
            how.hidden = 131;
            how.precision = (rnn_precision)precision;
            check_threads_of(device, cpu, how);
        }
}

static void test_threads(void **state) {
    (void)state;
    on_each(check_threads);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_masks_belong_to_steps),
        cmocka_unit_test(test_weights_by_hand),
        cmocka_unit_test(test_output_by_hand),
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
