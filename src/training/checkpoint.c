/* SPDX-License-Identifier: MIT
 *
 * checkpoint.c - see checkpoint.h.
 */
#include "training/checkpoint.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"
#include "formats/safetensors.h"

#define VERSION 1

/* The numbers of a checkpoint by name, so that writing and reading cannot drift. */
typedef struct field {
    const char *name;
    size_t offset;
    enum { INTEGER, REAL } type;
} field;

#define AT(member) offsetof(rnn_checkpoint, member)

static const field fields[] = {
    {"batch", AT(batch), INTEGER},
    {"length", AT(length), INTEGER},
    {"step", AT(step), INTEGER},
    {"seconds", AT(seconds), REAL},
    {"loss_sum", AT(loss_sum), REAL},
    {"loss_weight", AT(loss_weight), REAL},
    {"val_loss", AT(val_loss), REAL},
    {"best_val_loss", AT(best_val_loss), REAL},
    {"last_val_step", AT(last_val_step), INTEGER},
    {"last_sample_step", AT(last_sample_step), INTEGER},
    {"since_best", AT(since_best), INTEGER},
    {"rate_scale", AT(rate_scale), REAL},
    {"tries", AT(tries), INTEGER},
    {"log_bytes", AT(log_bytes), INTEGER},
    {"samples_bytes", AT(samples_bytes), INTEGER},
};
#define FIELDS (sizeof fields / sizeof *fields)

#define AT_NETWORK(member) offsetof(rnn_network, member)
/* The shape of the network; size_t members. */
static const field shape[] = {
    {"layers", AT_NETWORK(layers), INTEGER},
    {"hidden", AT_NETWORK(hidden), INTEGER},
    {"embedding", AT_NETWORK(embedding), INTEGER},
    {"symbols", AT_NETWORK(symbols), INTEGER},
    {"ngrams", AT_NETWORK(ngrams), INTEGER},
    {"ngram_size", AT_NETWORK(ngram_size), INTEGER},
    {"ngram_rows", AT_NETWORK(ngram_rows), INTEGER},
};
#define SHAPE (sizeof shape / sizeof *shape)

static const rnn_safetensors_kind kind = {"rnn.resume", "a checkpoint of a training run"};

/* ------------------------------------------------------------------- arrays */

#define ARRAYS 4
static const char *const names[ARRAYS] = {"optimizer.first", "optimizer.second", "parameters",
                                          "state"};

/* How many numbers each of them has. */
static void count_arrays(const rnn_checkpoint *c, size_t counts[ARRAYS]) {
    counts[0] = counts[1] = counts[2] = c->network.parameters;
    counts[3] = (size_t)c->batch * rnn_network_state(&c->network);
}

void rnn_checkpoint_release_arrays(rnn_checkpoint *c) {
    float **owned[] = {&c->parameters, &c->first, &c->second, &c->state};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) {
        rnn_free(*owned[i]);
        *owned[i] = NULL;
    }
}

void rnn_checkpoint_release(rnn_checkpoint *c) {
    rnn_checkpoint_release_arrays(c);
    rnn_free(c->settings);
    rnn_free(c->inputs);
    rnn_free(c->vocabulary);
    memset(c, 0, sizeof *c);
}

/* ------------------------------------------------------------------- saving */

/* JSON has neither NaN nor infinity; a number that is one is left out. */
static int put(json_t *object, const field *f, const void *base) {
    const char *at = (const char *)base + f->offset;
    if (f->type == INTEGER)
        return json_object_set_new(object, f->name,
                                   json_integer(*(const int64_t *)(const void *)at));
    double value = *(const double *)(const void *)at;
    return isfinite(value) ? json_object_set_new(object, f->name, json_real(value)) : 0;
}

static char *describe(const rnn_checkpoint *c) {
    char hash[17];
    snprintf(hash, sizeof hash, "%016" PRIx64, c->corpus_hash);
    json_t *root = json_pack(
        "{s:i, s:s, s:i, s:i, s:i, s:o, s:o, s:o}", "version", VERSION, "corpus_hash", hash, "cell",
        (int)c->network.cell, "bias", c->network.bias, "tied", c->network.tied, "settings",
        json_loads(c->settings, 0, NULL), "inputs", json_loads(c->inputs, 0, NULL), "vocabulary",
        json_loads(c->vocabulary, JSON_ALLOW_NUL, NULL));
    int failed = root == NULL;
    for (size_t i = 0; !failed && i < FIELDS; i++)
        failed = put(root, &fields[i], c) != 0;
    for (size_t i = 0; !failed && i < SHAPE; i++) {
        size_t value = *(const size_t *)(const void *)((const char *)&c->network + shape[i].offset);
        failed = json_object_set_new(root, shape[i].name, json_integer((json_int_t)value)) != 0;
    }
    char *text = failed ? NULL : json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(17));
    json_decref(root);
    return text;
}

static void place(char *path, size_t room, const char *directory, const char *name) {
    snprintf(path, room, "%s/%s", directory, name);
}

/* Saves, and keeps the checkpoint that is replaced as the previous one: it has a second name
 * meanwhile, so that whatever fails, the two of before are still there. Where the file system
 * has no second names, there is no previous one. */
static rnn_status replace(const char *directory, int keep, const rnn_tensor *tensors, size_t count,
                          const char *description, rnn_error *error) {
    rnn_metadata metadata[] = {{kind.key, description}, {RNN_CHECKSUM_KEY, NULL}};
    char path[4096], previous[4096], replaced[4096];
    place(path, sizeof path, directory, RNN_CHECKPOINT_FILE);
    place(previous, sizeof previous, directory, RNN_CHECKPOINT_PREVIOUS);
    place(replaced, sizeof replaced, directory, RNN_CHECKPOINT_REPLACED);
    unlink(replaced);
    int linked = keep && link(path, replaced) == 0;
    rnn_status status = rnn_safetensors_save(path, tensors, count, metadata, 2, error);
    if (linked && status == RNN_OK)
        rename(replaced, previous);
    unlink(replaced);
    return status;
}

rnn_status rnn_checkpoint_save(const rnn_checkpoint *c, const rnn_engine_arrays *arrays,
                               const float *state, const char *directory, rnn_error *error) {
    const float *data[ARRAYS] = {arrays->first, arrays->second, arrays->parameters, state};
    size_t counts[ARRAYS], count = 0;
    rnn_tensor tensors[ARRAYS];
    count_arrays(c, counts);
    for (int i = 0; i < ARRAYS; i++)
        if (data[i])
            tensors[count++] = (rnn_tensor){.name = names[i],
                                            .dtype = "F32",
                                            .rank = 1,
                                            .shape = {counts[i]},
                                            .data = data[i],
                                            .bytes = counts[i] * sizeof(float)};
    char *description = describe(c);
    if (!description)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory to describe a checkpoint");
    /* Where the last one is damaged, the previous one stays until there are two again. */
    rnn_status status = replace(directory, !c->from_previous, tensors, count, description, error);
    free(description);
    return status;
}

/* ------------------------------------------------------------------ loading */

static int take(const json_t *object, const field *f, void *base) {
    void *at = (char *)base + f->offset;
    const json_t *value = json_object_get(object, f->name);
    if (f->type == INTEGER) {
        if (!json_is_integer(value) || json_integer_value(value) < 0)
            return 0;
        *(int64_t *)at = json_integer_value(value);
        return 1;
    }
    if (value && !json_is_real(value))
        return 0;
    *(double *)at = value ? json_real_value(value) : NAN;
    return 1;
}

/* A member as its own JSON text, in the library's memory. */
static char *extract(const json_t *root, const char *name) {
    json_t *member = json_object_get(root, name);
    char *text = member ? json_dumps(member, JSON_COMPACT) : NULL;
    char *copy = text ? rnn_duplicate(text, strlen(text)) : NULL;
    free(text);
    return copy;
}

static rnn_status read_description(rnn_checkpoint *c, const json_t *root, const char *path,
                                   rnn_error *error) {
    const char *hash = json_string_value(json_object_get(root, "corpus_hash"));
    const char *missing = hash ? NULL : "corpus_hash";
    json_int_t version = json_integer_value(json_object_get(root, "version"));
    if (version > VERSION)
        return rnn_fail(error, RNN_ERR_UNSUPPORTED,
                        "%s: written by a later version of this program (checkpoint version %lld, "
                        "this one reads up to %d); resume with that",
                        path, (long long)version, VERSION);
    for (size_t i = 0; !missing && i < FIELDS; i++)
        missing = take(root, &fields[i], c) ? NULL : fields[i].name;
    for (size_t i = 0; !missing && i < SHAPE; i++) {
        json_int_t value = json_integer_value(json_object_get(root, shape[i].name));
        *(size_t *)(void *)((char *)&c->network + shape[i].offset) = (size_t)value;
        missing = value >= 0 ? NULL : shape[i].name;
    }
    if (missing)
        return rnn_fail(error, RNN_ERR_FORMAT, "%s: \"%s\" is missing or no number", path, missing);
    if (isnan(c->best_val_loss))
        c->best_val_loss = INFINITY;
    c->corpus_hash = strtoull(hash, NULL, 16);
    json_int_t cell = json_integer_value(json_object_get(root, "cell"));
    if (cell < RNN_CELL_TANH || cell > RNN_CELL_LSTM || c->batch < 1 || c->length < 1)
        return rnn_fail(error, RNN_ERR_FORMAT, "%s: the network it describes cannot be", path);
    c->network.cell = (rnn_cell)cell;
    c->network.bias = json_integer_value(json_object_get(root, "bias")) != 0;
    c->network.tied = json_integer_value(json_object_get(root, "tied")) != 0;
    c->settings = extract(root, "settings");
    c->inputs = extract(root, "inputs");
    c->vocabulary = extract(root, "vocabulary");
    if (!c->settings || !c->inputs || !c->vocabulary)
        return rnn_fail(error, RNN_ERR_FORMAT, "%s: settings, inputs or vocabulary are missing",
                        path);
    rnn_status status = rnn_network_lay_out(&c->network, error);
    if (status != RNN_OK)
        rnn_error_prefix(error, "%s", path);
    return status;
}

static rnn_status read_arrays(rnn_checkpoint *c, const rnn_safetensors *file, const char *path,
                              rnn_error *error) {
    float **to[ARRAYS] = {&c->first, &c->second, &c->parameters, &c->state};
    size_t counts[ARRAYS];
    count_arrays(c, counts);
    for (int i = 0; i < ARRAYS; i++) {
        const rnn_tensor *tensor = rnn_safetensors_find(file, names[i]);
        if (!tensor && i < 2)
            continue;
        if (!tensor || strcmp(tensor->dtype, "F32") != 0 ||
            tensor->bytes / sizeof(float) != counts[i])
            return rnn_fail(error, RNN_ERR_FORMAT, "%s: \"%s\" is missing or not %zu numbers", path,
                            names[i], counts[i]);
        *to[i] = rnn_allocate(counts[i], sizeof(float));
        if (!*to[i])
            return rnn_fail(error, RNN_ERR_MEMORY, "no memory to load %s", path);
        memcpy(*to[i], tensor->data, (size_t)tensor->bytes);
    }
    return RNN_OK;
}

static rnn_status load_file(rnn_checkpoint *c, const char *path, int arrays, rnn_error *error) {
    rnn_safetensors *file = NULL;
    json_t *root = NULL;
    rnn_error fault;
    rnn_status status = rnn_safetensors_open(&file, path, &kind, &fault);
    /* What we write is supported: where it is not, it is damaged. */
    if (status != RNN_OK)
        return rnn_fail(error, status == RNN_ERR_UNSUPPORTED ? RNN_ERR_FORMAT : status, "%s",
                        fault.message);
    status = rnn_safetensors_verify(file, error);
    if (status != RNN_OK)
        goto done;
    root = json_loads(rnn_safetensors_metadata(file, kind.key),
                      JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    status = read_description(c, root, path, error);
    if (status == RNN_OK && arrays)
        status = read_arrays(c, file, path, error);
done:
    json_decref(root);
    rnn_safetensors_close(file);
    if (status != RNN_OK)
        rnn_checkpoint_release(c);
    return status;
}

rnn_status rnn_checkpoint_load(rnn_checkpoint *c, const char *directory, int arrays,
                               rnn_error *error) {
    char path[4096];
    place(path, sizeof path, directory, RNN_CHECKPOINT_FILE);
    rnn_status status =
        rnn_files_exists(path)
            ? load_file(c, path, arrays, error)
            : rnn_fail(error, RNN_ERR_IO, "%s: there is no run to resume (no %s in it)", directory,
                       RNN_CHECKPOINT_FILE);
    if (status != RNN_ERR_FORMAT && status != RNN_ERR_IO)
        return status;
    place(path, sizeof path, directory, RNN_CHECKPOINT_PREVIOUS);
    if (!rnn_files_exists(path) || load_file(c, path, arrays, NULL) != RNN_OK)
        return status;
    c->from_previous = 1;
    return RNN_OK;
}
