/* SPDX-License-Identifier: MIT
 *
 * checkpoint.h - everything that going on with a run needs, in one file.
 *
 * resume.safetensors holds the parameters, the optimizer's moments and the carried
 * state as tensors, and the rest as a JSON object in the metadata. It is whole by
 * itself: the files beside it (the best model, the last) may be of an older
 * step after a crash, and are written again on the way.
 */
#ifndef RNN_CHECKPOINT_H
#define RNN_CHECKPOINT_H

#include "compute/device.h"
#include "text/walk.h"

#define RNN_CHECKPOINT_FILE     RNN_RUN_MARK
#define RNN_CHECKPOINT_PREVIOUS "resume.previous.safetensors"
#define RNN_CHECKPOINT_REPLACED ".resume.replaced" /* while it is being replaced */

typedef struct rnn_checkpoint {
    /* how the run was told to go; JSON, owned */
    char *settings;   /* rnn_settings_to_json */
    char *inputs;     /* array of strings */
    char *vocabulary; /* rnn_vocabulary_write_json */
    rnn_network network;
    int64_t batch, length; /* after any shrinking */
    uint64_t corpus_hash;

    /* how far it has come */
    int64_t step;         /* updates made */
    double seconds;       /* spent, over all its processes */
    double loss_sum;      /* exponential sum of training losses, and its weight: */
    double loss_weight;   /* their ratio is the smoothed loss */
    double val_loss;      /* latest; NaN for none */
    double best_val_loss; /* infinity for none */
    int64_t last_val_step, last_sample_step;
    int64_t since_best;               /* validations without a new best */
    double rate_scale;                /* lowered after divergence */
    int64_t tries;                    /* how often */
    int64_t log_bytes, samples_bytes; /* of log.jsonl and samples.txt */

    int from_previous; /* the last checkpoint was damaged; this is the one before */

    /* arrays that were loaded, owned; moments that the optimizer does not keep are NULL */
    float *parameters, *first, *second; /* [network.parameters] */
    float *state;                       /* [batch * rnn_network_state] */
} rnn_checkpoint;

/* Frees what a checkpoint owns, not itself; the second only the arrays. */
void rnn_checkpoint_release(rnn_checkpoint *checkpoint);
void rnn_checkpoint_release_arrays(rnn_checkpoint *checkpoint);

/* Saves atomically into a directory, with these arrays (for their sizes see above)
 * instead of its own; the checkpoint before it is kept as well. Where that fails, what was
 * there stays. */
rnn_status rnn_checkpoint_save(const rnn_checkpoint *checkpoint, const rnn_engine_arrays *arrays,
                               const float *state, const char *directory, rnn_error *error);
/* Fills a zeroed checkpoint, from the previous one if the last is damaged or cannot be read.
 * RNN_ERR_IO if there is none, RNN_ERR_FORMAT. Without arrays, only the JSON parts
 * are kept. */
rnn_status rnn_checkpoint_load(rnn_checkpoint *checkpoint, const char *directory, int arrays,
                               rnn_error *error);

#endif
