/* SPDX-License-Identifier: MIT
 *
 * extent.h - how much of a text is read: the options that all commands share that try a model
 * on a text that may be the one it was trained on.
 */
#ifndef CLI_EXTENT_H
#define CLI_EXTENT_H

#include "cli/arguments.h"

typedef struct extent {
    int part; /* rnn_part */
    int on_unknown;
    double val_frac, test_frac;
    const char *include, *exclude;
} extent;

const rnn_option *extent_table(size_t *count);

/* Fills how a text is read. */
void extent_fill(rnn_evaluation *plan, const extent *how);

/* Fills the part and its shares; those that are not given are those of the model's training.
 * held_out: the validation part is read, if there is one, where no part is given. Errors of
 * rnn_trial_choose. */
rnn_status extent_choose(rnn_evaluation *plan, const rnn_model *model, const arguments_part *given,
                         int held_out, rnn_error *error);

#endif
