/* SPDX-License-Identifier: MIT
 *
 * trial.h - which part of a text a model is tried on, cut as its training cut it.
 */
#ifndef RNN_TRIAL_H
#define RNN_TRIAL_H

#include "rnn.h"

/* What --part, --val-frac and --test-frac say. */
typedef struct rnn_trial_wish {
    int part; /* rnn_part */
    double val_frac, test_frac;
    int val_frac_given, test_frac_given;
    int held_out; /* 1: no part is named; the validation part, if there is one */
} rnn_trial_wish;

/* Fills part, val_frac and test_frac of a plan: shares that are not given are those of the
 * model's training. RNN_ERR_RANGE for a part that is empty, or that training with streams
 * did not have. */
rnn_status rnn_trial_choose(rnn_evaluation *plan, const rnn_model *model,
                            const rnn_trial_wish *wish, rnn_error *error);

/* "", "the validation part of ": what goes before the name of a text. */
const char *rnn_trial_words(int part);

#endif
