/* SPDX-License-Identifier: MIT
 *
 * unpacker.c - see unpacker.h.
 */
#include "text/unpacker.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/memory.h"

#define BLOCK ((size_t)256 << 10)

struct rnn_unpacker {
    struct archive *archive;
    int descriptor;       /* borrowed */
    int io_error;         /* errno of a read that failed; 0: none */
    size_t head_count;    /* bytes at the beginning of block that are to be given first */
    unsigned char *block; /* [BLOCK] */
    char *name;
    char *member; /* path of the current member; NULL before the first */
    int ended;    /* there is no further member */
};

/* -------------------------------------------------------------- recognition */

static int begins(const unsigned char *head, size_t count, const char *magic, size_t length) {
    return count >= length && memcmp(head, magic, length) == 0;
}

/* "BZh1" to "BZh9", then the first block's mark (the digits of pi) or, in a file
 * of nothing, the end's (those of its square root). */
static int begins_as_bzip2(const unsigned char *head, size_t count) {
    return count >= 10 && memcmp(head, "BZh", 3) == 0 && head[3] >= '1' && head[3] <= '9' &&
           (memcmp(head + 4, "\x31\x41\x59\x26\x53\x59", 6) == 0 ||
            memcmp(head + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0);
}

/* A tar header has a mark and a sum of its bytes, its own eight counted as blanks. */
static int begins_as_tar(const unsigned char *head, size_t count) {
    const size_t at = 148, length = 8;
    if (count < 512 || memcmp(head + 257, "ustar", 5) != 0)
        return 0;
    unsigned long sum = 0, stated = 0;
    for (size_t i = 0; i < 512; i++)
        sum += i >= at && i < at + length ? ' ' : head[i];
    for (size_t i = at; i < at + length; i++) {
        if (head[i] >= '0' && head[i] <= '7')
            stated = stated * 8 + (unsigned long)(head[i] - '0');
        else if (head[i] != ' ' && head[i] != 0)
            return 0;
    }
    return sum == stated;
}

rnn_packing rnn_unpacker_recognise(const unsigned char *head, size_t count) {
    if (begins(head, count, "\x1F\x8B\x08", 3) || begins(head, count, "\xFD\x37zXZ\0", 6) ||
        begins(head, count, "\x28\xB5\x2F\xFD", 4) || begins_as_bzip2(head, count))
        return RNN_PACKING_COMPRESSED;
    if (begins(head, count, "PK\x03\x04", 4) || begins(head, count, "PK\x05\x06", 4))
        return RNN_PACKING_ZIP;
    return begins_as_tar(head, count) ? RNN_PACKING_TAR : RNN_PACKING_NONE;
}

/* ---------------------------------------------------- what libarchive calls */

static la_ssize_t read_block(struct archive *archive, void *context, const void **block) {
    rnn_unpacker *unpacker = context;
    *block = unpacker->block;
    if (unpacker->head_count > 0) {
        size_t count = unpacker->head_count;
        unpacker->head_count = 0;
        return (la_ssize_t)count;
    }
    ssize_t got;
    do
        got = read(unpacker->descriptor, unpacker->block, BLOCK);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        unpacker->io_error = errno;
        archive_set_error(archive, errno, "%s", strerror(errno));
    }
    return got;
}

static la_int64_t seek_to(struct archive *archive, void *context, la_int64_t offset, int whence) {
    rnn_unpacker *unpacker = context;
    off_t place = lseek(unpacker->descriptor, (off_t)offset, whence);
    if (place < 0) {
        unpacker->io_error = errno;
        archive_set_error(archive, errno, "%s", strerror(errno));
        return ARCHIVE_FATAL;
    }
    return (la_int64_t)place;
}

/* ------------------------------------------------------------------ reading */

static rnn_status explain(const rnn_unpacker *unpacker, const char *member, rnn_error *error) {
    const char *why = archive_error_string(unpacker->archive);
    const char *colon = member && *member ? ": " : "";
    if (!member)
        member = "";
    if (unpacker->io_error)
        return rnn_fail(error, RNN_ERR_IO, "%s: cannot be read: %s", unpacker->name,
                        strerror(unpacker->io_error));
    if (archive_errno(unpacker->archive) == ENOMEM)
        return rnn_fail(error, RNN_ERR_MEMORY, "%s%s%s: out of memory for unpacking",
                        unpacker->name, colon, member);
    return rnn_fail(error, RNN_ERR_FORMAT,
                    "%s%s%s: cannot be unpacked: %s; the file is damaged, or of a kind that is not "
                    "read",
                    unpacker->name, colon, member, why ? why : "it is cut short");
}

/* Switches on what a file that was recognised so may need, and nothing else. */
static int set_up(struct archive *archive, rnn_packing packing) {
    if (packing == RNN_PACKING_ZIP)
        return archive_read_support_format_zip(archive) >= ARCHIVE_WARN;
    if (packing == RNN_PACKING_COMPRESSED &&
        (archive_read_support_filter_gzip(archive) < ARCHIVE_WARN ||
         archive_read_support_filter_xz(archive) < ARCHIVE_WARN ||
         archive_read_support_filter_zstd(archive) < ARCHIVE_WARN ||
         archive_read_support_filter_bzip2(archive) < ARCHIVE_WARN ||
         archive_read_support_format_raw(archive) < ARCHIVE_WARN ||
         archive_read_support_format_empty(archive) < ARCHIVE_WARN))
        return 0;
    return archive_read_support_format_tar(archive) >= ARCHIVE_WARN;
}

/* A compressed file that is damaged at its beginning would be taken for text, or
 * for a file of nothing, but for the error that was met on the way. */
static int begins_damaged(struct archive *archive) {
    const int filters = archive_filter_count(archive); /* the last is always "none" */
    return filters < 2 || archive_errno(archive) != 0;
}

rnn_status rnn_unpacker_open(rnn_unpacker **out, int descriptor, rnn_packing packing,
                             const unsigned char *head, size_t head_count, const char *name,
                             rnn_error *error) {
    rnn_status status = RNN_ERR_MEMORY;
    struct stat about;
    *out = NULL;
    rnn_unpacker *unpacker = rnn_allocate(1, sizeof *unpacker);
    if (!unpacker)
        goto fail;
    unpacker->descriptor = descriptor;
    unpacker->name = rnn_duplicate(name, strlen(name));
    unpacker->block = rnn_allocate(BLOCK, 1);
    unpacker->archive = archive_read_new();
    if (!unpacker->name || !unpacker->block || !unpacker->archive)
        goto fail;
    memcpy(unpacker->block, head, head_count);
    unpacker->head_count = head_count;
    struct archive *archive = unpacker->archive;
    archive_read_set_read_callback(archive, read_block);
    archive_read_set_callback_data(archive, unpacker);
    /* A zip file's own list at its end says more than its members do. */
    if (packing == RNN_PACKING_ZIP && fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode))
        archive_read_set_seek_callback(archive, seek_to);
    if (!set_up(archive, packing) || archive_read_open1(archive) < ARCHIVE_WARN ||
        (packing == RNN_PACKING_COMPRESSED && begins_damaged(archive))) {
        status = explain(unpacker, NULL, error);
        goto fail;
    }
    *out = unpacker;
    return RNN_OK;
fail:
    rnn_unpacker_close(unpacker);
    return status == RNN_ERR_MEMORY ? rnn_fail(error, status, "%s: out of memory", name) : status;
}

void rnn_unpacker_close(rnn_unpacker *unpacker) {
    if (!unpacker)
        return;
    archive_read_free(unpacker->archive);
    rnn_free(unpacker->block);
    rnn_free(unpacker->name);
    rnn_free(unpacker->member);
    rnn_free(unpacker);
}

/* The path of an entry. Where the locale cannot spell it, libarchive has no
 * bytes to give, but may have it in UTF-8. */
static const char *path_of(struct archive_entry *entry) {
    const char *path = archive_entry_pathname(entry);
    if (!path)
        path = archive_entry_pathname_utf8(entry);
    return path ? path : "(a name that cannot be read)";
}

/* Makes `path` the member at hand. */
static rnn_status give(rnn_unpacker *unpacker, const char *path, int is_archive, rnn_member *member,
                       rnn_error *error) {
    rnn_free(unpacker->member);
    unpacker->member = rnn_duplicate(path, strlen(path));
    if (!unpacker->member)
        return rnn_fail(error, RNN_ERR_MEMORY, "%s: out of memory", unpacker->name);
    member->path = unpacker->member;
    member->is_archive = is_archive;
    return RNN_OK;
}

rnn_status rnn_unpacker_next(rnn_unpacker *unpacker, rnn_member *member, rnn_error *error) {
    struct archive_entry *entry;
    member->path = NULL;
    member->is_archive = 0;
    while (!unpacker->ended) {
        int result = archive_read_next_header(unpacker->archive, &entry);
        const int format = archive_format(unpacker->archive);
        unpacker->ended = result == ARCHIVE_EOF;
        if (unpacker->ended && format == ARCHIVE_FORMAT_EMPTY && !unpacker->member)
            return give(unpacker, "", 0, member, error);
        if (unpacker->ended || result == ARCHIVE_RETRY)
            continue;
        /* A warning is about a name or another attribute, not about contents. */
        if (result < ARCHIVE_WARN)
            return explain(unpacker, unpacker->member, error);
        if (format == ARCHIVE_FORMAT_RAW)
            return give(unpacker, "", 0, member, error);
        if (archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry))
            return give(unpacker, path_of(entry), 1, member, error);
    }
    return RNN_OK;
}

rnn_status rnn_unpacker_read(rnn_unpacker *unpacker, char *buffer, size_t room, size_t *got,
                             rnn_error *error) {
    la_ssize_t result;
    *got = 0;
    if (unpacker->ended) /* a compressed file of nothing */
        return RNN_OK;
    do
        result = archive_read_data(unpacker->archive, buffer, room);
    while (result == ARCHIVE_RETRY);
    *got = result > 0 ? (size_t)result : 0;
    return result < 0 ? explain(unpacker, unpacker->member, error) : RNN_OK;
}
