/* SPDX-License-Identifier: MIT
 *
 * test_saving_faults.c - every system call of a save fails in turn, once and
 * for ever: the name holds the old bytes or the new, and nothing else is left.
 *
 * The linker puts the functions below in the place of the system's (--wrap, set
 * in CMakeLists.txt); where it cannot, there is nothing to test.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/files.h"
#include "base/memory.h"
#include "tests/scratch.h"

#if defined(RNN_TEST_WRAPS)

#include <fcntl.h>

enum call { OPENAT, WRITE, READ, FSYNC, RENAMEAT, CLOSE, FCNTL, CALLS, FLOCK = CALLS, ALL };
static const char *const call_names[CALLS] = {"openat",   "write", "read", "fsync",
                                              "renameat", "close", "fcntl"};

/* Which call fails, how, and when: the nth of its kind, or all from there on. */
static struct {
    int active, code, for_ever, after;
    enum call call;
    int counts[ALL];
    int failures;
    size_t write_limit;  /* a write takes at most so many bytes; 0: all */
    int nothing_written; /* 1: writes take no bytes at all */
} fault;

static int must_fail(enum call call) {
    int count = ++fault.counts[call];
    if (!fault.active || call != fault.call ||
        (fault.for_ever ? count < fault.after : count != fault.after))
        return 0;
    fault.failures++;
    errno = fault.code;
    return 1;
}

int __real_openat(int directory, const char *name, int flags, ...);
int __wrap_openat(int directory, const char *name, int flags, ...);
ssize_t __real_write(int fd, const void *bytes, size_t count);
ssize_t __wrap_write(int fd, const void *bytes, size_t count);
ssize_t __real_read(int fd, void *bytes, size_t count);
ssize_t __wrap_read(int fd, void *bytes, size_t count);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_renameat(int from, const char *old, int to, const char *name);
int __wrap_renameat(int from, const char *old, int to, const char *name);
int __real_close(int fd);
int __wrap_close(int fd);
int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);

int __wrap_openat(int directory, const char *name, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return must_fail(OPENAT) ? -1 : __real_openat(directory, name, flags, mode);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t count) {
    if (fd > 2 && must_fail(WRITE))
        return -1;
    if (fd > 2 && fault.nothing_written)
        return 0;
    if (fd > 2 && fault.write_limit && count > fault.write_limit)
        count = fault.write_limit;
    return __real_write(fd, bytes, count);
}

ssize_t __wrap_read(int fd, void *bytes, size_t count) {
    return must_fail(READ) ? -1 : __real_read(fd, bytes, count);
}

int __wrap_fsync(int fd) {
    return must_fail(FSYNC) ? -1 : __real_fsync(fd);
}

int __wrap_renameat(int from, const char *old, int to, const char *name) {
    return must_fail(RENAMEAT) ? -1 : __real_renameat(from, old, to, name);
}

/* A failing close has closed all the same. */
int __wrap_close(int fd) {
    __real_close(fd);
    return must_fail(CLOSE) ? -1 : 0;
}

int __wrap_flock(int fd, int operation) {
    return must_fail(FLOCK) ? -1 : __real_flock(fd, operation);
}

int __wrap_fcntl(int fd, int command, ...) {
    va_list rest;
    va_start(rest, command);
    int argument = va_arg(rest, int);
    va_end(rest);
    return must_fail(FCNTL) ? -1 : __real_fcntl(fd, command, argument);
}

static scratch place;
static char name[1024];

static rnn_status save(const char *text, rnn_error *error) {
    rnn_saving *saving;
    rnn_status status = rnn_saving_begin(&saving, name, error);
    if (status != RNN_OK)
        return status;
    for (int i = 0; i < 3 && status == RNN_OK; i++)
        status = rnn_saving_write(saving, text, strlen(text), error);
    if (status == RNN_OK)
        return rnn_saving_commit(saving, error);
    rnn_saving_abandon(saving);
    return status;
}

static void set_fault(int active, enum call call, int after, int code, int for_ever) {
    memset(&fault, 0, sizeof fault);
    fault.active = active;
    fault.call = call;
    fault.after = after;
    fault.code = code;
    fault.for_ever = for_ever;
}

static int holds(const char *text) {
    char expected[64];
    size_t count;
    unsigned char *bytes = scratch_read(name, &count);
    snprintf(expected, sizeof expected, "%s%s%s", text, text, text);
    int same = count == strlen(expected) && memcmp(bytes, expected, count) == 0;
    free(bytes);
    return same;
}

/* One fault on a file that holds "old"; returns whether the fault was met. */
static int try_fault(enum call call, int after, int code, int for_ever) {
    rnn_error error = {0};
    set_fault(0, call, 0, 0, 0);
    assert_int_equal(save("old", &error), RNN_OK);
    set_fault(1, call, after, code, for_ever);
    rnn_status status = save("new", &error);
    int met = fault.failures > 0;
    set_fault(0, call, 0, 0, 0);
    const char *what = call_names[call];
    if (status == RNN_OK && !holds("new"))
        fail_msg("%s %d, errno %d: success without the new contents", what, after, code);
    if (status != RNN_OK && !holds("old") && !strstr(error.message, "is in its place"))
        fail_msg("%s %d, errno %d: failed without the old contents", what, after, code);
    if (status != RNN_OK &&
        (status != RNN_ERR_IO || error.code != RNN_ERR_IO || !strstr(error.message, name)))
        fail_msg("%s %d, errno %d: %s", what, after, code, error.message);
    if (status != RNN_OK && !strstr(error.message, rnn_files_advice(code)))
        fail_msg("%s %d, errno %d: no advice in: %s", what, after, code, error.message);
    if (status != RNN_OK && code == EINTR)
        fail_msg("%s %d: an interruption was taken for a failure", what, after);
    if (scratch_count(place.path) != 1)
        fail_msg("%s %d, errno %d: a temporary was left", what, after, code);
    return met;
}

static void test_every_call_fails_once_and_for_ever(void **state) {
    (void)state;
    static const int codes[] = {ENOSPC, EIO, EDQUOT, EROFS};
    int met_in_all = 0;
    for (int call = 0; call < CALLS; call++)
        for (size_t k = 0; k < sizeof codes / sizeof codes[0]; k++)
            for (int for_ever = 0; for_ever < 2; for_ever++) {
                int met = 0;
                while (try_fault((enum call)call, met + 1, codes[k], for_ever))
                    met++;
                assert_true(met >= 1);
                met_in_all += met;
            }
    assert_true(met_in_all >= 100);
}

static void test_interruptions_are_waited_out(void **state) {
    (void)state;
    for (int call = 0; call < CALLS; call++)
        if (call != RENAMEAT && call != FCNTL) /* these two are never interrupted */
            for (int n = 1; try_fault((enum call)call, n, EINTR, 0); n++)
                continue;
}

static void test_short_writes_are_completed(void **state) {
    (void)state;
    rnn_error error;
    for (size_t limit = 1; limit <= 4; limit++) {
        set_fault(0, WRITE, 0, 0, 0);
        fault.write_limit = limit;
        assert_int_equal(save(limit % 2 ? "new" : "old", &error), RNN_OK);
        fault.write_limit = 0;
        assert_true(holds(limit % 2 ? "new" : "old"));
    }
}

static void test_a_directory_without_fsync_is_tolerated(void **state) {
    (void)state;
    rnn_error error;
    set_fault(1, FSYNC, 2, EINVAL, 0);
    assert_int_equal(save("new", &error), RNN_OK);
    assert_int_equal(fault.failures, 1);
    assert_true(holds("new"));
    set_fault(1, FSYNC, 2, EIO, 0);
    assert_int_equal(save("old", &error), RNN_ERR_IO);
    assert_non_null(strstr(error.message, "is in its place"));
    set_fault(0, FSYNC, 0, 0, 0);
    assert_true(holds("old"));
}

/* The disk gives back other bytes: the save is refused. */
static void test_what_is_read_back_is_compared(void **state) {
    (void)state;
    rnn_error error;
    rnn_saving *saving;
    set_fault(0, WRITE, 0, 0, 0);
    assert_int_equal(save("old", &error), RNN_OK);
    assert_int_equal(rnn_saving_begin(&saving, name, &error), RNN_OK);
    assert_int_equal(rnn_saving_write(saving, "new", 3, &error), RNN_OK);
    DIR *listing = opendir(place.path);
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;)
        if (strstr(entry->d_name, "rnn-tmp")) {
            char temporary[1024];
            FILE *file = fopen(scratch_name(&place, entry->d_name, temporary), "r+b");
            assert_non_null(file);
            assert_int_equal(fputc('N', file), 'N');
            fclose(file);
        }
    closedir(listing);
    assert_int_equal(rnn_saving_commit(saving, &error), RNN_ERR_IO);
    assert_non_null(strstr(error.message, "other bytes than were written"));
    assert_true(holds("old"));
    assert_int_equal(scratch_count(place.path), 1);
}

static void test_a_disk_that_takes_nothing(void **state) {
    (void)state;
    rnn_error error;
    set_fault(0, WRITE, 0, 0, 0);
    assert_int_equal(save("old", &error), RNN_OK);
    fault.nothing_written = 1;
    assert_int_equal(save("new", &error), RNN_ERR_IO);
    fault.nothing_written = 0;
    assert_non_null(strstr(error.message, rnn_files_advice(ENOSPC)));
    assert_true(holds("old"));
}

static void test_a_name_that_is_taken_is_drawn_again(void **state) {
    (void)state;
    rnn_error error;
    set_fault(1, OPENAT, 2, EEXIST, 0); /* 1 is the directory */
    assert_int_equal(save("new", &error), RNN_OK);
    assert_int_equal(fault.failures, 1);
    set_fault(1, OPENAT, 2, EEXIST, 1);
    assert_int_equal(save("old", &error), RNN_ERR_IO);
    assert_true(fault.failures >= 50 && fault.failures < 1000);
    set_fault(0, OPENAT, 0, 0, 0);
    assert_true(holds("new"));
}

static void make_temporary(long process) {
    char temporary[64], path[1024];
    snprintf(temporary, sizeof temporary, ".x.rnn-tmp-%ld-0123456789abcdef", process);
    scratch_write(scratch_name(&place, temporary, path), "x", 1);
}

static long gone_process(void) {
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
    return (long)child;
}

/* Somebody's sweep has the new temporary: it is given up for another. Where
 * there are no locks at all, saves go on without, and sweeps go by the process. */
static void test_without_locks(void **state) {
    (void)state;
    rnn_error error;
    set_fault(1, FLOCK, 1, EWOULDBLOCK, 0);
    assert_int_equal(save("new", &error), RNN_OK);
    assert_true(holds("new"));
    set_fault(1, FLOCK, 1, EINTR, 0);
    assert_int_equal(save("old", &error), RNN_OK);
    set_fault(1, FLOCK, 1, ENOLCK, 1);
    assert_int_equal(save("new", &error), RNN_OK);
    assert_true(holds("new"));
    make_temporary((long)getpid());
    make_temporary(1); /* there is always one */
    make_temporary(gone_process());
    rnn_files_sweep(place.path);
    set_fault(0, FLOCK, 0, 0, 0);
    /* Two of the three, the model, and the one that the sweep seemed to have. */
    assert_int_equal(scratch_count(place.path), 4);
    rnn_files_sweep(place.path);
    assert_int_equal(scratch_count(place.path), 1);
}

static int set_up(void **state) {
    (void)state;
    scratch_make(&place);
    scratch_name(&place, "model", name);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    scratch_remove(&place);
    return 0;
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_every_call_fails_once_and_for_ever),
        TEST(test_interruptions_are_waited_out),
        TEST(test_short_writes_are_completed),
        TEST(test_a_directory_without_fsync_is_tolerated),
        TEST(test_what_is_read_back_is_compared),
        TEST(test_a_disk_that_takes_nothing),
        TEST(test_a_name_that_is_taken_is_drawn_again),
        TEST(test_without_locks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void) {
    printf("skipped: this linker cannot wrap functions\n");
    return 77;
}

#endif
