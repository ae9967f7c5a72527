/* SPDX-License-Identifier: MIT
 *
 * child.h - one training at a time, in a process of its own: this program as `rnn train`.
 *
 * So neither takes the other with it. A training that fails or is killed leaves the page
 * and a checkpoint; if the server is killed, training goes on to its end, and a new server
 * shows it. It is in a process group of its own, so that a Ctrl-C that is meant for the
 * server comes to it once, as the SIGTERM that lets it save.
 */
#ifndef SERVER_CHILD_H
#define SERVER_CHILD_H

#include "base/status.h"

#define CHILD_NAME 256
#define CHILD_SAID 1024

typedef struct child child;

typedef struct child_state {
    char run[CHILD_NAME];  /* the name of the run, "" before the first */
    int running, stopping; /* stopping: asked to save and end */
    int code;              /* its exit code, or 128 and the signal, once it has ended */
    char said[CHILD_SAID]; /* the end of what it said on standard error then */
} child_state;

rnn_status child_create(child **out, const char *program, rnn_error *error);
/* Waits for the process, if there is one. */
void child_destroy(child *self);

/* Runs the program with these words [ended by NULL] behind its name. RNN_ERR_UNSUPPORTED
 * while there is one. */
rnn_status child_start(child *self, const char *run, const char *const *words, rnn_error *error);

/* Asks it to stop, once; 1 while it runs. */
int child_stop(child *self);

child_state child_look(child *self);

#endif
