/* SPDX-License-Identifier: MIT
 *
 * baseline.c - see baseline.h.
 */
#include "cli/baseline.h"

#include <inttypes.h>
#include <stddef.h>

#include "cli/figures.h"
#include "inference/own_text.h"
#include "inference/score.h"

#define AT(member) offsetof(baseline_options, member)

/* clang-format off */
static const rnn_option table[] = {
    {"baseline", RNN_OPTION_FLAG, AT(wanted), "0", 0, 0, 0, NULL, NULL, "Baseline",
     "score an n-gram model of the same symbols as well, and say whether the model under-fits, "
     "over-fits or wants more time", NULL},
    {"baseline-order", RNN_OPTION_INT, AT(order), "0", 0, RNN_NGRAM_MOST_ORDER, 0, NULL, "N",
     "Baseline", "symbols of an n-gram, from 2; 0 chooses by the text's length", NULL},
    {"baseline-text", RNN_OPTION_TEXT, AT(text), "", 0, 0, 0, NULL, "INPUT", "Baseline",
     "what the n-gram model learns; otherwise the training part of the text, or for a text "
     "without one what the model was trained on", NULL},
    {"baseline-memory", RNN_OPTION_INT64, AT(megabytes), "512", 16, 1048576, 0, NULL, "MB",
     "Baseline", "to count n-grams in; what does not fit lowers their order", NULL},
};
/* clang-format on */

const rnn_option *baseline_table(size_t *count) {
    *count = sizeof table / sizeof table[0];
    return table;
}

/* -------------------------------------------------------------------- texts */

static rnn_status refuse_learnt(const rnn_evaluation *how, rnn_error *error) {
    return rnn_fail(error, RNN_ERR_RANGE,
                    "--baseline learns the training part of this text, and would be scored on "
                    "it; give --part val or --part test%s",
                    how->val_frac + how->test_frac > 0 ? "" : " with --val-frac");
}

static int names_a_text(const baseline_options *options) {
    return options->text && *options->text;
}

rnn_status baseline_choose_part(const baseline_options *options, const rnn_model *model,
                                const rnn_symbols *scored, int part_given, rnn_evaluation *how,
                                rnn_error *error) {
    int own = rnn_own_text_is(model, scored);
    if (!part_given && own && how->val_frac > 0)
        how->part = RNN_PART_VAL;
    if (names_a_text(options))
        return RNN_OK;
    return how->part == RNN_PART_TRAIN || (how->part == RNN_PART_ALL && own)
               ? refuse_learnt(how, error)
               : RNN_OK;
}

/* Reads the text that the model was trained on, if it still is where it was. */
static rnn_status read_own(rnn_symbols **out, const rnn_model *model, const rnn_own_text *own,
                           const rnn_evaluation *how, rnn_error *error) {
    rnn_evaluation plan = *how;
    rnn_error inner = {0};
    plan.include = own->include;
    plan.exclude = own->exclude;
    rnn_status status = own->count == 0
                            ? RNN_ERR_IO
                            : rnn_score_read(out, model, own->inputs, own->count, &plan, &inner);
    if (status == RNN_OK && rnn_symbols_hash(*out) == own->hash)
        return RNN_OK;
    rnn_symbols_destroy(*out);
    *out = NULL;
    return rnn_fail(error, status == RNN_OK ? RNN_ERR_FORMAT : status,
                    "the text that the model was trained on is not to be had (%s); name it, or "
                    "another for the n-gram model to learn, with --baseline-text",
                    status == RNN_OK   ? "it has changed"
                    : inner.message[0] ? inner.message
                                       : "the model does not say where it is");
}

/* What is learnt: *other is a text of its own, for the caller to destroy, or NULL for the
 * one that is scored. */
static rnn_status find_text(rnn_symbols **other, const baseline_options *options,
                            const rnn_model *model, const rnn_evaluation *how, rnn_error *error) {
    const char *named[] = {options->text};
    rnn_own_text own;
    *other = NULL;
    if (names_a_text(options))
        return rnn_score_read(other, model, named, 1, how, error);
    if (how->part != RNN_PART_ALL)
        return RNN_OK;
    rnn_own_text_read(&own, model);
    rnn_status status = read_own(other, model, &own, how, error);
    rnn_own_text_clear(&own);
    return status;
}

/* The whole of a text that has no part in common with what is scored; else its training
 * part, as `how` cuts it. */
static rnn_span find_span(const rnn_symbols *learnt, const rnn_model *model,
                          const rnn_symbols *scored, const rnn_evaluation *how) {
    int cut = learnt == scored || rnn_symbols_hash(learnt) == rnn_symbols_hash(scored) ||
              rnn_own_text_is(model, learnt);
    return rnn_score_part(learnt, how, cut ? RNN_PART_TRAIN : RNN_PART_ALL);
}

rnn_status baseline_run(rnn_baseline *out, const baseline_options *options, const rnn_model *model,
                        const rnn_symbols *scored, const rnn_evaluation *how, rnn_error *error) {
    rnn_symbols *other;
    rnn_status status = find_text(&other, options, model, how, error);
    if (status != RNN_OK)
        return status;
    const rnn_symbols *learnt = other ? other : scored;
    if (rnn_symbols_hash(learnt) == rnn_symbols_hash(scored) &&
        (how->part == RNN_PART_TRAIN || how->part == RNN_PART_ALL)) {
        rnn_symbols_destroy(other);
        return refuse_learnt(how, error);
    }
    rnn_baseline_plan plan = {
        .symbols = rnn_model_describe(model).symbols,
        .learnt = learnt,
        .learn = find_span(learnt, model, scored, how),
        .scored = scored,
        .score = rnn_score_part(scored, how, (rnn_part)how->part),
        .segment = rnn_score_segment(how),
        .order = options->order,
        .memory = (uint64_t)options->megabytes << 20,
    };
    status = rnn_baseline_run(out, &plan, error);
    rnn_symbols_destroy(other);
    return status;
}

/* ------------------------------------------------------------------ results */

static uint64_t megabytes(uint64_t bytes) {
    return (bytes + (1 << 20) - 1) >> 20;
}

void baseline_print(FILE *file, const rnn_baseline *of) {
    fprintf(file, "baseline    %.4f nats, %.4f bits per character: a model of %d-grams\n",
            of->nats_per_character, figures_bits(of->nats_per_character), of->ngram.order);
    fprintf(file, "            %s characters learnt, %s contexts in %" PRIu64 " MB, %s\n",
            figures_count(of->ngram.symbols).text, figures_count(of->ngram.contexts).text,
            megabytes(of->ngram.bytes), figures_seconds(of->seconds).text);
    if (of->ngram.order < of->wanted)
        fprintf(file, "            %d-grams do not fit: more --baseline-memory may lower it\n",
                of->wanted);
}

json_t *baseline_describe(const rnn_baseline *of) {
    return json_pack("{s:f, s:f, s:I, s:i, s:i, s:I, s:I, s:I, s:f}", "nats_per_character",
                     of->nats_per_character, "bits_per_character",
                     figures_bits(of->nats_per_character), "characters", (json_int_t)of->characters,
                     "order", of->ngram.order, "wanted_order", of->wanted, "learnt",
                     (json_int_t)of->ngram.symbols, "contexts", (json_int_t)of->ngram.contexts,
                     "bytes", (json_int_t)of->ngram.bytes, "seconds", of->seconds);
}
