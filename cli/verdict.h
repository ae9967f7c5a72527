/* SPDX-License-Identifier: MIT
 *
 * verdict.h - what a run's losses say of it: does it under-fit, over-fit, or want
 * more time? The rules stand in docs/quality.md ("Is it good?").
 */
#ifndef CLI_VERDICT_H
#define CLI_VERDICT_H

#include <jansson.h>
#include <stddef.h>

/* Shares of the validation loss. */
#define VERDICT_RISE    0.01  /* so far above the best: validation has turned */
#define VERDICT_FALL    0.01  /* in the last quarter of the steps: it still falls */
#define VERDICT_ENDING  0.03  /* the same where the learning rate went to zero at the end */
#define VERDICT_GAP     0.15  /* training so far below validation is learning by heart */
#define VERDICT_CLOSE   0.03  /* training nearer than that has learnt what it can */
#define VERDICT_NEEDED  4     /* validations, to speak of a slope */
#define VERDICT_NO_LESS 0.005 /* nats: figures nearer than that are as good */

/* Losses in nats per character; NAN for what is not known. Zero is a loss, so begin
 * with verdict_unknown. */
typedef struct verdict_losses {
    double training;   /* smoothed, where validation was best */
    double validation; /* the best */
    double latest;     /* the last validation */
    double fall;       /* from three quarters of the steps to the last validation */
    double scored;     /* what the n-gram model is compared with */
    double baseline;   /* the n-gram model's */
    int order;         /* its order */
    int comparable;    /* 1: of text that the run has held out, so that they judge it */
    int ending;        /* 1: the schedule takes the learning rate to zero at the end */
    double weight_drop, ngram_dropout; /* as the run had them */
    int ngrams;                        /* 1: the network reads vectors of n-grams */
} verdict_losses;

verdict_losses verdict_unknown(void);

typedef enum verdict {
    VERDICT_UNKNOWN = 0,
    VERDICT_OVER_FITS,
    VERDICT_MORE_TIME,
    VERDICT_UNDER_FITS,
    VERDICT_FITS,
} verdict;

/* The rules, in the order in which they are asked. */
verdict verdict_of(const verdict_losses *losses);

/* "over-fits", "more-time", "under-fits", "fits", "unknown". */
const char *verdict_name(verdict of);

/* One or two sentences: beside the n-gram model, if there is one, and the verdict with
 * what to try. "" where nothing is known. */
void verdict_say(const verdict_losses *losses, char *out, size_t room);

/* The figures, the name and the sentences as JSON; NULL when memory is short. */
json_t *verdict_describe(const verdict_losses *losses);

#endif
