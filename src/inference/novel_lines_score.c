/* SPDX-License-Identifier: MIT
 *
 * novel_lines_score.c - how likely a model is to write a line; see novel_lines.h.
 *
 *   lines -> "\n" line "\n" as symbols -> STREAMS of them side by side, from zero states
 *         -> nats of each symbol -> sums
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "inference/novel_lines.h"

#define STREAMS ((size_t)32) /* lines side by side */
#define LENGTH  ((size_t)64) /* characters at once */

typedef struct scorer {
    const rnn_model *model;
    const rnn_device *device;
    rnn_engine *engine;
    char *text; /* a line with what stands around it */
    size_t text_room;
    int32_t *symbols[STREAMS]; /* [counts]: of the group that is read now */
    size_t counts[STREAMS];
    int32_t inputs[LENGTH * STREAMS], targets[LENGTH * STREAMS]; /* [LENGTH][STREAMS] */
    float losses[LENGTH * STREAMS];
} scorer;

/* A line as symbols, a newline before it and its end behind it. What the model cannot
 * read has none. */
static rnn_status encode(scorer *s, size_t stream, const rnn_line *line, rnn_error *error) {
    void *text = s->text;
    rnn_error unknown;
    if (!rnn_grow(&text, &s->text_room, line->count + 3, 1))
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory for a line");
    s->text = text;
    size_t bytes = 0;
    s->text[bytes++] = '\n';
    memcpy(s->text + bytes, line->bytes, line->count);
    bytes += line->count;
    if (line->carriage)
        s->text[bytes++] = '\r';
    s->text[bytes++] = '\n';
    rnn_status status = rnn_model_encode(s->model, s->text, bytes, 0, &s->symbols[stream],
                                         &s->counts[stream], &unknown);
    if (status == RNN_OK || status == RNN_ERR_SYMBOL)
        return RNN_OK;
    return rnn_fail(error, status, "%s", unknown.message);
}

static void forget(scorer *s) {
    for (size_t b = 0; b < STREAMS; b++) {
        rnn_free(s->symbols[b]);
        s->symbols[b] = NULL;
        s->counts[b] = 0;
    }
}

/* Lays out the predictions from `from` on; returns how many steps they take. */
static size_t fill(scorer *s, size_t from) {
    size_t steps = 0;
    for (size_t b = 0; b < STREAMS; b++) {
        size_t left = s->counts[b] > from + 1 ? s->counts[b] - 1 - from : 0;
        size_t n = left < LENGTH ? left : LENGTH;
        for (size_t t = 0; t < LENGTH; t++) {
            s->inputs[t * STREAMS + b] = t < n ? s->symbols[b][from + t] : 0;
            s->targets[t * STREAMS + b] = t < n ? s->symbols[b][from + t + 1] : -1;
        }
        steps = n > steps ? n : steps;
    }
    return steps;
}

/* Reads the group and adds up what each line's symbols cost. */
static void add_up(scorer *s, double sums[STREAMS]) {
    size_t steps;
    s->device->write_state(s->engine, NULL);
    for (size_t from = 0; (steps = fill(s, from)) > 0; from += steps) {
        s->device->evaluate(s->engine, steps, s->inputs, s->targets, s->losses);
        for (size_t i = 0; i < steps * STREAMS; i++)
            if (s->targets[i] >= 0)
                sums[i % STREAMS] += (double)s->losses[i];
    }
}

static rnn_status score_group(scorer *s, rnn_novel_line *lines, size_t count, rnn_error *error) {
    double sums[STREAMS] = {0};
    rnn_status status = RNN_OK;
    for (size_t b = 0; b < count && status == RNN_OK; b++)
        status = encode(s, b, &lines[b].line, error);
    if (status == RNN_OK)
        add_up(s, sums);
    for (size_t b = 0; b < count && status == RNN_OK; b++) {
        int readable = s->counts[b] > 0 && isfinite(sums[b]);
        lines[b].symbols = s->counts[b] > 0 ? s->counts[b] - 1 : 0;
        lines[b].nats = readable ? sums[b] : INFINITY;
    }
    forget(s);
    return status;
}

static int by_nats(const void *a, const void *b) {
    const rnn_novel_line *left = a, *right = b;
    if (left->nats != right->nats)
        return left->nats < right->nats ? -1 : 1;
    return rnn_line_compare(&left->line, &right->line);
}

rnn_status rnn_novel_lines_score(rnn_novel_lines *lines, const rnn_model *model,
                                 const rnn_evaluation *how, rnn_error *error) {
    rnn_engine_options options = {.batch = STREAMS,
                                  .length = LENGTH,
                                  .threads = how->threads,
                                  .cpu = how->cpu,
                                  .precision = how->precision};
    scorer *s = rnn_allocate(1, sizeof *s);
    if (!s)
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory for scoring lines");
    s->model = model;
    rnn_status status =
        rnn_model_engine(&s->engine, &s->device, model, how->device, &options, error);
    for (size_t i = 0; i < lines->count && status == RNN_OK; i += STREAMS) {
        size_t left = lines->count - i;
        status = score_group(s, lines->list + i, left < STREAMS ? left : STREAMS, error);
    }
    if (status == RNN_OK && lines->count > 0)
        qsort(lines->list, lines->count, sizeof *lines->list, by_nats);
    if (s->engine)
        s->device->destroy(s->engine);
    rnn_free(s->text);
    rnn_free(s);
    return status;
}
