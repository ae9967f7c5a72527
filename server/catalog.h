/* SPDX-License-Identifier: MIT
 *
 * catalog.h - the models and runs that are served: those in a folder, or a single one.
 *
 * A name from a request is only ever compared with the names that are there; no part of a
 * path is made from one that is not.
 */
#ifndef SERVER_CATALOG_H
#define SERVER_CATALOG_H

#include <jansson.h>

#include "base/status.h"

#define CATALOG_PATH 4096
#define CATALOG_NAME 256
#define CATALOG_MOST 1000 /* runs that are listed */

typedef struct catalog {
    char folder[CATALOG_PATH]; /* of runs */
    char single[CATALOG_PATH]; /* the one model or run that is served instead, or "" */
    char name[CATALOG_NAME];   /* its name */
} catalog;

/* A run's directory, a model file, or a folder of runs, which need not be there yet.
 * RNN_ERR_IO if something else is there. */
rnn_status catalog_open(catalog *out, const char *argument, rnn_error *error);

/* Calls visit for each, the latest change first. */
typedef void (*catalog_visitor)(void *context, const char *name, const char *path, long long when,
                                int has_model);
void catalog_walk(const catalog *from, catalog_visitor visit, void *context);

/* The path of a name; 0 if it is not there. */
int catalog_find(const catalog *from, const char *name, char path[CATALOG_PATH]);

#endif
