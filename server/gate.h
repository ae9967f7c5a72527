/* SPDX-License-Identifier: MIT
 *
 * gate.h - may this request pass? Decided from its head alone, before a byte of its
 * body is read.
 *
 * A page of any other site can make a browser talk to this machine's own address, so
 * what a request says of where it comes from is checked: Host (against names that are
 * made to point here), Origin and Sec-Fetch-Site (against foreign pages), the content
 * type (against forms), and for what changes anything a token that only our page knows.
 * What makes two readers see two requests (two lengths, a length and chunks, two hosts)
 * is refused. Nothing here knows of sockets.
 */
#ifndef SERVER_GATE_H
#define SERVER_GATE_H

#include <stddef.h>

#define GATE_MOST_HEADERS ((size_t)16 << 10) /* bytes, of all of them */
#define GATE_MOST_BODY    ((size_t)1 << 20)  /* bytes */
#define GATE_TOKEN_ROOM   33                 /* 32 hexadecimal digits and a NUL */

typedef struct gate_rules {
    int port;
    char token[GATE_TOKEN_ROOM];
} gate_rules;

/* What a request's head says. Values are borrowed; the last of several counts, and that
 * there were several is known. */
typedef struct gate_facts {
    const char *method, *path, *version;
    const char *host, *origin, *site, *mode, *type, *length, *token;
    int hosts, origins, lengths, types, tokens;
    int codings;  /* Transfer-Encoding: how a body is framed without a length */
    int expected; /* Expect: something else than 100-continue */
    size_t bytes; /* names and values of all headers, with four bytes each around them */
} gate_facts;

/* Notes one header; names in any case. */
void gate_note(gate_facts *facts, const char *name, const char *value);

/* What the wanted page or function asks of a request, by what is at its path. */
typedef struct gate_needs {
    int changes;    /* it changes something: the token is needed */
    int navigation; /* links of other sites may lead here: it is a whole page */
} gate_needs;

/* 0, or the HTTP status of the refusal with a sentence that says what to do. */
int gate_check(const gate_rules *rules, const gate_facts *facts, const gate_needs *needs,
               const char **message);

/* The length of the body that the head announces; for requests that have passed. */
size_t gate_body(const gate_facts *facts);

/* A new token from the system's random numbers; 0 if there are none to be had. */
int gate_make_token(char token[GATE_TOKEN_ROOM]);

#endif
