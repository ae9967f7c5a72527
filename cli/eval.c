/* SPDX-License-Identifier: MIT
 *
 * eval.c - `rnn eval`: how well a model predicts a text.
 */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <string.h>

#include "cli/dynamic.h"
#include "cli/figures.h"
#include "cli/help.h"
#include "cli/manners.h"
#include "cli/peers.h"
#include "cli/runs.h"
#include "cli/structure.h"

typedef struct options {
    int protocol, part, on_unknown, threads, per_char, precision;
    int64_t window;
    double val_frac, test_frac;
    const char *include, *exclude, *cpu, *device;
} options;

#define AT(member) offsetof(options, member)

/* clang-format off */
static const rnn_option table[] = {
    {"protocol", RNN_OPTION_CHOICE, AT(protocol), "stream", 0, 0, 0, "stream cold", "KIND", "Scoring",
     "read the text in one go, or in windows that each begin knowing nothing", NULL},
    {"window", RNN_OPTION_INT64, AT(window), "256", 1, 16777216, 0, NULL, "N", "Scoring",
     "of the cold protocol: characters in a window", NULL},
    {"per-char", RNN_OPTION_FLAG, AT(per_char), "0", 0, 0, 0, NULL, NULL, "Scoring",
     "print each character and its bits, parted by a tab, on standard output", NULL},
    {"on-unknown", RNN_OPTION_CHOICE, AT(on_unknown), "error", 0, 0, 0, "error skip", "WHAT",
     "Scoring", "what to do about characters that the model does not know", NULL},
    {"part", RNN_OPTION_CHOICE, AT(part), "all", 0, 0, 0, "all|none train val test", "PART", "Text",
     "score this part of the text, as a contiguous split makes it",
     (const rnn_option_alias[]){{"split", NULL}, {NULL, NULL}}},
    {"val-frac", RNN_OPTION_REAL, AT(val_frac), "", 0, 1, RNN_OPTION_BELOW, NULL, "F", "Text",
     "share of the validation part; where it is not given, as in the model's training", NULL},
    {"test-frac", RNN_OPTION_REAL, AT(test_frac), "", 0, 1, RNN_OPTION_BELOW, NULL, "F", "Text",
     "share of the test part, likewise", NULL},
    {"include", RNN_OPTION_TEXT, AT(include), "", 0, 0, 0, NULL, "PATTERNS", "Text",
     "of directories and archives, read only files like '*.c,*.h'", NULL},
    {"exclude", RNN_OPTION_TEXT, AT(exclude), "", 0, 0, 0, NULL, "PATTERNS", "Text",
     "of directories and archives, leave out files like '*.o'", NULL},
    {"threads", RNN_OPTION_INT, AT(threads), "0", 0, 1024, 0, NULL, "N", "Run",
     "threads; 0 takes OMP_NUM_THREADS, else every core", NULL},
    {"cpu", RNN_OPTION_TEXT, AT(cpu), "auto", 0, 0, 0, NULL, "LEVEL", "Run",
     "avx512bf16, avx512, avx2, neon or generic, plain C; auto takes RNN_CPU, else the best", NULL},
    {"precision", RNN_OPTION_CHOICE, AT(precision), "auto", 0, 0, 0, "auto float32 bf16 int8", "KIND",
     "Run", "of what is multiplied: fewer bits are faster and cost a little of the loss; auto is float32", NULL},
    {"device", RNN_OPTION_TEXT, AT(device), "auto", 0, 0, 0, NULL, "NAME", "Run",
     "where to compute, like cpu", NULL},
};
/* clang-format on */

static const rnn_option *own_table(size_t *count) {
    *count = sizeof table / sizeof table[0];
    return table;
}

/* -------------------------------------------------------------------- parts */

/* The share that the model's training held out, if its history says so. */
static double trained_share(const json_t *history, const char *key, double otherwise) {
    const json_t *value = json_object_get(json_object_get(history, "settings"), key);
    return json_is_number(value) ? json_number_value(value) : otherwise;
}

/* With `held_out`, the validation part is meant where no other is named and there is one. */
static rnn_status find_part(const rnn_model *model, const arguments_part *given, options *how,
                            int held_out, rnn_evaluation *out, rnn_error *error) {
    json_t *history = json_loads(rnn_model_history(model), 0, NULL);
    if (!arguments_given(given, "val-frac"))
        how->val_frac = trained_share(history, "val_frac", 0.05);
    if (!arguments_given(given, "test-frac"))
        how->test_frac = trained_share(history, "test_frac", 0);
    const json_t *split = json_object_get(json_object_get(history, "settings"), "split");
    int streams = json_is_string(split) && strcmp(json_string_value(split), "streams") == 0;
    json_decref(history);
    if (held_out && !arguments_given(given, "part") && !streams && how->val_frac > 0)
        how->part = RNN_PART_VAL;
    if (how->part == RNN_PART_ALL)
        return RNN_OK;
    if (how->val_frac + how->test_frac >= 1)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "--val-frac and --test-frac together must be below 1");
    if (streams && !arguments_given(given, "val-frac"))
        return rnn_fail(error, RNN_ERR_RANGE,
                        "this model held out the ends of its streams, which is no part of the text "
                        "by itself; give --val-frac for a contiguous part (the model has read some "
                        "of it)");
    if ((how->part == RNN_PART_VAL && how->val_frac == 0) ||
        (how->part == RNN_PART_TEST && how->test_frac == 0))
        return rnn_fail(error, RNN_ERR_RANGE, "the %s part is empty: give --%s-frac",
                        how->part == RNN_PART_VAL ? "val" : "test",
                        how->part == RNN_PART_VAL ? "val" : "test");
    out->part = how->part;
    out->val_frac = how->val_frac;
    out->test_frac = how->test_frac;
    return RNN_OK;
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
    else
        fwrite(text, 1, bytes, stdout);
    printf("\t%.4f\n", figures_bits(nats));
}

static json_t *describe(const options *how, const rnn_evaluation_result *result) {
    const rnn_score *score = &result->score;
    char hash[20];
    snprintf(hash, sizeof hash, "%016" PRIx64, result->hash);
    json_t *object =
        json_pack("{s:I, s:f, s:f, s:f, s:f, s:s, s:I, s:f, s:s, s:s}", "characters",
                  (json_int_t)score->characters, "nats_per_character", score->nats_per_character,
                  "bits_per_character", figures_bits(score->nats_per_character), "perplexity",
                  exp(score->nats_per_character), "accuracy", score->accuracy, "protocol",
                  how->protocol == RNN_PROTOCOL_COLD ? "cold" : "stream", "skipped",
                  (json_int_t)result->skipped, "seconds", result->seconds, "text_hash", hash,
                  "kernels", result->kernels);
    if (object && how->protocol == RNN_PROTOCOL_COLD)
        json_object_set_new(object, "window", json_integer(how->window));
    return object;
}

static void print_result(FILE *file, const options *how, const rnn_evaluation_result *result) {
    const rnn_score *score = &result->score;
    fprintf(file, "characters  %s", figures_count(score->characters).text);
    if (result->skipped > 0)
        fprintf(file, " (and %s unknown ones skipped)", figures_count(result->skipped).text);
    fprintf(file, "\nloss        %.4f nats per character\n", score->nats_per_character);
    fprintf(file, "bits        %.4f per character\n", figures_bits(score->nats_per_character));
    fprintf(file, "perplexity  %.4f\n", exp(score->nats_per_character));
    fprintf(file, "accuracy    %.2f%%\n", 100 * score->accuracy);
    if (how->protocol == RNN_PROTOCOL_COLD)
        fprintf(file, "protocol    cold, windows of %" PRId64 "\n", how->window);
    else
        fprintf(file, "protocol    stream\n");
    fprintf(
        file, "time        %s, %s characters a second (%s)\n",
        figures_seconds(result->seconds).text,
        figures_rate(result->seconds > 0 ? (double)score->characters / result->seconds : 0).text,
        result->kernels);
}

static int print_all(const command *self, const options *how, const manners *manner,
                     const rnn_evaluation_result *result) {
    if (manner->json)
        return manners_print_json(self, describe(how, result));
    /* With --per-char the listing has standard output for itself. */
    if (!how->per_char || !manner->quiet)
        print_result(how->per_char ? stderr : stdout, how, result);
    return manners_finish(self);
}

/* The figures of weights that follow the text, behind those of weights that do not. */
static int print_dynamic(const command *self, const options *how, const manners *manner,
                         const rnn_dynamics_result *result) {
    if (manner->json) {
        json_t *object = describe(how, &result->fixed);
        if (object)
            json_object_set_new(object, "dynamic", dynamic_describe(result));
        return manners_print_json(self, object);
    }
    print_result(stdout, how, &result->fixed);
    dynamic_print(stdout, result);
    return manners_finish(self);
}

/* ------------------------------------------------------------------ command */

/* What --dynamic does not go with, in words, or NULL. */
static const char *clash(const options *how, const arguments_part *dynamic) {
    if (!((const dynamic_options *)dynamic->target)->on)
        return arguments_given(dynamic, "segment") || arguments_given(dynamic, "dynamic-rate") ||
                       arguments_given(dynamic, "dynamic-decay")
                   ? "--segment, --dynamic-rate and --dynamic-decay go with --dynamic"
                   : NULL;
    if (how->protocol == RNN_PROTOCOL_COLD)
        return "--dynamic reads the text as one stream: leave out --protocol cold";
    if (how->per_char)
        return "--dynamic and --per-char: give one of them";
    if (how->precision == RNN_PRECISION_INT8)
        return "weights in int8 cannot follow a text: --dynamic goes with float32 and bf16";
    return NULL;
}

enum { OWN, DYNAMIC, STRUCTURE, MANNERS, PEERS, PARTS };

static int evaluate(const command *self, const arguments_part *parts, const char *argument,
                    char **inputs, size_t count) {
    options *how = parts[OWN].target;
    const structure_options *structure = parts[STRUCTURE].target;
    const manners *manner = parts[MANNERS].target;
    const arguments_part *dynamic = &parts[DYNAMIC];
    rnn_error error = {0};
    rnn_model *model = NULL;
    rnn_evaluation_result result;
    rnn_dynamics_result followed;
    const rnn_dynamics moves = dynamic_settings(dynamic);
    const int follows = ((const dynamic_options *)dynamic->target)->on;
    char path[RUNS_PATH];
    rnn_evaluation plan = {
        .protocol = how->protocol,
        .window = (size_t)how->window,
        .skip_unknown = how->on_unknown == 1,
        .include = how->include,
        .exclude = how->exclude,
        .threads = how->threads,
        .cpu = how->cpu,
        .device = how->device,
        .precision = (rnn_precision)how->precision,
    };
    rnn_status status = runs_locate(argument, path, sizeof path, &error);
    if (status == RNN_OK)
        status = rnn_model_load(&model, path, &error);
    if (status == RNN_OK)
        status = find_part(model, &parts[OWN], how, structure->language, &plan, &error);
    if (status == RNN_OK && structure->language) {
        int code = structure_report(self, structure, manner, model, (const char *const *)inputs,
                                    count, &plan);
        rnn_model_destroy(model);
        return code;
    }
    listing to = {model};
    /* A listing that nobody reads on need not be made: nothing is to be saved. */
    if (how->per_char)
        signal(SIGPIPE, SIG_DFL);
    if (status == RNN_OK && follows)
        status = rnn_evaluate_dynamics(model, (const char *const *)inputs, count, &plan, &moves,
                                       &followed, manner->quiet ? NULL : dynamic_tell, (void *)self,
                                       &error);
    else if (status == RNN_OK)
        status = rnn_evaluate(model, (const char *const *)inputs, count, &plan, &result,
                              how->per_char ? print_character : NULL, &to, &error);
    rnn_model_destroy(model);
    if (status != RNN_OK)
        return manners_fail(self, &error);
    return follows ? print_dynamic(self, how, manner, &followed)
                   : print_all(self, how, manner, &result);
}

static int run(const command *self, int argc, char **argv) {
    options how = {0};
    structure_options structure;
    manners manner;
    peers from_peers;
    dynamic_options dynamic = {0};
    arguments_part parts[PARTS] = {
        [OWN] = {.table = own_table, .target = &how},
        [DYNAMIC] = {.table = dynamic_table, .target = &dynamic},
        [STRUCTURE] = {.table = structure_table, .target = &structure},
        [MANNERS] = {.table = manners_table, .target = &manner},
        [PEERS] = {.table = peers_eval_table, .target = &from_peers},
    };
    rnn_error error = {0};
    size_t count;
    memset(&from_peers, 0, sizeof from_peers);
    if (arguments_parse(parts, PARTS, argc, argv, &count, &error) != RNN_OK)
        return manners_usage(self, "%s", error.message);
    if (manner.help) {
        help_print(stdout, self);
        return manners_finish(self);
    }
    if (peers_heed(&parts[PEERS], self, manner.quiet, &error) != RNN_OK)
        return manners_usage(self, "%s", error.message);
    if (how.per_char && manner.json)
        return manners_usage(self, "--per-char and --json: give one of them");
    const char *clashing = clash(&how, &parts[DYNAMIC]);
    if (clashing)
        return manners_usage(self, "%s", clashing);
    if (structure.language && (how.per_char || dynamic.on))
        return manners_usage(self, "--structure and %s: give one of them",
                             how.per_char ? "--per-char" : "--dynamic");
    const char *model = from_peers.checkpoint;
    if (!model[0] && count > 0) {
        model = *argv++;
        count--;
    }
    if (!model[0])
        return manners_usage(self, "which model? Name a run's directory or a .safetensors file");
    if (count == 0 && !structure.language)
        return manners_usage(self, "which text? Name files or directories behind the model, or -");
    return evaluate(self, parts, model, argv, count);
}

const command eval_command = {
    "eval",
    (const char *const[]){"[OPTION...] MODEL INPUT...",
                          "--structure LANGUAGE [OPTION...] MODEL [INPUT...]", NULL},
    "score a text with a model, or what it writes",
    "Tells how well a model predicts a text: the mean of -ln p over its characters in nats and in "
    "bits, the perplexity, and how often the likeliest character was the right one. INPUT is what "
    "'rnn train' takes: files, directories, archives, or - for standard input.",
    (const char *const[]){"rnn eval runs/book other-book.txt",
                          "rnn eval runs/book book.txt --part val",
                          "rnn eval runs/book book.txt --protocol cold --window 256 --json",
                          "rnn eval runs/book book.txt --part val --dynamic",
                          "rnn eval runs/kernel --structure c kernel.c --temperature 0.8", NULL},
    {own_table, dynamic_table, structure_table, manners_table, peers_eval_table, NULL},
    run,
};
