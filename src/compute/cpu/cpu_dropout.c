/* SPDX-License-Identifier: MIT
 *
 * cpu_dropout.c - what a training step leaves out: values between layers, values that
 * the output layer reads, and recurrent weights.
 *
 * All masks come from the counter-based generator, in a stream of numbers of their own
 * for each place and step, so that they are the same on any number of threads and on the
 * way back. What is kept is scaled up by 1 / (1 - share): its mean stays.
 */
#include "compute/cpu/cpu_engine.h"

#include <string.h>

#include "base/random.h"

/* Streams of numbers: the masks between layers have the number of the layer below. */
#define OUTPUT_STREAM         ((size_t)RNN_MAX_LAYERS)
#define WEIGHTS_STREAM(layer) ((size_t)RNN_MAX_LAYERS + 1 + (layer))
#define NGRAMS_STREAM(order)  ((size_t)2 * RNN_MAX_LAYERS + 1 + (order))

typedef struct mask {
    uint64_t seed, stream;
    uint32_t dropped; /* words below it leave out */
    float scale;
} mask;

static mask mask_of(const rnn_engine *e, size_t number, uint64_t step, float share) {
    return (mask){.seed = e->seed,
                  .stream = (uint64_t)RNN_RANDOM_DROPOUT << 56 | (uint64_t)number << 48 | step,
                  .dropped = (uint32_t)((double)share * 4294967296.0),
                  .scale = 1.0f / (1.0f - share)};
}

/* x where `kept` is 1, else 0. There is no branch, since none could be predicted. */
static float choose(float x, uint32_t kept) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits &= 0u - kept;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* `count` numbers times the mask from that block of four of its words on. */
static void apply(const mask *by, size_t block, size_t count, const float *from, float *to) {
    for (size_t first = 0; first < count; first += 4, block++) {
        uint32_t words[4];
        rnn_random_block(by->seed, block, by->stream, words);
        size_t left = count - first;
        for (size_t j = 0; j < (left < 4 ? left : 4); j++)
            to[first + j] = choose(from[first + j] * by->scale, words[j] >= by->dropped);
    }
}

void rnn_cpu_dropout(const rnn_engine *e, size_t layer, uint64_t step, size_t begin, size_t end,
                     const float *from, float *to) {
    size_t hidden = e->network.hidden, blocks = (hidden + 3) / 4;
    mask by = mask_of(e, layer, step, e->dropout);
    for (size_t r = begin; r < end; r++)
        apply(&by, r * blocks, hidden, from + (r - begin) * hidden, to + (r - begin) * hidden);
}

/* ------------------------------------------------------------------- output */

typedef struct step_job {
    rnn_engine *engine;
    uint64_t step;
    int draws;         /* 1: the mask of the step's weights, 0: it is there */
    const float *from; /* flat arrays, whose recurrent weights are thinned */
    float *to;
} step_job;

static void output_mask_work(void *argument, int thread, int count) {
    const step_job *job = argument;
    rnn_engine *e = job->engine;
    size_t begin, end, hidden = e->network.hidden, blocks = (hidden + 3) / 4;
    mask by = mask_of(e, OUTPUT_STREAM, job->step, e->output_dropout);
    rnn_share(e->batch, 1, thread, count, &begin, &end);
    for (size_t stream = begin; stream < end; stream++) {
        float *row = rnn_cpu_row(e->output_mask, stream, hidden);
        for (size_t j = 0; j < hidden; j++)
            row[j] = 1.0f;
        apply(&by, stream * blocks, hidden, row, row);
    }
}

void rnn_cpu_output_mask(rnn_engine *e, uint64_t step) {
    step_job job = {.engine = e, .step = step};
    if (e->output_dropout > 0)
        rnn_cpu_run(e, output_mask_work, &job, e->batch * e->network.hidden);
}

void rnn_cpu_output_dropout(const rnn_engine *e, size_t row, size_t rows, const float *from,
                            float *to) {
    size_t hidden = e->network.hidden;
    for (size_t r = 0; r < rows; r++) {
        const float *by = rnn_cpu_row(e->output_mask, (row + r) % e->batch, hidden);
        for (size_t j = 0; j < hidden; j++)
            to[r * hidden + j] = from[r * hidden + j] * by[j];
    }
}

/* ------------------------------------------------------------------ n-grams */

void rnn_cpu_ngram_mask(rnn_engine *e, size_t rows, uint64_t step) {
    for (size_t n = 0; e->ngram_mask && n < rnn_network_orders(&e->network); n++) {
        float *to = e->ngram_mask + n * e->length * e->batch;
        mask by = mask_of(e, NGRAMS_STREAM(n), step, e->ngram_dropout);
        for (size_t r = 0; r < rows; r++)
            to[r] = 1.0f;
        apply(&by, 0, rows, to, to);
    }
}

/* ------------------------------------------------------------------ weights */

/* Eight weights share a block of numbers, 16 bits each, and a byte of the mask: that is
 * drawn once a step, on the way forward, and read on the way back. */
#define WEIGHTS_A_BLOCK 8
/* Blocks whose bits are drawn and used at once. */
#define BLOCKS_AT_ONCE ((size_t)512)

/* A layer's weights [begin, end), from whole blocks on. */
static void thin_layer(const step_job *job, size_t layer, size_t begin, size_t end) {
    const rnn_engine *e = job->engine;
    const mask by = mask_of(e, WEIGHTS_STREAM(layer), job->step, e->weight_drop);
    const float *from = job->from + e->network.layer[layer].weight_hh;
    float *to = job->to + e->network.layer[layer].weight_hh;
    uint8_t *kept = e->weight_mask + layer * rnn_cpu_mask_bytes(e);
    size_t most = BLOCKS_AT_ONCE * WEIGHTS_A_BLOCK;
    for (size_t i = begin; i < end; i += most) {
        size_t count = end - i < most ? end - i : most, block = i / WEIGHTS_A_BLOCK;
        if (job->draws)
            e->kernels->choose_kept(by.seed, by.stream, block,
                                    (count + WEIGHTS_A_BLOCK - 1) / WEIGHTS_A_BLOCK,
                                    by.dropped >> 16, kept + block);
        e->kernels->thin(count, kept + block, by.scale, from + i, to + i);
    }
}

/* A share of each layer's recurrent weights, in whole blocks. */
static void thin_work(void *argument, int thread, int count) {
    const step_job *job = argument;
    const rnn_engine *e = job->engine;
    size_t begin, end;
    rnn_share(e->input_sums * e->network.hidden, WEIGHTS_A_BLOCK, thread, count, &begin, &end);
    for (size_t l = 0; l < e->network.layers; l++)
        thin_layer(job, l, begin, end);
}

size_t rnn_cpu_mask_bytes(const rnn_engine *e) {
    return (e->input_sums * e->network.hidden + WEIGHTS_A_BLOCK - 1) / WEIGHTS_A_BLOCK;
}

void rnn_cpu_thin_weights(rnn_engine *e, uint64_t step) {
    step_job job = {e, step, 1, e->parameters, e->gradient};
    rnn_cpu_run(e, thin_work, &job, e->network.layers * e->input_sums * e->network.hidden);
}

void rnn_cpu_thin_gradient(rnn_engine *e) {
    step_job job = {e, 0, 0, e->gradient, e->gradient};
    rnn_cpu_run(e, thin_work, &job, e->network.layers * e->input_sums * e->network.hidden);
}
