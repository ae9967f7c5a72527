/* SPDX-License-Identifier: MIT
 *
 * trial.h - for tests: an engine that trains on random symbols from random weights.
 */
#ifndef RNN_TESTS_TRIAL_H
#define RNN_TESTS_TRIAL_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "compute/device.h"

/* So few rows that n-grams share some. */
enum { NGRAM_SIZE = 3, NGRAM_ROWS = 13 };
enum { BATCH = 2, MOST_BATCH = 1000, LENGTH = 5, SYMBOLS = 6, HIDDEN = 5, STEP = 11, SEED = 5 };

typedef enum input_kind { ONE_HOT, EMBEDDING, TIED, INPUT_KINDS } input_kind;

typedef struct setting {
    rnn_cell cell;
    size_t layers;
    input_kind input;
    int bias;
    double dropout, output_dropout, weight_drop;
    size_t batch;
    rnn_precision precision;
    int threads;
    size_t hidden; /* 0: HIDDEN */
    size_t ngrams; /* 0: none */
    double ngram_dropout;
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

static inline float uniform(uint64_t stream, size_t index, double spread) {
    return (float)((rnn_random_uniform(99, RNN_RANDOM_WEIGHTS, stream, index) * 2 - 1) * spread);
}

static inline trial begin(const rnn_device *device, const char *cpu, const setting *how) {
    trial t = {.device = device};
    size_t hidden = how->hidden ? how->hidden : HIDDEN;
    t.network = (rnn_network){.cell = how->cell,
                              .layers = how->layers,
                              .hidden = hidden,
                              .embedding = how->input == ONE_HOT ? 0
                                           : how->input == TIED  ? hidden
                                                                 : 4,
                              .symbols = SYMBOLS,
                              .ngrams = how->ngrams,
                              .ngram_size = NGRAM_SIZE,
                              .ngram_rows = NGRAM_ROWS,
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
                                  .output_dropout = how->output_dropout,
                                  .weight_drop = how->weight_drop,
                                  .ngram_dropout = how->ngram_dropout,
                                  .seed = SEED};
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
    /* At the end, the symbols read last: some of those, and some times none. */
    for (size_t i = carried - rnn_network_orders(&t.network) * how->batch; i < carried; i++)
        t.state[i] = (float)(rnn_random_bits(3, RNN_RANDOM_BATCHES, 2, i) % SYMBOLS) - 1;
    for (size_t i = 0; i < LENGTH * how->batch; i++) {
        t.inputs[i] = (int32_t)(rnn_random_bits(3, RNN_RANDOM_BATCHES, 0, i) % SYMBOLS);
        t.targets[i] = (int32_t)(rnn_random_bits(3, RNN_RANDOM_BATCHES, 1, i) % SYMBOLS);
    }
    t.targets[3] = -1;
    t.counted = LENGTH * how->batch - 1;
    return t;
}

static inline void end(trial *t) {
    t->device->destroy(t->engine);
    rnn_free(t->parameters);
    rnn_free(t->moved);
    rnn_free(t->gradient);
    rnn_free(t->state);
}

/* The mean loss at parameters + distance * direction. */
static inline double loss_at(trial *t, const float *direction, double distance, uint64_t step) {
    for (size_t i = 0; i < t->network.parameters; i++)
        t->moved[i] = (float)(t->parameters[i] + distance * direction[i]);
    t->device->write_parameters(t->engine, t->moved);
    t->device->write_state(t->engine, t->state);
    return t->device->train(t->engine, step, LENGTH, t->inputs, t->targets).loss /
           (double)t->counted;
}

static inline double dot(const float *a, const float *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

/* The gradient of the first `length` steps, and the state behind them. */
static inline void differentiate(trial *t, size_t length) {
    t->device->write_parameters(t->engine, t->parameters);
    t->device->write_state(t->engine, t->state);
    t->device->train(t->engine, STEP, length, t->inputs, t->targets);
    t->device->read_gradient(t->engine, t->gradient);
    t->device->read_state(t->engine, t->state);
}

/* How far a gradient is from another one, as a part of that one's length. */
static inline double distance(const float *gradient, const float *from, size_t n) {
    double error = 0;
    for (size_t i = 0; i < n; i++)
        error += pow((double)gradient[i] - from[i], 2);
    return sqrt(error / dot(from, from, n));
}

/* Fills a trial with those streams of another one, of as many as it has, from `first` on. */
static inline void take_streams(trial *t, const trial *from, const setting *how, size_t all,
                                size_t first) {
    size_t batch = how->batch, hidden = t->network.hidden;
    memcpy(t->parameters, from->parameters, t->network.parameters * sizeof(float));
    size_t orders = rnn_network_orders(&t->network);
    size_t vectors = (rnn_network_state(&t->network) - orders) / hidden;
    for (size_t r = 0; r < vectors; r++)
        memcpy(t->state + r * batch * hidden, from->state + (r * all + first) * hidden,
               batch * hidden * sizeof(float));
    for (size_t n = 0; n < orders; n++)
        memcpy(t->state + vectors * batch * hidden + n * batch,
               from->state + vectors * all * hidden + n * all + first, batch * sizeof(float));
    for (size_t time = 0; time < LENGTH; time++) {
        memcpy(t->inputs + time * batch, from->inputs + time * all + first,
               batch * sizeof(int32_t));
        memcpy(t->targets + time * batch, from->targets + time * all + first,
               batch * sizeof(int32_t));
    }
}

/* Calls check for every device and, on the CPU, every kernel table. */
static inline void on_each(void (*check)(const rnn_device *device, const char *cpu)) {
    for (const rnn_device *const *device = rnn_device_available(); *device; device++) {
        if (strcmp((*device)->name, "cpu") != 0) {
            check(*device, NULL);
            continue;
        }
        for (const rnn_kernels *const *kernels = rnn_kernels_available(); *kernels; kernels++)
            check(*device, (*kernels)->name);
    }
}

#endif
