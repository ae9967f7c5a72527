/* SPDX-License-Identifier: MIT
 *
 * test_hostile.c - requests that must not pass: each is refused with the right status, and
 * none reaches the function of a route. After each, an honest one is answered.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "server/http.h"
#include "tests/server/client.h"

static http *server;
static atomic_int reached, cases;
static char *reply;

static void on_route(void *context, const http_request *request, http_reply *to) {
    (void)context;
    (void)request;
    atomic_fetch_add(&reached, 1);
    http_json(to, 200, json_pack("{s:b}", "ok", 1));
}

static const http_route routes[] = {
    {"GET", "/", 0, 1, 0, on_route},          {"GET", "/page.js", 0, 0, 0, on_route},
    {"GET", "/api/watch", 0, 0, 1, on_route}, {"POST", "/ask", 0, 0, 0, on_route},
    {"POST", "/change", 1, 0, 0, on_route},   {NULL, NULL, 0, 0, 0, NULL},
};

static int set_up(void **state) {
    rnn_error error = {RNN_OK, ""};
    http_options options = {.routes = routes,
                            .limits = {.head = 0.5, .body = 0.5, .send = 5, .stream = 5}};
    (void)state;
    reply = malloc(CLIENT_ROOM);
    return http_start(&server, &options, &error) != RNN_OK;
}

static int tear_down(void **state) {
    (void)state;
    http_stop(server);
    free(reply);
    printf("%d hostile requests\n", atomic_load(&cases));
    return 0;
}

/* Replaces each $ by the port, each # by the token. */
static char *fill_in(const char *text) {
    char *out = malloc(strlen(text) * 40 + 1), *to = out;
    for (; *text; text++) {
        if (*text == '$')
            to += sprintf(to, "%d", http_port(server));
        else if (*text == '#')
            to += sprintf(to, "%s", http_token(server));
        else
            *to++ = *text;
    }
    *to = '\0';
    return out;
}

static void assert_refused_bytes(int expected, const char *request, size_t count) {
    int before = atomic_load(&reached);
    int status = client_ask(http_port(server), request, count, reply);
    atomic_fetch_add(&cases, 1);
    if (status != expected && !(expected == 0 && (status == 0 || status >= 400)))
        fail_msg("status %d, not %d, for:\n%.300s", status, expected, request);
    if (status >= 400 && !strstr(reply, "Connection: close") && !strstr(reply, "Connection: Close"))
        fail_msg("the connection stays open after:\n%.300s\n%.600s", request, reply);
    if (atomic_load(&reached) != before)
        fail_msg("a route was reached by:\n%.300s", request);
}

/* expected 0: any refusal, or the connection is closed. */
static void assert_refused(int expected, const char *request) {
    char *filled = fill_in(request);
    assert_refused_bytes(expected, filled, strlen(filled));
    free(filled);
}

static void refuse_format(int expected, const char *format, ...) RNN_PRINTF(2, 3);
static void refuse_format(int expected, const char *format, ...) {
    static char request[1 << 17];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(request, sizeof request, format, arguments);
    va_end(arguments);
    assert_refused(expected, request);
}

#define HOST "Host: 127.0.0.1:$\r\n"
#define JSON HOST "Content-Type: application/json\r\n"

static void test_honest_requests_pass(void **state) {
    static const char *const requests[] = {
        "GET / HTTP/1.1\r\n" HOST "\r\n",
        "GET / HTTP/1.0\r\n" HOST "\r\n",
        "HEAD /page.js HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",
        "GET /page.js?v=1 HTTP/1.1\r\nhOST: LOCALHOST:$\r\n\r\n",
        "GET /page.js HTTP/1.1\r\n" HOST "Origin: http://127.0.0.1:$\r\n\r\n",
        "GET /page.js HTTP/1.1\r\n" HOST "Sec-Fetch-Site: same-origin\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n\r\n",
        "POST /ask HTTP/1.1\r\n" JSON "Content-Length: 2\r\n\r\n{}",
        "POST /ask HTTP/1.1\r\n" HOST "Content-Type: Application/JSON ; charset=UTF-8\r\n"
        "Content-Length: 2\r\nOrigin: http://localhost:$\r\n\r\n{}",
        "POST /change HTTP/1.1\r\n" JSON "Content-Length: 2\r\nX-RNN-Token: #\r\n\r\n{}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        char *filled = fill_in(requests[i]);
        int before = atomic_load(&reached);
        int status = client_ask(http_port(server), filled, strlen(filled), reply);
        if (status != 200 || atomic_load(&reached) != before + 1)
            fail_msg("status %d for:\n%s", status, filled);
        assert_non_null(strstr(reply, "Content-Security-Policy: default-src 'none'"));
        assert_non_null(strstr(reply, "X-Content-Type-Options: nosniff"));
        assert_null(strstr(reply, "Access-Control"));
        free(filled);
    }
}

static void test_paths(void **state) {
    static const char *const paths[] = {
        "/..",
        "/../",
        "/../etc/passwd",
        "/../../../../../../etc/passwd",
        "/./page.js",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/%2e%2e%2fetc/passwd",
        "/..%5c..%5cetc%5cpasswd",
        "/..\\..\\etc\\passwd",
        "/page.js/",
        "/page.js/../page.js",
        "/page.js%00",
        "/page.js%00.html",
        "/%00",
        "/%2f",
        "//",
        "//page.js",
        "///etc/passwd",
        "/%70age.js",
        "/page.js%20",
        "/page%2ejs",
        "/PAGE.JS",
        "/Page.js",
        "/page.js;v=1",
        "/web/page.js",
        "/server/web/page.js",
        "/index.html/..",
        "/.git/config",
        "/.env",
        "/runs",
        "/runs/",
        "/runs/../log.jsonl",
        "/log.jsonl",
        "/proc/self/environ",
        "/etc/passwd",
        "/%c0%ae%c0%ae/etc/passwd",
        "/%e0%80%ae/",
        "/..;/",
        "/.%2e/",
        "/%2e./",
        "/%252e%252e/",
        "/api",
        "/api/",
        "/api/watch/",
        "/api/watch/../../",
        "/api//watch",
        "/ask/",
        "/~root",
        "/file:///etc/passwd",
        "/C:/Windows",
        "/$",
        "/%",
        "/%zz",
        "/\x01",
        "/\xff\xfe",
        "/page.js\x7f",
        "/favicon.php",
        "/cgi-bin/x",
        "/'",
        "/<script>",
        "/|id",
    };
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        refuse_format(404, "GET %s HTTP/1.1\r\n" HOST "\r\n", paths[i]);
        refuse_format(404, "POST %s HTTP/1.1\r\n" JSON "Content-Length: 2\r\n\r\n{}", paths[i]);
    }
    refuse_format(404, "GET http://127.0.0.1:$/page.js HTTP/1.1\r\n" HOST "\r\n");
    refuse_format(404, "GET * HTTP/1.1\r\n" HOST "\r\n");
    refuse_format(404, "GET page.js HTTP/1.1\r\n" HOST "\r\n");
    refuse_format(400, "GET /page.js?a=%%00 HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    refuse_format(400, "GET /page.js?a=%%zz HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    refuse_format(400, "GET /page.js?a=%%ff HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    refuse_format(400, "GET /page.js?a=%%4 HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
}

static void test_methods(void **state) {
    static const char *const methods[] = {"PUT",     "DELETE",   "PATCH", "OPTIONS", "TRACE",
                                          "CONNECT", "PROPFIND", "get",   "GETT",    "BREW"};
    static const char *const paths[] = {"/", "/page.js", "/ask", "/change"};
    (void)state;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        for (size_t j = 0; j < 4; j++)
            refuse_format(405, "%s %s HTTP/1.1\r\n" HOST "\r\n", methods[i], paths[j]);
    assert_refused(405, "GET /ask HTTP/1.1\r\n" HOST "\r\n");
    assert_refused(405, "HEAD /change HTTP/1.1\r\n" HOST "\r\n");
    assert_refused(405, "HEAD /api/watch HTTP/1.1\r\n" HOST "\r\n");
    assert_refused(405, "POST / HTTP/1.1\r\n" JSON "Content-Length: 2\r\n\r\n{}");
    assert_refused(405, "POST /api/watch HTTP/1.1\r\n" JSON "Content-Length: 2\r\n\r\n{}");
}

static void test_hosts(void **state) {
    static const char *const hosts[] = {
        "evil.example",
        "evil.example:$",
        "127.0.0.1",
        "localhost",
        "127.0.0.1:80",
        "127.0.0.1:$.",
        "127.0.0.1.:$",
        "127.0.0.1:$x",
        "127.0.0.1:0$",
        "127.0.0.2:$",
        "127.1:$",
        "2130706433:$",
        "0.0.0.0:$",
        "0177.0.0.1:$",
        "0x7f.0.0.1:$",
        "[::1]:$",
        "[::ffff:127.0.0.1]:$",
        "localhost.:$",
        "localhost.evil.example:$",
        "evil.localhost:$",
        "a@127.0.0.1:$",
        "127.0.0.1:$@evil.example",
        "127.0.0.1:$/",
        "http://127.0.0.1:$",
        "127.0.0.1:$,evil",
        "127.0.0.1 :$",
        "127.0.0.1: $",
        "",
        ":$",
        "*",
        "null",
        "%31%32%37.0.0.1:$",
    };
    static const char *const lines[] = {"GET / HTTP/1.1", "GET /page.js HTTP/1.1",
                                        "GET /page.js HTTP/1.0"};
    (void)state;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        for (size_t j = 0; j < 3; j++)
            refuse_format(421, "%s\r\nHost: %s\r\n\r\n", lines[j], hosts[i]);
    assert_refused(400, "GET / HTTP/1.0\r\n\r\n");
    assert_refused(0, "GET / HTTP/1.1\r\n\r\n");
    assert_refused(400, "GET / HTTP/1.1\r\n" HOST HOST "\r\n");
    assert_refused(400, "GET / HTTP/1.1\r\n" HOST "Host: evil.example\r\n\r\n");
    assert_refused(400, "GET / HTTP/1.1\r\nHost: evil.example\r\n" HOST "\r\n");
    assert_refused(400, "GET / HTTP/1.1\r\n" HOST "hOsT: 127.0.0.1:$\r\n\r\n");
}

static void test_origins(void **state) {
    static const char *const origins[] = {
        "http://evil.example",
        "https://evil.example",
        "null",
        "",
        "http://127.0.0.1",
        "http://localhost",
        "https://127.0.0.1:$",
        "http://127.0.0.1:1",
        "http://127.0.0.1:$/",
        "http://127.0.0.1:$.evil.example",
        "http://evil.example:$",
        "http://localhost:$x",
        "file://",
        "HTTP://127.0.0.1:$",
        "127.0.0.1:$",
        "http://[::1]:$",
        "http://a@127.0.0.1:$",
        "http://127.0.0.1:$ http://evil.example",
        "moz-extension://1",
        "http://127.0.0.1.:$",
    };
    (void)state;
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
        refuse_format(403, "GET /page.js HTTP/1.1\r\n" HOST "Origin: %s\r\n\r\n", origins[i]);
        refuse_format(403,
                      "POST /ask HTTP/1.1\r\n" JSON "Content-Length: 2\r\nOrigin: %s\r\n\r\n{}",
                      origins[i]);
        refuse_format(403,
                      "POST /change HTTP/1.1\r\n" JSON
                      "X-RNN-Token: #\r\nContent-Length: 2\r\nOrigin: %s\r\n\r\n{}",
                      origins[i]);
    }
    assert_refused(403, "POST /ask HTTP/1.1\r\n" JSON "Content-Length: 2\r\n"
                        "Origin: http://127.0.0.1:$\r\nOrigin: http://127.0.0.1:$\r\n\r\n{}");
    static const char *const sites[] = {"cross-site", "same-site", "", "SAME-ORIGIN", "other"};
    for (size_t i = 0; i < 5; i++) {
        refuse_format(403, "GET /page.js HTTP/1.1\r\n" HOST "Sec-Fetch-Site: %s\r\n\r\n", sites[i]);
        refuse_format(403,
                      "GET / HTTP/1.1\r\n" HOST "Sec-Fetch-Site: %s\r\n"
                      "Sec-Fetch-Mode: no-cors\r\n\r\n",
                      sites[i]);
        refuse_format(403,
                      "GET /api/watch HTTP/1.1\r\n" HOST "Sec-Fetch-Site: %s\r\n"
                      "Sec-Fetch-Mode: navigate\r\n\r\n",
                      sites[i]);
    }
}

static void test_tokens(void **state) {
    static const char *const tokens[] = {
        "",
        "X-RNN-Token:\r\n",
        "X-RNN-Token: x\r\n",
        "X-RNN-Token: #0\r\n",
        "X-RNN-Token: 00000000000000000000000000000000\r\n",
        "X-RNN-Token: #\r\nX-RNN-Token: #\r\n",
        "X-RNN-Token: \"#\"\r\n",
        "Authorization: Bearer #\r\n",
        "Cookie: token=#\r\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        refuse_format(403, "POST /change HTTP/1.1\r\n" JSON "Content-Length: 2\r\n%s\r\n{}",
                      tokens[i]);
    assert_refused(403, "POST /change?token=# HTTP/1.1\r\n" JSON "Content-Length: 2\r\n\r\n{}");
}

static void test_types(void **state) {
    static const char *const types[] = {
        "",
        "Content-Type:\r\n",
        "Content-Type: text/plain\r\n",
        "Content-Type: text/json\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: multipart/form-data; boundary=x\r\n",
        "Content-Type: application/jsonx\r\n",
        "Content-Type: application/json; charset=utf-16\r\n",
        "Content-Type: application/json, text/plain\r\n",
        "Content-Type: text/plain; application/json\r\n",
        "Content-Type: application/json\r\nContent-Type: text/plain\r\n",
        "Content-Type: application/json;\r\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        refuse_format(415, "POST /ask HTTP/1.1\r\n" HOST "Content-Length: 2\r\n%s\r\n{}", types[i]);
}

static void test_framing(void **state) {
    static const char *const lengths[] = {"-1", "+2",  "2 2", "0x2", "2,2",
                                          "2;", "two", "1e1", "2.0", "99999999999999999999999"};
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        refuse_format(0, "POST /ask HTTP/1.1\r\n" JSON "Content-Length: %s\r\n\r\n{}", lengths[i]);
    assert_refused(411, "POST /ask HTTP/1.1\r\n" JSON "\r\n");
    assert_refused(411, "POST /ask HTTP/1.1\r\n" JSON
                        "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n");
    assert_refused(0, "POST /ask HTTP/1.1\r\n" JSON
                      "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    assert_refused(0, "POST /ask HTTP/1.1\r\n" JSON
                      "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n");
    assert_refused(0, "POST /ask HTTP/1.1\r\n" JSON "Transfer-Encoding: gzip\r\n\r\n");
    assert_refused(0, "POST /ask HTTP/1.1\r\n" JSON "Transfer-Encoding: xchunked\r\n\r\n");
    assert_refused(400, "POST /ask HTTP/1.1\r\n" JSON
                        "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}");
    assert_refused(400, "POST /ask HTTP/1.1\r\n" JSON
                        "Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}");
    assert_refused(400, "GET /page.js HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}");
    assert_refused(411,
                   "GET /page.js HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    assert_refused(417, "POST /ask HTTP/1.1\r\n" JSON
                        "Content-Length: 2\r\nExpect: the-unexpected\r\n\r\n{}");
    static const char *const garbage[] = {
        "\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "GET /\r\n\r\n",
        "\x16\x03\x01\x02\x01\x01",
        "GET / HTTP/9.9\r\n" HOST "\r\n",
        "GET / HTTP/2.0\r\n" HOST "\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET / FTP/1.1\r\n" HOST "\r\n",
        "GET / HTTP/1.1\r\nno colon here\r\n" HOST "\r\n",
        "SSH-2.0-x\r\n",
        "EHLO evil.example\r\n",
        "GET /page.js HTTP/1.1\r\n" HOST " folded: x\r\nHost: evil\r\n\r\n",
        "POST /ask HTTP/1.1\r\n" JSON "Content-Length : 2\r\n\r\n{}",
    };
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
        assert_refused(0, garbage[i]);
}

static void test_sizes(void **state) {
    static char wide[1 << 16];
    (void)state;
    memset(wide, 'a', sizeof wide - 1);
    assert_refused(413, "POST /ask HTTP/1.1\r\n" JSON "Content-Length: 1048577\r\n\r\n");
    assert_refused(413, "POST /ask HTTP/1.1\r\n" JSON "Content-Length: 999999999999\r\n\r\n");
    refuse_format(431, "GET /page.js HTTP/1.1\r\n" HOST "X-Wide: %.17000s\r\n\r\n", wide);
    refuse_format(0, "GET /page.js HTTP/1.1\r\n" HOST "X-Wide: %.60000s\r\n\r\n", wide);
    refuse_format(0, "GET /%.60000s HTTP/1.1\r\n" HOST "\r\n", wide);
    refuse_format(404, "GET /%.8000s HTTP/1.1\r\n" HOST "\r\n", wide);
    char many[30000] = "GET /page.js HTTP/1.1\r\n" HOST;
    for (size_t used = strlen(many), i = 0; used < sizeof many - 60; i++)
        used += (size_t)sprintf(many + used, "X-%zu: b\r\n", i);
    strcat(many, "\r\n");
    assert_refused(431, many);
    /* The largest body that may be. */
    size_t most = GATE_MOST_BODY;
    char *body = malloc(most + 1);
    memset(body, ' ', most);
    body[most] = '\0';
    assert_int_equal(client_request(http_port(server), "POST", "/ask", "", body, reply), 200);
    free(body);
}

/* Seconds until the server cuts a client that sends a byte now and then. */
static double seconds_of(const char *request) {
    char *filled = fill_in(request), byte;
    int file = client_connect(http_port(server));
    double start = rnn_clock_now();
    struct timeval patience = {.tv_usec = 20000};
    setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    for (size_t i = 0; rnn_clock_now() < start + 5; i++) {
        if (i < strlen(filled))
            client_send(file, filled + i, 1);
        if (recv(file, &byte, 1, 0) == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
            break;
    }
    close(file);
    free(filled);
    return rnn_clock_now() - start;
}

static void test_slow_clients_are_cut(void **state) {
    int before = atomic_load(&reached);
    (void)state;
    assert_in_range((int)(seconds_of("") * 1000), 300, 1500);
    assert_in_range(
        (int)(seconds_of("GET /page.js HTTP/1.1\r\n" HOST
                         "X-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                         "\r\n\r\n") *
              1000),
        300, 1500);
    assert_int_equal(atomic_load(&reached), before);
}

/* A body that comes too slowly is cut, however lively its bytes are. */
static void test_slow_bodies_are_cut(void **state) {
    char *head = fill_in("POST /ask HTTP/1.1\r\n" JSON "Content-Length: 1000\r\n\r\n"), byte;
    int before = atomic_load(&reached), file = client_connect(http_port(server));
    struct timeval patience = {.tv_usec = 20000};
    double start = rnn_clock_now();
    (void)state;
    setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    client_send(file, head, strlen(head));
    while (rnn_clock_now() < start + 5) {
        client_send(file, " ", 1);
        if (recv(file, &byte, 1, 0) == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
            break;
    }
    assert_in_range((int)((rnn_clock_now() - start) * 1000), 300, 2500);
    assert_int_equal(atomic_load(&reached), before);
    close(file);
    free(head);
}

/* More idle connections than there may be: an honest one is answered all the same. */
static void test_a_crowd_locks_nobody_out(void **state) {
    int files[3 * DEADLINES_MOST];
    char *request = fill_in("GET /page.js HTTP/1.1\r\n" HOST "\r\n");
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        files[i] = client_connect(http_port(server));
        client_send(files[i], "GET ", 4);
        if (i % 16 == 0)
            assert_int_equal(client_ask(http_port(server), request, strlen(request), reply), 200);
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        close(files[i]);
    free(request);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_honest_requests_pass),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_origins),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_framing),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_slow_clients_are_cut),
        cmocka_unit_test(test_slow_bodies_are_cut),
        cmocka_unit_test(test_a_crowd_locks_nobody_out),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
