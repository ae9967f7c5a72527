/* SPDX-License-Identifier: MIT
 *
 * language_guess.c - which language a text seems to be written in.
 *
 * Each has a mark that the others hardly know: a command in LaTeX, a link in MediaWiki, a
 * key in JSON, a line of C that ends a statement or has to do with a block. What counts is
 * how often they stand there; the limits lie far below what texts of the language have and
 * far above what others have.
 */
#include "structure/language.h"

typedef struct marks {
    size_t lines;      /* that are not empty */
    size_t statements; /* of them, those that end with ; { or } */
    size_t commands;   /* \ and two letters; "\n" is C's */
    size_t links;      /* [[ */
    size_t keys;       /* ": */
} marks;

static marks count(const char *text, size_t bytes) {
    marks found = {0};
    char earlier = 0, before = 0, last = 0; /* last: of the line, blanks apart */
    for (size_t i = 0; i < bytes; i++) {
        char c = text[i];
        found.commands += earlier == '\\' && rnn_language_is_letter((unsigned char)before) &&
                          rnn_language_is_letter((unsigned char)c);
        found.links += before == '[' && c == '[';
        found.keys += before == '"' && c == ':';
        if (c == '\n') {
            found.lines += last != 0;
            found.statements += last == ';' || last == '{' || last == '}';
            last = 0;
        } else if (!rnn_language_is_blank((unsigned char)c)) {
            last = c;
        }
        earlier = before;
        before = c;
    }
    return found;
}

const rnn_language *rnn_language_guess(const char *text, size_t bytes) {
    marks found = count(text, bytes);
    if (found.keys * 100 > bytes)
        return &rnn_language_json;
    if (found.commands * 100 > bytes)
        return &rnn_language_latex;
    if (found.statements * 5 > found.lines)
        return &rnn_language_c;
    if (found.links * 2000 > bytes)
        return &rnn_language_wiki;
    return &rnn_language_quotes;
}
