/* SPDX-License-Identifier: MIT
 *
 * locate.c - which file a MODEL argument means.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/files.h"
#include "model/model.h"

static rnn_status copy_path(const char *from, const char *name, char *path, size_t room,
                            rnn_error *error) {
    size_t length = strlen(from);
    const char *slash = name[0] && length > 0 && from[length - 1] != '/' ? "/" : "";
    int needed = snprintf(path, room, "%s%s%s", from, slash, name);
    if (needed < 0 || (size_t)needed >= room)
        return rnn_fail(error, RNN_ERR_RANGE, "%.100s...: the path is longer than %zu bytes", from,
                        room - 1);
    return RNN_OK;
}

static int ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* A file as torch.save makes them: a zip archive or a bare pickle, by content
 * or by name. A safetensors file has '{' at byte 8, whatever it is called. */
static int is_pickle(const char *path) {
    unsigned char head[9] = {0};
    struct stat found;
    if (stat(path, &found) != 0 || !S_ISREG(found.st_mode)) /* opening a pipe would wait */
        return 0;
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0;
    size_t got = fread(head, 1, sizeof head, file);
    fclose(file);
    if (got == sizeof head && head[8] == '{')
        return 0;
    return (got >= 4 && memcmp(head, "PK\3\4", 4) == 0) ||
           (got >= 2 && head[0] == 0x80 && head[1] >= 2 && head[1] <= 5) ||
           ends_with(path, ".pt") || ends_with(path, ".pth") || ends_with(path, ".pkl");
}

static rnn_status locate_in_directory(const char *argument, char *path, size_t room,
                                      rnn_error *error) {
    static const char *const names[] = {RNN_MODEL_BEST, RNN_MODEL_LAST};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        rnn_status status = copy_path(argument, names[i], path, room, error);
        if (status != RNN_OK || rnn_files_exists(path))
            return status;
    }
    return rnn_fail(error, RNN_ERR_IO,
                    "%s: this directory has neither %s nor %s; name the directory of a training "
                    "run that has saved a model, or a .safetensors file",
                    argument, names[0], names[1]);
}

rnn_status rnn_model_locate(const char *argument, char *path, size_t room, rnn_error *error) {
    rnn_status status = copy_path(argument, "", path, room, error);
    if (status != RNN_OK)
        return status;
    if (rnn_files_is_directory(argument))
        return locate_in_directory(argument, path, room, error);
    if (!rnn_files_exists(argument)) {
        int code = errno;
        return rnn_fail(error, RNN_ERR_IO,
                        "%s: cannot open: %s; name the directory of a training run or a "
                        ".safetensors file",
                        argument, strerror(code));
    }
    if (is_pickle(argument))
        return rnn_fail(error, RNN_ERR_FORMAT,
                        "%s: this is a PyTorch pickle, which can run any code when it is opened "
                        "and is never loaded; save the weights in the safetensors format instead "
                        "(safetensors.torch.save_file; docs/model-file.md says what it must hold)",
                        argument);
    return RNN_OK;
}
