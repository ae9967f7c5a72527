/* SPDX-License-Identifier: MIT
 *
 * json.c - see json.h.
 */
#include "formats/json.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

void rnn_json_start(rnn_json *json, const char *text, size_t bytes) {
    *json = (rnn_json){.text = text, .bytes = bytes};
}

int rnn_json_refuse(rnn_json *json, const char *wrong) {
    if (!json->wrong)
        json->wrong = wrong;
    return 0;
}

int rnn_json_peek(rnn_json *json) {
    while (json->at < json->bytes) {
        char c = json->text[json->at];
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
            return (unsigned char)c;
        json->at++;
    }
    return -1;
}

/* Consumes one byte if it comes next, after blanks. */
static int take(rnn_json *json, char c) {
    if (json->wrong || rnn_json_peek(json) != (unsigned char)c)
        return 0;
    json->at++;
    return 1;
}

int rnn_json_enter(rnn_json *json, char opening) {
    if (take(json, opening))
        return 1;
    return rnn_json_refuse(json, opening == '{' ? "an object, '{', was expected"
                                                : "a list, '[', was expected");
}

int rnn_json_next(rnn_json *json, char closing, size_t index) {
    if (json->wrong || take(json, closing))
        return 0;
    if (index == 0 || take(json, ','))
        return 1;
    return rnn_json_refuse(json,
                           closing == '}' ? "',' or '}' was expected" : "',' or ']' was expected");
}

/* Length of the valid UTF-8 sequence at `at`, or 0 (Unicode 15, table 3-7). */
static size_t sequence_length(const unsigned char *at, size_t left) {
    unsigned char low = 0x80, high = 0xBF;
    size_t length;
    if (at[0] < 0x80)
        return 1;
    if (at[0] >= 0xC2 && at[0] <= 0xDF)
        length = 2;
    else if (at[0] >= 0xE0 && at[0] <= 0xEF)
        length = 3;
    else if (at[0] >= 0xF0 && at[0] <= 0xF4)
        length = 4;
    else
        return 0;
    if (at[0] == 0xE0)
        low = 0xA0; /* shorter forms exist */
    if (at[0] == 0xED)
        high = 0x9F; /* surrogates */
    if (at[0] == 0xF0)
        low = 0x90; /* shorter forms exist */
    if (at[0] == 0xF4)
        high = 0x8F; /* beyond U+10FFFF */
    if (left < length || at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if (at[i] < 0x80 || at[i] > 0xBF)
            return 0;
    return length;
}

/* Four hexadecimal digits; -1 if they are not. */
static int32_t hex4(const rnn_json *json, size_t at) {
    if (json->bytes - at < 4)
        return -1;
    int32_t value = 0;
    for (size_t i = 0; i < 4; i++) {
        char c = json->text[at + i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static size_t encode(uint32_t code, char out[4]) {
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

/* The escape after a backslash at json->at: its UTF-8 in out; length or 0. */
static size_t unescape(rnn_json *json, char out[4]) {
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (json->bytes - json->at < 2)
        return 0;
    char c = json->text[json->at + 1];
    if (c != 'u') {
        const char *found = c ? strchr(letters, c) : NULL;
        if (!found)
            return 0;
        out[0] = meanings[found - letters];
        json->at += 2;
        return 1;
    }
    int32_t code = hex4(json, json->at + 2);
    if (code < 0 || (code >= 0xDC00 && code <= 0xDFFF))
        return 0;
    size_t used = 6;
    if (code >= 0xD800 && code <= 0xDBFF) {
        const char *next = json->text + json->at + 6;
        if (json->bytes - json->at < 12 || next[0] != '\\' || next[1] != 'u')
            return 0;
        int32_t low = hex4(json, json->at + 8);
        if (low < 0xDC00 || low > 0xDFFF)
            return 0;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        used = 12;
    }
    json->at += used;
    return encode((uint32_t)code, out);
}

int rnn_json_string(rnn_json *json, char *out, size_t room, size_t *length) {
    if (!take(json, '"'))
        return rnn_json_refuse(json, "a string was expected");
    size_t written = 0;
    while (json->at < json->bytes) {
        const unsigned char *at = (const unsigned char *)json->text + json->at;
        char unescaped[4];
        const char *from = unescaped;
        size_t count;
        if (*at == '"') {
            json->at++;
            if (out)
                out[written] = '\0';
            *length = written;
            return 1;
        }
        if (*at < 0x20)
            return rnn_json_refuse(json, "a control character stands in a string");
        if (*at == '\\') {
            count = unescape(json, unescaped);
            if (count == 0)
                return rnn_json_refuse(json, "a string has a bad escape");
        } else {
            count = sequence_length(at, json->bytes - json->at);
            if (count == 0)
                return rnn_json_refuse(json, "a string is not valid UTF-8");
            from = (const char *)at;
            json->at += count;
        }
        if (out && room - written <= count)
            return rnn_json_refuse(json, "a string is too long here");
        if (out)
            memcpy(out + written, from, count);
        written += count;
    }
    return rnn_json_refuse(json, "a string does not end");
}

int rnn_json_key(rnn_json *json, char *out, size_t room, size_t *length) {
    if (!rnn_json_string(json, out, room, length))
        return 0;
    return take(json, ':') ? 1 : rnn_json_refuse(json, "':' was expected");
}

static int is_digit(const rnn_json *json) {
    return json->at < json->bytes && json->text[json->at] >= '0' && json->text[json->at] <= '9';
}

int rnn_json_whole(rnn_json *json, uint64_t *value) {
    static const char expected[] = "a whole number was expected";
    if (json->wrong)
        return 0;
    rnn_json_peek(json);
    if (!is_digit(json))
        return rnn_json_refuse(json, expected);
    size_t start = json->at;
    uint64_t sum = 0;
    for (; is_digit(json); json->at++) {
        uint64_t digit = (uint64_t)(json->text[json->at] - '0');
        if (sum > (UINT64_MAX - digit) / 10)
            return rnn_json_refuse(json, "a number is larger than 64 bits hold");
        sum = sum * 10 + digit;
    }
    if (json->text[start] == '0' && json->at - start > 1)
        return rnn_json_refuse(json, "a number begins with 0");
    if (json->at < json->bytes && strchr(".eE", json->text[json->at]) && json->text[json->at])
        return rnn_json_refuse(json, expected);
    *value = sum;
    return 1;
}

/* A word that must come next. */
static int take_word(rnn_json *json, const char *word) {
    size_t length = strlen(word);
    rnn_json_peek(json);
    if (json->wrong || json->bytes - json->at < length ||
        memcmp(json->text + json->at, word, length) != 0)
        return 0;
    json->at += length;
    return 1;
}

int rnn_json_boolean(rnn_json *json, int *value) {
    if (take_word(json, "true"))
        *value = 1;
    else if (take_word(json, "false"))
        *value = 0;
    else
        return rnn_json_refuse(json, "true or false was expected");
    return 1;
}

/* At least one digit. */
static int skip_digits(rnn_json *json) {
    if (!is_digit(json))
        return rnn_json_refuse(json, "a digit was expected");
    while (is_digit(json))
        json->at++;
    return 1;
}

static int at_any(const rnn_json *json, const char *set) {
    return json->at < json->bytes && json->text[json->at] && strchr(set, json->text[json->at]);
}

static int skip_number(rnn_json *json) {
    if (at_any(json, "-"))
        json->at++;
    if (at_any(json, "0"))
        json->at++; /* nothing but a fraction or an exponent may follow */
    else if (!skip_digits(json))
        return 0;
    if (is_digit(json))
        return rnn_json_refuse(json, "a number begins with 0");
    if (at_any(json, ".")) {
        json->at++;
        if (!skip_digits(json))
            return 0;
    }
    if (at_any(json, "eE")) {
        json->at++;
        if (at_any(json, "+-"))
            json->at++;
        if (!skip_digits(json))
            return 0;
    }
    return 1;
}

static int skip_value(rnn_json *json, int depth) {
    size_t length;
    int c = json->wrong ? -1 : rnn_json_peek(json);
    if (c == '"')
        return rnn_json_string(json, NULL, 0, &length);
    if (c == '-' || (c >= '0' && c <= '9'))
        return skip_number(json);
    if (c != '{' && c != '[')
        return take_word(json, "true") || take_word(json, "false") || take_word(json, "null") ||
               rnn_json_refuse(json, "a value was expected");
    if (depth == RNN_JSON_MAX_DEPTH)
        return rnn_json_refuse(json, "brackets are nested too deep");
    char closing = c == '{' ? '}' : ']';
    json->at++;
    for (size_t i = 0; rnn_json_next(json, closing, i); i++)
        if ((c == '{' && !rnn_json_key(json, NULL, 0, &length)) || !skip_value(json, depth + 1))
            return 0;
    return !json->wrong;
}

int rnn_json_skip(rnn_json *json) {
    return skip_value(json, 0);
}

int rnn_json_finish(rnn_json *json) {
    if (!json->wrong && rnn_json_peek(json) >= 0)
        rnn_json_refuse(json, "something follows after the end");
    return !json->wrong;
}

/* ------------------------------------------------------------------ writing */

static void put_bytes(rnn_json_text *to, const char *bytes, size_t count) {
    void *block = to->text;
    if (to->short_of_memory || !rnn_grow(&block, &to->capacity, to->bytes + count + 1, 1)) {
        to->short_of_memory = 1;
        return;
    }
    to->text = block;
    memcpy(to->text + to->bytes, bytes, count);
    to->bytes += count;
    to->text[to->bytes] = '\0';
}

void rnn_json_put(rnn_json_text *to, const char *raw) {
    put_bytes(to, raw, strlen(raw));
}

static void put_escaped(rnn_json_text *to, char c) {
    static const char meanings[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    char escape[8];
    const char *found = c ? strchr(meanings, c) : NULL;
    if (found)
        snprintf(escape, sizeof escape, "\\%c", letters[found - meanings]);
    else
        snprintf(escape, sizeof escape, "\\u%04x", (unsigned)(unsigned char)c);
    rnn_json_put(to, escape);
}

void rnn_json_put_string(rnn_json_text *to, const char *string) {
    size_t left = strlen(string);
    size_t plain = 0; /* bytes that go out as they are */
    put_bytes(to, "\"", 1);
    while (plain < left) {
        unsigned char c = (unsigned char)string[plain];
        size_t count = sequence_length((const unsigned char *)string + plain, left - plain);
        if (count == 0) {
            to->invalid = 1;
            return;
        }
        if (c >= 0x20 && c != '"' && c != '\\') {
            plain += count;
            continue;
        }
        put_bytes(to, string, plain);
        put_escaped(to, (char)c);
        string += plain + 1;
        left -= plain + 1;
        plain = 0;
    }
    put_bytes(to, string, plain);
    put_bytes(to, "\"", 1);
}

void rnn_json_put_whole(rnn_json_text *to, uint64_t value) {
    char digits[24];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    rnn_json_put(to, digits);
}
