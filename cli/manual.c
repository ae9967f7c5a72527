/* SPDX-License-Identifier: MIT
 *
 * manual.c - `rnn man`: manual pages in roff, from the same words as the help.
 */
#include <string.h>

#include "cli/arguments.h"
#include "cli/help.h"
#include "cli/manners.h"

/* Text with what roff would obey made plain. A line break is `newline`. */
static void print_roff(const char *text, const char *newline) {
    int start = 1;
    for (; *text; text++) {
        if (start && (*text == '.' || *text == '\''))
            fputs("\\&", stdout);
        start = *text == '\n';
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else if (*text == '\'')
            fputs("\\(aq", stdout);
        else if (*text == '\n')
            fputs(newline, stdout);
        else
            putchar(*text);
    }
}

static void print_paragraphs(const char *text) {
    while (*text) {
        const char *end = strstr(text, "\n\n");
        char paragraph[2048];
        size_t length = end ? (size_t)(end - text) : strlen(text);
        snprintf(paragraph, sizeof paragraph, "%.*s", (int)length, text);
        fputs(".PP\n", stdout);
        print_roff(paragraph, "\n");
        putchar('\n');
        text += length;
        text += strspn(text, "\n");
    }
}

static void print_option(void *context, const rnn_option *option, int first) {
    char label[128], sentence[512], allowed[256];
    (void)context;
    if (first) {
        printf(".SS ");
        print_roff(option->group, " ");
        putchar('\n');
    }
    help_label(option, label, sizeof label);
    help_sentence(option, sentence, sizeof sentence);
    fputs(".TP\n.B ", stdout);
    print_roff(label, " ");
    putchar('\n');
    print_roff(sentence, "\n");
    fputs(".\n", stdout);
    if (option->type != RNN_OPTION_FLAG && option->type != RNN_OPTION_TEXT &&
        option->type != RNN_OPTION_CHOICE) {
        rnn_options_describe(option, allowed, sizeof allowed);
        fputs("Takes ", stdout);
        print_roff(allowed, " ");
        fputs(".\n", stdout);
    }
    const char *before = "Also known as ";
    for (const rnn_option_alias *alias = option->aliases; alias && alias->name; alias++) {
        if (strlen(alias->name) == 1)
            continue;
        fputs(before, stdout);
        fputs("\\-\\-", stdout);
        print_roff(alias->name, " ");
        before = ", ";
    }
    if (*before == ',')
        fputs(".\n", stdout);
}

static void print_title(const char *name, const char *summary) {
    fputs(".TH ", stdout);
    for (const char *c = name; *c; c++)
        putchar(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    fputs(" 1 \"\" \"rnn " RNN_VERSION "\" \"User Commands\"\n.SH NAME\n", stdout);
    print_roff(name, " ");
    fputs(" \\- ", stdout);
    print_roff(summary, " ");
    putchar('\n');
}

static void print_exit_codes(void) {
    static const char *const codes[][2] = {
        {"0", "done"},
        {"1",
         "it failed while running: memory, a character that the model does not know, or what this "
         "machine or build cannot do"},
        {"2", "the command line is wrong, or asks for what this text or model does not have"},
        {"3", "a file is corrupt or not what it should be"},
        {"4", "a file could not be read or written, or the disk is full"},
        {"5", "training diverged and could not recover"},
        {"130, 143", "stopped by SIGINT, SIGTERM; what is in training is saved first"},
    };
    fputs(".SH EXIT STATUS\n", stdout);
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        printf(".TP\n.B %s\n", codes[i][0]);
        print_roff(codes[i][1], " ");
        putchar('\n');
    }
}

static void print_environment(void) {
    fputs(".SH ENVIRONMENT\n.TP\n.B OMP_NUM_THREADS\nthe default of \\-\\-threads\n"
          ".TP\n.B RNN_CPU\nthe default of \\-\\-cpu\n"
          ".TP\n.B RNN_EMULATE_BF16\nif set, train \\-\\-precision bf16 also computes in "
          "it where it is slow\n"
          ".TP\n.B TMPDIR\nwhere eval, show, neurons, serve, sample \\-\\-novelty and "
          "\\-\\-new\\-only, and the closing words of train keep a text meanwhile, otherwise /tmp; "
          "name a disk where that is memory\n"
          ".TP\n.B COLORTERM\ntruecolor or 24bit: show uses 24-bit colors\n"
          ".TP\n.B COLORFGBG\nwhether the background is dark, for show \\-\\-theme auto\n"
          ".TP\n.B NO_COLOR\nif set, no colors\n.TP\n.B COLUMNS\nthe width of the terminal\n",
          stdout);
}

static void print_page(const command *about) {
    char name[64];
    snprintf(name, sizeof name, "rnn-%s", about->name);
    print_title(name, about->summary);
    fputs(".SH SYNOPSIS\n", stdout);
    for (size_t i = 0; about->synopses[i]; i++) {
        printf("%s.B rnn %s\n", i > 0 ? ".br\n" : "", about->name);
        print_roff(about->synopses[i], " ");
        putchar('\n');
    }
    fputs(".SH DESCRIPTION\n", stdout);
    print_paragraphs(about->description);
    fputs(".SH OPTIONS\n", stdout);
    help_walk(about, print_option, NULL);
    if (about->examples[0])
        fputs(".SH EXAMPLES\n", stdout);
    for (size_t i = 0; about->examples[i]; i++) {
        fputs(".PP\n.nf\n", stdout);
        print_roff(about->examples[i], "\n");
        fputs("\n.fi\n", stdout);
    }
    print_exit_codes();
    print_environment();
    fputs(".SH SEE ALSO\n.BR rnn (1)\n", stdout);
}

static void print_overview(void) {
    print_title("rnn", "recurrent character-level language models");
    fputs(".SH SYNOPSIS\n.B rnn\nCOMMAND [OPTION...] [ARGUMENT...]\n.SH DESCRIPTION\n", stdout);
    print_paragraphs("Reads text and learns to write more of it, a character at a time.");
    fputs(".SH COMMANDS\n", stdout);
    for (size_t i = 0; command_list[i]; i++) {
        printf(".TP\n.BR rnn\\-%s (1)\n", command_list[i]->name);
        print_roff(command_list[i]->summary, " ");
        putchar('\n');
    }
    fputs(".SH FILES\n.TP\n.I runs/NAME\n", stdout);
    print_roff("what a training run writes: model.safetensors (the best by validation), "
               "last.safetensors, resume.safetensors, log.jsonl and samples.txt",
               " ");
    putchar('\n');
    print_exit_codes();
    print_environment();
}

static int run(const command *self, int argc, char **argv) {
    manners how = {0};
    arguments_part part = {.table = manners_help_table, .target = &how};
    rnn_error error = {0};
    size_t count;
    if (arguments_parse(&part, 1, argc, argv, &count, &error) != RNN_OK)
        return manners_usage(self, "%s", error.message);
    if (count > 1)
        return manners_usage(self, "one command at a time, not %zu", count);
    const command *about = count == 1 ? command_find(argv[0]) : NULL;
    if (count == 1 && !about)
        return manners_usage(self, "there is no command '%.100s'", argv[0]);
    if (how.help)
        help_print(stdout, self);
    else if (about)
        print_page(about);
    else
        print_overview();
    return manners_finish(self);
}

const command man_command = {
    "man",
    (const char *const[]){"[COMMAND]", NULL},
    "print a manual page in roff",
    "Prints the manual page of rnn, or of one command, as roff on standard output.",
    (const char *const[]){"rnn man train | man -l -", NULL},
    {manners_help_table, NULL},
    run,
};
