/* SPDX-License-Identifier: MIT
 *
 * schedule.h - the learning rate of each step.
 */
#ifndef RNN_SCHEDULE_H
#define RNN_SCHEDULE_H

#include "rnn.h"

/* Where a run stands before a step. */
typedef struct rnn_schedule_place {
    int64_t step;           /* updates made so far */
    int64_t steps_an_epoch; /* >= 1 */
    double fraction;        /* of the budget that is spent, 0..1 */
} rnn_schedule_place;

/* The rate of the next step. During warm-up it climbs in equal steps to the full
 * rate, first used at step warmup_steps. Then, with E the epochs completed:
 *   constant     rate
 *   epoch decay  rate factor^max(0, E - decay_after + 1)      (char-rnn)
 *   step decay   rate factor^floor(E / decay_every)           (StepLR; torch-rnn's way)
 *   cosine       rate (1 + cos(pi p)) / 2, p from 0 at the end of warm-up to 1
 *   linear       rate (1 - p)
 */
double rnn_schedule_rate(const rnn_training *how, const rnn_schedule_place *place);

#endif
