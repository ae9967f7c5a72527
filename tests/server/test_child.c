/* SPDX-License-Identifier: MIT
 *
 * test_child.c - a process that is begun, asked to stop and waited for, and what it said;
 * the shell stands for training.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "server/child.h"
#include "server/turns.h"

static child *shell; /* from child_create */

static int set_up(void **state) {
    (void)state;
    return child_create(&shell, "/bin/sh", NULL) != RNN_OK;
}

static int tear_down(void **state) {
    (void)state;
    child_destroy(shell);
    return 0;
}

static rnn_status start(const char *script) {
    const char *const words[] = {"-c", script, NULL};
    return child_start(shell, "run", words, NULL);
}

static child_state wait_for_end(void) {
    double end = rnn_clock_now() + 10;
    while (child_look(shell).running && rnn_clock_now() < end)
        poll(NULL, 0, 5);
    child_state state = child_look(shell);
    assert_false(state.running);
    return state;
}

static void test_what_it_says(void **state) {
    (void)state;
    assert_string_equal(child_look(shell).run, "");
    assert_int_equal(start("echo it failed >&2; exit 3"), RNN_OK);
    child_state ended = wait_for_end();
    assert_int_equal(ended.code, 3);
    assert_string_equal(ended.run, "run");
    assert_string_equal(ended.said, "it failed");
    assert_int_equal(start("exit 0"), RNN_OK);
    assert_string_equal(wait_for_end().said, "");
}

/* It is UTF-8 wherever its beginning is cut off, and whatever stands in it. */
static void test_what_it_says_is_text(void **state) {
    char script[4096], *at;
    (void)state;
    for (int before = 0; before < 2; before++) {
        at = script + sprintf(script, "echo '%s", before ? "a" : "");
        for (int i = 0; i < 900; i++)
            at += sprintf(at, "\xC3\xA9");
        sprintf(at, "%s' >&2", before ? "" : "a");
        assert_int_equal(start(script), RNN_OK);
        child_state ended = wait_for_end();
        assert_true(strlen(ended.said) > CHILD_SAID - 8);
        assert_memory_equal(ended.said, "\xC3\xA9", 2);
    }
    assert_int_equal(start("printf 'a\\377b\\000c\\303' >&2"), RNN_OK);
    assert_string_equal(wait_for_end().said, "a?b?c?");
}

static void *start_nice(void *context) {
    turns *shared = context;
    turns_give_way(shared, 1);
    turns_take(shared);
    turns_give(shared);
    start("nice >&2");
    return NULL;
}

/* Whoever has computed for a client before. */
static void test_its_priority_is_the_programs(void **state) {
    char own[16];
    pthread_t thread;
    turns *shared;
    (void)state;
    snprintf(own, sizeof own, "%d", getpriority(PRIO_PROCESS, 0));
    assert_int_equal(turns_create(&shared, 1, NULL), RNN_OK);
    pthread_create(&thread, NULL, start_nice, shared);
    pthread_join(thread, NULL);
    turns_destroy(shared);
    assert_string_equal(wait_for_end().said, own);
}

static void test_one_at_a_time_is_stopped(void **state) {
    (void)state;
    assert_false(child_stop(shell));
    assert_int_equal(start("exec sleep 60"), RNN_OK);
    assert_int_equal(start("exit 0"), RNN_ERR_UNSUPPORTED);
    assert_true(child_stop(shell));
    assert_int_equal(wait_for_end().code, 128 + 15);
    assert_false(child_stop(shell));
}

static void test_what_cannot_be_run(void **state) {
    rnn_error error = {RNN_OK, ""};
    const char *const words[] = {NULL};
    child *none;
    (void)state;
    assert_int_equal(child_create(&none, "/nowhere/rnn", &error), RNN_OK);
    assert_int_equal(child_start(none, "run", words, &error), RNN_ERR_IO);
    assert_non_null(strstr(error.message, "/nowhere/rnn"));
    assert_string_equal(child_look(none).run, "");
    child_destroy(none);
}

static void *keep_starting(void *context) {
    (void)context;
    while (start("exec sleep 60") != RNN_ERR_UNSUPPORTED || child_look(shell).running)
        poll(NULL, 0, 1);
    return NULL;
}

/* A start that is under way when the end comes is stopped too, and none comes after it. */
static void test_the_end(void **state) {
    pthread_t thread;
    double begin = rnn_clock_now();
    (void)state;
    for (int i = 0; i < 20; i++) {
        pthread_create(&thread, NULL, keep_starting, NULL);
        poll(NULL, 0, i % 5);
        child_end(shell);
        pthread_join(thread, NULL);
        assert_int_equal(start("exit 0"), RNN_ERR_UNSUPPORTED);
        child_destroy(shell);
        assert_int_equal(child_create(&shell, "/bin/sh", NULL), RNN_OK);
    }
    assert_int_equal(start("exec sleep 60"), RNN_OK);
    child_destroy(shell);
    assert_int_equal(child_create(&shell, "/bin/sh", NULL), RNN_OK);
    assert_true(rnn_clock_now() - begin < 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_it_says),
        cmocka_unit_test(test_what_it_says_is_text),
        cmocka_unit_test(test_its_priority_is_the_programs),
        cmocka_unit_test(test_one_at_a_time_is_stopped),
        cmocka_unit_test(test_what_cannot_be_run),
        cmocka_unit_test(test_the_end),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
