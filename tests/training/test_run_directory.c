/* SPDX-License-Identifier: MIT
 *
 * test_run_directory.c - that a run's directory is its own, and that nothing which is saved in it
 * is lost: when a run is replaced, when a save fails, when a checkpoint is damaged.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "model/model.h"
#include "tests/training/same_end.h"
#include "tests/training/small_run.h"

/* With --overwrite the earlier run goes when the new one can begin, not before. */
static void test_overwrite(void **state) {
    (void)state;
    char out[1024], path[1024], notes[1024];
    rnn_error error = {RNN_OK, ""};
    const char *missing[] = {"/nowhere/at/all.txt"};
    rnn_training how = small_run("overwritten", out);
    train_well(&how, 5, NULL);
    scratch_write(scratch_name(&directory, "overwritten/notes", notes), "mine", 4);
    how.overwrite = 1;
    assert_int_equal(rnn_train(&how, missing, 1, NULL, NULL, NULL, &error), RNN_ERR_IO);
    rnn_checkpoint at = load_end(out);
    assert_int_equal(at.step, 5);
    rnn_checkpoint_release(&at);
    scratch_name(&directory, "overwritten/.log.jsonl.new", path);
    assert_int_equal(mkdir(path, 0777), 0);
    assert_int_equal(train(&how, 2, NULL, &error), RNN_ERR_IO);
    rmdir(path);
    at = load_end(out);
    assert_int_equal(at.step, 5);
    rnn_checkpoint_release(&at);
    how.init_from = scratch_name(&directory, "overwritten", path);
    train_well(&how, 2, NULL);
    at = load_end(out);
    assert_int_equal(at.step, 2);
    rnn_checkpoint_release(&at);
    assert_int_equal(access(notes, F_OK), 0);
}

static rnn_status train_on_full_disk(const rnn_training *how) {
    struct rlimit whole, little;
    rnn_error error = {RNN_OK, ""};
    getrlimit(RLIMIT_FSIZE, &whole);
    little = whole;
    little.rlim_cur = 100;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &little);
    rnn_status status = train(how, 0, NULL, &error);
    setrlimit(RLIMIT_FSIZE, &whole);
    return status;
}

static void assert_same_file(const char *name, const unsigned char *before, size_t bytes) {
    char path[1024];
    size_t now;
    unsigned char *read = scratch_read(scratch_name(&directory, name, path), &now);
    assert_int_equal(now, bytes);
    assert_memory_equal(read, before, bytes);
    free(read);
}

/* Nor where the new one cannot be saved: its story is not told over the other's. */
static void test_overwrite_on_full_disk(void **state) {
    (void)state;
    char out[1024], path[1024];
    size_t log_bytes, samples_bytes;
    rnn_training how = small_run("full", out);
    train_well(&how, 0, NULL);
    unsigned char *log = scratch_read(scratch_name(&directory, "full/log.jsonl", path), &log_bytes);
    unsigned char *samples =
        scratch_read(scratch_name(&directory, "full/samples.txt", path), &samples_bytes);
    how.overwrite = 1;
    assert_int_equal(train_on_full_disk(&how), RNN_ERR_IO);
    assert_same_file("full/log.jsonl", log, log_bytes);
    assert_same_file("full/samples.txt", samples, samples_bytes);
    free(log);
    free(samples);
    assert_int_not_equal(access(scratch_name(&directory, "full/.log.jsonl.new", path), F_OK), 0);
    rnn_checkpoint at = load_end(out);
    assert_int_equal(at.step, 30);
    rnn_checkpoint_release(&at);
    train_well(&how, 0, NULL);
    assert_int_not_equal(access(scratch_name(&directory, "full/.log.jsonl.new", path), F_OK), 0);
    assert_int_equal(access(scratch_name(&directory, "full/log.jsonl", path), F_OK), 0);
}

/* A model that lies where a run is to go would be lost as well. */
static void test_occupied(void **state) {
    (void)state;
    static const char *const files[] = {RNN_CHECKPOINT_FILE, RNN_CHECKPOINT_PREVIOUS,
                                        RNN_MODEL_BEST, RNN_MODEL_LAST};
    char out[1024], path[1024], name[64];
    rnn_error error = {RNN_OK, ""};
    rnn_training how = small_run("occupied", out);
    assert_int_equal(mkdir(out, 0777), 0);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(name, sizeof name, "occupied/%s", files[i]);
        scratch_write(scratch_name(&directory, name, path), "mine", 4);
        assert_int_equal(train(&how, 0, NULL, &error), RNN_ERR_IO);
        assert_non_null(strstr(error.message, files[i]));
        assert_same_file(name, (const unsigned char *)"mine", 4);
        unlink(path);
    }
}

static ino_t file_number(const char *name) {
    char path[1024];
    struct stat found;
    assert_int_equal(stat(scratch_name(&directory, name, path), &found), 0);
    return found.st_ino;
}

/* The checkpoint before the last stands in for it. */
static void test_previous_checkpoint(void **state) {
    (void)state;
    char whole[1024], out[1024], path[1024];
    rnn_training how = small_run("undamaged", whole);
    train_well(&how, 0, NULL);
    how.out = scratch_name(&directory, "damaged", out);
    how.checkpoint_every = 4;
    train_well(&how, 10, NULL);
    scratch_write(scratch_name(&directory, "damaged/" RNN_CHECKPOINT_FILE, path), "{}", 2);
    how.resume = 1;
    /* It stays until there are two again: the disk has just damaged one. */
    ino_t previous = file_number("damaged/" RNN_CHECKPOINT_PREVIOUS);
    train_well(&how, 1, NULL);
    assert_true(file_number("damaged/" RNN_CHECKPOINT_PREVIOUS) == previous);
    train_well(&how, 1, NULL);
    assert_true(file_number("damaged/" RNN_CHECKPOINT_PREVIOUS) != previous);
    /* Who has put the damaged one away has it no harder. */
    unlink(path);
    train_well(&how, 0, NULL);
    assert_same_end(whole, out, 1);
}

/* So it does for one that cannot be read. */
static void test_unreadable_checkpoint(void **state) {
    (void)state;
    char out[1024], path[1024];
    rnn_training how = small_run("unreadable", out);
    how.checkpoint_every = 4;
    train_well(&how, 10, NULL);
    unlink(scratch_name(&directory, "unreadable/" RNN_CHECKPOINT_FILE, path));
    assert_int_equal(mkdir(path, 0777), 0);
    rnn_checkpoint at = {0};
    rnn_error error = {RNN_OK, ""};
    if (rnn_checkpoint_load(&at, out, 1, &error) != RNN_OK)
        fail_msg("%s", error.message);
    assert_int_equal(at.from_previous, 1);
    rnn_checkpoint_release(&at);
}

/* What cannot be saved costs neither of the two that were there. */
static void test_failed_save(void **state) {
    (void)state;
    char out[1024], path[1024];
    rnn_training how = small_run("kept", out);
    how.checkpoint_every = 4;
    train_well(&how, 10, NULL);
    ino_t last = file_number("kept/" RNN_CHECKPOINT_FILE);
    ino_t previous = file_number("kept/" RNN_CHECKPOINT_PREVIOUS);
    how.resume = 1;
    assert_int_equal(train_on_full_disk(&how), RNN_ERR_IO);
    assert_true(last != previous);
    assert_true(file_number("kept/" RNN_CHECKPOINT_FILE) == last);
    assert_true(file_number("kept/" RNN_CHECKPOINT_PREVIOUS) == previous);
    assert_int_not_equal(
        access(scratch_name(&directory, "kept/" RNN_CHECKPOINT_REPLACED, path), F_OK), 0);
}

/* Two processes cannot train in one directory. */
static rnn_status second_status;

static rnn_reply train_beside(void *context, const rnn_event *event) {
    const char *inputs[] = {text};
    if (event->kind == RNN_EVENT_MODEL)
        second_status = rnn_train(context, inputs, 1, NULL, NULL, NULL, NULL);
    return RNN_GO_ON;
}

static void test_lock(void **state) {
    (void)state;
    char out[1024];
    const char *inputs[] = {text};
    rnn_error error = {RNN_OK, ""};
    rnn_training how = small_run("locked", out), second = how;
    second.overwrite = 1;
    assert_int_equal(rnn_train(&how, inputs, 1, train_beside, NULL, &second, &error), RNN_OK);
    assert_int_equal(second_status, RNN_ERR_IO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_overwrite),
        cmocka_unit_test(test_overwrite_on_full_disk),
        cmocka_unit_test(test_occupied),
        cmocka_unit_test(test_previous_checkpoint),
        cmocka_unit_test(test_unreadable_checkpoint),
        cmocka_unit_test(test_failed_save),
        cmocka_unit_test(test_lock),
    };
    return cmocka_run_group_tests(tests, small_run_set_up, small_run_tear_down);
}
