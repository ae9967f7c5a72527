/* SPDX-License-Identifier: MIT
 *
 * gallery.c - see gallery.h: what is shown; gallery_html.c draws it.
 */
#include "cli/gallery.h"

#include "base/memory.h"

#define WARM_UP 4000 /* characters that a unit reads before a piece */

typedef struct source {
    const uint16_t *text; /* from where the warming up begins */
} source;

static void read_symbols(const void *context, uint64_t from, size_t count, int32_t *out) {
    const source *s = context;
    for (size_t i = 0; i < count; i++)
        out[i] = s->text[from + i];
}

static rnn_status read_exhibit(exhibit *to, const rnn_exhibit *of, const gallery *self,
                               const rnn_model *model, const rnn_tracing *how, rnn_error *error) {
    const rnn_neurons *found = self->report->found;
    rnn_probe probe = {of->neuron->layer, of->neuron->unit, RNN_SIGNAL_CELL};
    rnn_span piece = rnn_exhibits_find_piece(found, model, of->row);
    uint64_t warm = piece.begin < WARM_UP ? piece.begin : WARM_UP;
    source from = {found->text + (piece.begin - warm)};
    reading_text text = {read_symbols, &from, warm, (size_t)(piece.end - piece.begin)};
    rnn_tracing one = *how;
    one.probes = &probe;
    one.probe_count = 1;
    to->of = *of;
    to->values = rnn_exhibits_values(found, of->row, piece);
    rnn_status status = reading_make(&to->read, model, &text, &one, error);
    if (status == RNN_OK)
        status = glyphs_cut(&to->glyphs, &to->glyph_count, model, to->read.symbols, to->read.count,
                            error);
    return status;
}

rnn_status gallery_make(gallery *self, const rnn_model *model, const rnn_tracing *how,
                        rnn_error *error) {
    rnn_exhibits chosen;
    rnn_status status = rnn_exhibits_choose(&chosen, self->report->found,
                                            (size_t)self->report->model.hidden_size, error);
    for (size_t i = 0; i < chosen.count && status == RNN_OK; i++)
        status =
            read_exhibit(&self->exhibits[self->count++], &chosen.best[i], self, model, how, error);
    if (status == RNN_OK && chosen.usual.neuron)
        status = read_exhibit(&self->usual, &chosen.usual, self, model, how, error);
    if (status != RNN_OK)
        gallery_release(self);
    return status;
}

static void release_exhibit(exhibit *it) {
    reading_release(&it->read);
    rnn_free(it->glyphs);
    it->glyphs = NULL;
}

void gallery_release(gallery *self) {
    for (size_t i = 0; i < self->count; i++)
        release_exhibit(&self->exhibits[i]);
    self->count = 0;
    release_exhibit(&self->usual);
}
