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
    uint64_t high[256]; /* bytes from 0x80 */
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

/* Counts the ASCII that the piece goes on with, in whole words. */
static void count_ascii(rnn_census *census) {
    const unsigned char *at = census->reader.at;
    const size_t words = (size_t)(census->reader.end - at) / 8;
    for (size_t i = 0; i < words; i++, at += 8) {
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
    census->reader.at = at;
}

void rnn_census_add(rnn_census *census, const char *bytes, size_t count, int last) {
    rnn_utf8_reader *reader = &census->reader;
    rnn_utf8_unit unit;
    rnn_utf8_feed(reader, bytes, count, last);
    census->total += count;
    for (;;) {
        if (reader->held_count == 0 && reader->at < reader->end && *reader->at < 0x80)
            count_ascii(census);
        if (!rnn_utf8_next(reader, &unit))
            break;
        if (unit.valid && unit.code < 0x80) {
            census->ascii[0][unit.code]++;
            continue;
        }
        for (size_t i = 0; i < unit.length; i++)
            census->high[unit.bytes[i]]++;
        if (unit.valid) {
            census->codes[unit.code]++;
        } else if (!census->invalid) {
            census->invalid = 1;
            census->invalid_byte = unit.code;
            census->invalid_place = rnn_utf8_place(reader, 1);
        }
    }
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
