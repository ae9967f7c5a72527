/* SPDX-License-Identifier: MIT
 *
 * test_model_file.c - what is saved is loaded, bit for bit; what is damaged or
 * hostile is refused with its reason.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/files.h"
#include "base/memory.h"
#include "base/random.h"
#include "formats/safetensors.h"
#include "tests/model/made_model.h"
#include "tests/scratch.h"

static scratch place;
static char name[1024];

static int set_up(void **state) {
    (void)state;
    scratch_make(&place);
    scratch_name(&place, "model.safetensors", name);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    scratch_remove(&place);
    return 0;
}

static void assert_says(const rnn_error *error, const char *fragment) {
    if (!strstr(error->message, fragment))
        fail_msg("\"%s\" does not say \"%s\"", error->message, fragment);
}

static rnn_model *small_model(void) {
    return made_model(RNN_CELL_LSTM, 1, 3, 2, 1, 0, MADE_VOCABULARY);
}

static void test_round_trip_of_every_shape(void **state) {
    (void)state;
    for (int cell = 0; cell < 3; cell++)
        for (size_t layers = 1; layers <= 3; layers++)
            for (int kind = 0; kind < 4; kind++) {
                int bias = kind != 1, tied = kind == 3;
                rnn_network shape = {.cell = (rnn_cell)cell,
                                     .layers = layers,
                                     .hidden = 5,
                                     .embedding = kind < 2 ? 0 : 5,
                                     .ngrams = layers,
                                     .ngram_size = 2,
                                     .ngram_rows = 7,
                                     .bias = bias,
                                     .tied = tied};
                rnn_model *model = made_model_of(shape, MADE_VOCABULARY);
                rnn_model *loaded = NULL;
                rnn_error error = {0};
                model->parameters[1] = -0.0f;
                if (rnn_model_save(model, NULL, name, &error) != RNN_OK ||
                    rnn_model_load(&loaded, name, &error) != RNN_OK)
                    fail_msg("%s", error.message);
                assert_int_equal(loaded->network.parameters, model->network.parameters);
                assert_memory_equal(loaded->parameters, model->parameters,
                                    model->network.parameters * sizeof(float));
                assert_int_equal(loaded->network.cell, cell);
                assert_int_equal(loaded->network.tied, tied);
                assert_int_equal(rnn_network_orders(&loaded->network), layers - 1);
                assert_int_equal(rnn_model_describe(loaded).ngrams, layers);
                assert_int_equal(loaded->network.bias, bias);
                assert_true(rnn_vocabulary_equal(loaded->vocabulary, model->vocabulary));
                assert_string_equal(rnn_model_history(loaded), "{\"steps\":3}");
                rnn_model_destroy(model);
                rnn_model_destroy(loaded);
            }
}

static void test_saving_is_reproducible(void **state) {
    (void)state;
    char again[1024];
    rnn_model *model = small_model(), *loaded;
    scratch_name(&place, "again", again);
    assert_int_equal(rnn_model_save(model, NULL, name, NULL), RNN_OK);
    assert_int_equal(rnn_model_load(&loaded, name, NULL), RNN_OK);
    assert_int_equal(rnn_model_save(loaded, NULL, again, NULL), RNN_OK);
    size_t count, count2;
    unsigned char *a = scratch_read(name, &count), *b = scratch_read(again, &count2);
    assert_int_equal(count, count2);
    assert_memory_equal(a, b, count);
    free(b);
    /* Other parameters than the model's own. */
    float *others = rnn_allocate(model->network.parameters, sizeof *others);
    assert_int_equal(rnn_model_save(model, others, again, NULL), RNN_OK);
    rnn_model_destroy(loaded);
    assert_int_equal(rnn_model_load(&loaded, again, NULL), RNN_OK);
    assert_memory_equal(loaded->parameters, others, model->network.parameters * sizeof *others);
    rnn_free(others);
    free(a);
    rnn_model_destroy(model);
    rnn_model_destroy(loaded);
}

/* ------------------------------------------------------------------- damage */

static void expect_refused(const unsigned char *bytes, size_t count, const char *what, size_t at) {
    rnn_model *model;
    rnn_error error = {0};
    rnn_status status = rnn_model_parse(&model, bytes, count, "damaged.safetensors", &error);
    if (status == RNN_OK)
        fail_msg("%s at %zu was loaded", what, at);
    if (status != RNN_ERR_FORMAT && status != RNN_ERR_UNSUPPORTED)
        fail_msg("%s at %zu: status %d", what, at, status);
    if (!strstr(error.message, "damaged.safetensors"))
        fail_msg("%s at %zu: the file is not named: %s", what, at, error.message);
    assert_null(model);
}

static void test_every_truncation_is_refused(void **state) {
    (void)state;
    rnn_model *model = small_model();
    assert_int_equal(rnn_model_save(model, NULL, name, NULL), RNN_OK);
    size_t count;
    unsigned char *bytes = scratch_read(name, &count);
    for (size_t n = 0; n < count; n++) {
        /* Of its own size, so that a read beyond the end is seen. */
        unsigned char *copy = malloc(n ? n : 1);
        memcpy(copy, bytes, n);
        expect_refused(copy, n, "truncation", n);
        free(copy);
    }
    free(bytes);
    rnn_model_destroy(model);
}

static void test_every_flipped_bit_is_refused(void **state) {
    (void)state;
    rnn_model *model = made_model(RNN_CELL_GRU, 1, 12, 0, 1, 0, MADE_VOCABULARY);
    assert_int_equal(rnn_model_save(model, NULL, name, NULL), RNN_OK);
    size_t count;
    unsigned char *bytes = scratch_read(name, &count);
    size_t data = 8 + (size_t)(bytes[0] | bytes[1] << 8);
    assert_true(data % 8 == 0 && data < count);
    for (size_t bit = 0; bit < 8 * data; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        expect_refused(bytes, count, "header bit", bit);
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    for (uint64_t i = 0; i < 2000; i++) {
        uint64_t bit = rnn_random_bits(1, RNN_RANDOM_BATCHES, 0, i) % (8 * (count - data));
        bytes[data + bit / 8] ^= (unsigned char)(1u << bit % 8);
        expect_refused(bytes, count, "payload bit", (size_t)bit);
        bytes[data + bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    rnn_model *loaded;
    assert_int_equal(rnn_model_parse(&loaded, bytes, count, "f", NULL), RNN_OK);
    rnn_model_destroy(loaded);
    free(bytes);
    rnn_model_destroy(model);
}

/* ------------------------------------------------------------- hostile files */

/* A file of parts that are all good but for what a case changes. */
typedef struct parts {
    const char *configuration, *vocabulary, *history, *checksum;
    rnn_tensor tensors[8];
    size_t count;
} parts;

static float ones[64];

static rnn_tensor matrix(const char *tensor_name, uint64_t rows, uint64_t columns) {
    return (rnn_tensor){.name = tensor_name,
                        .dtype = "F32",
                        .rank = columns ? 2 : 1,
                        .shape = {rows, columns},
                        .data = ones,
                        .bytes = 4 * rows * (columns ? columns : 1)};
}

/* tanh, one layer of 2, embedding of 2, three symbols. */
static parts good_parts(void) {
    parts it = {
        .configuration = "{\"version\":1,\"cell\":\"tanh\",\"num_layers\":1,\"hidden_size\":2,"
                         "\"embedding_size\":2,\"symbols\":3,\"bias\":true,\"tied_output\":true}",
        .vocabulary = "{\"units\":\"chars\",\"open\":false,\"normalize\":\"none\","
                      "\"symbols\":[\"a\",\"b\",\"c\"]}",
        .history = "{}",
        .tensors = {matrix("embedding.weight", 3, 2), matrix("rnn.weight_ih_l0", 2, 2),
                    matrix("rnn.weight_hh_l0", 2, 2), matrix("rnn.bias_ih_l0", 2, 0),
                    matrix("rnn.bias_hh_l0", 2, 0), matrix("output.weight", 3, 2),
                    matrix("output.bias", 3, 0)},
        .count = 7,
    };
    for (int i = 0; i < 64; i++)
        ones[i] = 1.0f;
    return it;
}

static rnn_status load_parts(const parts *it, rnn_error *error) {
    rnn_metadata metadata[5] = {{"format", "pt"}};
    size_t pairs = 1;
    if (it->configuration)
        metadata[pairs++] = (rnn_metadata){"rnn.configuration", it->configuration};
    if (it->vocabulary)
        metadata[pairs++] = (rnn_metadata){"rnn.vocabulary", it->vocabulary};
    if (it->history)
        metadata[pairs++] = (rnn_metadata){"rnn.history", it->history};
    if (!it->checksum || strcmp(it->checksum, "left out") != 0)
        metadata[pairs++] = (rnn_metadata){RNN_CHECKSUM_KEY, it->checksum};
    rnn_model *model;
    assert_int_equal(rnn_safetensors_save(name, it->tensors, it->count, metadata, pairs, error),
                     RNN_OK);
    rnn_status status = rnn_model_load(&model, name, error);
    assert_true((status == RNN_OK) == (model != NULL));
    rnn_model_destroy(model);
    return status;
}

static void expect(const parts *it, rnn_status expected, const char *says) {
    rnn_error error = {0};
    rnn_status status = load_parts(it, &error);
    if (status != expected)
        fail_msg("status %d, not %d: %s (%s)", status, expected, error.message, says ? says : "-");
    if (says) {
        assert_says(&error, says);
        assert_says(&error, name);
    }
}

static void test_configurations(void **state) {
    (void)state;
#define MEMBERS(version, cell, layers, hidden, embedding, symbols, bias, tied)                     \
    "{\"version\":" version ",\"cell\":" cell ",\"num_layers\":" layers ",\"hidden_size\":" hidden \
    ",\"embedding_size\":" embedding ",\"symbols\":" symbols ",\"bias\":" bias                     \
    ",\"tied_output\":" tied "}"
#define NGRAMS(ngrams, size, rows)                                                                 \
    ",\"ngrams\":" ngrams ",\"ngram_size\":" size ",\"ngram_rows\":" rows
    static const struct {
        const char *text;
        rnn_status status;
        const char *says;
    } cases[] = {
        {MEMBERS("1", "\"tanh\"", "1", "2", "2", "3", "true", "true"), RNN_OK, NULL},
        {MEMBERS("1", "\"tanh\"", "1", "2", "2", "3", "true", "false"), RNN_OK, NULL},
        {MEMBERS("3", "\"tanh\"", "1", "2", "2", "3", "true", "true"), RNN_ERR_UNSUPPORTED,
         "a later rnn"},
        {MEMBERS("2", "\"tanh\"", "1", "2", "2", "3", "true", "true"), RNN_ERR_FORMAT,
         "lacks \"ngrams\""},
        {MEMBERS("1", "\"tanh\"", "1", "2", "2", "3", "true", "true,\"\\u001b[2J\":1"),
         RNN_ERR_FORMAT, "\"?[2J\""},
        {MEMBERS("2", "\"tanh\"", "1", "2", "2", "3", "true", "true" NGRAMS("1", "0", "0")), RNN_OK,
         NULL},
        {MEMBERS("1", "\"tanh\"", "1", "2", "2", "3", "true", "true,\"ngrams\":1"), RNN_ERR_FORMAT,
         "an unknown member, \"ngrams\""},
        {MEMBERS("2", "\"tanh\"", "1", "2", "2", "3", "true", "true" NGRAMS("3", "0", "5")),
         RNN_ERR_FORMAT, "ngram_size must be"},
        {MEMBERS("2", "\"tanh\"", "1", "2", "2", "3", "true", "true" NGRAMS("3", "4", "0")),
         RNN_ERR_FORMAT, "ngram_rows must be"},
        {MEMBERS("2", "\"tanh\"", "1", "2", "2", "3", "true", "true" NGRAMS("17", "4", "5")),
         RNN_ERR_FORMAT, "ngrams must be"},
        {MEMBERS("2", "\"tanh\"", "1", "2", "2", "3", "true", "true" NGRAMS("3", "4", "5")),
         RNN_ERR_FORMAT,
         "'ngrams.weight' is missing; the configuration asks for it as F32 [10, 4]"},
        {"{\"version\":99,\"cells\":[{}]}", RNN_ERR_UNSUPPORTED, "version 99"},
        {"{\"version\":99,\"cell\":\"qrnn\"}", RNN_ERR_UNSUPPORTED, "version 99"},
        {MEMBERS("0", "\"tanh\"", "1", "2", "2", "3", "true", "true"), RNN_ERR_FORMAT, "version 0"},
        {MEMBERS("1.0", "\"tanh\"", "1", "2", "2", "3", "true", "true"), RNN_ERR_FORMAT, "whole"},
        {MEMBERS("1", "\"rnn\"", "1", "2", "2", "3", "true", "true"), RNN_ERR_FORMAT, "cell must"},
        {MEMBERS("1", "\"tanh\\u0000\"", "1", "2", "2", "3", "true", "true"), RNN_ERR_FORMAT,
         "cell must"},
        {MEMBERS("1", "0", "1", "2", "2", "3", "true", "true"), RNN_ERR_FORMAT, "a string"},
        {MEMBERS("1", "\"tanh\"", "0", "2", "2", "3", "true", "true"), RNN_ERR_FORMAT, "0 layers"},
        {MEMBERS("1", "\"tanh\"", "33", "2", "2", "3", "true", "true"), RNN_ERR_FORMAT,
         "33 layers"},
        {MEMBERS("1", "\"tanh\"", "-1", "2", "2", "3", "true", "true"), RNN_ERR_FORMAT, "whole"},
        {MEMBERS("1", "\"tanh\"", "1", "65537", "2", "3", "true", "false"), RNN_ERR_FORMAT,
         "hidden size"},
        {MEMBERS("1", "\"lstm\"", "32", "65536", "2", "3", "true", "false"), RNN_ERR_FORMAT,
         "parameters"},
        {MEMBERS("1", "\"tanh\"", "18446744073709551615", "2", "2", "3", "true", "true"),
         RNN_ERR_FORMAT, "too large"},
        {MEMBERS("1", "\"tanh\"", "4294967297", "2", "2", "3", "true", "true"), RNN_ERR_FORMAT,
         "too large"},
        {MEMBERS("1", "\"tanh\"", "18446744073709551616", "2", "2", "3", "true", "true"),
         RNN_ERR_FORMAT, "64 bits"},
        {MEMBERS("1", "\"tanh\"", "1", "2", "3", "3", "true", "true"), RNN_ERR_FORMAT,
         "make them equal"},
        {MEMBERS("1", "\"tanh\"", "1", "2", "2", "0", "true", "true"), RNN_ERR_FORMAT, "0 symbols"},
        {MEMBERS("1", "\"tanh\"", "1", "2", "2", "3", "1", "true"), RNN_ERR_FORMAT,
         "true or false"},
        {MEMBERS("1", "\"tanh\"", "1", "2", "2", "3", "true", "null"), RNN_ERR_FORMAT,
         "true or false"},
        /* good, but not this file's tensors */
        {MEMBERS("1", "\"gru\"", "1", "2", "2", "3", "true", "true"), RNN_ERR_FORMAT,
         "'rnn.weight_ih_l0' is F32 [2, 2]; the configuration asks for F32 [6, 2]"},
        {MEMBERS("1", "\"tanh\"", "2", "2", "2", "3", "true", "true"), RNN_ERR_FORMAT,
         "'rnn.weight_ih_l1' is missing; the configuration asks for it as F32 [2, 2]"},
        {MEMBERS("1", "\"tanh\"", "1", "2", "2", "3", "false", "true"), RNN_ERR_FORMAT,
         "'rnn.bias_hh_l0' is none"},
        {MEMBERS("1", "\"tanh\"", "1", "2", "0", "3", "true", "false"), RNN_ERR_FORMAT,
         "F32 [2, 3]"},
        {MEMBERS("1", "\"tanh\"", "1", "2", "2", "4", "true", "true"), RNN_ERR_FORMAT,
         "F32 [4, 2]"},
        {MEMBERS("1", "\"tanh\"", "1", "65536", "0", "65536", "true", "false"), RNN_ERR_FORMAT,
         "parameters"},
        /* not an object of these members */
        {"", RNN_ERR_FORMAT, "an object"},
        {"[]", RNN_ERR_FORMAT, "an object"},
        {"{}", RNN_ERR_FORMAT, "lacks \"version\""},
        {"{\"version\":1}", RNN_ERR_FORMAT, "lacks \"cell\""},
        {"{\"version\":1,\"version\":1}", RNN_ERR_FORMAT, "twice"},
        {"{\"version\":1,\"more\":[1,{\"x\":null}],\"cell\":\"tanh\",\"num_layers\":1,"
         "\"hidden_size\":2,\"embedding_size\":2,\"symbols\":3,\"bias\":true,"
         "\"tied_output\":true}",
         RNN_ERR_FORMAT, "an unknown member, \"more\""},
        {"{\"version\":1,\"more\":[1,}", RNN_ERR_FORMAT, "byte"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        parts it = good_parts();
        it.configuration = cases[i].text;
        expect(&it, cases[i].status, cases[i].says);
    }
    parts it = good_parts();
    it.configuration = NULL;
    expect(&it, RNN_ERR_FORMAT, "not a model of rnn");
    it.checksum = "left out";
    expect(&it, RNN_ERR_FORMAT, "not a model of rnn");
}

static void test_metadata(void **state) {
    (void)state;
    static const char *const vocabularies[] = {
        "",
        "{}",
        "{\"units\":\"chars\",\"open\":false,\"normalize\":\"none\",\"symbols\":[\"a\",\"b\"]}",
        "{\"units\":\"chars\",\"open\":false,\"normalize\":\"none\",\"symbols\":[\"a\",\"b\","
        "\"c\",\"d\"]}",
        "{\"units\":\"chars\",\"open\":false,\"normalize\":\"none\",\"symbols\":[\"a\",\"a\","
        "\"c\"]}",
        "{\"units\":\"chars\",\"open\":true,\"normalize\":\"none\",\"symbols\":[\"a\",\"b\","
        "\"c\"]}",
    };
    parts it = good_parts();
    expect(&it, RNN_OK, NULL);
    for (size_t i = 0; i < sizeof vocabularies / sizeof vocabularies[0]; i++) {
        it.vocabulary = vocabularies[i];
        expect(&it, RNN_ERR_FORMAT, "vocabulary");
    }
    char *long_list = malloc(70000 * 2 + 100), *end = long_list;
    end += sprintf(end, "{\"symbols\":[0");
    for (int i = 0; i < 70000; i++)
        end += sprintf(end, ",0");
    sprintf(end, "]}");
    it.vocabulary = long_list;
    expect(&it, RNN_ERR_FORMAT, "more than the 65536 symbols");
    free(long_list);
    it.vocabulary = NULL;
    expect(&it, RNN_ERR_FORMAT, "rnn.vocabulary");

    it = good_parts();
    static const char *const histories[] = {"", "[]", "1", "{", "{}}", "{\"a\":}"};
    for (size_t i = 0; i < sizeof histories / sizeof histories[0]; i++) {
        it.history = histories[i];
        expect(&it, RNN_ERR_FORMAT, "the history is wrong");
    }
    const size_t most = RNN_MODEL_HISTORY;
    char *long_history = malloc(most + 2);
    memset(long_history, ' ', most + 1);
    long_history[0] = '{';
    long_history[most - 1] = '}';
    long_history[most] = '\0';
    it.history = long_history;
    expect(&it, RNN_OK, NULL);
    long_history[most] = ' ';
    long_history[most + 1] = '\0';
    expect(&it, RNN_ERR_FORMAT, "the history has 4194305 bytes; at most 4194304");
    free(long_history);
    it.history = " {\"a\":[1.5e3,null]} ";
    expect(&it, RNN_OK, NULL);
    it.history = NULL;
    expect(&it, RNN_OK, NULL);

    it = good_parts();
    it.checksum = "left out";
    expect(&it, RNN_ERR_FORMAT, "set rnn.checksum to \"none\"");
    it.checksum = "none";
    expect(&it, RNN_OK, NULL);
    it.checksum = "0123456789abcdef";
    expect(&it, RNN_ERR_FORMAT, "do not match their checksum");
    it.checksum = "";
    expect(&it, RNN_ERR_FORMAT, "do not match their checksum");
}

static void test_tensors(void **state) {
    (void)state;
    parts it = good_parts();
    it.count = 6;
    expect(&it, RNN_ERR_FORMAT, "'output.bias' is missing");
    it = good_parts();
    it.tensors[it.count++] = matrix("more", 1, 1);
    expect(&it, RNN_ERR_FORMAT, "'more' is none that the configuration asks for; 7 others");
    it = good_parts();
    it.tensors[6].dtype = "I32";
    expect(&it, RNN_ERR_FORMAT, "'output.bias' is I32 [3]; the configuration asks for F32 [3]");
    it = good_parts();
    it.tensors[6].rank = 2;
    it.tensors[6].shape[1] = 1;
    expect(&it, RNN_ERR_FORMAT, "'output.bias' is F32 [3, 1]; the configuration asks for F32 [3]");
    it = good_parts();
    it.tensors[5] = matrix("output.weight", 2, 3);
    expect(&it, RNN_ERR_FORMAT, "'output.weight' is F32 [2, 3]");
    it = good_parts();
    it.tensors[6].name = "output.Bias";
    expect(&it, RNN_ERR_FORMAT, "'output.bias' is missing");
    /* tied, but not equal */
    it = good_parts();
    float other[6] = {1, 1, 1, 1, 1, 2};
    it.tensors[5].data = other;
    expect(&it, RNN_ERR_FORMAT, "set tied_output to false");
    /* not numbers */
    static const float wrong[] = {NAN, -NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 4; i++) {
        it = good_parts();
        float weights[4] = {1, 1, wrong[i], 1};
        it.tensors[2].data = weights;
        expect(&it, RNN_ERR_FORMAT,
               i < 2 ? "'rnn.weight_hh_l0' has NaN at row 1, column 0"
                     : "'rnn.weight_hh_l0' has infinity at row 1, column 0");
    }
    it = good_parts();
    float bias[3] = {0, 0, NAN};
    it.tensors[6].data = bias;
    expect(&it, RNN_ERR_FORMAT, "'output.bias' has NaN at row 2");
    /* any number that is one, denormals and the largest, is loaded */
    float edges[3] = {1e-45f, -3.4028235e38f, -0.0f};
    it.tensors[6].data = edges;
    expect(&it, RNN_OK, NULL);
}

/* -------------------------------------------------------------------- saving */

static void test_what_is_not_saved(void **state) {
    (void)state;
    rnn_error error;
    rnn_model *model = small_model();
    assert_int_equal(rnn_model_save(model, NULL, name, &error), RNN_OK);
    size_t count, count2;
    unsigned char *before = scratch_read(name, &count);
    model->parameters[model->network.layer[0].weight_hh + 4] = NAN;
    assert_int_equal(rnn_model_save(model, NULL, name, &error), RNN_ERR_DIVERGED);
    assert_says(&error, "'rnn.weight_hh_l0' has NaN at row 1, column 1");
    assert_says(&error, name);
    assert_int_equal(error.code, RNN_ERR_DIVERGED);
    model->parameters[model->network.layer[0].weight_hh + 4] = 0;
    assert_int_equal(rnn_model_save(model, NULL, "/no/such/place", &error), RNN_ERR_IO);
    assert_says(&error, "/no/such/place");
    rnn_free(model->history);
    model->history = rnn_duplicate("[", 1);
    assert_int_equal(rnn_model_save(model, NULL, name, &error), RNN_ERR_RANGE);
    unsigned char *after = scratch_read(name, &count2);
    assert_int_equal(count, count2);
    assert_memory_equal(before, after, count);
    assert_int_equal(scratch_count(place.path), 1);
    free(before);
    free(after);
    rnn_model_destroy(model);
}

static void test_a_file_size_limit_leaves_the_old_model(void **state) {
    (void)state;
    rnn_error error;
    rnn_model *model = made_model(RNN_CELL_LSTM, 1, 64, 0, 1, 0, MADE_VOCABULARY), *loaded;
    assert_int_equal(rnn_model_save(model, NULL, name, &error), RNN_OK);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {20000, 20000};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        _exit(rnn_model_save(model, NULL, name, &error) == RNN_ERR_IO ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(rnn_model_load(&loaded, name, &error), RNN_OK);
    assert_int_equal(scratch_count(place.path), 1);
    rnn_model_destroy(loaded);
    rnn_model_destroy(model);
}

static void test_out_of_memory(void **state) {
    (void)state;
    rnn_model *model = small_model();
    for (int loading = 0; loading < 2; loading++)
        for (int for_ever = 0; for_ever < 2; for_ever++) {
            int failed = 0;
            for (uint64_t n = 1;; n++) {
                rnn_model *loaded = NULL;
                rnn_error error = {0};
                rnn_allocate_fail(n, for_ever);
                rnn_status status = loading ? rnn_model_load(&loaded, name, &error)
                                            : rnn_model_save(model, NULL, name, &error);
                rnn_allocate_fail(0, 0);
                rnn_model_destroy(loaded);
                if (status == RNN_OK)
                    break;
                if (status != RNN_ERR_MEMORY || error.code != RNN_ERR_MEMORY)
                    fail_msg("allocation %d: status %d, %s", (int)n, status, error.message);
                failed++;
            }
            assert_true(failed >= 8);
        }
    assert_int_equal(scratch_count(place.path), 1);
    rnn_model_destroy(model);
}

/* ------------------------------------------------------------------ locating */

static void test_which_file_an_argument_means(void **state) {
    (void)state;
    char path[1024], last[1024];
    rnn_error error;
    rnn_model *model = small_model();
    assert_int_equal(rnn_model_locate(place.path, path, sizeof path, &error), RNN_ERR_IO);
    assert_says(&error, "neither model.safetensors nor last.safetensors");
    assert_int_equal(
        rnn_model_save(model, NULL, scratch_name(&place, "last.safetensors", last), &error),
        RNN_OK);
    assert_int_equal(rnn_model_locate(place.path, path, sizeof path, &error), RNN_OK);
    assert_string_equal(path, last);
    assert_int_equal(rnn_model_save(model, NULL, name, &error), RNN_OK);
    assert_int_equal(rnn_model_locate(place.path, path, sizeof path, &error), RNN_OK);
    assert_string_equal(path, name);
    assert_int_equal(rnn_model_locate(last, path, sizeof path, &error), RNN_OK);
    assert_string_equal(path, last);
    rnn_model *loaded;
    assert_int_equal(rnn_model_load(&loaded, place.path, &error), RNN_OK);
    rnn_model_destroy(loaded);
    assert_int_equal(rnn_model_locate(last, path, strlen(last), &error), RNN_ERR_RANGE);
    assert_int_equal(rnn_model_locate(last, path, strlen(last) + 1, &error), RNN_OK);
    assert_int_equal(rnn_model_load(&loaded, "/no/such/model", &error), RNN_ERR_IO);
    assert_null(loaded);
    assert_says(&error, "/no/such/model");
    assert_says(&error, strerror(ENOENT));
    rnn_model_destroy(model);
    /* Nobody writes to it: whoever opens it to read would wait. */
    assert_int_equal(mkfifo(scratch_name(&place, "pipe", path), 0600), 0);
    assert_int_equal(rnn_model_load(&loaded, path, &error), RNN_ERR_IO);
    assert_says(&error, "not a regular file");
    char *endless = malloc(5001);
    memset(endless, 'a', 5000);
    endless[5000] = '\0';
    assert_int_equal(rnn_model_load(&loaded, endless, &error), RNN_ERR_RANGE);
    assert_says(&error, "longer than 4095 bytes");
    free(endless);
}

/* However long the path is, its end and the reason are told. */
static void test_long_paths_in_messages(void **state) {
    (void)state;
    char path[4096], *end = path + sprintf(path, "%s", place.path);
    rnn_error error;
    rnn_model *model = small_model(), *loaded;
    for (int i = 0; i < 8; i++) {
        end += sprintf(end, "/%0200d", i);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    strcpy(end, "/the-model.safetensors");
    assert_int_equal(rnn_model_save(model, NULL, path, &error), RNN_OK);
    rnn_model_destroy(model);
    FILE *file = fopen(path, "r+b");
    fseek(file, -1, SEEK_END);
    int last = getc(file);
    fseek(file, -1, SEEK_END);
    putc(last ^ 1, file);
    fclose(file);
    assert_int_equal(rnn_model_load(&loaded, path, &error), RNN_ERR_FORMAT);
    for (int i = 0; i < 2; i++) {
        rnn_error told = {.code = RNN_ERR_FORMAT, .message = "why"};
        rnn_error_prefix(&told, "%s", i ? end : path);
        assert_says(&told, "/the-model.safetensors: why");
        assert_int_equal(strncmp(told.message, "...", 3) == 0, !i);
    }
    rnn_error full = {.code = RNN_ERR_FORMAT};
    memset(full.message, 'w', sizeof full.message - 1);
    rnn_error_prefix(&full, "%s", path);
    assert_says(&full, "/the-model.safetensors: www");
    assert_true(strlen(full.message) < sizeof full.message);
}

static void test_pickles_are_never_loaded(void **state) {
    (void)state;
    static const struct {
        const char *file;
        const char *bytes;
        size_t count;
    } pickles[] = {
        {"model.pt", "", 0},
        {"model.pth", "anything at all", 15},
        {"renamed.safetensors", "PK\3\4\0\0\10\10\0\0\0\0", 12},
        {"bare.bin", "\x80\2}q\0.", 6},
        {"newer.bin", "\x80\5\x95\0\0\0\0\0\0\0\0.", 12},
    };
    char path[1024];
    rnn_model *loaded;
    rnn_error error;
    for (size_t i = 0; i < sizeof pickles / sizeof pickles[0]; i++) {
        scratch_write(scratch_name(&place, pickles[i].file, path), pickles[i].bytes,
                      pickles[i].count);
        assert_int_equal(rnn_model_load(&loaded, path, &error), RNN_ERR_FORMAT);
        assert_says(&error, "pickle");
        assert_says(&error, "safetensors format instead");
    }
    /* By content it is one of ours, whatever its name. */
    rnn_model *model = small_model();
    assert_int_equal(rnn_model_save(model, NULL, scratch_name(&place, "odd.pt", path), &error),
                     RNN_OK);
    assert_int_equal(rnn_model_load(&loaded, path, &error), RNN_OK);
    rnn_model_destroy(loaded);
    rnn_model_destroy(model);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_round_trip_of_every_shape),
        TEST(test_saving_is_reproducible),
        TEST(test_every_truncation_is_refused),
        TEST(test_every_flipped_bit_is_refused),
        TEST(test_configurations),
        TEST(test_metadata),
        TEST(test_tensors),
        TEST(test_what_is_not_saved),
        TEST(test_a_file_size_limit_leaves_the_old_model),
        TEST(test_out_of_memory),
        TEST(test_which_file_an_argument_means),
        TEST(test_long_paths_in_messages),
        TEST(test_pickles_are_never_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
