/* SPDX-License-Identifier: MIT
 *
 * terminal.h - what standard error (or output) can show: width, colors, a line
 * that is redrawn.
 */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stddef.h>
#include <stdio.h>

typedef enum terminal_color {
    TERMINAL_COLOR_AUTO = 0,
    TERMINAL_COLOR_ALWAYS,
    TERMINAL_COLOR_NEVER,
} terminal_color;

typedef struct terminal {
    FILE *file;
    int live;  /* a line may be redrawn in place */
    int color; /* escape sequences for colors are welcome */
    int utf8;  /* the locale's encoding is UTF-8 */
} terminal;

/* Looks at the file, TERM, NO_COLOR and the locale's variables. */
terminal terminal_open(FILE *file, int color);

/* Columns: COLUMNS if it is set, else the window's, else 80. */
size_t terminal_width(FILE *file);

typedef enum terminal_style {
    TERMINAL_BOLD,
    TERMINAL_DIM,
    TERMINAL_GREEN,
    TERMINAL_YELLOW,
    TERMINAL_PLAIN, /* ends the others */
} terminal_style;

/* The escape sequence, or "" where colors are not welcome. */
const char *terminal_begin(const terminal *where, terminal_style style);

/* Columns that UTF-8 text takes, an East Asian wide character two. */
size_t terminal_columns(const char *text);

/* Prints text of any origin: control characters but newline and tab, and bytes
 * that are no UTF-8, are shown instead of obeyed. Each line begins with `before`. */
void terminal_print_safely(FILE *file, const char *text, const char *before);

/* Prints the first 64 bytes of a text in quotes, as it is written in C, safely, and a
 * newline; "..." behind it says that there is more. The line begins with `before`. */
void terminal_print_excerpt(FILE *file, const char *text, size_t bytes, const char *before);

#endif
