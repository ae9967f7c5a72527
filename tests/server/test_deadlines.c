/* SPDX-License-Identifier: MIT
 *
 * test_deadlines.c - clients that ask and do not read: an answer is not kept for them, nor a
 * stream; who reads along is not cut.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <poll.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "server/http.h"
#include "tests/server/client.h"

#define LARGE ((size_t)64 << 20) /* more than the system holds for a client */

static http *server;
static char *large;
static atomic_int streams; /* that are open */

static void answer_large(void *context, const http_request *request, http_reply *reply) {
    (void)context;
    (void)request;
    *reply = (http_reply){.type = "text/plain", .fixed = large, .bytes = LARGE};
}

static ptrdiff_t read_on(void *context, char *out, size_t room) {
    (void)context;
    poll(NULL, 0, 1);
    memset(out, 'x', room);
    return (ptrdiff_t)room;
}

static void close_stream(void *context) {
    (void)context;
    atomic_fetch_sub(&streams, 1);
}

static void answer_stream(void *context, const http_request *request, http_reply *reply) {
    (void)request;
    atomic_fetch_add(&streams, 1);
    *reply = (http_reply){
        .type = "text/plain", .read = read_on, .close = close_stream, .context = context};
}

static const http_route routes[] = {{"GET", "/large", 0, 0, 0, answer_large},
                                    {"GET", "/stream", 0, 0, 1, answer_stream},
                                    {NULL, NULL, 0, 0, 0, NULL}};

static int set_up(void **state) {
    http_options options = {.routes = routes, .server = &streams, .limits = {0, 0, 0.5, 0.5}};
    (void)state;
    large = calloc(LARGE, 1);
    return http_start(&server, &options, NULL) != RNN_OK;
}

static int tear_down(void **state) {
    (void)state;
    http_stop(server);
    free(large);
    return 0;
}

static int ask_for(const char *path) {
    char request[128];
    int file = client_connect(http_port(server));
    int count = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n",
                         path, http_port(server));
    client_send(file, request, (size_t)count);
    return file;
}

/* Bytes that come until the end, or for some seconds. */
static size_t read_for(int file, double seconds, int *ended) {
    static char bytes[1 << 16];
    size_t sum = 0;
    double end = rnn_clock_now() + seconds;
    *ended = 0;
    while (!*ended && rnn_clock_now() < end) {
        ssize_t got = recv(file, bytes, sizeof bytes, 0);
        *ended = got <= 0;
        sum += got > 0 ? (size_t)got : 0;
    }
    return sum;
}

static void test_an_answer_that_nobody_reads(void **state) {
    int file = ask_for("/large"), ended;
    (void)state;
    poll(NULL, 0, 1200);
    size_t got = read_for(file, 5, &ended);
    assert_true(ended);
    assert_in_range(got, 1, LARGE - 1);
    close(file);
}

static void test_a_stream_that_nobody_reads(void **state) {
    int file = ask_for("/stream"), ended;
    double begin = rnn_clock_now();
    (void)state;
    while (atomic_load(&streams) == 0 && rnn_clock_now() < begin + 5)
        poll(NULL, 0, 5);
    while (atomic_load(&streams) > 0 && rnn_clock_now() < begin + 20)
        poll(NULL, 0, 5);
    assert_int_equal(atomic_load(&streams), 0);
    assert_true(rnn_clock_now() - begin > 0.4);
    read_for(file, 5, &ended);
    assert_true(ended);
    close(file);
}

static void test_a_stream_that_is_read(void **state) {
    int file = ask_for("/stream"), ended;
    (void)state;
    assert_true(read_for(file, 1.2, &ended) > 0);
    assert_false(ended);
    close(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_that_nobody_reads),
        cmocka_unit_test(test_a_stream_that_nobody_reads),
        cmocka_unit_test(test_a_stream_that_is_read),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
