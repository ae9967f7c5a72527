/* SPDX-License-Identifier: MIT
 *
 * association.h - how closely each unit of a network follows each property of a text.
 *
 * A property is a number for each character, a unit's activation another. Their score:
 *
 *   yes or no   2 AUC - 1, where AUC (Mann and Whitney's U over all pairs) is the chance that
 *               the unit is higher at a character that has the property than at one that
 *               has not; equal counts half
 *   graded      Pearson's correlation
 *
 * Both are 0 for a unit that has nothing to do with the property, and 1 or -1 for one that
 * tells it entirely. The text has two halves and each score two values: the one half is to
 * choose units by, the other to say how good the chosen are. The best of many units on the
 * text that it was chosen on is good by luck alone.
 *
 * Chance is what units score with the property moved against the text: each half is turned
 * in a circle, by so far that nothing of the text's meaning is left. A shuffled property
 * would not do. Activations and properties stay what they are for many characters on end (a
 * quotation, a line), so a text of 100,000 characters has perhaps a thousand independent
 * places; a shuffle makes 100,000 of them, and then every unit that drifts slowly looks far
 * better than chance. Turning keeps the stretches of both as they are and loses only what
 * they have to do with each other.
 *
 * Activations are read in RNN_ASSOCIATION_STEPS steps from -1 to 1, about what an eye can
 * tell apart in a picture of them. All sums are whole numbers, so no score depends on the
 * number of threads. Memory does not grow with the text.
 */
#ifndef RNN_ASSOCIATION_H
#define RNN_ASSOCIATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define RNN_ASSOCIATION_STEPS 128
/* A property must change so often in each half: ten stretches of it, or it has no score. */
#define RNN_ASSOCIATION_CHANGES 20

typedef struct rnn_association_plan {
    size_t units, properties;
    uint64_t characters;   /* below 2^32; the first half has characters / 2 */
    const uint8_t *values; /* [properties][characters], borrowed; yes or no: 1 or 0 */
    const uint8_t *graded; /* [properties], borrowed: 1 or 0 */
    size_t shifts;         /* turns that chance is measured with */
    uint64_t seed;         /* of how far they go */
    int threads;           /* 0: rnn_threads_default */
} rnn_association_plan;

typedef struct rnn_association rnn_association;

/* RNN_ERR_MEMORY. */
rnn_status rnn_association_create(rnn_association **out, const rnn_association_plan *plan,
                                  rnn_error *error);
void rnn_association_destroy(rnn_association *association);

/* The next character's activations [units]; exactly `characters` calls. Cannot fail. */
void rnn_association_add(rnn_association *association, const float *activations);

/* 1 if a property changes often enough to have scores. */
int rnn_association_has(const rnn_association *association, size_t property);

/* Scores [units] of a property that has them, after the last character: half 0 or 1; shift
 * 0 is the property where it belongs, 1 .. shifts where it does not. */
const float *rnn_association_scores(const rnn_association *association, size_t half,
                                    size_t property, size_t shift);

/* What a unit scores in the second half, with the sign that its score has in the first: below
 * 0 where the halves disagree. */
double rnn_association_score(const rnn_association *association, size_t property, size_t shift,
                             size_t unit);

/* What both halves vouch for: the lower of that and the first half's own score. */
double rnn_association_lesser(const rnn_association *association, size_t property, size_t shift,
                              size_t unit);

/* What the property at a shift is to be held against: the best that any unit scores in the
 * second half, in this sense, with it at any other shift but 0; 0 where there is no other. For
 * shift 0, where the property belongs, this is chance. */
double rnn_association_chance(const rnn_association *association, size_t property, size_t shift);

#endif
