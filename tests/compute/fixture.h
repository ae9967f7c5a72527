/* SPDX-License-Identifier: MIT
 *
 * fixture.h - for tests: a network that PyTorch has answered for, of tests/gold.
 */
#ifndef RNN_TESTS_FIXTURE_H
#define RNN_TESTS_FIXTURE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compute/device.h"
#include "formats/safetensors.h"

typedef struct fixture {
    char name[64];
    rnn_safetensors *file;
    rnn_network network;
    size_t batch, length;
    float *parameters; /* [network.parameters] */
} fixture;

static inline size_t number(const fixture *f, const char *key) {
    const char *value = rnn_safetensors_metadata(f->file, key);
    if (!value)
        fail_msg("%s: no metadata '%s'", f->name, key);
    return (size_t)strtoul(value, NULL, 10);
}

static inline size_t number_or(const fixture *f, const char *key, size_t otherwise) {
    return rnn_safetensors_metadata(f->file, key) ? number(f, key) : otherwise;
}

static inline const rnn_tensor *tensor(const fixture *f, const char *name) {
    const rnn_tensor *found = rnn_safetensors_find(f->file, name);
    if (!found)
        fail_msg("%s: no tensor '%s'", f->name, name);
    return found;
}

/* A copy that is aligned, whatever the file's place. */
static inline void *contents(const fixture *f, const char *name, size_t items) {
    const rnn_tensor *found = tensor(f, name);
    assert_int_equal(found->bytes, items * 4);
    void *copy = rnn_allocate(items, 4);
    assert_non_null(copy);
    memcpy(copy, found->data, items * 4);
    return copy;
}

/* Fills flat [parameters] from the tensors `prefix`name and counts what was filled. */
static inline void fill(const fixture *f, const char *prefix, const char *name, size_t offset,
                        float *flat, size_t *filled) {
    char full[64];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    const rnn_tensor *from = tensor(f, full);
    assert_true(offset + from->bytes / 4 <= f->network.parameters);
    memcpy(flat + offset, from->data, from->bytes);
    *filled += from->bytes / 4;
}

static inline float *flat_parameters(const fixture *f, const char *prefix) {
    const rnn_network *network = &f->network;
    float *flat = rnn_allocate(network->parameters, sizeof *flat);
    assert_non_null(flat);
    size_t filled = 0;
    if (network->embedding)
        fill(f, prefix, "embedding.weight", network->embedding_weight, flat, &filled);
    if (rnn_network_orders(network) > 0)
        fill(f, prefix, "ngrams.weight", network->ngram_weight, flat, &filled);
    for (size_t k = 0; k < network->layers; k++) {
        const rnn_layer_layout *at = &network->layer[k];
        const char *names[4] = {"weight_ih", "weight_hh", "bias_ih", "bias_hh"};
        const size_t offsets[4] = {at->weight_ih, at->weight_hh, at->bias_ih, at->bias_hh};
        for (int i = 0; i < (network->bias ? 4 : 2); i++) {
            char name[40];
            snprintf(name, sizeof name, "rnn.%s_l%zu", names[i], k);
            fill(f, prefix, name, offsets[i], flat, &filled);
        }
    }
    if (!network->tied)
        fill(f, prefix, "output.weight", network->output_weight, flat, &filled);
    fill(f, prefix, "output.bias", network->output_bias, flat, &filled);
    assert_int_equal(filled, network->parameters);
    return flat;
}

/* h, then c for the LSTM, then with n-grams the symbols read last, as the device carries them:
 * those "at" 0, the beginning, or n, the end. */
static inline float *flat_state(const fixture *f, const char *at) {
    size_t each = f->network.layers * f->batch * f->network.hidden;
    size_t orders = rnn_network_orders(&f->network);
    int lstm = f->network.cell == RNN_CELL_LSTM;
    char h_name[8], c_name[8], before_name[16];
    snprintf(h_name, sizeof h_name, "h%s", at);
    snprintf(c_name, sizeof c_name, "c%s", at);
    snprintf(before_name, sizeof before_name, "before%s", at);
    float *state = rnn_allocate(each * 2 + orders * f->batch, sizeof *state);
    assert_non_null(state);
    memcpy(state, tensor(f, h_name)->data, each * sizeof *state);
    if (lstm)
        memcpy(state + each, tensor(f, c_name)->data, each * sizeof *state);
    if (orders > 0)
        memcpy(state + (lstm ? 2 : 1) * each, tensor(f, before_name)->data,
               orders * f->batch * sizeof *state);
    return state;
}

static inline void open_fixture(fixture *f, const char *folder, const char *file_name) {
    rnn_error error = {0};
    char path[4096];
    memset(f, 0, sizeof *f);
    snprintf(f->name, sizeof f->name, "%.63s", file_name);
    snprintf(path, sizeof path, "%s/gold/%s/%s", RNN_TEST_DATA, folder, file_name);
    if (rnn_safetensors_open(&f->file, path, NULL, &error) != RNN_OK)
        fail_msg("%s", error.message);

    const char *cell = rnn_safetensors_metadata(f->file, "cell");
    assert_non_null(cell);
    f->network.cell = strcmp(cell, "lstm") == 0  ? RNN_CELL_LSTM
                      : strcmp(cell, "gru") == 0 ? RNN_CELL_GRU
                                                 : RNN_CELL_TANH;
    f->network.layers = number(f, "layers");
    f->network.hidden = number(f, "hidden");
    f->network.embedding = number(f, "embedding");
    f->network.symbols = number(f, "symbols");
    f->network.bias = (int)number(f, "bias");
    f->network.tied = (int)number(f, "tied");
    f->network.ngrams = number_or(f, "ngrams", 1);
    f->network.ngram_size = number_or(f, "ngram_size", 0);
    f->network.ngram_rows = number_or(f, "ngram_rows", 0);
    f->batch = number(f, "batch");
    f->length = number(f, "length");
    if (rnn_network_lay_out(&f->network, &error) != RNN_OK)
        fail_msg("%s: %s", f->name, error.message);
    f->parameters = flat_parameters(f, "param.");
}

static inline void close_fixture(fixture *f) {
    rnn_free(f->parameters);
    rnn_safetensors_close(f->file);
}

static inline void expect_close(const fixture *f, const char *what, const float *got,
                                const float *wanted, size_t count, double tolerance) {
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)got[i] - wanted[i]) <= tolerance))
            fail_msg("%s: %s[%zu] is %.8g, PyTorch has %.8g", f->name, what, i, got[i], wanted[i]);
}

#endif
