/* SPDX-License-Identifier: MIT
 *
 * html.h - a page in one file, without network access, and text on it that is colored by
 * numbers. Light and dark as the reader's system is; in print light.
 *
 *   html_begin, html_pane ..., html_end
 *
 * All text goes through html_text or glyphs, so that no text can become markup.
 */
#ifndef CLI_HTML_H
#define CLI_HTML_H

#include <stdio.h>

#include "cli/glyphs.h"
#include "cli/palette.h"

/* Everything up to the page's heading; the page may run its own script. */
void html_begin(FILE *file, const char *title);
void html_end(FILE *file);

/* Text of any origin as text: escaped, controls and what is no UTF-8 replaced. */
void html_text(FILE *file, const char *text);

/* A glyph as text: escaped, but already safe otherwise. */
void html_glyph(FILE *file, const glyph *of);

/* The colors of a scale from end to end, with words for its ends and, where there is one,
 * its middle. */
void html_legend(FILE *file, palette_scale scale, const char *low, const char *middle,
                 const char *high);

/* The name of a level's color as a class, with a space in front, or nothing where it has none
 * of its own: " s12". */
const char *html_class(palette_scale scale, double number, char out[8]);

/* Text colored by a number for each symbol. Of a glyph that shows several symbols it is the
 * last one's, which has seen them all; of bits their sum. */
typedef struct html_pane {
    const glyph *glyphs;
    size_t glyph_count;
    const float *numbers; /* of symbol i: numbers[i * stride] */
    size_t stride;
    palette_scale scale;
    const uint8_t *marks; /* NULL, or of symbol i: 1 where it is underlined */
} html_pane;

double html_pane_number(const html_pane *pane, const glyph *of);

/* A paragraph of it. Hovering shows the numbers. */
void html_pane_draw(FILE *file, const html_pane *pane);

/* Bytes in base64, for data that the page's script reads. */
void html_base64(FILE *file, const unsigned char *bytes, size_t count);

#endif
