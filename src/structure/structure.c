/* SPDX-License-Identifier: MIT
 *
 * structure.c - see structure.h: the stacks and the counts; language_*.c know what
 * opens and closes.
 */
#include "structure/structure.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "structure/language.h"
#include "text/utf8.h"

const uint64_t rnn_structure_distances[RNN_STRUCTURE_DISTANCES] = {1, 10, 30, 100, 300, 1000};

typedef struct stack {
    rnn_opening *openings; /* [depth] */
    size_t depth, room;
} stack;

struct rnn_structure {
    const rnn_language *language;
    void *memory; /* the language's */
    rnn_utf8_reader reader;
    uint64_t at;
    stack layers[RNN_LANGUAGE_LAYERS];
    size_t waiting[RNN_STRUCTURE_KINDS];
    rnn_structure_result found;
    int short_of_memory;
};

/* ---------------------------------------------------------------- languages */

static const rnn_language *const languages[] = {&rnn_language_c, &rnn_language_latex,
                                                &rnn_language_wiki, &rnn_language_json,
                                                &rnn_language_quotes};

const rnn_language *rnn_language_at(size_t index) {
    return index < sizeof languages / sizeof languages[0] ? languages[index] : NULL;
}

const char *rnn_language_name(const rnn_language *language) {
    return language->name;
}

const char *rnn_language_kind(const rnn_language *language, size_t kind) {
    return kind < language->kind_count ? language->kinds[kind].text : NULL;
}

int rnn_language_has_values(const rnn_language *language) {
    return language->has_values;
}

/* ------------------------------------------------------------ for languages */

uint64_t rnn_structure_at(const rnn_structure *self) {
    return self->at;
}

int rnn_structure_in_comment(const rnn_structure *self) {
    return self->language->in_comment && self->language->in_comment(self->memory);
}

static size_t class_of(uint64_t from, uint64_t to) {
    size_t class = RNN_STRUCTURE_DISTANCES - 1;
    while (class > 0 && to - from < rnn_structure_distances[class])
        class --;
    return class;
}

static stack *stack_of(rnn_structure *self, size_t kind) {
    return &self->layers[self->language->kinds[kind].layer];
}

void rnn_structure_open(rnn_structure *self, size_t kind, uint64_t name, uint64_t at) {
    stack *on = stack_of(self, kind);
    void *openings = on->openings;
    if (!rnn_grow(&openings, &on->room, on->depth + 1, sizeof *on->openings)) {
        self->short_of_memory = 1;
        return;
    }
    on->openings = openings;
    on->openings[on->depth++] = (rnn_opening){at, name, kind};
    self->waiting[kind]++;
}

static rnn_opening take_off(rnn_structure *self, stack *from) {
    rnn_opening last = from->openings[--from->depth];
    self->waiting[last.kind]--;
    return last;
}

void rnn_structure_fail(rnn_structure *self, int layer, size_t depth) {
    stack *of = &self->layers[layer];
    while (of->depth > depth) {
        rnn_opening last = take_off(self, of);
        self->found.of[last.kind].failed[class_of(last.at, self->at)]++;
    }
}

void rnn_structure_forget(rnn_structure *self, int layer, size_t depth) {
    stack *of = &self->layers[layer];
    while (of->depth > depth)
        take_off(self, of);
}

void rnn_structure_close(rnn_structure *self, size_t kind, uint64_t name, uint64_t at) {
    stack *on = stack_of(self, kind);
    size_t place = self->waiting[kind] > 0 ? on->depth : 0;
    while (place > 0 &&
           (on->openings[place - 1].kind != kind || on->openings[place - 1].name != name))
        place--;
    if (place == 0) {
        self->found.of[kind].stray++;
        return;
    }
    rnn_structure_fail(self, self->language->kinds[kind].layer, place);
    rnn_opening own = take_off(self, on);
    self->found.of[kind].closed[class_of(own.at, at)]++;
}

const rnn_opening *rnn_structure_stack(const rnn_structure *self, int layer, size_t *depth) {
    *depth = self->layers[layer].depth;
    return self->layers[layer].openings;
}

size_t rnn_structure_waiting(const rnn_structure *self, size_t kind) {
    return self->waiting[kind];
}

void rnn_structure_value(rnn_structure *self, int valid) {
    self->found.values++;
    self->found.valid += valid != 0;
}

void rnn_structure_give_up(rnn_structure *self) {
    self->short_of_memory = 1;
}

/* ------------------------------------------------------------------- a text */

static rnn_status out_of_memory(rnn_error *error) {
    return rnn_fail(error, RNN_ERR_MEMORY, "out of memory for the text's structure");
}

rnn_status rnn_structure_create(rnn_structure **out, const rnn_language *language,
                                rnn_error *error) {
    *out = NULL;
    assert(language->kind_count <= RNN_STRUCTURE_KINDS);
    rnn_structure *self = rnn_allocate(1, sizeof *self);
    if (!self)
        return out_of_memory(error);
    self->language = language;
    self->memory = rnn_allocate(1, language->memory);
    if (!self->memory) {
        rnn_free(self);
        return out_of_memory(error);
    }
    *out = self;
    return RNN_OK;
}

void rnn_structure_destroy(rnn_structure *self) {
    if (!self)
        return;
    for (size_t i = 0; i < RNN_LANGUAGE_LAYERS; i++)
        rnn_free(self->layers[i].openings);
    if (self->language->release)
        self->language->release(self->memory);
    rnn_free(self->memory);
    rnn_free(self);
}

/* Everything as it was at first. */
static void begin_again(rnn_structure *self) {
    for (int i = 0; i < RNN_LANGUAGE_LAYERS; i++)
        rnn_structure_forget(self, i, 0);
    if (self->language->release)
        self->language->release(self->memory);
    memset(self->memory, 0, self->language->memory);
    memset(&self->reader, 0, sizeof self->reader);
    memset(&self->found, 0, sizeof self->found);
    self->at = 0;
    self->short_of_memory = 0;
}

static void read_piece(rnn_structure *self, const char *bytes, size_t count, int last) {
    rnn_utf8_unit unit;
    rnn_utf8_feed(&self->reader, bytes, count, last);
    while (rnn_utf8_next(&self->reader, &unit)) {
        self->language->take(self, self->memory,
                             unit.valid ? unit.code : RNN_LANGUAGE_BYTE + unit.code);
        self->at++;
    }
}

rnn_status rnn_structure_add(rnn_structure *self, const char *bytes, size_t count,
                             rnn_error *error) {
    read_piece(self, bytes, count, 0);
    return self->short_of_memory ? out_of_memory(error) : RNN_OK;
}

/* Openings that have waited long have failed; the others may yet be closed. */
static void settle(rnn_structure *self) {
    for (size_t i = 0; i < RNN_LANGUAGE_LAYERS; i++) {
        stack *of = &self->layers[i];
        while (of->depth > 0) {
            rnn_opening last = take_off(self, of);
            rnn_structure_pairs *pairs = &self->found.of[last.kind];
            if (self->at - last.at > RNN_STRUCTURE_PATIENCE)
                pairs->failed[class_of(last.at, self->at)]++;
            else
                pairs->open++;
        }
    }
}

rnn_status rnn_structure_end(rnn_structure *self, rnn_structure_result *result, rnn_error *error) {
    read_piece(self, "", 0, 1);
    self->language->take(self, self->memory, RNN_LANGUAGE_END);
    settle(self);
    int failed = self->short_of_memory;
    for (size_t k = 0; k < self->language->kind_count && !failed; k++) {
        const rnn_structure_pairs *from = &self->found.of[k];
        rnn_structure_pairs *to = &result->of[k];
        for (size_t d = 0; d < RNN_STRUCTURE_DISTANCES; d++) {
            to->closed[d] += from->closed[d];
            to->failed[d] += from->failed[d];
        }
        to->stray += from->stray;
        to->open += from->open;
    }
    if (!failed) {
        result->characters += self->at;
        result->values += self->found.values;
        result->valid += self->found.valid;
    }
    begin_again(self);
    return failed ? out_of_memory(error) : RNN_OK;
}
