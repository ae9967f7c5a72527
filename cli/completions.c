/* SPDX-License-Identifier: MIT
 *
 * completions.c - `rnn completions`: what a shell needs to complete a command
 * line, from the option tables.
 */
#include <string.h>

#include "cli/arguments.h"
#include "cli/help.h"
#include "cli/manners.h"

/* "--name", or "--no-name" for a flag that is on by default. */
static void print_long(const rnn_option *option) {
    int negative = option->type == RNN_OPTION_FLAG && strcmp(option->fallback, "1") == 0;
    printf("--%s%s", negative ? "no-" : "", option->name);
}

static void print_choices(const rnn_option *option) {
    const char *word;
    size_t length;
    for (size_t i = 0; (word = rnn_options_choice(option, i, &length)); i++)
        printf("%s%.*s", i ? " " : "", (int)length, word);
}

/* Text inside '...' of a shell; brackets and colons mean something to zsh. */
static void print_quoted(const char *text, const char *escaped) {
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (strchr(escaped, *text))
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

static void print_names(void) {
    for (size_t i = 0; command_list[i]; i++)
        printf("%s%s", i ? " " : "", command_list[i]->name);
}

/* -------------------------------------------------------------------- bash */

static void bash_word(void *context, const rnn_option *option, int first) {
    (void)context;
    (void)first;
    putchar(' ');
    print_long(option);
}

static void bash_value(void *context, const rnn_option *option, int first) {
    const command *about = context;
    (void)first;
    if (option->type == RNN_OPTION_FLAG)
        return;
    printf("    %s,", about->name);
    print_long(option);
    if (option->type == RNN_OPTION_CHOICE) {
        fputs(") words='", stdout);
        print_choices(option);
        fputs("' ;;\n", stdout);
    } else if (option->marks & RNN_OPTION_FILE) {
        fputs(") COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n", stdout);
    } else {
        fputs(") return ;;\n", stdout);
    }
}

static void print_bash(void) {
    fputs("# bash completion for rnn\n_rnn() {\n"
          "  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
          "  local command=${COMP_WORDS[1]} words=\n  COMPREPLY=()\n"
          "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    COMPREPLY=($(compgen -W '",
          stdout);
    print_names();
    fputs(" --help --version' -- \"$current\"))\n    return\n  fi\n"
          "  case $command,$before in\n",
          stdout);
    for (size_t i = 0; command_list[i]; i++)
        help_walk(command_list[i], bash_value, (void *)command_list[i]);
    fputs("    help,*|man,*) words='", stdout);
    print_names();
    fputs("' ;;\n    completions,*) words='bash zsh fish' ;;\n  esac\n"
          "  if [ -z \"$words\" ]; then\n    case $current in\n    -*) case $command in\n",
          stdout);
    for (size_t i = 0; command_list[i]; i++) {
        printf("      %s) words='", command_list[i]->name);
        help_walk(command_list[i], bash_word, NULL);
        fputs("' ;;\n", stdout);
    }
    fputs("      esac ;;\n    *) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n"
          "    esac\n  fi\n  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n}\n"
          "complete -o filenames -F _rnn rnn\n",
          stdout);
}

/* --------------------------------------------------------------------- zsh */

static void zsh_option(void *context, const rnn_option *option, int first) {
    (void)context;
    (void)first;
    fputs(" \\\n      '", stdout);
    print_long(option);
    putchar('[');
    print_quoted(option->help, "[]:\\");
    putchar(']');
    if (option->type != RNN_OPTION_FLAG) {
        printf(":%s:", option->metavar ? option->metavar : "VALUE");
        if (option->type == RNN_OPTION_CHOICE) {
            putchar('(');
            print_choices(option);
            putchar(')');
        } else if (option->marks & RNN_OPTION_FILE) {
            fputs("_files", stdout);
        }
    }
    putchar('\'');
}

static void print_zsh(void) {
    fputs("#compdef rnn\n_rnn() {\n  if (( CURRENT == 2 )); then\n    local -a commands\n"
          "    commands=(",
          stdout);
    for (size_t i = 0; command_list[i]; i++) {
        printf("\n      '%s:", command_list[i]->name);
        print_quoted(command_list[i]->summary, ":\\");
        putchar('\'');
    }
    fputs(")\n    _describe command commands\n    return\n  fi\n"
          "  local command=$words[2]\n  shift words\n  (( CURRENT-- ))\n  case $command in\n",
          stdout);
    for (size_t i = 0; command_list[i]; i++) {
        const char *name = command_list[i]->name;
        printf("  %s)\n    _arguments", name);
        help_walk(command_list[i], zsh_option, NULL);
        fputs(" \\\n      '*:", stdout);
        if (strcmp(name, "completions") == 0) {
            fputs("shell:(bash zsh fish)", stdout);
        } else if (strcmp(name, "help") == 0 || strcmp(name, "man") == 0) {
            fputs("command:(", stdout);
            print_names();
            putchar(')');
        } else {
            fputs("file:_files", stdout);
        }
        fputs("' ;;\n", stdout);
    }
    fputs("  esac\n}\n_rnn \"$@\"\n", stdout);
}

/* -------------------------------------------------------------------- fish */

static void fish_option(void *context, const rnn_option *option, int first) {
    const command *about = context;
    int negative = option->type == RNN_OPTION_FLAG && strcmp(option->fallback, "1") == 0;
    (void)first;
    printf("complete -c rnn -n '__fish_seen_subcommand_from %s' -l %s%s", about->name,
           negative ? "no-" : "", option->name);
    if (option->type == RNN_OPTION_CHOICE) {
        fputs(" -x -a '", stdout);
        print_choices(option);
        putchar('\'');
    } else if (option->type != RNN_OPTION_FLAG) {
        fputs(option->marks & RNN_OPTION_FILE ? " -r" : " -x", stdout);
    }
    /* Between '' fish obeys a backslash before ' and itself alone. */
    fputs(" -d '", stdout);
    for (const char *c = option->help; *c; c++) {
        if (*c == '\'' || *c == '\\')
            putchar('\\');
        putchar(*c);
    }
    fputs("'\n", stdout);
}

static void print_fish(void) {
    fputs("# fish completion for rnn\n", stdout);
    for (size_t i = 0; command_list[i]; i++) {
        printf("complete -c rnn -f -n __fish_use_subcommand -a %s -d '", command_list[i]->name);
        print_quoted(command_list[i]->summary, "");
        fputs("'\n", stdout);
    }
    for (size_t i = 0; command_list[i]; i++)
        help_walk(command_list[i], fish_option, (void *)command_list[i]);
    fputs("complete -c rnn -n '__fish_seen_subcommand_from help man' -f -a '", stdout);
    print_names();
    fputs("'\ncomplete -c rnn -n '__fish_seen_subcommand_from completions' -f -a "
          "'bash zsh fish'\n",
          stdout);
}

/* ----------------------------------------------------------------- command */

static int run(const command *self, int argc, char **argv) {
    manners how = {0};
    arguments_part part = {.table = manners_help_table, .target = &how};
    rnn_error error = {0};
    size_t count;
    if (arguments_parse(&part, 1, argc, argv, &count, &error) != RNN_OK)
        return manners_usage(self, "%s", error.message);
    if (how.help)
        help_print(stdout, self);
    else if (count != 1)
        return manners_usage(self, "which shell: bash, zsh or fish?");
    else if (strcmp(argv[0], "bash") == 0)
        print_bash();
    else if (strcmp(argv[0], "zsh") == 0)
        print_zsh();
    else if (strcmp(argv[0], "fish") == 0)
        print_fish();
    else
        return manners_usage(self, "there are completions for bash, zsh and fish, not '%.100s'",
                             argv[0]);
    return manners_finish(self);
}

const command completions_command = {
    "completions",
    (const char *const[]){"bash|zsh|fish", NULL},
    "print completions for a shell",
    "Prints a script that teaches a shell the commands and options of rnn.",
    (const char *const[]){"rnn completions bash > ~/.local/share/bash-completion/completions/rnn",
                          "rnn completions zsh > \"${fpath[1]}/_rnn\"",
                          "rnn completions fish > ~/.config/fish/completions/rnn.fish", NULL},
    {manners_help_table, NULL},
    run,
};
