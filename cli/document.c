/* SPDX-License-Identifier: MIT
 *
 * document.c - see document.h.
 */
#include "cli/document.h"

#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/status.h"
#include "cli/figures.h"

static rnn_status save(const char *path, const char *bytes, size_t count, rnn_error *error) {
    rnn_saving *saving;
    rnn_status status = rnn_saving_begin(&saving, path, error);
    if (status != RNN_OK)
        return status;
    status = rnn_saving_write(saving, bytes, count, error);
    if (status == RNN_OK)
        return rnn_saving_commit(saving, error);
    rnn_saving_abandon(saving);
    return status;
}

int document_write(const command *self, const manners *manner, const char *path,
                   void (*draw)(const void *what, FILE *file), const void *what) {
    rnn_error error = {0};
    char *bytes = NULL;
    size_t count = 0;
    if (strcmp(path, "-") == 0) {
        draw(what, stdout);
        return manners_finish(self);
    }
    FILE *file = open_memstream(&bytes, &count);
    if (file)
        draw(what, file);
    rnn_status status = RNN_OK;
    if (!file || fclose(file) != 0)
        status = rnn_fail(&error, RNN_ERR_MEMORY, "no memory for the page");
    if (status == RNN_OK)
        status = save(path, bytes, count, &error);
    free(bytes);
    if (status != RNN_OK)
        return manners_fail(self, &error);
    if (!manner->quiet)
        manners_notice(self, "wrote %s, %s bytes: open it in a browser", path,
                       figures_count(count).text);
    return MANNERS_DONE;
}
