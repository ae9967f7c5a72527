/* SPDX-License-Identifier: MIT
 *
 * orders.h - the words of a `rnn train` command line from what the page asks for.
 *
 * Settings are those of the one table (training/settings.h), checked here as the command
 * would check them; those that name files, and what keeps a run in its place, are not for
 * the page to set.
 */
#ifndef SERVER_ORDERS_H
#define SERVER_ORDERS_H

#include <jansson.h>

#include "server/catalog.h"

#define ORDERS_MOST_WORDS 96

typedef struct orders {
    const char *words[ORDERS_MOST_WORDS + 1]; /* ended by NULL */
    size_t count;
    char *memory[ORDERS_MOST_WORDS]; /* words that are owned */
    size_t owned;
} orders;

/* [{"name", "type", "default", "group", "help", "allowed", "choices"?}, ...] */
json_t *orders_options(void);

/* A new run into `directory`, on one text: settings {"hidden-size": "128", ...} may be NULL.
 * RNN_ERR_RANGE. */
rnn_status orders_start(orders *out, const char *directory, const char *input,
                        const json_t *settings, rnn_error *error);
/* The same to go on with a run. */
rnn_status orders_resume(orders *out, const char *directory, const json_t *settings,
                         rnn_error *error);
void orders_release(orders *of);

/* A free place for a run: folder/NAME, or folder/NAME-2, ...; the name is made of the wish,
 * or of the text's where that is empty. RNN_ERR_RANGE for a wish that cannot be a name. */
rnn_status orders_name(const char *folder, const char *wish, const char *input,
                       char name[CATALOG_NAME], char path[CATALOG_PATH], rnn_error *error);

#endif
