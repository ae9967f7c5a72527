/* SPDX-License-Identifier: MIT
 *
 * runs.h - the directory runs/: names for new runs, and finding old ones.
 */
#ifndef CLI_RUNS_H
#define CLI_RUNS_H

#include <stddef.h>

#include "rnn.h"

#define RUNS_PATH 4096 /* bytes of a path */

/* The name that a run on this input has: its base name without extensions. */
void runs_name(const char *input, char *name, size_t room);

/* 1 if something is at this path that a new run would write into. */
int runs_occupied(const char *path);

/* 1 if there is a run at this path that training can go on with. */
int runs_resumable(const char *path);

/* "runs/NAME", or where that is occupied the first free one of "runs/NAME-2", ... */
void runs_choose(const char *name, char *path, size_t room);

/* The path that a MODEL or run argument means: itself, or runs/ARGUMENT where
 * only that is there. RNN_ERR_IO with a list of the runs that there are. */
rnn_status runs_locate(const char *argument, char *path, size_t room, rnn_error *error);

/* Writes the path so that a shell reads it back. */
void runs_quote(const char *path, char *out, size_t room);

#endif
