/* SPDX-License-Identifier: MIT
 *
 * replies.c - the part of http.h that knows of no sockets: routes, and replies in JSON.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "server/http.h"
#include "text/as_json.h"

static const char type_of_json[] = "application/json; charset=utf-8";

void http_json(http_reply *reply, int status, json_t *object) {
    char *text = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(object);
    if (!text) {
        static const char words[] =
            "{\"error\":{\"message\":\"out of memory\",\"type\":\"server_error\"}}";
        *reply = (http_reply){
            .status = 500, .type = type_of_json, .fixed = words, .bytes = sizeof words - 1};
        return;
    }
    *reply =
        (http_reply){.status = status, .type = type_of_json, .body = text, .bytes = strlen(text)};
}

void http_refuse(http_reply *reply, int status, const char *format, ...) {
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    /* What is quoted may be any bytes, and may have been cut. */
    json_t *words = rnn_text_as_json(message);
    http_json(reply, status,
              json_pack("{s:{s:o, s:s, s:n, s:n}}", "error", "message", words, "type",
                        status >= 500 ? "server_error" : "invalid_request_error", "param", "code"));
}

const http_route *http_find(const http_route *routes, const char *method, const char *path,
                            int *status, char *allow, size_t room) {
    int head = strcmp(method, "HEAD") == 0, known = 0;
    size_t used = 0;
    for (const http_route *route = routes; route->path; route++) {
        if (strcmp(route->path, path) != 0)
            continue;
        if (strcmp(route->method, head && !route->streams ? "GET" : method) == 0)
            return route;
        known = 1;
        if (used < room)
            used += (size_t)snprintf(allow + used, room - used, "%s%s", used ? ", " : "",
                                     route->method);
    }
    *status = known ? 405 : 404;
    return NULL;
}
