/* SPDX-License-Identifier: MIT
 *
 * reading.c - see reading.h.
 */
#include "cli/reading.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "cli/figures.h"

#define AT_ONCE ((size_t)1024) /* symbols handed to the tracer */

/* Reads up to the end of what is looked at; the listener hears of all of it. */
static rnn_status read_text(const rnn_model *model, const reading_text *text,
                            const rnn_tracing *how, rnn_trace_listener listener, void *context,
                            rnn_error *error) {
    rnn_tracer *tracer;
    int32_t symbols[AT_ONCE];
    rnn_status status = rnn_tracer_create(&tracer, model, how, error);
    if (status != RNN_OK)
        return status;
    uint64_t end = text->from + text->count;
    for (uint64_t at = 0, n; at < end; at += n) {
        n = end - at < AT_ONCE ? end - at : AT_ONCE;
        text->read(text->context, at, (size_t)n, symbols);
        rnn_tracer_read(tracer, symbols, (size_t)n, listener, context);
    }
    rnn_tracer_destroy(tracer);
    return RNN_OK;
}

/* ------------------------------------------------------------------ keeping */

typedef struct keeper {
    reading *to;
    uint64_t from;
} keeper;

static void keep(void *context, const rnn_trace_row *row) {
    const keeper *k = context;
    reading *to = k->to;
    if (row->place < k->from)
        return;
    size_t at = (size_t)(row->place - k->from);
    to->symbols[at] = row->symbol;
    to->bits[at] = (float)figures_bits(row->nats);
    memcpy(to->values + at * to->width, row->values, to->width * sizeof(float));
    if (to->candidates > 0)
        memcpy(to->likeliest + at * (size_t)to->candidates, row->likeliest,
               (size_t)to->candidates * sizeof *to->likeliest);
}

static size_t width_of(const rnn_model *model, const rnn_tracing *how) {
    rnn_model_info info = rnn_model_describe(model);
    return how->probe_count ? how->probe_count : (size_t)info.num_layers * (size_t)info.hidden_size;
}

rnn_status reading_make(reading *out, const rnn_model *model, const reading_text *text,
                        const rnn_tracing *how, rnn_error *error) {
    int symbols = rnn_model_describe(model).symbols;
    *out = (reading){.count = text->count, .width = width_of(model, how)};
    out->candidates = how->likeliest < symbols ? how->likeliest : symbols;
    size_t likeliest = text->count * (size_t)(out->candidates > 0 ? out->candidates : 0);
    out->symbols = rnn_allocate(text->count + 1, sizeof *out->symbols);
    out->bits = rnn_allocate(text->count + 1, sizeof *out->bits);
    out->values = rnn_allocate(text->count * out->width + 1, sizeof *out->values);
    out->likeliest = rnn_allocate(likeliest + 1, sizeof *out->likeliest);
    rnn_status status = RNN_ERR_MEMORY;
    if (out->symbols && out->bits && out->values && out->likeliest) {
        keeper to = {out, text->from};
        status = read_text(model, text, how, keep, &to, error);
    } else {
        rnn_fail(error, status,
                 "no memory to show %zu characters with %zu values each; try a "
                 "smaller --length",
                 text->count, out->width);
    }
    if (status != RNN_OK)
        reading_release(out);
    return status;
}

void reading_release(reading *self) {
    rnn_free(self->symbols);
    rnn_free(self->bits);
    rnn_free(self->values);
    rnn_free(self->likeliest);
    *self = (reading){0};
}

double reading_total(const reading *self, size_t *characters) {
    double sum = 0;
    *characters = 0;
    for (size_t i = 0; i < self->count; i++)
        if (!isnan(self->bits[i])) {
            sum += (double)self->bits[i];
            (*characters)++;
        }
    return sum;
}

/* ------------------------------------------------------------------ figures */

typedef struct counter {
    survey *to;
    uint64_t from, seen;
    size_t units;
    double *sum;   /* [units] */
    float *before; /* [units]: the row before */
} counter;

static void count_row(void *context, const rnn_trace_row *row) {
    counter *c = context;
    if (row->place < c->from)
        return;
    for (size_t u = 0; u < c->units; u++) {
        c->sum[u] += (double)row->values[u];
        if (c->seen > 0)
            c->to->swing[u] += (double)row->values[u] * (double)c->before[u];
    }
    memcpy(c->before, row->values, c->units * sizeof(float));
    const float *gates = row->values + c->units;
    for (size_t g = 0; g < (size_t)c->to->gates * c->units; g++) {
        c->to->open[g] += gates[g] > 0.9f;
        c->to->shut[g] += gates[g] < 0.1f;
    }
    c->seen++;
}

static void finish(counter *c) {
    double n = (double)(c->seen ? c->seen : 1), pairs = (double)(c->seen > 1 ? c->seen - 1 : 1);
    for (size_t u = 0; u < c->units; u++)
        c->to->swing[u] = c->to->swing[u] / pairs - c->sum[u] / n * (c->sum[u] / n);
    for (size_t g = 0; g < (size_t)c->to->gates * c->units; g++) {
        c->to->open[g] /= n;
        c->to->shut[g] /= n;
    }
}

/* The gates of a cell that say how much of something passes. */
static int gates_of(rnn_cell cell, rnn_signal *signals, const char **names) {
    static const rnn_signal lstm[] = {RNN_SIGNAL_I, RNN_SIGNAL_F, RNN_SIGNAL_O};
    static const rnn_signal gru[] = {RNN_SIGNAL_R, RNN_SIGNAL_Z};
    static const char *const lstm_names[] = {"i", "f", "o"}, *const gru_names[] = {"r", "z"};
    int count = cell == RNN_CELL_LSTM ? 3 : cell == RNN_CELL_GRU ? 2 : 0;
    for (int i = 0; i < count; i++) {
        signals[i] = cell == RNN_CELL_LSTM ? lstm[i] : gru[i];
        names[i] = cell == RNN_CELL_LSTM ? lstm_names[i] : gru_names[i];
    }
    return count;
}

static rnn_probe *all_probes(const survey *s, const rnn_signal *gates) {
    size_t units = s->layers * s->hidden;
    rnn_probe *probes = rnn_allocate(units * (size_t)(1 + s->gates), sizeof *probes);
    for (size_t i = 0; probes && i < units * (size_t)(1 + s->gates); i++)
        probes[i] = (rnn_probe){(int)(i % units / s->hidden), (int)(i % s->hidden),
                                i < units ? RNN_SIGNAL_CELL : gates[i / units - 1]};
    return probes;
}

rnn_status survey_make(survey *out, const rnn_model *model, const reading_text *text,
                       const rnn_tracing *how, rnn_error *error) {
    rnn_model_info info = rnn_model_describe(model);
    rnn_signal gates[SURVEY_GATES];
    rnn_status status = RNN_ERR_MEMORY;
    *out = (survey){.layers = (size_t)info.num_layers, .hidden = (size_t)info.hidden_size};
    out->gates = gates_of(info.cell, gates, out->names);
    counter c = {.to = out, .from = text->from, .units = out->layers * out->hidden};
    size_t gate_count = (size_t)out->gates * c.units;
    rnn_probe *probes = all_probes(out, gates);
    out->swing = rnn_allocate(c.units, sizeof(double));
    out->open = rnn_allocate(gate_count + 1, sizeof(double));
    out->shut = rnn_allocate(gate_count + 1, sizeof(double));
    c.sum = rnn_allocate(c.units, sizeof(double));
    c.before = rnn_allocate(c.units, sizeof(float));
    if (probes && out->swing && out->open && out->shut && c.sum && c.before) {
        rnn_tracing all = *how;
        all.probes = probes;
        all.probe_count = c.units + gate_count;
        all.likeliest = 0;
        status = read_text(model, text, &all, count_row, &c, error);
        finish(&c);
    } else {
        rnn_fail(error, status, "no memory to look at %zu units", c.units);
    }
    rnn_free(probes);
    rnn_free(c.sum);
    rnn_free(c.before);
    if (status != RNN_OK)
        survey_release(out);
    return status;
}

void survey_release(survey *self) {
    rnn_free(self->swing);
    rnn_free(self->open);
    rnn_free(self->shut);
    *self = (survey){0};
}

size_t survey_choose(const survey *self, rnn_probe *out, size_t most) {
    size_t units = self->layers * self->hidden, count = 0;
    for (size_t u = 0; u < units && most > 0; u++) {
        size_t at = count < most ? count : most - 1;
        double swing = self->swing[u];
        if (count == most) {
            const rnn_probe *last = &out[most - 1];
            if (!(swing > self->swing[(size_t)last->layer * self->hidden + (size_t)last->unit]))
                continue;
        }
        for (; at > 0; at--) {
            const rnn_probe *above = &out[at - 1];
            if (!(swing > self->swing[(size_t)above->layer * self->hidden + (size_t)above->unit]))
                break;
            out[at] = *above;
        }
        out[at] = (rnn_probe){(int)(u / self->hidden), (int)(u % self->hidden), RNN_SIGNAL_CELL};
        count += count < most;
    }
    return count;
}
