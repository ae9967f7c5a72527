/* SPDX-License-Identifier: MIT
 *
 * show_json.c - what `rnn show` has read, as JSON.
 */
#include <math.h>

#include "cli/show.h"
#include "text/as_json.h"

/* The symbol's text; a byte that is no character by its number. */
static json_t *text_of(const show *s, int32_t symbol) {
    size_t bytes;
    const char *text = rnn_model_symbol(s->model, symbol, &bytes);
    json_t *string = json_stringn(text, bytes);
    return string ? string : json_integer((unsigned char)text[0]);
}

static json_t *number(double value) {
    return isnan(value) ? json_null() : json_real(value);
}

static json_t *candidates_of(const show *s, size_t i) {
    json_t *list = json_array();
    for (int rank = 0; rank < s->read.candidates; rank++) {
        const rnn_candidate *c = &s->read.likeliest[i * (size_t)s->read.candidates + (size_t)rank];
        json_array_append_new(list,
                              json_pack("[o, f]", text_of(s, c->symbol), (double)c->probability));
    }
    return list;
}

static json_t *character(const show *s, size_t i) {
    json_t *object = json_object();
    json_object_set_new(object, "text", text_of(s, s->read.symbols[i]));
    json_object_set_new(object, "bits", number((double)s->read.bits[i]));
    if (s->clamp_count > 0)
        json_object_set_new(object, "bits_unheld", number((double)s->unheld.bits[i]));
    if (s->cell_count > 0) {
        json_t *values = json_array();
        for (size_t c = 0; c < s->cell_count; c++)
            json_array_append_new(
                values, json_real((double)s->read.values[i * s->read.width + s->columns[c]]));
        json_object_set_new(object, "cells", values);
    }
    if (s->read.candidates > 0)
        json_object_set_new(object, "next", candidates_of(s, i));
    return object;
}

static json_t *unit(int layer, int index) {
    return json_pack("{s:i, s:i}", "layer", layer, "unit", index);
}

static json_t *gates_of(const show *s) {
    const survey *f = &s->figures;
    json_t *list = json_array();
    for (size_t i = 0; i < f->layers * f->hidden; i++) {
        json_t *object = unit((int)(i / f->hidden), (int)(i % f->hidden));
        for (int g = 0; g < f->gates; g++) {
            size_t at = (size_t)g * f->layers * f->hidden + i;
            json_object_set_new(object, f->names[g],
                                json_pack("{s:f, s:f}", "open", f->open[at], "shut", f->shut[at]));
        }
        json_array_append_new(list, object);
    }
    return list;
}

json_t *show_describe(const show *s) {
    size_t known;
    double total = reading_total(&s->read, &known);
    json_t *characters = json_array(), *cells = json_array(), *held = json_array();
    for (size_t i = 0; i < s->read.count; i++)
        json_array_append_new(characters, character(s, i));
    for (size_t i = 0; i < s->cell_count; i++)
        json_array_append_new(cells, unit(s->cells[i].layer, s->cells[i].unit));
    for (size_t i = 0; i < s->clamp_count; i++) {
        json_t *clamp = unit(s->clamps[i].layer, s->clamps[i].unit);
        json_object_set_new(clamp, "value", json_real((double)s->clamps[i].value));
        json_array_append_new(held, clamp);
    }
    json_t *object =
        json_pack("{s:o, s:o, s:I, s:I, s:f, s:o, s:o, s:o}", "model",
                  rnn_text_as_json(s->model_name), "text", rnn_text_as_json(s->text_name), "from",
                  (json_int_t)s->from, "count", (json_int_t)s->read.count, "bits", total, "held",
                  held, "cells", cells, "characters", characters);
    if (object && s->views & SHOW_GATES && s->figures.gates > 0)
        json_object_set_new(object, "gates", gates_of(s));
    return object;
}
