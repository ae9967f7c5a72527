/* SPDX-License-Identifier: MIT
 *
 * line_report.h - the part of `rnn sample --novelty` about whole lines: how many stand in
 * the corpus, how many are new, and which new ones the model finds most plausible.
 */
#ifndef CLI_LINE_REPORT_H
#define CLI_LINE_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "inference/novel_lines.h"

typedef struct line_report {
    rnn_novel_lines sample, real;
    uint64_t corpus; /* its different lines */
} line_report;

/* Counts the lines of samples [sample_count] beside a corpus [count], and those of its end,
 * from the first line on that begins at or behind byte `held_back`, beside what comes before.
 * All of them must stand as long as the report. RNN_ERR_MEMORY. */
rnn_status line_report_count(line_report *out, const char *corpus, size_t count, size_t held_back,
                             const rnn_lines *samples, size_t sample_count, rnn_error *error);
void line_report_release(line_report *report);

/* A line each for samples and real text, if they have lines. */
void line_report_print_shares(const line_report *report, FILE *file);
/* The whole report, with the first `most` new lines of the samples, which must have been
 * scored. `input` is the corpus's name. */
void line_report_print(const line_report *report, const char *input, size_t most, FILE *file);

/* The counts of one of the two, into an object. */
void line_report_describe_counts(json_t *into, const rnn_novel_lines *of);
/* All new lines of the samples with what they were scored: an array. */
json_t *line_report_describe_lines(const line_report *report);

#endif
