/* SPDX-License-Identifier: MIT
 *
 * outlet.c - see outlet.h.
 */
#include "cli/outlet.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "text/utf8.h"

#define LONGEST_LINE ((size_t)1 << 20) /* bytes; a longer one counts as new */

/* ------------------------------------------------------------- stop string */

static size_t advance(const stop_string *stop, size_t matched, char byte) {
    while (matched > 0 && stop->text[matched] != byte)
        matched = stop->shorter[matched - 1];
    return matched + (stop->text[matched] == byte);
}

rnn_status stop_string_create(stop_string *out, const char *text, rnn_error *error) {
    out->text = text;
    out->length = strlen(text);
    out->shorter = rnn_allocate(out->length, sizeof *out->shorter);
    if (!out->shorter)
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory");
    for (size_t i = 1; i < out->length; i++)
        out->shorter[i] = advance(out, out->shorter[i - 1], text[i]);
    return RNN_OK;
}

void stop_string_destroy(stop_string *stop) {
    rnn_free(stop->shorter);
    stop->shorter = NULL;
}

/* ------------------------------------------------------------------ stages */

void outlet_open(outlet *self, const rnn_model *model, const stop_string *stop,
                 const rnn_line_set *known, int64_t limit, FILE *file) {
    memset(self, 0, sizeof *self);
    self->model = model;
    self->stop = stop;
    self->known = known;
    self->limit = limit;
    self->file = file;
    self->last = '\n';
}

static void emit(outlet *self, const char *text, size_t bytes) {
    if (bytes == 0)
        return;
    self->last = text[bytes - 1];
    if (self->file) {
        if (fwrite(text, 1, bytes, self->file) != bytes) {
            self->end = OUTLET_FAILED;
            self->fault = errno;
            return;
        }
        if (!self->keep)
            return;
    }
    void *block = self->text;
    if (!rnn_grow(&block, &self->text_room, self->text_bytes + bytes, 1)) {
        self->end = OUTLET_FAILED;
        return;
    }
    self->text = block;
    memcpy(self->text + self->text_bytes, text, bytes);
    self->text_bytes += bytes;
}

static void end_line(outlet *self) {
    if (known_lines_has(self->known, self->line, self->line_bytes)) {
        self->dropped++;
    } else {
        self->kept++;
        emit(self, self->line, self->line_bytes);
    }
    self->line_bytes = 0;
}

static void filter(outlet *self, const char *text, size_t bytes) {
    if (!self->known) {
        emit(self, text, bytes);
        return;
    }
    for (size_t i = 0; i < bytes; i++) {
        void *block = self->line;
        if (!rnn_grow(&block, &self->line_room, self->line_bytes + 1, 1)) {
            self->end = OUTLET_FAILED;
            return;
        }
        self->line = block;
        self->line[self->line_bytes++] = text[i];
        if (text[i] == '\n' || self->line_bytes == LONGEST_LINE)
            end_line(self);
    }
}

/* Characters that begin in this text: all bytes but UTF-8's continuations. */
static int64_t count_characters(const char *text, size_t bytes) {
    int64_t count = 0;
    for (size_t i = 0; i < bytes; i++)
        count += rnn_utf8_begins(text[i]);
    return count;
}

/* The bytes of its first so many characters. */
static size_t first_characters(const char *text, size_t bytes, int64_t characters) {
    size_t end = 0;
    while (end < bytes && (!rnn_utf8_begins(text[end]) || characters-- > 0))
        end++;
    return end;
}

/* What is held back is the first `matched` bytes of the stop string; the byte may
 * lengthen that, or set its beginning free. */
static void watch(outlet *self, const char *text, size_t bytes) {
    const stop_string *stop = self->stop;
    if (stop->length == 0) {
        filter(self, text, bytes);
        return;
    }
    for (size_t i = 0; i < bytes && self->end == OUTLET_OPEN; i++) {
        size_t held = self->matched, matched = advance(stop, held, text[i]);
        if (matched == stop->length) {
            self->matched = 0;
            self->characters -= count_characters(stop->text, stop->length);
            self->end = OUTLET_STOPPED;
            return;
        }
        size_t freed = held + 1 - matched; /* of the held bytes and this one */
        filter(self, stop->text, freed < held ? freed : held);
        if (freed > held)
            filter(self, &text[i], 1);
        self->matched = matched;
    }
}

void outlet_echo(outlet *self, const char *text, size_t bytes) {
    filter(self, text, bytes);
    self->echoed = self->text_bytes;
}

void outlet_push(outlet *self, int32_t symbol) {
    char text[24];
    if (self->end != OUTLET_OPEN)
        return;
    size_t bytes = rnn_writer_push(&self->writer, self->model, symbol, text);
    /* A byte can bring two at once: one that it cuts short, and its own. */
    if (self->limit > 0)
        bytes = first_characters(text, bytes, self->limit - self->characters);
    self->characters += count_characters(text, bytes);
    watch(self, text, bytes);
    if (self->end == OUTLET_OPEN && self->limit > 0 && self->characters >= self->limit)
        self->end = OUTLET_LENGTH;
}

void outlet_finish(outlet *self) {
    char text[24];
    outlet_end end = self->end;
    if (end == OUTLET_FAILED)
        return;
    if (end != OUTLET_STOPPED) {
        size_t bytes = end == OUTLET_OPEN ? rnn_writer_end(&self->writer, text) : 0;
        filter(self, self->stop->text, self->matched);
        filter(self, text, bytes);
    }
    if (self->known && self->line_bytes > 0) {
        if (end == OUTLET_STOPPED)
            end_line(self);
        self->line_bytes = 0;
    }
}

void outlet_close(outlet *self) {
    rnn_free(self->line);
    rnn_free(self->text);
    self->line = self->text = NULL;
}
