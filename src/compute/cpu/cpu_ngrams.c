/* SPDX-License-Identifier: MIT
 *
 * cpu_ngrams.c - the vectors of the last 2, 3, ... characters beside each character.
 *
 * Rows of the table are found by hash for a whole sequence; a window's are fetched side by side,
 * so that the input weights meet them in one product. Backwards each row's gradient is added to
 * its place in the table, rows in order.
 */
#include "compute/cpu/cpu_engine.h"
#include "compute/ngrams.h"

#include <string.h>

/* ----------------------------------------------------------------- forwards */

static int32_t key_of(const rnn_engine *e, int32_t symbol) {
    return symbol >= 0 && e->keys ? e->keys[symbol] : symbol;
}

/* What no symbol is counts as nothing. */
void rnn_cpu_ngrams_resume(rnn_engine *e, const float *before) {
    for (size_t i = 0; i < rnn_network_orders(&e->network) * e->batch; i++) {
        int is_symbol = before && before[i] >= 0 && before[i] < (float)e->network.symbols;
        e->ngram_before[i] = is_symbol ? (int32_t)before[i] : RNN_NGRAM_NOTHING;
    }
}

void rnn_cpu_ngrams_find(rnn_engine *e, size_t length, const int32_t *symbols) {
    size_t orders = rnn_network_orders(&e->network), rows = e->network.ngram_rows;
    for (size_t r = 0; orders > 0 && r < length * e->batch; r++) {
        size_t stream = r % e->batch;
        uint64_t hash = rnn_ngram_hash(0, key_of(e, symbols[r]));
        for (size_t n = 0; n < orders; n++) {
            hash = rnn_ngram_hash(hash, key_of(e, e->ngram_before[n * e->batch + stream]));
            e->ngram_index[n * e->length * e->batch + r] =
                (int32_t)(n * rows + rnn_ngram_row(hash, rows));
        }
        for (size_t n = orders; --n > 0;)
            e->ngram_before[n * e->batch + stream] = e->ngram_before[(n - 1) * e->batch + stream];
        e->ngram_before[stream] = symbols[r];
    }
}

/* Rows [begin, end) of the window that begins with `row` of [time][batch], times their vectors'
 * mask; vectors [window][batch][orders * ngram_size]. */
static void drop(const rnn_engine *e, size_t row, size_t begin, size_t end, float *vectors) {
    size_t size = e->network.ngram_size, orders = rnn_network_orders(&e->network);
    for (size_t n = 0; e->ngram_mask && n < orders; n++) {
        const float *by = e->ngram_mask + n * e->length * e->batch + row;
        for (size_t r = begin; r < end; r++) {
            float *vector = vectors + (r * orders + n) * size;
            for (size_t j = 0; j < size; j++)
                vector[j] *= by[r];
        }
    }
}

typedef struct ngrams_job {
    rnn_engine *engine;
    size_t row, rows; /* of [time][batch]; the window's first, and how many */
    int dropout;
} ngrams_job;

static void read_work(void *argument, int thread, int count) {
    const ngrams_job *job = argument;
    rnn_engine *e = job->engine;
    const rnn_network *net = &e->network;
    size_t begin, end, size = net->ngram_size, width = rnn_network_ngram_inputs(net);
    rnn_share(job->rows, 1, thread, count, &begin, &end);
    for (size_t n = 0; n < rnn_network_orders(net); n++)
        e->kernels->gather(end - begin, size, e->parameters + net->ngram_weight, size,
                           e->ngram_index + n * e->length * e->batch + job->row + begin,
                           rnn_cpu_row(e->ngram_rows, begin, width) + n * size, width);
    if (job->dropout)
        drop(e, job->row, begin, end, e->ngram_rows);
}

void rnn_cpu_ngrams_read(rnn_engine *e, size_t begin, size_t end, int dropout) {
    ngrams_job job = {e, begin * e->batch, (end - begin) * e->batch, dropout};
    if (e->ngram_rows)
        rnn_cpu_run(e, read_work, &job, job.rows * rnn_network_ngram_inputs(&e->network));
}

void rnn_cpu_ngrams_add(rnn_engine *e, size_t begin, size_t end, int thread) {
    size_t width = rnn_network_ngram_inputs(&e->network);
    if (e->ngram_rows)
        rnn_cpu_product(&e->ngrams, end - begin,
                        rnn_cpu_row(e->ngram_rows, begin - e->from * e->batch, width), width, NULL,
                        1, rnn_cpu_gates(e, 0, begin), e->columns, 0, e->ngrams.n,
                        rnn_cpu_room(e, thread));
}

/* ---------------------------------------------------------------- backwards */

void rnn_cpu_ngrams_meet(rnn_engine *e, size_t n) {
    size_t size = e->network.ngram_size, sequence = e->length * e->batch;
    for (size_t i = 0; i < e->ngram_met_count; i++) {
        size_t row = (size_t)e->ngram_met[i];
        memset(e->gradient + e->network.ngram_weight + row * size, 0, size * sizeof(float));
        e->ngram_is_met[row] = 0;
    }
    e->ngram_met_count = 0;
    for (size_t order = 0; order < rnn_network_orders(&e->network); order++)
        for (size_t r = 0; r < n; r++) {
            int32_t row = e->ngram_index[order * sequence + r];
            if (!e->ngram_is_met[row])
                e->ngram_met[e->ngram_met_count++] = row;
            e->ngram_is_met[row] = 1;
        }
}

void rnn_cpu_ngrams_meet_all(rnn_engine *e) {
    e->ngram_met_count = rnn_network_orders(&e->network) * e->network.ngram_rows;
    for (size_t row = 0; row < e->ngram_met_count; row++) {
        e->ngram_met[row] = (int32_t)row;
        e->ngram_is_met[row] = 1;
    }
}

/* The gradients of the weights and of what they were multiplied by. */
static void backward_work(void *argument, int thread, int count) {
    const ngrams_job *job = argument;
    rnn_engine *e = job->engine;
    const rnn_network *net = &e->network;
    size_t begin, end, width = rnn_network_ngram_inputs(net);
    const float *gates = rnn_cpu_gates(e, 0, job->row);
    rnn_share(e->input_sums, e->kernels->gradient_grain, thread, count, &begin, &end);
    rnn_cpu_gradient(e, thread, job->rows, e->input_sums, width, gates, e->columns, e->ngram_rows,
                     width, e->gradient + e->ngrams.offset, rnn_network_inputs(net, 0), begin, end);
    rnn_share(job->rows, 1, thread, count, &begin, &end);
    if (begin == end)
        return;
    rnn_cpu_product(&e->ngrams_back, end - begin, gates + begin * e->columns, e->columns, NULL, 0,
                    rnn_cpu_row(e->ngram_gradient, begin, width), width, 0, width,
                    rnn_cpu_room(e, thread));
    drop(e, job->row, begin, end, e->ngram_gradient);
}

/* Each thread has its own columns of the table, so that rows are added in order. */
static void scatter_work(void *argument, int thread, int count) {
    const ngrams_job *job = argument;
    rnn_engine *e = job->engine;
    const rnn_network *net = &e->network;
    size_t begin, end, size = net->ngram_size;
    rnn_share(size, 16, thread, count, &begin, &end);
    for (size_t n = 0; begin < end && n < rnn_network_orders(net); n++)
        e->kernels->scatter_add(job->rows, e->ngram_index + n * e->length * e->batch + job->row,
                                e->ngram_gradient + n * size, rnn_network_ngram_inputs(net),
                                e->gradient + net->ngram_weight, size, begin, end);
}

void rnn_cpu_ngrams_backward(rnn_engine *e, size_t row, size_t rows) {
    ngrams_job job = {e, row, rows, 1};
    size_t width = rnn_network_ngram_inputs(&e->network);
    if (!e->ngram_rows)
        return;
    if (e->window < e->length) /* another window's are there */
        rnn_cpu_ngrams_read(e, row / e->batch, (row + rows) / e->batch, 1);
    rnn_cpu_run(e, backward_work, &job, rows * e->input_sums * width);
    rnn_cpu_run(e, scatter_work, &job, rows * width);
}
