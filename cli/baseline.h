/* SPDX-License-Identifier: MIT
 *
 * baseline.h - the n-gram model beside a network: its options, which text it learns,
 * and how it is told.
 */
#ifndef CLI_BASELINE_H
#define CLI_BASELINE_H

#include <jansson.h>
#include <stdio.h>

#include "base/options.h"
#include "inference/baseline.h"

typedef struct baseline_options {
    int wanted, order;
    int64_t megabytes;
    const char *text;
} baseline_options;

const rnn_option *baseline_table(size_t *count);

/* Chooses the part to score where the user has named none: the validation part, if
 * the text is the one that the model was trained on. RNN_ERR_RANGE where the n-gram
 * model would be scored on what it has counted. */
rnn_status baseline_choose_part(const baseline_options *options, const rnn_model *model,
                                const rnn_symbols *scored, int part_given, rnn_evaluation *how,
                                rnn_error *error);

/* Learns from the training part of the text - the one named by the options, else the one
 * that is scored if it has a training part (`part_given`, or the model was trained on
 * it), else the one that the model was trained on - and scores the part that `how` says.
 * Errors as rnn_evaluate and rnn_baseline_run. */
rnn_status baseline_run(rnn_baseline *out, const baseline_options *options, const rnn_model *model,
                        const rnn_symbols *scored, const rnn_evaluation *how, rnn_error *error);

/* Prints the figures as lines of a result. */
void baseline_print(FILE *file, const rnn_baseline *of);

/* The same as JSON; NULL when memory is short. */
json_t *baseline_describe(const rnn_baseline *of);

#endif
