/* SPDX-License-Identifier: MIT
 *
 * run_log.h - the two files that tell a run's story: log.jsonl, a JSON object a
 * line, and samples.txt, what the model wrote on the way.
 *
 * Both only grow. A resumed run cuts them back to where its checkpoint stood, so
 * that no step stands there twice; going back after divergence leaves what was
 * written, and a line tells of it. A full disk does not stop a run: lines are then
 * lost, and rnn_run_log_failed says so.
 */
#ifndef RNN_RUN_LOG_H
#define RNN_RUN_LOG_H

#include <jansson.h>
#include <stdint.h>

#include "base/status.h"

typedef struct rnn_run_log rnn_run_log;

/* Opens both in a directory and cuts them to the lengths given; `aside`, those that are there
 * stay, and are replaced when the new ones take their place. */
rnn_status rnn_run_log_open(rnn_run_log **out, const char *directory, int aside, int64_t log_bytes,
                            int64_t samples_bytes, rnn_error *error);
void rnn_run_log_take_place(rnn_run_log *log);
void rnn_run_log_close(rnn_run_log *log);

/* Adds a line. The object is consumed; numbers that are not finite must not be in it. */
void rnn_run_log_write(rnn_run_log *log, json_t *object);

/* Adds a sample under a heading. */
void rnn_run_log_sample(rnn_run_log *log, int64_t step, double epoch, double loss,
                        const char *text);

/* Their lengths now, in bytes. */
void rnn_run_log_lengths(const rnn_run_log *log, int64_t *log_bytes, int64_t *samples_bytes);

/* 1 if a line could not be written. */
int rnn_run_log_failed(const rnn_run_log *log);

#endif
