/* SPDX-License-Identifier: MIT
 *
 * cpu_output.c - logits, softmax and loss, and their way back.
 *
 * The logits of a large vocabulary would not fit, so rows come in chunks: for
 * each, logits become losses and gradients in place, the gradients become dh, and
 * the output weights' gradient grows by the chunk's share.
 */
#include "compute/cpu/cpu_engine.h"

typedef struct output_job {
    rnn_engine *engine;
    const int32_t *targets;
    size_t row, rows; /* the chunk, within all rows of the sequence */
    float scale;
    int backward;
} output_job;

/* What the output layer reads: h of the top layer from time 1. */
static const float *top(const rnn_engine *e, size_t row) {
    const rnn_cpu_layer *layer = &e->layer[e->network.layers - 1];
    return rnn_cpu_row(layer->h, e->batch + row, e->network.hidden);
}

static void logits_of(rnn_engine *e, size_t row, size_t rows, float *logits, size_t begin,
                      size_t end, int thread) {
    rnn_cpu_product(&e->output, rows, top(e, row), e->network.hidden,
                    e->parameters + e->network.output_bias, 0, logits, e->network.symbols, begin,
                    end, rnn_cpu_room(e, thread));
}

static void rows_work(void *argument, int thread, int count) {
    const output_job *job = argument;
    rnn_engine *e = job->engine;
    size_t begin, end, symbols = e->network.symbols;
    rnn_share(job->rows, 1, thread, count, &begin, &end);
    if (begin == end)
        return;
    size_t rows = end - begin, first = job->row + begin;
    float *logits = e->logits + begin * symbols;
    logits_of(e, first, rows, logits, 0, symbols, thread);
    e->kernels->softmax_loss(rows, symbols, logits, symbols, job->targets + first, job->scale,
                             e->losses + first, e->hits + first);
    if (job->backward)
        rnn_cpu_product(&e->output_back, rows, logits, symbols, NULL, 0,
                        rnn_cpu_row(e->dh, first, e->network.hidden), e->network.hidden, 0,
                        e->output_back.n, rnn_cpu_room(e, thread));
}

static void weights_work(void *argument, int thread, int count) {
    const output_job *job = argument;
    rnn_engine *e = job->engine;
    size_t begin, end, symbols = e->network.symbols, hidden = e->network.hidden;
    rnn_share(symbols, e->kernels->gradient_grain, thread, count, &begin, &end);
    e->kernels->gradient(job->rows, symbols, hidden, e->logits, symbols, top(e, job->row), hidden,
                         e->gradient + e->network.output_weight, hidden, begin, end,
                         e->scratch + (size_t)thread * e->scratch_floats);
    if (begin < end)
        e->kernels->column_sums(job->rows, end - begin, e->logits + begin, symbols,
                                e->gradient + e->network.output_bias + begin);
}

void rnn_cpu_output(rnn_engine *e, size_t length, const int32_t *targets, int backward,
                    size_t counted) {
    size_t rows = length * e->batch;
    float scale = backward && counted > 0 ? 1.0f / (float)counted : 0.0f;
    for (size_t row = 0; row < rows; row += e->chunk) {
        size_t left = rows - row;
        output_job job = {e, targets, row, left < e->chunk ? left : e->chunk, scale, backward};
        size_t cost = job.rows * e->network.symbols * e->network.hidden;
        rnn_cpu_run(e, rows_work, &job, cost);
        if (backward)
            rnn_cpu_run(e, weights_work, &job, cost);
    }
}

/* --------------------------------------------------------- the logits of a step */

typedef struct logits_job {
    rnn_engine *engine;
    float *logits;
} logits_job;

/* Of few streams, each thread takes its own columns, else its own streams. */
static void logits_work(void *argument, int thread, int count) {
    const logits_job *job = argument;
    rnn_engine *e = job->engine;
    size_t symbols = e->network.symbols, begin, end;
    if (e->batch <= RNN_CPU_FEW_STREAMS) {
        rnn_share(symbols, e->output.by->panel, thread, count, &begin, &end);
        if (begin < end)
            logits_of(e, 0, e->batch, job->logits, begin, end, thread);
    } else {
        rnn_share(e->batch, 1, thread, count, &begin, &end);
        if (begin < end)
            logits_of(e, begin, end - begin, job->logits + begin * symbols, 0, symbols, thread);
    }
}

void rnn_cpu_logits(rnn_engine *e, float *logits) {
    logits_job job = {e, logits};
    rnn_cpu_run(e, logits_work, &job, e->batch * e->network.symbols * e->network.hidden);
}
