/* SPDX-License-Identifier: MIT
 *
 * cpu_few.c - steps of few streams through large weights.
 *
 * Such a step waits for its weights to be read, so each thread has its own part of
 * them: some of a layer's units, with the columns of all their gates. It adds up their
 * sums and lets their cells follow, and the threads meet once a layer and step.
 */
#include "compute/cpu/cpu_engine.h"

#include <string.h>

/* Weights of a matrix from which few streams are worth all threads. */
#define WIDE_WEIGHTS ((size_t)1 << 18)

typedef struct few_job {
    rnn_engine *engine;
    size_t layer, time;
    int summed; /* the input sums are there */
} few_job;

int rnn_cpu_is_few(const rnn_engine *e) {
    return e->batch <= RNN_CPU_FEW_STREAMS && e->network.hidden * e->input_sums >= WIDE_WEIGHTS;
}

/* What a thread reads at a step. */
typedef struct readings {
    rnn_operand below, state; /* [batch][hidden] */
    rnn_operand ngrams;       /* [batch][orders * ngram_size], of layer 0 */
    size_t row;               /* the step's first, of [time][batch] */
} readings;

/* Sums that are there have them already; else the step is all of its window. */
static int reads_ngrams(const few_job *job) {
    return job->layer == 0 && !job->summed && job->engine->ngram_rows;
}

static readings read_step(const few_job *job, int thread) {
    rnn_engine *e = job->engine;
    const rnn_cpu_layer *layer = &e->layer[job->layer];
    size_t hidden = e->network.hidden;
    float *room = rnn_cpu_room(e, thread);
    readings of = {.row = job->time * e->batch};
    of.state = rnn_cpu_convert(&layer->hidden[0], e->batch, rnn_cpu_h(e, job->layer, of.row),
                               hidden, room);
    if (job->layer > 0 && !job->summed)
        of.below = rnn_cpu_convert(&layer->input, e->batch,
                                   rnn_cpu_h(e, job->layer - 1, of.row + e->batch), hidden,
                                   room ? room + e->batch * e->operand_floats : NULL);
    if (reads_ngrams(job))
        of.ngrams = rnn_cpu_convert(&e->ngrams, e->batch, e->ngram_rows, e->ngrams.k,
                                    room ? room + e->batch * e->operand_floats : NULL);
    return of;
}

/* Copies the first layer's input sums, or the GRU's start of q: columns [begin, end). */
static void copy_columns(const few_job *job, size_t row, size_t begin, size_t end) {
    rnn_engine *e = job->engine;
    const rnn_cpu_layer *layer = &e->layer[job->layer];
    for (size_t r = row; r < row + e->batch; r++) {
        const float *from = layer->start;
        if (begin < e->input_sums)
            from = e->table + (size_t)e->rows[r] * e->input_sums;
        memcpy(rnn_cpu_gates(e, job->layer, r) + begin, from + begin,
               (end - begin) * sizeof(float));
    }
}

/* The gate sums of columns [begin, end), which lie on one side of the GRU's q. */
static void sum_columns(const few_job *job, const readings *of, size_t begin, size_t end) {
    rnn_engine *e = job->engine;
    const rnn_cpu_layer *layer = &e->layer[job->layer];
    float *gates = rnn_cpu_gates(e, job->layer, of->row);
    if (!job->summed) {
        if (job->layer == 0 || begin >= e->input_sums)
            copy_columns(job, of->row, begin, end);
        else
            rnn_cpu_multiply(&layer->input, e->batch, of->below, layer->start, 0, gates, e->columns,
                             begin, end);
    }
    if (reads_ngrams(job) && begin < e->input_sums)
        rnn_cpu_multiply(&e->ngrams, e->batch, of->ngrams, NULL, 1, gates, e->columns, begin, end);
    rnn_cpu_state_sums(e, job->layer, of->row, e->batch, of->state, begin, end);
}

/* A share of the units, where panels do not reach from one gate into the next. */
static void units_work(void *argument, int thread, int count) {
    const few_job *job = argument;
    rnn_engine *e = job->engine;
    size_t begin, end, hidden = e->network.hidden;
    rnn_share(hidden, e->output.by->panel, thread, count, &begin, &end);
    if (begin == end)
        return;
    readings of = read_step(job, thread);
    for (size_t gate = 0; gate < e->columns; gate += hidden)
        sum_columns(job, &of, gate + begin, gate + end);
    rnn_cpu_step_cells(e, job->layer, of.row, e->batch, begin, end);
}

/* A share of the columns; the cells wait for those of all threads. */
static void columns_work(void *argument, int thread, int count) {
    const few_job *job = argument;
    rnn_engine *e = job->engine;
    size_t begin, end, panel = e->output.by->panel;
    readings of = read_step(job, thread);
    rnn_share(e->input_sums, panel, thread, count, &begin, &end);
    if (begin < end)
        sum_columns(job, &of, begin, end);
    rnn_share(e->columns - e->input_sums, panel, thread, count, &begin, &end);
    if (begin < end)
        sum_columns(job, &of, e->input_sums + begin, e->input_sums + end);
}

void rnn_cpu_few(rnn_engine *e, size_t l, size_t begin, size_t end, int summed) {
    size_t cost = e->batch * e->network.hidden * e->columns;
    int by_units = e->network.hidden % e->output.by->panel == 0;
    rnn_cpu_enter_window(e, l, 0, e->batch);
    for (size_t time = begin; time < end; time++) {
        few_job job = {e, l, time, summed};
        rnn_cpu_run(e, by_units ? units_work : columns_work, &job, cost);
        if (!by_units)
            rnn_cpu_step_cells(e, l, time * e->batch, e->batch, 0, e->network.hidden);
    }
    rnn_cpu_leave_window(e, l, end - begin, 0, e->batch);
}
