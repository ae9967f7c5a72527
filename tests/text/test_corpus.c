/* SPDX-License-Identifier: MIT
 *
 * test_corpus.c - files, directories, archives and standard input as one stream.
 */
#include "text/corpus.h"

#include <fcntl.h>

#include "base/memory.h"
#include "text/patterns.h"
#include "tests/text/packing.h"

static const rnn_corpus_options plain = {0};

/* What a corpus reads, `room` bytes at a time; NULL after an error. Released with free. */
static char *read_all(const char *const *inputs, size_t count, const rnn_corpus_options *options,
                      size_t room, size_t *bytes, uint64_t *files, rnn_error *error) {
    rnn_corpus *corpus;
    char *all = calloc(1, 1 << 21);
    size_t got = 1;
    assert_non_null(all);
    *bytes = 0;
    rnn_status status = rnn_corpus_open(&corpus, inputs, count, options, error);
    while (status == RNN_OK && got > 0) {
        assert_true(*bytes + room < 1 << 21);
        status = rnn_corpus_read(corpus, all + *bytes, room, &got, error);
        *bytes += got;
    }
    if (files && corpus)
        *files = rnn_corpus_files(corpus);
    rnn_corpus_close(corpus);
    if (status == RNN_OK)
        return all;
    assert_int_equal(status, error->code);
    free(all);
    return NULL;
}

static void expect_bytes(const char *const *inputs, size_t count, const rnn_corpus_options *options,
                         const char *expected, size_t length, uint64_t expected_files) {
    static const size_t rooms[] = {1, 7, 1 << 16};
    for (size_t i = 0; i < 3; i++) {
        size_t bytes;
        uint64_t files = 0;
        rnn_error error = {0};
        char *all = read_all(inputs, count, options, rooms[i], &bytes, &files, &error);
        if (!all)
            fail_msg("%s", error.message);
        assert_int_equal(bytes, length);
        assert_memory_equal(all, expected, length);
        assert_int_equal(files, expected_files);
        free(all);
    }
}

static void expect(const char *input, const rnn_corpus_options *options, const char *expected,
                   uint64_t files) {
    expect_bytes(&input, 1, options, expected, strlen(expected), files);
}

static void refuse(const char *const *inputs, size_t count, const rnn_corpus_options *options,
                   rnn_status code, const char *part) {
    size_t bytes;
    rnn_error error = {0};
    char *all = read_all(inputs, count, options, 4096, &bytes, NULL, &error);
    assert_null(all);
    assert_int_equal(error.code, code);
    if (!strstr(error.message, part))
        fail_msg("\"%s\" is not in \"%s\"", part, error.message);
}

static void files_come_as_they_are_named(void **state) {
    (void)state;
    const char *inputs[] = {made_text("second", "second "), made_text("empty", ""),
                            made_text("first", "first\n")};
    expect_bytes(inputs, 3, &plain, "second first\n", 13, 3);
    expect_bytes(inputs, 3, NULL, "second first\n", 13, 3);
}

static void plain_bytes_are_left_alone(void **state) {
    (void)state;
    static const char bytes[] = "\xEF\xBB\xBFwith a mark\0\r\n\xFF\xE2\x82";
    const char *path = made_file("odd", bytes, sizeof bytes - 1);
    expect_bytes(&path, 1, &plain, bytes, sizeof bytes - 1, 1);
    /* Texts that begin as formats which libarchive knows, but which are texts. */
    static const char *const texts[] = {"#mtree\n/set type=file\nx mode=644\n",
                                        "!<arch>\nx",
                                        "BZh is no word",
                                        "BZh9 is none either",
                                        "PKZIP",
                                        "070701 is a number"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect(made_text("text", texts[i]), &plain, texts[i], 1);
    /* "ustar" where tar has it, but no header's sum. */
    char ustar[600];
    memset(ustar, 'a', sizeof ustar);
    memcpy(ustar + 257, "ustar", 5);
    path = made_file("ustar", ustar, sizeof ustar);
    expect_bytes(&path, 1, &plain, ustar, sizeof ustar, 1);
}

static void large_files_come_whole(void **state) {
    (void)state;
    enum { LARGE = 1000003 };
    char *bytes = malloc(LARGE);
    assert_non_null(bytes);
    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = (char)(i * i / 251);
    const char *inputs[] = {made_file("large", bytes, LARGE), NULL};
    size_t got;
    uint64_t files;
    rnn_error error;
    char *all = read_all(inputs, 1, &plain, 65536, &got, &files, &error);
    assert_non_null(all);
    assert_int_equal(got, LARGE);
    assert_memory_equal(all, bytes, LARGE);
    free(all);
    free(bytes);
}

static void compressed_files_are_unpacked(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int filter;
    } kinds[] = {{"t.gz", ARCHIVE_FILTER_GZIP},
                 {"t.xz", ARCHIVE_FILTER_XZ},
                 {"t.zst", ARCHIVE_FILTER_ZSTD},
                 {"t.bz2", ARCHIVE_FILTER_BZIP2},
                 {"named otherwise.txt", ARCHIVE_FILTER_GZIP}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        expect(compress_text(kinds[i].name, kinds[i].filter, "short"), &plain, "short", 1);
        expect(compress_text(kinds[i].name, kinds[i].filter, "#mtree\nis text here as well\n"),
               &plain, "#mtree\nis text here as well\n", 1);
        expect(compress_text(kinds[i].name, kinds[i].filter, ""), &plain, "", 1);
    }
    /* Several gzip files in a row are one. */
    const char *path = compress_text("a.gz", ARCHIVE_FILTER_GZIP, "one ");
    char both[512];
    size_t length = 0;
    for (int i = 0; i < 2; i++) {
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        length += fread(both + length, 1, 200, file);
        fclose(file);
    }
    expect(made_file("both.gz", both, length), &plain, "one one ", 1);
}

static const packed_member members[] = {
    {"src", "", AE_IFDIR},
    {"src/b.c", "int b;\n", 0},
    {"src/a.c", "int a;\n", 0},
    {"src/link.c", "a.c", AE_IFLNK},
    {"src/empty.c", "", 0},
    {"src/.hidden.c", "int hidden;\n", 0},
    {"src/.git/c.c", "int git;\n", 0},
    {"./src/c.h", "int c;\n", 0},
    {"src/deep/deeper/d.c", "int d;\n", 0},
};
#define MEMBERS (sizeof members / sizeof members[0])

static void archives_are_unpacked(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int format, filter;
    } kinds[] = {{"a.tar", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE},
                 {"a.pax", ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE, ARCHIVE_FILTER_NONE},
                 {"a.gnu", ARCHIVE_FORMAT_TAR_GNUTAR, ARCHIVE_FILTER_NONE},
                 {"a.tar.gz", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_GZIP},
                 {"a.tar.xz", ARCHIVE_FORMAT_TAR_GNUTAR, ARCHIVE_FILTER_XZ},
                 {"a.tar.zst", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_ZSTD},
                 {"a.tar.bz2", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_BZIP2},
                 {"a.zip", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const char *path = pack(kinds[i].name, kinds[i].format, kinds[i].filter, members, MEMBERS);
        expect(path, &plain, "int b;\nint a;\nint c;\nint d;\n", 5);
        expect(path, &(rnn_corpus_options){.include = "*.c"}, "int b;\nint a;\nint d;\n", 4);
        expect(path, &(rnn_corpus_options){.include = "*.c,*.h", .exclude = "b.*, */deep/*"},
               "int a;\nint c;\n", 3);
        refuse(&path, 1, &(rnn_corpus_options){.include = "*.py"}, RNN_ERR_RANGE,
               "--include names by *.py");
        refuse(&path, 1, &(rnn_corpus_options){.exclude = "*.?"}, RNN_ERR_RANGE,
               "--exclude does not name by *.?");
    }
}

static void names_beyond_the_locale_are_read(void **state) {
    (void)state;
    static const packed_member odd[] = {{"\xE0\xA4\xA8.txt", "namaste ", 0},
                                        {"caf\xC3\xA9\x1B.txt", "cafe", 0}};
    expect(pack("odd.pax", ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE, ARCHIVE_FILTER_NONE, odd, 2), &plain,
           "namaste cafe", 2);
    expect(pack("odd.zip", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, odd, 2), &plain, "namaste cafe",
           2);
}

static void directories_are_walked_in_order(void **state) {
    (void)state;
    const char *root = made_folder("walk");
    made_text("walk/b", "b ");
    made_text("walk/a.c", "a.c ");
    made_folder("walk/a");
    made_text("walk/a/z", "a/z ");
    made_text("walk/a/A", "a/A ");
    made_folder("walk/a/empty");
    made_text("walk/a-b", "a-b ");
    made_text("walk/.hidden", "hidden ");
    made_folder("walk/.git");
    made_text("walk/.git/x", "git ");
    assert_int_equal(symlink("b", made_path("walk/link")), 0);
    assert_int_equal(symlink("..", made_path("walk/up")), 0);
    compress_text("walk/c.gz", ARCHIVE_FILTER_GZIP, "c.gz ");
    pack("walk/d.tar", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE, members, MEMBERS);
    const char *all = "a-b a.c a/A a/z b c.gz int b;\nint a;\nint c;\nint d;\n";
    expect(root, &plain, all, 11);
    char slashes[300];
    snprintf(slashes, sizeof slashes, "%s//", root);
    expect(slashes, &plain, all, 11);
    expect(root, &(rnn_corpus_options){.include = "a*"}, "a-b a.c ", 2);
    expect(root, &(rnn_corpus_options){.include = "*/a/*"}, "a/A a/z ", 2);
    expect(root, &(rnn_corpus_options){.exclude = "*/a/*,*.tar,*.gz"}, "a-b a.c b ", 3);
    /* An archive must be chosen itself, then its members. */
    expect(root, &(rnn_corpus_options){.include = "*.c"}, "a.c ", 1);
    expect(root, &(rnn_corpus_options){.include = "*.tar,*.h"}, "int c;\n", 1);
    /* What the user names himself is read whatever the patterns say. */
    const char *both[] = {made_path("walk/.hidden"), made_path("walk/a")};
    expect_bytes(both, 2, &(rnn_corpus_options){.include = "z"}, "hidden a/z ", 11, 2);
    refuse(&root, 1, &(rnn_corpus_options){.include = "*.py"}, RNN_ERR_RANGE, "*.py");
}

static void empty_directories_hold_nothing(void **state) {
    (void)state;
    const char *root = made_folder("bare");
    refuse(&root, 1, &plain, RNN_ERR_RANGE, "no file");
    refuse(NULL, 0, &plain, RNN_ERR_RANGE, "no input");
}

static void missing_files_are_named(void **state) {
    (void)state;
    const char *inputs[] = {made_path("not/there"), made_text("there", "x")};
    refuse(inputs, 2, &plain, RNN_ERR_IO, "not/there: cannot be opened: No such file");
    const char *later[] = {inputs[1], inputs[0]};
    refuse(later, 2, &plain, RNN_ERR_IO, "not/there: cannot be opened: No such file");
}

/* Reads from a pipe as standard input while `body` writes into it. */
static void expect_from_pipe(const char *bytes, size_t length, const char *expected) {
    int ends[2], kept = dup(STDIN_FILENO);
    const char *input = "-";
    size_t got;
    uint64_t files = 0;
    rnn_error error = {0};
    assert_int_equal(pipe(ends), 0);
    assert_true(length < 4096);
    assert_int_equal(write(ends[1], bytes, length), length);
    close(ends[1]);
    assert_true(dup2(ends[0], STDIN_FILENO) >= 0);
    close(ends[0]);
    char *all = read_all(&input, 1, &plain, 64, &got, &files, &error);
    /* It is still open, and at its end. */
    char more;
    assert_int_equal(read(STDIN_FILENO, &more, 1), 0);
    if (kept >= 0) {
        dup2(kept, STDIN_FILENO);
        close(kept);
    }
    if (!all)
        fail_msg("%s", error.message);
    assert_int_equal(got, strlen(expected));
    assert_memory_equal(all, expected, got);
    free(all);
}

static void standard_input_is_read(void **state) {
    (void)state;
    expect_from_pipe("from a pipe", 11, "from a pipe");
    static const struct {
        const char *name;
        int format, filter;
    } kinds[] = {{"p.tar.gz", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_GZIP},
                 {"p.zip", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE}};
    for (size_t i = 0; i < 2; i++) {
        char bytes[4096];
        FILE *file =
            fopen(pack(kinds[i].name, kinds[i].format, kinds[i].filter, members + 1, 2), "rb");
        assert_non_null(file);
        size_t length = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        expect_from_pipe(bytes, length, "int b;\nint a;\n");
    }
}

/* Packed files cut short at every length: an error that names the file, or, where
 * nothing is lost but an ending, the text. */
static void truncated_files_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int filter;
    } kinds[] = {{"cut.gz", ARCHIVE_FILTER_GZIP},
                 {"cut.xz", ARCHIVE_FILTER_XZ},
                 {"cut.zst", ARCHIVE_FILTER_ZSTD},
                 {"cut.bz2", ARCHIVE_FILTER_BZIP2}};
    const char *text = "A text that is long enough to be cut anywhere, and then it is cut.";
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char bytes[512], part[64];
        FILE *file = fopen(compress_text(kinds[i].name, kinds[i].filter, text), "rb");
        assert_non_null(file);
        size_t length = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        snprintf(part, sizeof part, "%s: cannot be unpacked", kinds[i].name);
        for (size_t cut = 10; cut < length - 12; cut++) {
            const char *path = made_file(kinds[i].name, bytes, cut);

            refuse(&path, 1, &plain, RNN_ERR_FORMAT, part);
        }
    }
}

static void damaged_members_are_named(void **state) {
    (void)state;
    char text[2000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = 0;
    const packed_member one = {"long.txt", text, 0};
    char bytes[8192];
    FILE *file = fopen(pack("d.tar", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE, &one, 1), "rb");
    assert_non_null(file);
    assert_true(fread(bytes, 1, sizeof bytes, file) > 1500);
    fclose(file);
    const char *path = made_file("d.tar", bytes, 1500);
    refuse(&path, 1, &plain, RNN_ERR_FORMAT, "d.tar: long.txt: cannot be unpacked");
}

static void names_say_what_is_read(void **state) {
    (void)state;
    static const packed_member two[] = {{"a/b.txt", "b", 0}, {"c\x1B[31m.txt", "c", 0}};
    const char *inputs[] = {
        made_text("plain.txt", "p"),
        pack("two.tar.gz", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_GZIP, two, 2),
        compress_text("n.xz", ARCHIVE_FILTER_XZ, "x")};
    static const char *const names[] = {"plain.txt", "two.tar.gz: a/b.txt",
                                        "two.tar.gz: c?[31m.txt", "n.xz"};
    rnn_corpus *corpus;
    assert_int_equal(rnn_corpus_open(&corpus, inputs, 3, &plain, NULL), RNN_OK);
    for (size_t i = 0; i < 4; i++) {
        char buffer[64];
        size_t got;
        assert_int_equal(rnn_corpus_read(corpus, buffer, sizeof buffer, &got, NULL), RNN_OK);
        assert_int_equal(got, 1); /* never of two files at once */
        const char *name = rnn_corpus_name(corpus);
        assert_string_equal(name + strlen(made.path) + 1, names[i]);
        assert_int_equal(rnn_corpus_files(corpus), i + 1);
    }
    rnn_corpus_close(corpus);
}

static void normal_form_across_files(void **state) {
    (void)state;
    const char *inputs[] = {made_text("n1", "cafe"), made_text("n2", "\xCC\x81 \xE2\x84"),
                            made_text("n3", "\xAB"
                                            "e\xCC")};
    expect_bytes(inputs, 3, &(rnn_corpus_options){.normalize = 1},
                 "caf\xC3\xA9 \xC3\x85"
                 "e\xCC",
                 10, 3);
    expect_bytes(inputs, 3, &plain,
                 "cafe\xCC\x81 \xE2\x84\xAB"
                 "e\xCC",
                 12, 3);
}

static void patterns_match_names_or_paths(void **state) {
    (void)state;
    rnn_patterns *patterns;
    assert_int_equal(rnn_patterns_create(&patterns, " *.c ,,src/*.h,[A-M]*\t", NULL), RNN_OK);
    assert_true(rnn_patterns_match(patterns, "x/y/z.c"));
    assert_true(rnn_patterns_match(patterns, "z.c"));
    assert_false(rnn_patterns_match(patterns, "z.cc"));
    assert_true(rnn_patterns_match(patterns, "src/a.h"));
    assert_true(rnn_patterns_match(patterns, "src/b/a.h"));
    assert_false(rnn_patterns_match(patterns, "x/src/a.h"));
    assert_true(rnn_patterns_match(patterns, "doc/Makefile"));
    assert_false(rnn_patterns_match(patterns, "Doc/makefile"));
    assert_string_not_equal(rnn_patterns_list(patterns), "");
    rnn_patterns_destroy(patterns);
    static const char *const none[] = {NULL, "", " , ,"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(rnn_patterns_create(&patterns, none[i], NULL), RNN_OK);
        assert_false(rnn_patterns_match(patterns, "a"));
        assert_string_equal(rnn_patterns_list(patterns), "");
        rnn_patterns_destroy(patterns);
    }
}

static void no_memory_is_an_error(void **state) {
    (void)state;
    const char *inputs[] = {made_folder("memory"), pack("m.zip", ARCHIVE_FORMAT_ZIP,
                                                        ARCHIVE_FILTER_NONE, members, MEMBERS)};
    made_folder("memory/deep");
    made_text("memory/deep/a", "a");
    compress_text("memory/b.gz", ARCHIVE_FILTER_GZIP, "b");
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        for (uint64_t nth = 1;; nth++) {
            size_t bytes;
            rnn_error error = {0};
            rnn_allocate_fail(nth, for_ever);
            char *all = read_all(inputs, 2, &(rnn_corpus_options){.include = "*", .normalize = 1},
                                 4096, &bytes, NULL, &error);
            rnn_allocate_fail(0, 0);
            if (all) {
                assert_int_equal(bytes, 30);
                free(all);
                break;
            }
            assert_int_equal(error.code, RNN_ERR_MEMORY);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_come_as_they_are_named),
        cmocka_unit_test(plain_bytes_are_left_alone),
        cmocka_unit_test(large_files_come_whole),
        cmocka_unit_test(compressed_files_are_unpacked),
        cmocka_unit_test(archives_are_unpacked),
        cmocka_unit_test(names_beyond_the_locale_are_read),
        cmocka_unit_test(directories_are_walked_in_order),
        cmocka_unit_test(empty_directories_hold_nothing),
        cmocka_unit_test(missing_files_are_named),
        cmocka_unit_test(standard_input_is_read),
        cmocka_unit_test(truncated_files_are_refused),
        cmocka_unit_test(damaged_members_are_named),
        cmocka_unit_test(names_say_what_is_read),
        cmocka_unit_test(normal_form_across_files),
        cmocka_unit_test(patterns_match_names_or_paths),
        cmocka_unit_test(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, made_begin, made_end);
}
