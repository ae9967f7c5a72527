/* SPDX-License-Identifier: MIT
 *
 * gallery.c - see gallery.h: what is shown; gallery_html.c draws it.
 */
#include "cli/gallery.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"

#define WARM_UP 4000 /* characters that a unit reads before a piece */
#define ROUNDS  3    /* units of one predicate at most */
#define AHEAD   0.1  /* an AUC that is 0.05 above chance and alone; less is hardly seen */
#define STRIDE  200  /* characters between pieces that are tried where lines are long */

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
static calling *find_callings(const gallery *self) {
    const rnn_neurons *found = self->report->found;
    size_t hidden = (size_t)self->report->model.hidden_size;
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
static calling *next_of(const gallery *self, calling *callings, const rnn_neurons_row *row) {
    calling *next = NULL;
    for (size_t u = 0; u < self->report->found->units; u++) {
        calling *of = &callings[u];
        if (of->row == row && !of->shown && of->lead > (next ? next->lead : AHEAD))
            next = of;
    }
    return next;
}

/* Shows one more unit of each row, the furthest ahead first. */
static void choose_round(gallery *self, calling *callings) {
    const rnn_neurons *found = self->report->found;
    unsigned char done[RNN_PREDICATES_MOST] = {0};
    while (self->count < GALLERY_MOST) {
        calling *best = NULL;
        for (size_t r = 0; r < found->count; r++) {
            calling *next = NULL;
            if (found->rows[r].scored && !done[r])
                next = next_of(self, callings, &found->rows[r]);
            if (next && (!best || next->lead > best->lead))
                best = next;
        }
        if (!best)
            return;
        best->shown = 1;
        done[best->row - found->rows] = 1;
        self->exhibits[self->count++] = (exhibit){.row = best->row, .neuron = best->neuron};
    }
}

static int by_lead(const void *a, const void *b) {
    double x = ((const calling *)a)->lead, y = ((const calling *)b)->lead;
    return (x < y) - (x > y);
}

rnn_status gallery_choose(gallery *self, rnn_error *error) {
    size_t units = self->report->found->units;
    calling *callings = find_callings(self);
    if (!callings)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory to choose from %zu units", units);
    self->count = 0;
    for (int round = 0; round < ROUNDS; round++)
        choose_round(self, callings);
    qsort(callings, units, sizeof *callings, by_lead);
    const calling *middle = &callings[units / 2];
    self->exhibits[self->count] = (exhibit){0};
    if (middle->neuron && !middle->shown)
        self->exhibits[self->count] = (exhibit){.row = middle->row, .neuron = middle->neuron};
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
    uint64_t end = begin, last = begin;
    for (int lines = 0; end < found->characters && lines < GALLERY_LINES; end++) {
        if (end - begin >= GALLERY_LENGTH && last > begin + GALLERY_LENGTH / 2)
            return last;
        if (end - begin >= GALLERY_LENGTH + GALLERY_LENGTH / 4)
            return begin + GALLERY_LENGTH;
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

void gallery_find_piece(const rnn_neurons *found, const rnn_model *model,
                        const rnn_neurons_row *row, uint64_t *begin, size_t *count) {
    const uint8_t *values = found->values + (size_t)(row - found->rows) * found->characters;
    uint64_t half = found->characters / 2, tried = half;
    double best = -1;
    for (uint64_t at = half; at < found->characters; at++) {
        int line = at > 0 && is_break(found, model, at - 1);
        if (at > half && !line && at < tried + STRIDE)
            continue;
        tried = at;
        uint64_t length = end_of_piece(found, model, at) - at;
        double here = variance(values + at, length) * (double)length;
        if (here > best) {
            best = here;
            *begin = at;
            *count = (size_t)length;
        }
    }
}

/* ------------------------------------------------------------------- reading */

typedef struct source {
    const uint16_t *text; /* from where the warming up begins */
} source;

static void read_symbols(const void *context, uint64_t from, size_t count, int32_t *out) {
    const source *s = context;
    for (size_t i = 0; i < count; i++)
        out[i] = s->text[from + i];
}

static rnn_status read_exhibit(exhibit *to, const gallery *self, const rnn_model *model,
                               const rnn_tracing *how, rnn_error *error) {
    const rnn_neurons *found = self->report->found;
    rnn_probe probe = {to->neuron->layer, to->neuron->unit, RNN_SIGNAL_CELL};
    gallery_find_piece(found, model, to->row, &to->begin, &to->count);
    uint64_t warm = to->begin < WARM_UP ? to->begin : WARM_UP;
    source from = {found->text + (to->begin - warm)};
    reading_text text = {read_symbols, &from, warm, to->count};
    rnn_tracing one = *how;
    one.probes = &probe;
    one.probe_count = 1;
    to->values = found->values + (size_t)(to->row - found->rows) * found->characters + to->begin;
    rnn_status status = reading_make(&to->read, model, &text, &one, error);
    if (status == RNN_OK)
        status = glyphs_cut(&to->glyphs, &to->glyph_count, model, to->read.symbols, to->read.count,
                            error);
    return status;
}

rnn_status gallery_make(gallery *self, const rnn_model *model, const rnn_tracing *how,
                        rnn_error *error) {
    rnn_status status = gallery_choose(self, error);
    for (size_t i = 0; i <= self->count && status == RNN_OK; i++)
        if (self->exhibits[i].neuron)
            status = read_exhibit(&self->exhibits[i], self, model, how, error);
    if (status != RNN_OK)
        gallery_release(self);
    return status;
}

void gallery_release(gallery *self) {
    for (size_t i = 0; i <= GALLERY_MOST; i++) {
        reading_release(&self->exhibits[i].read);
        rnn_free(self->exhibits[i].glyphs);
        self->exhibits[i].glyphs = NULL;
    }
}
