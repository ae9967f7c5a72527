/* SPDX-License-Identifier: MIT
 *
 * saving.c - the save protocol of files.h, and the sweep of what it may leave.
 */
#define XXH_INLINE_ALL
#include "base/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/memory.h"
#include "base/random.h"

#define MARK        ".rnn-tmp-"
#define KEPT_NAME   180 /* bytes of NAME in a temporary's name: with the rest it fits NAME_MAX */
#define TRIES       100 /* names tried before giving up */
#define VERIFY_SIZE ((size_t)1 << 18)

struct rnn_saving {
    char *path;           /* as the caller gave it, for messages */
    char *target;         /* where it leads, if it is a symbolic link; else the same */
    const char *name;     /* the last part of target */
    int directory;        /* where name lies */
    int fd;               /* the temporary, while it is written */
    int lock;             /* another descriptor of it, which holds the lock to the end */
    char temporary[256];  /* its name in the directory; "" when there is none */
    unsigned char *check; /* [VERIFY_SIZE] for reading back */
    uint64_t bytes;       /* written so far */
    XXH3_state_t hash;    /* of what was written */
};

static rnn_status fail_errno(const rnn_saving *saving, const char *action, rnn_error *error) {
    int code = errno;
    return rnn_fail(error, RNN_ERR_IO, "%s: cannot save: %s: %s; %s. %s", saving->path, action,
                    strerror(code), rnn_files_advice(code),
                    "Nothing was replaced: what was there before is intact.");
}

static int open_retry(int directory, const char *name, int flags, mode_t mode) {
    int fd;
    do
        fd = openat(directory, name, flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    return fd;
}

/* close() ends the descriptor even when interrupted: it is never repeated. */
static int close_once(int *fd) {
    int result = *fd >= 0 ? close(*fd) : 0;
    *fd = -1;
    return result < 0 && errno == EINTR ? 0 : result;
}

/* To the disk itself, where the system knows how to ask for that. */
static int sync_file(int fd) {
    int result;
#if defined(F_FULLFSYNC)
    do
        result = fcntl(fd, F_FULLFSYNC);
    while (result < 0 && errno == EINTR);
    if (result == 0)
        return 0;
#endif
    do
        result = fsync(fd);
    while (result < 0 && errno == EINTR);
    return result;
}

/* Locks without waiting: 1 locked, 0 somebody else has it, -1 no locks here. */
static int try_lock(int fd) {
    int result;
    do
        result = flock(fd, LOCK_EX | LOCK_NB);
    while (result < 0 && errno == EINTR);
    if (result == 0)
        return 1;
    return errno == EWOULDBLOCK ? 0 : -1;
}

static uint64_t draw_name(const rnn_saving *saving, uint64_t try) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t seed = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    return rnn_random_bits(seed ^ (uint64_t)(uintptr_t)saving, RNN_RANDOM_SAMPLING,
                           (uint64_t)getpid(), try);
}

/* Opens and locks a temporary with a new name; -1 with errno. */
static int open_temporary(rnn_saving *saving) {
    for (uint64_t try = 0; try < TRIES; try++) {
        snprintf(saving->temporary, sizeof saving->temporary, ".%.*s" MARK "%ld-%016llx", KEPT_NAME,
                 saving->name, (long)getpid(), (unsigned long long)draw_name(saving, try));
        int fd = open_retry(saving->directory, saving->temporary, O_RDWR | O_CREAT | O_EXCL, 0666);
        if (fd < 0 && errno == EEXIST)
            continue;
        if (fd < 0)
            break;
        /* A sweep between open and lock may have taken it for a left one. */
        struct stat found;
        if (try_lock(fd) != 0 && fstat(fd, &found) == 0 && found.st_nlink > 0)
            return fd;
        close(fd);
        errno = EEXIST;
    }
    saving->temporary[0] = '\0';
    return -1;
}

/* What a rename may replace: nothing yet, or a regular file. A symbolic link stays one. */
static rnn_status find_target(rnn_saving *saving, rnn_error *error) {
    const char *path = saving->path;
    char *resolved = NULL;
    struct stat found;
    if (lstat(path, &found) == 0 && S_ISLNK(found.st_mode)) {
        resolved = realpath(path, NULL);
        if (!resolved)
            return fail_errno(saving, "following the symbolic link", error);
        path = resolved;
    }
    saving->target = rnn_duplicate(path, strlen(path));
    free(resolved);
    if (!saving->target)
        return rnn_fail(error, RNN_ERR_MEMORY, "%s: out of memory for saving it", saving->path);
    const char *slash = strrchr(saving->target, '/');
    saving->name = slash ? slash + 1 : saving->target;
    int there = stat(saving->target, &found) == 0;
    if (saving->name[0] == '\0' || (there && S_ISDIR(found.st_mode)))
        return rnn_fail(error, RNN_ERR_IO,
                        "%s: cannot save: this is a directory; name a file in it", saving->path);
    if (there && !S_ISREG(found.st_mode))
        return rnn_fail(error, RNN_ERR_IO,
                        "%s: cannot save: this is a device, a pipe or a socket, which a file "
                        "would replace; name a file",
                        saving->path);
    return RNN_OK;
}

static rnn_status open_directory(rnn_saving *saving, rnn_error *error) {
    size_t length = (size_t)(saving->name - saving->target);
    char *parent = length ? rnn_duplicate(saving->target, length) : rnn_duplicate(".", 1);
    if (!parent)
        return rnn_fail(error, RNN_ERR_MEMORY, "%s: out of memory for saving it", saving->path);
    saving->directory = open_retry(AT_FDCWD, parent, O_RDONLY | O_DIRECTORY, 0);
    rnn_status status =
        saving->directory < 0 ? fail_errno(saving, "opening its directory", error) : RNN_OK;
    rnn_free(parent);
    return status;
}

rnn_status rnn_saving_begin(rnn_saving **out, const char *path, rnn_error *error) {
    *out = NULL;
    rnn_saving *saving = rnn_allocate(1, sizeof *saving);
    if (!saving)
        return rnn_fail(error, RNN_ERR_MEMORY, "%s: out of memory for saving it", path);
    saving->directory = saving->fd = saving->lock = -1;
    saving->path = rnn_duplicate(path, strlen(path));
    saving->check = rnn_allocate(VERIFY_SIZE, 1);
    rnn_status status = RNN_OK;
    if (!saving->path || !saving->check)
        status = rnn_fail(error, RNN_ERR_MEMORY, "%s: out of memory for saving it", path);
    if (status == RNN_OK)
        status = find_target(saving, error);
    if (status == RNN_OK)
        status = open_directory(saving, error);
    if (status == RNN_OK && (saving->fd = open_temporary(saving)) < 0)
        status = fail_errno(saving, "making a temporary file beside it", error);
    if (status == RNN_OK && (saving->lock = fcntl(saving->fd, F_DUPFD_CLOEXEC, 0)) < 0)
        status = fail_errno(saving, "holding the temporary file", error);
    if (status != RNN_OK) {
        rnn_saving_abandon(saving);
        return status;
    }
    XXH3_64bits_reset(&saving->hash);
    *out = saving;
    return RNN_OK;
}

rnn_status rnn_saving_write(rnn_saving *saving, const void *bytes, size_t count, rnn_error *error) {
    const unsigned char *from = bytes;
    size_t done = 0;
    while (done < count) {
        ssize_t n = write(saving->fd, from + done, count - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = ENOSPC; /* no progress and no reason: the disk is the likeliest */
        if (n <= 0)
            return fail_errno(saving, "writing", error);
        done += (size_t)n;
    }
    if (count > 0)
        XXH3_64bits_update(&saving->hash, bytes, count);
    saving->bytes += count;
    return RNN_OK;
}

/* Reads the temporary back through a descriptor of its own. */
static rnn_status verify(rnn_saving *saving, rnn_error *error) {
    int fd = open_retry(saving->directory, saving->temporary, O_RDONLY, 0);
    if (fd < 0)
        return fail_errno(saving, "reopening the new file", error);
#if defined(POSIX_FADV_DONTNEED)
    /* Out of the cache, as far as the system likes: what comes is the disk's. */
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
#endif
    XXH3_state_t hash;
    XXH3_64bits_reset(&hash);
    uint64_t bytes = 0;
    rnn_status status = RNN_OK;
    for (;;) {
        ssize_t n = read(fd, saving->check, VERIFY_SIZE);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            status = fail_errno(saving, "reading back the new file", error);
        if (n <= 0)
            break;
        XXH3_64bits_update(&hash, saving->check, (size_t)n);
        bytes += (uint64_t)n;
    }
    close_once(&fd);
    if (status == RNN_OK &&
        (bytes != saving->bytes || XXH3_64bits_digest(&hash) != XXH3_64bits_digest(&saving->hash)))
        status = rnn_fail(error, RNN_ERR_IO,
                          "%s: cannot save: the disk gives back other bytes than were written; "
                          "save to another disk and check this one. What was there before is "
                          "intact.",
                          saving->path);
    return status;
}

rnn_status rnn_saving_commit(rnn_saving *saving, rnn_error *error) {
    rnn_status status = RNN_OK;
    if (sync_file(saving->fd) < 0) {
        status = fail_errno(saving, "bringing it to the disk (fsync)", error);
        goto end;
    }
    if (close_once(&saving->fd) < 0) {
        status = fail_errno(saving, "closing the new file", error);
        goto end;
    }
    status = verify(saving, error);
    if (status != RNN_OK)
        goto end;
    if (renameat(saving->directory, saving->temporary, saving->directory, saving->name) < 0) {
        status = fail_errno(saving, "putting the new file in its place (rename)", error);
        goto end;
    }
    saving->temporary[0] = '\0';
    /* Some file systems know no fsync of a directory and answer EINVAL: they
     * order a rename by themselves or cannot be asked to. */
    if (sync_file(saving->directory) < 0 && errno != EINVAL)
        status = rnn_fail(error, RNN_ERR_IO,
                          "%s: the new file is in its place, but its directory could not be "
                          "brought to the disk (fsync): %s; %s",
                          saving->path, strerror(errno), rnn_files_advice(errno));
end:
    rnn_saving_abandon(saving);
    return status;
}

void rnn_saving_abandon(rnn_saving *saving) {
    if (!saving)
        return;
    if (saving->temporary[0])
        unlinkat(saving->directory, saving->temporary, 0);
    close_once(&saving->fd);
    close_once(&saving->lock);
    close_once(&saving->directory);
    rnn_free(saving->check);
    rnn_free(saving->target);
    rnn_free(saving->path);
    rnn_free(saving);
}

/* The process that a temporary's name tells of; 0 if it is not such a name:
 * "." NAME MARK digits "-" 16 hexadecimal digits. */
static long writer_of(const char *name) {
    const char *mark = NULL;
    for (const char *at = name; (at = strstr(at, MARK)) != NULL; at++)
        mark = at;
    if (name[0] != '.' || !mark || mark == name)
        return 0;
    const char *digits = mark + strlen(MARK);
    size_t count = strspn(digits, "0123456789");
    const char *random = digits + count;
    if (count == 0 || count > 18 || *random != '-' || strlen(random + 1) != 16 ||
        strspn(random + 1, "0123456789abcdef") != 16)
        return 0;
    return strtol(digits, NULL, 10);
}

static void sweep_one(int directory, const char *name) {
    long process = writer_of(name);
    struct stat found;
    if (process <= 0 || fstatat(directory, name, &found, AT_SYMLINK_NOFOLLOW) < 0 ||
        !S_ISREG(found.st_mode))
        return;
    int fd = open_retry(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
    if (fd < 0)
        return;
    int locked = try_lock(fd);
    /* Without locks the process's number has to do; it may be in use again,
     * and then the file stays for another time. */
    int gone = locked > 0 || (locked < 0 && process != (long)getpid() &&
                              kill((pid_t)process, 0) < 0 && errno == ESRCH);
    if (gone)
        unlinkat(directory, name, 0);
    close(fd);
}

void rnn_files_sweep(const char *directory) {
    DIR *listing = opendir(directory);
    if (!listing)
        return;
    int fd = dirfd(listing);
    for (const struct dirent *entry; (entry = readdir(listing)) != NULL;)
        sweep_one(fd, entry->d_name);
    closedir(listing);
}
