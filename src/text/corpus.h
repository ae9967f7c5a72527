/* SPDX-License-Identifier: MIT
 *
 * corpus.h - the bytes of files, directories, archives or standard input, one
 * after another as one stream, nothing added between them.
 *
 * Directories are walked in byte order of the path (text/walk.h); hidden files
 * and symbolic links in them are left out. Compressed (.gz .xz .zst .bz2) and
 * archived (.tar, .tar.*, .zip) input is recognised by content and unpacked as
 * it is read (text/unpacker.h); an archive's members come in its own order,
 * hidden ones left out. All else is text as it stands, a byte order mark
 * included: published alphabets count it.
 *
 * include and exclude (text/patterns.h) choose among what is found in
 * directories and in archives, not among files named by the user. An archive
 * in a directory must be chosen by its own name, then its members by theirs.
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

/* Opens the first file. inputs are copied; "-" is standard input, read from
 * where it stands and left open. RNN_ERR_IO names what cannot be opened. Nothing
 * to read is RNN_ERR_RANGE and says what was looked for, here or, where archives
 * had to be searched, at the end. */
rnn_status rnn_corpus_open(rnn_corpus **out, const char *const *inputs, size_t count,
                           const rnn_corpus_options *options, rnn_error *error);
void rnn_corpus_close(rnn_corpus *corpus);

/* The next bytes, at most `room`, never of two files at once (but that a
 * character at a file's end may wait to be normalized); *got is 0 at the end.
 * RNN_ERR_IO and RNN_ERR_FORMAT name the file, and the member of an archive. */
rnn_status rnn_corpus_read(rnn_corpus *corpus, char *buffer, size_t room, size_t *got,
                           rnn_error *error);

/* Files read so far (members of archives counted one by one). */
uint64_t rnn_corpus_files(const rnn_corpus *corpus);

/* What has been read last: "a.txt", "a.tar.xz: b/c.txt", "standard input"; control
 * characters shown as "?". Stands until the next read. */
const char *rnn_corpus_name(const rnn_corpus *corpus);

#endif
