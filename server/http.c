/* SPDX-License-Identifier: MIT
 *
 * http.c - see http.h.
 */
#include "server/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "server/requests.h"

#define POOL        ((size_t)40 << 10)    /* bytes a connection: headers, and a piece of a stream */
#define PIECE       ((size_t)8 << 10)     /* bytes of a stream handed on at once */
#define STACK       ((size_t)2 << 20)     /* bytes: nested JSON is read in depth */
#define CONNECTIONS (DEADLINES_MOST + 64) /* those that are being cut included */

struct http {
    struct MHD_Daemon *daemon;
    deadlines *deadlines;
    gate_rules rules;
    http_options options;
    int port;
};

/* One request on its way. */
typedef struct exchange {
    const http_route *route;
    char *body;
    size_t bytes, length; /* received, announced */
} exchange;

/* A stream on its way. */
typedef struct stream {
    http *server;
    deadline *deadline;
    ptrdiff_t (*read)(void *context, char *out, size_t room);
    void (*close)(void *context);
    void *context;
} stream;

static deadline *deadline_of(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* ------------------------------------------------------------------ replies */

static ssize_t read_stream(void *context, uint64_t position, char *out, size_t room) {
    stream *from = context;
    (void)position;
    deadlines_enter(from->server->deadlines, from->deadline, DEADLINES_WORK);
    ptrdiff_t got = from->read(from->context, out, room);
    deadlines_enter(from->server->deadlines, from->deadline, DEADLINES_STREAM);
    if (got > 0)
        return got;
    return got == 0 ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void close_stream(void *context) {
    stream *from = context;
    from->close(from->context);
    free(from);
}

static struct MHD_Response *make_stream(http *server, struct MHD_Connection *connection,
                                        const http_reply *reply) {
    stream *from = malloc(sizeof *from);
    if (!from) {
        reply->close(reply->context);
        return NULL;
    }
    *from = (stream){server, deadline_of(connection), reply->read, reply->close, reply->context};
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE, read_stream, from, close_stream);
    if (!response)
        close_stream(from);
    return response;
}

static struct MHD_Response *make_response(http *server, struct MHD_Connection *connection,
                                          const http_reply *reply) {
    if (reply->read)
        return make_stream(server, connection, reply);
    if (reply->body) {
        struct MHD_Response *response =
            MHD_create_response_from_buffer(reply->bytes, reply->body, MHD_RESPMEM_MUST_FREE);
        if (!response)
            free(reply->body);
        return response;
    }
    return MHD_create_response_from_buffer(reply->bytes, (void *)(uintptr_t)reply->fixed,
                                           MHD_RESPMEM_PERSISTENT);
}

static void add_headers(struct MHD_Response *response, const http_reply *reply) {
    static const char *const fixed[][2] = {
        {"Content-Security-Policy",
         "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
         "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cache-Control", "no-store"},
    };
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        MHD_add_response_header(response, fixed[i][0], fixed[i][1]);
    MHD_add_response_header(response, "Content-Type", reply->type);
}

/* allow NULL: the connection may stay. Else it ends here, for the rest of what was sent
 * cannot be trusted to be a request. */
static enum MHD_Result send_reply(http *server, struct MHD_Connection *connection,
                                  const http_reply *reply, const char *allow) {
    struct MHD_Response *response = make_response(server, connection, reply);
    if (!response)
        return MHD_NO;
    add_headers(response, reply);
    if (allow)
        MHD_add_response_header(response, "Connection", "close");
    if (allow && *allow)
        MHD_add_response_header(response, "Allow", allow);
    if (reply->status == 503)
        MHD_add_response_header(response, "Retry-After", "5");
    deadlines_enter(server->deadlines, deadline_of(connection),
                    reply->read ? DEADLINES_STREAM : DEADLINES_SEND);
    enum MHD_Result result =
        MHD_queue_response(connection, reply->status ? (unsigned)reply->status : 200, response);
    MHD_destroy_response(response);
    return result;
}

/* ----------------------------------------------------------------- requests */

static enum MHD_Result note_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   const char *value) {
    (void)kind;
    gate_note(context, name, value);
    return MHD_YES;
}

/* The head is there: may it pass, and to where? */
static enum MHD_Result begin(http *server, struct MHD_Connection *connection, const char *path,
                             const char *method, const char *version, void **memory) {
    gate_facts facts = {.method = method, .path = path, .version = version};
    gate_needs needs = {0, 0};
    http_reply refusal = {0};
    const char *message = "";
    char allow[64] = "";
    int missing = 0;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, note_header, &facts);
    const http_route *route =
        http_find(server->options.routes, method, path, &missing, allow, sizeof allow);
    if (route)
        needs = (gate_needs){route->changes, route->navigation};
    int status = gate_check(&server->rules, &facts, &needs, &message);
    if (status != 0) {
        http_refuse(&refusal, status, "%s", message);
        return send_reply(server, connection, &refusal, "");
    }
    if (!route) {
        http_refuse(&refusal, missing,
                    missing == 404 ? "there is nothing at this path"
                                   : "this path does not take that method");
        return send_reply(server, connection, &refusal, allow);
    }
    exchange *it = calloc(1, sizeof *it);
    if (!it)
        return MHD_NO;
    it->route = route;
    it->length = gate_body(&facts);
    it->body = malloc(it->length + 1);
    *memory = it;
    deadlines_enter(server->deadlines, deadline_of(connection), DEADLINES_BODY);
    return it->body ? MHD_YES : MHD_NO;
}

static enum MHD_Result note_pair(void *context, enum MHD_ValueKind kind, const char *name,
                                 const char *value) {
    http_request *request = context;
    (void)kind;
    if (request->query_count == HTTP_MOST_PAIRS)
        return MHD_NO;
    /* A key without a value is not asked for anywhere, and there is nothing to decode. */
    if (value)
        request->query[request->query_count++] = (http_pair){name, value};
    return MHD_YES;
}

/* All is there: what does it come to? */
static enum MHD_Result answer(http *server, struct MHD_Connection *connection, const char *path,
                              const char *method, exchange *it) {
    http_request request = {
        .method = method, .path = path, .body = it->body, .bytes = it->bytes, .line = connection};
    http_reply reply = {0};
    it->body[it->bytes] = '\0';
    deadlines_enter(server->deadlines, deadline_of(connection), DEADLINES_WORK);
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, note_pair, &request);
    if (requests_decode(&request))
        it->route->answer(server->options.server, &request, &reply);
    else
        http_refuse(&reply, 400, "the query is not percent-encoded UTF-8");
    return send_reply(server, connection, &reply, NULL);
}

int http_is_gone(const http_request *request) {
    const union MHD_ConnectionInfo *info =
        request->line ? MHD_get_connection_info(request->line, MHD_CONNECTION_INFO_CONNECTION_FD)
                      : NULL;
    char byte;
    if (!info)
        return 0;
    ssize_t got = recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *data, size_t *bytes, void **memory) {
    http *server = context;
    exchange *it = *memory;
    if (!it)
        return begin(server, connection, path, method, version, memory);
    if (*bytes == 0)
        return answer(server, connection, path, method, it);
    if (*bytes > it->length - it->bytes)
        return MHD_NO;
    memcpy(it->body + it->bytes, data, *bytes);
    it->bytes += *bytes;
    *bytes = 0;
    return MHD_YES;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **memory,
                         enum MHD_RequestTerminationCode why) {
    http *server = context;
    exchange *it = *memory;
    (void)why;
    if (it)
        free(it->body);
    free(it);
    *memory = NULL;
    deadlines_enter(server->deadlines, deadline_of(connection), DEADLINES_HEAD);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **memory,
                          enum MHD_ConnectionNotificationCode what) {
    http *server = context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        deadlines_close(server->deadlines, *memory);
        *memory = NULL;
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (!info)
        return;
    *memory = deadlines_open(server->deadlines, info->connect_fd);
    if (!*memory)
        shutdown(info->connect_fd, SHUT_RDWR);
}

/* Paths are compared as they are sent, and queries decoded by a stricter reader. */
static size_t leave_escapes(void *context, struct MHD_Connection *connection, char *text) {
    (void)context;
    (void)connection;
    return strlen(text);
}

/* ------------------------------------------------------------- start, stop */

/* A socket that listens, and its port; -1 with errno. */
static int listen_on(int wanted, int *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)wanted)};
    socklen_t length = sizeof address;
    int yes = 1, file = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (file < 0)
        return -1;
    /* What is begun here (training) must not hold the port. */
    fcntl(file, F_SETFD, FD_CLOEXEC);
    fcntl(file, F_SETFL, fcntl(file, F_GETFL) | O_NONBLOCK);
    setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(file, (struct sockaddr *)&address, sizeof address) == 0 &&
        getsockname(file, (struct sockaddr *)&address, &length) == 0 &&
        listen(file, SOMAXCONN) == 0) {
        *port = ntohs(address.sin_port);
        return file;
    }
    int why = errno;
    close(file);
    errno = why;
    return -1;
}

/* The socket is the daemon's once there is one. */
static struct MHD_Daemon *start_daemon(http *server, int socket) {
    return MHD_start_daemon(
        MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0, NULL,
        NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, socket, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, NULL, MHD_OPTION_CONNECTION_MEMORY_LIMIT, POOL,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_THREAD_STACK_SIZE, STACK,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
}

rnn_status http_start(http **out, const http_options *options, rnn_error *error) {
    http *server = rnn_allocate(1, sizeof *server);
    rnn_status status = RNN_ERR_MEMORY;
    *out = server;
    if (!server)
        return rnn_fail(error, status, "no memory for the server");
    server->options = *options;
    if (!gate_make_token(server->rules.token)) {
        status = rnn_fail(error, RNN_ERR_IO, "the system has no random numbers (/dev/urandom)");
        goto fail;
    }
    status = deadlines_create(&server->deadlines, &options->limits, error);
    if (status != RNN_OK)
        goto fail;
    /* The first request may come as soon as the daemon is there, and must find *out and the
     * rules. */
    int socket = listen_on(options->port, &server->port);
    server->rules.port = server->port;
    if (socket < 0) {
        status = rnn_fail(error, RNN_ERR_IO,
                          "127.0.0.1:%d cannot be listened on: %s; another --port may be free, "
                          "and --port 0 takes one that is",
                          options->port, strerror(errno));
        goto fail;
    }
    server->daemon = start_daemon(server, socket);
    if (!server->daemon) {
        close(socket);
        status = rnn_fail(error, RNN_ERR_MEMORY, "the system starts no more threads");
        goto fail;
    }
    return RNN_OK;
fail:
    *out = NULL;
    http_stop(server);
    return status;
}

void http_stop(http *server) {
    if (!server)
        return;
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    deadlines_destroy(server->deadlines);
    rnn_free(server);
}

int http_port(const http *server) {
    return server->port;
}

const char *http_token(const http *server) {
    return server->rules.token;
}
