/* SPDX-License-Identifier: MIT
 *
 * made_files.h - files that a test makes in a directory of its own.
 */
#ifndef RNN_TESTS_MADE_FILES_H
#define RNN_TESTS_MADE_FILES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/scratch.h"

static scratch made;

/* For cmocka_run_group_tests. */
static inline int made_begin(void **state) {
    (void)state;
    scratch_make(&made);
    return 0;
}

static inline int made_end(void **state) {
    (void)state;
    scratch_remove(&made);
    return 0;
}

/* The path of a file there; stands for the next 31 calls. */
static inline const char *made_path(const char *name) {
    static char paths[32][1024];
    static int next;
    return scratch_name(&made, name, paths[next++ % 32]);
}

static inline const char *made_file(const char *name, const void *bytes, size_t count) {
    const char *path = made_path(name);
    scratch_write(path, bytes, count);
    return path;
}

static inline const char *made_text(const char *name, const char *text) {
    return made_file(name, text, strlen(text));
}

static inline const char *made_folder(const char *name) {
    const char *path = made_path(name);
    assert_int_equal(mkdir(path, 0700), 0);
    return path;
}

#endif
