/* SPDX-License-Identifier: MIT
 *
 * progress.c - see progress.h.
 */
#include "cli/progress.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "cli/figures.h"

#define REDRAW_SECONDS 0.1 /* at most ten times a second */
#define PLAIN_SECONDS  5.0
#define MOST_PIECES    8

void progress_begin(progress *self, int color, int quiet, int every) {
    memset(self, 0, sizeof *self);
    self->where = terminal_open(stderr, color);
    self->quiet = quiet;
    self->every = every;
    self->drawn_at = -HUGE_VAL;
}

/* --------------------------------------------------------------- live line */

/* Parts of the line in their order; where the window is narrow, those of the
 * highest rank go first. */
typedef struct piece {
    char text[64];
    int rank;
} piece;

static size_t make_pieces(const rnn_event *event, piece pieces[MOST_PIECES]) {
    size_t n = 0;
    double fraction = event->fraction > 1 ? 1 : event->fraction > 0 ? event->fraction : 0;
    snprintf(pieces[n].text, sizeof pieces[n].text, "%3d%%", (int)(100 * fraction));
    pieces[n++].rank = 0;
    if (event->steps > 0)
        snprintf(pieces[n].text, sizeof pieces[n].text, "step %" PRId64 "/%" PRId64, event->step,
                 event->steps);
    else
        snprintf(pieces[n].text, sizeof pieces[n].text, "step %" PRId64, event->step);
    pieces[n++].rank = 3;
    snprintf(pieces[n].text, sizeof pieces[n].text, "loss %.3f", event->loss);
    pieces[n++].rank = 1;
    if (isfinite(event->val_loss)) {
        snprintf(pieces[n].text, sizeof pieces[n].text, "val %.3f", event->val_loss);
        pieces[n++].rank = 2;
        snprintf(pieces[n].text, sizeof pieces[n].text, "(%.3f bits)",
                 figures_bits(event->val_loss));
        pieces[n++].rank = 6;
    }
    snprintf(pieces[n].text, sizeof pieces[n].text, "%s chars/s",
             figures_rate(event->characters_per_second).text);
    pieces[n++].rank = 5;
    if (isfinite(event->seconds_left)) {
        snprintf(pieces[n].text, sizeof pieces[n].text, "%s left",
                 figures_seconds(event->seconds_left).text);
        pieces[n++].rank = 4;
    }
    return n;
}

static size_t draw_bar(double fraction, size_t cells, int utf8, char *out) {
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    size_t used = 0, filled = 0;
    fraction = fraction > 1 ? 1 : fraction > 0 ? fraction : 0;
    double exact = fraction * (double)cells;
    for (; filled < (size_t)exact; filled++)
        used += (size_t)sprintf(out + used, "%s", utf8 ? "█" : "#");
    if (utf8 && filled < cells) {
        const char *part = eighths[(int)(8 * (exact - (double)filled))];
        used += (size_t)sprintf(out + used, "%s", part);
        filled += *part != '\0';
    }
    for (; filled < cells; filled++)
        used += (size_t)sprintf(out + used, "%s", utf8 ? " " : ".");
    return used;
}

void progress_line(const rnn_event *event, size_t width, int utf8, char *out, size_t room) {
    piece pieces[MOST_PIECES];
    size_t n = make_pieces(event, pieces), total = 0;
    for (size_t i = 0; i < n; i++)
        total += strlen(pieces[i].text) + (i > 0 ? 2 : 0);
    while (n > 1 && total > width) {
        size_t worst = 0;
        for (size_t i = 1; i < n; i++)
            if (pieces[i].rank > pieces[worst].rank)
                worst = i;
        total -= strlen(pieces[worst].text) + 2;
        memmove(&pieces[worst], &pieces[worst + 1], (n - worst - 1) * sizeof pieces[0]);
        n--;
    }
    char bar[3 * 24 + 1] = "";
    if (width > total + 10) {
        size_t cells = width - total - 3;
        draw_bar(event->fraction, cells > 24 ? 24 : cells, utf8, bar);
    }
    size_t used = 0;
    if (bar[0])
        used = (size_t)snprintf(out, room, "[%s] ", bar);
    for (size_t i = 0; i < n && used < room; i++)
        used +=
            (size_t)snprintf(out + used, room - used, "%s%s", i > 0 ? "  " : "", pieces[i].text);
}

static void erase(progress *self) {
    if (self->shown)
        fputs("\r\x1b[K", self->where.file);
    self->shown = 0;
}

static void redraw(progress *self) {
    char line[512];
    if (!self->where.live || self->last.kind != RNN_EVENT_PROGRESS)
        return;
    size_t width = terminal_width(self->where.file);
    progress_line(&self->last, width > 1 ? width - 1 : 1, self->where.utf8, line, sizeof line);
    /* One write: the line never flickers. */
    fprintf(self->where.file, "\r%s\x1b[K", line);
    fflush(self->where.file);
    self->shown = 1;
    self->drawn_at = rnn_clock_now();
}

/* ------------------------------------------------------------------ events */

static void show_progress(progress *self, const rnn_event *event) {
    self->last = *event;
    self->last.text = NULL;
    double passed = rnn_clock_now() - self->drawn_at;
    if (self->where.live) {
        if (passed >= REDRAW_SECONDS || event->fraction >= 1)
            redraw(self);
        return;
    }
    if (!self->every && passed < PLAIN_SECONDS && event->fraction < 1)
        return;
    self->drawn_at = rnn_clock_now();
    FILE *file = self->where.file;
    fprintf(file, "step %" PRId64, event->step);
    if (event->steps > 0)
        fprintf(file, "/%" PRId64, event->steps);
    fprintf(file, " (epoch %.3f, %.0f%%)  loss %.4f  rate %.3g  norm %.3g  %s chars/s",
            event->epoch, 100 * event->fraction, event->loss, event->learning_rate,
            event->grad_norm, figures_rate(event->characters_per_second).text);
    if (isfinite(event->seconds_left))
        fprintf(file, "  %s left", figures_seconds(event->seconds_left).text);
    fputc('\n', file);
}

static void show_corpus(const progress *self, const rnn_event *event) {
    const terminal *where = &self->where;
    fprintf(where->file, "%stext%s    %s characters (%s bytes, read in %s), %d symbols\n",
            terminal_begin(where, TERMINAL_BOLD), terminal_begin(where, TERMINAL_PLAIN),
            figures_count(event->corpus_symbols).text, figures_count(event->corpus_bytes).text,
            figures_seconds(event->corpus_seconds).text, event->vocabulary);
    fprintf(where->file, "        %s to train on, %s to validate on",
            figures_count(event->train_symbols).text, figures_count(event->val_symbols).text);
    if (event->test_symbols > 0)
        fprintf(where->file, ", %s to test on", figures_count(event->test_symbols).text);
    fputc('\n', where->file);
}

/* The first line has the word, those that follow are set under it. */
static void show_plan(progress *self, const rnn_event *event) {
    const terminal *where = &self->where;
    if (self->planned)
        fprintf(where->file, "        %s\n", event->text);
    else
        fprintf(where->file, "%splan%s    %s\n", terminal_begin(where, TERMINAL_BOLD),
                terminal_begin(where, TERMINAL_PLAIN), event->text);
    self->planned = 1;
}

/* When the budget's time will be over, by the clock on the wall. */
static void show_end(const progress *self, const rnn_event *event) {
    const terminal *where = &self->where;
    time_t end = time(NULL) + (time_t)event->seconds_left;
    struct tm local;
    char text[64];
    if (!localtime_r(&end, &local) ||
        strftime(text, sizeof text, event->seconds_left < 12 * 3600 ? "%H:%M:%S" : "%A %H:%M",
                 &local) == 0)
        return;
    fprintf(where->file, "%sends%s    at %s\n", terminal_begin(where, TERMINAL_BOLD),
            terminal_begin(where, TERMINAL_PLAIN), text);
}

static void show_model(const progress *self, const rnn_event *event) {
    const terminal *where = &self->where;
    fprintf(where->file, "%smodel%s   %s parameters; batches of %d x %d characters; %s\n",
            terminal_begin(where, TERMINAL_BOLD), terminal_begin(where, TERMINAL_PLAIN),
            figures_count(event->parameters).text, event->batch_size, event->seq_length,
            event->kernels ? event->kernels : "cpu");
    if (event->out)
        fprintf(where->file, "%srun%s     %s%s\n", terminal_begin(where, TERMINAL_BOLD),
                terminal_begin(where, TERMINAL_PLAIN), event->out,
                event->step > 0 ? " (resumed)" : "");
    if (event->step > 0)
        fprintf(where->file, "        goes on at step %" PRId64 "\n", event->step);
    if (isfinite(event->seconds_left))
        show_end(self, event);
}

static void show_validation(const progress *self, const rnn_event *event) {
    const terminal *where = &self->where;
    fprintf(where->file,
            "%svalidation%s at step %" PRId64 ": %.4f nats, %.4f bits per character%s%s%s\n",
            terminal_begin(where, TERMINAL_BOLD), terminal_begin(where, TERMINAL_PLAIN),
            event->step, event->val_loss, figures_bits(event->val_loss),
            event->is_best ? terminal_begin(where, TERMINAL_GREEN) : "",
            event->is_best ? "  * best so far" : "",
            event->is_best ? terminal_begin(where, TERMINAL_PLAIN) : "");
}

static void show_sample(const progress *self, const rnn_event *event) {
    const terminal *where = &self->where;
    size_t length = event->text ? strlen(event->text) : 0;
    if (length == 0)
        return;
    fprintf(where->file, "%ssample%s at step %" PRId64 ":\n", terminal_begin(where, TERMINAL_BOLD),
            terminal_begin(where, TERMINAL_PLAIN), event->step);
    terminal_print_safely(where->file, event->text, where->utf8 ? "  │ " : "  | ");
    if (event->text[length - 1] != '\n')
        fputc('\n', where->file);
}

void progress_show(progress *self, const rnn_event *event) {
    if (self->quiet)
        return;
    if (event->kind == RNN_EVENT_PROGRESS) {
        show_progress(self, event);
        return;
    }
    /* All events say how far the run is; none but progress begins the live line. */
    if (self->last.kind == RNN_EVENT_PROGRESS && event->kind != RNN_EVENT_NOTICE) {
        self->last = *event;
        self->last.kind = RNN_EVENT_PROGRESS;
        self->last.text = NULL;
    }
    if (event->kind == RNN_EVENT_CHECKPOINT || event->kind == RNN_EVENT_DONE)
        return;
    erase(self);
    switch (event->kind) {
    case RNN_EVENT_NOTICE:
        fprintf(self->where.file, "%snote%s    ", terminal_begin(&self->where, TERMINAL_YELLOW),
                terminal_begin(&self->where, TERMINAL_PLAIN));
        terminal_print_safely(self->where.file, event->text ? event->text : "", "");
        fputc('\n', self->where.file);
        break;
    case RNN_EVENT_CORPUS:
        show_corpus(self, event);
        break;
    case RNN_EVENT_PLAN:
        show_plan(self, event);
        break;
    case RNN_EVENT_MODEL:
        show_model(self, event);
        break;
    case RNN_EVENT_VALIDATION:
        show_validation(self, event);
        break;
    case RNN_EVENT_SAMPLE:
        show_sample(self, event);
        break;
    case RNN_EVENT_PROGRESS:
    case RNN_EVENT_CHECKPOINT:
    case RNN_EVENT_DONE:
        break;
    }
    fflush(self->where.file);
    redraw(self);
}

void progress_say(progress *self, const char *format, ...) {
    va_list arguments;
    if (self->quiet)
        return;
    erase(self);
    va_start(arguments, format);
    vfprintf(self->where.file, format, arguments);
    va_end(arguments);
    fputc('\n', self->where.file);
    redraw(self);
}

void progress_end(progress *self) {
    if (self->shown) {
        redraw(self);
        fputc('\n', self->where.file);
    }
    self->shown = 0;
    self->last.kind = RNN_EVENT_NOTICE;
}
