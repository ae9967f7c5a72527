/* SPDX-License-Identifier: MIT
 *
 * dynamic.c - see dynamic.h.
 */
#include "inference/dynamic.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

/* Beside a mean spread of 1: what hardly ever has a gradient must not leap. */
#define EPSILON 0.01

struct rnn_dynamic {
    const rnn_model *model;
    const rnn_device *device;
    rnn_engine *engine;
    rnn_symbol_source read;
    const void *context;
    size_t segment;
    double mean;   /* of the spreads, before they were divided by it */
    float *spread; /* [parameters] */
    int32_t *text; /* [segment + 1] */
};

static rnn_status open_engine(rnn_dynamic *d, const rnn_evaluation *how, rnn_error *error) {
    rnn_engine_options options = {.batch = 1,
                                  .length = d->segment,
                                  .training = 1,
                                  .threads = how->threads,
                                  .cpu = how->cpu,
                                  .moments = 3,
                                  .keys = d->model->keys,
                                  .precision = how->precision};
    if (options.precision == RNN_PRECISION_AUTO)
        options.precision = RNN_PRECISION_FLOAT32;
    rnn_status status = rnn_device_pick(&d->device, how->device, error);
    if (status == RNN_OK)
        status = d->device->create(&d->engine, &d->model->network, &options, error);
    return status;
}

rnn_status rnn_dynamic_create(rnn_dynamic **out, const rnn_model *model, rnn_symbol_source read,
                              const void *context, size_t segment, const rnn_evaluation *how,
                              rnn_error *error) {
    rnn_status status = RNN_OK;
    *out = NULL;
    rnn_dynamic *d = rnn_allocate(1, sizeof *d);
    if (!d)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory to evaluate");
    d->model = model;
    d->read = read;
    d->context = context;
    d->segment = segment;
    d->spread = rnn_allocate(model->network.parameters, sizeof(float));
    d->text = rnn_allocate(segment + 1, sizeof(int32_t));
    if (!d->spread || !d->text)
        status = rnn_fail(error, RNN_ERR_MEMORY, "no memory to evaluate");
    else
        status = open_engine(d, how, error);
    if (status != RNN_OK) {
        rnn_dynamic_destroy(d);
        return status;
    }
    d->device->write_moments(d->engine, model->parameters, NULL);
    *out = d;
    return RNN_OK;
}

void rnn_dynamic_destroy(rnn_dynamic *d) {
    if (!d)
        return;
    if (d->engine)
        d->device->destroy(d->engine);
    rnn_free(d->spread);
    rnn_free(d->text);
    rnn_free(d);
}

/* Reads the segment that begins at `place`, and leaves the gradient of its mean loss;
 * returns how many characters it predicted, 0 at the end. */
static size_t read_segment(rnn_dynamic *d, uint64_t place, uint64_t end,
                           rnn_sequence_result *result) {
    if (place + 1 >= end)
        return 0;
    uint64_t left = end - 1 - place;
    size_t n = left < d->segment ? (size_t)left : d->segment;
    d->read(d->context, place, n + 1, d->text);
    *result = d->device->train(d->engine, 0, n, d->text, d->text + 1);
    return n;
}

/* ------------------------------------------------------------------- spreads */

/* Adagrad at rate 0 moves no weight and adds up the squares of the gradients. */
static uint64_t sum_squares(rnn_dynamic *d, rnn_span span, size_t segments, size_t *count) {
    static const rnn_update sum = {.kind = RNN_ADAGRAD, .rate = 0, .epsilon = 1};
    uint64_t read = 0;
    rnn_sequence_result result;
    d->device->write_state(d->engine, NULL);
    for (size_t n; segments > 0; segments--, read += n) {
        n = read_segment(d, span.begin + read, span.end, &result);
        if (n == 0)
            break;
        *count += isfinite(d->device->update(d->engine, &sum)) ? 1 : 0;
    }
    return read;
}

/* The root mean square of those gradients of n-grams' vectors that were met at all. */
static double spread_of_ngrams(const rnn_network *net, const float *squares, size_t count) {
    size_t met = 0;
    double sum = 0;
    for (size_t j = 0; j < rnn_network_ngram_parameters(net); j++) {
        sum += (double)squares[net->ngram_weight + j];
        met += squares[net->ngram_weight + j] > 0;
    }
    return met > 0 && count > 0 ? sqrt(sum / (double)met / (double)count) : 0;
}

/* The roots of the mean squares, and then those relative to their mean. Most n-grams are seldom
 * met, or never where this was gathered: theirs begin at what is usual for the others, as in
 * training, and do not count to the mean, which would only tell how many there are. */
static void finish_spreads(rnn_dynamic *d, size_t count) {
    const rnn_network *net = &d->model->network;
    const float *squares = d->device->arrays(d->engine).second;
    size_t parameters = net->parameters, vectors = rnn_network_ngram_parameters(net);
    double usual = spread_of_ngrams(net, squares, count), sum = 0;
    for (size_t j = 0; j < parameters; j++) {
        double spread = count > 0 ? sqrt((double)squares[j] / (double)count) : 0;
        int is_ngram = j >= net->ngram_weight && j < net->ngram_weight + vectors;
        d->spread[j] = (float)(is_ngram ? spread + usual : spread);
        sum += is_ngram ? 0 : (double)d->spread[j];
    }
    d->mean = sum > 0 ? sum / (double)(parameters - vectors) : 1;
    for (size_t j = 0; j < parameters; j++)
        d->spread[j] = (float)((double)d->spread[j] / d->mean);
    d->device->write_moments(d->engine, NULL, d->spread);
}

uint64_t rnn_dynamic_gather(rnn_dynamic *d, rnn_span span, size_t stretches, size_t segments) {
    uint64_t stretch = (span.end - span.begin) / stretches, read = 0;
    size_t count = 0;
    memset(d->spread, 0, d->model->network.parameters * sizeof(float));
    d->device->write_moments(d->engine, NULL, d->spread);
    d->device->write_parameters(d->engine, d->model->parameters);
    for (size_t i = 0; i < stretches; i++) {
        uint64_t begin = span.begin + i * stretch;
        read += sum_squares(d, (rnn_span){begin, begin + stretch}, segments / stretches, &count);
    }
    finish_spreads(d, count);
    return read;
}

/* ------------------------------------------------------------------ the stream */

rnn_status rnn_dynamic_score(rnn_score *out, rnn_dynamic *d, rnn_span span, uint64_t still,
                             double rate, double decay, rnn_error *error) {
    rnn_adaptation step = {.rate = rate / d->mean, .decay = decay, .epsilon = EPSILON};
    rnn_sequence_result result;
    uint64_t read = 0, hits = 0;
    double loss = 0;
    d->device->write_parameters(d->engine, d->model->parameters);
    d->device->write_state(d->engine, NULL);
    for (size_t n; (n = read_segment(d, span.begin + read, span.end, &result)) > 0; read += n) {
        loss += result.loss;
        hits += result.hits;
        if (!isfinite(loss) || (read >= still && !isfinite(d->device->adapt(d->engine, &step))))
            return rnn_fail(error, RNN_ERR_DIVERGED,
                            "dynamic evaluation diverged after %llu characters; choose a lower "
                            "rate than %g",
                            (unsigned long long)(read + n), rate);
    }
    out->characters = read;
    out->nats_per_character = loss / (double)read;
    out->accuracy = (double)hits / (double)read;
    return RNN_OK;
}
