/* SPDX-License-Identifier: MIT
 *
 * requests.c - see requests.h.
 */
#include "server/requests.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "text/utf8.h"

const char *http_query(const http_request *request, const char *key) {
    for (size_t i = 0; i < request->query_count; i++)
        if (strcmp(request->query[i].key, key) == 0)
            return request->query[i].value;
    return NULL;
}

static int digit(char c) {
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* It only becomes shorter. */
static int decode(char *text) {
    char *to = text;
    for (const char *from = text; *from; from++) {
        if (*from != '%') {
            *to++ = *from;
            continue;
        }
        if (!isxdigit((unsigned char)from[1]) || !isxdigit((unsigned char)from[2]))
            return 0;
        *to++ = (char)(digit(from[1]) * 16 + digit(from[2]));
        from += 2;
        if (to[-1] == '\0')
            return 0;
    }
    *to = '\0';
    for (size_t count = (size_t)(to - text); count > 0;) {
        uint32_t code;
        int length = rnn_utf8_decode((const unsigned char *)text, count, &code);
        if (length <= 0)
            return 0;
        text += length;
        count -= (size_t)length;
    }
    return 1;
}

int requests_decode(http_request *request) {
    for (size_t i = 0; i < request->query_count; i++)
        if (!decode((char *)(uintptr_t)request->query[i].value))
            return 0;
    return 1;
}

json_t *requests_object(const http_request *request, http_reply *reply) {
    json_error_t fault;
    json_t *object =
        json_loadb(request->body, request->bytes, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &fault);
    if (!object)
        http_refuse(reply, 400, "the body is not JSON: %s (line %d, column %d)", fault.text,
                    fault.line, fault.column);
    if (object && !json_is_object(object)) {
        http_refuse(reply, 400, "the body must be a JSON object, {...}");
        json_decref(object);
        object = NULL;
    }
    return object;
}

static const json_t *member(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

int requests_whole(const json_t *object, const char *key, json_int_t least, json_int_t most,
                   json_int_t *value, http_reply *reply) {
    const json_t *found = member(object, key);
    double number = json_number_value(found);
    if (!found)
        return 1;
    int whole = json_is_number(found) && number == floor(number) && number >= (double)least &&
                number <= (double)most;
    if (whole) {
        *value = json_is_integer(found) ? json_integer_value(found) : (json_int_t)number;
        if (*value >= least && *value <= most)
            return 1;
    }
    http_refuse(reply, 400, "%s must be a whole number from %lld to %lld", key, (long long)least,
                (long long)most);
    return 0;
}

int requests_real(const json_t *object, const char *key, double least, double most, double *value,
                  http_reply *reply) {
    const json_t *found = member(object, key);
    if (!found)
        return 1;
    double number = json_number_value(found);
    if (json_is_number(found) && number >= least && number <= most) {
        *value = number;
        return 1;
    }
    http_refuse(reply, 400, "%s must be a number from %g to %g", key, least, most);
    return 0;
}

int requests_flag(const json_t *object, const char *key, int *value, http_reply *reply) {
    const json_t *found = member(object, key);
    if (!found)
        return 1;
    if (json_is_boolean(found)) {
        *value = json_is_true(found);
        return 1;
    }
    http_refuse(reply, 400, "%s must be true or false", key);
    return 0;
}

int requests_text(const json_t *object, const char *key, const char **value, http_reply *reply) {
    const json_t *found = member(object, key);
    if (!found)
        return 1;
    const char *text = json_string_value(found);
    if (text && strlen(text) == json_string_length(found)) {
        *value = text;
        return 1;
    }
    http_refuse(reply, 400, "%s must be text without NUL", key);
    return 0;
}
