/* SPDX-License-Identifier: MIT
 *
 * corpus.h - the bytes of files, directories, archives or standard input, one
 * after another as one stream.
 *
 * Directories are walked in sorted order (byte order of the path), hidden files
 * left out; include and exclude are comma-separated shell patterns against the
 * file's name (or its whole path, if the pattern has a slash) and apply to what
 * is found in directories and archives, not to files named by the user.
 * Compressed (.gz .xz .zst .bz2) and archived (.tar, .tar.*, .zip) input is
 * recognised by content and unpacked by libarchive as it is read.
 */
#ifndef RNN_CORPUS_H
#define RNN_CORPUS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct rnn_corpus rnn_corpus;

typedef struct rnn_corpus_options {
    const char *include, *exclude; /* NULL or "": no filter */
    int normalize;                 /* 1: NFC */
} rnn_corpus_options;

/* RNN_ERR_IO names the file that cannot be opened. No file at all that matches
 * is an error that says what was looked for. */
rnn_status rnn_corpus_open(rnn_corpus **out, const char *const *inputs, size_t count,
                           const rnn_corpus_options *options, rnn_error *error);
void rnn_corpus_close(rnn_corpus *corpus);

/* The next bytes, at most `room`; *got is 0 at the end. */
rnn_status rnn_corpus_read(rnn_corpus *corpus, char *buffer, size_t room, size_t *got,
                           rnn_error *error);

/* Files read so far (members of archives counted one by one). */
uint64_t rnn_corpus_files(const rnn_corpus *corpus);

#endif
