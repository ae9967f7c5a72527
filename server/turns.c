/* SPDX-License-Identifier: MIT
 *
 * turns.c - see turns.h.
 */
#include "server/turns.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/memory.h"

#define PATIENCE 15 /* the nice value of threads that compute for a client */

typedef struct waiting {
    struct waiting *next;
    pthread_cond_t called;
    int has_place;
} waiting;

struct turns {
    pthread_mutex_t mutex;
    int places;            /* that are free */
    atomic_int patient;    /* somebody trains */
    waiting *first, *last; /* in line */
};

rnn_status turns_create(turns **out, int places, rnn_error *error) {
    turns *all = rnn_allocate(1, sizeof *all);
    *out = all;
    if (!all)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for the server");
    pthread_mutex_init(&all->mutex, NULL);
    all->places = places;
    return RNN_OK;
}

void turns_destroy(turns *all) {
    if (!all)
        return;
    pthread_mutex_destroy(&all->mutex);
    rnn_free(all);
}

/* Only on Linux has a thread a nice value of its own. */
static void be_patient(void) {
#if defined(__linux__)
    static _Thread_local int patient;
    if (!patient)
        setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), PATIENCE);
    patient = 1;
#endif
}

void turns_give_way(turns *all, int to_training) {
    atomic_store(&all->patient, to_training);
}

void turns_take(turns *all) {
    waiting self = {.next = NULL};
    if (atomic_load(&all->patient))
        be_patient();
    pthread_mutex_lock(&all->mutex);
    if (all->places > 0) {
        all->places--;
        pthread_mutex_unlock(&all->mutex);
        return;
    }
    pthread_cond_init(&self.called, NULL);
    if (all->last)
        all->last->next = &self;
    else
        all->first = &self;
    all->last = &self;
    while (!self.has_place)
        pthread_cond_wait(&self.called, &all->mutex);
    pthread_mutex_unlock(&all->mutex);
    pthread_cond_destroy(&self.called);
}

/* A place goes straight to the first in line, so that nobody slips in between. */
void turns_give(turns *all) {
    pthread_mutex_lock(&all->mutex);
    waiting *next = all->first;
    if (next) {
        all->first = next->next;
        if (!all->first)
            all->last = NULL;
        next->has_place = 1;
        pthread_cond_signal(&next->called);
    } else {
        all->places++;
    }
    pthread_mutex_unlock(&all->mutex);
}
