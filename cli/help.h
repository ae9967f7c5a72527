/* SPDX-License-Identifier: MIT
 *
 * help.h - what the option tables say, for reading in a terminal.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "cli/command.h"

/* One command, or with NULL the list of all. */
void help_print(FILE *file, const command *about);

/* "--hidden-size N", "--no-bias", "-q, --quiet": how help and manual show it. */
void help_label(const rnn_option *option, char *out, size_t room);

/* What a value means, with choices and the default: one sentence. */
void help_sentence(const rnn_option *option, char *out, size_t room);

/* Walks over the visible options of a command, group by group: calls visit with
 * each, `first` 1 where a group begins. */
typedef void (*help_visitor)(void *context, const rnn_option *option, int first);
void help_walk(const command *about, help_visitor visit, void *context);

#endif
