/* SPDX-License-Identifier: MIT
 *
 * cpu_input.c - what layer 0 reads: a table with a row of input sums for each
 * distinct symbol, so that a character costs one copied row instead of a product.
 *
 *   one-hot    row(s) = W_ih[:, s] + start
 *   embedding  row(s) = W_ih embedding[s] + start
 *
 * Backwards the rows of the gate gradients are added up by symbol first, and the
 * weights' gradients follow from the table's.
 */
#include "compute/cpu/cpu_engine.h"

#include <string.h>

/* ----------------------------------------------------------------- forwards */

/* Gives each distinct symbol a row, in order of appearance. */
static void find_rows(rnn_engine *e, size_t n, const int32_t *symbols) {
    memset(e->slot, 0xFF, e->network.symbols * sizeof(int32_t));
    e->distinct_count = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t s = symbols[i];
        if (e->slot[s] < 0) {
            e->slot[s] = (int32_t)e->distinct_count;
            e->distinct[e->distinct_count++] = s;
        }
        e->rows[i] = e->slot[s];
    }
}

/* The columns [begin, end) of the table from one column of W_ih a row, in blocks in
 * which what is read and written stays in the first cache. */
static void one_hot_columns(rnn_engine *e, size_t begin, size_t end) {
    const size_t block = 16;
    size_t inputs = rnn_network_inputs(&e->network, 0);
    const float *weight = e->parameters + e->network.layer[0].weight_ih;
    const float *start = e->layer[0].start;
    for (size_t first = begin; first < end; first += block) {
        size_t last = end - first < block ? end : first + block;
        for (size_t u = 0; u < e->distinct_count; u++) {
            const float *column = weight + (size_t)e->distinct[u];
            for (size_t j = first; j < last; j++)
                e->table[u * e->input_sums + j] = column[j * inputs] + start[j];
        }
    }
}

static void table_work(void *argument, int thread, int count) {
    rnn_engine *e = argument;
    size_t begin, end, embedding = e->network.embedding;
    const rnn_packed *w = &e->layer[0].input;
    rnn_share(e->input_sums, embedding == 0 ? 16 : w->by->panel, thread, count, &begin, &end);
    if (begin == end)
        return;
    if (embedding == 0)
        one_hot_columns(e, begin, end);
    else
        rnn_cpu_product(w, e->distinct_count, e->embedded, embedding, e->layer[0].start, 0,
                        e->table, e->input_sums, begin, end, NULL);
}

static void fill_table(rnn_engine *e) {
    if (e->network.embedding > 0)
        e->kernels->gather(e->distinct_count, e->network.embedding,
                           e->parameters + e->network.embedding_weight, e->network.embedding,
                           e->distinct, e->embedded, e->network.embedding);
    size_t inputs = e->network.embedding > 0 ? e->network.embedding : 1;
    rnn_cpu_run(e, table_work, e, e->distinct_count * e->input_sums * inputs);
}

void rnn_cpu_table(rnn_engine *e, size_t n, const int32_t *symbols) {
    if (!e->table_complete) {
        find_rows(e, n, symbols);
        fill_table(e);
        return;
    }
    if (e->distinct_count == 0) {
        e->distinct_count = e->network.symbols;
        for (size_t s = 0; s < e->distinct_count; s++)
            e->distinct[s] = (int32_t)s;
        fill_table(e);
    }
    if (n > 0)
        memcpy(e->rows, symbols, n * sizeof(int32_t));
}

void rnn_cpu_table_gather(rnn_engine *e, size_t begin, size_t end) {
    e->kernels->gather(end - begin, e->input_sums, e->table, e->input_sums, e->rows + begin,
                       rnn_cpu_gates(e, 0, begin), e->columns);
}

/* ---------------------------------------------------------------- backwards */

typedef struct backward_job {
    rnn_engine *engine;
    size_t row, rows;
    int first; /* of a sequence's: the table's gradient begins with it */
} backward_job;

static void scatter_work(void *argument, int thread, int count) {
    const backward_job *job = argument;
    rnn_engine *e = job->engine;
    size_t begin, end;
    rnn_share(e->input_sums, 16, thread, count, &begin, &end);
    for (size_t u = 0; job->first && u < e->distinct_count; u++)
        memset(rnn_cpu_row(e->table_gradient, u, e->input_sums) + begin, 0,
               (end - begin) * sizeof(float));
    e->kernels->scatter_add(job->rows, e->rows + job->row, rnn_cpu_gates(e, 0, job->row),
                            e->columns, e->table_gradient, e->input_sums, begin, end);
    if (job->row > 0 || e->network.embedding > 0)
        return;
    size_t inputs = rnn_network_inputs(&e->network, 0);
    float *gradient = e->gradient + e->network.layer[0].weight_ih;
    for (size_t j = begin; j < end; j++) {
        for (size_t u = 0; u < e->distinct_count; u++)
            gradient[j * inputs + (size_t)e->distinct[u]] =
                e->table_gradient[u * e->input_sums + j];
    }
}

static void embedding_work(void *argument, int thread, int count) {
    const backward_job *job = argument;
    rnn_engine *e = job->engine;
    size_t begin, end, embedding = e->network.embedding;
    rnn_share(e->input_sums, e->kernels->gradient_grain, thread, count, &begin, &end);
    e->kernels->gradient(
        e->distinct_count, e->input_sums, embedding, e->table_gradient, e->input_sums, e->embedded,
        embedding, e->gradient + e->network.layer[0].weight_ih, rnn_network_inputs(&e->network, 0),
        begin, end, e->scratch + (size_t)thread * e->scratch_floats);
    const rnn_packed *back = &e->layer[0].input_back;
    rnn_share(embedding, back->by->panel, thread, count, &begin, &end);
    if (begin == end)
        return;
    rnn_cpu_product(back, e->distinct_count, e->table_gradient, e->input_sums, NULL, 0,
                    e->embedded_gradient, embedding, begin, end, rnn_cpu_room(e, thread));
    /* Added, as a tied output layer has its own share in this gradient. */
    for (size_t u = 0; u < e->distinct_count; u++) {
        float *to = e->gradient + e->network.embedding_weight + (size_t)e->distinct[u] * embedding;
        const float *from = rnn_cpu_row(e->embedded_gradient, u, embedding);
        for (size_t j = begin; j < end; j++)
            to[j] += from[j];
    }
}

void rnn_cpu_table_backward(rnn_engine *e, size_t row, size_t rows, int first) {
    backward_job job = {e, row, rows, first};
    rnn_cpu_run(e, scatter_work, &job, rows * e->input_sums);
    if (row == 0 && e->network.embedding > 0)
        rnn_cpu_run(e, embedding_work, &job,
                    2 * e->distinct_count * e->input_sums * e->network.embedding);
}
