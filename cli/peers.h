/* SPDX-License-Identifier: MIT
 *
 * peers.h - options of char-rnn and torch-rnn that are more than another name.
 *
 * Plain other names stand as aliases beside our options. What is here has no
 * counterpart of its own: it is translated, passed over with a notice, or
 * answered with what to do instead.
 */
#ifndef CLI_PEERS_H
#define CLI_PEERS_H

#include "cli/arguments.h"

typedef struct peers {
    const char *data_dir;   /* a directory with input.txt in it */
    const char *checkpoint; /* the model, which we take as an argument */
    const char *input_h5, *input_json, *gpu_backend;
    double train_frac;
    int gpu, opencl, batchnorm, reset_iterations, sample;
} peers;

const rnn_option *peers_train_table(size_t *count);
const rnn_option *peers_sample_table(size_t *count);
const rnn_option *peers_eval_table(size_t *count);

/* Notices what was passed over (unless quiet), and refuses what cannot be had:
 * RNN_ERR_RANGE with the message. */
rnn_status peers_heed(const arguments_part *part, const command *self, int quiet, rnn_error *error);

/* -data_dir DIR means DIR/input.txt, if that is there, else the directory. *out is
 * allocated, to be freed by the caller; NULL when memory is short. */
char *peers_input(const peers *from);

#endif
