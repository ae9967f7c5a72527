/* SPDX-License-Identifier: MIT
 *
 * files.h - files that are there whole or not at all.
 *
 * A save goes: temporary file in the same directory, write, fsync, reopen and
 * verify by checksum, rename, fsync of the directory. Whatever happens, the
 * name holds the old contents or the new.
 *
 * A temporary of NAME is called ".NAME.rnn-tmp-PID-RANDOM" and is locked
 * (flock) by its writer for as long as it is being written, so a sweep can tell
 * one that is in use from one that a killed process left.
 */
#ifndef RNN_FILES_H
#define RNN_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct rnn_saving rnn_saving;

/* Begins to replace `path`, or the file that it leads to if it is a symbolic link. RNN_ERR_IO
 * names it; also where something stands that is no regular file, which stays. */
rnn_status rnn_saving_begin(rnn_saving **out, const char *path, rnn_error *error);
rnn_status rnn_saving_write(rnn_saving *saving, const void *bytes, size_t count, rnn_error *error);
/* Ends it either way; saving is destroyed. When commit fails the name holds the
 * old contents, unless the message says that only the directory could not be
 * synchronised: then it holds the new. */
rnn_status rnn_saving_commit(rnn_saving *saving, rnn_error *error);
void rnn_saving_abandon(rnn_saving *saving);

/* Removes temporaries of ours that a killed process left in a directory. Those
 * that a living process is writing, and everything else, stay. */
void rnn_files_sweep(const char *directory);

/* Makes a directory and its parents; fine if it is there. */
rnn_status rnn_files_make_directory(const char *path, rnn_error *error);
int rnn_files_is_directory(const char *path);
int rnn_files_exists(const char *path);

/* Where files may lie that nobody keeps: TMPDIR, else /tmp. */
const char *rnn_files_temporary(void);

/* A whole small file (at most `limit` bytes, else RNN_ERR_FORMAT) with a NUL
 * behind it; released with rnn_free. */
rnn_status rnn_files_read(const char *path, size_t limit, char **out, size_t *bytes,
                          rnn_error *error);

/* What a user can do about a failed system call ("free some space ..."), by its
 * errno; for messages. */
const char *rnn_files_advice(int code);

#endif
