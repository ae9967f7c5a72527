/* SPDX-License-Identifier: MIT
 *
 * configuration.h - a network's shape as JSON, for the model file.
 *
 *   {"version":1,"cell":"lstm","num_layers":2,"hidden_size":128,"embedding_size":0,
 *    "symbols":65,"bias":true,"tied_output":false}
 *
 * A network that reads n-grams has version 2, and behind these members
 * "ngrams":4,"ngram_size":32,"ngram_rows":32768.
 */
#ifndef RNN_CONFIGURATION_H
#define RNN_CONFIGURATION_H

#include "compute/network.h"

#define RNN_MODEL_VERSION 2

/* "tanh", "gru", "lstm". */
const char *rnn_configuration_cell(rnn_cell cell);

/* *out is released with rnn_free. RNN_ERR_MEMORY. */
rnn_status rnn_configuration_write(const rnn_network *network, char **out, rnn_error *error);

/* Reads, checks and lays out. RNN_ERR_FORMAT says which member is wrong;
 * RNN_ERR_UNSUPPORTED for a version later than RNN_MODEL_VERSION. */
rnn_status rnn_configuration_read(rnn_network *network, const char *json, rnn_error *error);

#endif
