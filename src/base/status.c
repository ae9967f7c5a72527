/* SPDX-License-Identifier: MIT
 *
 * status.c - the codes' texts, and the filling in of messages.
 */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *rnn_version(void) {
    return RNN_VERSION;
}

const char *rnn_status_text(rnn_status status) {
    switch (status) {
    case RNN_OK:
        return "no error";
    case RNN_ERR_MEMORY:
        return "out of memory";
    case RNN_ERR_IO:
        return "input/output error";
    case RNN_ERR_FORMAT:
        return "bad or corrupt file";
    case RNN_ERR_RANGE:
        return "setting out of range";
    case RNN_ERR_SYMBOL:
        return "unknown character";
    case RNN_ERR_UNSUPPORTED:
        return "not supported by this build";
    case RNN_ERR_DIVERGED:
        return "training diverged";
    }
    return "unknown status";
}

rnn_status rnn_fail(rnn_error *error, rnn_status code, const char *format, ...) {
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
        error->code = code;
    }
    return code;
}

void rnn_error_prefix(rnn_error *error, const char *format, ...) {
    if (!error)
        return;
    rnn_error old = *error;
    char prefix[4352]; /* a path and some words */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(prefix, sizeof prefix, format, arguments);
    va_end(arguments);
    /* Of a path that is too long the end is kept: the file's name. */
    size_t length = strlen(prefix), words = strlen(old.message);
    size_t room = sizeof error->message / 2;
    if (words + sizeof ": " < room)
        room = sizeof error->message - words - sizeof ": ";
    const char *shown = length > room ? prefix + length - (room - 3) : prefix;
    while (((unsigned char)*shown & 0xC0) == 0x80) /* not from within a character on */
        shown++;
    size_t used = (size_t)snprintf(error->message, sizeof error->message,
                                   "%s%.*s: ", length > room ? "..." : "", (int)room, shown);
    size_t left = sizeof error->message - 1 - used;
    memcpy(error->message + used, old.message, words < left ? words : left);
    error->message[used + (words < left ? words : left)] = '\0';
}
