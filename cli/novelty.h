/* SPDX-License-Identifier: MIT
 *
 * novelty.h - the report of `rnn sample --novelty`: what of the samples stands in a
 * corpus already, in stretches and in whole lines.
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

/* Reads the corpus, which is what 'rnn train' takes: normalised, and of directories
 * the same files chosen, as in the model's training. `input` must stand. */
rnn_status novelty_open(novelty **out, const rnn_model *model, const char *input, rnn_error *error);
void novelty_close(novelty *self);

typedef struct novelty_sample {
    const char *text; /* as it was written */
    size_t bytes;
    size_t echoed; /* bytes at its beginning that were not drawn */
    int whole;     /* 1: its last line is whole, though no newline ends it */
} novelty_sample;

/* Compares samples [count], which must stand until the report has been given. Needs
 * four bytes of memory for each byte of the corpus. */
rnn_status novelty_compare(novelty *self, const novelty_sample *samples, size_t count,
                           rnn_error *error);

void novelty_print(const novelty *self, FILE *file);
/* The same as an object; NULL when memory is short. */
json_t *novelty_describe(const novelty *self);

#endif
