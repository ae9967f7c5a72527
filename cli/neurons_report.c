/* SPDX-License-Identifier: MIT
 *
 * neurons_report.c - see neurons_report.h.
 */
#include "cli/neurons_report.h"

#include <math.h>
#include <stdlib.h>

#include "cli/figures.h"
#include "cli/terminal.h"
#include "text/as_json.h"

double neurons_report_lead(const rnn_neurons_row *row) {
    return rnn_neuron_lesser(&row->ranked[0]) - fmax(row->chance, row->alone);
}

double neurons_report_by_chance(const rnn_neurons *found) {
    return 100 * found->above_by_chance / (double)found->units;
}

static int by_lead(const void *a, const void *b) {
    double x = neurons_report_lead(*(const rnn_neurons_row *const *)a);
    double y = neurons_report_lead(*(const rnn_neurons_row *const *)b);
    return (x < y) - (x > y);
}

size_t neurons_report_sort(const rnn_neurons *found,
                           const rnn_neurons_row *out[RNN_PREDICATES_MOST]) {
    size_t count = 0;
    for (size_t i = 0; i < found->count; i++)
        if (found->rows[i].scored)
            out[count++] = &found->rows[i];
    qsort(out, count, sizeof *out, by_lead);
    return count;
}

void neurons_report_model(const neurons_report *report, char *out, size_t room) {
    const rnn_model_info *model = &report->model;
    snprintf(out, room, "%s, %d layer%s of %d: %s of %s units", figures_cell(model->cell),
             model->num_layers, model->num_layers == 1 ? "" : "s", model->hidden_size,
             model->cell == RNN_CELL_LSTM ? "tanh(c)" : "h",
             figures_count(report->found->units).text);
}

/* ------------------------------------------------------------------ in words */

#define WORDS 32 /* columns for what a predicate says */

static void print_words(FILE *file, const char *words) {
    size_t columns = terminal_columns(words);
    fprintf(file, "%s%*s", words, columns < WORDS ? (int)(WORDS - columns) : 0, "");
}

static void print_row(FILE *file, const rnn_neurons_row *row, int top) {
    int graded = row->predicate->graded;
    for (int i = 0; i < top; i++) {
        const rnn_neuron *neuron = &row->ranked[i];
        char unit[32];
        snprintf(unit, sizeof unit, "%s%d:%d", neuron->rises ? "" : "-", neuron->layer,
                 neuron->unit);
        print_words(file, i == 0 ? row->predicate->words : "");
        if (i > 0)
            fprintf(file, "%7s", "");
        else if (graded)
            fprintf(file, "%7.*f", row->mean < 10 ? 2 : 1, row->mean);
        else
            fprintf(file, "%6.1f%%", 100 * row->mean);
        fprintf(file, "%9s%8.3f", unit, rnn_neurons_figure(row, neuron->score));
        if (i == 0)
            fprintf(file, "%8.3f%7.3f%7zu", rnn_neurons_figure(row, row->chance),
                    rnn_neurons_figure(row, row->alone), row->above);
        fputc('\n', file);
    }
}

static void print_rows(FILE *file, const neurons_report *report, int graded) {
    const rnn_neurons_row *rows[RNN_PREDICATES_MOST];
    size_t count = neurons_report_sort(report->found, rows);
    int any = 0;
    for (size_t i = 0; i < count; i++) {
        if (rows[i]->predicate->graded != graded)
            continue;
        if (!any++)
            fprintf(file, "\n%-*s%7s%9s%8s%8s%7s%7s\n", WORDS, graded ? "how much" : "yes or no",
                    graded ? "mean" : "share", "unit", graded ? "r" : "AUC", "chance", "alone",
                    "above");
        print_row(file, rows[i], report->top);
    }
}

/* Names in a row, wrapped. */
static void print_seldom(FILE *file, const rnn_neurons *found) {
    static const char heading[] = "hardly ever here: ";
    char list[RNN_PREDICATES_MOST * (sizeof found->rows[0].predicate->words + 2)];
    size_t used = 0;
    for (size_t i = 0; i < found->count; i++)
        if (!found->rows[i].scored)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "",
                                     found->rows[i].predicate->words);
    if (used == 0)
        return;
    fprintf(file, "\n%s", heading);
    figures_wrap(file, list, terminal_width(file), 0, sizeof heading - 1);
}

static void print_units(FILE *file, const rnn_neurons *found) {
    double units = (double)found->units;
    fprintf(file, "\n%s of %s units (%.1f%%) can be read: AUC at least %.1f, or r at least %.1f\n",
            figures_count(found->readable).text, figures_count(found->units).text,
            100 * (double)found->readable / units, (1 + RNN_NEURONS_READABLE) / 2,
            RNN_NEURONS_READABLE);
    fprintf(file, "%s (%.1f%%) are above chance and the character alone for something",
            figures_count(found->above).text, 100 * (double)found->above / units);
    if (found->shifts > 1)
        fprintf(file, ";\n%.1f%% would be by chance", neurons_report_by_chance(found));
    fputc('\n', file);
}

const char *neurons_report_language(const rnn_neurons *found) {
    static const char *const words[] = {"C", "LaTeX", "MediaWiki", "JSON", "prose"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (found->language == rnn_language_at(i))
            return words[i];
    return rnn_language_name(found->language);
}

void neurons_report_print(FILE *file, const neurons_report *report) {
    const rnn_neurons *found = report->found;
    char model[128];
    neurons_report_model(report, model, sizeof model);
    fprintf(file, "model   %s\n", model);
    terminal_print_safely(file, report->text, "text    ");
    fprintf(file, ": %s characters, read as %s\n", figures_count(found->characters).text,
            neurons_report_language(found));
    fprintf(file, "time    %s, %s characters a second\n", figures_seconds(found->seconds).text,
            figures_rate(found->seconds > 0 ? (double)found->characters / found->seconds : 0).text);
    fprintf(file,
            "\nUnits are ranked on the first half of the text and scored on the second.\n"
            "unit    LAYER:UNIT; - before it: it falls where the predicate is\n"
            "chance  the best of all units with the predicate moved away, in %d ways\n"
            "alone   what the character at hand tells by itself\n"
            "above   units that score more than both, in each half\n",
            found->shifts);
    print_rows(file, report, 0);
    print_rows(file, report, 1);
    print_seldom(file, found);
    print_units(file, found);
}

/* ------------------------------------------------------------------- as JSON */

static json_t *describe_units(const rnn_neurons_row *row, int top) {
    json_t *array = json_array();
    for (int i = 0; i < top; i++) {
        const rnn_neuron *neuron = &row->ranked[i];
        json_array_append_new(array,
                              json_pack("{s:i, s:i, s:b, s:f, s:f}", "layer", neuron->layer, "unit",
                                        neuron->unit, "rises", neuron->rises, "first_half",
                                        rnn_neurons_figure(row, neuron->chosen), "second_half",
                                        rnn_neurons_figure(row, neuron->score)));
    }
    return array;
}

static json_t *describe_row(const rnn_neurons_row *row, int top) {
    const rnn_predicate *predicate = row->predicate;
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:b}", "name", predicate->name, "words", predicate->words,
                  "score", predicate->graded ? "correlation" : "auc", "scored", row->scored);
    if (!object || !row->scored)
        return object;
    json_object_set_new(object, predicate->graded ? "mean" : "share", json_real(row->mean));
    json_object_set_new(object, "chance", json_real(rnn_neurons_figure(row, row->chance)));
    json_object_set_new(object, "character_alone", json_real(rnn_neurons_figure(row, row->alone)));
    json_object_set_new(object, "units_above", json_integer((json_int_t)row->above));
    json_object_set_new(object, "units", describe_units(row, top));
    return object;
}

json_t *neurons_report_describe(const neurons_report *report) {
    const rnn_neurons *found = report->found;
    json_t *rows = json_array();
    for (size_t i = 0; i < found->count; i++)
        json_array_append_new(rows, describe_row(&found->rows[i], report->top));
    json_t *object = json_pack(
        "{s:o, s:o, s:I, s:s, s:I, s:I, s:I, s:f, s:i, s:f, s:o}", "model",
        rnn_text_as_json(report->name), "text", rnn_text_as_json(report->text), "characters",
        (json_int_t)found->characters, "language", rnn_language_name(found->language), "units",
        (json_int_t)found->units, "units_above", (json_int_t)found->above, "units_readable",
        (json_int_t)found->readable, "readable_score", RNN_NEURONS_READABLE, "shifts",
        found->shifts, "seconds", found->seconds, "predicates", rows);
    int known = found->shifts > 1;
    json_object_set_new(object, "units_above_by_chance",
                        known ? json_real(found->above_by_chance) : json_null());
    json_object_set_new(object, "units_readable_by_chance",
                        known ? json_real(found->readable_by_chance) : json_null());
    return object;
}
