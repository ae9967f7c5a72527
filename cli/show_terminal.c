/* SPDX-License-Identifier: MIT
 *
 * show_terminal.c - the views of `rnn show` in a terminal.
 */
#include <math.h>
#include <string.h>

#include "cli/figures.h"
#include "cli/painter.h"
#include "cli/show.h"

#define PLOT_COLUMNS  ((size_t)23)
#define PLOT_ROWS     ((size_t)10)
#define MOST_WIDE     ((size_t)200) /* columns of symbols in one block of the grid */
#define NARROW        ((size_t)44)  /* a window with less is narrow for a list of words */
#define LEAST_OF_WORD 4             /* glyphs of a word that are shown in any window */
#define MOST_HELD     ((size_t)12)  /* held units that are named */

static void heading(painter *p, const char *text) {
    fprintf(p->file, "\n%s%s%s\n", p->color ? "\x1b[1m" : "", text, p->color ? "\x1b[0m" : "");
}

/* A sentence or more, wrapped. */
static void say(painter *p, const char *text) {
    figures_wrap(p->file, text, p->width, 0, 0);
}

/* --------------------------------------------------------------- predictions */

typedef struct grid {
    const show *of;
    size_t count;
    size_t behind; /* columns behind each symbol: what colors would tell */
} grid;

static glyph text_of(const grid *g, size_t symbol) {
    return glyphs_symbol(g->of->model, g->of->read.symbols[symbol], 0);
}

static glyph candidate_of(const show *s, size_t symbol, int rank) {
    const rnn_candidate *c = &s->read.likeliest[symbol * (size_t)s->read.candidates + (size_t)rank];
    return glyphs_symbol(s->model, c->symbol, 1);
}

/* A column is as wide as the widest that stands in it. */
static size_t column_width(const grid *g, size_t symbol) {
    size_t widest = text_of(g, symbol).columns;
    for (int rank = 0; rank < g->of->read.candidates; rank++) {
        glyph each = candidate_of(g->of, symbol, rank);
        widest = each.columns > widest ? each.columns : widest;
    }
    return widest + g->behind;
}

static void draw_text_row(painter *p, const grid *g, size_t begin, size_t end,
                          const unsigned char *widths) {
    const reading *read = &g->of->read;
    for (size_t i = begin; i < end; i++) {
        glyph each = text_of(g, i);
        if (g->of->cell_count > 0)
            painter_begin(p, PALETTE_SIGNED,
                          (double)read->values[i * read->width + g->of->columns[0]]);
        painter_glyph(p, &each, widths[i - begin]);
    }
    painter_plain(p);
    fputc('\n', p->file);
    if (p->color)
        return;
    for (size_t i = begin; g->of->cell_count > 0 && i < end; i++)
        fprintf(p->file, "%-*c", (int)widths[i - begin],
                painter_sign(PALETTE_SIGNED,
                             (double)read->values[i * read->width + g->of->columns[0]]));
    fputs(g->of->cell_count > 0 ? "\n" : "", p->file);
    for (size_t i = begin; i < end; i++)
        fprintf(p->file, "%-*c", (int)widths[i - begin],
                painter_sign(PALETTE_BITS, (double)read->bits[i]));
    fputc('\n', p->file);
}

static void draw_candidates(painter *p, const grid *g, int rank, size_t begin, size_t end,
                            const unsigned char *widths) {
    const reading *read = &g->of->read;
    for (size_t i = begin; i < end; i++) {
        const rnn_candidate *c = &read->likeliest[i * (size_t)read->candidates + (size_t)rank];
        glyph each = candidate_of(g->of, i, rank);
        int hit = i + 1 < g->count && read->symbols[i + 1] == c->symbol;
        painter_begin(p, PALETTE_PROBABILITY, (double)c->probability);
        if (p->color)
            fputs(hit ? "\x1b[4m" : c->probability < SHOW_UNLIKELY ? "\x1b[2m" : "", p->file);
        painter_glyph(p, &each, each.columns);
        if (p->color)
            fputs(hit || c->probability < SHOW_UNLIKELY ? "\x1b[22;24m" : "", p->file);
        else
            fprintf(p->file, "%c%c", painter_sign(PALETTE_PROBABILITY, (double)c->probability),
                    hit ? '*' : ' ');
        painter_glyph(p, &(glyph){.text = ""}, widths[i - begin] - each.columns - g->behind);
    }
    painter_plain(p);
    fputc('\n', p->file);
}

static void draw_grid(painter *p, const grid *g) {
    unsigned char widths[MOST_WIDE];
    for (size_t begin = 0, end; begin < g->count; begin = end) {
        size_t used = 0;
        for (end = begin; end < g->count && end - begin < MOST_WIDE; end++) {
            size_t width = column_width(g, end);
            if (end > begin && used + width > p->width)
                break;
            widths[end - begin] = (unsigned char)width;
            used += width;
        }
        if (begin > 0)
            fputc('\n', p->file);
        draw_text_row(p, g, begin, end, widths);
        for (int rank = 0; rank < g->of->read.candidates; rank++)
            draw_candidates(p, g, rank, begin, end, widths);
    }
}

static void draw_predictions(painter *p, const show *s) {
    char text[400];
    grid g = {s, s->read.count, p->color ? 0 : 2};
    heading(p, "Predictions");
    snprintf(text, sizeof text, "The text, and under each character the %d likeliest next ones%s",
             s->read.candidates,
             p->color ? ", by probability; the one that came is underlined."
                      : ", each with its probability in tenths; * is behind the one that came.");
    say(p, text);
    if (p->color && s->cell_count > 0) {
        snprintf(text, sizeof text, "layer %d unit %d  -1", s->cells[0].layer, s->cells[0].unit);
        painter_legend(p, PALETTE_SIGNED, text, "1");
    } else if (s->cell_count > 0) {
        snprintf(text, sizeof text,
                 "Under the text: layer %d unit %d in tenths, 1 to 9 above zero and a to i below; "
                 "then the surprise in whole bits.",
                 s->cells[0].layer, s->cells[0].unit);
        say(p, text);
    }
    if (p->color)
        painter_legend(p, PALETTE_PROBABILITY, "probability  0", "1");
    fputc('\n', p->file);
    draw_grid(p, &g);
}

/* --------------------------------------------------------------------- panes */

static void draw_cells(painter *p, const show *s) {
    painter_pane panes[SHOW_MOST_CELLS];
    char titles[SHOW_MOST_CELLS][48];
    for (size_t i = 0; i < s->cell_count; i++) {
        snprintf(titles[i], sizeof titles[i], "layer %d unit %d", s->cells[i].layer,
                 s->cells[i].unit);
        panes[i] = (painter_pane){titles[i], s->read.values + s->columns[i], s->read.width,
                                  PALETTE_SIGNED};
    }
    heading(p, "Cells");
    say(p, s->info.cell == RNN_CELL_LSTM
               ? "Each pane is the text, colored by tanh(c) of one unit after each character."
               : "Each pane is the text, colored by h of one unit after each character.");
    painter_legend(p, PALETTE_SIGNED, "-1", "1");
    fputc('\n', p->file);
    painter_panes(p, panes, s->cell_count, s->glyphs, s->glyph_count);
}

/* In a narrow window the word is worth more than where it stands. */
static void draw_words(painter *p, const show *s) {
    show_word words[SHOW_WORDS];
    size_t count = show_surprising(s, words);
    fprintf(p->file, "\nThe most surprising words:\n");
    for (size_t i = 0; i < count; i++) {
        size_t used = p->width < NARROW ? 7 : 26, end = words[i].first + words[i].count;
        if (p->width < NARROW)
            fprintf(p->file, "%5.1f  ", words[i].bits);
        else
            fprintf(p->file, "%8.1f bits  line %-5zu ", words[i].bits, words[i].line);
        for (size_t g = words[i].first; g < end; g++) {
            used += s->glyphs[g].columns;
            if (used > p->width && g >= words[i].first + LEAST_OF_WORD)
                break;
            painter_glyph(p, &s->glyphs[g], 0);
        }
        fputc('\n', p->file);
    }
}

static void print_total(painter *p, const char *what, const reading *read) {
    size_t count;
    double total = reading_total(read, &count);
    fprintf(p->file, "%s%s characters, %.1f bits: %.3f bits per character\n", what,
            figures_count(count).text, total, count ? total / (double)count : 0);
}

static void draw_pane_of_bits(painter *p, const show *s, const float *bits, palette_scale scale) {
    painter_pane pane = {NULL, bits, 1, scale};
    painter_panes(p, &pane, 1, s->glyphs, s->glyph_count);
}

static void draw_surprise(painter *p, const show *s) {
    heading(p, "Surprise");
    if (s->clamp_count > 0) {
        say(p, "By how many bits each character surprises the model more (or less) because of the "
               "held units.");
        print_total(p, "free: ", &s->unheld);
        print_total(p, "held: ", &s->read);
        painter_legend(p, PALETTE_CHANGE, "-5 bits", "5 bits");
        fputc('\n', p->file);
        draw_pane_of_bits(p, s, s->change, PALETTE_CHANGE);
        return;
    }
    say(p, "How many bits each character tells the model: 1 where it gave it an even chance, 10 "
           "where it gave it one in a thousand.");
    print_total(p, "", &s->read);
    painter_legend(p, PALETTE_BITS, "0 bits", "10 and more");
    fputc('\n', p->file);
    draw_pane_of_bits(p, s, s->read.bits, PALETTE_BITS);
    draw_words(p, s);
}

/* --------------------------------------------------------------------- gates */

/* How many units of a layer fall into each field: open to the right, shut upwards. */
static void fill_plot(const survey *f, size_t layer, int gate,
                      unsigned counts[PLOT_ROWS][PLOT_COLUMNS]) {
    memset(counts, 0, PLOT_ROWS * PLOT_COLUMNS * sizeof(unsigned));
    for (size_t u = 0; u < f->hidden; u++) {
        size_t at = ((size_t)gate * f->layers + layer) * f->hidden + u;
        size_t column = (size_t)(f->open[at] * (double)(PLOT_COLUMNS - 1) + 0.5);
        size_t row = (size_t)(f->shut[at] * (double)(PLOT_ROWS - 1) + 0.5);
        counts[PLOT_ROWS - 1 - row][column]++;
    }
}

static void draw_plot_row(painter *p, const unsigned *counts) {
    fputs("  |", p->file);
    for (size_t c = 0; c < PLOT_COLUMNS; c++) {
        unsigned n = counts[c];
        painter_begin(p, PALETTE_BITS, n ? 2 * log2(n) + 1.5 : 0);
        fputc(n == 0 ? ' ' : n < 10 ? (int)('0' + n) : '#', p->file);
    }
    painter_plain(p);
}

/* Plots of one layer, some of its gates side by side. */
static void draw_plots(painter *p, const survey *f, size_t layer, int first, int count) {
    unsigned counts[SURVEY_GATES][PLOT_ROWS][PLOT_COLUMNS];
    for (int g = 0; g < count; g++) {
        char title[48];
        fill_plot(f, layer, first + g, counts[g]);
        snprintf(title, sizeof title, "layer %zu gate %s", layer, f->names[first + g]);
        fprintf(p->file, "  %-*s", g + 1 < count ? (int)PLOT_COLUMNS + 1 : 0, title);
    }
    fputc('\n', p->file);
    for (size_t row = 0; row < PLOT_ROWS; row++) {
        for (int g = 0; g < count; g++)
            draw_plot_row(p, counts[g][row]);
        fputc('\n', p->file);
    }
    for (int g = 0; g < count; g++) {
        fputs("  +", p->file);
        for (size_t c = 0; c < PLOT_COLUMNS; c++)
            fputc('-', p->file);
    }
    fputs("\n\n", p->file);
}

static void draw_gates(painter *p, const show *s) {
    const survey *f = &s->figures;
    heading(p, "Gates");
    if (f->gates == 0) {
        say(p, "A tanh network has no gates.");
        return;
    }
    say(p, "Where the units of a layer lie: to the right by the share of characters at which the "
           "gate is open (above 0.9), upwards by the share at which it is shut (below 0.1). Digits "
           "count units, # is ten or more.");
    fputc('\n', p->file);
    int beside = (int)(p->width / (PLOT_COLUMNS + 3));
    beside = beside < 1 ? 1 : beside > f->gates ? f->gates : beside;
    for (size_t layer = 0; layer < f->layers; layer++)
        for (int gate = 0; gate < f->gates; gate += beside)
            draw_plots(p, f, layer, gate, f->gates - gate < beside ? f->gates - gate : beside);
}

static void say_held(painter *p, const show *s) {
    char text[80 * MOST_HELD] = "Held:";
    size_t named = s->clamp_count < MOST_HELD ? s->clamp_count : MOST_HELD, used = strlen(text);
    for (size_t i = 0; i < named; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s layer %d unit %d at %g",
                                 i ? "," : "", s->clamps[i].layer, s->clamps[i].unit,
                                 (double)s->clamps[i].value);
    if (named < s->clamp_count)
        snprintf(text + used, sizeof text - used, " and %zu more", s->clamp_count - named);
    say(p, text);
}

void show_draw_terminal(const show *s, const terminal *where, int theme) {
    painter p = painter_open(where, theme);
    char shape[80], text[2000];
    show_shape(s, shape, sizeof shape);
    snprintf(text, sizeof text, "%s (%s) reads %s.", s->model_name, shape, s->text_name);
    terminal_print_safely(p.file, text, "");
    fputc('\n', p.file);
    if (s->clamp_count > 0)
        say_held(&p, s);
    if (s->views & SHOW_PREDICTIONS)
        draw_predictions(&p, s);
    if (s->views & SHOW_CELLS)
        draw_cells(&p, s);
    if (s->views & SHOW_SURPRISE)
        draw_surprise(&p, s);
    if (s->views & SHOW_GATES)
        draw_gates(&p, s);
}
