/* SPDX-License-Identifier: MIT
 *
 * workload.c - see workload.h.
 */
#include "bench/workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compute/kernels.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define MOST_STREAMS    65536
#define MOST_CHARACTERS 65536

static const char *const tasks[] = {"train", "evaluate", "sample", NULL};
static const char *const cells[] = {"tanh", "gru", "lstm", NULL};
static const char *const precisions[] = {"auto", "float32", "bf16", "int8", NULL};

/* Those in bf16 and int8 come behind those in float32 that they are like. */
static const rnn_workload standard[] = {
    {RNN_TASK_TRAIN, RNN_CELL_LSTM, 2, 512, 0, 100, 100, RNN_PRECISION_FLOAT32},
    {RNN_TASK_TRAIN, RNN_CELL_LSTM, 2, 512, 0, 100, 100, RNN_PRECISION_BF16},
    {RNN_TASK_TRAIN, RNN_CELL_LSTM, 3, 512, 0, 50, 100, RNN_PRECISION_FLOAT32},
    {RNN_TASK_TRAIN, RNN_CELL_GRU, 2, 512, 0, 100, 100, RNN_PRECISION_FLOAT32},
    {RNN_TASK_TRAIN, RNN_CELL_TANH, 2, 512, 0, 100, 100, RNN_PRECISION_FLOAT32},
    {RNN_TASK_TRAIN, RNN_CELL_LSTM, 2, 128, 0, 50, 50, RNN_PRECISION_FLOAT32},
    {RNN_TASK_EVALUATE, RNN_CELL_LSTM, 2, 512, 0, 100, 100, RNN_PRECISION_FLOAT32},
    {RNN_TASK_EVALUATE, RNN_CELL_LSTM, 2, 512, 0, 100, 100, RNN_PRECISION_BF16},
    {RNN_TASK_SAMPLE, RNN_CELL_LSTM, 2, 512, 0, 1, 1, RNN_PRECISION_FLOAT32},
    {RNN_TASK_SAMPLE, RNN_CELL_LSTM, 2, 512, 0, 1, 1, RNN_PRECISION_BF16},
    {RNN_TASK_SAMPLE, RNN_CELL_LSTM, 2, 512, 0, 1, 1, RNN_PRECISION_INT8},
    {RNN_TASK_SAMPLE, RNN_CELL_LSTM, 2, 512, 0, 64, 1, RNN_PRECISION_FLOAT32},
};

/* ------------------------------------------------------------------- reading */

/* What a configuration says, and about what it says nothing. */
typedef struct words {
    rnn_workload said;
    int task, cell, size, ngrams, batch, length, precision; /* 1: it says it */
} words;

/* The place of a word in a list that ends with NULL; -1. */
static int place(const char *const *list, const char *word) {
    for (int i = 0; list[i]; i++)
        if (strcmp(list[i], word) == 0)
            return i;
    return -1;
}

/* Digits at *at, at most `most`; moves behind them. 0: there are none, or too much. */
static size_t read_number(const char **at, size_t most) {
    size_t number = 0;
    const char *digit = *at;
    for (; *digit >= '0' && *digit <= '9'; digit++) {
        number = 10 * number + (size_t)(*digit - '0');
        if (number > most)
            return 0;
    }
    *at = digit;
    return number;
}

/* "b100", "s100", "n5", told by the first letter; 1 if the number is in range. */
static int read_lettered(words *w, const char *word, int **flag) {
    const struct {
        char letter;
        size_t least, most, *said;
        int *flag;
    } kinds[] = {
        {'b', 1, MOST_STREAMS, &w->said.batch, &w->batch},
        {'s', 1, MOST_CHARACTERS, &w->said.length, &w->length},
        {'n', 2, RNN_MAX_NGRAMS, &w->said.ngrams, &w->ngrams},
    };
    for (size_t i = 0; i < COUNT(kinds); i++) {
        const char *at = word + 1;
        if (*word != kinds[i].letter)
            continue;
        *kinds[i].said = read_number(&at, kinds[i].most);
        *flag = kinds[i].flag;
        return *kinds[i].said >= kinds[i].least && !*at;
    }
    return 0;
}

/* "2x512" and those with a letter: 1 if the word is such a one, with numbers in range. */
static int read_numbers(words *w, const char *word, int **flag) {
    const char *at = word;
    if (*at < '0' || *at > '9')
        return read_lettered(w, word, flag);
    w->said.layers = read_number(&at, RNN_MAX_LAYERS);
    if (w->said.layers == 0 || *at++ != 'x')
        return 0;
    w->said.hidden = read_number(&at, 65536);
    *flag = &w->size;
    return w->said.hidden > 0 && !*at;
}

static rnn_status read_word(words *w, const char *word, rnn_error *error) {
    int found, *flag = NULL;
    if ((found = place(tasks, word)) >= 0) {
        w->said.task = (rnn_task)found;
        flag = &w->task;
    } else if ((found = place(cells, word)) >= 0) {
        w->said.cell = (rnn_cell)found;
        flag = &w->cell;
    } else if ((found = place(precisions, word)) > RNN_PRECISION_AUTO) {
        w->said.precision = (rnn_precision)found;
        flag = &w->precision;
    } else {
        words before = *w;
        if (!read_numbers(w, word, &flag)) {
            *w = before;
            return rnn_fail(error, RNN_ERR_RANGE,
                            "'%.40s' is no word of a configuration; these are: train, evaluate or "
                            "sample; tanh, gru or lstm; layers x units, like 2x512 (at most %dx"
                            "65536); vectors of n-grams up to a length, like n5 (2 to %d); "
                            "streams, like b100; characters of a sequence, like s100; "
                            "float32, bf16 or int8",
                            word, RNN_MAX_LAYERS, RNN_MAX_NGRAMS);
        }
    }
    if (*flag)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "'%.40s' is the second of its kind; part configurations with commas", word);
    *flag = 1;
    return RNN_OK;
}

static rnn_status read_words(words *w, const char *text, size_t length, rnn_error *error) {
    const char *end = text + length;
    memset(w, 0, sizeof *w);
    while (text < end) {
        char word[64];
        size_t blanks = strspn(text, " "), letters;
        text += blanks;
        if (text >= end)
            break;
        letters = strcspn(text, " ,");
        snprintf(word, sizeof word, "%.*s", (int)letters, text);
        text += letters;
        rnn_status status = read_word(w, word, error);
        if (status != RNN_OK)
            return status;
    }
    return RNN_OK;
}

/* -------------------------------------------------------------------- choice */

static int is_part_of(const words *w, const rnn_workload *whole) {
    const rnn_workload *said = &w->said;
    return (!w->task || said->task == whole->task) && (!w->cell || said->cell == whole->cell) &&
           (!w->size || (said->layers == whole->layers && said->hidden == whole->hidden)) &&
           (!w->ngrams || said->ngrams == whole->ngrams) &&
           (!w->batch || said->batch == whole->batch) &&
           (!w->length || said->length == whole->length);
}

/* What is left out is as in the first standard configuration of the task. */
static rnn_status complete(const words *w, rnn_workload *out, rnn_error *error) {
    if (!w->task || !w->cell || !w->size)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "no standard configuration is like that; one of your own needs a task, a "
                        "cell and a size, like 'train lstm 4x256 b32 s64'");
    if (w->task && w->said.task == RNN_TASK_SAMPLE && w->length)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "sampling draws one character after another: leave s%zu out",
                        w->said.length);
    *out = w->said;
    const rnn_workload *like = standard;
    while (like->task != out->task)
        like++;
    if (!w->batch)
        out->batch = like->batch;
    if (!w->length)
        out->length = like->length;
    return RNN_OK;
}

/* Whether a standard configuration is meant by those who ask for no precision. */
static int is_usual(const rnn_workload *whole, int has_bf16) {
    return whole->precision == RNN_PRECISION_FLOAT32 || whole->task == RNN_TASK_SAMPLE || has_bf16;
}

/* The configurations that one item of the list stands for; room for all standard
 * ones. */
static rnn_status choose(const char *item, size_t length, rnn_precision precision, int has_bf16,
                         rnn_workload *out, size_t *count, rnn_error *error) {
    words w;
    rnn_network network;
    size_t found = 0;
    rnn_status status = read_words(&w, item, length, error);
    if (status != RNN_OK)
        return status;
    int any = !w.precision && precision == RNN_PRECISION_AUTO;
    for (size_t i = 0; i < COUNT(standard); i++)
        if (is_part_of(&w, &standard[i]) && (any ? is_usual(&standard[i], has_bf16)
                                                 : standard[i].precision == RNN_PRECISION_FLOAT32))
            out[found++] = standard[i];
    if (found == 0) {
        status = complete(&w, out, error);
        if (status == RNN_OK)
            status = rnn_workload_network(out, &network, error);
        if (status != RNN_OK)
            return status;
        found = 1;
        out->precision = RNN_PRECISION_FLOAT32;
    }
    for (size_t i = 0; i < found && !any; i++)
        out[i].precision = w.precision ? w.said.precision : precision;
    *count = found;
    return RNN_OK;
}

static int is_blank(const char *text, size_t length) {
    return strspn(text, " ") >= length;
}

/* Leaves out of list[count ...] what stands before; returns what then stays. */
static size_t drop_repetitions(rnn_workload *list, size_t count, size_t added) {
    size_t kept = count;
    for (size_t i = count; i < count + added; i++) {
        char name[RNN_WORKLOAD_NAME], other[RNN_WORKLOAD_NAME];
        size_t before = 0;
        rnn_workload_name(&list[i], name);
        for (; before < kept; before++) {
            rnn_workload_name(&list[before], other);
            if (strcmp(name, other) == 0)
                break;
        }
        if (before == kept)
            list[kept++] = list[i];
    }
    return kept;
}

rnn_status rnn_workload_list(rnn_workload **out, size_t *count, const char *list,
                             rnn_precision precision, int has_bf16, rnn_error *error) {
    size_t items = 1;
    int all = is_blank(list, strlen(list));
    *count = 0;
    for (const char *at = list; *at; at++)
        items += *at == ',';
    *out = rnn_allocate(items * COUNT(standard), sizeof **out);
    if (!*out)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for %zu configurations", items);
    for (const char *item = list;; item++) {
        size_t length = strcspn(item, ","), added = 0;
        rnn_status status =
            is_blank(item, length) && !all
                ? rnn_fail(error, RNN_ERR_RANGE, "nothing stands there")
                : choose(item, length, precision, has_bf16, *out + *count, &added, error);
        if (status != RNN_OK) {
            rnn_error_prefix(error, "'%.*s'", length < 80 ? (int)length : 80, item);
            rnn_free(*out);
            *out = NULL;
            return status;
        }
        *count = drop_repetitions(*out, *count, added);
        item += length;
        if (!*item)
            return RNN_OK;
    }
}

/* ------------------------------------------------------------------- telling */

void rnn_workload_name(const rnn_workload *what, char *name) {
    char ngrams[24] = "", sequence[24] = "";
    if (what->ngrams > 0)
        snprintf(ngrams, sizeof ngrams, " n%zu", what->ngrams);
    if (what->task != RNN_TASK_SAMPLE)
        snprintf(sequence, sizeof sequence, " s%zu", what->length);
    snprintf(name, RNN_WORKLOAD_NAME, "%s %s %zux%zu%s b%zu%s %s", tasks[what->task],
             cells[what->cell], what->layers, what->hidden, ngrams, what->batch, sequence,
             precisions[what->precision]);
}

rnn_status rnn_workload_network(const rnn_workload *what, rnn_network *out, rnn_error *error) {
    *out = (rnn_network){.cell = what->cell,
                         .layers = what->layers,
                         .hidden = what->hidden,
                         .symbols = RNN_WORKLOAD_SYMBOLS,
                         .ngrams = what->ngrams,
                         .ngram_size = what->ngrams > 0 ? RNN_WORKLOAD_NGRAM_SIZE : 0,
                         .ngram_rows = what->ngrams > 0 ? RNN_WORKLOAD_NGRAM_ROWS : 0,
                         .bias = 1};
    return rnn_network_lay_out(out, error);
}

/* (((2L - 1) H + (N - 1) S) G + V) H */
static double multiply_adds(const rnn_workload *what) {
    static const double gates[] = {1, 3, 4}; /* tanh, GRU, LSTM */
    double layers = (double)what->layers, hidden = (double)what->hidden;
    double vectors = what->ngrams > 0 ? (double)(what->ngrams - 1) * RNN_WORKLOAD_NGRAM_SIZE : 0;
    double inputs = (2 * layers - 1) * hidden + vectors;
    return (inputs * gates[what->cell] + RNN_WORKLOAD_SYMBOLS) * hidden;
}

double rnn_workload_flop(const rnn_workload *what) {
    return (what->task == RNN_TASK_TRAIN ? 6 : 2) * multiply_adds(what);
}

size_t rnn_workload_weight_bytes(const rnn_workload *what) {
    static const size_t bytes[RNN_PRECISIONS] = {0, 4, 2, 1};
    return (size_t)multiply_adds(what) * bytes[what->precision];
}
