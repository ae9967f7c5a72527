/* SPDX-License-Identifier: MIT
 *
 * training.c - see training.h.
 */
#include "server/training.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/files.h"
#include "base/memory.h"
#include "server/child.h"
#include "server/corpora.h"
#include "server/orders.h"
#include "server/requests.h"
#include "server/sse.h"
#include "server/story.h"

#define LOOK_EVERY 250 /* milliseconds between two looks at a run's files */
#define HEARTBEAT  5.0 /* seconds of silence */
#define GIVE_EVERY 1.0 /* seconds between two looks whether to give way */

struct training {
    const catalog *from;
    turns *turns;
    child *child;
    int can_train;
    atomic_int ended, watchers;
    _Atomic double looked; /* when it was seen whether somebody trains */
};

rnn_status training_create(training **out, const catalog *from, turns *shared, const char *program,
                           rnn_error *error) {
    training *self = rnn_allocate(1, sizeof *self);
    *out = self;
    if (!self)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for the server");
    self->from = from;
    self->turns = shared;
    atomic_store(&self->looked, -GIVE_EVERY);
    self->can_train = program[0] != '\0' && !from->single[0];
    return child_create(&self->child, program, error);
}

void training_destroy(training *self) {
    if (!self)
        return;
    child_destroy(self->child);
    rnn_free(self);
}

void training_end(training *self) {
    atomic_store(&self->ended, 1);
    child_end(self->child);
}

int training_stop(training *self) {
    return child_stop(self->child);
}

/* --------------------------------------------------------------------- runs */

/* A run that has just been started is not in the catalog before it has a log. */
static int find_run(training *self, const char *name, char path[CATALOG_PATH]) {
    if (name && catalog_find(self->from, name, path))
        return rnn_files_is_directory(path);
    child_state state = child_look(self->child);
    if (!name || !state.run[0] || strcmp(state.run, name) != 0 || self->from->single[0])
        return 0;
    snprintf(path, CATALOG_PATH, "%.3800s/%.255s", self->from->folder, name);
    return 1;
}

static json_t *describe_child(training *self) {
    child_state state = child_look(self->child);
    if (!state.run[0])
        return json_null();
    json_t *told =
        json_pack("{s:s, s:b, s:b, s:i, s:s}", "run", state.run, "running", state.running,
                  "stopping", state.stopping, "code", state.code, "said", state.said);
    return told ? told : json_null(); /* the list does without it */
}

static void list_run(void *context, const char *name, const char *path, long long when,
                     int has_model) {
    if (!rnn_files_is_directory(path))
        return;
    json_t *run = story_summary(path);
    json_object_set_new(run, "name", json_string(name));
    json_object_set_new(run, "changed", json_integer(when));
    json_object_set_new(run, "model", json_boolean(has_model));
    json_object_set_new(run, "training", json_boolean(story_is_training(path)));
    json_array_append_new(context, run);
}

static void see_training(void *busy, const char *name, const char *path, long long when,
                         int has_model) {
    (void)name;
    (void)when;
    (void)has_model;
    if (!*(int *)busy && rnn_files_is_directory(path))
        *(int *)busy = story_is_training(path);
}

void training_give_way(training *self) {
    double now = rnn_clock_now(), looked = atomic_load(&self->looked);
    if (now - looked < GIVE_EVERY || !atomic_compare_exchange_strong(&self->looked, &looked, now))
        return;
    int busy = child_look(self->child).running;
    catalog_walk(self->from, see_training, &busy);
    turns_give_way(self->turns, busy);
}

void training_answer_runs(training *self, http_reply *reply) {
    json_t *list = json_array();
    catalog_walk(self->from, list_run, list);
    http_json(reply, 200,
              json_pack("{s:o, s:o, s:b}", "runs", list, "child", describe_child(self), "can_train",
                        self->can_train));
}

void training_answer_corpora(http_reply *reply) {
    int more = 0;
    json_t *list = corpora_list(".", &more);
    http_json(reply, 200, json_pack("{s:o, s:b}", "corpora", list, "more", more));
}

void training_answer_options(http_reply *reply) {
    http_json(reply, 200, json_pack("{s:o}", "options", orders_options()));
}

void training_answer_samples(training *self, const http_request *request, http_reply *reply) {
    char path[CATALOG_PATH];
    if (!find_run(self, http_query(request, "run"), path)) {
        http_refuse(reply, 404, "there is no such run");
        return;
    }
    http_json(reply, 200, json_pack("{s:o}", "samples", story_samples(path)));
}

/* ----------------------------------------------------------------- watching */

typedef struct watcher {
    training *of;
    char name[CATALOG_NAME], path[CATALOG_PATH];
    story_reader log;
    uint64_t samples; /* bytes */
    json_t *state;    /* as it was told */
    double last;      /* time of the last event */
    rnn_json_text events;
    size_t handed;
} watcher;

static void close_watcher(void *context) {
    watcher *it = context;
    atomic_fetch_sub(&it->of->watchers, 1);
    json_decref(it->state);
    rnn_free(it->events.text);
    rnn_free(it);
}

static void tell_log(watcher *it) {
    rnn_json_text lines = {0};
    int read = story_read_on(&it->log, it->path, &lines);
    if (read < 0)
        sse_put(&it->events, "restart", "{}");
    if (read > 0 && lines.text)
        sse_put(&it->events, "log", lines.text);
    it->events.short_of_memory |= lines.short_of_memory;
    rnn_free(lines.text);
}

static void tell_samples(watcher *it) {
    uint64_t size = story_samples_size(it->path);
    if (size != it->samples)
        sse_put_json(&it->events, "samples", json_pack("{s:I}", "bytes", (json_int_t)size));
    it->samples = size;
}

/* Whether it is being trained, and what came of our own process where it was that. */
static void tell_state(watcher *it) {
    child_state mine = child_look(it->of->child);
    int ours = strcmp(mine.run, it->name) == 0;
    json_t *state = json_pack("{s:b, s:b, s:b, s:i, s:s}", "training",
                              (ours && mine.running) || story_is_training(it->path), "ours",
                              ours && mine.running, "stopping", ours && mine.stopping, "code",
                              ours ? mine.code : 0, "said", ours ? mine.said : "");
    if (state && !json_equal(state, it->state)) {
        sse_put_json(&it->events, "state", json_incref(state));
        json_decref(it->state);
        it->state = json_incref(state);
    }
    json_decref(state);
}

static ptrdiff_t read_watch(void *context, char *out, size_t room) {
    watcher *it = context;
    while (it->events.bytes == 0) {
        if (atomic_load(&it->of->ended))
            return 0;
        tell_log(it);
        tell_samples(it);
        tell_state(it);
        double now = rnn_clock_now();
        if (it->events.bytes == 0 && now - it->last > HEARTBEAT)
            sse_put_heartbeat(&it->events);
        if (it->events.bytes > 0)
            it->last = now;
        else
            poll(NULL, 0, LOOK_EVERY);
    }
    if (it->events.short_of_memory)
        return -1;
    return (ptrdiff_t)sse_take(&it->events, &it->handed, out, room);
}

void training_answer_watch(training *self, const http_request *request, http_reply *reply) {
    watcher *it = rnn_allocate(1, sizeof *it);
    const char *name = http_query(request, "run");
    if (!it) {
        http_refuse(reply, 503, "out of memory");
        return;
    }
    if (atomic_fetch_add(&self->watchers, 1) >= TRAINING_MOST_WATCHERS) {
        atomic_fetch_sub(&self->watchers, 1);
        rnn_free(it);
        http_refuse(reply, 503, "%d streams are watched already", TRAINING_MOST_WATCHERS);
        return;
    }
    it->of = self;
    it->last = rnn_clock_now();
    if (!find_run(self, name, it->path)) {
        close_watcher(it);
        http_refuse(reply, 404, "there is no such run");
        return;
    }
    snprintf(it->name, sizeof it->name, "%s", name);
    *reply =
        (http_reply){.type = SSE_TYPE, .read = read_watch, .close = close_watcher, .context = it};
}

/* ------------------------------------------------------ start, resume, stop */

static void begin(training *self, const char *run, orders *words, http_reply *reply) {
    rnn_error error = {RNN_OK, ""};
    rnn_status status = child_start(self->child, run, words->words, &error);
    if (status == RNN_OK)
        turns_give_way(self->turns, 1);
    if (status == RNN_OK)
        http_json(reply, 200, json_pack("{s:s}", "run", run));
    else
        http_refuse(reply, status == RNN_ERR_UNSUPPORTED ? 409 : 500, "%s", error.message);
    orders_release(words);
}

static void start(training *self, const json_t *wish, http_reply *reply) {
    const char *input = "", *wanted = "";
    char name[CATALOG_NAME], path[CATALOG_PATH];
    rnn_error error = {RNN_OK, ""};
    orders words;
    if (!requests_text(wish, "input", &input, reply) ||
        !requests_text(wish, "name", &wanted, reply))
        return;
    if (!corpora_has(".", input)) {
        http_refuse(reply, 400, "'%.200s' is none of the texts that can be trained on here", input);
        return;
    }
    if (orders_name(self->from->folder, wanted, input, name, path, &error) != RNN_OK ||
        orders_start(&words, path, input, json_object_get(wish, "settings"), &error) != RNN_OK)
        http_refuse(reply, 400, "%s", error.message);
    else
        begin(self, name, &words, reply);
}

static void resume(training *self, const json_t *wish, http_reply *reply) {
    const char *run = NULL;
    char path[CATALOG_PATH];
    rnn_error error = {RNN_OK, ""};
    orders words;
    if (!requests_text(wish, "run", &run, reply))
        return;
    if (!find_run(self, run, path))
        http_refuse(reply, 404, "there is no such run");
    else if (story_is_training(path))
        http_refuse(reply, 409, "'%.200s' is being trained already", run);
    else if (orders_resume(&words, path, json_object_get(wish, "settings"), &error) != RNN_OK)
        http_refuse(reply, 400, "%s", error.message);
    else
        begin(self, run, &words, reply);
}

static int may_train(const training *self, http_reply *reply) {
    if (self->can_train && !atomic_load(&self->ended))
        return 1;
    if (self->can_train)
        http_refuse(reply, 503, "the server is being stopped");
    else
        http_refuse(reply, 409, "nothing can be trained here: start 'rnn serve' without a MODEL");
    return 0;
}

void training_answer_start(training *self, const http_request *request, http_reply *reply) {
    json_t *wish = may_train(self, reply) ? requests_object(request, reply) : NULL;
    if (wish)
        start(self, wish, reply);
    json_decref(wish);
}

void training_answer_resume(training *self, const http_request *request, http_reply *reply) {
    json_t *wish = may_train(self, reply) ? requests_object(request, reply) : NULL;
    if (wish)
        resume(self, wish, reply);
    json_decref(wish);
}

void training_answer_stop(training *self, http_reply *reply) {
    if (child_stop(self->child))
        http_json(reply, 200, describe_child(self));
    else
        http_refuse(reply, 409, "nothing is being trained from this page");
}
