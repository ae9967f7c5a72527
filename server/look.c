/* SPDX-License-Identifier: MIT
 *
 * look.c - see look.h.
 */
#include "server/look.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "model/configuration.h"
#include "server/chances.h"
#include "server/requests.h"

#define LONGEST_TURN 0.008 /* seconds */

typedef struct look {
    models_entry *entry;
    const rnn_model *model;
    rnn_model_info info;
    size_t units; /* of all layers */
    int32_t *symbols;
    size_t count;
    int cut;
    rnn_tracer *tracer;
    signed char *values; /* [count][units] */
    json_t *nats, *next;
    size_t read;
} look;

static void take_row(void *context, const rnn_trace_row *row) {
    look *it = context;
    signed char *to = it->values + it->read++ * it->units;
    json_t *list = json_array();
    for (size_t i = 0; i < it->units; i++)
        to[i] = (signed char)lrintf(fmaxf(-1, fminf(1, row->values[i])) * 127);
    for (int i = 0; i < row->candidates; i++)
        json_array_append_new(list, json_pack("[i, f]", (int)row->likeliest[i].symbol,
                                              (double)row->likeliest[i].probability));
    json_array_append_new(it->next, list);
    if (isfinite(row->nats))
        json_array_append_new(it->nats, json_real(row->nats));
}

/* Until the end or until nobody waits for it. In a turn twice as much each time, as in
 * completions.c. */
static void read_all(look *it, turns *shared, const http_request *request) {
    while (it->read < it->count && !http_is_gone(request)) {
        turns_take(shared);
        double end = rnn_clock_now() + LONGEST_TURN;
        for (size_t most = 1; it->read < it->count && rnn_clock_now() < end; most *= 2) {
            size_t left = it->count - it->read;
            rnn_tracer_read(it->tracer, it->symbols + it->read, left < most ? left : most, take_row,
                            it);
        }
        turns_give(shared);
    }
}

/* -------------------------------------------------------------------- reply */

/* RFC 4648, with padding. */
static char *base64(const unsigned char *bytes, size_t count) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = rnn_allocate_unset((count + 2) / 3 * 4 + 1, 1), *to = text;
    for (size_t i = 0; text && i < count; i += 3) {
        size_t left = count - i;
        unsigned long group = (unsigned long)bytes[i] << 16;
        group |= left > 1 ? (unsigned long)bytes[i + 1] << 8 : 0;
        group |= left > 2 ? bytes[i + 2] : 0;
        *to++ = digits[group >> 18];
        *to++ = digits[group >> 12 & 63];
        *to++ = left > 1 ? digits[group >> 6 & 63] : '=';
        *to++ = left > 2 ? digits[group & 63] : '=';
    }
    if (text)
        *to = '\0';
    return text;
}

static json_t *describe(look *it) {
    json_t *symbols = json_array(), *text = json_array();
    for (int32_t i = 0; i < it->info.symbols; i++)
        json_array_append_new(symbols, chances_text(it->model, i));
    for (size_t i = 0; i < it->count; i++)
        json_array_append_new(text, json_integer(it->symbols[i]));
    char *values = base64((unsigned char *)it->values, it->count * it->units);
    json_t *object = json_pack(
        "{s:s, s:s, s:i, s:i, s:b, s:o, s:o, s:O, s:O, s:s}", "model", models_name(it->entry),
        "cell", rnn_configuration_cell((rnn_cell)it->info.cell), "layers", it->info.num_layers,
        "hidden", it->info.hidden_size, "cut", it->cut, "symbols", symbols, "text", text, "nats",
        it->nats, "next", it->next, "values", values ? values : "");
    rnn_free(values);
    return object;
}

/* -------------------------------------------------------------------- a look */

static rnn_status prepare(look *it, models *from, const char *name, const char *text, size_t bytes,
                          rnn_error *error) {
    rnn_tracing how = {.likeliest = LOOK_CANDIDATES, .threads = 1};
    rnn_status status = models_acquire(from, name, &it->entry, error);
    if (status != RNN_OK)
        return status;
    it->model = models_model(it->entry);
    it->info = rnn_model_describe(it->model);
    it->units = (size_t)it->info.num_layers * (size_t)it->info.hidden_size;
    status = rnn_model_encode(it->model, text, bytes, 1, &it->symbols, &it->count, error);
    if (status == RNN_OK)
        status = rnn_tracer_create(&it->tracer, it->model, &how, error);
    if (status != RNN_OK)
        return status;
    size_t most = LOOK_MOST_VALUES / it->units;
    most = most > LOOK_MOST_SYMBOLS ? LOOK_MOST_SYMBOLS : most;
    it->cut = it->count > most;
    it->count = it->cut ? most : it->count;
    it->values = rnn_allocate(it->count * it->units, 1);
    it->nats = json_array();
    it->next = json_array();
    if (!it->values || !it->nats || !it->next)
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory");
    return RNN_OK;
}

static void release(look *it, models *from) {
    rnn_free(it->symbols);
    rnn_free(it->values);
    rnn_tracer_destroy(it->tracer);
    json_decref(it->nats);
    json_decref(it->next);
    models_release(from, it->entry);
}

void look_answer(models *from, turns *shared, const http_request *request, http_reply *reply) {
    json_t *wish = requests_object(request, reply);
    const json_t *text = json_object_get(wish, "text");
    const char *name = "";
    rnn_error error = {RNN_OK, ""};
    look it = {.read = 0};
    if (wish && !json_is_string(text)) {
        http_refuse(reply, 400, "text must be text");
    } else if (wish && requests_text(wish, "model", &name, reply)) {
        rnn_status status =
            prepare(&it, from, name, json_string_value(text), json_string_length(text), &error);
        if (status == RNN_OK) {
            read_all(&it, shared, request);
            it.count = it.read; /* less for a client that has gone */
            http_json(reply, 200, describe(&it));
        } else {
            http_refuse(reply, status == RNN_ERR_RANGE ? 404 : 500, "%s", error.message);
        }
        release(&it, from);
    }
    json_decref(wish);
}
