/* SPDX-License-Identifier: MIT
 *
 * calibration.c - see calibration.h.
 */
#include "training/calibration.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "training/optimizer.h"

#define MOST_STEPS 64

static int by_size(const void *a, const void *b) {
    const double *one = a, *other = b;
    return (*one > *other) - (*one < *other);
}

/* Symbols by chance, the first ones often and the last ones seldom: about as many different
 * n-grams as text has, whose vectors are looked up and changed. */
static int32_t *make_text(const rnn_training *how, size_t symbols) {
    size_t count = (size_t)how->batch_size * (size_t)how->seq_length;
    int32_t *text = rnn_allocate(count, sizeof *text);
    for (size_t i = 0; text && i < count; i++) {
        double u = rnn_random_uniform(0, RNN_RANDOM_CALIBRATION, 0, i);
        text[i] = (int32_t)(u * u * u * u * (double)symbols);
    }
    return text;
}

/* Parameters that are not zero, so that no gradient is, either: a step leaves alone what has
 * none. */
static int fill_parameters(const rnn_device *device, rnn_engine *engine, size_t count) {
    enum { DIFFERENT = 1021 };
    float *parameters = rnn_allocate(count, sizeof *parameters);
    for (size_t i = 0; parameters && i < count; i++)
        parameters[i] = ((float)(i % DIFFERENT) / DIFFERENT - 0.5f) * 0.1f;
    if (!parameters)
        return 0;
    device->write_parameters(engine, parameters);
    rnn_free(parameters);
    return 1;
}

/* The median of the steps after the first, which meets cold caches and fresh pages. */
static double time_steps(const rnn_device *device, rnn_engine *engine, const rnn_training *how,
                         const int32_t *text, double seconds) {
    double times[MOST_STEPS], begin = 0;
    int count = -1;
    while (count < 1 || (count < MOST_STEPS && rnn_clock_now() - begin < seconds)) {
        double start = rnn_clock_now();
        rnn_update update = rnn_optimizer_update(how, count + 2, 1e-3);
        device->train(engine, 0, (size_t)how->seq_length, text, text);
        device->update(engine, &update);
        if (count < 0)
            begin = rnn_clock_now();
        else
            times[count] = rnn_clock_now() - start;
        count++;
    }
    qsort(times, (size_t)count, sizeof *times, by_size);
    return times[count / 2];
}

rnn_status rnn_calibration_measure(const rnn_device *device, const rnn_training *how,
                                   size_t symbols, double seconds, double *characters_per_second,
                                   rnn_error *error) {
    rnn_network network = {
        .cell = (rnn_cell)how->cell,
        .layers = (size_t)how->num_layers,
        .hidden = (size_t)how->hidden_size,
        .embedding = (size_t)how->embedding_size,
        .ngrams = (size_t)how->ngrams,
        .ngram_size = (size_t)how->ngram_size,
        .ngram_rows = (size_t)how->ngram_rows,
        .symbols = symbols,
        .bias = how->bias,
        .tied = how->tied_output,
    };
    rnn_engine_options options = {
        .batch = (size_t)how->batch_size,
        .length = (size_t)how->seq_length,
        .training = 1,
        .threads = how->threads,
        .cpu = how->cpu,
        .dropout = how->dropout,
        .output_dropout = how->output_dropout,
        .weight_drop = how->weight_drop,
        .ngram_dropout = how->ngram_dropout,
        .moments = rnn_optimizer_moments(how),
        .precision = (rnn_precision)how->precision,
    };
    rnn_engine *engine = NULL;
    rnn_status status = rnn_network_lay_out(&network, error);
    if (status == RNN_OK)
        status = device->create(&engine, &network, &options, error);
    if (status != RNN_OK)
        return status;
    int32_t *text = make_text(how, symbols);
    if (text && fill_parameters(device, engine, network.parameters))
        *characters_per_second = ((double)how->batch_size * how->seq_length) /
                                 time_steps(device, engine, how, text, seconds);
    else
        status = rnn_fail(error, RNN_ERR_MEMORY, "no memory for a text to measure with");
    rnn_free(text);
    device->destroy(engine);
    return status;
}
