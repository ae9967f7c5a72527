/* SPDX-License-Identifier: MIT
 *
 * novelty.h - the report of `rnn sample --novelty`: what of the samples stands in a
 * corpus already, in stretches or in whole lines.
 *
 * Beside it stands the same for real text: the end of the corpus, as long as the
 * samples (at most a twentieth of the corpus), compared with what comes before it.
 */
#ifndef CLI_NOVELTY_H
#define CLI_NOVELTY_H

#include <jansson.h>
#include <stdio.h>

#include "rnn.h"

typedef struct novelty novelty;

typedef enum novelty_kind {
    NOVELTY_STRETCHES = 0, /* and how many lines are new */
    NOVELTY_LINES,         /* and which new ones are the most plausible */
} novelty_kind;

typedef struct novelty_plan {
    const char *input; /* what 'rnn train' takes; it must stand */
    int kind;          /* novelty_kind */
    size_t most;       /* new lines that are shown in words */
    /* Lines: with what the model reads them; threads, cpu, device and precision count. */
    rnn_evaluation scoring;
} novelty_plan;

/* Reads the corpus: normalised, and of directories the same files chosen, as in the
 * model's training. The model must stand. RNN_ERR_UNSUPPORTED for lines and a model that
 * knows no newline. */
rnn_status novelty_open(novelty **out, const rnn_model *model, const novelty_plan *plan,
                        rnn_error *error);
void novelty_close(novelty *self);

typedef struct novelty_sample {
    const char *text; /* as it was written */
    size_t bytes;
    size_t echoed; /* bytes at its beginning that were not drawn */
    int begins;    /* 1: what was drawn begins a line */
    int ends;      /* 1: its last line is whole, though no newline ends it */
} novelty_sample;

/* Compares samples [count], which must stand until the report has been given. Stretches
 * need four bytes of memory for each byte of the corpus, lines 11 to 22 for each line. */
rnn_status novelty_compare(novelty *self, const novelty_sample *samples, size_t count,
                           rnn_error *error);

void novelty_print(const novelty *self, FILE *file);
/* The same as an object; NULL when memory is short. */
json_t *novelty_describe(const novelty *self);

#endif
