/* SPDX-License-Identifier: MIT
 *
 * test_structure.c - what closes and what does not, in texts made by hand, each cut into
 * pieces in several ways.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "structure/structure.h"

enum { C, LATEX, WIKI, JSON, QUOTES };

/* What a text has of one kind. */
typedef struct expectation {
    const char *text, *kind;
    uint64_t closed, failed, stray, open;
} expectation;

static uint64_t sum(const uint64_t counts[RNN_STRUCTURE_DISTANCES]) {
    uint64_t all = 0;
    for (size_t i = 0; i < RNN_STRUCTURE_DISTANCES; i++)
        all += counts[i];
    return all;
}

static rnn_structure_result scan(size_t language, const char *text, size_t count, size_t piece) {
    rnn_structure *structure;
    rnn_structure_result result = {0};
    assert_int_equal(rnn_structure_create(&structure, rnn_language_at(language), NULL), RNN_OK);
    for (size_t at = 0; at < count; at += piece) {
        /* A copy of its own, so that a sanitizer sees a look beyond it. */
        size_t part = count - at < piece ? count - at : piece;
        char *copy = malloc(part);
        memcpy(copy, text + at, part);
        assert_int_equal(rnn_structure_add(structure, copy, part, NULL), RNN_OK);
        free(copy);
    }
    assert_int_equal(rnn_structure_end(structure, &result, NULL), RNN_OK);
    rnn_structure_destroy(structure);
    return result;
}

/* Scans a text whole, and sees that pieces and beginnings do as well. */
static rnn_structure_result scan_whole(size_t language, const char *text) {
    static const size_t pieces[] = {1, 2, 3, 5, 7};
    size_t count = strlen(text);
    rnn_structure_result whole = scan(language, text, count, count + 1);
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        rnn_structure_result cut = scan(language, text, count, pieces[i]);
        assert_memory_equal(&cut, &whole, sizeof whole);
    }
    for (size_t length = 0; length < count; length++) {
        rnn_structure_result cut = scan(language, text, length, 1);
        rnn_structure_result again = scan(language, text, length, length + 1);
        assert_memory_equal(&cut, &again, sizeof cut);
    }
    return whole;
}

static size_t kind_of(size_t language, const char *text) {
    for (size_t k = 0; rnn_language_kind(rnn_language_at(language), k); k++)
        if (strcmp(rnn_language_kind(rnn_language_at(language), k), text) == 0)
            return k;
    fail_msg("no kind %s", text);
    return 0;
}

/* A text and its expectations, which follow it with the text NULL. */
static void check(size_t language, const expectation *expected, size_t count) {
    rnn_structure_result found = {0};
    const char *text = "";
    int mentioned[RNN_STRUCTURE_KINDS] = {0};
    for (size_t i = 0; i <= count; i++) {
        /* What is not mentioned is not there. */
        if (i > 0 && (i == count || expected[i].text)) {
            for (size_t k = 0; rnn_language_kind(rnn_language_at(language), k); k++) {
                const rnn_structure_pairs *of = &found.of[k];
                if (!mentioned[k] && sum(of->closed) + sum(of->failed) + of->stray + of->open > 0)
                    fail_msg("%s: what is this %s?", text,
                             rnn_language_kind(rnn_language_at(language), k));
            }
            memset(mentioned, 0, sizeof mentioned);
        }
        if (i == count)
            break;
        if (expected[i].text) {
            text = expected[i].text;
            found = scan_whole(language, text);
        }
        size_t kind = kind_of(language, expected[i].kind);
        const rnn_structure_pairs *of = &found.of[kind];
        mentioned[kind] = 1;
        if (sum(of->closed) != expected[i].closed || sum(of->failed) != expected[i].failed ||
            of->stray != expected[i].stray || of->open != expected[i].open)
            fail_msg("%s: %s closed %d, failed %d, stray %d, open %d", text, expected[i].kind,
                     (int)sum(of->closed), (int)sum(of->failed), (int)of->stray, (int)of->open);
    }
}

#define CHECK(language, ...)                                                                       \
    do {                                                                                           \
        const expectation expected[] = {__VA_ARGS__};                                              \
        check(language, expected, sizeof expected / sizeof expected[0]);                           \
    } while (0)

static void c_brackets(void **state) {
    (void)state;
    CHECK(C, {"f(a[1]);", "( )", 1, 0, 0, 0}, {NULL, "[ ]", 1, 0, 0, 0});
    CHECK(C, {"{ f(a; }", "{ }", 1, 0, 0, 0}, {NULL, "( )", 0, 1, 0, 0});
    CHECK(C, {"(]", "( )", 0, 0, 0, 1}, {NULL, "[ ]", 0, 0, 1, 0});
    /* Crossing: the one that encloses wins. */
    CHECK(C, {"([)]", "( )", 1, 0, 0, 0}, {NULL, "[ ]", 0, 1, 1, 0});
    CHECK(C, {"}{", "{ }", 0, 0, 1, 1});
    CHECK(C, {"((())", "( )", 2, 0, 0, 1});
}

static void c_strings(void **state) {
    (void)state;
    CHECK(C, {"\"a(b\" '(' x", "\" \"", 1, 0, 0, 0}, {NULL, "' '", 1, 0, 0, 0});
    CHECK(C, {"\"a\\\"(\\\\\" '\\'' '\"'", "\" \"", 1, 0, 0, 0}, {NULL, "' '", 2, 0, 0, 0});
    CHECK(C, {"{ \"abc\n}", "\" \"", 0, 1, 0, 0}, {NULL, "{ }", 1, 0, 0, 0});
    CHECK(C, {"\"abc\\\nd(ef\"", "\" \"", 1, 0, 0, 0});
    CHECK(C, {"\"abc\\\r\ndef\"", "\" \"", 1, 0, 0, 0});
    CHECK(C, {"'a\n\"b", "' '", 0, 1, 0, 0}, {NULL, "\" \"", 0, 0, 0, 1});
    CHECK(C, {"\"/*\" \"*/\" \"//\"", "\" \"", 3, 0, 0, 0});
}

static void c_comments(void **state) {
    (void)state;
    CHECK(C, {"/* it's \"( */ ()", "/* */", 1, 0, 0, 0}, {NULL, "( )", 1, 0, 0, 0});
    CHECK(C, {"/*/ ( */ /**/ /***/", "/* */", 3, 0, 0, 0});
    CHECK(C, {"// don't (\n()", "( )", 1, 0, 0, 0});
    CHECK(C, {"// goes on \\\n (\n()", "( )", 1, 0, 0, 0});
    CHECK(C, {"// /* \n()", "( )", 1, 0, 0, 0});
    CHECK(C, {"a */ b", "/* */", 0, 0, 1, 0});
    CHECK(C, {"a */", "/* */", 0, 0, 1, 0});
    CHECK(C, {"a*/*(*/b", "/* */", 1, 0, 0, 0});
    CHECK(C, {"a / b / (c) * d", "( )", 1, 0, 0, 0});
    CHECK(C, {"{ /* }", "/* */", 0, 0, 0, 1}, {NULL, "{ }", 0, 0, 0, 1});
    CHECK(C, {"/* /* */ */", "/* */", 1, 0, 1, 0});
}

static void c_conditions(void **state) {
    (void)state;
    CHECK(C, {"#if A(1)\n#else\n#endif\n", "#if #endif", 1, 0, 0, 0}, {NULL, "( )", 1, 0, 0, 0});
    CHECK(C, {"#ifdef A\n  # ifndef B\n#\tendif\n #endif", "#if #endif", 2, 0, 0, 0});
    CHECK(C, {"#ifdef A\nif (x) {\n#endif\n}", "#if #endif", 1, 0, 0, 0}, {NULL, "( )", 1, 0, 0, 0},
          {NULL, "{ }", 1, 0, 0, 0});
    CHECK(C, {"x #if\n#iffy\n#endif\n#if", "#if #endif", 0, 0, 1, 1});
    CHECK(C, {"#error don't (\n#warning \"\n#include <a'b>\n", "' '", 0, 1, 0, 0});
    CHECK(C, {"/*\n#if\n*/\n// \\\n#if\n\"\\\n#if\"", "/* */", 1, 0, 0, 0},
          {NULL, "\" \"", 1, 0, 0, 0});
    CHECK(C, {"#\n#if 1 // (\n#endif", "#if #endif", 1, 0, 0, 0});
}

static void latex_groups(void **state) {
    (void)state;
    CHECK(LATEX, {"\\section[a]{b \\{ \\[ x \\] \\% }", "{ }", 1, 0, 0, 0},
          {NULL, "[ ]", 1, 0, 0, 0}, {NULL, "\\[ \\]", 1, 0, 0, 0});
    CHECK(LATEX, {"{ % }\n}", "{ }", 1, 0, 0, 0});
    CHECK(LATEX, {"\\\\[2pt] {\\it a}", "{ }", 1, 0, 0, 0}, {NULL, "[ ]", 1, 0, 0, 0});
    CHECK(LATEX, {"{[}", "{ }", 1, 0, 0, 0}, {NULL, "[ ]", 0, 1, 0, 0});
    CHECK(LATEX, {"\\(a\\) \\( b", "\\( \\)", 1, 0, 0, 1});
    CHECK(LATEX, {"} \\verb|{$%| \\verb+}+ {}", "{ }", 1, 0, 1, 0});
    CHECK(LATEX, {"a \\", "{ }", 0, 0, 0, 0});
}

static void latex_mathematics(void **state) {
    (void)state;
    CHECK(LATEX, {"$a$ \\$ $b$$c$ $", "$ $", 3, 0, 0, 0});
    CHECK(LATEX, {"$a$ b $x", "$ $", 1, 0, 0, 1});
    CHECK(LATEX, {"$$a$$ $$\\text{if $x$}$$", "$$ $$", 2, 0, 0, 0}, {NULL, "$ $", 1, 0, 0, 0},
          {NULL, "{ }", 1, 0, 0, 0});
    CHECK(LATEX, {"$$ a $ b $$", "$$ $$", 1, 0, 0, 0}, {NULL, "$ $", 0, 0, 1, 0});
    CHECK(LATEX, {"${$", "$ $", 1, 0, 0, 0}, {NULL, "{ }", 0, 1, 0, 0});
    /* An empty line ends what mathematics there is, and what is in it. */
    CHECK(LATEX, {"{ $a\nb {\n \t\nc$ }", "$ $", 0, 2, 0, 0}, {NULL, "{ }", 1, 1, 0, 0});
    CHECK(LATEX, {"$a\n%\nb$", "$ $", 1, 0, 0, 0});
    CHECK(LATEX, {"$$\na\n\n", "$$ $$", 0, 1, 0, 0});
}

static void latex_environments(void **state) {
    (void)state;
    CHECK(LATEX, {"\\begin{a}\\begin {b*}\\end{b*}\\end{a}", "\\begin \\end", 2, 0, 0, 0});
    CHECK(LATEX, {"\\begin{a}\\begin{b}\\end{a}", "\\begin \\end", 1, 1, 0, 0});
    CHECK(LATEX, {"\\begin{a}\\end{b}", "\\begin \\end", 0, 0, 1, 1});
    CHECK(LATEX, {"\\begin{a}\\begin{b}\\end{a}\\end{b}", "\\begin \\end", 1, 1, 1, 0});
    CHECK(LATEX, {"\\begin{a}$x\\end{a}", "\\begin \\end", 1, 0, 0, 0}, {NULL, "$ $", 0, 1, 0, 0});
    CHECK(LATEX, {"% \\begin{a}\n\\\\begin{b}", "{ }", 1, 0, 0, 0});
    CHECK(LATEX, {"\\begin{a{b}", "{ }", 1, 0, 0, 0});
    CHECK(LATEX, {"\\beginning{a} \\begin", "{ }", 1, 0, 0, 0});
}

static void wiki_brackets(void **state) {
    (void)state;
    CHECK(WIKI, {"[[a|b]] [http://c] {{d|{{{1}}}}}", "[[ ]]", 1, 0, 0, 0},
          {NULL, "{{ }}", 2, 0, 0, 0});
    CHECK(WIKI, {"{{{{a}}}} [[b]", "{{ }}", 2, 0, 0, 0}, {NULL, "[[ ]]", 0, 0, 0, 1});
    CHECK(WIKI, {"{{ [[a }} ]]", "{{ }}", 1, 0, 0, 0}, {NULL, "[[ ]]", 0, 1, 1, 0});
    CHECK(WIKI, {"[ [a] ]", "[[ ]]", 0, 0, 0, 0});
}

static void wiki_lines(void **state) {
    (void)state;
    CHECK(WIKI, {"== a ==\n=== b === \n==c==", "== ==", 2, 0, 0, 1});
    CHECK(WIKI, {"== a ===\n== b\n== c == d\na == b\n", "== ==", 0, 3, 0, 0});
    CHECK(WIKI, {"''a'' '''b''' '''''c''''' don't", "'' ''", 2, 0, 0, 0},
          {NULL, "''' '''", 2, 0, 0, 0});
    CHECK(WIKI, {"''a\n'''b''\n", "'' ''", 0, 2, 0, 0}, {NULL, "''' '''", 0, 1, 0, 0});
    /* Italic and bold may end in either order. */
    CHECK(WIKI, {"'''''a''b''' '''''c'''d''\n", "'' ''", 2, 0, 0, 0},
          {NULL, "''' '''", 2, 0, 0, 0});
}

static void wiki_tags(void **state) {
    (void)state;
    CHECK(WIKI, {"<ref name=\"a\">b</REF> <br> <br/> <ref name=c /> a < b > c", "<tag> </tag>", 1,
                 0, 0, 0});
    CHECK(WIKI, {"<a><b></a></b>", "<tag> </tag>", 1, 1, 1, 0});
    CHECK(WIKI, {"<nowiki>[[<b> ''</nowiki> [[a]]", "<tag> </tag>", 1, 0, 0, 0},
          {NULL, "[[ ]]", 1, 0, 0, 0});
    CHECK(WIKI, {"<a <b>\n<c\n></b>", "<tag> </tag>", 1, 0, 0, 0});
    CHECK(WIKI, {"<!-- [[ <b> -- --> [[a]] <!- <!-- b", "<!-- -->", 1, 0, 0, 1},
          {NULL, "[[ ]]", 1, 0, 0, 0});
    CHECK(WIKI, {"<!---->x<!--->-->", "<!-- -->", 2, 0, 0, 0});
    CHECK(WIKI, {"<math>{{a</math", "<tag> </tag>", 0, 0, 0, 1});
}

static void json_values(void **state) {
    (void)state;
    CHECK(JSON, {"{\"a\": [1, \"]\\\"\"]}", "{ }", 1, 0, 0, 0}, {NULL, "[ ]", 1, 0, 0, 0},
          {NULL, "\" \"", 2, 0, 0, 0});
    CHECK(JSON, {"{\"a\n}", "{ }", 1, 0, 0, 0}, {NULL, "\" \"", 0, 1, 0, 0});
    CHECK(JSON, {"{\"a\": \"x\\\n\"b\": 1}", "{ }", 1, 0, 0, 0}, {NULL, "\" \"", 2, 1, 0, 0});
    CHECK(JSON, {"[{]}", "[ ]", 1, 0, 0, 0}, {NULL, "{ }", 0, 1, 1, 0});
    rnn_structure_result found = scan_whole(JSON, "{\"a\":1}\n[1,2,]\n{\"b\":[{}]} \"[\" [1");
    assert_int_equal(found.values, 3);
    assert_int_equal(found.valid, 2);
    found = scan_whole(JSON, "{\"\xC3\xA9\xF0\x9F\x98\x80\":\"\\u00e9\"}{\"\xFF\":1}[1}]");
    assert_int_equal(found.values, 3);
    assert_int_equal(found.valid, 1);
    /* What was never closed swallows nothing behind it, be it in a list or in lines. */
    found = scan_whole(JSON, "{\"a\":1\n{\"b\":2}\n[\"c\" [3]\n{\"d\":[4, {\"e\":{}}]}");
    assert_int_equal(found.values, 5);
    assert_int_equal(found.valid, 3);
}

/* A value of any length takes no more memory than it may; one that is too long counts. */
static void json_long_values(void **state) {
    (void)state;
    static char text[3000000];
    memset(text, '1', sizeof text - 1);
    for (size_t i = 1; i < sizeof text; i += 2)
        text[i] = ',';
    text[0] = '[';
    text[1] = '1';
    memcpy(text + sizeof text - 12, "1]\n[\"a\",2] ", 12);
    text[sizeof text - 1] = '\0';
    rnn_structure_result found = scan(JSON, text, sizeof text - 1, 4096);
    assert_int_equal(found.values, 2);
    assert_int_equal(found.valid, 1);
}

static void quotes_straight(void **state) {
    (void)state;
    CHECK(QUOTES, {"He said, \"Go (now)!\" and \"went\".", "\" \"", 2, 0, 0, 0},
          {NULL, "( )", 1, 0, 0, 0});
    CHECK(QUOTES, {"\"a b \"c d\" e", "\" \"", 1, 1, 0, 0});
    CHECK(QUOTES, {"5\" long, it's", "\" \"", 0, 0, 1, 0});
    CHECK(QUOTES, {"a\"b c\"d", "\" \"", 1, 0, 0, 0});
    CHECK(QUOTES, {"\"(a\" b", "\" \"", 1, 0, 0, 0}, {NULL, "( )", 0, 1, 0, 0});
    CHECK(QUOTES, {"--\"a--\" (\"b\")", "\" \"", 2, 0, 0, 0}, {NULL, "( )", 1, 0, 0, 0});
}

static void quotes_curved(void **state) {
    (void)state;
    CHECK(QUOTES,
          {"\xE2\x80\x9C"
           "a \xE2\x80\x98"
           "don\xE2\x80\x99t\xE2\x80\x99 b\xE2\x80\x9D dogs\xE2\x80\x99",
           "\xE2\x80\x9C \xE2\x80\x9D", 1, 0, 0, 0},
          {NULL, "\xE2\x80\x98 \xE2\x80\x99", 1, 0, 0, 0});
    CHECK(QUOTES,
          {"\xE2\x80\x9E"
           "a\xE2\x80\x9C \xE2\x80\x9E"
           "b\xE2\x80\x9D \xE2\x80\x9C"
           "c\xE2\x80\x9D \xE2\x80\x9D",
           "\xE2\x80\x9E \xE2\x80\x9C", 2, 0, 0, 0},
          {NULL, "\xE2\x80\x9C \xE2\x80\x9D", 1, 0, 1, 0});
    CHECK(QUOTES,
          {"\xC2\xAB"
           "a\xC2\xBB \xE3\x80\x8C\xE3\x80\x8E\xE3\x80\x8F\xE3\x80\x8D\xEF\xBC\x88",
           "\xC2\xAB \xC2\xBB", 1, 0, 0, 0},
          {NULL, "\xE3\x80\x8C \xE3\x80\x8D", 1, 0, 0, 0},
          {NULL, "\xE3\x80\x8E \xE3\x80\x8F", 1, 0, 0, 0},
          {NULL, "\xEF\xBC\x88 \xEF\xBC\x89", 0, 0, 0, 1});
}

static void quotes_paragraphs(void **state) {
    (void)state;
    CHECK(QUOTES, {"\"a (b\n\nc d\"", "\" \"", 0, 1, 1, 0}, {NULL, "( )", 0, 1, 0, 0});
    CHECK(QUOTES, {"\"a\nb\"", "\" \"", 1, 0, 0, 0});
    /* A speech of two paragraphs. */
    CHECK(QUOTES, {"\"a b\n \n  \"c d\" e", "\" \"", 1, 0, 0, 0});
    CHECK(QUOTES, {"\"a b\n\n\n", "\" \"", 0, 0, 0, 1});
    CHECK(QUOTES, {"(a\n\n(b)", "( )", 1, 1, 0, 0});
}

static void distances(void **state) {
    (void)state;
    static const size_t between[] = {0, 8, 9, 28, 29, 98, 99, 298, 299, 998, 999, 2990};
    for (size_t i = 0; i < sizeof between / sizeof between[0]; i++) {
        char *text = malloc(between[i] + 16);
        memset(text, '.', between[i] + 16);
        text[0] = '(';
        text[between[i] + 1] = ')';
        rnn_structure_result found = scan(C, text, between[i] + 2, 1000);
        for (size_t d = 0; d < RNN_STRUCTURE_DISTANCES; d++)
            assert_int_equal(found.of[0].closed[d], d == i / 2);
        /* A failure counts to where it shows. */
        text[between[i] + 1] = '.';
        memcpy(text, "{(", 2);
        text[between[i] + 2] = '}';
        found = scan(C, text, between[i] + 3, 1000);
        for (size_t d = 0; d < RNN_STRUCTURE_DISTANCES; d++)
            assert_int_equal(found.of[0].failed[d], d == i / 2);
        free(text);
    }
    /* Characters, not bytes. */
    rnn_structure_result found = scan(C, "(\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9)", 12, 12);
    assert_int_equal(found.characters, 7);
    assert_int_equal(found.of[0].closed[0], 1);
}

static void the_end(void **state) {
    (void)state;
    char text[RNN_STRUCTURE_PATIENCE + 2];
    memset(text, '.', sizeof text);
    text[0] = '(';
    rnn_structure_result found = scan(C, text, RNN_STRUCTURE_PATIENCE, 1000);
    assert_int_equal(found.of[0].open, 1);
    found = scan(C, text, RNN_STRUCTURE_PATIENCE + 1, 1000);
    assert_int_equal(found.of[0].open, 0);
    assert_int_equal(found.of[0].failed[RNN_STRUCTURE_DISTANCES - 1], 1);
}

static void one_text_after_another(void **state) {
    (void)state;
    for (size_t language = C; language <= QUOTES; language++) {
        rnn_structure *structure;
        rnn_structure_result twice = {0}, once = {0};
        const char text[] = "{ [ \"a\n\\ $ << '' == /* #if \xE2\x80\x9C (\xE2\x80";
        assert_int_equal(rnn_structure_create(&structure, rnn_language_at(language), NULL), RNN_OK);
        for (int i = 0; i < 2; i++) {
            rnn_structure_add(structure, text, sizeof text - 1, NULL);
            assert_int_equal(rnn_structure_end(structure, &twice, NULL), RNN_OK);
        }
        rnn_structure_destroy(structure);
        once = scan(language, text, sizeof text - 1, 100);
        assert_int_equal(twice.characters, 2 * once.characters);
        for (size_t k = 0; k < RNN_STRUCTURE_KINDS; k++)
            assert_int_equal(twice.of[k].open, 2 * once.of[k].open);
    }
    assert_null(rnn_language_at(5));
}

static void memory_is_short(void **state) {
    (void)state;
    static const char text[] = "{\"a\":[1]}";
    int failed = 0;
    for (uint64_t nth = 1;; nth++) {
        rnn_structure *structure;
        rnn_structure_result result = {0};
        rnn_allocate_fail(nth, 0);
        rnn_status status = rnn_structure_create(&structure, rnn_language_at(JSON), NULL);
        if (status == RNN_OK)
            status = rnn_structure_add(structure, text, sizeof text - 1, NULL);
        if (structure && rnn_structure_end(structure, &result, NULL) != RNN_OK)
            status = RNN_ERR_MEMORY;
        rnn_allocate_fail(0, 0);
        rnn_structure_destroy(structure);
        if (status == RNN_OK)
            break;
        assert_int_equal(status, RNN_ERR_MEMORY);
        assert_int_equal(result.characters, 0);
        failed++;
    }
    assert_int_equal(failed, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c_brackets),
        cmocka_unit_test(c_strings),
        cmocka_unit_test(c_comments),
        cmocka_unit_test(c_conditions),
        cmocka_unit_test(latex_groups),
        cmocka_unit_test(latex_mathematics),
        cmocka_unit_test(latex_environments),
        cmocka_unit_test(wiki_brackets),
        cmocka_unit_test(wiki_lines),
        cmocka_unit_test(wiki_tags),
        cmocka_unit_test(json_values),
        cmocka_unit_test(json_long_values),
        cmocka_unit_test(quotes_straight),
        cmocka_unit_test(quotes_curved),
        cmocka_unit_test(quotes_paragraphs),
        cmocka_unit_test(distances),
        cmocka_unit_test(the_end),
        cmocka_unit_test(one_text_after_another),
        cmocka_unit_test(memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
