/* SPDX-License-Identifier: MIT
 *
 * places.c - see places.h.
 *
 * The nearest symbols of a context are packed into one number, the nearest
 * highest, which slides along the text. A count of its first 16 bits cuts the
 * contexts into ranges that fit the room; for each range one pass collects its
 * places, and a three-way quicksort orders them, packing the symbols further
 * away where the first ones are equal (Bentley and Sedgewick: "Fast algorithms
 * for sorting and searching strings", SODA 1997, with several symbols at once).
 */
#include "ngram/places.h"

#include <string.h>

#include "base/memory.h"

#define BIN_BITS 16
#define BINS     ((size_t)1 << BIN_BITS)
#define CHUNK    4096 /* symbols read at once */
#define SMALL    12   /* places that are sorted by insertion */

typedef struct place {
    uint64_t key;
    uint32_t at; /* from where the text begins */
} place;

typedef struct sorter {
    rnn_places_text text;
    int depth, bits, packed; /* bits a symbol, symbols a key */
    uint32_t *bins;          /* [BINS]: places by the first bits of their keys */
    place *places;           /* [room] */
    size_t room, count;
} sorter;

_Static_assert(sizeof(place) == RNN_PLACES_BYTES, "bytes of a place");
_Static_assert(BINS * sizeof(uint32_t) == RNN_PLACES_FIXED, "bytes of the bins");

static uint64_t symbols_of(const rnn_places_text *text) {
    return text->end - text->begin;
}

/* Copies the symbols around a place as a sink hears of them. */
static void look(const sorter *s, uint32_t at, int32_t *around) {
    int32_t text[RNN_PLACES_MOST_DEPTH + 1];
    size_t before = at < (uint32_t)s->depth ? at : (size_t)s->depth;
    s->text.read(s->text.context, s->text.begin + at - before, before + 1, text);
    for (size_t d = 0; d <= (size_t)s->depth; d++)
        around[d] = d <= before ? text[before - d] : -1;
}

/* The key of the symbols behind the `skip` nearest ones. */
static uint64_t key_behind(const sorter *s, uint32_t at, int skip) {
    int32_t around[RNN_PLACES_MOST_DEPTH + 1];
    uint64_t key = 0;
    look(s, at, around);
    for (int i = 0; i < s->packed; i++) {
        int d = skip + 1 + i;
        key = key << s->bits | (uint64_t)(d <= s->depth ? around[d] + 1 : 0);
    }
    return key;
}

/* ------------------------------------------------------------------ sorting */

static void exchange(place *a, place *b) {
    place kept = *a;
    *a = *b;
    *b = kept;
}

static void insert(place *places, size_t count) {
    for (size_t i = 1; i < count; i++) {
        place moved = places[i];
        size_t j = i;
        for (; j > 0 && places[j - 1].key > moved.key; j--)
            places[j] = places[j - 1];
        places[j] = moved;
    }
}

static uint64_t middle(uint64_t a, uint64_t b, uint64_t c) {
    if (a > b) {
        uint64_t kept = a;
        a = b;
        b = kept;
    }
    return c < a ? a : c > b ? b : c;
}

static void sort_keys(place *places, size_t count) {
    while (count > SMALL) {
        uint64_t pivot = middle(places[0].key, places[count / 2].key, places[count - 1].key);
        size_t less = 0, more = count;
        for (size_t i = 0; i < more;) {
            if (places[i].key < pivot)
                exchange(&places[i++], &places[less++]);
            else if (places[i].key > pivot)
                exchange(&places[i], &places[--more]);
            else
                i++;
        }
        /* The smaller side first and the larger one in the loop: the stack stays low. */
        if (less < count - more) {
            sort_keys(places, less);
            places += more;
            count -= more;
        } else {
            sort_keys(places + more, count - more);
            count = less;
        }
    }
    insert(places, count);
}

/* Sorts places whose `skip` nearest symbols are the same, and whose keys hold those
 * behind. */
static void sort(const sorter *s, place *places, size_t count, int skip) {
    sort_keys(places, count);
    int known = skip + s->packed;
    if (known >= s->depth)
        return;
    for (size_t i = 0, j; i < count; i = j) {
        uint64_t key = places[i].key;
        for (j = i + 1; j < count && places[j].key == key; j++)
            continue;
        if (j - i == 1)
            continue;
        for (size_t n = i; n < j; n++)
            places[n].key = key_behind(s, places[n].at, known);
        sort(s, places + i, j - i, known);
    }
}

/* ------------------------------------------------------------------ passing */

typedef struct range {
    size_t first, end; /* bins */
} range;

/* One pass: counts the bins, or with a range collects its places. */
static void pass(sorter *s, const range *of) {
    int32_t chunk[CHUNK];
    int width = s->bits * s->packed;
    uint64_t key = 0, length = symbols_of(&s->text);
    s->count = 0;
    for (uint64_t from = 0; from < length; from += CHUNK) {
        size_t count = length - from < CHUNK ? (size_t)(length - from) : CHUNK;
        s->text.read(s->text.context, s->text.begin + from, count, chunk);
        for (size_t i = 0; i < count; i++) {
            size_t bin = (size_t)(key >> (width - BIN_BITS));
            if (!of)
                s->bins[bin]++;
            else if (bin >= of->first && bin < of->end)
                s->places[s->count++] = (place){key, (uint32_t)(from + i)};
            key = key >> s->bits | (uint64_t)(chunk[i] + 1) << (width - s->bits);
        }
    }
}

/* Counts the bins of as much of the text as can be sorted in the room. */
static void count_bins(sorter *s) {
    if (symbols_of(&s->text) > UINT32_MAX)
        s->text.begin = s->text.end - UINT32_MAX;
    for (;;) {
        uint32_t most = 0;
        memset(s->bins, 0, BINS * sizeof *s->bins);
        pass(s, NULL);
        for (size_t b = 0; b < BINS; b++)
            most = s->bins[b] > most ? s->bins[b] : most;
        if (most <= s->room)
            return;
        s->text.begin += (symbols_of(&s->text) + 1) / 2;
    }
}

/* The next bins, from `first` on, that fit the room together. */
static range next_range(const sorter *s, size_t first) {
    uint64_t places = 0;
    size_t end = first;
    while (end < BINS && places + s->bins[end] <= s->room)
        places += s->bins[end++];
    return (range){first, end};
}

static void visit(sorter *s, rnn_places_sink sink, void *context) {
    int32_t around[RNN_PLACES_MOST_DEPTH + 1];
    range part = {0, 0};
    while (part.end < BINS) {
        part = next_range(s, part.end);
        pass(s, &part);
        sort(s, s->places, s->count, 0);
        for (size_t i = 0; i < s->count; i++) {
            look(s, s->places[i].at, around);
            if (!sink(context, around))
                return;
        }
    }
}

rnn_status rnn_places_visit(const rnn_places_text *text, int depth, size_t room,
                            rnn_places_sink sink, void *context, uint64_t *begin,
                            rnn_error *error) {
    sorter s = {.text = *text, .depth = depth};
    for (s.bits = 1; text->symbols >> s.bits; s.bits++) /* symbols + 1 codes */
        continue;
    s.packed = 64 / s.bits;
    s.room = room / RNN_PLACES_BYTES;
    if (s.room > symbols_of(text))
        s.room = (size_t)symbols_of(text);
    s.bins = rnn_allocate(BINS, sizeof *s.bins);
    s.places = rnn_allocate(s.room, sizeof *s.places);
    rnn_status status = RNN_OK;
    if (!s.bins || !s.places || s.room == 0) {
        status = rnn_fail(error, RNN_ERR_MEMORY, "no memory to sort the contexts of a text");
    } else {
        count_bins(&s);
        *begin = s.text.begin;
        visit(&s, sink, context);
    }
    rnn_free(s.bins);
    rnn_free(s.places);
    return status;
}
