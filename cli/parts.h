/* SPDX-License-Identifier: MIT
 *
 * parts.h - which part of a text a model is tried on, cut as its training cut it.
 */
#ifndef CLI_PARTS_H
#define CLI_PARTS_H

#include "rnn.h"
#include "text/symbols.h"

/* What --part, --val-frac and --test-frac say. */
typedef struct parts_wish {
    int part; /* rnn_part */
    double val_frac, test_frac;
    int val_frac_given, test_frac_given;
    int held_out; /* 1: no part is named; the validation part, if there is one */
} parts_wish;

/* Fills part, val_frac and test_frac of a plan: shares that are not given are those of the
 * model's training. RNN_ERR_RANGE for a part that is empty, or that training with streams
 * did not have. */
rnn_status parts_choose(rnn_evaluation *plan, const rnn_model *model, const parts_wish *wish,
                        rnn_error *error);

/* 1 if the model says that it was trained on this text. */
int parts_is_trained_on(const rnn_model *model, const rnn_symbols *symbols);

#endif
