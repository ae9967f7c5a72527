/* SPDX-License-Identifier: MIT
 *
 * palette.h - the colors that numbers are shown in, on pages and in terminals.
 *
 * Scales of PALETTE_LEVELS backgrounds each, with black or white text on them,
 * whichever is read more easily. They differ in lightness as well as in hue, so that
 * they can be told apart without color vision and in print. Steps are even in Oklab
 * (Ottosson, "A perceptual color space for image processing", 2020).
 */
#ifndef CLI_PALETTE_H
#define CLI_PALETTE_H

#include <stddef.h>

#define PALETTE_LEVELS 21 /* odd: the middle one stands for 0 where numbers have signs */

typedef enum palette_scale {
    PALETTE_SIGNED,      /* -1 to 1: blue, no color, orange */
    PALETTE_PROBABILITY, /* 0 to 1: no color to red */
    PALETTE_BITS,        /* 0 to PALETTE_MOST_BITS: no color to brown */
    PALETTE_CHANGE,      /* -PALETTE_MOST_CHANGE to that, in bits: as PALETTE_SIGNED */
    PALETTE_SCALES,
} palette_scale;

/* From here on surprise has the last color, and so has a change of it. */
#define PALETTE_MOST_BITS   10.0
#define PALETTE_MOST_CHANGE 5.0

typedef struct palette_color {
    unsigned char red, green, blue;
    int light; /* 1: black text is to stand on it */
} palette_color;

/* The level of a number, 0 to PALETTE_LEVELS - 1; what is beyond the scale has its end,
 * and NaN what stands for 0. */
int palette_level(palette_scale scale, double number);

/* The level that stands for 0, which has no color of its own. */
int palette_zero(palette_scale scale);

/* 1: the numbers of several symbols that are shown as one add up, as bits do. */
int palette_adds(palette_scale scale);

/* The color of a level, for dark text on white or for light text on black. */
palette_color palette_color_of(palette_scale scale, int level, int dark);

/* For terminals of 256 colors: the number of a color, of which there are fewer than levels;
 * *light as in palette_color. Of the level that stands for 0 it is black or white. */
int palette_of_256(palette_scale scale, int level, int dark, int *light);

#endif
