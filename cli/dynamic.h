/* SPDX-License-Identifier: MIT
 *
 * dynamic.h - `rnn eval --dynamic`: its options, and what it prints beside the static
 * figure.
 */
#ifndef CLI_DYNAMIC_H
#define CLI_DYNAMIC_H

#include <jansson.h>
#include <stdio.h>

#include "cli/arguments.h"
#include "rnn.h"

typedef struct dynamic_options {
    int on, segment;
    double rate, decay;
} dynamic_options;

const rnn_option *dynamic_table(size_t *count);

/* What the options ask for; `given` is the table's part, its target dynamic_options. */
rnn_dynamics dynamic_settings(const arguments_part *given);

/* A listener that tells of each pair of rates that is tried; its context is the command. */
void dynamic_tell(void *context, double rate, double decay, double nats);

void dynamic_print(FILE *file, const rnn_dynamics_result *result);
/* The same as a JSON object; NULL when memory is short. */
json_t *dynamic_describe(const rnn_dynamics_result *result);

#endif
