/* SPDX-License-Identifier: MIT
 *
 * known_lines.c - see known_lines.h.
 */
#include "cli/known_lines.h"

#include <string.h>

#include "base/files.h"
#include "text/corpus.h"
#include "text/whole_text.h"

static const char *without_blanks(const char *line, size_t *bytes) {
    static const char blanks[] = " \t\r\n\v\f";
    while (*bytes > 0 && memchr(blanks, line[*bytes - 1], sizeof blanks - 1))
        --*bytes;
    while (*bytes > 0 && memchr(blanks, *line, sizeof blanks - 1)) {
        line++;
        --*bytes;
    }
    return line;
}

static int add(rnn_line_set *lines, const char *line, size_t bytes) {
    line = without_blanks(line, &bytes);
    return rnn_line_set_add(lines, line, bytes);
}

static rnn_status add_all(rnn_line_set *lines, const rnn_whole_text *text, const char *input,
                          rnn_error *error) {
    rnn_lines left = {.begins = 1, .ends = 1};
    left.bytes = rnn_whole_text_bytes(text, &left.count);
    for (rnn_line line; rnn_lines_next(&left, &line);)
        if (!add(lines, line.bytes, line.count))
            return rnn_fail(error, RNN_ERR_MEMORY, "%s: out of memory", input);
    return RNN_OK;
}

rnn_status known_lines_load(rnn_line_set **out, const char *input, int normalize,
                            rnn_error *error) {
    rnn_corpus_options options = {.normalize = normalize};
    rnn_corpus *corpus = NULL;
    rnn_whole_text *text = NULL;
    rnn_line_set *lines = NULL;
    *out = NULL;
    rnn_status status = rnn_corpus_open(&corpus, &input, 1, &options, error);
    if (status == RNN_OK)
        status = rnn_whole_text_read(&text, corpus, rnn_files_temporary(), error);
    if (corpus && status == RNN_ERR_RANGE) /* it is empty: no line is known yet */
        status = RNN_OK;
    if (status == RNN_OK)
        status = rnn_line_set_create(&lines, error);
    if (status == RNN_OK && text)
        status = add_all(lines, text, input, error);
    rnn_whole_text_destroy(text);
    rnn_corpus_close(corpus);
    if (status == RNN_OK)
        *out = lines;
    else
        rnn_line_set_destroy(lines);
    return status;
}

int known_lines_has(const rnn_line_set *lines, const char *line, size_t bytes) {
    line = without_blanks(line, &bytes);
    return rnn_line_set_has(lines, line, bytes);
}
