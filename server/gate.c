/* SPDX-License-Identifier: MIT
 *
 * gate.c - see gate.h.
 */
#include "server/gate.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

void gate_note(gate_facts *facts, const char *name, const char *value) {
    const struct {
        const char *name;
        const char **value;
        int *count;
    } kept[] = {
        {"Host", &facts->host, &facts->hosts},
        {"Origin", &facts->origin, &facts->origins},
        {"Content-Type", &facts->type, &facts->types},
        {"Content-Length", &facts->length, &facts->lengths},
        {"X-RNN-Token", &facts->token, &facts->tokens},
        {"Sec-Fetch-Site", &facts->site, NULL},
        {"Sec-Fetch-Mode", &facts->mode, NULL},
    };
    if (!value)
        value = "";
    facts->bytes += strlen(name) + strlen(value) + 4;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        if (strcasecmp(name, kept[i].name) != 0)
            continue;
        *kept[i].value = value;
        if (kept[i].count)
            ++*kept[i].count;
    }
    if (strcasecmp(name, "Transfer-Encoding") == 0)
        facts->codings++;
    if (strcasecmp(name, "Expect") == 0 && strcasecmp(value, "100-continue") != 0)
        facts->expected = 1;
}

static int is_ours(const gate_rules *rules, const char *host) {
    static const char *const names[] = {"127.0.0.1", "localhost"};
    char expected[64];
    for (size_t i = 0; i < 2; i++) {
        snprintf(expected, sizeof expected, "%s:%d", names[i], rules->port);
        if (strcasecmp(host, expected) == 0)
            return 1;
        if (rules->port == 80 && strcasecmp(host, names[i]) == 0)
            return 1;
    }
    return 0;
}

/* An origin that our page can have: http:// and one of our hosts. */
static int is_our_origin(const gate_rules *rules, const char *origin) {
    return strncmp(origin, "http://", 7) == 0 && is_ours(rules, origin + 7);
}

static int is_json(const char *type) {
    size_t length = strlen("application/json");
    if (strncasecmp(type, "application/json", length) != 0)
        return 0;
    for (type += length; *type == ' ' || *type == '\t'; type++)
        continue;
    if (*type == '\0')
        return 1;
    if (*type++ != ';')
        return 0;
    for (; *type == ' ' || *type == '\t'; type++)
        continue;
    return strcasecmp(type, "charset=utf-8") == 0 || strcasecmp(type, "charset=\"utf-8\"") == 0;
}

/* Digits alone, and not many: what strtoul would read besides is not HTTP. */
static int read_length(const char *text, size_t *length) {
    size_t digits = strspn(text, "0123456789");
    *length = 0;
    if (digits == 0 || digits > 15 || text[digits])
        return 0;
    for (; *text; text++)
        *length = *length * 10 + (size_t)(*text - '0');
    return 1;
}

size_t gate_body(const gate_facts *facts) {
    size_t length = 0;
    if (facts->length)
        read_length(facts->length, &length);
    return length;
}

static int refuse(int status, const char **message, const char *words) {
    *message = words;
    return status;
}

static int check_framing(const gate_facts *facts, int posts, const char **message) {
    size_t length = 0;
    if (strcmp(facts->version, "HTTP/1.1") != 0 && strcmp(facts->version, "HTTP/1.0") != 0)
        return refuse(505, message, "HTTP/1.1 is spoken here");
    if (facts->bytes > GATE_MOST_HEADERS)
        return refuse(431, message, "the headers are longer than 16 KiB");
    if (facts->codings)
        return refuse(411, message, "send the body with a Content-Length, not in chunks");
    if (facts->expected)
        return refuse(417, message, "only 100-continue can be expected");
    if (facts->lengths > 1 || (facts->lengths == 1 && !read_length(facts->length, &length)))
        return refuse(400, message, "one Content-Length is expected, in digits");
    if (posts && facts->lengths == 0)
        return refuse(411, message, "a POST needs a Content-Length");
    if (length > GATE_MOST_BODY)
        return refuse(413, message, "the body is longer than 1 MiB");
    if (!posts && length > 0)
        return refuse(400, message, "this method has no body here");
    return 0;
}

static int check_origin(const gate_rules *rules, const gate_facts *facts, const gate_needs *needs,
                        const char **message) {
    static const char foreign[] = "this server answers no page but its own";
    if (facts->hosts != 1)
        return refuse(400, message, "exactly one Host is expected");
    if (!is_ours(rules, facts->host))
        return refuse(421, message,
                      "this is not the host that the request is for: use the "
                      "address that rnn serve printed");
    if (facts->origins > 1 || (facts->origins == 1 && !is_our_origin(rules, facts->origin)))
        return refuse(403, message, foreign);
    if (facts->site && strcmp(facts->site, "same-origin") != 0 && strcmp(facts->site, "none") != 0)
        if (!needs->navigation || !facts->mode || strcmp(facts->mode, "navigate") != 0)
            return refuse(403, message, foreign);
    return 0;
}

/* Takes as long for any wrong token. */
static int is_token(const char *given, const char *token) {
    unsigned difference = 0;
    if (strlen(given) != GATE_TOKEN_ROOM - 1)
        return 0;
    for (size_t i = 0; i < GATE_TOKEN_ROOM - 1; i++)
        difference |= (unsigned char)given[i] ^ (unsigned char)token[i];
    return difference == 0;
}

int gate_check(const gate_rules *rules, const gate_facts *facts, const gate_needs *needs,
               const char **message) {
    int posts = strcmp(facts->method, "POST") == 0;
    int status = check_framing(facts, posts, message);
    if (status == 0)
        status = check_origin(rules, facts, needs, message);
    if (status != 0)
        return status;
    if (posts && (facts->types != 1 || !is_json(facts->type)))
        return refuse(415, message, "a Content-Type of application/json is expected");
    if (needs->changes && (facts->tokens != 1 || !is_token(facts->token, rules->token)))
        return refuse(403, message,
                      "this changes something, so it needs the token of the page: "
                      "reload the page if rnn serve was started anew");
    return 0;
}

int gate_make_token(char token[GATE_TOKEN_ROOM]) {
    unsigned char bytes[(GATE_TOKEN_ROOM - 1) / 2];
    FILE *file = fopen("/dev/urandom", "rb");
    size_t got = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file)
        fclose(file);
    for (size_t i = 0; i < got; i++)
        snprintf(token + 2 * i, 3, "%02x", bytes[i]);
    return got == sizeof bytes;
}
