/* SPDX-License-Identifier: MIT
 *
 * benchmark.c - see benchmark.h.
 */
#include "bench/benchmark.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/threads.h"
#include "bench/runner.h"
#include "compute/kernels.h"

#define CEILING_SHARE 0.2 /* of a workload's seconds, for each ceiling beside it */

typedef double readings[RNN_CEILINGS];

typedef struct course {
    const rnn_benchmark *plan;
    rnn_ceilings *ceilings;
    rnn_runner **runners; /* [count] */
    double *rates;        /* [rounds][count] */
    readings *beside;     /* [rounds][count + 1]: before each workload, and at the end */
    double *sorted;       /* [rounds * (count + 1)] */
} course;

/* ------------------------------------------------------------------- medians */

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts. */
static double median(double *values, size_t count) {
    qsort(values, count, sizeof *values, compare);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* ---------------------------------------------------------------- the course */

static double measure(rnn_runner *runner, double seconds) {
    size_t characters = 0;
    double begin = rnn_clock_now(), now;
    do {
        characters += rnn_runner_go(runner);
        now = rnn_clock_now();
    } while (now - begin < seconds);
    return (double)characters / (now - begin);
}

static void tell(const rnn_benchmark *plan, int round, size_t i) {
    if (plan->listener)
        plan->listener(plan->context, round, &plan->workloads[i]);
}

static void run_rounds(course *c) {
    const rnn_benchmark *plan = c->plan;
    for (size_t i = 0; i < plan->count; i++) {
        tell(plan, 0, i);
        rnn_runner_go(c->runners[i]);
    }
    for (int round = 1; round <= plan->rounds; round++) {
        double *rates = c->rates + (size_t)(round - 1) * plan->count;
        readings *beside = c->beside + (size_t)(round - 1) * (plan->count + 1);
        for (size_t i = 0; i < plan->count; i++) {
            tell(plan, round, i);
            rnn_ceilings_measure(c->ceilings, CEILING_SHARE * plan->seconds, beside[i]);
            rates[i] = measure(c->runners[i], plan->seconds);
        }
        rnn_ceilings_measure(c->ceilings, CEILING_SHARE * plan->seconds, beside[plan->count]);
    }
}

/* ------------------------------------------------------------------- figures */

/* Characters per second that a ceiling allows a workload. */
static double allowed(const rnn_workload *what, rnn_ceiling which, const double *ceilings) {
    /* An instruction that multiplies bytes multiplies four where that of floats has one. */
    double wider = which == RNN_CEILING_FMA && what->precision == RNN_PRECISION_INT8 ? 4 : 1;
    if (which == RNN_CEILING_FMA || which == RNN_CEILING_BF16)
        return wider * ceilings[which] / rnn_workload_flop(what);
    /* One step of all streams reads the weights once. */
    return ceilings[which] * (double)what->batch / (double)rnn_workload_weight_bytes(what);
}

/* The ceiling that allows least: arithmetic, or for sampling reading the weights. */
static rnn_ceiling nearest(const course *c, const rnn_workload *what, const double *ceilings) {
    int halves = what->precision == RNN_PRECISION_BF16 && ceilings[RNN_CEILING_BF16] > 0;
    rnn_ceiling arithmetic = halves ? RNN_CEILING_BF16 : RNN_CEILING_FMA;
    if (what->task != RNN_TASK_SAMPLE)
        return arithmetic;
    rnn_ceiling reading = rnn_ceilings_level(c->ceilings, rnn_workload_weight_bytes(what));
    return allowed(what, reading, ceilings) < allowed(what, arithmetic, ceilings) ? reading
                                                                                  : arithmetic;
}

static rnn_figure figure_of(course *c, size_t i, const double *ceilings) {
    const rnn_benchmark *plan = c->plan;
    const rnn_workload *what = &plan->workloads[i];
    size_t rounds = (size_t)plan->rounds;
    rnn_figure figure = {.ceiling = nearest(c, what, ceilings)};
    for (size_t round = 0; round < rounds; round++) {
        const readings *beside = c->beside + round * (plan->count + 1) + i;
        double before = allowed(what, figure.ceiling, beside[0]);
        double after = allowed(what, figure.ceiling, beside[1]);
        c->sorted[round] = c->rates[round * plan->count + i] / ((before + after) / 2);
    }
    figure.share = median(c->sorted, rounds);
    for (size_t round = 0; round < rounds; round++)
        c->sorted[round] = c->rates[round * plan->count + i];
    figure.rate = median(c->sorted, rounds);
    figure.least = c->sorted[0];
    figure.most = c->sorted[rounds - 1];
    figure.flops = figure.rate * rnn_workload_flop(what);
    return figure;
}

static void draw_conclusions(course *c, rnn_benchmark_result *out) {
    size_t taken = (size_t)c->plan->rounds * (c->plan->count + 1);
    for (size_t which = 0; which < RNN_CEILINGS; which++) {
        for (size_t i = 0; i < taken; i++)
            c->sorted[i] = c->beside[i][which];
        out->ceilings[which] = median(c->sorted, taken);
    }
    for (size_t i = 0; i < c->plan->count; i++)
        out->figures[i] = figure_of(c, i, out->ceilings);
}

/* -------------------------------------------------------------------- memory */

static rnn_status create_runners(course *c, int threads, rnn_error *error) {
    const rnn_benchmark *plan = c->plan;
    for (size_t i = 0; i < plan->count; i++) {
        rnn_status status =
            rnn_runner_create(&c->runners[i], &plan->workloads[i], threads, plan->cpu, error);
        if (status != RNN_OK)
            return status;
    }
    return RNN_OK;
}

static rnn_status create(course *c, rnn_benchmark_result *out, rnn_error *error) {
    const rnn_benchmark *plan = c->plan;
    size_t rounds = (size_t)plan->rounds, gaps = rounds * (plan->count + 1);
    const rnn_kernels *kernels;
    rnn_status status = rnn_kernels_pick(&kernels, plan->cpu, error);
    if (status != RNN_OK)
        return status;
    snprintf(out->kernels, sizeof out->kernels, "%s", kernels->name);
    out->threads = plan->threads > 0 ? plan->threads : rnn_threads_default();
    out->figures = rnn_allocate(plan->count, sizeof *out->figures);
    c->runners = rnn_allocate(plan->count, sizeof *c->runners);
    c->rates = rnn_allocate(rounds * plan->count, sizeof *c->rates);
    c->beside = rnn_allocate(gaps, sizeof *c->beside);
    c->sorted = rnn_allocate(gaps, sizeof *c->sorted);
    if (!out->figures || !c->runners || !c->rates || !c->beside || !c->sorted)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for %zu figures", rounds * plan->count);
    status = create_runners(c, out->threads, error);
    if (status == RNN_OK)
        status = rnn_ceilings_create(&c->ceilings, kernels->name, out->threads, error);
    return status;
}

rnn_status rnn_benchmark_run(rnn_benchmark_result *out, const rnn_benchmark *plan,
                             rnn_error *error) {
    course c = {.plan = plan};
    memset(out, 0, sizeof *out);
    rnn_status status = create(&c, out, error);
    if (status == RNN_OK) {
        run_rounds(&c);
        draw_conclusions(&c, out);
    } else {
        rnn_free(out->figures);
        out->figures = NULL;
    }
    for (size_t i = 0; c.runners && i < plan->count; i++)
        rnn_runner_destroy(c.runners[i]);
    rnn_ceilings_destroy(c.ceilings);
    rnn_free(c.runners);
    rnn_free(c.rates);
    rnn_free(c.beside);
    rnn_free(c.sorted);
    return status;
}
