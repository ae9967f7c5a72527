/* SPDX-License-Identifier: MIT
 *
 * command.c - the list of commands.
 */
#include "cli/command.h"

#include <string.h>

const command *const command_list[] = {&train_command, &sample_command,      &eval_command,
                                       &show_command,  &neurons_command,     &serve_command,
                                       &info_command,  &bench_command,       &help_command,
                                       &man_command,   &completions_command, NULL};

const command *command_find(const char *name) {
    for (size_t i = 0; command_list[i]; i++)
        if (strcmp(command_list[i]->name, name) == 0)
            return command_list[i];
    return NULL;
}
