/* SPDX-License-Identifier: MIT
 *
 * made_model.h - for tests: small models of any shape.
 */
#ifndef RNN_TESTS_MADE_MODEL_H
#define RNN_TESTS_MADE_MODEL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

#define MADE_VOCABULARY                                                                            \
    "{\"units\": \"chars\", \"open\": false, \"normalize\": \"none\", \"symbols\": "               \
    "[\"\\n\", \" \", \"a\", \"b\", \"c\", \"\\u00e9\", \"\\u0915\", \"\\ud83d\\ude00\"]}"

static inline rnn_vocabulary *made_vocabulary(const char *json) {
    rnn_vocabulary *vocabulary;
    rnn_error error;
    if (rnn_vocabulary_read_json(&vocabulary, json, strlen(json), &error) != RNN_OK) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    return vocabulary;
}

/* A network of this shape, whose symbols are those of a vocabulary of JSON. */
static inline rnn_model *made_model_of(rnn_network shape, const char *json) {
    rnn_vocabulary *vocabulary = made_vocabulary(json);
    shape.symbols = (size_t)rnn_vocabulary_size(vocabulary);
    rnn_model *model;
    rnn_error error;
    if (rnn_model_create(&model, &shape, vocabulary, "{\"steps\":3}", &error) != RNN_OK ||
        rnn_model_initialise(model, 7, 1.0, &error) != RNN_OK) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    return model;
}

static inline rnn_model *made_model(rnn_cell cell, size_t layers, size_t hidden, size_t embedding,
                                    int bias, int tied, const char *json) {
    rnn_network shape = {.cell = cell,
                         .layers = layers,
                         .hidden = hidden,
                         .embedding = embedding,
                         .bias = bias,
                         .tied = tied};
    return made_model_of(shape, json);
}

#endif
