/* SPDX-License-Identifier: MIT
 *
 * suffixes.c - see suffixes.h.
 *
 * The search remembers how much of the pattern the suffixes at both ends of the range
 * have, and compares only what follows the lesser of that (Manber and Myers, 1993).
 */
#include "text/suffixes.h"

#include <divsufsort.h>
#include <string.h>

#include "base/memory.h"

struct rnn_suffixes {
    const unsigned char *text; /* [count], borrowed */
    size_t count;
    saidx_t *sorted; /* [count]: where the suffixes begin */
};

rnn_status rnn_suffixes_create(rnn_suffixes **out, const char *text, size_t count,
                               rnn_error *error) {
    *out = NULL;
    if (count > RNN_SUFFIXES_MOST)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "the text has %zu bytes; at most %d (2 GiB) can be searched", count,
                        RNN_SUFFIXES_MOST);
    rnn_suffixes *made = rnn_allocate(1, sizeof *made);
    if (made)
        made->sorted = rnn_allocate(count, sizeof *made->sorted);
    if (!made || !made->sorted ||
        divsufsort((const unsigned char *)text, made->sorted, (saidx_t)count) != 0) {
        rnn_suffixes_destroy(made);
        return rnn_fail(error, RNN_ERR_MEMORY,
                        "out of memory for searching the text: four bytes are needed for each of "
                        "its %zu",
                        count);
    }
    made->text = (const unsigned char *)text;
    made->count = count;
    *out = made;
    return RNN_OK;
}

void rnn_suffixes_destroy(rnn_suffixes *suffixes) {
    if (!suffixes)
        return;
    rnn_free(suffixes->sorted);
    rnn_free(suffixes);
}

size_t rnn_suffixes_longest(const rnn_suffixes *suffixes, const char *pattern, size_t count) {
    const unsigned char *wanted = (const unsigned char *)pattern;
    /* Suffixes before `low` are less than the pattern, those from `high` on greater;
     * the last of the former and the first of the latter share this much with it. */
    size_t low = 0, high = suffixes->count, below = 0, above = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2, begin = (size_t)suffixes->sorted[middle];
        const unsigned char *suffix = suffixes->text + begin;
        size_t length = suffixes->count - begin, same = below < above ? below : above;
        while (same < length && same < count && suffix[same] == wanted[same])
            same++;
        if (same == count)
            return count;
        if (same == length || suffix[same] < wanted[same]) {
            low = middle + 1;
            below = same;
        } else {
            high = middle;
            above = same;
        }
    }
    return below > above ? below : above;
}

size_t rnn_suffixes_find(const rnn_suffixes *suffixes, const char *pattern, size_t count,
                         size_t *first) {
    saidx_t left = 0;
    if (count > suffixes->count)
        return 0;
    saidx_t times =
        sa_search(suffixes->text, (saidx_t)suffixes->count, (const unsigned char *)pattern,
                  (saidx_t)count, suffixes->sorted, (saidx_t)suffixes->count, &left);
    if (times <= 0)
        return 0;
    saidx_t least = suffixes->sorted[left];
    for (saidx_t i = left; i < left + times; i++)
        least = suffixes->sorted[i] < least ? suffixes->sorted[i] : least;
    *first = (size_t)least;
    return (size_t)times;
}
