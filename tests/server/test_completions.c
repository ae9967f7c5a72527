/* SPDX-License-Identifier: MIT
 *
 * test_completions.c - texts over HTTP are those that the library draws, whole and as a
 * stream; what is asked wrongly is refused in words.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/files.h"
#include "base/memory.h"
#include "server/server.h"
#include "tests/inference/made_model.h"
#include "tests/scratch.h"
#include "tests/server/client.h"

static scratch place;
static server *running;
static rnn_model *model;
static char *reply;

static int set_up(void **state) {
    char runs[1024], path[1100];
    rnn_error error = {RNN_OK, ""};
    (void)state;
    reply = malloc(CLIENT_ROOM);
    scratch_make(&place);
    scratch_name(&place, "runs", runs);
    snprintf(path, sizeof path, "%s/tiny", runs);
    model = made_model("the quick brown fox\njumps over the lazy dog. \xC3\xA9", RNN_CELL_LSTM, 16,
                       0, 0);
    rnn_files_make_directory(path, NULL);
    snprintf(path, sizeof path, "%s/tiny/model.safetensors", runs);
    if (rnn_model_save(model, NULL, path, &error) != RNN_OK)
        return 1;
    server_options options = {.models = runs, .program = "", .threads = 2};
    return server_start(&running, &options, &error) != RNN_OK;
}

static int tear_down(void **state) {
    (void)state;
    server_stop(running);
    rnn_model_destroy(model);
    scratch_remove(&place);
    free(reply);
    return 0;
}

static int ask(const char *body) {
    return client_request(server_port(running), "POST", "/v1/completions", "", body, reply);
}

static json_t *answer_of(const char *body) {
    int status = ask(body);
    if (status != 200)
        fail_msg("status %d for %s\n%.800s", status, body, reply);
    json_t *object = json_loads(strstr(reply, "\r\n\r\n") + 4, 0, NULL);
    assert_non_null(object);
    return object;
}

static json_t *choice_of(json_t *answer, size_t index) {
    return json_array_get(json_object_get(answer, "choices"), index);
}

static const char *text_of(json_t *answer, size_t index) {
    return json_string_value(json_object_get(choice_of(answer, index), "text"));
}

/* What the library draws itself. */
static void draw(const rnn_sampling *how, int streams, int stream, const char *prime, size_t count,
                 char *out) {
    rnn_sampler *sampler;
    rnn_writer writer = {{0}, 0};
    int32_t symbols[8];
    assert_int_equal(rnn_sampler_create(&sampler, model, how, streams, NULL), RNN_OK);
    if (*prime)
        assert_int_equal(rnn_sampler_prime(sampler, prime, strlen(prime), 0, NULL), RNN_OK);
    for (size_t i = 0; i < count; i++) {
        rnn_sampler_next(sampler, symbols);
        out += rnn_writer_push(&writer, model, symbols[stream], out);
    }
    *out = '\0';
    rnn_sampler_destroy(sampler);
}

static void test_texts_are_the_librarys(void **state) {
    char expected[8192];
    (void)state;
    rnn_sampling how = {.temperature = 0.8f, .top_k = 9, .top_p = 0.9f, .seed = 7, .threads = 1};
    json_t *answer =
        answer_of("{\"model\": \"tiny\", \"prompt\": \"the fox\", \"max_tokens\": 300, "
                  "\"temperature\": 0.8, \"top_k\": 9, \"top_p\": 0.9, \"seed\": 7, "
                  "\"n\": 3}");
    for (int i = 0; i < 3; i++) {
        draw(&how, 3, i, "the fox", 300, expected);
        assert_string_equal(text_of(answer, (size_t)i), expected);
    }
    json_t *usage = json_object_get(answer, "usage");
    assert_int_equal(json_integer_value(json_object_get(usage, "prompt_tokens")), 7);
    assert_int_equal(json_integer_value(json_object_get(usage, "completion_tokens")), 900);
    assert_string_equal(json_string_value(json_object_get(choice_of(answer, 0), "finish_reason")),
                        "length");
    json_decref(answer);
}

/* A long prompt is read in several turns; without one a text begins by itself. */
static void test_primes(void **state) {
    char expected[4096], body[4096], prime[1000];
    (void)state;
    for (size_t i = 0; i < sizeof prime - 1; i++)
        prime[i] = "the quick brown "[i % 16];
    prime[sizeof prime - 1] = '\0';
    rnn_sampling how = {.seed = 3, .threads = 1};
    const char *const primes[] = {prime, ""};
    for (size_t i = 0; i < 2; i++) {
        snprintf(body, sizeof body, "{\"prompt\": \"%s\", \"max_tokens\": 50, \"seed\": 3}",
                 primes[i]);
        json_t *answer = answer_of(body);
        draw(&how, 1, 0, primes[i], 50, expected);
        assert_string_equal(text_of(answer, 0), expected);
        json_decref(answer);
    }
}

/* The texts of all events, put together. */
static void join_events(char *text, size_t index, const char **finish) {
    static char why[32];
    char *line = reply;
    *text = '\0';
    while ((line = strstr(line, "data: {"))) {
        json_t *event = json_loads(line + 6, JSON_DISABLE_EOF_CHECK, NULL);
        json_t *choice = choice_of(event, 0);
        if ((size_t)json_integer_value(json_object_get(choice, "index")) == index) {
            strcat(text, json_string_value(json_object_get(choice, "text")));
            const json_t *end = json_object_get(choice, "finish_reason");
            if (json_is_string(end)) {
                snprintf(why, sizeof why, "%s", json_string_value(end));
                *finish = why;
            }
        }
        json_decref(event);
        line += 6;
    }
}

static void test_a_stream_is_the_same_text(void **state) {
    static char text[16384];
    const char *finish = NULL;
    (void)state;
    json_t *whole = answer_of("{\"prompt\": \"the\", \"max_tokens\": 400, \"seed\": 11, \"n\": 2}");
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(ask("{\"prompt\": \"the\", \"max_tokens\": 400, \"seed\": 11, \"n\": 2, "
                             "\"stream\": true}"),
                         200);
        assert_non_null(strstr(reply, "Content-Type: text/event-stream"));
        join_events(text, i, &finish);
        assert_string_equal(text, text_of(whole, i));
        assert_string_equal(finish, "length");
        assert_non_null(strstr(reply, "data: [DONE]\n\n"));
    }
    json_decref(whole);
}

static void test_a_text_ends_before_its_stop(void **state) {
    (void)state;
    json_t *whole = answer_of("{\"max_tokens\": 300, \"seed\": 5}");
    const char *text = text_of(whole, 0);
    char body[256], stop[4] = {text[100], text[101], text[102], '\0'};
    for (int i = 0; i < 3; i++)
        if (stop[i] == '\n' || stop[i] == '"' || (stop[i] & 0x80))
            stop[i] = '\0';
    assert_true(strlen(stop) > 0);
    snprintf(body, sizeof body,
             "{\"max_tokens\": 300, \"seed\": 5, \"stop\": [\"never there\", \"%s\"]}", stop);
    json_t *answer = answer_of(body);
    size_t length = (size_t)(strstr(text, stop) - text);
    assert_int_equal(strlen(text_of(answer, 0)), length);
    assert_memory_equal(text_of(answer, 0), text, length);
    assert_string_equal(json_string_value(json_object_get(choice_of(answer, 0), "finish_reason")),
                        "stop");
    json_decref(answer);
    json_decref(whole);
}

/* An echoed prompt with its logprobs is a score. */
static void test_logprobs_are_the_score(void **state) {
    static const char text[] = "the lazy dog jumps over the fox";
    rnn_score score;
    size_t i;
    json_t *value;
    double sum = 0, key_sum = 0;
    (void)state;
    json_t *answer = answer_of("{\"prompt\": \"the lazy dog jumps over the fox\", \"echo\": true, "
                               "\"max_tokens\": 0, \"logprobs\": 1000}");
    json_t *logprobs = json_object_get(choice_of(answer, 0), "logprobs");
    json_t *numbers = json_object_get(logprobs, "token_logprobs");
    assert_int_equal(json_array_size(numbers), sizeof text - 1);
    assert_true(json_is_null(json_array_get(numbers, 0)));
    json_array_foreach(numbers, i, value) {
        sum -= json_number_value(value);
    }
    rnn_score_text(model, text, sizeof text - 1, 0, &score, NULL, NULL, NULL);
    assert_true(fabs(sum / (double)score.characters - score.nats_per_character) < 1e-4);
    const char *key;
    json_t *top = json_array_get(json_object_get(logprobs, "top_logprobs"), 5);
    assert_int_equal(json_object_size(top), rnn_model_describe(model).symbols);
    json_object_foreach(top, key, value) {
        key_sum += exp(json_number_value(value));
    }
    assert_true(fabs(key_sum - 1) < 1e-5);
    assert_string_equal(text_of(answer, 0), text);
    json_decref(answer);
}

static void test_wrong_wishes(void **state) {
    static const struct {
        int status;
        const char *body, *says;
    } cases[] = {
        {400, "", "not JSON"},
        {400, "{", "not JSON"},
        {400, "[]", "must be a JSON object"},
        {400, "\"x\"", "not JSON"},
        {400, "{\"prompt\": \"a\", \"prompt\": \"b\"}", "duplicate"},
        {400, "{\"prompt\": \"\xff\"}", "not JSON"},
        {400, "{\"prompt\": \"\\ud800\"}", "not JSON"},
        {400, "{} {}", "not JSON"},
        {400, "{\"prompt\": 3}", "prompt must be one text"},
        {400, "{\"prompt\": [\"a\", \"b\"]}", "prompt must be one text"},
        {400, "{\"prompt\": \"the \xE4\xB8\xAD\"}", "U+4E2D"},
        {400, "{\"max_tokens\": -1}", "max_tokens must be a whole number from 0 to 100000"},
        {400, "{\"max_tokens\": 1e300}", "max_tokens must be"},
        {400, "{\"max_tokens\": 100001}", "max_tokens must be"},
        {400, "{\"max_tokens\": 1.5}", "max_tokens must be"},
        {400, "{\"max_tokens\": \"9\"}", "max_tokens must be"},
        {400, "{\"max_tokens\": 99999999999999999999999}", "not JSON"},
        {400, "{\"temperature\": -0.1}", "temperature must be a number from 0"},
        {400, "{\"temperature\": true}", "temperature must be"},
        {400, "{\"temperature\": 1e999}", "not JSON"},
        {400, "{\"top_p\": 1.01}", "top_p must be"},
        {400, "{\"top_k\": -2}", "top_k must be"},
        {400, "{\"min_p\": 2}", "min_p must be"},
        {400, "{\"n\": 0}", "n must be"},
        {400, "{\"n\": 17}", "n must be"},
        {400, "{\"seed\": -1}", "seed must be"},
        {400, "{\"seed\": 9223372036854775808}", "not JSON"},
        {400, "{\"stop\": \"\"}", "stop must be"},
        {400, "{\"stop\": [1]}", "stop must be"},
        {400, "{\"stop\": [\"a\", \"b\", \"c\", \"d\", \"e\"]}", "stop must be"},
        {400, "{\"stream\": 1}", "stream must be true or false"},
        {400, "{\"echo\": \"yes\"}", "echo must be"},
        {400, "{\"logprobs\": true}", "logprobs must be"},
        {400, "{\"logprobs\": 1001}", "logprobs must be"},
        {400, "{\"model\": 1}", "model must be text"},
        {400, "{\"presence_penalty\": 0.5}", "'presence_penalty'"},
        {400, "{\"suffix\": \"x\"}", "'suffix'"},
        /* Cut within a character. */
        {400,
         "{\"x\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
         "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
         "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\": 1}",
         "is not something that this server does"},
        {400, "{\"best_of\": 5}", "best_of is 5, n is 1"},
        {400, "{\"n\": 2, \"best_of\": 3}", "best_of is 3, n is 2"},
        {400, "{\"stream_options\": true}", "stream_options must be an object"},
        {400, "{\"stream_options\": {\"other\": 1}}", "'other' of stream_options"},
        {400, "{\"stream_options\": {\"include_usage\": 1}}", "include_usage must be true"},
        {400, "{\"seed\": 9223372036854775808.0}", "seed must be"},
        {400, "{\"seed\": 9.3e18}", "seed must be"},
        {400, "{\"max_tokens\": 100000, \"logprobs\": 1000}", "ask for fewer"},
        {400, "{\"max_tokens\": 100000, \"logprobs\": 1, \"n\": 16}", "ask for fewer"},
        {404, "{\"model\": \"no such\"}", "GET /v1/models"},
        {404, "{\"model\": \"../tiny\"}", "there is no model"},
        {404, "{\"model\": \"tiny/\"}", "there is no model"},
        {404, "{\"model\": \"./tiny\"}", "there is no model"},
        {400, "{\"model\": \"tiny\\u0000\"}", "without NUL"},
        {404, "{\"model\": \".\"}", "there is no model"},
        {404, "{\"model\": \"..\"}", "there is no model"},
        {404, "{\"model\": \"/etc/passwd\"}", "there is no model"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status = ask(cases[i].body);
        if (status != cases[i].status || !strstr(reply, cases[i].says))
            fail_msg("status %d for %s\n%.800s", status, cases[i].body, reply);
    }
    char deep[100000], *at = deep + sprintf(deep, "{\"prompt\": ");
    memset(at, '[', 50000);
    at[50000] = '\0';
    assert_int_equal(ask(deep), 400);
    json_decref(answer_of("{\"presence_penalty\": 0, \"suffix\": null, \"user\": \"x\"}"));
    json_decref(answer_of("{\"best_of\": 1, \"stream_options\": {\"include_usage\": false}}"));
    json_decref(answer_of("{\"n\": 2, \"best_of\": 2, \"max_tokens\": 3.0}"));
    /* A name that is longer than any could be. */
    char wide[400] = "{\"model\": \"";
    memset(wide + strlen(wide), 'a', 300);
    strcat(wide, "\"}");
    assert_int_equal(ask(wide), 404);
    assert_non_null(strstr(reply, "there is no model 'aaa"));
    json_decref(answer_of("{\"prompt\": \"the \xE4\xB8\xAD\", \"skip_unknown\": true}"));
}

/* Without an end to sharpness there is one text. */
static void test_greedy_words(void **state) {
    static const char *const wishes[] = {"\"temperature\": 1e-50", "\"top_p\": 0", "\"top_k\": 1",
                                         "\"temperature\": 0, \"top_p\": 0"};
    char body[256];
    (void)state;
    json_t *expected = answer_of("{\"prompt\": \"the\", \"max_tokens\": 60, \"temperature\": 0}");
    for (size_t i = 0; i < 4; i++) {
        snprintf(body, sizeof body, "{\"prompt\": \"the\", \"max_tokens\": 60, %s}", wishes[i]);
        json_t *answer = answer_of(body);
        assert_string_equal(text_of(answer, 0), text_of(expected, 0));
        json_decref(answer);
    }
    json_decref(expected);
}

/* The body of a reply without the lines that say how long each chunk is. */
static void join_chunks(void) {
    char *to = strstr(reply, "\r\n\r\n") + 4, *from = to;
    for (size_t count; (count = strtoul(from, &from, 16)) > 0; from += 2) {
        memmove(to, from + 2, count);
        to += count;
        from += 2 + count;
    }
    *to = '\0';
}

/* Streams hand on what they know of an echoed prompt as they go, and at the end how many
 * symbols there were. */
static void test_what_streams_tell(void **state) {
    size_t events = 0, tokens = 0, usages = 0;
    char body[12000] = "{\"max_tokens\": 2, \"stream\": true, \"echo\": true, \"logprobs\": 1000, "
                       "\"stream_options\": {\"include_usage\": true}, \"prompt\": \"";
    char *at = body + strlen(body);
    (void)state;
    for (int i = 0; i < 8000; i++)
        *at++ = "the quick brown "[i % 16];
    strcpy(at, "\"}");
    assert_int_equal(ask(body), 200);
    join_chunks();
    for (char *line = reply; (line = strstr(line, "data: {")); line += 6) {
        json_t *event = json_loads(line + 6, JSON_DISABLE_EOF_CHECK, NULL);
        assert_non_null(event);
        json_t *usage = json_object_get(event, "usage");
        if (usage) {
            usages++;
            assert_int_equal(json_array_size(json_object_get(event, "choices")), 0);
            assert_int_equal(json_integer_value(json_object_get(usage, "total_tokens")), 8002);
        } else {
            json_t *logprobs = json_object_get(choice_of(event, 0), "logprobs");
            tokens += json_array_size(json_object_get(logprobs, "tokens"));
            events++;
        }
        json_decref(event);
    }
    assert_int_equal(usages, 1);
    assert_int_equal(tokens, 8002);
    assert_true(events > 3);
}

static double score_of(const char *body) {
    json_t *answer = answer_of(body), *value;
    json_t *logprobs = json_object_get(choice_of(answer, 0), "logprobs");
    double sum = 0;
    size_t i;
    json_array_foreach(json_object_get(logprobs, "token_logprobs"), i, value) {
        sum += json_number_value(value);
    }
    json_decref(answer);
    return sum;
}

/* A file is another one as soon as it has been written anew: in the same second, with the
 * same size and in the same place, as `cp` does. */
static void test_a_new_model_is_seen(void **state) {
    static const char text[] = "the quick brown fox\njumps over the lazy dog. \xC3\xA9";
    static const char body[] = "{\"model\": \"tiny\", \"prompt\": \"the\", \"max_tokens\": 0, "
                               "\"echo\": true, \"logprobs\": 0}";
    char path[1200], aside[1200];
    size_t bytes, count;
    (void)state;
    snprintf(path, sizeof path, "%s/runs/tiny/model.safetensors", place.path);
    snprintf(aside, sizeof aside, "%s/aside.safetensors", place.path);
    rnn_model *other = made_model(text, RNN_CELL_LSTM, 16, 0, 0);
    for (size_t i = 0; i < other->network.parameters; i++)
        other->parameters[i] *= -1;
    assert_int_equal(rnn_model_save(other, NULL, aside, NULL), RNN_OK);
    unsigned char *first = scratch_read(path, &bytes), *second = scratch_read(aside, &count);
    assert_int_equal(bytes, count);
    for (int i = 0; i < 4; i++) {
        double score = score_of(body);
        poll(NULL, 0, 20); /* longer than a tick of the file system's clock */
        scratch_write(path, i % 2 ? first : second, bytes);
        assert_true(fabs(score_of(body) - score) > 0.01);
    }
    free(first);
    free(second);
    rnn_model_destroy(other);
}

static void test_lists(void **state) {
    (void)state;
    assert_int_equal(client_request(server_port(running), "GET", "/v1/models", "", NULL, reply),
                     200);
    assert_non_null(strstr(reply, "\"id\":\"tiny\""));
    assert_int_equal(client_request(server_port(running), "GET", "/health", "", NULL, reply), 200);
    assert_non_null(strstr(reply, "\"status\":\"ok\""));
}

static void *ask_for_much(void *context) {
    static const char body[] = "{\"max_tokens\": 3000, \"stream\": true, \"seed\": 1}";
    char *own = malloc(CLIENT_ROOM);
    int *good = context;
    *good = client_request(server_port(running), "POST", "/v1/completions", "", body, own) == 200 &&
            strstr(own, "data: [DONE]");
    free(own);
    return NULL;
}

static void test_many_at_once(void **state) {
    pthread_t threads[32];
    int good[32];
    (void)state;
    for (int i = 0; i < 32; i++)
        pthread_create(&threads[i], NULL, ask_for_much, &good[i]);
    for (int i = 0; i < 32; i++) {
        pthread_join(threads[i], NULL);
        assert_true(good[i]);
    }
}

/* Clients that go away leave nothing behind: the address sanitizer would tell. */
static void test_clients_may_leave(void **state) {
    char request[512];
    static const char body[] = "{\"max_tokens\": 100000, \"stream\": true}";
    int port = server_port(running);
    (void)state;
    for (int i = 0; i < 60; i++) {
        int file = client_connect(port);
        int count = snprintf(request, sizeof request,
                             "POST /v1/completions HTTP/1.1\r\nHost: localhost:%d\r\n"
                             "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                             port, sizeof body - 1, body);
        client_send(file, request, (size_t)count);
        if (i % 2)
            assert_true(recv(file, reply, 1, 0) == 1);
        close(file);
    }
    /* That they have gone is seen when the next piece is sent. */
    for (int i = 0; i < 200 && ask("{\"max_tokens\": 3}") == 503; i++)
        poll(NULL, 0, 50);
    json_decref(answer_of("{\"max_tokens\": 3}"));
}

/* A whole text is not written to its end for somebody who has gone. */
static void test_whole_texts_are_left(void **state) {
    static const char body[] = "{\"max_tokens\": 100000, \"n\": 16}";
    char request[512];
    int port = server_port(running), files[48];
    (void)state;
    for (int i = 0; i < 48; i++) {
        files[i] = client_connect(port);
        int count = snprintf(request, sizeof request,
                             "POST /v1/completions HTTP/1.1\r\nHost: localhost:%d\r\n"
                             "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                             port, sizeof body - 1, body);
        client_send(files[i], request, (size_t)count);
    }
    for (int i = 0; i < 48; i++)
        close(files[i]);
    double begin = rnn_clock_now();
    while (ask("{\"max_tokens\": 3}") == 503 && rnn_clock_now() < begin + 60)
        poll(NULL, 0, 20);
    json_decref(answer_of("{\"max_tokens\": 3}"));
    assert_true(rnn_clock_now() - begin < 5);
}

/* Each allocation fails in turn: a refusal, or the connection breaks off; the next is well. */
static void test_out_of_memory(void **state) {
    static const char *const bodies[] = {
        "{\"prompt\": \"the fox\", \"max_tokens\": 4, \"n\": 2, \"logprobs\": 3, \"echo\": true}",
        "{\"prompt\": \"the fox\", \"max_tokens\": 4, \"stream\": true, \"stop\": \"x\"}"};
    int refused = 0;
    (void)state;
    for (uint64_t nth = 1; nth <= 60; nth++)
        for (size_t i = 0; i < 2; i++) {
            rnn_allocate_fail(nth, 0);
            int status = ask(bodies[i]);
            rnn_allocate_fail(0, 0);
            if (status != 200 && status != 0 && status != 404 && status != 500 && status != 503)
                fail_msg("status %d at allocation %d", status, (int)nth);
            refused += status != 200;
        }
    assert_true(refused > 10);
    json_decref(answer_of(bodies[0]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_are_the_librarys),
        cmocka_unit_test(test_primes),
        cmocka_unit_test(test_a_stream_is_the_same_text),
        cmocka_unit_test(test_a_text_ends_before_its_stop),
        cmocka_unit_test(test_logprobs_are_the_score),
        cmocka_unit_test(test_wrong_wishes),
        cmocka_unit_test(test_greedy_words),
        cmocka_unit_test(test_what_streams_tell),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_many_at_once),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_clients_may_leave),
        cmocka_unit_test(test_whole_texts_are_left),
        cmocka_unit_test(test_a_new_model_is_seen),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
