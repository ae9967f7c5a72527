/* SPDX-License-Identifier: MIT
 *
 * test_gallery.c - the units that can be read, over HTTP: those that were built by hand are
 * among them, with a piece of text that shows what they follow.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <inttypes.h>
#include <jansson.h>

#include "base/clock.h"
#include "base/files.h"
#include "base/memory.h"
#include "inference/score.h"
#include "server/server.h"
#include "tests/inference/planted_model.h"
#include "tests/scratch.h"
#include "tests/server/client.h"

static scratch place;
static server *running;
static char *reply;
static char text[60000];

/* As of a model that was trained on the first half of `input`. */
static void save_model(const char *name, const char *input, uint64_t hash) {
    char history[512];
    rnn_model *model = planted_model(text);
    snprintf(history, sizeof history,
             "{\"inputs\": [\"%s\"], \"text\": {\"hash\": \"%016" PRIx64 "\"},"
             " \"settings\": {\"val_frac\": 0.5, \"test_frac\": 0, \"split\": \"contiguous\"}}",
             input, hash);
    rnn_free(model->history);
    model->history = rnn_duplicate(history, strlen(history));
    assert_int_equal(mkdir("runs", 0777) == 0 || access("runs", F_OK) == 0, 1);
    assert_int_equal(mkdir(name, 0777), 0);
    char path[1024];
    snprintf(path, sizeof path, "%s/model.safetensors", name);
    assert_int_equal(rnn_model_save(model, NULL, path, NULL), RNN_OK);
    rnn_model_destroy(model);
}

static uint64_t hash_of_text(void) {
    const char *inputs[] = {"book.txt"};
    rnn_evaluation how = {0};
    rnn_symbols *symbols;
    rnn_model *model = planted_model(text);
    assert_int_equal(rnn_score_read(&symbols, model, inputs, 1, &how, NULL), RNN_OK);
    uint64_t hash = rnn_symbols_hash(symbols);
    rnn_symbols_destroy(symbols);
    rnn_model_destroy(model);
    return hash;
}

static int set_up(void **state) {
    rnn_error error = {RNN_OK, ""};
    (void)state;
    reply = malloc(CLIENT_ROOM);
    scratch_make(&place);
    if (chdir(place.path) != 0)
        return 1;
    planted_text(text, sizeof text);
    scratch_write("book.txt", text, strlen(text));
    scratch_write("short.txt", text, 3000);
    uint64_t hash = hash_of_text();
    save_model("runs/at-home", "book.txt", hash);
    save_model("runs/from-elsewhere", "/nowhere/else/book.txt", hash);
    save_model("runs/changed", "book.txt", hash + 1);
    save_model("runs/gone", "gone.txt", hash);
    save_model("runs/sly", "../book.txt", hash);
    save_model("runs/device", "/dev/zero", hash);
    server_options options = {.models = "runs", .program = ""};
    return server_start(&running, &options, &error) != RNN_OK;
}

static int tear_down(void **state) {
    (void)state;
    server_stop(running);
    if (chdir("/") == 0)
        scratch_remove(&place);
    free(reply);
    return 0;
}

static int ask(const char *model, const char *wanted) {
    char body[256];
    snprintf(body, sizeof body, "{\"model\": \"%s\"%s%s%s}", model, wanted ? ", \"text\": \"" : "",
             wanted ? wanted : "", wanted ? "\"" : "");
    return client_request(server_port(running), "POST", "/api/neurons", "", body, reply);
}

static json_t *body_of(void) {
    json_t *object = json_loads(strstr(reply, "\r\n\r\n") + 4, 0, NULL);
    assert_non_null(object);
    return object;
}

static const char *words_in(const json_t *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

static int number_in(const json_t *object, const char *key) {
    return (int)json_integer_value(json_object_get(object, key));
}

static const json_t *finding_of(const json_t *answer, int layer, int unit) {
    size_t i;
    const json_t *finding;
    json_array_foreach(json_object_get(answer, "found"), i, finding) {
        if (number_in(finding, "layer") == layer && number_in(finding, "unit") == unit)
            return finding;
    }
    fail_msg("%d:%d is not found in %s", layer, unit, reply);
    return NULL;
}

/* Symbols of a piece are its characters here. */
static size_t characters_of(const char *piece) {
    size_t count = 0;
    for (; *piece; piece++)
        count += ((unsigned char)*piece & 0xC0) != 0x80;
    return count;
}

static void planted_units_are_found(void **state) {
    (void)state;
    assert_int_equal(ask("at-home", NULL), 200);
    json_t *answer = body_of();
    assert_string_equal(words_in(answer, "model"), "at-home");
    assert_string_equal(words_in(answer, "text"), "the validation part of book.txt");
    assert_int_equal(number_in(answer, "units"), 2 * PLANTED_HIDDEN);
    assert_true(number_in(answer, "readable") >= 2);
    assert_true(number_in(answer, "characters") > 20000 && number_in(answer, "characters") < 30000);

    const json_t *quote = finding_of(answer, 0, PLANTED_QUOTE_UNIT);
    assert_string_equal(words_in(quote, "what"), "inside quotation marks");
    assert_true(json_is_true(json_object_get(quote, "falls")));
    assert_true(json_is_false(json_object_get(quote, "graded")));
    assert_true(json_real_value(json_object_get(quote, "score")) > 0.99);
    assert_true(json_real_value(json_object_get(quote, "chance")) < 0.8);
    const json_t *bracket = finding_of(answer, 1, PLANTED_BRACKET_UNIT);
    assert_string_equal(words_in(bracket, "what"), "inside ( )");
    assert_true(json_is_false(json_object_get(bracket, "falls")));

    /* The piece stands in the text, and what is inside is so. */
    const char *piece = words_in(bracket, "piece"), *inside = words_in(bracket, "inside");
    assert_non_null(strstr(text + sizeof text / 2, piece));
    assert_int_equal(strlen(inside), characters_of(piece));
    int is_in = inside[0] == '1', changes = 0;
    for (size_t i = 0; *piece; piece++) {
        if (((unsigned char)*piece & 0xC0) == 0x80)
            continue;
        int before = is_in;
        is_in = *piece == '(' ? 1 : *piece == ')' ? 0 : is_in;
        changes += before != is_in;
        assert_int_equal(inside[i++] == '1', is_in);
    }
    assert_true(changes > 4);
    json_decref(answer);
}

static void a_text_is_found_by_its_name(void **state) {
    (void)state;
    assert_int_equal(ask("from-elsewhere", NULL), 200);
    json_t *answer = body_of();
    assert_string_equal(words_in(answer, "text"), "the validation part of book.txt");
    json_decref(answer);
    /* The same text, chosen. */
    assert_int_equal(ask("at-home", "book.txt"), 200);
    answer = body_of();
    assert_string_equal(words_in(answer, "text"), "the validation part of book.txt");
    json_decref(answer);
    /* Of another one all of it. */
    assert_int_equal(ask("changed", "book.txt"), 200);
    answer = body_of();
    assert_string_equal(words_in(answer, "text"), "book.txt");
    json_decref(answer);
}

static void no_other_text_is_read(void **state) {
    (void)state;
    static const char *const models[] = {"gone", "sly", "device"};
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        assert_int_equal(ask(models[i], NULL), 404);
        assert_non_null(strstr(reply, "choose another text"));
    }
    assert_int_equal(ask("changed", NULL), 400);
    assert_non_null(strstr(reply, "is not what it was"));
    static const char *const texts[] = {"../book.txt", "/etc/passwd", "gone.txt", ".",
                                        "runs/at-home/model.safetensors"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(ask("at-home", texts[i]), 404);
    assert_int_equal(ask("none", "book.txt"), 404);
    assert_int_equal(ask("at-home", "short.txt"), 400);
    assert_non_null(strstr(reply, "too few"));
    assert_int_equal(
        client_request(server_port(running), "POST", "/api/neurons", "", "{\"text\": 1}", reply),
        400);
    assert_int_equal(client_request(server_port(running), "GET", "/api/neurons", "", NULL, reply),
                     405);
}

/* Whoever asks and goes leaves nothing behind that others wait for. */
static void who_goes_is_let_go(void **state) {
    (void)state;
    static const char body[] = "{\"model\": \"at-home\"}";
    char request[256];
    int count = snprintf(request, sizeof request,
                         "POST /api/neurons HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                         "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                         server_port(running), sizeof body - 1, body);
    for (int i = 0; i < 20; i++) {
        int file = client_connect(server_port(running));
        client_send(file, request, (size_t)count);
        close(file);
    }
    double end = rnn_clock_now() + 30;
    int status;
    while ((status = ask("at-home", NULL)) == 503 && rnn_clock_now() < end)
        ;
    assert_int_equal(status, 200);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_units_are_found),
        cmocka_unit_test(a_text_is_found_by_its_name),
        cmocka_unit_test(no_other_text_is_read),
        cmocka_unit_test(who_goes_is_let_go),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
