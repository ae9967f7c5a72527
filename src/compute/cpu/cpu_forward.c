/* SPDX-License-Identifier: MIT
 *
 * cpu_forward.c - a sequence through the stack of layers.
 *
 * Window by window of time and in it layer by layer: the input sums of all its rows as one
 * product, then the steps one after another. Streams do not meet, so the steps are cut by streams
 * and no thread waits inside a sequence. With few streams and large weights it
 * is the other way round: see cpu_few.c.
 */
#include "compute/cpu/cpu_engine.h"

#include <string.h>

/* Units whose gate sums and cells follow one another: a multiple of every panel. */
#define UNITS_AT_ONCE ((size_t)64)

typedef struct layer_job {
    rnn_engine *engine;
    size_t layer;
    size_t begin, end; /* steps of the window */
    int dropout;
    uint64_t step;
} layer_job;

/* ------------------------------------------------------------------- inputs */

/* The GRU's q begins with its bias; its columns are not the input's to fill. */
static void start_state_share(rnn_engine *e, size_t layer, size_t begin, size_t end) {
    size_t extra = e->columns - e->input_sums;
    for (size_t r = begin; extra > 0 && r < end; r++)
        memcpy(rnn_cpu_gates(e, layer, r) + e->input_sums, e->layer[layer].start + e->input_sums,
               extra * sizeof(float));
}

/* The input sums of a share of the rows. */
static void inputs_work(void *argument, int thread, int count) {
    const layer_job *job = argument;
    rnn_engine *e = job->engine;
    const rnn_cpu_layer *layer = &e->layer[job->layer];
    size_t begin, end, hidden = e->network.hidden, first = job->begin * e->batch;
    rnn_share((job->end - job->begin) * e->batch, 1, thread, count, &begin, &end);
    if (begin == end)
        return;
    if (job->layer == 0) {
        rnn_cpu_table_gather(e, first + begin, first + end);
        rnn_cpu_ngrams_add(e, first + begin, first + end, thread);
    } else {
        const float *rows = rnn_cpu_h(e, job->layer - 1, first + begin + e->batch);
        if (job->dropout && e->dropout > 0) {
            float *dropped = rnn_cpu_row(layer->input_rows, begin, hidden);
            rnn_cpu_dropout(e, job->layer - 1, job->step, first + begin, first + end, rows,
                            dropped);
            rows = dropped;
        }
        rnn_cpu_product(&layer->input, end - begin, rows, hidden, layer->start, 0,
                        rnn_cpu_gates(e, job->layer, first + begin), e->columns, 0, layer->input.n,
                        rnn_cpu_room(e, thread));
    }
    start_state_share(e, job->layer, first + begin, first + end);
}

/* ------------------------------------------------------------------- steps */

void rnn_cpu_state_sums(rnn_engine *e, size_t l, size_t row, size_t rows, rnn_operand state,
                        size_t begin, size_t end) {
    const rnn_cpu_layer *layer = &e->layer[l];
    float *gates = rnn_cpu_gates(e, l, row);
    if (begin >= e->input_sums)
        rnn_cpu_multiply(&layer->hidden[1], rows, state, NULL, 1, gates + e->input_sums, e->columns,
                         begin - e->input_sums, end - e->input_sums);
    else if (begin < layer->hidden[0].n)
        rnn_cpu_multiply(&layer->hidden[0], rows, state, NULL, 1, gates, e->columns, begin,
                         end < layer->hidden[0].n ? end : layer->hidden[0].n);
}

void rnn_cpu_cells(rnn_engine *e, size_t l, size_t row, size_t rows, const float *c_prev, float *c,
                   size_t begin, size_t end) {
    size_t hidden = e->network.hidden;
    float *gates = rnn_cpu_gates(e, l, row);
    float *h = rnn_cpu_h(e, l, row);
    float *next = h + e->batch * hidden;
    switch (e->network.cell) {
    case RNN_CELL_TANH:
        e->kernels->tanh_forward(rows, hidden, gates, e->columns, next, begin, end);
        break;
    case RNN_CELL_GRU:
        e->kernels->gru_forward(rows, hidden, gates, e->columns, h, next, begin, end);
        break;
    case RNN_CELL_LSTM:
        e->kernels->lstm_forward(rows, hidden, gates, e->columns, c_prev, c, next, begin, end);
        break;
    }
}

void rnn_cpu_step_cells(rnn_engine *e, size_t l, size_t row, size_t rows, size_t begin,
                        size_t end) {
    float *c_prev = NULL, *c = NULL, *all = e->layer[l].c;
    if (all) {
        size_t time = row / e->batch, stream = row % e->batch, hidden = e->network.hidden;
        c_prev = rnn_cpu_row(all, rnn_cpu_cell_before(e, time) * e->batch + stream, hidden);
        c = rnn_cpu_row(all, rnn_cpu_cell_after(e, time) * e->batch + stream, hidden);
    }
    rnn_cpu_keep_sums(e, l, row, rows, begin, end);
    rnn_cpu_cells(e, l, row, rows, c_prev, c, begin, end);
    rnn_cpu_hold(e, l, row, rows, c, begin, end);
}

/* A step of rows [row, row + rows), a few units at a time, so that the cells find their
 * gates' sums in the near caches. */
static void step_rows(const layer_job *job, size_t row, size_t rows, float *room) {
    rnn_engine *e = job->engine;
    const rnn_cpu_layer *layer = &e->layer[job->layer];
    size_t hidden = e->network.hidden;
    rnn_operand state =
        rnn_cpu_convert(&layer->hidden[0], rows, rnn_cpu_h(e, job->layer, row), hidden, room);
    if (hidden % layer->hidden[0].by->panel != 0) { /* panels reach from gate to gate */
        rnn_cpu_state_sums(e, job->layer, row, rows, state, 0, e->input_sums);
        if (layer->hidden[1].data)
            rnn_cpu_state_sums(e, job->layer, row, rows, state, e->input_sums, e->columns);
        rnn_cpu_step_cells(e, job->layer, row, rows, 0, hidden);
        return;
    }
    for (size_t unit = 0; unit < hidden; unit += UNITS_AT_ONCE) {
        size_t end = unit + UNITS_AT_ONCE < hidden ? unit + UNITS_AT_ONCE : hidden;
        for (size_t gate = 0; gate < e->columns; gate += hidden)
            rnn_cpu_state_sums(e, job->layer, row, rows, state, gate + unit, gate + end);
        rnn_cpu_step_cells(e, job->layer, row, rows, unit, end);
    }
}

/* The window's steps of a share of the streams. */
static void streams_work(void *argument, int thread, int count) {
    const layer_job *job = argument;
    rnn_engine *e = job->engine;
    size_t begin, end, most = e->operands ? RNN_CPU_OPERAND_ROWS : e->batch;
    rnn_share(e->batch, 1, thread, count, &begin, &end);
    rnn_cpu_enter_window(e, job->layer, begin, end - begin);
    for (size_t t = job->begin; t < job->end; t++)
        for (size_t stream = begin; stream < end; stream += most)
            step_rows(job, t * e->batch + stream, end - stream < most ? end - stream : most,
                      rnn_cpu_room(e, thread));
    rnn_cpu_leave_window(e, job->layer, job->end - job->begin, begin, end - begin);
}

void rnn_cpu_forward(rnn_engine *e, size_t begin, size_t end, int dropout, uint64_t step) {
    size_t rows = (end - begin) * e->batch, each = e->network.hidden * e->input_sums;
    int few = rnn_cpu_is_few(e);
    /* Where all rows are those of one step, inputs and states go together. */
    int at_once = few && end - begin == 1 && !(dropout && e->dropout > 0);
    e->from = begin;
    rnn_cpu_ngrams_read(e, begin, end, dropout);
    for (size_t l = 0; l < e->network.layers; l++) {
        layer_job job = {e, l, begin, end, dropout, step};
        if (!at_once)
            rnn_cpu_run(e, inputs_work, &job, rows * (l == 0 ? e->columns : each));
        if (few)
            rnn_cpu_few(e, l, begin, end, !at_once);
        else
            rnn_cpu_run(e, streams_work, &job, e->batch == 1 ? 0 : rows * each);
    }
}

void rnn_cpu_carry(rnn_engine *e, size_t length) {
    size_t n = e->batch * e->network.hidden;
    for (size_t l = 0; l < e->network.layers; l++) {
        rnn_cpu_layer *layer = &e->layer[l];
        size_t windows = (length + e->window - 1) / e->window;
        const float *last = layer->h_marks ? layer->h_marks + windows * n : layer->h + length * n;
        memcpy(layer->h, last, n * sizeof(float));
        if (layer->c)
            memcpy(layer->c, layer->c + rnn_cpu_cell_after(e, length - 1) * n, n * sizeof(float));
    }
}
