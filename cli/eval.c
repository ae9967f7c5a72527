/* SPDX-License-Identifier: MIT
 *
 * eval.c - `rnn eval`: how well a model predicts a text.
 */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <string.h>

#include "base/files.h"
#include "cli/arguments.h"
#include "cli/baseline.h"
#include "cli/computing.h"
#include "cli/dynamic.h"
#include "cli/extent.h"
#include "cli/figures.h"
#include "cli/glyphs.h"
#include "cli/help.h"
#include "cli/history.h"
#include "cli/manners.h"
#include "cli/peers.h"
#include "cli/runs.h"
#include "cli/structure.h"
#include "cli/terminal.h"
#include "inference/own_text.h"
#include "inference/score.h"
#include "text/utf8.h"

typedef struct options {
    int protocol, per_char;
    int64_t window;
} options;

enum { OWN, EXTENT, COMPUTING, DYNAMIC, BASELINE, STRUCTURE, MANNERS, PEERS, PARTS };

/* What a call of the command works with, and what came of it. */
typedef struct work {
    const command *self;
    options how;
    extent extent;
    computing computing;
    manners manners;
    peers peers;
    dynamic_options dynamic;
    baseline_options beside;
    structure_options structure;
    arguments_part parts[PARTS];
    rnn_evaluation plan;
    rnn_evaluation_result result;
    rnn_dynamics_result followed;
    rnn_baseline baseline;
    int held_out; /* 1: what is scored is of the model's own text, and was held out */
    verdict_losses losses;
} work;

#define AT(member) offsetof(options, member)

/* clang-format off */
static const rnn_option table[] = {
    {"protocol", RNN_OPTION_CHOICE, AT(protocol), "stream", 0, 0, 0, "stream cold", "KIND", "Scoring",
     "read the text in one go, or in windows that each begin knowing nothing", NULL},
    {"window", RNN_OPTION_INT64, AT(window), "256", 1, 16777216, 0, NULL, "N", "Scoring",
     "of the cold protocol: characters in a window", NULL},
    {"per-char", RNN_OPTION_FLAG, AT(per_char), "0", 0, 0, 0, NULL, NULL, "Scoring",
     "print each character and its bits, parted by a tab, on standard output", NULL},
};
/* clang-format on */

static const rnn_option *own_table(size_t *count) {
    *count = sizeof table / sizeof table[0];
    return table;
}

/* ------------------------------------------------------------------ results */

typedef struct listing {
    const rnn_model *model;
} listing;

/* One line: the character, escaped as in C where it would not show, and its bits. */
static void print_character(void *context, int32_t symbol, double nats) {
    const listing *to = context;
    size_t bytes;
    const char *text = rnn_model_symbol(to->model, symbol, &bytes);
    unsigned char first = (unsigned char)text[0];
    uint32_t code = 0;
    if (first == '\\')
        fputs("\\\\", stdout);
    else if (first == '\n')
        fputs("\\n", stdout);
    else if (first == '\t')
        fputs("\\t", stdout);
    else if (first == '\r')
        fputs("\\r", stdout);
    else if (bytes == 1 && (first < 0x20 || first >= 0x7F))
        printf("\\x%02x", first);
    else if (rnn_utf8_decode((const unsigned char *)text, bytes, &code) > 1 && !glyphs_shows(code))
        printf(code > 0xFFFF ? "\\U%08" PRIx32 : "\\u%04" PRIx32, code);
    else
        fwrite(text, 1, bytes, stdout);
    printf("\t%.4f\n", figures_bits(nats));
}

static json_t *describe(const work *w) {
    const rnn_score *score = &w->result.score;
    static const char *const parts[] = {"all", "train", "val", "test"};
    int cold = w->how.protocol == RNN_PROTOCOL_COLD;
    char hash[20];
    snprintf(hash, sizeof hash, "%016" PRIx64, w->result.hash);
    json_t *object = json_pack(
        "{s:I, s:f, s:f, s:f, s:f, s:s, s:s, s:I, s:f, s:s, s:s}", "characters",
        (json_int_t)score->characters, "nats_per_character", score->nats_per_character,
        "bits_per_character", figures_bits(score->nats_per_character), "perplexity",
        exp(score->nats_per_character), "accuracy", score->accuracy, "part", parts[w->plan.part],
        "protocol", cold ? "cold" : "stream", "skipped", (json_int_t)w->result.skipped, "seconds",
        w->result.seconds, "text_hash", hash, "kernels", w->result.kernels);
    if (object && cold)
        json_object_set_new(object, "window", json_integer(w->how.window));
    if (object && w->dynamic.on)
        json_object_set_new(object, "dynamic", dynamic_describe(&w->followed));
    if (object && w->beside.wanted) {
        json_object_set_new(object, "baseline", baseline_describe(&w->baseline));
        json_object_set_new(object, "verdict", verdict_describe(&w->losses));
    }
    return object;
}

static void print_verdict(FILE *file, const verdict_losses *losses) {
    char text[1024];
    verdict_say(losses, text, sizeof text);
    if (*text) {
        int column = fprintf(file, "verdict     ");
        figures_wrap(file, text, terminal_width(file), 12, (size_t)column);
    }
}

static void print_result(FILE *file, const work *w) {
    const rnn_evaluation_result *result = &w->result;
    const rnn_score *score = &result->score;
    fprintf(file, "characters  %s", figures_count(score->characters).text);
    if (result->skipped > 0)
        fprintf(file, " (and %s unknown ones skipped)", figures_count(result->skipped).text);
    if (w->plan.part != w->extent.part)
        fprintf(file, " (the validation part)");
    fprintf(file, "\nloss        %.4f nats per character\n", score->nats_per_character);
    fprintf(file, "bits        %.4f per character\n", figures_bits(score->nats_per_character));
    fprintf(file, "perplexity  %.4f\n", exp(score->nats_per_character));
    fprintf(file, "accuracy    %.2f%%\n", 100 * score->accuracy);
    if (w->how.protocol == RNN_PROTOCOL_COLD)
        fprintf(file, "protocol    cold, windows of %" PRId64 "\n", w->how.window);
    else
        fprintf(file, "protocol    stream\n");
    fprintf(
        file, "time        %s, %s characters a second (%s)\n",
        figures_seconds(result->seconds).text,
        figures_rate(result->seconds > 0 ? (double)score->characters / result->seconds : 0).text,
        result->kernels);
    if (w->dynamic.on)
        dynamic_print(file, &w->followed);
    if (w->beside.wanted) {
        baseline_print(file, &w->baseline);
        print_verdict(file, &w->losses);
    }
}

static int print_all(const work *w) {
    if (w->manners.json)
        return manners_print_json(w->self, describe(w));
    /* With --per-char the listing has standard output for itself. */
    if (!w->how.per_char || !w->manners.quiet)
        print_result(w->how.per_char ? stderr : stdout, w);
    return manners_finish(w->self);
}

/* ------------------------------------------------------------------ command */

/* What is known of the run that the model at a path is of. */
static void read_losses(work *w, const rnn_model *model, const char *path) {
    char directory[RUNS_PATH];
    snprintf(directory, sizeof directory, "%s", path);
    if (!rnn_files_is_directory(path)) {
        char *slash = strrchr(directory, '/');
        snprintf(slash ? slash : directory, 2, "%s", slash ? "" : ".");
    }
    w->losses = verdict_unknown();
    history_read_log(&w->losses, directory);
    history_read_model(&w->losses, rnn_model_history(model));
    w->losses.scored = w->result.score.nats_per_character;
    w->losses.baseline = w->baseline.nats_per_character;
    w->losses.order = w->baseline.ngram.order;
    w->losses.comparable = w->held_out;
}

/* With weights that follow the text, the figure of those that do not is the result too. */
static rnn_status score_dynamics(work *w, const rnn_model *model, const rnn_symbols *symbols,
                                 rnn_error *error) {
    rnn_dynamics dynamics = dynamic_settings(&w->parts[DYNAMIC]);
    rnn_status status =
        rnn_score_dynamics(model, symbols, &w->plan, &dynamics, &w->followed,
                           w->manners.quiet ? NULL : dynamic_tell, (void *)w->self, error);
    w->result = w->followed.fixed;
    return status;
}

static rnn_status score_all(work *w, const rnn_model *model, const rnn_symbols *symbols,
                            rnn_error *error) {
    listing to = {model};
    rnn_status status = RNN_OK;
    if (w->beside.wanted)
        status = baseline_choose_part(&w->beside, model, symbols,
                                      arguments_given(&w->parts[EXTENT], "part"), &w->plan, error);
    w->held_out = rnn_own_text_held_out(model, symbols, &w->plan);
    if (status == RNN_OK && w->dynamic.on)
        status = score_dynamics(w, model, symbols, error);
    else if (status == RNN_OK)
        status = rnn_score_symbols(model, symbols, &w->plan, &w->result,
                                   w->how.per_char ? print_character : NULL, &to, error);
    if (status == RNN_OK && w->beside.wanted)
        status = baseline_run(&w->baseline, &w->beside, model, symbols, &w->plan, error);
    return status;
}

static rnn_status score(work *w, const rnn_model *model, char **inputs, size_t count,
                        rnn_error *error) {
    rnn_symbols *symbols = NULL;
    rnn_status status =
        rnn_score_read(&symbols, model, (const char *const *)inputs, count, &w->plan, error);
    /* A listing that nobody reads on need not be made: nothing is to be saved. */
    if (w->how.per_char)
        signal(SIGPIPE, SIG_DFL);
    if (status == RNN_OK)
        status = score_all(w, model, symbols, error);
    rnn_symbols_destroy(symbols);
    return status;
}

static int evaluate(work *w, const char *argument, char **inputs, size_t count) {
    const options *how = &w->how;
    rnn_error error = {0};
    rnn_model *model = NULL;
    char path[RUNS_PATH];
    w->plan = (rnn_evaluation){
        .protocol = how->protocol,
        .window = (size_t)how->window,
        .threads = w->computing.threads,
        .cpu = w->computing.cpu,
        .device = w->computing.device,
        .precision = (rnn_precision)w->computing.precision,
    };
    extent_fill(&w->plan, &w->extent);
    rnn_status status = runs_locate(argument, path, sizeof path, &error);
    if (status == RNN_OK)
        status = rnn_model_load(&model, path, &error);
    /* Beside what is generated, real text that was held out. */
    if (status == RNN_OK)
        status =
            extent_choose(&w->plan, model, &w->parts[EXTENT], w->structure.language != 0, &error);
    if (status == RNN_OK && w->structure.language) {
        int code = structure_report(w->self, &w->structure, &w->manners, model,
                                    (const char *const *)inputs, count, &w->plan);
        rnn_model_destroy(model);
        return code;
    }
    if (status == RNN_OK)
        status = score(w, model, inputs, count, &error);
    if (status == RNN_OK && w->beside.wanted)
        read_losses(w, model, path);
    rnn_model_destroy(model);
    if (status != RNN_OK)
        return manners_fail(w->self, &error);
    return print_all(w);
}

static int any_given(const arguments_part *part, const char *const *names) {
    while (*names && !arguments_given(part, *names))
        names++;
    return *names != NULL;
}

/* What does not go together, in words, or NULL. */
static const char *clash(const work *w) {
    const arguments_part *dynamic = &w->parts[DYNAMIC];
    if (w->how.per_char && w->manners.json)
        return "--per-char and --json: give one of them";
    if (w->structure.language && (w->how.per_char || w->dynamic.on || w->beside.wanted))
        return "--structure is a report of its own: leave out --per-char, --dynamic and "
               "--baseline";
    static const char *const structure[] = {"length", "streams", "temperature", "seed", NULL};
    static const char *const baseline[] = {"baseline-order", "baseline-memory", "baseline-text",
                                           NULL};
    if (!w->structure.language && any_given(&w->parts[STRUCTURE], structure))
        return "--length, --streams, --temperature and --seed go with --structure: they are about "
               "the text that it generates";
    if (!w->beside.wanted && any_given(&w->parts[BASELINE], baseline))
        return "--baseline-order, --baseline-memory and --baseline-text go with --baseline";
    if (w->structure.language &&
        (arguments_given(&w->parts[OWN], "protocol") || arguments_given(&w->parts[OWN], "window")))
        return "--protocol and --window are about scoring, which --structure does not";
    if (w->how.protocol != RNN_PROTOCOL_COLD && arguments_given(&w->parts[OWN], "window"))
        return "--window goes with --protocol cold";
    if (!w->dynamic.on)
        return arguments_given(dynamic, "segment") || arguments_given(dynamic, "dynamic-rate") ||
                       arguments_given(dynamic, "dynamic-decay")
                   ? "--segment, --dynamic-rate and --dynamic-decay go with --dynamic"
                   : NULL;
    if (w->how.protocol == RNN_PROTOCOL_COLD)
        return "--dynamic reads the text as one stream: leave out --protocol cold";
    if (w->how.per_char)
        return "--dynamic and --per-char: give one of them";
    if (w->computing.precision == RNN_PRECISION_INT8)
        return "weights in int8 cannot follow a text: --dynamic goes with float32 and bf16";
    return NULL;
}

static int run(const command *self, int argc, char **argv) {
    work w = {.self = self};
    w.parts[OWN] = (arguments_part){.table = own_table, .target = &w.how};
    w.parts[EXTENT] = (arguments_part){.table = extent_table, .target = &w.extent};
    w.parts[COMPUTING] = (arguments_part){.table = computing_table, .target = &w.computing};
    w.parts[MANNERS] = (arguments_part){.table = manners_table, .target = &w.manners};
    w.parts[PEERS] = (arguments_part){.table = peers_eval_table, .target = &w.peers};
    w.parts[DYNAMIC] = (arguments_part){.table = dynamic_table, .target = &w.dynamic};
    w.parts[BASELINE] = (arguments_part){.table = baseline_table, .target = &w.beside};
    w.parts[STRUCTURE] = (arguments_part){.table = structure_table, .target = &w.structure};
    rnn_error error = {0};
    size_t count;
    if (arguments_parse(w.parts, PARTS, argc, argv, &count, &error) != RNN_OK)
        return manners_usage(self, "%s", error.message);
    if (w.manners.help) {
        help_print(stdout, self);
        return manners_finish(self);
    }
    if (peers_heed(&w.parts[PEERS], self, w.manners.quiet, &error) != RNN_OK)
        return manners_usage(self, "%s", error.message);
    const char *clashing = clash(&w);
    if (clashing)
        return manners_usage(self, "%s", clashing);
    if (w.beside.order == 1)
        return manners_usage(self, "--baseline-order: an n-gram has at least 2 symbols");
    const char *model = w.peers.checkpoint;
    if (!model[0] && count > 0) {
        model = *argv++;
        count--;
    }
    if (!model[0])
        return manners_usage(self, "which model? Name a run's directory or a .safetensors file");
    if (count == 0 && !w.structure.language)
        return manners_usage(self, "which text? Name files or directories behind the model, or -");
    return evaluate(&w, model, argv, count);
}

const command eval_command = {
    "eval",
    (const char *const[]){"[OPTION...] MODEL INPUT...",
                          "--structure LANGUAGE [OPTION...] MODEL [INPUT...]", NULL},
    "score a text with a model, or what it writes",
    "Tells how well a model predicts a text: the mean of -ln p over its characters in nats and in "
    "bits, the perplexity, and how often the likeliest character was the right one. INPUT is what "
    "'rnn train' takes: files, directories, archives, or - for standard input.\n\n"
    "With --baseline, an n-gram model of the same symbols (interpolated Kneser-Ney) learns the "
    "training part of the text and is scored on what the model is scored on. Of the text that "
    "the model was trained on that is the validation part, unless --part says otherwise; a text "
    "of its own is scored whole, and the n-gram model learns what the model learnt.",
    (const char *const[]){"rnn eval runs/book other-book.txt",
                          "rnn eval runs/book book.txt --part val",
                          "rnn eval runs/book book.txt --protocol cold --window 256 --json",
                          "rnn eval runs/book book.txt --baseline",
                          "rnn eval runs/book book.txt --part val --dynamic",
                          "rnn eval runs/kernel --structure c kernel.c --temperature 0.8", NULL},
    {own_table, extent_table, computing_table, dynamic_table, baseline_table, structure_table,
     manners_table, peers_eval_table, NULL},
    run,
};
