/* SPDX-License-Identifier: MIT
 *
 * terminal.c - see terminal.h.
 */
#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>

static int locale_is_utf8(void) {
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (!value || !*value)
            continue;
        const char *dot = strchr(value, '.');
        return dot && (strncasecmp(dot, ".UTF-8", 6) == 0 || strncasecmp(dot, ".utf8", 5) == 0);
    }
    return 0;
}

terminal terminal_open(FILE *file, int color) {
    const char *kind = getenv("TERM"), *plain = getenv("NO_COLOR");
    int able = isatty(fileno(file)) && kind && *kind && strcmp(kind, "dumb") != 0;
    terminal where = {file, able, 0, locale_is_utf8()};
    if (color == TERMINAL_COLOR_ALWAYS)
        where.color = 1;
    else if (color == TERMINAL_COLOR_AUTO)
        where.color = able && !(plain && *plain);
    return where;
}

size_t terminal_width(FILE *file) {
    const char *columns = getenv("COLUMNS");
    if (columns) {
        long width = strtol(columns, NULL, 10);
        if (width > 0 && width < 10000)
            return (size_t)width;
    }
    struct winsize size;
    if (ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

const char *terminal_begin(const terminal *where, terminal_style style) {
    static const char *const sequences[] = {"\x1b[1m", "\x1b[2m", "\x1b[32m", "\x1b[33m",
                                            "\x1b[0m"};
    return where->color ? sequences[style] : "";
}

size_t terminal_columns(const char *text) {
    size_t columns = 0, left = strlen(text);
    while (left > 0) {
        utf8proc_int32_t point;
        utf8proc_ssize_t length =
            utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)left, &point);
        if (length < 1) {
            length = 1;
            point = '?';
        }
        int width = utf8proc_charwidth(point);
        columns += width > 0 ? (size_t)width : 0;
        text += length;
        left -= (size_t)length;
    }
    return columns;
}

void terminal_print_safely(FILE *file, const char *text, const char *before) {
    size_t left = strlen(text);
    fputs(before, file);
    while (left > 0) {
        utf8proc_int32_t point;
        utf8proc_ssize_t length =
            utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)left, &point);
        if (length < 1) {
            fprintf(file, "\\x%02x", (unsigned)(unsigned char)*text);
            length = 1;
        } else if (point == '\n') {
            fputc('\n', file);
            if (left > 1)
                fputs(before, file);
        } else if (point != '\t' && utf8proc_category(point) == UTF8PROC_CATEGORY_CC) {
            fprintf(file, "\\x%02x", (unsigned)point);
        } else {
            fwrite(text, 1, (size_t)length, file);
        }
        text += length;
        left -= (size_t)length;
    }
}

void terminal_print_excerpt(FILE *file, const char *text, size_t bytes, const char *before) {
    enum { MOST = 64 };
    char out[2 * MOST + 2] = "\"";
    size_t used = 1, shown = bytes < MOST ? bytes : MOST;
    /* No character is cut. */
    while (shown > 0 && shown < bytes && ((unsigned char)text[shown] & 0xC0) == 0x80)
        shown--;
    for (size_t i = 0; i < shown; i++) {
        static const char plain[] = "\n\t\r\0\\\"", escaped[] = "ntr0\\\"";
        const char *at = memchr(plain, text[i], sizeof plain - 1);
        if (at)
            out[used++] = '\\';
        out[used++] = at ? escaped[at - plain] : text[i];
    }
    out[used] = '\0';
    terminal_print_safely(file, out, before);
    fputs(shown < bytes ? "\" ...\n" : "\"\n", file);
}
