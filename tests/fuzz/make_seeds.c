/* SPDX-License-Identifier: MIT
 *
 * make_seeds.c - what the fuzzers begin with.
 *
 *   make_seeds DIRECTORY    fills DIRECTORY/json, .../safetensors, ... for fuzz_json, ...
 */
#include <sys/stat.h>

#include "base/files.h"
#include "base/memory.h"
#include "formats/safetensors.h"
#include "model/configuration.h"
#include "tests/model/made_model.h"
#include "tests/scratch.h"

static char root[512];

/* DIRECTORY/target/name, the directory made. */
static void path_of(const char *target, const char *name, char path[1024]) {
    snprintf(path, 1024, "%.500s/%s", root, target);
    if (rnn_files_make_directory(path, NULL) != RNN_OK)
        abort();
    snprintf(path, 1024, "%.500s/%s/%s", root, target, name);
}

static void put(const char *target, const char *name, const void *bytes, size_t count) {
    char path[1024];
    path_of(target, name, path);
    scratch_write(path, bytes, count);
}

static void put_text(const char *target, const char *name, const char *text) {
    put(target, name, text, strlen(text));
}

/* A model without its seal, for the fuzzers of files. */
static void put_model(rnn_cell cell, size_t layers, size_t embedding, int tied) {
    rnn_network shape = {.cell = cell,
                         .layers = layers,
                         .hidden = 2,
                         .embedding = embedding,
                         .ngrams = layers,
                         .ngram_size = 2,
                         .ngram_rows = 3,
                         .bias = 1,
                         .tied = tied};
    rnn_model *model = made_model_of(shape, MADE_VOCABULARY);
    rnn_window windows[RNN_MAX_WINDOWS];
    rnn_tensor tensors[RNN_MAX_WINDOWS];
    size_t count = rnn_model_windows(&model->network, windows);
    char *configuration, *vocabulary, name[64], path[1024];
    if (rnn_configuration_write(&model->network, &configuration, NULL) != RNN_OK ||
        rnn_vocabulary_write_json(model->vocabulary, &vocabulary, NULL) != RNN_OK)
        abort();
    for (size_t i = 0; i < count; i++) {
        tensors[i] = (rnn_tensor){.name = windows[i].name,
                                  .dtype = "F32",
                                  .rank = windows[i].columns ? 2 : 1,
                                  .shape = {windows[i].rows, windows[i].columns},
                                  .data = model->parameters + windows[i].offset};
        rnn_tensor_size(&tensors[i], &tensors[i].bytes);
    }
    const rnn_metadata metadata[] = {{"format", "pt"},
                                     {"rnn.configuration", configuration},
                                     {"rnn.vocabulary", vocabulary},
                                     {"rnn.history", model->history},
                                     {RNN_CHECKSUM_KEY, "none"}};
    snprintf(name, sizeof name, "%d-%zu-%zu-%d", (int)cell, layers, embedding, tied);
    static const char *const targets[] = {"model", "safetensors"};
    for (size_t i = 0; i < 2; i++) {
        path_of(targets[i], name, path);
        if (rnn_safetensors_save(path, tensors, count, metadata, 5, NULL) != RNN_OK)
            abort();
    }
    put_text("configuration", name, configuration);
    put_text("json", name, vocabulary);
    put_text("vocabulary", "chars", vocabulary);
    rnn_free(vocabulary);
    rnn_free(configuration);
    rnn_model_destroy(model);
}

static void put_open_vocabulary(void) {
    char json[4096], *end = json;
    end += sprintf(end, "{\"units\":\"chars\",\"open\":true,\"normalize\":\"nfc\",\"symbols\":[");
    for (int i = 0; i < 256; i++)
        end += sprintf(end, i < 128 ? "\"\\u%04x\"," : "%d,", i);
    sprintf(end, "\"\\u00e9\"]}");
    put_text("vocabulary", "open", json);
    put_text("vocabulary", "bytes",
             "{\"units\":\"bytes\",\"open\":false,\"normalize\":\"none\",\"symbols\":"
             "[\"a\",\"b\",128,255]}");
}

/* The first byte chooses the language and the size of the pieces. */
static void put_predicates(void) {
    put_text("predicates", "c", "\006int f(a) {\n\tif (a == \"b\") // c\n#if X\n\n  return 1;\n}");
    put_text("predicates", "prose",
             "\012He said: \xE2\x80\x9Cgo.\xE2\x80\x9D See http://ab.cd/ (www.x.y)\n\nIt\xC3\x89");
}

static void put_structures(void) {
    put_text("structure", "c",
             "\005int f(int a[2]) {\n#if X /* it's */\n\"a\\\"\" '\\'' // b\n#endif\n}");
    put_text("structure", "latex",
             "\006\\begin{a}$x_{1}$ $$\\text{$w$}$$ [z] \\(\\) % {\n\n\\end{a}");
    put_text("structure", "wiki",
             "\007== a ==\n[[b]] {{c}} ''d'' '''e''' <ref name=f>g</ref><!-- h -->");
    put_text("structure", "json", "\010{\"a\": [1, \"\\u00e9\"]}\n[]");
    put_text("structure", "quotes",
             "\011\"a (b)\" \xE2\x80\x9C \xE2\x80\x99 \xE2\x80\x9D\n\n\xC2\xAB \xC2\xBB");
}

static void put_requests(void) {
    static const char head[] =
        "Host: 127.0.0.1:8765\nOrigin: http://localhost:8765\nContent-Type: application/json\n"
        "Content-Length: 20\nX-RNN-Token: 0123456789abcdef0123456789abcdef\n"
        "Sec-Fetch-Site: same-origin\n\nrun%20one\n";
    static const char *const bodies[] = {
        "{\"prompt\": \"a\", \"max_tokens\": 9, \"stop\": [\"b\", \"c\"], \"n\": 2, \"seed\": 3}",
        "{\"hidden-size\": 24, \"bias\": false, \"time\": \"3m\", \"cell\": \"gru\"}"};
    char text[1024];
    for (size_t i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "%s%s", head, bodies[i]);
        put_text("requests", i ? "settings" : "completion", text);
    }
}

int main(int count, char **words) {
    if (count != 2) {
        fprintf(stderr, "usage: make_seeds DIRECTORY\n");
        return 2;
    }
    snprintf(root, sizeof root, "%s", words[1]);
    put_model(RNN_CELL_TANH, 1, 0, 0);
    put_model(RNN_CELL_GRU, 2, 3, 0);
    put_model(RNN_CELL_LSTM, 1, 2, 1);
    put_open_vocabulary();
    put_structures();
    put_requests();
    put_predicates();
    put("safetensors", "empty", "\2\0\0\0\0\0\0\0{}", 10);
    put_text("json", "values", "{\"a\":[1,-0.5e+3,true,false,null,\"\\u00e9\\ud83d\\ude00\\n\"]}");
    put_text("json", "string", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001 \xC3\xA9\"");
    static const char *const targets[] = {"utf8", "normalize"};
    for (size_t i = 0; i < 2; i++) {
        put_text(targets[i], "mixed",
                 "1a\xC3\xA9 e\xCC\x81 \xE0\xA4\x95\xE0\xA5\x8D \xE4\xB8\xAD "
                 "\xF0\x9F\x98\x80 \xF0\x9F \xED\xA0\x80\xFF");
        put_text(targets[i], "hangul", "3\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8 \xEA\xB0\x81");
    }
    return 0;
}
