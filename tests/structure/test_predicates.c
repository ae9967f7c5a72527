/* SPDX-License-Identifier: MIT
 *
 * test_predicates.c - what is so of each character, in texts made by hand: below a text
 * stands a digit for each of its characters.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "structure/predicates.h"

enum { C, LATEX, WIKI, JSON, QUOTES, ANY };

#define LONGEST 8000

typedef struct cut {
    const char *text;
    size_t count, piece;
    char *copy; /* of one piece, so that a sanitizer sees a look beyond it */
} cut;

static const char *take_piece(void *context, uint64_t at, size_t *bytes) {
    cut *c = context;
    size_t begin = (size_t)at * c->piece;
    *bytes = c->count - begin < c->piece ? c->count - begin : c->piece;
    c->copy = realloc(c->copy, *bytes);
    memcpy(c->copy, c->text + begin, *bytes);
    return c->copy;
}

/* The bytes of each character as one symbol. */
static const char *take_character(void *context, uint64_t at, size_t *bytes) {
    const char *from = ((const cut *)context)->text;
    for (; at > 0; at--)
        for (from++; (*from & 0xC0) == 0x80;)
            from++;
    *bytes = 1;
    while ((from[*bytes] & 0xC0) == 0x80)
        ++*bytes;
    return from;
}

static size_t characters(const char *text) {
    size_t n = 0;
    for (; *text; text++)
        n += (*text & 0xC0) != 0x80;
    return n;
}

static rnn_predicates *list(size_t language, const char *after) {
    rnn_predicates *made;
    assert_int_equal(rnn_predicates_create(&made, rnn_language_at(language), after, NULL), RNN_OK);
    return made;
}

static size_t place_of(const rnn_predicates *in, const char *name) {
    for (size_t p = 0; p < rnn_predicates_count(in); p++)
        if (strcmp(rnn_predicates_at(in, p)->name, name) == 0)
            return p;
    fail_msg("no predicate %s", name);
    return 0;
}

static void check_after(size_t language, const char *after, const char *name, const char *text,
                        const char *expected) {
    static uint8_t values[RNN_PREDICATES_MOST * LONGEST];
    char found[LONGEST + 1];
    size_t n = characters(text);
    cut c = {text, strlen(text), 1, NULL};
    rnn_predicates *in = list(language, after);
    size_t place = place_of(in, name);
    assert_int_equal(n, strlen(expected));
    assert_int_equal(rnn_predicates_read(in, take_character, &c, n, values, NULL), RNN_OK);
    for (size_t i = 0; i < n; i++) {
        uint8_t value = values[place * n + i];
        found[i] = (char)(value < 10 ? '0' + value : 'a' + (value - 10));
    }
    found[n] = 0;
    if (strcmp(found, expected) != 0)
        fail_msg("%s of\n%s\n%s is not\n%s", name, text, found, expected);
    rnn_predicates_destroy(in);
}

static void check(size_t language, const char *name, const char *text, const char *expected) {
    check_after(language, NULL, name, text, expected);
}

static void words(void **state) {
    (void)state;
    check(ANY, "word start", "an x_1, \"no\"", "100100000100");
    check(ANY, "word", "an x_1, \"no\"", "120123000120");
    check(ANY, "capital", "An \xC3\x89t\xC3\xA9 of IBM", "1001000000111");
    check(ANY, "digit", "a1b22 \xD9\xA3", "0101101");
    check_after(ANY, "->", "after", "a->b - >c->", "00010000000");
    check_after(ANY, "\xC3\xA9", "after", "\xC3\xA9\xC3\xA9x", "011");
}

static void sentences(void **state) {
    (void)state;
    check(ANY, "sentence end", "Go. He \"went.\"  3.5 is? No", "00010000000000110000000100");
    check(ANY, "sentence end", "(So!)\nBut", "000001000");
    check(ANY, "sentence end", "\xE0\xA5\xA4 a\xE3\x80\x82\n", "01001");
}

static void lines(void **state) {
    (void)state;
    check(ANY, "column", "ab\ncde\n\nf", "120123001");
    check(ANY, "indent", "  a b\n\tc\n d", "12222088011");
    check(ANY, "line", "a\nb\n\nc\n \nd", "0112001100");
    check(ANY, "line end", "ab\n\ncde", "2114321");
}

static void urls(void **state) {
    (void)state;
    check(ANY, "url", "at http://a.b/c, or (www.x.org) now", "00000000011111110000000011111100000");
    check(ANY, "url", "a :// x awww.y", "00000000000000");
}

static void prose(void **state) {
    (void)state;
    check(QUOTES, "quote", "I \"say \xE2\x80\x9Cno\xE2\x80\x9D\" (x)", "0011111111100000");
    check(QUOTES, "( )", "a (b) c", "0011000");
    check(QUOTES, "depth", "a (b [c]) d", "00111221000");
}

static void code(void **state) {
    (void)state;
    check(C, "quote", "x = \"a\\\"b\" + '\"';", "00001111100001100");
    check(C, "comment", "a /* b */ c // d\ne", "000111110000011100");
    check(C, "comment", "#error don't // no\na", "00000000000000000000");
    check(C, "{ }", "f{ \"}\" }g", "011111100");
    check(C, "depth", "f(a[g(1)])", "0112233210");
    check(C, "if ( )", "if (a(b) && c) d(e); elif (f) if(g) h;",
          "00011111111110000000000000000000110000");
    check(C, "if ( )", "/* if (x) */ \"if (\" (y)", "00000000000000000000000");
    check(C, "if ( )", "of (a)", "000000");
    check(C, "if ( )", "#if (a)\n# if (b)\n#endif\nif (c)", "000000000000000000000000000110");
    check(C, "#if #endif", "#if A\nb\n#endif\nc", "0001111111111100");
}

static void others(void **state) {
    (void)state;
    check(LATEX, "$ $", "a $b$ c", "0001000");
    check(LATEX, "comment", "a % b $\nc", "001111100");
    check(WIKI, "[[ ]]", "a [[b]] c", "000111000");
    check(WIKI, "{{ }}", "{{x}} ", "011100");
    check(JSON, "quote", "{\"a\": 1}", "01100000");
    check(JSON, "depth", "[{}, 1]", "1211110");
}

/* An opening that nothing closes does not count for ever. */
static void forgotten(void **state) {
    (void)state;
    static uint8_t values[RNN_PREDICATES_MOST * LONGEST];
    char text[LONGEST];
    memset(text, 'x', sizeof text);
    text[0] = '{';
    cut c = {text, sizeof text, 1, NULL};
    rnn_predicates *in = list(C, NULL);
    assert_int_equal(rnn_predicates_read(in, take_piece, &c, LONGEST, values, NULL), RNN_OK);
    const uint8_t *row = values + place_of(in, "{ }") * LONGEST;
    assert_int_equal(row[RNN_STRUCTURE_PATIENCE - 1], 1);
    assert_int_equal(row[RNN_STRUCTURE_PATIENCE + 1], 0);
    assert_int_equal(values[place_of(in, "column") * LONGEST + LONGEST - 1], 255);
    rnn_predicates_destroy(in);
    free(c.copy);
}

/* Bytes one by one: what completes no character has the values of what came before. */
static void in_bytes(void **state) {
    (void)state;
    static uint8_t values[RNN_PREDICATES_MOST * LONGEST];
    static const char text[] = "a\xC3\x89z 1 \xFF";
    cut c = {text, sizeof text - 1, 1, NULL};
    rnn_predicates *in = list(ANY, NULL);
    assert_int_equal(rnn_predicates_read(in, take_piece, &c, 8, values, NULL), RNN_OK);
    static const uint8_t capital[] = {0, 0, 1, 0, 0, 0, 0, 0};
    static const uint8_t column[] = {1, 1, 2, 3, 4, 5, 6, 7};
    assert_memory_equal(values + place_of(in, "capital") * 8, capital, 8);
    assert_memory_equal(values + place_of(in, "column") * 8, column, 8);
    rnn_predicates_destroy(in);
    free(c.copy);
}

/* What a language tells a character late stands where that character was, however many bytes the
 * next one has. */
static void languages_in_bytes(void **state) {
    (void)state;
    static uint8_t values[RNN_PREDICATES_MOST * LONGEST];
    static const char text[] = "x\xE2\x80\x9C\xC3\xA9\xE2\x80\x9Dz";
    static const uint8_t quote[] = {0, 0, 0, 1, 1, 1, 1, 1, 0, 0};
    cut c = {text, sizeof text - 1, 1, NULL};
    rnn_predicates *in = list(QUOTES, NULL);
    assert_int_equal(rnn_predicates_read(in, take_piece, &c, 10, values, NULL), RNN_OK);
    assert_memory_equal(values + place_of(in, "quote") * 10, quote, 10);
    rnn_predicates_destroy(in);
    free(c.copy);
}

/* Of wiki text some marks are told late, some at once. */
static void wiki(void **state) {
    (void)state;
    check(WIKI, "[[ ]]", "[[a]]b", "011100");
    check(WIKI, "comment", "a<!--b-->c", "0000111100");
    check(WIKI, "<tag> </tag>", "a<b>c</b>d", "0001111100");
}

static void after_is_checked(void **state) {
    (void)state;
    rnn_predicates *made;
    rnn_error error;
    assert_int_equal(rnn_predicates_create(&made, NULL, "seventeen bytes..", &error),
                     RNN_ERR_RANGE);
    assert_non_null(strstr(error.message, "17 bytes"));
    assert_int_equal(rnn_predicates_create(&made, NULL, "\xC3", &error), RNN_ERR_RANGE);
    assert_non_null(strstr(error.message, "UTF-8"));
    made = list(ANY, "\n\x1B");
    assert_string_equal(rnn_predicates_at(made, place_of(made, "after"))->words,
                        "right behind \\n?");
    rnn_predicates_destroy(made);
}

static void memory(void **state) {
    (void)state;
    static uint8_t values[RNN_PREDICATES_MOST * 8];
    for (uint64_t nth = 1;; nth++) {
        rnn_predicates *in = NULL;
        cut c = {"{\"x\": 1}", 8, 1, NULL};
        rnn_error error;
        rnn_allocate_fail(nth, 0);
        rnn_status status = rnn_predicates_create(&in, rnn_language_at(JSON), NULL, &error);
        if (status == RNN_OK)
            status = rnn_predicates_read(in, take_piece, &c, 8, values, &error);
        rnn_allocate_fail(0, 0);
        rnn_predicates_destroy(in);
        free(c.copy);
        if (status == RNN_OK)
            break;
        assert_int_equal(status, RNN_ERR_MEMORY);
    }
}

static void guess(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t language;
    } texts[] = {
        {"int main(void) {\n\tputs(\"a\\n\");\n\treturn 0;\n}\n", C},
        {"Let $X$ be a scheme over \\emph{a} base \\(S\\).\n\\begin{lemma}\n", LATEX},
        {"The '''Moon''' is a [[satellite]] of the [[Earth]].\n\nIt is far away.\n", WIKI},
        {"{\"name\": \"x\", \"of\": [1, 2]}\n", JSON},
        {"\"Well,\" he said; but that was all.\n", QUOTES},
        {"", QUOTES},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_ptr_equal(rnn_language_guess(texts[i].text, strlen(texts[i].text)),
                         rnn_language_at(texts[i].language));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),    cmocka_unit_test(sentences),
        cmocka_unit_test(lines),    cmocka_unit_test(urls),
        cmocka_unit_test(prose),    cmocka_unit_test(code),
        cmocka_unit_test(others),   cmocka_unit_test(forgotten),
        cmocka_unit_test(in_bytes), cmocka_unit_test(languages_in_bytes),
        cmocka_unit_test(wiki),     cmocka_unit_test(after_is_checked),
        cmocka_unit_test(memory),   cmocka_unit_test(guess),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
