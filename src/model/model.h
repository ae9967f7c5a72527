/* SPDX-License-Identifier: MIT
 *
 * model.h - a network with names, a vocabulary and a file.
 *
 * Tensors carry PyTorch's names, so a module with `embedding`, `rnn` and `output`
 * loads the file with strict=True. The configuration, the vocabulary and the
 * history stand as JSON in the file's metadata. docs/model-file.md gives every byte.
 */
#ifndef RNN_MODEL_H
#define RNN_MODEL_H

#include "compute/device.h"
#include "text/vocabulary.h"

/* The files of a run that hold models: the best by validation, and the latest. */
#define RNN_MODEL_BEST "model.safetensors"
#define RNN_MODEL_LAST "last.safetensors"

/* Bytes of history at most: read as a tree it can take eighty times as much. */
#define RNN_MODEL_HISTORY ((size_t)4 << 20)

struct rnn_model {
    rnn_network network;
    rnn_vocabulary *vocabulary;  /* owned */
    float *parameters;           /* [network.parameters], owned */
    int32_t *keys;               /* [network.symbols]: for n-grams, owned */
    char *history;               /* JSON object, owned */
    struct rnn_weights *weights; /* owned: what engines on this model share */
};

/* That a network has this unit; RNN_ERR_RANGE says what it has. */
rnn_status rnn_model_check_unit(const rnn_network *network, int layer, int unit, rnn_error *error);

/* weights.c: an engine, not for training, that reads the model's parameters, on the
 * device of that name; `how` as for its create, but for `parameters` and `weights`. All
 * engines of one precision for which device and cpu are left open share one set of
 * packed weights. They must be destroyed before the model. Any number of threads may
 * call it at once. RNN_ERR_RANGE for a precision that does not exist or a clamp that cannot
 * be; errors of create. */
rnn_status rnn_model_engine(rnn_engine **out, const rnn_device **device, const rnn_model *model,
                            const char *device_name, const rnn_engine_options *how,
                            rnn_error *error);

/* From here on such engines borrow from this one instead, which trains the model, and
 * their precision is its; engine NULL ends that. They must be gone before either. */
void rnn_model_lend(rnn_model *model, const rnn_device *device, rnn_engine *engine);

typedef struct rnn_weights rnn_weights;
rnn_weights *rnn_weights_create(void); /* NULL when memory is short */
void rnn_weights_destroy(rnn_weights *weights);

/* A named window into the flat parameters. */
typedef struct rnn_window {
    char name[40];
    size_t offset, rows, columns; /* columns 0: a vector of `rows` */
} rnn_window;

/* All windows of a network, tied ones included (their offsets are equal);
 * windows has room for RNN_MAX_WINDOWS. Returns their number. */
#define RNN_MAX_WINDOWS (4 + 4 * RNN_MAX_LAYERS)
size_t rnn_model_windows(const rnn_network *network, rnn_window *windows);

/* A model that owns `vocabulary` from here on (also on failure), with zero
 * parameters. history is a JSON object, copied; NULL stands for "{}". */
rnn_status rnn_model_create(rnn_model **out, const rnn_network *shape, rnn_vocabulary *vocabulary,
                            const char *history, rnn_error *error);

/* Random parameters: inputs uniform (+- 3 for one-hot characters, else +- 3.5 /
 * sqrt(hidden)), orthogonal blocks for the recurrent matrices (one per gate),
 * the columns of n-grams +- 3.5 / sqrt(hidden) and their vectors zero, zero biases, forget_bias in
 * bias_ih of the LSTM's forget gate; embedding normal(0, 1) (0.1 if tied), output uniform +-
 * 1/sqrt(hidden). A pure function of seed. */
rnn_status rnn_model_initialise(rnn_model *model, uint64_t seed, double forget_bias,
                                rnn_error *error);

/* Copies what `from` has learnt: the shapes must be equal; rows of embedding,
 * one-hot inputs and output are matched by symbol, so another vocabulary is
 * fine; *matched says how many symbols were found. */
rnn_status rnn_model_adopt(rnn_model *model, const rnn_model *from, int *matched, rnn_error *error);

/* rnn_model_load from memory that stays the caller's and is not needed afterwards;
 * `name` stands in messages. */
rnn_status rnn_model_parse(rnn_model **out, const void *bytes, size_t count, const char *name,
                           rnn_error *error);

/* Writes the model file, atomically. parameters may be NULL for the model's own.
 * RNN_ERR_DIVERGED, naming the tensor, if one is not finite: nothing is written then. */
rnn_status rnn_model_save(const rnn_model *model, const float *parameters, const char *path,
                          rnn_error *error);

/* The file that a MODEL argument means: itself, or in a run's directory
 * model.safetensors, failing that last.safetensors. path has room for `room`.
 * RNN_ERR_IO if there is none; RNN_ERR_FORMAT for a PyTorch pickle. */
rnn_status rnn_model_locate(const char *argument, char *path, size_t room, rnn_error *error);

#endif
