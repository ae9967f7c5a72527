/* SPDX-License-Identifier: MIT
 *
 * test_precision.c - models read in float32, bf16 and int8: close to each other, the
 * same bits however they are read, and weights that many threads share.
 */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/inference/made_model.h"

#define TEXT     "hello world,\nthe quick brown fox jumps over a lazy dog"
#define LENGTH   (sizeof TEXT - 1)
#define STATES   6
#define LIMIT_IN 0.25 /* of logits in int8, whose spread is some 10 */

/* hidden sizes that are and are not whole panels; weights above and below what
 * threads share out */
static const struct shape {
    rnn_cell cell;
    size_t hidden, embedding;
} shapes[] = {{RNN_CELL_LSTM, 256, 0}, {RNN_CELL_LSTM, 259, 5}, {RNN_CELL_GRU, 320, 17},
              {RNN_CELL_GRU, 300, 0},  {RNN_CELL_TANH, 512, 0}, {RNN_CELL_LSTM, 31, 7}};

#define SHAPES (sizeof shapes / sizeof *shapes)

static rnn_model *model_of(size_t shape) {
    return made_model(TEXT, shapes[shape].cell, shapes[shape].hidden, shapes[shape].embedding, 0);
}

static int32_t *encode(const rnn_model *model) {
    int32_t *symbols;
    size_t count;
    assert_int_equal(rnn_model_encode(model, TEXT, LENGTH, 0, &symbols, &count, NULL), RNN_OK);
    assert_int_equal(count, LENGTH);
    return symbols;
}

/* Logits [LENGTH][symbols] of the text, step by step. */
static float *read_text(const rnn_model *model, rnn_precision precision) {
    int32_t *symbols = encode(model);
    size_t width = model->network.symbols;
    float *logits = malloc(LENGTH * width * sizeof *logits);
    rnn_state *state;
    if (rnn_state_create_in(&state, model, precision, NULL) != RNN_OK)
        abort();
    for (size_t i = 0; i < LENGTH; i++)
        memcpy(logits + i * width, rnn_state_step(state, symbols[i]), width * sizeof *logits);
    rnn_state_destroy(state);
    rnn_free(symbols);
    return logits;
}

static void test_precisions_are_close(void **state) {
    (void)state;
    for (size_t i = 0; i < SHAPES; i++) {
        rnn_model *model = model_of(i);
        size_t count = LENGTH * model->network.symbols;
        float *exact = read_text(model, RNN_PRECISION_FLOAT32);
        for (int p = RNN_PRECISION_BF16; p <= RNN_PRECISION_INT8; p++) {
            float *narrow = read_text(model, (rnn_precision)p);
            double sum = 0;
            for (size_t j = 0; j < count; j++)
                sum += ((double)narrow[j] - exact[j]) * ((double)narrow[j] - exact[j]);
            double root = sqrt(sum / (double)count);
            if (!(root > 0 && root < LIMIT_IN))
                fail_msg("shape %zu in precision %d is off by %g", i, p, root);
            free(narrow);
        }
        free(exact);
        rnn_model_destroy(model);
    }
}

/* Scoring reads many rows at once, stepping one: each character's loss is the same. */
static void compare_loss(void *context, int32_t symbol, double nats) {
    double **at = context;
    (void)symbol;
    assert_true(*(*at)++ == nats);
}

static void take_loss(void *context, int32_t symbol, double nats) {
    double **at = context;
    (void)symbol;
    *(*at)++ = nats;
}

static void score(const rnn_model *model, rnn_precision precision, size_t batch, int threads,
                  rnn_score_listener listener, double *losses) {
    rnn_engine *engine;
    const rnn_device *device;
    int32_t *symbols = encode(model), inputs[LENGTH], targets[LENGTH];
    float found[LENGTH];
    rnn_engine_options options = {
        .batch = batch, .length = LENGTH / batch, .threads = threads, .precision = precision};
    assert_int_equal(rnn_model_engine(&engine, &device, model, NULL, &options, NULL), RNN_OK);
    size_t rows = LENGTH / batch * batch;
    for (size_t i = 0; i < rows; i++) {
        inputs[i] = symbols[i];
        targets[i] = symbols[(i + 1) % LENGTH];
    }
    device->evaluate(engine, LENGTH / batch, inputs, targets, found);
    for (size_t i = 0; i < rows; i++)
        listener(&losses, targets[i], (double)found[i]);
    device->destroy(engine);
    rnn_free(symbols);
}

static void test_threads_change_no_bit(void **state) {
    (void)state;
    double losses[LENGTH];
    for (size_t i = 0; i < SHAPES; i++) {
        rnn_model *model = model_of(i);
        for (int p = RNN_PRECISION_FLOAT32; p < RNN_PRECISIONS; p++)
            for (size_t batch = 1; batch <= 13; batch += 4) {
                score(model, (rnn_precision)p, batch, 1, take_loss, losses);
                score(model, (rnn_precision)p, batch, 3, compare_loss, losses);
            }
        rnn_model_destroy(model);
    }
}

static void test_steps_are_sequences(void **state) {
    (void)state;
    for (size_t i = 0; i < SHAPES; i++) {
        rnn_model *model = model_of(i);
        size_t width = model->network.symbols;
        int32_t *symbols = encode(model);
        for (int p = RNN_PRECISION_FLOAT32; p < RNN_PRECISIONS; p++) {
            double losses[LENGTH];
            float *logits = read_text(model, (rnn_precision)p);
            score(model, (rnn_precision)p, 1, 2, take_loss, losses);
            for (size_t at = 0; at + 1 < LENGTH; at++) {
                double sum = 0, target = (double)logits[at * width + (size_t)symbols[at + 1]];
                for (size_t s = 0; s < width; s++)
                    sum += exp((double)logits[at * width + s] - target);
                assert_true(fabs(losses[at] - log(sum)) < 1e-5);
            }
            free(logits);
        }
        rnn_free(symbols);
        rnn_model_destroy(model);
    }
}

static void test_samplers_on_any_number_of_threads(void **state) {
    (void)state;
    for (size_t i = 0; i < SHAPES; i++) {
        rnn_model *model = model_of(i);
        for (int p = RNN_PRECISION_AUTO; p < RNN_PRECISIONS; p++) {
            rnn_sampling how = {.seed = 4, .threads = 1, .precision = (rnn_precision)p};
            rnn_sampler *one, *many;
            assert_int_equal(rnn_sampler_create(&one, model, &how, 1, NULL), RNN_OK);
            how.threads = 3;
            assert_int_equal(rnn_sampler_create(&many, model, &how, 3, NULL), RNN_OK);
            for (int k = 0; k < 40; k++) {
                int32_t x, y[3];
                rnn_sampler_next(one, &x);
                rnn_sampler_next(many, y);
                assert_int_equal(x, y[0]);
            }
            rnn_sampler_destroy(one);
            rnn_sampler_destroy(many);
        }
        rnn_model_destroy(model);
    }
}

static void test_clones_keep_their_precision(void **state) {
    (void)state;
    rnn_model *model = model_of(0);
    rnn_state *first, *second;
    int32_t *symbols = encode(model);
    float *expected = read_text(model, RNN_PRECISION_INT8);
    size_t width = model->network.symbols;
    assert_int_equal(rnn_state_create_in(&first, model, RNN_PRECISION_INT8, NULL), RNN_OK);
    rnn_state_step(first, symbols[0]);
    assert_int_equal(rnn_state_clone(&second, first, NULL), RNN_OK);
    assert_memory_equal(rnn_state_step(second, symbols[1]), expected + width,
                        width * sizeof *expected);
    free(expected);
    rnn_free(symbols);
    rnn_state_destroy(first);
    rnn_state_destroy(second);
    rnn_model_destroy(model);
}

typedef struct reading {
    const rnn_model *model;
    rnn_precision precision;
    float *logits;
} reading;

static void *read_on_a_thread(void *argument) {
    reading *of = argument;
    of->logits = read_text(of->model, of->precision);
    return NULL;
}

/* The first to come makes the weights, and all read the same ones. */
static void test_weights_are_shared_by_threads(void **state) {
    (void)state;
    rnn_model *model = model_of(5), *other = model_of(5);
    pthread_t threads[STATES];
    reading readings[STATES];
    for (int i = 0; i < STATES; i++) {
        readings[i] = (reading){model, (rnn_precision)(RNN_PRECISION_FLOAT32 + i % 3), NULL};
        assert_int_equal(pthread_create(&threads[i], NULL, read_on_a_thread, &readings[i]), 0);
    }
    for (int i = 0; i < STATES; i++) {
        pthread_join(threads[i], NULL);
        float *alone = read_text(other, readings[i].precision);
        assert_memory_equal(readings[i].logits, alone,
                            LENGTH * model->network.symbols * sizeof *alone);
        free(alone);
        free(readings[i].logits);
    }
    rnn_model_destroy(model);
    rnn_model_destroy(other);
}

/* What a training run does for its samples: its engine lends the weights as they are,
 * before and after a change, and the model its own again afterwards. */
static void test_weights_of_a_training_engine(void **state) {
    (void)state;
    rnn_model *model = model_of(5), *changed = model_of(5);
    const rnn_device *device = rnn_device_available()[0];
    rnn_engine_options options = {
        .batch = 2, .length = 3, .training = 1, .threads = 1, .precision = RNN_PRECISION_FLOAT32};
    rnn_engine *engine = NULL;
    assert_int_equal(device->create(&engine, &model->network, &options, NULL), RNN_OK);
    for (size_t i = 0; i < changed->network.parameters; i++)
        changed->parameters[i] *= 0.5f;
    size_t bytes = LENGTH * model->network.symbols * sizeof(float);
    float *own = read_text(model, RNN_PRECISION_FLOAT32);
    float *expected = read_text(changed, RNN_PRECISION_FLOAT32);
    assert_true(memcmp(own, expected, bytes) != 0);
    for (int turn = 0; turn < 3; turn++) {
        device->write_parameters(engine, (turn == 1 ? changed : model)->parameters);
        const int32_t symbols[6] = {0, 1, 2, 3, 4, 0};
        device->train(engine, 1, 3, symbols, symbols); /* leaves weights packed for the way back */
        rnn_model_lend(model, device, engine);
        float *lent = read_text(model, RNN_PRECISION_AUTO);
        assert_memory_equal(lent, turn == 1 ? expected : own, bytes);
        rnn_model_lend(model, NULL, NULL);
        free(lent);
    }
    device->destroy(engine);
    float *again = read_text(model, RNN_PRECISION_FLOAT32);
    assert_memory_equal(again, own, bytes);
    free(again);
    free(own);
    free(expected);
    rnn_model_destroy(model);
    rnn_model_destroy(changed);
}

static void test_refusals(void **state) {
    (void)state;
    rnn_model *model = model_of(5);
    rnn_state *none = NULL;
    rnn_error error;
    assert_int_equal(rnn_state_create_in(&none, model, (rnn_precision)4, &error), RNN_ERR_RANGE);
    assert_non_null(strstr(error.message, "int8"));
    assert_null(none);
    rnn_engine *engine = NULL;
    rnn_engine_options options = {
        .batch = 1, .length = 1, .training = 1, .precision = RNN_PRECISION_INT8};
    const rnn_device *device = rnn_device_available()[0];
    assert_int_equal(device->create(&engine, &model->network, &options, &error),
                     RNN_ERR_UNSUPPORTED);
    rnn_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_precisions_are_close),
        cmocka_unit_test(test_threads_change_no_bit),
        cmocka_unit_test(test_steps_are_sequences),
        cmocka_unit_test(test_samplers_on_any_number_of_threads),
        cmocka_unit_test(test_clones_keep_their_precision),
        cmocka_unit_test(test_weights_are_shared_by_threads),
        cmocka_unit_test(test_weights_of_a_training_engine),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
