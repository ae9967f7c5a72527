/* SPDX-License-Identifier: MIT
 *
 * cpu_update.c - clipping, and the step of an optimizer or of dynamic evaluation.
 *
 * The norm is a sum over pieces of fixed size, added in order, so that its bits
 * do not depend on the number of threads.
 */
#include "compute/cpu/cpu_engine.h"

#include <math.h>

typedef struct update_job {
    rnn_engine *engine;
    const rnn_update *update; /* one of these two is there */
    const rnn_adaptation *adaptation;
    float clip_value, scale;
    double damping; /* added to epsilon for the vectors of n-grams */
} update_job;

/* The size of a piece of `count` parameters, and how many pieces they have. */
static size_t piece_size(size_t count, size_t piece) {
    size_t left = count - piece * RNN_CPU_PIECE;
    return left < RNN_CPU_PIECE ? left : RNN_CPU_PIECE;
}

static size_t pieces_of(size_t count) {
    return (count + RNN_CPU_PIECE - 1) / RNN_CPU_PIECE;
}

static double sum_of(const double *partial, size_t pieces) {
    double sum = 0;
    for (size_t p = 0; p < pieces; p++)
        sum += partial[p];
    return sum;
}

/* ------------------------------------------------------------------ n-grams */

/* Squares of the gradients of n-grams' vectors, and how many of them there are. */
static void ngrams_work(void *argument, int thread, int count) {
    const update_job *job = argument;
    rnn_engine *e = job->engine;
    size_t begin, end, all = rnn_network_ngram_parameters(&e->network);
    rnn_share(pieces_of(all), 1, thread, count, &begin, &end);
    for (size_t p = begin; p < end; p++) {
        const float *gradient = e->gradient + e->network.ngram_weight + p * RNN_CPU_PIECE;
        size_t size = piece_size(all, p), counted = 0;
        for (size_t j = 0; j < size; j++)
            counted += gradient[j] != 0;
        e->counted[p] = (double)counted;
        e->partial[p] = e->kernels->sum_of_squares(size, gradient, job->clip_value);
    }
}

/* What is added to epsilon for n-grams' vectors. */
static double damping_of(update_job *job) {
    rnn_engine *e = job->engine;
    size_t all = rnn_network_ngram_parameters(&e->network);
    if (all == 0 || job->update->ngram_damping == 0)
        return 0;
    rnn_cpu_run(e, ngrams_work, job, all);
    double squares = sum_of(e->partial, pieces_of(all)), count = sum_of(e->counted, pieces_of(all));
    return count > 0 ? job->update->ngram_damping * (double)job->scale * sqrt(squares / count) : 0;
}

/* --------------------------------------------------------------------- steps */

static void norm_work(void *argument, int thread, int count) {
    const update_job *job = argument;
    rnn_engine *e = job->engine;
    size_t begin, end, all = e->network.parameters;
    rnn_share(pieces_of(all), 1, thread, count, &begin, &end);
    for (size_t p = begin; p < end; p++)
        e->partial[p] = e->kernels->sum_of_squares(
            piece_size(all, p), e->gradient + p * RNN_CPU_PIECE, job->clip_value);
}

static void update_range(const update_job *job, const rnn_update *update, size_t begin,
                         size_t end) {
    rnn_engine *e = job->engine;
    if (begin < end)
        e->kernels->update(update, job->scale, end - begin, e->parameters + begin,
                           e->gradient + begin, e->first ? e->first + begin : NULL,
                           e->second ? e->second + begin : NULL);
}

static size_t within(size_t place, size_t begin, size_t end) {
    return place < begin ? begin : place > end ? end : place;
}

static void update_work(void *argument, int thread, int count) {
    const update_job *job = argument;
    const rnn_network *net = &job->engine->network;
    size_t begin, end;
    rnn_share(net->parameters, RNN_CPU_PIECE, thread, count, &begin, &end);
    size_t vectors = within(net->ngram_weight, begin, end);
    size_t behind = within(net->ngram_weight + rnn_network_ngram_parameters(net), begin, end);
    rnn_update damped = *job->update;
    damped.epsilon += job->damping;
    update_range(job, job->update, begin, vectors);
    update_range(job, &damped, vectors, behind);
    update_range(job, job->update, behind, end);
}

static void adapt_work(void *argument, int thread, int count) {
    const update_job *job = argument;
    rnn_engine *e = job->engine;
    size_t begin, end;
    rnn_share(e->network.parameters, RNN_CPU_PIECE, thread, count, &begin, &end);
    e->kernels->adapt(job->adaptation, end - begin, e->parameters + begin, e->gradient + begin,
                      e->first + begin, e->second + begin);
}

/* The norm before clipping by norm. */
static double norm_of(update_job *job) {
    rnn_engine *e = job->engine;
    rnn_cpu_run(e, norm_work, job, e->network.parameters);
    return sqrt(sum_of(e->partial, pieces_of(e->network.parameters)));
}

double rnn_cpu_update(rnn_engine *e, const rnn_update *update) {
    update_job job = {e, update, NULL, (float)update->clip_value, 1.0f, 0};
    double norm = norm_of(&job);
    if (!isfinite(norm))
        return norm;
    /* torch.nn.utils.clip_grad_norm_ adds the same 1e-6 */
    if (update->clip_norm > 0 && norm + 1e-6 > update->clip_norm)
        job.scale = (float)(update->clip_norm / (norm + 1e-6));
    job.damping = damping_of(&job);
    rnn_cpu_run(e, update_work, &job, e->network.parameters);
    e->packing = RNN_CPU_STALE;
    return norm;
}

double rnn_cpu_adapt(rnn_engine *e, const rnn_adaptation *how) {
    update_job job = {e, NULL, how, 0.0f, 1.0f, 0};
    double norm = norm_of(&job);
    if (!isfinite(norm))
        return norm;
    rnn_cpu_run(e, adapt_work, &job, e->network.parameters);
    e->packing = RNN_CPU_STALE;
    return norm;
}
