/* SPDX-License-Identifier: MIT
 *
 * dynamics.c - the public dynamic evaluation: on which parts of a text spreads are
 * gathered and rates chosen, so that none of it is scored.
 */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "inference/dynamic_rates.h"
#include "inference/score.h"

#define SEGMENT      20
#define MOST_SEGMENT 16384
#define CHOSEN       ((uint64_t)50000) /* characters that rates are chosen on at most */
#define GATHERED     200               /* segments that spreads are gathered from at most */
#define STRETCHES    10                /* in which they lie in the training text */
#define LEAST        20                /* segments that a text must have for either */

static rnn_status check(const rnn_evaluation *how, const rnn_dynamics *dynamics, rnn_error *error) {
    if (how->protocol != RNN_PROTOCOL_STREAM)
        return rnn_fail(error, RNN_ERR_RANGE, "weights can follow a stream only, no cold windows");
    if (how->precision == RNN_PRECISION_INT8)
        return rnn_fail(error, RNN_ERR_UNSUPPORTED,
                        "weights in int8 cannot follow a text; float32 and bf16 can");
    if (dynamics->segment < 0 || dynamics->segment > MOST_SEGMENT)
        return rnn_fail(error, RNN_ERR_RANGE, "a segment of %d characters is not from 1 to %d",
                        dynamics->segment, MOST_SEGMENT);
    if (!isfinite(dynamics->rate) || !isfinite(dynamics->decay))
        return rnn_fail(error, RNN_ERR_RANGE, "rate %g and decay %g must be finite", dynamics->rate,
                        dynamics->decay);
    return RNN_OK;
}

typedef struct following {
    const rnn_symbols *symbols;
    const rnn_evaluation *how;
    rnn_dynamics_result *out;
    rnn_dynamics_listener listener;
    void *context;
    uint64_t still; /* characters at the beginning through which no weight moves */
} following;

static int is_enough(rnn_span span, int segment) {
    return span.end - span.begin > (uint64_t)LEAST * (uint64_t)segment;
}

/* Text that is held out of training has training text beside it; of other text no part
 * is known to be left unscored. */
static int has_training_text(const following *f, rnn_span *train) {
    if (f->how->part != RNN_PART_VAL && f->how->part != RNN_PART_TEST)
        return 0;
    *train = rnn_score_part(f->symbols, f->how, RNN_PART_TRAIN);
    return is_enough(*train, f->out->segment);
}

/* Of test text the beginning of the validation text, else the end of the training text. */
static rnn_span choosing_text(following *f, rnn_span train) {
    rnn_span span = {0, 0};
    if (f->how->part == RNN_PART_TEST)
        span = rnn_score_part(f->symbols, f->how, RNN_PART_VAL);
    if (is_enough(span, f->out->segment)) {
        f->out->chosen.part = RNN_PART_VAL;
        if (span.end - span.begin > CHOSEN + 1)
            span.end = span.begin + CHOSEN + 1;
        return span;
    }
    f->out->chosen.part = RNN_PART_TRAIN;
    if (train.end - train.begin > CHOSEN + 1)
        train.begin = train.end - CHOSEN - 1;
    return train;
}

/* Spreads and rates from text beside the scored one. */
static void prepare_beside(following *f, rnn_dynamic *dynamic, rnn_span train) {
    rnn_dynamics_result *out = f->out;
    out->gathered.part = RNN_PART_TRAIN;
    out->gathered.characters = rnn_dynamic_gather(dynamic, train, STRETCHES, GATHERED);
    if (out->rate >= 0 && out->decay >= 0)
        return;
    rnn_span span = choosing_text(f, train);
    out->chosen.characters = span.end - span.begin - 1;
    rnn_dynamic_rates_choose(dynamic, span, &out->rate, &out->decay, f->listener, f->context);
}

/* Spreads from the beginning of the scored text, through which no weight moves. */
static void prepare_within(following *f, rnn_dynamic *dynamic, rnn_span scored) {
    rnn_dynamics_result *out = f->out;
    uint64_t tenth = (scored.end - scored.begin) / 10 / (uint64_t)out->segment;
    size_t segments = tenth < 1 ? 1 : tenth > GATHERED ? GATHERED : (size_t)tenth;
    out->gathered.characters = f->still = rnn_dynamic_gather(dynamic, scored, 1, segments);
    out->rate = out->rate < 0 ? RNN_DYNAMIC_RATE : out->rate;
    out->decay = out->decay < 0 ? RNN_DYNAMIC_DECAY : out->decay;
}

static rnn_status follow(following *f, const rnn_model *model, rnn_error *error) {
    rnn_dynamic *dynamic;
    rnn_span train, scored = rnn_score_part(f->symbols, f->how, (rnn_part)f->how->part);
    double start = rnn_clock_now();
    rnn_status status = rnn_dynamic_create(&dynamic, model, rnn_evaluator_read_symbols, f->symbols,
                                           (size_t)f->out->segment, f->how, error);
    if (status != RNN_OK)
        return status;
    if (has_training_text(f, &train))
        prepare_beside(f, dynamic, train);
    else
        prepare_within(f, dynamic, scored);
    double ready = rnn_clock_now();
    status = rnn_dynamic_score(&f->out->score, dynamic, scored, f->still, f->out->rate,
                               f->out->decay, error);
    f->out->seconds = rnn_clock_now() - ready;
    f->out->preparing_seconds = ready - start;
    rnn_dynamic_destroy(dynamic);
    return status;
}

rnn_status rnn_score_dynamics(const rnn_model *model, const rnn_symbols *symbols,
                              const rnn_evaluation *how, const rnn_dynamics *dynamics,
                              rnn_dynamics_result *out, rnn_dynamics_listener listener,
                              void *context, rnn_error *error) {
    memset(out, 0, sizeof *out);
    out->segment = dynamics->segment > 0 ? dynamics->segment : SEGMENT;
    out->rate = dynamics->rate;
    out->decay = dynamics->decay;
    rnn_status status = check(how, dynamics, error);
    if (status == RNN_OK)
        status = rnn_score_symbols(model, symbols, how, &out->fixed, NULL, NULL, error);
    following f = {symbols, how, out, listener, context, 0};
    if (status == RNN_OK)
        status = follow(&f, model, error);
    return status;
}

rnn_status rnn_evaluate_dynamics(const rnn_model *model, const char *const *inputs, size_t count,
                                 const rnn_evaluation *how, const rnn_dynamics *dynamics,
                                 rnn_dynamics_result *out, rnn_dynamics_listener listener,
                                 void *context, rnn_error *error) {
    rnn_symbols *symbols = NULL;
    memset(out, 0, sizeof *out);
    rnn_status status = check(how, dynamics, error);
    if (status == RNN_OK)
        status = rnn_score_read(&symbols, model, inputs, count, how, error);
    if (status == RNN_OK)
        status = rnn_score_dynamics(model, symbols, how, dynamics, out, listener, context, error);
    rnn_symbols_destroy(symbols);
    return status;
}
