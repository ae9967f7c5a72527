/* SPDX-License-Identifier: MIT
 *
 * gallery.h - the most readable units of a model, each beside a piece of text that shows
 * what it follows: a page.
 *
 * The text is chosen by what it is, never by what the unit does there: the piece of the
 * second half where the predicate varies the most.
 */
#ifndef CLI_GALLERY_H
#define CLI_GALLERY_H

#include "cli/glyphs.h"
#include "cli/neurons_report.h"
#include "cli/reading.h"

#define GALLERY_MOST 10
/* A piece has so many characters or lines, about: it ends with a line where lines are short. */
#define GALLERY_LENGTH 900
#define GALLERY_LINES  26

typedef struct exhibit {
    const rnn_neurons_row *row;
    const rnn_neuron *neuron;
    uint64_t begin;        /* of the piece, in the text that was read */
    size_t count;          /* characters of it */
    const uint8_t *values; /* [count]: of the predicate */
    reading read;
    glyph *glyphs; /* [glyph_count] */
    size_t glyph_count;
} exhibit;

typedef struct gallery {
    const neurons_report *report;
    size_t count;
    exhibit exhibits[GALLERY_MOST + 1]; /* [count], and one of the usual kind behind them */
} gallery;

/* Chooses units, by the lower of their scores in the two halves: the best in either are good by
 * luck alone. Each stands for what it follows most closely. Shown is the best of each
 * predicate, the furthest ahead of chance and of the character alone first; then the second
 * of each, and the third; none that is not clearly ahead. The last is the unit that half of all
 * units are ahead of, unless it is among the others. Fills row and neuron of the exhibits, and
 * count. RNN_ERR_MEMORY. */
rnn_status gallery_choose(gallery *self, rnn_error *error);

/* The piece of the text that shows a row. */
void gallery_find_piece(const rnn_neurons *found, const rnn_model *model,
                        const rnn_neurons_row *row, uint64_t *begin, size_t *count);

/* Chooses, and reads what is to be shown. RNN_ERR_MEMORY. */
rnn_status gallery_make(gallery *self, const rnn_model *model, const rnn_tracing *how,
                        rnn_error *error);
void gallery_release(gallery *self);

void gallery_draw(const gallery *self, FILE *file);

#endif
