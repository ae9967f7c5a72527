/* SPDX-License-Identifier: MIT
 *
 * review.c - see review.h.
 */
#include "cli/review.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/history.h"
#include "inference/score.h"

/* N-grams are counted if that is quick: less than a share of the training or than some
 * tenths of a second, and never more than a few. */
#define SYMBOLS_A_SECOND 5e5 /* counted, fitted and scored; a slow machine's */
#define SHARE            0.01
#define UNNOTICED        0.1
#define LONGEST          5.0 /* seconds */

static int is_quick(const rnn_event *made, const rnn_event *last) {
    double seconds = (double)made->corpus_symbols / SYMBOLS_A_SECOND;
    return seconds <= LONGEST && seconds <= fmax(UNNOTICED, SHARE * last->seconds);
}

/* Standard input and pipes have been read. */
static int can_be_read_again(const char *const *inputs, size_t count) {
    struct stat about;
    for (size_t i = 0; i < count; i++)
        if (stat(inputs[i], &about) != 0 || !(S_ISREG(about.st_mode) || S_ISDIR(about.st_mode)))
            return 0;
    return count > 0;
}

/* Training reads as many segments of the validation part side by side as its batches
 * have streams: windows of the cold protocol are the same. */
static rnn_evaluation as_validated(const rnn_training *how, const rnn_event *made) {
    uint64_t streams = made->batch_size > 0 ? (uint64_t)made->batch_size : 1;
    return (rnn_evaluation){.protocol = RNN_PROTOCOL_COLD,
                            .window = (size_t)((made->val_symbols - 1 + streams - 1) / streams),
                            .include = how->include,
                            .exclude = how->exclude,
                            .part = RNN_PART_VAL,
                            .val_frac = how->val_frac,
                            .test_frac = how->test_frac};
}

static int score_baseline(rnn_baseline *out, const rnn_training *how, const char *const *inputs,
                          size_t count, const rnn_model *model, const rnn_event *made) {
    baseline_options options;
    size_t rows;
    const rnn_option *table = baseline_table(&rows);
    rnn_options_fill(table, rows, &options);
    rnn_evaluation plan = as_validated(how, made);
    rnn_symbols *symbols = NULL;
    rnn_error error;
    rnn_status status = rnn_score_read(&symbols, model, inputs, count, &plan, &error);
    /* A text that has changed meanwhile is another one. */
    if (status == RNN_OK && rnn_symbols_count(symbols) != made->corpus_symbols)
        status = RNN_ERR_FORMAT;
    if (status == RNN_OK)
        status = baseline_run(out, &options, model, symbols, &plan, &error);
    rnn_symbols_destroy(symbols);
    return status == RNN_OK;
}

void review_make(review *out, const rnn_training *how, const char *const *inputs, size_t count,
                 const rnn_event *made, const rnn_event *last) {
    rnn_model *model;
    rnn_error error;
    memset(out, 0, sizeof *out);
    out->losses = verdict_unknown();
    history_read_log(&out->losses, how->out);
    if (rnn_model_load(&model, how->out, &error) != RNN_OK)
        return;
    history_read_model(&out->losses, rnn_model_history(model));
    int whole = how->val_limit == 0 || made->val_symbols <= (uint64_t)how->val_limit;
    int comparable = made->val_symbols > 1 && whole && how->split == RNN_SPLIT_CONTIGUOUS &&
                     can_be_read_again(inputs, count);
    if (comparable && is_quick(made, last) && isfinite(out->losses.validation))
        out->has_baseline = score_baseline(&out->baseline, how, inputs, count, model, made);
    if (out->has_baseline) {
        out->losses.scored = out->losses.validation;
        out->losses.baseline = out->baseline.nats_per_character;
        out->losses.order = out->baseline.ngram.order;
        out->losses.comparable = 1;
    }
    rnn_model_destroy(model);
}
