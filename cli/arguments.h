/* SPDX-License-Identifier: MIT
 *
 * arguments.h - reads a command line into the structs of option tables.
 *
 * --name value, --name=value, --flag, --no-flag; names with - or _ and with one
 * dash or two (the peers write -rnn_size); a flag with one dash may be followed
 * by 0 or 1, as in Torch. Options and other arguments may be mixed; behind --
 * there are no options. "-" is no option.
 */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include "cli/command.h"

#define ARGUMENTS_MOST_ROWS 96 /* in one table */

enum { ARGUMENTS_ABSENT = 0, ARGUMENTS_GIVEN = 1, ARGUMENTS_IMPLIED = 2 };

/* One table, the struct that it fills, and which rows have been met. */
typedef struct arguments_part {
    command_table table;
    void *target;
    unsigned char given[ARGUMENTS_MOST_ROWS]; /* ARGUMENTS_*, by arguments_parse */
} arguments_part;

/* Fills the defaults of all parts and then reads argv. What is no option is moved
 * to the front of argv, *count of them. RNN_ERR_RANGE with the message. */
rnn_status arguments_parse(arguments_part *parts, size_t part_count, int argc, char **argv,
                           size_t *count, rnn_error *error);

/* 1 if the option of that name was given (or implied) in a part. */
int arguments_given(const arguments_part *part, const char *name);

#endif
