/* SPDX-License-Identifier: MIT
 *
 * score.h - the steps of rnn_evaluate one by one, for those who want more of the
 * same text.
 */
#ifndef RNN_SCORE_H
#define RNN_SCORE_H

#include "model/model.h"
#include "text/parts.h"
#include "text/symbols.h"

/* Reads inputs in the model's vocabulary. Errors as rnn_evaluate. */
rnn_status rnn_score_read(rnn_symbols **out, const rnn_model *model, const char *const *inputs,
                          size_t count, const rnn_evaluation *how, rnn_error *error);

/* A part of a text, cut by the shares of `how`; all of it for RNN_PART_ALL. */
rnn_span rnn_score_part(const rnn_symbols *symbols, const rnn_evaluation *how, rnn_part part);

/* Predictions that are made before all is forgotten: the window of the cold protocol. */
uint64_t rnn_score_segment(const rnn_evaluation *how);

/* Scores the part of a text that `how` asks for. Errors as rnn_evaluate. */
rnn_status rnn_score_symbols(const rnn_model *model, const rnn_symbols *symbols,
                             const rnn_evaluation *how, rnn_evaluation_result *out,
                             rnn_score_listener listener, void *context, rnn_error *error);

/* The same with weights that follow the text, as rnn_evaluate_dynamics tells. */
rnn_status rnn_score_dynamics(const rnn_model *model, const rnn_symbols *symbols,
                              const rnn_evaluation *how, const rnn_dynamics *dynamics,
                              rnn_dynamics_result *out, rnn_dynamics_listener listener,
                              void *context, rnn_error *error);

#endif
