/* SPDX-License-Identifier: MIT
 *
 * manners.c - see manners.h.
 */
#include "cli/manners.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT(member) offsetof(manners, member)

static const rnn_option table[] = {
    {"json", RNN_OPTION_FLAG, AT(json), "0", 0, 0, 0, NULL, NULL, "Manners",
     "print the result as one JSON object on standard output", NULL},
    {"quiet", RNN_OPTION_FLAG, AT(quiet), "0", 0, 0, 0, NULL, NULL, "Manners",
     "say nothing but errors on standard error", (const rnn_option_alias[]){{"q", NULL}, {0}}},
    {"color", RNN_OPTION_CHOICE, AT(color), "auto", 0, 0, 0, "auto always never", "WHEN", "Manners",
     "colors in the terminal", NULL},
    {"help", RNN_OPTION_FLAG, AT(help), "0", 0, 0, 0, NULL, NULL, "Manners", "show this help",
     (const rnn_option_alias[]){{"h", NULL}, {0}}},
};

const rnn_option *manners_table(size_t *count) {
    *count = sizeof table / sizeof table[0];
    return table;
}

const rnn_option *manners_help_table(size_t *count) {
    *count = 1;
    return &table[sizeof table / sizeof table[0] - 1];
}

int manners_exit_code(rnn_status status) {
    switch (status) {
    case RNN_OK:
        return MANNERS_DONE;
    case RNN_ERR_IO:
        return MANNERS_IO;
    case RNN_ERR_FORMAT:
        return MANNERS_BAD_FILE;
    case RNN_ERR_RANGE:
        return MANNERS_USAGE;
    case RNN_ERR_DIVERGED:
        return MANNERS_DIVERGED;
    case RNN_ERR_MEMORY:
    case RNN_ERR_SYMBOL:
    case RNN_ERR_UNSUPPORTED:
        break;
    }
    return MANNERS_FAILED;
}

int manners_fail(const command *self, const rnn_error *error) {
    fprintf(stderr, "rnn %s: %s\n", self->name,
            error->message[0] ? error->message : rnn_status_text(error->code));
    return manners_exit_code(error->code);
}

int manners_usage(const command *self, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "rnn %s: ", self->name);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, " (see 'rnn help %s')\n", self->name);
    va_end(arguments);
    return MANNERS_USAGE;
}

void manners_notice(const command *self, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "rnn %s: ", self->name);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

int manners_print_json(const command *self, json_t *object) {
    char *text = object ? json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) : NULL;
    json_decref(object);
    if (!text) {
        manners_notice(self, "%s", rnn_status_text(RNN_ERR_MEMORY));
        return MANNERS_FAILED;
    }
    puts(text);
    free(text);
    return manners_finish(self);
}

/* When an earlier write failed, stdio knows that, but no longer why. */
static int reader_is_gone(void) {
    struct pollfd out = {STDOUT_FILENO, POLLOUT, 0};
    return poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP));
}

int manners_finish_after(const command *self, int fault) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return MANNERS_DONE;
    if (!fault)
        fault = errno;
    if (fault == EPIPE || (!fault && reader_is_gone()))
        return MANNERS_DONE;
    fprintf(stderr, "rnn %s: cannot write to standard output: %s\n", self->name,
            fault ? strerror(fault) : "an earlier write failed");
    return MANNERS_IO;
}

int manners_finish(const command *self) {
    return manners_finish_after(self, 0);
}
