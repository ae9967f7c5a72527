/* SPDX-License-Identifier: MIT
 *
 * symbols.c - see symbols.h.
 *
 *   corpus -> kept bytes, census -> vocabulary -> encoder -> symbols -> file
 */
#include "text/symbols.h"

#include <assert.h>
#include <string.h>

#include <xxhash.h>

#include "base/memory.h"
#include "text/census.h"
#include "text/encoder.h"
#include "text/spool.h"

/* Bytes of text that are worked on at a time: with its symbols it stays in a
 * core's cache, and a write of it costs little more than the copy. */
#define PIECE ((size_t)128 << 10)

struct rnn_symbols {
    rnn_spool *spool;
    const uint8_t *narrow; /* [count] if width is 1 */
    const uint16_t *wide;  /* [count] if width is 2 */
    int width;
    uint64_t count, bytes, skipped, hash;
};

/* What encoding works with. */
typedef struct workshop {
    rnn_symbols *made;
    rnn_encoder *encoder;
    XXH3_state_t *hash;
    int32_t *symbols; /* [capacity] of the piece at hand */
    size_t capacity;
    uint16_t *packed; /* the same, at their width */
    char *piece;      /* [PIECE] */
} workshop;

static rnn_status out_of_memory(rnn_error *error) {
    return rnn_fail(error, RNN_ERR_MEMORY, "out of memory for reading text");
}

static void close_workshop(workshop *shop) {
    rnn_free(shop->piece);
    rnn_free(shop->packed);
    rnn_free(shop->symbols);
    XXH3_freeState(shop->hash);
    rnn_encoder_destroy(shop->encoder);
}

static rnn_status open_workshop(workshop *shop, const rnn_vocabulary *vocabulary, int skip_unknown,
                                const char *directory, rnn_error *error) {
    rnn_status status = rnn_encoder_create(&shop->encoder, vocabulary, skip_unknown, error);
    if (status != RNN_OK)
        return status;
    shop->made = rnn_allocate(1, sizeof *shop->made);
    shop->hash = XXH3_createState();
    shop->capacity = PIECE + 8; /* and what the piece before cut off */
    shop->symbols = rnn_allocate(shop->capacity, sizeof *shop->symbols);
    shop->packed = rnn_allocate(shop->capacity, sizeof *shop->packed);
    shop->piece = rnn_allocate(PIECE, 1);
    if (!shop->made || !shop->hash || !shop->symbols || !shop->packed || !shop->piece)
        return out_of_memory(error);
    XXH3_64bits_reset(shop->hash);
    shop->made->width = rnn_vocabulary_size(vocabulary) <= 256 ? 1 : 2;
    return rnn_spool_create(&shop->made->spool, directory, error);
}

/* Encodes and writes one piece, count <= PIECE. `rest` bytes of text are to come
 * after it, as far as is known. */
static rnn_status encode_piece(workshop *shop, const char *bytes, size_t count, int last,
                               uint64_t rest, rnn_error *error) {
    rnn_symbols *made = shop->made;
    size_t got = 0;
    rnn_status status = rnn_encoder_add(shop->encoder, bytes, count, last, &shop->symbols, &got,
                                        &shop->capacity, error);
    if (status != RNN_OK)
        return status;
    if (made->width == 1) {
        uint8_t *narrow = (uint8_t *)shop->packed;
        for (size_t i = 0; i < got; i++)
            narrow[i] = (uint8_t)shop->symbols[i];
    } else {
        for (size_t i = 0; i < got; i++)
            shop->packed[i] = (uint16_t)shop->symbols[i];
    }
    made->count += got;
    made->bytes += count;
    const size_t width = (size_t)made->width;
    XXH3_64bits_update(shop->hash, shop->packed, got * width);
    return rnn_spool_write(made->spool, shop->packed, got * width, (made->count + rest) * width,
                           error);
}

/* Encodes what the last piece left, and maps the file. *out owns it all. */
static rnn_status finish(workshop *shop, rnn_symbols **out, rnn_error *error) {
    rnn_symbols *made = shop->made;
    rnn_status status = encode_piece(shop, "", 0, 1, 0, error);
    const void *map;
    if (status != RNN_OK)
        return status;
    made->skipped = rnn_encoder_skipped(shop->encoder);
    made->hash = XXH3_64bits_digest(shop->hash);
    if (made->bytes == 0)
        return rnn_fail(error, RNN_ERR_RANGE, "the input holds no text");
    if (made->count == 0)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "nothing is left of the input: the model knows none of its %llu characters",
                        (unsigned long long)made->skipped);
    status = rnn_spool_map(made->spool, &map, error);
    if (status != RNN_OK)
        return status;
    made->narrow = map;
    made->wide = map;
    *out = made;
    shop->made = NULL;
    return RNN_OK;
}

/* Encodes bytes that were kept. */
static rnn_status encode_spool(rnn_symbols **out, const rnn_spool *kept,
                               const rnn_vocabulary *vocabulary, const char *directory,
                               rnn_error *error) {
    const uint64_t total = rnn_spool_size(kept);
    workshop shop = {0};
    rnn_status status = open_workshop(&shop, vocabulary, 0, directory, error);
    for (uint64_t at = 0; status == RNN_OK && at < total; at += PIECE) {
        size_t count = total - at < PIECE ? (size_t)(total - at) : PIECE;
        status = rnn_spool_read(kept, at, shop.piece, count, error);
        if (status == RNN_OK)
            status = encode_piece(&shop, shop.piece, count, 0, total - at - count, error);
    }
    if (status == RNN_OK)
        status = finish(&shop, out, error);
    rnn_symbols_destroy(shop.made);
    close_workshop(&shop);
    return status;
}

rnn_status rnn_symbols_encode(rnn_symbols **out, rnn_corpus *corpus,
                              const rnn_vocabulary *vocabulary, int skip_unknown,
                              const char *directory, rnn_error *error) {
    workshop shop = {0};
    uint64_t files = 0;
    size_t got = 1;
    *out = NULL;
    rnn_status status = open_workshop(&shop, vocabulary, skip_unknown, directory, error);
    while (status == RNN_OK && got > 0) {
        status = rnn_corpus_read(corpus, shop.piece, PIECE, &got, error);
        if (status != RNN_OK)
            break;
        if (rnn_corpus_files(corpus) != files)
            rnn_encoder_restart(shop.encoder);
        files = rnn_corpus_files(corpus);
        status =
            got > 0 ? encode_piece(&shop, shop.piece, got, 0, 0, error) : finish(&shop, out, error);
        if (status == RNN_ERR_SYMBOL)
            rnn_error_prefix(error, "%s", rnn_corpus_name(corpus));
    }
    rnn_symbols_destroy(shop.made);
    close_workshop(&shop);
    return status;
}

/* Reads a corpus to its end, keeps its bytes and counts them. *invalid_in is the
 * name of the file with the first byte that is not UTF-8, if there is one;
 * released with rnn_free. */
static rnn_status keep_and_count(rnn_corpus *corpus, rnn_spool *kept, rnn_census *census,
                                 char **invalid_in, rnn_error *error) {
    char *piece = rnn_allocate(PIECE, 1);
    rnn_status status = piece ? RNN_OK : out_of_memory(error);
    uint64_t files = 0;
    size_t got = 1;
    while (status == RNN_OK && got > 0) {
        status = rnn_corpus_read(corpus, piece, PIECE, &got, error);
        if (status != RNN_OK)
            break;
        if (rnn_corpus_files(corpus) != files)
            rnn_census_restart(census);
        files = rnn_corpus_files(corpus);
        rnn_census_add(census, piece, got, got == 0);
        status = rnn_spool_write(kept, piece, got, 0, error);
        if (status == RNN_OK && !*invalid_in && rnn_census_found_invalid(census, NULL, NULL)) {
            const char *name = rnn_corpus_name(corpus);
            *invalid_in = rnn_duplicate(name, strlen(name));
            status = *invalid_in ? RNN_OK : out_of_memory(error);
        }
    }
    rnn_free(piece);
    return status;
}

/* A symbol that is counted once is in the vocabulary. A byte that is no character by itself must
 * not become one with those behind it. */
static void count_known(rnn_census *census, const rnn_vocabulary *known) {
    for (int32_t i = 0; i < rnn_vocabulary_size(known); i++) {
        size_t bytes;
        const char *text = rnn_vocabulary_symbol(known, i, &bytes);
        rnn_census_add(census, text, bytes, bytes == 1 && (unsigned char)*text >= 0x80);
    }
    rnn_census_restart(census);
}

rnn_status rnn_symbols_prepare(rnn_symbols **out, rnn_vocabulary **vocabulary, rnn_corpus *corpus,
                               rnn_units units, int max_symbols, int normalize,
                               const rnn_vocabulary *known, const char *directory,
                               rnn_error *error) {
    rnn_spool *kept = NULL;
    rnn_census *census = NULL;
    char *invalid_in = NULL;
    *out = NULL;
    *vocabulary = NULL;
    rnn_status status = rnn_spool_create(&kept, directory, error);
    if (status == RNN_OK)
        status = rnn_census_create(&census, error);
    if (status == RNN_OK && known)
        count_known(census, known);
    if (status == RNN_OK)
        status = keep_and_count(corpus, kept, census, &invalid_in, error);
    if (status == RNN_OK) {
        status = rnn_vocabulary_create(vocabulary, census, units, max_symbols, normalize, error);
        if (status == RNN_ERR_SYMBOL && invalid_in)
            rnn_error_prefix(error, "%s", invalid_in);
    }
    rnn_census_destroy(census);
    rnn_free(invalid_in);
    if (status == RNN_OK)
        status = encode_spool(out, kept, *vocabulary, directory, error);
    rnn_spool_destroy(kept);
    if (status != RNN_OK) {
        rnn_vocabulary_destroy(*vocabulary);
        *vocabulary = NULL;
    }
    return status;
}

void rnn_symbols_destroy(rnn_symbols *symbols) {
    if (!symbols)
        return;
    rnn_spool_destroy(symbols->spool);
    rnn_free(symbols);
}

uint64_t rnn_symbols_count(const rnn_symbols *symbols) {
    return symbols->count;
}

uint64_t rnn_symbols_bytes(const rnn_symbols *symbols) {
    return symbols->bytes;
}

uint64_t rnn_symbols_skipped(const rnn_symbols *symbols) {
    return symbols->skipped;
}

uint64_t rnn_symbols_hash(const rnn_symbols *symbols) {
    return symbols->hash;
}

void rnn_symbols_get(const rnn_symbols *symbols, uint64_t from, size_t count, int32_t *out) {
    rnn_symbols_get_strided(symbols, from, count, out, 1);
}

void rnn_symbols_get_strided(const rnn_symbols *symbols, uint64_t from, size_t count, int32_t *out,
                             size_t stride) {
    assert(from <= symbols->count && count <= symbols->count - from);
    if (symbols->width == 1) {
        for (size_t i = 0; i < count; i++)
            out[i * stride] = symbols->narrow[from + i];
    } else {
        for (size_t i = 0; i < count; i++)
            out[i * stride] = symbols->wide[from + i];
    }
}
