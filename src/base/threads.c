/* SPDX-License-Identifier: MIT
 *
 * threads.c - a fork-join pool: each call of rnn_threads_run is one generation.
 *
 * The caller publishes the work, counts `running` up and moves `generation` on;
 * workers watch generation, the caller watches running. Both watch briefly with
 * their eyes open, then sleep on a condition. Whoever wants to wake a sleeper
 * changes the number first and looks for sleepers afterwards; whoever goes to
 * sleep says so first and looks at the number afterwards. All four steps are
 * sequentially consistent, so one of the two sees the other.
 *
 * A thread's piece of work is done by whoever claims it first: as a rule its own
 * worker, but the caller, once it has done its own, does those that nobody has begun.
 * A worker that has no core (other programs run, or both threads were put on one)
 * then costs its share of the work, and not a wait for the core as well.
 */
#include "base/threads.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

/* How long a waiting thread keeps its core: as long as waking it would take.
 * With more threads than cores the core is given up at once, since the thread
 * that is waited for may need it. */
#define SPIN_NANOSECONDS 20000
/* Looks between two looks at the clock, each of which costs as much as several. */
#define LOOKS        32
#define MOST_THREADS 1024

typedef struct worker {
    _Alignas(64) _Atomic unsigned claimed; /* the last generation whose piece was begun */
    rnn_threads *pool;
    pthread_t thread;
    int index;
} worker;

struct rnn_threads {
    int count;
    int spin; /* 1: there is a core for each thread */
    rnn_work work;
    void *argument;
    worker *workers;  /* [count]; that of index 0, the caller, has no thread */
    int started;      /* threads to be joined */
    _Atomic int stop; /* told to workers with a generation of its own */
    _Alignas(64) _Atomic unsigned generation;
    _Alignas(64) _Atomic int running; /* workers that have not returned yet */
    _Atomic int sleepers;             /* workers asleep or about to be */
    _Atomic int caller_sleeps;
    pthread_mutex_t mutex;
    pthread_cond_t begun, done;
};

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
    __asm__ volatile("yield");
#endif
}

static int64_t nanoseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Watches until generation is no longer `seen`, or running is 0; 0: it took too
 * long. */
static int watch(rnn_threads *pool, int for_running, unsigned seen) {
    int64_t end = 0;
    do {
        for (int look = 0; look < LOOKS; look++) {
            if (for_running ? atomic_load(&pool->running) == 0
                            : atomic_load(&pool->generation) != seen)
                return 1;
            relax();
        }
        if (!pool->spin)
            return 0;
        if (end == 0)
            end = nanoseconds() + SPIN_NANOSECONDS;
    } while (nanoseconds() < end);
    return 0;
}

/* Does a worker's piece of a generation, unless somebody has begun it. Each generation's
 * pieces are all done before the next begins, so one that is late finds its own gone. */
static void do_piece(rnn_threads *pool, worker *of, unsigned generation) {
    unsigned before = generation - 1;
    if (!atomic_compare_exchange_strong(&of->claimed, &before, generation))
        return;
    pool->work(pool->argument, of->index, pool->count);
    if (atomic_fetch_sub(&pool->running, 1) == 1 && atomic_load(&pool->caller_sleeps)) {
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_signal(&pool->done);
        pthread_mutex_unlock(&pool->mutex);
    }
}

static void *work_loop(void *argument) {
    worker *self = argument;
    rnn_threads *pool = self->pool;
    for (unsigned seen = 0;;) {
        if (!watch(pool, 0, seen)) {
            pthread_mutex_lock(&pool->mutex);
            atomic_fetch_add(&pool->sleepers, 1);
            while (atomic_load(&pool->generation) == seen)
                pthread_cond_wait(&pool->begun, &pool->mutex);
            atomic_fetch_sub(&pool->sleepers, 1);
            pthread_mutex_unlock(&pool->mutex);
        }
        seen = atomic_load(&pool->generation);
        if (atomic_load(&pool->stop))
            return NULL;
        do_piece(pool, self, seen);
    }
}

/* Lets the workers go round once. */
static void begin(rnn_threads *pool) {
    atomic_fetch_add(&pool->generation, 1);
    if (atomic_load(&pool->sleepers) > 0) {
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_broadcast(&pool->begun);
        pthread_mutex_unlock(&pool->mutex);
    }
}

void rnn_threads_run(rnn_threads *pool, rnn_work work, void *argument) {
    if (pool->count == 1) {
        work(argument, 0, 1);
        return;
    }
    pool->work = work;
    pool->argument = argument;
    atomic_store(&pool->running, pool->count - 1);
    begin(pool);
    work(argument, 0, pool->count);
    unsigned generation = atomic_load(&pool->generation);
    for (int i = 1; i < pool->count; i++)
        do_piece(pool, &pool->workers[i], generation);
    if (watch(pool, 1, 0))
        return;
    pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->caller_sleeps, 1);
    while (atomic_load(&pool->running) > 0)
        pthread_cond_wait(&pool->done, &pool->mutex);
    atomic_store(&pool->caller_sleeps, 0);
    pthread_mutex_unlock(&pool->mutex);
}

int rnn_threads_count(const rnn_threads *pool) {
    return pool->count;
}

/* Cores that this process may use. */
static int cores(void) {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return CPU_COUNT(&set);
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : online > MOST_THREADS ? MOST_THREADS : (int)online;
}

int rnn_threads_default(void) {
    const char *text = getenv("OMP_NUM_THREADS");
    if (text) {
        char *end;
        errno = 0;
        long count = strtol(text, &end, 10);
        /* "4,2" is OpenMP's way to say 4, and 2 inside those. */
        if (end != text && errno == 0 && count > 0 && (*end == '\0' || *end == ',' || *end == ' '))
            return count > MOST_THREADS ? MOST_THREADS : (int)count;
    }
    return cores();
}

/* Starts the workers with all signals blocked: they are the caller's to handle. */
static int start_workers(rnn_threads *pool) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = 0;
    for (int i = 1; i < pool->count && !failure; i++) {
        pool->workers[i].pool = pool;
        pool->workers[i].index = i;
        failure = pthread_create(&pool->workers[i].thread, NULL, work_loop, &pool->workers[i]);
        pool->started += !failure;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

rnn_status rnn_threads_create(rnn_threads **out, int count, rnn_error *error) {
    *out = NULL;
    if (count < 1 || count > MOST_THREADS)
        return rnn_fail(error, RNN_ERR_RANGE, "%d threads asked for; expected 1 to %d", count,
                        MOST_THREADS);
    rnn_threads *pool = rnn_allocate(1, sizeof *pool);
    if (!pool)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for %d threads", count);
    pool->count = count;
    pool->spin = count <= cores();
    atomic_init(&pool->generation, 0);
    atomic_init(&pool->running, 0);
    atomic_init(&pool->sleepers, 0);
    atomic_init(&pool->caller_sleeps, 0);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->begun, NULL);
    pthread_cond_init(&pool->done, NULL);
    rnn_status status = RNN_OK;
    int failure = 0;
    pool->workers = rnn_allocate((size_t)count, sizeof *pool->workers);
    if (!pool->workers) {
        status = rnn_fail(error, RNN_ERR_MEMORY, "no memory for %d threads", count);
        goto fail;
    }
    failure = start_workers(pool);
    if (failure) {
        status = rnn_fail(error, RNN_ERR_MEMORY,
                          "could not start thread %d of %d (%s); ask for fewer threads",
                          pool->started + 2, count, strerror(failure));
        goto fail;
    }
    *out = pool;
    return RNN_OK;
fail:
    rnn_threads_destroy(pool);
    return status;
}

void rnn_threads_destroy(rnn_threads *pool) {
    if (!pool)
        return;
    atomic_store(&pool->stop, 1);
    begin(pool);
    for (int i = 1; i <= pool->started; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->begun);
    pthread_mutex_destroy(&pool->mutex);
    rnn_free(pool->workers);
    rnn_free(pool);
}
