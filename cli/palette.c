/* SPDX-License-Identifier: MIT
 *
 * palette.c - see palette.h.
 */
#include "cli/palette.h"

#include <math.h>
#include <stdlib.h>

typedef struct oklab {
    double l, a, b;
} oklab;

/* sRGB, 0xRRGGBB: what a scale begins, passes and ends with, on white and on black. */
static const struct {
    unsigned low, middle, high;
} ends[PALETTE_SCALES][2] = {
    [PALETTE_SIGNED] = {{0x1F5FBF, 0xFFFFFF, 0xE07B00}, {0x4C9BFF, 0x16181D, 0xFF9A2B}},
    [PALETTE_PROBABILITY] = {{0xFFFFFF, 0xF2A3A0, 0xB3122A}, {0x16181D, 0x8C2733, 0xFF6B6B}},
    [PALETTE_CHANGE] = {{0x1F5FBF, 0xFFFFFF, 0xE07B00}, {0x4C9BFF, 0x16181D, 0xFF9A2B}},
    [PALETTE_BITS] = {{0xFFFFFF, 0xF5B041, 0x7A2E00}, {0x16181D, 0x8A4B08, 0xFFD38A}},
};

static double linear(unsigned byte) {
    double x = byte / 255.0;
    return x <= 0.04045 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4);
}

static unsigned char byte_of(double x) {
    double y = x <= 0.0031308 ? 12.92 * x : 1.055 * pow(x, 1 / 2.4) - 0.055;
    return (unsigned char)(y <= 0 ? 0 : y >= 1 ? 255 : y * 255 + 0.5);
}

static oklab to_oklab(unsigned rgb) {
    double r = linear(rgb >> 16), g = linear(rgb >> 8 & 255), b = linear(rgb & 255);
    double l = cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    double m = cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    double s = cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return (oklab){0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
                   1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
                   0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

static palette_color to_color(oklab c) {
    double l = pow(c.l + 0.3963377774 * c.a + 0.2158037573 * c.b, 3);
    double m = pow(c.l - 0.1055613458 * c.a - 0.0638541728 * c.b, 3);
    double s = pow(c.l - 0.0894841775 * c.a - 1.2914855480 * c.b, 3);
    palette_color color = {byte_of(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
                           byte_of(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
                           byte_of(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s), 0};
    double luminance =
        0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue);
    /* Black and white are then equally far away: contrasts of (x + 0.05) / 0.05 and 1.05 /
     * (x + 0.05). */
    color.light = luminance > sqrt(1.05 * 0.05) - 0.05;
    return color;
}

static oklab between(oklab from, oklab to, double share) {
    return (oklab){from.l + (to.l - from.l) * share, from.a + (to.a - from.a) * share,
                   from.b + (to.b - from.b) * share};
}

int palette_zero(palette_scale scale) {
    return scale == PALETTE_SIGNED || scale == PALETTE_CHANGE ? PALETTE_LEVELS / 2 : 0;
}

int palette_adds(palette_scale scale) {
    return scale == PALETTE_BITS || scale == PALETTE_CHANGE;
}

int palette_level(palette_scale scale, double number) {
    double share = scale == PALETTE_SIGNED   ? (number + 1) / 2
                   : scale == PALETTE_BITS   ? number / PALETTE_MOST_BITS
                   : scale == PALETTE_CHANGE ? (number / PALETTE_MOST_CHANGE + 1) / 2
                                             : number;
    if (isnan(share))
        return palette_zero(scale);
    if (share <= 0 || share >= 1)
        return share <= 0 ? 0 : PALETTE_LEVELS - 1;
    return (int)(share * (PALETTE_LEVELS - 1) + 0.5);
}

palette_color palette_color_of(palette_scale scale, int level, int dark) {
    double share = 2.0 * level / (PALETTE_LEVELS - 1);
    oklab low = to_oklab(ends[scale][dark].low), middle = to_oklab(ends[scale][dark].middle);
    oklab high = to_oklab(ends[scale][dark].high);
    return to_color(share < 1 ? between(low, middle, share) : between(middle, high, share - 1));
}

/* -------------------------------------------------------------- 256 colors */

#define RAMP 7

/* From weak to strong; of signed numbers those below 0 and those above. */
static const unsigned char blue[2][RAMP] = {{189, 153, 111, 75, 69, 32, 26},
                                            {17, 18, 19, 25, 26, 32, 39}};
static const unsigned char orange[2][RAMP] = {{230, 223, 222, 216, 215, 208, 172},
                                              {52, 94, 130, 166, 172, 208, 214}};
static const unsigned char red[2][RAMP] = {{224, 217, 210, 203, 167, 160, 124},
                                           {235, 52, 88, 124, 160, 203, 210}};
static const unsigned char brown[2][RAMP] = {{230, 223, 215, 214, 172, 130, 52},
                                             {235, 237, 94, 130, 172, 215, 223}};

static palette_color color_of_256(int number) {
    static const unsigned char steps[6] = {0, 95, 135, 175, 215, 255};
    int at = number - 16;                                /* in a cube of 6 x 6 x 6 */
    unsigned gray = (unsigned)(8 + 10 * (number - 232)); /* behind it 24 grays */
    if (number >= 232)
        return to_color(to_oklab(gray << 16 | gray << 8 | gray));
    oklab same =
        to_oklab((unsigned)steps[at / 36] << 16 | (unsigned)steps[at / 6 % 6] << 8 | steps[at % 6]);
    return to_color(same);
}

int palette_of_256(palette_scale scale, int level, int dark, int *light) {
    int zero = palette_zero(scale), far = abs(level - zero);
    int most = zero ? PALETTE_LEVELS - 1 - zero : PALETTE_LEVELS - 1;
    const unsigned char *ramp = scale == PALETTE_PROBABILITY ? red[dark]
                                : scale == PALETTE_BITS      ? brown[dark]
                                : level < zero               ? blue[dark]
                                                             : orange[dark];
    int number = far == 0 ? (dark ? 16 : 231) : ramp[(far - 1) * RAMP / most];
    *light = color_of_256(number).light;
    return number;
}
