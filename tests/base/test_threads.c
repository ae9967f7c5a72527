/* SPDX-License-Identifier: MIT
 *
 * test_threads.c - the pool: everyone is called once, everyone is waited for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/threads.h"

enum { MOST = 16 };

typedef struct tally {
    int count;           /* threads that there should be */
    int calls[MOST];     /* by thread; each writes its own */
    long total;          /* written by the caller between runs, read by all */
    int wrong;           /* arguments that were not as expected */
    struct timespec nap; /* how long thread `sleeper` takes */
    int sleeper;
} tally;

static void count_call(void *argument, int thread, int count) {
    tally *t = argument;
    if (count != t->count || thread < 0 || thread >= count) {
        t->wrong = 1;
        return;
    }
    t->calls[thread]++;
    if (t->calls[thread] != t->total)
        t->wrong = 1;
    if (thread == t->sleeper)
        nanosleep(&t->nap, NULL);
}

static void run_many(int count, int runs, long nap_nanoseconds, int sleeper) {
    rnn_threads *threads = NULL;
    assert_int_equal(rnn_threads_create(&threads, count, NULL), RNN_OK);
    assert_int_equal(rnn_threads_count(threads), count);
    tally t = {.count = count, .sleeper = nap_nanoseconds ? sleeper : -1};
    t.nap.tv_nsec = nap_nanoseconds;
    for (int run = 1; run <= runs; run++) {
        t.total = run;
        rnn_threads_run(threads, count_call, &t);
        for (int i = 0; i < count; i++)
            assert_int_equal(t.calls[i], run);
    }
    assert_false(t.wrong);
    rnn_threads_destroy(threads);
}

static void everyone_is_called_once(void **state) {
    (void)state;
    for (int count = 1; count <= 8; count++)
        run_many(count, 500, 0, 0);
}

/* Longer than anyone spins, so that the others have gone to sleep. */
static void sleepers_are_woken(void **state) {
    (void)state;
    for (int count = 2; count <= 4; count++) {
        run_many(count, 20, 2000000, 0);         /* the caller is late */
        run_many(count, 20, 2000000, count - 1); /* a worker is late */
    }
}

static void wakes_after_a_pause(void **state) {
    (void)state;
    rnn_threads *threads = NULL;
    assert_int_equal(rnn_threads_create(&threads, 3, NULL), RNN_OK);
    tally t = {.count = 3, .sleeper = -1};
    for (int run = 1; run <= 20; run++) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        t.total = run;
        rnn_threads_run(threads, count_call, &t);
    }
    for (int i = 0; i < 3; i++)
        assert_int_equal(t.calls[i], 20);
    assert_false(t.wrong);
    rnn_threads_destroy(threads);
}

static void unused_pools_end(void **state) {
    (void)state;
    for (int count = 1; count <= 8; count++) {
        rnn_threads *threads = NULL;
        assert_int_equal(rnn_threads_create(&threads, count, NULL), RNN_OK);
        rnn_threads_destroy(threads);
    }
    rnn_threads_destroy(NULL);
}

/* What threads see that are all at work at the same time. */
typedef struct meeting {
    _Atomic int arrived;
    int blocked[3];
    pthread_t who[3];
} meeting;

/* Nobody leaves before all have come, so that each piece is a thread's own. */
static void meet(void *argument, int thread, int count) {
    meeting *m = argument;
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    m->blocked[thread] = sigismember(&mask, SIGINT);
    m->who[thread] = pthread_self();
    atomic_fetch_add(&m->arrived, 1);
    while (atomic_load(&m->arrived) < count)
        sched_yield();
}

static void pieces_run_at_the_same_time(void **state) {
    (void)state;
    rnn_threads *threads = NULL;
    assert_int_equal(rnn_threads_create(&threads, 3, NULL), RNN_OK);
    for (int run = 0; run < 200; run++) {
        meeting m = {.arrived = 0};
        rnn_threads_run(threads, meet, &m);
        assert_true(pthread_equal(m.who[0], pthread_self()));
        for (int i = 1; i < 3; i++)
            assert_false(pthread_equal(m.who[i], m.who[0]));
        assert_false(pthread_equal(m.who[1], m.who[2]));
    }
    rnn_threads_destroy(threads);
}

static void signals_go_to_the_caller(void **state) {
    (void)state;
    rnn_threads *threads = NULL;
    assert_int_equal(rnn_threads_create(&threads, 3, NULL), RNN_OK);
    meeting m = {.arrived = 0};
    rnn_threads_run(threads, meet, &m);
    assert_int_equal(m.blocked[0], 0);
    assert_int_equal(m.blocked[1], 1);
    assert_int_equal(m.blocked[2], 1);
    rnn_threads_destroy(threads);
}

#if defined(__linux__)
typedef struct deeds {
    pthread_t caller;
    int calls[3], by_caller; /* by_caller is the caller's alone */
} deeds;

static void note_who(void *argument, int thread, int count) {
    deeds *d = argument;
    (void)count;
    d->calls[thread]++;
    if (thread > 0 && pthread_equal(pthread_self(), d->caller))
        d->by_caller++;
}

/* All threads on one core: the caller, who has it, does what nobody has begun. */
static void threads_that_share_a_core(void **state) {
    (void)state;
    cpu_set_t before, one;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    int first = 0;
    while (!CPU_ISSET(first, &before))
        first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    rnn_threads *threads = NULL;
    deeds d = {.caller = pthread_self()};
    assert_int_equal(rnn_threads_create(&threads, 3, NULL), RNN_OK);
    for (int run = 0; run < 2000; run++)
        rnn_threads_run(threads, note_who, &d);
    rnn_threads_destroy(threads);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(d.calls[i], 2000);
    assert_true(d.by_caller > 0);
}
#endif

static void bad_counts_and_short_memory(void **state) {
    (void)state;
    rnn_error error = {0};
    rnn_threads *threads = NULL;
    static const int bad[] = {0, -1, 1025};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(rnn_threads_create(&threads, bad[i], &error), RNN_ERR_RANGE);
        assert_null(threads);
        assert_non_null(strstr(error.message, "expected 1 to 1024"));
    }
    for (uint64_t nth = 1; nth <= 2; nth++) {
        rnn_allocate_fail(nth, 0);
        assert_int_equal(rnn_threads_create(&threads, 4, &error), RNN_ERR_MEMORY);
        assert_null(threads);
    }
    rnn_allocate_fail(0, 0);
}

static int default_for(const char *value) {
    if (value)
        setenv("OMP_NUM_THREADS", value, 1);
    else
        unsetenv("OMP_NUM_THREADS");
    return rnn_threads_default();
}

static void the_default_follows_the_environment(void **state) {
    (void)state;
    int all = default_for(NULL);
    assert_true(all >= 1);
    assert_int_equal(default_for("3"), 3);
    assert_int_equal(default_for("4,2"), 4);
    assert_int_equal(default_for("100000"), 1024);
    assert_int_equal(default_for("0"), all);
    assert_int_equal(default_for("-2"), all);
    assert_int_equal(default_for(""), all);
    assert_int_equal(default_for("many"), all);
    assert_int_equal(default_for("2many"), all);
    assert_int_equal(default_for("99999999999999999999"), all);
    unsetenv("OMP_NUM_THREADS");
}

static void the_default_follows_affinity(void **state) {
    (void)state;
#if defined(__linux__)
    cpu_set_t before, one;
    unsetenv("OMP_NUM_THREADS");
    if (sched_getaffinity(0, sizeof before, &before) != 0)
        skip();
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; cpu++)
        if (CPU_ISSET(cpu, &before))
            CPU_SET(cpu, &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0)
        skip();
    int count = rnn_threads_default();
    sched_setaffinity(0, sizeof before, &before);
    assert_int_equal(count, 1);
    assert_int_equal(rnn_threads_default(), CPU_COUNT(&before));
#else
    skip();
#endif
}

static void shares_cover_everything_once(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 5, 16, 17, 100, 2048};
    static const size_t grains[] = {1, 6, 16};
    for (size_t s = 0; s < 7; s++)
        for (size_t g = 0; g < 3; g++)
            for (int count = 1; count <= 9; count++) {
                size_t expected = 0, begin, end;
                for (int thread = 0; thread < count; thread++) {
                    rnn_share(sizes[s], grains[g], thread, count, &begin, &end);
                    assert_int_equal(begin, expected);
                    assert_true(end >= begin);
                    assert_true(end == sizes[s] || end % grains[g] == 0);
                    expected = end;
                }
                assert_int_equal(expected, sizes[s]);
            }
}

static void do_nothing(void *argument, int thread, int count) {
    (void)argument, (void)thread, (void)count;
}

/* `test_threads --time`: what a run costs. */
static int time_runs(void) {
    for (int count = 1; count <= 8; count *= 2) {
        rnn_threads *threads = NULL;
        if (rnn_threads_create(&threads, count, NULL) != RNN_OK)
            return 1;
        struct timespec from, to;
        const int runs = 20000;
        clock_gettime(CLOCK_MONOTONIC, &from);
        for (int run = 0; run < runs; run++)
            rnn_threads_run(threads, do_nothing, NULL);
        clock_gettime(CLOCK_MONOTONIC, &to);
        double seconds =
            (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec);
        printf("%d threads: %.2f us a run\n", count, seconds / runs * 1e6);
        rnn_threads_destroy(threads);
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--time") == 0)
        return time_runs();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everyone_is_called_once),
        cmocka_unit_test(sleepers_are_woken),
        cmocka_unit_test(wakes_after_a_pause),
        cmocka_unit_test(unused_pools_end),
        cmocka_unit_test(pieces_run_at_the_same_time),
        cmocka_unit_test(signals_go_to_the_caller),
#if defined(__linux__)
        cmocka_unit_test(threads_that_share_a_core),
#endif
        cmocka_unit_test(bad_counts_and_short_memory),
        cmocka_unit_test(the_default_follows_the_environment),
        cmocka_unit_test(the_default_follows_affinity),
        cmocka_unit_test(shares_cover_everything_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
