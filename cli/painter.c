/* SPDX-License-Identifier: MIT
 *
 * painter.c - see painter.h.
 */
#include "cli/painter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A pane is at least so wide where there are several, and so far from the next. */
#define LEAST_COLUMNS ((size_t)36)
#define GAP           ((size_t)2)
#define MOST_PANES    ((size_t)8) /* side by side */

/* The background as rxvt, Konsole and others tell it: "15;0" is white on black. */
static int is_dark(int theme) {
    const char *colors = getenv("COLORFGBG");
    if (theme != PAINTER_THEME_AUTO)
        return theme == PAINTER_THEME_DARK;
    const char *last = colors ? strrchr(colors, ';') : NULL;
    if (!last || !last[1])
        return 1;
    int number = atoi(last + 1);
    return number != 7 && number != 15;
}

painter painter_open(const terminal *where, int theme) {
    const char *depth = getenv("COLORTERM");
    int full = depth && (strcmp(depth, "truecolor") == 0 || strcmp(depth, "24bit") == 0);
    return (painter){.file = where->file,
                     .color = where->color,
                     .full = full,
                     .dark = is_dark(theme),
                     .ascii = !where->utf8,
                     .width = terminal_width(where->file)};
}

/* -------------------------------------------------------------------- colors */

static void begin_level(painter *p, palette_scale scale, int level) {
    if (level == palette_zero(scale)) {
        painter_plain(p);
        return;
    }
    p->on = 1;
    if (p->full) {
        palette_color c = palette_color_of(scale, level, p->dark);
        fprintf(p->file, "\x1b[%s;48;2;%d;%d;%dm", c.light ? "38;2;0;0;0" : "38;2;255;255;255",
                c.red, c.green, c.blue);
    } else {
        int light, number = palette_of_256(scale, level, p->dark, &light);
        fprintf(p->file, "\x1b[38;5;%d;48;5;%dm", light ? 16 : 231, number);
    }
}

void painter_begin(painter *p, palette_scale scale, double number) {
    if (p->color)
        begin_level(p, scale, palette_level(scale, number));
}

void painter_plain(painter *p) {
    if (p->on)
        fputs("\x1b[0m", p->file);
    p->on = 0;
}

char painter_sign(palette_scale scale, double number) {
    if (isnan(number))
        return ' ';
    double size = fabs(number) * (scale == PALETTE_BITS || scale == PALETTE_CHANGE ? 1 : 10);
    int digit = size >= 9 ? 9 : (int)(size + 1e-4); /* 0.7 may be a little less in float32 */
    if (digit == 0)
        return ' ';
    return (char)(number < 0 ? 'a' + digit - 1 : '0' + digit);
}

static void spaces(painter *p, size_t count) {
    for (size_t i = 0; i < count; i++)
        fputc(' ', p->file);
}

/* What stands for something, where the terminal may not know the signs for it. */
static void draw_ascii(painter *p, const glyph *of) {
    int tab = strncmp(of->text, "\xE2\x87\xA5", 3) == 0;
    fputc(of->newline ? '$' : tab ? '>' : of->blank ? '_' : '?', p->file);
    spaces(p, (size_t)of->columns - 1);
}

void painter_glyph(painter *p, const glyph *of, size_t columns) {
    if (p->ascii && of->stands)
        draw_ascii(p, of);
    else
        fputs(of->text, p->file);
    spaces(p, of->columns < columns ? columns - of->columns : 0);
}

void painter_legend(painter *p, palette_scale scale, const char *low, const char *high) {
    if (!p->color) {
        int sign = palette_zero(scale) > 0;
        fprintf(p->file, "Under the text: %s.\n",
                sign && scale == PALETTE_SIGNED ? "tenths, 1 to 9 above zero and a to i below"
                : sign                          ? "bits, 1 to 9 more and a to i fewer"
                : scale == PALETTE_BITS         ? "whole bits, 9 for all from there on"
                                                : "tenths");
        return;
    }
    fprintf(p->file, "%s ", low);
    for (int level = 0; level < PALETTE_LEVELS; level++) {
        begin_level(p, scale, level);
        fputc(' ', p->file);
    }
    painter_plain(p);
    fprintf(p->file, " %s\n", high);
}

/* --------------------------------------------------------------------- panes */

/* How many glyphs a line takes from `first` on; its last column is for a newline. */
static size_t line_of(const glyph *glyphs, size_t count, size_t first, size_t columns) {
    size_t n = 0, used = 0;
    for (; first + n < count; n++) {
        const glyph *next = &glyphs[first + n];
        if (n > 0 && used + next->columns + !next->newline > columns)
            break;
        used += next->columns;
        if (next->newline)
            return n + 1;
    }
    return n;
}

static void draw_line(painter *p, const painter_pane *pane, const glyph *glyphs, size_t first,
                      size_t count, size_t columns) {
    size_t used = 0;
    for (size_t g = first; g < first + count; g++) {
        painter_begin(p, pane->scale, (double)pane->numbers[g]);
        painter_glyph(p, &glyphs[g], 0);
        used += glyphs[g].columns;
    }
    painter_plain(p);
    spaces(p, used < columns ? columns - used : 0);
}

static void draw_signs(painter *p, const painter_pane *pane, const glyph *glyphs, size_t first,
                       size_t count, size_t columns) {
    size_t used = 0;
    for (size_t g = first; g < first + count; g++) {
        fputc(painter_sign(pane->scale, (double)pane->numbers[g]), p->file);
        spaces(p, (size_t)glyphs[g].columns - 1);
        used += glyphs[g].columns;
    }
    spaces(p, used < columns ? columns - used : 0);
}

/* One line of the text in each of the panes; the last one needs no spaces behind it. */
static void draw_row(painter *p, const painter_pane *panes, size_t count, const glyph *glyphs,
                     size_t first, size_t n, size_t columns) {
    for (int signs = 0; signs <= !p->color; signs++) {
        for (size_t i = 0; i < count; i++) {
            size_t room = i + 1 < count ? columns + GAP : 0;
            if (signs)
                draw_signs(p, &panes[i], glyphs, first, n, room);
            else
                draw_line(p, &panes[i], glyphs, first, n, room);
        }
        fputc('\n', p->file);
    }
}

static void draw_titles(painter *p, const painter_pane *panes, size_t count, size_t columns) {
    if (!panes[0].title)
        return;
    for (size_t i = 0; i < count; i++) {
        fprintf(p->file, "%s%s%s", p->color ? "\x1b[1m" : "", panes[i].title,
                p->color ? "\x1b[0m" : "");
        size_t used = terminal_columns(panes[i].title);
        if (i + 1 < count)
            spaces(p, used < columns + GAP ? columns + GAP - used : 1);
    }
    fputc('\n', p->file);
}

void painter_panes(painter *p, const painter_pane *panes, size_t count, const glyph *glyphs,
                   size_t glyph_count) {
    size_t beside = (p->width + GAP) / (LEAST_COLUMNS + GAP);
    beside = beside < 1 ? 1 : beside > MOST_PANES ? MOST_PANES : beside;
    beside = beside < count ? beside : count;
    /* Rows of panes as even as can be: four are two and two, not three and one. */
    size_t rows = beside ? (count + beside - 1) / beside : 0;
    for (size_t row = 0, done = 0; row < rows; row++) {
        size_t n = (count - done + rows - row - 1) / (rows - row);
        size_t wide = (count + rows - 1) / rows, columns = (p->width + GAP) / wide - GAP;
        if (row > 0)
            fputc('\n', p->file);
        draw_titles(p, panes + done, n, columns);
        for (size_t first = 0, line; first < glyph_count; first += line) {
            line = line_of(glyphs, glyph_count, first, columns);
            draw_row(p, panes + done, n, glyphs, first, line, columns);
        }
        done += n;
    }
}
