/* SPDX-License-Identifier: MIT
 *
 * batches.c - see batches.h.
 */
#include "text/batches.h"

#include <assert.h>

#include "base/random.h"

/* A step shorter than this learns little from the text before it: rather fewer
 * streams than that. */
#define SHORT_LENGTH 8

/* Makes a step of batch x length fit into `inputs` symbols, inputs >= 1. */
static void fit(uint64_t inputs, size_t *batch, size_t *length) {
    const size_t least = *length < SHORT_LENGTH ? *length : SHORT_LENGTH;
    if (inputs / *batch >= *length)
        return;
    if (inputs / *batch < least)
        *batch = inputs / least > 0 ? (size_t)(inputs / least) : 1;
    if (inputs / *batch < *length)
        *length = (size_t)(inputs / *batch);
}

rnn_status rnn_batches_plan(rnn_batches *out, const rnn_symbols *symbols, const rnn_parts *parts,
                            size_t *batch, size_t *length, uint64_t seed, rnn_error *error) {
    const rnn_span train = rnn_parts_span(parts, RNN_PART_TRAIN, 0);
    assert(parts->whole.end <= rnn_symbols_count(symbols));
    if (*batch < 1 || *length < 1)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "a batch of %zu streams of %zu characters cannot be read; both must be at "
                        "least 1",
                        *batch, *length);
    if (train.end - train.begin < 2)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "the text has %llu characters to train on, but at least 2 are needed: one "
                        "to read and one to predict",
                        (unsigned long long)(train.end - train.begin));
    uint64_t inputs = train.end - train.begin - 1; /* the last symbol is only a target */
    uint64_t room;                                 /* inputs from a stream's beginning on */
    if (parts->split == RNN_SPLIT_STREAMS) {
        *batch = rnn_parts_streams(parts);
        if (*length > inputs)
            *length = (size_t)inputs;
        out->stream = (parts->whole.end - parts->whole.begin) / *batch;
        out->steps_an_epoch = inputs / *length;
        room = inputs;
    } else {
        fit(inputs, batch, length);
        out->stream = inputs / *batch;
        out->steps_an_epoch = out->stream / *length;
        room = inputs - (*batch - 1) * out->stream; /* of the last stream */
    }
    out->passage = 0;
    out->slack = room - out->steps_an_epoch * *length;
    out->symbols = symbols;
    out->batch = *batch;
    out->length = *length;
    out->begin = train.begin;
    out->seed = seed;
    return RNN_OK;
}

/* Where a number from 0 to count - 1 comes in a random order of them all: a Feistel network
 * (Luby and Rackoff 1988) on the next power of four, walked until it is back below count. */
static uint64_t shuffled(uint64_t number, uint64_t count, uint64_t seed, uint64_t epoch) {
    enum { ROUNDS = 4 };
    unsigned half = 1;
    while (half < 32 && (UINT64_C(1) << 2 * half) < count)
        half++;
    const uint64_t mask = (UINT64_C(1) << half) - 1;
    do {
        uint64_t left = number >> half, right = number & mask;
        for (uint64_t round = 0; round < ROUNDS; round++) {
            /* Stream 0 is that of the offsets. */
            uint64_t mixed = left ^ (rnn_random_bits(seed, RNN_RANDOM_BATCHES,
                                                     1 + epoch * ROUNDS + round, right) &
                                     mask);
            left = right;
            right = mixed;
        }
        number = left << half | right;
    } while (number >= count);
    return number;
}

/* Symbols from the first stream's beginning to what a stream reads in a chunk of an epoch, but
 * for the offset. Streams change passages at different times, as evenly as can be. */
static uint64_t distance(const rnn_batches *batches, uint64_t epoch, uint64_t chunk,
                         uint64_t stream) {
    const uint64_t passage = batches->passage;
    const uint64_t passages = passage ? batches->steps_an_epoch / passage : 0;
    if (chunk < passages * passage) {
        chunk = (chunk + stream * passage / batches->batch) % (passages * passage);
        uint64_t number = shuffled(chunk / passage * batches->batch + stream,
                                   passages * batches->batch, batches->seed, epoch);
        stream = number % batches->batch;
        chunk = number / batches->batch * passage + chunk % passage;
    }
    return stream * batches->stream + chunk * batches->length;
}

void rnn_batches_get(const rnn_batches *batches, uint64_t step, int rank, int ranks,
                     int32_t *inputs, int32_t *targets, int *first) {
    assert(ranks > 0 && rank >= 0 && rank < ranks && batches->batch % (size_t)ranks == 0);
    const uint64_t epoch = step / batches->steps_an_epoch;
    const uint64_t chunk = step % batches->steps_an_epoch;
    const size_t share = batches->batch / (size_t)ranks;
    uint64_t offset = 0;
    if (epoch > 0)
        offset =
            rnn_random_bits(batches->seed, RNN_RANDOM_BATCHES, 0, epoch) % (batches->slack + 1);
    for (size_t i = 0; i < share; i++) {
        const uint64_t stream = (size_t)rank * share + i;
        const uint64_t from = batches->begin + offset + distance(batches, epoch, chunk, stream);
        rnn_symbols_get_strided(batches->symbols, from, batches->length, inputs + i, share);
        rnn_symbols_get_strided(batches->symbols, from + 1, batches->length, targets + i, share);
    }
    *first = chunk == 0;
}
