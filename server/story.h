/* SPDX-License-Identifier: MIT
 *
 * story.h - what a run tells in its directory, read while it is being written: log.jsonl,
 * samples.txt, and whether somebody trains there now.
 */
#ifndef SERVER_STORY_H
#define SERVER_STORY_H

#include <stdint.h>

#include <jansson.h>

#include "formats/json.h"

/* 1 while a process trains in this directory. */
int story_is_training(const char *directory);

/* The latest of each: {"step", "loss", "val_loss", "best_val_loss", "seconds", "ended"}, as
 * far as the last lines of the log tell. */
json_t *story_summary(const char *directory);

/* [{"step", "epoch", "loss", "text"}, ...] from samples.txt. */
json_t *story_samples(const char *directory);
/* The same of a text, as samples.txt has it. */
json_t *story_parse_samples(const char *text, size_t bytes);

/* Follows a log. Zero-initialise. */
typedef struct story_reader {
    uint64_t offset; /* read so far: whole lines */
} story_reader;

/* Reads on and puts what is new into an array of lines, "[{...},{...}]", one of which is at
 * most 1 MiB; lines that are no JSON objects are left out. 1 if there was something, 0 if
 * not, -1 if the log has become shorter (a resumed run): it is read from its beginning by
 * the next call. */
int story_read_on(story_reader *reader, const char *directory, rnn_json_text *to);

/* The size of samples.txt. */
uint64_t story_samples_size(const char *directory);

#endif
