/* SPDX-License-Identifier: MIT
 *
 * files.c - directories, small files, and the texts of failed system calls.
 * The save protocol is in saving.c.
 */
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

const char *rnn_files_advice(int code) {
    switch (code) {
    case ENOSPC:
        return "the disk is full: free some space, or choose a directory on another disk";
    case EDQUOT:
        return "your disk quota is used up: remove files of yours, or choose a directory elsewhere";
    case EROFS:
        return "this file system is mounted read-only: choose a directory on another one";
    case EIO:
        return "the disk reports a fault: save to another one and check the system's log";
    case EFBIG:
        return "the file is larger than is allowed: raise the limit (ulimit -f), or choose a file "
               "system that takes larger files";
    case EACCES:
    case EPERM:
        return "you may not do that there: change the permissions or choose another directory";
    case ENOENT:
        return "there is no such file or directory: check the spelling";
    case ENOTDIR:
        return "part of the path is a file, not a directory: check the spelling";
    case EISDIR:
        return "it is a directory: name a file";
    case ENAMETOOLONG:
        return "the name is too long for this file system: choose a shorter one";
    case EMFILE:
    case ENFILE:
        return "too many files are open: close some, or raise the limit (ulimit -n)";
    case ENOMEM:
        return "the system is out of memory: close other programs";
    default:
        return "check the path and the disk, then try again";
    }
}

int rnn_files_is_directory(const char *path) {
    struct stat found;
    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

int rnn_files_exists(const char *path) {
    struct stat found;
    return stat(path, &found) == 0;
}

/* Makes one directory; 0 or the errno. */
static int make_one(const char *path) {
    if (mkdir(path, 0777) == 0)
        return 0;
    int code = errno;
    /* Asking afterwards serves all: one that was there, a race with another
     * process, and systems that answer EROFS or EISDIR for what exists. */
    return rnn_files_is_directory(path) ? 0 : code;
}

rnn_status rnn_files_make_directory(const char *path, rnn_error *error) {
    size_t length = strlen(path);
    if (length == 0)
        return rnn_fail(error, RNN_ERR_IO, "the name of the directory is empty: give it one");
    char *part = rnn_duplicate(path, length);
    if (!part)
        return rnn_fail(error, RNN_ERR_MEMORY, "%s: out of memory for its name", path);
    int code = 0;
    for (size_t i = 1; i <= length && code == 0; i++) {
        if (i < length && part[i] != '/')
            continue;
        part[i] = '\0';
        if (part[i - 1] != '/' && part[i - 1] != '\0')
            code = make_one(part);
        if (code != 0)
            rnn_fail(error, RNN_ERR_IO, "%s: cannot make this directory: %s; %s", part,
                     code == EEXIST ? "a file of that name is in the way" : strerror(code),
                     code == EEXIST ? "remove it or choose another name" : rnn_files_advice(code));
        if (i < length)
            part[i] = '/';
    }
    rnn_free(part);
    return code == 0 ? RNN_OK : RNN_ERR_IO;
}

/* Reads to the end of the file, or until more than `limit` bytes are there,
 * which is then told by *bytes. *out may be allocated even on failure. */
static rnn_status read_to_end(int fd, const char *path, size_t limit, void **out, size_t *bytes,
                              rnn_error *error) {
    struct stat found;
    size_t capacity = 0, got = 0;
    size_t hint = 4096;
    if (fstat(fd, &found) == 0 && S_ISREG(found.st_mode) && (uint64_t)found.st_size <= limit)
        hint = (size_t)found.st_size + 2; /* a byte to see the end by, and the NUL */
    while (got <= limit) {
        if (!rnn_grow(out, &capacity, got + 2 > hint ? got + 2 : hint, 1))
            return rnn_fail(error, RNN_ERR_MEMORY, "%s: out of memory for its contents", path);
        ssize_t n = read(fd, (char *)*out + got, capacity - 1 - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return rnn_fail(error, RNN_ERR_IO, "%s: cannot read: %s; %s", path, strerror(errno),
                            rnn_files_advice(errno));
        if (n == 0)
            break;
        got += (size_t)n;
    }
    *bytes = got;
    return RNN_OK;
}

const char *rnn_files_temporary(void) {
    const char *directory = getenv("TMPDIR");
    return directory && *directory ? directory : "/tmp";
}

rnn_status rnn_files_read(const char *path, size_t limit, char **out, size_t *bytes,
                          rnn_error *error) {
    void *contents = NULL;
    size_t got = 0;
    *out = NULL;
    *bytes = 0;
    int fd;
    do
        fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return rnn_fail(error, RNN_ERR_IO, "%s: cannot open: %s; %s", path, strerror(errno),
                        rnn_files_advice(errno));
    rnn_status status = read_to_end(fd, path, limit, &contents, &got, error);
    close(fd);
    if (status == RNN_OK && got > limit)
        status = rnn_fail(error, RNN_ERR_FORMAT, "%s: is longer than the %zu bytes expected", path,
                          limit);
    if (status != RNN_OK) {
        rnn_free(contents);
        return status;
    }
    ((char *)contents)[got] = '\0';
    *out = contents;
    *bytes = got;
    return RNN_OK;
}
