/* SPDX-License-Identifier: MIT
 *
 * sample.c - `rnn sample`: writes new text.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/files.h"
#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/computing.h"
#include "cli/figures.h"
#include "cli/help.h"
#include "cli/manners.h"
#include "cli/novelty.h"
#include "cli/outlet.h"
#include "cli/peers.h"
#include "cli/runs.h"
#include "cli/signals.h"
#include "cli/units.h"
#include "model/model.h"
#include "text/as_json.h"

#define LONGEST_PRIME ((size_t)1 << 30) /* bytes of --prime-file */

typedef struct options {
    double temperature, top_p, min_p;
    int top_k, count, endless, echo, verbose;
    int on_unknown; /* 0 error, 1 skip */
    int novelty_by; /* novelty_kind */
    int novelty_top;
    int64_t length;
    uint64_t seed;
    const char *prime, *prime_file, *stop, *new_only, *novelty, *clamp;
} options;

#define AT(member) offsetof(options, member)
#define ALIASES(...)                                                                               \
    (const rnn_option_alias[]) {                                                                   \
        __VA_ARGS__, {                                                                             \
            NULL, NULL                                                                             \
        }                                                                                          \
    }

/* clang-format off */
static const rnn_option table[] = {
    {"length", RNN_OPTION_INT64, AT(length), "2000", 0, HUGE_VAL, 0, NULL, "N", "Text",
     "characters to write; 0 is --endless", ALIASES({"n", NULL})},
    {"endless", RNN_OPTION_FLAG, AT(endless), "0", 0, 0, 0, NULL, NULL, "Text",
     "write until Ctrl-C", NULL},
    {"stop", RNN_OPTION_TEXT, AT(stop), "", 0, 0, 0, NULL, "TEXT", "Text",
     "end a sample before this text", NULL},
    {"count", RNN_OPTION_INT, AT(count), "1", 1, 65536, 0, NULL, "N", "Text",
     "samples, drawn side by side", NULL},
    {"prime", RNN_OPTION_TEXT, AT(prime), "", 0, 0, 0, NULL, "TEXT", "Text",
     "text to go on from", ALIASES({"primetext", NULL}, {"start-text", NULL})},
    {"prime-file", RNN_OPTION_TEXT, AT(prime_file), "", 0, 0, RNN_OPTION_FILE, NULL, "FILE", "Text",
     "the same, from a file; - is standard input", NULL},
    {"echo", RNN_OPTION_FLAG, AT(echo), "1", 0, 0, 0, NULL, NULL, "Text",
     "repetition of the prime before what follows it", NULL},
    {"on-unknown", RNN_OPTION_CHOICE, AT(on_unknown), "error", 0, 0, 0, "error skip", "WHAT", "Text",
     "what to do about characters in the prime that the model does not know", NULL},
    {"new-only", RNN_OPTION_TEXT, AT(new_only), "", 0, 0, RNN_OPTION_FILE, NULL, "FILE", "Text",
     "write only whole lines that are not lines of this file; --length counts all that are drawn",
     NULL},
    {"novelty", RNN_OPTION_TEXT, AT(novelty), "", 0, 0, RNN_OPTION_FILE, NULL, "CORPUS", "Text",
     "tell afterwards, on standard error, what of it stands in this text (a file, directory or "
     "archive) already", NULL},
    {"novelty-by", RNN_OPTION_CHOICE, AT(novelty_by), "stretch", 0, 0, 0, "stretch line", "WHAT", "Text",
     "what --novelty compares: the longest stretches, or whole lines, such as names, with the new "
     "ones that the model finds most plausible", NULL},
    {"novelty-top", RNN_OPTION_INT, AT(novelty_top), "20", 0, 65536, 0, NULL, "N", "Text",
     "how many of those new lines to show; --json has all", NULL},
    {"temperature", RNN_OPTION_REAL, AT(temperature), "1", 0, 1000, 0, NULL, "T", "Drawing",
     "below 1 plays safe, above 1 dares; 0 always takes the likeliest", ALIASES({"t", NULL})},
    {"top-k", RNN_OPTION_INT, AT(top_k), "0", 0, 65536, 0, NULL, "K", "Drawing",
     "draw from the K likeliest; 0 from all", NULL},
    {"top-p", RNN_OPTION_REAL, AT(top_p), "0", 0, 1, 0, NULL, "P", "Drawing",
     "draw from the likeliest that together have this probability; 0 from all", NULL},
    {"min-p", RNN_OPTION_REAL, AT(min_p), "0", 0, 1, 0, NULL, "P", "Drawing",
     "draw from those at least P times as likely as the likeliest; 0 from all", NULL},
    {"seed", RNN_OPTION_UINT64, AT(seed), "", 0, HUGE_VAL, 0, NULL, "N", "Drawing",
     "same seed, same text; without one, each text is another", NULL},
    {"clamp", RNN_OPTION_TEXT, AT(clamp), "", 0, 0, 0, NULL, "LIST", "Drawing",
     "hold units: LAYER:UNIT=VALUE, layers and units from 0, in a list with commas. After each "
     "character, the prime's too, tanh(c) of an LSTM's unit, or h of another's, has this value "
     "from -1 to 1", NULL},
    {"verbose", RNN_OPTION_FLAG, AT(verbose), "0", 0, 0, 0, NULL, NULL, "Run",
     "tell the seed and the speed on standard error", NULL},
};
/* clang-format on */

static const rnn_option *own_table(size_t *count) {
    *count = sizeof table / sizeof table[0];
    return table;
}

/* What a call of the command works with. */
typedef struct work {
    const command *self;
    options how;
    computing computing;
    manners manners;
    peers peers;
    rnn_model *model;
    rnn_sampler *sampler;
    rnn_line_set *known;
    rnn_clamp *clamps; /* [clamp_count] */
    size_t clamp_count;
    novelty *novelty;
    stop_string stop;
    char *prime; /* owned */
    size_t prime_bytes;
    outlet *outlets;         /* [how.count] */
    int32_t *symbols;        /* [how.count] */
    novelty_sample *samples; /* [how.count], once they have been compared; else NULL */
    double seconds;          /* of drawing */
    int to_terminal;
} work;

/* ------------------------------------------------------------- preparations */

static uint64_t seed_from_system(void) {
    uint32_t seed = 0;
    FILE *file = fopen("/dev/urandom", "rb");
    if (!file || fread(&seed, sizeof seed, 1, file) != 1)
        seed = (uint32_t)(rnn_clock_now() * 1e6) ^ (uint32_t)getpid();
    if (file)
        fclose(file);
    return seed;
}

static rnn_status read_stdin(char **out, size_t *bytes, rnn_error *error) {
    size_t capacity = 0;
    void *text = NULL;
    *bytes = 0;
    for (size_t got = 1; got > 0; *bytes += got) {
        if (*bytes >= LONGEST_PRIME || !rnn_grow(&text, &capacity, *bytes + 4096, 1)) {
            rnn_free(text);
            return rnn_fail(error, RNN_ERR_MEMORY, "standard input is too long for a prime");
        }
        got = fread((char *)text + *bytes, 1, 4096, stdin);
    }
    *out = text;
    if (!ferror(stdin))
        return RNN_OK;
    return rnn_fail(error, RNN_ERR_IO, "standard input: %s", strerror(errno));
}

static rnn_status read_prime(work *w, rnn_error *error) {
    const options *how = &w->how;
    if (strcmp(how->prime_file, "-") == 0)
        return read_stdin(&w->prime, &w->prime_bytes, error);
    if (how->prime_file[0])
        return rnn_files_read(how->prime_file, LONGEST_PRIME, &w->prime, &w->prime_bytes, error);
    w->prime_bytes = strlen(how->prime);
    w->prime = rnn_duplicate(how->prime, w->prime_bytes);
    return w->prime ? RNN_OK : rnn_fail(error, RNN_ERR_MEMORY, "out of memory");
}

static rnn_status open_sampler(work *w, rnn_error *error) {
    const options *how = &w->how;
    rnn_sampling sampling = {
        .temperature = (float)how->temperature,
        /* What is next to nothing, too: a setting of 0 is one that is left out. */
        .greedy = (float)how->temperature == 0 || (how->top_p > 0 && (float)how->top_p == 0) ||
                  !w->peers.sample,
        .top_k = how->top_k,
        .top_p = (float)how->top_p,
        .min_p = (float)how->min_p,
        .seed = how->seed,
        .threads = w->computing.threads,
        .cpu = w->computing.cpu,
        .device = w->computing.device,
        .precision = (rnn_precision)w->computing.precision,
        .clamps = w->clamps,
        .clamp_count = w->clamp_count,
    };
    rnn_status status = rnn_sampler_create(&w->sampler, w->model, &sampling, how->count, error);
    if (status == RNN_OK && w->prime_bytes > 0)
        status =
            rnn_sampler_prime(w->sampler, w->prime, w->prime_bytes, how->on_unknown == 1, error);
    return status;
}

static rnn_status open_novelty(work *w, rnn_error *error) {
    const options *how = &w->how;
    novelty_plan plan = {.input = how->novelty,
                         .kind = how->novelty_by,
                         .most = (size_t)how->novelty_top,
                         .scoring = {.threads = w->computing.threads,
                                     .cpu = w->computing.cpu,
                                     .device = w->computing.device,
                                     .precision = (rnn_precision)w->computing.precision}};
    return novelty_open(&w->novelty, w->model, &plan, error);
}

static rnn_status prepare(work *w, const char *argument, rnn_error *error) {
    const options *how = &w->how;
    char path[RUNS_PATH];
    rnn_status status = units_read(&w->clamps, &w->clamp_count, how->clamp, 1, "clamp", error);
    if (status == RNN_OK)
        status = runs_locate(argument, path, sizeof path, error);
    if (status == RNN_OK)
        status = read_prime(w, error);
    if (status == RNN_OK)
        status = stop_string_create(&w->stop, how->stop, error);
    if (status == RNN_OK)
        status = rnn_model_load(&w->model, path, error);
    if (status == RNN_OK && how->new_only[0])
        status = known_lines_load(&w->known, how->new_only,
                                  rnn_vocabulary_normalizes(w->model->vocabulary), error);
    if (status == RNN_OK && how->novelty[0])
        status = open_novelty(w, error);
    if (status == RNN_OK)
        status = open_sampler(w, error);
    if (status != RNN_OK)
        return status;
    w->outlets = rnn_allocate((size_t)how->count, sizeof *w->outlets);
    w->symbols = rnn_allocate((size_t)how->count, sizeof *w->symbols);
    if (!w->outlets || !w->symbols)
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory");
    /* The first sample is written as it is drawn, the others wait for its end. */
    for (int i = 0; i < how->count; i++) {
        outlet_open(&w->outlets[i], w->model, &w->stop, w->known, how->length,
                    i == 0 && !w->manners.json ? stdout : NULL);
        w->outlets[i].keep = w->novelty != NULL;
    }
    return RNN_OK;
}

/* ------------------------------------------------------------------ drawing */

/* A line between samples: what number it is, for a person to read. */
static void print_heading(const work *w, int index) {
    if (w->how.count == 1)
        return;
    if (w->to_terminal)
        printf("--- sample %d of %d ---\n", index + 1, w->how.count);
    else if (index > 0)
        puts("---");
}

static void draw(work *w) {
    int open = w->how.count;
    double start = rnn_clock_now();
    while (open > 0 && !signals_stop()) {
        rnn_sampler_next(w->sampler, w->symbols);
        open = 0;
        for (int i = 0; i < w->how.count; i++) {
            outlet_push(&w->outlets[i], w->symbols[i]);
            open += w->outlets[i].end == OUTLET_OPEN;
        }
        if (w->to_terminal && fflush(stdout) != 0) {
            w->outlets[0].end = OUTLET_FAILED;
            w->outlets[0].fault = errno;
        }
        if (w->outlets[0].end == OUTLET_FAILED)
            break;
    }
    for (int i = 0; i < w->how.count; i++)
        outlet_finish(&w->outlets[i]);
    w->seconds = rnn_clock_now() - start;
}

static int out_of_memory(const work *w) {
    for (int i = 0; i < w->how.count; i++)
        if (w->outlets[i].end == OUTLET_FAILED && w->outlets[i].fault == 0)
            return 1;
    return 0;
}

static void print_others(work *w) {
    char last = w->outlets[0].last;
    for (int i = 1; i < w->how.count; i++) {
        if (last != '\n')
            putchar('\n');
        print_heading(w, i);
        fwrite(w->outlets[i].text, 1, w->outlets[i].text_bytes, stdout);
        last = w->outlets[i].last;
    }
    if (w->to_terminal && last != '\n')
        putchar('\n');
}

static json_t *describe(const work *w) {
    static const char *const ends[] = {"interrupted", "length", "stop", "failed"};
    json_t *samples = json_array();
    for (int i = 0; i < w->how.count; i++) {
        const outlet *from = &w->outlets[i];
        /* A byte that is no UTF-8 can only have come from the prime. */
        json_t *text = rnn_bytes_as_json(from->text ? from->text : "", from->text_bytes);
        json_t *sample = json_pack("{s:o, s:I, s:s}", "text", text, "characters",
                                   (json_int_t)from->characters, "ended", ends[from->end]);
        if (w->known && sample) {
            json_object_set_new(sample, "new_lines", json_integer((json_int_t)from->kept));
            json_object_set_new(sample, "known_lines", json_integer((json_int_t)from->dropped));
        }
        json_array_append_new(samples, sample);
    }
    json_t *object =
        json_pack("{s:I, s:f, s:f, s:o}", "seed", (json_int_t)w->how.seed, "temperature",
                  w->how.temperature, "seconds", w->seconds, "samples", samples);
    if (w->samples && object)
        json_object_set_new(object, "novelty", novelty_describe(w->novelty));
    return object;
}

/* What was drawn begins a line if a newline came before it, or nothing: the model has then
 * read a newline all the same. Its last line is whole if a newline stopped it. What
 * --new-only lets through are lines. */
static novelty_sample sample_of(const work *w, const outlet *from) {
    const char *stop = w->how.stop + (w->how.stop[0] == '\r');
    int follows = w->prime_bytes == 0 || w->prime[w->prime_bytes - 1] == '\n';
    int stopped = from->end == OUTLET_STOPPED && stop[0] == '\n';
    return (novelty_sample){.text = from->text ? from->text : "",
                            .bytes = from->text_bytes,
                            .echoed = from->echoed,
                            .begins = w->known || follows,
                            .ends = w->known || stopped};
}

/* Compares what was written with the corpus; a stopped run wants no report. */
static rnn_status compare(work *w, rnn_error *error) {
    if (!w->novelty || signals_stop() || w->outlets[0].end == OUTLET_FAILED)
        return RNN_OK;
    w->samples = rnn_allocate((size_t)w->how.count, sizeof *w->samples);
    if (!w->samples)
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory");
    for (int i = 0; i < w->how.count; i++)
        w->samples[i] = sample_of(w, &w->outlets[i]);
    rnn_status status = novelty_compare(w->novelty, w->samples, (size_t)w->how.count, error);
    if (status != RNN_OK) { /* there is no report, but there is the text */
        rnn_free(w->samples);
        w->samples = NULL;
    }
    return status;
}

static void tell(const work *w) {
    uint64_t drawn = 0, kept = 0, dropped = 0;
    for (int i = 0; i < w->how.count; i++) {
        drawn += (uint64_t)w->outlets[i].characters;
        kept += w->outlets[i].kept;
        dropped += w->outlets[i].dropped;
    }
    manners_notice(w->self, "seed %llu; %s characters in %s, %s a second",
                   (unsigned long long)w->how.seed, figures_count(drawn).text,
                   figures_seconds(w->seconds).text,
                   figures_rate(w->seconds > 0 ? (double)drawn / w->seconds : 0).text);
    if (w->known)
        manners_notice(w->self, "%s lines are new, %s stand in %s", figures_count(kept).text,
                       figures_count(dropped).text, w->how.new_only);
}

static int write_samples(work *w) {
    rnn_error error = {0};
    int code = MANNERS_DONE;
    signals_set_patient(1);
    w->to_terminal = isatty(STDOUT_FILENO) && !w->manners.json;
    if (!w->manners.json)
        print_heading(w, 0);
    if (w->how.echo)
        for (int i = 0; i < w->how.count; i++)
            outlet_echo(&w->outlets[i], w->prime, w->prime_bytes);
    draw(w);
    if (out_of_memory(w)) {
        manners_notice(w->self, "%s", rnn_status_text(RNN_ERR_MEMORY));
        return MANNERS_FAILED;
    }
    if (!w->manners.json) {
        if (w->outlets[0].end != OUTLET_FAILED)
            print_others(w);
        code = manners_finish_after(w->self, w->outlets[0].fault);
    }
    rnn_status compared = compare(w, &error);
    if (w->manners.json)
        code = manners_print_json(w->self, describe(w));
    else if (w->samples)
        novelty_print(w->novelty, stderr);
    if (compared != RNN_OK)
        return manners_fail(w->self, &error);
    if (w->how.verbose && !w->manners.quiet)
        tell(w);
    return code == MANNERS_DONE && signals_stop() ? MANNERS_SIGNAL + signals_stop() : code;
}

/* ------------------------------------------------------------------ command */

/* What the options are together. Returns a message, or NULL. */
static const char *check(options *how, const manners *manner) {
    if (how->prime[0] && how->prime_file[0])
        return "--prime and --prime-file: give one of them";
    if (how->endless)
        how->length = 0;
    if (how->length == 0 && how->count > 1)
        return "endless text and --count do not go together: give a --length";
    if (how->length == 0 && manner->json)
        return "endless text and --json do not go together: give a --length";
    if (how->length == 0 && how->novelty[0])
        return "endless text and --novelty do not go together: give a --length";
    if (!how->novelty[0] && how->novelty_by == NOVELTY_LINES)
        return "--novelty-by line: beside which text? Give a --novelty CORPUS";
    if (how->new_only[0] && how->novelty_by == NOVELTY_LINES)
        return "--new-only leaves out lines that --novelty-by line would count: give one of them";
    if (how->novelty[0] && manner->quiet && !manner->json)
        return "--quiet would silence what --novelty tells: leave one of them out, or add --json";
    return NULL;
}

static void release(work *w) {
    for (int i = 0; w->outlets && i < w->how.count; i++)
        outlet_close(&w->outlets[i]);
    rnn_free(w->outlets);
    rnn_free(w->symbols);
    rnn_sampler_destroy(w->sampler);
    rnn_model_destroy(w->model);
    rnn_line_set_destroy(w->known);
    rnn_free(w->clamps);
    novelty_close(w->novelty);
    rnn_free(w->samples);
    stop_string_destroy(&w->stop);
    rnn_free(w->prime);
}

static int run(const command *self, int argc, char **argv) {
    work w = {.self = self};
    arguments_part parts[] = {{.table = own_table, .target = &w.how},
                              {.table = manners_table, .target = &w.manners},
                              {.table = peers_sample_table, .target = &w.peers},
                              {.table = computing_table, .target = &w.computing}};
    rnn_error error = {0};
    size_t count;
    if (arguments_parse(parts, 4, argc, argv, &count, &error) != RNN_OK)
        return manners_usage(self, "%s", error.message);
    if (w.manners.help) {
        help_print(stdout, self);
        return manners_finish(self);
    }
    const char *argument = count > 0 ? argv[0] : w.peers.checkpoint;
    if (count > 1)
        return manners_usage(self, "one model at a time, not %zu", count);
    if (!argument[0])
        return manners_usage(self, "which model? Name a run's directory or a .safetensors file");
    const char *wrong = check(&w.how, &w.manners);
    if (wrong)
        return manners_usage(self, "%s", wrong);
    if (peers_heed(&parts[2], self, w.manners.quiet, &error) != RNN_OK)
        return manners_usage(self, "%s", error.message);
    if (!arguments_given(&parts[0], "seed"))
        w.how.seed = seed_from_system();
    /* Until text is drawn there is nothing to finish. */
    signals_catch(0);
    int code =
        prepare(&w, argument, &error) == RNN_OK ? write_samples(&w) : manners_fail(self, &error);
    release(&w);
    return code;
}

const command sample_command = {
    "sample",
    (const char *const[]){"[OPTION...] MODEL", NULL},
    "write new text with a model",
    "Writes text to standard output, a character at a time, as the model has learnt it. MODEL is "
    "a run's directory, its name under runs/, or a .safetensors file.",
    (const char *const[]){"rnn sample runs/book --temperature 0.8 --length 500",
                          "rnn sample runs/book --prime 'Once upon a time' --stop 'The end'",
                          "rnn sample runs/book --clamp 1:5=1,0:17=-0.5",
                          "rnn sample runs/names --new-only names.txt --count 4",
                          "rnn sample runs/book --length 20000 --novelty book.txt >new.txt",
                          "rnn sample runs/names --novelty names.txt --novelty-by line", NULL},
    {own_table, computing_table, manners_table, peers_sample_table, NULL},
    run,
};
