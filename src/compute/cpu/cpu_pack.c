/* SPDX-License-Identifier: MIT
 *
 * cpu_pack.c - weights into the product kernel's panels, once a direction and update.
 */
#include "compute/cpu/cpu_engine.h"

#include <string.h>

static void pack(const rnn_engine *e, const rnn_packed *packed, int thread, int count) {
    if (!packed->data)
        return;
    size_t begin, end;
    rnn_share(packed->n, packed->by->panel, thread, count, &begin, &end);
    if (begin < end)
        packed->by->pack(packed->data, e->parameters + packed->offset, packed->row, packed->column,
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
    rnn_engine *e = argument;
    for (size_t l = 0; l < e->network.layers; l++) {
        const rnn_cpu_layer *layer = &e->layer[l];
        pack(e, &layer->hidden[0], thread, count);
        pack(e, &layer->hidden[1], thread, count);
        pack(e, &layer->input, thread, count);
        if (thread == 0)
            start(e, l);
    }
    pack(e, &e->output, thread, count);
}

static void backward_work(void *argument, int thread, int count) {
    rnn_engine *e = argument;
    for (size_t l = 0; l < e->network.layers; l++) {
        const rnn_cpu_layer *layer = &e->layer[l];
        pack(e, &layer->hidden_back[0], thread, count);
        pack(e, &layer->hidden_back[1], thread, count);
        pack(e, &layer->input_back, thread, count);
    }
    pack(e, &e->output_back, thread, count);
}

void rnn_cpu_pack(rnn_engine *e, rnn_threads *threads, rnn_cpu_packing direction) {
    if (e->packing == direction)
        return;
    if (e->packing == RNN_CPU_STALE)
        e->distinct_count = 0; /* the table was made from the old weights */
    rnn_threads_run(threads, direction == RNN_CPU_FORWARD ? forward_work : backward_work, e);
    e->packing = direction;
}
