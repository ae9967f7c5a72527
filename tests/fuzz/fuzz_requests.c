/* SPDX-License-Identifier: MIT
 *
 * fuzz_requests.c - no request, whatever its headers, query and body, breaks what reads it;
 * and none passes the gate with a foreign host or origin, or changes something without the
 * token.
 *
 *   header lines, an empty line, the query's value, a line break, the body
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "server/orders.h"
#include "server/wishes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static const gate_rules rules = {.port = 8765, .token = "0123456789abcdef0123456789abcdef"};

static void check_gate(const gate_facts *facts, int changes) {
    gate_needs needs = {.changes = changes};
    const char *message = NULL;
    int status = gate_check(&rules, facts, &needs, &message);
    if (status != 0) {
        if (status < 400 || status > 505 || !message)
            abort();
        return;
    }
    if (facts->hosts != 1 || (strcasecmp(facts->host, "127.0.0.1:8765") != 0 &&
                              strcasecmp(facts->host, "localhost:8765") != 0))
        abort();
    if (facts->origin && !strstr(facts->origin, ":8765"))
        abort();
    if (changes && (!facts->token || strcmp(facts->token, rules.token) != 0))
        abort();
    if (gate_body(facts) > GATE_MOST_BODY || facts->codings)
        abort();
}

/* Takes a line off the text. */
static char *take_line(char **text) {
    char *line = *text, *end = strchr(line, '\n');
    *text = end ? end + 1 : line + strlen(line);
    if (end)
        *end = '\0';
    return line;
}

static void read_body(const char *body, size_t bytes) {
    http_request request = {.body = body, .bytes = bytes};
    http_reply reply = {0};
    wishes wish;
    orders words;
    json_t *object = requests_object(&request, &reply);
    if (object && wishes_read(&wish, object, &reply)) {
        if (wish.most > WISHES_MOST_SYMBOLS || wish.choices < 1 ||
            wish.choices > WISHES_MOST_CHOICES || wish.stops.count > STOPS_MOST)
            abort();
    }
    if (object && orders_start(&words, "runs/x", "text", object, NULL) == RNN_OK) {
        if (words.words[words.count] || strcmp(words.words[words.count - 1], "text") != 0)
            abort();
        orders_release(&words);
    }
    if (!object && reply.status != 400)
        abort();
    json_decref(object);
    free(reply.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    char *text = rnn_duplicate((const char *)bytes, count), *at = text, *line;
    gate_facts facts = {.method = "POST", .path = "/", .version = "HTTP/1.1"};
    while (*(line = take_line(&at))) {
        char *colon = strchr(line, ':');
        if (!colon)
            break;
        *colon = '\0';
        gate_note(&facts, line, colon + 1 + strspn(colon + 1, " "));
    }
    check_gate(&facts, 0);
    check_gate(&facts, 1);
    http_request request = {.query = {{"run", take_line(&at)}}, .query_count = 1};
    requests_decode(&request);
    read_body(at, count - (size_t)(at - text));
    rnn_free(text);
    return 0;
}
