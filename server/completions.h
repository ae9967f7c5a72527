/* SPDX-License-Identifier: MIT
 *
 * completions.h - texts that are written for a client, whole or as a stream.
 *
 * The samplers of all clients share their model's packed weights and take turns
 * (turns.h) of a few characters, reading the prompt included. A stream has no queue: a
 * piece is drawn when the client's socket has taken the one before.
 */
#ifndef SERVER_COMPLETIONS_H
#define SERVER_COMPLETIONS_H

#include "server/http.h"
#include "server/models.h"
#include "server/turns.h"

#define COMPLETIONS_MOST 48 /* at once */

typedef struct completions completions;

rnn_status completions_create(completions **out, models *from, turns *shared, rnn_error *error);
/* After all replies are closed. */
void completions_destroy(completions *all);
/* Ends what is being written; what comes from here on is refused. */
void completions_end(completions *all);

/* POST /v1/completions. */
void completions_answer(completions *all, const http_request *request, http_reply *reply);

#endif
