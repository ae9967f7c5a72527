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
} update_job;

static size_t piece_size(const rnn_engine *e, size_t piece) {
    size_t left = e->network.parameters - piece * RNN_CPU_PIECE;
    return left < RNN_CPU_PIECE ? left : RNN_CPU_PIECE;
}

static size_t pieces(const rnn_engine *e) {
    return (e->network.parameters + RNN_CPU_PIECE - 1) / RNN_CPU_PIECE;
}

static void norm_work(void *argument, int thread, int count) {
    const update_job *job = argument;
    rnn_engine *e = job->engine;
    size_t begin, end;
    rnn_share(pieces(e), 1, thread, count, &begin, &end);
    for (size_t p = begin; p < end; p++)
        e->partial[p] = e->kernels->sum_of_squares(
            piece_size(e, p), e->gradient + p * RNN_CPU_PIECE, job->clip_value);
}

static void update_work(void *argument, int thread, int count) {
    const update_job *job = argument;
    rnn_engine *e = job->engine;
    size_t begin, end;
    rnn_share(e->network.parameters, RNN_CPU_PIECE, thread, count, &begin, &end);
    e->kernels->update(job->update, job->scale, end - begin, e->parameters + begin,
                       e->gradient + begin, e->first ? e->first + begin : NULL,
                       e->second ? e->second + begin : NULL);
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
    double sum = 0;
    for (size_t p = 0; p < pieces(e); p++)
        sum += e->partial[p];
    return sqrt(sum);
}

double rnn_cpu_update(rnn_engine *e, const rnn_update *update) {
    update_job job = {e, update, NULL, (float)update->clip_value, 1.0f};
    double norm = norm_of(&job);
    if (!isfinite(norm))
        return norm;
    /* torch.nn.utils.clip_grad_norm_ adds the same 1e-6 */
    if (update->clip_norm > 0 && norm + 1e-6 > update->clip_norm)
        job.scale = (float)(update->clip_norm / (norm + 1e-6));
    rnn_cpu_run(e, update_work, &job, e->network.parameters);
    e->packing = RNN_CPU_STALE;
    return norm;
}

double rnn_cpu_adapt(rnn_engine *e, const rnn_adaptation *how) {
    update_job job = {e, NULL, how, 0.0f, 1.0f};
    double norm = norm_of(&job);
    if (!isfinite(norm))
        return norm;
    rnn_cpu_run(e, adapt_work, &job, e->network.parameters);
    e->packing = RNN_CPU_STALE;
    return norm;
}
