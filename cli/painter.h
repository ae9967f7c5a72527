/* SPDX-License-Identifier: MIT
 *
 * painter.h - text in a terminal that is colored by numbers: as a grid, or as panes side by
 * side. In 24-bit colors where COLORTERM says so, else in 256; without colors, digits under
 * the text tell the numbers.
 */
#ifndef CLI_PAINTER_H
#define CLI_PAINTER_H

#include "cli/glyphs.h"
#include "cli/palette.h"
#include "cli/terminal.h"

typedef struct painter {
    FILE *file;
    int color, full; /* escape sequences are welcome; 24-bit ones too */
    int dark;
    int ascii;    /* what stands for something is to be ASCII */
    size_t width; /* columns */
    int on;       /* a color has been begun */
} painter;

typedef enum painter_theme {
    PAINTER_THEME_AUTO = 0, /* COLORFGBG says, else dark */
    PAINTER_THEME_DARK,
    PAINTER_THEME_LIGHT,
} painter_theme;

painter painter_open(const terminal *where, int theme);

/* From here on text has the color of this number; painter_plain ends that. Nothing happens
 * in a terminal without colors. */
void painter_begin(painter *self, palette_scale scale, double number);
void painter_plain(painter *self);

/* Digit or letter for a number, where there are no colors: of signed ones '1' to '9' for
 * tenths from 0.1 on and 'a' to 'i' for those below zero, of probabilities tenths, of bits
 * whole ones; ' ' for nothing. */
char painter_sign(palette_scale scale, double number);

/* A glyph, and spaces up to a number of columns. */
void painter_glyph(painter *self, const glyph *of, size_t columns);

/* Panes over the same text, as many side by side as there is room for. */
typedef struct painter_pane {
    const char *title;    /* one line; NULL: none */
    const float *numbers; /* of each glyph [glyph_count] */
    palette_scale scale;
} painter_pane;

void painter_panes(painter *self, const painter_pane *panes, size_t count, const glyph *glyphs,
                   size_t glyph_count);

/* The colors of a scale, between words for its ends; without colors, what digits mean. */
void painter_legend(painter *self, palette_scale scale, const char *low, const char *high);

#endif
