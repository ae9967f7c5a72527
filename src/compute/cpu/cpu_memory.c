/* SPDX-License-Identifier: MIT
 *
 * cpu_memory.c - the memory of an engine: how time is cut, what there is room for, and
 * whose it is.
 */
#include "compute/cpu/cpu_engine.h"

#include <string.h>

#include "base/memory.h"

/* Rows of logits are held up to this many floats at a time, and rows of a block up to
 * this many; at least the last. */
#define LOGITS_ROOM ((size_t)4 << 20)
#define MOST_ROWS   ((size_t)1024)
#define LEAST_ROWS  ((size_t)64)
/* With a history a block has float32 rows of each layer. Of fewer there are more to keep
 * h and c between; in between lies what is least. */
#define MOST_ROWS_WITH_HISTORY ((size_t)640)
/* A table of input sums for the whole vocabulary is kept up to this many floats. */
#define TABLE_ROOM ((size_t)64 << 20)

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

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
    e->ngrams = from->ngrams;
    e->keys = from->keys;
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

static int has_history(const rnn_engine *e) {
    return e->training && e->precision == RNN_PRECISION_BF16;
}

static int allocate_history(rnn_engine *e, size_t l) {
    rnn_cpu_layer *layer = &e->layer[l];
    size_t rows = e->length * e->batch, windows = (e->length + e->window - 1) / e->window;
    if (rows > SIZE_MAX / sizeof(uint16_t) / e->columns)
        return 0;
    /* Not touched before the first step: by then the caller's parameters, and a resumed
     * run's moments, are freed. */
    layer->sums = rnn_allocate_unset(rows * e->columns, sizeof(uint16_t));
    return layer->sums && allocate(&layer->h_marks, (windows + 1) * e->batch, e->network.hidden);
}

static int allocate_layer_rows(rnn_engine *e, size_t l) {
    rnn_cpu_layer *layer = &e->layer[l];
    size_t rows = e->window * e->batch, hidden = e->network.hidden;
    if (has_history(e) && !allocate_history(e, l))
        return 0;
    if (l == 0 || e->training || e->tracing) {
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

static int allocate_met(rnn_engine *e) {
    size_t rows = rnn_network_orders(&e->network) * e->network.ngram_rows;
    size_t pieces = rnn_cpu_pieces(rows, RNN_CPU_PIECE_VECTORS);
    e->ngram_met = rnn_allocate(rows, sizeof(int32_t));
    e->ngram_is_met = rnn_allocate(rows, 1);
    e->ngram_squares = rnn_allocate(pieces, sizeof(double));
    e->ngram_counted = rnn_allocate(pieces, sizeof(double));
    return e->ngram_met && e->ngram_is_met && e->ngram_squares && e->ngram_counted;
}

static int allocate_ngrams(rnn_engine *e) {
    size_t orders = rnn_network_orders(&e->network), rows = e->length * e->batch;
    size_t width = rnn_network_ngram_inputs(&e->network);
    if (orders == 0)
        return 1;
    e->ngram_before = rnn_allocate(orders * e->batch, sizeof(int32_t));
    if (rows > SIZE_MAX / sizeof(int32_t) / orders)
        return 0;
    e->ngram_index = rnn_allocate(orders * rows, sizeof(int32_t));
    if (e->ngram_before)
        rnn_cpu_ngrams_resume(e, NULL);
    return e->ngram_before && e->ngram_index &&
           (e->ngram_dropout == 0 || allocate(&e->ngram_mask, orders, rows)) &&
           allocate(&e->ngram_rows, e->window * e->batch, width) &&
           (!e->training ||
            (allocate(&e->ngram_gradient, e->window * e->batch, width) && allocate_met(e)));
}

static int allocate_output(rnn_engine *e) {
    const rnn_network *net = &e->network;
    size_t rows = e->length * e->batch;
    e->losses = rnn_allocate(rows, sizeof(float));
    e->hits = rnn_allocate(rows, 1);
    return e->losses && e->hits && allocate(&e->logits, e->chunk, net->symbols);
}

/* Blocks of nearly equal length; a sequence that is only read forwards is one, unless c of
 * each step is asked for. */
static void choose_blocks(rnn_engine *e) {
    size_t rows = smaller(LOGITS_ROOM / e->network.symbols,
                          has_history(e) ? MOST_ROWS_WITH_HISTORY : MOST_ROWS);
    rows = rows < LEAST_ROWS ? LEAST_ROWS : rows;
    size_t steps = rows < e->batch ? 1 : rows / e->batch;
    size_t blocks = e->training ? (e->length + steps - 1) / steps : e->tracing ? e->length : 1;
    e->block = (e->length + blocks - 1) / blocks;
    e->window = has_history(e) ? e->block : e->length;
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
    size_t longest = larger(e->network.hidden, rnn_network_ngram_inputs(&e->network));
    if (e->training)
        longest = larger(longest, larger(e->columns, e->network.symbols));
    e->operand_floats = by->operand_floats(longest);
    return allocate(&e->operands, (size_t)rnn_threads_count(e->threads) * RNN_CPU_OPERAND_ROWS,
                    e->operand_floats);
}

/* What goes from a block of a layer to the one before it. */
static int allocate_between_blocks(rnn_engine *e, size_t l) {
    rnn_cpu_layer *layer = &e->layer[l];
    int apart = has_history(e);
    if ((apart || l + 1 == e->network.layers) &&
        !allocate(&layer->dh_before, e->batch, e->network.hidden))
        return 0;
    if (e->network.cell != RNN_CELL_LSTM)
        return 1;
    if (l > 0 && !apart) {
        layer->dc = e->layer[0].dc;
        return 1;
    }
    return allocate(&layer->dc, e->batch, e->network.hidden);
}

static int allocate_masks(rnn_engine *e) {
    size_t hidden = e->network.hidden;
    if (e->weight_drop > 0)
        e->weight_mask = rnn_allocate(e->network.layers, rnn_cpu_mask_bytes(e));
    return (e->weight_drop == 0 || e->weight_mask) &&
           (e->output_dropout == 0 || (allocate(&e->output_mask, e->batch, hidden) &&
                                       allocate(&e->output_rows, e->block * e->batch, hidden)));
}

static int allocate_training(rnn_engine *e, const rnn_engine_options *options) {
    if (!e->training)
        return 1;
    const rnn_network *net = &e->network;
    const rnn_kernels *k = e->kernels;
    size_t rows = e->length * e->batch, tallest = larger(e->columns, net->symbols);
    size_t widest = larger(net->hidden, larger(net->embedding, rnn_network_ngram_inputs(net)));
    e->scratch_floats = k->gradient_scratch(rows, tallest, widest);
    for (size_t l = 0; l < net->layers; l++)
        if (!allocate_between_blocks(e, l))
            return 0;
    e->partial = rnn_allocate(rnn_cpu_pieces(net->parameters, RNN_CPU_PIECE), sizeof(double));
    return e->partial && allocate(&e->gradient, net->parameters, 1) &&
           (!(options->moments & 1) || allocate(&e->first, net->parameters, 1)) &&
           (!(options->moments & 2) || allocate(&e->second, net->parameters, 1)) &&
           allocate(&e->top_dh, e->block * e->batch, net->hidden) && allocate_masks(e) &&
           (net->cell != RNN_CELL_LSTM ||
            allocate(&e->c_again, e->block * e->batch, net->hidden)) &&
           allocate(&e->scratch, (size_t)rnn_threads_count(e->threads), e->scratch_floats);
}

static void destroy_weights(rnn_engine *e) {
    for (size_t l = 0; l < e->network.layers; l++)
        rnn_free(e->layer[l].start);
    rnn_free(e->packed);
    if (!e->given_parameters)
        rnn_free(e->parameters);
}

static void destroy_layer_rows(rnn_engine *e, size_t l) {
    rnn_cpu_layer *layer = &e->layer[l];
    if (l == 0 || e->training || e->tracing)
        rnn_free(layer->gates);
    if (l > 0 && e->dropout > 0)
        rnn_free(layer->input_rows);
    if (l == 0 || has_history(e))
        rnn_free(layer->dc);
    void *arrays[] = {layer->h, layer->c, layer->sums, layer->h_marks, layer->dh_before};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        rnn_free(arrays[i]);
}

void rnn_cpu_destroy(rnn_engine *e) {
    if (!e)
        return;
    if (!e->borrowed)
        destroy_weights(e);
    if (!e->borrowed || !e->table_complete)
        rnn_free(e->table);
    for (size_t l = 0; l < e->network.layers; l++)
        destroy_layer_rows(e, l);
    void *arrays[] = {e->gradient,       e->first,         e->second,
                      e->table_gradient, e->embedded,      e->embedded_gradient,
                      e->distinct,       e->slot,          e->rows,
                      e->logits,         e->losses,        e->hits,
                      e->top_dh,         e->output_mask,   e->output_rows,
                      e->c_again,        e->scratch,       e->operands,
                      e->partial,        e->weight_mask,   e->clamps,
                      e->ngram_before,   e->ngram_index,   e->ngram_rows,
                      e->ngram_gradient, e->ngram_mask,    e->ngram_met,
                      e->ngram_is_met,   e->ngram_squares, e->ngram_counted};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        rnn_free(arrays[i]);
    rnn_threads_destroy(e->threads);
    rnn_free(e);
}

static int allocate_clamps(rnn_engine *e, const rnn_engine_options *options) {
    if (options->clamp_count == 0)
        return 1;
    e->clamp_count = options->clamp_count;
    e->clamps = rnn_allocate(e->clamp_count, sizeof *e->clamps);
    if (e->clamps)
        memcpy(e->clamps, options->clamps, e->clamp_count * sizeof *e->clamps);
    return e->clamps != NULL;
}

int rnn_cpu_allocate(rnn_engine *e, const rnn_engine_options *options) {
    choose_blocks(e);
    if (options->weights)
        borrow_weights(e, options->weights);
    else if (!allocate_weights(e))
        return 0;
    for (size_t l = 0; l < e->network.layers; l++)
        if (!allocate_layer_rows(e, l))
            return 0;
    return allocate_clamps(e, options) && allocate_table(e) && allocate_ngrams(e) &&
           allocate_output(e) && allocate_operands(e) && allocate_training(e, options);
}
