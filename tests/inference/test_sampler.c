/* SPDX-License-Identifier: MIT
 *
 * test_sampler.c - drawing: reproducible, the same alone and side by side, from
 * the distribution that the settings ask for.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "tests/inference/made_model.h"

static rnn_model *model;

static rnn_sampler *sampler_of(const rnn_sampling *how, int streams) {
    rnn_sampler *sampler;
    rnn_error error = {RNN_OK, ""};
    if (rnn_sampler_create(&sampler, model, how, streams, &error) != RNN_OK)
        fail_msg("%s", error.message);
    return sampler;
}

static void prime(rnn_sampler *sampler, const char *text) {
    assert_int_equal(rnn_sampler_prime(sampler, text, strlen(text), 0, NULL), RNN_OK);
}

static void test_same_seed_same_text(void **state) {
    (void)state;
    rnn_sampling how = {.seed = 7, .threads = 1};
    rnn_sampler *a = sampler_of(&how, 1), *b = sampler_of(&how, 1);
    how.seed = 8;
    rnn_sampler *c = sampler_of(&how, 1);
    int different = 0;
    for (int i = 0; i < 200; i++) {
        int32_t x, y, z;
        rnn_sampler_next(a, &x);
        rnn_sampler_next(b, &y);
        rnn_sampler_next(c, &z);
        assert_int_equal(x, y);
        different += x != z;
    }
    assert_true(different > 50);
    rnn_sampler_destroy(a);
    rnn_sampler_destroy(b);
    rnn_sampler_destroy(c);
}

/* Stream 0 of many is the one that is drawn alone, with a prime and without. */
static void test_streams_are_independent(void **state) {
    (void)state;
    for (int primed = 0; primed < 2; primed++) {
        rnn_sampling how = {.seed = 3, .temperature = 1.2f, .threads = 2};
        rnn_sampler *one = sampler_of(&how, 1), *many = sampler_of(&how, 5);
        if (primed) {
            prime(one, "hello wo");
            prime(many, "hello wo");
        }
        int differ = 0;
        for (int i = 0; i < 100; i++) {
            int32_t x, y[5];
            rnn_sampler_next(one, &x);
            rnn_sampler_next(many, y);
            assert_int_equal(x, y[0]);
            differ += y[0] != y[1];
        }
        assert_true(differ > 20);
        /* A second prime is read by each stream with what it knows itself. */
        prime(one, "rld");
        prime(many, "rld");
        int32_t x, y[5];
        rnn_sampler_next(one, &x);
        rnn_sampler_next(many, y);
        assert_int_equal(x, y[0]);
        rnn_sampler_destroy(one);
        rnn_sampler_destroy(many);
    }
}

/* Probabilities of the next symbol after a text, by the state interface. */
static void distribution(const char *text, double *p) {
    rnn_state *reader;
    const float *logits = NULL;
    int32_t *symbols;
    size_t count, n = model->network.symbols;
    assert_int_equal(rnn_state_create(&reader, model, NULL), RNN_OK);
    assert_int_equal(rnn_model_encode(model, text, strlen(text), 0, &symbols, &count, NULL),
                     RNN_OK);
    for (size_t i = 0; i < count; i++)
        logits = rnn_state_step(reader, symbols[i]);
    double most = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, logits[i]);
    for (size_t i = 0; i < n; i++)
        sum += p[i] = exp(logits[i] - most);
    for (size_t i = 0; i < n; i++)
        p[i] /= sum;
    rnn_free(symbols);
    rnn_state_destroy(reader);
}

#define STREAMS 20000

/* How often each symbol is drawn next, over many streams. */
static void frequencies(const rnn_sampling *how, const char *text, double *f) {
    rnn_sampler *sampler = sampler_of(how, STREAMS);
    int32_t *drawn = calloc(STREAMS, sizeof *drawn);
    prime(sampler, text);
    rnn_sampler_next(sampler, drawn);
    for (size_t i = 0; i < model->network.symbols; i++)
        f[i] = 0;
    for (int b = 0; b < STREAMS; b++)
        f[drawn[b]] += 1.0 / STREAMS;
    free(drawn);
    rnn_sampler_destroy(sampler);
}

/* What the filters leave, worked out in the plainest way. */
static void expected(const rnn_sampling *how, double *p, size_t n) {
    double t = how->temperature > 0 ? (double)how->temperature : 1, kept = 0;
    int order[64];
    for (size_t i = 0; i < n; i++) {
        p[i] = pow(p[i], 1 / t);
        order[i] = (int)i;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            if (p[order[j]] > p[order[i]]) {
                int swap = order[i];
                order[i] = order[j];
                order[j] = swap;
            }
    size_t count = how->top_k > 0 && (size_t)how->top_k < n ? (size_t)how->top_k : n, left = 0;
    double mass = 0, best = p[order[0]];
    for (size_t i = 0; i < count; i++)
        kept += p[order[i]];
    for (size_t i = 0; i < count && (how->top_p == 0 || mass < (double)how->top_p * kept); i++) {
        if (i > 0 && p[order[i]] < (double)how->min_p * best)
            break;
        mass += p[order[i]];
        left++;
    }
    for (size_t i = left; i < n; i++)
        p[order[i]] = 0;
    for (size_t i = 0; i < n; i++)
        p[i] /= mass;
}

static void test_distribution(void **state) {
    (void)state;
    static const rnn_sampling cases[] = {
        {.seed = 1},
        {.seed = 2, .temperature = 0.5f},
        {.seed = 3, .temperature = 2.0f},
        {.seed = 4, .top_k = 3},
        {.seed = 5, .top_p = 0.6f},
        {.seed = 6, .min_p = 0.2f},
        {.seed = 7, .temperature = 1.5f, .top_k = 6, .top_p = 0.8f, .min_p = 0.1f},
        {.seed = 8, .top_k = 1},
    };
    double p[64], f[64];
    size_t n = model->network.symbols;
    assert_true(n <= 64);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        distribution("hello wo", p);
        expected(&cases[i], p, n);
        frequencies(&cases[i], "hello wo", f);
        for (size_t s = 0; s < n; s++) {
            /* five standard deviations of a frequency */
            double tolerance = 5 * sqrt(p[s] * (1 - p[s]) / STREAMS) + 1e-6;
            if (fabs(p[s] - f[s]) > tolerance)
                fail_msg("case %zu, symbol %zu: %g expected, %g drawn", i, s, p[s], f[s]);
        }
    }
}

/* A prime that is read in pieces of symbols, and the logits of what comes next: those that a
 * state has, also where nothing has been read. */
static void test_pieces_and_logits(void **state) {
    (void)state;
    static const char text[] = "hello world hello";
    size_t symbols = (size_t)rnn_model_describe(model).symbols, count;
    rnn_sampling how = {.seed = 5, .threads = 1};
    for (int streams = 1; streams <= 3; streams += 2) {
        rnn_sampler *whole = sampler_of(&how, streams), *pieces = sampler_of(&how, streams);
        rnn_state *reader;
        const float *logits = NULL;
        int32_t *list, a[3], b[3];
        assert_int_equal(rnn_model_encode(model, text, strlen(text), 0, &list, &count, NULL),
                         RNN_OK);
        assert_int_equal(rnn_state_create(&reader, model, NULL), RNN_OK);
        prime(whole, text);
        for (size_t i = 0; i < count; i += 3)
            assert_int_equal(
                rnn_sampler_read(pieces, list + i, count - i < 3 ? count - i : 3, NULL), RNN_OK);
        for (size_t i = 0; i < count; i++)
            logits = rnn_state_step(reader, list[i]);
        for (int i = 0; i < streams; i++)
            assert_memory_equal(rnn_sampler_logits(pieces, i), logits, symbols * sizeof(float));
        /* Before anything is drawn it has all been computed once. */
        assert_ptr_equal(rnn_sampler_logits(pieces, streams - 1), rnn_sampler_logits(pieces, 0));
        for (int i = 0; i < 50; i++) {
            rnn_sampler_next(whole, a);
            rnn_sampler_next(pieces, b);
            assert_memory_equal(a, b, (size_t)streams * sizeof(int32_t));
        }
        rnn_state_destroy(reader);
        rnn_sampler_destroy(whole);
        rnn_sampler_destroy(pieces);
        rnn_free(list);
    }
    /* Asking changes nothing of a text that begins by itself. */
    rnn_sampler *asked = sampler_of(&how, 1), *other = sampler_of(&how, 1);
    assert_non_null(rnn_sampler_logits(asked, 0));
    for (int i = 0; i < 50; i++) {
        int32_t x, y;
        rnn_sampler_next(asked, &x);
        rnn_sampler_next(other, &y);
        assert_int_equal(x, y);
    }
    rnn_sampler_destroy(asked);
    rnn_sampler_destroy(other);
}

static void test_greedy(void **state) {
    (void)state;
    double p[64];
    distribution("hello", p);
    size_t best = 0;
    for (size_t i = 1; i < model->network.symbols; i++)
        best = p[i] > p[best] ? i : best;
    rnn_sampling how = {.greedy = 1, .temperature = 3};
    rnn_sampler *sampler = sampler_of(&how, 2);
    int32_t drawn[2];
    prime(sampler, "hello");
    rnn_sampler_next(sampler, drawn);
    assert_int_equal(drawn[0], best);
    assert_int_equal(drawn[1], best);
    rnn_sampler_destroy(sampler);
}

/* Own weights on another table agree with the model's up to rounding. */
static void test_other_kernels(void **state) {
    (void)state;
    rnn_sampling here = {.seed = 5, .top_k = 4, .precision = RNN_PRECISION_FLOAT32};
    rnn_sampling generic = here;
    generic.cpu = "generic";
    rnn_sampler *a = sampler_of(&here, 3), *b = sampler_of(&generic, 3);
    for (int i = 0; i < 50; i++) {
        int32_t x[3], y[3];
        rnn_sampler_next(a, x);
        rnn_sampler_next(b, y);
        assert_memory_equal(x, y, sizeof x);
    }
    rnn_sampler_destroy(a);
    rnn_sampler_destroy(b);
}

/* Weights so large that threads share them out by columns: the same text on any
 * number of threads, for each cell, and logits as by another table. */
static void test_wide_models(void **state) {
    (void)state;
    static const struct {
        rnn_cell cell;
        size_t hidden, embedding;
    } shapes[] = {{RNN_CELL_LSTM, 259, 0}, {RNN_CELL_GRU, 300, 17}, {RNN_CELL_TANH, 515, 0}};
    rnn_model *small = model;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        model = made_model("hello world,\nthe quick brown fox", shapes[i].cell, shapes[i].hidden,
                           shapes[i].embedding, 0);
        rnn_sampling how = {.seed = 2, .threads = 1, .precision = RNN_PRECISION_FLOAT32};
        rnn_sampler *one = sampler_of(&how, 3);
        how.threads = 3;
        rnn_sampler *many = sampler_of(&how, 3);
        how.cpu = "generic";
        rnn_sampler *generic = sampler_of(&how, 3);
        for (int k = 0; k < 40; k++) {
            int32_t x[3], y[3], z[3];
            rnn_sampler_next(one, x);
            rnn_sampler_next(many, y);
            rnn_sampler_next(generic, z);
            assert_memory_equal(x, y, sizeof x);
            assert_memory_equal(x, z, sizeof x);
        }
        rnn_sampler_destroy(one);
        rnn_sampler_destroy(many);
        rnn_sampler_destroy(generic);
        rnn_model_destroy(model);
    }
    model = small;
}

static void test_states_clone(void **state) {
    (void)state;
    rnn_state *a, *b;
    size_t bytes = model->network.symbols * sizeof(float);
    assert_int_equal(rnn_state_create(&a, model, NULL), RNN_OK);
    for (int32_t s = 0; s < 5; s++)
        rnn_state_step(a, s);
    assert_int_equal(rnn_state_clone(&b, a, NULL), RNN_OK);
    assert_memory_equal(rnn_state_step(a, 2), rnn_state_step(b, 2), bytes);
    rnn_state_step(b, 4);
    assert_memory_not_equal(rnn_state_step(a, 1), rnn_state_step(b, 1), bytes);
    rnn_state_reset(a);
    rnn_state_reset(b);
    assert_memory_equal(rnn_state_step(a, 3), rnn_state_step(b, 3), bytes);
    rnn_state_destroy(a);
    rnn_state_destroy(b);
}

static void test_refusals(void **state) {
    (void)state;
    static const rnn_sampling wrong[] = {
        {.temperature = -1}, {.temperature = NAN}, {.top_k = -1},      {.top_p = 1.5f},
        {.min_p = -0.1f},    {.cpu = "z80"},       {.device = "moon"},
    };
    rnn_sampler *sampler;
    rnn_error error;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(rnn_sampler_create(&sampler, model, &wrong[i], 1, &error), RNN_ERR_RANGE);
        assert_null(sampler);
        assert_true(error.message[0] != '\0');
    }
    rnn_sampling how = {0};
    assert_int_equal(rnn_sampler_create(&sampler, model, &how, 0, &error), RNN_ERR_RANGE);
    sampler = sampler_of(&how, 1);
    assert_int_equal(rnn_sampler_prime(sampler, "hel\xC3\xA9", 5, 0, &error), RNN_ERR_SYMBOL);
    assert_non_null(strstr(error.message, "U+00E9"));
    assert_int_equal(rnn_sampler_prime(sampler, "hel\xC3\xA9", 5, 1, &error), RNN_OK);
    rnn_sampler_destroy(sampler);
}

static void test_out_of_memory(void **state) {
    (void)state;
    rnn_sampling how = {.threads = 2};
    for (uint64_t nth = 1; nth < 1000; nth++) {
        rnn_sampler *sampler = NULL;
        rnn_error error;
        rnn_allocate_fail(nth, 0);
        rnn_status status = rnn_sampler_create(&sampler, model, &how, 3, &error);
        if (status == RNN_OK)
            status = rnn_sampler_prime(sampler, "hello", 5, 0, &error);
        rnn_allocate_fail(0, 0);
        rnn_sampler_destroy(sampler);
        if (status == RNN_OK)
            return;
        assert_int_equal(status, RNN_ERR_MEMORY);
    }
    fail();
}

static int set_up(void **state) {
    (void)state;
    made_ngrams = 3;
    model = made_model("hello world,\nthe quick brown fox", RNN_CELL_LSTM, 24, 0, 0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    rnn_model_destroy(model);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_seed_same_text),
        cmocka_unit_test(test_streams_are_independent),
        cmocka_unit_test(test_pieces_and_logits),
        cmocka_unit_test(test_distribution),
        cmocka_unit_test(test_greedy),
        cmocka_unit_test(test_other_kernels),
        cmocka_unit_test(test_wide_models),
        cmocka_unit_test(test_states_clone),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
