/* SPDX-License-Identifier: MIT
 *
 * cpu_forward.c - a sequence through the stack of layers.
 *
 * Layer by layer: the input sums of the whole sequence as one product, then the
 * steps one after another. Streams do not meet, so the steps are cut by streams
 * and no thread waits inside a sequence. With few streams and large weights it
 * is the other way round: each thread reads its own part of the weights, which
 * is what such steps wait for, and the threads meet at every step.
 */
#include "compute/cpu/cpu_engine.h"

#include <string.h>

#include "base/random.h"

/* Weights of a layer, in floats, from which few streams are worth all threads. */
#define WIDE_WEIGHTS ((size_t)1 << 18)
#define FEW_STREAMS  8

typedef struct layer_job {
    rnn_engine *engine;
    size_t layer, length, time;
    int dropout;
    uint64_t step;
} layer_job;

/* ------------------------------------------------------------------- inputs */

void rnn_cpu_dropout(const rnn_engine *e, size_t layer, uint64_t step, size_t begin, size_t end,
                     const float *from, float *to) {
    size_t hidden = e->network.hidden, blocks = (hidden + 3) / 4;
    uint64_t use = (uint64_t)RNN_RANDOM_DROPOUT << 56 | (uint64_t)layer << 48;
    uint32_t dropped = (uint32_t)((double)e->dropout * 4294967296.0);
    float scale = 1.0f / (1.0f - e->dropout);
    for (size_t r = begin; r < end; r++) {
        for (size_t block = 0; block < blocks; block++) {
            uint32_t words[4];
            rnn_random_block(e->seed, r * blocks + block, use | step, words);
            size_t first = r * hidden + 4 * block, left = hidden - 4 * block;
            for (size_t j = 0; j < (left < 4 ? left : 4); j++)
                to[first + j] = words[j] >= dropped ? from[first + j] * scale : 0.0f;
        }
    }
}

/* The GRU's q begins with its bias; its columns are not the input's to fill. */
static void start_state_share(rnn_engine *e, rnn_cpu_layer *layer, size_t begin, size_t end) {
    size_t extra = e->columns - e->input_sums;
    for (size_t r = begin; extra > 0 && r < end; r++)
        memcpy(rnn_cpu_row(layer->gates, r, e->columns) + e->input_sums,
               layer->start + e->input_sums, extra * sizeof(float));
}

/* The input sums of rows [begin, end), for a share of the columns. */
static void input_rows(const layer_job *job, size_t begin, size_t end, int thread, int count) {
    rnn_engine *e = job->engine;
    rnn_cpu_layer *layer = &e->layer[job->layer];
    if (begin == end)
        return;
    if (job->layer == 0) {
        rnn_cpu_table_gather(e, begin, end);
    } else {
        size_t hidden = e->network.hidden, from, to;
        const float *below = e->layer[job->layer - 1].h + e->batch * hidden;
        const float *rows = below;
        if (job->dropout && e->dropout > 0) {
            rnn_cpu_dropout(e, job->layer - 1, job->step, begin, end, below, layer->input_rows);
            rows = layer->input_rows;
        }
        rnn_share(layer->input.n, e->kernels->panel, thread, count, &from, &to);
        e->kernels->product(end - begin, layer->input.n, layer->input.k, rows + begin * hidden,
                            hidden, layer->input.data, layer->start, 0,
                            rnn_cpu_row(layer->gates, begin, e->columns), e->columns, from, to);
    }
    if (thread == 0)
        start_state_share(e, layer, begin, end);
}

/* ------------------------------------------------------------------- steps */

/* Adds the state's share to the gate sums of streams [begin, end) at one time,
 * for a share of the columns. */
static void recurrent_sums(const layer_job *job, size_t time, size_t begin, size_t end, int thread,
                           int count) {
    rnn_engine *e = job->engine;
    rnn_cpu_layer *layer = &e->layer[job->layer];
    size_t hidden = e->network.hidden, row = time * e->batch + begin;
    float *gates = rnn_cpu_row(layer->gates, row, e->columns);
    const float *h = rnn_cpu_row(layer->h, row, hidden);
    for (int i = 0; i < 2 && layer->hidden[i].data; i++) {
        const rnn_packed *w = &layer->hidden[i];
        size_t from, to;
        rnn_share(w->n, e->kernels->panel, thread, count, &from, &to);
        /* The GRU's second matrix belongs to q, the last of the columns. */
        float *sums = i == 0 ? gates : gates + e->input_sums;
        e->kernels->product(end - begin, w->n, w->k, h, hidden, w->data, NULL, 1, sums, e->columns,
                            from, to);
    }
}

static void cell_step(const layer_job *job, size_t time, size_t begin, size_t end) {
    rnn_engine *e = job->engine;
    rnn_cpu_layer *layer = &e->layer[job->layer];
    size_t hidden = e->network.hidden, row = time * e->batch + begin;
    float *gates = rnn_cpu_row(layer->gates, row, e->columns);
    float *h = rnn_cpu_row(layer->h, row, hidden);
    float *next = h + e->batch * hidden;
    switch (e->network.cell) {
    case RNN_CELL_TANH:
        e->kernels->tanh_forward(end - begin, hidden, gates, e->columns, next);
        break;
    case RNN_CELL_GRU:
        e->kernels->gru_forward(end - begin, hidden, gates, e->columns, h, next);
        break;
    case RNN_CELL_LSTM: {
        size_t before = rnn_cpu_cell_before(e, time), after = rnn_cpu_cell_after(e, time);
        e->kernels->lstm_forward(end - begin, hidden, gates, e->columns,
                                 rnn_cpu_row(layer->c, before * e->batch + begin, hidden),
                                 rnn_cpu_row(layer->c, after * e->batch + begin, hidden), next);
        break;
    }
    }
}

static void layer_input_work(void *argument, int thread, int count) {
    const layer_job *job = argument;
    size_t begin, end;
    rnn_share(job->length * job->engine->batch, 1, thread, count, &begin, &end);
    input_rows(job, begin, end, 0, 1);
}

/* Of a few rows each thread takes its own columns. */
static void layer_few_inputs_work(void *argument, int thread, int count) {
    const layer_job *job = argument;
    input_rows(job, 0, job->length * job->engine->batch, thread, count);
}

/* All steps of a share of the streams. */
static void streams_work(void *argument, int thread, int count) {
    const layer_job *job = argument;
    size_t begin, end;
    rnn_share(job->engine->batch, 1, thread, count, &begin, &end);
    if (begin == end)
        return;
    for (size_t t = 0; t < job->length; t++) {
        recurrent_sums(job, t, begin, end, 0, 1);
        cell_step(job, t, begin, end);
    }
}

/* One step's sums, a share of the columns. */
static void columns_work(void *argument, int thread, int count) {
    const layer_job *job = argument;
    recurrent_sums(job, job->time, 0, job->engine->batch, thread, count);
}

void rnn_cpu_forward(rnn_engine *e, size_t length, int dropout, uint64_t step) {
    size_t weights = e->network.hidden * e->input_sums, sums = e->batch * weights;
    int wide = e->batch <= FEW_STREAMS && weights >= WIDE_WEIGHTS;
    int few_inputs = wide && length * e->batch <= FEW_STREAMS && !(dropout && e->dropout > 0);
    for (size_t l = 0; l < e->network.layers; l++) {
        layer_job job = {e, l, length, 0, dropout, step};
        if (l == 0)
            rnn_cpu_run(e, layer_input_work, &job, length * e->batch * e->columns);
        else
            rnn_cpu_run(e, few_inputs ? layer_few_inputs_work : layer_input_work, &job,
                        length * sums);
        if (!wide) {
            rnn_cpu_run(e, streams_work, &job, length * sums);
            continue;
        }
        for (job.time = 0; job.time < length; job.time++) {
            rnn_cpu_run(e, columns_work, &job, sums);
            cell_step(&job, job.time, 0, e->batch);
        }
    }
}

void rnn_cpu_carry(rnn_engine *e, size_t length) {
    size_t n = e->batch * e->network.hidden;
    for (size_t l = 0; l < e->network.layers; l++) {
        rnn_cpu_layer *layer = &e->layer[l];
        memcpy(layer->h, layer->h + length * n, n * sizeof(float));
        if (layer->c)
            memcpy(layer->c, layer->c + rnn_cpu_cell_after(e, length - 1) * n, n * sizeof(float));
    }
}
