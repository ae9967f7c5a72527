/* SPDX-License-Identifier: MIT
 *
 * cpu_trace.c - looking into a sequence, and taking hold of units in it.
 */
#include "compute/cpu/cpu_engine.h"

#include <math.h>
#include <string.h>

/* tanh is 1 from here on, in float32. */
#define SATURATED 10.0f

/* ------------------------------------------------------------------ holding */

static float cell_of(float value) {
    float c = fabsf(value) < 1 ? atanhf(value) : copysignf(SATURATED, value);
    return fabsf(c) < SATURATED ? c : copysignf(SATURATED, c);
}

void rnn_cpu_hold(rnn_engine *e, size_t l, size_t row, size_t rows, float *c, size_t begin,
                  size_t end) {
    size_t hidden = e->network.hidden;
    for (size_t i = 0; i < e->clamp_count; i++) {
        size_t unit = (size_t)e->clamps[i].unit;
        if ((size_t)e->clamps[i].layer != l || unit < begin || unit >= end)
            continue;
        float value = e->clamps[i].value;
        for (size_t r = 0; r < rows; r++) {
            float *h = rnn_cpu_h(e, l, row + e->batch + r) + unit;
            if (c) {
                c[r * hidden + unit] = cell_of(value);
                *h = rnn_cpu_gates(e, l, row + r)[3 * hidden + unit] * value;
            } else {
                *h = value;
            }
        }
    }
}

/* ------------------------------------------------------------------ looking */

/* Where a signal of a layer's units [rows][hidden] is, and how far its rows are apart. */
typedef struct view {
    const float *first;
    size_t stride;
    int squashed; /* tanh of it is what is asked for */
} view;

static view gate(const rnn_engine *e, size_t l, size_t which) {
    return (view){rnn_cpu_gates(e, l, 0) + which * e->network.hidden, e->columns, 0};
}

static view look_at(const rnn_engine *e, size_t l, rnn_signal signal) {
    size_t hidden = e->network.hidden;
    view h = {rnn_cpu_h(e, l, e->batch), hidden, 0};
    view c = {e->layer[l].c ? rnn_cpu_row(e->layer[l].c, e->batch, hidden) : NULL, hidden, 0};
    switch (signal) {
    case RNN_SIGNAL_CELL:
        c.squashed = 1;
        return e->layer[l].c ? c : h;
    case RNN_SIGNAL_H:
        return h;
    case RNN_SIGNAL_C:
        return c;
    case RNN_SIGNAL_I:
    case RNN_SIGNAL_R:
        return gate(e, l, 0);
    case RNN_SIGNAL_F:
    case RNN_SIGNAL_Z:
        return gate(e, l, 1);
    case RNN_SIGNAL_G:
    case RNN_SIGNAL_N:
        return gate(e, l, 2);
    case RNN_SIGNAL_O:
        return gate(e, l, 3);
    }
    return h;
}

/* Probes that see neighbours: units one after the other, of one signal and layer. */
static size_t neighbours(const rnn_probe *probes, size_t count) {
    size_t n = 1;
    while (n < count && probes[n].signal == probes[0].signal &&
           probes[n].layer == probes[0].layer && probes[n].unit == probes[0].unit + (int)n)
        n++;
    return n;
}

typedef struct look_job {
    const rnn_engine *engine;
    size_t rows;
    const rnn_probe *probes;
    size_t count;
    float *values;
} look_job;

static void look_work(void *argument, int thread, int threads) {
    const look_job *job = argument;
    const rnn_engine *e = job->engine;
    size_t begin, end;
    rnn_share(job->rows, 1, thread, threads, &begin, &end);
    for (size_t p = 0, n; p < job->count; p += n) {
        n = neighbours(job->probes + p, job->count - p);
        view seen = look_at(e, (size_t)job->probes[p].layer, job->probes[p].signal);
        const float *first = seen.first + job->probes[p].unit;
        for (size_t r = begin; r < end; r++) {
            float *to = job->values + r * job->count + p;
            if (seen.squashed)
                e->kernels->tanh(n, first + r * seen.stride, to);
            else
                memcpy(to, first + r * seen.stride, n * sizeof(float));
        }
    }
}

/* What a value costs, in multiply-adds: about a tanh. */
#define COST_OF_A_VALUE ((size_t)16)

void rnn_cpu_look(rnn_engine *e, size_t length, const rnn_probe *probes, size_t count,
                  float *values) {
    look_job job = {e, length * e->batch, probes, count, values};
    rnn_cpu_run(e, look_work, &job, job.rows * count * COST_OF_A_VALUE);
}
