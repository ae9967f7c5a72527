/* SPDX-License-Identifier: MIT
 *
 * cpu_update.c - clipping, and the step of an optimizer or of dynamic evaluation.
 *
 * The norm is a sum over pieces of fixed size, added in order, so that its bits
 * do not depend on the number of threads. Of n-grams' vectors only those are gone through
 * that the sequence has met: a step meets some thousands of a table of a hundred thousand.
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

/* -------------------------------------------------------------------- places */

/* Parameters [begin, end). */
typedef struct span {
    size_t begin, end;
} span;

/* All parameters but the vectors of n-grams. */
static size_t others_of(const rnn_network *net) {
    return net->parameters - rnn_network_ngram_parameters(net);
}

/* Where numbers [begin, end) of those lie: before the vectors, and behind them. */
static void find_others(const rnn_network *net, size_t begin, size_t end, span at[2]) {
    size_t before = net->ngram_weight, vectors = rnn_network_ngram_parameters(net);
    at[0] = (span){begin < before ? begin : before, end < before ? end : before};
    at[1] = (span){(begin > before ? begin : before) + vectors,
                   (end > before ? end : before) + vectors};
}

/* The i-th on the list of n-grams' vectors that may have a gradient. */
static span vector_of(const rnn_engine *e, size_t i) {
    size_t begin = e->network.ngram_weight + (size_t)e->ngram_met[i] * e->network.ngram_size;
    return (span){begin, begin + e->network.ngram_size};
}

/* How many numbers of its gradient are not zero: none if it was dropped wherever it was met. */
static size_t count_gradient(const rnn_engine *e, span vector) {
    size_t count = 0;
    for (size_t j = vector.begin; j < vector.end; j++)
        count += e->gradient[j] != 0;
    return count;
}

/* ---------------------------------------------------------------------- norm */

static double squares_of(const update_job *job, span at) {
    const rnn_engine *e = job->engine;
    return e->kernels->sum_of_squares(at.end - at.begin, e->gradient + at.begin, job->clip_value);
}

/* The end of a piece that begins with `begin` of `all`. */
static size_t end_of(size_t begin, size_t piece, size_t all) {
    return all - begin < piece ? all : begin + piece;
}

static void norm_work(void *argument, int thread, int count) {
    const update_job *job = argument;
    rnn_engine *e = job->engine;
    size_t begin, end, others = others_of(&e->network), vectors = e->ngram_met_count;
    rnn_share(rnn_cpu_pieces(others, RNN_CPU_PIECE), 1, thread, count, &begin, &end);
    for (size_t p = begin; p < end; p++) {
        size_t from = p * RNN_CPU_PIECE;
        span at[2];
        find_others(&e->network, from, end_of(from, RNN_CPU_PIECE, others), at);
        e->partial[p] = squares_of(job, at[0]) + squares_of(job, at[1]);
    }
    rnn_share(rnn_cpu_pieces(vectors, RNN_CPU_PIECE_VECTORS), 1, thread, count, &begin, &end);
    for (size_t p = begin; p < end; p++) {
        size_t from = p * RNN_CPU_PIECE_VECTORS, found = 0;
        double squares = 0;
        for (size_t i = from; i < end_of(from, RNN_CPU_PIECE_VECTORS, vectors); i++) {
            squares += squares_of(job, vector_of(e, i));
            found += count_gradient(e, vector_of(e, i));
        }
        e->ngram_squares[p] = squares;
        e->ngram_counted[p] = (double)found;
    }
}

static double sum_of(const double *partial, size_t pieces) {
    double sum = 0;
    for (size_t p = 0; p < pieces; p++)
        sum += partial[p];
    return sum;
}

/* What a phase goes through. */
static size_t numbers_of(const rnn_engine *e) {
    return others_of(&e->network) + e->ngram_met_count * e->network.ngram_size;
}

/* The norm before clipping by norm; *usual is the root mean square of the n-grams' gradients. */
static double norm_of(update_job *job, double *usual) {
    rnn_engine *e = job->engine;
    size_t pieces = rnn_cpu_pieces(e->ngram_met_count, RNN_CPU_PIECE_VECTORS);
    rnn_cpu_run(e, norm_work, job, numbers_of(e));
    double squares = sum_of(e->ngram_squares, pieces), count = sum_of(e->ngram_counted, pieces);
    *usual = count > 0 ? sqrt(squares / count) : 0;
    return sqrt(squares +
                sum_of(e->partial, rnn_cpu_pieces(others_of(&e->network), RNN_CPU_PIECE)));
}

/* --------------------------------------------------------------------- steps */

/* One of the two steps with the parameters of a span. */
static void step_span(const update_job *job, const rnn_update *update, span at) {
    rnn_engine *e = job->engine;
    float *parameters = e->parameters + at.begin;
    const float *gradient = e->gradient + at.begin;
    if (job->adaptation)
        e->kernels->adapt(job->adaptation, at.end - at.begin, parameters, gradient,
                          e->first + at.begin, e->second + at.begin);
    else
        e->kernels->update(update, job->scale, at.end - at.begin, parameters, gradient,
                           e->first ? e->first + at.begin : NULL,
                           e->second ? e->second + at.begin : NULL);
}

static void step_work(void *argument, int thread, int count) {
    const update_job *job = argument;
    const rnn_engine *e = job->engine;
    size_t begin, end;
    span at[2];
    rnn_share(others_of(&e->network), RNN_CPU_PIECE, thread, count, &begin, &end);
    find_others(&e->network, begin, end, at);
    step_span(job, job->update, at[0]);
    step_span(job, job->update, at[1]);

    rnn_update damped = job->update ? *job->update : (rnn_update){0};
    damped.epsilon += job->damping;
    rnn_share(e->ngram_met_count, 1, thread, count, &begin, &end);
    for (size_t i = begin; i < end; i++)
        if (count_gradient(e, vector_of(e, i)) > 0)
            step_span(job, &damped, vector_of(e, i));
}

static void step(update_job *job) {
    rnn_cpu_run(job->engine, step_work, job, numbers_of(job->engine));
    job->engine->packing = RNN_CPU_STALE;
}

double rnn_cpu_update(rnn_engine *e, const rnn_update *update) {
    update_job job = {e, update, NULL, (float)update->clip_value, 1.0f, 0};
    double usual, norm = norm_of(&job, &usual);
    if (!isfinite(norm))
        return norm;
    /* torch.nn.utils.clip_grad_norm_ adds the same 1e-6 */
    if (update->clip_norm > 0 && norm + 1e-6 > update->clip_norm)
        job.scale = (float)(update->clip_norm / (norm + 1e-6));
    job.damping = update->ngram_damping * (double)job.scale * usual;
    step(&job);
    return norm;
}

double rnn_cpu_adapt(rnn_engine *e, const rnn_adaptation *how) {
    update_job job = {e, NULL, how, 0.0f, 1.0f, 0};
    double usual, norm = norm_of(&job, &usual);
    if (isfinite(norm))
        step(&job);
    return norm;
}
