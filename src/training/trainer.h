/* SPDX-License-Identifier: MIT
 *
 * trainer.h - a training run in memory, shared by the files that drive it:
 *
 *   preparation.c  text, plan, batches, model and engine, new or from a checkpoint
 *   trainer.c      the loop: step, divergence, budget, checkpoints
 *   reports.c      validation, samples, events for the listener, lines for the log
 */
#ifndef RNN_TRAINER_H
#define RNN_TRAINER_H

#include "inference/evaluator.h"
#include "model/model.h"
#include "text/batches.h"
#include "training/checkpoint.h"
#include "training/planner.h"
#include "training/run_log.h"

/* Reading a character costs this share of learning from it. */
#define RNN_READING_COST (1.0 / 3)

typedef struct rnn_trainer {
    rnn_training how;
    const char *const *inputs;
    size_t input_count;
    rnn_listener listener;
    void *context;
    rnn_reply reply; /* the strongest that a listener gave since it was last looked at */

    int lock;          /* a descriptor of the run's directory, held locked; -1 for none */
    rnn_model *origin; /* --init-from, until its weights are taken over */

    rnn_symbols *symbols;
    double corpus_seconds;
    uint64_t corpus_files;
    rnn_plan plan; /* of a new run that has a time; else without lines */
    rnn_parts parts;
    rnn_batches batches;
    rnn_span *val; /* [val_count]: what each validation reads */
    size_t val_count;
    int32_t *read, *expected; /* [length][batch]: inputs and targets of a step */

    rnn_model *model; /* shape, vocabulary and history; the engine has its parameters */
    const rnn_device *device;
    rnn_engine *engine;
    float *carried; /* state of the streams while the engine validates or is saved */

    rnn_checkpoint at;               /* how far the run is; without arrays while it trains */
    double earlier;                  /* seconds spent by earlier processes */
    double started;                  /* clock when this one began to train */
    double learning_rate, grad_norm; /* of the last step */

    rnn_run_log *log;
    int64_t eval_every, log_every;
    double last_told; /* clock at the last progress event */
    /* since the speed was last measured */
    double measured, idle;       /* clock then; seconds spent on validation, samples and saves */
    int64_t measured_step;       /* step then */
    double speed;                /* characters a second */
    double val_cost;             /* seconds that the last validation took */
    double last_save;            /* clock when it had ended */
    double save_cost;            /* seconds that it took */
    int save_failed, log_failed; /* and told */
    int best_unsaved;            /* the best model is not on the disk */
} rnn_trainer;

/* preparation.c: fills a trainer whose how, inputs and listener are set. */
rnn_status rnn_preparation_run(rnn_trainer *trainer, rnn_error *error);
/* Takes parameters, moments and carried state from trainer->at into the engine and
 * frees them there. */
void rnn_preparation_restore(rnn_trainer *trainer);

/* trainer.c */
double rnn_trainer_seconds(const rnn_trainer *trainer);  /* spent by the run */
double rnn_trainer_fraction(const rnn_trainer *trainer); /* of the budget, 0..1 */
double rnn_trainer_epoch(const rnn_trainer *trainer);

/* reports.c */
void rnn_reports_begin(rnn_trainer *trainer); /* corpus, model, the log's header */
void rnn_reports_notice(rnn_trainer *trainer, const char *format, ...) RNN_PRINTF(2, 3);
void rnn_reports_progress(rnn_trainer *trainer);
rnn_status rnn_reports_validate(rnn_trainer *trainer, int *is_best, rnn_error *error);
void rnn_reports_validated(rnn_trainer *trainer, int is_best);
/* A sample is due at 100, 300, 500, 700, 1200, 2000 steps (the post's War and
 * Peace strip) and then at each doubling. */
int rnn_reports_sample_due(int64_t step);
rnn_status rnn_reports_sample(rnn_trainer *trainer, rnn_error *error);
void rnn_reports_checkpoint(rnn_trainer *trainer, const char *file);
void rnn_reports_done(rnn_trainer *trainer, const char *why);
/* The JSON object of how the model came to be, for its file; owned by the caller. */
char *rnn_reports_history(const rnn_trainer *trainer);

#endif
