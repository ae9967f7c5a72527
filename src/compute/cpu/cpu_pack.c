/* SPDX-License-Identifier: MIT
 *
 * cpu_pack.c - weights in the products' panels: which there are, the block of memory
 * that they share, and how they get there, once a direction and update.
 */
#include "compute/cpu/cpu_engine.h"

#include <string.h>

#include "base/memory.h"

/* ------------------------------------------------------------------- planning */

/* W [outputs][inputs], whose rows are `stride` apart, as a product x W^T, and in training as
 * dy W. */
static void plan(const rnn_engine *e, rnn_precision precision, rnn_packed *forward,
                 rnn_packed *back, size_t offset, size_t outputs, size_t inputs, size_t stride) {
    const rnn_product *by = e->kernels->products[precision];
    *forward = (rnn_packed){by, NULL, offset, 1, stride, inputs, outputs};
    if (e->training)
        *back = (rnn_packed){by, NULL, offset, stride, 1, outputs, inputs};
}

static void plan_layer(rnn_engine *e, size_t l) {
    const rnn_network *net = &e->network;
    rnn_cpu_layer *layer = &e->layer[l];
    size_t hidden = net->hidden, inputs = rnn_network_inputs(net, l);
    size_t outputs = e->input_sums, recurrent = net->layer[l].weight_hh;
    size_t first = net->cell == RNN_CELL_GRU ? 2 * hidden : outputs;
    plan(e, e->precision, &layer->hidden[0], &layer->hidden_back[0], recurrent, first, hidden,
         hidden);
    if (first < outputs)
        plan(e, e->precision, &layer->hidden[1], &layer->hidden_back[1], recurrent + first * hidden,
             outputs - first, hidden, hidden);
    /* Layer 0's is for its table, which is float32 in all precisions. */
    if (l > 0)
        plan(e, e->precision, &layer->input, &layer->input_back, net->layer[l].weight_ih, outputs,
             inputs, inputs);
    else if (net->embedding > 0)
        plan(e, RNN_PRECISION_FLOAT32, &layer->input, &layer->input_back, net->layer[l].weight_ih,
             outputs, net->embedding, inputs);
}

/* The columns of layer 0's input weights that n-grams meet. */
static void plan_ngrams(rnn_engine *e) {
    const rnn_network *net = &e->network;
    if (rnn_network_orders(net) > 0)
        plan(e, e->precision, &e->ngrams, &e->ngrams_back,
             net->layer[0].weight_ih + rnn_network_character_inputs(net), e->input_sums,
             rnn_network_ngram_inputs(net), rnn_network_inputs(net, 0));
}

static size_t room_for(const rnn_packed *packed) {
    size_t bytes = packed->by ? packed->by->packed_bytes(packed->k, packed->n) : 0;
    return (bytes + RNN_ALIGNMENT - 1) / RNN_ALIGNMENT * RNN_ALIGNMENT;
}

/* Gives both the place at *at, which moves on; counts only where `block` is NULL. */
static void place(char *block, size_t *at, rnn_packed *forward, rnn_packed *back) {
    size_t room = room_for(forward), back_room = room_for(back);
    if (block && forward->by)
        forward->data = block + *at;
    if (block && back->by)
        back->data = block + *at;
    *at += room > back_room ? room : back_room;
}

/* In the order in which a step reads them. Returns the size of all. */
static size_t place_all(rnn_engine *e, char *block) {
    rnn_packed none = {0};
    size_t at = 0;
    place(block, &at, &e->ngrams, &e->ngrams_back);
    for (size_t l = 0; l < e->network.layers; l++) {
        rnn_cpu_layer *layer = &e->layer[l];
        place(block, &at, &layer->input, &layer->input_back);
        place(block, &at, &layer->hidden[0], &layer->hidden_back[0]);
        place(block, &at, &layer->hidden[1], &layer->hidden_back[1]);
    }
    /* The way back needs both of the output layer's, block by block. */
    place(block, &at, &e->output, &none);
    place(block, &at, &e->output_back, &none);
    return at;
}

int rnn_cpu_allocate_packed(rnn_engine *e) {
    for (size_t l = 0; l < e->network.layers; l++)
        plan_layer(e, l);
    plan_ngrams(e);
    plan(e, e->precision, &e->output, &e->output_back, e->network.output_weight, e->network.symbols,
         e->network.hidden, e->network.hidden);
    e->packed = rnn_allocate(place_all(e, NULL), 1);
    if (e->packed)
        place_all(e, e->packed);
    return e->packed != NULL;
}

/* -------------------------------------------------------------------- packing */

typedef struct pack_job {
    rnn_engine *engine;
    const float *recurrent; /* the flat array that these are read from */
} pack_job;

static void pack(const float *from, const rnn_packed *packed, int thread, int count) {
    if (!packed->data)
        return;
    size_t begin, end;
    rnn_share(packed->n, packed->by->panel, thread, count, &begin, &end);
    if (begin < end)
        packed->by->pack(packed->data, from + packed->offset, packed->row, packed->column,
                         packed->k, packed->n, begin, end);
}

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

static void forward_work(void *argument, int thread, int count) {
    const pack_job *job = argument;
    rnn_engine *e = job->engine;
    for (size_t l = 0; l < e->network.layers; l++) {
        const rnn_cpu_layer *layer = &e->layer[l];
        pack(job->recurrent, &layer->hidden[0], thread, count);
        pack(job->recurrent, &layer->hidden[1], thread, count);
        pack(e->parameters, &layer->input, thread, count);
        if (thread == 0)
            start(e, l);
    }
    pack(e->parameters, &e->ngrams, thread, count);
    pack(e->parameters, &e->output, thread, count);
}

static void backward_work(void *argument, int thread, int count) {
    const pack_job *job = argument;
    rnn_engine *e = job->engine;
    for (size_t l = 0; l < e->network.layers; l++) {
        const rnn_cpu_layer *layer = &e->layer[l];
        pack(job->recurrent, &layer->hidden_back[0], thread, count);
        pack(job->recurrent, &layer->hidden_back[1], thread, count);
        pack(e->parameters, &layer->input_back, thread, count);
    }
    pack(e->parameters, &e->ngrams_back, thread, count);
    pack(e->parameters, &e->output_back, thread, count);
}

void rnn_cpu_pack(rnn_engine *e, rnn_threads *threads, rnn_cpu_packing direction) {
    if (e->packing == direction)
        return;
    if (e->packing == RNN_CPU_STALE)
        e->distinct_count = 0; /* the table was made from the old weights */
    int thinned = e->weight_drop > 0 && direction != RNN_CPU_FORWARD;
    pack_job job = {e, thinned ? e->gradient : e->parameters};
    rnn_threads_run(threads, direction == RNN_CPU_BACKWARD ? backward_work : forward_work, &job);
    e->packing = direction;
}
