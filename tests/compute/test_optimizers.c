/* SPDX-License-Identifier: MIT
 *
 * test_optimizers.c - 20 steps of each optimizer against torch.optim, through the
 * devices' update with every kernel table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "compute/device.h"
#include "formats/safetensors.h"

#define STEPS 20

static rnn_safetensors *fixtures;

static int open_fixtures(void **state) {
    (void)state;
    rnn_error error;
    if (rnn_safetensors_open(&fixtures, RNN_TEST_DATA "/gold/optimizers.safetensors", NULL,
                             &error) == RNN_OK)
        return 0;
    print_error("%s\n", error.message);
    return -1;
}

static int close_fixtures(void **state) {
    (void)state;
    rnn_safetensors_close(fixtures);
    return 0;
}

/* rows * parameters numbers, aligned. */
static float *numbers(const char *name, size_t rows, size_t parameters) {
    const rnn_tensor *tensor = rnn_safetensors_find(fixtures, name);
    assert_non_null(tensor);
    assert_int_equal(tensor->bytes, rows * parameters * sizeof(float));
    float *copy = rnn_allocate(rows * parameters, sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, tensor->data, tensor->bytes);
    return copy;
}

/* The smallest network with as many parameters as the fixture's vector: 43. */
static rnn_network tiny_network(void) {
    rnn_network network = {
        .cell = RNN_CELL_TANH, .layers = 1, .hidden = 3, .symbols = 4, .bias = 1};
    rnn_error error = {0};
    assert_int_equal(rnn_network_lay_out(&network, &error), RNN_OK);
    return network;
}

/* What a case of the fixture asks for; see make_fixtures.py for the order. */
static rnn_update settings(const char *name) {
    char key[64];
    snprintf(key, sizeof key, "case.%s", name);
    const char *text = rnn_safetensors_metadata(fixtures, key);
    assert_non_null(text);
    int kind;
    double is[9];
    assert_int_equal(sscanf(text, "%d %lf %lf %lf %lf %lf %lf %lf %lf %lf", &kind, &is[0], &is[1],
                            &is[2], &is[3], &is[4], &is[5], &is[6], &is[7], &is[8]),
                     10);
    rnn_update how = {.rate = is[0],
                      .momentum = is[1],
                      .alpha = is[2],
                      .beta1 = is[3],
                      .beta2 = is[4],
                      .epsilon = is[5],
                      .weight_decay = is[6],
                      .clip_value = is[7],
                      .clip_norm = is[8]};
    how.kind = (rnn_optimizer)kind;
    return how;
}

/* The norm that update must report: of the gradient as it came, clamped by clip_value. */
static double norm_of(const float *gradient, size_t count, double clip_value) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double g = gradient[i];
        if (clip_value > 0)
            g = fmax(-clip_value, fmin(clip_value, g));
        sum += g * g;
    }
    return sqrt(sum);
}

static void check_case(const rnn_device *device, const char *cpu, const char *name) {
    rnn_network network = tiny_network();
    size_t n = network.parameters;
    float *initial = numbers("initial", 1, n), *gradients = numbers("gradients", STEPS, n);
    float *wanted = numbers(name, STEPS, n);

    rnn_error error = {0};
    rnn_engine *engine = NULL;
    rnn_engine_options options = {
        .batch = 1, .length = 1, .training = 1, .threads = 2, .cpu = cpu, .moments = 3};
    if (device->create(&engine, &network, &options, &error) != RNN_OK)
        fail_msg("%s (%s): %s", device->name, cpu, error.message);
    device->write_parameters(engine, initial);
    rnn_update how = settings(name);
    for (int step = 1; step <= STEPS; step++) {
        const float *gradient = gradients + (size_t)(step - 1) * n;
        how.correction1 = 1 - pow(how.beta1, step);
        how.correction2 = 1 - pow(how.beta2, step);
        device->write_gradient(engine, gradient);
        double norm = device->update(engine, &how);
        assert_true(fabs(norm - norm_of(gradient, n, how.clip_value)) <= 1e-5 * norm);
        const float *got = device->arrays(engine).parameters;
        for (size_t i = 0; i < n; i++) {
            double target = wanted[(size_t)(step - 1) * n + i];
            if (!(fabs((double)got[i] - target) <= 2e-6 + 1e-5 * fabs(target)))
                fail_msg("%s, %s: after step %d parameter %zu is %.8g, PyTorch has %.8g", name, cpu,
                         step, i, got[i], target);
        }
    }
    device->destroy(engine);
    rnn_free(initial);
    rnn_free(gradients);
    rnn_free(wanted);
}

/* Calls check for every device and, on the CPU, every kernel table. */
static void on_each(void (*check)(const rnn_device *device, const char *cpu)) {
    for (const rnn_device *const *device = rnn_device_available(); *device; device++) {
        if (strcmp((*device)->name, "cpu") != 0) {
            check(*device, NULL);
            continue;
        }
        for (const rnn_kernels *const *kernels = rnn_kernels_available(); *kernels; kernels++)
            check(*device, (*kernels)->name);
    }
}

static void check_cases(const rnn_device *device, const char *cpu) {
    size_t cases = 0;
    for (size_t i = 0; i < rnn_safetensors_count(fixtures); i++) {
        const char *name = rnn_safetensors_at(fixtures, i)->name;
        if (strcmp(name, "initial") == 0 || strcmp(name, "gradients") == 0)
            continue;
        check_case(device, cpu, name);
        cases++;
    }
    assert_true(cases >= 14);
}

static void test_against_pytorch(void **state) {
    (void)state;
    on_each(check_cases);
}

/* A gradient that is not finite says so by its norm and changes nothing. */
static void check_refusal(const rnn_device *device, const char *cpu) {
    const float bad[] = {NAN, INFINITY, -INFINITY};
    rnn_network network = tiny_network();
    size_t n = network.parameters;
    float *initial = numbers("initial", 1, n);
    rnn_error error = {0};
    rnn_engine *engine = NULL;
    rnn_engine_options options = {
        .batch = 1, .length = 1, .training = 1, .threads = 2, .cpu = cpu, .moments = 3};
    assert_int_equal(device->create(&engine, &network, &options, &error), RNN_OK);
    device->write_parameters(engine, initial);
    rnn_update how = settings("adam_decay");
    how.correction1 = how.correction2 = 1;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        /* clamping turns an infinity into a number, but must not hide a NaN */
        for (int clip = 0; clip < (i == 0 ? 3 : 2); clip++) {
            float *gradient = numbers("initial", 1, n);
            gradient[i * 20] = bad[i];
            how.clip_norm = clip == 1 ? 5 : 0;
            how.clip_value = clip == 2 ? 0.5 : 0;
            device->write_gradient(engine, gradient);
            assert_false(isfinite(device->update(engine, &how)));
            assert_false(isfinite(device->adapt(engine, &(rnn_adaptation){0.1, 0.1, 0.01})));
            rnn_engine_arrays got = device->arrays(engine);
            assert_memory_equal(got.parameters, initial, n * sizeof *initial);
            for (size_t j = 0; j < n; j++)
                assert_true(got.first[j] == 0 && got.second[j] == 0);
            rnn_free(gradient);
        }
    }
    device->destroy(engine);
    rnn_free(initial);
}

static void test_non_finite_gradient(void **state) {
    (void)state;
    on_each(check_refusal);
}

/* ------------------------------------------------------- vectors of n-grams */

/* So many parameters before the vectors, of them and behind them that threads share them all. */
static rnn_network network_with_vectors(void) {
    rnn_network network = {.cell = RNN_CELL_GRU,
                           .layers = 1,
                           .hidden = 40,
                           .embedding = 300,
                           .symbols = 70,
                           .ngrams = 3,
                           .ngram_size = 16,
                           .ngram_rows = 2500};
    rnn_error error = {0};
    assert_int_equal(rnn_network_lay_out(&network, &error), RNN_OK);
    return network;
}

static int is_vector(const rnn_network *net, size_t i) {
    return i >= net->ngram_weight && i < net->ngram_weight + rnn_network_ngram_parameters(net);
}

/* Whether a parameter has a gradient in a step: of the vectors, every fifth. */
static int is_met(const rnn_network *net, size_t i, int step) {
    return !is_vector(net, i) || (i - net->ngram_weight) / net->ngram_size % 5 == (size_t)step % 2;
}

static void make_gradient(const rnn_network *net, int step, float *gradient) {
    for (size_t i = 0; i < net->parameters; i++) {
        double u = rnn_random_uniform(5, RNN_RANDOM_WEIGHTS, (uint64_t)step, i) - 0.5;
        gradient[i] = is_met(net, i, step) ? (float)u : 0.0f;
    }
}

static void expect_number(float got, double wanted, size_t i, const char *what, const char *cpu) {
    if (!(fabs((double)got - wanted) <= 1e-7 + 1e-5 * fabs(wanted)))
        fail_msg("%s: %s %zu is %.8g, not %.8g", cpu, what, i, (double)got, wanted);
}

typedef struct vectors_trial {
    const rnn_device *device;
    const char *cpu;
    rnn_network network;
    rnn_engine *engine;
    float *gradient;
    float *before; /* parameters before a step */
    double *first, *second;
} vectors_trial;

static vectors_trial begin_vectors(const rnn_device *device, const char *cpu, int threads) {
    vectors_trial t = {.device = device, .cpu = cpu, .network = network_with_vectors()};
    size_t n = t.network.parameters;
    rnn_error error = {0};
    rnn_engine_options options = {
        .batch = 1, .length = 1, .training = 1, .threads = threads, .cpu = cpu, .moments = 3};
    assert_int_equal(device->create(&t.engine, &t.network, &options, &error), RNN_OK);
    t.gradient = rnn_allocate(n, sizeof *t.gradient);
    t.before = rnn_allocate(n, sizeof *t.before);
    t.first = rnn_allocate(n, sizeof *t.first);
    t.second = rnn_allocate(n, sizeof *t.second);
    return t;
}

static void end_vectors(vectors_trial *t) {
    t->device->destroy(t->engine);
    rnn_free(t->gradient);
    rnn_free(t->before);
    rnn_free(t->first);
    rnn_free(t->second);
}

/* AdamW, worked out in the plainest way: vectors are damped by the root mean square of those of
 * their gradients that are not zero, and those that have none stay as they are. */
static void step_with_vectors(vectors_trial *t, int step) {
    rnn_update how = {.kind = RNN_ADAMW,
                      .rate = 0.01,
                      .beta1 = 0.8,
                      .beta2 = 0.9,
                      .epsilon = 1e-8,
                      .weight_decay = 0.1,
                      .correction1 = 1 - pow(0.8, step),
                      .correction2 = 1 - pow(0.9, step),
                      .clip_norm = 2,
                      .ngram_damping = 0.7};
    size_t n = t->network.parameters;
    double squares = 0, of_vectors = 0, count = 0;
    make_gradient(&t->network, step, t->gradient);
    for (size_t i = 0; i < n; i++) {
        double square = pow((double)t->gradient[i], 2);
        squares += square;
        of_vectors += is_vector(&t->network, i) ? square : 0;
        count += is_vector(&t->network, i) && square != 0;
    }
    double norm = sqrt(squares), scale = 2 / (norm + 1e-6);
    double damping = 0.7 * scale * sqrt(of_vectors / count);
    memcpy(t->before, t->device->arrays(t->engine).parameters, n * sizeof *t->before);
    t->device->write_gradient(t->engine, t->gradient);
    assert_true(fabs(t->device->update(t->engine, &how) - norm) <= 1e-9 * norm);
    rnn_engine_arrays got = t->device->arrays(t->engine);
    for (size_t i = 0; i < n; i++) {
        double g = (double)t->gradient[i] * scale, wanted = (double)t->before[i];
        if (is_met(&t->network, i, step)) {
            t->first[i] = 0.8 * t->first[i] + 0.2 * g;
            t->second[i] = 0.9 * t->second[i] + 0.1 * g * g;
            double root = sqrt(t->second[i] / how.correction2) + 1e-8;
            root += is_vector(&t->network, i) ? damping : 0;
            wanted *= 1 - 0.01 * 0.1;
            wanted -= 0.01 * t->first[i] / how.correction1 / root;
        }
        expect_number(got.parameters[i], wanted, i, "parameter", t->cpu);
        expect_number(got.first[i], t->first[i], i, "mean", t->cpu);
        expect_number(got.second[i], t->second[i], i, "mean square", t->cpu);
    }
}

/* Dynamic evaluation: origin and spread are the moments. */
static void adapt_vectors(vectors_trial *t, int step) {
    const rnn_adaptation how = {.rate = 0.1, .decay = 0.3, .epsilon = 0.01};
    size_t n = t->network.parameters;
    rnn_engine_arrays got = t->device->arrays(t->engine);
    memcpy(t->before, got.parameters, n * sizeof *t->before);
    make_gradient(&t->network, step, t->gradient);
    t->device->write_gradient(t->engine, t->gradient);
    t->device->adapt(t->engine, &how);
    got = t->device->arrays(t->engine);
    for (size_t i = 0; i < n; i++) {
        double wanted = (double)t->before[i], spread = (double)got.second[i];
        if (is_met(&t->network, i, step))
            wanted += fmin(1, 0.3 * spread) * ((double)got.first[i] - wanted) -
                      0.1 * (double)t->gradient[i] / (spread + 0.01);
        expect_number(got.parameters[i], wanted, i, "adapted parameter", t->cpu);
    }
}

/* One number that is none, in a vector alone. */
static void refuse_vectors(vectors_trial *t) {
    size_t n = t->network.parameters;
    rnn_update how = {.kind = RNN_SGD, .rate = 1};
    memset(t->gradient, 0, n * sizeof *t->gradient);
    t->gradient[t->network.ngram_weight + 70001] = NAN;
    memcpy(t->before, t->device->arrays(t->engine).parameters, n * sizeof *t->before);
    t->device->write_gradient(t->engine, t->gradient);
    assert_true(isnan(t->device->update(t->engine, &how)));
    assert_memory_equal(t->device->arrays(t->engine).parameters, t->before, n * sizeof *t->before);
}

static void check_vectors(const rnn_device *device, const char *cpu) {
    float *one_thread = NULL;
    for (int threads = 1; threads <= 3; threads++) {
        vectors_trial t = begin_vectors(device, cpu, threads);
        size_t bytes = t.network.parameters * sizeof(float);
        for (int step = 1; step <= 4; step++)
            step_with_vectors(&t, step);
        adapt_vectors(&t, 5);
        refuse_vectors(&t);
        if (one_thread)
            assert_memory_equal(device->arrays(t.engine).parameters, one_thread, bytes);
        else
            one_thread = memcpy(rnn_allocate(bytes, 1), device->arrays(t.engine).parameters, bytes);
        end_vectors(&t);
    }
    rnn_free(one_thread);
}

static void test_vectors_of_ngrams(void **state) {
    (void)state;
    on_each(check_vectors);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_pytorch),
        cmocka_unit_test(test_non_finite_gradient),
        cmocka_unit_test(test_vectors_of_ngrams),
    };
    return cmocka_run_group_tests(tests, open_fixtures, close_fixtures);
}
