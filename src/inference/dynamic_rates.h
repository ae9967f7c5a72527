/* SPDX-License-Identifier: MIT
 *
 * dynamic_rates.h - which rate and decay of dynamic evaluation suit a text.
 */
#ifndef RNN_DYNAMIC_RATES_H
#define RNN_DYNAMIC_RATES_H

#include "inference/dynamic.h"

/* What is taken where there is no text to choose on. */
#define RNN_DYNAMIC_RATE  0.001
#define RNN_DYNAMIC_DECAY 0.001

/* Scores the span with pairs of a grid (docs/dynamic-evaluation.md), from its middle on
 * to a neighbour as long as there is a better one. A rate or decay that is not negative
 * stays as it is. A pair that diverges counts as bad. Leaves the best in *rate and
 * *decay and tells the listener, unless NULL, of each that is tried. */
void rnn_dynamic_rates_choose(rnn_dynamic *dynamic, rnn_span span, double *rate, double *decay,
                              rnn_dynamics_listener listener, void *listener_context);

#endif
