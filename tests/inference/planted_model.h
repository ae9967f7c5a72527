/* SPDX-License-Identifier: MIT
 *
 * planted_model.h - for tests: a text, and a model that is random but for units that were built by
 * hand to follow it.
 */
#ifndef RNN_TESTS_PLANTED_MODEL_H
#define RNN_TESTS_PLANTED_MODEL_H

#include "base/random.h"
#include "tests/inference/made_model.h"

#define PLANTED_HIDDEN 12
/* Where they are planted. */
enum { PLANTED_QUOTE_UNIT = 3, PLANTED_BRACKET_UNIT = 7, PLANTED_PULSE_UNIT = 5 };

#define PLANTED_OPEN  "\xE2\x80\x9C"
#define PLANTED_CLOSE "\xE2\x80\x9D"

static inline size_t planted_choice(uint64_t at, size_t below) {
    return (size_t)(rnn_random_uniform(8, RNN_RANDOM_SAMPLING, 0, at) * (double)below);
}

/* Words, some of them in quotes, others in brackets. */
static inline void planted_text(char *text, size_t room) {
    static const char *const words[] = {"so ", "it was ", "a day, ", "of all ", "gone.\n"};
    size_t n = 0;
    int quote = 0, bracket = 0;
    for (uint64_t i = 0; n + 20 < room; i++) {
        const char *more = words[planted_choice(2 * i, 5)];
        size_t turn = planted_choice(2 * i + 1, 8);
        if (turn == 0 && !bracket) {
            more = quote ? PLANTED_CLOSE " " : PLANTED_OPEN;
            quote = !quote;
        } else if (turn == 1 && !quote) {
            more = bracket ? ") " : "(";
            bracket = !bracket;
        }
        n += (size_t)snprintf(text + n, room - n, "%s", more);
    }
}

/* A latch: once high it stays high, once low it stays low, until its input throws it. */
static inline void planted_latch(rnn_model *model, size_t layer, size_t unit) {
    const rnn_network *net = &model->network;
    const rnn_layer_layout *at = &net->layer[layer];
    size_t inputs = rnn_network_inputs(net, layer);
    for (size_t i = 0; i < PLANTED_HIDDEN; i++)
        model->parameters[at->weight_hh + unit * PLANTED_HIDDEN + i] = i == unit ? 3 : 0;
    for (size_t i = 0; i < inputs; i++)
        model->parameters[at->weight_ih + unit * inputs + i] = 0;
    model->parameters[at->bias_ih + unit] = -0.1F;
    model->parameters[at->bias_hh + unit] = 0;
}

static inline float *planted_input(rnn_model *model, size_t layer, size_t unit, size_t input) {
    const rnn_network *net = &model->network;
    return model->parameters + net->layer[layer].weight_ih + unit * rnn_network_inputs(net, layer) +
           input;
}

static inline size_t planted_symbol(const rnn_model *model, const char *character) {
    return (size_t)rnn_vocabulary_find(model->vocabulary, character, strlen(character));
}

/* In layer 0 one that falls inside quotes; in layer 1 one that rises inside brackets, told
 * of by one that feels them come and go. */
static inline rnn_model *planted_model(const char *text) {
    rnn_model *model = made_model(text, RNN_CELL_TANH, PLANTED_HIDDEN, 0, 0);
    planted_latch(model, 0, PLANTED_QUOTE_UNIT);
    *planted_input(model, 0, PLANTED_QUOTE_UNIT, planted_symbol(model, PLANTED_OPEN)) = -8;
    *planted_input(model, 0, PLANTED_QUOTE_UNIT, planted_symbol(model, PLANTED_CLOSE)) = 8;
    planted_latch(model, 0, PLANTED_PULSE_UNIT);
    model->parameters[model->network.layer[0].weight_hh + PLANTED_PULSE_UNIT * PLANTED_HIDDEN +
                      PLANTED_PULSE_UNIT] = 0;
    model->parameters[model->network.layer[0].bias_ih + PLANTED_PULSE_UNIT] = 0;
    *planted_input(model, 0, PLANTED_PULSE_UNIT, planted_symbol(model, "(")) = 8;
    *planted_input(model, 0, PLANTED_PULSE_UNIT, planted_symbol(model, ")")) = -8;
    planted_latch(model, 1, PLANTED_BRACKET_UNIT);
    *planted_input(model, 1, PLANTED_BRACKET_UNIT, PLANTED_PULSE_UNIT) = 8;
    return model;
}

#endif
