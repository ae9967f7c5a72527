/* SPDX-License-Identifier: MIT
 *
 * unpacker.h - what is inside compressed files and archives, as it is read.
 *
 * libarchive does the work, but never decides whether to: a text may begin with
 * what one of its many formats takes for a header (mtree is plain text). Only
 * the formats below are on, and only for files that begin as such.
 */
#ifndef RNN_UNPACKER_H
#define RNN_UNPACKER_H

#include <stddef.h>

#include "base/status.h"

/* Bytes of a file's beginning that tell what it is. */
#define RNN_UNPACKER_HEAD 512

typedef enum rnn_packing {
    RNN_PACKING_NONE,
    RNN_PACKING_COMPRESSED, /* gzip, xz, zstd, bzip2, with or without a tar inside */
    RNN_PACKING_TAR,
    RNN_PACKING_ZIP,
} rnn_packing;

/* From a file's first bytes, count of them (at most RNN_UNPACKER_HEAD are needed). */
rnn_packing rnn_unpacker_recognise(const unsigned char *head, size_t count);

typedef struct rnn_unpacker rnn_unpacker;

/* Unpacks what can be read from a descriptor; head [head_count] has been read
 * from it already. `name` is for messages. The descriptor stays the caller's;
 * name and head are copied. */
rnn_status rnn_unpacker_open(rnn_unpacker **out, int descriptor, rnn_packing packing,
                             const unsigned char *head, size_t head_count, const char *name,
                             rnn_error *error);
void rnn_unpacker_close(rnn_unpacker *unpacker);

/* What a member of an archive, or a compressed file, is called. */
typedef struct rnn_member {
    const char *path; /* inside the archive; "" for a compressed file; NULL at the end */
    int is_archive;   /* 0: a compressed file, which is the only member */
} rnn_member;

/* Goes on to the next regular file, skipping what is left of the last one. Links
 * and directories are passed over. The path stands until the next call.
 * RNN_ERR_FORMAT for what is damaged, RNN_ERR_IO for what cannot be read. */
rnn_status rnn_unpacker_next(rnn_unpacker *unpacker, rnn_member *member, rnn_error *error);

/* The next bytes of it, at most `room`; *got is 0 at its end. */
rnn_status rnn_unpacker_read(rnn_unpacker *unpacker, char *buffer, size_t room, size_t *got,
                             rnn_error *error);

#endif
