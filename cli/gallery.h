/* SPDX-License-Identifier: MIT
 *
 * gallery.h - the most readable units of a model, each beside a piece of text that shows
 * what it follows: a page.
 */
#ifndef CLI_GALLERY_H
#define CLI_GALLERY_H

#include "cli/glyphs.h"
#include "cli/neurons_report.h"
#include "cli/reading.h"
#include "inference/exhibits.h"

typedef struct exhibit {
    rnn_exhibit of;
    const uint8_t *values; /* [read.count]: of the predicate, in the piece that is shown */
    reading read;
    glyph *glyphs; /* [glyph_count] */
    size_t glyph_count;
} exhibit;

typedef struct gallery {
    const neurons_report *report;
    size_t count;
    exhibit exhibits[RNN_EXHIBITS_MOST]; /* [count] */
    exhibit usual;                       /* or nothing */
} gallery;

/* Chooses, and reads what is to be shown. RNN_ERR_MEMORY. */
rnn_status gallery_make(gallery *self, const rnn_model *model, const rnn_tracing *how,
                        rnn_error *error);
void gallery_release(gallery *self);

void gallery_draw(const gallery *self, FILE *file);

#endif
