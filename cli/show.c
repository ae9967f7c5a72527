/* SPDX-License-Identifier: MIT
 *
 * show.c - `rnn show`: what a model does at each character of a text.
 */
#include "cli/show.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/computing.h"
#include "cli/document.h"
#include "cli/figures.h"
#include "cli/help.h"
#include "cli/manners.h"
#include "cli/painter.h"
#include "cli/runs.h"
#include "cli/units.h"
#include "inference/score.h"

/* Values of all units that a page carries at most. */
#define MOST_VALUES ((size_t)1 << 24)
/* Characters that the model writes itself at most, where no text is given. */
#define MOST_WRITTEN 100000

typedef struct options {
    int view, top, likeliest, on_unknown, theme;
    int64_t from, length;
    uint64_t seed;
    const char *text, *cells, *clamp, *output;
} options;

enum { OWN, COMPUTING, MANNERS, PARTS };

/* What a call of the command works with. */
typedef struct work {
    const command *self;
    options how;
    computing computing;
    manners manners;
    arguments_part parts[PARTS];
    rnn_model *model;
    rnn_symbols *symbols; /* of a file; or */
    int32_t *array;       /* of a text that is there: [array_count] */
    size_t array_count;
    rnn_clamp *given; /* --cells, [given_count] */
    size_t given_count;
    rnn_clamp *clamps; /* [show.clamp_count] */
    rnn_probe cells[SHOW_MOST_CELLS];
    size_t columns[SHOW_MOST_CELLS];
    rnn_probe *order;
    float *change;
    glyph *glyphs;
    show show;
} work;

#define AT(member) offsetof(options, member)
#define ALIASES(...)                                                                               \
    (const rnn_option_alias[]) {                                                                   \
        __VA_ARGS__, {                                                                             \
            NULL, NULL                                                                             \
        }                                                                                          \
    }

/* clang-format off */
static const rnn_option table[] = {
    {"text", RNN_OPTION_TEXT, AT(text), "", 0, 0, 0, NULL, "TEXT", "Text",
     "read these words instead of a file", NULL},
    {"from", RNN_OPTION_INT64, AT(from), "0", 0, HUGE_VAL, 0, NULL, "N", "Text",
     "characters to read before the first that is shown", NULL},
    {"length", RNN_OPTION_INT64, AT(length), "auto", 0, HUGE_VAL, RNN_OPTION_AUTO, NULL, "N", "Text",
     "characters to show; 0 shows all that follow", ALIASES({"n", NULL})},
    {"on-unknown", RNN_OPTION_CHOICE, AT(on_unknown), "error", 0, 0, 0, "error skip", "WHAT", "Text",
     "what to do about characters that the model does not know", NULL},
    {"seed", RNN_OPTION_UINT64, AT(seed), "1", 0, HUGE_VAL, 0, NULL, "N", "Text",
     "of the text that the model writes itself, where none is given", NULL},
    {"view", RNN_OPTION_CHOICE, AT(view), "auto", 0, 0, 0, "auto predictions cells surprise gates all", "VIEW",
     "Views", "what to show; auto is the predictions, and on a page all", NULL},
    {"cells", RNN_OPTION_TEXT, AT(cells), "", 0, 0, 0, NULL, "LIST", "Views",
     "units to look at, as LAYER:UNIT, both from 0, in a list with commas; otherwise those that swing "
     "the widest and slowest in this text", NULL},
    {"top", RNN_OPTION_INT, AT(top), "6", 1, SHOW_MOST_CELLS, 0, NULL, "N", "Views",
     "how many of those", NULL},
    {"likeliest", RNN_OPTION_INT, AT(likeliest), "5", 1, 100, 0, NULL, "K", "Views",
     "next characters under each character", ALIASES({"k", NULL})},
    {"clamp", RNN_OPTION_TEXT, AT(clamp), "", 0, 0, 0, NULL, "LIST", "Views",
     "hold units as 'rnn sample --clamp' does, and show the change of the surprise", NULL},
    {"output", RNN_OPTION_TEXT, AT(output), "", 0, 0, RNN_OPTION_FILE, NULL, "FILE", "Views",
     "write a page (HTML, all in this one file) instead of using the terminal; - is standard output",
     ALIASES({"o", NULL})},
    {"theme", RNN_OPTION_CHOICE, AT(theme), "auto", 0, 0, 0, "auto dark light", "KIND", "Views",
     "the terminal's background; auto believes COLORFGBG, else takes it for dark", NULL},
};
/* clang-format on */

static const rnn_option *own_table(size_t *count) {
    *count = sizeof table / sizeof table[0];
    return table;
}

/* ---------------------------------------------------------------------- text */

static void read_array(const void *context, uint64_t from, size_t count, int32_t *out) {
    memcpy(out, (const int32_t *)context + from, count * sizeof(int32_t));
}

/* Where no text is given, the model writes one. */
static rnn_status write_text(work *w, size_t count, rnn_error *error) {
    rnn_sampler *sampler;
    rnn_sampling how = {.seed = w->how.seed,
                        .threads = w->computing.threads,
                        .cpu = w->computing.cpu,
                        .device = w->computing.device};
    rnn_status status = rnn_sampler_create(&sampler, w->model, &how, 1, error);
    if (status != RNN_OK)
        return status;
    w->array = rnn_allocate(count + 1, sizeof *w->array);
    w->array_count = count;
    for (size_t i = 0; w->array && i < count; i++)
        rnn_sampler_next(sampler, &w->array[i]);
    rnn_sampler_destroy(sampler);
    return w->array ? RNN_OK : rnn_fail(error, RNN_ERR_MEMORY, "out of memory");
}

static rnn_status read_input(work *w, const char *input, rnn_error *error) {
    const options *how = &w->how;
    rnn_evaluation plan = {.skip_unknown = how->on_unknown == 1};
    if (arguments_given(&w->parts[OWN], "text"))
        return rnn_model_encode(w->model, how->text, strlen(how->text), plan.skip_unknown,
                                &w->array, &w->array_count, error);
    if (input)
        return rnn_score_read(&w->symbols, w->model, &input, 1, &plan, error);
    int64_t length = how->length > 0 ? how->length : 1000;
    if (how->from > MOST_WRITTEN || length > MOST_WRITTEN - how->from)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "--from and --length: the model writes at most %s characters for this; "
                        "write more with 'rnn sample' into a file, and name that",
                        figures_count(MOST_WRITTEN).text);
    return write_text(w, (size_t)(how->from + length), error);
}

/* What a view has room for, unless --length says otherwise. */
static size_t usual_length(const work *w) {
    int page = w->how.output[0] != '\0';
    switch (w->show.views) {
    case SHOW_SURPRISE:
        return page ? 20000 : 2000;
    case SHOW_CELLS:
        return page ? 2000 : 1000;
    case SHOW_GATES:
        return 10000;
    default:
        return page ? 2000 : 300;
    }
}

static rnn_status find_text(work *w, reading_text *text, rnn_error *error) {
    const options *how = &w->how;
    uint64_t all = w->symbols ? rnn_symbols_count(w->symbols) : w->array_count;
    *text = w->symbols ? (reading_text){rnn_evaluator_read_symbols, w->symbols, 0, 0}
                       : (reading_text){read_array, w->array, 0, 0};
    if (all == 0)
        return rnn_fail(error, RNN_ERR_RANGE, "there is no character in the text");
    if ((uint64_t)how->from >= all)
        return rnn_fail(error, RNN_ERR_RANGE, "--from %" PRId64 ": the text has %s characters",
                        how->from, figures_count(all).text);
    uint64_t length = how->length == RNN_AUTO ? usual_length(w)
                      : how->length == 0      ? UINT64_MAX
                                              : (uint64_t)how->length;
    text->from = (uint64_t)how->from;
    text->count = (size_t)(all - text->from < length ? all - text->from : length);
    return RNN_OK;
}

/* ------------------------------------------------------------------- reading */

static size_t unit_count(const show *s) {
    return (size_t)s->info.num_layers * (size_t)s->info.hidden_size;
}

/* Which units are looked at, and where their values stand. */
static rnn_status choose_cells(work *w, rnn_error *error) {
    show *s = &w->show;
    if (!(s->views & (SHOW_CELLS | SHOW_PREDICTIONS)))
        return RNN_OK;
    s->cell_count = w->given_count;
    for (size_t i = 0; i < w->given_count; i++) {
        w->cells[i] = (rnn_probe){w->given[i].layer, w->given[i].unit, RNN_SIGNAL_CELL};
        rnn_status status =
            rnn_model_check_unit(&w->model->network, w->cells[i].layer, w->cells[i].unit, error);
        if (status != RNN_OK)
            return status;
    }
    s->chosen = w->given_count == 0;
    if (s->chosen)
        s->cell_count = survey_choose(&s->figures, w->cells, (size_t)w->how.top);
    for (size_t i = 0; i < s->cell_count; i++)
        w->columns[i] = s->all_cells ? (size_t)w->cells[i].layer * (size_t)s->info.hidden_size +
                                           (size_t)w->cells[i].unit
                                     : i;
    s->cells = w->cells;
    s->columns = w->columns;
    return RNN_OK;
}

/* All units are read for the gates, for choosing among them, and for a page with all. */
static int needs_survey(const work *w) {
    const show *s = &w->show;
    int chooses = w->given_count == 0 && s->views & (SHOW_CELLS | SHOW_PREDICTIONS);
    return chooses || s->views & SHOW_GATES || s->all_cells;
}

static rnn_status read_shown(work *w, const reading_text *text, rnn_error *error) {
    show *s = &w->show;
    const rnn_probe any = {0, 0, RNN_SIGNAL_CELL};
    rnn_tracing how = {.threads = w->computing.threads,
                       .cpu = w->computing.cpu,
                       .device = w->computing.device,
                       .precision = (rnn_precision)w->computing.precision,
                       .clamps = w->clamps,
                       .clamp_count = s->clamp_count};
    s->all_cells =
        w->how.output[0] && s->views & SHOW_CELLS && text->count <= MOST_VALUES / unit_count(s);
    rnn_status status = RNN_OK;
    if (needs_survey(w))
        status = survey_make(&s->figures, s->model, text, &how, error);
    if (status == RNN_OK)
        status = choose_cells(w, error);
    if (status != RNN_OK)
        return status;
    how.likeliest = s->views & SHOW_PREDICTIONS ? w->how.likeliest : 0;
    how.probes = s->all_cells ? NULL : s->cell_count ? w->cells : &any;
    how.probe_count = s->all_cells ? 0 : s->cell_count ? s->cell_count : 1;
    status = reading_make(&s->read, s->model, text, &how, error);
    if (status != RNN_OK || s->clamp_count == 0)
        return status;
    how = (rnn_tracing){.probes = &any,
                        .probe_count = 1,
                        .threads = how.threads,
                        .cpu = how.cpu,
                        .device = how.device,
                        .precision = how.precision};
    return reading_make(&s->unheld, s->model, text, &how, error);
}

/* What drawing needs beside what was read. */
static rnn_status prepare_drawing(work *w, rnn_error *error) {
    show *s = &w->show;
    if (s->all_cells) {
        s->order = w->order = rnn_allocate(unit_count(s), sizeof *w->order);
        if (!w->order)
            return rnn_fail(error, RNN_ERR_MEMORY, "no memory to put %zu units in order",
                            unit_count(s));
        survey_choose(&s->figures, w->order, unit_count(s));
    }
    if (s->clamp_count > 0) {
        s->change = w->change = show_change(s);
        if (!w->change)
            return rnn_fail(error, RNN_ERR_MEMORY, "no memory to compare %zu characters",
                            s->read.count);
    }
    rnn_status status =
        glyphs_cut(&w->glyphs, &s->glyph_count, w->model, s->read.symbols, s->read.count, error);
    s->glyphs = w->glyphs;
    return status;
}

static rnn_status prepare(work *w, const char *argument, const char *input, rnn_error *error) {
    char path[RUNS_PATH];
    show *s = &w->show;
    reading_text text;
    rnn_status status = units_read(&w->given, &w->given_count, w->how.cells, 0, "cells", error);
    if (status == RNN_OK && w->given_count > SHOW_MOST_CELLS)
        status = rnn_fail(error, RNN_ERR_RANGE, "--cells: %zu units; %d at most", w->given_count,
                          SHOW_MOST_CELLS);
    if (status == RNN_OK)
        status = units_read(&w->clamps, &s->clamp_count, w->how.clamp, 1, "clamp", error);
    if (status == RNN_OK)
        status = runs_locate(argument, path, sizeof path, error);
    if (status == RNN_OK)
        status = rnn_model_load(&w->model, path, error);
    if (status == RNN_OK)
        status = read_input(w, input, error);
    if (status == RNN_OK)
        status = find_text(w, &text, error);
    if (status != RNN_OK)
        return status;
    s->model = w->model;
    s->info = rnn_model_describe(w->model);
    s->clamps = w->clamps;
    s->from = text.from;
    status = read_shown(w, &text, error);
    return status == RNN_OK ? prepare_drawing(w, error) : status;
}

/* ------------------------------------------------------------------- drawing */

static void draw_page(const void *what, FILE *file) {
    show_draw_page(what, file);
}

static int draw(const work *w) {
    if (w->manners.json)
        return manners_print_json(w->self, show_describe(&w->show));
    if (w->how.output[0])
        return document_write(w->self, &w->manners, w->how.output, draw_page, &w->show);
    terminal where = terminal_open(stdout, w->manners.color);
    show_draw_terminal(&w->show, &where, w->how.theme);
    return manners_finish(w->self);
}

/* ------------------------------------------------------------------- command */

static int views_of(const work *w) {
    static const int views[] = {
        SHOW_PREDICTIONS, SHOW_PREDICTIONS,
        SHOW_CELLS,       SHOW_SURPRISE,
        SHOW_GATES,       SHOW_PREDICTIONS | SHOW_CELLS | SHOW_SURPRISE | SHOW_GATES};
    int all = w->how.output[0] && w->how.view == 0;
    /* What holding does is seen in the surprise. */
    if (w->how.view == 0 && w->how.clamp[0] && !all)
        return SHOW_SURPRISE;
    return views[all ? 5 : w->how.view];
}

static void release(work *w) {
    survey_release(&w->show.figures);
    reading_release(&w->show.read);
    reading_release(&w->show.unheld);
    rnn_symbols_destroy(w->symbols);
    rnn_free(w->array);
    rnn_free(w->given);
    rnn_free(w->clamps);
    rnn_free(w->order);
    rnn_free(w->change);
    rnn_free(w->glyphs);
    rnn_model_destroy(w->model);
}

static int run(const command *self, int argc, char **argv) {
    work w = {.self = self};
    rnn_error error = {0};
    size_t count;
    w.parts[OWN] = (arguments_part){.table = own_table, .target = &w.how};
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
    if (count > 2)
        return manners_usage(self, "one text at a time, not %zu", count - 1);
    int words = arguments_given(&w.parts[OWN], "text");
    if (count == 2 && words)
        return manners_usage(self, "--text and %s: give one of them", argv[1]);
    if (words && !w.how.text[0])
        return manners_usage(self, "--text has no character in it; give it some words, or leave it "
                                   "out and the model writes a text itself");
    if (w.manners.json && w.how.output[0])
        return manners_usage(self, "--json and --output: give one of them");
    w.show.views = views_of(&w);
    w.show.model_name = argv[0];
    w.show.text_name = count == 2 ? strcmp(argv[1], "-") == 0 ? "standard input" : argv[1]
                       : words ? "the words given"
                                  : "a text that it wrote itself";
    int code = prepare(&w, argv[0], count == 2 ? argv[1] : NULL, &error) == RNN_OK
                   ? draw(&w)
                   : manners_fail(self, &error);
    release(&w);
    return code;
}

const command show_command = {
    "show",
    (const char *const[]){"[OPTION...] MODEL [TEXT]", NULL},
    "look inside a model while it reads a text",
    "Reads a text and shows what the model does at each character: what it takes for likely to "
    "come next (predictions), the values of single units (cells), how surprised it is (surprise), "
    "and how often each unit's gates are open or shut (gates). TEXT is a file, a directory, an "
    "archive, or - for standard input; where there is none, the model writes one.\n\n"
    "With --output all of it stands on one page that any browser shows and that can be printed; "
    "there any unit can be chosen, and hovering, touching or the arrow keys tell the numbers. In a "
    "terminal, colors tell "
    "them, or digits where there are no colors.\n\n"
    "The value of a unit, from -1 to 1, is tanh(c) of an LSTM and h of a GRU or a tanh network. "
    "Layers and units are counted from 0.",
    (const char *const[]){
        "rnn show runs/book book.txt", "rnn show runs/book book.txt --view cells --cells 0:17,1:5",
        "rnn show runs/book letter.txt --view surprise --length 0",
        "rnn show runs/book book.txt --from 100000 -o book.html",
        "rnn show runs/book --text 'He said: \"What now?\"' --clamp 1:5=-1", NULL},
    {own_table, computing_table, manners_table, NULL},
    run,
};
