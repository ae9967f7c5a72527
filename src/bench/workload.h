/* SPDX-License-Identifier: MIT
 *
 * workload.h - work whose speed is measured: its name, and how much it is.
 *
 *   train lstm 2x512 b100 s100 float32
 *   task  cell layers x units, streams, characters of a sequence, precision
 *
 *   train lstm 1x192 n5 b32 s64 float32
 *   the same, with vectors of the last 2, 3, 4 and 5 characters
 */
#ifndef RNN_WORKLOAD_H
#define RNN_WORKLOAD_H

#include <stddef.h>

#include "compute/network.h"

#define RNN_WORKLOAD_SYMBOLS 65 /* as many as tiny Shakespeare has */
#define RNN_WORKLOAD_NAME    80 /* room for a name */

/* Of n-grams' vectors, as the plan has them for longer texts. */
#define RNN_WORKLOAD_NGRAM_SIZE 16
#define RNN_WORKLOAD_NGRAM_ROWS 32768

typedef enum rnn_task { RNN_TASK_TRAIN, RNN_TASK_EVALUATE, RNN_TASK_SAMPLE } rnn_task;

typedef struct rnn_workload {
    rnn_task task;
    rnn_cell cell;
    size_t layers, hidden;
    size_t ngrams;           /* the longest that have vectors, or 0 */
    size_t batch;            /* streams side by side */
    size_t length;           /* characters of each that are read at once; sampling: 1 */
    rnn_precision precision; /* not AUTO */
} rnn_workload;

/* Reads a list of configurations, parted by commas. Each is a part of a standard
 * one's name, and then stands for all of those ("train", "lstm 2x512"), or a name
 * with a task, a cell and a size of its own; what it leaves out is as in the
 * standard ones. An empty list stands for all standard ones; what is named twice is
 * there once. `precision` is that of those that name none; AUTO is float32, and as well
 * bf16 and int8 for sampling one text and, with has_bf16, bf16 for training and
 * evaluating LSTM 2x512. *out is released with rnn_free. RNN_ERR_RANGE,
 * RNN_ERR_MEMORY. */
rnn_status rnn_workload_list(rnn_workload **out, size_t *count, const char *list,
                             rnn_precision precision, int has_bf16, rnn_error *error);

/* The whole name; `name` has room for RNN_WORKLOAD_NAME. */
void rnn_workload_name(const rnn_workload *what, char *name);

/* The network: one-hot characters, vectors of n-grams, biases. RNN_ERR_RANGE. */
rnn_status rnn_workload_network(const rnn_workload *what, rnn_network *out, rnn_error *error);

/* FLOP for one character, a multiplication with its addition counted as two, and
 * bytes of weights that one step reads, both by the formula in
 * docs/performance.md. */
double rnn_workload_flop(const rnn_workload *what);
size_t rnn_workload_weight_bytes(const rnn_workload *what);

#endif
