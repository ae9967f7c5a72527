/* SPDX-License-Identifier: MIT
 *
 * score.h - the pieces of rnn_evaluate, for those who do more with the same text.
 */
#ifndef RNN_SCORE_H
#define RNN_SCORE_H

#include "inference/evaluator.h"
#include "model/model.h"

/* Checks what is asked for and reads the text, of which hash and skipped are told.
 * *symbols is the caller's to destroy. Errors of rnn_evaluate. */
rnn_status rnn_score_open(rnn_symbols **symbols, const rnn_model *model, const char *const *inputs,
                          size_t count, const rnn_evaluation *how, rnn_evaluation_result *out,
                          rnn_error *error);

/* Where a part (rnn_part) lies. */
rnn_span rnn_score_part(const rnn_symbols *symbols, const rnn_evaluation *how, int part);

/* Scores the part that is asked for. RNN_ERR_RANGE if it is too short. */
rnn_status rnn_score_run(const rnn_model *model, const rnn_symbols *symbols,
                         const rnn_evaluation *how, rnn_evaluation_result *out,
                         rnn_score_listener listener, void *context, rnn_error *error);

#endif
