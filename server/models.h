/* SPDX-License-Identifier: MIT
 *
 * models.h - the models of a catalog, loaded when they are first asked for.
 *
 * All who use a model share it. A file that has changed since (a run goes on) is loaded
 * anew for those who come now; those who use the old one keep it to the end. A few that
 * nobody uses are kept.
 */
#ifndef SERVER_MODELS_H
#define SERVER_MODELS_H

#include "rnn.h"
#include "server/catalog.h"

typedef struct models models;
typedef struct models_entry models_entry;

rnn_status models_create(models **out, const catalog *from, rnn_error *error);
void models_destroy(models *all);

/* A model by its name; NULL or "" stands for the one that changed last. Waits while it is
 * being loaded; given back by models_release. RNN_ERR_RANGE if there is none of that
 * name, errors of rnn_model_load. */
rnn_status models_acquire(models *all, const char *name, models_entry **out, rnn_error *error);
void models_release(models *all, models_entry *entry);

const rnn_model *models_model(const models_entry *entry);
const char *models_name(const models_entry *entry);

#endif
