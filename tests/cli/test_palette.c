/* SPDX-License-Identifier: MIT
 *
 * test_palette.c - numbers to levels, and colors that text can be read on and that are told
 * apart in black and white.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/palette.h"

#define LEAST_CONTRAST 4.5 /* of small text: WCAG 2, level AA */

static void test_levels(void **state) {
    (void)state;
    int last = PALETTE_LEVELS - 1, middle = PALETTE_LEVELS / 2;
    assert_int_equal(palette_level(PALETTE_SIGNED, -1), 0);
    assert_int_equal(palette_level(PALETTE_SIGNED, 0), middle);
    assert_int_equal(palette_level(PALETTE_SIGNED, 0.04), middle);
    assert_int_equal(palette_level(PALETTE_SIGNED, -0.06), middle - 1);
    assert_int_equal(palette_level(PALETTE_SIGNED, 1), last);
    assert_int_equal(palette_level(PALETTE_SIGNED, 7), last);
    assert_int_equal(palette_level(PALETTE_SIGNED, -INFINITY), 0);
    assert_int_equal(palette_level(PALETTE_SIGNED, NAN), middle);
    assert_int_equal(palette_level(PALETTE_PROBABILITY, 0.5), middle);
    assert_int_equal(palette_level(PALETTE_BITS, NAN), 0);
    assert_int_equal(palette_level(PALETTE_BITS, PALETTE_MOST_BITS), last);
    assert_int_equal(palette_level(PALETTE_BITS, 1000), last);
    assert_int_equal(palette_level(PALETTE_CHANGE, -PALETTE_MOST_CHANGE), 0);
    assert_int_equal(palette_level(PALETTE_CHANGE, 0), middle);
    for (int scale = 0; scale < PALETTE_SCALES; scale++)
        assert_int_equal(palette_level((palette_scale)scale, 0),
                         palette_zero((palette_scale)scale));
}

/* ------------------------------------------------------------------- colors */

static double luminance(int red, int green, int blue) {
    int bytes[3] = {red, green, blue};
    static const double weights[3] = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        double x = bytes[i] / 255.0;
        sum += weights[i] * (x <= 0.04045 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4));
    }
    return sum;
}

static double contrast(double a, double b) {
    return a > b ? (a + 0.05) / (b + 0.05) : (b + 0.05) / (a + 0.05);
}

static void test_text_can_be_read(void **state) {
    (void)state;
    for (int scale = 0; scale < PALETTE_SCALES; scale++)
        for (int dark = 0; dark < 2; dark++)
            for (int level = 0; level < PALETTE_LEVELS; level++) {
                palette_color c = palette_color_of((palette_scale)scale, level, dark);
                double here = luminance(c.red, c.green, c.blue);
                if (!(contrast(here, c.light ? 0 : 1) >= LEAST_CONTRAST))
                    fail_msg("scale %d, level %d: contrast %g", scale, level,
                             contrast(here, c.light ? 0 : 1));
            }
}

/* A step further from 0 is always further from the page's own color in lightness, so that
 * hue is not needed to see how much. */
static void test_lightness_tells(void **state) {
    (void)state;
    for (int scale = 0; scale < PALETTE_SCALES; scale++)
        for (int dark = 0; dark < 2; dark++) {
            int zero = palette_zero((palette_scale)scale);
            for (int side = -1; side <= 1; side += 2) {
                double before = dark ? -1 : 2;
                for (int level = zero; level >= 0 && level < PALETTE_LEVELS; level += side) {
                    palette_color c = palette_color_of((palette_scale)scale, level, dark);
                    double here = luminance(c.red, c.green, c.blue);
                    assert_true(dark ? here > before : here < before);
                    before = here;
                }
            }
        }
}

/* Blue below zero, orange above, for all kinds of color vision. */
static void test_signs_have_hues(void **state) {
    (void)state;
    for (int dark = 0; dark < 2; dark++) {
        palette_color low = palette_color_of(PALETTE_SIGNED, 0, dark);
        palette_color high = palette_color_of(PALETTE_SIGNED, PALETTE_LEVELS - 1, dark);
        assert_true(low.blue > low.red && high.red > high.blue);
    }
    palette_color none = palette_color_of(PALETTE_SIGNED, PALETTE_LEVELS / 2, 0);
    assert_true(none.red == 255 && none.green == 255 && none.blue == 255 && none.light);
}

static void test_256_colors(void **state) {
    (void)state;
    static const int steps[6] = {0, 95, 135, 175, 215, 255};
    for (int scale = 0; scale < PALETTE_SCALES; scale++)
        for (int dark = 0; dark < 2; dark++)
            for (int level = 0; level < PALETTE_LEVELS; level++) {
                int light, number = palette_of_256((palette_scale)scale, level, dark, &light);
                int at = number - 16, gray = 8 + 10 * (number - 232);
                assert_true(number >= 16 && number < 256);
                double here = number >= 232
                                  ? luminance(gray, gray, gray)
                                  : luminance(steps[at / 36], steps[at / 6 % 6], steps[at % 6]);
                assert_true(contrast(here, light ? 0 : 1) >= LEAST_CONTRAST);
            }
    int light;
    assert_int_not_equal(palette_of_256(PALETTE_SIGNED, 0, 1, &light),
                         palette_of_256(PALETTE_SIGNED, PALETTE_LEVELS - 1, 1, &light));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels), cmocka_unit_test(test_text_can_be_read),
        cmocka_unit_test(test_lightness_tells), cmocka_unit_test(test_signs_have_hues),
        cmocka_unit_test(test_256_colors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
