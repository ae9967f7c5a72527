/* SPDX-License-Identifier: MIT
 *
 * configuration.c - see configuration.h.
 */
#include "model/configuration.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "formats/json.h"
#include "formats/safetensors.h"

static const char *const cells[] = {"tanh", "gru", "lstm"}; /* by rnn_cell */

const char *rnn_configuration_cell(rnn_cell cell) {
    return cells[cell];
}

rnn_status rnn_configuration_write(const rnn_network *network, char **out, rnn_error *error) {
    char text[400], ngrams[100] = "";
    int reads_ngrams = rnn_network_orders(network) > 0;
    if (reads_ngrams)
        snprintf(ngrams, sizeof ngrams, ",\"ngrams\":%zu,\"ngram_size\":%zu,\"ngram_rows\":%zu",
                 network->ngrams, network->ngram_size, network->ngram_rows);
    int length =
        snprintf(text, sizeof text,
                 "{\"version\":%d,\"cell\":\"%s\",\"num_layers\":%zu,\"hidden_size\":%zu,"
                 "\"embedding_size\":%zu,\"symbols\":%zu,\"bias\":%s,\"tied_output\":%s%s}",
                 reads_ngrams ? RNN_MODEL_VERSION : 1, cells[network->cell], network->layers,
                 network->hidden, network->embedding, network->symbols,
                 network->bias ? "true" : "false", network->tied ? "true" : "false", ngrams);
    *out = rnn_duplicate(text, (size_t)length);
    return *out ? RNN_OK : rnn_fail(error, RNN_ERR_MEMORY, "out of memory for a configuration");
}

enum {
    VERSION,
    CELL,
    LAYERS,
    HIDDEN,
    EMBEDDING,
    SYMBOLS,
    BIAS,
    TIED,
    NGRAMS,
    NGRAM_SIZE,
    NGRAM_ROWS,
    MEMBERS
};

static const char *const members[MEMBERS] = {
    "version", "cell",        "num_layers", "hidden_size", "embedding_size", "symbols",
    "bias",    "tied_output", "ngrams",     "ngram_size",  "ngram_rows"};

/* How many of them a version has. */
static int members_of(uint64_t version) {
    return version < 2 ? NGRAMS : MEMBERS;
}

static int read_cell(rnn_json *json, uint64_t *value) {
    char name[16];
    size_t length;
    if (!rnn_json_string(json, name, sizeof name, &length))
        return 0;
    for (*value = 0; *value < sizeof cells / sizeof cells[0]; ++*value)
        if (strcmp(name, cells[*value]) == 0 && strlen(name) == length)
            return 1;
    return rnn_json_refuse(json, "cell must be \"tanh\", \"gru\" or \"lstm\"");
}

static int read_member(rnn_json *json, int member, uint64_t *value) {
    int flag;
    if (member == CELL)
        return read_cell(json, value);
    if (member != BIAS && member != TIED)
        return rnn_json_whole(json, value);
    if (!rnn_json_boolean(json, &flag))
        return 0;
    *value = (uint64_t)flag;
    return 1;
}

/* All members' values; those of later versions are passed over and named in
 * `unknown`, for the version decides what they mean. */
static int read_members(rnn_json *json, uint64_t values[MEMBERS], unsigned *seen,
                        char unknown[RNN_NAME_TEXT]) {
    if (!rnn_json_enter(json, '{'))
        return 0;
    for (size_t i = 0; rnn_json_next(json, '}', i); i++) {
        char key[64];
        size_t length;
        int member = 0;
        if (!rnn_json_key(json, key, sizeof key, &length))
            return 0;
        while (member < MEMBERS && (strcmp(key, members[member]) != 0 || strlen(key) != length))
            member++;
        if (member == MEMBERS) {
            rnn_tensor_name_text(key, unknown);
            if (!rnn_json_skip(json))
                return 0;
            continue;
        }
        if (*seen & 1u << member)
            return rnn_json_refuse(json, "a member stands there twice");
        *seen |= 1u << member;
        if (!read_member(json, member, &values[member]))
            return 0;
    }
    return rnn_json_finish(json);
}

static int fits(uint64_t value) {
    return value <= 0x7FFFFFFF;
}

rnn_status rnn_configuration_read(rnn_network *network, const char *text, rnn_error *error) {
    uint64_t values[MEMBERS] = {0};
    unsigned seen = 0;
    char unknown[RNN_NAME_TEXT] = "";
    rnn_json json;
    rnn_json_start(&json, text, strlen(text));
    int good = read_members(&json, values, &seen, unknown);
    if ((seen & 1u << VERSION) && values[VERSION] > RNN_MODEL_VERSION)
        return rnn_fail(error, RNN_ERR_UNSUPPORTED,
                        "the model has version %llu of the format; this build reads up to %d: use "
                        "a later rnn",
                        (unsigned long long)values[VERSION], RNN_MODEL_VERSION);
    if (!good)
        return rnn_fail(error, RNN_ERR_FORMAT, "the configuration is wrong at byte %zu: %s",
                        json.at, json.wrong);
    for (int i = 0; i < MEMBERS; i++)
        if (i < members_of(values[VERSION]) && !(seen & 1u << i))
            return rnn_fail(error, RNN_ERR_FORMAT, "the configuration lacks \"%s\"", members[i]);
        else if (i >= members_of(values[VERSION]) && (seen & 1u << i))
            snprintf(unknown, sizeof unknown, "%s", members[i]);
    if (unknown[0] || values[VERSION] < 1)
        return rnn_fail(error, RNN_ERR_FORMAT, "the configuration has %s%s%s",
                        unknown[0] ? "an unknown member, \"" : "version 0; ",
                        unknown[0] ? unknown : "1 was expected", unknown[0] ? "\"" : "");
    for (int i = LAYERS; i < MEMBERS; i++)
        if (!fits(values[i]))
            return rnn_fail(error, RNN_ERR_FORMAT, "the configuration's \"%s\" is %llu: too large",
                            members[i], (unsigned long long)values[i]);
    *network = (rnn_network){
        .cell = (rnn_cell)values[CELL],
        .layers = (size_t)values[LAYERS],
        .hidden = (size_t)values[HIDDEN],
        .embedding = (size_t)values[EMBEDDING],
        .symbols = (size_t)values[SYMBOLS],
        .bias = (int)values[BIAS],
        .tied = (int)values[TIED],
        .ngrams = (size_t)values[NGRAMS],
        .ngram_size = (size_t)values[NGRAM_SIZE],
        .ngram_rows = (size_t)values[NGRAM_ROWS],
    };
    if (rnn_network_lay_out(network, error) == RNN_OK)
        return RNN_OK;
    if (error)
        error->code = RNN_ERR_FORMAT; /* a bad file, not a user's setting */
    return RNN_ERR_FORMAT;
}
