/* SPDX-License-Identifier: MIT
 *
 * sse.c - see sse.h.
 */
#include "server/sse.h"

#include <stdlib.h>
#include <string.h>

static void put_bytes(rnn_json_text *to, const char *bytes, size_t count) {
    char piece[256];
    while (count > 0) {
        size_t part = count < sizeof piece ? count : sizeof piece - 1;
        memcpy(piece, bytes, part);
        piece[part] = '\0';
        rnn_json_put(to, piece);
        bytes += part;
        count -= part;
    }
}

void sse_put(rnn_json_text *to, const char *name, const char *data) {
    if (name) {
        rnn_json_put(to, "event: ");
        rnn_json_put(to, name);
        rnn_json_put(to, "\n");
    }
    for (;;) {
        size_t length = strcspn(data, "\r\n");
        rnn_json_put(to, "data: ");
        put_bytes(to, data, length);
        rnn_json_put(to, "\n");
        data += length;
        if (!*data)
            break;
        data += data[0] == '\r' && data[1] == '\n' ? 2 : 1;
    }
    rnn_json_put(to, "\n");
}

void sse_put_json(rnn_json_text *to, const char *name, json_t *value) {
    char *text = value ? json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(value);
    if (text)
        sse_put(to, name, text);
    else
        to->short_of_memory = 1;
    free(text);
}

void sse_put_heartbeat(rnn_json_text *to) {
    rnn_json_put(to, ":\n\n");
}

size_t sse_take(rnn_json_text *from, size_t *at, char *out, size_t room) {
    size_t left = from->bytes - *at, part = left < room ? left : room;
    if (part > 0)
        memcpy(out, from->text + *at, part);
    *at += part;
    if (*at == from->bytes)
        *at = from->bytes = 0;
    return part;
}
