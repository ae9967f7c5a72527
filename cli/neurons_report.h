/* SPDX-License-Identifier: MIT
 *
 * neurons_report.h - what `rnn neurons` found, as a table and as JSON.
 */
#ifndef CLI_NEURONS_REPORT_H
#define CLI_NEURONS_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "inference/neurons.h"

typedef struct neurons_report {
    const rnn_neurons *found;
    rnn_model_info model;
    const char *name; /* of the model, as it was given */
    const char *text; /* "the validation part of book.txt" */
    int top;          /* units that are told for each predicate */
} neurons_report;

/* How far a row's first unit is above chance and above the character alone, in both halves. */
double neurons_report_lead(const rnn_neurons_row *row);

/* Percent of the units that would be above both by chance. */
double neurons_report_by_chance(const rnn_neurons *found);

/* The rows that have scores, the furthest lead first; returns their number. */
size_t neurons_report_sort(const rnn_neurons *found,
                           const rnn_neurons_row *out[RNN_PREDICATES_MOST]);

/* "LSTM, 2 layers of 256: tanh(c) of 512 units". */
void neurons_report_model(const neurons_report *report, char *out, size_t room);

/* "C", "prose": what the text was read as. */
const char *neurons_report_language(const rnn_neurons *found);

void neurons_report_print(FILE *file, const neurons_report *report);
/* NULL when memory is short. */
json_t *neurons_report_describe(const neurons_report *report);

#endif
