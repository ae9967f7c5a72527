/* SPDX-License-Identifier: MIT
 *
 * chances.c - see chances.h.
 */
#include "server/chances.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

json_t *chances_text(const rnn_model *model, int32_t symbol) {
    char byte[16];
    size_t bytes;
    const char *text = rnn_model_symbol(model, symbol, &bytes);
    json_t *value = json_stringn(text, bytes);
    if (value)
        return value;
    snprintf(byte, sizeof byte, "bytes:\\x%02x", (unsigned char)text[0]);
    return json_string(byte);
}

void chances_of(const float *logits, size_t symbols, float *out) {
    double best = -HUGE_VAL, sum = 0;
    for (size_t i = 0; i < symbols; i++)
        best = fmax(best, (double)logits[i]);
    for (size_t i = 0; i < symbols; i++)
        sum += exp((double)logits[i] - best);
    for (size_t i = 0; i < symbols; i++)
        out[i] = (float)((double)logits[i] - best - log(sum));
}

typedef struct ranked {
    float value;
    int32_t symbol;
} ranked;

static int by_value(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->value != y->value)
        return (x->value < y->value) - (x->value > y->value);
    return (x->symbol > y->symbol) - (x->symbol < y->symbol);
}

/* {"text": logarithm, ...}, the likeliest first. */
static json_t *likeliest(const rnn_model *model, const float *all, int most) {
    size_t symbols = (size_t)rnn_model_describe(model).symbols;
    ranked *order = rnn_allocate(symbols, sizeof *order);
    json_t *object = order ? json_object() : NULL;
    for (size_t i = 0; order && i < symbols; i++)
        order[i] = (ranked){all[i], (int32_t)i};
    if (order)
        qsort(order, symbols, sizeof *order, by_value);
    for (size_t i = 0; object && i < symbols && i < (size_t)most; i++) {
        json_t *text = chances_text(model, order[i].symbol);
        /* A key cannot hold the symbol that is the NUL character. */
        if (text && json_string_length(text) == strlen(json_string_value(text)))
            json_object_set_new(object, json_string_value(text), json_real((double)order[i].value));
        json_decref(text);
    }
    rnn_free(order);
    return object;
}

int chances_open(chances *to, int most) {
    *to = (chances){json_array(), json_array(), most > 0 ? json_array() : NULL};
    return to->tokens && to->logprobs && (most <= 0 || to->top);
}

int chances_add(chances *to, const rnn_model *model, int32_t symbol, const float *all, int most) {
    int good = json_array_append_new(to->tokens, chances_text(model, symbol)) == 0;
    json_t *value = all ? json_real((double)all[symbol]) : json_null();
    good &= json_array_append_new(to->logprobs, value) == 0;
    if (to->top)
        good &=
            json_array_append_new(to->top, all ? likeliest(model, all, most) : json_null()) == 0;
    return good;
}

json_t *chances_take(chances *from, int most) {
    json_t *object = json_pack("{s:o, s:o, s:o}", "tokens", from->tokens, "token_logprobs",
                               from->logprobs, "top_logprobs", from->top ? from->top : json_null());
    chances_open(from, most);
    return object;
}

void chances_close(chances *of) {
    json_decref(of->tokens);
    json_decref(of->logprobs);
    json_decref(of->top);
}
