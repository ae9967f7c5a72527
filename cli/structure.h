/* SPDX-License-Identifier: MIT
 *
 * structure.h - the report of `rnn eval --structure`: how much of what a model opens it
 * closes, and the same of real text.
 */
#ifndef CLI_STRUCTURE_H
#define CLI_STRUCTURE_H

#include "cli/manners.h"

typedef struct structure_options {
    int language; /* 0: no such report is wanted; else 1 + the language's index */
    int streams;
    int64_t length;
    double temperature;
    uint64_t seed;
} structure_options;

const rnn_option *structure_table(size_t *count);

/* Draws from the model, reads the part that `plan` means of the inputs (none: then
 * there is no real text), and prints both. `plan` also says where and how precisely to
 * compute. Returns the exit code. */
int structure_report(const command *self, const structure_options *how, const manners *manner,
                     const rnn_model *model, const char *const *inputs, size_t count,
                     const rnn_evaluation *plan);

#endif
