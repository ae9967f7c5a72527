/* SPDX-License-Identifier: MIT
 *
 * trainer.c - the training loop: steps until the budget is spent, with what
 * happens between them: validation, samples, checkpoints, and the way back from
 * divergence.
 */
#include "training/trainer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "training/optimizer.h"
#include "training/schedule.h"
#include "training/settings.h"

/* Seconds between checkpoints where that is chosen; more on a slow disk, which may take this
 * share of the time. */
#define SAVE_INTERVAL 60.0
#define SAVE_SHARE    0.05
#define LOSS_MEMORY   0.98 /* how much of the smoothed loss a step keeps */
#define MOST_TRIES    3
#define LOWER_RATE    0.5

/* ------------------------------------------------------------------ budget */

double rnn_trainer_seconds(const rnn_trainer *t) {
    return t->earlier + (t->started > 0 ? rnn_clock_now() - t->started : 0);
}

double rnn_trainer_epoch(const rnn_trainer *t) {
    return t->batches.steps_an_epoch ? (double)t->at.step / (double)t->batches.steps_an_epoch : 0;
}

/* Seconds that a validation takes: as the last one, or by the speed of training. */
static double validation_cost(const rnn_trainer *t) {
    if (t->val_cost > 0)
        return t->val_cost;
    double reading = (double)rnn_evaluator_count(t->val, t->val_count) * RNN_READING_COST;
    return t->speed > 0 ? reading / t->speed : 0;
}

double rnn_trainer_fraction(const rnn_trainer *t) {
    double fraction = 0;
    if (t->how.epochs > 0)
        fraction = fmax(fraction, rnn_trainer_epoch(t) / t->how.epochs);
    if (t->how.steps > 0)
        fraction = fmax(fraction, (double)t->at.step / (double)t->how.steps);
    /* The last validation belongs to the time, so training ends before it. */
    if (t->how.seconds > 0)
        fraction = fmax(fraction,
                        rnn_trainer_seconds(t) / fmax(t->how.seconds - validation_cost(t), 1e-3));
    return fmin(fraction, 1);
}

/* Why the run is over, or NULL. */
static const char *ended(const rnn_trainer *t) {
    if (t->how.epochs > 0 && rnn_trainer_epoch(t) >= t->how.epochs)
        return RNN_ENDED_EPOCHS;
    if (t->how.steps > 0 && t->at.step >= t->how.steps)
        return RNN_ENDED_STEPS;
    if (t->how.seconds > 0 && rnn_trainer_seconds(t) + validation_cost(t) >= t->how.seconds)
        return RNN_ENDED_TIME;
    if (t->how.patience > 0 && t->at.since_best >= t->how.patience)
        return RNN_ENDED_PATIENCE;
    return NULL;
}

/* ------------------------------------------------------------------- saving */

static int all_finite(const float *values, size_t count) {
    /* x * 0 is 0, but NaN for NaN and infinity; the sum keeps it. */
    float sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i] * 0.0f;
    return sum == 0;
}

static void note_failure(rnn_trainer *t, const rnn_error *error) {
    if (!t->save_failed)
        rnn_reports_notice(t, "not saved: %s. Training goes on and tries again", error->message);
    t->save_failed = 1;
}

static void note_lost_lines(rnn_trainer *t) {
    if (!t->log_failed && rnn_run_log_failed(t->log))
        rnn_reports_notice(t, "%s: lines of log.jsonl or samples.txt could not be written",
                           t->how.out);
    t->log_failed = rnn_run_log_failed(t->log);
}

static int checkpoint_finite(const rnn_checkpoint *at, const rnn_engine_arrays *arrays,
                             const float *state) {
    size_t parameters = at->network.parameters;
    return all_finite(arrays->parameters, parameters) &&
           (!arrays->first || all_finite(arrays->first, parameters)) &&
           (!arrays->second || all_finite(arrays->second, parameters)) &&
           all_finite(state, (size_t)at->batch * rnn_network_state(&at->network));
}

static rnn_status save_model(rnn_trainer *t, const char *name, rnn_error *error) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", t->how.out, name);
    char *history = rnn_reports_history(t);
    if (!history)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory to describe the model");
    rnn_free(t->model->history);
    t->model->history = history;
    return rnn_model_save(t->model, t->device->arrays(t->engine).parameters, path, error);
}

/* Writes what resuming needs and the last model. Parameters that are not finite
 * are RNN_ERR_DIVERGED and nothing is written; a full disk is noted and tried
 * again at the next save. */
static rnn_status save(rnn_trainer *t, rnn_error *error) {
    double start = rnn_clock_now();
    rnn_checkpoint *at = &t->at;
    rnn_engine_arrays arrays = t->device->arrays(t->engine);
    t->device->read_state(t->engine, t->carried);
    t->last_save = start;
    t->save_cost = 0;
    if (!checkpoint_finite(at, &arrays, t->carried))
        return rnn_fail(error, RNN_ERR_DIVERGED, "a weight or a moment is not finite");
    note_lost_lines(t);
    at->seconds = rnn_trainer_seconds(t);
    rnn_run_log_lengths(t->log, &at->log_bytes, &at->samples_bytes);
    rnn_error fault;
    rnn_status status = save_model(t, RNN_MODEL_LAST, &fault);
    if (status == RNN_OK && t->val_count == 0)
        status = save_model(t, RNN_MODEL_BEST, &fault);
    if (status == RNN_OK)
        status = rnn_checkpoint_save(at, &arrays, t->carried, t->how.out, &fault);
    t->last_save = rnn_clock_now();
    t->save_cost = t->last_save - start;
    t->idle += t->save_cost;
    if (status != RNN_OK) {
        note_failure(t, &fault);
        return RNN_OK;
    }
    t->save_failed = 0;
    at->from_previous = 0;
    rnn_reports_checkpoint(t, RNN_CHECKPOINT_FILE);
    return RNN_OK;
}

/* The best model, and with it a checkpoint that knows of it. */
static rnn_status save_best(rnn_trainer *t, rnn_error *error) {
    rnn_error fault;
    t->best_unsaved = save_model(t, RNN_MODEL_BEST, &fault) != RNN_OK;
    if (t->best_unsaved) {
        note_failure(t, &fault);
        return RNN_OK;
    }
    return save(t, error);
}

static rnn_status validate(rnn_trainer *t, rnn_error *error) {
    int is_best = 0;
    double best = t->at.best_val_loss;
    if (t->val_count == 0)
        return RNN_OK;
    rnn_status status = rnn_reports_validate(t, &is_best, error);
    if (status == RNN_OK && is_best)
        status = save_best(t, error);
    /* A best model that is nowhere must not keep the next one from being saved. */
    if (t->best_unsaved)
        t->at.best_val_loss = best;
    if (status == RNN_OK)
        rnn_reports_validated(t, is_best);
    return status;
}

/* --------------------------------------------------------------- divergence */

/* Back to the last checkpoint, at a lower rate. What the run was told, and the best
 * model that lies on the disk, stay as they are now. */
static rnn_status recover(rnn_trainer *t, const char *what, rnn_error *error) {
    rnn_checkpoint *at = &t->at, before = {0};
    int64_t where = at->step;
    if (at->tries >= MOST_TRIES)
        return rnn_fail(error, RNN_ERR_DIVERGED,
                        "training diverged at step %lld (%s), after %d attempts at lower rates; "
                        "the last good checkpoint stands in %s. Try a lower --learning-rate or "
                        "--clip-norm 1",
                        (long long)where, what, MOST_TRIES, t->how.out);
    rnn_status status = rnn_checkpoint_load(&before, t->how.out, 1, error);
    if (status != RNN_OK)
        return status;
    before.tries = at->tries + 1;
    before.rate_scale = fmin(at->rate_scale, before.rate_scale) * LOWER_RATE;
    before.best_val_loss = at->best_val_loss;
    char *settings = before.settings, *inputs = before.inputs;
    before.settings = at->settings;
    before.inputs = at->inputs;
    at->settings = settings;
    at->inputs = inputs;
    rnn_checkpoint_release(at);
    *at = before;
    rnn_preparation_restore(t);
    t->measured_step = at->step;
    rnn_reports_notice(t, "%s at step %lld: back to step %lld at %g of the learning rate", what,
                       (long long)where, (long long)at->step, at->rate_scale);
    return RNN_OK;
}

/* -------------------------------------------------------------------- steps */

/* What was not finite, or NULL. */
static const char *take_step(rnn_trainer *t) {
    rnn_checkpoint *at = &t->at;
    int first;
    rnn_batches_get(&t->batches, (uint64_t)at->step, 0, 1, t->read, t->expected, &first);
    if (first)
        t->device->write_state(t->engine, NULL);
    rnn_sequence_result result =
        t->device->train(t->engine, (uint64_t)at->step, (size_t)at->length, t->read, t->expected);
    double loss = result.loss / (double)(at->batch * at->length);
    if (!isfinite(loss))
        return "the loss is not finite";
    rnn_schedule_place place = {at->step, (int64_t)t->batches.steps_an_epoch,
                                rnn_trainer_fraction(t)};
    t->learning_rate = rnn_schedule_rate(&t->how, &place) * at->rate_scale;
    rnn_update update = rnn_optimizer_update(&t->how, at->step + 1, t->learning_rate);
    t->grad_norm = t->device->update(t->engine, &update);
    if (!isfinite(t->grad_norm))
        return "the gradient is not finite";
    at->step++;
    at->loss_sum = LOSS_MEMORY * at->loss_sum + (1 - LOSS_MEMORY) * loss;
    at->loss_weight = LOSS_MEMORY * at->loss_weight + (1 - LOSS_MEMORY);
    return NULL;
}

/* What fails beside training is told, and training goes on; but for divergence. */
static rnn_status go_on(rnn_trainer *t, rnn_status status, const char *what, const rnn_error *fault,
                        rnn_error *error) {
    if (status == RNN_ERR_DIVERGED)
        return rnn_fail(error, status, "%s", fault->message);
    if (status != RNN_OK)
        rnn_reports_notice(t, "no %s at step %lld: %s", what, (long long)t->at.step,
                           fault->message);
    return RNN_OK;
}

static rnn_status validate_if_possible(rnn_trainer *t, rnn_error *error) {
    rnn_error fault;
    rnn_status status = validate(t, &fault);
    return go_on(t, status, "validation", &fault, error);
}

static rnn_status sample_if_possible(rnn_trainer *t, rnn_error *error) {
    rnn_error fault;
    rnn_status status = rnn_reports_sample(t, &fault);
    return go_on(t, status, "sample", &fault, error);
}

/* What is due after a step: RNN_ERR_DIVERGED is the only failure. */
static rnn_status between_steps(rnn_trainer *t, rnn_error *error) {
    const rnn_training *how = &t->how;
    rnn_status status = RNN_OK;
    rnn_reports_progress(t);
    if (rnn_reports_sample_due(t->at.step))
        status = sample_if_possible(t, error);
    if (status == RNN_OK && t->at.step % t->eval_every == 0)
        status = validate_if_possible(t, error);
    int due = how->checkpoint_every > 0 ? t->at.step % how->checkpoint_every == 0
                                        : rnn_clock_now() - t->last_save >=
                                              fmax(SAVE_INTERVAL, t->save_cost / SAVE_SHARE);
    if (status == RNN_OK && (due || t->reply == RNN_SAVE))
        status = save(t, error);
    if (t->reply == RNN_SAVE)
        t->reply = RNN_GO_ON;
    return status;
}

/* Steps until the budget is spent or the listener stops it. */
static rnn_status take_steps(rnn_trainer *t, rnn_reply (*poll)(void *), const char **why,
                             rnn_error *error) {
    for (*why = NULL; !(*why = ended(t));) {
        if (poll) {
            rnn_reply reply = poll(t->context);
            t->reply = reply > t->reply ? reply : t->reply;
        }
        if (t->reply == RNN_STOP) {
            *why = RNN_ENDED_STOPPED;
            break;
        }
        const char *what = take_step(t);
        if (what)
            return rnn_fail(error, RNN_ERR_DIVERGED, "%s", what);
        rnn_status status = between_steps(t, error);
        if (status != RNN_OK)
            return status;
    }
    return RNN_OK;
}

/* The last validation, sample and checkpoint; a run that was stopped goes on
 * later and only keeps its place. */
static rnn_status finish(rnn_trainer *t, int stopped, rnn_error *error) {
    rnn_status status = RNN_OK;
    if (!stopped && (t->at.last_val_step != t->at.step || t->at.step == 0))
        status = validate_if_possible(t, error);
    if (status == RNN_OK && !stopped && t->at.last_sample_step != t->at.step)
        status = sample_if_possible(t, error);
    if (status == RNN_OK)
        status = save(t, error);
    if (status == RNN_OK && (t->save_failed || t->best_unsaved))
        status =
            rnn_fail(error, RNN_ERR_IO, "%s could not be saved in %s; what was saved before stands",
                     t->save_failed ? "the last checkpoint" : "the best model", t->how.out);
    return status;
}

/* To the end, with the way back wherever something is not finite. */
static rnn_status run(rnn_trainer *t, rnn_reply (*poll)(void *), const char **why,
                      rnn_error *error) {
    for (;;) {
        rnn_error fault;
        rnn_status status = take_steps(t, poll, why, &fault);
        if (status == RNN_OK)
            status = finish(t, strcmp(*why, RNN_ENDED_STOPPED) == 0, &fault);
        if (status == RNN_ERR_DIVERGED)
            status = recover(t, fault.message, error);
        else
            return status == RNN_OK ? RNN_OK : rnn_fail(error, status, "%s", fault.message);
        if (status != RNN_OK)
            return status;
    }
}

/* What this run has not replaced of the one that was there: it goes when this one has begun and
 * is on the disk, and not before. */
static void remove_earlier_run(const rnn_trainer *t) {
    char path[4096];
    rnn_run_log_take_place(t->log);
    snprintf(path, sizeof path, "%s/%s", t->how.out, RNN_CHECKPOINT_PREVIOUS);
    unlink(path);
    snprintf(path, sizeof path, "%s/%s", t->how.out, RNN_MODEL_BEST);
    if (t->val_count > 0)
        unlink(path);
}

static void close_all(rnn_trainer *t) {
    if (t->engine)
        t->device->destroy(t->engine);
    rnn_model_destroy(t->model);
    rnn_symbols_destroy(t->symbols);
    rnn_run_log_close(t->log);
    rnn_checkpoint_release(&t->at);
    rnn_free(t->val);
    rnn_free(t->read);
    rnn_free(t->expected);
    rnn_free(t->carried);
    rnn_model_destroy(t->origin);
    if (t->lock >= 0)
        close(t->lock);
}

static rnn_status check(const rnn_training *how, size_t inputs, rnn_error *error) {
    if (!how->out || !*how->out)
        return rnn_fail(error, RNN_ERR_RANGE, "no directory to write the run to (out)");
    if (strlen(how->out) > 4000)
        return rnn_fail(error, RNN_ERR_RANGE, "the directory's name is too long");
    if (!how->resume && inputs == 0)
        return rnn_fail(error, RNN_ERR_RANGE, "no text to train on");
    return rnn_settings_check(how, error);
}

rnn_status rnn_train(const rnn_training *how, const char *const *inputs, size_t count,
                     rnn_listener listener, rnn_reply (*poll)(void *context), void *context,
                     rnn_error *error) {
    rnn_trainer t = {.how = *how,
                     .inputs = inputs,
                     .input_count = count,
                     .listener = listener,
                     .context = context,
                     .lock = -1};
    const char *why = NULL;
    void *memory = NULL;
    rnn_training before;
    if (!t.how.resume) /* what a resumed run leaves open, its beginning has chosen */
        rnn_settings_resolve(&t.how);
    rnn_status status = check(&t.how, count, error);
    if (status == RNN_OK && t.how.resume && count == 0)
        status = rnn_training_recall(&before, &t.inputs, &t.input_count, &memory, t.how.out, error);
    if (status == RNN_OK)
        status = rnn_preparation_run(&t, error);
    if (status != RNN_OK)
        goto done;
    t.measured = rnn_clock_now();
    if (t.started == 0) /* a plan has begun already */
        t.started = t.measured;
    t.measured_step = t.at.step;
    rnn_reports_begin(&t);
    if (!t.how.resume)
        status = save(&t, error);
    if (status == RNN_OK && t.save_failed)
        status = rnn_fail(error, RNN_ERR_IO, "%s: nothing can be saved there", t.how.out);
    if (status == RNN_OK && t.how.overwrite && !t.how.resume)
        remove_earlier_run(&t);
    if (status == RNN_OK)
        status = run(&t, poll, &why, error);
    if (status == RNN_OK)
        rnn_reports_done(&t, why);
done:
    close_all(&t);
    rnn_free(memory);
    return status;
}
