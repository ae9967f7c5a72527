/* SPDX-License-Identifier: MIT
 *
 * safetensors.h - named tensors in a file: bytes and names, no models.
 *
 * Reads with every check of the format (docs/model-file.md lists them) before
 * anything is allocated by a declared size, and writes what the reference
 * writer would, byte for byte.
 */
#ifndef RNN_SAFETENSORS_H
#define RNN_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define RNN_SAFETENSORS_MAX_RANK 8

typedef struct rnn_tensor {
    const char *name;
    const char *dtype; /* "F32", "U64", ... as in the file */
    size_t rank;
    uint64_t shape[RNN_SAFETENSORS_MAX_RANK];
    const void *data; /* little-endian, row-major; aligned to the element's size or not at all */
    uint64_t bytes;
} rnn_tensor;

typedef struct rnn_safetensors rnn_safetensors;

/* Maps and checks a whole file. RNN_ERR_IO or RNN_ERR_FORMAT, naming file and place. */
rnn_status rnn_safetensors_open(rnn_safetensors **out, const char *path, rnn_error *error);
/* The same from memory that stays the caller's; `name` stands in messages. */
rnn_status rnn_safetensors_parse(rnn_safetensors **out, const void *bytes, size_t count,
                                 const char *name, rnn_error *error);
void rnn_safetensors_close(rnn_safetensors *file);

size_t rnn_safetensors_count(const rnn_safetensors *file);
const rnn_tensor *rnn_safetensors_at(const rnn_safetensors *file, size_t index);
/* NULL if there is none of that name. */
const rnn_tensor *rnn_safetensors_find(const rnn_safetensors *file, const char *name);
/* A value of __metadata__, or NULL; NUL-terminated, owned by the file. */
const char *rnn_safetensors_metadata(const rnn_safetensors *file, const char *key);

typedef struct rnn_metadata {
    const char *key, *value; /* UTF-8 */
} rnn_metadata;

/* Saves atomically and durably (base/files.h). Tensors and keys may come in any
 * order; they are written in the reference writer's. */
rnn_status rnn_safetensors_save(const char *path, const rnn_tensor *tensors, size_t count,
                                const rnn_metadata *metadata, size_t pairs, rnn_error *error);

#endif
