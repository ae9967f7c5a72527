/* SPDX-License-Identifier: MIT
 *
 * deadlines.c - see deadlines.h.
 */
#include "server/deadlines.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"

#define ROOM     (2 * DEADLINES_MOST) /* those that are being cut need a place still */
#define INTERVAL 0.1                  /* seconds between two looks */
#define WAITING  16                   /* bytes that no slow client has sent at once */

struct deadline {
    int used, socket, cut;
    deadlines_phase phase;
    double since, end; /* of the phase, by the clock */
};

struct deadlines {
    pthread_mutex_t mutex;
    pthread_cond_t stopping;
    pthread_t watcher;
    int stop;
    double limits[DEADLINES_STREAM + 1];
    size_t open; /* and not cut */
    deadline each[ROOM];
};

static void cut(deadlines *all, deadline *one) {
    if (one->cut)
        return;
    one->cut = 1;
    all->open--;
    shutdown(one->socket, SHUT_RDWR);
}

static void *watch(void *context) {
    deadlines *all = context;
    pthread_mutex_lock(&all->mutex);
    while (!all->stop) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += (long)(INTERVAL * 1e9);
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&all->stopping, &all->mutex, &until);
        double now = rnn_clock_now();
        for (size_t i = 0; i < ROOM; i++)
            if (all->each[i].used && now > all->each[i].end)
                cut(all, &all->each[i]);
    }
    pthread_mutex_unlock(&all->mutex);
    return NULL;
}

/* Signals are for the thread that waits for them. */
static int start_watcher(deadlines *all) {
    sigset_t every, before;
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    int failed = pthread_create(&all->watcher, NULL, watch, all);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return !failed;
}

rnn_status deadlines_create(deadlines **out, const deadlines_limits *limits, rnn_error *error) {
    deadlines *all = rnn_allocate(1, sizeof *all);
    *out = NULL;
    if (!all)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for connections");
    all->limits[DEADLINES_HEAD] = limits->head > 0 ? limits->head : 10;
    all->limits[DEADLINES_BODY] = limits->body > 0 ? limits->body : 30;
    all->limits[DEADLINES_WORK] = HUGE_VAL;
    all->limits[DEADLINES_SEND] = limits->send > 0 ? limits->send : 60;
    all->limits[DEADLINES_STREAM] = limits->stream > 0 ? limits->stream : 30;
    pthread_mutex_init(&all->mutex, NULL);
    pthread_cond_init(&all->stopping, NULL);
    if (!start_watcher(all)) {
        pthread_mutex_destroy(&all->mutex);
        pthread_cond_destroy(&all->stopping);
        rnn_free(all);
        return rnn_fail(error, RNN_ERR_MEMORY, "the system starts no more threads");
    }
    *out = all;
    return RNN_OK;
}

void deadlines_destroy(deadlines *all) {
    if (!all)
        return;
    pthread_mutex_lock(&all->mutex);
    all->stop = 1;
    pthread_cond_signal(&all->stopping);
    pthread_mutex_unlock(&all->mutex);
    pthread_join(all->watcher, NULL);
    pthread_mutex_destroy(&all->mutex);
    pthread_cond_destroy(&all->stopping);
    rnn_free(all);
}

/* Bytes that have come and that our side has not read yet. */
static int unread(const deadline *one) {
    int bytes = 0;
    return ioctl(one->socket, FIONREAD, &bytes) == 0 ? bytes : 0;
}

/* Who has sent something that nobody has had the time to read is not the slow one, if there
 * is another. */
static void cut_the_slowest(deadlines *all) {
    deadline *slowest = NULL;
    for (int any = 0; any < 2 && !slowest; any++)
        for (size_t i = 0; i < ROOM; i++) {
            deadline *one = &all->each[i];
            if (one->used && !one->cut && one->phase <= DEADLINES_BODY &&
                (!slowest || one->since < slowest->since) && (any || unread(one) < WAITING))
                slowest = one;
        }
    if (slowest)
        cut(all, slowest);
}

static void enter(deadlines *all, deadline *one, deadlines_phase phase) {
    one->phase = phase;
    one->since = rnn_clock_now();
    one->end = one->since + all->limits[phase];
}

deadline *deadlines_open(deadlines *all, int socket) {
    deadline *one = NULL;
    pthread_mutex_lock(&all->mutex);
    if (all->open >= DEADLINES_MOST)
        cut_the_slowest(all);
    for (size_t i = 0; !one && i < ROOM; i++)
        if (!all->each[i].used)
            one = &all->each[i];
    if (one && all->open >= DEADLINES_MOST)
        one = NULL;
    if (one) {
        *one = (deadline){.used = 1, .socket = socket};
        all->open++;
        enter(all, one, DEADLINES_HEAD);
    }
    pthread_mutex_unlock(&all->mutex);
    return one;
}

void deadlines_enter(deadlines *all, deadline *one, deadlines_phase phase) {
    if (!one)
        return;
    pthread_mutex_lock(&all->mutex);
    enter(all, one, phase);
    pthread_mutex_unlock(&all->mutex);
}

void deadlines_close(deadlines *all, deadline *one) {
    if (!one)
        return;
    pthread_mutex_lock(&all->mutex);
    all->open -= !one->cut;
    one->used = 0;
    pthread_mutex_unlock(&all->mutex);
}
