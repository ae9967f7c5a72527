/* SPDX-License-Identifier: MIT
 *
 * baseline.h - an n-gram model of the same symbols, scored as a network is.
 */
#ifndef RNN_BASELINE_H
#define RNN_BASELINE_H

#include "ngram/ngram.h"
#include "text/parts.h"
#include "text/symbols.h"

typedef struct rnn_baseline_plan {
    int symbols;               /* size of the vocabulary that both texts are written in */
    const rnn_symbols *learnt; /* the text that is counted ... */
    rnn_span learn;            /* ... and its part */
    const rnn_symbols *scored;
    rnn_span score;
    uint64_t segment; /* predictions before the history is forgotten; UINT64_MAX: none is */
    int order;        /* 2 .. RNN_NGRAM_MOST_ORDER; 0: by the text's length */
    uint64_t memory;  /* bytes for counting */
} rnn_baseline_plan;

typedef struct rnn_baseline {
    uint64_t characters; /* predicted: those that rnn_evaluator_run would predict */
    double nats_per_character;
    int wanted; /* the order that was asked for or chosen; the ngram's, unless memory lacked */
    rnn_ngram_info ngram;
    double seconds; /* for all of it */
} rnn_baseline;

/* Learns and scores. RNN_ERR_MEMORY, RNN_ERR_RANGE for parts of fewer than two symbols. */
rnn_status rnn_baseline_run(rnn_baseline *out, const rnn_baseline_plan *plan, rnn_error *error);

#endif
