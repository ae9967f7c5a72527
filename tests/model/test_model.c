/* SPDX-License-Identifier: MIT
 *
 * test_model.c - models in memory: windows, creation, initialisation, adoption,
 * encoding.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "tests/model/made_model.h"

#define OPEN_HEAD "{\"units\": \"chars\", \"open\": true, \"normalize\": \"none\", \"symbols\": ["

static rnn_window window_of(const rnn_model *model, const char *name) {
    rnn_window windows[RNN_MAX_WINDOWS];
    size_t count = rnn_model_windows(&model->network, windows);
    for (size_t i = 0; i < count; i++)
        if (strcmp(windows[i].name, name) == 0)
            return windows[i];
    fail_msg("no window %s", name);
    return windows[0];
}

static float *values_of(const rnn_model *model, const char *name) {
    return model->parameters + window_of(model, name).offset;
}

static void test_windows_cover_the_parameters_once(void **state) {
    (void)state;
    for (int cell = 0; cell < 3; cell++)
        for (size_t layers = 1; layers <= 3; layers++)
            for (int kind = 0; kind < 8; kind++) {
                int bias = kind & 1, tied = kind & 2;
                size_t embedding = tied ? 6 : kind & 4 ? 5 : 0;
                size_t ngrams = layers == 2 ? 1 : layers;
                rnn_network shape = {.cell = (rnn_cell)cell,
                                     .layers = layers,
                                     .hidden = 6,
                                     .embedding = embedding,
                                     .ngrams = ngrams,
                                     .ngram_size = 4,
                                     .ngram_rows = 9,
                                     .bias = bias,
                                     .tied = tied};
                rnn_model *model = made_model_of(shape, MADE_VOCABULARY);
                rnn_window windows[RNN_MAX_WINDOWS];
                size_t count = rnn_model_windows(&model->network, windows);
                size_t floats = model->network.parameters;
                unsigned char *covered = calloc(floats, 1);
                for (size_t i = 0; i < count; i++) {
                    size_t size = windows[i].rows * (windows[i].columns ? windows[i].columns : 1);
                    assert_true(windows[i].offset + size <= floats);
                    for (size_t k = 0; k < size; k++)
                        covered[windows[i].offset + k]++;
                }
                rnn_window output = window_of(model, "output.weight");
                for (size_t i = 0; i < floats; i++) {
                    int twice = tied && i >= output.offset && i < output.offset + 8 * 6;
                    assert_int_equal(covered[i], twice ? 2 : 1);
                }
                assert_int_equal(count,
                                 (embedding > 0) + (ngrams > 1) + layers * (bias ? 4 : 2) + 2);
                free(covered);
                rnn_model_destroy(model);
            }
}

static void test_the_most_windows_and_their_names(void **state) {
    (void)state;
    rnn_network network = {.cell = RNN_CELL_GRU,
                           .layers = RNN_MAX_LAYERS,
                           .hidden = 2,
                           .embedding = 3,
                           .symbols = 4,
                           .ngrams = 3,
                           .ngram_size = 5,
                           .ngram_rows = 11,
                           .bias = 1};
    rnn_window windows[RNN_MAX_WINDOWS];
    assert_int_equal(rnn_network_lay_out(&network, NULL), RNN_OK);
    assert_int_equal(rnn_model_windows(&network, windows), RNN_MAX_WINDOWS);
    assert_string_equal(windows[0].name, "embedding.weight");
    assert_string_equal(windows[1].name, "ngrams.weight");
    assert_int_equal(windows[1].rows, 2 * 11);
    assert_int_equal(windows[1].columns, 5);
    assert_string_equal(windows[2].name, "rnn.weight_ih_l0");
    assert_int_equal(windows[2].rows, 6);
    assert_int_equal(windows[2].columns, 3 + 2 * 5);
    assert_string_equal(windows[5].name, "rnn.bias_hh_l0");
    assert_int_equal(windows[5].columns, 0);
    assert_string_equal(windows[4 * RNN_MAX_LAYERS + 1].name, "rnn.bias_hh_l31");
    assert_string_equal(windows[RNN_MAX_WINDOWS - 1].name, "output.bias");
}

static void test_what_a_model_tells(void **state) {
    (void)state;
    rnn_model *model = made_model(RNN_CELL_GRU, 2, 6, 6, 1, 1, MADE_VOCABULARY);
    rnn_model_info info = rnn_model_describe(model);
    assert_int_equal(info.cell, RNN_CELL_GRU);
    assert_int_equal(info.num_layers, 2);
    assert_int_equal(info.hidden_size, 6);
    assert_int_equal(info.embedding_size, 6);
    assert_int_equal(info.symbols, 8);
    assert_int_equal(info.bias, 1);
    assert_int_equal(info.tied_output, 1);
    assert_int_equal(info.units, RNN_UNITS_CHARS);
    assert_int_equal(info.open, 0);
    assert_int_equal(info.parameters, 8 * 6 + 2 * (2 * 18 * 6 + 2 * 18) + 8);
    assert_string_equal(rnn_model_history(model), "{\"steps\":3}");
    size_t bytes;
    assert_memory_equal(rnn_model_symbol(model, 6, &bytes), "\xE0\xA4\x95", 3);
    assert_int_equal(bytes, 3);
    rnn_model_destroy(model);
    rnn_model_destroy(NULL);
}

static void test_models_that_cannot_be(void **state) {
    (void)state;
    rnn_model *model;
    rnn_error error;
    rnn_network shape = {.cell = RNN_CELL_TANH, .layers = 1, .hidden = 2, .symbols = 9};
    assert_int_equal(
        rnn_model_create(&model, &shape, made_vocabulary(MADE_VOCABULARY), NULL, &error),
        RNN_ERR_RANGE);
    assert_null(model);
    assert_non_null(strstr(error.message, "9 symbols"));
    shape.symbols = 8;
    shape.hidden = 0;
    assert_int_equal(
        rnn_model_create(&model, &shape, made_vocabulary(MADE_VOCABULARY), NULL, &error),
        RNN_ERR_RANGE);
    shape.hidden = 2;
    for (uint64_t n = 1; n <= 3; n++) {
        rnn_vocabulary *vocabulary = made_vocabulary(MADE_VOCABULARY);
        rnn_allocate_fail(n, 0);
        assert_int_equal(rnn_model_create(&model, &shape, vocabulary, NULL, &error),
                         RNN_ERR_MEMORY);
        rnn_allocate_fail(0, 0);
    }
    assert_int_equal(
        rnn_model_create(&model, &shape, made_vocabulary(MADE_VOCABULARY), NULL, &error), RNN_OK);
    assert_string_equal(rnn_model_history(model), "{}");
    for (size_t i = 0; i < model->network.parameters; i++)
        assert_true(model->parameters[i] == 0.0f);
    for (uint64_t n = 1; n <= 2; n++) {
        rnn_allocate_fail(n, 0);
        assert_int_equal(rnn_model_initialise(model, 1, 1.0, &error), RNN_ERR_MEMORY);
        rnn_allocate_fail(0, 0);
    }
    rnn_model_destroy(model);
}

/* ------------------------------------------------------------ initialisation */

/* The largest difference of Q Q' from the identity. */
static double worst_product(const float *q, size_t n) {
    double worst = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = i == j ? -1.0 : 0.0;
            for (size_t k = 0; k < n; k++)
                sum += (double)q[i * n + k] * q[j * n + k];
            worst = fmax(worst, fabs(sum));
        }
    return worst;
}

static void test_recurrent_blocks_are_orthogonal(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 2, 3, 31, 32, 33, 64, 65, 100};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        size_t n = sizes[s];
        rnn_model *model = made_model(RNN_CELL_LSTM, 2, n, 0, 1, 0, MADE_VOCABULARY);
        for (size_t gate = 0; gate < 4; gate++) {
            assert_true(worst_product(values_of(model, "rnn.weight_hh_l0") + gate * n * n, n) <
                        1e-6);
            assert_true(worst_product(values_of(model, "rnn.weight_hh_l1") + gate * n * n, n) <
                        1e-6);
        }
        if (n > 2) {
            const float *first = values_of(model, "rnn.weight_hh_l0");
            assert_memory_not_equal(first, first + n * n, n * n * sizeof *first);
            assert_memory_not_equal(first, values_of(model, "rnn.weight_hh_l1"),
                                    n * n * sizeof *first);
        }
        rnn_model_destroy(model);
    }
}

/* Moments of the elements of a uniformly random orthogonal matrix [n][n]: mean 0,
 * mean square exactly 1/n, and no place in it that is special. */
static void test_orthogonal_blocks_favour_no_place(void **state) {
    (void)state;
    enum { N = 4, DRAWS = 3000 };
    double sum[N * N] = {0}, square[N * N] = {0}, trace = 0;
    rnn_model *model = made_model(RNN_CELL_TANH, 1, N, 0, 0, 0, MADE_VOCABULARY);
    for (uint64_t seed = 0; seed < DRAWS; seed++) {
        assert_int_equal(rnn_model_initialise(model, seed, 0, NULL), RNN_OK);
        const float *q = values_of(model, "rnn.weight_hh_l0");
        for (int i = 0; i < N * N; i++) {
            sum[i] += q[i];
            square[i] += (double)q[i] * q[i];
        }
        for (int i = 0; i < N; i++)
            trace += q[i * N + i];
    }
    for (int i = 0; i < N * N; i++) {
        assert_true(fabs(sum[i] / DRAWS) < 5 * 0.5 / sqrt(DRAWS));
        assert_true(fabs(square[i] / DRAWS - 1.0 / N) < 0.03);
    }
    assert_true(fabs(trace / DRAWS) < 5 / sqrt(DRAWS));
    rnn_model_destroy(model);
}

/* Mean and variance of a uniform matrix, and nothing outside its bound. */
static void assert_uniform_values(const float *values, size_t count, double bound) {
    double sum = 0, square = 0;
    for (size_t k = 0; k < count; k++) {
        assert_true(fabs((double)values[k]) <= bound + 1e-6);
        sum += values[k];
        square += (double)values[k] * values[k];
    }
    assert_true(fabs(sum / (double)count) < 0.16 * bound);
    assert_true(fabs(square / (double)count / (bound * bound) - 1.0 / 3) < 0.065);
}

static void assert_uniform(const rnn_model *model, const char *name, double bound) {
    rnn_window window = window_of(model, name);
    assert_uniform_values(model->parameters + window.offset, window.rows * window.columns, bound);
}

static void test_the_other_parameters(void **state) {
    (void)state;
    rnn_model *model = made_model(RNN_CELL_LSTM, 2, 64, 32, 1, 0, MADE_VOCABULARY);
    assert_uniform(model, "rnn.weight_ih_l0", 3.5 / 8);
    assert_uniform(model, "rnn.weight_ih_l1", 3.5 / 8);
    assert_uniform(model, "output.weight", 1.0 / 8);
    rnn_model *one_hot = made_model(RNN_CELL_GRU, 1, 64, 0, 1, 0, MADE_VOCABULARY);
    assert_uniform(one_hot, "rnn.weight_ih_l0", 3);
    rnn_network shape = {.cell = RNN_CELL_GRU,
                         .layers = 1,
                         .hidden = 64,
                         .ngrams = 3,
                         .ngram_size = 8,
                         .ngram_rows = 40,
                         .bias = 1};
    rnn_model *with_ngrams = made_model_of(shape, MADE_VOCABULARY);
    const float *inputs = values_of(with_ngrams, "rnn.weight_ih_l0");
    float characters[3 * 64 * 8], ngrams[3 * 64 * 16];
    for (size_t r = 0; r < 3 * 64; r++) {
        memcpy(characters + r * 8, inputs + r * (8 + 16), 8 * sizeof(float));
        memcpy(ngrams + r * 16, inputs + r * (8 + 16) + 8, 16 * sizeof(float));
    }
    assert_uniform_values(characters, 3 * 64 * 8, 3);
    assert_uniform_values(ngrams, 3 * 64 * 16, 3.5 / 8);
    for (int i = 0; i < 2 * 40 * 8; i++)
        assert_true(values_of(with_ngrams, "ngrams.weight")[i] == 0.0f);
    rnn_model_destroy(with_ngrams);
    rnn_model_destroy(one_hot);
    const float *embedding = values_of(model, "embedding.weight");
    double square = 0;
    for (int i = 0; i < 8 * 32; i++)
        square += (double)embedding[i] * embedding[i];
    assert_true(fabs(square / (8 * 32) - 1.0) < 0.4);
    for (int k = 0; k < 2; k++) {
        const float *ih = values_of(model, k ? "rnn.bias_ih_l1" : "rnn.bias_ih_l0");
        const float *hh = values_of(model, k ? "rnn.bias_hh_l1" : "rnn.bias_hh_l0");
        for (int i = 0; i < 4 * 64; i++) {
            assert_true(ih[i] == (i >= 64 && i < 128 ? 1.0f : 0.0f));
            assert_true(hh[i] == 0.0f);
        }
    }
    const float *bias = values_of(model, "output.bias");
    for (int i = 0; i < 8; i++)
        assert_true(bias[i] == 0.0f);
    rnn_model_destroy(model);
    model = made_model(RNN_CELL_GRU, 1, 64, 64, 1, 1, MADE_VOCABULARY);
    embedding = values_of(model, "embedding.weight");
    square = 0;
    for (int i = 0; i < 8 * 64; i++)
        square += (double)embedding[i] * embedding[i];
    assert_true(fabs(square / (8 * 64) - 0.01) < 0.003);
    const float *ih = values_of(model, "rnn.bias_ih_l0");
    for (int i = 0; i < 3 * 64; i++)
        assert_true(ih[i] == 0.0f);
    rnn_model_destroy(model);
}

static void test_parameters_are_a_function_of_the_seed(void **state) {
    (void)state;
    rnn_model *a = made_model(RNN_CELL_GRU, 2, 40, 8, 1, 0, MADE_VOCABULARY);
    rnn_model *b = made_model(RNN_CELL_GRU, 2, 40, 8, 1, 0, MADE_VOCABULARY);
    size_t bytes = a->network.parameters * sizeof(float);
    assert_memory_equal(a->parameters, b->parameters, bytes);
    assert_int_equal(rnn_model_initialise(b, 8, 1.0, NULL), RNN_OK);
    assert_memory_not_equal(a->parameters, b->parameters, bytes);
    assert_int_equal(rnn_model_initialise(b, 7, 1.0, NULL), RNN_OK);
    assert_memory_equal(a->parameters, b->parameters, bytes);
    rnn_model_destroy(a);
    rnn_model_destroy(b);
}

/* ------------------------------------------------------------------ adoption */

/* The same JSON but for "b", which is missing, and "z", which is new. */
#define OTHER_VOCABULARY                                                                           \
    "{\"units\": \"chars\", \"open\": false, \"normalize\": \"none\", \"symbols\": "               \
    "[\"\\n\", \" \", \"a\", \"c\", \"z\", \"\\u00e9\", \"\\u0915\"]}"

static void test_adoption_goes_by_symbol(void **state) {
    (void)state;
    static const int old_of_new[] = {0, 1, 2, 4, -1, 5, 6};
    for (int kind = 0; kind < 3; kind++) {
        size_t embedding = kind == 0 ? 0 : 6;
        int tied = kind == 2, matched = 0;
        rnn_model *from = made_model(RNN_CELL_LSTM, 2, 6, embedding, 1, tied, MADE_VOCABULARY);
        rnn_model *to = made_model(RNN_CELL_LSTM, 2, 6, embedding, 1, tied, OTHER_VOCABULARY);
        rnn_model *before = made_model(RNN_CELL_LSTM, 2, 6, embedding, 1, tied, OTHER_VOCABULARY);
        assert_int_equal(rnn_model_initialise(from, 99, 0.5, NULL), RNN_OK);
        for (int i = 0; i < 8; i++)
            values_of(from, "output.bias")[i] = (float)i;
        assert_int_equal(rnn_model_adopt(to, from, &matched, NULL), RNN_OK);
        assert_int_equal(matched, 6);
        size_t whole = 4 * 6 * 6 * sizeof(float);
        assert_memory_equal(values_of(to, "rnn.weight_hh_l0"), values_of(from, "rnn.weight_hh_l0"),
                            whole);
        assert_memory_equal(values_of(to, "rnn.weight_ih_l1"), values_of(from, "rnn.weight_ih_l1"),
                            whole);
        assert_memory_equal(values_of(to, "rnn.bias_ih_l0"), values_of(from, "rnn.bias_ih_l0"),
                            4 * 6 * sizeof(float));
        for (int i = 0; i < 7; i++) {
            int old = old_of_new[i];
            const rnn_model *source = old < 0 ? before : from;
            int row = old < 0 ? i : old;
            assert_memory_equal(values_of(to, "output.weight") + i * 6,
                                values_of(source, "output.weight") + row * 6, 6 * sizeof(float));
            assert_true(values_of(to, "output.bias")[i] == (old < 0 ? 0.0f : (float)old));
            if (embedding > 0)
                assert_memory_equal(values_of(to, "embedding.weight") + i * 6,
                                    values_of(source, "embedding.weight") + row * 6,
                                    6 * sizeof(float));
            for (int r = 0; embedding == 0 && r < 24; r++)
                assert_true(values_of(to, "rnn.weight_ih_l0")[r * 7 + i] ==
                            values_of(source, "rnn.weight_ih_l0")[r * (old < 0 ? 7 : 8) + row]);
        }
        rnn_model_destroy(from);
        rnn_model_destroy(to);
        rnn_model_destroy(before);
    }
}

/* Both models read the same text and expect the same of the symbols that both know. */
static void assert_same_expectations(const rnn_model *a, const rnn_model *b, const char *text) {
    rnn_state *states[2];
    const rnn_model *models[2] = {a, b};
    const float *logits[2] = {NULL, NULL};
    for (int m = 0; m < 2; m++) {
        int32_t *symbols;
        size_t count;
        assert_int_equal(rnn_state_create(&states[m], models[m], NULL), RNN_OK);
        assert_int_equal(rnn_model_encode(models[m], text, strlen(text), 0, &symbols, &count, NULL),
                         RNN_OK);
        for (size_t i = 0; i < count; i++)
            logits[m] = rnn_state_step(states[m], symbols[i]);
        rnn_free(symbols);
    }
    for (int32_t i = 0; i < rnn_vocabulary_size(a->vocabulary); i++) {
        size_t bytes;
        const char *symbol = rnn_model_symbol(a, i, &bytes);
        int32_t other = rnn_vocabulary_find(b->vocabulary, symbol, bytes);
        if (other >= 0)
            assert_true(fabs((double)logits[0][i] - (double)logits[1][other]) < 1e-5);
    }
    rnn_state_destroy(states[0]);
    rnn_state_destroy(states[1]);
}

/* N-grams are known by their characters, whatever those are numbered. */
static void test_adoption_of_ngrams(void **state) {
    (void)state;
    for (size_t embedding = 0; embedding <= 6; embedding += 6) {
        rnn_network shape = {.cell = RNN_CELL_GRU,
                             .layers = 1,
                             .hidden = 6,
                             .embedding = embedding,
                             .ngrams = 3,
                             .ngram_size = 2,
                             .ngram_rows = 30};
        rnn_model *from = made_model_of(shape, MADE_VOCABULARY);
        rnn_model *to = made_model_of(shape, OTHER_VOCABULARY);
        int matched, width = embedding > 0 ? 6 : 7, old_width = embedding > 0 ? 6 : 8;
        assert_int_equal(rnn_model_initialise(from, 99, 0.5, NULL), RNN_OK);
        for (int i = 0; i < 2 * 30 * 2; i++)
            values_of(from, "ngrams.weight")[i] = (float)(i % 7) - 3;
        assert_int_equal(rnn_model_adopt(to, from, &matched, NULL), RNN_OK);
        assert_memory_equal(values_of(to, "ngrams.weight"), values_of(from, "ngrams.weight"),
                            2 * 30 * 2 * sizeof(float));
        for (int r = 0; r < 18; r++) {
            const float *new_row = values_of(to, "rnn.weight_ih_l0") + r * (width + 4);
            const float *old_row = values_of(from, "rnn.weight_ih_l0") + r * (old_width + 4);
            assert_memory_equal(new_row + width, old_row + old_width, 4 * sizeof(float));
            assert_true(new_row[3] == old_row[embedding > 0 ? 3 : 4]); /* c */
        }
        assert_int_equal(to->keys[3], 'c');
        assert_int_equal(from->keys[4], 'c');
        assert_int_equal(from->keys[7], 0x1F600);
        assert_same_expectations(to, from, "ca\xC3\xA9 c");
        shape.ngram_rows = 31;
        rnn_model *other = made_model_of(shape, OTHER_VOCABULARY);
        assert_int_equal(rnn_model_adopt(other, from, &matched, NULL), RNN_ERR_RANGE);
        rnn_model_destroy(other);
        rnn_model_destroy(from);
        rnn_model_destroy(to);
    }
}

/* An open vocabulary's ASCII bytes are the characters of a closed one; its other
 * bytes are nobody's. */
static void test_adoption_into_an_open_vocabulary(void **state) {
    (void)state;
    char *json = malloc(8192), *end = json;
    end += sprintf(end, "%s", OPEN_HEAD);
    for (int i = 0; i < 256; i++)
        end += sprintf(end, i < 128 ? "\"\\u%04x\"," : "%d,", i);
    sprintf(end, "\"\\u00e9\"]}");
    int matched;
    rnn_model *from = made_model(RNN_CELL_TANH, 1, 6, 0, 1, 0, MADE_VOCABULARY);
    rnn_model *to = made_model(RNN_CELL_TANH, 1, 6, 0, 1, 0, json);
    assert_int_equal(rnn_model_adopt(to, from, &matched, NULL), RNN_OK);
    assert_int_equal(matched, 6); /* newline, space, a, b, c, e with acute */
    assert_int_equal(to->keys['c'], 'c');
    assert_int_equal(to->keys[200], 0x110000 + 200);
    assert_int_equal(to->keys[256], 0xE9);
    assert_memory_equal(values_of(to, "output.weight") + 'c' * 6,
                        values_of(from, "output.weight") + 4 * 6, 6 * sizeof(float));
    assert_memory_equal(values_of(to, "output.weight") + 256 * 6,
                        values_of(from, "output.weight") + 5 * 6, 6 * sizeof(float));
    rnn_model_destroy(from);
    rnn_model_destroy(to);
    free(json);
}

static void test_adoption_needs_equal_shapes(void **state) {
    (void)state;
    rnn_error error;
    int matched;
    rnn_model *model = made_model(RNN_CELL_LSTM, 2, 6, 6, 1, 0, MADE_VOCABULARY);
    rnn_model *others[] = {
        made_model(RNN_CELL_GRU, 2, 6, 6, 1, 0, MADE_VOCABULARY),
        made_model(RNN_CELL_LSTM, 1, 6, 6, 1, 0, MADE_VOCABULARY),
        made_model(RNN_CELL_LSTM, 2, 7, 6, 1, 0, MADE_VOCABULARY),
        made_model(RNN_CELL_LSTM, 2, 6, 5, 1, 0, MADE_VOCABULARY),
        made_model(RNN_CELL_LSTM, 2, 6, 6, 0, 0, MADE_VOCABULARY),
        made_model(RNN_CELL_LSTM, 2, 6, 6, 1, 1, MADE_VOCABULARY),
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(rnn_model_adopt(model, others[i], &matched, &error), RNN_ERR_RANGE);
        assert_non_null(strstr(error.message, "the shapes differ"));
        rnn_model_destroy(others[i]);
    }
    rnn_allocate_fail(1, 0);
    assert_int_equal(rnn_model_adopt(model, model, &matched, &error), RNN_ERR_MEMORY);
    rnn_model_destroy(model);
}

/* ------------------------------------------------------------------ encoding */

static void test_encoding(void **state) {
    (void)state;
    rnn_model *model = made_model(RNN_CELL_TANH, 1, 4, 0, 1, 0, MADE_VOCABULARY);
    static const char text[] = "ab\xC3\xA9 \xF0\x9F\x98\x80\n";
    static const int32_t expected[] = {2, 3, 5, 1, 7, 0};
    int32_t *symbols;
    size_t count;
    rnn_error error;
    assert_int_equal(rnn_model_encode(model, text, sizeof text - 1, 0, &symbols, &count, &error),
                     RNN_OK);
    assert_int_equal(count, 6);
    assert_memory_equal(symbols, expected, sizeof expected);
    rnn_free(symbols);
    assert_int_equal(rnn_model_encode(model, "a\nbx", 4, 0, &symbols, &count, &error),
                     RNN_ERR_SYMBOL);
    assert_null(symbols);
    assert_int_equal(count, 0);
    assert_non_null(strstr(error.message, "U+0078"));
    assert_int_equal(rnn_model_encode(model, "xaxb", 4, 1, &symbols, &count, &error), RNN_OK);
    assert_int_equal(count, 2);
    rnn_free(symbols);
    assert_int_equal(rnn_model_encode(model, "", 0, 0, &symbols, &count, &error), RNN_OK);
    assert_non_null(symbols);
    assert_int_equal(count, 0);
    rnn_free(symbols);
    for (uint64_t n = 1;; n++) {
        rnn_allocate_fail(n, 0);
        rnn_status status =
            rnn_model_encode(model, text, sizeof text - 1, 0, &symbols, &count, &error);
        rnn_allocate_fail(0, 0);
        rnn_free(symbols);
        if (status == RNN_OK)
            break;
        assert_int_equal(status, RNN_ERR_MEMORY);
    }
    rnn_model_destroy(model);
}

static void test_encoding_normalises_if_the_vocabulary_says_so(void **state) {
    (void)state;
    static const char json[] = "{\"units\": \"chars\", \"open\": false, \"normalize\": \"nfc\", "
                               "\"symbols\": [\"e\", \"\\u00e9\"]}";
    rnn_model *model = made_model(RNN_CELL_TANH, 1, 4, 0, 1, 0, json);
    int32_t *symbols;
    size_t count;
    assert_int_equal(rnn_model_encode(model, "ee\xCC\x81", 4, 0, &symbols, &count, NULL), RNN_OK);
    assert_int_equal(count, 2);
    assert_int_equal(symbols[0], 0);
    assert_int_equal(symbols[1], 1);
    rnn_free(symbols);
    rnn_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows_cover_the_parameters_once),
        cmocka_unit_test(test_the_most_windows_and_their_names),
        cmocka_unit_test(test_what_a_model_tells),
        cmocka_unit_test(test_models_that_cannot_be),
        cmocka_unit_test(test_recurrent_blocks_are_orthogonal),
        cmocka_unit_test(test_orthogonal_blocks_favour_no_place),
        cmocka_unit_test(test_the_other_parameters),
        cmocka_unit_test(test_parameters_are_a_function_of_the_seed),
        cmocka_unit_test(test_adoption_goes_by_symbol),
        cmocka_unit_test(test_adoption_of_ngrams),
        cmocka_unit_test(test_adoption_into_an_open_vocabulary),
        cmocka_unit_test(test_adoption_needs_equal_shapes),
        cmocka_unit_test(test_encoding),
        cmocka_unit_test(test_encoding_normalises_if_the_vocabulary_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
