/* SPDX-License-Identifier: MIT
 *
 * cpu_engine.c - the CPU device: an engine's making, copies in and out, and the verbs as
 * rows of phases.
 */
#include "compute/cpu/cpu_engine.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

static rnn_status choose_kernels(rnn_engine *e, const rnn_engine_options *options,
                                 rnn_error *error) {
    if (options->weights) {
        e->kernels = options->weights->kernels;
        e->precision = options->weights->precision;
        return RNN_OK;
    }
    rnn_status status = rnn_kernels_pick(&e->kernels, options->cpu, error);
    if (status != RNN_OK)
        return status;
    e->precision = options->precision;
    if (e->precision == RNN_PRECISION_AUTO)
        e->precision = e->training ? e->kernels->automatic : RNN_PRECISION_FLOAT32;
    if (e->training && e->precision == RNN_PRECISION_INT8)
        return rnn_fail(error, RNN_ERR_UNSUPPORTED,
                        "int8 is for reading weights, not for training them; train in float32 or "
                        "bf16");
    return RNN_OK;
}

static rnn_precision automatic(const char *cpu) {
    const rnn_kernels *kernels;
    return rnn_kernels_pick(&kernels, cpu, NULL) == RNN_OK ? kernels->automatic
                                                           : RNN_PRECISION_FLOAT32;
}

static rnn_status create(rnn_engine **out, const rnn_network *network,
                         const rnn_engine_options *options, rnn_error *error) {
    *out = NULL;
    rnn_engine *e = rnn_allocate(1, sizeof *e);
    if (!e)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for the network");
    e->network = *network;
    e->batch = options->batch;
    e->length = options->length;
    e->training = options->training;
    e->tracing = options->tracing;
    e->dropout = options->training && network->layers > 1 ? (float)options->dropout : 0;
    e->output_dropout = options->training ? (float)options->output_dropout : 0;
    e->weight_drop = options->training ? (float)options->weight_drop : 0;
    e->ngram_dropout = options->training ? (float)options->ngram_dropout : 0;
    e->seed = options->seed;
    e->keys = options->keys;
    e->input_sums = rnn_network_gates(network) * network->hidden;
    e->columns = network->cell == RNN_CELL_TANH ? network->hidden : 4 * network->hidden;
    if (!options->weights && options->parameters) {
        e->parameters = options->parameters;
        e->given_parameters = 1;
    }
    rnn_status status = choose_kernels(e, options, error);
    if (status != RNN_OK)
        goto fail;
    int threads = options->threads > 0 ? options->threads : rnn_threads_default();
    status = rnn_threads_create(&e->threads, threads, error);
    if (status != RNN_OK)
        goto fail;
    if (!rnn_cpu_allocate(e, options)) {
        status = rnn_fail(error, RNN_ERR_MEMORY,
                          "no memory for a network of %zu parameters with batches of %zu x %zu; "
                          "try a smaller --batch-size or --seq-length",
                          network->parameters, e->batch, e->length);
        goto fail;
    }
    static const char *const precisions[RNN_PRECISIONS] = {"", "", ", bf16", ", int8"};
    snprintf(e->description, sizeof e->description, "%s%s, %d thread%s", e->kernels->name,
             precisions[e->precision], threads, threads == 1 ? "" : "s");
    *out = e;
    return RNN_OK;
fail:
    rnn_cpu_destroy(e);
    return status;
}

static const char *describe(const rnn_engine *e) {
    return e->description;
}

/* ------------------------------------------------------------------ copies */

static void copy(float *to, const float *from, size_t n) {
    if (to && from && to != from)
        memcpy(to, from, n * sizeof(float));
}

static void write_parameters(rnn_engine *e, const float *from) {
    copy(e->parameters, from, e->network.parameters);
    e->packing = RNN_CPU_STALE;
}

static void read_gradient(rnn_engine *e, float *to) {
    copy(to, e->gradient, e->network.parameters);
}

static void write_gradient(rnn_engine *e, const float *from) {
    copy(e->gradient, from, e->network.parameters);
    rnn_cpu_ngrams_meet_all(e);
}

static void write_moments(rnn_engine *e, const float *first, const float *second) {
    copy(e->first, first, e->network.parameters);
    copy(e->second, second, e->network.parameters);
}

static rnn_engine_arrays arrays(rnn_engine *e) {
    return (rnn_engine_arrays){e->parameters, e->first, e->second};
}

/* Of the state: h, and c, of all layers. */
static size_t vectors_of(const rnn_engine *e) {
    return (e->network.cell == RNN_CELL_LSTM ? 2 : 1) * e->network.layers;
}

static void write_state(rnn_engine *e, const float *from) {
    size_t n = e->batch * e->network.hidden;
    for (size_t half = 0; half < 2; half++) {
        for (size_t l = 0; l < e->network.layers; l++) {
            float *row = half == 0 ? e->layer[l].h : e->layer[l].c;
            if (!row)
                continue;
            if (from)
                memcpy(row, from + (half * e->network.layers + l) * n, n * sizeof(float));
            else
                memset(row, 0, n * sizeof(float));
        }
    }
    rnn_cpu_ngrams_resume(e, from ? from + vectors_of(e) * n : NULL);
}

static void read_state(rnn_engine *e, float *to) {
    size_t n = e->batch * e->network.hidden;
    for (size_t l = 0; l < e->network.layers; l++) {
        copy(to + l * n, e->layer[l].h, n);
        if (e->layer[l].c)
            copy(to + (e->network.layers + l) * n, e->layer[l].c, n);
    }
    for (size_t i = 0; i < rnn_network_orders(&e->network) * e->batch; i++)
        to[vectors_of(e) * n + i] = (float)e->ngram_before[i];
}

/* ------------------------------------------------------------------- verbs */

static void prepare(rnn_engine *e, rnn_cpu_packing weights, size_t length, const int32_t *symbols) {
    rnn_cpu_pack(e, e->threads, weights);
    rnn_cpu_table(e, length * e->batch, symbols);
    rnn_cpu_ngrams_find(e, length, symbols);
}

/* Where the window ends that begins with this step. */
static size_t window_end(const rnn_engine *e, size_t begin, size_t length) {
    return length - begin < e->window ? length : begin + e->window;
}

/* Sums in the order of the characters, so that the bits do not depend on threads. */
static rnn_sequence_result add_up(const rnn_engine *e, size_t rows) {
    rnn_sequence_result result = {0, 0};
    for (size_t r = 0; r < rows; r++) {
        result.loss += (double)e->losses[r];
        result.hits += e->hits[r];
    }
    return result;
}

static rnn_sequence_result evaluate(rnn_engine *e, size_t length, const int32_t *symbols,
                                    const int32_t *targets, float *losses) {
    size_t rows = length * e->batch;
    prepare(e, RNN_CPU_FORWARD, length, symbols);
    for (size_t begin = 0, end; begin < length; begin = end) {
        end = window_end(e, begin, length);
        rnn_cpu_forward(e, begin, end, 0, 0);
        rnn_cpu_output(e, begin * e->batch, (end - begin) * e->batch, targets);
    }
    rnn_cpu_carry(e, length);
    copy(losses, e->losses, rows);
    return add_up(e, rows);
}

/* For a sequence of n characters; most n-grams' vectors have none to be cleared. */
static void clear_gradient(rnn_engine *e, size_t n) {
    const rnn_network *net = &e->network;
    size_t behind = net->ngram_weight + rnn_network_ngram_parameters(net);
    memset(e->gradient, 0, net->ngram_weight * sizeof(float));
    memset(e->gradient + behind, 0, (net->parameters - behind) * sizeof(float));
    rnn_cpu_ngrams_meet(e, n);
}

static rnn_sequence_result train(rnn_engine *e, uint64_t step, size_t length,
                                 const int32_t *symbols, const int32_t *targets) {
    size_t rows = length * e->batch;
    int thinned = e->weight_drop > 0;
    if (thinned)
        rnn_cpu_thin_weights(e, step);
    prepare(e, thinned ? RNN_CPU_THINNED : RNN_CPU_FORWARD, length, symbols);
    rnn_cpu_ngram_mask(e, rows, step);
    for (size_t begin = 0, end; begin < length; begin = end) {
        end = window_end(e, begin, length);
        rnn_cpu_forward(e, begin, end, 1, step);
    }
    rnn_cpu_pack(e, e->threads, RNN_CPU_BACKWARD);
    clear_gradient(e, rows);
    rnn_cpu_backward(e, length, targets, step);
    if (thinned)
        rnn_cpu_thin_gradient(e);
    rnn_cpu_carry(e, length);
    return add_up(e, rows);
}

static void step(rnn_engine *e, const int32_t *symbols, float *logits) {
    prepare(e, RNN_CPU_FORWARD, 1, symbols);
    rnn_cpu_forward(e, 0, 1, 0, 0);
    rnn_cpu_logits(e, e->batch, logits);
    rnn_cpu_carry(e, 1);
}

static void trace(rnn_engine *e, size_t length, const int32_t *symbols, const rnn_probe *probes,
                  size_t count, float *values, float *logits) {
    prepare(e, RNN_CPU_FORWARD, length, symbols);
    rnn_cpu_forward(e, 0, length, 0, 0);
    rnn_cpu_logits(e, length * e->batch, logits);
    rnn_cpu_look(e, length, probes, count, values);
    rnn_cpu_carry(e, length);
}

const rnn_device rnn_cpu_device = {
    .name = "cpu",
    .create = create,
    .destroy = rnn_cpu_destroy,
    .describe = describe,
    .automatic = automatic,
    .write_parameters = write_parameters,
    .read_gradient = read_gradient,
    .write_gradient = write_gradient,
    .write_moments = write_moments,
    .arrays = arrays,
    .write_state = write_state,
    .read_state = read_state,
    .evaluate = evaluate,
    .train = train,
    .update = rnn_cpu_update,
    .adapt = rnn_cpu_adapt,
    .step = step,
    .trace = trace,
};
