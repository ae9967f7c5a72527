/* SPDX-License-Identifier: MIT
 *
 * exhibits.h - of what neurons.h found, the units that are worth a look, and pieces of the
 * text that show what they follow.
 *
 * Pieces are chosen by what the text is, never by what the unit does there.
 */
#ifndef RNN_EXHIBITS_H
#define RNN_EXHIBITS_H

#include "inference/neurons.h"

#define RNN_EXHIBITS_MOST 10
/* A piece has so many characters or lines, about: it ends with a line where lines are short. */
#define RNN_EXHIBITS_LENGTH 900
#define RNN_EXHIBITS_LINES  26

typedef struct rnn_exhibit {
    const rnn_neurons_row *row; /* NULL: none */
    const rnn_neuron *neuron;
} rnn_exhibit;

typedef struct rnn_exhibits {
    size_t count;
    rnn_exhibit best[RNN_EXHIBITS_MOST]; /* [count] */
    rnn_exhibit usual;
} rnn_exhibits;

/* Chooses units, by the lower of their scores in the two halves: the best in either are good by
 * luck alone. Each stands for what it follows most closely. Among the best are the first of each
 * predicate, the furthest ahead of chance and of the character alone first; then the second
 * of each, and the third; none that is not clearly ahead. The usual one is the unit that half of
 * all units are ahead of, unless it is among the others. `hidden`: units of a layer.
 * RNN_ERR_MEMORY. */
rnn_status rnn_exhibits_choose(rnn_exhibits *out, const rnn_neurons *found, size_t hidden,
                               rnn_error *error);

/* The piece that shows a row: the one of the text's second half where the row's predicate
 * varies the most. */
rnn_span rnn_exhibits_find_piece(const rnn_neurons *found, const rnn_model *model,
                                 const rnn_neurons_row *row);

/* What a row's predicate is at each character of a piece. */
const uint8_t *rnn_exhibits_values(const rnn_neurons *found, const rnn_neurons_row *row,
                                   rnn_span piece);

#endif
