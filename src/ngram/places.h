/* SPDX-License-Identifier: MIT
 *
 * places.h - the places of a text, sorted by what stands before them.
 *
 * Two places are compared by the symbol before them, then by the one before
 * that, and so on: places that share a context follow one another, for contexts
 * of every length at once. They are sorted a share at a time, so that memory is
 * bounded however long the text is.
 */
#ifndef RNN_PLACES_H
#define RNN_PLACES_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define RNN_PLACES_MOST_DEPTH 19        /* symbols of context */
#define RNN_PLACES_BYTES      16        /* that a place takes while it is sorted */
#define RNN_PLACES_FIXED      (1 << 18) /* bytes that sorting takes besides */

/* A text to count: symbols[begin .. end) of what `read` gives. */
typedef struct rnn_places_text {
    /* out[0 .. count) = text[from ..) */
    void (*read)(const void *context, uint64_t from, size_t count, int32_t *out);
    const void *context;
    uint64_t begin, end;
    int symbols; /* size of the vocabulary, 1 .. 65536 */
} rnn_places_text;

/* Told of each place in order. around[0] is the symbol that stands there, around[d]
 * for d = 1 .. depth the one d before it, or -1 before the beginning. 0 stops. */
typedef int (*rnn_places_sink)(void *sink, const int32_t *around);

/* Visits every place of a text that has at least one, in `room` bytes and
 * RNN_PLACES_FIXED. A text too monotonous for that - the places behind the same two or
 * three symbols must fit together - or of more than 2^32 - 1 symbols loses its
 * beginning; *begin says where what was visited begins. RNN_ERR_MEMORY. Equal
 * arguments, equal visits. */
rnn_status rnn_places_visit(const rnn_places_text *text, int depth, size_t room,
                            rnn_places_sink sink, void *context, uint64_t *begin, rnn_error *error);

#endif
