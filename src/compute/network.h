/* SPDX-License-Identifier: MIT
 *
 * network.h - the shape of a network, and where its parameters lie.
 *
 * All parameters lie in one flat float32 array (gradients and moments in others
 * of the same size). A network says at which offset each matrix begins; the
 * matrices have PyTorch's shapes and gate orders:
 *
 *   embedding.weight    [symbols][embedding]         if embedding > 0
 *   ngrams.weight       [orders * ngram_rows][ngram_size]   if ngrams > 1
 *   rnn.weight_ih_l{k}  [gates * hidden][inputs]     inputs of layer 0: embedding or symbols,
 *                                                    then orders * ngram_size
 *   rnn.weight_hh_l{k}  [gates * hidden][hidden]
 *   rnn.bias_ih_l{k}    [gates * hidden]             if bias
 *   rnn.bias_hh_l{k}    [gates * hidden]             if bias
 *   output.weight       [symbols][hidden]            the embedding itself if tied
 *   output.bias         [symbols]
 *
 * Orders are ngrams - 1: the vectors of the last 2, 3, ... ngrams characters, each from its own
 * ngram_rows rows of the table; ngrams.h says from which one.
 */
#ifndef RNN_NETWORK_H
#define RNN_NETWORK_H

#include <stddef.h>

#include "base/status.h"

#define RNN_MAX_LAYERS     32
#define RNN_MAX_NGRAMS     16
#define RNN_MAX_NGRAM_SIZE 1024
#define RNN_MAX_NGRAM_ROWS (1 << 24)

typedef struct rnn_layer_layout {
    size_t weight_ih, weight_hh, bias_ih, bias_hh; /* offsets, in floats */
} rnn_layer_layout;

typedef struct rnn_network {
    /* the shape */
    rnn_cell cell;
    size_t layers, hidden, embedding, symbols;
    size_t ngrams; /* the longest that is read; 0 or 1: characters alone */
    size_t ngram_size, ngram_rows;
    int bias, tied;
    /* the layout, from rnn_network_lay_out */
    size_t embedding_weight, ngram_weight;
    rnn_layer_layout layer[RNN_MAX_LAYERS];
    size_t output_weight, output_bias;
    size_t parameters; /* floats in all */
} rnn_network;

/* Checks the shape and computes the layout. RNN_ERR_RANGE says which size is
 * wrong (and that tying needs embedding == hidden). */
rnn_status rnn_network_lay_out(rnn_network *network, rnn_error *error);

/* 1, 3, 4 gate blocks in PyTorch's matrices for tanh, GRU, LSTM. */
size_t rnn_network_gates(const rnn_network *network);

/* Width of what layer k reads. Layer 0 reads the character by itself (embedding, or symbols),
 * and behind that the vectors of n-grams. */
size_t rnn_network_inputs(const rnn_network *network, size_t layer);
size_t rnn_network_character_inputs(const rnn_network *network);
size_t rnn_network_ngram_inputs(const rnn_network *network);

/* Lengths of n-grams that have vectors: 2 .. ngrams. And so many characters before the next one
 * are carried from one sequence to another. */
size_t rnn_network_orders(const rnn_network *network);

/* Floats of all those vectors, from ngram_weight on. */
size_t rnn_network_ngram_parameters(const rnn_network *network);

/* Floats of carried state for one stream: hidden per layer, twice for LSTM, and the numbers of
 * the symbols read last, `orders` of them. */
size_t rnn_network_state(const rnn_network *network);

#endif
