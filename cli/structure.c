/* SPDX-License-Identifier: MIT
 *
 * structure.c - see structure.h.
 */
#include "cli/structure.h"

#include <math.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"
#include "cli/figures.h"
#include "cli/terminal.h"
#include "model/model.h"
#include "structure/structure.h"
#include "text/parts.h"
#include "text/utf8.h"
#include "text/whole_text.h"

#define AT(member) offsetof(structure_options, member)

/* clang-format off */
static const rnn_option table[] = {
    {"structure", RNN_OPTION_CHOICE, AT(language), "none", 0, 0, 0, "none c latex wiki json quotes", "LANGUAGE", "Structure",
     "instead of a score, tell how much of what the model opens it closes (brackets, quotes, "
     "comments ...); INPUT, which may be left out, is real text to compare with: its validation part "
     "unless --part is given", NULL},
    {"length", RNN_OPTION_INT64, AT(length), "200000", 1, 1e12, 0, NULL, "N", "Structure",
     "characters to draw for that", NULL},
    {"streams", RNN_OPTION_INT, AT(streams), "8", 1, 65536, 0, NULL, "N", "Structure",
     "texts that they are drawn in, side by side", NULL},
    {"temperature", RNN_OPTION_REAL, AT(temperature), "1", 0, 1000, 0, NULL, "T", "Structure",
     "as of 'rnn sample'", NULL},
    {"seed", RNN_OPTION_UINT64, AT(seed), "1", 0, HUGE_VAL, 0, NULL, "N", "Structure",
     "same seed, same texts", NULL},
};
/* clang-format on */

const rnn_option *structure_table(size_t *count) {
    *count = sizeof table / sizeof table[0];
    return table;
}

typedef struct report {
    const structure_options *how;
    const rnn_language *language;
    rnn_structure_result drawn, real;
    const char *input; /* the first, or NULL */
    const char *part;  /* "validation part" */
} report;

/* --------------------------------------------------------------------- drawn */

typedef struct stream {
    rnn_structure *structure;
    rnn_writer writer;
    int64_t characters;
} stream;

/* Adds what the symbol completes, as far as it belongs to the text. */
static rnn_status push(stream *to, const rnn_model *model, int32_t symbol, int64_t limit,
                       rnn_error *error) {
    char text[24];
    size_t bytes = rnn_writer_push(&to->writer, model, symbol, text), taken = 0;
    for (; taken < bytes; taken++) {
        if (rnn_utf8_begins(text[taken]) && to->characters == limit)
            break;
        to->characters += rnn_utf8_begins(text[taken]);
    }
    return rnn_structure_add(to->structure, text, taken, error);
}

static rnn_status draw_all(const report *self, const rnn_model *model, rnn_sampler *sampler,
                           stream *streams, int32_t *symbols, rnn_error *error) {
    int64_t count = self->how->streams, each = self->how->length / count;
    int64_t more = self->how->length % count; /* streams with a character more */
    rnn_status status = RNN_OK;
    for (int open = 1; open && status == RNN_OK;) {
        open = 0;
        rnn_sampler_next(sampler, symbols);
        for (int64_t i = 0; i < count && status == RNN_OK; i++) {
            int64_t limit = each + (i < more);
            if (streams[i].characters < limit)
                status = push(&streams[i], model, symbols[i], limit, error);
            open |= streams[i].characters < limit;
        }
    }
    return status;
}

static rnn_status draw(report *self, const rnn_model *model, const rnn_evaluation *plan,
                       rnn_error *error) {
    const structure_options *how = self->how;
    size_t count = (size_t)how->streams;
    rnn_sampler *sampler = NULL;
    rnn_sampling sampling = {.temperature = (float)how->temperature,
                             .greedy = (float)how->temperature == 0,
                             .seed = how->seed,
                             .threads = plan->threads,
                             .cpu = plan->cpu,
                             .device = plan->device,
                             .precision = plan->precision};
    stream *streams = rnn_allocate(count, sizeof *streams);
    int32_t *symbols = rnn_allocate(count, sizeof *symbols);
    rnn_status status = streams && symbols ? RNN_OK : RNN_ERR_MEMORY;
    if (status != RNN_OK)
        rnn_fail(error, status, "out of memory");
    for (size_t i = 0; i < count && status == RNN_OK; i++)
        status = rnn_structure_create(&streams[i].structure, self->language, error);
    if (status == RNN_OK)
        status = rnn_sampler_create(&sampler, model, &sampling, how->streams, error);
    if (status == RNN_OK)
        status = draw_all(self, model, sampler, streams, symbols, error);
    for (size_t i = 0; i < count && streams; i++) {
        if (status == RNN_OK)
            status = rnn_structure_end(streams[i].structure, &self->drawn, error);
        rnn_structure_destroy(streams[i].structure);
    }
    rnn_sampler_destroy(sampler);
    rnn_free(streams);
    rnn_free(symbols);
    return status;
}

/* ---------------------------------------------------------------------- real */

/* How many symbols of the model the first character is, of `bytes` bytes; none where it is
 * one that the model does not know. */
static uint64_t count_symbols(const rnn_vocabulary *vocabulary, const char *text, size_t left,
                              size_t *bytes) {
    uint32_t code;
    int length = rnn_vocabulary_units(vocabulary) == RNN_UNITS_BYTES
                     ? 0
                     : rnn_utf8_decode((const unsigned char *)text, left, &code);
    *bytes = length > 0 ? (size_t)length : 1;
    if (length > 0 && rnn_vocabulary_of_code(vocabulary, code) >= 0)
        return 1;
    if (rnn_vocabulary_is_open(vocabulary))
        return *bytes;
    return length < 1 && rnn_vocabulary_find(vocabulary, text, 1) >= 0;
}

/* The bytes of a part, which is cut where training cuts it: in symbols of the model. */
static rnn_span find_part(const rnn_model *model, const char *text, size_t count,
                          const rnn_evaluation *plan) {
    const rnn_vocabulary *vocabulary = model->vocabulary;
    rnn_parts parts = {.split = RNN_SPLIT_CONTIGUOUS,
                       .val_frac = plan->val_frac,
                       .test_frac = plan->test_frac,
                       .streams = 1};
    size_t step;
    if (plan->part == RNN_PART_ALL)
        return (rnn_span){0, count};
    for (size_t i = 0; i < count; i += step)
        parts.whole.end += count_symbols(vocabulary, text + i, count - i, &step);
    rnn_span span = rnn_parts_span(&parts, (rnn_part)plan->part, 0), bytes = {count, count};
    uint64_t symbols = 0;
    for (size_t i = 0; i < count; i += step) {
        if (symbols >= span.begin && bytes.begin == count)
            bytes.begin = i;
        if (symbols >= span.end) {
            bytes.end = i;
            break;
        }
        symbols += count_symbols(vocabulary, text + i, count - i, &step);
    }
    return bytes;
}

static rnn_status scan(report *self, const char *text, size_t count, rnn_error *error) {
    rnn_structure *structure;
    if (count == 0)
        return rnn_fail(error, RNN_ERR_RANGE, "the %s of the text is empty; choose another --part",
                        self->part);
    rnn_status status = rnn_structure_create(&structure, self->language, error);
    if (status == RNN_OK)
        status = rnn_structure_add(structure, text, count, error);
    if (status == RNN_OK)
        status = rnn_structure_end(structure, &self->real, error);
    rnn_structure_destroy(structure);
    return status;
}

static rnn_status read_real(report *self, const rnn_model *model, const char *const *inputs,
                            size_t count, const rnn_evaluation *plan, rnn_error *error) {
    rnn_corpus *corpus = NULL;
    rnn_whole_text *whole = NULL;
    rnn_corpus_options options = {plan->include, plan->exclude,
                                  rnn_vocabulary_normalizes(model->vocabulary)};
    rnn_status status = rnn_corpus_open(&corpus, inputs, count, &options, error);
    if (status == RNN_OK)
        status = rnn_whole_text_read(&whole, corpus, rnn_files_temporary(), error);
    if (status == RNN_OK) {
        size_t bytes;
        const char *text = rnn_whole_text_bytes(whole, &bytes);
        rnn_span span = find_part(model, text, bytes, plan);
        status = scan(self, text + span.begin, (size_t)(span.end - span.begin), error);
    }
    rnn_whole_text_destroy(whole);
    rnn_corpus_close(corpus);
    return status;
}

/* ------------------------------------------------------------------ in words */

static uint64_t sum(const uint64_t counts[RNN_STRUCTURE_DISTANCES]) {
    uint64_t all = 0;
    for (size_t i = 0; i < RNN_STRUCTURE_DISTANCES; i++)
        all += counts[i];
    return all;
}

/* "99.5%", or "-" where there was nothing to close; only what is perfect is 100%. */
static void print_share(uint64_t closed, uint64_t failed) {
    double percent = 100 * (double)closed / (double)(closed + failed);
    if (closed + failed == 0)
        fputs("      -", stdout);
    else
        printf("%6.1f%%", failed > 0 && percent > 99.9 ? 99.9 : percent);
}

static void print_row(const char *kind, const char *whose, const rnn_structure_pairs *of) {
    size_t columns = terminal_columns(kind);
    printf("%s%*s %-5s%7llu", kind, columns < 12 ? (int)(12 - columns) : 0, "", whose,
           (unsigned long long)(sum(of->closed) + sum(of->failed)));
    for (size_t d = 0; d < RNN_STRUCTURE_DISTANCES; d++)
        print_share(of->closed[d], of->failed[d]);
    print_share(sum(of->closed), sum(of->failed));
    printf("%6llu\n", (unsigned long long)of->stray);
}

static int is_there(const rnn_structure_pairs *of) {
    return sum(of->closed) + sum(of->failed) + of->stray > 0;
}

static void print_values(const char *whose, const rnn_structure_result *of) {
    if (of->values > 0)
        printf("%s values: %s whole ones, %.1f%% can be parsed\n", whose,
               figures_count(of->values).text, 100 * (double)of->valid / (double)of->values);
}

static void print_heading(void) {
    printf("%-18s%7s", "", "pairs");
    for (size_t d = 1; d < RNN_STRUCTURE_DISTANCES; d++) {
        char most[24];
        snprintf(most, sizeof most, "to %llu", (unsigned long long)rnn_structure_distances[d] - 1);
        printf("%7s", most);
    }
    printf("%7s%7s%6s\n", "more", "all", "stray");
}

static void print_kinds(const report *self) {
    int any = 0;
    for (size_t k = 0; rnn_language_kind(self->language, k); k++) {
        if (!is_there(&self->drawn.of[k]) && !is_there(&self->real.of[k]))
            continue;
        if (!any++)
            print_heading();
        print_row(rnn_language_kind(self->language, k), "drawn", &self->drawn.of[k]);
        if (self->input)
            print_row("", "real", &self->real.of[k]);
    }
    if (!any)
        puts("nothing opens or closes here");
}

static void print_report(const report *self) {
    const structure_options *how = self->how;
    printf("drawn  %s characters in %d streams (temperature %g, seed %llu)\n",
           figures_count(self->drawn.characters).text, how->streams, how->temperature,
           (unsigned long long)how->seed);
    if (self->input)
        printf("real   %s characters of %s (%s)\n", figures_count(self->real.characters).text,
               self->input, self->part);
    printf("\nclosed correctly (%s), by characters from opening to closing\n\n",
           rnn_language_name(self->language));
    print_kinds(self);
    print_values("drawn", &self->drawn);
    print_values("real", &self->real);
}

/* ------------------------------------------------------------------- as JSON */

static json_t *counts(const uint64_t of[RNN_STRUCTURE_DISTANCES]) {
    json_t *array = json_array();
    for (size_t d = 0; d < RNN_STRUCTURE_DISTANCES; d++)
        json_array_append_new(array, json_integer((json_int_t)of[d]));
    return array;
}

static json_t *describe_result(const rnn_language *language, const rnn_structure_result *of) {
    json_t *kinds = json_object();
    for (size_t k = 0; rnn_language_kind(language, k); k++) {
        const rnn_structure_pairs *pairs = &of->of[k];
        json_object_set_new(kinds, rnn_language_kind(language, k),
                            json_pack("{s:o, s:o, s:I, s:I}", "closed", counts(pairs->closed),
                                      "failed", counts(pairs->failed), "stray",
                                      (json_int_t)pairs->stray, "open", (json_int_t)pairs->open));
    }
    json_t *object =
        json_pack("{s:I, s:o}", "characters", (json_int_t)of->characters, "pairs", kinds);
    if (object && rnn_language_has_values(language)) {
        json_object_set_new(object, "values", json_integer((json_int_t)of->values));
        json_object_set_new(object, "valid", json_integer((json_int_t)of->valid));
    }
    return object;
}

static json_t *describe(const report *self) {
    const structure_options *how = self->how;
    json_t *object =
        json_pack("{s:s, s:o, s:i, s:f, s:I, s:o}", "structure", rnn_language_name(self->language),
                  "distances", counts(rnn_structure_distances), "streams", how->streams,
                  "temperature", how->temperature, "seed", (json_int_t)how->seed, "drawn",
                  describe_result(self->language, &self->drawn));
    if (object)
        json_object_set_new(object, "real",
                            self->input ? describe_result(self->language, &self->real)
                                        : json_null());
    return object;
}

/* ------------------------------------------------------------------ together */

int structure_report(const command *self, const structure_options *how, const manners *manner,
                     const rnn_model *model, const char *const *inputs, size_t count,
                     const rnn_evaluation *plan) {
    static const char *const parts[] = {"all of it", "training part", "validation part",
                                        "test part"};
    rnn_error error = {0};
    report made = {.how = how,
                   .language = rnn_language_at((size_t)how->language - 1),
                   .input = count > 0 ? inputs[0] : NULL,
                   .part = parts[plan->part]};
    rnn_status status = RNN_OK;
    /* The text first: what is wrong with it is known sooner. */
    if (count > 0)
        status = read_real(&made, model, inputs, count, plan, &error);
    if (status == RNN_OK)
        status = draw(&made, model, plan, &error);
    if (status != RNN_OK)
        return manners_fail(self, &error);
    if (manner->json)
        return manners_print_json(self, describe(&made));
    print_report(&made);
    return manners_finish(self);
}
