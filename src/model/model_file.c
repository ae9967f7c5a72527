/* SPDX-License-Identifier: MIT
 *
 * model_file.c - models to and from their files; docs/model-file.md gives every
 * byte.
 *
 * Loading checks in this order: the file's structure, that it is a model, its
 * checksum, the configuration, the tensors' names and shapes. Tensors are read
 * when the second is clear, and are there twice until they are in the model.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "formats/json.h"
#include "formats/safetensors.h"
#include "model/configuration.h"
#include "model/model.h"

#define FORMAT_KEY        "format" /* "pt": how PyTorch's tools know their own */
#define CONFIGURATION_KEY "rnn.configuration"
#define VOCABULARY_KEY    "rnn.vocabulary"
#define HISTORY_KEY       "rnn.history"

#define PATH_ROOM  4096
#define MAX_COMMAS 65600 /* in a vocabulary's JSON: between its symbols, and a few */

static const rnn_safetensors_kind kind = {CONFIGURATION_KEY, "a model of rnn"};

/* ------------------------------------------------------------------- loading */

static rnn_tensor expected_tensor(const rnn_window *window) {
    return (rnn_tensor){.name = window->name,
                        .dtype = "F32",
                        .rank = window->columns ? 2 : 1,
                        .shape = {window->rows, window->columns}};
}

static int same_kind(const rnn_tensor *a, const rnn_tensor *b) {
    if (strcmp(a->dtype, b->dtype) != 0 || a->rank != b->rank)
        return 0;
    for (size_t i = 0; i < a->rank; i++)
        if (a->shape[i] != b->shape[i])
            return 0;
    return 1;
}

/* The file must hold the network's tensors and no others. */
static rnn_status check_tensors(const rnn_safetensors *file, const rnn_window *windows,
                                size_t count, rnn_error *error) {
    char found_text[RNN_TENSOR_TEXT], expected_text[RNN_TENSOR_TEXT], name[RNN_NAME_TEXT];
    for (size_t i = 0; i < count; i++) {
        rnn_tensor expected = expected_tensor(&windows[i]);
        const rnn_tensor *found = rnn_safetensors_find(file, windows[i].name);
        if (!found)
            return rnn_fail(error, RNN_ERR_FORMAT,
                            "tensor '%s' is missing; the configuration asks for it as %s",
                            windows[i].name, rnn_tensor_text(&expected, expected_text));
        if (!same_kind(found, &expected))
            return rnn_fail(error, RNN_ERR_FORMAT,
                            "tensor '%s' is %s; the configuration asks for %s", windows[i].name,
                            rnn_tensor_text(found, found_text),
                            rnn_tensor_text(&expected, expected_text));
    }
    for (size_t i = 0; i < rnn_safetensors_count(file); i++) {
        const char *found = rnn_safetensors_at(file, i)->name;
        size_t k = 0;
        while (k < count && strcmp(found, windows[k].name) != 0)
            k++;
        if (k == count)
            return rnn_fail(error, RNN_ERR_FORMAT,
                            "tensor '%s' is none that the configuration asks for; %zu others were "
                            "expected",
                            rnn_tensor_name_text(found, name), count);
    }
    return RNN_OK;
}

static int is_finite(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (bits & 0x7F800000u) != 0x7F800000u;
}

static rnn_status check_finite(const rnn_window *window, const float *values, rnn_status code,
                               rnn_error *error) {
    size_t columns = window->columns ? window->columns : 1, count = window->rows * columns, i = 0;
    int finite = 1; /* counted without a way out of the loop, so that vectors can do it */
    for (size_t j = 0; j < count; j++)
        finite &= is_finite(values[j]);
    if (finite)
        return RNN_OK;
    while (is_finite(values[i]))
        i++;
    return rnn_fail(error, code,
                    "tensor '%s' has %s at row %zu, column %zu: the model is "
                    "unusable; take an earlier one",
                    window->name, values[i] != values[i] ? "NaN" : "infinity", i / columns,
                    i % columns);
}

/* Copies all tensors, whose shapes are checked. */
static rnn_status read_parameters(const rnn_safetensors *file, rnn_model *model,
                                  const rnn_window *windows, size_t count, rnn_error *error) {
    for (size_t i = 0; i < count; i++) {
        const rnn_tensor *found = rnn_safetensors_find(file, windows[i].name);
        float *to = model->parameters + windows[i].offset;
        int second = model->network.tied && strcmp(windows[i].name, "output.weight") == 0;
        if (second && memcmp(to, found->data, found->bytes) != 0)
            return rnn_fail(error, RNN_ERR_FORMAT,
                            "the configuration ties the output to the embedding, but "
                            "'output.weight' and 'embedding.weight' differ: make them equal, or "
                            "set tied_output to false");
        memcpy(to, found->data, found->bytes);
        rnn_status status = check_finite(&windows[i], to, RNN_ERR_FORMAT, error);
        if (status != RNN_OK)
            return status;
    }
    return RNN_OK;
}

static rnn_status read_vocabulary(const rnn_safetensors *file, const rnn_network *network,
                                  rnn_vocabulary **out, rnn_error *error) {
    const char *json = rnn_safetensors_metadata(file, VOCABULARY_KEY);
    if (!json)
        return rnn_fail(error, RNN_ERR_FORMAT, "the metadata has no \"%s\"", VOCABULARY_KEY);
    /* What a JSON tree costs goes by its items: hostile ones end here. */
    size_t commas = 0;
    for (const char *at = json; *at; at++)
        commas += *at == ',';
    if (commas > MAX_COMMAS)
        return rnn_fail(error, RNN_ERR_FORMAT,
                        "the vocabulary has more than the 65536 symbols that are possible");
    rnn_status status = rnn_vocabulary_read_json(out, json, strlen(json), error);
    if (status != RNN_OK || (size_t)rnn_vocabulary_size(*out) == network->symbols)
        return status;
    status = rnn_fail(error, RNN_ERR_FORMAT,
                      "the vocabulary has %d symbols, but the configuration says %zu",
                      rnn_vocabulary_size(*out), network->symbols);
    rnn_vocabulary_destroy(*out);
    *out = NULL;
    return status;
}

static rnn_status check_history(const char *history, rnn_status code, rnn_error *error) {
    rnn_json json;
    size_t bytes = strlen(history);
    if (bytes > RNN_MODEL_HISTORY)
        return rnn_fail(error, code, "the history has %zu bytes; at most %zu are allowed", bytes,
                        RNN_MODEL_HISTORY);
    rnn_json_start(&json, history, bytes);
    if (rnn_json_peek(&json) != '{')
        rnn_json_refuse(&json, "an object, '{', was expected");
    if (rnn_json_skip(&json) && rnn_json_finish(&json))
        return RNN_OK;
    return rnn_fail(error, code, "the history is wrong at byte %zu: %s", json.at, json.wrong);
}

static rnn_status read_model(rnn_model **out, const rnn_safetensors *file, rnn_error *error) {
    rnn_network network;
    rnn_window windows[RNN_MAX_WINDOWS];
    rnn_vocabulary *vocabulary = NULL;
    const char *history = rnn_safetensors_metadata(file, HISTORY_KEY);
    const char *configuration = rnn_safetensors_metadata(file, CONFIGURATION_KEY);
    rnn_status status = rnn_configuration_read(&network, configuration, error);
    if (status != RNN_OK)
        return status;
    size_t count = rnn_model_windows(&network, windows);
    status = check_tensors(file, windows, count, error);
    if (status == RNN_OK && history)
        status = check_history(history, RNN_ERR_FORMAT, error);
    if (status == RNN_OK)
        status = read_vocabulary(file, &network, &vocabulary, error);
    if (status == RNN_OK)
        status = rnn_model_create(out, &network, vocabulary, history, error);
    if (status != RNN_OK)
        return status;
    status = read_parameters(file, *out, windows, count, error);
    if (status != RNN_OK) {
        rnn_model_destroy(*out);
        *out = NULL;
    }
    return status;
}

static rnn_status check_and_read(rnn_model **out, const rnn_safetensors *file, const char *name,
                                 rnn_error *error) {
    *out = NULL;
    rnn_status status = rnn_safetensors_verify(file, error);
    if (status != RNN_OK)
        return status;
    status = read_model(out, file, error);
    if (status != RNN_OK)
        rnn_error_prefix(error, "%s", name);
    return status;
}

rnn_status rnn_model_load(rnn_model **out, const char *path, rnn_error *error) {
    char found[PATH_ROOM];
    rnn_safetensors *file;
    *out = NULL;
    rnn_status status = rnn_model_locate(path, found, sizeof found, error);
    if (status == RNN_OK)
        status = rnn_safetensors_open(&file, found, &kind, error);
    if (status != RNN_OK)
        return status;
    status = check_and_read(out, file, found, error);
    rnn_safetensors_close(file);
    return status;
}

rnn_status rnn_model_parse(rnn_model **out, const void *bytes, size_t count, const char *name,
                           rnn_error *error) {
    rnn_safetensors *file;
    *out = NULL;
    rnn_status status = rnn_safetensors_parse(&file, bytes, count, name, &kind, error);
    if (status != RNN_OK)
        return status;
    status = check_and_read(out, file, name, error);
    rnn_safetensors_close(file);
    return status;
}

/* -------------------------------------------------------------------- saving */

rnn_status rnn_model_save(const rnn_model *model, const float *parameters, const char *path,
                          rnn_error *error) {
    rnn_window windows[RNN_MAX_WINDOWS];
    rnn_tensor tensors[RNN_MAX_WINDOWS];
    char *configuration = NULL, *vocabulary = NULL;
    size_t count = rnn_model_windows(&model->network, windows);
    rnn_status status = RNN_OK;
    if (!parameters)
        parameters = model->parameters;
    for (size_t i = 0; status == RNN_OK && i < count; i++) {
        tensors[i] = expected_tensor(&windows[i]);
        tensors[i].data = parameters + windows[i].offset;
        rnn_tensor_size(&tensors[i], &tensors[i].bytes);
        status = check_finite(&windows[i], tensors[i].data, RNN_ERR_DIVERGED, error);
    }
    if (status == RNN_OK)
        status = check_history(model->history, RNN_ERR_RANGE, error);
    if (status == RNN_OK)
        status = rnn_configuration_write(&model->network, &configuration, error);
    if (status == RNN_OK)
        status = rnn_vocabulary_write_json(model->vocabulary, &vocabulary, error);
    if (status != RNN_OK) {
        rnn_error_prefix(error, "%s: not saved", path);
        goto end;
    }
    const rnn_metadata metadata[] = {{FORMAT_KEY, "pt"},
                                     {CONFIGURATION_KEY, configuration},
                                     {VOCABULARY_KEY, vocabulary},
                                     {HISTORY_KEY, model->history},
                                     {RNN_CHECKSUM_KEY, NULL}};
    status = rnn_safetensors_save(path, tensors, count, metadata,
                                  sizeof metadata / sizeof metadata[0], error);
end:
    rnn_free(vocabulary);
    rnn_free(configuration);
    return status;
}
