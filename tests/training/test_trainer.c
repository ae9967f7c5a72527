/* SPDX-License-Identifier: MIT
 *
 * test_trainer.c - runs as users start them: that they learn, that they resume to
 * the bit, that threads do not change them, that small texts and diverging runs
 * end well, and that nothing that is saved is lost.
 *
 * With the argument --long, every configuration is split at ten points.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "tests/training/same_end.h"
#include "tests/training/small_run.h"

static int split_points = 2;

/* -------------------------------------------------------------------- tests */

static void test_it_learns(void **state) {
    (void)state;
    char out[1024];
    watcher w;
    rnn_training how = small_run("learns", out);
    how.hidden_size = 48;
    how.batch_size = 16;
    how.seq_length = 25;
    how.steps = 400;
    how.learning_rate = 0.01;
    how.eval_every = 100;
    train_well(&how, 0, &w);
    /* Eleven words with even chances: about ln 11 nats a word of 5 letters. */
    assert_true(w.val_loss < 0.75);
    assert_true(w.events[RNN_EVENT_SAMPLE] == 3); /* 100, 300 and the end */
    assert_true(w.events[RNN_EVENT_VALIDATION] == 4);
    assert_int_equal(w.events[RNN_EVENT_DONE], 1);
}

typedef struct configuration {
    int cell, optimizer, threads, layers, embedding, schedule;
    double dropout, output_dropout, weight_drop;
    int ngrams;
    double ngram_dropout;
    int passage, without_mean, in_streams;
} configuration;

static const configuration configurations[] = {
    {RNN_CELL_LSTM, RNN_ADAM, 1, 2, 0, RNN_SCHEDULE_CONSTANT, 0, 0, 0, 0, 0, 0, 0, 0},
    {RNN_CELL_LSTM, RNN_ADAM, 2, 2, 0, RNN_SCHEDULE_COSINE, 0.3, 0, 0, 0, 0, 0, 0, 0},
    {RNN_CELL_LSTM, RNN_SGD, 1, 1, 4, RNN_SCHEDULE_LINEAR, 0, 0, 0, 0, 0, 0, 0, 0},
    {RNN_CELL_LSTM, RNN_RMSPROP, 3, 2, 0, RNN_SCHEDULE_EPOCH_DECAY, 0.5, 0, 0, 0, 0, 0, 0, 0},
    {RNN_CELL_LSTM, RNN_ADAGRAD, 2, 3, 0, RNN_SCHEDULE_CONSTANT, 0.1, 0, 0, 0, 0, 0, 0, 0},
    {RNN_CELL_LSTM, RNN_ADAMW, 1, 2, 6, RNN_SCHEDULE_COSINE, 0.2, 0.3, 0.4, 3, 0.3, 0, 0, 0},
    {RNN_CELL_LSTM, RNN_SGD, 2, 2, 0, RNN_SCHEDULE_STEP_DECAY, 0.4, 0, 0, 0, 0, 0, 0, 0},
    {RNN_CELL_GRU, RNN_ADAM, 1, 2, 0, RNN_SCHEDULE_CONSTANT, 0, 0, 0.3, 0, 0, 0, 0, 0},
    {RNN_CELL_GRU, RNN_ADAM, 2, 3, 0, RNN_SCHEDULE_LINEAR, 0.3, 0, 0, 4, 0, 0, 0, 0},
    {RNN_CELL_GRU, RNN_SGD, 1, 1, 0, RNN_SCHEDULE_CONSTANT, 0, 0, 0, 0, 0, 0, 0, 0},
    {RNN_CELL_GRU, RNN_RMSPROP, 2, 2, 4, RNN_SCHEDULE_EPOCH_DECAY, 0, 0, 0, 0, 0, 0, 0, 0},
    {RNN_CELL_GRU, RNN_ADAGRAD, 3, 2, 0, RNN_SCHEDULE_COSINE, 0.2, 0, 0, 0, 0, 0, 0, 0},
    {RNN_CELL_GRU, RNN_ADAMW, 2, 2, 0, RNN_SCHEDULE_CONSTANT, 0.6, 0, 0, 0, 0, 0, 0, 0},
    {RNN_CELL_TANH, RNN_ADAM, 1, 2, 0, RNN_SCHEDULE_COSINE, 0, 0, 0, 0, 0, 0, 0, 0},
    {RNN_CELL_TANH, RNN_ADAM, 4, 2, 5, RNN_SCHEDULE_CONSTANT, 0.3, 0, 0, 0, 0, 0, 0, 0},
    {RNN_CELL_TANH, RNN_SGD, 2, 1, 0, RNN_SCHEDULE_STEP_DECAY, 0, 0.5, 0, 0, 0, 0, 0, 0},
    {RNN_CELL_TANH, RNN_RMSPROP, 1, 3, 0, RNN_SCHEDULE_CONSTANT, 0.2, 0, 0, 0, 0, 0, 0, 0},
    {RNN_CELL_TANH, RNN_ADAGRAD, 2, 2, 0, RNN_SCHEDULE_LINEAR, 0, 0, 0, 0, 0, 0, 0, 0},
    {RNN_CELL_TANH, RNN_ADAMW, 1, 2, 4, RNN_SCHEDULE_EPOCH_DECAY, 0.1, 0, 0, 2, 0.5, 0, 0, 0},
    {RNN_CELL_TANH, RNN_SGD, 3, 2, 0, RNN_SCHEDULE_COSINE, 0.5, 0, 0, 0, 0, 0, 0, 0},
    {RNN_CELL_LSTM, RNN_ADAMW, 2, 1, 0, RNN_SCHEDULE_COSINE, 0, 0.1, 0.2, 3, 0.3, 20, 1, 0},
    {RNN_CELL_GRU, RNN_ADAMW, 1, 2, 0, RNN_SCHEDULE_LINEAR, 0, 0, 0.2, 0, 0, 40, 1, 1},
    {RNN_CELL_LSTM, RNN_ADAM, 3, 1, 5, RNN_SCHEDULE_CONSTANT, 0, 0, 0, 0, 0, 0, 0, 1},
};
#define CONFIGURATIONS (sizeof configurations / sizeof *configurations)

static void configure(rnn_training *how, const configuration *c) {
    how->cell = c->cell;
    how->optimizer = c->optimizer;
    how->threads = c->threads;
    how->num_layers = c->layers;
    how->embedding_size = c->embedding;
    how->schedule = c->schedule;
    how->dropout = c->dropout;
    how->output_dropout = c->output_dropout;
    how->weight_drop = c->weight_drop;
    how->ngrams = c->ngrams ? c->ngrams : 1;
    how->ngram_size = 5;
    how->ngram_rows = 100;
    how->ngram_dropout = c->ngram_dropout;
    how->warmup_steps = 3;
    how->passage = c->passage;
    if (c->without_mean)
        how->beta1 = 0;
    how->split = c->in_streams ? RNN_SPLIT_STREAMS : RNN_SPLIT_CONTIGUOUS;
}

/* A run that is stopped and goes on ends in the same bits as one that is not. */
static void test_resume_is_exact(void **state) {
    (void)state;
    char whole[1024], parts[1024], name[64];
    for (size_t i = 0; i < CONFIGURATIONS; i++) {
        snprintf(name, sizeof name, "whole-%zu", i);
        rnn_training how = small_run(name, whole);
        configure(&how, &configurations[i]);
        train_well(&how, 0, NULL);
        for (int k = 0; k < split_points; k++) {
            int64_t at = 1 + (int64_t)((i * 7 + (size_t)k * 11) % 28);
            snprintf(name, sizeof name, "parts-%zu-%d", i, k);
            how.out = scratch_name(&directory, name, parts);
            how.resume = 0;
            train_well(&how, at, NULL);
            how.resume = 1;
            train_well(&how, 0, NULL);
            assert_same_end(whole, parts, 1);
        }
    }
}

/* A process that is killed leaves its last checkpoint; what it wrote to the log
 * after that is cut off when the run goes on. */
static void test_resume_after_a_crash(void **state) {
    (void)state;
    char whole[1024], crashed[1024], file[1024], copy[1024];
    rnn_training how = small_run("not-crashed", whole);
    train_well(&how, 0, NULL);
    how.out = scratch_name(&directory, "crashed", crashed);
    train_well(&how, 12, NULL);
    /* What stands at step 12 outlives the steps after it. */
    size_t bytes;
    scratch_name(&directory, "crashed/" RNN_CHECKPOINT_FILE, file);
    unsigned char *saved = scratch_read(file, &bytes);
    how.resume = 1;
    train_well(&how, 8, NULL);
    scratch_write(scratch_name(&directory, "crashed/" RNN_CHECKPOINT_FILE, copy), saved, bytes);
    free(saved);
    train_well(&how, 0, NULL);
    assert_same_end(whole, crashed, 1);
    unsigned char *a =
        scratch_read(scratch_name(&directory, "not-crashed/samples.txt", file), &bytes);
    size_t other;
    unsigned char *b = scratch_read(scratch_name(&directory, "crashed/samples.txt", file), &other);
    assert_int_equal(bytes, other);
    assert_memory_equal(a, b, bytes);
    free(a);
    free(b);
}

static void test_threads_do_not_change_bits(void **state) {
    (void)state;
    char one[1024], many[1024], name[64];
    for (int cell = RNN_CELL_TANH; cell <= RNN_CELL_LSTM; cell++) {
        snprintf(name, sizeof name, "threads-%d-1", cell);
        rnn_training how = small_run(name, one);
        how.cell = cell;
        how.hidden_size = 40;
        how.batch_size = 11;
        how.dropout = 0.2;
        how.output_dropout = 0.3;
        how.weight_drop = 0.1;
        how.ngrams = 3;
        how.ngram_size = 24;
        how.ngram_rows = 300;
        how.ngram_dropout = 0.2;
        how.steps = 12;
        train_well(&how, 0, NULL);
        for (int threads = 2; threads <= 8; threads *= 2) {
            snprintf(name, sizeof name, "threads-%d-%d", cell, threads);
            how.out = scratch_name(&directory, name, many);
            how.threads = threads;
            train_well(&how, 0, NULL);
            assert_same_end(one, many, 1);
        }
    }
}

static void test_streams_split(void **state) {
    (void)state;
    char out[1024];
    watcher w;
    rnn_training how = small_run("streams", out);
    how.split = RNN_SPLIT_STREAMS;
    train_well(&how, 0, &w);
    assert_true(isfinite(w.val_loss) && w.val_loss < 4);
}

static void test_small_texts(void **state) {
    (void)state;
    static const char *const texts[] = {"ab", "abc", "hello", "a\nb\nc\nd\n", "aaaaaaaaaa"};
    char out[1024], name[64], path[1024];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        rnn_error error = {RNN_OK, ""};
        watcher w = {0};
        snprintf(name, sizeof name, "small-%zu", i);
        rnn_training how = small_run(name, out);
        how.split = i % 2 ? RNN_SPLIT_STREAMS : RNN_SPLIT_CONTIGUOUS;
        scratch_write(scratch_name(&directory, "small.txt", path), texts[i], strlen(texts[i]));
        const char *inputs[] = {path};
        rnn_status status = rnn_train(&how, inputs, 1, listen, NULL, &w, &error);
        if (status != RNN_OK)
            fail_msg("\"%s\": %s", texts[i], error.message);
        assert_true(w.events[RNN_EVENT_NOTICE] > 0);
        assert_int_equal(w.events[RNN_EVENT_DONE], 1);
    }
    scratch_write(path, "", 0);
    rnn_error error = {RNN_OK, ""};
    rnn_training how = small_run("empty", out);
    const char *inputs[] = {path};
    assert_int_not_equal(rnn_train(&how, inputs, 1, NULL, NULL, NULL, &error), RNN_OK);
    assert_non_null(strstr(error.message, "text"));
}

/* What a model could not keep of its making is refused before it is trained. */
static void test_names_without_end(void **state) {
    (void)state;
    enum { INPUTS = 600, LENGTH = 4000 };
    static const char *inputs[INPUTS];
    char out[1024], path[LENGTH + 1], *end = path;
    rnn_error error = {RNN_OK, ""};
    rnn_training how = small_run("endless", out);
    end += sprintf(end, "%s", directory.path);
    while (end < path + LENGTH - 12)
        end += sprintf(end, "/.");
    strcpy(end, "/small.txt");
    scratch_write(path, "hello", 5);
    for (int i = 0; i < INPUTS; i++)
        inputs[i] = path;
    assert_int_equal(rnn_train(&how, inputs, INPUTS, NULL, NULL, NULL, &error), RNN_ERR_RANGE);
    assert_non_null(strstr(error.message, "name the directory"));
}

static void test_divergence(void **state) {
    (void)state;
    char out[1024];
    rnn_error error = {RNN_OK, ""};
    watcher w;
    rnn_training how = small_run("diverges", out);
    how.optimizer = RNN_SGD;
    how.learning_rate = 1000;
    how.momentum = 0.99;
    how.clip_norm = 0;
    how.weight_decay = 1000;
    how.steps = 3000;
    how.checkpoint_every = 10;
    assert_int_equal(train(&how, 0, &w, &error), RNN_ERR_DIVERGED);
    assert_true(w.events[RNN_EVENT_NOTICE] >= 3);
    assert_non_null(strstr(w.notice, "of the learning rate"));
    rnn_checkpoint at = load_end(out);
    for (size_t i = 0; i < at.network.parameters; i++)
        assert_true(isfinite(at.parameters[i]));
    rnn_checkpoint_release(&at);
    rnn_model *model;
    char path[1024];
    assert_int_equal(
        rnn_model_load(&model, scratch_name(&directory, "diverges/last.safetensors", path), &error),
        RNN_OK);
    rnn_model_destroy(model);
}

/* One bad step is left behind at a lower rate, and the run comes to its end. */
static void test_recovery(void **state) {
    (void)state;
    char out[1024];
    watcher w;
    rnn_training how = small_run("recovers", out);
    how.optimizer = RNN_SGD;
    how.momentum = 0;
    how.learning_rate = 4;
    how.clip_norm = 0;
    how.weight_decay = 0.6; /* |1 - 4 * 0.6| > 1: weights explode; at half the rate they shrink */
    how.steps = 400;
    how.checkpoint_every = 50;
    how.sample_length = 0;
    train_well(&how, 0, &w);
    assert_true(w.events[RNN_EVENT_NOTICE] >= 1);
    rnn_checkpoint at = load_end(out);
    assert_int_equal(at.step, 400);
    assert_true(at.rate_scale < 1);
    rnn_checkpoint_release(&at);
}

static void test_patience(void **state) {
    (void)state;
    char out[1024];
    rnn_training how = small_run("patience", out);
    how.learning_rate = 1e-12; /* nothing is learnt, so nothing gets better */
    how.steps = 500;
    how.eval_every = 5;
    how.patience = 3;
    train_well(&how, 0, NULL);
    rnn_checkpoint at = load_end(out);
    assert_true(at.step <= 50);
    rnn_checkpoint_release(&at);
    /* It is not forgotten on the way. */
    char parts[1024];
    how.out = scratch_name(&directory, "patience-in-parts", parts);
    train_well(&how, 13, NULL);
    how.resume = 1;
    train_well(&how, 0, NULL);
    assert_same_end(out, parts, 1);
}

static rnn_reply stop_when_done(void *context, const rnn_event *event) {
    listen(context, event);
    return event->kind == RNN_EVENT_PROGRESS && event->step == event->steps ? RNN_STOP : RNN_GO_ON;
}

/* A wish to stop that comes with the last step stops nothing: the run is over. */
static void test_stop_at_the_end(void **state) {
    (void)state;
    char out[1024];
    const char *inputs[] = {text};
    watcher w = {0};
    rnn_error error = {RNN_OK, ""};
    rnn_training how = small_run("done", out);
    how.print_every = 1;
    if (rnn_train(&how, inputs, 1, stop_when_done, NULL, &w, &error) != RNN_OK)
        fail_msg("%s", error.message);
    assert_int_equal(w.events[RNN_EVENT_VALIDATION], 5); /* 7, 14, 21, 28 and the end */
    assert_string_equal(w.done, RNN_ENDED_STEPS);
}

static void test_fine_tuning(void **state) {
    (void)state;
    char first[1024], second[1024], other[1024], model[1024];
    watcher w;
    rnn_training how = small_run("base", first);
    how.hidden_size = 32;
    how.steps = 200;
    how.learning_rate = 0.01;
    train_well(&how, 0, &w);
    double learnt = w.val_loss;
    /* Without k and w, but with a letter that the first text lacks. */
    made_text_write(scratch_name(&directory, "other.txt", other), 9000, 4);
    size_t bytes;
    unsigned char *letters = scratch_read(other, &bytes);
    for (size_t i = 0; i < bytes; i++)
        letters[i] = letters[i] == 'k' || letters[i] == 'w' ? 'e' : letters[i];
    letters[100] = 'Z';
    scratch_write(other, letters, bytes);
    free(letters);
    rnn_training next = small_run("tuned", second);
    next.init_from = scratch_name(&directory, "base", model);
    next.steps = 1;
    next.learning_rate = 1e-6;
    const char *inputs[] = {other};
    rnn_error error = {RNN_OK, ""};
    w = (watcher){0};
    if (rnn_train(&next, inputs, 1, listen, NULL, &w, &error) != RNN_OK)
        fail_msg("%s", error.message);
    /* What was learnt is still there, though the vocabulary is another one. */
    assert_true(w.val_loss < learnt + 1); /* random weights: above 3 */
    assert_non_null(strstr(w.notice, "new to"));
    /* Letters that only the first text had are still known: "recurrent", "keeps". */
    rnn_model *tuned;
    int32_t *symbols;
    size_t n;
    assert_int_equal(rnn_model_load(&tuned, second, &error), RNN_OK);
    assert_int_equal(rnn_model_encode(tuned, "wkZ", 3, 0, &symbols, &n, &error), RNN_OK);
    rnn_free(symbols);
    rnn_model_destroy(tuned);
}

static void test_refusals(void **state) {
    (void)state;
    char out[1024], path[1024];
    rnn_error error = {RNN_OK, ""};
    rnn_training how = small_run("refusals", out);
    how.resume = 1;
    assert_int_equal(train(&how, 0, NULL, &error), RNN_ERR_IO);
    assert_non_null(strstr(error.message, "no run to resume"));
    how.resume = 0;
    train_well(&how, 3, NULL);
    assert_int_equal(train(&how, 0, NULL, &error), RNN_ERR_IO);
    assert_non_null(strstr(error.message, "holds a run already"));
    how.resume = 1;
    how.hidden_size = 14;
    assert_int_equal(train(&how, 0, NULL, &error), RNN_ERR_RANGE);
    assert_non_null(strstr(error.message, "hidden-size"));
    how.hidden_size = 13;
    how.val_limit = 100; /* would compare losses of different texts */
    assert_int_equal(train(&how, 0, NULL, &error), RNN_ERR_RANGE);
    assert_non_null(strstr(error.message, "val-limit"));
    how.val_limit = 131072;
    made_text_write(scratch_name(&directory, "another.txt", path), 9000, 9);
    const char *inputs[] = {path};
    assert_int_equal(rnn_train(&how, inputs, 1, NULL, NULL, NULL, &error), RNN_ERR_FORMAT);
    assert_non_null(strstr(error.message, "not the one"));
    /* Any damage to the checkpoint is seen. */
    size_t bytes;
    unlink(scratch_name(&directory, "refusals/" RNN_CHECKPOINT_PREVIOUS, path));
    scratch_name(&directory, "refusals/" RNN_CHECKPOINT_FILE, path);
    unsigned char *saved = scratch_read(path, &bytes);
    for (size_t at = 0; at < bytes; at += bytes / 97 + 1) {
        saved[at] ^= 0x10;
        scratch_write(path, saved, bytes);
        saved[at] ^= 0x10;
        assert_int_equal(train(&how, 0, NULL, &error), RNN_ERR_FORMAT);
    }
    scratch_write(path, saved, bytes);
    free(saved);
    train_well(&how, 0, NULL);
}

/* A program that says the same as before, but for the time, goes on with what was planned. */
static void test_resume_of_a_plan(void **state) {
    (void)state;
    char out[1024], again[1024];
    rnn_training how;
    watcher w;
    rnn_training_defaults(&how);
    how.out = scratch_name(&directory, "planned", out);
    how.sample_length = 0;
    how.hidden_size = 16;
    how.threads = 1;
    how.seconds = 0.5;
    train_well(&how, 0, &w);
    /* About ten times a second it is told how it goes, however short a step is. */
    assert_in_range(w.events[RNN_EVENT_PROGRESS], 1, 10);
    rnn_checkpoint first = load_end(out);
    how.resume = 1;
    how.seconds = 1;
    train_well(&how, 0, NULL);
    rnn_checkpoint second = load_end(scratch_name(&directory, "planned", again));
    assert_true(second.step > first.step);
    /* So it does where the new budget is one of steps. */
    rnn_error error = {RNN_OK, ""};
    rnn_training_defaults(&how);
    how.out = out;
    how.resume = 1;
    how.sample_length = 0;
    how.threads = 1;
    how.steps = second.step + 3;
    train_well(&how, 0, NULL);
    const char *const *inputs;
    size_t count;
    void *memory;
    rnn_training told;
    assert_int_equal(rnn_training_recall(&told, &inputs, &count, &memory, out, &error), RNN_OK);
    assert_int_equal(told.hidden_size, 16);
    assert_int_equal(told.schedule, RNN_SCHEDULE_COSINE);
    assert_true(told.beta1 == 0 && told.seconds == 0);
    rnn_free(memory);
    rnn_checkpoint third = load_end(out);
    assert_int_equal(third.step, second.step + 3);
    rnn_checkpoint_release(&third);
    /* Without a budget it has the run's own, and that is spent. */
    how.steps = 0;
    train_well(&how, 0, &w);
    assert_string_equal(w.done, RNN_ENDED_STEPS);
    rnn_checkpoint_release(&first);
    rnn_checkpoint_release(&second);
}

static void test_recall(void **state) {
    (void)state;
    char out[1024];
    rnn_training how = small_run("recalled", out), told;
    how.sample_prime = "the net";
    how.dropout = 0.25;
    how.output_dropout = 0.5;
    how.weight_drop = 0.125;
    train_well(&how, 4, NULL);
    const char *const *inputs;
    size_t count;
    void *memory;
    rnn_error error = {RNN_OK, ""};
    assert_int_equal(rnn_training_recall(&told, &inputs, &count, &memory, out, &error), RNN_OK);
    assert_int_equal(count, 1);
    assert_string_equal(inputs[0], text);
    assert_string_equal(told.sample_prime, "the net");
    assert_string_equal(told.out, out);
    assert_int_equal(told.resume, 1);
    assert_int_equal(told.hidden_size, 13);
    assert_true(told.dropout == 0.25);
    assert_true(told.output_dropout == 0.5);
    assert_true(told.weight_drop == 0.125);
    if (rnn_train(&told, NULL, 0, NULL, NULL, NULL, &error) != RNN_OK)
        fail_msg("%s", error.message);
    rnn_free(memory);
}

/* Each allocation of a run fails once; each time it ends with a status. */
static void test_out_of_memory(void **state) {
    (void)state;
#if defined(__SANITIZE_THREAD__)
    skip(); /* hundreds of runs on one thread, each of them slow under this sanitizer */
#endif
    char out[1024];
    rnn_training how = small_run("memory", out);
    how.steps = 3;
    how.eval_every = 2;
    how.dropout = 0.1;
    how.output_dropout = 0.1;
    how.weight_drop = 0.1;
    how.embedding_size = 3;
    how.ngrams = 3;
    how.ngram_rows = 50;
    how.ngram_dropout = 0.1;
    for (uint64_t nth = 1;; nth++) {
        rnn_error error = {RNN_OK, ""};
        rnn_allocate_fail(nth, 0);
        rnn_status status = train(&how, 0, NULL, &error);
        rnn_allocate_fail(0, 0);
        scratch_remove_tree(out);
        if (status == RNN_OK && nth > 50)
            break;
        if (status != RNN_OK)
            assert_true(error.message[0] != '\0');
        assert_true(nth < 5000);
    }
}

int main(int count, char **arguments) {
    if (count > 1 && strcmp(arguments[1], "--long") == 0)
        split_points = 10;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_learns),
        cmocka_unit_test(test_resume_is_exact),
        cmocka_unit_test(test_resume_after_a_crash),
        cmocka_unit_test(test_threads_do_not_change_bits),
        cmocka_unit_test(test_streams_split),
        cmocka_unit_test(test_small_texts),
        cmocka_unit_test(test_names_without_end),
        cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_recovery),
        cmocka_unit_test(test_patience),
        cmocka_unit_test(test_stop_at_the_end),
        cmocka_unit_test(test_fine_tuning),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_resume_of_a_plan),
        cmocka_unit_test(test_recall),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, small_run_set_up, small_run_tear_down);
}
