/* SPDX-License-Identifier: MIT
 *
 * tracer.c - what a network does at each character of a text.
 *
 *   symbols -> engine -> logits [n][V] -> nats of each symbol, likeliest next ones
 *                     -> values [n][probes]
 *
 * The logits behind the last character wait for the next one, so that a text may come in
 * parts of any size.
 */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "model/model.h"

/* Characters that are read at once, fewer where they would have more numbers than this. */
#define LENGTH      ((size_t)256)
#define MOST_FLOATS ((size_t)4 << 20)

struct rnn_tracer {
    const rnn_device *device;
    const rnn_kernels *kernels;
    rnn_engine *engine;
    size_t symbols, length, candidates;
    rnn_probe *probes; /* [count] */
    size_t count;
    uint64_t place;       /* of the next character */
    float *logits;        /* [1 + length][symbols]: the first row is what waits */
    float *values;        /* [length][count] */
    float *nats;          /* [length] */
    float *probabilities; /* [symbols] */
    rnn_candidate *best;  /* [candidates] */
};

/* ----------------------------------------------------------------- creation */

/* Which cells have a signal, by rnn_signal: a bit for each rnn_cell. */
static const unsigned cells_with[] = {7, 7, 4, 4, 4, 4, 4, 2, 2, 2};

static rnn_status check_probe(const rnn_network *net, const rnn_probe *probe, rnn_error *error) {
    static const char *const has[] = {"a tanh network has no c and no gates",
                                      "a GRU has h and the gates r, z, n",
                                      "an LSTM has c, h and the gates i, f, g, o"};
    size_t signals = sizeof cells_with / sizeof *cells_with;
    if ((int)probe->signal < 0 || (size_t)probe->signal >= signals ||
        !(cells_with[probe->signal] >> net->cell & 1))
        return rnn_fail(error, RNN_ERR_RANGE, "signal %d is none of this model: %s",
                        (int)probe->signal, has[net->cell]);
    return rnn_model_check_unit(net, probe->layer, probe->unit, error);
}

static rnn_status take_probes(rnn_tracer *t, const rnn_network *net, const rnn_tracing *how,
                              rnn_error *error) {
    t->count = how->probe_count ? how->probe_count : net->layers * net->hidden;
    t->probes = rnn_allocate(t->count, sizeof *t->probes);
    if (!t->probes)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for %zu probes", t->count);
    for (size_t i = 0; i < t->count; i++) {
        rnn_probe unit = {(int)(i / net->hidden), (int)(i % net->hidden), RNN_SIGNAL_CELL};
        t->probes[i] = how->probe_count ? how->probes[i] : unit;
        rnn_status status = check_probe(net, &t->probes[i], error);
        if (status != RNN_OK)
            return status;
    }
    return RNN_OK;
}

static rnn_status make_room(rnn_tracer *t, rnn_error *error) {
    size_t widest = t->symbols > t->count ? t->symbols : t->count;
    t->length = MOST_FLOATS / widest < LENGTH ? MOST_FLOATS / widest : LENGTH;
    t->length = t->length ? t->length : 1;
    t->logits = rnn_allocate((1 + t->length) * t->symbols, sizeof(float));
    t->values = rnn_allocate(t->length * t->count, sizeof(float));
    t->nats = rnn_allocate(t->length, sizeof(float));
    t->probabilities = rnn_allocate(t->symbols, sizeof(float));
    t->best = rnn_allocate(t->candidates + 1, sizeof *t->best);
    if (t->logits && t->values && t->nats && t->probabilities && t->best)
        return RNN_OK;
    return rnn_fail(error, RNN_ERR_MEMORY, "no memory for %zu values of %zu characters", t->count,
                    t->length);
}

static rnn_status create_engine(rnn_tracer *t, const rnn_model *model, const rnn_tracing *how,
                                rnn_error *error) {
    rnn_engine_options options = {.batch = 1,
                                  .length = t->length,
                                  .threads = how->threads,
                                  .cpu = how->cpu,
                                  .precision = how->precision,
                                  .tracing = 1,
                                  .clamps = how->clamps,
                                  .clamp_count = how->clamp_count};
    rnn_status status =
        rnn_model_engine(&t->engine, &t->device, model, how->device, &options, error);
    return status == RNN_OK ? rnn_kernels_pick(&t->kernels, how->cpu, error) : status;
}

rnn_status rnn_tracer_create(rnn_tracer **out, const rnn_model *model, const rnn_tracing *how,
                             rnn_error *error) {
    *out = NULL;
    if (how->likeliest < 0)
        return rnn_fail(error, RNN_ERR_RANGE, "%d likeliest characters; it must be 0 or more",
                        how->likeliest);
    rnn_tracer *t = rnn_allocate(1, sizeof *t);
    if (!t)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for a tracer");
    t->symbols = model->network.symbols;
    t->candidates = (size_t)how->likeliest < t->symbols ? (size_t)how->likeliest : t->symbols;
    rnn_status status = take_probes(t, &model->network, how, error);
    if (status == RNN_OK)
        status = make_room(t, error);
    if (status == RNN_OK)
        status = create_engine(t, model, how, error);
    if (status != RNN_OK) {
        rnn_tracer_destroy(t);
        return status;
    }
    *out = t;
    return RNN_OK;
}

void rnn_tracer_destroy(rnn_tracer *t) {
    if (!t)
        return;
    if (t->engine)
        t->device->destroy(t->engine);
    rnn_free(t->probes);
    rnn_free(t->logits);
    rnn_free(t->values);
    rnn_free(t->nats);
    rnn_free(t->probabilities);
    rnn_free(t->best);
    rnn_free(t);
}

size_t rnn_tracer_width(const rnn_tracer *t) {
    return t->count;
}

void rnn_tracer_reset(rnn_tracer *t) {
    t->device->write_state(t->engine, NULL);
    t->place = 0;
}

/* ------------------------------------------------------------------ reading */

/* The likeliest of what follows, best first; of equals the first symbol. */
static void rank(rnn_tracer *t, const float *logits) {
    if (t->candidates == 0)
        return;
    t->kernels->softmax(t->symbols, logits, 1, t->probabilities);
    size_t known = 0;
    for (size_t s = 0; s < t->symbols; s++) {
        float p = t->probabilities[s];
        size_t at = known < t->candidates ? known : t->candidates;
        for (; at > 0 && p > t->best[at - 1].probability; at--)
            t->best[at] = t->best[at - 1]; /* room for one more than is kept */
        t->best[at] = (rnn_candidate){(int32_t)s, p};
        known += known < t->candidates;
    }
}

/* At most `length` symbols. */
static void read_some(rnn_tracer *t, const int32_t *symbols, size_t count,
                      rnn_trace_listener listener, void *context) {
    float *behind = t->logits + t->symbols;
    t->device->trace(t->engine, count, symbols, t->probes, t->count, t->values, behind);
    t->kernels->softmax_loss(count, t->symbols, t->logits, t->symbols, symbols, 0, t->nats, NULL);
    for (size_t i = 0; i < count; i++) {
        rank(t, behind + i * t->symbols);
        rnn_trace_row row = {.place = t->place + i,
                             .symbol = symbols[i],
                             .nats = t->place + i > 0 ? (double)t->nats[i] : NAN,
                             .values = t->values + i * t->count,
                             .likeliest = t->best,
                             .candidates = (int)t->candidates};
        listener(context, &row);
    }
    memcpy(t->logits, behind + (count - 1) * t->symbols, t->symbols * sizeof(float));
    t->place += count;
}

void rnn_tracer_read(rnn_tracer *t, const int32_t *symbols, size_t count,
                     rnn_trace_listener listener, void *context) {
    for (size_t begin = 0, n; begin < count; begin += n) {
        n = count - begin < t->length ? count - begin : t->length;
        read_some(t, symbols + begin, n, listener, context);
    }
}
