/* SPDX-License-Identifier: MIT
 *
 * preparation.c - from settings and inputs to a run that can take its first step.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/files.h"
#include "base/memory.h"
#include "training/calibration.h"
#include "training/optimizer.h"
#include "training/settings.h"
#include "training/trainer.h"

/* Validation may take about this share of the time that training takes. */
#define VALIDATION_SHARE 0.05

#define LONGEST_RECORD (RNN_MODEL_HISTORY / 2) /* bytes of settings and inputs */

/* -------------------------------------------------------------------- text */

/* With a vocabulary, the text is encoded by it; without, one is made for the text
 * and the model that training starts from, if any. */
static rnn_status open_text(rnn_trainer *t, rnn_vocabulary **vocabulary, rnn_error *error) {
    const rnn_training *how = &t->how;
    int max_symbols = how->max_symbols;
    if (max_symbols == RNN_AUTO && t->origin)
        max_symbols = 0; /* the origin's symbols may be rare here */
    rnn_corpus *corpus = NULL;
    rnn_corpus_options options = {how->include, how->exclude, how->normalize};
    double start = rnn_clock_now();
    rnn_status status = rnn_corpus_open(&corpus, t->inputs, t->input_count, &options, error);
    if (status != RNN_OK)
        return status;
    if (*vocabulary)
        status = rnn_symbols_encode(&t->symbols, corpus, *vocabulary, 0, how->out, error);
    else
        status = rnn_symbols_prepare(&t->symbols, vocabulary, corpus, (rnn_units)how->units,
                                     max_symbols, how->normalize,
                                     t->origin ? t->origin->vocabulary : NULL, how->out, error);
    t->corpus_files = rnn_corpus_files(corpus);
    rnn_corpus_close(corpus);
    t->corpus_seconds = rnn_clock_now() - start;
    return status;
}

/* What became of a cap that was left to us. */
static void tell_cap(rnn_trainer *t, const rnn_vocabulary *vocabulary) {
    if (t->how.max_symbols != RNN_AUTO)
        return;
    t->how.max_symbols = rnn_vocabulary_is_open(vocabulary) ? rnn_vocabulary_size(vocabulary) : 0;
    if (t->how.max_symbols > 0 && !t->origin)
        rnn_reports_notice(t,
                           "rare characters, a thousandth of the text, are spelled with bytes: %d "
                           "symbols are enough, and quicker; --max-symbols 0 gives each character "
                           "its own",
                           t->how.max_symbols);
}

static rnn_status copy_vocabulary(rnn_vocabulary **out, const rnn_vocabulary *from,
                                  rnn_error *error) {
    char *json = NULL;
    rnn_status status = rnn_vocabulary_write_json(from, &json, error);
    if (status == RNN_OK)
        status = rnn_vocabulary_read_json(out, json, strlen(json), error);
    rnn_free(json);
    return status;
}

/* Where validation reads: the whole part, or its beginnings if it is long. */
static rnn_status plan_validation(rnn_trainer *t, rnn_error *error) {
    uint64_t limit = t->how.val_limit > 0 ? (uint64_t)t->how.val_limit : UINT64_MAX;
    t->val = rnn_allocate(t->parts.streams, sizeof(rnn_span));
    if (!t->val)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory to plan the validation");
    uint64_t each = limit / rnn_parts_streams(&t->parts);
    if (each < 2)
        each = 2; /* the least that predicts anything */
    for (size_t s = 0; s < t->parts.streams; s++) {
        rnn_span span = rnn_parts_span(&t->parts, RNN_PART_VAL, s);
        if (span.end - span.begin > each)
            span.end = span.begin + each;
        if (span.end - span.begin >= 2)
            t->val[t->val_count++] = span;
    }
    return RNN_OK;
}

static rnn_status plan_batches(rnn_trainer *t, rnn_error *error) {
    const rnn_training *how = &t->how;
    size_t batch = (size_t)how->batch_size, length = (size_t)how->seq_length;
    t->parts = (rnn_parts){
        .split = (rnn_split)how->split,
        .whole = {0, rnn_symbols_count(t->symbols)},
        .val_frac = how->val_frac,
        .test_frac = how->test_frac,
        .streams = how->split == RNN_SPLIT_STREAMS ? batch : 1,
    };
    rnn_status status =
        rnn_batches_plan(&t->batches, t->symbols, &t->parts, &batch, &length, how->seed, error);
    if (status != RNN_OK)
        return status;
    if (batch != (size_t)how->batch_size || length != (size_t)how->seq_length)
        rnn_reports_notice(t,
                           "the text is short: %zu stream%s of %zu characters a step, instead of "
                           "%d of %d",
                           batch, batch == 1 ? "" : "s", length, how->batch_size, how->seq_length);
    /* In whole steps. */
    if (how->passage > 0)
        t->batches.passage = ((uint64_t)how->passage + length - 1) / length;
    t->at.batch = (int64_t)batch;
    t->at.length = (int64_t)length;
    status = plan_validation(t, error);
    if (status == RNN_OK && t->val_count == 0)
        rnn_reports_notice(t, "no text is left for validation; the last model counts as the best");
    t->read = rnn_allocate(batch * length, sizeof(int32_t));
    t->expected = rnn_allocate(batch * length, sizeof(int32_t));
    if (status == RNN_OK && (!t->read || !t->expected))
        status = rnn_fail(error, RNN_ERR_MEMORY, "no memory for a batch");
    return status;
}

static void choose_intervals(rnn_trainer *t) {
    double step = (double)(t->at.batch * t->at.length);
    double reading = (double)rnn_evaluator_count(t->val, t->val_count) * RNN_READING_COST;
    double steps = reading / step / VALIDATION_SHARE;
    t->eval_every = t->how.eval_every;
    if (t->eval_every == 0)
        t->eval_every = steps < 50 ? 50 : (int64_t)ceil(steps / 50) * 50;
    t->log_every = t->how.print_every > 0 ? t->how.print_every : 10;
}

/* ------------------------------------------------------------------- model */

static rnn_network shape_of(const rnn_training *how, const rnn_vocabulary *vocabulary) {
    return (rnn_network){
        .cell = (rnn_cell)how->cell,
        .layers = (size_t)how->num_layers,
        .hidden = (size_t)how->hidden_size,
        .embedding = (size_t)how->embedding_size,
        .ngrams = (size_t)how->ngrams,
        .ngram_size = (size_t)how->ngram_size,
        .ngram_rows = (size_t)how->ngram_rows,
        .symbols = (size_t)rnn_vocabulary_size(vocabulary),
        .bias = how->bias,
        .tied = how->tied_output,
    };
}

static int gives_way(int asked, int to) {
    return asked != RNN_AUTO && asked != to;
}

/* Loads the model that training starts from. Sizes, units and normal form become
 * its own. */
static rnn_status load_origin(rnn_trainer *t, rnn_error *error) {
    rnn_training *how = &t->how, old = *how;
    if (!how->init_from || !*how->init_from)
        return RNN_OK;
    rnn_status status = rnn_model_load(&t->origin, how->init_from, error);
    if (status != RNN_OK)
        return status;
    const rnn_network *from = &t->origin->network;
    how->cell = (int)from->cell;
    how->num_layers = (int)from->layers;
    how->hidden_size = (int)from->hidden;
    how->embedding_size = (int)from->embedding;
    how->ngrams = (int)rnn_network_orders(from) + 1;
    if (how->ngrams > 1) {
        how->ngram_size = (int)from->ngram_size;
        how->ngram_rows = (int)from->ngram_rows;
    }
    how->bias = from->bias;
    how->tied_output = from->tied;
    how->units = rnn_vocabulary_units(t->origin->vocabulary);
    how->normalize = rnn_vocabulary_normalizes(t->origin->vocabulary);
    if (gives_way(old.cell, how->cell) || gives_way(old.num_layers, how->num_layers) ||
        gives_way(old.hidden_size, how->hidden_size) ||
        gives_way(old.embedding_size, how->embedding_size) || gives_way(old.ngrams, how->ngrams) ||
        gives_way(old.ngram_size, how->ngram_size) || gives_way(old.ngram_rows, how->ngram_rows) ||
        old.bias != how->bias || old.tied_output != how->tied_output)
        rnn_reports_notice(t, "cell and sizes are those of %s", how->init_from);
    if ((old.units != RNN_UNITS_AUTO && old.units != how->units) || old.normalize != how->normalize)
        rnn_reports_notice(t, "units and normal form of the text are those of %s", how->init_from);
    return RNN_OK;
}

/* Takes over what the origin has learnt; symbols that it lacks start at random. */
static rnn_status start_from_origin(rnn_trainer *t, rnn_error *error) {
    int matched = 0;
    rnn_status status = rnn_model_adopt(t->model, t->origin, &matched, error);
    int symbols = rnn_vocabulary_size(t->model->vocabulary);
    if (status == RNN_OK && matched < symbols)
        rnn_reports_notice(t, "%d of %d symbols are new to %s; they start at random",
                           symbols - matched, symbols, t->how.init_from);
    rnn_model_destroy(t->origin);
    t->origin = NULL;
    return status;
}

/* Takes over the vocabulary. */
static rnn_status new_model(rnn_trainer *t, rnn_vocabulary *vocabulary, rnn_error *error) {
    const rnn_training *how = &t->how;
    rnn_network shape = shape_of(how, vocabulary);
    rnn_status status = rnn_model_create(&t->model, &shape, vocabulary, "{}", error);
    if (status == RNN_OK)
        status = rnn_model_initialise(t->model, how->seed, how->forget_bias, error);
    if (status == RNN_OK && t->origin)
        status = start_from_origin(t, error);
    return status;
}

static rnn_status resumed_model(rnn_trainer *t, rnn_vocabulary *vocabulary, rnn_error *error) {
    rnn_network shape = t->at.network;
    rnn_status status = rnn_model_create(&t->model, &shape, vocabulary, "{}", error);
    if (status == RNN_OK && t->model->network.parameters != t->at.network.parameters)
        status = rnn_fail(error, RNN_ERR_FORMAT,
                          "%s: the checkpoint's network does not fit its vocabulary", t->how.out);
    return status;
}

/* bf16 only where it is fast; RNN_EMULATE_BF16 is for those who want its numbers all
 * the same. */
static rnn_precision choose_precision(const rnn_trainer *t) {
    const char *emulate = getenv("RNN_EMULATE_BF16");
    if (t->how.precision != RNN_PRECISION_BF16 || (emulate && *emulate) ||
        t->device->automatic(t->how.cpu) == RNN_PRECISION_BF16)
        return (rnn_precision)t->how.precision;
    return RNN_PRECISION_FLOAT32;
}

static rnn_status open_engine(rnn_trainer *t, rnn_error *error) {
    const rnn_training *how = &t->how;
    rnn_engine_options options = {
        .batch = (size_t)t->at.batch,
        .length = (size_t)t->at.length,
        .training = 1,
        .threads = how->threads,
        .cpu = how->cpu,
        .dropout = how->dropout,
        .output_dropout = how->output_dropout,
        .weight_drop = how->weight_drop,
        .ngram_dropout = how->ngram_dropout,
        .keys = t->model->keys,
        .seed = how->seed,
        .moments = rnn_optimizer_moments(how),
    };
    size_t state = options.batch * rnn_network_state(&t->model->network);
    t->carried = rnn_allocate(state, sizeof(float));
    if (!t->carried)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for the carried state");
    options.precision = choose_precision(t);
    rnn_status status = t->device->create(&t->engine, &t->model->network, &options, error);
    if (status == RNN_OK && (int)options.precision != how->precision)
        rnn_reports_notice(t, "this processor, or the kernels chosen, have no instructions for "
                              "bf16 (avx512_bf16): training in float32");
    return status;
}

void rnn_preparation_restore(rnn_trainer *t) {
    t->device->write_parameters(t->engine, t->at.parameters);
    t->device->write_moments(t->engine, t->at.first, t->at.second);
    t->device->write_state(t->engine, t->at.state);
    rnn_checkpoint_release_arrays(&t->at);
}

/* Hands the initial parameters over: from here on the engine's are the only ones. */
static void hand_over_parameters(rnn_trainer *t) {
    if (t->how.resume)
        rnn_preparation_restore(t);
    else
        t->device->write_parameters(t->engine, t->model->parameters);
    rnn_free(t->model->parameters);
    t->model->parameters = NULL;
}

/* -------------------------------------------------------------------- plan */

typedef struct speed_of {
    const rnn_trainer *trainer;
    int symbols;
} speed_of;

static rnn_status measure_speed(void *context, const rnn_training *how, double seconds, double *out,
                                rnn_error *error) {
    const speed_of *of = context;
    rnn_training shape = *how;
    shape.precision = (int)choose_precision(of->trainer);
    return rnn_calibration_measure(of->trainer->device, &shape, (size_t)of->symbols, seconds, out,
                                   error);
}

/* What was left to us, for a run that has a time: from here on it goes. */
static rnn_status make_plan(rnn_trainer *t, const rnn_vocabulary *vocabulary, rnn_error *error) {
    const rnn_training *how = &t->how;
    if (how->seconds == 0 || !rnn_settings_leave(how))
        return RNN_OK;
    t->started = rnn_clock_now();
    speed_of speed = {t, rnn_vocabulary_size(vocabulary)};
    rnn_parts parts = {.whole = {0, rnn_symbols_count(t->symbols)},
                       .val_frac = how->val_frac,
                       .test_frac = how->test_frac,
                       .streams = 1};
    uint64_t characters = rnn_parts_count(&parts, RNN_PART_TRAIN);
    rnn_plan_task task = {
        .characters = characters < 2 ? 2 : characters, /* fewer are refused later */
        .symbols = speed.symbols,
        .seconds = how->seconds,
        .speed = measure_speed,
        .context = &speed,
    };
    return rnn_plan_settings(&t->plan, &t->how, &task, error);
}

/* ------------------------------------------------------------ new or resumed */

static rnn_status begin_new(rnn_trainer *t, rnn_error *error) {
    rnn_vocabulary *vocabulary = NULL;
    rnn_status status = load_origin(t, error);
    /* An open vocabulary spells any text as it is. */
    if (status == RNN_OK && t->origin && rnn_vocabulary_is_open(t->origin->vocabulary))
        status = copy_vocabulary(&vocabulary, t->origin->vocabulary, error);
    if (status == RNN_OK)
        status = open_text(t, &vocabulary, error);
    if (status != RNN_OK) {
        rnn_vocabulary_destroy(vocabulary);
        return status;
    }
    tell_cap(t, vocabulary);
    status = make_plan(t, vocabulary, error);
    if (status == RNN_OK)
        status = new_model(t, vocabulary, error);
    else
        rnn_vocabulary_destroy(vocabulary);
    if (status == RNN_OK)
        status = plan_batches(t, error);
    if (status != RNN_OK)
        return status;
    rnn_checkpoint *at = &t->at;
    at->network = t->model->network;
    at->corpus_hash = rnn_symbols_hash(t->symbols);
    at->val_loss = NAN;
    at->best_val_loss = INFINITY;
    at->rate_scale = 1;
    at->last_val_step = at->last_sample_step = 0;
    status = rnn_vocabulary_write_json(t->model->vocabulary, &at->vocabulary, error);
    return status;
}

static rnn_status begin_resumed(rnn_trainer *t, rnn_error *error) {
    rnn_vocabulary *vocabulary = NULL;
    int64_t batch = t->at.batch, length = t->at.length;
    rnn_status status =
        rnn_vocabulary_read_json(&vocabulary, t->at.vocabulary, strlen(t->at.vocabulary), error);
    if (status == RNN_OK)
        status = open_text(t, &vocabulary, error);
    if (status == RNN_ERR_SYMBOL ||
        (status == RNN_OK && rnn_symbols_hash(t->symbols) != t->at.corpus_hash))
        status = rnn_fail(error, RNN_ERR_FORMAT,
                          "the text is not the one that %s was trained on; to go on with another "
                          "one, start a new run with --init-from %s",
                          t->how.out, t->how.out);
    if (status != RNN_OK) {
        rnn_vocabulary_destroy(vocabulary);
        return status;
    }
    status = resumed_model(t, vocabulary, error);
    if (status == RNN_OK)
        status = plan_batches(t, error);
    if (status == RNN_OK && (batch != t->at.batch || length != t->at.length))
        status = rnn_fail(error, RNN_ERR_FORMAT,
                          "%s: batches of %lld x %lld in the checkpoint, but %lld x %lld for its "
                          "text",
                          t->how.out, (long long)batch, (long long)length, (long long)t->at.batch,
                          (long long)t->at.length);
    t->earlier = t->at.seconds;
    return status;
}

/* What is recorded of how the run was told to go. */
static rnn_status record_settings(rnn_trainer *t, rnn_error *error) {
    char *settings = rnn_settings_to_json(&t->how);
    json_t *list = json_array();
    for (size_t i = 0; list && i < t->input_count; i++) {
        json_t *name = json_string(t->inputs[i]);
        if (!name) { /* not UTF-8: half a list would be another text */
            rnn_reports_notice(t, "the inputs' names are not UTF-8 and cannot be kept; name them "
                                  "again to resume");
            json_array_clear(list);
            break;
        }
        json_array_append_new(list, name);
    }
    char *text = list ? json_dumps(list, JSON_COMPACT) : NULL;
    char *inputs = text ? rnn_duplicate(text, strlen(text)) : NULL;
    json_decref(list);
    free(text);
    rnn_status status = RNN_OK;
    if (!settings || !inputs)
        status = rnn_fail(error, RNN_ERR_MEMORY, "no memory to record the settings");
    else if (strlen(settings) + strlen(inputs) > LONGEST_RECORD)
        status = rnn_fail(error, RNN_ERR_RANGE,
                          "the inputs' names are more than can be kept with a model (%zu bytes): "
                          "name the directory that they are in",
                          LONGEST_RECORD);
    if (status != RNN_OK) {
        rnn_free(settings);
        rnn_free(inputs);
        return status;
    }
    rnn_free(t->at.settings);
    rnn_free(t->at.inputs);
    t->at.settings = settings;
    t->at.inputs = inputs;
    return RNN_OK;
}

/* Loads it and checks that what is asked for now can go on from there. */
static rnn_status load_checkpoint(rnn_trainer *t, rnn_error *error) {
    rnn_training before;
    char *strings = NULL;
    rnn_status status = rnn_checkpoint_load(&t->at, t->how.out, 1, error);
    if (status != RNN_OK)
        return status;
    if (t->at.from_previous)
        rnn_reports_notice(
            t,
            "the last checkpoint is damaged or gone; going on from the one before it, "
            "step %lld",
            (long long)t->at.step);
    status =
        rnn_settings_from_json(&before, t->at.settings, strlen(t->at.settings), &strings, error);
    if (status == RNN_OK)
        status = rnn_settings_override(&before, &t->how, NULL, error);
    if (status == RNN_OK) { /* texts are never chosen, so that all of them are t->how's own */
        before.resume = t->how.resume;
        before.overwrite = t->how.overwrite;
        t->how = before;
    }
    rnn_free(strings);
    int kept = rnn_optimizer_moments(&t->how);
    if (status == RNN_OK && ((kept & 1 && !t->at.first) || (kept & 2 && !t->at.second)))
        status = rnn_fail(error, RNN_ERR_FORMAT,
                          "%s: the checkpoint lacks what its optimizer needs", t->how.out);
    return status;
}

/* ---------------------------------------------------------------- directory */

/* Who only looks whether somebody trains there holds the lock for a moment. */
static int is_locked(int directory) {
    for (int tries = 0; flock(directory, LOCK_EX | LOCK_NB) != 0; tries++) {
        if (errno != EWOULDBLOCK)
            return 0;
        if (tries == 5)
            return 1;
        poll(NULL, 0, 5);
    }
    return 0;
}

/* Makes the directory this run's own for as long as it lasts. */
static rnn_status lock_directory(rnn_trainer *t, rnn_error *error) {
    rnn_status status = rnn_files_make_directory(t->how.out, error);
    if (status != RNN_OK)
        return status;
    t->lock = open(t->how.out, O_RDONLY | O_CLOEXEC);
    if (t->lock >= 0 && is_locked(t->lock))
        return rnn_fail(error, RNN_ERR_IO,
                        "%s: another process is training there; give this run another directory",
                        t->how.out);
    rnn_files_sweep(t->how.out);
    return RNN_OK;
}

/* What a run writes must not be read as its text when it goes on. */
static rnn_status check_apart(const rnn_trainer *t, rnn_error *error) {
    struct stat out, input;
    if (stat(t->how.out, &out) != 0)
        return RNN_OK;
    for (size_t i = 0; i < t->input_count; i++)
        if (stat(t->inputs[i], &input) == 0 && input.st_dev == out.st_dev &&
            input.st_ino == out.st_ino)
            return rnn_fail(error, RNN_ERR_RANGE,
                            "%s is the text's directory; give the run one of its own", t->how.out);
    return RNN_OK;
}

static rnn_status check_unoccupied(const rnn_trainer *t, rnn_error *error) {
    static const char *const files[] = {RNN_CHECKPOINT_FILE, RNN_CHECKPOINT_PREVIOUS,
                                        RNN_MODEL_BEST, RNN_MODEL_LAST};
    char path[4096];
    if (t->how.resume || t->how.overwrite)
        return RNN_OK;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", t->how.out, files[i]);
        if (rnn_files_exists(path))
            return rnn_fail(error, RNN_ERR_IO,
                            "%s holds a run already (%s); resume it, or choose another directory",
                            t->how.out, files[i]);
    }
    return RNN_OK;
}

rnn_status rnn_preparation_run(rnn_trainer *t, rnn_error *error) {
    rnn_status status = rnn_device_pick(&t->device, t->how.device, error);
    if (status == RNN_OK)
        status = lock_directory(t, error);
    if (status == RNN_OK)
        status = check_apart(t, error);
    if (status == RNN_OK)
        status = check_unoccupied(t, error);
    if (status == RNN_OK && t->how.resume)
        status = load_checkpoint(t, error);
    if (status == RNN_OK)
        status = t->how.resume ? begin_resumed(t, error) : begin_new(t, error);
    if (status == RNN_OK)
        status = record_settings(t, error);
    if (status == RNN_OK)
        status = open_engine(t, error);
    if (status == RNN_OK)
        status = rnn_run_log_open(&t->log, t->how.out, t->how.overwrite && !t->how.resume,
                                  t->at.log_bytes, t->at.samples_bytes, error);
    if (status != RNN_OK)
        return status;
    choose_intervals(t);
    hand_over_parameters(t);
    return RNN_OK;
}
