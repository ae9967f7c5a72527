/* SPDX-License-Identifier: MIT
 *
 * optimizer.c - see optimizer.h.
 */
#include "training/optimizer.h"

#include <math.h>

/* Of those that take a mean of squares; docs/planner.md has the losses that decided it. */
#define NGRAM_DAMPING 1.0

int rnn_optimizer_moments(const rnn_training *how) {
    switch (how->optimizer) {
    case RNN_SGD:
        return how->momentum != 0 ? 1 : 0;
    case RNN_RMSPROP:
    case RNN_ADAGRAD:
        return 2;
    default:
        return how->beta1 != 0 ? 3 : 2;
    }
}

rnn_update rnn_optimizer_update(const rnn_training *how, int64_t count, double rate) {
    int has_mean_square = how->optimizer != RNN_SGD && how->optimizer != RNN_ADAGRAD;
    return (rnn_update){
        .kind = (rnn_optimizer)how->optimizer,
        .rate = rate,
        .momentum = how->momentum,
        .alpha = how->alpha,
        .beta1 = how->beta1,
        .beta2 = how->beta2,
        .epsilon = how->epsilon,
        .weight_decay = how->weight_decay,
        .correction1 = (1 - pow(how->beta1, (double)count)),
        .correction2 = (1 - pow(how->beta2, (double)count)),
        .clip_value = how->clip_value,
        .clip_norm = how->clip_norm,
        .ngram_damping = has_mean_square ? NGRAM_DAMPING : 0,
    };
}
