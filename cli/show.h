/* SPDX-License-Identifier: MIT
 *
 * show.h - what `rnn show` has read, and the ways of drawing it.
 */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include <jansson.h>
#include <stdio.h>

#include "cli/glyphs.h"
#include "cli/reading.h"
#include "cli/terminal.h"

enum {
    SHOW_PREDICTIONS = 1,
    SHOW_CELLS = 2,
    SHOW_SURPRISE = 4,
    SHOW_GATES = 8,
};

#define SHOW_UNLIKELY 0.05f /* candidates below this are faint */

typedef struct show {
    const rnn_model *model;
    rnn_model_info info;
    const char *model_name, *text_name;
    int views; /* SHOW_* */
    uint64_t from;

    reading read;
    reading unheld; /* the same text without clamps, where there are clamps; else empty */
    const rnn_clamp *clamps;
    size_t clamp_count;
    survey figures;

    const rnn_probe *cells; /* [cell_count]: the units that panes show */
    size_t cell_count;
    const size_t *columns; /* [cell_count]: where their values stand in a row of `read` */
    int all_cells;         /* 1: the rows have all units of all layers */

    const glyph *glyphs; /* of readers */
    size_t glyph_count;
} show;

/* "LSTM, 2 layers of 128 units". */
void show_shape(const show *self, char *out, size_t room);

/* The change of each character's bits by the clamps, [count]; with rnn_free. */
float *show_change(const show *self);

/* A word among the most surprising ones: what stands between blanks. */
typedef struct show_word {
    size_t first, count; /* glyphs */
    size_t line;         /* from 1, in what is shown */
    double bits;
} show_word;

#define SHOW_WORDS 12

/* The words with the most bits, in that order, into out [SHOW_WORDS]; their number. */
size_t show_surprising(const show *self, show_word *out);

/* ------------------------------------------------------------------ drawing */

/* show_terminal.c: theme is a painter_theme. */
void show_draw_terminal(const show *self, const terminal *where, int theme);
/* show_html.c */
void show_draw_page(const show *self, FILE *file);
/* show_json.c: NULL where memory is short. */
json_t *show_describe(const show *self);

#endif
