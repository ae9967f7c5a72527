/* SPDX-License-Identifier: MIT
 *
 * evaluator.c - see evaluator.h.
 */
#include "inference/evaluator.h"

#include <string.h>

#include "base/memory.h"
#include "text/symbols.h"

typedef struct evaluation {
    const rnn_evaluation_plan *plan;
    size_t span;               /* the next segment is cut from here */
    uint64_t place;            /* its first input */
    rnn_span *segments;        /* [batch]: the group that is read now; empty ones are idle */
    int32_t *inputs, *targets; /* [length][batch] */
    int32_t *text;             /* [length + 1]: of one segment */
    float *losses;             /* [length][batch] */
} evaluation;

void rnn_evaluator_read_symbols(const void *context, uint64_t from, size_t count, int32_t *out) {
    rnn_symbols_get(context, from, count, out);
}

uint64_t rnn_evaluator_count(const rnn_span *spans, size_t count) {
    uint64_t predictions = 0;
    for (size_t i = 0; i < count; i++)
        predictions += spans[i].end > spans[i].begin ? spans[i].end - spans[i].begin - 1 : 0;
    return predictions;
}

/* The next segment: its inputs are [begin, end), its targets one further on. */
static int next_segment(evaluation *v, rnn_span *out) {
    const rnn_evaluation_plan *plan = v->plan;
    for (; v->span < plan->span_count; v->span++, v->place = 0) {
        const rnn_span *span = &plan->spans[v->span];
        if (v->place < span->begin)
            v->place = span->begin;
        if (v->place + 1 >= span->end)
            continue;
        out->begin = v->place;
        out->end =
            span->end - 1 - v->place > plan->segment ? v->place + plan->segment : span->end - 1;
        v->place = out->end;
        return 1;
    }
    *out = (rnn_span){0, 0};
    return 0;
}

/* Lays the next `length` characters of each segment side by side; returns how many
 * steps the longest of them takes. */
static size_t fill(evaluation *v) {
    const rnn_evaluation_plan *plan = v->plan;
    size_t steps = 0;
    for (size_t b = 0; b < plan->batch; b++) {
        rnn_span *segment = &v->segments[b];
        uint64_t left = segment->end - segment->begin;
        size_t n = left < plan->length ? (size_t)left : plan->length;
        if (n > 0)
            plan->read(plan->context, segment->begin, n + 1, v->text);
        for (size_t t = 0; t < plan->length; t++) {
            v->inputs[t * plan->batch + b] = t < n ? v->text[t] : 0;
            v->targets[t * plan->batch + b] = t < n ? v->text[t + 1] : -1;
        }
        segment->begin += n;
        if (n > steps)
            steps = n;
    }
    return steps;
}

static void tell(const evaluation *v, size_t steps) {
    const rnn_evaluation_plan *plan = v->plan;
    for (size_t i = 0; plan->listener && i < steps * plan->batch; i++)
        if (v->targets[i] >= 0)
            plan->listener(plan->listener_context, v->targets[i], (double)v->losses[i]);
}

static void run(evaluation *v, const rnn_device *device, rnn_engine *engine, rnn_score *out) {
    const rnn_evaluation_plan *plan = v->plan;
    double loss = 0;
    uint64_t hits = 0;
    for (;;) {
        size_t found = 0;
        for (size_t b = 0; b < plan->batch; b++)
            found += (size_t)next_segment(v, &v->segments[b]);
        if (found == 0)
            break;
        device->write_state(engine, NULL);
        for (size_t steps; (steps = fill(v)) > 0;) {
            rnn_sequence_result result =
                device->evaluate(engine, steps, v->inputs, v->targets, v->losses);
            loss += result.loss;
            hits += result.hits;
            tell(v, steps);
        }
    }
    out->characters = rnn_evaluator_count(plan->spans, plan->span_count);
    out->nats_per_character = out->characters ? loss / (double)out->characters : 0;
    out->accuracy = out->characters ? (double)hits / (double)out->characters : 0;
}

rnn_status rnn_evaluator_run(rnn_score *out, const rnn_device *device, rnn_engine *engine,
                             const rnn_evaluation_plan *plan, rnn_error *error) {
    size_t cells = plan->length * plan->batch;
    rnn_status status = RNN_OK;
    evaluation v = {.plan = plan};
    v.segments = rnn_allocate(plan->batch, sizeof(rnn_span));
    v.inputs = rnn_allocate(cells, sizeof(int32_t));
    v.targets = rnn_allocate(cells, sizeof(int32_t));
    v.text = rnn_allocate(plan->length + 1, sizeof(int32_t));
    v.losses = rnn_allocate(cells, sizeof(float));
    if (v.segments && v.inputs && v.targets && v.text && v.losses)
        run(&v, device, engine, out);
    else
        status = rnn_fail(error, RNN_ERR_MEMORY, "no memory to evaluate");
    rnn_free(v.segments);
    rnn_free(v.inputs);
    rnn_free(v.targets);
    rnn_free(v.text);
    rnn_free(v.losses);
    return status;
}
