/* SPDX-License-Identifier: MIT
 *
 * scratch.h - a directory for one test program's files, removed at its end.
 */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch_directory[256];

static inline int scratch_open(void **state) {
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(scratch_directory, sizeof scratch_directory, "%s/rnn-test-XXXXXX",
             base && *base ? base : "/tmp");
    return mkdtemp(scratch_directory) ? 0 : -1;
}

static inline int scratch_remove(const char *path, const struct stat *about, int type,
                                 struct FTW *level) {
    (void)about;
    (void)type;
    (void)level;
    return remove(path);
}

static inline int scratch_close(void **state) {
    (void)state;
    return nftw(scratch_directory, scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of a file there; stands for the next 31 calls. */
static inline const char *scratch_path(const char *name) {
    static char paths[32][512];
    static int next;
    char *path = paths[next++ % 32];
    snprintf(path, sizeof paths[0], "%s/%s", scratch_directory, name);
    return path;
}

static inline const char *scratch_write(const char *name, const void *bytes, size_t count) {
    const char *path = scratch_path(name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
    return path;
}

static inline const char *scratch_text(const char *name, const char *text) {
    return scratch_write(name, text, strlen(text));
}

static inline const char *scratch_folder(const char *name) {
    const char *path = scratch_path(name);
    assert_int_equal(mkdir(path, 0700), 0);
    return path;
}

#endif
