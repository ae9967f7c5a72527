/* SPDX-License-Identifier: MIT
 *
 * test_symbols.c - from a corpus to symbols in a file, and back.
 */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/memory.h"
#include "tests/text/packing.h"
#include "text/spool.h"
#include "text/symbols.h"

static rnn_corpus *open_corpus(const char *const *inputs, size_t count, int normalize) {
    rnn_corpus *corpus;
    rnn_error error;
    const rnn_corpus_options options = {.normalize = normalize};
    if (rnn_corpus_open(&corpus, inputs, count, &options, &error) != RNN_OK)
        fail_msg("%s", error.message);
    return corpus;
}

static rnn_symbols *prepare(const char *path, rnn_units units, int max_symbols, int normalize,
                            rnn_vocabulary **vocabulary) {
    rnn_corpus *corpus = open_corpus(&path, 1, normalize);
    rnn_symbols *symbols;
    rnn_error error;
    if (rnn_symbols_prepare(&symbols, vocabulary, corpus, units, max_symbols, normalize, NULL,
                            made.path, &error) != RNN_OK)
        fail_msg("%s", error.message);
    rnn_corpus_close(corpus);
    return symbols;
}

/* The symbols spelled out. Released with free. */
static char *spell(const rnn_symbols *symbols, const rnn_vocabulary *vocabulary, size_t *length) {
    const size_t count = (size_t)rnn_symbols_count(symbols);
    int32_t *list = malloc(count * sizeof *list);
    char *text = malloc(4 * count);
    assert_non_null(list);
    assert_non_null(text);
    rnn_symbols_get(symbols, 0, count, list);
    *length = 0;
    for (size_t i = 0; i < count; i++) {
        size_t more;
        const char *symbol = rnn_vocabulary_symbol(vocabulary, list[i], &more);
        memcpy(text + *length, symbol, more);
        *length += more;
    }
    free(list);
    return text;
}

/* A text of `count` distinct characters, each `times` times. */
static char *make_text(uint32_t count, int times, size_t *length) {
    char *text = malloc((size_t)count * 4 * (size_t)times);
    assert_non_null(text);
    *length = 0;
    for (int i = 0; i < times; i++) {
        for (uint32_t code = 0; code < count; code++)
            *length += rnn_utf8_encode(0x4E00 + code, text + *length);
    }
    return text;
}

static void comes_back(const char *bytes, size_t count, rnn_units units, int max_symbols,
                       int size) {
    rnn_vocabulary *vocabulary;
    const char *path = made_file("text", bytes, count);
    rnn_symbols *symbols = prepare(path, units, max_symbols, 0, &vocabulary);
    assert_int_equal(rnn_vocabulary_size(vocabulary), size);
    assert_int_equal(rnn_symbols_bytes(symbols), count);
    assert_int_equal(rnn_symbols_skipped(symbols), 0);
    size_t length;
    char *text = spell(symbols, vocabulary, &length);
    assert_int_equal(length, count);
    assert_memory_equal(text, bytes, count);
    free(text);
    /* Read again with the vocabulary, it is the same. */
    rnn_corpus *corpus = open_corpus(&path, 1, 0);
    rnn_symbols *again;
    assert_int_equal(rnn_symbols_encode(&again, corpus, vocabulary, 0, made.path, NULL), RNN_OK);
    assert_int_equal(rnn_symbols_count(again), rnn_symbols_count(symbols));
    assert_int_equal(rnn_symbols_hash(again), rnn_symbols_hash(symbols));
    rnn_corpus_close(corpus);
    rnn_symbols_destroy(again);
    rnn_symbols_destroy(symbols);
    rnn_vocabulary_destroy(vocabulary);
}

static void texts_come_back_at_both_widths(void **state) {
    (void)state;
    size_t length;
    char *text = make_text(256, 1, &length);
    comes_back(text, length, RNN_UNITS_AUTO, 0, 256);
    free(text);
    text = make_text(257, 1, &length);
    comes_back(text, length, RNN_UNITS_AUTO, 0, 257);
    comes_back(text, length, RNN_UNITS_BYTES, 0, 65);
    comes_back(text, length, RNN_UNITS_AUTO, 300, 300);
    free(text);
    comes_back("a\xFF\0\xE2\x82", 5, RNN_UNITS_AUTO, 0, 5);
    comes_back("a\xFF\0\xE2\x82\xC3\xA9", 7, RNN_UNITS_CHARS, 999, 257);
    comes_back("aaaa", 4, RNN_UNITS_AUTO, 0, 1);
    comes_back("a", 1, RNN_UNITS_AUTO, 0, 1);
}

/* Longer than several of the pieces that are worked on, of which each border cuts
 * a character. */
static void long_texts_come_back(void **state) {
    (void)state;
    size_t length;
    char *text = make_text(1000, 170, &length);
    assert_true(length > 500000);
    comes_back(text, length, RNN_UNITS_AUTO, 0, 1000);
    comes_back(text, length, RNN_UNITS_AUTO, 500, 500);
    free(text);
}

static void ranges_can_be_read(void **state) {
    (void)state;
    for (uint32_t kinds = 100; kinds <= 1000; kinds += 900) {
        size_t length;
        char *text = make_text(kinds, 3, &length);
        rnn_vocabulary *vocabulary;
        rnn_symbols *symbols =
            prepare(made_file("text", text, length), RNN_UNITS_AUTO, 0, 0, &vocabulary);
        int32_t list[20];
        assert_int_equal(rnn_symbols_count(symbols), 3 * kinds);
        rnn_symbols_get(symbols, kinds - 2, 5, list);
        for (int32_t i = 0; i < 5; i++)
            assert_int_equal(list[i], ((int32_t)kinds - 2 + i) % (int32_t)kinds);
        memset(list, 0x11, sizeof list);
        rnn_symbols_get_strided(symbols, 3 * kinds - 4, 4, list + 1, 5);
        for (int32_t i = 0; i < 20; i++)
            assert_int_equal(list[i], i % 5 == 1 ? (int32_t)kinds - 4 + i / 5 : 0x11111111);
        rnn_symbols_get(symbols, 3 * kinds, 0, list);
        rnn_symbols_destroy(symbols);
        rnn_vocabulary_destroy(vocabulary);
        free(text);
    }
}

static void hashes_tell_texts_apart(void **state) {
    (void)state;
    rnn_vocabulary *a, *b;
    rnn_symbols *one = prepare(made_text("one", "abab"), RNN_UNITS_AUTO, 0, 0, &a);
    rnn_symbols *two = prepare(made_text("two", "abba"), RNN_UNITS_AUTO, 0, 0, &b);
    assert_true(rnn_vocabulary_equal(a, b));
    assert_int_not_equal(rnn_symbols_hash(one), rnn_symbols_hash(two));
    rnn_symbols_destroy(one);
    rnn_symbols_destroy(two);
    rnn_vocabulary_destroy(a);
    rnn_vocabulary_destroy(b);
}

static void normal_form_is_applied_and_remembered(void **state) {
    (void)state;
    rnn_vocabulary *vocabulary;
    rnn_symbols *symbols =
        prepare(made_text("text", "cafe\xCC\x81"), RNN_UNITS_AUTO, 0, 1, &vocabulary);
    size_t length;
    char *text = spell(symbols, vocabulary, &length);
    assert_int_equal(length, 5);
    assert_memory_equal(text, "caf\xC3\xA9", 5);
    assert_true(rnn_vocabulary_normalizes(vocabulary));
    free(text);
    rnn_symbols_destroy(symbols);
    rnn_vocabulary_destroy(vocabulary);
}

static void refuse(const char *const *inputs, size_t count, rnn_units units,
                   const rnn_vocabulary *known, int skip, const char *directory, rnn_status code,
                   const char *part) {
    rnn_corpus *corpus = open_corpus(inputs, count, 0);
    rnn_symbols *symbols;
    rnn_vocabulary *vocabulary = NULL;
    rnn_error error = {0};
    rnn_status status = known ? rnn_symbols_encode(&symbols, corpus, known, skip, directory, &error)
                              : rnn_symbols_prepare(&symbols, &vocabulary, corpus, units, 0, 0,
                                                    NULL, directory, &error);
    assert_int_equal(status, code);
    assert_int_equal(error.code, code);
    assert_null(symbols);
    assert_null(vocabulary);
    if (!strstr(error.message, part))
        fail_msg("\"%s\" is not in \"%s\"", part, error.message);
    rnn_corpus_close(corpus);
}

static void errors_name_file_and_place(void **state) {
    (void)state;
    const char *inputs[] = {made_text("good", "good\nfile\n"), made_text("bad", "\nb\xFFx")};
    refuse(inputs, 2, RNN_UNITS_CHARS, NULL, 0, made.path, RNN_ERR_SYMBOL,
           "bad: byte 2 (line 2, column 2): 0xFF is not UTF-8");
    rnn_vocabulary *vocabulary;
    rnn_symbols *symbols = prepare(inputs[0], RNN_UNITS_AUTO, 0, 0, &vocabulary);
    rnn_symbols_destroy(symbols);
    inputs[1] = made_text("bad", "good\nfilm\n");
    refuse(inputs, 2, 0, vocabulary, 0, made.path, RNN_ERR_SYMBOL,
           "bad: byte 8 (line 2, column 4): the model does not know \"m\" (U+006D)");
    const packed_member member = {"in/film.txt", "film", 0};
    inputs[0] = pack("film.tar", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE, &member, 1);
    refuse(inputs, 1, 0, vocabulary, 0, made.path, RNN_ERR_SYMBOL,
           "film.tar: in/film.txt: byte 3 (line 1, column 4)");
    inputs[0] = made_text("other", "QQQ");
    refuse(inputs, 1, 0, vocabulary, 1, made.path, RNN_ERR_RANGE, "none of its 3 characters");
    rnn_vocabulary_destroy(vocabulary);
}

static void nothing_is_no_text(void **state) {
    (void)state;
    const char *inputs[] = {made_text("empty", ""), made_text("empty too", "")};
    refuse(inputs, 2, RNN_UNITS_AUTO, NULL, 0, made.path, RNN_ERR_RANGE, "the input holds no text");
    rnn_vocabulary *vocabulary;
    rnn_symbols_destroy(prepare(made_text("some", "some"), RNN_UNITS_AUTO, 0, 0, &vocabulary));
    refuse(inputs, 2, 0, vocabulary, 0, made.path, RNN_ERR_RANGE, "the input holds no text");
    rnn_vocabulary_destroy(vocabulary);
}

static void unknown_characters_are_counted(void **state) {
    (void)state;
    rnn_vocabulary *vocabulary;
    rnn_symbols_destroy(prepare(made_text("some", "some"), RNN_UNITS_AUTO, 0, 0, &vocabulary));
    const char *input = made_text("more", "some more");
    rnn_corpus *corpus = open_corpus(&input, 1, 0);
    rnn_symbols *symbols;
    assert_int_equal(rnn_symbols_encode(&symbols, corpus, vocabulary, 1, made.path, NULL), RNN_OK);
    assert_int_equal(rnn_symbols_count(symbols), 7);
    assert_int_equal(rnn_symbols_bytes(symbols), 9);
    assert_int_equal(rnn_symbols_skipped(symbols), 2);
    rnn_symbols_destroy(symbols);
    rnn_corpus_close(corpus);
    rnn_vocabulary_destroy(vocabulary);
}

static void nothing_is_left_in_the_directory(void **state) {
    (void)state;
    const char *input = made_text("text", "text");
    const char *folder = made_folder("symbols");
    rnn_corpus *corpus = open_corpus(&input, 1, 0);
    rnn_symbols *symbols;
    rnn_vocabulary *vocabulary;
    assert_int_equal(rnn_symbols_prepare(&symbols, &vocabulary, corpus, RNN_UNITS_AUTO, 0, 0, NULL,
                                         folder, NULL),
                     RNN_OK);
    assert_int_equal(scratch_count(folder), 0);
    rnn_symbols_destroy(symbols);
    rnn_vocabulary_destroy(vocabulary);
    rnn_corpus_close(corpus);
}

static void missing_directories_are_named(void **state) {
    (void)state;
    const char *input = made_text("text", "text");
    refuse(&input, 1, RNN_UNITS_AUTO, NULL, 0, made_path("nowhere"), RNN_ERR_IO,
           "nowhere: cannot keep the text in this directory: No such file");
}

/* A limit on the size of files stands in for a full disk. */
static void a_full_disk_is_named_with_what_is_needed(void **state) {
    (void)state;
    struct rlimit before, small;
    size_t length;
    char *text = make_text(100, 1500, &length);
    const char *input = made_file("text", text, length);
    free(text);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 200000;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    rnn_corpus *corpus = open_corpus(&input, 1, 0);
    rnn_symbols *symbols;
    rnn_vocabulary *vocabulary;
    rnn_error error;
    rnn_status status = rnn_symbols_prepare(&symbols, &vocabulary, corpus, RNN_UNITS_AUTO, 0, 0,
                                            NULL, made.path, &error);
    rnn_corpus_close(corpus);
    /* A written file whose size is known beforehand tells all that it takes. */
    rnn_spool *spool;
    rnn_error known;
    char bytes[1024] = {0};
    assert_int_equal(rnn_spool_create(&spool, made.path, NULL), RNN_OK);
    rnn_status spooled = RNN_OK;
    for (int i = 0; i < 200 && spooled == RNN_OK; i++)
        spooled = rnn_spool_write(spool, bytes, sizeof bytes, 204800, &known);
    rnn_spool_destroy(spool);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, RNN_ERR_IO);
    assert_null(symbols);
    assert_null(vocabulary);
    assert_non_null(strstr(error.message, made.path));
    assert_non_null(strstr(error.message, "it needs at least 2"));
    assert_int_equal(spooled, RNN_ERR_IO);
    assert_non_null(strstr(known.message, "it needs at least 204800 bytes"));
}

static void spools_give_back_what_was_written(void **state) {
    (void)state;
    rnn_spool *spool;
    const void *map;
    char bytes[8] = {0};
    assert_int_equal(rnn_spool_create(&spool, made.path, NULL), RNN_OK);
    assert_int_equal(rnn_spool_write(spool, "hello ", 6, 0, NULL), RNN_OK);
    assert_int_equal(rnn_spool_write(spool, "there", 5, 0, NULL), RNN_OK);
    assert_int_equal(rnn_spool_size(spool), 11);
    assert_int_equal(rnn_spool_read(spool, 4, bytes, 4, NULL), RNN_OK);
    assert_string_equal(bytes, "o th");
    assert_int_equal(rnn_spool_read(spool, 9, bytes, 4, NULL), RNN_ERR_IO);
    assert_int_equal(rnn_spool_map(spool, &map, NULL), RNN_OK);
    assert_memory_equal(map, "hello there", 11);
    rnn_spool_destroy(spool);
    assert_int_equal(rnn_spool_create(&spool, made.path, NULL), RNN_OK);
    assert_int_equal(rnn_spool_map(spool, &map, NULL), RNN_OK);
    assert_non_null(map);
    rnn_spool_destroy(spool);
}

/* Opens, prepares and encodes, with each allocation failing in turn. */
static void no_memory_is_an_error(void **state) {
    (void)state;
    const packed_member member = {"m", "in an archive \xC3\xA9", 0};
    const char *inputs[] = {made_text("text", "plain"), pack("m.tar.gz", ARCHIVE_FORMAT_TAR_USTAR,
                                                             ARCHIVE_FILTER_GZIP, &member, 1)};
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        for (int max_symbols = 0; max_symbols <= 256; max_symbols += 256) {
            rnn_status status = RNN_ERR_MEMORY;
            for (uint64_t nth = 1; status != RNN_OK; nth++) {
                rnn_corpus *corpus = NULL, *again = NULL;
                rnn_symbols *symbols = NULL, *encoded = NULL;
                rnn_vocabulary *vocabulary = NULL, *back = NULL;
                char *json = NULL;
                rnn_error error = {0};
                rnn_allocate_fail(nth, for_ever);
                status = rnn_corpus_open(&corpus, inputs, 2, NULL, &error);
                if (status == RNN_OK)
                    status = rnn_symbols_prepare(&symbols, &vocabulary, corpus, RNN_UNITS_AUTO,
                                                 max_symbols, 0, NULL, made.path, &error);
                if (status == RNN_OK)
                    status = rnn_vocabulary_write_json(vocabulary, &json, &error);
                if (status == RNN_OK)
                    status = rnn_vocabulary_read_json(&back, json, strlen(json), &error);
                if (status == RNN_OK)
                    status = rnn_corpus_open(&again, inputs, 2, NULL, &error);
                if (status == RNN_OK)
                    status = rnn_symbols_encode(&encoded, again, back, 0, made.path, &error);
                rnn_allocate_fail(0, 0);
                if (status == RNN_OK)
                    assert_int_equal(rnn_symbols_hash(encoded), rnn_symbols_hash(symbols));
                else
                    assert_int_equal(status, RNN_ERR_MEMORY);
                assert_int_equal(error.code, status);
                rnn_corpus_close(corpus);
                rnn_corpus_close(again);
                rnn_symbols_destroy(symbols);
                rnn_symbols_destroy(encoded);
                rnn_vocabulary_destroy(vocabulary);
                rnn_vocabulary_destroy(back);
                rnn_free(json);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_come_back_at_both_widths),
        cmocka_unit_test(long_texts_come_back),
        cmocka_unit_test(ranges_can_be_read),
        cmocka_unit_test(hashes_tell_texts_apart),
        cmocka_unit_test(normal_form_is_applied_and_remembered),
        cmocka_unit_test(errors_name_file_and_place),
        cmocka_unit_test(nothing_is_no_text),
        cmocka_unit_test(unknown_characters_are_counted),
        cmocka_unit_test(nothing_is_left_in_the_directory),
        cmocka_unit_test(missing_directories_are_named),
        cmocka_unit_test(a_full_disk_is_named_with_what_is_needed),
        cmocka_unit_test(spools_give_back_what_was_written),
        cmocka_unit_test(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, made_begin, made_end);
}
