/* SPDX-License-Identifier: MIT
 *
 * normalize.c - see normalize.h.
 *
 * The text is cut into stretches before each character that neither joins nor
 * changes places with what stands before it (UAX #15 calls such cuts stable), and
 * each stretch is brought to the normal form by itself.
 */
#include "text/normalize.h"

#include <pthread.h>
#include <string.h>

#include <utf8proc.h>

#include "base/memory.h"
#include "text/utf8.h"

#define OPTIONS (UTF8PROC_STABLE | UTF8PROC_COMPOSE)
#define DEEPEST 4 /* code points that one falls into, at most */

/* From here on are private characters, tags and selectors, and planes that Unicode
 * has no plans for; nothing joins or changes. */
#define MARKED 0x40000u

/* Marks of a code point. */
#define JOINS   1 /* may join or change places with what stands before it */
#define CHANGES 2 /* is not in normal form by itself */

/* Those of each code point, found once for the whole process: it takes milliseconds. */
static unsigned char marks[MARKED];
static pthread_once_t marks_found = PTHREAD_ONCE_INIT;

struct rnn_normalizer {
    rnn_utf8_reader reader;
    unsigned char stretch[4 * RNN_NORMALIZE_LONGEST];
    size_t stretch_bytes, stretch_codes;
    unsigned stretch_marks; /* of its only character */
    utf8proc_int32_t codes[DEEPEST * RNN_NORMALIZE_LONGEST];
    char normal[4 * DEEPEST * RNN_NORMALIZE_LONGEST];
};

/* Whether a code point comes back as itself from decomposition and composition. */
static int is_normal(uint32_t code, utf8proc_int32_t *parts, utf8proc_ssize_t count) {
    if (count == 1)
        return parts[0] == (utf8proc_int32_t)code;
    return utf8proc_normalize_utf32(parts, count, (utf8proc_option_t)OPTIONS) == 1 &&
           parts[0] == (utf8proc_int32_t)code;
}

/* Finds the marks from the library's own decompositions, so they fit whichever
 * version of Unicode it knows: what joins is what stands behind the first in
 * some decomposition, or has a combining class. */
static void find_marks(void) {
    utf8proc_int32_t parts[DEEPEST];
    const utf8proc_option_t apart = (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);
    for (int round = 0; round < 2; round++) {
        for (uint32_t code = 0x80; code < MARKED; code++) {
            const utf8proc_property_t *about = utf8proc_get_property((utf8proc_int32_t)code);
            if (about->combining_class != 0)
                marks[code] |= JOINS;
            if (about->decomp_seqindex == UINT16_MAX) /* none; nor for Hangul syllables */
                continue;
            utf8proc_ssize_t count =
                utf8proc_decompose_char((utf8proc_int32_t)code, parts, DEEPEST, apart, NULL);
            if (count <= 0 || count > DEEPEST)
                continue;
            for (utf8proc_ssize_t i = 1; i < count; i++)
                marks[parts[i]] |= JOINS;
            /* The second time all marks of first parts are known. */
            marks[code] |= marks[parts[0]] & JOINS;
            if (!is_normal(code, parts, count))
                marks[code] |= CHANGES;
        }
    }
    /* The jamo that syllables fall into, which they do by arithmetic. */
    for (uint32_t vowel = 0x1161; vowel <= 0x1175; vowel++)
        marks[vowel] |= JOINS;
    for (uint32_t final = 0x11A8; final <= 0x11C2; final++)
        marks[final] |= JOINS;
}

rnn_status rnn_normalizer_create(rnn_normalizer **out, rnn_error *error) {
    *out = NULL;
    rnn_normalizer *normalizer = rnn_allocate(1, sizeof *normalizer);
    if (!normalizer)
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory for normalizing text");
    pthread_once(&marks_found, find_marks);
    *out = normalizer;
    return RNN_OK;
}

void rnn_normalizer_destroy(rnn_normalizer *normalizer) {
    rnn_free(normalizer);
}

/* Where the normal text goes. */
typedef struct sink {
    char **out;
    size_t *count, *capacity;
} sink;

static int put(const sink *to, const void *bytes, size_t count) {
    if (count == 0)
        return 1;
    if (count > *to->capacity - *to->count &&
        !rnn_grow((void **)to->out, to->capacity, *to->count + count, 1))
        return 0;
    memcpy(*to->out + *to->count, bytes, count);
    *to->count += count;
    return 1;
}

/* Puts the stretch in normal form and begins another. */
static int end_stretch(rnn_normalizer *normalizer, const sink *to) {
    const size_t bytes = normalizer->stretch_bytes;
    const int whole = normalizer->stretch_codes == 1 && !(normalizer->stretch_marks & CHANGES);
    normalizer->stretch_bytes = 0;
    normalizer->stretch_codes = 0;
    if (bytes == 0 || whole)
        return put(to, normalizer->stretch, bytes);
    const utf8proc_ssize_t room = sizeof normalizer->codes / sizeof normalizer->codes[0];
    utf8proc_ssize_t count =
        utf8proc_decompose(normalizer->stretch, (utf8proc_ssize_t)bytes, normalizer->codes, room,
                           (utf8proc_option_t)OPTIONS);
    if (count <= 0 || count > room)
        return put(to, normalizer->stretch, bytes);
    count = utf8proc_normalize_utf32(normalizer->codes, count, (utf8proc_option_t)OPTIONS);
    size_t length = 0;
    for (utf8proc_ssize_t i = 0; i < count; i++)
        length += rnn_utf8_encode((uint32_t)normalizer->codes[i], normalizer->normal + length);
    return put(to, normalizer->normal, length);
}

/* Takes the ASCII that the piece goes on with: all of it is settled, but for the
 * last character, which a combining one may follow. */
static int take_ascii(rnn_normalizer *normalizer, const sink *to) {
    const unsigned char *begin = normalizer->reader.at, *end = normalizer->reader.end;
    const unsigned char *at = begin;
    for (; end - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        if (word & 0x8080808080808080u)
            break;
    }
    while (at < end && *at < 0x80)
        at++;
    if (at - begin < 2)
        return 1;
    normalizer->reader.at = at - 1;
    return end_stretch(normalizer, to) && put(to, begin, (size_t)(at - 1 - begin));
}

static int take_unit(rnn_normalizer *normalizer, const rnn_utf8_unit *unit, const sink *to) {
    const unsigned about = unit->valid && unit->code < MARKED ? marks[unit->code] : 0;
    if (!(about & JOINS) || !unit->valid || normalizer->stretch_codes == RNN_NORMALIZE_LONGEST) {
        if (!end_stretch(normalizer, to))
            return 0;
    }
    if (!unit->valid)
        return put(to, unit->bytes, unit->length);
    memcpy(normalizer->stretch + normalizer->stretch_bytes, unit->bytes, unit->length);
    normalizer->stretch_bytes += unit->length;
    normalizer->stretch_codes++;
    normalizer->stretch_marks = about;
    return 1;
}

rnn_status rnn_normalizer_add(rnn_normalizer *normalizer, const char *bytes, size_t count, int last,
                              char **out, size_t *count_out, size_t *capacity, rnn_error *error) {
    const sink to = {out, count_out, capacity};
    rnn_utf8_reader *reader = &normalizer->reader;
    rnn_utf8_unit unit;
    rnn_utf8_feed(reader, bytes, count, last);
    for (;;) {
        if (reader->held_count == 0 && reader->at < reader->end && *reader->at < 0x80 &&
            !take_ascii(normalizer, &to))
            goto fail;
        if (!rnn_utf8_next(reader, &unit))
            break;
        if (!take_unit(normalizer, &unit, &to))
            goto fail;
    }
    if (last && !end_stretch(normalizer, &to))
        goto fail;
    return RNN_OK;
fail:
    return rnn_fail(error, RNN_ERR_MEMORY, "out of memory for normalizing text");
}

rnn_status rnn_normalize_nfc(const char *text, size_t bytes, char **out, size_t *count_out,
                             rnn_error *error) {
    rnn_normalizer *normalizer = NULL;
    size_t capacity = 0;
    *out = NULL;
    *count_out = 0;
    rnn_status status = rnn_normalizer_create(&normalizer, error);
    if (status == RNN_OK)
        status = rnn_normalizer_add(normalizer, text, bytes, 1, out, count_out, &capacity, error);
    rnn_normalizer_destroy(normalizer);
    if (status == RNN_OK && !rnn_grow((void **)out, &capacity, *count_out + 1, 1))
        status = rnn_fail(error, RNN_ERR_MEMORY, "out of memory for normalizing text");
    if (status != RNN_OK) {
        rnn_free(*out);
        *out = NULL;
        *count_out = 0;
        return status;
    }
    (*out)[*count_out] = 0;
    return RNN_OK;
}
