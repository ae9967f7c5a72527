/* SPDX-License-Identifier: MIT
 *
 * turns.h - who may compute now: as many at once as there are cores, in the order of asking.
 *
 * Everybody who computes for a client takes a turn for each small piece of work, a few
 * milliseconds. So many clients share the machine evenly, none waits for another's whole
 * text, and where the system lets threads have a priority, training goes before them all.
 */
#ifndef SERVER_TURNS_H
#define SERVER_TURNS_H

#include "base/status.h"

typedef struct turns turns;

rnn_status turns_create(turns **out, int places, rnn_error *error);
void turns_destroy(turns *all);

/* Whether somebody trains: then the threads that take a turn get a low priority. They have it
 * as long as they live, which is no longer than their connection. */
void turns_give_way(turns *all, int to_training);

/* Waits for a place. */
void turns_take(turns *all);
void turns_give(turns *all);

#endif
