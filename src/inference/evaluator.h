/* SPDX-License-Identifier: MIT
 *
 * evaluator.h - how well a network predicts a text.
 *
 * The text is cut into segments; each is read from a zero state with the state
 * carried through it, several segments side by side. Long segments read alone
 * are the "stream" protocol, short ones the "cold" one; training validates with
 * as many long segments side by side as its batches have streams.
 */
#ifndef RNN_EVALUATOR_H
#define RNN_EVALUATOR_H

#include "compute/device.h"
#include "text/parts.h"

/* How rnn_evaluate reads: characters at once, and windows of the cold protocol
 * side by side. */
#define RNN_EVALUATOR_LENGTH  256
#define RNN_EVALUATOR_STREAMS 32

/* Where the symbols come from: out[0 .. count) = text[from ..). */
typedef void (*rnn_symbol_source)(const void *context, uint64_t from, size_t count, int32_t *out);

/* rnn_symbols as a source; context is the rnn_symbols. */
void rnn_evaluator_read_symbols(const void *context, uint64_t from, size_t count, int32_t *out);

typedef struct rnn_evaluation_plan {
    rnn_symbol_source read;
    const void *context;
    const rnn_span *spans; /* parts of the text; nothing is predicted across two of them */
    size_t span_count;
    uint64_t segment;            /* predictions a segment at most, >= 1 */
    size_t batch, length;        /* of the engine */
    rnn_score_listener listener; /* or NULL; in the text's order only if batch is 1 */
    void *listener_context;
} rnn_evaluation_plan;

/* Runs it. Every symbol of a span but its first is predicted exactly once. The
 * engine's carried state is overwritten. RNN_ERR_MEMORY. */
rnn_status rnn_evaluator_run(rnn_score *out, const rnn_device *device, rnn_engine *engine,
                             const rnn_evaluation_plan *plan, rnn_error *error);

/* Predictions in the spans: their lengths less one each. */
uint64_t rnn_evaluator_count(const rnn_span *spans, size_t count);

#endif
