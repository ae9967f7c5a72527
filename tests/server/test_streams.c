/* SPDX-License-Identifier: MIT
 *
 * test_streams.c - stop strings, wherever a text is cut, and the form of events.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <string.h>

#include "base/memory.h"
#include "server/sse.h"
#include "server/stops.h"

/* What comes out of a text; *stopped says whether it ended at a stop string. */
static void let_through(const stops *at, const char *text, char *out, int *stopped) {
    stops_tail tail = {.count = 0};
    size_t used = 0, bytes;
    *stopped = 0;
    for (; *text && !*stopped; text++) {
        *stopped = stops_push(at, &tail, *text, out + used, &bytes);
        used += bytes;
    }
    memcpy(out + used, tail.held, tail.count);
    out[used + tail.count] = '\0';
}

static void test_stops(void **state) {
    static const struct {
        const char *stops[STOPS_MOST], *text, *out;
        int stopped;
    } cases[] = {
        {{"b"}, "abc", "a", 1},
        {{"abc"}, "ababc", "ab", 1},
        {{"aab"}, "aaab", "a", 1},
        {{"xyz"}, "abxy", "abxy", 0},
        {{"abcd", "bc"}, "abcd", "a", 1},
        {{"abcd", "c"}, "xabc", "xab", 1},
        {{"abab", "ba"}, "aba", "a", 1},
        {{"\n\n"}, "a\nb\n\nc", "a\nb", 1},
        {{NULL}, "anything", "anything", 0},
        {{"first", "second", "third", "fourth"}, "the fourth", "the ", 1},
    };
    char out[64];
    int stopped;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        stops at = {.count = 0};
        for (; at.count < STOPS_MOST && cases[i].stops[at.count]; at.count++) {
            at.texts[at.count] = cases[i].stops[at.count];
            at.lengths[at.count] = strlen(cases[i].stops[at.count]);
        }
        let_through(&at, cases[i].text, out, &stopped);
        assert_string_equal(out, cases[i].out);
        assert_int_equal(stopped, cases[i].stopped);
    }
}

/* Against looking for it in the whole text, for all short texts and stops of two letters. */
static void test_stops_are_found_everywhere(void **state) {
    char text[9], stop[4], out[64], expected[16];
    int stopped;
    (void)state;
    for (int t = 0; t < 256; t++)
        for (int s = 0; s < 24; s++) {
            size_t length = 1 + (size_t)s / 8;
            for (int i = 0; i < 8; i++)
                text[i] = t >> i & 1 ? 'b' : 'a';
            for (int i = 0; i < 3; i++)
                stop[i] = s >> i & 1 ? 'b' : 'a';
            text[8] = stop[length] = '\0';
            stops at = {.count = 1, .lengths = {length}, .texts = {stop}};
            let_through(&at, text, out, &stopped);
            strcpy(expected, text);
            char *found = strstr(expected, stop);
            if (found)
                *found = '\0';
            assert_string_equal(out, expected);
            assert_int_equal(stopped, found != NULL);
        }
}

static void test_events(void **state) {
    rnn_json_text to = {0};
    char out[8];
    size_t at = 0, got;
    char all[256] = "";
    (void)state;
    sse_put(&to, NULL, "one line");
    sse_put(&to, "named", "two\nlines");
    sse_put(&to, NULL, "a\r\nb\rc\n");
    sse_put_heartbeat(&to);
    sse_put_json(&to, NULL, json_pack("{s:s}", "a", "\n"));
    assert_false(to.short_of_memory);
    while ((got = sse_take(&to, &at, out, sizeof out)) > 0)
        strncat(all, out, got);
    assert_string_equal(all, "data: one line\n\nevent: named\ndata: two\ndata: lines\n\n"
                             "data: a\ndata: b\ndata: c\ndata: \n\n:\n\ndata: {\"a\":\"\\n\"}\n\n");
    assert_int_equal(to.bytes, 0);
    rnn_free(to.text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stops),
        cmocka_unit_test(test_stops_are_found_everywhere),
        cmocka_unit_test(test_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
