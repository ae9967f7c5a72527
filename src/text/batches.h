/* SPDX-License-Identifier: MIT
 *
 * batches.h - which characters a training step reads.
 *
 * The training text is cut into `batch` streams of equal length that are read
 * side by side, `length` characters a step. A batch is a pure function of (seed,
 * step, rank, ranks): there is no reader position to save. Each epoch begins
 * the streams at another offset within what does not fill a whole sequence.
 */
#ifndef RNN_BATCHES_H
#define RNN_BATCHES_H

#include "text/symbols.h"

/* A part of a text. */
typedef struct rnn_span {
    uint64_t begin, end;
} rnn_span;

typedef struct rnn_batches {
    const rnn_symbols *symbols;
    rnn_split split;
    rnn_span train; /* contiguous split: where the streams lie */
    size_t batch, length;
    uint64_t stream;         /* distance between the beginnings of two streams */
    uint64_t steps_an_epoch; /* >= 1 */
    uint64_t slack;          /* offsets 0 .. slack may begin an epoch */
    uint64_t seed;
} rnn_batches;

/* Where the parts of a text lie. With RNN_SPLIT_STREAMS, val and test are the
 * tails of each of `batch` streams; they are read as spans too:
 * rnn_split_spans. */
typedef struct rnn_parts {
    rnn_split split;
    rnn_span whole;
    double val_frac, test_frac;
    size_t streams; /* 1 for the contiguous split, else the batch size */
} rnn_parts;

typedef enum rnn_part { RNN_PART_TRAIN, RNN_PART_VAL, RNN_PART_TEST } rnn_part;

/* The span of one part in one stream, 0 <= stream < parts->streams. */
rnn_span rnn_parts_span(const rnn_parts *parts, rnn_part part, size_t stream);
/* Symbols of one part over all streams. */
uint64_t rnn_parts_count(const rnn_parts *parts, rnn_part part);

/* Plans the batches of the training part. Where the text is too short, *length
 * and then *batch are reduced (to no less than 1; they are told back).
 * RNN_ERR_RANGE if fewer than two training symbols are there. */
rnn_status rnn_batches_plan(rnn_batches *out, const rnn_symbols *symbols, const rnn_parts *parts,
                            size_t *batch, size_t *length, uint64_t seed, rnn_error *error);

/* Fills inputs and targets, both [length][batch / ranks], for one step. *first is
 * 1 where an epoch begins and the carried state must be zeroed. */
void rnn_batches_get(const rnn_batches *batches, uint64_t step, int rank, int ranks,
                     int32_t *inputs, int32_t *targets, int *first);

#endif
