/* SPDX-License-Identifier: MIT
 *
 * document.c - see document.h.
 */
#include "cli/document.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/files.h"
#include "base/status.h"
#include "cli/figures.h"

/* Whether something stands there that a file must not replace: a device or a pipe. */
static int is_special(const char *path) {
    struct stat found;
    return stat(path, &found) == 0 && !S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode);
}

static rnn_status write_into(const char *path, const char *bytes, size_t count, rnn_error *error) {
    FILE *file = fopen(path, "w");
    int fault = file ? 0 : errno;
    if (file) {
        if (fwrite(bytes, 1, count, file) < count)
            fault = errno;
        if (fclose(file) != 0 && !fault)
            fault = errno;
    }
    return fault ? rnn_fail(error, RNN_ERR_IO, "%s: cannot write: %s; %s", path, strerror(fault),
                            rnn_files_advice(fault))
                 : RNN_OK;
}

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
    rnn_status status = RNN_OK;
    int whole = file != NULL;
    if (file) {
        draw(what, file);
        whole = fflush(file) == 0 && !ferror(file);
        whole = fclose(file) == 0 && whole;
    }
    if (!whole)
        status = rnn_fail(&error, RNN_ERR_MEMORY, "no memory for the page");
    if (status == RNN_OK)
        status = (is_special(path) ? write_into : save)(path, bytes, count, &error);
    free(bytes);
    if (status != RNN_OK)
        return manners_fail(self, &error);
    if (!manner->quiet)
        manners_notice(self, "wrote %s, %s bytes: open it in a browser", path,
                       figures_count(count).text);
    return MANNERS_DONE;
}
