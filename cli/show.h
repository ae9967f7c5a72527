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

#define SHOW_MOST_CELLS 64
#define SHOW_UNLIKELY   0.05f /* candidates below this are faint */

typedef struct show {
    const rnn_model *model;
    rnn_model_info info;
    const char *model_name, *text_name;
    int views; /* SHOW_* */
    uint64_t from;

    reading read;
    reading unheld;      /* the same text without clamps, where there are clamps; else empty */
    const float *change; /* [read.count]: of each one's bits by the clamps; or NULL */
    const rnn_clamp *clamps;
    size_t clamp_count;
    survey figures; /* empty where no view and no choice needs it */

    const rnn_probe *cells; /* [cell_count], at most SHOW_MOST_CELLS: the units that panes show */
    size_t cell_count;
    int chosen; /* 1: they are those with the widest and slowest swings, not given ones */
    const size_t *columns;  /* [cell_count]: where their values stand in a row of `read` */
    int all_cells;          /* 1: the rows have all units of all layers */
    const rnn_probe *order; /* all units by their swings, for a page with all of them; or NULL */

    const glyph *glyphs; /* of readers */
    size_t glyph_count;
} show;

/* "LSTM, 2 layers of 128 units". */
void show_shape(const show *self, char *out, size_t room);

/* The change of each character's bits by the clamps, [count]; with rnn_free. */
float *show_change(const show *self);

/* A word among the most surprising ones: letters and digits, or signs, without a blank; of
 * scripts that have no blanks one character. */
typedef struct show_word {
    size_t first, count; /* glyphs */
    size_t line;         /* from 1, in what is shown */
    double bits;
} show_word;

#define SHOW_WORDS 12

/* The words with the most bits, in that order, into out [SHOW_WORDS]; their number. */
size_t show_surprising(const show *self, show_word *out);

/* ------------------------------------------------------------------ drawing */

/* Drawing takes no memory: all that it needs is there, so that a view is whole. */

/* show_terminal.c: theme is a painter_theme. */
void show_draw_terminal(const show *self, const terminal *where, int theme);
/* show_html.c */
void show_draw_page(const show *self, FILE *file);
/* show_json.c: NULL where memory is short. */
json_t *show_describe(const show *self);

#endif
