/* SPDX-License-Identifier: MIT
 *
 * small_run.h - runs of a moment on a made text, for tests that train. To be included after
 * cmocka.h.
 */
#ifndef TESTS_TRAINING_SMALL_RUN_H
#define TESTS_TRAINING_SMALL_RUN_H

#include "rnn.h"
#include "tests/scratch.h"
#include "tests/training/made_text.h"

static scratch directory;
static char text[1024];

/* A small run; `name` is its directory. */
static inline rnn_training small_run(const char *name, char out[1024]) {
    rnn_training how;
    rnn_training_defaults(&how);
    how.hidden_size = 13;
    how.batch_size = 5;
    how.seq_length = 9;
    how.steps = 30;
    how.eval_every = 7;
    how.sample_length = 20;
    how.threads = 1;
    how.out = scratch_name(&directory, name, out);
    return how;
}

typedef struct watcher {
    int64_t stop_after; /* polls; 0: never */
    int64_t polls;
    int events[RNN_EVENT_DONE + 1];
    char notice[1024], done[64];
    double val_loss, loss;
} watcher;

static inline rnn_reply listen(void *context, const rnn_event *event) {
    watcher *w = context;
    w->events[event->kind]++;
    if (event->kind == RNN_EVENT_NOTICE)
        snprintf(w->notice, sizeof w->notice, "%s", event->text);
    if (event->kind == RNN_EVENT_DONE)
        snprintf(w->done, sizeof w->done, "%s", event->text);
    if (event->kind == RNN_EVENT_VALIDATION)
        w->val_loss = event->val_loss;
    w->loss = event->loss;
    return RNN_GO_ON;
}

static inline rnn_reply poll(void *context) {
    watcher *w = context;
    return w->stop_after > 0 && w->polls++ >= w->stop_after ? RNN_STOP : RNN_GO_ON;
}

static inline rnn_status train(const rnn_training *how, int64_t stop_after, watcher *w,
                               rnn_error *error) {
    const char *inputs[] = {text};
    watcher unseen;
    if (!w)
        w = &unseen;
    *w = (watcher){.stop_after = stop_after};
    return rnn_train(how, inputs, 1, listen, poll, w, error);
}

static inline void train_well(const rnn_training *how, int64_t stop_after, watcher *w) {
    rnn_error error = {RNN_OK, ""};
    if (train(how, stop_after, w, &error) != RNN_OK)
        fail_msg("%s", error.message);
}

static inline int small_run_set_up(void **state) {
    (void)state;
    scratch_make(&directory);
    made_text_write(scratch_name(&directory, "text.txt", text), 8000, 1);
    return 0;
}

static inline int small_run_tear_down(void **state) {
    (void)state;
    scratch_remove(&directory);
    return 0;
}

#endif
