/* SPDX-License-Identifier: MIT
 *
 * manners.h - what all commands share: the options --help, --quiet, --json and
 * --color, how an error is told, and which exit code it has.
 */
#ifndef CLI_MANNERS_H
#define CLI_MANNERS_H

#include <jansson.h>
#include <stdio.h>

#include "cli/command.h"

enum {
    MANNERS_DONE = 0,
    MANNERS_FAILED = 1,
    MANNERS_USAGE = 2,
    MANNERS_BAD_FILE = 3,
    MANNERS_IO = 4,
    MANNERS_DIVERGED = 5,
    MANNERS_SIGNAL = 128, /* plus the signal's number */
};

typedef struct manners {
    int help, quiet, json;
    int color; /* terminal_color */
} manners;

const rnn_option *manners_table(size_t *count);
/* --help alone, for commands that print a text and nothing else. */
const rnn_option *manners_help_table(size_t *count);

/* The exit code of a status. */
int manners_exit_code(rnn_status status);

/* Prints "rnn NAME: message" on stderr; returns the error's exit code. */
int manners_fail(const command *self, const rnn_error *error);

/* The same for a wrong command line; points to the help. Returns MANNERS_USAGE. */
int manners_usage(const command *self, const char *format, ...) RNN_PRINTF(2, 3);

/* Prints "rnn NAME: message" on stderr, for what is no error. */
void manners_notice(const command *self, const char *format, ...) RNN_PRINTF(2, 3);

/* Prints a JSON object (NULL: memory was short) on stdout, releases it and
 * finishes as below. */
int manners_print_json(const command *self, json_t *object);

/* Flushes stdout and tells whether everything arrived: MANNERS_DONE, also when
 * the reader of a pipe has had enough, else MANNERS_IO with a message. */
int manners_finish(const command *self);
/* The same where a write may have failed with the errno `fault`. */
int manners_finish_after(const command *self, int fault);

#endif
