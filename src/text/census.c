/* SPDX-License-Identifier: MIT
 *
 * census.c - see census.h.
 */
#include "text/census.h"

#include <string.h>

#include "base/memory.h"

#define LANES 4

struct rnn_census {
    uint64_t total;
    /* ASCII is counted in several tables by turns: with a single one, a run of
     * one letter would wait for each increment to reach the next. */
    uint64_t ascii[LANES][128];
    uint64_t high[256]; /* bytes from 0x80: invalid ones, and after the last piece all */
    uint64_t *codes;    /* [RNN_CODE_POINTS]; those of ASCII stay 0 */
    rnn_utf8_reader reader;
    int invalid;
    unsigned invalid_byte;
    rnn_place invalid_place;
};

rnn_status rnn_census_create(rnn_census **out, rnn_error *error) {
    *out = NULL;
    rnn_census *census = rnn_allocate(1, sizeof *census);
    if (!census)
        goto fail;
    census->codes = rnn_allocate(RNN_CODE_POINTS, sizeof *census->codes);
    if (!census->codes)
        goto fail;
    *out = census;
    return RNN_OK;
fail:
    rnn_census_destroy(census);
    return rnn_fail(error, RNN_ERR_MEMORY, "out of memory for counting characters");
}

void rnn_census_destroy(rnn_census *census) {
    if (!census)
        return;
    rnn_free(census->codes);
    rnn_free(census);
}

/* Counts the ASCII that `at` goes on with, in whole words. Returns where it ends. */
static const unsigned char *count_ascii(rnn_census *census, const unsigned char *at,
                                        const unsigned char *end) {
    for (; end - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        if (word & 0x8080808080808080u)
            break;
        census->ascii[0][at[0]]++;
        census->ascii[1][at[1]]++;
        census->ascii[2][at[2]]++;
        census->ascii[3][at[3]]++;
        census->ascii[0][at[4]]++;
        census->ascii[1][at[5]]++;
        census->ascii[2][at[6]]++;
        census->ascii[3][at[7]]++;
    }
    return at;
}

/* Counts what the piece goes on with, up to what is not a whole character. */
static void count_valid(rnn_census *census) {
    const unsigned char *at = census->reader.at, *end = census->reader.end;
    while (at < end) {
        uint32_t code;
        if (*at < 0x80) {
            at = count_ascii(census, at, end);
            for (; at < end && *at < 0x80; at++)
                census->ascii[0][*at]++;
            continue;
        }
        int length = rnn_utf8_decode(at, (size_t)(end - at), &code);
        if (length <= 0)
            break;
        census->codes[code]++;
        at += length;
    }
    census->reader.at = at;
}

/* Adds the bytes that the counted characters are made of. */
static void count_bytes(rnn_census *census) {
    for (uint32_t code = 0x80; code < RNN_CODE_POINTS; code++) {
        char bytes[4];
        if (census->codes[code] == 0)
            continue;
        size_t length = rnn_utf8_encode(code, bytes);
        for (size_t i = 0; i < length; i++)
            census->high[(unsigned char)bytes[i]] += census->codes[code];
    }
}

void rnn_census_add(rnn_census *census, const char *bytes, size_t count, int last) {
    rnn_utf8_reader *reader = &census->reader;
    rnn_utf8_unit unit;
    rnn_utf8_feed(reader, bytes, count, last);
    census->total += count;
    for (;;) {
        if (reader->held_count == 0)
            count_valid(census);
        if (!rnn_utf8_next(reader, &unit))
            break;
        if (unit.valid) {
            uint64_t *counter =
                unit.code < 0x80 ? &census->ascii[0][unit.code] : &census->codes[unit.code];
            ++*counter;
            continue;
        }
        census->high[unit.code]++;
        if (!census->invalid) {
            census->invalid = 1;
            census->invalid_byte = unit.code;
            census->invalid_place = rnn_utf8_place(reader, 1);
        }
    }
    if (last)
        count_bytes(census);
}

void rnn_census_restart(rnn_census *census) {
    rnn_utf8_restart(&census->reader);
}

uint64_t rnn_census_total(const rnn_census *census) {
    return census->total;
}

uint64_t rnn_census_of_code(const rnn_census *census, uint32_t code) {
    if (code >= 0x80)
        return census->codes[code];
    uint64_t count = 0;
    for (int lane = 0; lane < LANES; lane++)
        count += census->ascii[lane][code];
    return count;
}

uint64_t rnn_census_of_byte(const rnn_census *census, int byte) {
    if (byte < 0x80)
        return rnn_census_of_code(census, (uint32_t)byte);
    return census->high[byte];
}

int rnn_census_found_invalid(const rnn_census *census, unsigned *byte, rnn_place *place) {
    if (byte)
        *byte = census->invalid_byte;
    if (place)
        *place = census->invalid_place;
    return census->invalid;
}
