/* SPDX-License-Identifier: MIT
 *
 * train.c - `rnn train`: learns from a text, into a run's directory.
 */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/figures.h"
#include "cli/help.h"
#include "cli/manners.h"
#include "cli/peers.h"
#include "cli/progress.h"
#include "cli/review.h"
#include "cli/runs.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "training/settings.h"

typedef struct options {
    const char *name, *resume;
    int overwrite;
} options;

#define AT(member) offsetof(options, member)

/* clang-format off */
static const rnn_option table[] = {
    {"name", RNN_OPTION_TEXT, AT(name), "", 0, 0, 0, NULL, "NAME", "Run",
     "write into runs/NAME; otherwise the run is called after the first input",
     (const rnn_option_alias[]){{"savefile", NULL}, {NULL, NULL}}},
    {"resume", RNN_OPTION_TEXT, AT(resume), "", 0, 0, RNN_OPTION_FILE, NULL, "DIR", "Run",
     "go on with the run in this directory; budgets, rates and reports may be given anew", NULL},
    {"overwrite", RNN_OPTION_FLAG, AT(overwrite), "0", 0, 0, 0, NULL, NULL, "Run",
     "replace the run that is in the directory of --out or --name", NULL},
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
    manners manners;
    peers peers;
    rnn_training asked; /* as the command line says */
    arguments_part parts[4];
    rnn_training training; /* what will be done */
    char directory[RUNS_PATH];
    const char *const *inputs;
    size_t input_count;
    void *memory;     /* of a recalled run */
    char *data_input; /* of -data_dir */
    const char *only_input[1];
    progress progress;
    rnn_event model, last; /* the events MODEL and the latest one with a loss */
    char ended[128];       /* why, from DONE */
    review review;         /* of the run, once it is done */
    int told;              /* the wish to stop has been answered */
} work;

enum { SETTINGS, OWN, MANNERS, PEERS };

/* ------------------------------------------------------------------- events */

static rnn_reply answer(work *w) {
    if (signals_stop()) {
        if (!w->told)
            progress_say(&w->progress, "stopping: the step is finished and saved; once more ends "
                                       "at once");
        w->told = 1;
        return RNN_STOP;
    }
    return signals_save() ? RNN_SAVE : RNN_GO_ON;
}

static rnn_reply on_event(void *context, const rnn_event *event) {
    work *w = context;
    if (event->kind == RNN_EVENT_MODEL) {
        w->model = *event;
        /* From here on there is something to save. */
        signals_set_patient(1);
    }
    if (event->kind == RNN_EVENT_DONE)
        snprintf(w->ended, sizeof w->ended, "%s", event->text ? event->text : "");
    if (event->kind != RNN_EVENT_NOTICE && event->kind != RNN_EVENT_CORPUS)
        w->last = *event;
    progress_show(&w->progress, event);
    return answer(w);
}

static rnn_reply on_poll(void *context) {
    return answer(context);
}

/* ---------------------------------------------------------------- directory */

/* -train_frac says what is left for testing. */
static rnn_status apply_train_frac(work *w, rnn_error *error) {
    rnn_training *how = &w->asked;
    double train = w->peers.train_frac;
    if (!arguments_given(&w->parts[PEERS], "train-frac"))
        return RNN_OK;
    if (arguments_given(&w->parts[SETTINGS], "test-frac"))
        return rnn_fail(error, RNN_ERR_RANGE, "-train_frac and --test-frac: give one of them");
    if (!arguments_given(&w->parts[SETTINGS], "val-frac") && train + how->val_frac > 1)
        how->val_frac = 1 - train;
    if (train <= 0 || train + how->val_frac > 1 + 1e-9)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "-train_frac and -val_frac must be above 0 and together at most 1");
    /* What rounding leaves is no test part. */
    double test = 1 - train - how->val_frac;
    how->test_frac = test > 1e-9 ? test : 0;
    return RNN_OK;
}

/* An interrupted run goes on by --resume, a new one needs a place of its own. */
static rnn_status take_directory(work *w, const char *path, rnn_error *error) {
    char quoted[RUNS_PATH];
    snprintf(w->directory, sizeof w->directory, "%s", path);
    if (!runs_occupied(path))
        return RNN_OK;
    if (w->how.overwrite) {
        w->training.overwrite = 1;
        return RNN_OK;
    }
    if (!runs_resumable(path))
        return rnn_fail(
            error, RNN_ERR_IO,
            "%s is there already, and holds no run to go on with: give another name, or "
            "--overwrite",
            path);
    runs_quote(path, quoted, sizeof quoted);
    return rnn_fail(error, RNN_ERR_IO,
                    "%s is there already: 'rnn train --resume %s' goes on with it; otherwise "
                    "give another name, or --overwrite",
                    path, quoted);
}

static rnn_status choose_directory(work *w, rnn_error *error) {
    char path[RUNS_PATH], first[RUNS_PATH];
    if (w->asked.out[0]) {
        if (w->how.name[0] && !w->manners.quiet)
            manners_notice(w->self, "--name is not needed: --out says where the run goes");
        return take_directory(w, w->asked.out, error);
    }
    if (w->how.name[0]) {
        snprintf(path, sizeof path, "runs/%s", w->how.name);
        return take_directory(w, path, error);
    }
    char name[256];
    runs_name(w->inputs[0], name, sizeof name);
    snprintf(first, sizeof first, "runs/%s", name);
    if (w->how.overwrite)
        return take_directory(w, first, error);
    runs_choose(name, w->directory, sizeof w->directory);
    if (strcmp(first, w->directory) != 0 && !w->manners.quiet)
        manners_notice(w->self, "%s is there already: this run goes to %s", first, w->directory);
    return RNN_OK;
}

static rnn_status begin_new(work *w, rnn_error *error) {
    rnn_status status = apply_train_frac(w, error);
    if (status != RNN_OK)
        return status;
    w->training = w->asked;
    rnn_settings_resolve(&w->training);
    status = rnn_settings_check(&w->training, error);
    if (status != RNN_OK) {
        /* Names of settings are options here. */
        rnn_error inner = *error;
        return rnn_fail(error, status, "--%s", inner.message);
    }
    status = choose_directory(w, error);
    w->training.out = w->directory;
    return status;
}

static rnn_status begin_resumed(work *w, rnn_error *error) {
    const char *const *inputs;
    size_t count;
    rnn_error inner = {0};
    if (w->how.overwrite || w->how.name[0] || w->asked.out[0])
        return rnn_fail(error, RNN_ERR_RANGE,
                        "--resume goes on where the run is: leave out --out, --name and "
                        "--overwrite");
    rnn_status status = runs_locate(w->how.resume, w->directory, sizeof w->directory, error);
    if (status == RNN_OK)
        status =
            rnn_training_recall(&w->training, &inputs, &count, &w->memory, w->directory, error);
    if (status != RNN_OK)
        return status;
    status = rnn_settings_override(&w->training, &w->asked, w->parts[SETTINGS].given, &inner);
    if (status == RNN_OK)
        status = rnn_settings_check(&w->training, &inner);
    if (status != RNN_OK)
        return rnn_fail(error, status, "--%s", inner.message);
    w->training.out = w->directory;
    w->training.resume = 1;
    if (w->input_count == 0) {
        w->inputs = inputs;
        w->input_count = count;
    }
    return RNN_OK;
}

/* ------------------------------------------------------------------- ending */

static json_t *number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *describe(const work *w, int signal_number) {
    const rnn_event *last = &w->last;
    json_t *out = json_string(w->directory);
    json_t *object = json_pack(
        "{s:o, s:I, s:f, s:o, s:o, s:o, s:o, s:I, s:i, s:f, s:f, s:s, s:b}", "out",
        out ? out : json_null(), "step", (json_int_t)last->step, "epoch", last->epoch, "train_loss",
        number(last->loss), "val_loss", number(last->val_loss), "best_val_loss",
        number(last->best_val_loss), "best_bits_per_character",
        number(figures_bits(last->best_val_loss)), "parameters", (json_int_t)w->model.parameters,
        "vocabulary", w->model.vocabulary, "characters_per_second", last->characters_per_second,
        "seconds", last->seconds, "ended", w->ended, "interrupted", signal_number != 0);
    if (object && w->review.has_baseline)
        json_object_set_new(object, "baseline", baseline_describe(&w->review.baseline));
    if (object && !signal_number)
        json_object_set_new(object, "verdict", verdict_describe(&w->review.losses));
    return object;
}

static int from_standard_input(const work *w) {
    for (size_t i = 0; i < w->input_count; i++)
        if (strcmp(w->inputs[i], "-") == 0)
            return 1;
    return 0;
}

static void print_resume(const work *w) {
    char quoted[RUNS_PATH];
    runs_quote(w->directory, quoted, sizeof quoted);
    fprintf(stderr, "saved at step %" PRId64 "; to go on%s:\n  rnn train --resume %s%s\n",
            w->last.step, from_standard_input(w) ? " with the same text on standard input" : "",
            quoted, from_standard_input(w) ? " -" : "");
}

/* The command that scores what was held out: the same text, cut the same way. */
static void print_eval(const work *w, const char *run) {
    const rnn_training *how = &w->training;
    char quoted[RUNS_PATH];
    fprintf(stderr, "  rnn eval %s", run);
    for (size_t i = 0; i < w->input_count; i++) {
        runs_quote(w->inputs[i], quoted, sizeof quoted);
        fprintf(stderr, " %s", strcmp(w->inputs[i], "-") == 0 ? "FILE" : quoted);
    }
    const char *const patterns[][2] = {{"include", how->include}, {"exclude", how->exclude}};
    for (int i = 0; i < 2; i++) {
        if (!patterns[i][1] || !*patterns[i][1])
            continue;
        runs_quote(patterns[i][1], quoted, sizeof quoted);
        fprintf(stderr, " --%s %s", patterns[i][0], quoted);
    }
    if (w->model.val_symbols > 0 && how->split == RNN_SPLIT_CONTIGUOUS)
        fprintf(stderr, " --part val --baseline");
    fprintf(stderr, "\n");
}

static void print_end(const work *w) {
    char run[RUNS_PATH];
    const rnn_event *last = &w->last;
    runs_quote(w->directory, run, sizeof run);
    fprintf(stderr, "done: %s, after %" PRId64 " steps, %.2f epochs, %s\n", w->ended, last->step,
            last->epoch, figures_seconds(last->seconds).text);
    if (isfinite(last->best_val_loss))
        fprintf(stderr, "best validation: %.4f nats, %.4f bits per character\n",
                last->best_val_loss, figures_bits(last->best_val_loss));
    char text[1024];
    verdict_say(&w->review.losses, text, sizeof text);
    if (*text)
        figures_wrap(stderr, text, terminal_width(stderr), 0, 0);
    fprintf(stderr,
            "%s holds model.safetensors (the best), last.safetensors, log.jsonl and "
            "samples.txt\ntry next:\n  rnn sample %s\n",
            w->directory, run);
    print_eval(w, run);
}

static int train(work *w) {
    rnn_error error = {0};
    int every = arguments_given(&w->parts[SETTINGS], "print-every");
    progress_begin(&w->progress, w->manners.color, w->manners.quiet, every);
    rnn_status status =
        rnn_train(&w->training, w->inputs, w->input_count, on_event, on_poll, w, &error);
    progress_end(&w->progress);
    if (status != RNN_OK)
        return manners_fail(w->self, &error);
    int number = signals_stop(), code = MANNERS_DONE;
    /* A signal that came when the work was done stops nothing. */
    if (number && strcmp(w->ended, RNN_ENDED_STOPPED) != 0)
        number = 0;
    if (!number && (!w->manners.quiet || w->manners.json))
        review_make(&w->review, &w->training, w->inputs, w->input_count, &w->model, &w->last);
    if (number)
        print_resume(w);
    else if (!w->manners.quiet)
        print_end(w);
    if (w->manners.json)
        code = manners_print_json(w->self, describe(w, number));
    return code == MANNERS_DONE && number ? MANNERS_SIGNAL + number : code;
}

/* ------------------------------------------------------------------ command */

static rnn_status take_inputs(work *w, char **argv, size_t count, rnn_error *error) {
    w->inputs = (const char *const *)argv;
    w->input_count = count;
    if (!w->peers.data_dir[0])
        return RNN_OK;
    if (count > 0)
        return rnn_fail(error, RNN_ERR_RANGE, "-data_dir and other inputs: give one of them");
    w->data_input = peers_input(&w->peers);
    if (!w->data_input)
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory");
    w->only_input[0] = w->data_input;
    w->inputs = w->only_input;
    w->input_count = 1;
    return RNN_OK;
}

static int prepare_and_train(work *w, char **argv, size_t count) {
    rnn_error error = {0};
    rnn_status status = peers_heed(&w->parts[PEERS], w->self, w->manners.quiet, &error);
    if (status == RNN_OK)
        status = take_inputs(w, argv, count, &error);
    if (status == RNN_OK && w->input_count == 0 && !w->how.resume[0])
        return manners_usage(w->self, "which text? Name files, directories or archives, or - for "
                                      "standard input");
    if (status == RNN_OK)
        status = w->how.resume[0] ? begin_resumed(w, &error) : begin_new(w, &error);
    if (status == RNN_ERR_RANGE)
        return manners_usage(w->self, "%s", error.message);
    if (status != RNN_OK)
        return manners_fail(w->self, &error);
    signals_catch(0);
    return train(w);
}

static int run(const command *self, int argc, char **argv) {
    work w = {.self = self};
    w.parts[SETTINGS] = (arguments_part){.table = rnn_settings_table, .target = &w.asked};
    w.parts[OWN] = (arguments_part){.table = own_table, .target = &w.how};
    w.parts[MANNERS] = (arguments_part){.table = manners_table, .target = &w.manners};
    w.parts[PEERS] = (arguments_part){.table = peers_train_table, .target = &w.peers};
    rnn_error error = {0};
    size_t count;
    if (arguments_parse(w.parts, 4, argc, argv, &count, &error) != RNN_OK)
        return manners_usage(self, "%s", error.message);
    if (w.manners.help) {
        help_print(stdout, self);
        return manners_finish(self);
    }
    int code = prepare_and_train(&w, argv, count);
    rnn_free(w.memory);
    free(w.data_input);
    return code;
}

const command train_command = {
    "train",
    (const char *const[]){"[OPTION...] INPUT...", "--resume DIR [OPTION...] [-]", NULL},
    "learn from a text",
    "Trains a network to predict the next character of a text. INPUT is a file, a directory, a "
    "compressed file (gzip, xz, zstd, bzip2), an archive (tar, zip), or - for standard input; "
    "several are read one after the other. Of a directory, hidden files and runs of this "
    "program are left out.\n\n"
    "The run is written to runs/NAME: model.safetensors is the best model by validation, "
    "last.safetensors the latest; resume.safetensors beside it holds what --resume needs, "
    "log.jsonl and samples.txt tell the story.\n\n"
    "Settings marked [auto] are chosen for the text, the machine and the time, as the plan says "
    "in its first lines. Where the budget is --steps or --epochs alone they are like those of "
    "char-rnn and torch-rnn: 2 layers of 128 LSTM cells, one-hot characters, no n-grams, no "
    "dropout, 50 streams of 50 characters, Adam at 0.002 and constant, gradients of 5 at "
    "most.\n\n"
    "Ctrl-C (SIGINT) and SIGTERM finish the step, save, and print the command that resumes; a "
    "second one ends at once. SIGUSR1 saves and goes on. A run that is resumed knows its INPUTs, "
    "but for standard input, which it is given again.",
    (const char *const[]){"rnn train book.txt --time 3m",
                          "rnn train linux/ --include '*.c,*.h' --hidden-size 512 --steps 10000",
                          "rnn train --resume runs/book --epochs 100", NULL},
    {rnn_settings_table, own_table, manners_table, peers_train_table, NULL},
    run,
};
