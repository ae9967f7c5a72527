/* SPDX-License-Identifier: MIT
 *
 * parts.h - where the parts of a text lie: what is trained on, and what is held out.
 *
 *   contiguous   [ stream 0 | stream 1 | ... | stream B-1 ][ val ][ test ]
 *   streams      [ stream 0 [val][test] | stream 1 [val][test] | ... ]
 */
#ifndef RNN_PARTS_H
#define RNN_PARTS_H

#include "rnn.h"

/* A part of a text. */
typedef struct rnn_span {
    uint64_t begin, end;
} rnn_span;

/* Where the parts of a text lie. A val or test part of fewer than two symbols (it
 * could predict nothing) leaves them to the part before it; where training would
 * have fewer than two, it has all. */
typedef struct rnn_parts {
    rnn_split split;
    rnn_span whole;
    double val_frac, test_frac; /* >= 0, together < 1 */
    size_t streams;             /* RNN_SPLIT_STREAMS: the batch size wished for; else 1 */
} rnn_parts;

/* Streams that the text really has: 1 for the contiguous split; else parts->streams,
 * or what leaves each stream two symbols if that is less (never 0). */
size_t rnn_parts_streams(const rnn_parts *parts);
/* The span of one part in one stream; empty where there is no such part, and for
 * streams from rnn_parts_streams on. With RNN_SPLIT_STREAMS, fewer symbols than
 * there are streams may be left over at the end of the text. */
rnn_span rnn_parts_span(const rnn_parts *parts, rnn_part part, size_t stream);
/* Symbols of one part over all streams. */
uint64_t rnn_parts_count(const rnn_parts *parts, rnn_part part);

#endif
