/* SPDX-License-Identifier: MIT
 *
 * test_dynamic.c - dynamic evaluation: against PyTorch, against what it must not know,
 * and from the outside.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "formats/safetensors.h"
#include "inference/dynamic_rates.h"
#include "tests/inference/made_model.h"
#include "tests/scratch.h"

#define ALPHABET "abcdefgh"
#define LENGTH   4000

static rnn_model *model;
static int32_t symbols[LENGTH]; /* a text that says the same again and again, with slips */
static char text[LENGTH];
static scratch directory;

static void read_array(const void *context, uint64_t from, size_t n, int32_t *out) {
    memcpy(out, (const int32_t *)context + from, n * sizeof *out);
}

static rnn_dynamic *follow(const rnn_model *by, const int32_t *what, size_t segment,
                           const char *cpu, int threads) {
    rnn_dynamic *dynamic;
    rnn_error error;
    rnn_evaluation how = {.threads = threads, .cpu = cpu};
    if (rnn_dynamic_create(&dynamic, by, read_array, what, segment, &how, &error) != RNN_OK)
        fail_msg("%s", error.message);
    return dynamic;
}

static double score(rnn_dynamic *dynamic, rnn_span span, uint64_t still, double rate,
                    double decay) {
    rnn_score it;
    rnn_error error;
    if (rnn_dynamic_score(&it, dynamic, span, still, rate, decay, &error) != RNN_OK)
        fail_msg("%s", error.message);
    assert_int_equal(it.characters, span.end - span.begin - 1);
    return it.nats_per_character;
}

static double score_static(rnn_span span, double *accuracy) {
    rnn_engine *engine;
    const rnn_device *device;
    rnn_engine_options options = {.batch = 1, .length = 64, .precision = RNN_PRECISION_FLOAT32};
    rnn_evaluation_plan plan = {.read = read_array,
                                .context = symbols,
                                .spans = &span,
                                .span_count = 1,
                                .segment = UINT64_MAX,
                                .batch = 1,
                                .length = 64};
    rnn_score it;
    assert_int_equal(rnn_model_engine(&engine, &device, model, NULL, &options, NULL), RNN_OK);
    assert_int_equal(rnn_evaluator_run(&it, device, engine, &plan, NULL), RNN_OK);
    device->destroy(engine);
    *accuracy = it.accuracy;
    return it.nats_per_character;
}

/* ---------------------------------------------------------------- PyTorch */

static size_t number(const rnn_safetensors *file, const char *key) {
    const char *value = rnn_safetensors_metadata(file, key);
    assert_non_null(value);
    return (size_t)strtoul(value, NULL, 10);
}

static void *contents(const rnn_safetensors *file, const char *name, size_t *count) {
    const rnn_tensor *tensor = rnn_safetensors_find(file, name);
    assert_non_null(tensor);
    *count = tensor->bytes / 4;
    void *copy = rnn_allocate(*count, 4);
    assert_non_null(copy);
    memcpy(copy, tensor->data, tensor->bytes);
    return copy;
}

static rnn_model *fixture_model(const rnn_safetensors *file) {
    rnn_model *made = made_model(ALPHABET, RNN_CELL_LSTM, number(file, "hidden"), 0, 0);
    assert_int_equal(made->network.layers, number(file, "layers"));
    assert_int_equal(made->network.symbols, number(file, "symbols"));
    rnn_window windows[RNN_MAX_WINDOWS];
    size_t count = rnn_model_windows(&made->network, windows), filled = 0;
    for (size_t i = 0; i < count; i++) {
        char name[64];
        size_t items;
        snprintf(name, sizeof name, "param.%.40s", windows[i].name);
        float *values = contents(file, name, &items);
        memcpy(made->parameters + windows[i].offset, values, items * sizeof *values);
        rnn_free(values);
        filled += items;
    }
    assert_int_equal(filled, made->network.parameters);
    return made;
}

static void check_cases(const rnn_safetensors *file, const char *cpu, int threads) {
    size_t letters, cases, nats_count;
    int32_t *letter = contents(file, "text", &letters);
    float *how = contents(file, "cases", &cases), *nats = contents(file, "nats", &nats_count);
    assert_int_equal(cases, 3 * nats_count);
    assert_true(nats_count >= 5);
    rnn_model *by = fixture_model(file);
    rnn_dynamic *dynamic = follow(by, letter, number(file, "segment"), cpu, threads);
    uint64_t gathered = number(file, "gathered");
    rnn_dynamic_gather(dynamic, (rnn_span){0, gathered}, number(file, "stretches"),
                       number(file, "segments"));
    for (size_t i = 0; i < nats_count; i++) {
        const float *it = how + 3 * i;
        double got = score(dynamic, (rnn_span){gathered, letters}, (uint64_t)it[2], (double)it[0],
                           (double)it[1]);
        if (!(fabs(got - (double)nats[i]) < 2e-6))
            fail_msg("%s: case %zu is %.8g nats, PyTorch has %.8g", cpu, i, got, (double)nats[i]);
    }
    rnn_dynamic_destroy(dynamic);
    rnn_model_destroy(by);
    rnn_free(letter);
    rnn_free(how);
    rnn_free(nats);
}

static void as_pytorch_has_it(void **state) {
    (void)state;
    rnn_safetensors *file;
    rnn_error error;
    if (rnn_safetensors_open(&file, RNN_TEST_DATA "/gold/dynamic.safetensors", NULL, &error) !=
        RNN_OK)
        fail_msg("%s", error.message);
    for (const rnn_kernels *const *kernels = rnn_kernels_available(); *kernels; kernels++)
        for (int threads = 1; threads <= 3; threads += 2)
            check_cases(file, (*kernels)->name, threads);
    rnn_safetensors_close(file);
}

/* ------------------------------------------------- what it must not know */

static void weights_that_stay_are_static(void **state) {
    (void)state;
    static const size_t segments[] = {1, 7, 50, 5000};
    rnn_span span = {100, 1100};
    double accuracy, wanted = score_static(span, &accuracy);
    for (size_t i = 0; i < sizeof segments / sizeof *segments; i++) {
        rnn_dynamic *dynamic = follow(model, symbols, segments[i], NULL, 2);
        rnn_score it;
        rnn_dynamic_gather(dynamic, (rnn_span){2000, 3000}, 2, 20);
        assert_int_equal(rnn_dynamic_score(&it, dynamic, span, 0, 0, 0, NULL), RNN_OK);
        assert_true(fabs(it.nats_per_character - wanted) < 1e-9);
        assert_true(it.accuracy == accuracy);
        /* nothing moves through the still characters, whatever the rate */
        assert_true(fabs(score(dynamic, span, 1000, 0.1, 0.1) - wanted) < 1e-9);
        rnn_dynamic_destroy(dynamic);
    }
}

static void a_segment_is_scored_before_it_is_learnt(void **state) {
    (void)state;
    double accuracy;
    rnn_span first = {500, 531}, both = {500, 561};
    rnn_dynamic *dynamic = follow(model, symbols, 30, NULL, 1);
    rnn_dynamic_gather(dynamic, (rnn_span){2000, 3000}, 2, 20);
    double wanted = score_static(first, &accuracy);
    assert_true(fabs(score(dynamic, first, 0, 0.1, 0) - wanted) < 1e-9);
    /* but then it is */
    assert_true(fabs(score(dynamic, both, 0, 0.1, 0) - score_static(both, &accuracy)) > 1e-3);
    rnn_dynamic_destroy(dynamic);
}

/* What follows changes nothing of what was scored before; what came before does. */
static void it_reads_in_one_direction(void **state) {
    (void)state;
    int32_t other[601];
    memcpy(other, symbols, sizeof other);
    for (size_t i = 301; i < 601; i++)
        other[i] = symbols[901 - i];
    rnn_dynamic *one = follow(model, symbols, 20, NULL, 1),
                *two = follow(model, other, 20, NULL, 1);
    rnn_dynamic_gather(one, (rnn_span){0, 300}, 1, 10);
    rnn_dynamic_gather(two, (rnn_span){0, 300}, 1, 10);
    rnn_span begin = {0, 301}, whole = {0, 601};
    assert_true(score(one, begin, 0, 0.01, 0.01) == score(two, begin, 0, 0.01, 0.01));
    assert_true(score(one, whole, 0, 0.01, 0.01) != score(two, whole, 0, 0.01, 0.01));
    rnn_dynamic_destroy(one);
    rnn_dynamic_destroy(two);
}

/* Of noise nothing can be learnt: less than its entropy would be a loss of characters
 * that were known. What says the same again and again can be. */
static void it_learns_what_can_be_learnt(void **state) {
    (void)state;
    static int32_t noise[LENGTH];
    uint32_t seed = 1;
    for (size_t i = 0; i < LENGTH; i++) {
        seed = seed * 1664525u + 1013904223u;
        noise[i] = (int32_t)(seed >> 16 & 7u);
    }
    for (size_t segment = 5; segment <= 80; segment *= 4)
        for (double rate = 0.001; rate < 0.05; rate *= 3) {
            rnn_dynamic *in_noise = follow(model, noise, segment, NULL, 1);
            rnn_dynamic_gather(in_noise, (rnn_span){0, 500}, 1, 10);
            assert_true(score(in_noise, (rnn_span){500, LENGTH}, 0, rate, 0) > log(8) - 0.01);
            rnn_dynamic_destroy(in_noise);
        }
    rnn_dynamic *dynamic = follow(model, symbols, 20, NULL, 1);
    rnn_dynamic_gather(dynamic, (rnn_span){0, 500}, 1, 10);
    rnn_span span = {500, LENGTH};
    double accuracy;
    assert_true(score(dynamic, span, 0, 0.01, 0.001) < score_static(span, &accuracy) - 0.3);
    rnn_dynamic_destroy(dynamic);
}

/* N-grams that were not met where spreads were gathered have none, and would go as far as a
 * number by almost nothing. */
static void ngrams_that_were_not_met_do_not_leap(void **state) {
    (void)state;
    static int32_t two_letters[LENGTH];
    for (size_t i = 0; i < LENGTH; i++)
        two_letters[i] = i < 1000 ? (int32_t)(i * i / 3 % 2) : symbols[i];
    made_ngrams = 5;
    rnn_model *reader = made_model(ALPHABET, RNN_CELL_LSTM, 24, 0, 0);
    made_ngrams = 0;
    for (size_t i = 0; i < reader->network.parameters; i++)
        reader->parameters[i] /= 6;
    rnn_span span = {1000, LENGTH};
    rnn_dynamic *dynamic = follow(reader, two_letters, 20, NULL, 1);
    rnn_dynamic_gather(dynamic, (rnn_span){0, 1000}, 1, 20);
    double before = score(dynamic, span, UINT64_MAX, 0.01, 0.001);
    assert_true(score(dynamic, span, 0, 0.003, 0.001) < before - 0.8);
    assert_true(score(dynamic, span, 0, 0.024, 0.001) < before);
    rnn_dynamic_destroy(dynamic);
    rnn_model_destroy(reader);
}

static void the_model_stays_as_it_is(void **state) {
    (void)state;
    size_t bytes = model->network.parameters * sizeof(float);
    float *before = rnn_allocate(bytes, 1);
    assert_non_null(before);
    memcpy(before, model->parameters, bytes);
    rnn_dynamic *dynamic = follow(model, symbols, 20, NULL, 3);
    rnn_dynamic_gather(dynamic, (rnn_span){0, 500}, 1, 10);
    double first = score(dynamic, (rnn_span){500, 900}, 0, 0.02, 0.01);
    assert_memory_equal(model->parameters, before, bytes);
    assert_true(score(dynamic, (rnn_span){500, 900}, 0, 0.02, 0.01) == first);
    rnn_dynamic_destroy(dynamic);
    rnn_free(before);
}

static void a_rate_too_high_is_told(void **state) {
    (void)state;
    rnn_score it;
    rnn_error error;
    rnn_dynamic *dynamic = follow(model, symbols, 20, NULL, 1);
    rnn_dynamic_gather(dynamic, (rnn_span){0, 500}, 1, 10);
    assert_int_equal(rnn_dynamic_score(&it, dynamic, (rnn_span){500, 900}, 0, 1e37, 0, &error),
                     RNN_ERR_DIVERGED);
    assert_non_null(strstr(error.message, "lower rate"));
    rnn_dynamic_destroy(dynamic);
}

/* ---------------------------------------------------------------- rates */

typedef struct trials {
    size_t count;
    double rate[64], decay[64], nats[64];
} trials;

static void note(void *context, double rate, double decay, double nats) {
    trials *to = context;
    assert_true(to->count < 64);
    to->rate[to->count] = rate;
    to->decay[to->count] = decay;
    to->nats[to->count++] = nats;
}

static double least(const trials *of) {
    double least_nats = INFINITY;
    for (size_t i = 0; i < of->count; i++)
        least_nats = fmin(least_nats, of->nats[i]);
    return least_nats;
}

static void the_best_of_the_tried_is_chosen(void **state) {
    (void)state;
    rnn_span span = {500, 1500};
    for (int given = 0; given < 4; given++) {
        rnn_dynamic *dynamic = follow(model, symbols, 20, NULL, 1);
        rnn_dynamic_gather(dynamic, (rnn_span){0, 500}, 1, 10);
        trials all = {0};
        double rate = given & 1 ? 0.0007 : -1, decay = given & 2 ? 0.02 : -1;
        rnn_dynamic_rates_choose(dynamic, span, &rate, &decay, note, &all);
        assert_true(given & 1 ? rate == 0.0007 : rate > 0);
        assert_true(given & 2 ? decay == 0.02 : decay >= 0);
        assert_true(given == 3 ? all.count == 1 : all.count > 1);
        assert_true(score(dynamic, span, 0, rate, decay) == least(&all));
        for (size_t i = 0; i < all.count; i++)
            for (size_t j = 0; j < i; j++)
                assert_false(all.rate[i] == all.rate[j] && all.decay[i] == all.decay[j]);
        rnn_dynamic_destroy(dynamic);
    }
}

/* ---------------------------------------------------------------- files */

static void evaluate(const char *written, const rnn_evaluation *how, const rnn_dynamics *moves,
                     rnn_dynamics_result *result, trials *all) {
    char path[1024];
    rnn_error error;
    memset(all, 0, sizeof *all);
    scratch_write(scratch_name(&directory, "text.txt", path), written, LENGTH);
    const char *inputs[] = {path};
    if (rnn_evaluate_dynamics(model, inputs, 1, how, moves, result, note, all, &error) != RNN_OK)
        fail_msg("%s", error.message);
}

/* Both figures are there, and the static one is what rnn_evaluate says. */
static void beside_the_static_figure(void **state) {
    (void)state;
    char path[1024];
    const char *inputs[] = {scratch_name(&directory, "text.txt", path)};
    rnn_evaluation how = {.part = RNN_PART_VAL, .val_frac = 0.3, .threads = 2};
    rnn_dynamics_result result;
    rnn_evaluation_result alone;
    trials all;
    evaluate(text, &how, &(rnn_dynamics){.rate = 0, .decay = 0}, &result, &all);
    assert_int_equal(rnn_evaluate(model, inputs, 1, &how, &alone, NULL, NULL, NULL), RNN_OK);
    assert_true(result.fixed.score.nats_per_character == alone.score.nats_per_character);
    assert_true(result.fixed.hash == alone.hash);
    assert_true(fabs(result.score.nats_per_character - alone.score.nats_per_character) < 1e-9);
    assert_int_equal(result.score.characters, alone.score.characters);
    assert_int_equal(all.count, 0);
    assert_int_equal(result.segment, 20);
    evaluate(text, &how, &(rnn_dynamics){.rate = -1, .decay = -1}, &result, &all);
    assert_true(result.score.nats_per_character < alone.score.nats_per_character - 0.3);
    assert_true(all.count > 2);
}

/* Rates do not change with the text that is scored, and do with the text that they are
 * chosen on. */
static void check_choice(int part, int on, size_t scored, size_t chosen, size_t chosen_end) {
    char other[LENGTH];
    rnn_evaluation how = {.part = part, .val_frac = 0.25, .test_frac = 0.25};
    rnn_dynamics moves = {.segment = 10, .rate = -1, .decay = -1};
    rnn_dynamics_result result, again;
    trials all, others;
    evaluate(text, &how, &moves, &result, &all);
    assert_int_equal(result.chosen.part, on);
    assert_int_equal(result.chosen.characters, chosen_end - chosen - 1);
    assert_int_equal(result.gathered.part, RNN_PART_TRAIN);
    assert_true(all.count > 2);
    memcpy(other, text, LENGTH);
    memset(other + scored, 'a', LENGTH / 4);
    evaluate(other, &how, &moves, &again, &others);
    assert_memory_equal(&all, &others, sizeof all);
    assert_true(again.rate == result.rate && again.decay == result.decay);
    assert_true(again.score.nats_per_character != result.score.nats_per_character);
    memcpy(other, text, LENGTH);
    other[chosen_end - 2] = other[chosen_end - 2] == 'a' ? 'b' : 'a';
    evaluate(other, &how, &moves, &again, &others);
    assert_true(others.nats[0] != all.nats[0]);
}

static void rates_are_chosen_beside_what_is_scored(void **state) {
    (void)state;
    const size_t val = LENGTH / 2, test = LENGTH * 3 / 4;
    check_choice(RNN_PART_TEST, RNN_PART_VAL, test, val, test);
    check_choice(RNN_PART_VAL, RNN_PART_TRAIN, val, 0, val);
}

/* A text of its own: no search, and still weights while its gradients are gathered. */
static void text_without_training_text(void **state) {
    (void)state;
    rnn_evaluation how = {0};
    rnn_dynamics_result result;
    trials all;
    evaluate(text, &how, &(rnn_dynamics){.rate = -1, .decay = 0.02}, &result, &all);
    assert_int_equal(all.count, 0);
    assert_int_equal(result.chosen.characters, 0);
    assert_int_equal(result.gathered.part, RNN_PART_ALL);
    assert_int_equal(result.gathered.characters, LENGTH / 10);
    assert_true(result.rate == RNN_DYNAMIC_RATE && result.decay == 0.02);
    rnn_dynamic *dynamic = follow(model, symbols, 20, NULL, 1);
    rnn_dynamic_gather(dynamic, (rnn_span){0, LENGTH}, 1, LENGTH / 10 / 20);
    assert_true(result.score.nats_per_character ==
                score(dynamic, (rnn_span){0, LENGTH}, LENGTH / 10, result.rate, result.decay));
    rnn_dynamic_destroy(dynamic);
    /* a part with next to nothing beside it */
    how = (rnn_evaluation){.part = RNN_PART_TEST, .val_frac = 0.8, .test_frac = 0.15};
    evaluate(text, &how, &(rnn_dynamics){.rate = -1, .decay = -1}, &result, &all);
    assert_int_equal(all.count, 0);
    assert_int_equal(result.gathered.part, RNN_PART_ALL);
}

static void what_cannot_be(void **state) {
    (void)state;
    char path[1024];
    const char *inputs[] = {scratch_name(&directory, "text.txt", path)};
    scratch_write(path, text, LENGTH);
    static const struct {
        rnn_evaluation how;
        rnn_dynamics moves;
        rnn_status status;
    } cases[] = {
        {{.protocol = RNN_PROTOCOL_COLD}, {0}, RNN_ERR_RANGE},
        {{.precision = RNN_PRECISION_INT8}, {0}, RNN_ERR_UNSUPPORTED},
        {{0}, {.segment = -1}, RNN_ERR_RANGE},
        {{0}, {.rate = NAN}, RNN_ERR_RANGE},
        {{0}, {.decay = INFINITY}, RNN_ERR_RANGE},
        {{0}, {.rate = 1e37}, RNN_ERR_DIVERGED},
        {{.part = RNN_PART_TEST, .val_frac = 0.5}, {0}, RNN_ERR_RANGE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rnn_dynamics_result result;
        rnn_error error = {0};
        assert_int_equal(rnn_evaluate_dynamics(model, inputs, 1, &cases[i].how, &cases[i].moves,
                                               &result, NULL, NULL, &error),
                         cases[i].status);
        assert_true(error.message[0] != '\0');
    }
}

static int set_up(void **state) {
    (void)state;
    static const char phrase[] = "abacabadabacabaegfhgabba";
    for (size_t i = 0; i < LENGTH; i++) {
        text[i] = i % 11 == i / 11 % 11 ? ALPHABET[i * i / 3 % 8] : phrase[i % (sizeof phrase - 1)];
        symbols[i] = text[i] - 'a';
    }
    model = made_model(ALPHABET, RNN_CELL_GRU, 24, 0, 0);
    for (size_t i = 0; i < model->network.parameters; i++)
        model->parameters[i] /= 6; /* undecided: it has much to learn */
    scratch_make(&directory);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    rnn_model_destroy(model);
    scratch_remove(&directory);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_pytorch_has_it),
        cmocka_unit_test(weights_that_stay_are_static),
        cmocka_unit_test(a_segment_is_scored_before_it_is_learnt),
        cmocka_unit_test(it_reads_in_one_direction),
        cmocka_unit_test(it_learns_what_can_be_learnt),
        cmocka_unit_test(ngrams_that_were_not_met_do_not_leap),
        cmocka_unit_test(the_model_stays_as_it_is),
        cmocka_unit_test(a_rate_too_high_is_told),
        cmocka_unit_test(the_best_of_the_tried_is_chosen),
        cmocka_unit_test(beside_the_static_figure),
        cmocka_unit_test(rates_are_chosen_beside_what_is_scored),
        cmocka_unit_test(text_without_training_text),
        cmocka_unit_test(what_cannot_be),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
