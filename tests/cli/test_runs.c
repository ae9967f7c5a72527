/* SPDX-License-Identifier: MIT
 *
 * test_runs.c - names of runs, finding them, and quoting them for a shell.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/runs.h"
#include "tests/scratch.h"

static scratch place;

static int enter(void **state) {
    (void)state;
    scratch_make(&place);
    return chdir(place.path);
}

static int leave(void **state) {
    (void)state;
    scratch_remove_tree(place.path);
    return chdir("/");
}

static void make(const char *path) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("x", file);
    fclose(file);
}

static void named(const char *input, const char *wanted) {
    char name[64];
    runs_name(input, name, sizeof name);
    assert_string_equal(name, wanted);
}

static void test_names(void **state) {
    (void)state;
    named("tinyshakespeare.txt", "tinyshakespeare");
    named("/nowhere/linux-6.1-kernel.c.xz", "linux-6.1-kernel");
    named("book.tar.gz", "book");
    named("version.2", "version.2");
    named("no-extension", "no-extension");
    named(".hidden.txt", ".hidden");
    named("-", "stdin");
    named("/", "text");
    named("a.verylongextension", "a.verylongextension");
    assert_int_equal(mkdir("folder", 0777), 0);
    named("folder/", "folder");
    named("folder/.", "folder");
    assert_int_equal(rmdir("folder"), 0);
}

static void test_free_names(void **state) {
    (void)state;
    char path[RUNS_PATH];
    runs_choose("book", path, sizeof path);
    assert_string_equal(path, "runs/book");
    assert_int_equal(mkdir("runs", 0777), 0);
    assert_int_equal(mkdir("runs/book", 0777), 0);
    /* An empty directory is free. */
    runs_choose("book", path, sizeof path);
    assert_string_equal(path, "runs/book");
    make("runs/book/model.safetensors");
    make("runs/book/notes");
    make("runs/book-2");
    runs_choose("book", path, sizeof path);
    assert_string_equal(path, "runs/book-3");
}

static void test_locate(void **state) {
    (void)state;
    char path[RUNS_PATH];
    rnn_error error = {0};
    assert_int_equal(runs_locate("runs/book", path, sizeof path, &error), RNN_OK);
    assert_string_equal(path, "runs/book");
    assert_int_equal(runs_locate("book", path, sizeof path, &error), RNN_OK);
    assert_string_equal(path, "runs/book");
    assert_int_equal(runs_locate("nothing", path, sizeof path, &error), RNN_ERR_IO);
    assert_non_null(strstr(error.message, "there are runs/book"));
}

static void quoted(const char *path, const char *wanted) {
    char out[64];
    runs_quote(path, out, sizeof out);
    assert_string_equal(out, wanted);
}

static void test_quoting(void **state) {
    (void)state;
    quoted("runs/book-2.x", "runs/book-2.x");
    quoted("my run", "'my run'");
    quoted("it's", "'it'\\''s'");
    quoted("$(rm)", "'$(rm)'");
    quoted("", "''");
    char small[12];
    runs_quote("a very long name indeed", small, sizeof small);
    assert_true(strlen(small) < sizeof small);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_free_names),
        cmocka_unit_test(test_locate),
        cmocka_unit_test(test_quoting),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
