/* SPDX-License-Identifier: MIT
 *
 * review.h - what `rnn train` says of a run when it is done.
 */
#ifndef CLI_REVIEW_H
#define CLI_REVIEW_H

#include "cli/baseline.h"
#include "cli/verdict.h"

typedef struct review {
    verdict_losses losses;
    int has_baseline;
    rnn_baseline baseline;
} review;

/* Reads the run's log and, where that takes next to none of the time that training took,
 * learns n-grams of the text and scores them as training scored its validations. What
 * cannot be had is left out: a review is no part of the work. `made` is the event MODEL,
 * `last` the last one. */
void review_make(review *out, const rnn_training *how, const char *const *inputs, size_t count,
                 const rnn_event *made, const rnn_event *last);

#endif
