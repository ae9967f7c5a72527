/* SPDX-License-Identifier: MIT
 *
 * batches.h - which characters a training step reads.
 *
 * The training text is cut into `batch` streams of equal length that are read
 * side by side, `length` characters a step. A batch is a pure function of (seed,
 * step, rank, ranks): there is no reader position to save. Each epoch begins
 * the streams at another offset within what does not fill a whole sequence.
 *
 * With passages, a stream does not read on to its end: after so many steps it goes on at
 * another place of the text, each stream at a time of its own, and with the state that it has.
 * All passages of all streams are read in an epoch, in a random order, another one each time; what
 * is no whole passage at the ends of the streams comes last. A short training has so seen the
 * whole text a little, instead of `batch` places of it.
 *
 * A target is the symbol after its input. Both are training symbols: the last
 * training symbol is only a target, and the first one of a val or test part is
 * neither.
 */
#ifndef RNN_BATCHES_H
#define RNN_BATCHES_H

#include "text/parts.h"
#include "text/symbols.h"

typedef struct rnn_batches {
    const rnn_symbols *symbols; /* borrowed */
    size_t batch, length;
    uint64_t begin;          /* of the first stream */
    uint64_t stream;         /* distance between the beginnings of two streams */
    uint64_t steps_an_epoch; /* >= 1 */
    uint64_t slack;          /* offsets 0 .. slack may begin an epoch; the first begins at 0 */
    uint64_t passage;        /* steps of a passage; 0, as rnn_batches_plan leaves it: none */
    uint64_t seed;
} rnn_batches;

/* Plans the batches of the training part. Where the text is too short for one
 * step, *length is reduced (to 8 at first), then *batch, then *length again; no
 * less than 1, and they are told back. With RNN_SPLIT_STREAMS, *batch becomes
 * rnn_parts_streams. RNN_ERR_RANGE if fewer than two training symbols are there. */
rnn_status rnn_batches_plan(rnn_batches *out, const rnn_symbols *symbols, const rnn_parts *parts,
                            size_t *batch, size_t *length, uint64_t seed, rnn_error *error);

/* Fills inputs and targets, both [length][batch / ranks], for one step; rank r has
 * the r-th share of the streams, and ranks must divide batch. *first is 1 where
 * an epoch begins and the carried state must be zeroed. */
void rnn_batches_get(const rnn_batches *batches, uint64_t step, int rank, int ranks,
                     int32_t *inputs, int32_t *targets, int *first);

#endif
