/* SPDX-License-Identifier: MIT
 *
 * neurons.h - finds the units of a network that follow something that a reader has a word
 * for: quotes, brackets, the line (structure/predicates.h), by what they score
 * (association.h).
 *
 * The text is read once. Units are ranked on its first half, and what they score, with the
 * sign that they had there, is of its second. What counts units asks both: on the half that
 * they are ranked by the best are good by luck, and picking from all of them those that are
 * good on the other would be the same luck again.
 */
#ifndef RNN_NEURONS_H
#define RNN_NEURONS_H

#include "model/model.h"
#include "structure/predicates.h"
#include "text/parts.h"
#include "text/symbols.h"

/* Characters that each shift needs, and one more: predicates then move by 187 at least, beyond
 * most lines, quotations and conditions. */
#define RNN_NEURONS_STRETCH 500
#define RNN_NEURONS_LEAST   (2 * RNN_NEURONS_STRETCH) /* characters, with one shift */
#define RNN_NEURONS_MOST    10000000 /* characters: a byte of memory for each and each predicate */
/* A unit is readable if it follows something so closely: an AUC of 0.9, a correlation of 0.8. */
#define RNN_NEURONS_READABLE 0.8

/* Told every few milliseconds how much of the text has been read, above 0 to 1. Returns 1 to go
 * on, 0 to leave it. */
typedef int (*rnn_neurons_listener)(void *context, double fraction);

typedef struct rnn_neurons_plan {
    const rnn_language *language; /* whose quotes and brackets; NULL: guessed */
    const char *after;            /* as rnn_predicates_create's */
    int shifts;                   /* turns that chance is measured with, >= 1 */
    uint64_t most;                /* characters that are read; 0: RNN_NEURONS_MOST */
    uint64_t seed;                /* of the turns */
    int threads;
    const char *cpu, *device;
    rnn_precision precision;
    rnn_neurons_listener listener; /* or NULL */
    void *context;
} rnn_neurons_plan;

/* What a unit has to do with a predicate. */
typedef struct rnn_neuron {
    int layer, unit; /* from 0 */
    int rises;       /* 1: higher where the predicate is, or is more; 0: lower */
    double chosen;   /* the first half's score, 0 to 1 */
    double score;    /* the second's, with that sign: -1 to 1 */
} rnn_neuron;

/* What both halves vouch for: the lower of the two. */
double rnn_neuron_lesser(const rnn_neuron *neuron);

typedef struct rnn_neurons_row {
    const rnn_predicate *predicate;
    int scored;         /* 0: it changes too seldom in this text; all below is then 0 */
    double mean;        /* of its values: the share of characters that have it */
    double chance;      /* the best that any unit scored with the predicate elsewhere */
    double alone;       /* what the character by itself scores (character_alone.h), at least 0 */
    size_t above;       /* units that score more than both, in each half */
    rnn_neuron *ranked; /* [units], by what they scored in the first half */
} rnn_neurons_row;

typedef struct rnn_neurons {
    size_t units;
    uint64_t characters;
    const rnn_language *language;
    int shifts;
    size_t count;
    rnn_neurons_row rows[RNN_PREDICATES_MOST]; /* [count] */
    size_t above;    /* units that are above chance and the character alone for something */
    size_t readable; /* of them, those that score RNN_NEURONS_READABLE at least in each half */
    /* How many would be, where no unit has to do with any predicate: the mean over the shifts,
     * each in turn taken for where the predicates belong, and the others for chance. 0 of one
     * shift, which has no others. */
    double above_by_chance, readable_by_chance;
    double seconds; /* of reading the text with the network */
    /* owned */
    rnn_predicates *predicates;
    uint8_t *values; /* [count][characters] */
    uint16_t *text;  /* [characters], symbols */
    rnn_neuron *all;
} rnn_neurons;

/* A score as it is written: an AUC, or a correlation. */
double rnn_neurons_figure(const rnn_neurons_row *row, double score);

/* The fewest characters that can be searched with so many shifts. */
uint64_t rnn_neurons_least(int shifts);

/* Searches the beginning of a span of a text. *out is NULL, too, where the listener leaves it,
 * which is no failure. RNN_ERR_RANGE for less than rnn_neurons_least
 * characters, RNN_ERR_MEMORY. */
rnn_status rnn_neurons_find(rnn_neurons **out, const rnn_model *model, const rnn_symbols *symbols,
                            rnn_span span, const rnn_neurons_plan *plan, rnn_error *error);
void rnn_neurons_destroy(rnn_neurons *neurons);

#endif
