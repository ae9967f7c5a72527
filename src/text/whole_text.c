/* SPDX-License-Identifier: MIT
 *
 * whole_text.c - see whole_text.h.
 */
#include "text/whole_text.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "text/spool.h"

#define PIECE ((size_t)1 << 20) /* bytes read at a time */

typedef struct file {
    size_t begin; /* in the text */
    char *name;   /* owned */
} file;

struct rnn_whole_text {
    rnn_spool *spool;
    const char *bytes; /* [count], mapped */
    size_t count;
    file *files; /* [file_count], in the text's order */
    size_t file_count, file_room;
};

static rnn_status out_of_memory(rnn_error *error) {
    return rnn_fail(error, RNN_ERR_MEMORY, "out of memory for reading text");
}

/* A file begins where the text ends for now. */
static rnn_status begin_file(rnn_whole_text *text, const char *name, rnn_error *error) {
    void *files = text->files;
    if (!rnn_grow(&files, &text->file_room, text->file_count + 1, sizeof *text->files))
        return out_of_memory(error);
    text->files = files;
    file *begun = &text->files[text->file_count];
    begun->begin = (size_t)rnn_spool_size(text->spool);
    begun->name = rnn_duplicate(name, strlen(name));
    if (!begun->name)
        return out_of_memory(error);
    text->file_count++;
    return RNN_OK;
}

static rnn_status read_all(rnn_whole_text *text, rnn_corpus *corpus, rnn_error *error) {
    char *piece = rnn_allocate(PIECE, 1);
    rnn_status status = piece ? RNN_OK : out_of_memory(error);
    uint64_t files = 0;
    size_t got = 1;
    while (status == RNN_OK && got > 0) {
        status = rnn_corpus_read(corpus, piece, PIECE, &got, error);
        if (status == RNN_OK && got > 0 && rnn_corpus_files(corpus) != files)
            status = begin_file(text, rnn_corpus_name(corpus), error);
        files = rnn_corpus_files(corpus);
        if (status == RNN_OK && got > 0)
            status = rnn_spool_write(text->spool, piece, got, 0, error);
    }
    rnn_free(piece);
    return status;
}

rnn_status rnn_whole_text_read(rnn_whole_text **out, rnn_corpus *corpus, const char *directory,
                               rnn_error *error) {
    const void *bytes = NULL;
    *out = NULL;
    rnn_whole_text *text = rnn_allocate(1, sizeof *text);
    if (!text)
        return out_of_memory(error);
    rnn_status status = rnn_spool_create(&text->spool, directory, error);
    if (status == RNN_OK)
        status = read_all(text, corpus, error);
    if (status == RNN_OK && rnn_spool_size(text->spool) == 0)
        status = rnn_fail(error, RNN_ERR_RANGE, "the input holds no text");
    if (status == RNN_OK)
        status = rnn_spool_map(text->spool, &bytes, error);
    if (status != RNN_OK) {
        rnn_whole_text_destroy(text);
        return status;
    }
    text->bytes = bytes;
    text->count = (size_t)rnn_spool_size(text->spool);
    *out = text;
    return RNN_OK;
}

void rnn_whole_text_destroy(rnn_whole_text *text) {
    if (!text)
        return;
    for (size_t i = 0; i < text->file_count; i++)
        rnn_free(text->files[i].name);
    rnn_free(text->files);
    rnn_spool_destroy(text->spool);
    rnn_free(text);
}

const char *rnn_whole_text_bytes(const rnn_whole_text *text, size_t *count) {
    *count = text->count;
    return text->bytes;
}

rnn_place rnn_whole_text_place(const rnn_whole_text *text, size_t at, const char **name) {
    assert(at < text->count);
    size_t low = 0, high = text->file_count; /* the file is one of [low, high) */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (text->files[middle].begin <= at)
            low = middle;
        else
            high = middle;
    }
    size_t begin = text->files[low].begin;
    rnn_place place = {.byte = at - begin, .line = 1, .column = 1};
    for (size_t i = begin; i < at; i++) {
        if (text->bytes[i] == '\n') {
            place.line++;
            place.column = 1;
        } else {
            place.column += ((unsigned char)text->bytes[i] & 0xC0) != 0x80;
        }
    }
    *name = text->files[low].name;
    return place;
}
