/* SPDX-License-Identifier: MIT
 *
 * neurons.c - `rnn neurons`: which units of a model follow something that has a name.
 */
#include "inference/neurons.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/computing.h"
#include "cli/document.h"
#include "cli/extent.h"
#include "cli/gallery.h"
#include "cli/help.h"
#include "cli/manners.h"
#include "cli/neurons_report.h"
#include "cli/runs.h"
#include "cli/terminal.h"
#include "inference/own_text.h"
#include "inference/score.h"
#include "inference/trial.h"

typedef struct options {
    int language, top, shifts;
    int64_t characters;
    uint64_t seed;
    const char *after, *output;
} options;

enum { OWN, EXTENT, COMPUTING, MANNERS, PARTS };

/* What a call of the command works with. */
typedef struct work {
    const command *self;
    options how;
    extent extent;
    computing computing;
    manners manners;
    arguments_part parts[PARTS];
    rnn_model *model;
    rnn_symbols *symbols;
    rnn_evaluation plan;
    rnn_span span;
    rnn_neurons *found;
    char *text;           /* in words; owned */
    const char *argument; /* the model as it was named */
} work;

#define AT(member) offsetof(options, member)

/* clang-format off */
static const rnn_option table[] = {
    {"language", RNN_OPTION_CHOICE, AT(language), "auto", 0, 0, 0, "auto c latex wiki json quotes", "NAME", "Search",
     "whose quotes, comments and brackets to look for; quotes is prose, auto guesses", NULL},
    {"after", RNN_OPTION_TEXT, AT(after), "", 0, 0, 0, NULL, "TEXT", "Search",
     "look for units that tell what stands right behind these characters, too", NULL},
    {"top", RNN_OPTION_INT, AT(top), "1", 1, 1000000, 0, NULL, "N", "Search",
     "units that are told for each predicate, the best first", NULL},
    {"characters", RNN_OPTION_INT64, AT(characters), "500000", RNN_NEURONS_LEAST, RNN_NEURONS_MOST, 0, NULL, "N", "Search",
     "of the text that are read at most", NULL},
    {"shifts", RNN_OPTION_INT, AT(shifts), "10", 1, 200, 0, NULL, "N", "Search",
     "times that chance is measured, with predicates moved away from where they belong", NULL},
    {"seed", RNN_OPTION_UINT64, AT(seed), "1", 0, HUGE_VAL, 0, NULL, "N", "Search",
     "of how far they are moved", NULL},
    {"output", RNN_OPTION_TEXT, AT(output), "", 0, 0, RNN_OPTION_FILE, NULL, "FILE", "Search",
     "write a page (HTML, all in this one file) of the ten most readable units instead of a table; - "
     "is standard output", (const rnn_option_alias[]){{"o", NULL}, {NULL, NULL}}},
};
/* clang-format on */

static const rnn_option *own_table(size_t *count) {
    *count = sizeof table / sizeof table[0];
    return table;
}

/* ----------------------------------------------------------------------- text */

/* Of what the model was trained on, what it was not trained on. */
static rnn_status choose_part(work *w, rnn_error *error) {
    int own = rnn_own_text_is(w->model, w->symbols);
    rnn_status status = extent_choose(&w->plan, w->model, &w->parts[EXTENT], own, error);
    if (status == RNN_OK && own && !w->manners.quiet &&
        (w->plan.part == RNN_PART_ALL || w->plan.part == RNN_PART_TRAIN))
        manners_notice(w->self, "the model has learnt from this text; what its units do in one "
                                "that is new to it may be less clear");
    w->span = rnn_score_part(w->symbols, &w->plan, (rnn_part)w->plan.part);
    if (status == RNN_OK && w->plan.part != RNN_PART_ALL &&
        w->span.end - w->span.begin < rnn_neurons_least(w->how.shifts))
        return rnn_fail(error, RNN_ERR_RANGE,
                        "this part of the text has %llu characters; at least %llu are needed with "
                        "--shifts %d. Give --part all, a larger --val-frac, or another text",
                        (unsigned long long)(w->span.end - w->span.begin),
                        (unsigned long long)rnn_neurons_least(w->how.shifts), w->how.shifts);
    return status;
}

static rnn_status name_text(work *w, char **inputs, size_t count, rnn_error *error) {
    const char *part = rnn_trial_words(w->plan.part), *more = count > 1 ? " and others" : "";
    const char *name = strcmp(inputs[0], "-") == 0 ? "standard input" : inputs[0];
    size_t room = strlen(part) + strlen(name) + strlen(more) + 1;
    w->text = rnn_allocate(room, 1);
    if (!w->text)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for the text's name");
    snprintf(w->text, room, "%s%s%s", part, name, more);
    return RNN_OK;
}

static rnn_status read_text(work *w, char **inputs, size_t count, rnn_error *error) {
    extent_fill(&w->plan, &w->extent);
    rnn_status status =
        rnn_score_read(&w->symbols, w->model, (const char *const *)inputs, count, &w->plan, error);
    if (status == RNN_OK)
        status = choose_part(w, error);
    if (status == RNN_OK)
        status = name_text(w, inputs, count, error);
    return status;
}

/* ------------------------------------------------------------------ command */

typedef struct progress_line {
    terminal where;
    int percent;
} progress_line;

static int show_progress(void *context, double fraction) {
    progress_line *line = context;
    int percent = (int)(100 * fraction);
    if (percent == line->percent)
        return 1;
    line->percent = percent;
    fprintf(line->where.file, percent < 100 ? "\r\x1b[K%d%% of the text read" : "\r\x1b[K",
            percent);
    fflush(line->where.file);
    return 1;
}

static rnn_status search(work *w, const char *argument, char **inputs, size_t count,
                         rnn_error *error) {
    const options *how = &w->how;
    char path[RUNS_PATH];
    progress_line line = {terminal_open(stderr, w->manners.color), 0};
    int shows = line.where.live && !w->manners.quiet;
    rnn_neurons_plan plan = {
        .language = how->language > 0 ? rnn_language_at((size_t)how->language - 1) : NULL,
        .after = how->after,
        .shifts = how->shifts,
        .most = (uint64_t)how->characters,
        .seed = how->seed,
        .threads = w->computing.threads,
        .cpu = w->computing.cpu,
        .device = w->computing.device,
        .precision = (rnn_precision)w->computing.precision,
        .listener = shows ? show_progress : NULL,
        .context = &line};
    rnn_status status = runs_locate(argument, path, sizeof path, error);
    if (status == RNN_OK)
        status = rnn_model_load(&w->model, path, error);
    if (status == RNN_OK)
        status = read_text(w, inputs, count, error);
    if (status == RNN_OK)
        status = rnn_neurons_find(&w->found, w->model, w->symbols, w->span, &plan, error);
    return status;
}

static void draw_gallery(const void *what, FILE *file) {
    gallery_draw(what, file);
}

static int write_gallery(const work *w, const neurons_report *report) {
    rnn_error error = {0};
    gallery made = {.report = report};
    rnn_tracing how = {.threads = w->computing.threads,
                       .cpu = w->computing.cpu,
                       .device = w->computing.device,
                       .precision = (rnn_precision)w->computing.precision};
    if (gallery_make(&made, w->model, &how, &error) != RNN_OK)
        return manners_fail(w->self, &error);
    int code = document_write(w->self, &w->manners, w->how.output, draw_gallery, &made);
    gallery_release(&made);
    return code;
}

static int report(const work *w) {
    int top = w->how.top;
    if ((size_t)top > w->found->units)
        top = (int)w->found->units;
    neurons_report made = {w->found, rnn_model_describe(w->model), w->argument, w->text, top};
    if (w->manners.json)
        return manners_print_json(w->self, neurons_report_describe(&made));
    if (w->how.output[0])
        return write_gallery(w, &made);
    neurons_report_print(stdout, &made);
    return manners_finish(w->self);
}

static void release(work *w) {
    rnn_neurons_destroy(w->found);
    rnn_symbols_destroy(w->symbols);
    rnn_model_destroy(w->model);
    rnn_free(w->text);
}

static int run(const command *self, int argc, char **argv) {
    work w = {.self = self};
    rnn_error error = {0};
    size_t count;
    w.parts[OWN] = (arguments_part){.table = own_table, .target = &w.how};
    w.parts[EXTENT] = (arguments_part){.table = extent_table, .target = &w.extent};
    w.parts[COMPUTING] = (arguments_part){.table = computing_table, .target = &w.computing};
    w.parts[MANNERS] = (arguments_part){.table = manners_table, .target = &w.manners};
    if (arguments_parse(w.parts, PARTS, argc, argv, &count, &error) != RNN_OK)
        return manners_usage(self, "%s", error.message);
    if (w.manners.help) {
        help_print(stdout, self);
        return manners_finish(self);
    }
    if (count == 0)
        return manners_usage(self, "which model? Name a run's directory or a .safetensors file");
    if (count == 1)
        return manners_usage(self, "which text? Name files or directories behind the model, or -");
    if (w.manners.json && w.how.output[0])
        return manners_usage(self, "--json and --output: give one of them");
    w.argument = argv[0];
    int code = search(&w, argv[0], argv + 1, count - 1, &error) == RNN_OK
                   ? report(&w)
                   : manners_fail(self, &error);
    release(&w);
    return code;
}

const command neurons_command = {
    "neurons",
    (const char *const[]){"[OPTION...] MODEL INPUT...", NULL},
    "find the units of a model that can be read",
    "Tells which units follow something that has a name: inside quotes, comments or brackets and "
    "how deep, how far into the line and from its end, words, digits, URLs ... All units are "
    "ranked for each such predicate on one half of the text and scored on the other, by AUC or by "
    "correlation, beside what chance would score and what the character at hand tells by itself. "
    "INPUT is what 'rnn train' takes. docs/neurons.md says what everything means.",
    (const char *const[]){"rnn neurons runs/kernel kernel.c",
                          "rnn neurons runs/kernel kernel.c -o neurons.html",
                          "rnn neurons runs/book other-book.txt --top 3",
                          "rnn neurons runs/book book.txt --after ' \"' --json", NULL},
    {own_table, extent_table, computing_table, manners_table, NULL},
    run,
};
