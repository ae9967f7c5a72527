/* SPDX-License-Identifier: MIT
 *
 * runner.h - a workload that is ready to be done again and again.
 *
 * Training is the trainer's whole step through the device's verbs, evaluation a
 * sequence as the evaluator reads it, sampling the public sampler with the drawing.
 * The text is made up: symbols drawn by Zipf's law, the same in each run.
 */
#ifndef RNN_RUNNER_H
#define RNN_RUNNER_H

#include "bench/workload.h"

typedef struct rnn_runner rnn_runner;

/* threads and cpu as in rnn_training. RNN_ERR_MEMORY; RNN_ERR_UNSUPPORTED for a
 * precision that this build cannot compute in. */
rnn_status rnn_runner_create(rnn_runner **out, const rnn_workload *what, int threads,
                             const char *cpu, rnn_error *error);
void rnn_runner_destroy(rnn_runner *runner);

/* Does one unit: a training step, a sequence, or one character of each stream.
 * Returns how many characters that were. */
size_t rnn_runner_go(rnn_runner *runner);

#endif
