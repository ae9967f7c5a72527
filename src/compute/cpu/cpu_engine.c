/* SPDX-License-Identifier: MIT
 *
 * cpu_engine.c - the CPU device: memory of an engine, copies in and out, and the
 * verbs as rows of phases.
 */
#include "compute/cpu/cpu_engine.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

/* Rows of logits are held up to this many floats at a time, and rows of a block up to
 * this many; at least the last. */
#define LOGITS_ROOM ((size_t)4 << 20)
#define MOST_ROWS   ((size_t)1024)
#define LEAST_ROWS  ((size_t)64)
/* A table of input sums for the whole vocabulary is kept up to this many floats. */
#define TABLE_ROOM ((size_t)64 << 20)

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* ------------------------------------------------------------------ memory */

static int allocate(float **array, size_t rows, size_t width) {
    *array = width != 0 && rows > SIZE_MAX / sizeof(float) / width
                 ? NULL
                 : rnn_allocate(rows * width, sizeof(float));
    return *array != NULL;
}

static int allocate_weights(rnn_engine *e) {
    if (!e->given_parameters && !allocate(&e->parameters, e->network.parameters, 1))
        return 0;
    for (size_t l = 0; l < e->network.layers; l++)
        if (!allocate(&e->layer[l].start, 1, e->columns))
            return 0;
    return rnn_cpu_allocate_packed(e);
}

/* The lender is brought up to date first: once that is done, lending only reads it. */
static void borrow_weights(rnn_engine *e, rnn_engine *from) {
    rnn_cpu_pack(from, e->threads, RNN_CPU_FORWARD);
    if (from->table_complete)
        rnn_cpu_table(from, 0, NULL);
    e->borrowed = 1;
    e->packing = RNN_CPU_FORWARD;
    e->parameters = from->parameters;
    e->output = from->output;
    for (size_t l = 0; l < e->network.layers; l++) {
        e->layer[l].hidden[0] = from->layer[l].hidden[0];
        e->layer[l].hidden[1] = from->layer[l].hidden[1];
        e->layer[l].input = from->layer[l].input;
        e->layer[l].start = from->layer[l].start;
    }
    if (from->table_complete) {
        e->table_complete = 1;
        e->table = from->table;
        e->table_rows = from->table_rows;
        e->distinct_count = from->distinct_count;
    }
}

static int allocate_layer_rows(rnn_engine *e, size_t l) {
    rnn_cpu_layer *layer = &e->layer[l];
    size_t rows = e->length * e->batch, hidden = e->network.hidden;
    if (l == 0 || e->training) {
        if (!allocate(&layer->gates, rows, e->columns))
            return 0;
    } else {
        layer->gates = e->layer[0].gates;
    }
    if (!allocate(&layer->h, rows + e->batch, hidden))
        return 0;
    size_t cells = rnn_cpu_cell_after(e, e->length - 1) + 1;
    if (e->network.cell == RNN_CELL_LSTM && !allocate(&layer->c, cells * e->batch, hidden))
        return 0;
    if (l > 0) {
        layer->input_rows = e->layer[l - 1].h + e->batch * hidden;
        if (e->dropout > 0 && !allocate(&layer->input_rows, rows, hidden))
            return 0;
    }
    return 1;
}

static int allocate_table(rnn_engine *e) {
    const rnn_network *net = &e->network;
    e->rows = rnn_allocate(e->length * e->batch, sizeof(int32_t));
    if (!e->rows)
        return 0;
    if (e->borrowed && e->table_complete)
        return 1;
    e->table_complete = !e->borrowed && !e->training && net->symbols * e->input_sums <= TABLE_ROOM;
    e->table_rows = e->table_complete ? net->symbols : smaller(net->symbols, e->length * e->batch);
    e->slot = rnn_allocate(net->symbols, sizeof(int32_t));
    e->distinct = rnn_allocate(e->table_rows, sizeof(int32_t));
    if (!e->slot || !e->distinct || !allocate(&e->table, e->table_rows, e->input_sums))
        return 0;
    if (net->embedding > 0 && !allocate(&e->embedded, e->table_rows, net->embedding))
        return 0;
    if (!e->training)
        return 1;
    return allocate(&e->table_gradient, e->table_rows, e->input_sums) &&
           (net->embedding == 0 || allocate(&e->embedded_gradient, e->table_rows, net->embedding));
}

static int allocate_output(rnn_engine *e) {
    const rnn_network *net = &e->network;
    size_t rows = e->length * e->batch;
    e->losses = rnn_allocate(rows, sizeof(float));
    e->hits = rnn_allocate(rows, 1);
    return e->losses && e->hits && allocate(&e->logits, e->chunk, net->symbols);
}

/* Blocks of nearly equal length; a sequence that is only read forwards is one. */
static void choose_blocks(rnn_engine *e) {
    size_t rows = smaller(LOGITS_ROOM / e->network.symbols, MOST_ROWS);
    rows = rows < LEAST_ROWS ? LEAST_ROWS : rows;
    size_t steps = rows < e->batch ? 1 : rows / e->batch;
    size_t blocks = e->training ? (e->length + steps - 1) / steps : 1;
    e->block = (e->length + blocks - 1) / blocks;
    e->chunk = smaller(e->length * e->batch, rows);
    if (e->training && e->chunk < e->block * e->batch)
        e->chunk = e->block * e->batch;
}

/* Room for the rows of each product in its precision. */
static int allocate_operands(rnn_engine *e) {
    const rnn_product *by = e->kernels->products[e->precision];
    if (!by->convert)
        return 1;
    /* The way back multiplies rows of gates, and of logits. */
    size_t longest = e->network.hidden;
    if (e->training)
        longest = e->columns > e->network.symbols ? e->columns : e->network.symbols;
    e->operand_floats = by->operand_floats(longest);
    return allocate(&e->operands, (size_t)rnn_threads_count(e->threads) * RNN_CPU_OPERAND_ROWS,
                    e->operand_floats);
}

static int allocate_training(rnn_engine *e, const rnn_engine_options *options) {
    if (!e->training)
        return 1;
    const rnn_network *net = &e->network;
    const rnn_kernels *k = e->kernels;
    size_t rows = e->length * e->batch, widest = net->hidden;
    if (net->embedding > widest)
        widest = net->embedding;
    size_t tallest = e->columns > net->symbols ? e->columns : net->symbols;
    e->scratch_floats = k->gradient_scratch(rows, tallest, widest);
    size_t pieces = (net->parameters + RNN_CPU_PIECE - 1) / RNN_CPU_PIECE;
    e->partial = rnn_allocate(pieces, sizeof(double));
    return e->partial && allocate(&e->gradient, net->parameters, 1) &&
           (!(options->moments & 1) || allocate(&e->first, net->parameters, 1)) &&
           (!(options->moments & 2) || allocate(&e->second, net->parameters, 1)) &&
           allocate(&e->top_dh, (1 + e->block) * e->batch, net->hidden) &&
           (net->cell != RNN_CELL_LSTM ||
            (allocate(&e->c_again, e->block * e->batch, net->hidden) &&
             allocate(&e->dc, e->batch, net->hidden))) &&
           allocate(&e->scratch, (size_t)rnn_threads_count(e->threads), e->scratch_floats);
}

static void destroy_weights(rnn_engine *e) {
    for (size_t l = 0; l < e->network.layers; l++)
        rnn_free(e->layer[l].start);
    rnn_free(e->packed);
    if (!e->given_parameters)
        rnn_free(e->parameters);
}

static void destroy(rnn_engine *e) {
    if (!e)
        return;
    if (!e->borrowed)
        destroy_weights(e);
    if (!e->borrowed || !e->table_complete)
        rnn_free(e->table);
    for (size_t l = 0; l < e->network.layers; l++) {
        rnn_cpu_layer *layer = &e->layer[l];
        if (l == 0 || e->training)
            rnn_free(layer->gates);
        rnn_free(layer->h);
        rnn_free(layer->c);
        if (l > 0 && e->dropout > 0)
            rnn_free(layer->input_rows);
    }
    void *arrays[] = {
        e->gradient, e->first,   e->second, e->table_gradient, e->embedded, e->embedded_gradient,
        e->distinct, e->slot,    e->rows,   e->logits,         e->losses,   e->hits,
        e->top_dh,   e->c_again, e->dc,     e->scratch,        e->operands, e->partial};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        rnn_free(arrays[i]);
    rnn_threads_destroy(e->threads);
    rnn_free(e);
}

static int allocate_all(rnn_engine *e, const rnn_engine_options *options) {
    if (options->weights)
        borrow_weights(e, options->weights);
    else if (!allocate_weights(e))
        return 0;
    for (size_t l = 0; l < e->network.layers; l++)
        if (!allocate_layer_rows(e, l))
            return 0;
    return allocate_table(e) && allocate_output(e) && allocate_operands(e) &&
           allocate_training(e, options);
}

static rnn_status choose_kernels(rnn_engine *e, const rnn_engine_options *options,
                                 rnn_error *error) {
    if (options->weights) {
        e->kernels = options->weights->kernels;
        e->precision = options->weights->precision;
        return RNN_OK;
    }
    rnn_status status = rnn_kernels_pick(&e->kernels, options->cpu, error);
    if (status != RNN_OK)
        return status;
    e->precision = options->precision;
    if (e->precision == RNN_PRECISION_AUTO)
        e->precision = e->training ? e->kernels->automatic : RNN_PRECISION_FLOAT32;
    if (e->training && e->precision == RNN_PRECISION_INT8)
        return rnn_fail(error, RNN_ERR_UNSUPPORTED,
                        "int8 is for reading weights, not for training them; train in float32 or "
                        "bf16");
    return RNN_OK;
}

static rnn_precision automatic(const char *cpu) {
    const rnn_kernels *kernels;
    return rnn_kernels_pick(&kernels, cpu, NULL) == RNN_OK ? kernels->automatic
                                                           : RNN_PRECISION_FLOAT32;
}

static rnn_status create(rnn_engine **out, const rnn_network *network,
                         const rnn_engine_options *options, rnn_error *error) {
    *out = NULL;
    rnn_engine *e = rnn_allocate(1, sizeof *e);
    if (!e)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for the network");
    e->network = *network;
    e->batch = options->batch;
    e->length = options->length;
    e->training = options->training;
    e->dropout = options->training && network->layers > 1 ? (float)options->dropout : 0;
    e->seed = options->seed;
    e->input_sums = rnn_network_gates(network) * network->hidden;
    e->columns = network->cell == RNN_CELL_TANH ? network->hidden : 4 * network->hidden;
    if (!options->weights && options->parameters) {
        e->parameters = options->parameters;
        e->given_parameters = 1;
    }
    choose_blocks(e);
    rnn_status status = choose_kernels(e, options, error);
    if (status != RNN_OK)
        goto fail;
    int threads = options->threads > 0 ? options->threads : rnn_threads_default();
    status = rnn_threads_create(&e->threads, threads, error);
    if (status != RNN_OK)
        goto fail;
    if (!allocate_all(e, options)) {
        status = rnn_fail(error, RNN_ERR_MEMORY,
                          "no memory for a network of %zu parameters with batches of %zu x %zu; "
                          "try a smaller --batch-size or --seq-length",
                          network->parameters, e->batch, e->length);
        goto fail;
    }
    static const char *const precisions[RNN_PRECISIONS] = {"", "", ", bf16", ", int8"};
    snprintf(e->description, sizeof e->description, "%s%s, %d thread%s", e->kernels->name,
             precisions[e->precision], threads, threads == 1 ? "" : "s");
    *out = e;
    return RNN_OK;
fail:
    destroy(e);
    return status;
}

static const char *describe(const rnn_engine *e) {
    return e->description;
}

/* ------------------------------------------------------------------ copies */

static void copy(float *to, const float *from, size_t n) {
    if (to && from && to != from)
        memcpy(to, from, n * sizeof(float));
}

static void write_parameters(rnn_engine *e, const float *from) {
    copy(e->parameters, from, e->network.parameters);
    e->packing = RNN_CPU_STALE;
}

static void read_gradient(rnn_engine *e, float *to) {
    copy(to, e->gradient, e->network.parameters);
}

static void write_gradient(rnn_engine *e, const float *from) {
    copy(e->gradient, from, e->network.parameters);
}

static void write_moments(rnn_engine *e, const float *first, const float *second) {
    copy(e->first, first, e->network.parameters);
    copy(e->second, second, e->network.parameters);
}

static rnn_engine_arrays arrays(rnn_engine *e) {
    return (rnn_engine_arrays){e->parameters, e->first, e->second};
}

static void write_state(rnn_engine *e, const float *from) {
    size_t n = e->batch * e->network.hidden;
    for (size_t half = 0; half < 2; half++) {
        for (size_t l = 0; l < e->network.layers; l++) {
            float *row = half == 0 ? e->layer[l].h : e->layer[l].c;
            if (!row)
                continue;
            if (from)
                memcpy(row, from + (half * e->network.layers + l) * n, n * sizeof(float));
            else
                memset(row, 0, n * sizeof(float));
        }
    }
}

static void read_state(rnn_engine *e, float *to) {
    size_t n = e->batch * e->network.hidden;
    for (size_t l = 0; l < e->network.layers; l++) {
        copy(to + l * n, e->layer[l].h, n);
        if (e->layer[l].c)
            copy(to + (e->network.layers + l) * n, e->layer[l].c, n);
    }
}

/* ------------------------------------------------------------------- verbs */

static void run_forward(rnn_engine *e, size_t length, const int32_t *symbols, int dropout,
                        uint64_t step) {
    rnn_cpu_pack(e, e->threads, RNN_CPU_FORWARD);
    rnn_cpu_table(e, length * e->batch, symbols);
    rnn_cpu_forward(e, length, dropout, step);
}

/* Sums in the order of the characters, so that the bits do not depend on threads. */
static rnn_sequence_result add_up(const rnn_engine *e, size_t rows) {
    rnn_sequence_result result = {0, 0};
    for (size_t r = 0; r < rows; r++) {
        result.loss += (double)e->losses[r];
        result.hits += e->hits[r];
    }
    return result;
}

static rnn_sequence_result evaluate(rnn_engine *e, size_t length, const int32_t *symbols,
                                    const int32_t *targets, float *losses) {
    size_t rows = length * e->batch;
    run_forward(e, length, symbols, 0, 0);
    rnn_cpu_output(e, length, targets);
    rnn_cpu_carry(e, length);
    copy(losses, e->losses, rows);
    return add_up(e, rows);
}

static rnn_sequence_result train(rnn_engine *e, uint64_t step, size_t length,
                                 const int32_t *symbols, const int32_t *targets) {
    size_t rows = length * e->batch;
    run_forward(e, length, symbols, 1, step);
    memset(e->gradient, 0, e->network.parameters * sizeof(float));
    rnn_cpu_pack(e, e->threads, RNN_CPU_BACKWARD);
    rnn_cpu_backward(e, length, targets, step);
    rnn_cpu_carry(e, length);
    return add_up(e, rows);
}

static void step(rnn_engine *e, const int32_t *symbols, float *logits) {
    run_forward(e, 1, symbols, 0, 0);
    rnn_cpu_logits(e, logits);
    rnn_cpu_carry(e, 1);
}

const rnn_device rnn_cpu_device = {
    .name = "cpu",
    .create = create,
    .destroy = destroy,
    .describe = describe,
    .automatic = automatic,
    .write_parameters = write_parameters,
    .read_gradient = read_gradient,
    .write_gradient = write_gradient,
    .write_moments = write_moments,
    .arrays = arrays,
    .write_state = write_state,
    .read_state = read_state,
    .evaluate = evaluate,
    .train = train,
    .update = rnn_cpu_update,
    .adapt = rnn_cpu_adapt,
    .step = step,
};
