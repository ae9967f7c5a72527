/* SPDX-License-Identifier: MIT
 *
 * test_files.c - saves replace whole files or nothing; sweeps take only what is
 * stale; directories and small files.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/files.h"
#include "base/memory.h"
#include "tests/scratch.h"

static scratch place;

static int set_up(void **state) {
    (void)state;
    scratch_make(&place);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    scratch_remove(&place);
    return 0;
}

static rnn_status save(const char *path, const char *text, rnn_error *error) {
    rnn_saving *saving;
    rnn_status status = rnn_saving_begin(&saving, path, error);
    if (status != RNN_OK)
        return status;
    status = rnn_saving_write(saving, text, strlen(text), error);
    if (status == RNN_OK)
        return rnn_saving_commit(saving, error);
    rnn_saving_abandon(saving);
    return status;
}

static void assert_contents(const char *path, const char *expected) {
    size_t count;
    unsigned char *bytes = scratch_read(path, &count);
    assert_int_equal(count, strlen(expected));
    assert_memory_equal(bytes, expected, count);
    free(bytes);
}

static void assert_says(const rnn_error *error, const char *fragment) {
    if (!strstr(error->message, fragment))
        fail_msg("\"%s\" does not say \"%s\"", error->message, fragment);
}

static void test_a_save_replaces_the_whole_file(void **state) {
    (void)state;
    char name[1024];
    rnn_error error;
    scratch_name(&place, "model", name);
    mode_t mask = umask(027);
    assert_int_equal(save(name, "old and long", &error), RNN_OK);
    umask(mask);
    struct stat found;
    assert_int_equal(stat(name, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0640);
    assert_int_equal(save(name, "new", &error), RNN_OK);
    assert_contents(name, "new");
    assert_int_equal(save(name, "", &error), RNN_OK);
    assert_contents(name, "");
    assert_int_equal(scratch_count(place.path), 1);
}

static void test_an_abandoned_save_changes_nothing(void **state) {
    (void)state;
    char name[1024];
    rnn_error error;
    rnn_saving *saving;
    scratch_name(&place, "model", name);
    assert_int_equal(save(name, "old", &error), RNN_OK);
    assert_int_equal(rnn_saving_begin(&saving, name, &error), RNN_OK);
    assert_int_equal(scratch_count(place.path), 2);
    assert_int_equal(rnn_saving_write(saving, "new", 3, &error), RNN_OK);
    rnn_saving_abandon(saving);
    rnn_saving_abandon(NULL);
    assert_contents(name, "old");
    assert_int_equal(scratch_count(place.path), 1);
}

static void test_names_without_a_directory_and_long_names(void **state) {
    (void)state;
    char here[1024], name[256];
    rnn_error error;
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(place.path), 0);
    assert_int_equal(save("plain", "1", &error), RNN_OK);
    assert_contents("plain", "1");
    memset(name, 'n', 255);
    name[255] = '\0';
    assert_int_equal(save(name, "2", &error), RNN_OK);
    assert_contents(name, "2");
    assert_int_equal(chdir(here), 0);
    assert_int_equal(scratch_count(place.path), 2);
}

static void test_where_no_save_can_begin(void **state) {
    (void)state;
    char name[1024];
    rnn_error error;
    rnn_saving *saving;
    assert_int_equal(rnn_saving_begin(&saving, scratch_name(&place, "no/model", name), &error),
                     RNN_ERR_IO);
    assert_null(saving);
    assert_says(&error, "no/model");
    assert_says(&error, "check the spelling");
    assert_int_equal(rnn_saving_begin(&saving, place.path, &error), RNN_ERR_IO);
    assert_says(&error, "is a directory");
    assert_int_equal(rnn_saving_begin(&saving, scratch_name(&place, "", name), &error), RNN_ERR_IO);
    assert_says(&error, "is a directory");
    assert_int_equal(rnn_saving_begin(&saving, "", NULL), RNN_ERR_IO);
    scratch_write(scratch_name(&place, "file", name), "x", 1);
    assert_int_equal(rnn_saving_begin(&saving, scratch_name(&place, "file/model", name), &error),
                     RNN_ERR_IO);
    assert_says(&error, "not a directory");
    assert_int_equal(scratch_count(place.path), 1);
}

static void test_what_is_no_regular_file_stays(void **state) {
    (void)state;
    char name[1024], link[1024];
    rnn_error error;
    struct stat found;
    /* A link still leads to the file, which has the new contents. */
    scratch_write(scratch_name(&place, "file", name), "old", 3);
    assert_int_equal(symlink("file", scratch_name(&place, "link", link)), 0);
    assert_int_equal(save(link, "new", &error), RNN_OK);
    assert_int_equal(lstat(link, &found), 0);
    assert_true(S_ISLNK(found.st_mode));
    assert_contents(name, "new");
    assert_int_equal(unlink(name), 0);
    assert_int_equal(save(link, "new", &error), RNN_ERR_IO);
    assert_says(&error, "symbolic link");
    /* Nobody waits at the other end of a pipe: it is not even opened. */
    assert_int_equal(mkfifo(scratch_name(&place, "pipe", name), 0666), 0);
    assert_int_equal(save(name, "new", &error), RNN_ERR_IO);
    assert_says(&error, "pipe");
    assert_int_equal(stat(name, &found), 0);
    assert_true(S_ISFIFO(found.st_mode));
    assert_int_equal(scratch_count(place.path), 2);
}

static void test_a_directory_that_may_not_be_written(void **state) {
    (void)state;
    char name[1024];
    rnn_error error;
    rnn_saving *saving;
    if (geteuid() == 0)
        skip(); /* nothing is forbidden to root */
    assert_int_equal(chmod(place.path, 0500), 0);
    assert_int_equal(rnn_saving_begin(&saving, scratch_name(&place, "model", name), &error),
                     RNN_ERR_IO);
    assert_int_equal(chmod(place.path, 0700), 0);
    assert_says(&error, "change the permissions");
}

/* In a child: the limit would hold for all the tests. */
static void test_a_file_size_limit_leaves_the_old_file(void **state) {
    (void)state;
    char name[1024];
    rnn_error error;
    scratch_name(&place, "model", name);
    assert_int_equal(save(name, "old", &error), RNN_OK);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        static char large[20000];
        struct rlimit limit = {10000, 10000};
        signal(SIGXFSZ, SIG_IGN);
        memset(large, 'x', sizeof large - 1);
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
            _exit(2);
        rnn_status status = save(name, large, &error);
        _exit(status == RNN_ERR_IO && strstr(error.message, "ulimit -f") ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_contents(name, "old");
    assert_int_equal(scratch_count(place.path), 1);
}

/* The number of a process that is no more. */
static long gone_process(void) {
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
    return (long)child;
}

static void make_file(const char *name) {
    char path[1024];
    scratch_write(scratch_name(&place, name, path), "x", 1);
}

static int is_there(const char *name) {
    char path[1024];
    return rnn_files_exists(scratch_name(&place, name, path));
}

static void test_a_sweep_takes_stale_temporaries_alone(void **state) {
    (void)state;
    char stale[128], locked[128], path[1024];
    static const char *const others[] = {
        "model.safetensors",
        ".model.rnn-tmp-12",                   /* no random part */
        ".model.rnn-tmp-12-0123456789abcde",   /* too short */
        ".model.rnn-tmp-12-0123456789abcdef0", /* too long */
        ".model.rnn-tmp-12-0123456789ABCDEF",  /* not ours: capitals */
        ".model.rnn-tmp-x2-0123456789abcdef",  /* no number */
        ".model.rnn-tmp--0123456789abcdef",    /* no number */
        "model.rnn-tmp-12-0123456789abcdef",   /* no dot */
        ".model.rnn-tmp-1234567890123456789-0123456789abcdef",
        ".model.tmp-12-0123456789abcdef",
    };
    const size_t count = sizeof others / sizeof others[0];
    for (size_t i = 0; i < count; i++)
        make_file(others[i]);
    snprintf(stale, sizeof stale, ".a.rnn-tmp-b.rnn-tmp-%ld-0123456789abcdef", gone_process());
    snprintf(locked, sizeof locked, ".c.rnn-tmp-%ld-0123456789abcdef", gone_process());
    make_file(stale);
    make_file(locked);
    int fd = open(scratch_name(&place, locked, path), O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    /* A directory of such a name is none of ours. */
    char directory[128];
    snprintf(directory, sizeof directory, ".d.rnn-tmp-%ld-0123456789abcdef", gone_process());
    assert_int_equal(mkdir(scratch_name(&place, directory, path), 0700), 0);

    rnn_files_sweep(place.path);
    assert_false(is_there(stale));
    assert_true(is_there(locked));
    assert_true(is_there(directory));
    for (size_t i = 0; i < count; i++)
        assert_true(is_there(others[i]));
    close(fd);
    rnn_files_sweep(place.path);
    assert_false(is_there(locked));
    rnn_files_sweep("/no/such/directory");
}

static void test_a_sweep_spares_a_save_in_progress(void **state) {
    (void)state;
    char name[1024];
    rnn_error error;
    rnn_saving *saving;
    scratch_name(&place, "model", name);
    assert_int_equal(rnn_saving_begin(&saving, name, &error), RNN_OK);
    assert_int_equal(rnn_saving_write(saving, "new", 3, &error), RNN_OK);
    rnn_files_sweep(place.path);
    pid_t child = fork();
    if (child == 0) {
        rnn_files_sweep(place.path);
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(rnn_saving_commit(saving, &error), RNN_OK);
    assert_contents(name, "new");
}

static void test_a_killed_save_is_swept(void **state) {
    (void)state;
    char name[1024];
    rnn_error error;
    scratch_name(&place, "model", name);
    assert_int_equal(save(name, "old", &error), RNN_OK);
    pid_t child = fork();
    if (child == 0) {
        rnn_saving *saving;
        if (rnn_saving_begin(&saving, name, NULL) == RNN_OK)
            rnn_saving_write(saving, "half", 4, NULL);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(scratch_count(place.path), 2);
    rnn_files_sweep(place.path);
    assert_int_equal(scratch_count(place.path), 1);
    assert_contents(name, "old");
}

static void test_out_of_memory(void **state) {
    (void)state;
    char name[1024];
    rnn_error error;
    scratch_name(&place, "model", name);
    int failed = 0;
    for (uint64_t n = 1; n < 20; n++) {
        rnn_allocate_fail(n, 0);
        rnn_status status = save(name, "x", &error);
        rnn_allocate_fail(0, 0);
        assert_true(status == RNN_OK || status == RNN_ERR_MEMORY);
        failed += status == RNN_ERR_MEMORY;
    }
    assert_true(failed >= 3 && failed < 19);
    assert_int_equal(scratch_count(place.path), 1);
}

static void test_directories(void **state) {
    (void)state;
    char name[1024];
    rnn_error error;
    assert_int_equal(rnn_files_make_directory(scratch_name(&place, "a//b/c/", name), &error),
                     RNN_OK);
    assert_true(rnn_files_is_directory(name));
    assert_int_equal(rnn_files_make_directory(name, &error), RNN_OK);
    assert_int_equal(rnn_files_make_directory("/", &error), RNN_OK);
    assert_int_equal(rnn_files_make_directory(".", &error), RNN_OK);
    assert_int_equal(rnn_files_make_directory("", &error), RNN_ERR_IO);
    assert_says(&error, "empty");
    make_file("file");
    assert_false(rnn_files_is_directory(scratch_name(&place, "file", name)));
    assert_int_equal(rnn_files_make_directory(name, &error), RNN_ERR_IO);
    assert_says(&error, "a file of that name is in the way");
    assert_int_equal(rnn_files_make_directory(scratch_name(&place, "file/x", name), &error),
                     RNN_ERR_IO);
    assert_says(&error, "file");
    rnn_allocate_fail(1, 0);
    assert_int_equal(rnn_files_make_directory(name, &error), RNN_ERR_MEMORY);
    assert_true(rnn_files_exists(place.path));
    assert_false(rnn_files_exists(scratch_name(&place, "nothing", name)));
}

static void test_small_files(void **state) {
    (void)state;
    char name[1024], *bytes;
    size_t count;
    rnn_error error;
    static char large[100000];
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (char)(i * 7);
    scratch_write(scratch_name(&place, "file", name), large, sizeof large);
    assert_int_equal(rnn_files_read(name, sizeof large, &bytes, &count, &error), RNN_OK);
    assert_int_equal(count, sizeof large);
    assert_memory_equal(bytes, large, count);
    assert_int_equal(bytes[count], 0);
    rnn_free(bytes);
    assert_int_equal(rnn_files_read(name, sizeof large - 1, &bytes, &count, &error),
                     RNN_ERR_FORMAT);
    assert_null(bytes);
    assert_says(&error, "99999");
    scratch_write(name, "", 0);
    assert_int_equal(rnn_files_read(name, 0, &bytes, &count, &error), RNN_OK);
    assert_int_equal(count, 0);
    assert_string_equal(bytes, "");
    rnn_free(bytes);
    /* What has no size. */
    assert_int_equal(rnn_files_read("/dev/null", 10, &bytes, &count, &error), RNN_OK);
    assert_int_equal(count, 0);
    rnn_free(bytes);
    assert_int_equal(rnn_files_read("/dev/zero", 70000, &bytes, &count, &error), RNN_ERR_FORMAT);
    assert_int_equal(rnn_files_read(place.path, 10, &bytes, &count, &error), RNN_ERR_IO);
    assert_int_equal(rnn_files_read("/no/such", 10, &bytes, &count, &error), RNN_ERR_IO);
    assert_says(&error, "/no/such");
    rnn_allocate_fail(1, 0);
    assert_int_equal(rnn_files_read("/dev/null", 10, &bytes, &count, &error), RNN_ERR_MEMORY);
}

static void test_each_errno_has_its_advice(void **state) {
    (void)state;
    static const int codes[] = {ENOSPC,  EDQUOT, EROFS,        EIO,    EFBIG,  EACCES, ENOENT,
                                ENOTDIR, EISDIR, ENAMETOOLONG, EMFILE, ENOMEM, EINVAL};
    const size_t count = sizeof codes / sizeof codes[0];
    for (size_t i = 0; i < count; i++)
        for (size_t k = i + 1; k < count; k++)
            assert_string_not_equal(rnn_files_advice(codes[i]), rnn_files_advice(codes[k]));
    assert_string_equal(rnn_files_advice(EPERM), rnn_files_advice(EACCES));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_a_save_replaces_the_whole_file),
        TEST(test_an_abandoned_save_changes_nothing),
        TEST(test_names_without_a_directory_and_long_names),
        TEST(test_where_no_save_can_begin),
        TEST(test_what_is_no_regular_file_stays),
        TEST(test_a_directory_that_may_not_be_written),
        TEST(test_a_file_size_limit_leaves_the_old_file),
        TEST(test_a_sweep_takes_stale_temporaries_alone),
        TEST(test_a_sweep_spares_a_save_in_progress),
        TEST(test_a_killed_save_is_swept),
        TEST(test_out_of_memory),
        TEST(test_directories),
        TEST(test_small_files),
        cmocka_unit_test(test_each_errno_has_its_advice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
