/* SPDX-License-Identifier: MIT
 *
 * test_fixtures.c - every device, every kernel table and several numbers of
 * threads against what PyTorch answers: tests/gold/networks, one file a network.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>

#include "tests/compute/fixture.h"

#define FIXTURES_AT_LEAST 45

/* Logits, losses and states are compared to within this ... */
static const double exact = 1e-5;
/* ... and gradients to within this share of themselves and of their tensor's largest. */
static const double relative = 1e-4, of_largest = 1e-6;

/* What training and whole sequences are compared with. */
typedef struct answers {
    float *gradient;       /* [network.parameters] */
    float *before, *after; /* [layers * batch * hidden], twice for LSTM */
} answers;

static answers open_answers(const fixture *f) {
    return (answers){flat_parameters(f, "grad."), flat_state(f, "0"), flat_state(f, "n")};
}

static void close_answers(answers *a) {
    rnn_free(a->gradient);
    rnn_free(a->before);
    rnn_free(a->after);
}

static void expect_state(const fixture *f, const answers *a, const char *when,
                         const rnn_device *device, rnn_engine *engine) {
    size_t count = rnn_network_state(&f->network) * f->batch;
    float *state = rnn_allocate(count, sizeof *state);
    assert_non_null(state);
    device->read_state(engine, state);
    expect_close(f, when, state, a->after, count, exact);
    rnn_free(state);
}

/* Losses [T][B] and hits of one pass in two sequences, the state carried over. */
static void check_evaluate(const fixture *f, const answers *a, const rnn_device *device,
                           rnn_engine *engine) {
    size_t n = f->length * f->batch, symbols = f->network.symbols;
    int32_t *inputs = contents(f, "inputs", n), *targets = contents(f, "targets", n);
    float *wanted = contents(f, "losses", n), *losses = rnn_allocate(n, sizeof *losses);
    float *logits = contents(f, "logits", n * symbols);
    assert_non_null(losses);

    device->write_state(engine, a->before);
    size_t first = f->length / 2, cut = first * f->batch;
    rnn_sequence_result head = {0}, tail;
    if (first > 0)
        head = device->evaluate(engine, first, inputs, targets, losses);
    tail = device->evaluate(engine, f->length - first, inputs + cut, targets + cut, losses + cut);
    expect_close(f, "losses", losses, wanted, n, exact);
    expect_state(f, a, "state after evaluating", device, engine);

    double sum = 0;
    uint64_t hits = 0;
    for (size_t i = 0; i < n; i++) {
        if (targets[i] < 0)
            continue;
        size_t best = 0;
        for (size_t v = 1; v < symbols; v++)
            if (logits[i * symbols + v] > logits[i * symbols + best])
                best = v;
        hits += best == (size_t)targets[i];
        sum += wanted[i];
    }
    assert_true(fabs(head.loss + tail.loss - sum) <= exact * (double)n);
    assert_int_equal(head.hits + tail.hits, hits);
    rnn_free(inputs);
    rnn_free(targets);
    rnn_free(wanted);
    rnn_free(losses);
    rnn_free(logits);
}

static void check_step(const fixture *f, const answers *a, const rnn_device *device,
                       rnn_engine *engine) {
    size_t n = f->length * f->batch, row = f->batch * f->network.symbols;
    int32_t *inputs = contents(f, "inputs", n);
    float *wanted = contents(f, "logits", n * f->network.symbols);
    float *logits = rnn_allocate(row, sizeof *logits);
    assert_non_null(logits);

    device->write_state(engine, a->before);
    for (size_t t = 0; t < f->length; t++) {
        device->step(engine, inputs + t * f->batch, logits);
        expect_close(f, "logits", logits, wanted + t * row, row, exact);
    }
    expect_state(f, a, "state after stepping", device, engine);
    rnn_free(inputs);
    rnn_free(wanted);
    rnn_free(logits);
}

/* The gradient, tensor by tensor. */
static void expect_gradient(const fixture *f, const answers *a, const float *got) {
    for (size_t i = 0; i < rnn_safetensors_count(f->file); i++) {
        const rnn_tensor *each = rnn_safetensors_at(f->file, i);
        if (strncmp(each->name, "grad.", 5) != 0)
            continue;
        /* a tensor's window is where fill put it: the fixture's flat array has its values */
        const float *wanted = a->gradient;
        size_t count = each->bytes / 4, offset = 0;
        while (offset + count <= f->network.parameters &&
               memcmp(wanted + offset, each->data, each->bytes) != 0)
            offset++;
        assert_true(offset + count <= f->network.parameters);
        double largest = 0;
        for (size_t j = offset; j < offset + count; j++)
            largest = fmax(largest, fabs((double)wanted[j]));
        for (size_t j = offset; j < offset + count; j++) {
            double allowed = relative * fabs((double)wanted[j]) + of_largest * largest;
            if (!(fabs((double)got[j] - wanted[j]) <= allowed))
                fail_msg("%s: %s[%zu] is %.8g, PyTorch has %.8g", f->name, each->name, j - offset,
                         got[j], wanted[j]);
        }
    }
}

static void check_train(const fixture *f, const answers *a, const rnn_device *device,
                        rnn_engine *engine) {
    size_t n = f->length * f->batch, counted = 0;
    int32_t *inputs = contents(f, "inputs", n), *targets = contents(f, "targets", n);
    float *loss = contents(f, "loss", 1);
    float *gradient = rnn_allocate(f->network.parameters, sizeof *gradient);
    assert_non_null(gradient);
    for (size_t i = 0; i < n; i++)
        counted += targets[i] >= 0;

    /* twice: the gradient replaces the one before */
    for (int again = 0; again < 2; again++) {
        device->write_state(engine, a->before);
        rnn_sequence_result result = device->train(engine, 7, f->length, inputs, targets);
        assert_true(fabs(result.loss / (double)counted - (double)*loss) <= exact);
        expect_state(f, a, "state after training", device, engine);
        device->read_gradient(engine, gradient);
        expect_gradient(f, a, gradient);
    }
    rnn_free(inputs);
    rnn_free(targets);
    rnn_free(loss);
    rnn_free(gradient);
}

static void check_engine(const fixture *f, const answers *a, const rnn_device *device,
                         const char *cpu, int threads, int training) {
    rnn_error error = {0};
    rnn_engine *engine = NULL;
    rnn_engine_options options = {.batch = f->batch,
                                  .length = f->length,
                                  .training = training,
                                  .threads = threads,
                                  .cpu = cpu,
                                  .precision = RNN_PRECISION_FLOAT32};
    if (device->create(&engine, &f->network, &options, &error) != RNN_OK)
        fail_msg("%s on %s (%s): %s", f->name, device->name, cpu, error.message);
    device->write_parameters(engine, f->parameters);
    check_evaluate(f, a, device, engine);
    check_step(f, a, device, engine);
    if (training)
        check_train(f, a, device, engine);
    device->destroy(engine);
}

/* All fixtures on one device with one kernel table. */
static size_t check_all(const rnn_device *device, const char *cpu) {
    DIR *folder = opendir(RNN_TEST_DATA "/gold/networks");
    assert_non_null(folder);
    size_t seen = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (!strstr(entry->d_name, ".safetensors"))
            continue;
        fixture f;
        open_fixture(&f, "networks", entry->d_name);
        answers a = open_answers(&f);
        check_engine(&f, &a, device, cpu, 1, 1);
        check_engine(&f, &a, device, cpu, 3, 1);
        check_engine(&f, &a, device, cpu, 2, 0);
        close_answers(&a);
        close_fixture(&f);
        seen++;
    }
    closedir(folder);
    return seen;
}

static void test_fixtures(void **state) {
    (void)state;
    for (const rnn_device *const *device = rnn_device_available(); *device; device++) {
        if (strcmp((*device)->name, "cpu") != 0) {
            assert_true(check_all(*device, NULL) >= FIXTURES_AT_LEAST);
            continue;
        }
        for (const rnn_kernels *const *kernels = rnn_kernels_available(); *kernels; kernels++) {
            print_message("cpu, %s\n", (*kernels)->name);
            assert_true(check_all(*device, (*kernels)->name) >= FIXTURES_AT_LEAST);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fixtures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
