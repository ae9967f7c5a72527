/* SPDX-License-Identifier: MIT
 *
 * story.c - see story.h.
 */
#include "server/story.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"

#define PIECE        ((size_t)256 << 10) /* bytes of a log read at once */
#define LONGEST_LINE ((size_t)1 << 20)
#define SUMMARY      ((size_t)16 << 10) /* bytes at a log's end */
#define MOST_SAMPLES ((size_t)8 << 20)  /* bytes of samples.txt */

static int open_file(const char *directory, const char *name, uint64_t *size) {
    char path[4200];
    struct stat found;
    snprintf(path, sizeof path, "%.4000s/%s", directory, name);
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    *size = 0;
    if (file < 0)
        return -1;
    if (fstat(file, &found) != 0 || !S_ISREG(found.st_mode)) {
        close(file);
        return -1;
    }
    *size = (uint64_t)found.st_size;
    return file;
}

/* Who trains holds the directory locked; a lock that is only tried is gone at once, and
 * training that begins in just that moment tries again. */
int story_is_training(const char *directory) {
    int file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return 0;
    int taken = flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(file);
    return taken;
}

/* ---------------------------------------------------------------------- log */

static int is_object(const char *line, size_t bytes) {
    rnn_json json;
    rnn_json_start(&json, line, bytes);
    return bytes > 0 && line[0] == '{' && rnn_json_skip(&json) && rnn_json_finish(&json);
}

/* Bytes from an offset on; fewer at the end. Released with rnn_free. */
static char *read_piece(int file, uint64_t offset, size_t count, size_t *got) {
    char *piece = rnn_allocate_unset(count + 1, 1);
    *got = 0;
    while (piece && *got < count) {
        ssize_t part = pread(file, piece + *got, count - *got, (off_t)(offset + *got));
        if (part <= 0)
            break;
        *got += (size_t)part;
    }
    if (piece)
        piece[*got] = '\0';
    return piece;
}

static void put_lines(rnn_json_text *to, char *lines, size_t bytes) {
    const char *before = "[";
    for (char *line = lines, *end; line < lines + bytes; line = end + 1) {
        end = memchr(line, '\n', (size_t)(lines + bytes - line));
        *end = '\0';
        if (!is_object(line, (size_t)(end - line)))
            continue;
        rnn_json_put(to, before);
        rnn_json_put(to, line);
        before = ",";
    }
    rnn_json_put(to, before[0] == '[' ? "[]" : "]");
}

int story_read_on(story_reader *reader, const char *directory, rnn_json_text *to) {
    uint64_t size;
    size_t got, whole, count = PIECE;
    int file = open_file(directory, "log.jsonl", &size), result = 0;
    if (size < reader->offset) {
        reader->offset = 0;
        result = -1;
    }
    while (result == 0 && size > reader->offset) {
        char *piece = read_piece(file, reader->offset, count, &got);
        for (whole = piece ? got : 0; whole > 0 && piece[whole - 1] != '\n'; whole--)
            continue;
        if (whole > 0) {
            put_lines(to, piece, whole);
            reader->offset += whole;
            result = 1;
        }
        rnn_free(piece);
        /* A line that does not end in the piece is waited for, or too long and passed by. */
        if (whole > 0 || !piece || got < count)
            break;
        if (count > LONGEST_LINE)
            reader->offset += count;
        count = count > LONGEST_LINE ? PIECE : 2 * count;
    }
    if (file >= 0)
        close(file);
    return result;
}

static void copy_number(json_t *to, const char *name, const json_t *from, const char *key) {
    json_t *value = json_object_get(from, key);
    if (json_is_number(value) && !json_object_get(to, name))
        json_object_set(to, name, value);
}

/* Lines come latest first, so what is there already stays. */
static void sum_up(json_t *to, const json_t *line, int is_last) {
    const char *event = json_string_value(json_object_get(line, "event"));
    if (!event)
        return;
    copy_number(to, "step", line, "step");
    copy_number(to, "seconds", line, "seconds");
    copy_number(to, "loss", line, "loss");
    copy_number(to, "val_loss", line, "val_loss");
    copy_number(to, "best_val_loss", line, "best_val_loss");
    if (is_last && strcmp(event, "done") == 0)
        json_object_set(to, "ended", json_object_get(line, "why"));
}

json_t *story_summary(const char *directory) {
    uint64_t size;
    size_t got = 0;
    int file = open_file(directory, "log.jsonl", &size), is_last = 1;
    json_t *summary = json_object();
    if (file < 0)
        return summary;
    size_t count = size < SUMMARY ? (size_t)size : SUMMARY;
    char *piece = read_piece(file, size - count, count, &got);
    close(file);
    for (char *end = piece ? piece + got : NULL; end && end > piece;) {
        char *line = end - 1;
        if (*line == '\n')
            *line = '\0';
        while (line > piece && line[-1] != '\n')
            line--;
        json_t *object = json_loads(line, 0, NULL);
        if (object)
            sum_up(summary, object, is_last);
        is_last &= object == NULL;
        json_decref(object);
        end = line;
    }
    rnn_free(piece);
    return summary;
}

/* ------------------------------------------------------------------ samples */

/* "=== step 100, epoch 0.19, loss 2.3859 nats ===" */
static json_t *read_heading(const char *line) {
    long long step;
    double epoch, loss;
    int end = 0;
    if (sscanf(line, "=== step %lld, epoch %lf, loss %lf nats ===%n", &step, &epoch, &loss, &end) !=
            3 ||
        end == 0 || line[end] != '\n')
        return NULL;
    return json_pack("{s:I, s:f, s:f}", "step", (json_int_t)step, "epoch", epoch, "loss", loss);
}

static const char *next_heading(const char *from) {
    while ((from = strstr(from, "\n=== step "))) {
        json_t *heading = read_heading(++from);
        json_decref(heading);
        if (heading)
            return from;
    }
    return NULL;
}

json_t *story_parse_samples(const char *text, size_t bytes) {
    json_t *list = json_array();
    const char *at = text, *end = text + bytes;
    while (at && at < end) {
        json_t *sample = read_heading(at);
        const char *next = next_heading(at), *begin = strchr(at, '\n');
        if (sample && begin) {
            const char *last = next ? next : end;
            /* Two newlines stand behind each text. */
            for (int i = 0; i < 2 && last > begin + 1 && last[-1] == '\n'; i++)
                last--;
            json_t *words = json_stringn(begin + 1, (size_t)(last - begin - 1));
            json_object_set_new(sample, "text", words ? words : json_string(""));
            json_array_append(list, sample);
        }
        json_decref(sample);
        at = next;
    }
    return list;
}

json_t *story_samples(const char *directory) {
    uint64_t size;
    size_t got;
    int file = open_file(directory, "samples.txt", &size);
    if (file < 0)
        return json_array();
    /* Of a great many the last ones, from a heading on. */
    size_t count = size < MOST_SAMPLES ? (size_t)size : MOST_SAMPLES;
    char *text = read_piece(file, size - count, count, &got);
    close(file);
    json_t *list = text ? story_parse_samples(text, got) : json_array();
    rnn_free(text);
    return list;
}

uint64_t story_samples_size(const char *directory) {
    uint64_t size;
    int file = open_file(directory, "samples.txt", &size);
    if (file >= 0)
        close(file);
    return size;
}
