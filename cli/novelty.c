/* SPDX-License-Identifier: MIT
 *
 * novelty.c - see novelty.h.
 */
#include "cli/novelty.h"

#include <string.h>

#include "base/files.h"
#include "base/memory.h"
#include "cli/figures.h"
#include "cli/known_lines.h"
#include "cli/terminal.h"
#include "inference/novelty.h"
#include "model/model.h"
#include "text/whole_text.h"

#define SHOWN ((size_t)64) /* bytes of a stretch that are shown in words */

/* What is told of the samples, and of real text. */
typedef struct column {
    rnn_novelty figures;
    uint64_t lines, fresh; /* whole lines that are not blank; not in the corpus */
    uint64_t different;    /* of the fresh ones */
} column;

struct novelty {
    const char *input;
    rnn_whole_text *corpus;
    const char *text; /* [count], the corpus's */
    size_t count;
    size_t held_back; /* where the real text begins; `count`: the corpus is too short */
    const novelty_sample *samples; /* [sample_count] */
    size_t sample_count;
    column sample, real;
};

/* -------------------------------------------------------------------- corpus */

static rnn_status read_corpus(novelty *self, const rnn_model *model, rnn_error *error) {
    json_t *history = json_loads(rnn_model_history(model), 0, NULL);
    const json_t *settings = json_object_get(history, "settings");
    rnn_corpus *corpus = NULL;
    rnn_corpus_options options = {
        .include = json_string_value(json_object_get(settings, "include")),
        .exclude = json_string_value(json_object_get(settings, "exclude")),
        .normalize = rnn_vocabulary_normalizes(model->vocabulary)};
    rnn_status status = rnn_corpus_open(&corpus, &self->input, 1, &options, error);
    if (status == RNN_OK)
        status = rnn_whole_text_read(&self->corpus, corpus, rnn_files_temporary(), error);
    rnn_corpus_close(corpus);
    json_decref(history);
    return status;
}

rnn_status novelty_open(novelty **out, const rnn_model *model, const char *input,
                        rnn_error *error) {
    *out = NULL;
    novelty *self = rnn_allocate(1, sizeof *self);
    if (!self)
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory");
    self->input = input;
    rnn_status status = read_corpus(self, model, error);
    if (status != RNN_OK) {
        novelty_close(self);
        return status;
    }
    self->text = rnn_whole_text_bytes(self->corpus, &self->count);
    *out = self;
    return RNN_OK;
}

void novelty_close(novelty *self) {
    if (!self)
        return;
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
static rnn_status compare_stretches(novelty *self, rnn_error *error) {
    rnn_novelty_text *texts = rnn_allocate(self->sample_count, sizeof *texts);
    if (!texts)
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < self->sample_count; i++)
        texts[i] = (rnn_novelty_text){self->samples[i].text + self->samples[i].echoed,
                                      self->samples[i].bytes - self->samples[i].echoed};
    rnn_status status =
        measure(&self->sample.figures, self->text, self->count, texts, self->sample_count, error);
    rnn_free(texts);
    if (status != RNN_OK)
        return status;
    self->held_back =
        rnn_novelty_hold_back(self->text, self->count, self->sample.figures.characters);
    if (self->held_back == self->count)
        return RNN_OK;
    rnn_novelty_text end = {self->text + self->held_back, self->count - self->held_back};
    return measure(&self->real.figures, self->text, self->held_back, &end, 1, error);
}

/* -------------------------------------------------------------------- lines */

/* Called with each line of a text, without what ends it. 0 stops. */
typedef int (*line_reader)(void *context, const char *line, size_t bytes);

static int is_blank(const char *line, size_t bytes) {
    while (bytes > 0 && memchr(" \t\r\v\f", line[bytes - 1], 5))
        bytes--;
    return bytes == 0;
}

/* Reads the lines that a newline ends, and with `whole` what is behind the last one. */
static int read_lines(const char *text, size_t bytes, int whole, line_reader read, void *context) {
    const char *end = text + bytes;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        if (!newline && !whole)
            return 1;
        size_t length = (size_t)((newline ? newline : end) - text);
        if (!is_blank(text, length) && !read(context, text, length))
            return 0;
        text += length + (newline != NULL);
    }
    return 1;
}

static int learn_line(void *context, const char *line, size_t bytes) {
    return known_lines_add(context, line, bytes);
}

typedef struct tally {
    const known_lines *known;
    known_lines *met; /* the fresh ones */
    column *into;
} tally;

static int count_line(void *context, const char *line, size_t bytes) {
    const tally *self = context;
    self->into->lines++;
    if (known_lines_has(self->known, line, bytes))
        return 1;
    self->into->fresh++;
    return known_lines_add(self->met, line, bytes);
}

/* The first line that begins at or behind a byte. */
static size_t next_line(const novelty *self, size_t at) {
    if (at == 0 || self->text[at - 1] == '\n')
        return at;
    const char *newline = memchr(self->text + at, '\n', self->count - at);
    return newline ? (size_t)(newline - self->text) + 1 : self->count;
}

static rnn_status compare_lines(novelty *self, rnn_error *error) {
    known_lines *known = NULL, *met_real = NULL, *met = NULL;
    size_t end = next_line(self, self->held_back);
    int done = known_lines_create(&known, error) == RNN_OK &&
               known_lines_create(&met_real, error) == RNN_OK &&
               known_lines_create(&met, error) == RNN_OK;
    if (done) {
        /* The real lines first, while theirs are not known. */
        tally of_real = {known, met_real, &self->real}, of_sample = {known, met, &self->sample};
        done = read_lines(self->text, end, 1, learn_line, known) &&
               read_lines(self->text + end, self->count - end, 1, count_line, &of_real) &&
               read_lines(self->text + end, self->count - end, 1, learn_line, known);
        for (size_t i = 0; i < self->sample_count && done; i++)
            done = read_lines(self->samples[i].text, self->samples[i].bytes, self->samples[i].whole,
                              count_line, &of_sample);
        self->real.different = known_lines_count(met_real);
        self->sample.different = known_lines_count(met);
    }
    known_lines_destroy(known);
    known_lines_destroy(met_real);
    known_lines_destroy(met);
    return done ? RNN_OK : rnn_fail(error, RNN_ERR_MEMORY, "out of memory");
}

rnn_status novelty_compare(novelty *self, const novelty_sample *samples, size_t count,
                           rnn_error *error) {
    self->samples = samples;
    self->sample_count = count;
    rnn_status status = compare_stretches(self, error);
    if (status == RNN_OK)
        status = compare_lines(self, error);
    if (status != RNN_OK)
        rnn_error_prefix(error, "%s", self->input);
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

static void print_lines(FILE *file, const char *name, const column *of) {
    if (of->lines == 0)
        return;
    fprintf(file, "%-10s%s of %s lines (%.1f%%) are new, %s of them different\n", name,
            figures_count(of->fresh).text, figures_count(of->lines).text,
            100 * share(of->fresh, of->lines), figures_count(of->different).text);
}

/* Text as it is written in C, but for what does not fit. */
static void print_excerpt(FILE *file, const char *text, size_t bytes) {
    char out[2 * SHOWN + 1];
    size_t used = 0, shown = bytes < SHOWN ? bytes : SHOWN;
    /* No character is cut. */
    while (shown > 0 && shown < bytes && ((unsigned char)text[shown] & 0xC0) == 0x80)
        shown--;
    for (size_t i = 0; i < shown; i++) {
        static const char plain[] = "\n\t\r\0\\\"", escaped[] = "ntr0\\\"";
        const char *at = memchr(plain, text[i], sizeof plain - 1);
        if (at)
            out[used++] = '\\';
        out[used++] = at ? escaped[at - plain] : text[i];
    }
    out[used] = '\0';
    terminal_print_safely(file, out, "    \"");
    fputs(shown < bytes ? "\" ...\n" : "\"\n", file);
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
    print_excerpt(file, sample->text + sample->echoed + span->byte, span->bytes);
}

void novelty_print(const novelty *self, FILE *file) {
    const rnn_novelty *sample = &self->sample.figures;
    fprintf(file,
            "\nnovelty: %s characters beside %s (%s bytes)\n"
            "share of them in a stretch that stands there, of at least so many characters;\n"
            "and the longest such stretch at each of them\n\n%-10s",
            figures_count(sample->characters).text, self->input, figures_count(self->count).text,
            "");
    for (size_t l = 0; l < RNN_NOVELTY_LEVELS; l++)
        fprintf(file, "%7llu", (unsigned long long)rnn_novelty_levels[l]);
    fprintf(file, "%9s%8s%9s\n", "mean", "median", "longest");
    print_figures(file, "sample", sample);
    if (self->real.figures.characters > 0)
        print_figures(file, "real text", &self->real.figures);
    fputc('\n', file);
    print_lines(file, "sample", &self->sample);
    print_lines(file, "real text", &self->real);
    if (self->real.figures.characters > 0)
        fprintf(file, "real text is the corpus's last %s characters beside the rest of it\n",
                figures_count(self->real.figures.characters).text);
    if (sample->span_count > 0)
        fputs("\nlongest stretches of the sample that stand there\n", file);
    for (size_t i = 0; i < sample->span_count; i++)
        print_span(self, file, &sample->spans[i]);
}

/* ------------------------------------------------------------------ as JSON */

static json_t *describe_column(const column *of) {
    const rnn_novelty *figures = &of->figures;
    json_t *copied = json_object();
    for (size_t l = 0; l < RNN_NOVELTY_LEVELS; l++) {
        char level[24];
        snprintf(level, sizeof level, "%llu", (unsigned long long)rnn_novelty_levels[l]);
        json_object_set_new(copied, level,
                            json_real(share(figures->copied[l], figures->characters)));
    }
    return json_pack("{s:I, s:o, s:f, s:I, s:I, s:I, s:I, s:I}", "characters",
                     (json_int_t)figures->characters, "copied", copied, "mean", figures->mean,
                     "median", (json_int_t)figures->median, "longest", (json_int_t)figures->longest,
                     "lines", (json_int_t)of->lines, "new_lines", (json_int_t)of->fresh,
                     "different_new_lines", (json_int_t)of->different);
}

static json_t *describe_span(const novelty *self, const rnn_novelty_span *span) {
    const novelty_sample *sample = &self->samples[span->text];
    const char *name;
    rnn_place place = rnn_whole_text_place(self->corpus, span->first, &name);
    json_t *text = json_stringn(sample->text + sample->echoed + span->byte, span->bytes);
    json_t *file = json_string(name);
    return json_pack("{s:o, s:I, s:I, s:I, s:o, s:I, s:I, s:I}", "text", text ? text : json_null(),
                     "characters", (json_int_t)span->characters, "sample",
                     (json_int_t)span->text + 1, "place", (json_int_t)span->place, "file",
                     file ? file : json_null(), "line", (json_int_t)place.line, "byte",
                     (json_int_t)place.byte, "times", (json_int_t)span->times);
}

json_t *novelty_describe(const novelty *self) {
    json_t *spans = json_array();
    for (size_t i = 0; i < self->sample.figures.span_count; i++)
        json_array_append_new(spans, describe_span(self, &self->sample.figures.spans[i]));
    return json_pack("{s:s, s:I, s:o, s:o, s:o}", "corpus", self->input, "corpus_bytes",
                     (json_int_t)self->count, "sample", describe_column(&self->sample), "real",
                     self->real.figures.characters > 0 ? describe_column(&self->real) : json_null(),
                     "spans", spans);
}
