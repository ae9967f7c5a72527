/* SPDX-License-Identifier: MIT
 *
 * server.h - the page, and the same over HTTP for programs: what `rnn serve` starts.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "server/deadlines.h"

typedef struct server_options {
    const char *models;  /* catalog.h: a model, a run's directory, or a folder of runs */
    const char *program; /* the path of `rnn`, for training */
    int port;            /* of 127.0.0.1; 0: any that is free */
    int threads;         /* that compute for clients at once; 0: every core */
    deadlines_limits limits;
} server_options;

typedef struct server server;

/* Corpora are those in and below the working directory. */
rnn_status server_start(server **out, const server_options *options, rnn_error *error);

/* Asks a training that was begun from the page to save and stop, once; 1 while it runs. */
int server_stop_training(server *self);

/* Ends all connections, and waits for such a training. */
void server_stop(server *self);

int server_port(const server *self);

/* How many models there are now. */
int server_models(const server *self);

#endif
