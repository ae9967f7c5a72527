/* SPDX-License-Identifier: MIT
 *
 * test_whole_text.c - a corpus in one piece, and which file a byte stands in.
 */
#include "base/memory.h"
#include "tests/text/made_files.h"
#include "text/whole_text.h"

static rnn_status read_whole(rnn_whole_text **out, const char *const *inputs, size_t count,
                             rnn_error *error) {
    rnn_corpus *corpus;
    rnn_status status = rnn_corpus_open(&corpus, inputs, count, NULL, error);
    *out = NULL;
    if (status == RNN_OK)
        status = rnn_whole_text_read(out, corpus, made.path, error);
    rnn_corpus_close(corpus);
    return status;
}

static void assert_place(const rnn_whole_text *text, size_t at, const char *file, uint64_t line,
                         uint64_t column, uint64_t byte) {
    const char *name;
    rnn_place place = rnn_whole_text_place(text, at, &name);
    assert_non_null(strstr(name, file));
    assert_int_equal(place.line, line);
    assert_int_equal(place.column, column);
    assert_int_equal(place.byte, byte);
}

static void files_and_places(void **state) {
    (void)state;
    const char *inputs[] = {made_text("a.txt", "one\ntwo\n"), made_text("empty.txt", ""),
                            made_text("b.txt", "\xC3\xA9t\xC3\xA9\n\nlast")};
    rnn_whole_text *text;
    rnn_error error;
    size_t count;
    assert_int_equal(read_whole(&text, inputs, 3, &error), RNN_OK);
    const char *bytes = rnn_whole_text_bytes(text, &count);
    const char all[] = "one\ntwo\n\xC3\xA9t\xC3\xA9\n\nlast";
    assert_int_equal(count, sizeof all - 1);
    assert_memory_equal(bytes, all, count);
    assert_place(text, 0, "a.txt", 1, 1, 0);
    assert_place(text, 3, "a.txt", 1, 4, 3);
    assert_place(text, 4, "a.txt", 2, 1, 4);
    assert_place(text, 8, "b.txt", 1, 1, 0);
    assert_place(text, 11, "b.txt", 1, 3, 3);
    assert_place(text, count - 1, "b.txt", 3, 4, count - 9);
    rnn_whole_text_destroy(text);
}

static void what_cannot_be_read(void **state) {
    (void)state;
    const char *inputs[] = {made_text("nothing.txt", "")};
    rnn_whole_text *text;
    rnn_error error;
    assert_int_equal(read_whole(&text, inputs, 1, &error), RNN_ERR_RANGE);
    assert_null(text);
    inputs[0] = made_text("some.txt", "some");
    int failed = 0;
    for (uint64_t nth = 1;; nth++) {
        rnn_allocate_fail(nth, 0);
        rnn_status status = read_whole(&text, inputs, 1, &error);
        rnn_allocate_fail(0, 0);
        if (status == RNN_OK)
            break;
        assert_int_equal(status, RNN_ERR_MEMORY);
        assert_null(text);
        failed++;
    }
    assert_true(failed > 3);
    rnn_whole_text_destroy(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_and_places),
        cmocka_unit_test(what_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, made_begin, made_end);
}
