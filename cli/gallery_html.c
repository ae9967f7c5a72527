/* SPDX-License-Identifier: MIT
 *
 * gallery_html.c - draws a gallery (gallery.h) as a page.
 */
#include "cli/gallery.h"

#include "cli/figures.h"
#include "cli/html.h"

static const char *const numbers[RNN_EXHIBITS_MOST + 1] = {
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"};

/* "AUC 0.981" */
static void write_score(FILE *file, const rnn_neurons_row *row, double score) {
    fprintf(file, "%s&nbsp;<b>%.3f</b>", row->predicate->graded ? "r" : "AUC",
            rnn_neurons_figure(row, score));
}

static void write_unit(FILE *file, const rnn_neuron *neuron) {
    fprintf(file, "%d:%d", neuron->layer, neuron->unit);
}

static void draw_exhibit(FILE *file, const exhibit *it) {
    html_pane pane = {.glyphs = it->glyphs,
                      .glyph_count = it->glyph_count,
                      .numbers = it->read.values,
                      .stride = 1,
                      .scale = PALETTE_SIGNED,
                      .marks = it->of.row->predicate->graded ? NULL : it->values};
    fputs("<section class=\"pane\"><header><b>", file);
    html_text(file, it->of.row->predicate->words);
    fprintf(file, "</b><span>%s</span><span class=\"right\">", it->of.neuron->rises ? "" : "falls");
    write_score(file, it->of.row, it->of.neuron->score);
    fprintf(file, " &middot; chance %.3f &middot; alone %.3f &middot; unit ",
            rnn_neurons_figure(it->of.row, it->of.row->chance),
            rnn_neurons_figure(it->of.row, it->of.row->alone));
    write_unit(file, it->of.neuron);
    fputs("</span></header>\n", file);
    html_pane_draw(file, &pane);
    fputs("</section>\n", file);
}

static void draw_heading(FILE *file, const gallery *self) {
    const rnn_neurons *found = self->report->found;
    char model[128];
    neurons_report_model(self->report, model, sizeof model);
    if (self->count == 0)
        fputs("<h1>No neuron stands out in ", file);
    else if (self->count == 1)
        fputs("<h1>The most readable neuron of ", file);
    else
        fprintf(file, "<h1>The %s most readable neurons of ", numbers[self->count]);
    html_text(file, self->report->name);
    fputs("</h1>\n<p class=\"facts\">", file);
    html_text(file, model);
    fputs(" &middot; ", file);
    html_text(file, self->report->text);
    fprintf(file, ": %s characters, read as %s</p>\n", figures_count(found->characters).text,
            neurons_report_language(found));
}

static void draw_words(FILE *file, const gallery *self) {
    const rnn_neurons *found = self->report->found;
    fprintf(
        file,
        "<p>Each pane is a piece of text, colored by what one unit of the network is after it "
        "has read each character. What <span class=\"key\">is underlined</span> is inside of what "
        "the unit was found to follow; what is counted has no line. All %s units were scored on "
        "both halves of the text; these were chosen by the lower of the two scores, and what you "
        "see, and the figures, are of the second half. Each piece was chosen by its text alone: it "
        "is where what the unit follows varies the most.</p>\n"
        "<p>AUC is how often a unit is higher at a character that is inside than at one that is "
        "not (0.5 is a toss of a coin), r a correlation; a unit that falls is counted upside down. "
        "Chance is the best of all units when the same text is held against them in the wrong "
        "place, and alone what the character at hand tells without any memory.</p>\n",
        figures_count(found->units).text);
    html_legend(file, PALETTE_SIGNED,
                "\xE2\x88\x92"
                "1",
                "0", "+1");
}

static void draw_row(FILE *file, const rnn_neurons_row *row) {
    const rnn_neuron *neuron = &row->ranked[0];
    fputs("<tr><td>", file);
    html_text(file, row->predicate->words);
    if (row->predicate->graded)
        fprintf(file, "</td><td class=\"number\">%.*f", row->mean < 10 ? 2 : 1, row->mean);
    else
        fprintf(file, "</td><td class=\"number\">%.1f%%", 100 * row->mean);
    fputs("</td><td class=\"number\">", file);
    write_unit(file, neuron);
    fputs(neuron->rises ? "" : " (falls)", file);
    fprintf(file, "</td><td>%s</td>", row->predicate->graded ? "r" : "AUC");
    fprintf(file,
            "<td class=\"number\">%.3f</td><td class=\"number\">%.3f</td>"
            "<td class=\"number\">%.3f</td><td class=\"number\">%zu</td></tr>\n",
            rnn_neurons_figure(row, neuron->score), rnn_neurons_figure(row, row->chance),
            rnn_neurons_figure(row, row->alone), row->above);
}

static void draw_table(FILE *file, const gallery *self) {
    const rnn_neurons *found = self->report->found;
    const rnn_neurons_row *rows[RNN_PREDICATES_MOST];
    size_t count = neurons_report_sort(found, rows);
    fputs("<h2>Everything that was looked for</h2>\n", file);
    fprintf(
        file,
        "<p>%s of %s units (%.1f%%) can be read: their AUC is at least %.1f, or their r at least "
        "%.1f, in each half of the text. %s (%.1f%%) are above chance and the character alone "
        "for something, in each half",
        figures_count(found->readable).text, figures_count(found->units).text,
        100 * (double)found->readable / (double)found->units, (1 + RNN_NEURONS_READABLE) / 2,
        RNN_NEURONS_READABLE, figures_count(found->above).text,
        100 * (double)found->above / (double)found->units);
    if (found->shifts > 1)
        fprintf(file, "; %.1f%% would be by chance", neurons_report_by_chance(found));
    fputs(". The unit here is the one that is ranked first on the first half, its score that on "
          "the second.</p>\n",
          file);
    fputs("<table><tr><th></th><th class=\"number\">share or mean</th><th class=\"number\">unit"
          "</th><th></th><th class=\"number\">score</th><th class=\"number\">chance</th>"
          "<th class=\"number\">alone</th><th class=\"number\">units above both</th></tr>\n",
          file);
    for (size_t i = 0; i < count; i++)
        draw_row(file, rows[i]);
    fputs("</table>\n", file);
}

void gallery_draw(const gallery *self, FILE *file) {
    const exhibit *usual = &self->usual;
    html_begin(file, self->report->name);
    draw_heading(file, self);
    draw_words(file, self);
    fputs("<div class=\"panes whole\">\n", file);
    for (size_t i = 0; i < self->count; i++)
        draw_exhibit(file, &self->exhibits[i]);
    fputs("</div>\n", file);
    if (usual->of.neuron) {
        fputs("<h2>And a usual one</h2>\n<p>Half of all units are further ahead of chance than "
              "this one, and half are not. Most mean nothing that has a name.</p>\n"
              "<div class=\"panes whole\">\n",
              file);
        draw_exhibit(file, usual);
        fputs("</div>\n", file);
    }
    draw_table(file, self);
    html_end(file);
}
