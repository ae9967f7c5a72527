/* SPDX-License-Identifier: MIT
 *
 * planner.h - sizes, batches, rates and regularisation for a text, a machine and a time.
 *
 * Chooses every setting that is RNN_AUTO and leaves the others as they are. The rules,
 * and the runs that they were fitted to, are in docs/planner.md.
 */
#ifndef RNN_PLANNER_H
#define RNN_PLANNER_H

#include <stdint.h>

#include "base/status.h"

/* What a plan is for. */
typedef struct rnn_plan_task {
    uint64_t characters; /* symbols of the training part, >= 2 */
    int symbols;         /* different ones */
    double seconds;      /* to train in, all measuring included */
    /* Characters a second that training goes at with these settings, of which none is
     * RNN_AUTO: measured for about `seconds` (calibration.h). */
    rnn_status (*speed)(void *context, const rnn_training *how, double seconds, double *out,
                        rnn_error *error);
    void *context;
} rnn_plan_task;

/* Shares that are dropped at most. */
#define RNN_PLAN_MOST_WEIGHTS_DROPPED 0.6
#define RNN_PLAN_MOST_NGRAMS_DROPPED  0.5

#define RNN_PLAN_LINES 6
#define RNN_PLAN_ROOM  192

/* What was chosen and why, a sentence a line, and what it is expected to come to. */
typedef struct rnn_plan {
    char line[RNN_PLAN_LINES][RNN_PLAN_ROOM];
    int lines;
    double characters_per_second;
    double passes; /* over the training text */
} rnn_plan;

/* Fills in *how. Fails as task->speed does; *how is then not to be used. */
rnn_status rnn_plan_settings(rnn_plan *out, rnn_training *how, const rnn_plan_task *task,
                             rnn_error *error);

#endif
