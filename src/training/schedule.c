/* SPDX-License-Identifier: MIT
 *
 * schedule.c - see schedule.h.
 */
#include "training/schedule.h"

#include <math.h>

#define PI 3.14159265358979323846

/* How far the run is from the end of warm-up to the end of its budget, 0..1. The
 * share of the budget that warm-up took follows from the pace so far. */
static double progress(const rnn_training *how, const rnn_schedule_place *place) {
    double warm = 0;
    if (place->step > 0)
        warm = place->fraction * (double)how->warmup_steps / (double)place->step;
    if (warm >= 1)
        return 1;
    double p = (place->fraction - warm) / (1 - warm);
    return p < 0 ? 0 : p > 1 ? 1 : p;
}

double rnn_schedule_rate(const rnn_training *how, const rnn_schedule_place *place) {
    double rate = how->learning_rate;
    if (place->step < how->warmup_steps)
        return rate * (double)(place->step + 1) / ((double)how->warmup_steps + 1);
    double epochs = floor((double)place->step / (double)place->steps_an_epoch);
    switch (how->schedule) {
    case RNN_SCHEDULE_EPOCH_DECAY:
        return rate * pow(how->decay_factor, fmax(0, epochs - how->decay_after + 1));
    case RNN_SCHEDULE_STEP_DECAY:
        return rate * pow(how->decay_factor, floor(epochs / how->decay_every));
    case RNN_SCHEDULE_COSINE:
        return rate * 0.5 * (1 + cos(PI * progress(how, place)));
    case RNN_SCHEDULE_LINEAR:
        return rate * (1 - progress(how, place));
    default:
        return rate;
    }
}
