/* SPDX-License-Identifier: MIT
 *
 * command.h - what a command of the program is: its words for the help, its
 * option tables, its function.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/options.h"

#define COMMAND_MAX_TABLES 8

typedef const rnn_option *(*command_table)(size_t *count);

typedef struct command {
    const char *name;
    const char *const *synopses;                  /* what stands behind "rnn NAME"; ended by NULL */
    const char *summary;                          /* half a line, for the list of commands */
    const char *description;                      /* paragraphs, parted by empty lines */
    const char *const *examples;                  /* whole command lines; ended by NULL */
    command_table tables[COMMAND_MAX_TABLES + 1]; /* in the help's order; ended by NULL */
    /* Arguments are those behind the command's name. Returns the exit code. */
    int (*run)(const struct command *self, int argc, char **argv);
} command;

/* All commands in the help's order, ended by NULL. */
extern const command *const command_list[];

const command *command_find(const char *name);

extern const command train_command, sample_command, eval_command, show_command, neurons_command,
    serve_command, info_command, bench_command, help_command, man_command, completions_command;

#endif
