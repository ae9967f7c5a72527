/* SPDX-License-Identifier: MIT
 *
 * test_writer.c - bytes drawn one by one become whole characters, and what is
 * none becomes U+FFFD.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/model/made_model.h"

#define FFFD "\xEF\xBF\xBD"

static rnn_model *bytes_model; /* symbol i is byte i; 256.. whole characters */

static int set_up(void **state) {
    (void)state;
    char *json = malloc(8192), *end = json;
    end += sprintf(end, "{\"units\": \"chars\", \"open\": true, \"normalize\": \"none\", "
                        "\"symbols\": [");
    for (int i = 0; i < 256; i++)
        end += sprintf(end, i < 128 ? "\"\\u%04x\"," : "%d,", i);
    sprintf(end, "\"\\u0915\",\"\\ud83d\\ude00\"]}");
    bytes_model = made_model(RNN_CELL_TANH, 1, 2, 0, 0, 0, json);
    free(json);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    rnn_model_destroy(bytes_model);
    return 0;
}

/* Everything that symbols are written as, the end included. */
static size_t write_all(const int32_t *symbols, size_t count, char *out) {
    rnn_writer writer = {{0}, 0};
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        char piece[24];
        size_t bytes = rnn_writer_push(&writer, bytes_model, symbols[i], piece);
        assert_true(bytes <= 24);
        memcpy(out + length, piece, bytes);
        length += bytes;
    }
    return length + rnn_writer_end(&writer, out + length);
}

static void check(const char *bytes, size_t count, const char *expected, size_t length) {
    int32_t symbols[64];
    char out[512];
    for (size_t i = 0; i < count; i++)
        symbols[i] = (unsigned char)bytes[i];
    size_t written = write_all(symbols, count, out);
    if (written != length || memcmp(out, expected, length) != 0)
        fail_msg("case \"%.*s\": %zu bytes \"%.*s\", not %zu", (int)length, expected, written,
                 (int)written, out, length);
}

#define CHECK(bytes, expected) check(bytes, sizeof bytes - 1, expected, sizeof expected - 1)

static void test_bytes_become_characters(void **state) {
    (void)state;
    CHECK("", "");
    CHECK("abc\n", "abc\n");
    CHECK("a\0b", "a\0b");
    CHECK("\xE0\xA4\x95\xE0\xA5\x8D\xE0\xA4\xB7", "\xE0\xA4\x95\xE0\xA5\x8D\xE0\xA4\xB7");
    CHECK("\xC2\x80\xDF\xBF\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF",
          "\xC2\x80\xDF\xBF\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
}

/* The examples of the Unicode standard, section 3.9, among others. */
static void test_one_replacement_for_each_maximal_subpart(void **state) {
    (void)state;
    CHECK("\x80", FFFD);
    CHECK("\xC0\x80", FFFD FFFD);
    CHECK("\xC3", FFFD);
    CHECK("\xC3"
          "A",
          FFFD "A");
    CHECK("\xE0\xA4", FFFD);
    CHECK("\xE0\xA4\xE0\xA4\x95", FFFD "\xE0\xA4\x95");
    CHECK("\xE0\x80\x80", FFFD FFFD FFFD);
    CHECK("\xED\xA0\x80", FFFD FFFD FFFD);
    CHECK("\xF0\x80\x80\x41", FFFD FFFD FFFD "A");
    CHECK("\xF0\x9F\x98", FFFD);
    CHECK("\xF0\x9F\x98\xF0\x9F\x98\x80", FFFD "\xF0\x9F\x98\x80");
    CHECK("\xF4\x90\x80\x80", FFFD FFFD FFFD FFFD);
    CHECK("\xF5\x80\xFF", FFFD FFFD FFFD);
    CHECK("\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64",
          "a" FFFD FFFD FFFD "b" FFFD "c" FFFD FFFD "d");
    CHECK("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A");
    CHECK("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", FFFD FFFD FFFD FFFD "A");
}

static void test_nothing_is_written_before_it_is_whole(void **state) {
    (void)state;
    rnn_writer writer = {{0}, 0};
    char out[24];
    assert_int_equal(rnn_writer_push(&writer, bytes_model, 0xE0, out), 0);
    assert_int_equal(rnn_writer_push(&writer, bytes_model, 0xA4, out), 0);
    assert_int_equal(rnn_writer_push(&writer, bytes_model, 0x95, out), 3);
    assert_memory_equal(out, "\xE0\xA4\x95", 3);
    assert_int_equal(rnn_writer_end(&writer, out), 0);
    /* An unfinished character before a whole one. */
    assert_int_equal(rnn_writer_push(&writer, bytes_model, 0xF0, out), 0);
    assert_int_equal(rnn_writer_push(&writer, bytes_model, 257, out), 7);
    assert_memory_equal(out, FFFD "\xF0\x9F\x98\x80", 7);
    assert_int_equal(rnn_writer_push(&writer, bytes_model, 256, out), 3);
    assert_int_equal(rnn_writer_push(&writer, bytes_model, 0xE0, out), 0);
    assert_int_equal(rnn_writer_end(&writer, out), 3);
    assert_memory_equal(out, FFFD, 3);
    assert_int_equal(rnn_writer_end(&writer, out), 0);
}

/* Length of the valid character at `at`, or 0; simple on purpose. */
static size_t valid(const unsigned char *at, size_t left) {
    for (size_t length = 1; length <= 4 && length <= left; length++) {
        uint32_t code = length == 1 ? at[0] : at[0] & (0x7Fu >> length);
        static const unsigned heads[] = {0x00, 0xC0, 0xE0, 0xF0};
        static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
        unsigned mask = length == 1 ? 0x80u : 0xFFu & ~(0x7Fu >> length);
        if ((at[0] & mask) != heads[length - 1])
            continue;
        for (size_t i = 1; i < length; i++) {
            if ((at[i] & 0xC0) != 0x80)
                return 0;
            code = code << 6 | (at[i] & 0x3Fu);
        }
        if (code >= least[length - 1] && code < 0x110000 && (code < 0xD800 || code > 0xDFFF))
            return length;
    }
    return 0;
}

/* Whatever is drawn, what comes out is UTF-8, and what was valid comes through. */
static void test_all_output_is_utf8(void **state) {
    (void)state;
    static const unsigned char edges[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0,
                                          0xBF, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEE,
                                          0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF};
    enum { EDGES = sizeof edges };
    for (unsigned n = 0; n < EDGES * EDGES * EDGES * EDGES; n++) {
        int32_t symbols[4];
        unsigned rest = n;
        unsigned char bytes[4];
        char out[64];
        for (int i = 0; i < 4; i++, rest /= EDGES)
            symbols[i] = bytes[i] = edges[rest % EDGES];
        size_t length = write_all(symbols, 4, out), characters = 0, good = 0;
        for (size_t at = 0; at < length;) {
            size_t one = valid((const unsigned char *)out + at, length - at);
            assert_true(one > 0);
            characters += memcmp(out + at, FFFD, 3) != 0;
            at += one;
        }
        for (size_t at = 0; at < 4;) {
            size_t one = valid(bytes + at, 4 - at);
            good += one > 0;
            at += one ? one : 1;
        }
        assert_int_equal(characters, good);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_become_characters),
        cmocka_unit_test(test_one_replacement_for_each_maximal_subpart),
        cmocka_unit_test(test_nothing_is_written_before_it_is_whole),
        cmocka_unit_test(test_all_output_is_utf8),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
