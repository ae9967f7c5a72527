/* SPDX-License-Identifier: MIT
 *
 * show_figures.c - what `rnn show` says about a text in all its ways of drawing.
 */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "cli/figures.h"
#include "cli/show.h"

void show_shape(const show *s, char *out, size_t room) {
    snprintf(out, room, "%s, %d layer%s of %d units", figures_cell(s->info.cell),
             s->info.num_layers, s->info.num_layers == 1 ? "" : "s", s->info.hidden_size);
}

float *show_change(const show *s) {
    float *change = rnn_allocate(s->read.count + 1, sizeof *change);
    for (size_t i = 0; change && i < s->read.count; i++)
        change[i] = s->read.bits[i] - s->unheld.bits[i];
    return change;
}

static double bits_of(const show *s, const glyph *g) {
    double sum = 0;
    for (size_t i = g->first; i < g->first + g->count; i++)
        sum += isnan(s->read.bits[i]) ? 0 : (double)s->read.bits[i];
    return sum;
}

/* Keeps the list in order; returns how many it has. */
static size_t insert(show_word *list, size_t count, const show_word *word) {
    size_t at = count;
    for (; at > 0 && word->bits > list[at - 1].bits; at--)
        if (at < SHOW_WORDS)
            list[at] = list[at - 1];
    if (at < SHOW_WORDS)
        list[at] = *word;
    return count < SHOW_WORDS ? count + 1 : count;
}

/* A glyph's kind, an apostrophe's by what is around it. */
static int kind_of(const show *s, size_t g) {
    int kind = s->glyphs[g].kind;
    if (kind != GLYPH_APOSTROPHE)
        return kind;
    int between = g > 0 && s->glyphs[g - 1].kind == GLYPH_LETTER && g + 1 < s->glyph_count &&
                  s->glyphs[g + 1].kind == GLYPH_LETTER;
    return between ? GLYPH_LETTER : GLYPH_SIGN;
}

size_t show_surprising(const show *s, show_word *out) {
    size_t count = 0, line = 1;
    show_word word = {0};
    int before = GLYPH_BLANK;
    for (size_t g = 0; g < s->glyph_count; g++) {
        int kind = kind_of(s, g);
        if (kind != before || kind == GLYPH_ALONE) {
            if (word.count > 0)
                count = insert(out, count, &word);
            word = (show_word){.first = g, .line = line};
        }
        if (kind != GLYPH_BLANK) {
            word.count++;
            word.bits += bits_of(s, &s->glyphs[g]);
        }
        line += s->glyphs[g].newline;
        before = kind;
    }
    return word.count > 0 ? insert(out, count, &word) : count;
}
