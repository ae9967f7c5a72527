/* SPDX-License-Identifier: MIT
 *
 * walk.h - the regular files below a directory, in byte order of their paths.
 *
 * Hidden files and directories (their names begin with a dot) are left out, and
 * symbolic links are not followed; nor is what a training run below it has written read: a
 * run among the texts that it learns from is none of them. One directory's names at a time are in
 * memory for each level of depth.
 */
#ifndef RNN_WALK_H
#define RNN_WALK_H

#include "base/status.h"

/* A directory with a file of this name holds a run. */
#define RNN_RUN_MARK "resume.safetensors"

typedef struct rnn_walk rnn_walk;

/* RNN_ERR_IO names a directory that cannot be read. */
rnn_status rnn_walk_open(rnn_walk **out, const char *directory, rnn_error *error);
void rnn_walk_close(rnn_walk *walk);

/* The next file's path, which begins with the directory as it was given; stands
 * until the next call. NULL at the end. */
rnn_status rnn_walk_next(rnn_walk *walk, const char **path, rnn_error *error);

#endif
