/* SPDX-License-Identifier: MIT
 *
 * neurons.c - see neurons.h.
 */
#include "inference/neurons.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "inference/association.h"
#include "inference/character_alone.h"

#define CHUNK   128    /* characters that are handed to the tracer at once */
#define GLIMPSE 200000 /* bytes that a language is guessed by */

static rnn_status out_of_memory(rnn_error *error) {
    return rnn_fail(error, RNN_ERR_MEMORY,
                    "no memory for what is so of each character; read fewer");
}

/* ----------------------------------------------------------------------- text */

typedef struct reader {
    const rnn_model *model;
    const uint16_t *text;
} reader;

static const char *symbol_at(void *context, uint64_t at, size_t *bytes) {
    const reader *from = context;
    return rnn_model_symbol(from->model, from->text[at], bytes);
}

static void copy_text(uint16_t *out, const rnn_symbols *symbols, uint64_t from, uint64_t count) {
    int32_t chunk[CHUNK];
    for (uint64_t at = 0, part; at < count; at += part) {
        part = count - at < CHUNK ? count - at : CHUNK;
        rnn_symbols_get(symbols, from + at, (size_t)part, chunk);
        for (size_t i = 0; i < part; i++)
            out[at + i] = (uint16_t)chunk[i];
    }
}

static rnn_status guess_language(rnn_neurons *self, reader *from, rnn_error *error) {
    char *glimpse = rnn_allocate(GLIMPSE, 1);
    size_t bytes = 0;
    if (!glimpse)
        return out_of_memory(error);
    for (uint64_t at = 0; at < self->characters; at++) {
        size_t count;
        const char *symbol = symbol_at(from, at, &count);
        if (bytes + count > GLIMPSE)
            break;
        for (size_t i = 0; i < count; i++)
            glimpse[bytes++] = symbol[i];
    }
    self->language = rnn_language_guess(glimpse, bytes);
    rnn_free(glimpse);
    return RNN_OK;
}

/* Whatever can be said of the text without a network. */
static rnn_status read_text(rnn_neurons *self, const rnn_model *model, const rnn_symbols *symbols,
                            uint64_t from, const rnn_neurons_plan *plan, rnn_error *error) {
    reader reads = {model, NULL};
    self->language = plan->language;
    self->text = rnn_allocate_unset((size_t)self->characters, sizeof *self->text);
    if (!self->text)
        return out_of_memory(error);
    copy_text(self->text, symbols, from, self->characters);
    reads.text = self->text;
    rnn_status status = RNN_OK;
    if (!self->language)
        status = guess_language(self, &reads, error);
    if (status == RNN_OK)
        status = rnn_predicates_create(&self->predicates, self->language, plan->after, error);
    if (status != RNN_OK)
        return status;
    self->count = rnn_predicates_count(self->predicates);
    self->values = rnn_allocate_unset((size_t)self->characters, self->count);
    if (!self->values)
        return out_of_memory(error);
    return rnn_predicates_read(self->predicates, symbol_at, &reads, self->characters, self->values,
                               error);
}

/* -------------------------------------------------------------------- network */

static void take_row(void *context, const rnn_trace_row *row) {
    rnn_association_add(context, row->values);
}

/* *left: the listener does not want the rest. */
static rnn_status read_network(const rnn_neurons *self, const rnn_model *model,
                               rnn_association *association, const rnn_neurons_plan *plan,
                               int *left, rnn_error *error) {
    rnn_tracer *tracer;
    rnn_tracing how = {.threads = plan->threads,
                       .cpu = plan->cpu,
                       .device = plan->device,
                       .precision = plan->precision};
    rnn_status status = rnn_tracer_create(&tracer, model, &how, error);
    if (status != RNN_OK)
        return status;
    int32_t chunk[CHUNK];
    for (uint64_t at = 0, part; at < self->characters && !*left; at += part) {
        part = self->characters - at < CHUNK ? self->characters - at : CHUNK;
        for (size_t i = 0; i < part; i++)
            chunk[i] = self->text[at + i];
        rnn_tracer_read(tracer, chunk, (size_t)part, take_row, association);
        if (plan->listener)
            *left = !plan->listener(plan->context, (double)(at + part) / (double)self->characters);
    }
    rnn_tracer_destroy(tracer);
    return RNN_OK;
}

/* -------------------------------------------------------------------- results */

double rnn_neuron_lesser(const rnn_neuron *neuron) {
    return fmin(neuron->chosen, neuron->score);
}

double rnn_neurons_figure(const rnn_neurons_row *row, double score) {
    return row->predicate->graded ? score : (1 + score) / 2;
}

static int by_choice(const void *a, const void *b) {
    const rnn_neuron *x = a, *y = b;
    if (x->chosen != y->chosen)
        return x->chosen < y->chosen ? 1 : -1;
    return x->layer != y->layer ? x->layer - y->layer : x->unit - y->unit;
}

static void rank(rnn_neurons *self, const rnn_association *association, size_t p,
                 size_t hidden_size) {
    rnn_neurons_row *row = &self->rows[p];
    const float *chosen = rnn_association_scores(association, 0, p, 0);
    for (size_t u = 0; u < self->units; u++)
        row->ranked[u] = (rnn_neuron){.layer = (int)(u / hidden_size),
                                      .unit = (int)(u % hidden_size),
                                      .rises = chosen[u] >= 0,
                                      .chosen = fabs((double)chosen[u]),
                                      .score = rnn_association_score(association, p, 0, u)};
    qsort(row->ranked, self->units, sizeof *row->ranked, by_choice);
}

static rnn_status judge_row(rnn_neurons *self, const rnn_association *association, size_t p,
                            const rnn_model *model, rnn_error *error) {
    rnn_neurons_row *row = &self->rows[p];
    const uint8_t *values = self->values + p * self->characters;
    double sum = 0;
    row->predicate = rnn_predicates_at(self->predicates, p);
    row->scored = rnn_association_has(association, p);
    if (!row->scored)
        return RNN_OK;
    for (uint64_t i = 0; i < self->characters; i++)
        sum += values[i];
    row->mean = sum / (double)self->characters;
    row->ranked = self->all + p * self->units;
    row->chance = rnn_association_chance(association, p, 0);
    rnn_status status =
        rnn_character_alone_score(&row->alone, self->text, self->characters, model->network.symbols,
                                  values, row->predicate->graded, error);
    row->alone = fmax(row->alone, 0);
    rank(self, association, p, model->network.hidden);
    for (size_t u = 0; u < self->units; u++)
        row->above += rnn_neuron_lesser(&row->ranked[u]) > fmax(row->chance, row->alone);
    return status;
}

/* Counts the units that are remarkable with the predicates at a shift, each once. */
static void count_at(const rnn_neurons *self, const rnn_association *association, size_t shift,
                     unsigned char *marks, size_t *above, size_t *readable) {
    memset(marks, 0, self->units);
    for (size_t p = 0; p < self->count; p++) {
        const rnn_neurons_row *row = &self->rows[p];
        if (!row->scored)
            continue;
        double limit = fmax(rnn_association_chance(association, p, shift), row->alone);
        for (size_t u = 0; u < self->units; u++) {
            double lesser = rnn_association_lesser(association, p, shift, u);
            if (lesser > limit)
                marks[u] |= lesser >= RNN_NEURONS_READABLE ? 3 : 1;
        }
    }
    for (size_t u = 0; u < self->units; u++) {
        *above += marks[u] & 1;
        *readable += marks[u] >> 1;
    }
}

static rnn_status count_units(rnn_neurons *self, const rnn_association *association,
                              rnn_error *error) {
    unsigned char *marks = rnn_allocate(self->units, 1);
    size_t above = 0, readable = 0, shifts = (size_t)self->shifts;
    if (!marks)
        return out_of_memory(error);
    count_at(self, association, 0, marks, &self->above, &self->readable);
    for (size_t k = 1; shifts > 1 && k <= shifts; k++)
        count_at(self, association, k, marks, &above, &readable);
    self->above_by_chance = (double)above / (double)shifts;
    self->readable_by_chance = (double)readable / (double)shifts;
    rnn_free(marks);
    return RNN_OK;
}

static rnn_status judge(rnn_neurons *self, const rnn_association *association,
                        const rnn_model *model, rnn_error *error) {
    rnn_status status = RNN_OK;
    self->all = rnn_allocate(self->count * self->units, sizeof *self->all);
    if (!self->all)
        return out_of_memory(error);
    for (size_t p = 0; p < self->count && status == RNN_OK; p++)
        status = judge_row(self, association, p, model, error);
    if (status == RNN_OK)
        status = count_units(self, association, error);
    return status;
}

/* -------------------------------------------------------------------- together */

static rnn_status find(rnn_neurons *self, const rnn_model *model, const rnn_symbols *symbols,
                       rnn_span span, const rnn_neurons_plan *plan, int *left, rnn_error *error) {
    uint8_t graded[RNN_PREDICATES_MOST] = {0};
    rnn_association *association = NULL;
    rnn_status status = read_text(self, model, symbols, span.begin, plan, error);
    for (size_t p = 0; p < self->count && status == RNN_OK; p++)
        graded[p] = (uint8_t)rnn_predicates_at(self->predicates, p)->graded;
    rnn_association_plan how = {.units = self->units,
                                .properties = self->count,
                                .characters = self->characters,
                                .values = self->values,
                                .graded = graded,
                                .shifts = (size_t)plan->shifts,
                                .seed = plan->seed,
                                .threads = plan->threads};
    double start = rnn_clock_now();
    if (status == RNN_OK)
        status = rnn_association_create(&association, &how, error);
    if (status == RNN_OK)
        status = read_network(self, model, association, plan, left, error);
    self->seconds = rnn_clock_now() - start;
    if (status == RNN_OK && !*left)
        status = judge(self, association, model, error);
    rnn_association_destroy(association);
    return status;
}

uint64_t rnn_neurons_least(int shifts) {
    return (uint64_t)RNN_NEURONS_STRETCH * ((uint64_t)shifts + 1);
}

rnn_status rnn_neurons_find(rnn_neurons **out, const rnn_model *model, const rnn_symbols *symbols,
                            rnn_span span, const rnn_neurons_plan *plan, rnn_error *error) {
    uint64_t most = plan->most && plan->most < RNN_NEURONS_MOST ? plan->most : RNN_NEURONS_MOST;
    uint64_t characters = span.end - span.begin < most ? span.end - span.begin : most;
    *out = NULL;
    if (characters < rnn_neurons_least(plan->shifts))
        return rnn_fail(
            error, RNN_ERR_RANGE,
            "%llu characters are too few to tell what a unit follows: at least %llu are "
            "needed with %d shifts, and some 50,000 are better",
            (unsigned long long)characters, (unsigned long long)rnn_neurons_least(plan->shifts),
            plan->shifts);
    rnn_neurons *self = rnn_allocate(1, sizeof *self);
    if (!self)
        return out_of_memory(error);
    self->units = model->network.layers * model->network.hidden;
    self->characters = characters;
    self->shifts = plan->shifts;
    int left = 0;
    rnn_status status = find(self, model, symbols, span, plan, &left, error);
    if (status == RNN_OK && !left)
        *out = self;
    else
        rnn_neurons_destroy(self);
    return status;
}

void rnn_neurons_destroy(rnn_neurons *self) {
    if (!self)
        return;
    rnn_predicates_destroy(self->predicates);
    rnn_free(self->values);
    rnn_free(self->text);
    rnn_free(self->all);
    rnn_free(self);
}
