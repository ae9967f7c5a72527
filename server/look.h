/* SPDX-License-Identifier: MIT
 *
 * look.h - what every unit of a model does at each character of a text, for the page.
 */
#ifndef SERVER_LOOK_H
#define SERVER_LOOK_H

#include "server/http.h"
#include "server/models.h"
#include "server/turns.h"

#define LOOK_MOST_SYMBOLS 4000
#define LOOK_MOST_VALUES  8000000 /* of all units at all characters; of large models less text */
#define LOOK_CANDIDATES   5

/* POST /api/look {"model", "text"}: {"model", "cell", "layers", "hidden", "cut" (the text is
 * longer than is looked at), "symbols" (their texts), "text" [count], "nats" [count - 1],
 * "next" [count][LOOK_CANDIDATES][symbol, probability], "values"}, values being bytes
 * [count][layers * hidden] in base64: -127 to 127 for -1 to 1. */
void look_answer(models *from, turns *shared, const http_request *request, http_reply *reply);

#endif
