/* SPDX-License-Identifier: MIT
 *
 * prepare.c - an engine that holds a model's weights for all who read them.
 */
#include "model/model.h"

rnn_status rnn_model_prepare(rnn_model *model, rnn_error *error) {
    rnn_engine_options options = {.batch = 1, .length = 1, .threads = 1};
    rnn_status status = rnn_device_pick(&model->device, NULL, error);
    if (status == RNN_OK)
        status = model->device->create(&model->weights, &model->network, &options, error);
    if (status != RNN_OK)
        return status;
    model->device->write_parameters(model->weights, model->parameters);
    /* One that borrows brings the weights into their final form; from then on they
     * are only read, so that any number of threads may borrow. */
    rnn_engine *first = NULL;
    options.weights = model->weights;
    status = model->device->create(&first, &model->network, &options, error);
    if (status == RNN_OK)
        model->device->destroy(first);
    return status;
}
