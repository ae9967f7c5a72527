/* SPDX-License-Identifier: MIT
 *
 * test_fixtures.c - every device, every kernel table and several numbers of
 * threads against what PyTorch answers: tests/gold/networks, one file a network.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compute/device.h"
#include "formats/safetensors.h"

#define FIXTURES_AT_LEAST 36

/* Logits, losses and states are compared to within this ... */
static const double exact = 1e-5;
/* ... and gradients to within this share of themselves and of their tensor's largest. */
static const double relative = 1e-4, of_largest = 1e-6;

typedef struct fixture {
    char name[64];
    rnn_safetensors *file;
    rnn_network network;
    size_t batch, length;
    float *parameters, *gradient; /* [network.parameters] */
    float *before, *after;        /* [layers * batch * hidden], twice for LSTM */
} fixture;

static size_t number(const fixture *f, const char *key) {
    const char *value = rnn_safetensors_metadata(f->file, key);
    if (!value)
        fail_msg("%s: no metadata '%s'", f->name, key);
    return (size_t)strtoul(value, NULL, 10);
}

static const rnn_tensor *tensor(const fixture *f, const char *name) {
    const rnn_tensor *found = rnn_safetensors_find(f->file, name);
    if (!found)
        fail_msg("%s: no tensor '%s'", f->name, name);
    return found;
}

/* A copy that is aligned, whatever the file's place. */
static void *contents(const fixture *f, const char *name, size_t items) {
    const rnn_tensor *found = tensor(f, name);
    assert_int_equal(found->bytes, items * 4);
    void *copy = rnn_allocate(items, 4);
    assert_non_null(copy);
    memcpy(copy, found->data, items * 4);
    return copy;
}

/* Fills flat [parameters] from the tensors `prefix`name and counts what was filled. */
static void fill(const fixture *f, const char *prefix, const char *name, size_t offset, float *flat,
                 size_t *filled) {
    char full[64];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    const rnn_tensor *from = tensor(f, full);
    assert_true(offset + from->bytes / 4 <= f->network.parameters);
    memcpy(flat + offset, from->data, from->bytes);
    *filled += from->bytes / 4;
}

static float *flat_parameters(const fixture *f, const char *prefix) {
    const rnn_network *network = &f->network;
    float *flat = rnn_allocate(network->parameters, sizeof *flat);
    assert_non_null(flat);
    size_t filled = 0;
    if (network->embedding)
        fill(f, prefix, "embedding.weight", network->embedding_weight, flat, &filled);
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

/* h, then c for the LSTM, as the device carries them. */
static float *flat_state(const fixture *f, const char *h_name, const char *c_name) {
    size_t each = f->network.layers * f->batch * f->network.hidden;
    int lstm = f->network.cell == RNN_CELL_LSTM;
    float *state = rnn_allocate(each * 2, sizeof *state);
    assert_non_null(state);
    memcpy(state, tensor(f, h_name)->data, each * sizeof *state);
    if (lstm)
        memcpy(state + each, tensor(f, c_name)->data, each * sizeof *state);
    return state;
}

static void open_fixture(fixture *f, const char *file_name) {
    rnn_error error = {0};
    char path[4096];
    memset(f, 0, sizeof *f);
    snprintf(f->name, sizeof f->name, "%s", file_name);
    snprintf(path, sizeof path, "%s/gold/networks/%s", RNN_TEST_DATA, file_name);
    if (rnn_safetensors_open(&f->file, path, &error) != RNN_OK)
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
    f->batch = number(f, "batch");
    f->length = number(f, "length");
    if (rnn_network_lay_out(&f->network, &error) != RNN_OK)
        fail_msg("%s: %s", f->name, error.message);
    f->parameters = flat_parameters(f, "param.");
    f->gradient = flat_parameters(f, "grad.");
    f->before = flat_state(f, "h0", "c0");
    f->after = flat_state(f, "hn", "cn");
}

static void close_fixture(fixture *f) {
    rnn_free(f->parameters);
    rnn_free(f->gradient);
    rnn_free(f->before);
    rnn_free(f->after);
    rnn_safetensors_close(f->file);
}

static void expect_close(const fixture *f, const char *what, const float *got, const float *wanted,
                         size_t count, double tolerance) {
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)got[i] - wanted[i]) <= tolerance))
            fail_msg("%s: %s[%zu] is %.8g, PyTorch has %.8g", f->name, what, i, got[i], wanted[i]);
}

static void expect_state(const fixture *f, const char *when, const rnn_device *device,
                         rnn_engine *engine) {
    size_t count = rnn_network_state(&f->network) * f->batch;
    float *state = rnn_allocate(count, sizeof *state);
    assert_non_null(state);
    device->read_state(engine, state);
    expect_close(f, when, state, f->after, count, exact);
    rnn_free(state);
}

/* Losses [T][B] and hits of one pass in two sequences, the state carried over. */
static void check_evaluate(const fixture *f, const rnn_device *device, rnn_engine *engine) {
    size_t n = f->length * f->batch, symbols = f->network.symbols;
    int32_t *inputs = contents(f, "inputs", n), *targets = contents(f, "targets", n);
    float *wanted = contents(f, "losses", n), *losses = rnn_allocate(n, sizeof *losses);
    float *logits = contents(f, "logits", n * symbols);
    assert_non_null(losses);

    device->write_state(engine, f->before);
    size_t first = f->length / 2, cut = first * f->batch;
    rnn_sequence_result head = {0}, tail;
    if (first > 0)
        head = device->evaluate(engine, first, inputs, targets, losses);
    tail = device->evaluate(engine, f->length - first, inputs + cut, targets + cut, losses + cut);
    expect_close(f, "losses", losses, wanted, n, exact);
    expect_state(f, "state after evaluating", device, engine);

    double sum = 0;
    uint64_t hits = 0;
    for (size_t i = 0; i < n; i++) {
        if (targets[i] < 0)
            continue;
        size_t best = 0;
        for (size_t v = 1; v < symbols; v++)
            if (logits[i * symbols + v] > logits[i * symbols + best])
                best = v;
        hits += best == (size_t)targets[i];
        sum += wanted[i];
    }
    assert_true(fabs(head.loss + tail.loss - sum) <= exact * (double)n);
    assert_int_equal(head.hits + tail.hits, hits);
    rnn_free(inputs);
    rnn_free(targets);
    rnn_free(wanted);
    rnn_free(losses);
    rnn_free(logits);
}

static void check_step(const fixture *f, const rnn_device *device, rnn_engine *engine) {
    size_t n = f->length * f->batch, row = f->batch * f->network.symbols;
    int32_t *inputs = contents(f, "inputs", n);
    float *wanted = contents(f, "logits", n * f->network.symbols);
    float *logits = rnn_allocate(row, sizeof *logits);
    assert_non_null(logits);

    device->write_state(engine, f->before);
    for (size_t t = 0; t < f->length; t++) {
        device->step(engine, inputs + t * f->batch, logits);
        expect_close(f, "logits", logits, wanted + t * row, row, exact);
    }
    expect_state(f, "state after stepping", device, engine);
    rnn_free(inputs);
    rnn_free(wanted);
    rnn_free(logits);
}

/* The gradient, tensor by tensor. */
static void expect_gradient(const fixture *f, const float *got) {
    for (size_t i = 0; i < rnn_safetensors_count(f->file); i++) {
        const rnn_tensor *each = rnn_safetensors_at(f->file, i);
        if (strncmp(each->name, "grad.", 5) != 0)
            continue;
        /* a tensor's window is where fill put it: the fixture's flat array has its values */
        const float *wanted = f->gradient;
        size_t count = each->bytes / 4, offset = 0;
        while (offset + count <= f->network.parameters &&
               memcmp(wanted + offset, each->data, each->bytes) != 0)
            offset++;
        assert_true(offset + count <= f->network.parameters);
        double largest = 0;
        for (size_t j = offset; j < offset + count; j++)
            largest = fmax(largest, fabs((double)wanted[j]));
        for (size_t j = offset; j < offset + count; j++) {
            double allowed = relative * fabs((double)wanted[j]) + of_largest * largest;
            if (!(fabs((double)got[j] - wanted[j]) <= allowed))
                fail_msg("%s: %s[%zu] is %.8g, PyTorch has %.8g", f->name, each->name, j - offset,
                         got[j], wanted[j]);
        }
    }
}

static void check_train(const fixture *f, const rnn_device *device, rnn_engine *engine) {
    size_t n = f->length * f->batch, counted = 0;
    int32_t *inputs = contents(f, "inputs", n), *targets = contents(f, "targets", n);
    float *loss = contents(f, "loss", 1);
    float *gradient = rnn_allocate(f->network.parameters, sizeof *gradient);
    assert_non_null(gradient);
    for (size_t i = 0; i < n; i++)
        counted += targets[i] >= 0;

    /* twice: the gradient replaces the one before */
    for (int again = 0; again < 2; again++) {
        device->write_state(engine, f->before);
        rnn_sequence_result result = device->train(engine, 7, f->length, inputs, targets);
        assert_true(fabs(result.loss / (double)counted - (double)*loss) <= exact);
        expect_state(f, "state after training", device, engine);
        device->read_gradient(engine, gradient);
        expect_gradient(f, gradient);
    }
    rnn_free(inputs);
    rnn_free(targets);
    rnn_free(loss);
    rnn_free(gradient);
}

static void check_engine(const fixture *f, const rnn_device *device, const char *cpu, int threads,
                         int training) {
    rnn_error error = {0};
    rnn_engine *engine = NULL;
    rnn_engine_options options = {.batch = f->batch,
                                  .length = f->length,
                                  .training = training,
                                  .threads = threads,
                                  .cpu = cpu,
                                  .precision = RNN_PRECISION_FLOAT32};
    if (device->create(&engine, &f->network, &options, &error) != RNN_OK)
        fail_msg("%s on %s (%s): %s", f->name, device->name, cpu, error.message);
    device->write_parameters(engine, f->parameters);
    check_evaluate(f, device, engine);
    check_step(f, device, engine);
    if (training)
        check_train(f, device, engine);
    device->destroy(engine);
}

/* All fixtures on one device with one kernel table. */
static size_t check_all(const rnn_device *device, const char *cpu) {
    DIR *folder = opendir(RNN_TEST_DATA "/gold/networks");
    assert_non_null(folder);
    size_t seen = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (!strstr(entry->d_name, ".safetensors"))
            continue;
        fixture f;
        open_fixture(&f, entry->d_name);
        check_engine(&f, device, cpu, 1, 1);
        check_engine(&f, device, cpu, 3, 1);
        check_engine(&f, device, cpu, 2, 0);
        close_fixture(&f);
        seen++;
    }
    closedir(folder);
    return seen;
}

static void test_fixtures(void **state) {
    (void)state;
    for (const rnn_device *const *device = rnn_device_available(); *device; device++) {
        if (strcmp((*device)->name, "cpu") != 0) {
            assert_true(check_all(*device, NULL) >= FIXTURES_AT_LEAST);
            continue;
        }
        for (const rnn_kernels *const *kernels = rnn_kernels_available(); *kernels; kernels++) {
            print_message("cpu, %s\n", (*kernels)->name);
            assert_true(check_all(*device, (*kernels)->name) >= FIXTURES_AT_LEAST);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fixtures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
