/* SPDX-License-Identifier: MIT
 *
 * cpu_output.c - logits, softmax and loss, and their way back.
 *
 * The logits of a large vocabulary would not fit, so rows come in chunks. In training
 * these are blocks of time: logits become losses and gradients in place, the gradients
 * become the top layer's dh, and the output weights' gradient grows by the block's
 * share. Output dropout is between h and what is read here, in training only: the state
 * and the steps of the layer know nothing of it.
 */
#include "compute/cpu/cpu_engine.h"

typedef struct output_job {
    rnn_engine *engine;
    const int32_t *targets;
    size_t row, rows; /* of the chunk or block */
    float scale;
    int backward;
} output_job;

/* h of the top layer from time 1: what the output layer reads where nothing is dropped. */
static const float *top(const rnn_engine *e, size_t row) {
    return rnn_cpu_h(e, e->network.layers - 1, e->batch + row);
}

static int is_dropped(const output_job *job) {
    return job->backward && job->engine->output_dropout > 0;
}

static const float *what_is_read(const output_job *job) {
    return is_dropped(job) ? job->engine->output_rows : top(job->engine, job->row);
}

static void logits_of(rnn_engine *e, const float *read, size_t rows, float *logits, size_t begin,
                      size_t end, int thread) {
    rnn_cpu_product(&e->output, rows, read, e->network.hidden,
                    e->parameters + e->network.output_bias, 0, logits, e->network.symbols, begin,
                    end, rnn_cpu_room(e, thread));
}

static void rows_work(void *argument, int thread, int count) {
    const output_job *job = argument;
    rnn_engine *e = job->engine;
    size_t begin, end, symbols = e->network.symbols, hidden = e->network.hidden;
    rnn_share(job->rows, 1, thread, count, &begin, &end);
    if (begin == end)
        return;
    size_t rows = end - begin, first = job->row + begin;
    float *logits = e->logits + begin * symbols;
    const float *read = what_is_read(job) + begin * hidden;
    if (is_dropped(job))
        rnn_cpu_output_dropout(e, first, rows, top(e, first), e->output_rows + begin * hidden);
    logits_of(e, read, rows, logits, 0, symbols, thread);
    e->kernels->softmax_loss(rows, symbols, logits, symbols, job->targets + first, job->scale,
                             e->losses + first, e->hits + first);
    if (!job->backward)
        return;
    float *dh = rnn_cpu_row(e->top_dh, begin, hidden);
    rnn_cpu_product(&e->output_back, rows, logits, symbols, NULL, 0, dh, hidden, 0, hidden,
                    rnn_cpu_room(e, thread));
    if (is_dropped(job))
        rnn_cpu_output_dropout(e, first, rows, dh, dh);
}

/* Cut by columns of the weights, of which there are usually more than rows: each thread
 * then reads its own share of h, the longer side. */
static void weights_work(void *argument, int thread, int count) {
    const output_job *job = argument;
    rnn_engine *e = job->engine;
    size_t begin, end, symbols = e->network.symbols, hidden = e->network.hidden;
    rnn_share(hidden, e->output_back.by->panel, thread, count, &begin, &end);
    if (begin < end)
        rnn_cpu_gradient(e, thread, job->rows, symbols, end - begin, e->logits, symbols,
                         what_is_read(job) + begin, hidden,
                         e->gradient + e->network.output_weight + begin, hidden, 0, symbols);
    rnn_share(symbols, 16, thread, count, &begin, &end);
    if (begin < end)
        e->kernels->column_sums(job->rows, end - begin, e->logits + begin, symbols,
                                e->gradient + e->network.output_bias + begin);
}

static size_t cost_of(const output_job *job) {
    return job->rows * job->engine->network.symbols * job->engine->network.hidden;
}

void rnn_cpu_output(rnn_engine *e, size_t begin, size_t rows, const int32_t *targets) {
    for (size_t row = begin; row < begin + rows; row += e->chunk) {
        size_t left = begin + rows - row;
        output_job job = {e, targets, row, left < e->chunk ? left : e->chunk, 0, 0};
        rnn_cpu_run(e, rows_work, &job, cost_of(&job));
    }
}

void rnn_cpu_output_backward(rnn_engine *e, size_t row, size_t rows, const int32_t *targets,
                             float scale) {
    output_job job = {e, targets, row, rows, scale, 1};
    rnn_cpu_run(e, rows_work, &job, cost_of(&job));
    rnn_cpu_run(e, weights_work, &job, cost_of(&job));
}

/* ------------------------------------------------------------- logits alone */

typedef struct logits_job {
    rnn_engine *engine;
    size_t rows;
    float *logits;
} logits_job;

/* Of few rows, each thread takes its own columns, else its own rows. */
static void logits_work(void *argument, int thread, int count) {
    const logits_job *job = argument;
    rnn_engine *e = job->engine;
    size_t symbols = e->network.symbols, begin, end;
    if (job->rows <= RNN_CPU_FEW_STREAMS) {
        rnn_share(symbols, e->output.by->panel, thread, count, &begin, &end);
        if (begin < end)
            logits_of(e, top(e, 0), job->rows, job->logits, begin, end, thread);
    } else {
        rnn_share(job->rows, 1, thread, count, &begin, &end);
        if (begin < end)
            logits_of(e, top(e, begin), end - begin, job->logits + begin * symbols, 0, symbols,
                      thread);
    }
}

void rnn_cpu_logits(rnn_engine *e, size_t rows, float *logits) {
    logits_job job = {e, rows, logits};
    rnn_cpu_run(e, logits_work, &job, rows * e->network.symbols * e->network.hidden);
}
