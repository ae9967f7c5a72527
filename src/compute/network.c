/* SPDX-License-Identifier: MIT
 *
 * network.c - checks a network's shape and lays out its parameters.
 */
#include "compute/network.h"

#include <stdint.h>

#define MAX_HIDDEN     65536
#define MAX_EMBEDDING  65536
#define MAX_SYMBOLS    65536
#define MAX_PARAMETERS ((uint64_t)1 << 31)

size_t rnn_network_gates(const rnn_network *network) {
    switch (network->cell) {
    case RNN_CELL_GRU:
        return 3;
    case RNN_CELL_LSTM:
        return 4;
    case RNN_CELL_TANH:
        break;
    }
    return 1;
}

size_t rnn_network_inputs(const rnn_network *network, size_t layer) {
    if (layer > 0)
        return network->hidden;
    return rnn_network_character_inputs(network) + rnn_network_ngram_inputs(network);
}

size_t rnn_network_character_inputs(const rnn_network *network) {
    return network->embedding > 0 ? network->embedding : network->symbols;
}

size_t rnn_network_ngram_inputs(const rnn_network *network) {
    return rnn_network_orders(network) * network->ngram_size;
}

size_t rnn_network_orders(const rnn_network *network) {
    return network->ngrams > 1 ? network->ngrams - 1 : 0;
}

size_t rnn_network_ngram_parameters(const rnn_network *network) {
    return rnn_network_ngram_inputs(network) * network->ngram_rows;
}

size_t rnn_network_state(const rnn_network *network) {
    size_t vectors = network->cell == RNN_CELL_LSTM ? 2 : 1;
    return vectors * network->layers * network->hidden + rnn_network_orders(network);
}

static rnn_status check_shape(const rnn_network *network, rnn_error *error) {
    if (network->cell != RNN_CELL_TANH && network->cell != RNN_CELL_GRU &&
        network->cell != RNN_CELL_LSTM)
        return rnn_fail(error, RNN_ERR_RANGE, "cell %d is unknown: use tanh, gru or lstm",
                        (int)network->cell);
    if (network->layers < 1 || network->layers > RNN_MAX_LAYERS)
        return rnn_fail(error, RNN_ERR_RANGE, "%zu layers: num_layers must be 1 to %d",
                        network->layers, RNN_MAX_LAYERS);
    if (network->hidden < 1 || network->hidden > MAX_HIDDEN)
        return rnn_fail(error, RNN_ERR_RANGE, "hidden size %zu: hidden_size must be 1 to %d",
                        network->hidden, MAX_HIDDEN);
    if (network->embedding > MAX_EMBEDDING)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "embedding size %zu: embedding_size must be 0 (one-hot) to %d",
                        network->embedding, MAX_EMBEDDING);
    if (network->symbols < 1 || network->symbols > MAX_SYMBOLS)
        return rnn_fail(error, RNN_ERR_RANGE, "%zu symbols: a vocabulary has 1 to %d",
                        network->symbols, MAX_SYMBOLS);
    if (network->ngrams > RNN_MAX_NGRAMS)
        return rnn_fail(error, RNN_ERR_RANGE, "n-grams of %zu: ngrams must be 1 (none) to %d",
                        network->ngrams, RNN_MAX_NGRAMS);
    if (network->ngrams > 1 &&
        (network->ngram_size < 1 || network->ngram_size > RNN_MAX_NGRAM_SIZE))
        return rnn_fail(error, RNN_ERR_RANGE,
                        "vectors of %zu for n-grams: ngram_size must be 1 to %d",
                        network->ngram_size, RNN_MAX_NGRAM_SIZE);
    if (network->ngrams > 1 &&
        (network->ngram_rows < 1 || network->ngram_rows > RNN_MAX_NGRAM_ROWS))
        return rnn_fail(error, RNN_ERR_RANGE, "%zu rows for n-grams: ngram_rows must be 1 to %d",
                        network->ngram_rows, RNN_MAX_NGRAM_ROWS);
    if (network->tied && network->embedding != network->hidden)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "a tied output needs an embedding as wide as the hidden layer: "
                        "embedding_size is %zu and hidden_size %zu; make them equal or untie",
                        network->embedding, network->hidden);
    return RNN_OK;
}

/* Takes `count` floats from the end of the layout. No sum overflows: the shape
 * is checked, so even 32 layers of the widest stay below 2^43. */
static size_t place(uint64_t *end, uint64_t count) {
    size_t offset = (size_t)*end;
    *end += count;
    return offset;
}

rnn_status rnn_network_lay_out(rnn_network *network, rnn_error *error) {
    rnn_status status = check_shape(network, error);
    if (status != RNN_OK)
        return status;
    uint64_t end = 0;
    uint64_t gates = (uint64_t)rnn_network_gates(network) * network->hidden;
    network->embedding_weight = place(&end, (uint64_t)network->symbols * network->embedding);
    network->ngram_weight = place(&end, (uint64_t)rnn_network_orders(network) *
                                            network->ngram_rows * network->ngram_size);
    for (size_t k = 0; k < RNN_MAX_LAYERS; k++)
        network->layer[k] = (rnn_layer_layout){0, 0, 0, 0};
    for (size_t k = 0; k < network->layers; k++) {
        rnn_layer_layout *layer = &network->layer[k];
        layer->weight_ih = place(&end, gates * rnn_network_inputs(network, k));
        layer->weight_hh = place(&end, gates * network->hidden);
        layer->bias_ih = place(&end, network->bias ? gates : 0);
        layer->bias_hh = place(&end, network->bias ? gates : 0);
    }
    network->output_weight = network->tied
                                 ? network->embedding_weight
                                 : place(&end, (uint64_t)network->symbols * network->hidden);
    network->output_bias = place(&end, network->symbols);
    if (end > MAX_PARAMETERS)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "this shape has %llu parameters; at most %llu are possible: reduce "
                        "hidden_size, num_layers or embedding_size",
                        (unsigned long long)end, (unsigned long long)MAX_PARAMETERS);
    network->parameters = (size_t)end;
    return RNN_OK;
}
