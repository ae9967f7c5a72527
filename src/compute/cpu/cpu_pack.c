/* SPDX-License-Identifier: MIT
 *
 * cpu_pack.c - weights in the products' panels: which there are, the block of memory
 * that they share, and how they get there, once after each update.
 */
#include "compute/cpu/cpu_engine.h"

#include <string.h>

#include "base/memory.h"

/* ------------------------------------------------------------------- planning */

static rnn_packed plan(const rnn_engine *e, rnn_precision precision, size_t offset, size_t row,
                       size_t column, size_t k, size_t n) {
    return (rnn_packed){e->kernels->products[precision], NULL, offset, row, column, k, n};
}

/* W [outputs][inputs] as a product x W^T, and in training as dy W. */
static void plan_both(const rnn_engine *e, rnn_precision precision, rnn_packed *forward,
                      rnn_packed *back, size_t offset, size_t outputs, size_t inputs) {
    *forward = plan(e, precision, offset, 1, inputs, inputs, outputs);
    if (e->training)
        *back = plan(e, precision, offset, inputs, 1, outputs, inputs);
}

static void plan_layer(rnn_engine *e, size_t l) {
    const rnn_network *net = &e->network;
    rnn_cpu_layer *layer = &e->layer[l];
    size_t hidden = net->hidden, inputs = rnn_network_inputs(net, l);
    size_t outputs = e->input_sums, recurrent = net->layer[l].weight_hh;
    size_t first = net->cell == RNN_CELL_GRU ? 2 * hidden : outputs;
    plan_both(e, e->precision, &layer->hidden[0], &layer->hidden_back[0], recurrent, first, hidden);
    if (first < outputs)
        plan_both(e, e->precision, &layer->hidden[1], &layer->hidden_back[1],
                  recurrent + first * hidden, outputs - first, hidden);
    /* Layer 0's is for its table, which is float32 in all precisions. */
    if (l > 0 || net->embedding > 0)
        plan_both(e, l > 0 ? e->precision : RNN_PRECISION_FLOAT32, &layer->input,
                  &layer->input_back, net->layer[l].weight_ih, outputs, inputs);
}

/* All packed weights of an engine, in the order in which a step reads them. */
#define MOST_PACKED (6 * RNN_MAX_LAYERS + 2)
static size_t list(rnn_engine *e, rnn_packed **all) {
    size_t count = 0;
    for (size_t l = 0; l < e->network.layers; l++) {
        rnn_cpu_layer *layer = &e->layer[l];
        rnn_packed *each[] = {&layer->input,      &layer->hidden[0],      &layer->hidden[1],
                              &layer->input_back, &layer->hidden_back[0], &layer->hidden_back[1]};
        for (size_t i = 0; i < sizeof each / sizeof *each; i++)
            if (each[i]->by)
                all[count++] = each[i];
    }
    all[count++] = &e->output;
    if (e->output_back.by)
        all[count++] = &e->output_back;
    return count;
}

static size_t room_for(const rnn_packed *packed) {
    size_t bytes = packed->by->packed_bytes(packed->k, packed->n);
    return (bytes + RNN_ALIGNMENT - 1) / RNN_ALIGNMENT * RNN_ALIGNMENT;
}

int rnn_cpu_allocate_packed(rnn_engine *e) {
    rnn_packed *all[MOST_PACKED];
    size_t bytes = 0;
    for (size_t l = 0; l < e->network.layers; l++)
        plan_layer(e, l);
    plan_both(e, e->precision, &e->output, &e->output_back, e->network.output_weight,
              e->network.symbols, e->network.hidden);
    size_t count = list(e, all);
    for (size_t i = 0; i < count; i++)
        bytes += room_for(all[i]);
    e->packed = rnn_allocate(bytes, 1);
    char *at = e->packed;
    for (size_t i = 0; at && i < count; i++) {
        all[i]->data = at;
        at += room_for(all[i]);
    }
    return e->packed != NULL;
}

/* -------------------------------------------------------------------- packing */

typedef struct pack_job {
    rnn_engine *engine;
    rnn_packed *all[MOST_PACKED];
    size_t count;
} pack_job;

/* The sum of both biases, but for the GRU's n: its two meet different columns. */
static void start(const rnn_engine *e, size_t l) {
    const rnn_network *net = &e->network;
    float *to = e->layer[l].start;
    size_t hidden = net->hidden, both = e->input_sums;
    if (!net->bias)
        return;
    const float *ih = e->parameters + net->layer[l].bias_ih;
    const float *hh = e->parameters + net->layer[l].bias_hh;
    if (net->cell == RNN_CELL_GRU) {
        both = 2 * hidden;
        memcpy(to + both, ih + both, hidden * sizeof(float));
        memcpy(to + both + hidden, hh + both, hidden * sizeof(float));
    }
    for (size_t j = 0; j < both; j++)
        to[j] = ih[j] + hh[j];
}

/* A share of the columns of each. */
static void work(void *argument, int thread, int count) {
    const pack_job *job = argument;
    const rnn_engine *e = job->engine;
    for (size_t l = 0; thread == 0 && l < e->network.layers; l++)
        start(e, l);
    for (size_t i = 0; i < job->count; i++) {
        const rnn_packed *packed = job->all[i];
        size_t begin, end;
        rnn_share(packed->n, packed->by->panel, thread, count, &begin, &end);
        if (begin < end)
            packed->by->pack(packed->data, e->parameters + packed->offset, packed->row,
                             packed->column, packed->k, packed->n, begin, end);
    }
}

void rnn_cpu_pack(rnn_engine *e, rnn_threads *threads) {
    if (!e->stale)
        return;
    pack_job job = {.engine = e};
    job.count = list(e, job.all);
    rnn_threads_run(threads, work, &job);
    e->distinct_count = 0; /* the table was made from the old weights */
    e->stale = 0;
}
