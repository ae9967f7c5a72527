/* SPDX-License-Identifier: MIT
 *
 * vocabulary.c - see vocabulary.h.
 */
#include "text/vocabulary.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/memory.h"

#define PAGES        (RNN_CODE_POINTS / 256)
#define LONGEST_JSON ((size_t)4 << 20) /* 65,536 symbols, escaped and indented, need less */

static rnn_status out_of_memory(rnn_error *error) {
    return rnn_fail(error, RNN_ERR_MEMORY, "out of memory for the vocabulary");
}

/* ------------------------------------------------------------------- tables */

static void add_byte(rnn_vocabulary *vocabulary, int32_t symbol, unsigned byte) {
    vocabulary->text[symbol].bytes[0] = (char)byte;
    vocabulary->text[symbol].count = 1;
    vocabulary->byte_symbol[byte] = symbol;
}

static void add_code(rnn_vocabulary *vocabulary, int32_t symbol, uint32_t code) {
    rnn_symbol_text *text = &vocabulary->text[symbol];
    text->count = (uint8_t)rnn_utf8_encode(code, text->bytes);
    vocabulary->symbol_of[vocabulary->page_of[code / 256]][code % 256] = symbol;
}

/* Gives each 256 code points that have a symbol a page. Page 0 is for those that
 * have none, page 1 for ASCII. */
static int lay_pages(rnn_vocabulary *vocabulary, const uint32_t *codes, size_t count) {
    size_t pages = 2;
    vocabulary->page_of[0] = 1;
    for (size_t i = 0; i < count; i++) {
        if (vocabulary->page_of[codes[i] / 256] == 0)
            vocabulary->page_of[codes[i] / 256] = (uint16_t)pages++;
    }
    vocabulary->symbol_of = rnn_allocate(pages, sizeof *vocabulary->symbol_of);
    if (!vocabulary->symbol_of)
        return 0;
    memset(vocabulary->symbol_of, 0xFF, pages * sizeof *vocabulary->symbol_of);
    return 1;
}

/* Makes a vocabulary of codes [count]: code points, or byte values for closed
 * bytes; for an open one, what comes after its bytes. */
static rnn_status build(rnn_vocabulary **out, rnn_units units, int open, int normalize,
                        const uint32_t *codes, size_t count, rnn_error *error) {
    const int bytes_alone = units == RNN_UNITS_BYTES;
    *out = NULL;
    rnn_vocabulary *vocabulary = rnn_allocate(1, sizeof *vocabulary);
    if (!vocabulary)
        goto fail;
    vocabulary->units = units;
    vocabulary->open = open;
    vocabulary->normalize = normalize;
    vocabulary->size = (int32_t)count + (open ? 256 : 0);
    vocabulary->text = rnn_allocate((size_t)vocabulary->size, sizeof *vocabulary->text);
    memset(vocabulary->byte_symbol, 0xFF, sizeof vocabulary->byte_symbol);
    if (!vocabulary->text)
        goto fail;
    if (!lay_pages(vocabulary, codes, bytes_alone ? 0 : count))
        goto fail;
    int32_t symbol = 0;
    for (; open && symbol < 256; symbol++) {
        add_byte(vocabulary, symbol, (unsigned)symbol);
        if (symbol < 128)
            vocabulary->symbol_of[1][symbol] = symbol;
    }
    for (size_t i = 0; i < count; i++, symbol++) {
        if (bytes_alone)
            add_byte(vocabulary, symbol, codes[i]);
        else
            add_code(vocabulary, symbol, codes[i]);
    }
    *out = vocabulary;
    return RNN_OK;
fail:
    rnn_vocabulary_destroy(vocabulary);
    return out_of_memory(error);
}

void rnn_vocabulary_destroy(rnn_vocabulary *vocabulary) {
    if (!vocabulary)
        return;
    rnn_free(vocabulary->symbol_of);
    rnn_free(vocabulary->text);
    rnn_free(vocabulary);
}

/* ------------------------------------------------------------------- choice */

typedef struct counted_code {
    uint64_t count;
    uint32_t code;
} counted_code;

/* The most frequent first; among equals the lower code point. */
static int by_frequency(const void *left, const void *right) {
    const counted_code *a = left, *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return a->code < b->code ? -1 : a->code > b->code;
}

static int by_code(const void *left, const void *right) {
    const counted_code *a = left, *b = right;
    return a->code < b->code ? -1 : a->code > b->code;
}

/* All that was counted from `first` on, in order. *out is released with rnn_free. */
static int list_counted(const rnn_census *census, uint32_t first, int bytes, counted_code **out,
                        size_t *count) {
    const uint32_t end = bytes ? 256 : RNN_CODE_POINTS;
    size_t capacity = 0;
    *out = NULL;
    *count = 0;
    for (uint32_t code = first; code < end; code++) {
        uint64_t times =
            bytes ? rnn_census_of_byte(census, (int)code) : rnn_census_of_code(census, code);
        if (times == 0)
            continue;
        if (!rnn_grow((void **)out, &capacity, *count + 1, sizeof **out)) {
            rnn_free(*out);
            *out = NULL;
            return 0;
        }
        (*out)[(*count)++] = (counted_code){times, code};
    }
    return 1;
}

/* A cap is chosen where there are more characters than this, ... */
#define MANY_CHARACTERS 512
/* ... so that all but this share of the text is spared spelling, ... */
#define RARE_SHARE 1e-3
/* ... if that leaves this share of the symbols at most. */
#define WORTHWHILE 0.5

/* What RNN_AUTO stands for: 0, or a cap. *fits becomes 0 when memory is short. */
static int choose_cap(const rnn_census *census, int *fits) {
    counted_code *counted = NULL;
    size_t count, kept = 0;
    double all = 0, rare = 0;
    *fits = list_counted(census, 0, 0, &counted, &count);
    for (size_t i = 0; i < count; i++) {
        all += (double)counted[i].count;
        rare += counted[i].code < 0x80 ? 0 : (double)counted[i].count;
    }
    if (count > MANY_CHARACTERS)
        qsort(counted, count, sizeof *counted, by_frequency);
    for (size_t i = 0; i < count && rare > all * RARE_SHARE; i++) {
        if (counted[i].code < 0x80)
            continue;
        rare -= (double)counted[i].count;
        kept++;
    }
    rnn_free(counted);
    if (count <= MANY_CHARACTERS || (double)(256 + kept) > (double)count * WORTHWHILE)
        return 0;
    return (int)(256 + kept);
}

static rnn_status check_choice(const rnn_census *census, rnn_units *units, int max_symbols,
                               rnn_error *error) {
    unsigned byte = 0;
    rnn_place place = {0};
    if (max_symbols != 0 && max_symbols != RNN_AUTO && max_symbols < 256)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "--max-symbols is %d, but must be at least 256 (one for each byte), or 0 "
                        "for no cap",
                        max_symbols);
    if (rnn_census_total(census) == 0)
        return rnn_fail(error, RNN_ERR_RANGE, "the input holds no text");
    int invalid = rnn_census_found_invalid(census, &byte, &place);
    if (*units == RNN_UNITS_AUTO)
        *units = invalid ? RNN_UNITS_BYTES : RNN_UNITS_CHARS;
    if (*units == RNN_UNITS_CHARS && invalid && (max_symbols == 0 || max_symbols == RNN_AUTO))
        return rnn_fail(error, RNN_ERR_SYMBOL,
                        "byte %llu (line %llu, column %llu): 0x%02X is not UTF-8 here; train with "
                        "--units bytes, or with --max-symbols so that any bytes can be read",
                        (unsigned long long)place.byte, (unsigned long long)place.line,
                        (unsigned long long)place.column, byte);
    return RNN_OK;
}

rnn_status rnn_vocabulary_create(rnn_vocabulary **out, const rnn_census *census, rnn_units units,
                                 int max_symbols, int normalize, rnn_error *error) {
    *out = NULL;
    rnn_status status = check_choice(census, &units, max_symbols, error);
    if (status != RNN_OK)
        return status;
    int fits = 1;
    if (max_symbols == RNN_AUTO)
        max_symbols = units == RNN_UNITS_BYTES ? 0 : choose_cap(census, &fits);
    if (!fits)
        return out_of_memory(error);
    const int bytes = units == RNN_UNITS_BYTES, open = max_symbols > 0;
    counted_code *counted = NULL;
    uint32_t *codes = NULL;
    size_t count = 0;
    if (!(open && bytes) && !list_counted(census, open ? 0x80 : 0, bytes, &counted, &count)) {
        status = out_of_memory(error);
        goto done;
    }
    if (open && count > (size_t)max_symbols - 256) {
        qsort(counted, count, sizeof *counted, by_frequency);
        count = (size_t)max_symbols - 256;
        qsort(counted, count, sizeof *counted, by_code);
    }
    if (count + (open ? 256 : 0) > RNN_MAX_SYMBOLS) {
        status = rnn_fail(error, RNN_ERR_RANGE,
                          "the vocabulary would have %zu symbols, but %d is the most; cap it with "
                          "--max-symbols",
                          count + (open ? 256 : 0), RNN_MAX_SYMBOLS);
        goto done;
    }
    codes = rnn_allocate(count, sizeof *codes);
    if (!codes) {
        status = out_of_memory(error);
        goto done;
    }
    for (size_t i = 0; i < count; i++)
        codes[i] = counted[i].code;
    status = build(out, units, open, normalize, codes, count, error);
done:
    rnn_free(codes);
    rnn_free(counted);
    return status;
}

/* ---------------------------------------------------------------- questions */

int rnn_vocabulary_size(const rnn_vocabulary *vocabulary) {
    return vocabulary->size;
}

rnn_units rnn_vocabulary_units(const rnn_vocabulary *vocabulary) {
    return vocabulary->units;
}

int rnn_vocabulary_is_open(const rnn_vocabulary *vocabulary) {
    return vocabulary->open;
}

int rnn_vocabulary_normalizes(const rnn_vocabulary *vocabulary) {
    return vocabulary->normalize;
}

const char *rnn_vocabulary_symbol(const rnn_vocabulary *vocabulary, int32_t symbol, size_t *bytes) {
    const rnn_symbol_text *text = &vocabulary->text[symbol];
    if (bytes)
        *bytes = text->count;
    return text->bytes;
}

int32_t rnn_vocabulary_key(const rnn_vocabulary *vocabulary, int32_t symbol) {
    const rnn_symbol_text *text = &vocabulary->text[symbol];
    const unsigned char *bytes = (const unsigned char *)text->bytes;
    uint32_t code = 0;
    if (rnn_utf8_decode(bytes, text->count, &code) == text->count)
        return (int32_t)code;
    return (int32_t)(RNN_CODE_POINTS + bytes[0]);
}

int32_t rnn_vocabulary_find(const rnn_vocabulary *vocabulary, const char *bytes, size_t count) {
    uint32_t code;
    if (count == 0)
        return -1;
    const unsigned char *first = (const unsigned char *)bytes;
    if (count == 1 && (vocabulary->open || vocabulary->units == RNN_UNITS_BYTES))
        return vocabulary->byte_symbol[*first];
    if (count > 4 || rnn_utf8_decode(first, count, &code) != (int)count)
        return -1;
    return rnn_vocabulary_of_code(vocabulary, code);
}

int rnn_vocabulary_equal(const rnn_vocabulary *a, const rnn_vocabulary *b) {
    return a->units == b->units && a->open == b->open && a->normalize == b->normalize &&
           a->size == b->size && memcmp(a->text, b->text, (size_t)a->size * sizeof *a->text) == 0;
}

/* --------------------------------------------------------------------- JSON */

static json_t *symbols_as_json(const rnn_vocabulary *vocabulary) {
    json_t *list = json_array();
    for (int32_t i = 0; list && i < vocabulary->size; i++) {
        const rnn_symbol_text *text = &vocabulary->text[i];
        const unsigned char first = (unsigned char)text->bytes[0];
        const int high_byte = text->count == 1 && first >= 0x80;
        json_t *item = high_byte ? json_integer(first) : json_stringn(text->bytes, text->count);
        if (json_array_append_new(list, item) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

rnn_status rnn_vocabulary_write_json(const rnn_vocabulary *vocabulary, char **out,
                                     rnn_error *error) {
    json_t *list = symbols_as_json(vocabulary);
    json_t *root = json_pack("{s:s, s:b, s:s, s:o}", "units",
                             vocabulary->units == RNN_UNITS_BYTES ? "bytes" : "chars", "open",
                             vocabulary->open, "normalize", vocabulary->normalize ? "nfc" : "none",
                             "symbols", list);
    char *text = root ? json_dumps(root, 0) : NULL;
    *out = text ? rnn_duplicate(text, strlen(text)) : NULL;
    free(text);
    json_decref(root);
    return *out ? RNN_OK : out_of_memory(error);
}

/* One item of the list of symbols, as a code point or a byte from 0x80 on
 * (*is_byte). 0 if it is neither. */
static int read_symbol(const json_t *item, uint32_t *code, int *is_byte) {
    *is_byte = json_is_integer(item);
    if (*is_byte) {
        json_int_t value = json_integer_value(item);
        *code = value >= 0x80 && value <= 0xFF ? (uint32_t)value : 0;
        return *code != 0;
    }
    size_t length = json_is_string(item) ? json_string_length(item) : 0;
    if (length == 0)
        return 0;
    const unsigned char *text = (const unsigned char *)json_string_value(item);
    return rnn_utf8_decode(text, length, code) == (int)length;
}

/* Reads the list into codes [size of the list]; an open vocabulary's bytes are
 * checked and left out. */
static rnn_status read_symbols(const json_t *list, rnn_units units, int open, uint32_t *codes,
                               size_t *count, rnn_error *error) {
    const size_t bytes = open ? 256 : 0, size = json_array_size(list);
    *count = 0;
    if (size < bytes)
        return rnn_fail(error, RNN_ERR_FORMAT,
                        "an open vocabulary has at least 256 symbols; this one lists %zu", size);
    for (size_t i = 0; i < size; i++) {
        uint32_t code = 0;
        int is_byte = 0;
        if (!read_symbol(json_array_get(list, i), &code, &is_byte))
            return rnn_fail(error, RNN_ERR_FORMAT,
                            "symbol %zu of the vocabulary is neither a string of one character nor "
                            "a byte 128 to 255",
                            i);
        if (i < bytes) {
            if (code != i || is_byte != (i >= 0x80))
                return rnn_fail(error, RNN_ERR_FORMAT,
                                "symbol %zu of an open vocabulary must be the byte %zu", i, i);
            continue;
        }
        if (units == RNN_UNITS_BYTES ? open || is_byte != (code >= 0x80)
                                     : is_byte || (open && code < 0x80))
            return rnn_fail(error, RNN_ERR_FORMAT, "symbol %zu has no place in %s vocabulary of %s",
                            i, open ? "an open" : "a closed",
                            units == RNN_UNITS_BYTES ? "bytes" : "chars");
        if (*count > 0 && code <= codes[*count - 1])
            return rnn_fail(error, RNN_ERR_FORMAT,
                            "symbol %zu of the vocabulary is %s the one before it; they must rise",
                            i, code == codes[*count - 1] ? "the same as" : "lower than");
        codes[(*count)++] = code;
    }
    return RNN_OK;
}

/* Which of two words a member of the object is; -1 for neither. */
static int read_choice(const json_t *root, const char *key, const char *zero, const char *one) {
    const json_t *value = json_object_get(root, key);
    const char *text = json_string_value(value);
    if (!text || strlen(text) != json_string_length(value))
        return -1;
    return strcmp(text, zero) == 0 ? 0 : strcmp(text, one) == 0 ? 1 : -1;
}

static rnn_status read_object(rnn_vocabulary **out, const json_t *root, rnn_error *error) {
    const int units = read_choice(root, "units", "chars", "bytes");
    const int normalize = read_choice(root, "normalize", "none", "nfc");
    const json_t *open = json_object_get(root, "open");
    const json_t *list = json_object_get(root, "symbols");
    if (json_object_size(root) != 4 || units < 0 || normalize < 0 || !json_is_boolean(open) ||
        !json_is_array(list))
        return rnn_fail(error, RNN_ERR_FORMAT,
                        "the vocabulary must be an object of \"units\" (\"chars\" or \"bytes\"), "
                        "\"open\" (true or false), \"normalize\" (\"none\" or \"nfc\") and "
                        "\"symbols\" (a list), and nothing else");
    const size_t size = json_array_size(list);
    if (size == 0 || size > RNN_MAX_SYMBOLS)
        return rnn_fail(error, RNN_ERR_FORMAT,
                        "the vocabulary lists %zu symbols; there must be 1 to %d", size,
                        RNN_MAX_SYMBOLS);
    uint32_t *codes = rnn_allocate(size, sizeof *codes);
    if (!codes)
        return out_of_memory(error);
    const rnn_units kind = units ? RNN_UNITS_BYTES : RNN_UNITS_CHARS;
    size_t count;
    rnn_status status = read_symbols(list, kind, json_is_true(open), codes, &count, error);
    if (status == RNN_OK)
        status = build(out, kind, json_is_true(open), normalize, codes, count, error);
    rnn_free(codes);
    return status;
}

rnn_status rnn_vocabulary_read_json(rnn_vocabulary **out, const char *json, size_t bytes,
                                    rnn_error *error) {
    *out = NULL;
    if (bytes > LONGEST_JSON)
        return rnn_fail(error, RNN_ERR_FORMAT,
                        "the vocabulary is %zu bytes of JSON; no vocabulary needs more than %zu",
                        bytes, LONGEST_JSON);
    json_error_t where;
    json_t *root = json_loadb(json, bytes, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &where);
    if (!root && json_error_code(&where) == json_error_out_of_memory)
        return out_of_memory(error);
    if (!root)
        return rnn_fail(error, RNN_ERR_FORMAT, "the vocabulary is not JSON: byte %d: %s",
                        where.position, where.text);
    rnn_status status = read_object(out, root, error);
    json_decref(root);
    return status;
}
