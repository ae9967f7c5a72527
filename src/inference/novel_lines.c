/* SPDX-License-Identifier: MIT
 *
 * novel_lines.c - counts lines; see novel_lines.h.
 */
#include "inference/novel_lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

typedef struct written {
    rnn_line line;
    uint64_t place; /* among all that were written */
} written;

static int by_bytes(const void *a, const void *b) {
    const written *left = a, *right = b;
    int order = rnn_line_compare(&left->line, &right->line);
    return order ? order : (left->place > right->place) - (left->place < right->place);
}

/* All lines of the texts; *out is released by the caller, also on failure. */
static int gather(written **out, size_t *count, const rnn_lines *texts, size_t text_count) {
    size_t room = 0;
    *out = NULL;
    *count = 0;
    for (size_t i = 0; i < text_count; i++) {
        rnn_lines text = texts[i];
        rnn_line line;
        while (rnn_lines_next(&text, &line)) {
            void *all = *out;
            if (!rnn_grow(&all, &room, *count + 1, sizeof **out))
                return 0;
            *out = all;
            (*out)[*count] = (written){line, *count};
            ++*count;
        }
    }
    return 1;
}

/* Takes the lines [count] in their order, equals together; list has room for all. */
static void look_up(rnn_novel_lines *out, const rnn_line_set *corpus, const written *lines,
                    size_t count) {
    for (size_t first = 0, next; first < count; first = next) {
        const rnn_line *line = &lines[first].line;
        for (next = first + 1; next < count && !rnn_line_compare(line, &lines[next].line);)
            next++;
        out->different++;
        if (rnn_line_set_has(corpus, line->bytes, line->count))
            continue;
        out->fresh += next - first;
        out->list[out->count++] = (rnn_novel_line){.line = *line, .times = next - first};
    }
    out->written = count;
}

rnn_status rnn_novel_lines_find(rnn_novel_lines *out, const rnn_line_set *corpus,
                                const rnn_lines *texts, size_t count, rnn_error *error) {
    written *lines;
    size_t line_count;
    memset(out, 0, sizeof *out);
    int done = gather(&lines, &line_count, texts, count);
    if (done && (out->list = rnn_allocate(line_count, sizeof *out->list))) {
        if (line_count > 0)
            qsort(lines, line_count, sizeof *lines, by_bytes);
        look_up(out, corpus, lines, line_count);
    }
    rnn_free(lines);
    return out->list ? RNN_OK
                     : rnn_fail(error, RNN_ERR_MEMORY, "out of memory for the lines of the text");
}

void rnn_novel_lines_release(rnn_novel_lines *lines) {
    rnn_free(lines->list);
    memset(lines, 0, sizeof *lines);
}
