/* SPDX-License-Identifier: MIT
 *
 * exhibits.c - see exhibits.h.
 */
#include "inference/exhibits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define ROUNDS 3   /* units of one predicate at most */
#define AHEAD  0.1 /* an AUC that is 0.05 above chance and alone; less is hardly seen */
#define STRIDE 200 /* characters between pieces that are tried where lines are long */

/* --------------------------------------------------------------------- units */

/* What a unit is shown for: of all that it is ahead for, what it follows most closely; or
 * where it is ahead for nothing, what it is the least behind for. */
typedef struct calling {
    const rnn_neurons_row *row;
    const rnn_neuron *neuron;
    double lead;
    int shown;
} calling;

static double lead_of(const rnn_neurons_row *row, const rnn_neuron *neuron) {
    return rnn_neuron_lesser(neuron) - fmax(row->chance, row->alone);
}

static int is_better(const calling *than, const rnn_neuron *neuron, double lead) {
    if (!than->neuron)
        return 1;
    if (lead > AHEAD && than->lead > AHEAD)
        return rnn_neuron_lesser(neuron) > rnn_neuron_lesser(than->neuron);
    return lead > than->lead;
}

/* The calling of each unit, [units]. NULL when memory is short. */
static calling *find_callings(const rnn_neurons *found, size_t hidden) {
    calling *callings = rnn_allocate(found->units, sizeof *callings);
    for (size_t r = 0; callings && r < found->count; r++)
        for (size_t i = 0; found->rows[r].scored && i < found->units; i++) {
            const rnn_neuron *neuron = &found->rows[r].ranked[i];
            calling *of = &callings[(size_t)neuron->layer * hidden + (size_t)neuron->unit];
            double lead = lead_of(&found->rows[r], neuron);
            if (is_better(of, neuron, lead))
                *of = (calling){&found->rows[r], neuron, lead, 0};
        }
    return callings;
}

/* The unit of a row that is the furthest ahead among those that are called to it and not
 * shown; NULL if there is none that is ahead. */
static calling *next_of(calling *callings, size_t units, const rnn_neurons_row *row) {
    calling *next = NULL;
    for (size_t u = 0; u < units; u++) {
        calling *of = &callings[u];
        if (of->row == row && !of->shown && of->lead > (next ? next->lead : AHEAD))
            next = of;
    }
    return next;
}

/* Shows one more unit of each row, the furthest ahead first. */
static void choose_round(rnn_exhibits *out, const rnn_neurons *found, calling *callings) {
    unsigned char done[RNN_PREDICATES_MOST] = {0};
    while (out->count < RNN_EXHIBITS_MOST) {
        calling *best = NULL;
        for (size_t r = 0; r < found->count; r++) {
            calling *next = NULL;
            if (found->rows[r].scored && !done[r])
                next = next_of(callings, found->units, &found->rows[r]);
            if (next && (!best || next->lead > best->lead))
                best = next;
        }
        if (!best)
            return;
        best->shown = 1;
        done[best->row - found->rows] = 1;
        out->best[out->count++] = (rnn_exhibit){best->row, best->neuron};
    }
}

static int by_lead(const void *a, const void *b) {
    double x = ((const calling *)a)->lead, y = ((const calling *)b)->lead;
    return (x < y) - (x > y);
}

rnn_status rnn_exhibits_choose(rnn_exhibits *out, const rnn_neurons *found, size_t hidden,
                               rnn_error *error) {
    calling *callings = find_callings(found, hidden);
    memset(out, 0, sizeof *out);
    if (!callings)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory to choose from %zu units", found->units);
    for (int round = 0; round < ROUNDS; round++)
        choose_round(out, found, callings);
    qsort(callings, found->units, sizeof *callings, by_lead);
    const calling *middle = &callings[found->units / 2];
    if (middle->neuron && !middle->shown)
        out->usual = (rnn_exhibit){middle->row, middle->neuron};
    rnn_free(callings);
    return RNN_OK;
}

/* -------------------------------------------------------------------- pieces */

static int is_break(const rnn_neurons *found, const rnn_model *model, uint64_t at) {
    size_t bytes;
    const char *text = rnn_model_symbol(model, found->text[at], &bytes);
    return bytes == 1 && *text == '\n';
}

/* Where a piece ends that begins at a place: with a line, if lines are not too long. */
static uint64_t end_of_piece(const rnn_neurons *found, const rnn_model *model, uint64_t begin) {
    const uint64_t length = RNN_EXHIBITS_LENGTH;
    uint64_t end = begin, last = begin;
    for (int lines = 0; end < found->characters && lines < RNN_EXHIBITS_LINES; end++) {
        if (end - begin >= length && last > begin + length / 2)
            return last;
        if (end - begin >= length + length / 4)
            return begin + length;
        if (is_break(found, model, end)) {
            last = end + 1;
            lines++;
        }
    }
    return end;
}

static double variance(const uint8_t *values, uint64_t count) {
    double sum = 0, squares = 0, n = (double)count;
    for (uint64_t i = 0; i < count; i++) {
        sum += values[i];
        squares += (double)values[i] * values[i];
    }
    return n > 0 ? squares / n - sum / n * (sum / n) : 0;
}

rnn_span rnn_exhibits_find_piece(const rnn_neurons *found, const rnn_model *model,
                                 const rnn_neurons_row *row) {
    uint64_t half = found->characters / 2, tried = half;
    rnn_span piece = {half, half};
    double best = -1;
    for (uint64_t at = half; at < found->characters; at++) {
        int line = at > 0 && is_break(found, model, at - 1);
        if (at > half && !line && at < tried + STRIDE)
            continue;
        tried = at;
        rnn_span here = {at, end_of_piece(found, model, at)};
        uint64_t length = here.end - here.begin;
        double spread = variance(rnn_exhibits_values(found, row, here), length) * (double)length;
        if (spread > best) {
            best = spread;
            piece = here;
        }
    }
    return piece;
}

const uint8_t *rnn_exhibits_values(const rnn_neurons *found, const rnn_neurons_row *row,
                                   rnn_span piece) {
    return found->values + (size_t)(row - found->rows) * found->characters + piece.begin;
}
