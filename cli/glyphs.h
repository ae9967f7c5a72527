/* SPDX-License-Identifier: MIT
 *
 * glyphs.h - a text as it is shown: cut into what is seen as one thing each.
 *
 * What would not show, or would act upon a terminal or a page, is replaced by something
 * that stands for it: control characters by pictures of them, a byte that is no character
 * by its two digits, invisible formats by a box. A mark without a letter under it is set
 * on a dotted circle.
 */
#ifndef CLI_GLYPHS_H
#define CLI_GLYPHS_H

#include "rnn.h"

#define GLYPH_BYTES 40

/* What a glyph is in a word. */
typedef enum glyph_kind {
    GLYPH_SIGN,       /* punctuation, symbols, controls */
    GLYPH_BLANK,      /* spaces of any width, tabs and newlines */
    GLYPH_LETTER,     /* letters, digits and _ */
    GLYPH_APOSTROPHE, /* a sign, but between letters one of them */
    GLYPH_ALONE,      /* of a script that is written without blanks: as good as a word */
} glyph_kind;

typedef struct glyph {
    char text[GLYPH_BYTES]; /* UTF-8, a NUL behind it */
    size_t first, count;    /* the symbols that it shows */
    unsigned char columns;  /* of a terminal, at least 1 */
    unsigned char stands;   /* 1: the text stands for what does not show itself */
    unsigned char kind;     /* glyph_kind, of its first character */
    unsigned char newline;  /* 1: a line ends behind it */
} glyph;

/* 1 for a character that shows itself, 0 for one that another stands for. */
int glyphs_shows(uint32_t code);

/* Cuts symbols [count] into whole characters with their marks (grapheme clusters). *out has
 * *glyph_count of them and is released with rnn_free; RNN_ERR_MEMORY. */
rnn_status glyphs_cut(glyph **out, size_t *glyph_count, const rnn_model *model,
                      const int32_t *symbols, size_t count, rnn_error *error);

/* A glyph's number, of those of symbols, numbers[i * stride]: their sum, or the last one's,
 * which has seen them all. */
double glyphs_number(const glyph *of, const float *numbers, size_t stride, int sum);

/* One symbol by itself; `seen` says that a space is to be seen too. */
glyph glyphs_symbol(const rnn_model *model, int32_t symbol, int seen);

#endif
