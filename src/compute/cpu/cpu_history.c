/* SPDX-License-Identifier: MIT
 *
 * cpu_history.c - what the way forward leaves for the way back in bf16 training: gate sums
 * of every step in half the bits, and h between the windows; and the cells of a window once
 * more from these.
 */
#include "compute/cpu/cpu_engine.h"

#include <string.h>

/* ------------------------------------------------------------------- keeping */

void rnn_cpu_keep_sums(rnn_engine *e, size_t l, size_t row, size_t rows, size_t begin, size_t end) {
    if (!e->layer[l].sums)
        return;
    size_t hidden = e->network.hidden;
    float *gates = rnn_cpu_gates(e, l, row);
    uint16_t *kept = e->layer[l].sums + row * e->columns;
    if (end - begin == hidden) {
        e->kernels->round_bf16(rows, e->columns, gates, e->columns, kept, e->columns);
        return;
    }
    for (size_t gate = 0; gate < e->columns; gate += hidden)
        e->kernels->round_bf16(rows, end - begin, gates + gate + begin, e->columns,
                               kept + gate + begin, e->columns);
}

/* A row of h_marks: `windows` of them come before it. */
static float *mark(const rnn_engine *e, size_t l, size_t windows, size_t stream) {
    return rnn_cpu_row(e->layer[l].h_marks, windows * e->batch + stream, e->network.hidden);
}

/* The state that the sequence begins with lies in row 0 of h itself. */
void rnn_cpu_enter_window(rnn_engine *e, size_t l, size_t stream, size_t rows) {
    if (!e->layer[l].h_marks)
        return;
    float *h = rnn_cpu_row(e->layer[l].h, stream, e->network.hidden);
    float *kept = mark(e, l, e->from / e->window, stream);
    size_t bytes = rows * e->network.hidden * sizeof(float);
    if (e->from == 0)
        memcpy(kept, h, bytes);
    else
        memcpy(h, kept, bytes);
}

void rnn_cpu_leave_window(rnn_engine *e, size_t l, size_t steps, size_t stream, size_t rows) {
    if (!e->layer[l].h_marks)
        return;
    memcpy(mark(e, l, e->from / e->window + 1, stream),
           rnn_cpu_row(e->layer[l].h, steps * e->batch + stream, e->network.hidden),
           rows * e->network.hidden * sizeof(float));
}

/* -------------------------------------------------------------- once more */

typedef struct remake_job {
    rnn_engine *engine;
    size_t layer, steps;
    uint64_t step;
} remake_job;

/* A step of streams [stream, stream + rows). */
static void remake_step(const remake_job *job, size_t time, size_t stream, size_t rows) {
    rnn_engine *e = job->engine;
    const rnn_cpu_layer *layer = &e->layer[job->layer];
    size_t hidden = e->network.hidden, row = time * e->batch + stream;
    e->kernels->widen_bf16(rows, e->columns, layer->sums + row * e->columns, e->columns,
                           rnn_cpu_gates(e, job->layer, row), e->columns);
    float *c_prev = NULL, *c = NULL;
    if (layer->c) {
        c = rnn_cpu_row(e->c_again, row - e->from * e->batch, hidden);
        c_prev =
            time > e->from
                ? c - e->batch * hidden
                : rnn_cpu_row(layer->c, rnn_cpu_cell_before(e, time) * e->batch + stream, hidden);
    }
    rnn_cpu_cells(e, job->layer, row, rows, c_prev, c, 0, hidden);
    if (job->layer + 1 < e->network.layers && e->dropout > 0)
        rnn_cpu_dropout(
            e, job->layer, job->step, row, row + rows, rnn_cpu_h(e, job->layer, row + e->batch),
            rnn_cpu_row(e->layer[job->layer + 1].input_rows, row - e->from * e->batch, hidden));
}

static void remake_work(void *argument, int thread, int count) {
    const remake_job *job = argument;
    rnn_engine *e = job->engine;
    size_t begin, end, hidden = e->network.hidden;
    rnn_share(e->batch, 1, thread, count, &begin, &end);
    if (begin == end)
        return;
    memcpy(rnn_cpu_row(e->layer[job->layer].h, begin, hidden),
           mark(e, job->layer, e->from / e->window, begin), (end - begin) * hidden * sizeof(float));
    for (size_t t = e->from; t < e->from + job->steps; t++)
        remake_step(job, t, begin, end - begin);
}

void rnn_cpu_remake(rnn_engine *e, size_t l, size_t steps, uint64_t step) {
    remake_job job = {e, l, steps, step};
    if (e->layer[l].sums)
        rnn_cpu_run(e, remake_work, &job, steps * e->batch * e->columns);
}
