/* SPDX-License-Identifier: MIT
 *
 * deadlines.h - how long a connection may take, by the clock.
 *
 * libmicrohttpd counts silence, so a client that sends a byte a second is never cut. Here
 * every phase of a connection has an absolute end, and a thread that shuts down the
 * sockets of those that are past it. Where more are open than there should be, the one
 * that has been waited for longest goes: who sends a whole request at once is never that.
 */
#ifndef SERVER_DEADLINES_H
#define SERVER_DEADLINES_H

#include "base/status.h"

#define DEADLINES_MOST 128 /* connections that may stay */

typedef enum deadlines_phase {
    DEADLINES_HEAD,   /* waiting for a request and its headers */
    DEADLINES_BODY,   /* reading its body */
    DEADLINES_WORK,   /* being answered: no end */
    DEADLINES_SEND,   /* a reply of known length is being sent */
    DEADLINES_STREAM, /* a piece of a stream is being sent */
} deadlines_phase;

typedef struct deadlines deadlines;
typedef struct deadline deadline; /* of one connection */

/* Seconds for the phases; 0 stands for 10 (head), 30 (body), 60 (send), 30 (stream). */
typedef struct deadlines_limits {
    double head, body, send, stream;
} deadlines_limits;

rnn_status deadlines_create(deadlines **out, const deadlines_limits *limits, rnn_error *error);
/* After all connections are closed. */
void deadlines_destroy(deadlines *all);

/* A connection begins, in the phase of its head; NULL when there is no room. */
deadline *deadlines_open(deadlines *all, int socket);
/* Each phase begins anew with the call. one may be NULL. */
void deadlines_enter(deadlines *all, deadline *one, deadlines_phase phase);
/* Before the socket is closed. one may be NULL. */
void deadlines_close(deadlines *all, deadline *one);

#endif
