/* SPDX-License-Identifier: MIT
 *
 * gallery.c - see gallery.h.
 */
#include "server/gallery.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "inference/exhibits.h"
#include "inference/own_text.h"
#include "inference/score.h"
#include "inference/trial.h"
#include "server/corpora.h"
#include "server/requests.h"

#define SHIFTS 10 /* as rnn neurons */

typedef struct search {
    turns *shared;
    const http_request *request;
    models_entry *entry;
    const rnn_model *model;
    rnn_own_text own;
    const char *inputs[RNN_OWN_INPUTS]; /* names of the corpora: of the request or the model */
    size_t input_count;
    int takes_own; /* they are what the model was trained on, or so it says */
    rnn_evaluation plan;
    rnn_symbols *symbols;
    rnn_neurons *found;
    int has_turn;
} search;

/* ----------------------------------------------------------------------- text */

/* A path as corpora.h has it: relative to the folder that the server was started in. Of one that
 * leads elsewhere the file's name: the model may have come here with its text. */
static const char *as_listed(const char *path) {
    char folder[4096];
    if (strncmp(path, "./", 2) == 0)
        return path + 2;
    if (path[0] != '/')
        return path;
    size_t length = getcwd(folder, sizeof folder) ? strlen(folder) : 0;
    if (length && strncmp(path, folder, length) == 0 && path[length] == '/')
        return path + length + 1;
    return strrchr(path, '/') + 1;
}

/* What the model was trained on; 0 if that is not listed. */
static int take_own_text(search *it) {
    for (size_t i = 0; i < it->own.count; i++) {
        it->inputs[i] = as_listed(it->own.inputs[i]);
        if (!corpora_holds(".", it->inputs[i]))
            return 0;
    }
    it->input_count = it->own.count;
    it->takes_own = 1;
    it->plan.include = it->own.include;
    it->plan.exclude = it->own.exclude;
    return it->own.count > 0;
}

/* 0 with a refusal. */
static int find_text(search *it, const char *wanted, http_reply *reply) {
    if (!*wanted) {
        if (take_own_text(it))
            return 1;
        http_refuse(reply, 404,
                    "the text that this model was trained on is not among those that the server "
                    "knows, in and below the folder that it was started in: choose another text");
        return 0;
    }
    if (!corpora_has(".", wanted)) {
        http_refuse(reply, 404, "there is no text '%.200s'", wanted);
        return 0;
    }
    it->inputs[0] = wanted;
    it->input_count = 1;
    return 1;
}

/* ---------------------------------------------------------------------- search */

/* A turn ends with each piece that has been read, and none is held after the last one: what is
 * left is to be counted and sorted by whoever has the time. */
static int next_turn(void *context, double fraction) {
    search *it = context;
    if (it->has_turn)
        turns_give(it->shared);
    it->has_turn = fraction < 1 && !http_is_gone(it->request);
    if (it->has_turn)
        turns_take(it->shared);
    return it->has_turn || fraction >= 1;
}

/* found stays NULL for a client that has gone. */
static rnn_status find(search *it, rnn_error *error) {
    rnn_neurons_plan how = {.shifts = SHIFTS,
                            .most = GALLERY_CHARACTERS,
                            .seed = 1,
                            .threads = 1,
                            .listener = next_turn,
                            .context = it};
    it->plan.skip_unknown = 1;
    rnn_status status =
        rnn_score_read(&it->symbols, it->model, it->inputs, it->input_count, &it->plan, error);
    if (status != RNN_OK)
        return status;
    int trained_on = rnn_own_text_is(it->model, it->symbols);
    if (it->takes_own && !trained_on)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "%.200s is not what it was when this model was trained on it: choose "
                        "another text, or the same by its name",
                        it->inputs[0]);
    rnn_trial_wish wish = {.held_out = trained_on};
    status = rnn_trial_choose(&it->plan, it->model, &wish, error);
    if (status != RNN_OK)
        return status;
    rnn_span span = rnn_score_part(it->symbols, &it->plan, (rnn_part)it->plan.part);
    return rnn_neurons_find(&it->found, it->model, it->symbols, span, &how, error);
}

/* ----------------------------------------------------------------------- reply */

static int is_inside_character(const search *it, uint64_t at) {
    size_t bytes;
    const char *text = rnn_model_symbol(it->model, it->found->text[at], &bytes);
    return ((unsigned char)text[0] & 0xC0) == 0x80;
}

/* Where symbols are bytes, a piece is made to end between characters. */
static rnn_span whole_characters(const search *it, rnn_span piece) {
    while (piece.begin < piece.end && is_inside_character(it, piece.begin))
        piece.begin++;
    while (piece.end > piece.begin && piece.end < it->found->characters &&
           is_inside_character(it, piece.end))
        piece.end--;
    return piece;
}

/* NULL for a text that is no UTF-8, or when memory is short. */
static json_t *text_of(const search *it, rnn_span piece) {
    size_t room = 0, used = 0, bytes;
    for (uint64_t at = piece.begin; at < piece.end; at++) {
        rnn_model_symbol(it->model, it->found->text[at], &bytes);
        room += bytes;
    }
    char *text = rnn_allocate_unset(room + 1, 1);
    for (uint64_t at = piece.begin; text && at < piece.end; at++) {
        const char *symbol = rnn_model_symbol(it->model, it->found->text[at], &bytes);
        memcpy(text + used, symbol, bytes);
        used += bytes;
    }
    json_t *value = text ? json_stringn(text, used) : NULL;
    rnn_free(text);
    return value;
}

static json_t *inside_of(const search *it, const rnn_neurons_row *row, rnn_span piece) {
    const uint8_t *values = rnn_exhibits_values(it->found, row, piece);
    size_t count = (size_t)(piece.end - piece.begin);
    char *text = row->predicate->graded ? NULL : rnn_allocate_unset(count + 1, 1);
    for (size_t i = 0; text && i < count; i++)
        text[i] = values[i] ? '1' : '0';
    json_t *value = text ? json_stringn(text, count) : json_null();
    rnn_free(text);
    return value;
}

static json_t *describe_exhibit(const search *it, const rnn_exhibit *exhibit) {
    const rnn_neurons_row *row = exhibit->row;
    const rnn_neuron *neuron = exhibit->neuron;
    rnn_span piece = whole_characters(it, rnn_exhibits_find_piece(it->found, it->model, row));
    json_t *text = text_of(it, piece);
    return json_pack(
        "{s:i, s:i, s:s, s:b, s:b, s:f, s:f, s:f, s:o, s:o}", "layer", neuron->layer, "unit",
        neuron->unit, "what", row->predicate->words, "falls", !neuron->rises, "graded",
        row->predicate->graded, "score", rnn_neurons_figure(row, neuron->score), "chance",
        rnn_neurons_figure(row, row->chance), "alone", rnn_neurons_figure(row, row->alone), "piece",
        text ? text : json_string(""), "inside", inside_of(it, row, piece));
}

static json_t *describe_text(const search *it) {
    char words[4200];
    snprintf(words, sizeof words, "%s%.4000s%s", rnn_trial_words(it->plan.part), it->inputs[0],
             it->input_count > 1 ? " and others" : "");
    return json_string(words);
}

static json_t *describe(const search *it, const rnn_exhibits *chosen) {
    const rnn_neurons *found = it->found;
    json_t *list = json_array();
    for (size_t i = 0; i < chosen->count; i++)
        json_array_append_new(list, describe_exhibit(it, &chosen->best[i]));
    return json_pack("{s:s, s:o, s:I, s:I, s:I, s:o}", "model", models_name(it->entry), "text",
                     describe_text(it), "characters", (json_int_t)found->characters, "units",
                     (json_int_t)found->units, "readable", (json_int_t)found->readable, "found",
                     list);
}

/* --------------------------------------------------------------------- together */

static void answer(search *it, const char *wanted, http_reply *reply) {
    rnn_error error = {RNN_OK, ""};
    rnn_exhibits chosen = {.count = 0};
    it->model = models_model(it->entry);
    rnn_own_text_read(&it->own, it->model);
    if (!find_text(it, wanted, reply))
        return;
    rnn_status status = find(it, &error);
    size_t hidden = (size_t)rnn_model_describe(it->model).hidden_size;
    if (status == RNN_OK && it->found)
        status = rnn_exhibits_choose(&chosen, it->found, hidden, &error);
    if (status != RNN_OK)
        http_refuse(reply, status == RNN_ERR_RANGE ? 400 : 500, "%s", error.message);
    else
        http_json(reply, 200, it->found ? describe(it, &chosen) : json_object());
}

void gallery_answer(models *from, turns *shared, const http_request *request, http_reply *reply) {
    json_t *wish = requests_object(request, reply);
    const char *name = "", *text = "";
    rnn_error error = {RNN_OK, ""};
    search it = {.shared = shared, .request = request};
    if (wish && requests_text(wish, "model", &name, reply) &&
        requests_text(wish, "text", &text, reply)) {
        rnn_status status = models_acquire(from, name, &it.entry, &error);
        if (status == RNN_OK)
            answer(&it, text, reply);
        else
            http_refuse(reply, status == RNN_ERR_RANGE ? 404 : 500, "%s", error.message);
        rnn_neurons_destroy(it.found);
        rnn_symbols_destroy(it.symbols);
        rnn_own_text_clear(&it.own);
        models_release(from, it.entry);
    }
    json_decref(wish);
}
