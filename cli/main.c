/* SPDX-License-Identifier: MIT
 *
 * main.c - the program: finds the command and runs it.
 */
#include <signal.h>
#include <string.h>

#include "cli/help.h"
#include "cli/manners.h"

static const command *nearest_command(const char *name) {
    const command *nearest = NULL;
    size_t least = 3;
    for (size_t i = 0; command_list[i]; i++) {
        size_t distance = rnn_options_distance(command_list[i]->name, name);
        if (distance < least) {
            least = distance;
            nearest = command_list[i];
        }
    }
    return nearest;
}

int main(int argc, char **argv) {
    /* A reader that has had enough is told from a full disk by EPIPE, a file that may not grow
     * (ulimit -f) by EFBIG. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (argc < 2) {
        help_print(stderr, NULL);
        return MANNERS_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        printf("rnn %s\n", rnn_version());
        return manners_finish(&help_command);
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    const command *chosen = command_find(name);
    if (chosen)
        return chosen->run(chosen, argc - 2, argv + 2);
    const command *nearest = nearest_command(name);
    if (nearest)
        fprintf(stderr, "rnn: there is no command '%.100s': did you mean '%s'?\n", name,
                nearest->name);
    else
        fprintf(stderr, "rnn: there is no command '%.100s' (see 'rnn help')\n", name);
    return MANNERS_USAGE;
}
