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
    if (rnn_safetensors_open(&fixtures, RNN_TEST_DATA "/gold/optimizers.safetensors", &error) ==
        RNN_OK)
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

/* The vectors of n-grams are damped by the root mean square of those of their gradients that are
 * not zero: Adam without a mean, worked out in the plainest way. */
static void check_damping(const rnn_device *device, const char *cpu) {
    rnn_network network = {.cell = RNN_CELL_GRU,
                           .layers = 1,
                           .hidden = 3,
                           .embedding = 5,
                           .symbols = 7,
                           .ngrams = 3,
                           .ngram_size = 16,
                           .ngram_rows = 700};
    rnn_error error = {0};
    rnn_engine *engine = NULL;
    rnn_engine_options options = {
        .batch = 1, .length = 1, .training = 1, .threads = 2, .cpu = cpu, .moments = 2};
    assert_int_equal(rnn_network_lay_out(&network, &error), RNN_OK);
    assert_int_equal(device->create(&engine, &network, &options, &error), RNN_OK);
    size_t n = network.parameters, begin = network.ngram_weight, end = begin + 2 * 700 * 16;
    float *gradient = rnn_allocate(n, sizeof *gradient), *before = rnn_allocate(n, sizeof *before);
    double *squares = calloc(n, sizeof *squares);
    rnn_update how = {.kind = RNN_ADAMW,
                      .rate = 0.01,
                      .beta2 = 0.9,
                      .epsilon = 1e-8,
                      .weight_decay = 0.1,
                      .correction1 = 1,
                      .clip_norm = 2,
                      .ngram_damping = 0.7};
    for (int step = 1; step <= 3; step++) {
        double norm = 0, sum = 0, count = 0;
        for (size_t i = 0; i < n; i++) {
            int met = i < begin || i >= end || (i - begin) / 16 % 5 == (size_t)step;
            double u = rnn_random_uniform(5, RNN_RANDOM_WEIGHTS, (uint64_t)step, i) - 0.5;
            gradient[i] = met ? (float)u : 0.0f;
            norm += pow((double)gradient[i], 2);
            sum += i >= begin && i < end ? pow((double)gradient[i], 2) : 0;
            count += i >= begin && i < end && gradient[i] != 0;
        }
        double scale = 2 / (sqrt(norm) + 1e-6), damping = 0.7 * scale * sqrt(sum / count);
        assert_true(scale < 0.5 && count > 1000);
        memcpy(before, device->arrays(engine).parameters, n * sizeof *before);
        device->write_gradient(engine, gradient);
        how.correction2 = 1 - pow(how.beta2, step);
        device->update(engine, &how);
        const float *got = device->arrays(engine).parameters;
        for (size_t i = 0; i < n; i++) {
            double g = (double)gradient[i] * scale;
            squares[i] = 0.9 * squares[i] + 0.1 * g * g;
            double root = sqrt(squares[i] / how.correction2) + 1e-8;
            root += i >= begin && i < end ? damping : 0;
            double wanted = (double)before[i] * (1 - 0.01 * 0.1) - 0.01 * g / root;
            if (!(fabs((double)got[i] - wanted) <= 1e-7 + 1e-5 * fabs(wanted)))
                fail_msg("%s: after step %d parameter %zu is %.8g, not %.8g", cpu, step, i, got[i],
                         wanted);
        }
    }
    device->destroy(engine);
    free(squares);
    rnn_free(before);
    rnn_free(gradient);
}

static void test_damping_of_ngrams(void **state) {
    (void)state;
    on_each(check_damping);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_pytorch),
        cmocka_unit_test(test_non_finite_gradient),
        cmocka_unit_test(test_damping_of_ngrams),
    };
    return cmocka_run_group_tests(tests, open_fixtures, close_fixtures);
}
