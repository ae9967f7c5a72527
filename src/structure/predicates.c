/* SPDX-License-Identifier: MIT
 *
 * predicates.c - see predicates.h.
 */
#include "structure/predicates.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "base/memory.h"
#include "structure/language.h"
#include "text/utf8.h"

#define MOST_VALUE 255

/* Those of any text, in their order. */
enum {
    WORD_START,
    CAPITAL,
    DIGIT,
    SENTENCE_END,
    URL,
    WORD,
    INDENT,
    COLUMN,
    LINE,
    LINE_END,
    GENERAL,
};

static const rnn_predicate general[GENERAL] = {
    {"word start", "the first character of a word", 0},
    {"capital", "a capital letter", 0},
    {"digit", "a digit", 0},
    {"sentence end", "the blanks behind a sentence", 0},
    {"url", "inside a URL", 0},
    {"word", "characters of the word so far", 1},
    {"indent", "blanks that the line began with", 1},
    {"column", "characters of the line so far", 1},
    {"line", "lines since the last empty one", 1},
    {"line end", "characters up to the line's end", 1},
};

struct rnn_predicates {
    const rnn_language *language; /* or NULL */
    char after[RNN_PREDICATES_AFTER + 1];
    size_t after_bytes;
    size_t count;
    rnn_predicate list[RNN_PREDICATES_MOST];
    /* Places in the list; 0 where there is none, which is a general one's. */
    size_t after_at, first_of_language, quote, comment, depth, condition;
    size_t kinds[RNN_STRUCTURE_KINDS];
};

/* --------------------------------------------------------------------- a list */

static size_t add(rnn_predicates *self, const char *name, int graded, const char *words,
                  const char *more) {
    rnn_predicate *to = &self->list[self->count];
    assert(self->count < RNN_PREDICATES_MOST);
    snprintf(to->name, sizeof to->name, "%s", name);
    snprintf(to->words, sizeof to->words, "%s%s", words, more);
    to->graded = graded;
    return self->count++;
}

static void add_language(rnn_predicates *self) {
    const rnn_language *language = self->language;
    int brackets = 0;
    self->first_of_language = self->count;
    for (size_t k = 0; k < language->kind_count; k++) {
        rnn_language_role role = language->kinds[k].role;
        brackets += role == RNN_LANGUAGE_BRACKET;
        if (role == RNN_LANGUAGE_QUOTE && !self->quote)
            self->quote = add(self, "quote", 0, "inside quotation marks", "");
        if (role == RNN_LANGUAGE_COMMENT && !self->comment)
            self->comment = add(self, "comment", 0, "inside a comment", "");
    }
    if (language->in_comment && !self->comment)
        self->comment = add(self, "comment", 0, "inside a comment", "");
    if (language == &rnn_language_c)
        self->condition = add(self, "if ( )", 0, "inside the condition of an if", "");
    for (size_t k = 0; k < language->kind_count; k++) {
        const rnn_language_pair *kind = &language->kinds[k];
        if (kind->role == RNN_LANGUAGE_BRACKET || kind->role == RNN_LANGUAGE_OTHER)
            self->kinds[k] = add(self, kind->text, 0, "inside ", kind->text);
    }
    if (brackets > 0)
        self->depth = add(self, "depth", 1, "how many brackets are open", "");
}

/* Sees that the text is UTF-8, and writes it as it may be shown. */
static rnn_status check_after(const char *after, char *shown, size_t room, rnn_error *error) {
    size_t bytes = strlen(after), n = 0;
    rnn_utf8_reader reader = {0};
    rnn_utf8_unit unit;
    if (bytes > RNN_PREDICATES_AFTER)
        return rnn_fail(error, RNN_ERR_RANGE, "%zu bytes to stand behind; %d are the most", bytes,
                        RNN_PREDICATES_AFTER);
    rnn_utf8_feed(&reader, after, bytes, 1);
    while (rnn_utf8_next(&reader, &unit)) {
        if (!unit.valid)
            return rnn_fail(error, RNN_ERR_RANGE, "what to stand behind is not UTF-8");
        utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)unit.code);
        if (unit.code == '\n' || unit.code == '\t')
            n += (size_t)snprintf(shown + n, room - n, unit.code == '\n' ? "\\n" : "\\t");
        else if (category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF)
            n += (size_t)snprintf(shown + n, room - n, "?");
        else
            n += (size_t)snprintf(shown + n, room - n, "%.*s", (int)unit.length,
                                  (const char *)unit.bytes);
    }
    return RNN_OK;
}

rnn_status rnn_predicates_create(rnn_predicates **out, const rnn_language *language,
                                 const char *after, rnn_error *error) {
    char shown[2 * RNN_PREDICATES_AFTER + 1] = "";
    *out = NULL;
    if (after) {
        rnn_status status = check_after(after, shown, sizeof shown, error);
        if (status != RNN_OK)
            return status;
    }
    rnn_predicates *self = rnn_allocate(1, sizeof *self);
    if (!self)
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory for predicates");
    memcpy(self->list, general, sizeof general);
    self->count = GENERAL;
    if (after && *after) {
        self->after_bytes = strlen(after);
        memcpy(self->after, after, self->after_bytes);
        self->after_at = add(self, "after", 0, "right behind ", shown);
    }
    self->language = language;
    if (language)
        add_language(self);
    *out = self;
    return RNN_OK;
}

void rnn_predicates_destroy(rnn_predicates *self) {
    rnn_free(self);
}

size_t rnn_predicates_count(const rnn_predicates *self) {
    return self->count;
}

const rnn_predicate *rnn_predicates_at(const rnn_predicates *self, size_t index) {
    return index < self->count ? &self->list[index] : NULL;
}

/* ------------------------------------------------------------------- any text */

/* What has been read of a text, and the values that its last character has. */
typedef struct reading {
    const rnn_predicates *of;
    rnn_structure *structure; /* or NULL */
    rnn_utf8_reader reader;
    uint32_t before;                     /* the character before; 0: none */
    char tail[RNN_PREDICATES_AFTER + 4]; /* the last bytes before the character at hand */
    size_t tail_bytes;
    uint64_t word, indent, column, line;
    int indenting; /* nothing but blanks stands in this line */
    int stopped;   /* . ! or ? came, and since then at most marks that close and blanks */
    int in_url;
    /* Of C's conditions. */
    int is_if;          /* the last word was "if", but no #if */
    uint32_t solid;     /* the last character that is no blank */
    uint32_t ahead;     /* and the last one ahead of the word at hand */
    uint64_t condition; /* 1 + where the condition that is open began; 0: none is */
    size_t rounds;      /* openings that wait while it is open, at least */
    uint8_t value[RNN_PREDICATES_MOST];
} reading;

static uint8_t at_most(uint64_t value) {
    return value < MOST_VALUE ? (uint8_t)value : MOST_VALUE;
}

static utf8proc_category_t category_of(uint32_t code) {
    return code < RNN_CODE_POINTS ? utf8proc_category((utf8proc_int32_t)code)
                                  : UTF8PROC_CATEGORY_CN;
}

static int is_in_word(uint32_t code) {
    utf8proc_category_t category = category_of(code);
    return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO) || code == '_';
}

static int is_blank(uint32_t code) {
    return code == '\n' || rnn_language_is_blank(code) || category_of(code) == UTF8PROC_CATEGORY_ZS;
}

static void take_word(reading *r, uint32_t code) {
    utf8proc_category_t category = category_of(code);
    r->word = is_in_word(code) ? r->word + 1 : 0;
    r->value[WORD_START] = r->word == 1;
    r->value[WORD] = at_most(r->word);
    r->value[CAPITAL] = category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LT;
    r->value[DIGIT] = category == UTF8PROC_CATEGORY_ND;
}

/* Also of Chinese and Japanese, Arabic and Urdu, and the scripts of India. */
static int ends_sentence(uint32_t code) {
    return code == '.' || code == '!' || code == '?' || code == 0x3002 || code == 0xFF01 ||
           code == 0xFF1F || code == 0x61F || code == 0x6D4 || code == 0x964;
}

static void take_sentence(reading *r, uint32_t code) {
    utf8proc_category_t category = category_of(code);
    int closes = category == UTF8PROC_CATEGORY_PE || category == UTF8PROC_CATEGORY_PF ||
                 code == '"' || code == '\'';
    int blank = is_blank(code);
    if (ends_sentence(code))
        r->stopped = 1;
    else if (!blank && !closes)
        r->stopped = 0;
    r->value[SENTENCE_END] = r->stopped && blank;
}

static void take_line(reading *r, uint32_t code) {
    if (code == '\n') {
        r->line = r->indenting ? 0 : r->line + 1;
        r->column = r->indent = 0;
        r->indenting = 1;
    } else {
        r->column++;
        if (r->indenting && code == '\t')
            r->indent += 8 - r->indent % 8;
        else if (r->indenting && rnn_language_is_blank(code))
            r->indent += code == ' ';
        else
            r->indenting = 0;
    }
    r->value[LINE] = at_most(r->line);
    r->value[COLUMN] = at_most(r->column);
    r->value[INDENT] = at_most(r->indent);
}

static int ends_with(const reading *r, const char *text, size_t bytes) {
    return r->tail_bytes >= bytes && memcmp(r->tail + r->tail_bytes - bytes, text, bytes) == 0;
}

/* From the :// or the www. that tells that one is there. */
static void take_url(reading *r, uint32_t code) {
    if (r->in_url) {
        r->in_url = !is_blank(code) && !(code < 128 && strchr("<>\"'[](){}|", (int)code));
    } else if (code == '/') {
        size_t n = r->tail_bytes;
        r->in_url = n >= 3 && ends_with(r, ":/", 2) &&
                    rnn_language_is_letter((unsigned char)r->tail[n - 3]);
    } else if (code == '.') {
        size_t n = r->tail_bytes;
        r->in_url = ends_with(r, "www", 3) &&
                    (n == 3 || !rnn_language_is_letter((unsigned char)r->tail[n - 4]));
    }
    r->value[URL] = r->in_url != 0;
}

/* ----------------------------------------------------------------- a language */

static uint64_t age(const rnn_structure *structure, uint64_t at) {
    return rnn_structure_at(structure) - at;
}

/* Inside the parentheses behind the word "if", with whatever they hold. */
static void take_condition(reading *r, uint32_t code, size_t rounds_before) {
    size_t rounds = rnn_structure_waiting(r->structure, 0);
    if (r->condition &&
        (rounds < r->rounds || age(r->structure, r->condition - 1) > RNN_STRUCTURE_PATIENCE))
        r->condition = 0;
    if (!r->condition && code == '(' && rounds > rounds_before && r->is_if) {
        r->condition = rnn_structure_at(r->structure);
        r->rounds = rounds;
    }
    if (r->word == 1)
        r->ahead = r->solid;
    if (code == 'f' && r->word == 2)
        r->is_if = r->before == 'i' && r->ahead != '#';
    else if (!is_blank(code))
        r->is_if = 0;
    if (!is_blank(code))
        r->solid = code;
    r->value[r->of->condition] = r->condition != 0;
}

/* What becomes of a kind of pair. */
static size_t place_of(const rnn_predicates *of, size_t kind) {
    rnn_language_role role = of->language->kinds[kind].role;
    return role == RNN_LANGUAGE_QUOTE     ? of->quote
           : role == RNN_LANGUAGE_COMMENT ? of->comment
                                          : of->kinds[kind];
}

static void take_pairs(reading *r) {
    const rnn_predicates *of = r->of;
    uint64_t open = 0;
    for (size_t p = of->first_of_language; p < of->count; p++)
        r->value[p] = 0;
    if (of->comment)
        r->value[of->comment] = rnn_structure_in_comment(r->structure) != 0;
    for (int layer = 0; layer < RNN_LANGUAGE_LAYERS; layer++) {
        size_t depth;
        const rnn_opening *stack = rnn_structure_stack(r->structure, layer, &depth);
        for (; depth > 0 && age(r->structure, stack[depth - 1].at) <= RNN_STRUCTURE_PATIENCE;
             depth--) {
            size_t kind = stack[depth - 1].kind;
            r->value[place_of(of, kind)] = 1;
            open += of->language->kinds[kind].role == RNN_LANGUAGE_BRACKET;
        }
    }
    if (of->depth)
        r->value[of->depth] = at_most(open);
}

/* -------------------------------------------------------------------- a text */

static void keep_tail(reading *r, const rnn_utf8_unit *unit) {
    size_t room = sizeof r->tail, drop = 0;
    if (r->tail_bytes + unit->length > room)
        drop = r->tail_bytes + unit->length - room;
    memmove(r->tail, r->tail + drop, r->tail_bytes - drop);
    memcpy(r->tail + r->tail_bytes - drop, unit->bytes, unit->length);
    r->tail_bytes += unit->length - drop;
}

static rnn_status take(reading *r, const rnn_utf8_unit *unit, rnn_error *error) {
    const rnn_predicates *of = r->of;
    uint32_t code = unit->valid ? unit->code : RNN_LANGUAGE_BYTE + unit->code;
    rnn_status status = RNN_OK;
    take_word(r, code);
    take_sentence(r, code);
    take_line(r, code);
    take_url(r, code);
    if (of->after_at)
        r->value[of->after_at] = ends_with(r, of->after, of->after_bytes) != 0;
    if (r->structure) {
        size_t rounds = rnn_structure_waiting(r->structure, 0);
        status = rnn_structure_add(r->structure, (const char *)unit->bytes, unit->length, error);
        take_pairs(r);
        if (of->condition)
            take_condition(r, code, rounds);
    }
    keep_tail(r, unit);
    r->before = code;
    return status;
}

/* From 1 where a line breaks to how far ahead the next break is; the text's end, behind
 * which nothing is known, is taken for one. */
static void look_ahead(uint8_t *values, uint64_t symbols) {
    uint64_t ahead = 0;
    for (uint64_t i = symbols; i-- > 0;) {
        int breaks = values[i];
        values[i] = at_most(++ahead);
        if (breaks)
            ahead = 0;
    }
}

static int is_told_at_once(const rnn_predicates *of, size_t place) {
    for (size_t kind = 0; kind < of->language->kind_count; kind++)
        if (of->language->kinds[kind].at_once && place_of(of, kind) == place)
            return 1;
    return 0;
}

/* What a language tells so many characters late moves to where it belongs; `completed` says how
 * many characters each symbol has completed. */
static void make_up(const rnn_predicates *of, uint64_t symbols, const uint8_t *completed,
                    uint8_t *values) {
    const uint64_t delay = of->language->delay;
    if (delay == 0)
        return;
    for (size_t p = of->first_of_language; p < of->count; p++) {
        uint8_t *row = values + p * symbols;
        uint64_t ahead = 0, from = 0; /* characters completed behind i, up to `from` */
        if (is_told_at_once(of, p))
            continue;
        for (uint64_t i = 0; i < symbols; i++) {
            ahead -= i > 0 ? completed[i] : 0;
            while (ahead < delay && from + 1 < symbols)
                ahead += completed[++from];
            row[i] = row[from];
        }
    }
}

rnn_status rnn_predicates_read(const rnn_predicates *self, rnn_predicates_source source,
                               void *context, uint64_t symbols, uint8_t *values, rnn_error *error) {
    reading r = {.of = self, .indenting = 1};
    rnn_status status = RNN_OK;
    uint8_t *completed = rnn_allocate((size_t)symbols, 1);
    if (!completed)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory to look at %llu symbols",
                        (unsigned long long)symbols);
    if (self->language)
        status = rnn_structure_create(&r.structure, self->language, error);
    for (uint64_t i = 0; i < symbols && status == RNN_OK; i++) {
        rnn_utf8_unit unit;
        size_t bytes;
        const char *text = source(context, i, &bytes);
        rnn_utf8_feed(&r.reader, text, bytes, 0);
        r.value[LINE_END] = 0;
        while (status == RNN_OK && rnn_utf8_next(&r.reader, &unit)) {
            status = take(&r, &unit, error);
            completed[i]++;
            r.value[LINE_END] = unit.valid && unit.code == '\n';
        }
        for (size_t p = 0; p < self->count; p++)
            values[p * symbols + i] = r.value[p];
    }
    if (status == RNN_OK) {
        look_ahead(values + LINE_END * symbols, symbols);
        if (self->language)
            make_up(self, symbols, completed, values);
    }
    rnn_structure_destroy(r.structure);
    rnn_free(completed);
    return status;
}
