/* SPDX-License-Identifier: MIT
 *
 * spool.c - see spool.h.
 */
#include "text/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"

struct rnn_spool {
    int descriptor;
    uint64_t size;
    char *directory;
    void *map; /* [size], or NULL */
};

/* Opens a file that has no name, or loses it at once. */
static rnn_status open_nameless(rnn_spool *spool, const char *directory, rnn_error *error) {
#if defined(O_TMPFILE)
    /* Not every file system can: then a name lives for a moment. */
    spool->descriptor = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
    if (spool->descriptor >= 0)
        return RNN_OK;
#endif
    const char ending[] = "/.rnn-text-XXXXXX";
    size_t length = strlen(directory);
    char *path = rnn_allocate(length + sizeof ending, 1);
    if (!path)
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory");
    memcpy(path, directory, length);
    memcpy(path + length, ending, sizeof ending);
    spool->descriptor = mkstemp(path);
    if (spool->descriptor >= 0) {
        unlink(path);
        fcntl(spool->descriptor, F_SETFD, FD_CLOEXEC);
    }
    const int cause = errno;
    rnn_free(path);
    if (spool->descriptor >= 0)
        return RNN_OK;
    return rnn_fail(error, RNN_ERR_IO, "%s: cannot keep the text in this directory: %s", directory,
                    strerror(cause));
}

rnn_status rnn_spool_create(rnn_spool **out, const char *directory, rnn_error *error) {
    rnn_status status = RNN_ERR_MEMORY;
    *out = NULL;
    rnn_spool *spool = rnn_allocate(1, sizeof *spool);
    if (!spool)
        return rnn_fail(error, status, "out of memory");
    spool->descriptor = -1;
    spool->directory = rnn_duplicate(directory, strlen(directory));
    status = spool->directory ? open_nameless(spool, directory, error)
                              : rnn_fail(error, status, "out of memory");
    if (status != RNN_OK)
        goto fail;
    *out = spool;
    return RNN_OK;
fail:
    rnn_spool_destroy(spool);
    return status;
}

void rnn_spool_destroy(rnn_spool *spool) {
    if (!spool)
        return;
    if (spool->map)
        munmap(spool->map, spool->size);
    if (spool->descriptor >= 0)
        close(spool->descriptor);
    rnn_free(spool->directory);
    rnn_free(spool);
}

/* Says how much room was needed, and what to do. */
static rnn_status refuse_write(const rnn_spool *spool, size_t count, uint64_t needed, int cause,
                               rnn_error *error) {
    struct statvfs disk;
    char advice[256];
    if (needed < spool->size + count)
        needed = spool->size + count;
    snprintf(advice, sizeof advice, "%s", rnn_files_advice(cause));
    if (cause == ENOSPC && fstatvfs(spool->descriptor, &disk) == 0)
        snprintf(advice, sizeof advice,
                 "there is room for %llu: make room, or choose another directory",
                 (unsigned long long)disk.f_bavail * disk.f_frsize + spool->size);
    return rnn_fail(error, RNN_ERR_IO,
                    "%s: cannot keep the text in this directory: %s; it needs at least %llu bytes "
                    "there; %s",
                    spool->directory, strerror(cause), (unsigned long long)needed, advice);
}

rnn_status rnn_spool_write(rnn_spool *spool, const void *bytes, size_t count, uint64_t needed,
                           rnn_error *error) {
    const char *at = bytes;
    while (count > 0) {
        ssize_t written = write(spool->descriptor, at, count);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return refuse_write(spool, count, needed, written < 0 ? errno : ENOSPC, error);
        at += written;
        count -= (size_t)written;
        spool->size += (uint64_t)written;
    }
    return RNN_OK;
}

uint64_t rnn_spool_size(const rnn_spool *spool) {
    return spool->size;
}

rnn_status rnn_spool_read(const rnn_spool *spool, uint64_t offset, void *bytes, size_t count,
                          rnn_error *error) {
    char *at = bytes;
    while (count > 0) {
        ssize_t got = pread(spool->descriptor, at, count, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return rnn_fail(error, RNN_ERR_IO, "%s: cannot read the text that was kept there: %s",
                            spool->directory, got < 0 ? strerror(errno) : "it has become shorter");
        at += got;
        count -= (size_t)got;
        offset += (uint64_t)got;
    }
    return RNN_OK;
}

rnn_status rnn_spool_map(rnn_spool *spool, const void **bytes, rnn_error *error) {
    *bytes = "";
    if (spool->size == 0)
        return RNN_OK;
    void *map = mmap(NULL, (size_t)spool->size, PROT_READ, MAP_SHARED, spool->descriptor, 0);
    if (map == MAP_FAILED)
        return rnn_fail(error, RNN_ERR_IO, "%s: cannot map the text that was kept there: %s",
                        spool->directory, strerror(errno));
    spool->map = map;
    *bytes = map;
    return RNN_OK;
}
