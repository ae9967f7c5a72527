/* SPDX-License-Identifier: MIT
 *
 * reading.h - what a model did at each character of a piece of text, kept to be shown;
 * and what all its units did there, in figures.
 */
#ifndef CLI_READING_H
#define CLI_READING_H

#include "inference/evaluator.h"
#include "rnn.h"

/* A text to read: the symbols from its beginning on, of which [from, from + count) are
 * looked at. */
typedef struct reading_text {
    rnn_symbol_source read;
    const void *context;
    uint64_t from;
    size_t count;
} reading_text;

typedef struct reading {
    size_t count;
    int32_t *symbols; /* [count] */
    float *bits;      /* [count]: -log2 p of each; NaN for the first of a text */
    size_t width;
    float *values; /* [count][width]: of the probes that were asked for */
    int candidates;
    rnn_candidate *likeliest; /* [count][candidates]: what comes next, the likeliest first */
} reading;

/* Reads the text and keeps what `how` looks at. Errors as rnn_tracer_create. */
rnn_status reading_make(reading *out, const rnn_model *model, const reading_text *text,
                        const rnn_tracing *how, rnn_error *error);
void reading_release(reading *self);

/* The sum of the bits that are known, and of how many characters. */
double reading_total(const reading *self, size_t *characters);

/* ------------------------------------------------------------------ figures */

#define SURVEY_GATES 3 /* at most: i f o, or r z */

typedef struct survey {
    size_t layers, hidden;
    int gates;
    const char *names[SURVEY_GATES]; /* "i", "f", "o" */
    /* [layers * hidden]: how widely and slowly a unit's value swings, its covariance with
     * itself one character later. */
    double *swing;
    /* [gates][layers * hidden]: the share of characters at which a gate is open, above
     * 0.9 (right-saturated), and shut, below 0.1 (left-saturated): Karpathy, Johnson and
     * Fei-Fei, "Visualizing and Understanding Recurrent Networks", 2015. */
    double *open, *shut;
} survey;

/* Reads the text with all units in sight; of `how` the probes do not count. */
rnn_status survey_make(survey *out, const rnn_model *model, const reading_text *text,
                       const rnn_tracing *how, rnn_error *error);
void survey_release(survey *self);

/* The units with the widest and slowest swings, in that order: at most `most`, into
 * out. Returns their number. */
size_t survey_choose(const survey *self, rnn_probe *out, size_t most);

#endif
