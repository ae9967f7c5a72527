/* SPDX-License-Identifier: MIT
 *
 * sse.h - server-sent events, as the HTML standard's section on them has it.
 */
#ifndef SERVER_SSE_H
#define SERVER_SSE_H

#include <jansson.h>

#include "formats/json.h"

#define SSE_TYPE "text/event-stream; charset=utf-8"

/* Adds an event; name NULL is the default, "message". Lines of data (parted by \n, \r or
 * both) become lines of the event. */
void sse_put(rnn_json_text *to, const char *name, const char *data);

/* The same with a JSON value, which is consumed; NULL is a failure of memory. */
void sse_put_json(rnn_json_text *to, const char *name, json_t *value);

/* A line that readers pass over: it shows whether somebody is still there. */
void sse_put_heartbeat(rnn_json_text *to);

/* Hands on what is there from *at on, at most room bytes; once all is handed on, the text
 * is empty again. */
size_t sse_take(rnn_json_text *from, size_t *at, char *out, size_t room);

#endif
