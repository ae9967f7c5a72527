/* SPDX-License-Identifier: MIT
 *
 * test_killed.c - training that is killed again and again, at any moment and
 * without a warning, ends in the same bits as training that is left alone.
 *
 * 20 kills; 200 with the argument --long.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/scratch.h"
#include "tests/training/made_text.h"
#include "tests/training/same_end.h"

#define KILLS_A_RUN 20

static scratch directory;
static char text[1024];
static int runs = 1;

static rnn_training run_in(const char *out) {
    rnn_training how;
    rnn_training_defaults(&how);
    how.hidden_size = 24;
    how.dropout = 0.2;
    how.batch_size = 8;
    how.seq_length = 20;
    how.steps = 400;
    how.eval_every = 10;
    how.checkpoint_every = 3;
    how.sample_length = 10;
    how.threads = 2;
    how.out = out;
    return how;
}

/* Trains in a child process: 0 when it came to the end. A checkpoint is there or
 * it is not; what the child does with that is what a user would do. */
static int train_in_child(rnn_training how, unsigned microseconds) {
    pid_t child = fork();
    if (child == 0) {
        char checkpoint[1200];
        rnn_error error = {RNN_OK, ""};
        const char *inputs[] = {text};
        snprintf(checkpoint, sizeof checkpoint, "%s/" RNN_CHECKPOINT_FILE, how.out);
        how.resume = access(checkpoint, F_OK) == 0;
        rnn_status status = rnn_train(&how, inputs, 1, NULL, NULL, NULL, &error);
        if (status != RNN_OK)
            fprintf(stderr, "%s\n", error.message);
        _exit(status == RNN_OK ? 0 : 1);
    }
    assert_true(child > 0);
    int outcome;
    if (microseconds > 0) {
        usleep(microseconds);
        kill(child, SIGKILL);
    }
    assert_int_equal(waitpid(child, &outcome, 0), child);
    if (WIFSIGNALED(outcome))
        return -1;
    assert_int_equal(WEXITSTATUS(outcome), 0);
    return 0;
}

static void test_killed_at_any_time(void **state) {
    (void)state;
    char whole[1024], killed[1024], name[32];
    rnn_training how = run_in(scratch_name(&directory, "whole", whole));
    assert_int_equal(train_in_child(how, 0), 0);
    srand(7);
    int hit = 0;
    for (int run = 0; run < runs; run++) {
        snprintf(name, sizeof name, "killed-%d", run);
        how.out = scratch_name(&directory, name, killed);
        for (int k = 0; k < KILLS_A_RUN; k++)
            hit += train_in_child(how, 1000 + (unsigned)(rand() % 60000)) != 0;
        assert_int_equal(train_in_child(how, 0), 0);
        assert_same_end(whole, killed, 1);
        /* Two models, two checkpoints, the log and the samples; nothing stray. */
        assert_int_equal(scratch_count(killed), 6);
    }
    assert_true(hit > 0);
}

static int set_up(void **state) {
    (void)state;
    scratch_make(&directory);
    made_text_write(scratch_name(&directory, "text.txt", text), 30000, 3);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    scratch_remove(&directory);
    return 0;
}

int main(int count, char **arguments) {
    if (count > 1 && strcmp(arguments[1], "--long") == 0)
        runs = 10;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_killed_at_any_time)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
