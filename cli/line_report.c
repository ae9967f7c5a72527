/* SPDX-License-Identifier: MIT
 *
 * line_report.c - see line_report.h.
 */
#include "cli/line_report.h"

#include <math.h>
#include <string.h>

#include "cli/figures.h"
#include "cli/terminal.h"

/* ------------------------------------------------------------------ counting */

static int learn(rnn_line_set *known, rnn_lines text) {
    rnn_line line;
    while (rnn_lines_next(&text, &line))
        if (!rnn_line_set_add(known, line.bytes, line.count))
            return 0;
    return 1;
}

/* The first line that begins at or behind a byte. */
static size_t next_line(const char *text, size_t count, size_t at) {
    if (at == 0 || at == count || text[at - 1] == '\n')
        return at;
    const char *newline = memchr(text + at, '\n', count - at);
    return newline ? (size_t)(newline - text) + 1 : count;
}

rnn_status line_report_count(line_report *out, const char *corpus, size_t count, size_t held_back,
                             const rnn_lines *samples, size_t sample_count, rnn_error *error) {
    size_t cut = next_line(corpus, count, held_back);
    rnn_lines before = {corpus, cut, 1, 1}, real = {corpus + cut, count - cut, 1, 1};
    rnn_line_set *known = NULL;
    memset(out, 0, sizeof *out);
    rnn_status status = rnn_line_set_create(&known, error);
    if (status == RNN_OK && !learn(known, before))
        status = rnn_fail(error, RNN_ERR_MEMORY, "out of memory for the corpus's lines");
    /* While the real lines are not known themselves. */
    if (status == RNN_OK)
        status = rnn_novel_lines_find(&out->real, known, &real, 1, error);
    if (status == RNN_OK && !learn(known, real))
        status = rnn_fail(error, RNN_ERR_MEMORY, "out of memory for the corpus's lines");
    if (status == RNN_OK)
        status = rnn_novel_lines_find(&out->sample, known, samples, sample_count, error);
    if (status == RNN_OK)
        out->corpus = rnn_line_set_count(known);
    rnn_line_set_destroy(known);
    return status;
}

void line_report_release(line_report *report) {
    rnn_novel_lines_release(&report->sample);
    rnn_novel_lines_release(&report->real);
}

/* ------------------------------------------------------------------ in words */

static double percent(uint64_t part, uint64_t whole) {
    return whole > 0 ? 100 * (double)part / (double)whole : 0;
}

static void print_share(FILE *file, const char *name, const rnn_novel_lines *of) {
    if (of->written > 0)
        fprintf(file, "%-10s%s of %s lines (%.1f%%) are new, %s of them different\n", name,
                figures_count(of->fresh).text, figures_count(of->written).text,
                percent(of->fresh, of->written), figures_count(of->count).text);
}

void line_report_print_shares(const line_report *report, FILE *file) {
    print_share(file, "sample", &report->sample);
    print_share(file, "real text", &report->real);
}

static void print_row(FILE *file, const char *name, uint64_t all, uint64_t fresh) {
    fprintf(file, "%-16s%10s%10s%7.1f%%%10s%7.1f%%\n", name, figures_count(all).text,
            figures_count(all - fresh).text, percent(all - fresh, all), figures_count(fresh).text,
            percent(fresh, all));
}

static void print_rows(FILE *file, const char *name, const rnn_novel_lines *of) {
    if (of->written == 0)
        return;
    print_row(file, name, of->written, of->fresh);
    print_row(file, "  different", of->different, of->count);
}

static void print_chance(FILE *file, double nats) {
    char chance[48];
    if (nats < log(1e9))
        snprintf(chance, sizeof chance, "1 in %s",
                 figures_count((uint64_t)llround(exp(nats))).text);
    else
        snprintf(chance, sizeof chance, "1 in 1e%.0f", nats / log(10));
    fprintf(file, "%18s", chance);
}

static void print_plausible(FILE *file, const rnn_novel_lines *of, size_t most) {
    size_t shown = 0;
    while (shown < of->count && shown < most && isfinite(of->list[shown].nats))
        shown++;
    if (shown == 0)
        return;
    fprintf(file,
            "\nthe %s most plausible of the %s different new lines\n"
            "(chance that the model writes just this line when it has read a newline only)\n\n"
            "%18s%11s%9s  line\n",
            figures_count(shown).text, figures_count(of->count).text, "chance", "nats/char",
            "written");
    for (size_t i = 0; i < shown; i++) {
        const rnn_novel_line *it = &of->list[i];
        print_chance(file, it->nats);
        fprintf(file, "%11.2f%9s", it->nats / (double)it->symbols, figures_count(it->times).text);
        terminal_print_excerpt(file, it->line.bytes, it->line.count, "  ");
    }
}

void line_report_print(const line_report *report, const char *input, size_t most, FILE *file) {
    const rnn_novel_lines *sample = &report->sample;
    fprintf(file, "\nnovelty: %s lines beside %s (%s different lines)\n",
            figures_count(sample->written).text, input, figures_count(report->corpus).text);
    if (sample->written == 0) {
        fputs("no whole line was drawn: give a longer --length\n", file);
        return;
    }
    fprintf(file, "\n%-16s%10s%18s%18s\n", "", "lines", "stand there", "new");
    print_rows(file, "sample", sample);
    print_rows(file, "real text", &report->real);
    if (report->real.written > 0)
        fprintf(file, "real text is the corpus's last %s lines beside the rest of it\n",
                figures_count(report->real.written).text);
    print_plausible(file, sample, most);
}

/* ------------------------------------------------------------------- as JSON */

static json_t *share(uint64_t part, uint64_t whole) {
    return whole > 0 ? json_real((double)part / (double)whole) : json_null();
}

void line_report_describe_counts(json_t *into, const rnn_novel_lines *of) {
    json_object_set_new(into, "lines", json_integer((json_int_t)of->written));
    json_object_set_new(into, "new_lines", json_integer((json_int_t)of->fresh));
    json_object_set_new(into, "new_share", share(of->fresh, of->written));
    json_object_set_new(into, "different_lines", json_integer((json_int_t)of->different));
    json_object_set_new(into, "different_new_lines", json_integer((json_int_t)of->count));
    json_object_set_new(into, "different_new_share", share(of->count, of->different));
}

static json_t *describe_line(const rnn_novel_line *from) {
    int readable = isfinite(from->nats);
    json_t *text = json_stringn(from->line.bytes, from->line.count);
    return json_pack("{s:o, s:I, s:o, s:o, s:o}", "text", text ? text : json_null(), "times",
                     (json_int_t)from->times, "symbols",
                     readable ? json_integer((json_int_t)from->symbols) : json_null(), "nats",
                     readable ? json_real(from->nats) : json_null(), "probability",
                     readable ? json_real(exp(-from->nats)) : json_null());
}

json_t *line_report_describe_lines(const line_report *report) {
    json_t *lines = json_array();
    for (size_t i = 0; i < report->sample.count; i++)
        json_array_append_new(lines, describe_line(&report->sample.list[i]));
    return lines;
}
