/* SPDX-License-Identifier: MIT
 *
 * test_trace.c - what an engine shows of each step, and units that are held, against
 * PyTorch (tests/gold/traces); the same bits in parts, beside others and on any number of
 * threads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/random.h"
#include "tests/compute/fixture.h"
#include "tests/compute/trial.h"

#define MOST_CLAMPS 8

static const double exact = 1e-5;

/* ------------------------------------------------------------------ PyTorch */

typedef struct trace {
    size_t count;
    rnn_probe *probes; /* [count] */
    float *values;     /* [length][batch][count] */
    float *logits;     /* [length][batch][symbols] */
} trace;

/* Probes of all units of all layers for signals [first, last]. */
static trace trace_of(const rnn_network *net, rnn_signal first, rnn_signal last, size_t rows) {
    trace t = {.count = (size_t)(last - first + 1) * net->layers * net->hidden};
    t.probes = rnn_allocate(t.count, sizeof *t.probes);
    t.values = rnn_allocate(t.count * rows, sizeof(float));
    t.logits = rnn_allocate(net->symbols * rows, sizeof(float));
    assert_true(t.probes && t.values && t.logits);
    for (size_t i = 0; i < t.count; i++)
        t.probes[i] = (rnn_probe){(int)(i / net->hidden % net->layers), (int)(i % net->hidden),
                                  (rnn_signal)((size_t)first + i / (net->layers * net->hidden))};
    return t;
}

static void free_trace(trace *t) {
    rnn_free(t->probes);
    rnn_free(t->values);
    rnn_free(t->logits);
}

/* One signal [layers][length * batch][hidden] of a trace whose probes see it first. */
static void expect_signal(const fixture *f, const char *what, const trace *got, const float *wanted,
                          int squashed) {
    const rnn_network *net = &f->network;
    size_t rows = f->length * f->batch;
    for (size_t l = 0; l < net->layers; l++)
        for (size_t r = 0; r < rows; r++)
            for (size_t u = 0; u < net->hidden; u++) {
                double value = wanted[(l * rows + r) * net->hidden + u];
                float seen = got->values[r * got->count + l * net->hidden + u];
                value = squashed ? tanh(value) : value;
                if (!(fabs((double)seen - value) <= exact))
                    fail_msg("%s: %s of unit %zu in layer %zu at %zu is %.8g, PyTorch has %.8g",
                             f->name, what, u, l, r, (double)seen, value);
            }
}

static void read_signal(const fixture *f, const rnn_device *device, rnn_engine *engine,
                        const float *before, trace *into) {
    int32_t *inputs = contents(f, "inputs", f->length * f->batch);
    device->write_state(engine, before);
    device->trace(engine, f->length, inputs, into->probes, into->count, into->values, into->logits);
    rnn_free(inputs);
}

static void check_signal(const fixture *f, const rnn_device *device, rnn_engine *engine,
                         const float *before, rnn_signal signal, const char *tensor, int squashed) {
    size_t rows = f->length * f->batch;
    float *wanted = contents(f, tensor, f->network.layers * rows * f->network.hidden);
    trace got = trace_of(&f->network, signal, signal, rows);
    read_signal(f, device, engine, before, &got);
    expect_signal(f, tensor, &got, wanted, squashed);
    rnn_free(wanted);
    free_trace(&got);
}

/* gates [layers][gates][length * batch][hidden] */
static void check_gate(const fixture *f, const rnn_device *device, rnn_engine *engine,
                       const float *before, rnn_signal signal, size_t which, size_t gates) {
    const rnn_network *net = &f->network;
    size_t rows = f->length * f->batch, each = rows * net->hidden;
    float *all = contents(f, "gates", net->layers * gates * each);
    float *wanted = rnn_allocate(net->layers * each, sizeof *wanted);
    assert_non_null(wanted);
    for (size_t l = 0; l < net->layers; l++)
        memcpy(wanted + l * each, all + (l * gates + which) * each, each * sizeof *wanted);
    trace got = trace_of(net, signal, signal, rows);
    read_signal(f, device, engine, before, &got);
    expect_signal(f, "a gate", &got, wanted, 0);
    rnn_free(all);
    rnn_free(wanted);
    free_trace(&got);
}

static void check_logits(const fixture *f, const rnn_device *device, rnn_engine *engine,
                         const float *before, const char *tensor) {
    size_t rows = f->length * f->batch;
    float *wanted = contents(f, tensor, rows * f->network.symbols);
    trace got = trace_of(&f->network, RNN_SIGNAL_H, RNN_SIGNAL_H, rows);
    read_signal(f, device, engine, before, &got);
    expect_close(f, tensor, got.logits, wanted, rows * f->network.symbols, exact);
    rnn_free(wanted);
    free_trace(&got);
}

static rnn_engine *engine_of(const fixture *f, const rnn_device *device, const char *cpu,
                             int threads, const rnn_clamp *clamps, size_t clamp_count) {
    rnn_error error = {0};
    rnn_engine *engine = NULL;
    rnn_engine_options options = {.batch = f->batch,
                                  .length = f->length,
                                  .threads = threads,
                                  .cpu = cpu,
                                  .precision = RNN_PRECISION_FLOAT32,
                                  .tracing = 1,
                                  .clamps = clamps,
                                  .clamp_count = clamp_count};
    if (device->create(&engine, &f->network, &options, &error) != RNN_OK)
        fail_msg("%s", error.message);
    device->write_parameters(engine, f->parameters);
    return engine;
}

static size_t clamps_of(const fixture *f, rnn_clamp *clamps) {
    const char *text = rnn_safetensors_metadata(f->file, "clamps");
    size_t count = 0;
    int read = 0;
    assert_non_null(text);
    for (rnn_clamp *c = clamps; count < MOST_CLAMPS; c++, count++, text += read)
        if (sscanf(text, "%d %d %f%n", &c->layer, &c->unit, &c->value, &read) != 3)
            break;
    assert_true(count > 0);
    return count;
}

static void check_free(const fixture *f, const rnn_device *device, rnn_engine *engine,
                       const float *before) {
    int lstm = f->network.cell == RNN_CELL_LSTM, gru = f->network.cell == RNN_CELL_GRU;
    check_logits(f, device, engine, before, "logits");
    check_signal(f, device, engine, before, RNN_SIGNAL_H, "h", 0);
    check_signal(f, device, engine, before, RNN_SIGNAL_CELL, lstm ? "c" : "h", lstm);
    if (lstm)
        check_signal(f, device, engine, before, RNN_SIGNAL_C, "c", 0);
    for (int i = 0; lstm && i < 4; i++)
        check_gate(f, device, engine, before, (rnn_signal)(RNN_SIGNAL_I + i), (size_t)i, 4);
    for (int i = 0; gru && i < 3; i++)
        check_gate(f, device, engine, before, (rnn_signal)(RNN_SIGNAL_R + i), (size_t)i, 3);
}

static void check_held(const fixture *f, const rnn_device *device, rnn_engine *engine,
                       const float *before) {
    int lstm = f->network.cell == RNN_CELL_LSTM;
    check_logits(f, device, engine, before, "held_logits");
    check_signal(f, device, engine, before, RNN_SIGNAL_H, "held_h", 0);
    check_signal(f, device, engine, before, RNN_SIGNAL_CELL, lstm ? "held_c" : "held_h", lstm);
}

static void check_fixtures(const rnn_device *device, const char *cpu) {
    static const char *const files[] = {"tanh.safetensors", "gru.safetensors", "lstm.safetensors"};
    for (size_t i = 0; i < 3; i++)
        for (int threads = 1; threads <= 3; threads += 2) {
            fixture f;
            rnn_clamp clamps[MOST_CLAMPS];
            open_fixture(&f, "traces", files[i]);
            float *before = flat_state(&f, "0");
            rnn_engine *engine = engine_of(&f, device, cpu, threads, NULL, 0);
            check_free(&f, device, engine, before);
            device->destroy(engine);
            engine = engine_of(&f, device, cpu, threads, clamps, clamps_of(&f, clamps));
            check_held(&f, device, engine, before);
            device->destroy(engine);
            rnn_free(before);
            close_fixture(&f);
        }
}

static void test_traces(void **state) {
    (void)state;
    on_each(check_fixtures);
}

/* ---------------------------------------------------------------- same bits */

enum { TRACED = 11 };

static const struct wide {
    rnn_cell cell;
    size_t hidden, batch;
} shapes[] = {{RNN_CELL_LSTM, 256, 1}, {RNN_CELL_GRU, 300, 1}, {RNN_CELL_TANH, 31, 9}};

static rnn_network network_of(const struct wide *shape) {
    rnn_network net = {.cell = shape->cell,
                       .layers = 2,
                       .hidden = shape->hidden,
                       .embedding = 5,
                       .symbols = SYMBOLS,
                       .bias = 1};
    assert_int_equal(rnn_network_lay_out(&net, NULL), RNN_OK);
    return net;
}

/* What is read in several ways. */
typedef struct material {
    const struct wide *shape;
    rnn_network network;
    float *parameters; /* [network.parameters] */
    int32_t *symbols;  /* [TRACED][batch] */
} material;

static material make_material(const struct wide *shape) {
    material m = {.shape = shape, .network = network_of(shape)};
    m.parameters = rnn_allocate(m.network.parameters, sizeof *m.parameters);
    m.symbols = rnn_allocate(TRACED * shape->batch, sizeof *m.symbols);
    assert_true(m.parameters && m.symbols);
    for (size_t i = 0; i < m.network.parameters; i++)
        m.parameters[i] = uniform(1, i, 2 / sqrt((double)shape->hidden));
    for (size_t i = 0; i < TRACED * shape->batch; i++)
        m.symbols[i] = (int32_t)(rnn_random_bits(3, RNN_RANDOM_BATCHES, 0, i) % SYMBOLS);
    return m;
}

/* Reads it in parts of `part` steps. */
static trace read_parts(const rnn_device *device, const char *cpu, const material *m,
                        rnn_precision precision, int threads, size_t part) {
    size_t batch = m->shape->batch;
    rnn_signal last = m->shape->cell == RNN_CELL_LSTM ? RNN_SIGNAL_O : RNN_SIGNAL_H;
    trace got = trace_of(&m->network, RNN_SIGNAL_CELL, last, TRACED * batch);
    rnn_clamp clamp = {1, 17, 0.5f};
    rnn_engine *engine;
    rnn_engine_options options = {.batch = batch,
                                  .length = part,
                                  .threads = threads,
                                  .cpu = cpu,
                                  .precision = precision,
                                  .tracing = 1,
                                  .clamps = &clamp,
                                  .clamp_count = 1,
                                  .parameters = m->parameters};
    assert_int_equal(device->create(&engine, &m->network, &options, NULL), RNN_OK);
    for (size_t t = 0, n; t < TRACED; t += n) {
        n = TRACED - t < part ? TRACED - t : part;
        device->trace(engine, n, m->symbols + t * batch, got.probes, got.count,
                      got.values + t * batch * got.count, got.logits + t * batch * SYMBOLS);
    }
    device->destroy(engine);
    return got;
}

static void compare_ways(const rnn_device *device, const char *cpu, const material *m,
                         rnn_precision precision) {
    static const struct {
        int threads;
        size_t part;
    } ways[] = {{1, 1}, {3, TRACED}, {2, 5}};
    size_t rows = TRACED * m->shape->batch;
    trace whole = read_parts(device, cpu, m, precision, 1, TRACED);
    for (size_t r = 0; r < rows; r++) /* layer 1's unit 17 is held */
        assert_true(fabsf(whole.values[r * whole.count + m->shape->hidden + 17] - 0.5f) < 1e-6f);
    for (size_t i = 0; i < 3; i++) {
        trace parts = read_parts(device, cpu, m, precision, ways[i].threads, ways[i].part);
        assert_memory_equal(parts.values, whole.values, rows * whole.count * sizeof(float));
        assert_memory_equal(parts.logits, whole.logits, rows * SYMBOLS * sizeof(float));
        free_trace(&parts);
    }
    free_trace(&whole);
}

static material materials[sizeof shapes / sizeof *shapes];

static void check_same_bits(const rnn_device *device, const char *cpu) {
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int p = RNN_PRECISION_FLOAT32; p < RNN_PRECISIONS; p++)
            compare_ways(device, cpu, &materials[s], (rnn_precision)p);
}

static void test_same_bits(void **state) {
    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        materials[s] = make_material(&shapes[s]);
    on_each(check_same_bits);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        rnn_free(materials[s].parameters);
        rnn_free(materials[s].symbols);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_traces),
                                       cmocka_unit_test(test_same_bits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
