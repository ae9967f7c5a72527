/* SPDX-License-Identifier: MIT
 *
 * novel_lines.h - which lines of written texts stand in a corpus, which are new, and how
 * likely a model is to write those.
 */
#ifndef RNN_NOVEL_LINES_H
#define RNN_NOVEL_LINES_H

#include "model/model.h"
#include "text/lines.h"

/* A line that the corpus does not have. */
typedef struct rnn_novel_line {
    rnn_line line;    /* where it was written first */
    uint64_t times;   /* how often it was written */
    uint64_t symbols; /* those of nats: its own, and what ends it */
    double nats;      /* by rnn_novel_lines_score */
} rnn_novel_line;

typedef struct rnn_novel_lines {
    uint64_t written, fresh; /* lines; those of them that the corpus does not have */
    uint64_t different;      /* the same, each line counted once */
    rnn_novel_line *list;    /* [count]: the different fresh ones, by their bytes */
    size_t count;
} rnn_novel_lines;

/* Looks up all lines of texts [count], which must stand as long as the list. Takes about
 * a hundred bytes of memory for each line of the texts. Of lines with the same bytes, the
 * one that comes first is kept. RNN_ERR_MEMORY. */
rnn_status rnn_novel_lines_find(rnn_novel_lines *out, const rnn_line_set *corpus,
                                const rnn_lines *texts, size_t count, rnn_error *error);
void rnn_novel_lines_release(rnn_novel_lines *lines);

/* Fills nats and symbols and sorts the list, the likeliest first, equals by their bytes.
 *
 * nats is -ln of the probability, at temperature 1, that the model writes the line and what
 * ended it (newline, or carriage return and newline), having read nothing but a newline:
 * the sum over its symbols. So it does not depend on what was written before. It is
 * infinite for a line that the model cannot read (such as one with U+FFFD in the place of
 * bytes that are no UTF-8), or gives no probability.
 *
 * Of `how`, threads, cpu, device and precision count. The model must know the newline.
 * RNN_ERR_MEMORY; errors of rnn_model_engine. */
rnn_status rnn_novel_lines_score(rnn_novel_lines *lines, const rnn_model *model,
                                 const rnn_evaluation *how, rnn_error *error);

#endif
