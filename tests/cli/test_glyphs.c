/* SPDX-License-Identifier: MIT
 *
 * test_glyphs.c - text cut into what is shown, of friendly and hostile text; and pages and
 * terminals that such text cannot act upon.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "cli/html.h"
#include "cli/painter.h"
#include "tests/model/made_model.h"

/* A model of all bytes, so that any text can be shown; or of the characters listed. */
static rnn_model *bytes_model(void) {
    static char json[4096];
    size_t used = (size_t)snprintf(json, sizeof json,
                                   "{\"units\":\"bytes\",\"open\":false,\"normalize\":\"none\","
                                   "\"symbols\":[");
    for (int i = 0; i < 256; i++)
        used += (size_t)snprintf(json + used, sizeof json - used,
                                 i < 128 ? "%s\"\\u%04x\"" : "%s%d", i ? "," : "", i);
    snprintf(json + used, sizeof json - used, "]}");
    return made_model(RNN_CELL_LSTM, 1, 4, 0, 1, 0, json);
}

typedef struct cut {
    rnn_model *model;
    glyph *glyphs;
    size_t count, symbols;
} cut;

static cut cut_text(const char *text, size_t bytes) {
    cut c = {.model = bytes_model()};
    int32_t *symbols = calloc(bytes + 1, sizeof *symbols);
    for (size_t i = 0; i < bytes; i++)
        symbols[i] = (unsigned char)text[i];
    c.symbols = bytes;
    assert_int_equal(glyphs_cut(&c.glyphs, &c.count, c.model, symbols, bytes, NULL), RNN_OK);
    free(symbols);
    /* Each symbol is in one glyph, in order. */
    size_t at = 0;
    for (size_t i = 0; i < c.count; i++) {
        assert_int_equal(c.glyphs[i].first, at);
        assert_true(c.glyphs[i].count > 0 && c.glyphs[i].columns > 0);
        assert_true(strlen(c.glyphs[i].text) < GLYPH_BYTES);
        at += c.glyphs[i].count;
    }
    assert_int_equal(at, bytes);
    return c;
}

static void free_cut(cut *c) {
    rnn_free(c->glyphs);
    rnn_model_destroy(c->model);
}

/* The glyphs of a text, each between bars. */
static void expect(const char *text, size_t bytes, const char *wanted) {
    cut c = cut_text(text, bytes);
    char got[2000] = "|";
    for (size_t i = 0; i < c.count; i++) {
        strcat(got, c.glyphs[i].text);
        strcat(got, "|");
    }
    assert_string_equal(got, wanted);
    free_cut(&c);
}

#define EXPECT(text, wanted) expect(text, sizeof(text) - 1, wanted)

static void test_what_readers_see(void **state) {
    (void)state;
    EXPECT("", "|");
    EXPECT("ab c", "|a|b| |c|");
    EXPECT("a\n\tb", "|a|↵|⇥   |b|");
    EXPECT("a\r\n", "|a|␍|↵|");
    EXPECT("é中😀", "|é|中|😀|");
    EXPECT("e\xCC\x81x", "|e\xCC\x81|x|");        /* a combining accent */
    EXPECT("\xCC\x81x", "|◌\xCC\x81|x|");         /* with nothing under it */
    EXPECT("कि", "|कि|");                         /* Devanagari: a letter and its vowel */
    EXPECT("👩\xE2\x80\x8D🚀", "|👩\xE2\x80\x8D🚀|"); /* joined into one */
    EXPECT("\xD7\xA9\xD7\x9C", "|ש|ל|");          /* right to left */
}

static void test_what_does_not_show(void **state) {
    (void)state;
    EXPECT("\x1b[31m\a\0\x7f", "|␛|[|3|1|m|␇|␀|␡|");
    EXPECT("\xC2\x9B", "|□|"); /* CSI in one byte pair */
    EXPECT("a\xE2\x80\xAE"
           "b",
           "|a|□|b|");                /* right-to-left override */
    EXPECT("\xE2\x80\xA8", "|□|");    /* line separator */
    EXPECT("\xEF\xBB\xBFx", "|□|x|"); /* byte order mark */
    EXPECT("\xFF\xC3", "|ff|c3|");    /* no UTF-8, and cut off */
    EXPECT("\xC3(", "|c3|(|");
    EXPECT("\xED\xA0\x80", "|ed|a0|80|"); /* a surrogate */
    EXPECT("\xF4\x90\x80\x80", "|f4|90|80|80|");
}

static void test_columns(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int columns;
    } cases[] = {{"a", 1},  {"中", 2},   {"e\xCC\x81", 1}, {"😀", 2},        {"\t", 4},
                 {"कि", 1}, {"\xFF", 2}, {"\x01", 1},      {"\xCC\x81", 1}, {"👩\xE2\x80\x8D🚀", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cut c = cut_text(cases[i].text, strlen(cases[i].text));
        assert_int_equal(c.count, 1);
        assert_int_equal(c.glyphs[0].columns, cases[i].columns);
        free_cut(&c);
    }
}

/* Any number of marks on one letter does not burst a glyph. */
static void test_many_marks(void **state) {
    (void)state;
    char text[401] = "e";
    for (int i = 0; i < 200 - 1; i++)
        strcat(text, "\xCC\x81");
    cut c = cut_text(text, strlen(text));
    assert_true(c.count > 5);
    free_cut(&c);
}

/* Random bytes: what is drawn is UTF-8 without controls. */
static void test_any_bytes(void **state) {
    (void)state;
    char text[4000];
    uint32_t random = 1;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)((random = random * 1664525u + 1013904223u) >> 24);
    cut c = cut_text(text, sizeof text);
    for (size_t i = 0; i < c.count; i++)
        for (const char *at = c.glyphs[i].text; *at; at++)
            assert_true((unsigned char)*at >= 0x20 && *at != 0x7F);
    free_cut(&c);
}

/* ---------------------------------------------------------------------- pages */

static char *drawn(const char *text, size_t bytes) {
    cut c = cut_text(text, bytes);
    float *numbers = calloc(bytes + 1, sizeof *numbers);
    for (size_t i = 0; i < bytes; i++)
        numbers[i] = 0.5f;
    char *page = NULL;
    size_t size;
    FILE *file = open_memstream(&page, &size);
    html_pane pane = {c.glyphs, c.count, numbers, 1, PALETTE_SIGNED, NULL};
    html_pane_draw(file, &pane);
    fclose(file);
    free(numbers);
    free_cut(&c);
    return page;
}

static void expect_drawn(const char *text, size_t bytes, const char *wanted) {
    char *page = drawn(text, bytes);
    char whole[1000];
    snprintf(whole, sizeof whole, "<p class=\"text\" dir=\"auto\">%s</p>\n", wanted);
    assert_string_equal(page, whole);
    free(page);
}

#define CELL(text) "<i class=\" s15\" data-n=\"+0.50\">" text "</i>"

static void test_markup_stays_text(void **state) {
    (void)state;
    expect_drawn("<b>", 3, CELL("&lt;") CELL("b") CELL("&gt;"));
    expect_drawn("&\"'", 3, CELL("&amp;") CELL("&quot;") CELL("&#39;"));
    expect_drawn("x\n", 2, CELL("x") "<i class=\"z s15\" data-n=\"+0.50\">↵</i>\n");
    expect_drawn("\xFF", 1, "<i class=\"z s15\" data-n=\"+0.50\">ff</i>");
    /* A combining mark is drawn on its letter, and one that overlays '>' cannot eat it. */
    expect_drawn("<\xCC\xB8", 3, CELL("&lt;\xCC\xB8"));
    char *page = drawn("</i></p><script>alert(1)</script>\xE2\x80\xAE\0", 37);
    assert_null(strstr(page, "<script"));
    assert_null(strstr(page, "\xE2\x80\xAE"));
    free(page);
}

static void test_names_stay_text(void **state) {
    (void)state;
    char *page = NULL;
    size_t size;
    FILE *file = open_memstream(&page, &size);
    html_text(file, "a<b>\"'&\x1b\xFF\xE2\x80\xAE\xC3\xA9");
    fclose(file);
    assert_string_equal(page, "a&lt;b&gt;&quot;&#39;&amp;���é");
    free(page);
    file = open_memstream(&page, &size);
    html_begin(file, "</title><script>");
    html_end(file);
    fclose(file);
    assert_non_null(strstr(page, "<title>&lt;/title&gt;&lt;script&gt;</title>"));
    assert_null(strstr(page, "http://"));
    assert_null(strstr(page, "https://"));
    free(page);
}

/* What is marked has a class for it, whatever its color. */
static void test_marks(void **state) {
    (void)state;
    cut c = cut_text("ab\n", 3);
    const float numbers[] = {0, 0.5f, 0};
    const uint8_t marks[] = {1, 1, 0};
    char *page = NULL;
    size_t size;
    FILE *file = open_memstream(&page, &size);
    html_pane pane = {c.glyphs, c.count, numbers, 1, PALETTE_SIGNED, marks};
    html_pane_draw(file, &pane);
    fclose(file);
    assert_non_null(strstr(page, "<i class=\" m\" data-n=\"+0.00\">a</i>"));
    assert_non_null(strstr(page, "<i class=\" m s15\" data-n=\"+0.50\">b</i>"));
    assert_non_null(strstr(page, "<i class=\"z\" data-n=\"+0.00\">\xE2\x86\xB5</i>"));
    free(page);
    free_cut(&c);
}

/* Of several symbols in one glyph the last one's value, and the sum of their bits. */
static void test_numbers_of_glyphs(void **state) {
    (void)state;
    cut c = cut_text("\xC3\xA9", 2);
    const float numbers[] = {0.25f, 9, -0.5f, 9};
    html_pane values = {c.glyphs, c.count, numbers, 2, PALETTE_SIGNED, NULL};
    html_pane bits = {c.glyphs, c.count, numbers, 2, PALETTE_BITS, NULL};
    assert_true(html_pane_number(&values, &c.glyphs[0]) == -0.5);
    assert_true(html_pane_number(&bits, &c.glyphs[0]) == -0.25);
    free_cut(&c);
}

static void test_base64(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"\xff\xfe\x80z", "//6Aeg=="}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = NULL;
        size_t size;
        FILE *file = open_memstream(&text, &size);
        html_base64(file, (const unsigned char *)cases[i][0], strlen(cases[i][0]));
        fclose(file);
        assert_string_equal(text, cases[i][1]);
        free(text);
    }
}

/* ------------------------------------------------------------------ terminals */

static char *painted(const char *text, painter p, size_t panes) {
    cut c = cut_text(text, strlen(text));
    float numbers[200] = {0};
    for (size_t i = 0; i < c.count; i++)
        numbers[i] = i % 2 ? -0.7f : 0.3f;
    painter_pane each[4];
    for (size_t i = 0; i < panes; i++)
        each[i] = (painter_pane){"title", numbers, PALETTE_SIGNED};
    char *page = NULL;
    size_t size;
    p.file = open_memstream(&page, &size);
    painter_panes(&p, each, panes, c.glyphs, c.count);
    fclose(p.file);
    free_cut(&c);
    return page;
}

static void test_digits_without_colors(void **state) {
    (void)state;
    char *page = painted("a中b\ncd", (painter){.width = 40}, 1);
    assert_string_equal(page, "title\na中b↵\n3g 3g\ncd\n3g\n");
    free(page);
    assert_int_equal(painter_sign(PALETTE_SIGNED, 0.05), ' ');
    assert_int_equal(painter_sign(PALETTE_SIGNED, 1), '9');
    assert_int_equal(painter_sign(PALETTE_SIGNED, -1), 'i');
    assert_int_equal(painter_sign(PALETTE_BITS, 3.9), '3');
    assert_int_equal(painter_sign(PALETTE_BITS, 40), '9');
    assert_int_equal(painter_sign(PALETTE_BITS, NAN), ' ');
}

/* No line is wider than the window; panes are beside each other where there is room. */
static void test_widths(void **state) {
    (void)state;
    char text[121] = "";
    for (int i = 0; i < 40; i++)
        strcat(text, i % 3 ? "ab" : "中");
    for (size_t width = 4; width < 130; width += 7) {
        char *page = painted(text, (painter){.width = width}, 3);
        for (char *line = strtok(page, "\n"); line; line = strtok(NULL, "\n"))
            assert_true(terminal_columns(line) <= width || strstr(line, "title"));
        free(page);
    }
    char *page = painted("ab", (painter){.width = 80}, 3);
    assert_string_equal(page, "title                                    title\n"
                              "ab                                       ab\n"
                              "3g                                       3g\n"
                              "\ntitle\nab\n3g\n");
    free(page);
}

static void test_plain_signs(void **state) {
    (void)state;
    char *page = painted("a\x01\n\tb", (painter){.width = 40, .ascii = 1}, 1);
    assert_string_equal(page, "title\na?$\n3g3\n>   b\ng   3\n");
    free(page);
}

static void test_colors(void **state) {
    (void)state;
    char *page = painted("ab", (painter){.width = 40, .color = 1, .dark = 1}, 1);
    assert_string_equal(page, "\x1b[1mtitle\x1b[0m\n\x1b[38;5;231;48;5;94ma"
                              "\x1b[38;5;231;48;5;26mb\x1b[0m\n");
    free(page);
    page = painted("a", (painter){.width = 40, .color = 1, .full = 1}, 1);
    assert_non_null(strstr(page, "\x1b[38;2;0;0;0;48;2;"));
    free(page);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_readers_see),
                                       cmocka_unit_test(test_what_does_not_show),
                                       cmocka_unit_test(test_columns),
                                       cmocka_unit_test(test_many_marks),
                                       cmocka_unit_test(test_any_bytes),
                                       cmocka_unit_test(test_markup_stays_text),
                                       cmocka_unit_test(test_names_stay_text),
                                       cmocka_unit_test(test_marks),
                                       cmocka_unit_test(test_numbers_of_glyphs),
                                       cmocka_unit_test(test_base64),
                                       cmocka_unit_test(test_digits_without_colors),
                                       cmocka_unit_test(test_widths),
                                       cmocka_unit_test(test_plain_signs),
                                       cmocka_unit_test(test_colors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
