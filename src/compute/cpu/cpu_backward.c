/* SPDX-License-Identifier: MIT
 *
 * cpu_backward.c - backpropagation through time, layer by layer from the top.
 *
 * In a layer the steps run backwards, each thread with its own streams: the
 * gradient of h at a time is what comes from above plus what comes through the
 * recurrent weights from the next step, and the gates turn into the gradients of
 * their sums. After that each weight's gradient is one product over all rows.
 */
#include "compute/cpu/cpu_engine.h"

#include <string.h>

typedef struct layer_job {
    rnn_engine *engine;
    size_t layer, length;
    uint64_t step;
} layer_job;

/* ------------------------------------------------------------------- steps */

static void cell_backward(rnn_engine *e, rnn_cpu_layer *layer, size_t row, size_t rows, int first) {
    size_t hidden = e->network.hidden, step = e->batch * hidden;
    float *gates = rnn_cpu_row(layer->gates, row, e->columns);
    const float *h_prev = rnn_cpu_row(layer->h, row, hidden);
    float *dh = rnn_cpu_row(e->dh, row, hidden);
    switch (e->network.cell) {
    case RNN_CELL_TANH:
        e->kernels->tanh_backward(rows, hidden, gates, e->columns, h_prev + step, dh);
        break;
    case RNN_CELL_GRU:
        e->kernels->gru_backward(rows, hidden, gates, e->columns, h_prev, dh,
                                 first ? NULL : dh - step);
        break;
    case RNN_CELL_LSTM: {
        const float *c_prev = rnn_cpu_row(layer->c, row, hidden);
        float *dc = rnn_cpu_row(e->dc, row % e->batch, hidden);
        e->kernels->lstm_backward(rows, hidden, gates, e->columns, c_prev, c_prev + step, dh, dc);
        break;
    }
    }
}

static void steps_work(void *argument, int thread, int count) {
    const layer_job *job = argument;
    rnn_engine *e = job->engine;
    rnn_cpu_layer *layer = &e->layer[job->layer];
    size_t begin, end, hidden = e->network.hidden;
    rnn_share(e->batch, 1, thread, count, &begin, &end);
    if (begin == end)
        return;
    size_t rows = end - begin;
    memset(rnn_cpu_row(e->dc, begin, hidden), 0, rows * hidden * sizeof(float));
    for (size_t t = job->length; t-- > 0;) {
        size_t row = t * e->batch + begin;
        cell_backward(e, layer, row, rows, t == 0);
        if (t == 0)
            break;
        const float *gates = rnn_cpu_row(layer->gates, row, e->columns);
        float *dh = rnn_cpu_row(e->dh, row - e->batch, hidden);
        for (int i = 0; i < 2 && layer->hidden_back[i].data; i++) {
            const rnn_packed *w = &layer->hidden_back[i];
            rnn_cpu_product(w, rows, i == 0 ? gates : gates + e->input_sums, e->columns, NULL, 1,
                            dh, hidden, 0, w->n, rnn_cpu_room(e, thread));
        }
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
    e->kernels->gradient(job->length * e->batch, outputs, inputs, gates, e->columns, rows, inputs,
                         e->gradient + weight, inputs, begin, end,
                         e->scratch + (size_t)thread * e->scratch_floats);
}

static void bias_gradient(const layer_job *job, size_t bias, size_t outputs, const float *gates,
                          int thread, int count) {
    rnn_engine *e = job->engine;
    size_t begin, end;
    rnn_share(outputs, 16, thread, count, &begin, &end);
    if (begin < end)
        e->kernels->column_sums(job->length * e->batch, end - begin, gates + begin, e->columns,
                                e->gradient + bias + begin);
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
    const float *q = layer->gates + all;
    weight_gradient(job, at->weight_hh, shared, hidden, layer->gates, layer->h, thread, count);
    if (shared < all)
        weight_gradient(job, at->weight_hh + shared * hidden, hidden, hidden, q, layer->h, thread,
                        count);
    if (job->layer > 0)
        weight_gradient(job, at->weight_ih, all, hidden, layer->gates, layer->input_rows, thread,
                        count);
    if (!net->bias)
        return;
    bias_gradient(job, at->bias_ih, all, layer->gates, thread, count);
    bias_gradient(job, at->bias_hh, shared, layer->gates, thread, count);
    if (shared < all)
        bias_gradient(job, at->bias_hh + shared, hidden, q, thread, count);
}

/* ------------------------------------------------------------------- inputs */

static void input_work(void *argument, int thread, int count) {
    const layer_job *job = argument;
    rnn_engine *e = job->engine;
    const rnn_cpu_layer *layer = &e->layer[job->layer];
    const rnn_packed *w = &layer->input_back;
    size_t begin, end;
    rnn_share(job->length * e->batch, 1, thread, count, &begin, &end);
    if (begin == end)
        return;
    rnn_cpu_product(w, end - begin, rnn_cpu_row(layer->gates, begin, e->columns), e->columns, NULL,
                    0, rnn_cpu_row(e->dh_next, begin, w->n), w->n, 0, w->n,
                    rnn_cpu_room(e, thread));
    if (e->dropout > 0)
        rnn_cpu_dropout(e, job->layer - 1, job->step, begin, end, e->dh_next, e->dh_next);
}

void rnn_cpu_backward(rnn_engine *e, size_t length, uint64_t step) {
    for (size_t l = e->network.layers; l-- > 0;) {
        layer_job job = {e, l, length, step};
        size_t cost = length * e->batch * e->network.hidden * e->input_sums;
        rnn_cpu_run(e, steps_work, &job, cost);
        rnn_cpu_run(e, weights_work, &job, cost);
        if (l == 0)
            break;
        rnn_cpu_run(e, input_work, &job, cost);
        float *above = e->dh;
        e->dh = e->dh_next;
        e->dh_next = above;
    }
    rnn_cpu_table_backward(e, length * e->batch);
}
