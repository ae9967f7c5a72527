/* SPDX-License-Identifier: MIT
 *
 * state.c - reading a text symbol by symbol, for programs that want each step.
 *
 * A state is an engine for one stream on the model's weights.
 */
#include "base/memory.h"
#include "model/model.h"

struct rnn_state {
    const rnn_model *model;
    rnn_precision precision;
    const rnn_device *device;
    rnn_engine *engine;
    float *logits;  /* [symbols] */
    float *carried; /* [network state]: for clone */
};

rnn_status rnn_state_create(rnn_state **out, const rnn_model *model, rnn_error *error) {
    return rnn_state_create_in(out, model, RNN_PRECISION_FLOAT32, error);
}

rnn_status rnn_state_create_in(rnn_state **out, const rnn_model *model, rnn_precision precision,
                               rnn_error *error) {
    *out = NULL;
    rnn_state *state = rnn_allocate(1, sizeof *state);
    if (!state)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for a state");
    rnn_engine_options options = {.batch = 1, .length = 1, .threads = 1, .precision = precision};
    rnn_status status = RNN_ERR_MEMORY;
    state->model = model;
    state->precision = precision;
    state->logits = rnn_allocate(model->network.symbols, sizeof(float));
    state->carried = rnn_allocate(rnn_network_state(&model->network), sizeof(float));
    if (!state->logits || !state->carried) {
        rnn_fail(error, status, "no memory for a state");
        goto fail;
    }
    status = rnn_model_engine(&state->engine, &state->device, model, NULL, &options, error);
    if (status != RNN_OK)
        goto fail;
    *out = state;
    return RNN_OK;
fail:
    rnn_state_destroy(state);
    return status;
}

void rnn_state_destroy(rnn_state *state) {
    if (!state)
        return;
    if (state->engine)
        state->device->destroy(state->engine);
    rnn_free(state->logits);
    rnn_free(state->carried);
    rnn_free(state);
}

rnn_status rnn_state_clone(rnn_state **out, const rnn_state *state, rnn_error *error) {
    rnn_status status = rnn_state_create_in(out, state->model, state->precision, error);
    if (status != RNN_OK)
        return status;
    state->device->read_state(state->engine, (*out)->carried);
    state->device->write_state((*out)->engine, (*out)->carried);
    return RNN_OK;
}

void rnn_state_reset(rnn_state *state) {
    state->device->write_state(state->engine, NULL);
}

const float *rnn_state_step(rnn_state *state, int32_t symbol) {
    state->device->step(state->engine, &symbol, state->logits);
    return state->logits;
}
