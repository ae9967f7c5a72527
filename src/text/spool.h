/* SPDX-License-Identifier: MIT
 *
 * spool.h - a file without a name that goes with the process.
 *
 * What is written takes disk and page cache, not anonymous memory.
 */
#ifndef RNN_SPOOL_H
#define RNN_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct rnn_spool rnn_spool;

/* Lies in `directory`. RNN_ERR_IO names it. */
rnn_status rnn_spool_create(rnn_spool **out, const char *directory, rnn_error *error);
void rnn_spool_destroy(rnn_spool *spool);

/* Appends; written at once, so pieces should be large. `needed` is how many bytes
 * the whole will take, as far as is known, for the message of a full disk. */
rnn_status rnn_spool_write(rnn_spool *spool, const void *bytes, size_t count, uint64_t needed,
                           rnn_error *error);
uint64_t rnn_spool_size(const rnn_spool *spool);

/* bytes[0 .. count) = what was written from `offset` on; the range must lie inside. */
rnn_status rnn_spool_read(const rnn_spool *spool, uint64_t offset, void *bytes, size_t count,
                          rnn_error *error);

/* All of it, read-only, until the spool is destroyed; nothing may be written from
 * here on. Not NULL for an empty spool. */
rnn_status rnn_spool_map(rnn_spool *spool, const void **bytes, rnn_error *error);

#endif
