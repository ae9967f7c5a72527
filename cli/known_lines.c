/* SPDX-License-Identifier: MIT
 *
 * known_lines.c - see known_lines.h.
 */
#include "cli/known_lines.h"

#include <string.h>

#include "base/memory.h"
#include "text/corpus.h"

#define PIECE ((size_t)64 << 10) /* bytes that are read at a time */

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

/* A line that is read in pieces. */
typedef struct growing {
    char *text;
    size_t bytes, capacity;
} growing;

static int grow(growing *line, const char *piece, size_t bytes) {
    if (!rnn_grow((void **)&line->text, &line->capacity, line->bytes + bytes + 1, 1))
        return 0;
    memcpy(line->text + line->bytes, piece, bytes);
    line->bytes += bytes;
    return 1;
}

static int end(growing *line, rnn_line_set *lines) {
    int good = line->bytes == 0 || add(lines, line->text, line->bytes);
    line->bytes = 0;
    return good;
}

/* Adds the lines that end in a piece, and keeps the beginning of the next. */
static int take(growing *line, rnn_line_set *lines, const char *piece, size_t bytes) {
    const char *newline;
    while ((newline = memchr(piece, '\n', bytes)) != NULL) {
        size_t length = (size_t)(newline - piece);
        if (!grow(line, piece, length) || !end(line, lines))
            return 0;
        piece += length + 1;
        bytes -= length + 1;
    }
    return grow(line, piece, bytes);
}

static rnn_status read_lines(rnn_line_set *lines, rnn_corpus *corpus, const char *input,
                             rnn_error *error) {
    growing line = {NULL, 0, 0};
    char *piece = rnn_allocate(PIECE, 1);
    int good = piece != NULL;
    rnn_status status = RNN_OK;
    uint64_t files = rnn_corpus_files(corpus);
    for (size_t got = 1; good && status == RNN_OK && got > 0;) {
        status = rnn_corpus_read(corpus, piece, PIECE, &got, error);
        /* The last line of a file is whole without a newline, too. */
        if (status == RNN_OK && (got == 0 || rnn_corpus_files(corpus) != files))
            good = end(&line, lines);
        files = rnn_corpus_files(corpus);
        if (status == RNN_OK && good)
            good = take(&line, lines, piece, got);
    }
    rnn_free(line.text);
    rnn_free(piece);
    return good ? status : rnn_fail(error, RNN_ERR_MEMORY, "%s: out of memory", input);
}

rnn_status known_lines_load(rnn_line_set **out, const char *input, int normalize,
                            rnn_error *error) {
    rnn_corpus_options options = {.normalize = normalize};
    rnn_corpus *corpus = NULL;
    rnn_line_set *lines = NULL;
    *out = NULL;
    rnn_status status = rnn_corpus_open(&corpus, &input, 1, &options, error);
    if (status == RNN_OK)
        status = rnn_line_set_create(&lines, error);
    if (status == RNN_OK)
        status = read_lines(lines, corpus, input, error);
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
