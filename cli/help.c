/* SPDX-License-Identifier: MIT
 *
 * help.c - `rnn help`, and --help of every command.
 */
#include "cli/help.h"

#include <jansson.h>
#include <string.h>

#include "cli/arguments.h"
#include "cli/figures.h"
#include "cli/manners.h"
#include "cli/terminal.h"

#define MOST_GROUPS   16
#define LABEL_COLUMNS 29

static const char *short_alias(const rnn_option *option) {
    for (const rnn_option_alias *alias = option->aliases; alias && alias->name; alias++)
        if (strlen(alias->name) == 1)
            return alias->name;
    return NULL;
}

void help_label(const rnn_option *option, char *out, size_t room) {
    const char *letter = short_alias(option);
    int negative = option->type == RNN_OPTION_FLAG && strcmp(option->fallback, "1") == 0;
    snprintf(out, room, "%s%s%s--%s%s%s%s", letter ? "-" : "", letter ? letter : "",
             letter ? ", " : "", negative ? "no-" : "", option->name, option->metavar ? " " : "",
             option->metavar ? option->metavar : "");
}

void help_sentence(const rnn_option *option, char *out, size_t room) {
    int flag = option->type == RNN_OPTION_FLAG;
    size_t used = (size_t)snprintf(
        out, room, "%s%s", flag && strcmp(option->fallback, "1") == 0 ? "no " : "", option->help);
    if (option->type == RNN_OPTION_CHOICE && used < room) {
        const char *before = ": ", *word;
        size_t length;
        for (size_t i = 0; used < room && (word = rnn_options_choice(option, i, &length)); i++) {
            used += (size_t)snprintf(out + used, room - used, "%s%.*s", before, (int)length, word);
            before = ", ";
        }
    }
    if (!flag && option->fallback[0] && used < room)
        snprintf(out + used, room - used, " [%s]", option->fallback);
}

void help_walk(const command *about, help_visitor visit, void *context) {
    const char *groups[MOST_GROUPS];
    size_t group_count = 0;
    for (size_t i = 0; about->tables[i]; i++) {
        size_t rows;
        const rnn_option *table = about->tables[i](&rows);
        for (size_t j = 0; j < rows; j++) {
            size_t k = 0;
            while (k < group_count && strcmp(groups[k], table[j].group) != 0)
                k++;
            if (k == group_count && k < MOST_GROUPS && !(table[j].marks & RNN_OPTION_HIDDEN))
                groups[group_count++] = table[j].group;
        }
    }
    for (size_t k = 0; k < group_count; k++) {
        int first = 1;
        for (size_t i = 0; about->tables[i]; i++) {
            size_t rows;
            const rnn_option *table = about->tables[i](&rows);
            for (size_t j = 0; j < rows; j++) {
                if (strcmp(table[j].group, groups[k]) || (table[j].marks & RNN_OPTION_HIDDEN))
                    continue;
                visit(context, &table[j], first);
                first = 0;
            }
        }
    }
}

typedef struct page {
    FILE *file;
    size_t width;
} page;

static void print_option(void *context, const rnn_option *option, int first) {
    const page *to = context;
    char label[128], sentence[512];
    if (first)
        fprintf(to->file, "\n%s:\n", option->group);
    help_label(option, label, sizeof label);
    help_sentence(option, sentence, sizeof sentence);
    size_t indent = to->width >= 60 ? LABEL_COLUMNS : 6, column = 2 + strlen(label);
    fprintf(to->file, "  %s", label);
    if (column + 2 > indent) {
        fputc('\n', to->file);
        column = 0;
    }
    figures_wrap(to->file, sentence, to->width, indent, column);
}

static void print_command(const page *to, const command *about) {
    for (size_t i = 0; about->synopses[i]; i++)
        fprintf(to->file, "%s rnn %s%s%s\n", i == 0 ? "Usage:" : "      ", about->name,
                about->synopses[i][0] ? " " : "", about->synopses[i]);
    fputc('\n', to->file);
    figures_wrap(to->file, about->description, to->width, 0, 0);
    help_walk(about, print_option, (void *)to);
    if (!about->examples[0])
        return;
    fputs("\nExamples:\n", to->file);
    for (size_t i = 0; about->examples[i]; i++)
        fprintf(to->file, "  %s\n", about->examples[i]);
}

static void print_list(const page *to) {
    fputs("rnn " RNN_VERSION ": recurrent character-level language models\n\n"
          "Usage: rnn COMMAND [OPTION...] [ARGUMENT...]\n\nCommands:\n",
          to->file);
    for (size_t i = 0; command_list[i]; i++) {
        int column = fprintf(to->file, "  %-12s ", command_list[i]->name);
        figures_wrap(to->file, command_list[i]->summary, to->width, 15, (size_t)column);
    }
    fputs("\nBegin with:\n"
          "  rnn train book.txt --time 3m    learn for three minutes\n"
          "  rnn sample runs/book            write in its style\n\n",
          to->file);
    figures_wrap(to->file,
                 "'rnn help COMMAND' tells what a command does, with all its options. The option "
                 "names of char-rnn and torch-rnn are understood too.",
                 to->width, 0, 0);
}

void help_print(FILE *file, const command *about) {
    page to = {file, terminal_width(file)};
    if (to.width > 100)
        to.width = 100; /* longer lines are hard to read */
    if (to.width < 24)
        to.width = 24;
    if (about)
        print_command(&to, about);
    else
        print_list(&to);
}

/* -------------------------------------------------------------------- JSON */

static const char *const type_names[] = {"flag", "int",      "int64",  "uint64",
                                         "real", "duration", "choice", "text"};

static json_t *words_of(const rnn_option *option) {
    json_t *words = json_array();
    const char *word;
    size_t length;
    for (size_t i = 0; (word = rnn_options_choice(option, i, &length)); i++)
        json_array_append_new(words, json_stringn(word, length));
    return words;
}

static void describe_option(void *context, const rnn_option *option, int first) {
    json_t *list = context, *row = json_object(), *aliases = json_array();
    (void)first;
    json_object_set_new(row, "name", json_string(option->name));
    json_object_set_new(row, "group", json_string(option->group));
    json_object_set_new(row, "type", json_string(type_names[option->type]));
    json_object_set_new(row, "default", json_string(option->fallback));
    json_object_set_new(row, "help", json_string(option->help));
    json_object_set_new(row, "resumable", json_boolean(option->marks & RNN_OPTION_RESUMABLE));
    if (option->type == RNN_OPTION_CHOICE)
        json_object_set_new(row, "choices", words_of(option));
    for (const rnn_option_alias *alias = option->aliases; alias && alias->name; alias++)
        json_array_append_new(aliases, json_string(alias->name));
    json_object_set_new(row, "aliases", aliases);
    json_array_append_new(list, row);
}

static json_t *describe_command(const command *about) {
    json_t *options = json_array();
    help_walk(about, describe_option, options);
    return json_pack("{s:s, s:s, s:o}", "name", about->name, "summary", about->summary, "options",
                     options);
}

static json_t *describe_all(void) {
    json_t *list = json_array();
    for (size_t i = 0; command_list[i]; i++)
        json_array_append_new(list, describe_command(command_list[i]));
    return json_pack("{s:s, s:o}", "version", RNN_VERSION, "commands", list);
}

/* ----------------------------------------------------------------- command */

static int run(const command *self, int argc, char **argv) {
    manners how;
    arguments_part part = {.table = manners_table, .target = &how};
    rnn_error error = {0};
    size_t count;
    if (arguments_parse(&part, 1, argc, argv, &count, &error) != RNN_OK)
        return manners_usage(self, "%s", error.message);
    if (count > 1)
        return manners_usage(self, "one command at a time, not %zu", count);
    const command *about = how.help ? self : NULL;
    if (count == 1) {
        about = command_find(argv[0]);
        if (!about)
            return manners_usage(self, "there is no command '%.100s'", argv[0]);
    }
    if (how.json)
        return manners_print_json(self, about ? describe_command(about) : describe_all());
    help_print(stdout, about);
    return manners_finish(self);
}

const command help_command = {
    "help",
    (const char *const[]){"[COMMAND]", NULL},
    "explain the commands and their options",
    "Lists the commands, or explains one of them with all its options.",
    (const char *const[]){"rnn help train", "rnn help train --json", NULL},
    {manners_table, NULL},
    run,
};
