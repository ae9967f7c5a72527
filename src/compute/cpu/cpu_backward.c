/* SPDX-License-Identifier: MIT
 *
 * cpu_backward.c - backpropagation through time, layer by layer from the top.
 *
 * In a layer the steps run backwards, each thread with its own streams: the
 * gradient of h at a time is what comes from above plus what comes through the
 * recurrent weights from the next step, and the gates turn into the gradients of
 * their sums. The steps go in blocks of time: for each block the top layer's dh
 * comes fresh from the output layer, and an LSTM's c is made again from its gates.
 * Of few streams and large weights (cpu_few.c) each thread has its own columns of a
 * step's product instead of its own streams.
 * After the window's last block each weight's gradient is one product over all of the
 * window's rows. Where there are several windows (see cpu_history.c), all layers go
 * through one before the next, and the products are added in this order.
 */
#include "compute/cpu/cpu_engine.h"

#include <string.h>

typedef struct layer_job {
    rnn_engine *engine;
    size_t layer, length;
    size_t begin, end;  /* steps of the block */
    size_t time;        /* of few streams: the step that the threads are at */
    size_t window_rows; /* from that of step engine->from */
    uint64_t step;
} layer_job;

static int is_top(const layer_job *job) {
    return job->layer + 1 == job->engine->network.layers;
}

/* ------------------------------------------------------------------- steps */

/* The gradient of h at a time, and of the time before the block. That of a layer below
 * the top was written over h of the layer above it. */
static float *dh_of(const layer_job *job, size_t time) {
    rnn_engine *e = job->engine;
    float *before = e->layer[job->layer].dh_before;
    if (time + 1 == job->begin && before)
        return before;
    if (is_top(job))
        return rnn_cpu_row(e->top_dh, (time - job->begin) * e->batch, e->network.hidden);
    return rnn_cpu_h(e, job->layer + 1, time * e->batch);
}

/* What the step after the block said of its last step, and room for what its first
 * step will say of the one before: [streams begin, begin + rows). */
static void join_blocks(const layer_job *job, size_t begin, size_t rows) {
    rnn_engine *e = job->engine;
    size_t hidden = e->network.hidden, first = begin * hidden, count = rows * hidden;
    if (!e->layer[job->layer].dh_before)
        return;
    float *before = e->layer[job->layer].dh_before + first;
    float *last = dh_of(job, job->end - 1) + first;
    if (job->end < job->length)
        for (size_t j = 0; j < count; j++)
            last[j] += before[j];
    memset(before, 0, count * sizeof *before);
}

/* c after each step of the block, unless it was made with the gates, and nothing yet for dc
 * behind the last step of all, for streams [begin, begin + rows). */
static void begin_cells(const layer_job *job, size_t begin, size_t rows) {
    rnn_engine *e = job->engine;
    const rnn_cpu_layer *layer = &e->layer[job->layer];
    size_t hidden = e->network.hidden, batch = e->batch;
    const float *before =
        rnn_cpu_row(layer->c, rnn_cpu_cell_before(e, job->begin) * batch + begin, hidden);
    for (size_t t = job->begin; t < job->end && !layer->sums; t++) {
        float *after = rnn_cpu_row(e->c_again, (t - job->begin) * batch + begin, hidden);
        e->kernels->lstm_cell(rows, hidden, rnn_cpu_gates(e, job->layer, t * batch + begin),
                              e->columns, before, after);
        before = after;
    }
    if (job->end == job->length)
        memset(rnn_cpu_row(layer->dc, begin, hidden), 0, rows * hidden * sizeof(float));
}

static void cell_backward(const layer_job *job, size_t time, size_t begin, size_t rows) {
    rnn_engine *e = job->engine;
    const rnn_cpu_layer *layer = &e->layer[job->layer];
    size_t hidden = e->network.hidden, batch = e->batch, first = begin * hidden;
    float *gates = rnn_cpu_gates(e, job->layer, time * batch + begin);
    const float *h_prev = rnn_cpu_h(e, job->layer, time * batch + begin);
    const float *dh = dh_of(job, time) + first;
    switch (e->network.cell) {
    case RNN_CELL_TANH:
        e->kernels->tanh_backward(rows, hidden, gates, e->columns, h_prev + batch * hidden, dh);
        break;
    case RNN_CELL_GRU:
        e->kernels->gru_backward(rows, hidden, gates, e->columns, h_prev, dh,
                                 time == 0 ? NULL : dh_of(job, time - 1) + first);
        break;
    case RNN_CELL_LSTM: {
        const float *after = rnn_cpu_row(e->c_again, (time - job->begin) * batch + begin, hidden);
        const float *before =
            time > job->begin
                ? after - batch * hidden
                : rnn_cpu_row(layer->c, rnn_cpu_cell_before(e, time) * batch + begin, hidden);
        e->kernels->lstm_backward(rows, hidden, gates, e->columns, before, after, dh,
                                  layer->dc + first);
        break;
    }
    }
}

/* What a step says of the state that it began with, for rows of streams and for a
 * thread's share of the columns. */
static void state_backward(const layer_job *job, size_t time, size_t begin, size_t rows, int thread,
                           int part, int parts) {
    rnn_engine *e = job->engine;
    const rnn_cpu_layer *layer = &e->layer[job->layer];
    size_t first, last, hidden = e->network.hidden;
    const float *gates = rnn_cpu_gates(e, job->layer, time * e->batch + begin);
    for (int i = 0; i < 2 && layer->hidden_back[i].data; i++) {
        const rnn_packed *w = &layer->hidden_back[i];
        rnn_share(w->n, w->by->panel, part, parts, &first, &last);
        if (first < last)
            rnn_cpu_product(w, rows, i == 0 ? gates : gates + e->input_sums, e->columns, NULL, 1,
                            dh_of(job, time - 1) + begin * hidden, hidden, first, last,
                            rnn_cpu_room(e, thread));
    }
}

static void begin_block(const layer_job *job, size_t begin, size_t rows) {
    join_blocks(job, begin, rows);
    if (job->engine->network.cell == RNN_CELL_LSTM)
        begin_cells(job, begin, rows);
}

/* The steps of the block, for a share of the streams. */
static void steps_work(void *argument, int thread, int count) {
    const layer_job *job = argument;
    size_t begin, end;
    rnn_share(job->engine->batch, 1, thread, count, &begin, &end);
    if (begin == end)
        return;
    begin_block(job, begin, end - begin);
    for (size_t t = job->end; t-- > job->begin;) {
        cell_backward(job, t, begin, end - begin);
        if (t > 0)
            state_backward(job, t, begin, end - begin, thread, 0, 1);
    }
}

static void columns_work(void *argument, int thread, int count) {
    const layer_job *job = argument;
    state_backward(job, job->time, 0, job->engine->batch, thread, thread, count);
}

/* The same where streams are few: the threads meet at each step. */
static void few_steps(layer_job *job) {
    rnn_engine *e = job->engine;
    begin_block(job, 0, e->batch);
    for (size_t t = job->end; t-- > job->begin;) {
        cell_backward(job, t, 0, e->batch);
        job->time = t;
        if (t > 0)
            rnn_cpu_run(e, columns_work, job, e->batch * e->network.hidden * e->input_sums);
    }
}

/* ----------------------------------------------------------------- weights */

/* The share of one thread in W's gradient: rows of W [outputs][inputs] from the
 * gate gradients in `gates` and the rows that were multiplied by W. */
static void weight_gradient(const layer_job *job, size_t weight, size_t outputs, size_t inputs,
                            const float *gates, const float *rows, int thread, int count) {
    rnn_engine *e = job->engine;
    size_t begin, end;
    rnn_share(outputs, e->kernels->gradient_grain, thread, count, &begin, &end);
    rnn_cpu_gradient(e, thread, job->window_rows, outputs, inputs, gates, e->columns, rows, inputs,
                     e->gradient + weight, inputs, begin, end);
}

/* Both biases are added to the same sums and have the same gradient, but for the GRU's n. */
static void bias_gradients(const layer_job *job, int thread, int count) {
    rnn_engine *e = job->engine;
    const rnn_layer_layout *at = &e->network.layer[job->layer];
    const float *gates = e->layer[job->layer].gates;
    size_t begin, end, rows = job->window_rows, hidden = e->network.hidden;
    size_t shared = e->network.cell == RNN_CELL_GRU ? 2 * hidden : e->input_sums;
    rnn_share(e->input_sums, 16, thread, count, &begin, &end);
    if (begin == end)
        return;
    float *ih = e->gradient + at->bias_ih, *hh = e->gradient + at->bias_hh;
    e->kernels->column_sums(rows, end - begin, gates + begin, e->columns, ih + begin);
    size_t from = begin > shared ? begin : shared;
    if (begin < shared)
        memcpy(hh + begin, ih + begin, ((end < shared ? end : shared) - begin) * sizeof *hh);
    if (from < end)
        e->kernels->column_sums(rows, end - from, gates + hidden + from, e->columns, hh + from);
}

static void weights_work(void *argument, int thread, int count) {
    const layer_job *job = argument;
    rnn_engine *e = job->engine;
    const rnn_network *net = &e->network;
    const rnn_cpu_layer *layer = &e->layer[job->layer];
    const rnn_layer_layout *at = &net->layer[job->layer];
    size_t hidden = net->hidden, all = e->input_sums;
    /* The GRU's n meets the state through q, in the columns behind n. */
    size_t shared = net->cell == RNN_CELL_GRU ? 2 * hidden : all;
    weight_gradient(job, at->weight_hh, shared, hidden, layer->gates, layer->h, thread, count);
    if (shared < all)
        weight_gradient(job, at->weight_hh + shared * hidden, hidden, hidden, layer->gates + all,
                        layer->h, thread, count);
    if (job->layer > 0)
        weight_gradient(job, at->weight_ih, all, hidden, layer->gates, layer->input_rows, thread,
                        count);
    if (net->bias)
        bias_gradients(job, thread, count);
}

/* ------------------------------------------------------------------- inputs */

/* The gradient of what the layer read, over its h: all but the last row, which the
 * next sequence begins with. */
static void input_work(void *argument, int thread, int count) {
    const layer_job *job = argument;
    rnn_engine *e = job->engine;
    const rnn_cpu_layer *layer = &e->layer[job->layer];
    const rnn_packed *w = &layer->input_back;
    size_t begin, end;
    rnn_share(job->window_rows, 1, thread, count, &begin, &end);
    if (begin == end)
        return;
    float *dx = rnn_cpu_row(layer->h, begin, w->n);
    rnn_cpu_product(w, end - begin, rnn_cpu_row(layer->gates, begin, e->columns), e->columns, NULL,
                    0, dx, w->n, 0, w->n, rnn_cpu_room(e, thread));
    size_t first = e->from * e->batch;
    if (e->dropout > 0)
        rnn_cpu_dropout(e, job->layer - 1, job->step, first + begin, first + end, dx, dx);
}

static float scale_of(const int32_t *targets, size_t rows) {
    size_t counted = 0;
    for (size_t r = 0; r < rows; r++)
        counted += targets[r] >= 0;
    return counted > 0 ? 1.0f / (float)counted : 0.0f;
}

/* A layer through the window, block by block from the last. */
static void layer_backward(layer_job *job, const int32_t *targets, float scale) {
    rnn_engine *e = job->engine;
    size_t each = e->network.hidden * e->input_sums, window = job->window_rows / e->batch;
    size_t blocks = (window + e->block - 1) / e->block;
    for (size_t b = blocks; b-- > 0;) {
        job->begin = e->from + b * e->block;
        job->end = b + 1 < blocks ? job->begin + e->block : e->from + window;
        size_t rows = (job->end - job->begin) * e->batch;
        if (is_top(job))
            rnn_cpu_output_backward(e, job->begin * e->batch, rows, targets, scale);
        if (rnn_cpu_is_few(e))
            few_steps(job);
        else
            rnn_cpu_run(e, steps_work, job, rows * each);
    }
    if (job->layer > 0) /* what the weights were multiplied by */
        rnn_cpu_remake(e, job->layer - 1, window, job->step);
    rnn_cpu_run(e, weights_work, job, job->window_rows * each);
    if (job->layer > 0)
        rnn_cpu_run(e, input_work, job, job->window_rows * each);
}

void rnn_cpu_backward(rnn_engine *e, size_t length, const int32_t *targets, uint64_t step) {
    float scale = scale_of(targets, length * e->batch);
    rnn_cpu_output_mask(e, step);
    size_t top = e->network.layers - 1, windows = (length + e->window - 1) / e->window;
    for (size_t w = windows; w-- > 0;) {
        e->from = w * e->window;
        size_t steps = w + 1 < windows ? e->window : length - e->from;
        rnn_cpu_remake(e, top, steps, step);
        for (size_t l = top + 1; l-- > 0;) {
            layer_job job = {e, l, length, 0, 0, 0, steps * e->batch, step};
            layer_backward(&job, targets, scale);
        }
        rnn_cpu_ngrams_backward(e, e->from * e->batch, steps * e->batch);
        rnn_cpu_table_backward(e, e->from * e->batch, steps * e->batch, w + 1 == windows);
    }
}
