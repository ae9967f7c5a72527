/* SPDX-License-Identifier: MIT
 *
 * completions.c - see completions.h.
 */
#include "server/completions.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "server/chances.h"
#include "server/sse.h"
#include "server/wishes.h"

#define LONGEST_TURN 0.008   /* seconds */
#define MOST_IN_TURN 64      /* symbols drawn for an event */
#define HEARTBEAT    1.0     /* seconds without an event of a stream */
#define MOST_CHANCES 2000000 /* probabilities in one answer; twice that in all of them */

struct completions {
    models *models;
    turns *turns;
    atomic_int open, ended;
    atomic_ulong count;
    atomic_size_t weight; /* probabilities that answers may come to hold */
};

/* One of the texts. */
typedef struct choice {
    rnn_writer writer;
    stops_tail tail;
    char *text; /* what may go out */
    size_t bytes, room;
    chances chances;
    const char *finish; /* NULL while it is being written */
    int told;           /* its end has been sent */
} choice;

typedef struct completion {
    completions *all;
    json_t *asked; /* what `how` borrows from */
    wishes how;
    char id[48];
    long long created;
    models_entry *entry;
    const rnn_model *model;
    size_t symbols;
    rnn_sampler *sampler;
    int32_t *prompt; /* [prompt_count] */
    size_t prompt_count, read, drawn, written;
    size_t burst;    /* symbols of the next turn */
    int32_t *next;   /* [choices] */
    float *logs;     /* [choices][symbols], with logprobs */
    choice *choices; /* [how.choices] */
    size_t weight;   /* probabilities that are kept to its end */
    int failed, done;
    double told;          /* time of the last event */
    rnn_json_text events; /* of a stream: not yet handed on */
    size_t handed;
} completion;

/* ------------------------------------------------------------------ drawing */

static void put_text(completion *c, choice *to, const char *text, size_t bytes) {
    if (bytes == 0)
        return; /* there may be no room for any yet */
    if (!rnn_grow((void **)&to->text, &to->room, to->bytes + bytes, 1)) {
        c->failed = 1;
        return;
    }
    memcpy(to->text + to->bytes, text, bytes);
    to->bytes += bytes;
}

/* Text on its way out, past the stop strings. */
static void put_drawn(completion *c, choice *to, const char *text, size_t bytes) {
    char out[STOPS_LENGTH];
    size_t free_bytes;
    for (size_t i = 0; i < bytes && !to->finish; i++) {
        if (stops_push(&c->how.stops, &to->tail, text[i], out, &free_bytes))
            to->finish = "stop";
        put_text(c, to, out, free_bytes);
    }
}

static void finish(completion *c, choice *it) {
    char out[24];
    put_drawn(c, it, out, rnn_writer_end(&it->writer, out));
    if (it->finish)
        return;
    put_text(c, it, it->tail.held, it->tail.count);
    it->finish = "length";
}

static void take_logs(completion *c) {
    for (int i = 0; c->logs && i < c->how.choices; i++)
        chances_of(rnn_sampler_logits(c->sampler, i), c->symbols, c->logs + (size_t)i * c->symbols);
}

static void draw_one(completion *c) {
    take_logs(c);
    rnn_sampler_next(c->sampler, c->next);
    c->drawn++;
    c->done = 1;
    for (int i = 0; i < c->how.choices; i++) {
        choice *it = &c->choices[i];
        char out[24];
        if (it->finish)
            continue;
        put_drawn(c, it, out, rnn_writer_push(&it->writer, c->model, c->next[i], out));
        if (c->logs && !chances_add(&it->chances, c->model, c->next[i],
                                    c->logs + (size_t)i * c->symbols, c->how.logprobs))
            c->failed = 1;
        c->written++;
        if (!it->finish && c->drawn == c->how.most)
            finish(c, it);
        c->done &= it->finish != NULL;
    }
}

/* One symbol of an echoed prompt with how likely it was. */
static void read_aloud(completion *c) {
    int32_t symbol = c->prompt[c->read];
    if (c->read > 0)
        take_logs(c);
    for (int i = 0; i < c->how.choices; i++)
        if (!chances_add(&c->choices[i].chances, c->model, symbol,
                         c->read > 0 ? c->logs + (size_t)i * c->symbols : NULL, c->how.logprobs))
            c->failed = 1;
}

static void read_some(completion *c, size_t most) {
    size_t count = c->prompt_count - c->read;
    int aloud = c->how.echo && c->logs;
    if (aloud)
        read_aloud(c);
    count = aloud ? 1 : count > most ? most : count;
    if (rnn_sampler_read(c->sampler, c->prompt + c->read, count, NULL) != RNN_OK)
        c->failed = 1;
    c->read += count;
}

/* A turn: some of the prompt, or up to `burst` symbols. */
static void advance(completion *c) {
    turns_take(c->all->turns);
    double end = rnn_clock_now() + LONGEST_TURN;
    /* Twice as much each time: the clock is seldom asked, and no turn is twice too long,
     * however large the model is. */
    for (size_t most = 1; !c->failed && c->read < c->prompt_count && rnn_clock_now() < end;
         most *= 2)
        read_some(c, most);
    if (c->read == c->prompt_count && c->how.most == 0)
        for (int i = 0; i < c->how.choices; i++)
            c->choices[i].finish = "length";
    c->done = c->read == c->prompt_count && c->how.most == 0;
    for (size_t i = 0; !c->failed && !c->done && c->read == c->prompt_count && i < c->burst; i++) {
        draw_one(c);
        if (rnn_clock_now() >= end)
            break;
    }
    turns_give(c->all->turns);
    /* The first character comes at once; then fewer events are better. */
    c->burst = c->burst < MOST_IN_TURN ? 2 * c->burst : MOST_IN_TURN;
}

/* ------------------------------------------------------------------ telling */

static json_t *describe_choice(completion *c, int i) {
    choice *it = &c->choices[i];
    json_t *text = json_stringn(it->text ? it->text : "", it->bytes);
    json_t *logprobs = c->logs ? chances_take(&it->chances, c->how.logprobs) : json_null();
    json_t *finish = it->finish ? json_string(it->finish) : json_null();
    it->bytes = 0;
    return json_pack("{s:o, s:i, s:o, s:o}", "text", text, "index", i, "logprobs", logprobs,
                     "finish_reason", finish);
}

static json_t *describe(const completion *c, json_t *choices) {
    return json_pack("{s:s, s:s, s:I, s:s, s:o}", "id", c->id, "object", "text_completion",
                     "created", (json_int_t)c->created, "model", models_name(c->entry), "choices",
                     choices);
}

static json_t *describe_usage(const completion *c) {
    return json_pack("{s:I, s:I, s:I}", "prompt_tokens", (json_int_t)c->prompt_count,
                     "completion_tokens", (json_int_t)c->written, "total_tokens",
                     (json_int_t)(c->prompt_count + c->written));
}

static json_t *describe_all(completion *c) {
    json_t *choices = json_array();
    for (int i = 0; i < c->how.choices; i++)
        json_array_append_new(choices, describe_choice(c, i));
    json_t *object = describe(c, choices);
    json_object_set_new(object, "usage", describe_usage(c));
    return object;
}

static void put_events(completion *c) {
    for (int i = 0; i < c->how.choices; i++) {
        choice *it = &c->choices[i];
        if (it->told || (it->bytes == 0 && !it->finish && !json_array_size(it->chances.tokens)))
            continue;
        it->told = it->finish != NULL;
        sse_put_json(&c->events, NULL, describe(c, json_pack("[o]", describe_choice(c, i))));
    }
    if (c->done && c->how.usage) {
        json_t *last = describe(c, json_array());
        json_object_set_new(last, "usage", describe_usage(c));
        sse_put_json(&c->events, NULL, last);
    }
    if (c->done)
        sse_put(&c->events, NULL, "[DONE]");
    /* While a long prompt is read, sending is what shows that a client has gone. */
    double now = rnn_clock_now();
    if (c->events.bytes == 0 && now - c->told > HEARTBEAT)
        sse_put_heartbeat(&c->events);
    if (c->events.bytes > 0)
        c->told = now;
    c->failed |= c->events.short_of_memory;
}

/* ------------------------------------------------------------ life of a text */

static void close_completion(void *context) {
    completion *c = context;
    for (int i = 0; c->choices && i < c->how.choices; i++) {
        rnn_free(c->choices[i].text);
        chances_close(&c->choices[i].chances);
    }
    rnn_free(c->choices);
    rnn_free(c->next);
    rnn_free(c->logs);
    rnn_free(c->prompt);
    rnn_free(c->events.text);
    rnn_sampler_destroy(c->sampler);
    models_release(c->all->models, c->entry);
    json_decref(c->asked);
    atomic_fetch_sub(&c->all->weight, c->weight);
    atomic_fetch_sub(&c->all->open, 1);
    rnn_free(c);
}

static ptrdiff_t read_events(void *context, char *out, size_t room) {
    completion *c = context;
    while (c->events.bytes == 0 && !c->done && !c->failed && !atomic_load(&c->all->ended)) {
        advance(c);
        put_events(c);
    }
    if (c->events.bytes > 0 && !c->failed)
        return (ptrdiff_t)sse_take(&c->events, &c->handed, out, room);
    return c->done ? 0 : -1;
}

/* What an answer will hold of probabilities, a hundred bytes each; a stream hands them on. */
static rnn_status weigh(completion *c, rnn_error *error) {
    size_t places = c->how.most + (c->how.echo ? c->prompt_count : 0);
    size_t each =
        (size_t)c->how.logprobs + 1 < c->symbols ? (size_t)c->how.logprobs + 1 : c->symbols;
    size_t weight = (size_t)c->how.choices * places * each;
    if (c->how.logprobs < 0 || c->how.stream)
        return RNN_OK;
    if (weight > MOST_CHANCES)
        return rnn_fail(error, RNN_ERR_UNSUPPORTED,
                        "that is %zu probabilities (n x places x logprobs) in one answer, %d are "
                        "the most: ask for fewer, or for a stream",
                        weight, MOST_CHANCES);
    c->weight = weight;
    if (atomic_fetch_add(&c->all->weight, weight) + weight > 2 * (size_t)MOST_CHANCES)
        return rnn_fail(error, RNN_ERR_MEMORY, "others ask for many logprobs now: try again");
    return RNN_OK;
}

static rnn_status prepare(completion *c, rnn_error *error) {
    rnn_status status = models_acquire(c->all->models, c->how.model, &c->entry, error);
    if (status != RNN_OK)
        return status;
    c->model = models_model(c->entry);
    c->symbols = (size_t)rnn_model_describe(c->model).symbols;
    status = rnn_model_encode(c->model, c->how.prompt, c->how.prompt_bytes, c->how.skip_unknown,
                              &c->prompt, &c->prompt_count, error);
    if (status == RNN_OK)
        status = weigh(c, error);
    if (status == RNN_OK)
        status = rnn_sampler_create(&c->sampler, c->model, &c->how.sampling, c->how.choices, error);
    if (status != RNN_OK)
        return status;
    size_t count = (size_t)c->how.choices;
    int good = 1;
    c->choices = rnn_allocate(count, sizeof *c->choices);
    c->next = rnn_allocate(count, sizeof *c->next);
    if (c->how.logprobs >= 0) {
        c->logs = rnn_allocate(count * c->symbols, sizeof *c->logs);
        good = c->logs != NULL;
    }
    for (size_t i = 0; c->choices && i < count; i++) {
        if (c->logs)
            good &= chances_open(&c->choices[i].chances, c->how.logprobs);
        if (c->how.echo)
            put_text(c, &c->choices[i], c->how.prompt, c->how.prompt_bytes);
    }
    if (!c->choices || !c->next || !good || c->failed)
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory");
    return RNN_OK;
}

static void refuse(http_reply *reply, rnn_status status, const rnn_error *error) {
    int code = status == RNN_ERR_SYMBOL || status == RNN_ERR_UNSUPPORTED ? 400
               : status == RNN_ERR_RANGE                                 ? 404
               : status == RNN_ERR_MEMORY                                ? 503
                                                                         : 500;
    http_refuse(reply, code, "%s", error->message);
}

static void answer_whole(completion *c, const http_request *request, http_reply *reply) {
    int gone = 0;
    c->burst = MOST_IN_TURN;
    while (!c->done && !c->failed && !gone && !atomic_load(&c->all->ended)) {
        advance(c);
        gone = http_is_gone(request);
    }
    if (c->done && !c->failed)
        http_json(reply, 200, describe_all(c));
    else
        http_refuse(reply, 503,
                    c->failed ? "out of memory"
                    : gone    ? "the client has gone"
                              : "the server is being stopped");
    close_completion(c);
}

static completion *open_completion(completions *all, const http_request *request,
                                   http_reply *reply) {
    completion *c = rnn_allocate(1, sizeof *c);
    if (!c) {
        atomic_fetch_sub(&all->open, 1);
        http_refuse(reply, 503, "out of memory");
        return NULL;
    }
    c->all = all;
    c->burst = 1;
    c->told = rnn_clock_now();
    c->asked = requests_object(request, reply);
    if (!c->asked || !wishes_read(&c->how, c->asked, reply)) {
        close_completion(c);
        return NULL;
    }
    c->created = (long long)time(NULL);
    snprintf(c->id, sizeof c->id, "cmpl-%llx-%lu", c->created, atomic_fetch_add(&all->count, 1));
    return c;
}

void completions_answer(completions *all, const http_request *request, http_reply *reply) {
    rnn_error error = {RNN_OK, ""};
    if (atomic_load(&all->ended)) {
        http_refuse(reply, 503, "the server is being stopped");
        return;
    }
    if (atomic_fetch_add(&all->open, 1) >= COMPLETIONS_MOST) {
        atomic_fetch_sub(&all->open, 1);
        http_refuse(reply, 503, "%d requests are being answered already: try again",
                    COMPLETIONS_MOST);
        return;
    }
    completion *c = open_completion(all, request, reply);
    if (!c)
        return;
    rnn_status status = prepare(c, &error);
    if (status != RNN_OK) {
        refuse(reply, status, &error);
        close_completion(c);
        return;
    }
    if (!c->how.stream) {
        answer_whole(c, request, reply);
        return;
    }
    *reply = (http_reply){
        .type = SSE_TYPE, .read = read_events, .close = close_completion, .context = c};
}

rnn_status completions_create(completions **out, models *from, turns *shared, rnn_error *error) {
    completions *all = rnn_allocate(1, sizeof *all);
    *out = all;
    if (!all)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for the server");
    all->models = from;
    all->turns = shared;
    return RNN_OK;
}

void completions_destroy(completions *all) {
    rnn_free(all);
}

void completions_end(completions *all) {
    atomic_store(&all->ended, 1);
}
