/* SPDX-License-Identifier: MIT
 *
 * corpora.h - the texts that can be trained on from the page: files in the folder that the
 * server was started in, and in the folders below it.
 */
#ifndef SERVER_CORPORA_H
#define SERVER_CORPORA_H

#include <jansson.h>

/* [{"path", "bytes"}, ...] in the order of paths. Hidden files, links, programs, models and
 * runs are left out; at most 500, four folders deep. */
json_t *corpora_list(const char *root);

/* 1 if a path is in the list. */
int corpora_has(const char *root, const char *path);

#endif
