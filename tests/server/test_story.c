/* SPDX-License-Identifier: MIT
 *
 * test_story.c - runs as they tell of themselves while they are written, texts that can be
 * trained on, names and command lines.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/files.h"
#include "base/memory.h"
#include "server/corpora.h"
#include "server/orders.h"
#include "server/story.h"
#include "tests/scratch.h"

static scratch place;

static int set_up(void **state) {
    (void)state;
    scratch_make(&place);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    scratch_remove(&place);
    return 0;
}

static void append(const char *name, const char *text) {
    char path[1024];
    FILE *file = fopen(scratch_name(&place, name, path), "ab");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void assert_reads(story_reader *reader, int expected, const char *lines) {
    rnn_json_text to = {0};
    assert_int_equal(story_read_on(reader, place.path, &to), expected);
    if (lines)
        assert_string_equal(to.text, lines);
    rnn_free(to.text);
}

static void test_a_log_is_followed(void **state) {
    story_reader reader = {0};
    char path[1024];
    (void)state;
    assert_reads(&reader, 0, NULL);
    append("log.jsonl", "{\"event\":\"start\",\"step\":0}\n{\"event\":\"prog");
    assert_reads(&reader, 1, "[{\"event\":\"start\",\"step\":0}]");
    assert_reads(&reader, 0, NULL);
    append("log.jsonl", "ress\"}\nno JSON\n{\"half\":\n[1]\n\n{\"b\":2}\n");
    assert_reads(&reader, 1, "[{\"event\":\"progress\"},{\"b\":2}]");
    append("log.jsonl", "{}} {\n");
    assert_reads(&reader, 1, "[]");
    /* A resumed run has cut it. */
    assert_int_equal(truncate(scratch_name(&place, "log.jsonl", path), 27), 0);
    assert_reads(&reader, -1, NULL);
    assert_reads(&reader, 1, "[{\"event\":\"start\",\"step\":0}]");
}

static void test_long_lines(void **state) {
    story_reader reader = {0};
    size_t most = (size_t)3 << 20;
    char *line = malloc(most + 1);
    rnn_json_text to = {0};
    (void)state;
    /* One that is longer than a piece is read; one that is too long is passed by. */
    memset(line, 'x', most);
    line[400000] = '\0';
    append("log.jsonl", "{\"text\":\"");
    append("log.jsonl", line);
    append("log.jsonl", "\"}\n");
    assert_int_equal(story_read_on(&reader, place.path, &to), 1);
    assert_int_equal(to.bytes, 400000 + 9 + 2 + 2);
    line[400000] = 'x';
    line[most] = '\0';
    append("log.jsonl", line);
    append("log.jsonl", "\n{\"after\":1}\n");
    int seen = 0;
    for (int i = 0; i < 20 && !seen; i++) {
        to.bytes = 0;
        if (story_read_on(&reader, place.path, &to) == 1)
            seen = strstr(to.text, "{\"after\":1}") != NULL;
    }
    assert_true(seen);
    rnn_free(to.text);
    free(line);
}

static double number(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

static void test_a_run_is_summed_up(void **state) {
    (void)state;
    json_t *summary = story_summary(place.path);
    assert_int_equal(json_object_size(summary), 0);
    json_decref(summary);
    append("log.jsonl", "{\"event\":\"start\",\"step\":0}\n"
                        "{\"event\":\"validation\",\"step\":5,\"val_loss\":2.5}\n"
                        "{\"event\":\"progress\",\"step\":10,\"loss\":2.25,\"seconds\":3}\n");
    summary = story_summary(place.path);
    assert_true(number(summary, "step") == 10 && number(summary, "val_loss") == 2.5 &&
                number(summary, "loss") == 2.25);
    assert_null(json_object_get(summary, "ended"));
    json_decref(summary);
    append("log.jsonl", "{\"event\":\"done\",\"step\":12,\"why\":\"stopped\"}\n");
    summary = story_summary(place.path);
    assert_string_equal(json_string_value(json_object_get(summary, "ended")), "stopped");
    json_decref(summary);
    append("log.jsonl", "{\"event\":\"resume\",\"step\":12}\n{\"event\":\"prog");
    summary = story_summary(place.path);
    assert_null(json_object_get(summary, "ended"));
    json_decref(summary);
}

static void test_samples(void **state) {
    static const char text[] =
        "=== step 100, epoch 0.19, loss 2.3859 nats ===\nFirst\n\n=== no ===\n"
        "\n\n=== step 300, epoch 0.58, loss 1.7134 nats ===\n\n\n"
        "=== step 500, epoch 1.00, loss 1.5000 nats ===\nlast \xC3\xA9\n\n";
    (void)state;
    json_t *list = story_parse_samples(text, sizeof text - 1);
    assert_int_equal(json_array_size(list), 3);
    json_t *first = json_array_get(list, 0);
    assert_true(number(first, "step") == 100 && number(first, "epoch") == 0.19);
    assert_string_equal(json_string_value(json_object_get(first, "text")), "First\n\n=== no ===\n");
    assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "text")), "");
    assert_string_equal(json_string_value(json_object_get(json_array_get(list, 2), "text")),
                        "last \xC3\xA9");
    json_decref(list);
    /* A byte that would end the text hides nothing. */
    static const char odd[] = "=== step 1, epoch 1, loss 1.5 nats ===\na\0b\n\n"
                              "=== step 2, epoch 2, loss 1.5 nats ===\nc\n\n";
    list = story_parse_samples(odd, sizeof odd - 1);
    assert_int_equal(json_array_size(list), 2);
    assert_int_equal(json_string_length(json_object_get(json_array_get(list, 0), "text")), 3);
    json_decref(list);
    list = story_parse_samples("", 0);
    assert_int_equal(json_array_size(list), 0);
    json_decref(list);
}

static void test_who_trains_is_seen(void **state) {
    (void)state;
    assert_false(story_is_training(place.path));
    int file = open(place.path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(file, LOCK_EX | LOCK_NB), 0);
    assert_true(story_is_training(place.path));
    close(file);
    assert_false(story_is_training(place.path));
    assert_false(story_is_training("/nowhere"));
}

static void test_corpora(void **state) {
    char path[1024], big[2001];
    (void)state;
    memset(big, 'a', 2000);
    big[2000] = '\0';
    const char *const files[] = {"book.txt",         ".hidden.txt",  "model.safetensors",
                                 "deep/er/play.txt", "run/text.txt", "-dash.txt"};
    rnn_files_make_directory(scratch_name(&place, "deep/er", path), NULL);
    rnn_files_make_directory(scratch_name(&place, "run", path), NULL);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        append(files[i], big);
    append("small.txt", "too small");
    char program[2000] = "\x7f"
                         "ELF";
    scratch_write(scratch_name(&place, "program", path), program, sizeof program);
    scratch_write(scratch_name(&place, "packed.xz", path), program, sizeof program);
    append("run/log.jsonl", "{}\n");
    assert_int_equal(symlink("/etc/passwd", scratch_name(&place, "link.txt", path)), 0);
    int more = 1;
    json_t *list = corpora_list(place.path, &more);
    static const char *const order[] = {"-dash.txt", "book.txt", "packed.xz", "deep/er/play.txt"};
    assert_int_equal(json_array_size(list), 4);
    assert_false(more);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(json_string_value(json_object_get(json_array_get(list, i), "path")),
                            order[i]);
    assert_true(corpora_holds(place.path, "deep"));
    assert_true(corpora_holds(place.path, "deep/er"));
    assert_true(corpora_holds(place.path, "deep/er/play.txt"));
    assert_false(corpora_holds(place.path, "run"));
    assert_false(corpora_holds(place.path, "dee"));
    assert_false(corpora_holds(place.path, ".."));
    assert_false(corpora_holds(place.path, ""));
    assert_true(corpora_has(place.path, "packed.xz"));
    assert_true(corpora_has(place.path, "book.txt"));
    assert_true(corpora_has(place.path, "deep/er/play.txt"));
    assert_true(corpora_has(place.path, "-dash.txt"));
    static const char *const others[] = {"",          "./book.txt", "../book.txt", "link.txt",
                                         "small.txt", "deep",       "/etc/passwd", "run/text.txt"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(corpora_has(place.path, others[i]));
    json_decref(list);
    /* However many there are below, a folder's own come first, and what CMake made not at all. */
    rnn_files_make_directory(scratch_name(&place, "a-build", path), NULL);
    append("a-build/CMakeCache.txt", big);
    append("a-build/out.txt", big);
    rnn_files_make_directory(scratch_name(&place, "a-lot", path), NULL);
    for (int i = 0; i < 500; i++) {
        char name[64];
        snprintf(name, sizeof name, "a-lot/%d.txt", i);
        append(name, big);
    }
    list = corpora_list(place.path, &more);
    assert_true(more);
    assert_int_equal(json_array_size(list), 500);
    assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "path")),
                        "book.txt");
    assert_false(corpora_has(place.path, "a-build/out.txt"));
    assert_true(corpora_has(place.path, "deep/er/play.txt"));
    json_decref(list);
}

static void note_name(void *context, const char *name, const char *path, long long when,
                      int has_model) {
    int *seen = context;
    (void)path;
    (void)when;
    (void)has_model;
    seen[0]++;
    seen[1] += strncmp(name, "latest", 6) == 0;
}

static void make_run(const char *name, long long when) {
    char path[1024];
    const struct timespec times[2] = {{when, 0}, {when, 0}};
    assert_int_equal(mkdir(scratch_name(&place, name, path), 0755), 0);
    strcat(path, "/log.jsonl");
    scratch_write(path, "{}\n", 3);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* Of very many runs the latest are there, wherever the system lists them. */
static void test_very_many_runs(void **state) {
    char path[1024], name[64];
    int seen[2] = {0, 0};
    catalog from;
    (void)state;
    make_run("an old one", 1000000);
    make_run("latest", 2000000);
    for (int i = 0; i < 2 * CATALOG_MOST + 98; i++) {
        int old = i % 4 > 0;
        snprintf(name, sizeof name, "%s%d", old ? "old" : "latest", i);
        assert_int_equal(symlink(old ? "an old one" : "latest", scratch_name(&place, name, path)),
                         0);
    }
    assert_int_equal(catalog_open(&from, place.path, NULL), RNN_OK);
    catalog_walk(&from, note_name, seen);
    assert_int_equal(seen[0], CATALOG_MOST);
    assert_int_equal(seen[1], 1 + (2 * CATALOG_MOST + 98 + 3) / 4);
}

static void test_names(void **state) {
    static const char *const wrong[] = {".", "..", ".x", "-x", "a/b", "a\\b", "a\nb", " a", "a "};
    char name[CATALOG_NAME], path[CATALOG_PATH], made[1024];
    rnn_error error;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(orders_name(place.path, wrong[i], "t.txt", name, path, &error),
                         RNN_ERR_RANGE);
    assert_int_equal(orders_name(place.path, "my run", "t.txt", name, path, &error), RNN_OK);
    assert_string_equal(name, "my run");
    assert_int_equal(orders_name(place.path, "", "deep/book.tar.gz", name, path, &error), RNN_OK);
    assert_string_equal(name, "book");
    rnn_files_make_directory(scratch_name(&place, "book", made), NULL);
    assert_int_equal(orders_name(place.path, "", "book.txt", name, path, &error), RNN_OK);
    assert_string_equal(name, "book-2");
    /* Never half of a character: 33 of them are 99 bytes. */
    char wide[200] = "";
    for (int i = 0; i < 40; i++)
        strcat(wide, "\xE6\x9C\xAC");
    assert_int_equal(orders_name(place.path, "", wide, name, path, &error), RNN_OK);
    assert_int_equal(strlen(name), 99);
    assert_memory_equal(name, wide, 99);
    assert_int_equal(orders_name(place.path, "", "-.txt", name, path, &error), RNN_OK);
    assert_string_equal(name, "text");
}

static rnn_status order(orders *out, const char *settings, rnn_error *error) {
    json_t *object = json_loads(settings, JSON_ALLOW_NUL, NULL);
    assert_non_null(object);
    rnn_status status = orders_start(out, "runs/x", "-dash.txt", object, error);
    json_decref(object);
    return status;
}

static void test_command_lines(void **state) {
    static const char *const wrong[][2] = {
        {"{\"hidden-size\": \"0\"}", "hidden-size must be"},
        {"{\"hidden-size\": \"many\"}", "hidden-size must be"},
        {"{\"hidden-size\": null}", "hidden-size must be text"},
        {"{\"hidden_size\": 4}", "no setting"},
        {"{\"rnn-size\": 4}", "no setting"},
        {"{\"out\": \"/tmp/x\"}", "no setting"},
        {"{\"init-from\": \"/tmp/x\"}", "no setting"},
        {"{\"resume\": \"x\"}", "no setting"},
        {"{\"overwrite\": true}", "no setting"},
        {"{\"--\": \"x\"}", "no setting"},
        {"{\"val-frac\": 0.6, \"test-frac\": 0.4}", "leave text to train on"},
        {"{\"sample-prime\": \"a\\u0000b\"}", "must be text"},
        {"[]", "must be an object"},
    };
    rnn_error error = {RNN_OK, ""};
    orders words;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(order(&words, wrong[i][0], &error), RNN_ERR_RANGE);
        if (!strstr(error.message, wrong[i][1]))
            fail_msg("%s: %s", wrong[i][0], error.message);
    }
    assert_int_equal(
        order(&words, "{\"hidden-size\": 24, \"bias\": false, \"time\": \"3m\"}", &error), RNN_OK);
    static const char *const expected[] = {
        "train", "--hidden-size=24", "--no-bias", "--time=3m", "--quiet",
        "--out", "runs/x",           "--",        "-dash.txt"};
    assert_int_equal(words.count, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < words.count; i++)
        assert_string_equal(words.words[i], expected[i]);
    assert_null(words.words[words.count]);
    orders_release(&words);
    /* Every digit of a number that is large. */
    assert_int_equal(order(&words, "{\"seed\": 9007199254740993}", &error), RNN_OK);
    assert_string_equal(words.words[1], "--seed=9007199254740993");
    orders_release(&words);
}

static void test_options(void **state) {
    json_t *options = orders_options(), *one;
    size_t i;
    (void)state;
    assert_true(json_array_size(options) > 30);
    json_array_foreach(options, i, one) {
        assert_true(json_is_string(json_object_get(one, "help")));
        assert_string_not_equal(json_string_value(json_object_get(one, "name")), "out");
    }
    json_decref(options);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(test_a_log_is_followed),  IN_SCRATCH(test_long_lines),
        IN_SCRATCH(test_a_run_is_summed_up), IN_SCRATCH(test_samples),
        IN_SCRATCH(test_who_trains_is_seen), IN_SCRATCH(test_corpora),
        IN_SCRATCH(test_very_many_runs),     IN_SCRATCH(test_names),
        IN_SCRATCH(test_command_lines),      cmocka_unit_test(test_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
