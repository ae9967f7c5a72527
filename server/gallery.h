/* SPDX-License-Identifier: MIT
 *
 * gallery.h - the units of a model that can be read, for the page: what `rnn neurons` finds.
 */
#ifndef SERVER_GALLERY_H
#define SERVER_GALLERY_H

#include "server/http.h"
#include "server/models.h"
#include "server/turns.h"

#define GALLERY_CHARACTERS 50000 /* that are read at most */

/* POST /api/neurons {"model", "text"}: text is one of those that corpora.h lists; without it,
 * what the model was trained on, if that is listed, the part that was held out. Answers
 * {"model", "text" (in words), "characters", "units" (their number), "readable", "found"}, found
 * being at most RNN_EXHIBITS_MOST of {"layer", "unit", "what" (it follows), "falls",
 * "graded" (then scores are correlations, else AUC), "score", "chance", "alone", "piece" (of the
 * text, to look at), "inside" (a "1" for each symbol of the piece where it is so, else "0";
 * null if graded)}. */
void gallery_answer(models *from, turns *shared, const http_request *request, http_reply *reply);

#endif
