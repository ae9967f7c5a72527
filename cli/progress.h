/* SPDX-License-Identifier: MIT
 *
 * progress.h - shows a training run on standard error: one live line on a
 * terminal, plain lines elsewhere, and samples as they evolve.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli/terminal.h"
#include "rnn.h"

typedef struct progress {
    terminal where;
    int quiet;
    int every;       /* plain lines: 1 shows each event, 0 one in a few seconds */
    int planned;     /* a line of the plan has been shown */
    int shown;       /* the live line stands on the terminal */
    double drawn_at; /* seconds of a monotonic clock */
    rnn_event last;  /* the latest progress, for redrawing; kind PROGRESS once there is one */
} progress;

void progress_begin(progress *self, int color, int quiet, int every);

/* Shows one event. */
void progress_show(progress *self, const rnn_event *event);

/* Prints a line of its own, above the live one. */
void progress_say(progress *self, const char *format, ...)
    __attribute__((__format__(__printf__, 2, 3)));

/* Ends the live line. */
void progress_end(progress *self);

/* Writes the live line for a width, without escape sequences; for tests too. */
void progress_line(const rnn_event *event, size_t width, int utf8, char *out, size_t room);

#endif
