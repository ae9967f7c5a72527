/* SPDX-License-Identifier: MIT
 *
 * contexts.c - see contexts.h.
 *
 * The sorted places pass by once. At each moment one context of each length is
 * open, those that the current place shares with its neighbours; a context is
 * closed where the next place no longer has it, and then adds one to the counts
 * of the context that it is longer than by one symbol.
 */
#include "ngram/contexts.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define SORTING_SHARE 4   /* one part in so many of the memory is for sorting */
#define MARGIN        0.9 /* of an estimate of what fits */

typedef struct node {
    uint32_t child, single, entry; /* the first of its own; they end where the next node's begin */
    uint16_t symbol;               /* the one that it has before its parent's */
} node;

/* Of an entry: the symbol that follows, and its count. Of a single: the symbol before
 * the node's context, and the one that follows. */
typedef struct pair {
    uint16_t symbol, value;
} pair;

/* An open context's counts. */
typedef struct tally {
    uint32_t *counts; /* [symbols] */
    uint16_t *seen;   /* [symbols]: those with a count */
    size_t seen_count;
} tally;

typedef struct builder {
    rnn_contexts *tree;
    tally tallies[RNN_PLACES_MOST_DEPTH + 1];
    int32_t around[RNN_PLACES_MOST_DEPTH + 1]; /* the place before the latest one */
    int depth;                                 /* of the places */
    int started, shared;                       /* symbols shared with the place before */
    int open;                                  /* the longest open context */
    uint64_t visited;                          /* places */
} builder;

/* ------------------------------------------------------------------ keeping */

static int keep_pair(rnn_contexts *tree, rnn_pool *pool, int32_t symbol, uint32_t value) {
    pair *item = rnn_pool_push(pool, &tree->budget);
    if (item)
        *item = (pair){(uint16_t)symbol, (uint16_t)value};
    return item != NULL;
}

static int keep_node(rnn_contexts *tree, int d, int32_t symbol) {
    node *item = rnn_pool_push(&tree->nodes[d], &tree->budget);
    if (item)
        *item = (node){d < tree->depth ? tree->nodes[d + 1].count : 0, tree->singles[d].count,
                       tree->entries[d].count, (uint16_t)symbol};
    return item != NULL;
}

/* ----------------------------------------------------------------- counting */

static void add(builder *b, int d, int32_t symbol) {
    tally *to = &b->tallies[d];
    if (to->counts[symbol]++ == 0)
        to->seen[to->seen_count++] = (uint16_t)symbol;
}

static int by_value(const void *a, const void *b) {
    return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

/* How often counts must be halved to fit 16 bits; only those of the longest contexts
 * of a very long text must. */
static int halvings(const tally *of) {
    int times = 0;
    for (size_t i = 0; i < of->seen_count; i++)
        while (of->counts[of->seen[i]] >> times > UINT16_MAX)
            times++;
    return times;
}

static int close_context(builder *b, int d) {
    tally *of = &b->tallies[d];
    int times = halvings(of);
    qsort(of->seen, of->seen_count, sizeof *of->seen, by_value);
    for (size_t i = 0; i < of->seen_count; i++) {
        int32_t symbol = of->seen[i];
        uint32_t value = of->counts[symbol] >> times;
        if (!keep_pair(b->tree, &b->tree->entries[d], symbol, value ? value : 1))
            return 0;
        if (d > 0)
            add(b, d - 1, symbol);
        of->counts[symbol] = 0;
    }
    of->seen_count = 0;
    return 1;
}

static int close_down_to(builder *b, int d) {
    while (b->open > d)
        if (!close_context(b, b->open--))
            return 0;
    return 1;
}

/* Counts the place that waits, which shares `next` symbols with the one behind it. */
static int take(builder *b, int next) {
    if (!close_down_to(b, b->shared))
        return 0;
    while (b->open < next) {
        b->open++;
        if (!keep_node(b->tree, b->open, b->around[b->open]))
            return 0;
    }
    /* Here b->open is what it shares with either neighbour: longer contexts of it were
     * seen once. What begins the text has no longer one. */
    add(b, b->open, b->around[0]);
    return b->open == b->depth || b->around[b->open + 1] < 0 ||
           keep_pair(b->tree, &b->tree->singles[b->open], b->around[b->open + 1],
                     (uint32_t)b->around[0]);
}

static int sink(void *context, const int32_t *around) {
    builder *b = context;
    int shared = 0;
    if (b->started) {
        while (shared < b->depth && around[shared + 1] == b->around[shared + 1])
            shared++;
        if (!take(b, shared))
            return 0;
    }
    b->started = 1;
    b->visited++;
    b->shared = shared;
    memcpy(b->around, around, ((size_t)b->depth + 1) * sizeof *around);
    return 1;
}

/* A last node in each list says where the one before it ends. */
static int seal(rnn_contexts *tree) {
    for (int d = 0; d <= tree->depth; d++)
        if (!keep_node(tree, d, 0))
            return 0;
    for (int d = 0; d <= tree->depth; d++)
        tree->number += tree->nodes[d].count - 1 + tree->singles[d].count;
    return 1;
}

/* The longest contexts that would fit `room` bytes, were the whole text like the part
 * of it that has been visited. A small part says little: no less than half as long. */
static int fitting_depth(const builder *b, uint64_t symbols, uint64_t room) {
    double bytes = 0, share = (double)b->visited / (double)symbols;
    int d = 0;
    for (; d < b->depth; d++) {
        bytes += (double)b->tree->nodes[d].count * sizeof(node);
        bytes += (double)b->tree->entries[d].count * sizeof(pair);
        if (d > 0)
            bytes += (double)b->tree->singles[d - 1].count * sizeof(pair);
        if (bytes > MARGIN * share * (double)room)
            break;
    }
    return d - 1 > b->depth / 2 ? d - 1 : b->depth / 2;
}

static rnn_status make_tallies(builder *b, size_t symbols, rnn_error *error) {
    for (int d = 0; d <= b->depth; d++) {
        b->tallies[d].counts = rnn_allocate(symbols, sizeof(uint32_t));
        b->tallies[d].seen = rnn_allocate(symbols, sizeof(uint16_t));
        if (!b->tallies[d].counts || !b->tallies[d].seen)
            return rnn_fail(error, RNN_ERR_MEMORY, "no memory to count contexts");
    }
    return RNN_OK;
}

static rnn_status too_little(const rnn_contexts *tree, rnn_error *error) {
    return rnn_fail(error, RNN_ERR_MEMORY,
                    "%.0f MB are too little to count the contexts of this text",
                    (double)tree->budget.limit / 1048576);
}

/* Counts contexts of one depth. *fits is the depth where that is possible, else a
 * lower one to try, 0 for none. */
static rnn_status count(builder *b, const rnn_places_text *text, int *fits, rnn_error *error) {
    rnn_contexts *tree = b->tree;
    size_t symbols = (size_t)text->symbols;
    uint64_t tallies = ((uint64_t)b->depth + 1) * symbols * (sizeof(uint32_t) + sizeof(uint16_t));
    uint64_t room = tree->budget.limit / SORTING_SHARE;
    uint64_t enough = (text->end - text->begin) * RNN_PLACES_BYTES;
    room = room < enough ? room : enough;
    uint64_t working = tallies + room + RNN_PLACES_FIXED;
    if (working >= tree->budget.limit)
        return too_little(tree, error);
    rnn_status status = make_tallies(b, symbols, error);
    if (status != RNN_OK)
        return status;
    tree->budget.used = working;
    int kept = keep_node(tree, 0, 0);
    if (kept)
        status = rnn_places_visit(text, b->depth, (size_t)room, sink, b, &tree->begin, error);
    if (status != RNN_OK)
        return status;
    kept = kept && b->visited == text->end - tree->begin && take(b, 0) && close_down_to(b, 0) &&
           close_context(b, 0) && seal(tree);
    if (!kept && tree->budget.out_of_memory)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for the contexts of a text");
    *fits =
        kept ? b->depth : fitting_depth(b, text->end - tree->begin, tree->budget.limit - working);
    tree->budget.used -= working;
    return RNN_OK;
}

static void begin(rnn_contexts *tree, int symbols, int depth, uint64_t memory) {
    *tree = (rnn_contexts){.symbols = symbols, .depth = depth, .budget = {0, memory, 0}};
    for (int d = 0; d <= RNN_PLACES_MOST_DEPTH; d++) {
        tree->nodes[d].item = sizeof(node);
        tree->entries[d].item = tree->singles[d].item = sizeof(pair);
    }
}

rnn_status rnn_contexts_count(rnn_contexts *out, const rnn_places_text *text, int depth,
                              uint64_t memory, rnn_error *error) {
    for (;;) {
        builder b = {.tree = out, .depth = depth};
        int fits = depth;
        begin(out, text->symbols, depth, memory);
        rnn_status status = count(&b, text, &fits, error);
        for (int d = 0; d <= b.depth; d++) {
            rnn_free(b.tallies[d].counts);
            rnn_free(b.tallies[d].seen);
        }
        if (status != RNN_OK || fits == depth)
            return status;
        rnn_contexts_release(out);
        if (fits < 1)
            return too_little(out, error);
        depth = fits;
    }
}

void rnn_contexts_release(rnn_contexts *contexts) {
    for (int d = 0; d <= RNN_PLACES_MOST_DEPTH; d++) {
        rnn_pool_release(&contexts->nodes[d], &contexts->budget);
        rnn_pool_release(&contexts->entries[d], &contexts->budget);
        rnn_pool_release(&contexts->singles[d], &contexts->budget);
    }
}

/* ------------------------------------------------------------------ looking */

static const node *node_at(const rnn_contexts *tree, int d, uint32_t index) {
    return rnn_pool_at(&tree->nodes[d], index);
}

static void look(const rnn_contexts *tree, int d, uint32_t index, int32_t symbol, rnn_counts *out) {
    uint32_t end = node_at(tree, d, index + 1)->entry;
    *out = (rnn_counts){0};
    for (uint32_t i = node_at(tree, d, index)->entry; i < end; i++) {
        const pair *entry = rnn_pool_at(&tree->entries[d], i);
        out->total += entry->value;
        out->of[rnn_contexts_class(entry->value)]++;
        if (entry->symbol == symbol)
            out->symbol = entry->value;
    }
}

/* The place of a symbol among items [begin, end) of a pool that begin with it at
 * `offset` and are sorted by it; end if it is not there. */
static uint32_t find(const rnn_pool *pool, uint32_t begin, uint32_t end, size_t offset,
                     int32_t symbol) {
    uint32_t low = begin, high = end;
    while (low < high) {
        uint32_t at = low + (high - low) / 2;
        uint16_t here;
        memcpy(&here, (const unsigned char *)rnn_pool_at(pool, at) + offset, sizeof here);
        if (here == symbol)
            return at;
        if (here < symbol)
            low = at + 1;
        else
            high = at;
    }
    return end;
}

int rnn_contexts_walk(const rnn_contexts *tree, const int32_t *history, size_t length,
                      int32_t symbol, rnn_counts out[RNN_PLACES_MOST_DEPTH + 1]) {
    uint32_t index = 0;
    for (int d = 0;; d++) {
        look(tree, d, index, symbol, &out[d]);
        if (d == tree->depth || (size_t)d == length)
            return d + 1;
        int32_t before = history[length - 1 - (size_t)d];
        const node *here = node_at(tree, d, index), *next = node_at(tree, d, index + 1);
        uint32_t child =
            find(&tree->nodes[d + 1], here->child, next->child, offsetof(node, symbol), before);
        if (child < next->child) {
            index = child;
            continue;
        }
        uint32_t single =
            find(&tree->singles[d], here->single, next->single, offsetof(pair, symbol), before);
        if (single == next->single)
            return d + 1;
        const pair *seen = rnn_pool_at(&tree->singles[d], single);
        out[d + 1] = (rnn_counts){1, {1, 0, 0, 0}, seen->value == symbol};
        return d + 2;
    }
}
