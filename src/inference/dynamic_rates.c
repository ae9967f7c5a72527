/* SPDX-License-Identifier: MIT
 *
 * dynamic_rates.c - see dynamic_rates.h.
 */
#include "inference/dynamic_rates.h"

#include <math.h>

static const double rates[] = {0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02};
static const double decays[] = {0, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1};
/* Where the search begins. */
#define MIDDLE_RATE  3
#define MIDDLE_DECAY 3

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* One side of the grid: a value that is given is the only one. */
typedef struct side {
    const double *values;
    size_t count, at;
} side;

typedef struct search {
    rnn_dynamic *dynamic;
    rnn_span span;
    side rate, decay;
    double losses[COUNT(rates)][COUNT(decays)]; /* NaN where nothing was tried */
    rnn_dynamics_listener listener;
    void *context;
} search;

static side side_of(const double *given, const double *grid, size_t count, size_t middle) {
    return *given >= 0 ? (side){given, 1, 0} : (side){grid, count, middle};
}

static double loss_of(search *s, size_t rate, size_t decay) {
    double *loss = &s->losses[rate][decay];
    if (!isnan(*loss))
        return *loss;
    rnn_score score;
    double by = s->rate.values[rate], back = s->decay.values[decay];
    int fine = rnn_dynamic_score(&score, s->dynamic, s->span, 0, by, back, NULL) == RNN_OK;
    *loss = fine ? score.nats_per_character : INFINITY;
    if (s->listener)
        s->listener(s->context, by, back, *loss);
    return *loss;
}

/* Goes one step up or down on a side, if that is better than what is best so far. */
static int moves(search *s, side *on, int up, double *best) {
    size_t old = on->at;
    if (up ? old + 1 == on->count : old == 0)
        return 0;
    on->at = up ? old + 1 : old - 1;
    double loss = loss_of(s, s->rate.at, s->decay.at);
    if (loss < *best) {
        *best = loss;
        return 1;
    }
    on->at = old;
    return 0;
}

void rnn_dynamic_rates_choose(rnn_dynamic *dynamic, rnn_span span, double *rate, double *decay,
                              rnn_dynamics_listener listener, void *listener_context) {
    search s = {.dynamic = dynamic,
                .span = span,
                .rate = side_of(rate, rates, COUNT(rates), MIDDLE_RATE),
                .decay = side_of(decay, decays, COUNT(decays), MIDDLE_DECAY),
                .listener = listener,
                .context = listener_context};
    for (size_t i = 0; i < COUNT(rates); i++)
        for (size_t j = 0; j < COUNT(decays); j++)
            s.losses[i][j] = NAN;
    double best = loss_of(&s, s.rate.at, s.decay.at);
    for (int moved = 1; moved;) {
        moved = 0;
        for (int i = 0; i < 4; i++)
            while (moves(&s, i < 2 ? &s.rate : &s.decay, i % 2, &best))
                moved = 1;
    }
    double chosen[] = {s.rate.values[s.rate.at], s.decay.values[s.decay.at]};
    *rate = chosen[0];
    *decay = chosen[1];
}
