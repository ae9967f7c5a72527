/* SPDX-License-Identifier: MIT
 *
 * model.c - models in memory: creation, names, adoption, and what rnn.h tells
 * of them.
 */
#include "model/model.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "model/configuration.h"

static void add_window(rnn_window *windows, size_t *count, const char *name, size_t layer,
                       size_t offset, size_t rows, size_t columns) {
    rnn_window *window = &windows[(*count)++];
    window->offset = offset;
    window->rows = rows;
    window->columns = columns;
    if (layer == SIZE_MAX)
        snprintf(window->name, sizeof window->name, "%s", name);
    else
        snprintf(window->name, sizeof window->name, "rnn.%s_l%zu", name, layer);
}

size_t rnn_model_windows(const rnn_network *network, rnn_window *windows) {
    size_t count = 0, hidden = network->hidden;
    size_t rows = rnn_network_gates(network) * hidden;
    if (network->embedding > 0)
        add_window(windows, &count, "embedding.weight", SIZE_MAX, network->embedding_weight,
                   network->symbols, network->embedding);
    if (rnn_network_orders(network) > 0)
        add_window(windows, &count, "ngrams.weight", SIZE_MAX, network->ngram_weight,
                   rnn_network_orders(network) * network->ngram_rows, network->ngram_size);
    for (size_t k = 0; k < network->layers; k++) {
        const rnn_layer_layout *layer = &network->layer[k];
        add_window(windows, &count, "weight_ih", k, layer->weight_ih, rows,
                   rnn_network_inputs(network, k));
        add_window(windows, &count, "weight_hh", k, layer->weight_hh, rows, hidden);
        if (network->bias) {
            add_window(windows, &count, "bias_ih", k, layer->bias_ih, rows, 0);
            add_window(windows, &count, "bias_hh", k, layer->bias_hh, rows, 0);
        }
    }
    add_window(windows, &count, "output.weight", SIZE_MAX, network->output_weight, network->symbols,
               hidden);
    add_window(windows, &count, "output.bias", SIZE_MAX, network->output_bias, network->symbols, 0);
    return count;
}

rnn_status rnn_model_create(rnn_model **out, const rnn_network *shape, rnn_vocabulary *vocabulary,
                            const char *history, rnn_error *error) {
    *out = NULL;
    rnn_status status = RNN_ERR_MEMORY;
    rnn_model *model = rnn_allocate(1, sizeof *model);
    if (!model) {
        rnn_vocabulary_destroy(vocabulary);
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory for a model");
    }
    model->network = *shape;
    model->vocabulary = vocabulary;
    status = rnn_network_lay_out(&model->network, error);
    if (status != RNN_OK)
        goto fail;
    if ((size_t)rnn_vocabulary_size(vocabulary) != shape->symbols) {
        status = rnn_fail(error, RNN_ERR_RANGE,
                          "the network has %zu symbols, but its vocabulary %d: they must agree",
                          shape->symbols, rnn_vocabulary_size(vocabulary));
        goto fail;
    }
    if (!history)
        history = "{}";
    model->history = rnn_duplicate(history, strlen(history));
    model->parameters = rnn_allocate(model->network.parameters, sizeof *model->parameters);
    model->weights = rnn_weights_create();
    model->keys = rnn_allocate(shape->symbols, sizeof *model->keys);
    for (size_t i = 0; model->keys && i < shape->symbols; i++)
        model->keys[i] = rnn_vocabulary_key(vocabulary, (int32_t)i);
    if (!model->keys || !model->history || !model->parameters || !model->weights) {
        status = rnn_fail(error, RNN_ERR_MEMORY, "out of memory for a model of %zu parameters",
                          model->network.parameters);
        goto fail;
    }
    *out = model;
    return RNN_OK;

fail:
    rnn_model_destroy(model);
    return status;
}

void rnn_model_destroy(rnn_model *model) {
    if (!model)
        return;
    rnn_weights_destroy(model->weights);
    rnn_vocabulary_destroy(model->vocabulary);
    rnn_free(model->parameters);
    rnn_free(model->keys);
    rnn_free(model->history);
    rnn_free(model);
}

rnn_model_info rnn_model_describe(const rnn_model *model) {
    const rnn_network *network = &model->network;
    return (rnn_model_info){
        .cell = network->cell,
        .num_layers = (int)network->layers,
        .hidden_size = (int)network->hidden,
        .embedding_size = (int)network->embedding,
        .ngrams = (int)rnn_network_orders(network) + 1,
        .ngram_size = rnn_network_orders(network) > 0 ? (int)network->ngram_size : 0,
        .ngram_rows = rnn_network_orders(network) > 0 ? (int)network->ngram_rows : 0,
        .symbols = (int)network->symbols,
        .bias = network->bias,
        .tied_output = network->tied,
        .units = rnn_vocabulary_units(model->vocabulary),
        .open = rnn_vocabulary_is_open(model->vocabulary),
        .parameters = network->parameters,
    };
}

const char *rnn_model_history(const rnn_model *model) {
    return model->history;
}

const char *rnn_model_symbol(const rnn_model *model, int32_t symbol, size_t *bytes) {
    return rnn_vocabulary_symbol(model->vocabulary, symbol, bytes);
}

/* ----------------------------------------------------------------- adoption */

/* For each symbol of `to` the number that it has in `from`, or -1; returns how
 * many have one. */
static int match(const rnn_vocabulary *to, const rnn_vocabulary *from, int32_t *matches) {
    int matched = 0;
    for (int32_t i = 0; i < rnn_vocabulary_size(to); i++) {
        size_t count;
        const char *bytes = rnn_vocabulary_symbol(to, i, &count);
        matches[i] = rnn_vocabulary_find(from, bytes, count);
        matched += matches[i] >= 0;
    }
    return matched;
}

/* What of a window goes by symbol. */
typedef enum sorting { BY_PLACE, BY_ROW, BY_COLUMN } sorting;

static sorting sorting_of(const rnn_network *network, const char *name) {
    if (strcmp(name, "embedding.weight") == 0 || strncmp(name, "output.", 7) == 0)
        return BY_ROW;
    if (network->embedding == 0 && strcmp(name, "rnn.weight_ih_l0") == 0)
        return BY_COLUMN;
    return BY_PLACE;
}

static void adopt_window(rnn_model *model, const rnn_model *from, const rnn_window *to,
                         const rnn_window *old, const int32_t *matches) {
    float *target = model->parameters + to->offset;
    const float *source = from->parameters + old->offset;
    size_t width = to->columns ? to->columns : 1, old_width = old->columns ? old->columns : 1;
    size_t after = rnn_network_ngram_inputs(&model->network); /* of columns by symbol */
    switch (sorting_of(&model->network, to->name)) {
    case BY_PLACE:
        memcpy(target, source, to->rows * width * sizeof *target);
        break;
    case BY_ROW:
        for (size_t i = 0; i < to->rows; i++)
            if (matches[i] >= 0)
                memcpy(target + i * width, source + (size_t)matches[i] * width,
                       width * sizeof *target);
        break;
    case BY_COLUMN:
        for (size_t i = 0; i < to->rows; i++) {
            for (size_t j = 0; j < width - after; j++)
                if (matches[j] >= 0)
                    target[i * width + j] = source[i * old_width + (size_t)matches[j]];
            memcpy(target + (i + 1) * width - after, source + (i + 1) * old_width - after,
                   after * sizeof *target);
        }
        break;
    }
}

static rnn_status compare_shapes(const rnn_network *a, const rnn_network *b, rnn_error *error) {
    if (a->cell == b->cell && a->layers == b->layers && a->hidden == b->hidden &&
        a->embedding == b->embedding && rnn_network_orders(a) == rnn_network_orders(b) &&
        rnn_network_ngram_inputs(a) == rnn_network_ngram_inputs(b) &&
        (rnn_network_orders(a) == 0 || a->ngram_rows == b->ngram_rows) && !a->bias == !b->bias &&
        !a->tied == !b->tied)
        return RNN_OK;
    return rnn_fail(
        error, RNN_ERR_RANGE,
        "the shapes differ: the new network is %s, num_layers %zu, hidden_size %zu, "
        "embedding_size %zu, ngrams %zu (%zu x %zu), bias %d, tied %d; the one to start "
        "from is %s, %zu, %zu, %zu, %zu (%zu x %zu), %d, %d. Give the new one the same",
        rnn_configuration_cell(a->cell), a->layers, a->hidden, a->embedding,
        rnn_network_orders(a) + 1, a->ngram_rows, a->ngram_size, a->bias, a->tied,
        rnn_configuration_cell(b->cell), b->layers, b->hidden, b->embedding,
        rnn_network_orders(b) + 1, b->ngram_rows, b->ngram_size, b->bias, b->tied);
}

rnn_status rnn_model_adopt(rnn_model *model, const rnn_model *from, int *matched,
                           rnn_error *error) {
    rnn_window windows[RNN_MAX_WINDOWS], old[RNN_MAX_WINDOWS];
    rnn_status status = compare_shapes(&model->network, &from->network, error);
    if (status != RNN_OK)
        return status;
    int32_t *matches = rnn_allocate(model->network.symbols, sizeof *matches);
    if (!matches)
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory for comparing two vocabularies");
    *matched = match(model->vocabulary, from->vocabulary, matches);
    size_t count = rnn_model_windows(&model->network, windows);
    rnn_model_windows(&from->network, old);
    for (size_t i = 0; i < count; i++)
        adopt_window(model, from, &windows[i], &old[i], matches);
    rnn_free(matches);
    return RNN_OK;
}
