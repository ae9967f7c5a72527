/* SPDX-License-Identifier: MIT
 *
 * novelty.c - see novelty.h.
 *
 *   text -> the longest match that begins at each character -> those that no other holds
 *        -> the longest that holds each character -> shares, mean, median
 */
#include "inference/novelty.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "text/utf8.h"

#define LEAST_HELD_BACK 100 /* bytes: shorter, it would say nothing */

const uint64_t rnn_novelty_levels[RNN_NOVELTY_LEVELS] = {8, 16, 32, 64, 128, 256};

/* A match that no other holds: characters [begin, end) of a text. */
typedef struct stretch {
    size_t text, begin, end; /* characters */
    size_t byte, bytes;
} stretch;

typedef struct survey {
    const rnn_suffixes *corpus;
    const rnn_novelty_text *texts;
    uint64_t *figures; /* of all texts' characters, [count], one text after another */
    size_t count, figure_room;
    stretch *stretches; /* [stretch_count], by text and place */
    size_t stretch_count, stretch_room;
    size_t *begins; /* of the characters of the text at hand, and its end */
    size_t begin_room;
} survey;

/* ------------------------------------------------------------------- matches */

/* Fills self->begins; returns the number of characters, or SIZE_MAX. */
static size_t find_characters(survey *self, const rnn_novelty_text *text) {
    void *begins = self->begins;
    size_t count = 0;
    if (!rnn_grow(&begins, &self->begin_room, text->count + 1, sizeof *self->begins))
        return SIZE_MAX;
    self->begins = begins;
    for (size_t i = 0; i < text->count; i++)
        if (i == 0 || rnn_utf8_begins(text->bytes[i]))
            self->begins[count++] = i;
    self->begins[count] = text->count;
    return count;
}

/* Appends the stretches of one text. A match that begins a character later ends at
 * the same character or a later one, so `end` only moves on, and a match is held by
 * no other if it ends beyond the one before. */
static int find_stretches(survey *self, size_t index, size_t characters) {
    const rnn_novelty_text *text = &self->texts[index];
    for (size_t i = 0, end = 0; i < characters; i++) {
        size_t from = self->begins[i], before = end;
        size_t to =
            from + rnn_suffixes_longest(self->corpus, text->bytes + from, text->count - from);
        end = end > i ? end : i;
        while (end < characters && self->begins[end + 1] <= to)
            end++;
        if (end == i || end == before)
            continue;
        void *stretches = self->stretches;
        if (!rnn_grow(&stretches, &self->stretch_room, self->stretch_count + 1, sizeof(stretch)))
            return 0;
        self->stretches = stretches;
        self->stretches[self->stretch_count++] =
            (stretch){index, i, end, from, self->begins[end] - from};
    }
    return 1;
}

static size_t length_of(const stretch *of) {
    return of->end - of->begin;
}

/* Gives each character of a text the length of the longest of its stretches [count],
 * which begin and end one after another. A queue holds those that may still be the
 * longest somewhere, each longer than what follows it; it lies in the stretches' own
 * order, so its places are indices: queue [count]. */
static void spread(const stretch *stretches, size_t count, size_t characters, size_t *queue,
                   uint64_t *figures) {
    size_t next = 0, head = 0, tail = 0;
    for (size_t i = 0; i < characters; i++) {
        for (; next < count && stretches[next].begin <= i; next++) {
            while (tail > head &&
                   length_of(&stretches[queue[tail - 1]]) <= length_of(&stretches[next]))
                tail--;
            queue[tail++] = next;
        }
        while (head < tail && stretches[queue[head]].end <= i)
            head++;
        figures[i] = head < tail ? length_of(&stretches[queue[head]]) : 0;
    }
}

static int survey_text(survey *self, size_t index) {
    size_t characters = find_characters(self, &self->texts[index]), first = self->stretch_count;
    void *figures = self->figures;
    if (characters == SIZE_MAX ||
        !rnn_grow(&figures, &self->figure_room, self->count + characters, sizeof(uint64_t)))
        return 0;
    self->figures = figures;
    if (!find_stretches(self, index, characters))
        return 0;
    size_t found = self->stretch_count - first;
    size_t *queue = rnn_allocate(found, sizeof *queue);
    if (!queue)
        return 0;
    spread(self->stretches + first, found, characters, queue, self->figures + self->count);
    self->count += characters;
    rnn_free(queue);
    return 1;
}

/* ------------------------------------------------------------------- results */

static int by_size(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

/* The longest first; among equals the one that comes first. */
static int by_length(const void *a, const void *b) {
    const stretch *left = a, *right = b;
    if (length_of(left) != length_of(right))
        return length_of(left) < length_of(right) ? 1 : -1;
    if (left->text != right->text)
        return left->text < right->text ? -1 : 1;
    return (left->begin > right->begin) - (left->begin < right->begin);
}

/* Whether a stretch says the same as a span that was chosen, or half of it lies there. */
static int is_shown(const survey *self, const rnn_novelty_span *span, const stretch *other) {
    const char *mine = self->texts[span->text].bytes + span->byte;
    const char *its = self->texts[other->text].bytes + other->byte;
    if (span->text == other->text) {
        size_t from = span->place > other->begin ? span->place : other->begin;
        size_t ends = span->place + span->characters;
        size_t to = ends < other->end ? ends : other->end;
        if (to > from && 2 * (to - from) >= length_of(other))
            return 1;
    }
    return span->bytes == other->bytes && memcmp(mine, its, span->bytes) == 0;
}

static void choose_spans(survey *self, rnn_novelty *out) {
    if (self->stretch_count > 0)
        qsort(self->stretches, self->stretch_count, sizeof(stretch), by_length);
    for (size_t i = 0; i < self->stretch_count && out->span_count < RNN_NOVELTY_SPANS; i++) {
        const stretch *from = &self->stretches[i];
        int taken = 0;
        for (size_t s = 0; s < out->span_count; s++)
            taken |= is_shown(self, &out->spans[s], from);
        if (taken)
            continue;
        rnn_novelty_span *span = &out->spans[out->span_count++];
        *span = (rnn_novelty_span){.text = from->text,
                                   .byte = from->byte,
                                   .bytes = from->bytes,
                                   .place = from->begin,
                                   .characters = length_of(from)};
        span->times = rnn_suffixes_find(self->corpus, self->texts[from->text].bytes + from->byte,
                                        from->bytes, &span->first);
    }
}

static void sum_up(survey *self, rnn_novelty *out) {
    double sum = 0;
    out->characters = self->count;
    if (self->count == 0)
        return;
    qsort(self->figures, self->count, sizeof(uint64_t), by_size);
    for (size_t i = 0; i < self->count; i++) {
        sum += (double)self->figures[i];
        for (size_t l = 0; l < RNN_NOVELTY_LEVELS; l++)
            out->copied[l] += self->figures[i] >= rnn_novelty_levels[l];
    }
    out->mean = sum / (double)self->count;
    out->median = self->figures[self->count / 2];
    out->longest = self->figures[self->count - 1];
}

rnn_status rnn_novelty_measure(rnn_novelty *out, const rnn_suffixes *corpus,
                               const rnn_novelty_text *texts, size_t count, rnn_error *error) {
    survey self = {.corpus = corpus, .texts = texts};
    int done = 1;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < count && done; i++)
        done = texts[i].count == 0 || survey_text(&self, i);
    if (done) {
        sum_up(&self, out);
        choose_spans(&self, out);
    }
    rnn_free(self.figures);
    rnn_free(self.stretches);
    rnn_free(self.begins);
    return done ? RNN_OK : rnn_fail(error, RNN_ERR_MEMORY, "out of memory for comparing the text");
}

uint64_t rnn_novelty_characters(const rnn_novelty_text *texts, size_t count) {
    uint64_t characters = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t at = 0; at < texts[i].count; at++)
            characters += at == 0 || rnn_utf8_begins(texts[i].bytes[at]);
    return characters;
}

size_t rnn_novelty_hold_back(const char *corpus, size_t count, uint64_t characters) {
    size_t least = count - count / 20, begin = count;
    for (uint64_t taken = 0; taken < characters && begin > least; begin--)
        taken += rnn_utf8_begins(corpus[begin - 1]);
    /* A character is never cut. */
    while (begin < count && !rnn_utf8_begins(corpus[begin]))
        begin++;
    return count - begin < LEAST_HELD_BACK ? count : begin;
}
