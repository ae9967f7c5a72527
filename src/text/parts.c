/* SPDX-License-Identifier: MIT
 *
 * parts.c - see parts.h.
 */
#include "text/parts.h"

#include <math.h>

size_t rnn_parts_streams(const rnn_parts *parts) {
    if (parts->split != RNN_SPLIT_STREAMS)
        return 1;
    const uint64_t most = (parts->whole.end - parts->whole.begin) / 2;
    const size_t streams = parts->streams > most ? (size_t)most : parts->streams;
    return streams > 0 ? streams : 1;
}

/* Symbols of a stream before the share `after` of it, which is left to later parts. */
static uint64_t before(uint64_t symbols, double after) {
    /* What decimal fractions lose in binary must not cost a symbol. */
    double cut = floor((double)symbols * (1 - after) + 1e-6);
    return !(cut > 0) ? 0 : cut < (double)symbols ? (uint64_t)cut : symbols;
}

rnn_span rnn_parts_span(const rnn_parts *parts, rnn_part part, size_t stream) {
    const uint64_t symbols = (parts->whole.end - parts->whole.begin) / rnn_parts_streams(parts);
    const uint64_t begin = parts->whole.begin + stream * symbols;
    if (stream >= rnn_parts_streams(parts))
        return (rnn_span){parts->whole.end, parts->whole.end};
    uint64_t val = before(symbols, parts->val_frac + parts->test_frac);
    uint64_t test = before(symbols, parts->test_frac);
    if (symbols - test < 2)
        test = symbols;
    if (test - val < 2)
        val = test;
    if (val < 2) /* nothing to train on: rather nothing to validate */
        val = test = symbols;
    switch (part) {
    case RNN_PART_TRAIN:
        return (rnn_span){begin, begin + val};
    case RNN_PART_VAL:
        return (rnn_span){begin + val, begin + test};
    case RNN_PART_TEST:
        return (rnn_span){begin + test, begin + symbols};
    case RNN_PART_ALL:
        break;
    }
    return (rnn_span){begin, begin + symbols};
}

uint64_t rnn_parts_count(const rnn_parts *parts, rnn_part part) {
    const rnn_span span = rnn_parts_span(parts, part, 0);
    return (span.end - span.begin) * rnn_parts_streams(parts);
}
