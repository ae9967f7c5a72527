/* SPDX-License-Identifier: MIT
 *
 * novelty.c - see novelty.h.
 */
#include "cli/novelty.h"

#include <string.h>

#include "base/files.h"
#include "base/memory.h"
#include "cli/figures.h"
#include "cli/line_report.h"
#include "cli/terminal.h"
#include "inference/novelty.h"
#include "text/as_json.h"
#include "text/suffixes.h"
#include "text/whole_text.h"

struct novelty {
    novelty_plan plan;
    const rnn_model *model;
    rnn_whole_text *corpus;
    const char *text; /* [count], the corpus's */
    size_t count;
    size_t held_back; /* where the real text begins; `count`: the corpus is too short */
    const novelty_sample *samples; /* [sample_count] */
    size_t sample_count;
    rnn_novelty sample, real; /* stretches */
    line_report lines;
};

/* -------------------------------------------------------------------- corpus */

static rnn_status read_corpus(novelty *self, rnn_error *error) {
    json_t *history = json_loads(rnn_model_history(self->model), 0, NULL);
    const json_t *settings = json_object_get(history, "settings");
    rnn_corpus *corpus = NULL;
    rnn_corpus_options options = {
        .include = json_string_value(json_object_get(settings, "include")),
        .exclude = json_string_value(json_object_get(settings, "exclude")),
        .normalize = rnn_vocabulary_normalizes(self->model->vocabulary)};
    rnn_status status = rnn_corpus_open(&corpus, &self->plan.input, 1, &options, error);
    if (status == RNN_OK)
        status = rnn_whole_text_read(&self->corpus, corpus, rnn_files_temporary(), error);
    rnn_corpus_close(corpus);
    json_decref(history);
    return status;
}

/* Whether such lines, or such a corpus, can be compared at all. */
static rnn_status check(const novelty *self, rnn_error *error) {
    int by_lines = self->plan.kind == NOVELTY_LINES;
    if (by_lines && rnn_vocabulary_find(self->model->vocabulary, "\n", 1) < 0)
        return rnn_fail(error, RNN_ERR_UNSUPPORTED,
                        "the model knows no newline, so it writes no lines to compare; "
                        "--novelty-by stretch takes any text");
    if (!by_lines && self->count > RNN_SUFFIXES_MOST)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "--novelty: %s has %zu bytes; at most %d (2 GiB) can be searched for "
                        "stretches",
                        self->plan.input, self->count, RNN_SUFFIXES_MOST);
    return RNN_OK;
}

rnn_status novelty_open(novelty **out, const rnn_model *model, const novelty_plan *plan,
                        rnn_error *error) {
    *out = NULL;
    novelty *self = rnn_allocate(1, sizeof *self);
    if (!self)
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory");
    self->plan = *plan;
    self->model = model;
    rnn_status status = read_corpus(self, error);
    if (status == RNN_OK) {
        self->text = rnn_whole_text_bytes(self->corpus, &self->count);
        status = check(self, error);
    }
    if (status == RNN_OK)
        *out = self;
    else
        novelty_close(self);
    return status;
}

void novelty_close(novelty *self) {
    if (!self)
        return;
    line_report_release(&self->lines);
    rnn_whole_text_destroy(self->corpus);
    rnn_free(self);
}

/* ---------------------------------------------------------------- stretches */

static rnn_status measure(rnn_novelty *out, const char *corpus, size_t count,
                          const rnn_novelty_text *texts, size_t text_count, rnn_error *error) {
    rnn_suffixes *suffixes;
    rnn_status status = rnn_suffixes_create(&suffixes, corpus, count, error);
    if (status == RNN_OK)
        status = rnn_novelty_measure(out, suffixes, texts, text_count, error);
    rnn_suffixes_destroy(suffixes);
    return status;
}

/* Sorts the corpus twice, with the real text in it and without: so neither of the
 * two is compared with a text of its own. */
static rnn_status compare_stretches(novelty *self, const rnn_novelty_text *drawn,
                                    rnn_error *error) {
    rnn_novelty_text end = {self->text + self->held_back, self->count - self->held_back};
    rnn_status status =
        measure(&self->sample, self->text, self->count, drawn, self->sample_count, error);
    if (status == RNN_OK && end.count > 0)
        status = measure(&self->real, self->text, self->held_back, &end, 1, error);
    return status;
}

static rnn_status compare_lines(novelty *self, const rnn_novelty_text *drawn, rnn_error *error) {
    rnn_lines *lines = rnn_allocate(self->sample_count, sizeof *lines);
    if (!lines)
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < self->sample_count; i++)
        lines[i] = (rnn_lines){drawn[i].bytes, drawn[i].count, self->samples[i].begins,
                               self->samples[i].ends};
    rnn_status status = line_report_count(&self->lines, self->text, self->count, self->held_back,
                                          lines, self->sample_count, error);
    rnn_free(lines);
    return status;
}

static rnn_status compare(novelty *self, const rnn_novelty_text *drawn, rnn_error *error) {
    self->held_back = rnn_novelty_hold_back(self->text, self->count,
                                            rnn_novelty_characters(drawn, self->sample_count));
    rnn_status status = compare_lines(self, drawn, error);
    if (status == RNN_OK && self->plan.kind == NOVELTY_STRETCHES)
        status = compare_stretches(self, drawn, error);
    if (status != RNN_OK)
        rnn_error_prefix(error, "%s", self->plan.input);
    else if (self->plan.kind == NOVELTY_LINES)
        status =
            rnn_novel_lines_score(&self->lines.sample, self->model, &self->plan.scoring, error);
    return status;
}

rnn_status novelty_compare(novelty *self, const novelty_sample *samples, size_t count,
                           rnn_error *error) {
    rnn_novelty_text *drawn = rnn_allocate(count, sizeof *drawn);
    if (!drawn)
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory");
    self->samples = samples;
    self->sample_count = count;
    for (size_t i = 0; i < count; i++)
        drawn[i] = (rnn_novelty_text){samples[i].text + samples[i].echoed,
                                      samples[i].bytes - samples[i].echoed};
    rnn_status status = compare(self, drawn, error);
    rnn_free(drawn);
    return status;
}

/* ----------------------------------------------------------------- in words */

static double share(uint64_t part, uint64_t whole) {
    return whole > 0 ? (double)part / (double)whole : 0;
}

static void print_figures(FILE *file, const char *name, const rnn_novelty *of) {
    fprintf(file, "%-10s", name);
    for (size_t l = 0; l < RNN_NOVELTY_LEVELS; l++)
        fprintf(file, "%6.1f%%", 100 * share(of->copied[l], of->characters));
    fprintf(file, "%9.1f%8llu%9llu\n", of->mean, (unsigned long long)of->median,
            (unsigned long long)of->longest);
}

static void print_span(const novelty *self, FILE *file, const rnn_novelty_span *span) {
    const novelty_sample *sample = &self->samples[span->text];
    const char *name;
    rnn_place place = rnn_whole_text_place(self->corpus, span->first, &name);
    fprintf(file, "  %s characters from %s on", figures_count(span->characters).text,
            figures_count(span->place).text);
    if (self->sample_count > 1)
        fprintf(file, " in sample %zu", span->text + 1);
    fprintf(file, "; %s line %llu (byte %llu)", name, (unsigned long long)place.line,
            (unsigned long long)place.byte);
    if (span->times > 1)
        fprintf(file, " and %s more", figures_count(span->times - 1).text);
    fputc('\n', file);
    terminal_print_excerpt(file, sample->text + sample->echoed + span->byte, span->bytes, "    ");
}

static void print_stretches(const novelty *self, FILE *file) {
    const rnn_novelty *sample = &self->sample;
    fprintf(file,
            "\nnovelty: %s characters beside %s (%s bytes)\n"
            "share of them in a stretch that stands there, of at least so many characters;\n"
            "and the longest such stretch at each of them\n\n%-10s",
            figures_count(sample->characters).text, self->plan.input,
            figures_count(self->count).text, "");
    for (size_t l = 0; l < RNN_NOVELTY_LEVELS; l++)
        fprintf(file, "%7llu", (unsigned long long)rnn_novelty_levels[l]);
    fprintf(file, "%9s%8s%9s\n", "mean", "median", "longest");
    print_figures(file, "sample", sample);
    if (self->real.characters > 0)
        print_figures(file, "real text", &self->real);
    fputc('\n', file);
    line_report_print_shares(&self->lines, file);
    if (self->real.characters > 0)
        fprintf(file, "real text is the corpus's last %s characters beside the rest of it\n",
                figures_count(self->real.characters).text);
    if (sample->span_count > 0)
        fputs("\nlongest stretches of the sample that stand there\n", file);
    for (size_t i = 0; i < sample->span_count; i++)
        print_span(self, file, &sample->spans[i]);
}

void novelty_print(const novelty *self, FILE *file) {
    if (self->plan.kind == NOVELTY_LINES)
        line_report_print(&self->lines, self->plan.input, self->plan.most, file);
    else
        print_stretches(self, file);
}

/* ------------------------------------------------------------------ as JSON */

static json_t *describe_figures(const rnn_novelty *figures) {
    json_t *copied = json_object();
    for (size_t l = 0; l < RNN_NOVELTY_LEVELS; l++) {
        char level[24];
        snprintf(level, sizeof level, "%llu", (unsigned long long)rnn_novelty_levels[l]);
        json_object_set_new(copied, level,
                            json_real(share(figures->copied[l], figures->characters)));
    }
    return json_pack("{s:I, s:o, s:f, s:I, s:I}", "characters", (json_int_t)figures->characters,
                     "copied", copied, "mean", figures->mean, "median", (json_int_t)figures->median,
                     "longest", (json_int_t)figures->longest);
}

/* What is told of the samples, or of real text. */
static json_t *describe_column(const novelty *self, const rnn_novelty *figures,
                               const rnn_novel_lines *lines) {
    json_t *column =
        self->plan.kind == NOVELTY_STRETCHES ? describe_figures(figures) : json_object();
    line_report_describe_counts(column, lines);
    return column;
}

static json_t *describe_span(const novelty *self, const rnn_novelty_span *span) {
    const novelty_sample *sample = &self->samples[span->text];
    const char *name;
    rnn_place place = rnn_whole_text_place(self->corpus, span->first, &name);
    json_t *text = json_stringn(sample->text + sample->echoed + span->byte, span->bytes);
    return json_pack("{s:o, s:I, s:I, s:I, s:o, s:I, s:I, s:I}", "text", text ? text : json_null(),
                     "characters", (json_int_t)span->characters, "sample",
                     (json_int_t)span->text + 1, "place", (json_int_t)span->place, "file",
                     rnn_text_as_json(name), "line", (json_int_t)place.line, "byte",
                     (json_int_t)place.byte, "times", (json_int_t)span->times);
}

json_t *novelty_describe(const novelty *self) {
    const line_report *lines = &self->lines;
    json_t *object = json_pack(
        "{s:o, s:I, s:I, s:o, s:o}", "corpus", rnn_text_as_json(self->plan.input), "corpus_bytes",
        (json_int_t)self->count, "corpus_lines", (json_int_t)lines->corpus, "sample",
        describe_column(self, &self->sample, &lines->sample), "real",
        self->held_back < self->count ? describe_column(self, &self->real, &lines->real)
                                      : json_null());
    if (object && self->plan.kind == NOVELTY_LINES) {
        json_object_set_new(object, "plausible", line_report_describe_lines(lines));
    } else if (object) {
        json_t *spans = json_array();
        for (size_t i = 0; i < self->sample.span_count; i++)
            json_array_append_new(spans, describe_span(self, &self->sample.spans[i]));
        json_object_set_new(object, "spans", spans);
    }
    return object;
}
