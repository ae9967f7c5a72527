/* SPDX-License-Identifier: MIT
 *
 * network.h - the shape of a network, and where its parameters lie.
 *
 * All parameters lie in one flat float32 array (gradients and moments in others
 * of the same size). A network says at which offset each matrix begins; the
 * matrices have PyTorch's shapes and gate orders:
 *
 *   embedding.weight    [symbols][embedding]         if embedding > 0
 *   rnn.weight_ih_l{k}  [gates * hidden][inputs]     inputs of layer 0: embedding, or symbols
 *   rnn.weight_hh_l{k}  [gates * hidden][hidden]
 *   rnn.bias_ih_l{k}    [gates * hidden]             if bias
 *   rnn.bias_hh_l{k}    [gates * hidden]             if bias
 *   output.weight       [symbols][hidden]            the embedding itself if tied
 *   output.bias         [symbols]
 */
#ifndef RNN_NETWORK_H
#define RNN_NETWORK_H

#include <stddef.h>

#include "base/status.h"

#define RNN_MAX_LAYERS 32

typedef struct rnn_layer_layout {
    size_t weight_ih, weight_hh, bias_ih, bias_hh; /* offsets, in floats */
} rnn_layer_layout;

typedef struct rnn_network {
    /* the shape */
    rnn_cell cell;
    size_t layers, hidden, embedding, symbols;
    int bias, tied;
    /* the layout, from rnn_network_lay_out */
    size_t embedding_weight;
    rnn_layer_layout layer[RNN_MAX_LAYERS];
    size_t output_weight, output_bias;
    size_t parameters; /* floats in all */
} rnn_network;

/* Checks the shape and computes the layout. RNN_ERR_RANGE says which size is
 * wrong (and that tying needs embedding == hidden). */
rnn_status rnn_network_lay_out(rnn_network *network, rnn_error *error);

/* 1, 3, 4 gate blocks in PyTorch's matrices for tanh, GRU, LSTM. */
size_t rnn_network_gates(const rnn_network *network);

/* Width of what layer k reads. */
size_t rnn_network_inputs(const rnn_network *network, size_t layer);

/* Floats of carried state for one stream: hidden per layer, twice for LSTM. */
size_t rnn_network_state(const rnn_network *network);

#endif
