/* SPDX-License-Identifier: MIT
 *
 * corpus.c - see corpus.h.
 *
 *   inputs -> walk -> file -> (unpacker -> member) -> bytes -> (normalizer) -> bytes
 */
#include "text/corpus.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "text/normalize.h"
#include "text/patterns.h"
#include "text/unpacker.h"
#include "text/walk.h"

#define PIECE ((size_t)64 << 10) /* bytes that are normalized at a time */

struct rnn_corpus {
    char **inputs; /* [count] */
    size_t count, next;
    rnn_patterns *include, *exclude;
    rnn_walk *walk; /* of the directory at hand, or NULL */
    uint64_t files;
    /* the file at hand */
    int descriptor; /* -1: none */
    int borrowed;   /* it is standard input's, and stays open */
    unsigned char head[RNN_UNPACKER_HEAD];
    size_t head_count, head_at; /* read for recognising it, and not given out yet */
    rnn_unpacker *unpacker;     /* NULL: its bytes are the text */
    int in_member;
    char *file; /* its name */
    char *name; /* the same, with its member's */
    size_t name_capacity;
    /* normalization */
    rnn_normalizer *normalizer; /* NULL: none */
    char *piece;                /* [PIECE] */
    char *normal;               /* [normal_count], given out up to normal_at */
    size_t normal_count, normal_at, normal_capacity;
    int ended;
};

static rnn_status out_of_memory(rnn_error *error) {
    return rnn_fail(error, RNN_ERR_MEMORY, "out of memory for reading text");
}

/* -------------------------------------------------------------------- names */

/* Notes what is read: a file, or its member where there is one. */
static rnn_status set_name(rnn_corpus *corpus, const char *member, rnn_error *error) {
    const size_t length = strlen(corpus->file), more = strlen(member);
    if (!rnn_grow((void **)&corpus->name, &corpus->name_capacity, length + more + 3, 1))
        return out_of_memory(error);
    memcpy(corpus->name, corpus->file, length + 1);
    if (more > 0) {
        memcpy(corpus->name + length, ": ", 2);
        memcpy(corpus->name + length + 2, member, more + 1);
    }
    /* A name in an archive is anyone's text, and messages go to terminals. */
    for (char *at = corpus->name; *at; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7F)
            *at = '?';
    }
    return RNN_OK;
}

static int is_wanted(const rnn_corpus *corpus, const char *path) {
    return (*rnn_patterns_list(corpus->include) == 0 ||
            rnn_patterns_match(corpus->include, path)) &&
           !rnn_patterns_match(corpus->exclude, path);
}

/* Whether a part of a member's path begins with a dot ("." and ".." aside). */
static int is_hidden(const char *path) {
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += *part == '/';
        size_t length = strcspn(part, "/");
        if (*part == '.' && length > 1 && !(length == 2 && part[1] == '.'))
            return 1;
    }
    return 0;
}

/* -------------------------------------------------------------------- files */

static void close_file(rnn_corpus *corpus) {
    rnn_unpacker_close(corpus->unpacker);
    corpus->unpacker = NULL;
    corpus->in_member = 0;
    if (corpus->descriptor >= 0 && !corpus->borrowed)
        close(corpus->descriptor);
    corpus->descriptor = -1;
    corpus->borrowed = 0;
}

static rnn_status read_some(rnn_corpus *corpus, void *bytes, size_t room, size_t *got,
                            rnn_error *error) {
    ssize_t result;
    do
        result = read(corpus->descriptor, bytes, room);
    while (result < 0 && errno == EINTR);
    *got = result > 0 ? (size_t)result : 0;
    if (result < 0)
        return rnn_fail(error, RNN_ERR_IO, "%s: cannot be read: %s", corpus->file, strerror(errno));
    return RNN_OK;
}

/* Begins with a file that is open at corpus->descriptor. */
static rnn_status begin_file(rnn_corpus *corpus, const char *name, rnn_error *error) {
    rnn_free(corpus->file);
    corpus->file = rnn_duplicate(name, strlen(name));
    if (!corpus->file)
        return out_of_memory(error);
    rnn_status status = set_name(corpus, "", error);
    size_t got = 1;
    corpus->head_at = 0;
    corpus->head_count = 0;
    while (status == RNN_OK && got > 0 && corpus->head_count < sizeof corpus->head) {
        status = read_some(corpus, corpus->head + corpus->head_count,
                           sizeof corpus->head - corpus->head_count, &got, error);
        corpus->head_count += got;
    }
    if (status != RNN_OK)
        return status;
    rnn_packing packing = rnn_unpacker_recognise(corpus->head, corpus->head_count);
    if (packing != RNN_PACKING_NONE)
        return rnn_unpacker_open(&corpus->unpacker, corpus->descriptor, packing, corpus->head,
                                 corpus->head_count, corpus->name, error);
    corpus->files++;
#if defined(POSIX_FADV_SEQUENTIAL)
    posix_fadvise(corpus->descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
#endif
    return RNN_OK;
}

static rnn_status open_file(rnn_corpus *corpus, const char *path, rnn_error *error) {
    corpus->descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (corpus->descriptor < 0)
        return rnn_fail(error, RNN_ERR_IO, "%s: cannot be opened: %s", path, strerror(errno));
    return begin_file(corpus, path, error);
}

/* Begins with the next file of the directory at hand; after the last one, closes it. */
static rnn_status walk_on(rnn_corpus *corpus, rnn_error *error) {
    const char *path;
    do {
        rnn_status status = rnn_walk_next(corpus->walk, &path, error);
        if (status != RNN_OK)
            return status;
    } while (path && !is_wanted(corpus, path));
    if (path)
        return open_file(corpus, path, error);
    rnn_walk_close(corpus->walk);
    corpus->walk = NULL;
    return RNN_OK;
}

static rnn_status open_input(rnn_corpus *corpus, const char *input, rnn_error *error) {
    struct stat about;
    if (strcmp(input, "-") == 0) {
        corpus->descriptor = STDIN_FILENO;
        corpus->borrowed = 1;
        return begin_file(corpus, "standard input", error);
    }
    if (stat(input, &about) != 0)
        return rnn_fail(error, RNN_ERR_IO, "%s: cannot be opened: %s", input, strerror(errno));
    if (S_ISDIR(about.st_mode))
        return rnn_walk_open(&corpus->walk, input, error);
    return open_file(corpus, input, error);
}

/* Opens the next file, if there is one. */
static rnn_status next_file(rnn_corpus *corpus, rnn_error *error) {
    rnn_status status = RNN_OK;
    while (status == RNN_OK && corpus->descriptor < 0) {
        if (corpus->walk)
            status = walk_on(corpus, error);
        else if (corpus->next < corpus->count)
            status = open_input(corpus, corpus->inputs[corpus->next++], error);
        else
            break;
    }
    return status;
}

static rnn_status find_nothing(const rnn_corpus *corpus, rnn_error *error) {
    const char *include = rnn_patterns_list(corpus->include);
    const char *exclude = rnn_patterns_list(corpus->exclude);
    if (corpus->count == 0)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "there is no input: name files or directories, or - for standard input");
    return rnn_fail(error, RNN_ERR_RANGE,
                    "%s%s: there is no file%s%s%s%s to read (hidden ones are left out)",
                    corpus->inputs[0], corpus->count > 1 ? " and the other inputs" : "",
                    *include ? " that --include names by " : "", include,
                    *exclude ? " that --exclude does not name by " : "", exclude);
}

/* ------------------------------------------------------------------ reading */

static rnn_status read_plain(rnn_corpus *corpus, char *buffer, size_t room, size_t *got,
                             rnn_error *error) {
    size_t left = corpus->head_count - corpus->head_at;
    if (left == 0)
        return read_some(corpus, buffer, room, got, error);
    *got = left < room ? left : room;
    memcpy(buffer, corpus->head + corpus->head_at, *got);
    corpus->head_at += *got;
    return RNN_OK;
}

/* Reads from the members that are wanted; *got is 0 after the last. */
static rnn_status read_packed(rnn_corpus *corpus, char *buffer, size_t room, size_t *got,
                              rnn_error *error) {
    *got = 0;
    for (;;) {
        rnn_status status;
        if (corpus->in_member) {
            status = rnn_unpacker_read(corpus->unpacker, buffer, room, got, error);
            if (status != RNN_OK || *got > 0)
                return status;
            corpus->in_member = 0;
        }
        rnn_member member;
        status = rnn_unpacker_next(corpus->unpacker, &member, error);
        if (status != RNN_OK || !member.path)
            return status;
        if (member.is_archive && (is_hidden(member.path) || !is_wanted(corpus, member.path)))
            continue;
        status = set_name(corpus, member.path, error);
        if (status != RNN_OK)
            return status;
        corpus->in_member = 1;
        corpus->files++;
    }
}

/* The next bytes as they stand in the files. */
static rnn_status read_files(rnn_corpus *corpus, char *buffer, size_t room, size_t *got,
                             rnn_error *error) {
    *got = 0;
    for (;;) {
        rnn_status status = next_file(corpus, error);
        if (status != RNN_OK || corpus->descriptor < 0)
            return status;
        status = corpus->unpacker ? read_packed(corpus, buffer, room, got, error)
                                  : read_plain(corpus, buffer, room, got, error);
        if (status != RNN_OK || *got > 0)
            return status;
        close_file(corpus);
    }
}

static rnn_status read_normal(rnn_corpus *corpus, char *buffer, size_t room, size_t *got,
                              rnn_error *error) {
    while (corpus->normal_at == corpus->normal_count && !corpus->ended) {
        size_t raw;
        rnn_status status = read_files(corpus, corpus->piece, PIECE, &raw, error);
        if (status != RNN_OK)
            return status;
        corpus->ended = raw == 0;
        corpus->normal_at = 0;
        corpus->normal_count = 0;
        status = rnn_normalizer_add(corpus->normalizer, corpus->piece, raw, corpus->ended,
                                    &corpus->normal, &corpus->normal_count,
                                    &corpus->normal_capacity, error);
        if (status != RNN_OK)
            return status;
    }
    size_t left = corpus->normal_count - corpus->normal_at;
    *got = left < room ? left : room;
    if (*got > 0)
        memcpy(buffer, corpus->normal + corpus->normal_at, *got);
    corpus->normal_at += *got;
    return RNN_OK;
}

rnn_status rnn_corpus_read(rnn_corpus *corpus, char *buffer, size_t room, size_t *got,
                           rnn_error *error) {
    rnn_status status = corpus->normalizer ? read_normal(corpus, buffer, room, got, error)
                                           : read_files(corpus, buffer, room, got, error);
    if (status == RNN_OK && *got == 0 && corpus->files == 0)
        return find_nothing(corpus, error);
    return status;
}

/* -------------------------------------------------------------- open, close */

static rnn_status copy_inputs(rnn_corpus *corpus, const char *const *inputs, size_t count,
                              rnn_error *error) {
    corpus->inputs = rnn_allocate(count, sizeof *corpus->inputs);
    if (!corpus->inputs)
        return out_of_memory(error);
    for (; corpus->count < count; corpus->count++) {
        const char *input = inputs[corpus->count];
        corpus->inputs[corpus->count] = rnn_duplicate(input, strlen(input));
        if (!corpus->inputs[corpus->count])
            return out_of_memory(error);
    }
    return RNN_OK;
}

static rnn_status prepare_normalizing(rnn_corpus *corpus, rnn_error *error) {
    corpus->piece = rnn_allocate(PIECE, 1);
    if (!corpus->piece)
        return out_of_memory(error);
    return rnn_normalizer_create(&corpus->normalizer, error);
}

rnn_status rnn_corpus_open(rnn_corpus **out, const char *const *inputs, size_t count,
                           const rnn_corpus_options *options, rnn_error *error) {
    static const rnn_corpus_options none = {0};
    *out = NULL;
    if (!options)
        options = &none;
    rnn_corpus *corpus = rnn_allocate(1, sizeof *corpus);
    if (!corpus)
        return out_of_memory(error);
    corpus->descriptor = -1;
    rnn_status status = copy_inputs(corpus, inputs, count, error);
    if (status == RNN_OK)
        status = rnn_patterns_create(&corpus->include, options->include, error);
    if (status == RNN_OK)
        status = rnn_patterns_create(&corpus->exclude, options->exclude, error);
    if (status == RNN_OK && options->normalize)
        status = prepare_normalizing(corpus, error);
    if (status == RNN_OK)
        status = next_file(corpus, error);
    if (status == RNN_OK && corpus->descriptor < 0)
        status = find_nothing(corpus, error);
    if (status != RNN_OK)
        goto fail;
    *out = corpus;
    return RNN_OK;
fail:
    rnn_corpus_close(corpus);
    return status;
}

void rnn_corpus_close(rnn_corpus *corpus) {
    if (!corpus)
        return;
    close_file(corpus);
    rnn_walk_close(corpus->walk);
    rnn_normalizer_destroy(corpus->normalizer);
    rnn_patterns_destroy(corpus->include);
    rnn_patterns_destroy(corpus->exclude);
    for (size_t i = 0; i < corpus->count; i++)
        rnn_free(corpus->inputs[i]);
    rnn_free(corpus->inputs);
    rnn_free(corpus->file);
    rnn_free(corpus->name);
    rnn_free(corpus->piece);
    rnn_free(corpus->normal);
    rnn_free(corpus);
}

uint64_t rnn_corpus_files(const rnn_corpus *corpus) {
    return corpus->files;
}

const char *rnn_corpus_name(const rnn_corpus *corpus) {
    return corpus->name;
}
