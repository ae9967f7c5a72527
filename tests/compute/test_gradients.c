/* SPDX-License-Identifier: MIT
 *
 * test_gradients.c - the gradient of train against differences of its loss, for
 * each cell, depth, kind of input, and what is dropped.
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

/* The derivative along a direction by five points; the error is of fourth order. */
static double derivative(trial *t, const float *direction) {
    const double h = 1e-2;
    return (8 * (loss_at(t, direction, h, STEP) - loss_at(t, direction, -h, STEP)) -
            (loss_at(t, direction, 2 * h, STEP) - loss_at(t, direction, -2 * h, STEP))) /
           (12 * h);
}

/* float32 losses near 2 carry about 2e-7 of noise; divided by h that is 2e-5. */
static void expect_derivative(trial *t, const float *direction, const char *what, size_t index,
                              const setting *how) {
    double wanted = derivative(t, direction);
    double got = dot(t->gradient, direction, t->network.parameters);
    if (!(fabs(got - wanted) <= 1e-4 + 1e-3 * fabs(wanted)))
        fail_msg(
            "cell %d, %zu layers, input %d, ngrams %zu, bias %d, dropped %g %g %g %g: along %s "
            "%zu the loss climbs by %.7f, the gradient says %.7f",
            (int)how->cell, how->layers, (int)how->input, how->ngrams, how->bias, how->dropout,
            how->output_dropout, how->weight_drop, how->ngram_dropout, what, index, wanted, got);
}

/* Along the gradient, in a random direction, and with `each` along some parameters. */
static void check_setting(const rnn_device *device, const char *cpu, const setting *how, int each) {
    trial t = begin(device, cpu, how);
    size_t n = t.network.parameters;
    float *direction = rnn_allocate(n, sizeof *direction);
    assert_non_null(direction);

    loss_at(&t, direction, 0, STEP);
    device->read_gradient(t.engine, t.gradient);
    double norm = sqrt(dot(t.gradient, t.gradient, n));
    assert_true(norm > 0.05);

    for (size_t i = 0; i < n; i++)
        direction[i] = (float)(t.gradient[i] / norm);
    expect_derivative(&t, direction, "the gradient", 0, how);
    for (size_t i = 0; i < n; i++)
        direction[i] = uniform(4, i, 1.7 / sqrt((double)n));
    expect_derivative(&t, direction, "a random direction", 0, how);
    /* one parameter in five, whichever tensor it lies in, and the last ones */
    for (size_t i = how->layers; each && i < n; i += i + 8 < n ? 5 : 1) {
        memset(direction, 0, n * sizeof *direction);
        direction[i] = 1;
        expect_derivative(&t, direction, "parameter", i, how);
    }
    rnn_free(direction);
    end(&t);
}

/* Shares that are dropped: between layers, before the output, and of weights. */
static const double dropped[][3] = {
    {0, 0, 0}, {0.3, 0, 0}, {0, 0.4, 0}, {0, 0, 0.2}, {0.2, 0.3, 0.2}};

static void check_gradients(const rnn_device *device, const char *cpu) {
    for (int cell = RNN_CELL_TANH; cell <= RNN_CELL_LSTM; cell++)
        for (size_t layers = 1; layers <= 3; layers++)
            for (int input = ONE_HOT; input < INPUT_KINDS; input++)
                for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++) {
                    setting how = {.cell = (rnn_cell)cell,
                                   .layers = layers,
                                   .input = (input_kind)input,
                                   .bias = !(layers == 2 && i > 0),
                                   .dropout = dropped[i][0],
                                   .output_dropout = dropped[i][1],
                                   .weight_drop = dropped[i][2],
                                   .batch = BATCH};
                    check_setting(device, cpu, &how, 1);
                    how.ngrams = 2 + i % 3;
                    how.ngram_dropout = i > 2 ? 0.4 : 0;
                    check_setting(device, cpu, &how, layers == 1 + i % 2);
                }
}

static void test_gradients(void **state) {
    (void)state;
    on_each(check_gradients);
}

/* A gradient says nothing of the sequence before, nor of what was written in its place; and a
 * step takes all of it. */
static void check_nothing_before(const rnn_device *device, const char *cpu) {
    static const rnn_update plain = {.kind = RNN_SGD, .rate = 0.1};
    for (int input = ONE_HOT; input < INPUT_KINDS; input++) {
        setting how = {.cell = RNN_CELL_GRU,
                       .layers = 2,
                       .input = (input_kind)input,
                       .batch = BATCH,
                       .ngrams = 3,
                       .ngram_dropout = input == EMBEDDING ? 0.4 : 0};
        trial fresh = begin(device, cpu, &how), used = begin(device, cpu, &how);
        size_t bytes = fresh.network.parameters * sizeof *fresh.parameters;
        int32_t other[LENGTH * BATCH] = {0};
        device->write_parameters(used.engine, used.parameters);
        device->write_gradient(used.engine, used.parameters);
        device->train(used.engine, STEP, LENGTH - 1, other, used.targets);
        differentiate(&fresh, LENGTH - 2);
        differentiate(&used, LENGTH - 2);
        assert_memory_equal(used.gradient, fresh.gradient, bytes);

        device->update(used.engine, &plain);
        device->write_gradient(fresh.engine, fresh.gradient);
        device->update(fresh.engine, &plain);
        assert_memory_equal(device->arrays(used.engine).parameters,
                            device->arrays(fresh.engine).parameters, bytes);
        end(&fresh);
        end(&used);
    }
}

static void test_nothing_before(void **state) {
    (void)state;
    on_each(check_nothing_before);
}

/* So many streams that the way back goes in several blocks of one or two steps. */
static void check_many_streams(const rnn_device *device, const char *cpu) {
    for (int cell = RNN_CELL_TANH; cell <= RNN_CELL_LSTM; cell++)
        for (size_t layers = 1; layers <= 2; layers++) {
            setting how = {.cell = (rnn_cell)cell, .layers = layers, .bias = 1, .batch = 450};
            check_setting(device, cpu, &how, 0);
            how.input = EMBEDDING;
            how.batch = MOST_BATCH;
            how.output_dropout = 0.4;
            how.weight_drop = 0.2;
            how.ngrams = 4;
            how.ngram_dropout = 0.3;
            check_setting(device, cpu, &how, 0);
        }
}

static void test_many_streams(void **state) {
    (void)state;
    on_each(check_many_streams);
}

/* Few streams through weights so large that the threads share out the columns of each
 * step, in whole panels and not. */
static void check_few_streams(const rnn_device *device, const char *cpu) {
    static const size_t hidden[] = {
        [RNN_CELL_TANH] = 512, [RNN_CELL_GRU] = 301, [RNN_CELL_LSTM] = 264};
    for (int cell = RNN_CELL_TANH; cell <= RNN_CELL_LSTM; cell++)
        for (size_t batch = 1; batch <= 3; batch += 2) {
            float *first = NULL;
            for (int threads = 1; threads <= 3; threads++) {
                setting how = {.cell = (rnn_cell)cell,
                               .layers = 2,
                               .bias = 1,
                               .output_dropout = batch > 1 ? 0.4 : 0,
                               .weight_drop = batch > 1 ? 0.2 : 0,
                               .batch = batch,
                               .threads = threads,
                               .hidden = hidden[cell],
                               .ngrams = batch > 1 ? 3 : 1};
                trial t = begin(device, cpu, &how);
                loss_at(&t, t.parameters, 0, STEP);
                device->read_gradient(t.engine, t.gradient);
                if (first)
                    assert_memory_equal(first, t.gradient, t.network.parameters * sizeof *first);
                rnn_free(first);
                first = t.gradient;
                t.gradient = NULL;
                end(&t);
                if (threads == 2)
                    check_setting(device, cpu, &how, 0);
            }
            rnn_free(first);
        }
}

static void test_few_streams(void **state) {
    (void)state;
    on_each(check_few_streams);
}

/* bf16 gives nearly the same gradient, the same one on any number of threads, and not by
 * chance float32's. */
static void check_bf16_of(const rnn_device *device, const char *cpu, setting how) {
    how.precision = RNN_PRECISION_FLOAT32;
    trial exact = begin(device, cpu, &how);
    how.precision = RNN_PRECISION_BF16;
    trial once = begin(device, cpu, &how);
    how.threads = 3;
    trial again = begin(device, cpu, &how);
    size_t n = exact.network.parameters;
    size_t carried = rnn_network_state(&exact.network) * how.batch;
    differentiate(&exact, LENGTH);
    differentiate(&once, LENGTH);
    differentiate(&again, LENGTH);
    assert_memory_equal(once.gradient, again.gradient, n * sizeof *once.gradient);
    assert_memory_equal(once.state, again.state, carried * sizeof *once.state);
    double error = distance(once.gradient, exact.gradient, n);
    double of_state = distance(once.state, exact.state, carried);
    if (!(error > 1e-4 && error < 0.02 && of_state > 1e-4 && of_state < 0.01))
        fail_msg("cell %d, %zu layers, batch %zu (%s): in bf16 the gradient differs by %g of its "
                 "length, the state by %g",
                 (int)how.cell, how.layers, how.batch, cpu, error, of_state);
    end(&exact);
    end(&once);
    end(&again);
}

/* In one window of time and in several, the last of them shorter. */
static void check_bf16(const rnn_device *device, const char *cpu) {
    static const size_t batches[] = {40, 300, MOST_BATCH};
    for (int cell = RNN_CELL_TANH; cell <= RNN_CELL_LSTM; cell++)
        for (int i = 0; i < 3; i++) {
            setting how = {.cell = (rnn_cell)cell, .layers = 2, .bias = 1, .batch = batches[i]};
            check_bf16_of(device, cpu, how);
            how.layers = 3;
            how.input = EMBEDDING;
            how.dropout = 0.3;
            how.output_dropout = 0.4;
            how.weight_drop = 0.2;
            check_bf16_of(device, cpu, how);
            how.ngrams = 4;
            how.ngram_dropout = 0.3;
            check_bf16_of(device, cpu, how);
        }
}

/* So many units that a step goes through them some at a time; and of few streams with so
 * many weights that threads share out the units. */
static void check_bf16_of_many_units(const rnn_device *device, const char *cpu) {
    for (int cell = RNN_CELL_TANH; cell <= RNN_CELL_LSTM; cell++) {
        setting how = {.cell = (rnn_cell)cell, .layers = 2, .bias = 1, .batch = 9, .hidden = 128};
        check_bf16_of(device, cpu, how);
        how.batch = 3;
        how.hidden = cell == RNN_CELL_TANH ? 512 : 320;
        check_bf16_of(device, cpu, how);
    }
}

static void test_bf16(void **state) {
    (void)state;
    on_each(check_bf16);
    on_each(check_bf16_of_many_units);
}

/* How time is cut into windows decides nothing but the order of sums: 512 streams go in
 * windows of a step, 256 of two, quarters of them in a single one, and four times the
 * gradient of the whole is the sum of the quarters' - to float32's rounding, and to a factor
 * here and there whose sum, in another order, rounds to the next bfloat16. Were anything that
 * passes from window to window left out, or made again otherwise than it was, much more would
 * differ. */
static void check_windows_of(const rnn_device *device, const char *cpu, size_t all) {
    enum { PARTS = 4 };
    for (int cell = RNN_CELL_TANH; cell <= RNN_CELL_LSTM; cell++) {
        setting how = {.cell = (rnn_cell)cell,
                       .layers = 3,
                       .input = EMBEDDING,
                       .bias = 1,
                       .weight_drop = 0.2,
                       .ngrams = 3,
                       .batch = all,
                       .precision = RNN_PRECISION_BF16};
        trial whole = begin(device, cpu, &how);
        whole.targets[3] = 0; /* all count, so that parts and whole differ by a power of two */
        how.batch = all / PARTS;
        trial part = begin(device, cpu, &how);
        size_t n = whole.network.parameters;
        float *sum = rnn_allocate(n, sizeof *sum);
        assert_non_null(sum);
        for (size_t i = 0; i < PARTS; i++) {
            take_streams(&part, &whole, &how, all, i * how.batch);
            differentiate(&part, LENGTH);
            for (size_t j = 0; j < n; j++)
                sum[j] += part.gradient[j] / PARTS;
        }
        differentiate(&whole, LENGTH);
        double error = distance(whole.gradient, sum, n);
        if (!(error < 5e-5))
            fail_msg("cell %d (%s): in windows the gradient differs by %g of its length", cell, cpu,
                     error);
        rnn_free(sum);
        end(&whole);
        end(&part);
    }
}

static void check_windows(const rnn_device *device, const char *cpu) {
    check_windows_of(device, cpu, 512);
    check_windows_of(device, cpu, 256);
}

static void test_windows(void **state) {
    (void)state;
    on_each(check_windows);
}

/* An engine that trains in bf16 evaluates what it trains, and in turn with training. */
static void check_bf16_evaluates(const rnn_device *device, const char *cpu) {
    for (int cell = RNN_CELL_TANH; cell <= RNN_CELL_LSTM; cell++) {
        setting how = {.cell = (rnn_cell)cell,
                       .layers = 2,
                       .bias = 1,
                       .batch = 300,
                       .precision = RNN_PRECISION_BF16,
                       .threads = 2};
        trial t = begin(device, cpu, &how);
        device->write_parameters(t.engine, t.parameters);
        for (size_t length = 1; length <= LENGTH; length++) {
            device->write_state(t.engine, t.state);
            double trained = device->train(t.engine, STEP, length, t.inputs, t.targets).loss;
            device->write_state(t.engine, t.state);
            double read = device->evaluate(t.engine, length, t.inputs, t.targets, NULL).loss;
            assert_true(trained == read && trained > 0);
        }
        end(&t);
    }
}

static void test_bf16_evaluates(void **state) {
    (void)state;
    on_each(check_bf16_evaluates);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients),      cmocka_unit_test(test_nothing_before),
        cmocka_unit_test(test_many_streams),   cmocka_unit_test(test_few_streams),
        cmocka_unit_test(test_bf16),           cmocka_unit_test(test_windows),
        cmocka_unit_test(test_bf16_evaluates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
