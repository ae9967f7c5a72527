/* SPDX-License-Identifier: MIT
 *
 * server.c - see server.h.
 */
#include "server/server.h"

#include <string.h>

#include "base/memory.h"
#include "base/threads.h"
#include "server/completions.h"

struct server {
    catalog catalog;
    models *models;
    turns *turns;
    completions *completions;
    http *http;
};

/* ------------------------------------------------------------------- routes */

static void answer_health(void *context, const http_request *request, http_reply *reply) {
    (void)context;
    (void)request;
    http_json(reply, 200, json_pack("{s:s, s:s}", "status", "ok", "version", rnn_version()));
}

static void list_model(void *context, const char *name, const char *path, long long when,
                       int has_model) {
    (void)path;
    if (has_model)
        json_array_append_new(context,
                              json_pack("{s:s, s:s, s:I, s:s}", "id", name, "object", "model",
                                        "created", (json_int_t)when, "owned_by", "rnn"));
}

static void answer_models(void *context, const http_request *request, http_reply *reply) {
    server *self = context;
    json_t *list = json_array();
    (void)request;
    catalog_walk(&self->catalog, list_model, list);
    http_json(reply, 200, json_pack("{s:s, s:o}", "object", "list", "data", list));
}

static void answer_completions(void *context, const http_request *request, http_reply *reply) {
    completions_answer(((server *)context)->completions, request, reply);
}

static const http_route routes[] = {
    {"GET", "/health", 0, 0, 0, answer_health},
    {"GET", "/v1/models", 0, 0, 0, answer_models},
    {"POST", "/v1/completions", 0, 0, 0, answer_completions},
    {NULL, NULL, 0, 0, 0, NULL},
};

/* -------------------------------------------------------------- start, stop */

rnn_status server_start(server **out, const server_options *options, rnn_error *error) {
    server *self = rnn_allocate(1, sizeof *self);
    http_options wanted = {
        .port = options->port, .routes = routes, .server = self, .limits = options->limits};
    *out = NULL;
    if (!self)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for the server");
    int threads = options->threads > 0 ? options->threads : rnn_threads_default();
    rnn_status status = catalog_open(&self->catalog, options->models, error);
    if (status == RNN_OK)
        status = models_create(&self->models, &self->catalog, error);
    if (status == RNN_OK)
        status = turns_create(&self->turns, threads, error);
    if (status == RNN_OK)
        status = completions_create(&self->completions, self->models, self->turns, error);
    if (status == RNN_OK)
        status = http_start(&self->http, &wanted, error);
    if (status != RNN_OK) {
        server_stop(self);
        return status;
    }
    *out = self;
    return RNN_OK;
}

void server_stop(server *self) {
    if (!self)
        return;
    if (self->completions)
        completions_end(self->completions);
    http_stop(self->http);
    completions_destroy(self->completions);
    turns_destroy(self->turns);
    models_destroy(self->models);
    rnn_free(self);
}

int server_port(const server *self) {
    return http_port(self->http);
}

static void count_model(void *context, const char *name, const char *path, long long when,
                        int has_model) {
    (void)name;
    (void)path;
    (void)when;
    *(int *)context += has_model;
}

int server_models(const server *self) {
    int count = 0;
    catalog_walk(&self->catalog, count_model, &count);
    return count;
}
