/* SPDX-License-Identifier: MIT
 *
 * server.c - see server.h.
 */
#include "server/server.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/threads.h"
#include "server/assets.h"
#include "server/completions.h"
#include "server/gallery.h"
#include "server/look.h"
#include "server/training.h"

#define MOST_HEAVY 8 /* answers that read much of the disk or make megabytes, at once */

struct server {
    catalog catalog;
    models *models;
    turns *turns;
    completions *completions;
    training *training;
    http *http;
    atomic_int heavy; /* answers of that kind that are being made */
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
    server *self = context;
    training_give_way(self->training);
    completions_answer(self->completions, request, reply);
}

/* 0 with a refusal if there are too many; else to be given back. */
static int take_heavy(server *self, http_reply *reply) {
    if (atomic_fetch_add(&self->heavy, 1) < MOST_HEAVY)
        return 1;
    atomic_fetch_sub(&self->heavy, 1);
    http_refuse(reply, 503, "the server is busy: try again");
    return 0;
}

static void give_heavy(server *self) {
    atomic_fetch_sub(&self->heavy, 1);
}

static void answer_look(void *context, const http_request *request, http_reply *reply) {
    server *self = context;
    if (!take_heavy(self, reply))
        return;
    training_give_way(self->training);
    look_answer(self->models, self->turns, request, reply);
    give_heavy(self);
}

static void answer_neurons(void *context, const http_request *request, http_reply *reply) {
    server *self = context;
    if (!take_heavy(self, reply))
        return;
    training_give_way(self->training);
    gallery_answer(self->models, self->turns, request, reply);
    give_heavy(self);
}

/* The training functions as routes have them. */
static void answer_runs(void *context, const http_request *request, http_reply *reply) {
    (void)request;
    training_answer_runs(((server *)context)->training, reply);
}

static void answer_corpora(void *context, const http_request *request, http_reply *reply) {
    server *self = context;
    (void)request;
    if (!take_heavy(self, reply))
        return;
    training_answer_corpora(reply);
    give_heavy(self);
}

static void answer_options(void *context, const http_request *request, http_reply *reply) {
    (void)context;
    (void)request;
    training_answer_options(reply);
}

static void answer_samples(void *context, const http_request *request, http_reply *reply) {
    server *self = context;
    if (!take_heavy(self, reply))
        return;
    training_answer_samples(self->training, request, reply);
    give_heavy(self);
}

static void answer_watch(void *context, const http_request *request, http_reply *reply) {
    training_answer_watch(((server *)context)->training, request, reply);
}

static void answer_start(void *context, const http_request *request, http_reply *reply) {
    training_answer_start(((server *)context)->training, request, reply);
}

static void answer_resume(void *context, const http_request *request, http_reply *reply) {
    training_answer_resume(((server *)context)->training, request, reply);
}

static void answer_stop(void *context, const http_request *request, http_reply *reply) {
    (void)request;
    training_answer_stop(((server *)context)->training, reply);
}

/* --------------------------------------------------------------------- page */

static const assets_file *find_file(const char *name) {
    for (const assets_file *file = assets_files; file->name; file++)
        if (strcmp(file->name, name) == 0)
            return file;
    return NULL;
}

static const char *type_of(const char *name) {
    static const char *const types[][2] = {{".html", "text/html; charset=utf-8"},
                                           {".css", "text/css; charset=utf-8"},
                                           {".js", "text/javascript; charset=utf-8"},
                                           {".svg", "image/svg+xml"}};
    const char *end = strrchr(name, '.');
    for (size_t i = 0; end && i < sizeof types / sizeof *types; i++)
        if (strcmp(end, types[i][0]) == 0)
            return types[i][1];
    return "application/octet-stream";
}

static void answer_file(void *context, const http_request *request, http_reply *reply) {
    const assets_file *file = find_file(request->path + 1);
    (void)context;
    *reply = (http_reply){.type = type_of(file->name), .fixed = file->bytes, .bytes = file->count};
}

/* The page itself is given the token that its requests show. */
static void answer_page(void *context, const http_request *request, http_reply *reply) {
    static const char mark[] = "TOKEN";
    const server *self = context;
    const assets_file *file = find_file("index.html");
    const char *at = strstr(file->bytes, mark), *token = http_token(self->http);
    size_t before = (size_t)(at - file->bytes), length = strlen(token);
    char *page = malloc(file->count + length + 1);
    (void)request;
    if (!page) {
        http_json(reply, 500, NULL);
        return;
    }
    memcpy(page, file->bytes, before);
    memcpy(page + before, token, length);
    memcpy(page + before + length, at + sizeof mark - 1, file->count - before - (sizeof mark - 1));
    *reply = (http_reply){.type = type_of(file->name),
                          .body = page,
                          .bytes = file->count + length - (sizeof mark - 1)};
}

static const http_route routes[] = {
    {"GET", "/health", 0, 0, 0, answer_health},
    {"GET", "/v1/models", 0, 0, 0, answer_models},
    {"POST", "/v1/completions", 0, 0, 0, answer_completions},
    {"POST", "/api/look", 0, 0, 0, answer_look},
    {"POST", "/api/neurons", 0, 0, 0, answer_neurons},
    {"GET", "/api/runs", 0, 0, 0, answer_runs},
    {"GET", "/api/corpora", 0, 0, 0, answer_corpora},
    {"GET", "/api/options", 0, 0, 0, answer_options},
    {"GET", "/api/samples", 0, 0, 0, answer_samples},
    {"GET", "/api/watch", 0, 0, 1, answer_watch},
    {"POST", "/api/train", 1, 0, 0, answer_start},
    {"POST", "/api/resume", 1, 0, 0, answer_resume},
    {"POST", "/api/stop", 1, 0, 0, answer_stop},
    {"GET", "/", 0, 1, 0, answer_page},
    {"GET", "/page.css", 0, 0, 0, answer_file},
    {"GET", "/page.js", 0, 0, 0, answer_file},
    {"GET", "/talk.js", 0, 0, 0, answer_file},
    {"GET", "/write.js", 0, 0, 0, answer_file},
    {"GET", "/train.js", 0, 0, 0, answer_file},
    {"GET", "/look.js", 0, 0, 0, answer_file},
    {"GET", "/gallery.js", 0, 0, 0, answer_file},
    {"GET", "/chart.js", 0, 0, 0, answer_file},
    {"GET", "/icon.svg", 0, 0, 0, answer_file},
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
        status =
            training_create(&self->training, &self->catalog, self->turns, options->program, error);
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
    if (self->training)
        training_end(self->training);
    http_stop(self->http);
    training_destroy(self->training);
    completions_destroy(self->completions);
    turns_destroy(self->turns);
    models_destroy(self->models);
    rnn_free(self);
}

int server_stop_training(server *self) {
    return training_stop(self->training);
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
