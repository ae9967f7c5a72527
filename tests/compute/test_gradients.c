/* SPDX-License-Identifier: MIT
 *
 * test_gradients.c - the gradient of train against differences of its loss, for
 * each cell, depth, kind of input and dropout.
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

enum { BATCH = 2, MOST_BATCH = 1000, LENGTH = 5, SYMBOLS = 6, HIDDEN = 5, STEP = 11 };

typedef enum input_kind { ONE_HOT, EMBEDDING, TIED, INPUT_KINDS } input_kind;

typedef struct setting {
    rnn_cell cell;
    size_t layers;
    input_kind input;
    int bias;
    double dropout;
    size_t batch;
    rnn_precision precision;
    int threads;
    size_t hidden; /* 0: HIDDEN */
} setting;

typedef struct trial {
    const rnn_device *device;
    rnn_engine *engine;
    rnn_network network;
    int32_t inputs[LENGTH * MOST_BATCH], targets[LENGTH * MOST_BATCH];
    size_t counted;
    float *state;      /* what the sequence begins with */
    float *parameters; /* [network.parameters] */
    float *moved;      /* the same, along a direction */
    float *gradient;
} trial;

static float uniform(uint64_t stream, size_t index, double spread) {
    return (float)((rnn_random_uniform(99, RNN_RANDOM_WEIGHTS, stream, index) * 2 - 1) * spread);
}

static trial begin(const rnn_device *device, const char *cpu, const setting *how) {
    trial t = {.device = device};
    size_t hidden = how->hidden ? how->hidden : HIDDEN;
    t.network = (rnn_network){.cell = how->cell,
                              .layers = how->layers,
                              .hidden = hidden,
                              .embedding = how->input == ONE_HOT ? 0
                                           : how->input == TIED  ? hidden
                                                                 : 4,
                              .symbols = SYMBOLS,
                              .bias = how->bias,
                              .tied = how->input == TIED};
    rnn_error error = {0};
    assert_int_equal(rnn_network_lay_out(&t.network, &error), RNN_OK);
    rnn_engine_options options = {.batch = how->batch,
                                  .length = LENGTH,
                                  .training = 1,
                                  .threads = how->threads ? how->threads : 1,
                                  .precision =
                                      how->precision ? how->precision : RNN_PRECISION_FLOAT32,
                                  .cpu = cpu,
                                  .dropout = how->dropout,
                                  .seed = 5};
    if (device->create(&t.engine, &t.network, &options, &error) != RNN_OK)
        fail_msg("%s", error.message);

    size_t n = t.network.parameters, carried = rnn_network_state(&t.network) * how->batch;
    t.parameters = rnn_allocate(n, sizeof(float));
    t.moved = rnn_allocate(n, sizeof(float));
    t.gradient = rnn_allocate(n, sizeof(float));
    t.state = rnn_allocate(carried, sizeof(float));
    assert_true(t.parameters && t.moved && t.gradient && t.state);
    for (size_t i = 0; i < n; i++)
        t.parameters[i] = uniform(1, i, 0.8 * sqrt((double)HIDDEN / (double)hidden));
    for (size_t i = 0; i < carried; i++)
        t.state[i] = uniform(2, i, 0.6);
    for (size_t i = 0; i < LENGTH * how->batch; i++) {
        t.inputs[i] = (int32_t)(rnn_random_bits(3, RNN_RANDOM_BATCHES, 0, i) % SYMBOLS);
        t.targets[i] = (int32_t)(rnn_random_bits(3, RNN_RANDOM_BATCHES, 1, i) % SYMBOLS);
    }
    t.targets[3] = -1;
    t.counted = LENGTH * how->batch - 1;
    return t;
}

static void end(trial *t) {
    t->device->destroy(t->engine);
    rnn_free(t->parameters);
    rnn_free(t->moved);
    rnn_free(t->gradient);
    rnn_free(t->state);
}

/* The mean loss at parameters + distance * direction. */
static double loss_at(trial *t, const float *direction, double distance, uint64_t step) {
    for (size_t i = 0; i < t->network.parameters; i++)
        t->moved[i] = (float)(t->parameters[i] + distance * direction[i]);
    t->device->write_parameters(t->engine, t->moved);
    t->device->write_state(t->engine, t->state);
    return t->device->train(t->engine, step, LENGTH, t->inputs, t->targets).loss /
           (double)t->counted;
}

/* The derivative along a direction by five points; the error is of fourth order. */
static double derivative(trial *t, const float *direction) {
    const double h = 2e-2;
    return (8 * (loss_at(t, direction, h, STEP) - loss_at(t, direction, -h, STEP)) -
            (loss_at(t, direction, 2 * h, STEP) - loss_at(t, direction, -2 * h, STEP))) /
           (12 * h);
}

static double dot(const float *a, const float *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

/* float32 losses near 2 carry about 2e-7 of noise; divided by h that is 1e-5. */
static void expect_derivative(trial *t, const float *direction, const char *what, size_t index,
                              const setting *how) {
    double wanted = derivative(t, direction);
    double got = dot(t->gradient, direction, t->network.parameters);
    if (!(fabs(got - wanted) <= 1e-4 + 1e-3 * fabs(wanted)))
        fail_msg("cell %d, %zu layers, input %d, bias %d, dropout %g: along %s %zu the loss climbs "
                 "by %.7f, the gradient says %.7f",
                 (int)how->cell, how->layers, (int)how->input, how->bias, how->dropout, what, index,
                 wanted, got);
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

/* Calls check for every device and, on the CPU, every kernel table. */
static void on_each(void (*check)(const rnn_device *device, const char *cpu)) {
    for (const rnn_device *const *device = rnn_device_available(); *device; device++) {
        if (strcmp((*device)->name, "cpu") != 0) {
            check(*device, NULL);
            continue;
        }
        for (const rnn_kernels *const *kernels = rnn_kernels_available(); *kernels; kernels++)
            check(*device, (*kernels)->name);
    }
}

static void check_gradients(const rnn_device *device, const char *cpu) {
    for (int cell = RNN_CELL_TANH; cell <= RNN_CELL_LSTM; cell++)
        for (size_t layers = 1; layers <= 3; layers++)
            for (int input = ONE_HOT; input < INPUT_KINDS; input++)
                for (int dropped = 0; dropped < 2; dropped++) {
                    setting how = {(rnn_cell)cell,
                                   layers,
                                   (input_kind)input,
                                   !(layers == 2 && dropped),
                                   dropped ? 0.3 : 0.0,
                                   BATCH,
                                   RNN_PRECISION_FLOAT32,
                                   1,
                                   0};
                    check_setting(device, cpu, &how, 1);
                }
}

static void test_gradients(void **state) {
    (void)state;
    on_each(check_gradients);
}

/* So many streams that the way back goes in several blocks of one or two steps. */
static void check_many_streams(const rnn_device *device, const char *cpu) {
    for (int cell = RNN_CELL_TANH; cell <= RNN_CELL_LSTM; cell++)
        for (size_t layers = 1; layers <= 2; layers++) {
            setting two_steps = {(rnn_cell)cell,        layers, ONE_HOT, 1, 0, 450,
                                 RNN_PRECISION_FLOAT32, 1,      0};
            check_setting(device, cpu, &two_steps, 0);
            setting one_step = {(rnn_cell)cell,        layers, EMBEDDING, 1, 0, MOST_BATCH,
                                RNN_PRECISION_FLOAT32, 1,      0};
            check_setting(device, cpu, &one_step, 0);
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
                setting how = {(rnn_cell)cell,        2,       ONE_HOT,     1, 0, batch,
                               RNN_PRECISION_FLOAT32, threads, hidden[cell]};
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

/* The gradient of the first `length` steps, and the state behind them. */
static void differentiate(trial *t, size_t length) {
    t->device->write_parameters(t->engine, t->parameters);
    t->device->write_state(t->engine, t->state);
    t->device->train(t->engine, STEP, length, t->inputs, t->targets);
    t->device->read_gradient(t->engine, t->gradient);
    t->device->read_state(t->engine, t->state);
}

/* How far a gradient is from another one, as a part of that one's length. */
static double distance(const float *gradient, const float *from, size_t n) {
    double error = 0;
    for (size_t i = 0; i < n; i++)
        error += pow((double)gradient[i] - from[i], 2);
    return sqrt(error / dot(from, from, n));
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

/* Fills a trial with those streams of another one, of as many as it has, from `first` on. */
static void take_streams(trial *t, const trial *from, const setting *how, size_t all,
                         size_t first) {
    size_t batch = how->batch, hidden = t->network.hidden;
    memcpy(t->parameters, from->parameters, t->network.parameters * sizeof(float));
    for (size_t r = 0; r < rnn_network_state(&t->network) / hidden; r++)
        memcpy(t->state + r * batch * hidden, from->state + (r * all + first) * hidden,
               batch * hidden * sizeof(float));
    for (size_t time = 0; time < LENGTH; time++) {
        memcpy(t->inputs + time * batch, from->inputs + time * all + first,
               batch * sizeof(int32_t));
        memcpy(t->targets + time * batch, from->targets + time * all + first,
               batch * sizeof(int32_t));
    }
}

/* How time is cut into windows decides nothing but the order of sums: 512 streams go in
 * windows of a step, 256 of two, quarters of them in a single one, and four times the
 * gradient of the whole is the sum of the quarters' - to float32's rounding, for the factors
 * of its products are the same. Were anything that passes from window to window left out, or made
 * again otherwise than it was, much more would differ. */
static void check_windows_of(const rnn_device *device, const char *cpu, size_t all) {
    enum { PARTS = 4 };
    for (int cell = RNN_CELL_TANH; cell <= RNN_CELL_LSTM; cell++) {
        setting how = {(rnn_cell)cell, 3, EMBEDDING, 1, 0, all, RNN_PRECISION_BF16, 1, 0};
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
        if (!(error < 2e-6))
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
        setting how = {(rnn_cell)cell, 2, ONE_HOT, 1, 0, 300, RNN_PRECISION_BF16, 2, 0};
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

/* Masks belong to the step: the same again for the same, others for another. */
static void check_masks(const rnn_device *device, const char *cpu) {
    for (int cell = RNN_CELL_TANH; cell <= RNN_CELL_LSTM; cell++) {
        setting how = {(rnn_cell)cell, 2, ONE_HOT, 1, 0.3, BATCH, RNN_PRECISION_FLOAT32, 1, 0};
        trial t = begin(device, cpu, &how);
        float *still = rnn_allocate(t.network.parameters, sizeof *still);
        assert_non_null(still);
        double first = loss_at(&t, still, 0, 1);
        assert_true(loss_at(&t, still, 0, 2) != first);
        assert_true(loss_at(&t, still, 0, 1) == first);

        /* evaluation has no dropout, so it must not move between steps */
        device->write_state(t.engine, t.state);
        double plain = device->evaluate(t.engine, LENGTH, t.inputs, t.targets, NULL).loss;
        loss_at(&t, still, 0, 3);
        device->write_state(t.engine, t.state);
        assert_true(device->evaluate(t.engine, LENGTH, t.inputs, t.targets, NULL).loss == plain);

        /* the mean over many masks lies near it: what is kept is scaled up */
        double mean = 0;
        for (uint64_t step = 0; step < 400; step++)
            mean += loss_at(&t, still, 0, step) / 400;
        assert_true(fabs(mean - plain / (double)t.counted) < 0.15);
        rnn_free(still);
        end(&t);
    }
}

static void test_dropout_masks(void **state) {
    (void)state;
    on_each(check_masks);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients),     cmocka_unit_test(test_many_streams),
        cmocka_unit_test(test_few_streams),   cmocka_unit_test(test_bf16),
        cmocka_unit_test(test_windows),       cmocka_unit_test(test_bf16_evaluates),
        cmocka_unit_test(test_dropout_masks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
