/* SPDX-License-Identifier: MIT
 *
 * show_html.c - the views of `rnn show` on a page. page.js turns the panes of units into
 * a picker over all of them.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/figures.h"
#include "cli/html.h"
#include "cli/show.h"

/* Text that is the program's own, with numbers. */
#define SAY(file, ...) fprintf(file, __VA_ARGS__)

/* --------------------------------------------------------------- predictions */

static void draw_column(FILE *file, const show *s, size_t i) {
    const reading *read = &s->read;
    glyph text = glyphs_symbol(s->model, read->symbols[i], 0);
    char name[8] = "";
    double value =
        s->cell_count > 0 ? (double)read->values[i * read->width + s->columns[0]] : (double)NAN;
    if (s->cell_count > 0)
        html_class(PALETTE_SIGNED, value, name);
    SAY(file, "<span><i class=\"%s%s\" data-n=\"", text.stands && !text.newline ? "z" : "", name);
    if (!isnan(read->bits[i]))
        SAY(file, "%.2f bits", (double)read->bits[i]);
    if (s->cell_count > 0)
        SAY(file, "  unit %+.2f", value);
    fputs("\">", file);
    html_glyph(file, &text);
    fputs("</i>", file);
    for (int rank = 0; rank < read->candidates; rank++) {
        const rnn_candidate *c = &read->likeliest[i * (size_t)read->candidates + (size_t)rank];
        glyph each = glyphs_symbol(s->model, c->symbol, 1);
        int hit = i + 1 < read->count && read->symbols[i + 1] == c->symbol;
        html_class(PALETTE_PROBABILITY, (double)c->probability, name);
        SAY(file, "<i class=\"%s%s\" data-n=\"%.1f%%\">",
            hit                              ? "hit"
            : c->probability < SHOW_UNLIKELY ? "u"
                                             : "",
            name, 100 * (double)c->probability);
        html_glyph(file, &each);
        fputs("</i>", file);
    }
    fputs("</span>\n", file);
}

static void draw_predictions(FILE *file, const show *s) {
    SAY(file,
        "<h2>Predictions</h2>\n<p>The text in the first row, and under each character the %d "
        "likeliest next ones, the likeliest first; the one that came is underlined.",
        s->read.candidates);
    if (s->cell_count > 0)
        SAY(file, " The first row is colored by unit %d of layer %d.", s->cells[0].unit,
            s->cells[0].layer);
    fputs("</p>\n", file);
    html_legend(file, PALETTE_PROBABILITY, "probability 0", NULL, "1");
    fputs("<div class=\"grid\">\n", file);
    for (size_t i = 0; i < s->read.count; i++)
        draw_column(file, s, i);
    fputs("</div>\n", file);
}

/* --------------------------------------------------------------------- cells */

/* What page.js paints from: bytes [layers * hidden][glyph_count], 127 times the value. */
static void write_values(FILE *file, const show *s) {
    size_t units = s->figures.layers * s->figures.hidden, count = units * s->glyph_count;
    unsigned char *bytes = rnn_allocate(count + 1, 1);
    if (!bytes)
        return;
    for (size_t u = 0; u < units; u++)
        for (size_t g = 0; g < s->glyph_count; g++) {
            const glyph *each = &s->glyphs[g];
            size_t row = each->first + each->count - 1;
            bytes[u * s->glyph_count + g] =
                (unsigned char)(signed char)lroundf(127 * s->read.values[row * units + u]);
        }
    fputs("<script type=\"text/plain\" id=\"values\">", file);
    html_base64(file, bytes, count);
    fputs("</script>\n", file);
    rnn_free(bytes);
}

static void write_order(FILE *file, const show *s) {
    size_t units = s->figures.layers * s->figures.hidden;
    rnn_probe *order = rnn_allocate(units, sizeof *order);
    if (!order)
        return;
    size_t count = survey_choose(&s->figures, order, units);
    SAY(file,
        "<script type=\"application/json\" id=\"units\">{\"layers\":%zu,\"hidden\":%zu,"
        "\"order\":[",
        s->figures.layers, s->figures.hidden);
    for (size_t i = 0; i < count; i++)
        SAY(file, "%s%zu", i ? "," : "",
            (size_t)order[i].layer * s->figures.hidden + (size_t)order[i].unit);
    fputs("]}</script>\n", file);
    rnn_free(order);
}

static void draw_cells(FILE *file, const show *s) {
    SAY(file,
        "<h2>Cells</h2>\n<p>The text, colored by %s of one unit after each character. %s%s</p>\n",
        s->info.cell == RNN_CELL_LSTM ? "tanh(<i>c</i>)" : "<i>h</i>",
        "The first units are those that swing widely and slowly here",
        s->all_cells ? "; the arrows walk on through the others, and any can be chosen." : ".");
    html_legend(file, PALETTE_SIGNED,
                "\xE2\x88\x92"
                "1",
                "0", "1");
    SAY(file, "<div class=\"panes%s\">\n", s->all_cells ? " picked" : "");
    for (size_t i = 0; i < s->cell_count; i++) {
        html_pane pane = {.glyphs = s->glyphs,
                          .glyph_count = s->glyph_count,
                          .numbers = s->read.values + s->columns[i],
                          .stride = s->read.width,
                          .scale = PALETTE_SIGNED};
        SAY(file,
            "<section class=\"pane\" data-layer=\"%d\" data-unit=\"%d\"><header><b>layer %d, unit "
            "%d</b></header>\n",
            s->cells[i].layer, s->cells[i].unit, s->cells[i].layer, s->cells[i].unit);
        html_pane_draw(file, &pane);
        fputs("</section>\n", file);
    }
    fputs("</div>\n", file);
    if (s->all_cells) {
        write_order(file, s);
        write_values(file, s);
    }
}

/* ------------------------------------------------------------------ surprise */

static void draw_bits(FILE *file, const show *s, const float *bits, palette_scale scale) {
    html_pane pane = {.glyphs = s->glyphs,
                      .glyph_count = s->glyph_count,
                      .numbers = bits,
                      .stride = 1,
                      .scale = scale};
    fputs("<div class=\"long\">", file);
    html_pane_draw(file, &pane);
    fputs("</div>\n", file);
}

static void write_total(FILE *file, const char *what, const reading *read) {
    size_t count;
    double total = reading_total(read, &count);
    SAY(file, "<p class=\"facts\">%s%s characters, %.1f bits: %.3f bits per character</p>\n", what,
        figures_count(count).text, total, count ? total / (double)count : 0);
}

static void draw_change(FILE *file, const show *s) {
    float *change = show_change(s);
    fputs("<p>By how many bits each character surprises the model more, or less, because of the "
          "held units.</p>\n",
          file);
    write_total(file, "free: ", &s->unheld);
    write_total(file, "held: ", &s->read);
    html_legend(file, PALETTE_CHANGE,
                "\xE2\x88\x92"
                "5 bits",
                "0", "+5 bits");
    if (change)
        draw_bits(file, s, change, PALETTE_CHANGE);
    rnn_free(change);
}

static void draw_words(FILE *file, const show *s) {
    show_word words[SHOW_WORDS];
    size_t count = show_surprising(s, words);
    fputs("<table><tr><th class=\"number\">bits</th><th class=\"number\">line</th><th>the most "
          "surprising words</th></tr>\n",
          file);
    for (size_t i = 0; i < count; i++) {
        SAY(file, "<tr><td class=\"number\">%.1f</td><td class=\"number\">%zu</td><td><code>",
            words[i].bits, words[i].line);
        for (size_t g = words[i].first; g < words[i].first + words[i].count; g++)
            html_glyph(file, &s->glyphs[g]);
        fputs("</code></td></tr>\n", file);
    }
    fputs("</table>\n", file);
}

static void draw_surprise(FILE *file, const show *s) {
    fputs("<h2>Surprise</h2>\n", file);
    if (s->clamp_count > 0) {
        draw_change(file, s);
        return;
    }
    fputs("<p>How many bits each character tells the model: 1 where it gave it an even chance, 10 "
          "where it gave it one in a thousand.</p>\n",
          file);
    write_total(file, "", &s->read);
    html_legend(file, PALETTE_BITS, "0 bits", NULL, "10 and more");
    draw_bits(file, s, s->read.bits, PALETTE_BITS);
    draw_words(file, s);
}

/* --------------------------------------------------------------------- gates */

#define PLOT 200.0 /* of a plot's side, in the drawing's units */

/* A layer has a shape as well as a color. */
static void draw_dot(FILE *file, size_t layer, double x, double y) {
    switch (layer % 4) {
    case 0:
        SAY(file, "<circle class=\"dot layer0\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.4\">", x, y);
        break;
    case 1:
        SAY(file, "<rect class=\"dot layer1\" x=\"%.1f\" y=\"%.1f\" width=\"6\" height=\"6\">",
            x - 3, y - 3);
        break;
    case 2:
        SAY(file, "<path class=\"dot layer2\" d=\"M%.1f %.1fl4 7h-8z\">", x, y - 4);
        break;
    default:
        SAY(file, "<path class=\"dot layer3\" d=\"M%.1f %.1fl4 4l-4 4l-4-4z\">", x, y - 4);
    }
}

static void end_dot(FILE *file, size_t layer) {
    static const char *const names[] = {"circle", "rect", "path", "path"};
    SAY(file, "</%s>\n", names[layer % 4]);
}

static void draw_plot(FILE *file, const survey *f, int gate) {
    SAY(file,
        "<figure><figcaption>gate <b>%s</b></figcaption><svg viewBox=\"-34 -10 250 250\" "
        "role=\"img\"><title>gate %s</title>\n"
        "<path class=\"axis\" d=\"M0 0V200H200M0 0L200 200\"/>\n"
        "<text x=\"0\" y=\"214\">0</text><text x=\"194\" y=\"214\">1</text>"
        "<text x=\"100\" y=\"228\" text-anchor=\"middle\">open (&gt; 0.9)</text>"
        "<text x=\"-10\" y=\"8\">1</text>"
        "<text x=\"-14\" y=\"100\" text-anchor=\"middle\" transform=\"rotate(-90 -14 100)\">"
        "shut (&lt; 0.1)</text>\n",
        f->names[gate], f->names[gate]);
    for (size_t i = 0; i < f->layers * f->hidden; i++) {
        size_t at = (size_t)gate * f->layers * f->hidden + i, layer = i / f->hidden;
        draw_dot(file, layer, f->open[at] * PLOT, (1 - f->shut[at]) * PLOT);
        SAY(file, "<title>layer %zu, unit %zu: open %.0f%%, shut %.0f%%</title>", layer,
            i % f->hidden, 100 * f->open[at], 100 * f->shut[at]);
        end_dot(file, layer);
    }
    fputs("</svg></figure>\n", file);
}

static void draw_key(FILE *file, const survey *f) {
    fputs("<p class=\"legend\">", file);
    for (size_t layer = 0; layer < f->layers; layer++) {
        fputs("<svg viewBox=\"-7 -7 14 14\" style=\"width:1rem\">", file);
        draw_dot(file, layer, 0, 0);
        end_dot(file, layer);
        SAY(file, "</svg><span>layer %zu</span>", layer);
    }
    fputs("</p>\n", file);
}

static void draw_gates(FILE *file, const show *s) {
    const survey *f = &s->figures;
    fputs("<h2>Gates</h2>\n", file);
    if (f->gates == 0) {
        fputs("<p>A tanh network has no gates.</p>\n", file);
        return;
    }
    fputs("<p>Each unit lies to the right by the share of characters at which its gate is open "
          "(above 0.9), and upwards by the share at which it is shut (below 0.1). On the diagonal "
          "are gates that are always one or the other; in the lower left corner those that are "
          "neither.</p>\n",
          file);
    draw_key(file, f);
    fputs("<div class=\"plots\">\n", file);
    for (int gate = 0; gate < f->gates; gate++)
        draw_plot(file, f, gate);
    fputs("</div>\n", file);
}

/* ---------------------------------------------------------------------- page */

void show_draw_page(const show *s, FILE *file) {
    char shape[80];
    html_begin(file, s->model_name);
    fputs("<h1>", file);
    html_text(file, s->model_name);
    fputs("</h1>\n<p class=\"facts\">", file);
    show_shape(s, shape, sizeof shape);
    SAY(file, "%s &middot; reads ", shape);
    html_text(file, s->text_name);
    SAY(file, " &middot; %s characters from %s on", figures_count(s->read.count).text,
        figures_count(s->from).text);
    for (size_t i = 0; i < s->clamp_count; i++)
        SAY(file, " &middot; unit %d of layer %d held at %g", s->clamps[i].unit, s->clamps[i].layer,
            (double)s->clamps[i].value);
    fputs("</p>\n", file);
    if (s->views & SHOW_PREDICTIONS)
        draw_predictions(file, s);
    if (s->views & SHOW_CELLS)
        draw_cells(file, s);
    if (s->views & SHOW_SURPRISE)
        draw_surprise(file, s);
    if (s->views & SHOW_GATES)
        draw_gates(file, s);
    html_end(file);
}
