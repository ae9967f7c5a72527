/* SPDX-License-Identifier: MIT
 *
 * training.h - what the page shows and does of training: runs, their stories as streams,
 * texts to train on, settings; start, stop and resume.
 */
#ifndef SERVER_TRAINING_H
#define SERVER_TRAINING_H

#include "server/catalog.h"
#include "server/http.h"
#include "server/turns.h"

#define TRAINING_MOST_WATCHERS 64

typedef struct training training;

/* program: what is run to train, "" for nothing. What takes turns gives way while a run of the
 * catalog is being trained. */
rnn_status training_create(training **out, const catalog *from, turns *shared, const char *program,
                           rnn_error *error);
/* After all replies are closed, and training_end; waits for the process that trains. */
void training_destroy(training *self);
/* Ends the streams; asks the process that trains to stop, and no other begins. */
void training_end(training *self);
/* Asks the process that trains to save and stop, once; 1 while it runs. */
int training_stop(training *self);

/* Before somebody computes for a client: looks, once a second at most, whether a run is being
 * trained, and whoever takes a turn from then on gives way if so. */
void training_give_way(training *self);

void training_answer_runs(training *self, http_reply *reply);
void training_answer_corpora(http_reply *reply);
void training_answer_options(http_reply *reply);
void training_answer_samples(training *self, const http_request *request, http_reply *reply);
void training_answer_watch(training *self, const http_request *request, http_reply *reply);
void training_answer_start(training *self, const http_request *request, http_reply *reply);
void training_answer_resume(training *self, const http_request *request, http_reply *reply);
void training_answer_stop(training *self, http_reply *reply);

#endif
