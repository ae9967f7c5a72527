/* SPDX-License-Identifier: MIT
 *
 * test_page_training.c - what the page does of training, over HTTP and with the program
 * itself: start, watch, stop, resume; and a look inside.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "server/server.h"
#include "tests/scratch.h"
#include "tests/server/client.h"

static scratch place;
static server *running;
static char *reply, token[128];

static int set_up(void **state) {
    rnn_error error = {RNN_OK, ""};
    char path[1024];
    (void)state;
    assert_int_equal(access(RNN_TEST_PROGRAM, X_OK), 0);
    reply = malloc(CLIENT_ROOM);
    scratch_make(&place);
    FILE *text = fopen(scratch_name(&place, "book.txt", path), "w");
    for (int i = 0; i < 200; i++)
        fprintf(text, "the cat sat on mat %d, and the dog ran to the red door.\n", i % 7);
    fclose(text);
    if (chdir(place.path) != 0)
        return 1;
    server_options options = {.models = "runs", .program = RNN_TEST_PROGRAM};
    if (server_start(&running, &options, &error) != RNN_OK)
        return 1;
    client_request(server_port(running), "GET", "/", "", NULL, reply);
    const char *found = strstr(reply, "name=\"token\" content=\"");
    if (!found)
        return 1;
    snprintf(token, sizeof token, "X-RNN-Token: %.32s\r\n",
             found + strlen("name=\"token\" content=\""));
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    while (server_stop_training(running))
        poll(NULL, 0, 20);
    server_stop(running);
    if (chdir("/") == 0)
        scratch_remove(&place);
    free(reply);
    return 0;
}

static int get(const char *path) {
    return client_request(server_port(running), "GET", path, "", NULL, reply);
}

static int post(const char *path, const char *body) {
    return client_request(server_port(running), "POST", path, token, body, reply);
}

static json_t *body_of(void) {
    json_t *object = json_loads(strstr(reply, "\r\n\r\n") + 4, 0, NULL);
    assert_non_null(object);
    return object;
}

static int child_is(const char *key) {
    assert_int_equal(get("/api/runs"), 200);
    json_t *all = body_of();
    int found = json_is_true(json_object_get(json_object_get(all, "child"), key));
    json_decref(all);
    return found;
}

static int code_of_child(void) {
    while (child_is("running"))
        poll(NULL, 0, 30);
    json_t *all = body_of();
    int code = (int)json_integer_value(json_object_get(json_object_get(all, "child"), "code"));
    if (code != 0)
        print_message("%s\n",
                      json_string_value(json_object_get(json_object_get(all, "child"), "said")));
    json_decref(all);
    return code;
}

/* Reads a run's stream until it has words, or for five seconds. */
static int watch_until(const char *run, const char *words) {
    char request[256];
    int file = client_connect(server_port(running)), found = 0;
    int count = snprintf(request, sizeof request,
                         "GET /api/watch?run=%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", run,
                         server_port(running));
    size_t used = 0;
    double end = rnn_clock_now() + 5;
    client_send(file, request, (size_t)count);
    while (!found && rnn_clock_now() < end) {
        ssize_t got = client_read(file, reply + used, CLIENT_ROOM - 1 - used);
        if (got <= 0)
            break;
        used += (size_t)got;
        reply[used] = '\0';
        found = strstr(reply, words) != NULL;
    }
    close(file);
    return found;
}

#define SMALL                                                                                      \
    "\"hidden-size\": 16, \"num-layers\": 1, \"batch-size\": 4, \"seq-length\": 16, "              \
    "\"threads\": 1, \"sample-length\": 30"

static void test_a_run_from_beginning_to_end(void **state) {
    (void)state;
    assert_int_equal(get("/api/corpora"), 200);
    assert_non_null(strstr(reply, "{\"path\":\"book.txt\""));
    assert_int_equal(post("/api/train", "{\"input\": \"book.txt\", \"name\": \"first\", "
                                        "\"settings\": {\"steps\": 120, " SMALL "}}"),
                     200);
    assert_non_null(strstr(reply, "{\"run\":\"first\"}"));
    assert_true(watch_until("first", "\"event\":\"start\""));
    assert_int_equal(code_of_child(), 0);
    assert_true(watch_until("first", "\"event\":\"done\""));
    assert_true(watch_until("first", "event: samples"));
    assert_int_equal(get("/api/samples?run=first"), 200);
    assert_non_null(strstr(reply, "\"step\":100"));
    assert_int_equal(get("/v1/models"), 200);
    assert_non_null(strstr(reply, "\"id\":\"first\""));
    assert_int_equal(post("/v1/completions", "{\"model\": \"first\", \"max_tokens\": 5}"), 200);
}

static void test_stop_and_resume(void **state) {
    (void)state;
    assert_int_equal(post("/api/train", "{\"input\": \"book.txt\", \"name\": \"second\", "
                                        "\"settings\": {\"time\": \"10m\", " SMALL "}}"),
                     200);
    /* One at a time, and none into a run that is under way. */
    assert_int_equal(post("/api/train", "{\"input\": \"book.txt\"}"), 409);
    assert_true(watch_until("second", "\"event\":\"progress\""));
    assert_int_equal(post("/api/resume", "{\"run\": \"second\"}"), 409);
    assert_int_equal(post("/api/stop", "{}"), 200);
    assert_int_equal(code_of_child(), 128 + 15);
    assert_int_equal(post("/api/stop", "{}"), 409);
    assert_true(watch_until("second", "\"why\":\"stopped\""));
    assert_int_equal(post("/api/resume", "{\"run\": \"second\", \"settings\": {\"time\": 1}}"),
                     200);
    assert_int_equal(code_of_child(), 0);
    assert_true(watch_until("second", "\"why\":\"the time is up\""));
}

/* What fails tells why. */
static void test_a_failure_is_told(void **state) {
    (void)state;
    assert_int_equal(post("/api/train", "{\"input\": \"book.txt\", \"name\": \"third\", "
                                        "\"settings\": {\"steps\": 5, \"cpu\": \"fast\"}}"),
                     200);
    assert_int_not_equal(code_of_child(), 0);
    assert_non_null(strstr(reply, "there are no kernels named"));
    assert_int_equal(post("/api/train", "{\"input\": \"nothing.txt\"}"), 400);
    assert_int_equal(post("/api/train", "{\"input\": \"../book.txt\"}"), 400);
    assert_int_equal(post("/api/train", "{\"input\": \"book.txt\", \"name\": \"../x\"}"), 400);
    assert_int_equal(
        post("/api/train", "{\"input\": \"book.txt\", \"settings\": {\"out\": \"x\"}}"), 400);
    assert_int_equal(post("/api/resume", "{\"run\": \"../first\"}"), 404);
    assert_int_equal(post("/api/resume", "{}"), 404);
    assert_int_equal(get("/api/watch?run=..%2Ffirst"), 404);
    assert_int_equal(get("/api/watch"), 404);
    assert_int_equal(get("/api/samples?run=nothing"), 404);
    strcpy(token, "X-None: 1\r\n");
    assert_int_equal(post("/api/train", "{\"input\": \"book.txt\"}"), 403);
    assert_int_equal(post("/api/stop", "{}"), 403);
    assert_int_equal(post("/api/resume", "{\"run\": \"first\"}"), 403);
}

static void test_a_look(void **state) {
    (void)state;
    assert_int_equal(post("/api/look", "{\"model\": \"first\", \"text\": \"the cat\"}"), 200);
    json_t *look = body_of();
    assert_int_equal(json_integer_value(json_object_get(look, "hidden")), 16);
    assert_int_equal(json_array_size(json_object_get(look, "text")), 7);
    assert_int_equal(json_array_size(json_object_get(look, "nats")), 6);
    assert_int_equal(json_array_size(json_object_get(look, "next")), 7);
    assert_int_equal(json_string_length(json_object_get(look, "values")), (7 * 16 + 2) / 3 * 4);
    json_t *best = json_array_get(json_array_get(json_object_get(look, "next"), 3), 0);
    json_t *second = json_array_get(json_array_get(json_object_get(look, "next"), 3), 1);
    assert_true(json_number_value(json_array_get(best, 1)) >=
                json_number_value(json_array_get(second, 1)));
    json_decref(look);
    assert_int_equal(post("/api/look", "{\"model\": \"first\", \"text\": \"\"}"), 200);
    assert_int_equal(post("/api/look", "{\"model\": \"first\"}"), 400);
    assert_int_equal(post("/api/look", "{\"model\": \"none\", \"text\": \"a\"}"), 404);
}

#if defined(__linux__)
/* Threads of this process whose priority is low. */
static int count_patient(void) {
    DIR *tasks = opendir("/proc/self/task");
    int count = 0;
    assert_non_null(tasks);
    for (struct dirent *one; (one = readdir(tasks)) != NULL;)
        count += one->d_name[0] != '.' && getpriority(PRIO_PROCESS, (id_t)atoi(one->d_name)) == 15;
    closedir(tasks);
    return count;
}

/* A completion on a connection that stays open, more than a second after the last one. */
static int complete(void) {
    static const char body[] = "{\"model\": \"first\", \"max_tokens\": 5}";
    char request[512];
    poll(NULL, 0, 1200);
    int file = client_connect(server_port(running));
    int count = snprintf(request, sizeof request,
                         "POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                         "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                         server_port(running), sizeof body - 1, body);
    client_send(file, request, (size_t)count);
    assert_int_equal(client_receive(file, reply), 200);
    return file;
}

/* Though nobody asks for the list of runs. */
static void test_training_goes_first(void **state) {
    (void)state;
    int before = complete(), run = open("runs/first", O_RDONLY | O_DIRECTORY);
    assert_int_equal(count_patient(), 0);
    assert_int_equal(flock(run, LOCK_EX | LOCK_NB), 0); /* as 'rnn train' does */
    int meanwhile = complete();
    assert_int_equal(count_patient(), 1);
    close(run);
    int after = complete();
    assert_int_equal(count_patient(), 1);
    close(before);
    close(meanwhile);
    close(after);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_run_from_beginning_to_end),
        cmocka_unit_test(test_stop_and_resume),
        cmocka_unit_test(test_a_look),
#if defined(__linux__)
        cmocka_unit_test(test_training_goes_first),
#endif
        cmocka_unit_test(test_a_failure_is_told),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
