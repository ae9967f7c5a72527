/* SPDX-License-Identifier: MIT
 *
 * made_model.h - for tests: a random model over the characters of a text.
 */
#ifndef RNN_TESTS_MADE_MODEL_H
#define RNN_TESTS_MADE_MODEL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "model/model.h"
#include "text/census.h"

/* The longest n-grams that the next models read; 0: none. */
static size_t made_ngrams;

/* A model that is ready to be read; aborts if that fails. */
static inline rnn_model *made_model(const char *text, rnn_cell cell, size_t hidden,
                                    size_t embedding, int max_symbols) {
    rnn_error error = {RNN_OK, ""};
    rnn_census *census;
    rnn_vocabulary *vocabulary;
    rnn_model *model = NULL;
    rnn_status status = rnn_census_create(&census, &error);
    if (status == RNN_OK)
        rnn_census_add(census, text, strlen(text), 1);
    if (status == RNN_OK)
        status =
            rnn_vocabulary_create(&vocabulary, census, RNN_UNITS_CHARS, max_symbols, 0, &error);
    rnn_census_destroy(census);
    if (status == RNN_OK) {
        rnn_network shape = {.cell = cell,
                             .layers = 2,
                             .hidden = hidden,
                             .embedding = embedding,
                             .symbols = (size_t)rnn_vocabulary_size(vocabulary),
                             .ngrams = made_ngrams,
                             .ngram_size = 5,
                             .ngram_rows = 50,
                             .bias = 1};
        status = rnn_model_create(&model, &shape, vocabulary, "{}", &error);
    }
    if (status == RNN_OK)
        status = rnn_model_initialise(model, 5, 1, &error);
    for (size_t i = 0; status == RNN_OK && i < model->network.parameters; i++)
        model->parameters[i] *= 3; /* decided enough for sampling to show it */
    for (size_t i = 0; status == RNN_OK && i < 250 * rnn_network_orders(&model->network); i++)
        model->parameters[model->network.ngram_weight + i] =
            (float)rnn_random_normal(5, RNN_RANDOM_WEIGHTS, 1000, i);
    if (status != RNN_OK) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    return model;
}

#endif
