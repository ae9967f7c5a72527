/* SPDX-License-Identifier: MIT
 *
 * computing.h - where a model is read and how precisely: the options that all commands
 * share that read one.
 */
#ifndef CLI_COMPUTING_H
#define CLI_COMPUTING_H

#include "cli/command.h"

typedef struct computing {
    int threads;
    int precision; /* rnn_precision */
    const char *cpu, *device;
} computing;

const rnn_option *computing_table(size_t *count);

#endif
