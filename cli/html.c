/* SPDX-License-Identifier: MIT
 *
 * html.c - see html.h.
 */
#include "cli/html.h"

#include <math.h>
#include <string.h>
#include <utf8proc.h>

#include "text/utf8.h"

/* page.css and page.js, by cmake/embed.cmake. */
extern const char page_css[], page_js[];

/* ------------------------------------------------------------------ the page */

static const char letters[PALETTE_SCALES] = {'s', 'p', 'b', 'c'};

static void write_colors(FILE *file, int dark) {
    for (int scale = 0; scale < PALETTE_SCALES; scale++)
        for (int level = 0; level < PALETTE_LEVELS; level++) {
            palette_color c = palette_color_of((palette_scale)scale, level, dark);
            if (level != palette_zero((palette_scale)scale))
                fprintf(file, ".%c%d{background:#%02x%02x%02x;color:#%s}\n", letters[scale], level,
                        c.red, c.green, c.blue, c.light ? "000" : "fff");
        }
}

void html_begin(FILE *file, const char *title) {
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
          /* Whatever the text is, nothing is fetched and nothing sent. */
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
          "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n<title>",
          file);
    html_text(file, title);
    fputs("</title>\n<style>\n", file);
    fputs(page_css, file);
    write_colors(file, 0);
    fputs("@media screen and (prefers-color-scheme:dark){\n", file);
    write_colors(file, 1);
    fputs("}\n</style>\n</head>\n<body>\n", file);
}

void html_end(FILE *file) {
    fputs("<script>\n", file);
    fputs(page_js, file);
    fputs("</script>\n</body>\n</html>\n", file);
}

/* ---------------------------------------------------------------------- text */

static void write_escaped(FILE *file, const char *bytes, size_t count) {
    for (size_t i = 0; i < count; i++)
        switch (bytes[i]) {
        case '&':
            fputs("&amp;", file);
            break;
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        case '"':
            fputs("&quot;", file);
            break;
        case '\'':
            fputs("&#39;", file);
            break;
        default:
            fputc(bytes[i], file);
        }
}

/* Controls would not be HTML, and formats could turn the page's own words around. */
static int shows(uint32_t code) {
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)code);
    return category != UTF8PROC_CATEGORY_CC && category != UTF8PROC_CATEGORY_CF;
}

void html_text(FILE *file, const char *text) {
    size_t left = strlen(text);
    while (left > 0) {
        uint32_t code = 0;
        int length = rnn_utf8_decode((const unsigned char *)text, left, &code);
        if (length > 0 && shows(code))
            write_escaped(file, text, (size_t)length);
        else
            fputs("\xEF\xBF\xBD", file);
        text += length > 0 ? length : 1;
        left -= length > 0 ? (size_t)length : 1;
    }
}

void html_glyph(FILE *file, const glyph *of) {
    write_escaped(file, of->text, strlen(of->text));
}

/* -------------------------------------------------------------------- colors */

const char *html_class(palette_scale scale, double number, char out[8]) {
    int level = palette_level(scale, number);
    out[0] = '\0';
    if (level != palette_zero(scale))
        snprintf(out, 8, " %c%d", letters[scale], level);
    return out;
}

void html_legend(FILE *file, palette_scale scale, const char *low, const char *middle,
                 const char *high) {
    fputs("<p class=\"legend\"><span>", file);
    html_text(file, low);
    fputs("</span>", file);
    for (int level = 0; level < PALETTE_LEVELS; level++) {
        if (middle && level == PALETTE_LEVELS / 2) {
            fputs("<span>", file);
            html_text(file, middle);
            fputs("</span>", file);
            continue;
        }
        fprintf(file, "<i class=\"%c%d\"></i>", letters[scale], level);
    }
    fputs("<span>", file);
    html_text(file, high);
    fputs("</span></p>\n", file);
}

/* ---------------------------------------------------------------------- panes */

double html_pane_number(const html_pane *pane, const glyph *of) {
    return glyphs_number(of, pane->numbers, pane->stride, palette_adds(pane->scale));
}

static void write_number(FILE *file, palette_scale scale, double number) {
    if (isnan(number))
        fputs("the first: nothing predicts it", file);
    else if (scale == PALETTE_BITS)
        fprintf(file, "%.2f bits", number);
    else if (scale == PALETTE_CHANGE)
        fprintf(file, "%+.2f bits", number);
    else if (scale == PALETTE_SIGNED)
        fprintf(file, "%+.2f", number);
    else
        fprintf(file, "%.1f%%", 100 * number);
}

/* The classes of a glyph: stands for something, is marked, has a color. */
static void write_classes(FILE *file, const html_pane *pane, const glyph *of, double number) {
    char name[8];
    const char *color = html_class(pane->scale, number, name);
    int marked = pane->marks && pane->marks[of->first + of->count - 1];
    if (!of->stands && !marked && !*color)
        return;
    fprintf(file, " class=\"%s%s%s\"", of->stands ? "z" : "", marked ? " m" : "", color);
}

void html_pane_draw(FILE *file, const html_pane *pane) {
    fputs("<p class=\"text\" dir=\"auto\">", file);
    for (size_t g = 0; g < pane->glyph_count; g++) {
        const glyph *each = &pane->glyphs[g];
        double number = html_pane_number(pane, each);
        fputs("<i", file);
        write_classes(file, pane, each, number);
        fputs(" data-n=\"", file);
        write_number(file, pane->scale, number);
        fputs("\">", file);
        html_glyph(file, each);
        fputs("</i>", file);
        if (each->newline)
            fputc('\n', file); /* which .text keeps */
    }
    fputs("</p>\n", file);
}

void html_base64(FILE *file, const unsigned char *bytes, size_t count) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < count; i += 3) {
        unsigned long three = (unsigned long)bytes[i] << 16;
        three |= i + 1 < count ? (unsigned long)bytes[i + 1] << 8 : 0;
        three |= i + 2 < count ? bytes[i + 2] : 0;
        fputc(digits[three >> 18], file);
        fputc(digits[three >> 12 & 63], file);
        fputc(i + 1 < count ? digits[three >> 6 & 63] : '=', file);
        fputc(i + 2 < count ? digits[three & 63] : '=', file);
    }
}
