/* SPDX-License-Identifier: MIT
 *
 * known_lines.c - see known_lines.h.
 */
#include "cli/known_lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

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

rnn_status known_lines_load(rnn_line_set **out, const char *path, rnn_error *error) {
    rnn_status status = RNN_OK;
    char *line = NULL;
    size_t capacity = 0;
    rnn_line_set *lines = NULL;
    FILE *file = fopen(path, "rb");
    *out = NULL;
    if (!file) {
        status = rnn_fail(error, RNN_ERR_IO, "%s: %s", path, strerror(errno));
        goto done;
    }
    status = rnn_line_set_create(&lines, error);
    if (status != RNN_OK)
        goto done;
    errno = 0;
    for (ssize_t length; (length = getline(&line, &capacity, file)) >= 0;) {
        if (!add(lines, line, (size_t)length)) {
            status = rnn_fail(error, RNN_ERR_MEMORY, "%s: out of memory", path);
            goto done;
        }
    }
    if (ferror(file) || errno == ENOMEM)
        status = rnn_fail(error, RNN_ERR_IO, "%s: %s", path, strerror(errno));
done:
    free(line);
    if (file)
        fclose(file);
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
