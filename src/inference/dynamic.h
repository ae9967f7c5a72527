/* SPDX-License-Identifier: MIT
 *
 * dynamic.h - scoring with weights that follow the text.
 *
 * The text is one stream, cut into segments. Each segment is scored with the weights
 * as they are; then they move by the gradient of its loss, and the next one is read:
 * no loss is of a character that has been learnt from. (Mikolov and others 2010; the
 * rule with spreads and decay: Krause, Kahembwe, Murray and Renals 2018, "Dynamic
 * evaluation of neural sequence models", arXiv 1709.07432.)
 *
 * A parameter's spread is the root mean square of its gradients, relative to the mean
 * of all spreads; so a rate is what a weight moves in a segment whose gradient is as
 * large as usual, and a decay the share of the way back to where it came from, for a
 * parameter of mean spread. See rnn_adaptation. The vectors of n-grams are not among those of the
 * mean, and to their spread the usual one of those that were met is added: most are seldom met.
 */
#ifndef RNN_DYNAMIC_H
#define RNN_DYNAMIC_H

#include "inference/evaluator.h"
#include "model/model.h"

typedef struct rnn_dynamic rnn_dynamic;

/* Segments are of `segment` >= 1 characters of the text that `read` gives. `how` says
 * what computes: threads, cpu, device, precision (AUTO stands for float32). model and
 * context are borrowed. Errors of a device's create. */
rnn_status rnn_dynamic_create(rnn_dynamic **out, const rnn_model *model, rnn_symbol_source read,
                              const void *context, size_t segment, const rnn_evaluation *how,
                              rnn_error *error);
void rnn_dynamic_destroy(rnn_dynamic *dynamic);

/* Finds the spreads with the model's own weights, from `segments` segments (fewer where
 * the text is short) in that many stretches all over a span; to be called before
 * scores. Returns how many characters were read. */
uint64_t rnn_dynamic_gather(rnn_dynamic *dynamic, rnn_span span, size_t stretches, size_t segments);

/* Scores a span of at least two symbols from a zero state and the model's own weights,
 * which stay for its first `still` characters. RNN_ERR_DIVERGED. */
rnn_status rnn_dynamic_score(rnn_score *out, rnn_dynamic *dynamic, rnn_span span, uint64_t still,
                             double rate, double decay, rnn_error *error);

#endif
