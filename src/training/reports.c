/* SPDX-License-Identifier: MIT
 *
 * reports.c - what a run tells: events for the listener, lines for the log,
 * validation and samples on the way.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "training/trainer.h"

/* A progress event comes at most so often where print_every is chosen, seconds. */
#define EVENT_INTERVAL 0.1

/* ------------------------------------------------------------------ events */

static double seconds_left(const rnn_trainer *t) {
    double fraction = rnn_trainer_fraction(t), spent = rnn_trainer_seconds(t);
    return fraction > 0 ? spent * (1 - fraction) / fraction : NAN;
}

static double smoothed_loss(const rnn_trainer *t) {
    return t->at.loss_weight > 0 ? t->at.loss_sum / t->at.loss_weight : NAN;
}

static void send(rnn_trainer *t, rnn_event_kind kind, const char *text, int is_best) {
    if (!t->listener)
        return;
    rnn_event event = {
        .kind = kind,
        .text = text,
        .batch_size = (int)t->at.batch,
        .seq_length = (int)t->at.length,
        .out = t->how.out,
        .step = t->at.step,
        .steps = t->how.steps,
        .epoch = rnn_trainer_epoch(t),
        .fraction = rnn_trainer_fraction(t),
        .loss = smoothed_loss(t),
        .val_loss = t->at.val_loss,
        .best_val_loss = t->at.best_val_loss,
        .is_best = is_best,
        .learning_rate = t->learning_rate,
        .grad_norm = t->grad_norm,
        .characters_per_second = t->speed,
        .seconds = rnn_trainer_seconds(t),
        .seconds_left = seconds_left(t),
    };
    if (t->symbols) {
        event.corpus_bytes = rnn_symbols_bytes(t->symbols);
        event.corpus_symbols = rnn_symbols_count(t->symbols);
        event.corpus_seconds = t->corpus_seconds;
    }
    if (t->parts.streams > 0) {
        event.train_symbols = rnn_parts_count(&t->parts, RNN_PART_TRAIN);
        event.val_symbols = rnn_parts_count(&t->parts, RNN_PART_VAL);
        event.test_symbols = rnn_parts_count(&t->parts, RNN_PART_TEST);
    }
    if (t->model) {
        event.vocabulary = rnn_vocabulary_size(t->model->vocabulary);
        event.units = rnn_vocabulary_units(t->model->vocabulary);
        event.parameters = t->model->network.parameters;
    }
    if (t->engine)
        event.kernels = t->device->describe(t->engine);
    rnn_reply reply = t->listener(t->context, &event);
    if (reply > t->reply)
        t->reply = reply;
}

void rnn_reports_notice(rnn_trainer *t, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (t->log)
        rnn_run_log_write(t->log, json_pack("{s:s, s:I, s:s}", "event", "notice", "step",
                                            (json_int_t)t->at.step, "text", text));
    send(t, RNN_EVENT_NOTICE, text, 0);
}

/* --------------------------------------------------------------------- log */

/* A finite number; others are left out, as JSON has none. */
static void add_number(json_t *object, const char *name, double value) {
    if (object && isfinite(value))
        json_object_set_new(object, name, json_real(value));
}

static json_t *line(const rnn_trainer *t, const char *event) {
    json_t *object = json_pack("{s:s, s:I}", "event", event, "step", (json_int_t)t->at.step);
    add_number(object, "epoch", rnn_trainer_epoch(t));
    add_number(object, "seconds", rnn_trainer_seconds(t));
    return object;
}

static json_t *describe_text(const rnn_trainer *t) {
    char hash[17];
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)t->at.corpus_hash);
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:s}", "files",
                     (json_int_t)t->corpus_files, "bytes",
                     (json_int_t)rnn_symbols_bytes(t->symbols), "symbols",
                     (json_int_t)rnn_symbols_count(t->symbols), "train",
                     (json_int_t)rnn_parts_count(&t->parts, RNN_PART_TRAIN), "val",
                     (json_int_t)rnn_parts_count(&t->parts, RNN_PART_VAL), "test",
                     (json_int_t)rnn_parts_count(&t->parts, RNN_PART_TEST), "vocabulary",
                     rnn_vocabulary_size(t->model->vocabulary), "hash", hash);
}

char *rnn_reports_history(const rnn_trainer *t) {
    json_t *object = line(t, "model");
    if (object) {
        json_object_del(object, "event");
        json_object_set_new(object, "program", json_string("rnn " RNN_VERSION));
        json_object_set_new(object, "text", describe_text(t));
        json_object_set_new(object, "inputs", json_loads(t->at.inputs, 0, NULL));
        json_object_set_new(object, "settings", json_loads(t->at.settings, 0, NULL));
    }
    add_number(object, "train_loss", smoothed_loss(t));
    add_number(object, "val_loss", t->at.val_loss);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    char *copy = text ? rnn_duplicate(text, strlen(text)) : NULL;
    free(text);
    json_decref(object);
    return copy;
}

static void report_plan(rnn_trainer *t) {
    json_t *reasons = t->plan.lines > 0 ? json_array() : NULL;
    for (int i = 0; i < t->plan.lines; i++) {
        json_array_append_new(reasons, json_string(t->plan.line[i]));
        send(t, RNN_EVENT_PLAN, t->plan.line[i], 0);
    }
    if (!reasons)
        return;
    json_t *object = line(t, "plan");
    add_number(object, "characters_per_second", t->plan.characters_per_second);
    add_number(object, "passes", t->plan.passes);
    json_object_set_new(object, "reasons", reasons);
    rnn_run_log_write(t->log, object);
}

void rnn_reports_begin(rnn_trainer *t) {
    json_t *object = line(t, t->how.resume ? "resume" : "start");
    if (object) {
        json_object_set_new(object, "program", json_string("rnn " RNN_VERSION));
        json_object_set_new(object, "kernels", json_string(t->device->describe(t->engine)));
        json_object_set_new(object, "parameters",
                            json_integer((json_int_t)t->model->network.parameters));
        json_object_set_new(object, "batch", json_integer(t->at.batch));
        json_object_set_new(object, "length", json_integer(t->at.length));
        json_object_set_new(object, "text", describe_text(t));
        json_object_set_new(object, "inputs", json_loads(t->at.inputs, 0, NULL));
        json_object_set_new(object, "settings", json_loads(t->at.settings, 0, NULL));
    }
    add_number(object, "corpus_seconds", t->corpus_seconds);
    rnn_run_log_write(t->log, object);
    send(t, RNN_EVENT_CORPUS, NULL, 0);
    report_plan(t);
    send(t, RNN_EVENT_MODEL, NULL, 0);
}

void rnn_reports_progress(rnn_trainer *t) {
    double now = rnn_clock_now(), spent = now - t->measured - t->idle;
    int logged = t->at.step % t->log_every == 0;
    int due = t->how.print_every > 0 ? logged : now - t->last_told >= EVENT_INTERVAL;
    if ((due || logged) && spent > 0 && t->at.step > t->measured_step) {
        double read = (double)((t->at.step - t->measured_step) * t->at.batch * t->at.length);
        /* Events follow one another closely: their speeds are averaged over some ten. */
        double speed = read / spent, share = t->how.print_every > 0 ? 1 : 0.1;
        t->speed = t->speed > 0 ? t->speed + share * (speed - t->speed) : speed;
        t->measured = now;
        t->measured_step = t->at.step;
        t->idle = 0;
    }
    if (logged) {
        json_t *object = line(t, "progress");
        add_number(object, "loss", smoothed_loss(t));
        add_number(object, "learning_rate", t->learning_rate);
        add_number(object, "grad_norm", t->grad_norm);
        add_number(object, "characters_per_second", t->speed);
        rnn_run_log_write(t->log, object);
    }
    if (due) {
        t->last_told = now;
        send(t, RNN_EVENT_PROGRESS, NULL, 0);
    }
}

void rnn_reports_checkpoint(rnn_trainer *t, const char *file) {
    send(t, RNN_EVENT_CHECKPOINT, file, 0);
}

void rnn_reports_done(rnn_trainer *t, const char *why) {
    json_t *object = line(t, "done");
    if (object)
        json_object_set_new(object, "why", json_string(why));
    add_number(object, "best_val_loss", t->at.best_val_loss);
    rnn_run_log_write(t->log, object);
    send(t, RNN_EVENT_DONE, why, 0);
}

/* -------------------------------------------------------------- validation */

/* As many segments side by side as the batches have streams, each with its state
 * carried; the streams' own state is put aside. */
rnn_status rnn_reports_validate(rnn_trainer *t, int *is_best, rnn_error *error) {
    double start = rnn_clock_now();
    rnn_score score = {0, 0, 0};
    uint64_t count = rnn_evaluator_count(t->val, t->val_count), streams = (uint64_t)t->at.batch;
    rnn_evaluation_plan plan = {
        .read = rnn_evaluator_read_symbols,
        .context = t->symbols,
        .spans = t->val,
        .span_count = t->val_count,
        .segment = t->parts.streams > 1 ? UINT64_MAX : (count + streams - 1) / streams,
        .batch = (size_t)t->at.batch,
        .length = (size_t)t->at.length,
    };
    t->device->read_state(t->engine, t->carried);
    rnn_status status = rnn_evaluator_run(&score, t->device, t->engine, &plan, error);
    t->device->write_state(t->engine, t->carried);
    if (status != RNN_OK)
        return status;
    t->val_cost = rnn_clock_now() - start;
    t->idle += t->val_cost;
    if (!isfinite(score.nats_per_character))
        return rnn_fail(error, RNN_ERR_DIVERGED, "the validation loss is not finite");
    rnn_checkpoint *at = &t->at;
    at->val_loss = score.nats_per_character;
    at->last_val_step = at->step;
    *is_best = at->val_loss < at->best_val_loss;
    if (*is_best) {
        at->best_val_loss = at->val_loss;
        at->since_best = 0;
    } else {
        at->since_best++;
    }
    json_t *object = line(t, "validation");
    add_number(object, "val_loss", at->val_loss);
    add_number(object, "val_bits", at->val_loss / log(2));
    add_number(object, "accuracy", score.accuracy);
    if (object)
        json_object_set_new(object, "best", json_boolean(*is_best));
    rnn_run_log_write(t->log, object);
    return RNN_OK;
}

void rnn_reports_validated(rnn_trainer *t, int is_best) {
    send(t, RNN_EVENT_VALIDATION, NULL, is_best);
}

/* ------------------------------------------------------------------ samples */

int rnn_reports_sample_due(int64_t step) {
    static const int64_t strip[] = {100, 300, 500, 700, 1200, 2000};
    for (size_t i = 0; i < sizeof strip / sizeof *strip; i++)
        if (step == strip[i])
            return 1;
    int64_t next = 4000;
    while (next < step)
        next *= 2;
    return step == next;
}

/* Draws text into out, which has room for 24 bytes a symbol and a NUL. */
static rnn_status draw(rnn_trainer *t, char *out, rnn_error *error) {
    const rnn_training *how = &t->how;
    rnn_sampling sampling = {
        .temperature = (float)how->sample_temperature,
        .greedy = (float)how->sample_temperature == 0,
        .seed = how->seed + (uint64_t)t->at.step,
        .threads = how->threads,
        .cpu = how->cpu,
    };
    rnn_sampler *sampler = NULL;
    rnn_writer writer = {{0}, 0};
    rnn_status status = rnn_sampler_create(&sampler, t->model, &sampling, 1, error);
    if (status == RNN_OK && how->sample_prime && *how->sample_prime)
        status = rnn_sampler_prime(sampler, how->sample_prime, strlen(how->sample_prime), 1, error);
    for (int i = 0; status == RNN_OK && i < how->sample_length; i++) {
        int32_t symbol;
        rnn_sampler_next(sampler, &symbol);
        out += rnn_writer_push(&writer, t->model, symbol, out);
    }
    out += rnn_writer_end(&writer, out);
    *out = '\0';
    rnn_sampler_destroy(sampler);
    return status;
}

rnn_status rnn_reports_sample(rnn_trainer *t, rnn_error *error) {
    if (t->how.sample_length == 0)
        return RNN_OK;
    double start = rnn_clock_now();
    char *text = rnn_allocate((size_t)t->how.sample_length + 2, 24);
    if (!text)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for a sample");
    /* The sampler reads the weights where they are being trained. */
    rnn_model_lend(t->model, t->device, t->engine);
    rnn_status status = draw(t, text, error);
    rnn_model_lend(t->model, NULL, NULL);
    t->idle += rnn_clock_now() - start;
    if (status == RNN_OK) {
        t->at.last_sample_step = t->at.step;
        rnn_run_log_sample(t->log, t->at.step, rnn_trainer_epoch(t), smoothed_loss(t), text);
        send(t, RNN_EVENT_SAMPLE, text, 0);
    }
    rnn_free(text);
    return status;
}
