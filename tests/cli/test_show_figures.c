/* SPDX-License-Identifier: MIT
 *
 * test_show_figures.c - the most surprising words of a text, of several scripts.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/show.h"
#include "tests/inference/made_model.h"

/* The words of a text, the one with the most bits first, between bars; each character has a
 * bit, and a little more the earlier it is. Lines stand behind the words that are not in the
 * first one. */
static void check(const char *text, const char *expected) {
    show s = {.model = made_model(text, RNN_CELL_GRU, 2, 0, 0)};
    rnn_error error;
    glyph *glyphs;
    show_word words[SHOW_WORDS];
    char found[1000] = "|";
    assert_int_equal(
        rnn_model_encode(s.model, text, strlen(text), 0, &s.read.symbols, &s.read.count, &error),
        RNN_OK);
    s.read.bits = calloc(s.read.count, sizeof(float));
    for (size_t i = 0; i < s.read.count; i++)
        s.read.bits[i] = i ? 1 - (float)i / 4096 : NAN; /* nothing predicts the first */
    assert_int_equal(
        glyphs_cut(&glyphs, &s.glyph_count, s.model, s.read.symbols, s.read.count, &error), RNN_OK);
    s.glyphs = glyphs;
    size_t count = show_surprising(&s, words);
    for (size_t i = 0; i < count; i++) {
        for (size_t g = words[i].first; g < words[i].first + words[i].count; g++)
            strcat(found, glyphs[g].text);
        if (words[i].line > 1)
            sprintf(found + strlen(found), ":%zu", words[i].line);
        strcat(found, "|");
    }
    assert_string_equal(found, expected);
    rnn_free(glyphs);
    rnn_free(s.read.symbols);
    free(s.read.bits);
    rnn_model_destroy((rnn_model *)s.model);
}

static void test_words_and_signs(void **state) {
    (void)state;
    check("a surprise", "|surprise|a|");
    check("some words, and (signs);", "|words|signs|some|and|);|,|(|");
    check("x don't 'quote' it\xE2\x80\x99s", "|don't|quote|it\xE2\x80\x99s|'|'|x|");
    check("x a_name2 3.5", "|a_name2|3|.|5|x|");
    check("\n\nx\n three\n\nten\n", "|three:4|ten:6|x:3|");
    check(" \n", "|");
}

static void test_blanks_of_any_width(void **state) {
    (void)state;
    check("x four\xC2\xA0"
          "three\xE3\x80\x80"
          "ab\xE2\x80\x89"
          "c",
          "|three|four|ab|c|x|");
}

/* Without blanks a whole clause would be one word. */
static void test_scripts_without_blanks(void **state) {
    (void)state;
    check("x\xE4\xBD\xA0\xE5\xA5\xBD\xEF\xBC\x8C"
          "abc\xE3\x81\xAE",
          "|abc|\xE4\xBD\xA0|\xE5\xA5\xBD|\xEF\xBC\x8C|\xE3\x81\xAE|x|");
}

/* Only the most surprising of many are kept, in order. */
static void test_most(void **state) {
    (void)state;
    check("x a b c d e f g h i j k l m n long", "|long|a|b|c|d|e|f|g|h|i|j|k|");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_and_signs), cmocka_unit_test(test_blanks_of_any_width),
        cmocka_unit_test(test_scripts_without_blanks), cmocka_unit_test(test_most)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
