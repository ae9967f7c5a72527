/* SPDX-License-Identifier: MIT
 *
 * own_text.c - see own_text.h.
 */
#include "inference/own_text.h"

#include <stdlib.h>
#include <string.h>

static uint64_t hash_of(const json_t *history) {
    const json_t *hash = json_object_get(json_object_get(history, "text"), "hash");
    return json_is_string(hash) ? strtoull(json_string_value(hash), NULL, 16) : 0;
}

static void read_inputs(rnn_own_text *out) {
    const json_t *list = json_object_get(out->history, "inputs"), *path;
    size_t i;
    if (json_array_size(list) > RNN_OWN_INPUTS)
        return;
    json_array_foreach(list, i, path) {
        out->inputs[i] = json_string_value(path);
        if (!out->inputs[i] || strcmp(out->inputs[i], "-") == 0)
            return;
    }
    out->count = json_array_size(list);
}

void rnn_own_text_read(rnn_own_text *out, const rnn_model *model) {
    memset(out, 0, sizeof *out);
    out->history = json_loads(rnn_model_history(model), 0, NULL);
    const json_t *settings = json_object_get(out->history, "settings");
    out->include = json_string_value(json_object_get(settings, "include"));
    out->exclude = json_string_value(json_object_get(settings, "exclude"));
    out->hash = hash_of(out->history);
    read_inputs(out);
}

void rnn_own_text_clear(rnn_own_text *text) {
    json_decref(text->history);
    memset(text, 0, sizeof *text);
}

static int is_own(const rnn_own_text *own, const rnn_symbols *symbols) {
    return own->hash != 0 && own->hash == rnn_symbols_hash(symbols);
}

int rnn_own_text_is(const rnn_model *model, const rnn_symbols *symbols) {
    rnn_own_text own;
    rnn_own_text_read(&own, model);
    int is = is_own(&own, symbols);
    rnn_own_text_clear(&own);
    return is;
}

/* Shares of a text that are equal but for rounding. */
#define A_HAIR 1e-9

/* Both cut from the end: what begins no earlier than the text of training ended was held out. */
int rnn_own_text_held_out(const rnn_model *model, const rnn_symbols *symbols,
                          const rnn_evaluation *how) {
    rnn_own_text own;
    rnn_own_text_read(&own, model);
    const json_t *settings = json_object_get(own.history, "settings");
    const char *split = json_string_value(json_object_get(settings, "split"));
    double kept = json_number_value(json_object_get(settings, "val_frac")) +
                  json_number_value(json_object_get(settings, "test_frac"));
    double scored = how->part == RNN_PART_VAL    ? how->val_frac + how->test_frac
                    : how->part == RNN_PART_TEST ? how->test_frac
                                                 : 1;
    int held_out = is_own(&own, symbols) && split && strcmp(split, "contiguous") == 0 &&
                   scored <= kept + A_HAIR;
    rnn_own_text_clear(&own);
    return held_out;
}
