/* SPDX-License-Identifier: MIT
 *
 * cpu_forward.c - a sequence through the stack of layers.
 *
 * Layer by layer: the input sums of the whole sequence as one product, then the
 * steps one after another. Streams do not meet, so the steps are cut by streams
 * and no thread waits inside a sequence. With few streams and large weights it
 * is the other way round: see cpu_few.c.
 */
#include "compute/cpu/cpu_engine.h"

#include <string.h>

#include "base/random.h"

typedef struct layer_job {
    rnn_engine *engine;
    size_t layer, length;
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

/* The input sums of a share of the rows. */
static void inputs_work(void *argument, int thread, int count) {
    const layer_job *job = argument;
    rnn_engine *e = job->engine;
    rnn_cpu_layer *layer = &e->layer[job->layer];
    size_t begin, end, hidden = e->network.hidden;
    rnn_share(job->length * e->batch, 1, thread, count, &begin, &end);
    if (begin == end)
        return;
    if (job->layer == 0) {
        rnn_cpu_table_gather(e, begin, end);
    } else {
        const float *below = e->layer[job->layer - 1].h + e->batch * hidden;
        const float *rows = below;
        if (job->dropout && e->dropout > 0) {
            rnn_cpu_dropout(e, job->layer - 1, job->step, begin, end, below, layer->input_rows);
            rows = layer->input_rows;
        }
        rnn_cpu_product(&layer->input, end - begin, rows + begin * hidden, hidden, layer->start, 0,
                        rnn_cpu_row(layer->gates, begin, e->columns), e->columns, 0, layer->input.n,
                        rnn_cpu_room(e, thread));
    }
    start_state_share(e, layer, begin, end);
}

/* ------------------------------------------------------------------- steps */

/* Adds the state's share to the gate sums of rows [row, row + rows). */
static void recurrent_sums(const layer_job *job, size_t row, size_t rows, float *room) {
    rnn_engine *e = job->engine;
    rnn_cpu_layer *layer = &e->layer[job->layer];
    size_t hidden = e->network.hidden;
    float *gates = rnn_cpu_row(layer->gates, row, e->columns);
    const float *h = rnn_cpu_row(layer->h, row, hidden);
    for (int i = 0; i < 2 && layer->hidden[i].data; i++) {
        const rnn_packed *w = &layer->hidden[i];
        /* The GRU's second matrix belongs to q, the last of the columns. */
        float *sums = i == 0 ? gates : gates + e->input_sums;
        rnn_cpu_product(w, rows, h, hidden, NULL, 1, sums, e->columns, 0, w->n, room);
    }
}

void rnn_cpu_cells(rnn_engine *e, size_t l, size_t row, size_t rows, size_t begin, size_t end) {
    rnn_cpu_layer *layer = &e->layer[l];
    size_t hidden = e->network.hidden;
    float *gates = rnn_cpu_row(layer->gates, row, e->columns);
    float *h = rnn_cpu_row(layer->h, row, hidden);
    float *next = h + e->batch * hidden;
    switch (e->network.cell) {
    case RNN_CELL_TANH:
        e->kernels->tanh_forward(rows, hidden, gates, e->columns, next, begin, end);
        break;
    case RNN_CELL_GRU:
        e->kernels->gru_forward(rows, hidden, gates, e->columns, h, next, begin, end);
        break;
    case RNN_CELL_LSTM: {
        size_t time = row / e->batch, stream = row % e->batch;
        size_t before = rnn_cpu_cell_before(e, time), after = rnn_cpu_cell_after(e, time);
        e->kernels->lstm_forward(rows, hidden, gates, e->columns,
                                 rnn_cpu_row(layer->c, before * e->batch + stream, hidden),
                                 rnn_cpu_row(layer->c, after * e->batch + stream, hidden), next,
                                 begin, end);
        break;
    }
    }
}

/* All steps of a share of the streams. */
static void streams_work(void *argument, int thread, int count) {
    const layer_job *job = argument;
    rnn_engine *e = job->engine;
    size_t begin, end;
    rnn_share(e->batch, 1, thread, count, &begin, &end);
    if (begin == end)
        return;
    for (size_t t = 0; t < job->length; t++) {
        size_t row = t * e->batch + begin;
        recurrent_sums(job, row, end - begin, rnn_cpu_room(e, thread));
        rnn_cpu_cells(e, job->layer, row, end - begin, 0, e->network.hidden);
    }
}

void rnn_cpu_forward(rnn_engine *e, size_t length, int dropout, uint64_t step) {
    size_t rows = length * e->batch, each = e->network.hidden * e->input_sums;
    int few = rnn_cpu_is_few(e);
    /* Where all rows are those of one step, inputs and states go together. */
    int at_once = few && length == 1 && !(dropout && e->dropout > 0);
    for (size_t l = 0; l < e->network.layers; l++) {
        layer_job job = {e, l, length, dropout, step};
        if (!at_once)
            rnn_cpu_run(e, inputs_work, &job, rows * (l == 0 ? e->columns : each));
        if (few)
            rnn_cpu_few(e, l, length, !at_once);
        else
            rnn_cpu_run(e, streams_work, &job, e->batch == 1 ? 0 : rows * each);
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
