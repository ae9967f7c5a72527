/* SPDX-License-Identifier: MIT
 *
 * safetensors.h - named tensors in a file: bytes and names, no models.
 *
 * Reads with every check of the format (docs/model-file.md lists them) before
 * anything is allocated by a declared size, and writes what the reference
 * writer would, byte for byte (metadata sorted by key, where the reference
 * leaves their order open).
 */
#ifndef RNN_SAFETENSORS_H
#define RNN_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define RNN_SAFETENSORS_MAX_RANK    8
#define RNN_SAFETENSORS_MAX_HEADER  100000000u /* bytes; the format's own limit */
#define RNN_SAFETENSORS_MAX_TENSORS 65536
#define RNN_SAFETENSORS_MAX_PAIRS   65536

/* The metadata key of the seal: 16 hexadecimal digits, XXH3-64 over metadata,
 * names, shapes and data (docs/model-file.md), or "none". */
#define RNN_CHECKSUM_KEY "rnn.checksum"

typedef struct rnn_tensor {
    const char *name;
    const char *dtype; /* "F32", "U64", ... as in the file */
    size_t rank;
    uint64_t shape[RNN_SAFETENSORS_MAX_RANK];
    const void *data; /* little-endian, row-major; aligned to the element's size or not at all */
    uint64_t bytes;
} rnn_tensor;

typedef struct rnn_metadata {
    const char *key, *value; /* UTF-8 */
} rnn_metadata;

typedef struct rnn_safetensors rnn_safetensors;

/* Files whose metadata have a certain key, and what messages call one of them: "a model". */
typedef struct rnn_safetensors_kind {
    const char *key, *name;
} rnn_safetensors_kind;

/* Reads and checks a whole file, which may change or go from there on; but if it is not of
 * that kind (NULL: any), which is RNN_ERR_FORMAT, its header alone. RNN_ERR_IO or
 * RNN_ERR_FORMAT, naming file and place; RNN_ERR_UNSUPPORTED for more tensors or dimensions than
 * fit here; RNN_ERR_MEMORY. */
rnn_status rnn_safetensors_open(rnn_safetensors **out, const char *path,
                                const rnn_safetensors_kind *kind, rnn_error *error);
/* The same from memory that stays the caller's; `name` stands in messages. */
rnn_status rnn_safetensors_parse(rnn_safetensors **out, const void *bytes, size_t count,
                                 const char *name, const rnn_safetensors_kind *kind,
                                 rnn_error *error);
void rnn_safetensors_close(rnn_safetensors *file);

/* Tensors in the order of their data. */
size_t rnn_safetensors_count(const rnn_safetensors *file);
const rnn_tensor *rnn_safetensors_at(const rnn_safetensors *file, size_t index);
/* NULL if there is none of that name. */
const rnn_tensor *rnn_safetensors_find(const rnn_safetensors *file, const char *name);
/* A value of __metadata__, or NULL; NUL-terminated, owned by the file. */
const char *rnn_safetensors_metadata(const rnn_safetensors *file, const char *key);

/* Compares the seal with the contents. RNN_ERR_FORMAT if they differ or there is
 * no seal; fine if the seal says "none". */
rnn_status rnn_safetensors_verify(const rnn_safetensors *file, rnn_error *error);

/* Saves atomically and durably (base/files.h). Tensors and keys may come in any
 * order; they are written in the reference writer's. A pair with the key
 * RNN_CHECKSUM_KEY and a value of NULL is filled in: that seals the file.
 * RNN_ERR_RANGE for what a file cannot hold (a name twice, sizes that differ). */
rnn_status rnn_safetensors_save(const char *path, const rnn_tensor *tensors, size_t count,
                                const rnn_metadata *metadata, size_t pairs, rnn_error *error);

/* ----------------------------------------------- shared by reader and writer */

/* Rank of a dtype in the reference's order, 0 .. ; -1 if it is unknown. */
int rnn_dtype_order(const char *dtype);
/* The name of a dtype, from a constant table; bits of one element. */
const char *rnn_dtype_name(int order);
unsigned rnn_dtype_bits(int order);

/* Bytes that type and shape come to; returns 0 if they overflow 64 bits or are
 * not whole. */
int rnn_tensor_size(const rnn_tensor *tensor, uint64_t *bytes);

/* "F32 [512, 128]" in out, for messages; returns out. */
#define RNN_TENSOR_TEXT 224
const char *rnn_tensor_text(const rnn_tensor *tensor, char out[RNN_TENSOR_TEXT]);

/* A name that may come from anywhere, made fit for a message: cut to 80 bytes,
 * control characters as '?'. Returns out. */
#define RNN_NAME_TEXT 88
const char *rnn_tensor_name_text(const char *name, char out[RNN_NAME_TEXT]);

/* The seal of contents that are in the order of a file; pairs sorted by key. */
uint64_t rnn_safetensors_digest(const rnn_tensor *tensors, size_t count,
                                const rnn_metadata *metadata, size_t pairs);

#endif
