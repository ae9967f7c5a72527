/* SPDX-License-Identifier: MIT
 *
 * runner.c - see runner.h.
 */
#include "bench/runner.h"

#include "base/memory.h"
#include "base/random.h"
#include "model/model.h"
#include "training/optimizer.h"
#include "training/settings.h"

#define SEED      1
#define SEQUENCES 16 /* of text; then it begins again */

struct rnn_runner {
    rnn_workload what;
    /* training and evaluation */
    const rnn_device *device;
    rnn_engine *engine;
    rnn_training settings;
    int64_t steps;
    int32_t *text; /* [SEQUENCES * length + 1][batch] */
    /* sampling */
    rnn_model *model; /* NULL once an engine has its parameters */
    rnn_sampler *sampler;
    int32_t *drawn; /* [batch] */
};

/* ---------------------------------------------------------------------- text */

/* Symbol i is as frequent as 1 / (i + 2), roughly as letters are. */
static int32_t draw_symbol(const double *until, double u) {
    int32_t symbol = 0;
    while (symbol < RNN_WORKLOAD_SYMBOLS - 1 && u >= until[symbol])
        symbol++;
    return symbol;
}

static int32_t *make_text(size_t rows, size_t batch) {
    double until[RNN_WORKLOAD_SYMBOLS], all = 0;
    int32_t *text = rows > SIZE_MAX / batch ? NULL : rnn_allocate(rows * batch, sizeof *text);
    for (size_t i = 0; i < RNN_WORKLOAD_SYMBOLS; i++)
        until[i] = all += 1 / (double)(i + 2);
    for (size_t i = 0; text && i < rows * batch; i++)
        text[i] = draw_symbol(
            until, all * rnn_random_uniform(SEED, RNN_RANDOM_BATCHES, i % batch, i / batch));
    return text;
}

/* The symbols are called by the ASCII characters from the blank on. */
static rnn_status make_vocabulary(rnn_vocabulary **out, rnn_error *error) {
    char characters[RNN_WORKLOAD_SYMBOLS];
    rnn_census *census;
    rnn_status status = rnn_census_create(&census, error);
    if (status != RNN_OK)
        return status;
    for (int i = 0; i < RNN_WORKLOAD_SYMBOLS; i++)
        characters[i] = (char)(' ' + i);
    rnn_census_add(census, characters, sizeof characters, 1);
    status = rnn_vocabulary_create(out, census, RNN_UNITS_CHARS, 0, 0, error);
    rnn_census_destroy(census);
    return status;
}

static rnn_status make_model(rnn_model **out, const rnn_workload *what, rnn_error *error) {
    rnn_network network;
    rnn_vocabulary *vocabulary;
    rnn_status status = rnn_workload_network(what, &network, error);
    if (status == RNN_OK)
        status = make_vocabulary(&vocabulary, error);
    if (status == RNN_OK)
        status = rnn_model_create(out, &network, vocabulary, NULL, error);
    if (status == RNN_OK)
        status = rnn_model_initialise(*out, SEED, 1, error);
    return status;
}

/* ------------------------------------------------------------------ creation */

static rnn_status create_engine(rnn_runner *r, int threads, const char *cpu, rnn_error *error) {
    const rnn_workload *what = &r->what;
    rnn_training_defaults(&r->settings);
    rnn_settings_take_classics(&r->settings);
    rnn_engine_options options = {
        .batch = what->batch,
        .length = what->length,
        .training = what->task == RNN_TASK_TRAIN,
        .threads = threads,
        .cpu = cpu,
        .precision = what->precision,
        .moments = rnn_optimizer_moments(&r->settings),
    };
    rnn_status status = rnn_device_pick(&r->device, NULL, error);
    if (status == RNN_OK)
        status = r->device->create(&r->engine, &r->model->network, &options, error);
    if (status != RNN_OK)
        return status;
    r->device->write_parameters(r->engine, r->model->parameters);
    rnn_model_destroy(r->model);
    r->model = NULL;
    r->text = make_text(SEQUENCES * what->length + 1, what->batch);
    return r->text ? RNN_OK : rnn_fail(error, RNN_ERR_MEMORY, "no memory for a text to read");
}

static rnn_status create_sampler(rnn_runner *r, int threads, const char *cpu, rnn_error *error) {
    rnn_sampling how = {.temperature = 1,
                        .seed = SEED,
                        .threads = threads,
                        .cpu = cpu,
                        .precision = r->what.precision};
    r->drawn = rnn_allocate(r->what.batch, sizeof *r->drawn);
    if (!r->drawn)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for the symbols to be drawn");
    return rnn_sampler_create(&r->sampler, r->model, &how, (int)r->what.batch, error);
}

/* What `rnn train` would not do is not measured. */
static rnn_status check_precision(const rnn_workload *what, const char *cpu, rnn_error *error) {
    const rnn_kernels *kernels;
    char name[RNN_WORKLOAD_NAME];
    rnn_workload_name(what, name);
    rnn_status status = rnn_kernels_pick(&kernels, cpu, error);
    if (status != RNN_OK || what->task != RNN_TASK_TRAIN ||
        what->precision == RNN_PRECISION_FLOAT32)
        return status;
    if (what->precision == RNN_PRECISION_INT8)
        return rnn_fail(error, RNN_ERR_UNSUPPORTED,
                        "%s: nothing is trained in int8; name what reads weights alone, like "
                        "--config 'evaluate, sample'",
                        name);
    if (kernels->automatic == RNN_PRECISION_BF16)
        return RNN_OK;
    return rnn_fail(error, RNN_ERR_UNSUPPORTED,
                    "%s: the kernels \"%s\" have no instructions for bf16 (avx512_bf16), and "
                    "training runs in float32; name others, like --config 'evaluate, sample'",
                    name, kernels->name);
}

rnn_status rnn_runner_create(rnn_runner **out, const rnn_workload *what, int threads,
                             const char *cpu, rnn_error *error) {
    *out = NULL;
    rnn_status status = check_precision(what, cpu, error);
    if (status != RNN_OK)
        return status;
    rnn_runner *r = rnn_allocate(1, sizeof *r);
    if (!r)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for a workload");
    r->what = *what;
    status = make_model(&r->model, what, error);
    if (status == RNN_OK)
        status = what->task == RNN_TASK_SAMPLE ? create_sampler(r, threads, cpu, error)
                                               : create_engine(r, threads, cpu, error);
    if (status != RNN_OK) {
        rnn_runner_destroy(r);
        return status;
    }
    *out = r;
    return RNN_OK;
}

void rnn_runner_destroy(rnn_runner *r) {
    if (!r)
        return;
    if (r->engine)
        r->device->destroy(r->engine);
    rnn_sampler_destroy(r->sampler);
    rnn_model_destroy(r->model);
    rnn_free(r->text);
    rnn_free(r->drawn);
    rnn_free(r);
}

/* ---------------------------------------------------------------------- work */

size_t rnn_runner_go(rnn_runner *r) {
    const rnn_workload *what = &r->what;
    if (r->sampler) {
        rnn_sampler_next(r->sampler, r->drawn);
        return what->batch;
    }
    size_t characters = what->length * what->batch;
    const int32_t *read = r->text + (size_t)(r->steps % SEQUENCES) * characters;
    const int32_t *expected = read + what->batch; /* one character later */
    if (what->task == RNN_TASK_TRAIN) {
        r->device->train(r->engine, (uint64_t)r->steps, what->length, read, expected);
        rnn_update update =
            rnn_optimizer_update(&r->settings, r->steps + 1, r->settings.learning_rate);
        r->device->update(r->engine, &update);
    } else {
        r->device->evaluate(r->engine, what->length, read, expected, NULL);
    }
    r->steps++;
    return characters;
}
