/* SPDX-License-Identifier: MIT
 *
 * client.h - for tests: an HTTP client that sends what it is told, right or wrong.
 */
#ifndef RNN_TESTS_CLIENT_H
#define RNN_TESTS_CLIENT_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define CLIENT_ROOM ((size_t)1 << 22)

static inline int client_connect(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct timeval patience = {.tv_sec = 20};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int file = socket(AF_INET, SOCK_STREAM, 0);
    if (file < 0 || connect(file, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("connect");
        abort();
    }
    setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return file;
}

/* Sends until all is sent or the other side has closed. */
static inline void client_send(int file, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t sent = send(file, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes += sent;
        count -= (size_t)sent;
    }
}

static inline long client_header(const char *reply, const char *name) {
    const char *found = strstr(reply, name);
    return found ? strtol(found + strlen(name), NULL, 10) : -1;
}

/* What comes next; a socket that has a time limit is woken by the end of a child process. */
static inline ssize_t client_read(int file, char *out, size_t room) {
    ssize_t got;
    do
        got = recv(file, out, room, 0);
    while (got < 0 && errno == EINTR);
    return got;
}

/* Reads one reply: of the length that it announces, in chunks, or all that comes. Returns its
 * status, 0 if there was none; reply [CLIENT_ROOM] gets all of it and a NUL. */
static inline int client_receive(int file, char *reply) {
    size_t count = 0;
    reply[0] = '\0';
    for (;;) {
        const char *body = strstr(reply, "\r\n\r\n");
        long length = body ? client_header(reply, "Content-Length: ") : -1;
        if (length >= 0 && count >= (size_t)(body + 4 - reply) + (size_t)length)
            break;
        if (count > 7 && strcmp(reply + count - 7, "\r\n0\r\n\r\n") == 0)
            break;
        ssize_t got = client_read(file, reply + count, CLIENT_ROOM - 1 - count);
        if (got <= 0)
            break;
        count += (size_t)got;
        reply[count] = '\0';
    }
    return strncmp(reply, "HTTP/1.", 7) == 0 ? atoi(reply + 9) : 0;
}

/* One request on a connection of its own. */
static inline int client_ask(int port, const char *request, size_t count, char *reply) {
    int file = client_connect(port);
    client_send(file, request, count);
    int status = client_receive(file, reply);
    close(file);
    return status;
}

/* A well-formed request; headers are whole lines, token and body may be NULL. */
static inline int client_request(int port, const char *method, const char *path,
                                 const char *headers, const char *body, char *reply) {
    size_t room = strlen(path) + strlen(headers) + (body ? strlen(body) : 0) + 512;
    char *request = malloc(room);
    int count = snprintf(request, room, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s", method, path,
                         port, headers);
    if (body)
        count += snprintf(request + count, room - (size_t)count,
                          "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                          strlen(body), body);
    else
        count += snprintf(request + count, room - (size_t)count, "\r\n");
    int status = client_ask(port, request, (size_t)count, reply);
    free(request);
    return status;
}

#endif
