/* SPDX-License-Identifier: MIT
 *
 * corpora.h - the texts that can be trained on from the page: files in the folder that the
 * server was started in, and in the folders below it.
 */
#ifndef SERVER_CORPORA_H
#define SERVER_CORPORA_H

#include <jansson.h>

/* [{"path", "bytes"}, ...] in the order of paths, a folder's files before those in the folders
 * below it. Left out are hidden files, links, programs, models, runs, what CMake has built and
 * what is below 1,000 bytes; four folders deep, 500 at most: *more is 1 if there are more. */
json_t *corpora_list(const char *root, int *more);

/* 1 if a path is in the list, or would be if that were longer. */
int corpora_has(const char *root, const char *path);

/* The same, also for a folder that is looked into. */
int corpora_holds(const char *root, const char *path);

#endif
