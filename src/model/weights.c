/* SPDX-License-Identifier: MIT
 *
 * weights.c - a model's weights as engines want them, shared by all who read them.
 *
 * For each precision there is a lender, an engine that does nothing but hold the
 * weights; whoever steps or scores has an engine that borrows from it. Lenders are
 * made when they are first asked for: a model that is only sampled in int8 never
 * has its weights packed in float32.
 */
#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "base/memory.h"
#include "model/model.h"

struct rnn_weights {
    pthread_mutex_t mutex;
    const rnn_device *device;
    rnn_engine *lenders[RNN_PRECISIONS];
    const rnn_device *trainer_device;
    rnn_engine *trainer; /* lends instead of all those, or NULL; not owned */
};

rnn_weights *rnn_weights_create(void) {
    rnn_weights *weights = rnn_allocate(1, sizeof *weights);
    if (weights)
        pthread_mutex_init(&weights->mutex, NULL);
    return weights;
}

void rnn_weights_destroy(rnn_weights *weights) {
    if (!weights)
        return;
    for (int i = 0; i < RNN_PRECISIONS; i++)
        if (weights->lenders[i])
            weights->device->destroy(weights->lenders[i]);
    pthread_mutex_destroy(&weights->mutex);
    rnn_free(weights);
}

void rnn_model_lend(rnn_model *model, const rnn_device *device, rnn_engine *engine) {
    model->weights->trainer_device = device;
    model->weights->trainer = engine;
}

/* What borrows brings the lender's weights into their final form, on its own threads;
 * from then on they are only read. So this part is for one thread at a time. */
static rnn_status borrow(rnn_engine **out, const rnn_model *model, rnn_engine_options *options,
                         rnn_error *error) {
    rnn_weights *weights = model->weights;
    rnn_status status = rnn_device_pick(&weights->device, NULL, error);
    if (status != RNN_OK)
        return status;
    if (options->precision == RNN_PRECISION_AUTO)
        options->precision = RNN_PRECISION_FLOAT32;
    rnn_engine **lender = &weights->lenders[options->precision];
    rnn_engine_options lending = {.batch = 1,
                                  .length = 1,
                                  .threads = 1,
                                  .precision = options->precision,
                                  .keys = model->keys,
                                  .parameters = model->parameters};
    if (!*lender)
        status = weights->device->create(lender, &model->network, &lending, error);
    if (status != RNN_OK)
        return status;
    options->weights = *lender;
    return weights->device->create(out, &model->network, options, error);
}

static int is_left_open(const char *choice) {
    return !choice || strcmp(choice, "auto") == 0;
}

rnn_status rnn_model_check_unit(const rnn_network *net, int layer, int unit, rnn_error *error) {
    if (layer >= 0 && (size_t)layer < net->layers && unit >= 0 && (size_t)unit < net->hidden)
        return RNN_OK;
    return rnn_fail(error, RNN_ERR_RANGE,
                    "there is no unit %d in a layer %d: the model has the layers 0 to %zu, with "
                    "the units 0 to %zu each",
                    unit, layer, net->layers - 1, net->hidden - 1);
}

static rnn_status check_clamps(const rnn_network *net, const rnn_clamp *clamps, size_t count,
                               rnn_error *error) {
    for (size_t i = 0; i < count; i++) {
        rnn_status status = rnn_model_check_unit(net, clamps[i].layer, clamps[i].unit, error);
        if (status != RNN_OK)
            return status;
        if (!(clamps[i].value >= -1 && clamps[i].value <= 1))
            return rnn_fail(error, RNN_ERR_RANGE,
                            "unit %d of layer %d cannot be held at %g; values are from -1 to 1",
                            clamps[i].unit, clamps[i].layer, (double)clamps[i].value);
    }
    return RNN_OK;
}

rnn_status rnn_model_engine(rnn_engine **out, const rnn_device **device, const rnn_model *model,
                            const char *device_name, const rnn_engine_options *how,
                            rnn_error *error) {
    rnn_engine_options options = *how;
    *out = NULL;
    if ((int)options.precision < 0 || (int)options.precision >= RNN_PRECISIONS)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "precision %d is none; there are auto (0), float32, bf16 and int8 (3)",
                        (int)options.precision);
    rnn_status status = check_clamps(&model->network, options.clamps, options.clamp_count, error);
    if (status != RNN_OK)
        return status;
    if (model->weights->trainer) {
        *device = model->weights->trainer_device;
        options.weights = model->weights->trainer;
        return (*device)->create(out, &model->network, &options, error);
    }
    status = rnn_device_pick(device, device_name, error);
    if (status != RNN_OK)
        return status;
    if (is_left_open(options.cpu) && is_left_open(device_name)) {
        pthread_mutex_lock(&model->weights->mutex);
        status = borrow(out, model, &options, error);
        pthread_mutex_unlock(&model->weights->mutex);
        return status;
    }
    assert(model->parameters); /* a model in training has none of its own */
    options.parameters = model->parameters;
    options.keys = model->keys;
    return (*device)->create(out, &model->network, &options, error);
}
