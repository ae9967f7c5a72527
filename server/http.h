/* SPDX-License-Identifier: MIT
 *
 * http.h - requests in, replies out, on 127.0.0.1: what there is of libmicrohttpd.
 *
 * Each connection has a thread of its own, so that an answer may wait and compute as it
 * likes and no client stalls another; how long a client may take and how many there may
 * be is held by deadlines.h, what passes at all by gate.h. A request that fails there
 * reaches no function of a route.
 */
#ifndef SERVER_HTTP_H
#define SERVER_HTTP_H

#include <jansson.h>

#include "server/deadlines.h"
#include "server/gate.h"

#define HTTP_MOST_PAIRS 8

typedef struct http_pair {
    const char *key, *value;
} http_pair;

typedef struct http_request {
    const char *method, *path; /* the path as it was sent, without the query */
    http_pair query[HTTP_MOST_PAIRS];
    size_t query_count;
    const char *body; /* [bytes], and a NUL behind it */
    size_t bytes;
} http_request;

/* The value of a key in the query, or NULL. */
const char *http_query(const http_request *request, const char *key);

typedef struct http_reply {
    int status; /* 200 unless set */
    const char *type;
    char *body; /* [bytes]; from malloc, freed when it is sent; NULL with `fixed` or `read` */
    const char *fixed;
    size_t bytes;
    /* A stream: fills out with 1 to room bytes, or returns 0 at its end and -1 where it
     * breaks off; may wait. `close` is called once in any case. */
    ptrdiff_t (*read)(void *context, char *out, size_t room);
    void (*close)(void *context);
    void *context;
} http_reply;

/* Replies with a JSON object, which is consumed; NULL is a failure of memory. */
void http_json(http_reply *reply, int status, json_t *object);
/* Replies {"error": {"message": ..., "type": ...}}, as OpenAI's do. */
void http_refuse(http_reply *reply, int status, const char *format, ...) RNN_PRINTF(3, 4);

/* What stands at a path. */
typedef struct http_route {
    const char *method, *path;
    int changes;    /* gate_needs.changes */
    int navigation; /* gate_needs.navigation */
    int streams;    /* has no head without a body */
    void (*answer)(void *server, const http_request *request, http_reply *reply);
} http_route;

/* The route of a method and path, HEAD being GET; else NULL with *status 404, or 405 and
 * the methods that there are in allow[room]. */
const http_route *http_find(const http_route *routes, const char *method, const char *path,
                            int *status, char *allow, size_t room);

typedef struct http_options {
    int port;                 /* 0: any that is free */
    const http_route *routes; /* ended by a NULL path */
    void *server;             /* handed to the routes */
    deadlines_limits limits;
} http_options;

typedef struct http http;

/* RNN_ERR_IO if the port is taken. */
rnn_status http_start(http **out, const http_options *options, rnn_error *error);
/* Ends all connections and waits for what answers them: streams must have been told to
 * end before. */
void http_stop(http *server);

int http_port(const http *server);
const char *http_token(const http *server);

#endif
