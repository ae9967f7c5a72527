/* SPDX-License-Identifier: MIT
 *
 * settings.h - the one table of training options, over struct rnn_training.
 *
 * `rnn train`, its help, the log's header, the model's history and the resume
 * file all read it.
 */
#ifndef RNN_SETTINGS_H
#define RNN_SETTINGS_H

#include "base/options.h"

/* All settings but `resume`, which is not one of the run's: rows over
 * rnn_training (rnn.h). The place of a row is also its place in `given`. */
const rnn_option *rnn_settings_table(size_t *count);

/* Fills in what depends on other settings: ten minutes where no budget is given, and the
 * classics where it is no time. With a time, RNN_AUTO is left to the plan (planner.h). */
void rnn_settings_resolve(rnn_training *how);

/* The value of char-rnn or torch-rnn for every setting that is RNN_AUTO. */
void rnn_settings_take_classics(rnn_training *how);

/* 1 if a setting is RNN_AUTO still. */
int rnn_settings_leave(const rnn_training *how);

/* Checks every value against its row, and the values against each other.
 * RNN_ERR_RANGE. */
rnn_status rnn_settings_check(const rnn_training *how, rnn_error *error);

/* All settings as one JSON object, {"cell": "lstm", "num_layers": 2, ...}: names
 * with underscores, choices as words, durations in seconds. Released with
 * rnn_free; NULL when memory is short. */
char *rnn_settings_to_json(const rnn_training *how);

/* Reads such an object back; a setting that it lacks takes its default. The
 * strings in *how lie in *strings, which the caller releases with rnn_free after
 * the last use of *how. RNN_ERR_FORMAT for what is no such object,
 * RNN_ERR_UNSUPPORTED for a setting that this version does not know. */
rnn_status rnn_settings_from_json(rnn_training *how, const char *json, size_t bytes, char **strings,
                                  rnn_error *error);

/* What a resumed run shall do: *run holds what it did so far, and takes over from
 * `from` the settings with given[row] != 0 (all, if given is NULL, but for RNN_AUTO, and for
 * budgets where it has none). A budget that is given replaces all budgets of before. RNN_ERR_RANGE,
 * with *run untouched, for another value of a setting that a run cannot change. */
rnn_status rnn_settings_override(rnn_training *run, const rnn_training *from,
                                 const unsigned char *given, rnn_error *error);

#endif
