/* SPDX-License-Identifier: MIT
 *
 * ceilings.c - see ceilings.h.
 */
#include "bench/ceilings.h"

#include <sched.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/threads.h"
#include "bench/caches.h"
#include "bench/loops.h"

/* What is done between two looks at the clock: some 50 microseconds. */
#define TURNS ((size_t)8192)
#define BYTES ((size_t)4 << 20)

/* The reading from memory: many times the last cache, within limits. */
#define LEAST_MEMORY ((size_t)128 << 20)
#define MOST_MEMORY  ((size_t)512 << 20)

#define PATIENCE 10000 /* looks at the others before a core is given up */

/* What a thread measured; a cache line of its own. */
typedef struct span {
    _Alignas(64) double begin, end, work; /* seconds, seconds, FLOP or bytes */
    float rest;                           /* keeps the work from being left out */
} span;

struct rnn_ceilings {
    rnn_threads *threads;
    size_t count;
    const rnn_loops *loops;
    const rnn_loops_dot *dots; /* NULL: not with these kernels */
    rnn_caches caches;
    float *memory;              /* a share for each thread */
    size_t share[RNN_CEILINGS]; /* bytes that a thread reads; 0: no such cache */
    span *spans;                /* [count] */
    /* what is measured now */
    rnn_ceiling which;
    double seconds;
    _Atomic size_t ready;
};

const char *rnn_ceilings_name(rnn_ceiling which) {
    static const char *const names[RNN_CEILINGS] = {"fma", "bf16", "l2", "l3", "memory"};
    return names[which];
}

/* ----------------------------------------------------------------- measuring */

static void wait_for_all(rnn_ceilings *c) {
    atomic_fetch_add(&c->ready, 1);
    for (size_t looks = 0; atomic_load(&c->ready) < c->count; looks++)
        if (looks >= PATIENCE)
            sched_yield();
}

/* Reads on from *at, and from the beginning again where the share ends. */
static void read_share(const rnn_ceilings *c, const float *share, size_t *at, span *own) {
    size_t bytes = c->share[c->which], piece = bytes < BYTES ? bytes : BYTES;
    for (size_t done = 0; done < BYTES; done += piece) {
        own->rest += c->loops->read(share + *at / sizeof(float), piece / sizeof(float));
        own->work += (double)piece;
        *at = *at + piece < bytes ? *at + piece : 0;
    }
}

static void measure_one(void *argument, int thread, int count) {
    rnn_ceilings *c = argument;
    span *own = &c->spans[thread];
    const float *share =
        c->memory + (size_t)thread * (c->share[RNN_CEILING_MEMORY] / sizeof(float));
    size_t at = 0;
    (void)count;
    /* The share is in its cache before the time begins. */
    if (c->which == RNN_CEILING_L2 || c->which == RNN_CEILING_L3)
        own->rest += c->loops->read(share, c->share[c->which] / sizeof(float));
    own->work = 0;
    wait_for_all(c);
    own->begin = own->end = rnn_clock_now();
    do {
        if (c->which == RNN_CEILING_FMA) {
            own->rest += c->loops->multiply_add(TURNS);
            own->work += (double)TURNS * c->loops->flop;
        } else if (c->which == RNN_CEILING_BF16) {
            own->rest += c->dots->dot(TURNS);
            own->work += (double)TURNS * c->dots->flop;
        } else {
            read_share(c, share, &at, own);
        }
        own->end = rnn_clock_now();
    } while (own->end - own->begin < c->seconds);
}

static double measure(rnn_ceilings *c, rnn_ceiling which, double seconds) {
    if (which == RNN_CEILING_BF16 ? !c->dots : which != RNN_CEILING_FMA && c->share[which] == 0)
        return 0;
    c->which = which;
    c->seconds = seconds;
    atomic_store(&c->ready, 0);
    rnn_threads_run(c->threads, measure_one, c);
    double begin = c->spans[0].begin, end = c->spans[0].end, work = 0;
    for (size_t i = 0; i < c->count; i++) {
        begin = c->spans[i].begin < begin ? c->spans[i].begin : begin;
        end = c->spans[i].end > end ? c->spans[i].end : end;
        work += c->spans[i].work;
    }
    return work / (end - begin);
}

void rnn_ceilings_measure(rnn_ceilings *c, double seconds, double out[RNN_CEILINGS]) {
    for (int which = 0; which < RNN_CEILINGS; which++)
        out[which] = measure(c, (rnn_ceiling)which, seconds);
}

/* -------------------------------------------------------------------- places */

rnn_ceiling rnn_ceilings_level(const rnn_ceilings *c, size_t bytes) {
    size_t part = bytes / c->count;
    if (part <= c->caches.l2)
        return RNN_CEILING_L2;
    int has_room = c->share[RNN_CEILING_L3] > 0 && part <= rnn_caches_third(&c->caches, c->count);
    return has_room ? RNN_CEILING_L3 : RNN_CEILING_MEMORY;
}

static size_t piece_of(size_t bytes) {
    return bytes < BYTES ? RNN_LOOPS_GRAIN * sizeof(float) : BYTES;
}

static size_t whole_pieces(size_t bytes) {
    size_t piece = piece_of(bytes);
    return (bytes + piece - 1) / piece * piece;
}

/* Half of a cache, for other things lie there too. */
static void choose_shares(rnn_ceilings *c) {
    const rnn_caches *caches = &c->caches;
    size_t last = caches->l3 > caches->l2 ? caches->l3 : caches->l2;
    size_t memory = 4 * last < LEAST_MEMORY ? LEAST_MEMORY : 4 * last;
    c->share[RNN_CEILING_L2] = whole_pieces(caches->l2 / 2);
    size_t third = rnn_caches_share(caches, c->count), piece = piece_of(third);
    c->share[RNN_CEILING_L3] = third / piece * piece;
    memory = memory < MOST_MEMORY ? memory : MOST_MEMORY;
    c->share[RNN_CEILING_MEMORY] = whole_pieces(memory / c->count);
    for (rnn_ceiling i = RNN_CEILING_L2; i < RNN_CEILING_MEMORY; i++)
        if (c->share[RNN_CEILING_MEMORY] < c->share[i])
            c->share[RNN_CEILING_MEMORY] = whole_pieces(c->share[i]);
}

rnn_status rnn_ceilings_create(rnn_ceilings **out, const char *kernels, int threads,
                               rnn_error *error) {
    *out = NULL;
    rnn_ceilings *c = rnn_allocate(1, sizeof *c);
    if (!c)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory to measure the machine's ceilings");
    rnn_status status = rnn_threads_create(&c->threads, threads, error);
    if (status != RNN_OK)
        goto fail;
    c->count = (size_t)threads;
    c->loops = rnn_loops_like(kernels);
    c->dots = rnn_loops_bf16(kernels);
    c->caches = rnn_caches_find();
    choose_shares(c);
    c->spans = rnn_allocate(c->count, sizeof *c->spans);
    c->memory = rnn_allocate(c->count, c->share[RNN_CEILING_MEMORY]);
    if (!c->spans || !c->memory) {
        status =
            rnn_fail(error, RNN_ERR_MEMORY, "no memory to measure how fast it is read (%zu MB)",
                     c->count * c->share[RNN_CEILING_MEMORY] >> 20);
        goto fail;
    }
    *out = c;
    return RNN_OK;
fail:
    rnn_ceilings_destroy(c);
    return status;
}

void rnn_ceilings_destroy(rnn_ceilings *c) {
    if (!c)
        return;
    rnn_threads_destroy(c->threads);
    rnn_free(c->spans);
    rnn_free(c->memory);
    rnn_free(c);
}
