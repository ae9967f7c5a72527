/* SPDX-License-Identifier: MIT
 *
 * planner.c - see planner.h.
 */
#include "training/planner.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "training/optimizer.h"

/* ------------------------------------------------------------------- rules */

/* Shapes in the order of their cost. */
typedef struct shape {
    int layers, hidden;
} shape;

static const shape shapes[] = {
    {1, 64},  {1, 96},  {1, 128},  {1, 192},  {1, 256},  {1, 384},
    {1, 512}, {1, 768}, {1, 1024}, {1, 1536}, {2, 1024}, {3, 1024},
};

#define SHAPES (sizeof shapes / sizeof shapes[0])

/* A network pays if it reads this many characters for each recurrent weight, in at least so many
 * steps of all streams; vectors of n-grams that do not come through the text once want to read on
 * instead, ... */
#define CHARACTERS_A_WEIGHT              3.0
#define CHARACTERS_A_WEIGHT_BELOW_A_PASS 100.0
#define FEWEST_STEPS                     1000.0
/* ... and if it has no more of them than this for each character of the text. */
#define WEIGHTS_A_CHARACTER 3.65

/* Streams of a batch, and how few they may be where there would not be enough steps otherwise. */
#define STREAMS        32
#define FEWEST_STREAMS 8
#define ENOUGH_STEPS   2000.0
#define LENGTH         64
#define PASSAGE        1024
#define WARM_UP        50
#define WEIGHT_DECAY   0.05
/* Above so many symbols a one-hot input would be most of the network. */
#define MANY_SYMBOLS 512
#define EMBEDDING    128
/* N-grams have vectors of this size, and are the longer the longer a text is and the less often
 * it is read: by its characters for each time that it is read, times the root of its length in
 * millions; ... */
#define NGRAM_SIZE 16
static const struct {
    double characters;
    int ngrams;
} ngrams_from[] = {{3.2e7, 6}, {1.3e5, 5}, {0, 2}};
/* ... and a row of each length for so many characters, up to a power of two. */
#define CHARACTERS_A_ROW 64
#define FEWEST_ROWS      1024
#define MOST_ROWS        131072
/* From how many passes over the text on a share of them is dropped, and how it grows with their
 * logarithm. */
#define NGRAM_DROP_FROM   2.0
#define NGRAM_DROP_GROWTH 0.25
/* The rate for up to this many units in a layer; wider ones go slower by the root. */
#define RATE_WIDTH 512.0

/* Of the time for training, in which a shape's speed is measured. */
#define MEASURING       1e-3
#define LONGEST_MEASURE 0.5
/* The share of recurrent weights that is dropped grows so with the logarithm of passes over
 * the text times the root of weights a character, from nothing at that pressure. */
#define DROP_GROWTH 0.19
#define NO_PRESSURE 3.5
/* From where that is at its most, values of the top layer are dropped as well. */
#define OUTPUT_DROP_GROWTH  0.25
#define HIGH_PRESSURE       82.0
#define MOST_OUTPUT_DROPPED 0.5

/* Of the time, what validations and saves leave for steps. */
#define STEPPING 0.95

/* The plan as it grows. */
typedef struct draft {
    rnn_plan *plan;
    rnn_training *how;
    const rnn_plan_task *task;
    rnn_training asked;
} draft;

static RNN_PRINTF(2, 3) void say(draft *d, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(d->plan->line[d->plan->lines++], RNN_PLAN_ROOM, format, arguments);
    va_end(arguments);
}

/* A number with three digits: 0.082, 6.91, 981, 12.3 thousand, 7.21 million. */
typedef struct short_number {
    char text[32];
} short_number;

static short_number in_short(double count) {
    short_number out;
    if (count >= 1e9)
        snprintf(out.text, sizeof out.text, "%.3g billion", count / 1e9);
    else if (count >= 1e6)
        snprintf(out.text, sizeof out.text, "%.3g million", count / 1e6);
    else if (count >= 1e3)
        snprintf(out.text, sizeof out.text, "%.3g thousand", count / 1e3);
    else
        snprintf(out.text, sizeof out.text, "%.3g", count);
    return out;
}

/* ------------------------------------------------------------------ manner */

static double rate_for(const rnn_training *how) {
    switch (how->optimizer) {
    case RNN_SGD:
        return 0.5;
    case RNN_RMSPROP:
        return 2e-3;
    case RNN_ADAGRAD:
        return 2e-2;
    default:
        return how->beta1 == 0 ? 1.5e-2 : 1e-2;
    }
}

/* The longest n-grams for so many passes over the text. */
static int ngrams_for(const draft *d, double passes) {
    const double characters = (double)d->task->characters;
    const double each = characters / fmax(1, passes) * sqrt(characters / 1e6);
    int i = 0;
    while (each < ngrams_from[i].characters)
        i++;
    return ngrams_from[i].ngrams;
}

/* Those that one pass would bear: how many there will be depends on the shape. */
static void choose_ngrams(draft *d) {
    rnn_training *how = d->how;
    int rows = FEWEST_ROWS;
    while (rows < MOST_ROWS && (uint64_t)rows * CHARACTERS_A_ROW < d->task->characters)
        rows *= 2;
    if (how->ngrams == RNN_AUTO)
        how->ngrams = ngrams_for(d, 1);
    if (how->ngram_size == RNN_AUTO)
        how->ngram_size = NGRAM_SIZE;
    if (how->ngram_rows == RNN_AUTO)
        how->ngram_rows = rows;
}

static void choose_manner(draft *d) {
    rnn_training *how = d->how;
    if (how->cell == RNN_AUTO)
        how->cell = RNN_CELL_LSTM;
    if (how->batch_size == RNN_AUTO)
        how->batch_size = STREAMS;
    if (how->seq_length == RNN_AUTO)
        how->seq_length = LENGTH;
    if (how->passage == RNN_AUTO)
        how->passage = PASSAGE;
    if (how->optimizer == RNN_AUTO)
        how->optimizer = RNN_ADAMW;
    if (how->beta1 == RNN_AUTO)
        how->beta1 = 0;
    if (how->beta2 == RNN_AUTO)
        how->beta2 = 0.99;
    if (how->clip_norm == RNN_AUTO)
        how->clip_norm = how->clip_value > 0 ? 0 : 1;
    if (how->schedule == RNN_AUTO)
        how->schedule = RNN_SCHEDULE_COSINE;
    if (how->warmup_steps == RNN_AUTO)
        how->warmup_steps = how->steps > 0 && how->steps < 10 * WARM_UP ? how->steps / 10 : WARM_UP;
    if (how->weight_decay == RNN_AUTO)
        how->weight_decay = how->optimizer == RNN_ADAMW ? WEIGHT_DECAY : 0;
    if (how->embedding_size == RNN_AUTO && !how->tied_output)
        how->embedding_size = d->task->symbols > MANY_SYMBOLS ? EMBEDDING : 0;
    choose_ngrams(d);
}

/* ------------------------------------------------------------------- shape */

static shape shape_at(const draft *d, size_t i) {
    shape s = shapes[i];
    if (d->asked.num_layers != RNN_AUTO)
        s.layers = d->asked.num_layers;
    if (d->asked.hidden_size != RNN_AUTO)
        s.hidden = d->asked.hidden_size;
    return s;
}

static void take_shape(const draft *d, shape s) {
    rnn_training *how = d->how;
    how->num_layers = s.layers;
    how->hidden_size = s.hidden;
    if (d->asked.embedding_size == RNN_AUTO && how->tied_output)
        how->embedding_size = s.hidden;
    if (d->asked.dropout == RNN_AUTO)
        how->dropout = 0;
    if (d->asked.output_dropout == RNN_AUTO)
        how->output_dropout = 0;
    if (d->asked.weight_drop == RNN_AUTO)
        how->weight_drop = 0;
    if (d->asked.ngram_dropout == RNN_AUTO)
        how->ngram_dropout = 0;
    if (d->asked.learning_rate == RNN_AUTO)
        how->learning_rate = rate_for(how) * fmin(1, sqrt(RATE_WIDTH / s.hidden));
}

/* Weights between cells; those of symbols are used in turn and cost little. */
static double weights_of(const draft *d, shape s) {
    static const int gates[] = {[RNN_CELL_TANH] = 1, [RNN_CELL_GRU] = 3, [RNN_CELL_LSTM] = 4};
    return gates[d->how->cell] * (double)s.hidden * s.hidden * (2 * s.layers - 1);
}

static rnn_status measure(draft *d, shape s, double *characters, rnn_error *error) {
    double speed, seconds = fmin(d->task->seconds * MEASURING, LONGEST_MEASURE);
    take_shape(d, s);
    rnn_status status = d->task->speed(d->task->context, d->how, seconds, &speed, error);
    if (status != RNN_OK)
        return status;
    *characters = speed * d->task->seconds * STEPPING;
    return RNN_OK;
}

typedef enum bound { BY_NOTHING, BY_TIME, BY_TEXT, BY_MEMORY } bound;

/* Whether the time suffices for a shape that reads so much in it. */
static int has_time(const draft *d, shape s, double reads) {
    int reads_on = d->how->ngrams > 1 && reads < (double)d->task->characters;
    double a_weight = reads_on ? CHARACTERS_A_WEIGHT_BELOW_A_PASS : CHARACTERS_A_WEIGHT;
    return reads >= a_weight * weights_of(d, s) &&
           reads >= FEWEST_STEPS * d->how->batch_size * d->how->seq_length;
}

/* Up the shapes, as long as text and time allow the next one. */
static rnn_status climb(draft *d, shape *chosen, double *characters, bound *bounded,
                        rnn_error *error) {
    *chosen = shape_at(d, 0);
    *bounded = BY_NOTHING;
    rnn_status status = measure(d, *chosen, characters, error);
    for (size_t i = 1; status == RNN_OK && *bounded == BY_NOTHING && i < SHAPES; i++) {
        shape next = shape_at(d, i);
        double weights = weights_of(d, next), reads;
        if (weights <= weights_of(d, *chosen))
            continue;
        if (weights > WEIGHTS_A_CHARACTER * (double)d->task->characters) {
            *bounded = BY_TEXT;
            break;
        }
        status = measure(d, next, &reads, error);
        if (status == RNN_ERR_MEMORY) {
            *bounded = BY_MEMORY;
            status = RNN_OK;
        } else if (status == RNN_OK && !has_time(d, next, reads)) {
            *bounded = BY_TIME;
        } else if (status == RNN_OK) {
            *chosen = next;
            *characters = reads;
        }
    }
    take_shape(d, *chosen);
    return status;
}

/* Of what there is time for: where there is another budget as well, it may end sooner. */
static double will_read(const draft *d, double characters) {
    const rnn_training *how = d->how;
    if (how->epochs > 0)
        characters = fmin(characters, how->epochs * (double)d->task->characters);
    if (how->steps > 0)
        characters = fmin(characters, (double)how->steps * how->batch_size * how->seq_length);
    return characters;
}

/* What is read often is learnt by heart the sooner the longer its n-grams are. */
static rnn_status shorten_ngrams(draft *d, shape s, double *characters, rnn_error *error) {
    int ngrams = ngrams_for(d, will_read(d, *characters) / (double)d->task->characters);
    if (d->asked.ngrams != RNN_AUTO || ngrams >= d->how->ngrams)
        return RNN_OK;
    d->how->ngrams = ngrams;
    return measure(d, s, characters, error);
}

/* Fewer streams make more steps of the same time. */
static rnn_status choose_streams(draft *d, shape s, double *characters, rnn_error *error) {
    rnn_training *how = d->how;
    rnn_status status = RNN_OK;
    while (status == RNN_OK && d->asked.batch_size == RNN_AUTO &&
           how->batch_size > FEWEST_STREAMS &&
           *characters < ENOUGH_STEPS * how->batch_size * how->seq_length) {
        how->batch_size /= 2;
        status = measure(d, s, characters, error);
    }
    return status;
}

static rnn_status choose_shape(draft *d, rnn_error *error) {
    static const char *const cells[] = {
        [RNN_CELL_TANH] = "tanh", [RNN_CELL_GRU] = "GRU", [RNN_CELL_LSTM] = "LSTM"};
    static const char *const reasons[] = {
        [BY_NOTHING] = "",
        [BY_TIME] = "; more would read too little in the time",
        [BY_TEXT] = "; more would learn a text of this length by heart",
        [BY_MEMORY] = "; more would not fit into memory",
    };
    shape s;
    bound bounded;
    double characters = 0;
    rnn_status status = climb(d, &s, &characters, &bounded, error);
    if (status == RNN_OK)
        status = shorten_ngrams(d, s, &characters, error);
    if (status == RNN_OK)
        status = choose_streams(d, s, &characters, error);
    if (status != RNN_OK)
        return status;
    d->plan->characters_per_second = characters / (d->task->seconds * STEPPING);
    double read = will_read(d, characters);
    d->plan->passes = read / (double)d->task->characters;
    int given = d->asked.num_layers != RNN_AUTO && d->asked.hidden_size != RNN_AUTO;
    say(d, "%d layer%s of %d %s cells%s", s.layers, s.layers == 1 ? "" : "s", s.hidden,
        cells[d->how->cell], given ? ", as given" : reasons[bounded]);
    say(d, "%s characters a second here: %s in %s, %s passes over the text",
        in_short(d->plan->characters_per_second).text, in_short(read).text,
        read < characters ? "all" : "the time", in_short(d->plan->passes).text);
    return RNN_OK;
}

/* ---------------------------------------------------------------- the rest */

static const char *fall_of(const rnn_training *how) {
    switch (how->schedule) {
    case RNN_SCHEDULE_COSINE:
    case RNN_SCHEDULE_LINEAR:
        return ", which falls to 0 at the end";
    case RNN_SCHEDULE_CONSTANT:
        return "";
    default:
        return ", which falls by steps";
    }
}

/* A text that is read again and again is learnt by heart, and the sooner the more weights
 * there are for it, unless the network cannot rely on all of them. */
static double pressure_of(const draft *d) {
    shape s = {d->how->num_layers, d->how->hidden_size};
    double weights_a_character = weights_of(d, s) / (double)d->task->characters;
    return d->plan->passes * sqrt(weights_a_character);
}

/* A share that grows with the logarithm of pressure, in steps of 0.05. */
static double share_of(double pressure, double none, double growth, double most) {
    double share = growth * log(pressure / none);
    return round(fmax(0, fmin(most, share)) * 20) / 20;
}

static void choose_drop(draft *d) {
    double pressure = pressure_of(d);
    if (d->asked.weight_drop == RNN_AUTO)
        d->how->weight_drop =
            share_of(pressure, NO_PRESSURE, DROP_GROWTH, RNN_PLAN_MOST_WEIGHTS_DROPPED);
    if (d->asked.output_dropout == RNN_AUTO)
        d->how->output_dropout =
            share_of(pressure, HIGH_PRESSURE, OUTPUT_DROP_GROWTH, MOST_OUTPUT_DROPPED);
    if (d->asked.ngram_dropout == RNN_AUTO)
        d->how->ngram_dropout = d->how->ngrams > 1
                                    ? share_of(d->plan->passes, NGRAM_DROP_FROM, NGRAM_DROP_GROWTH,
                                               RNN_PLAN_MOST_NGRAMS_DROPPED)
                                    : 0;
}

static void tell_ngrams(draft *d) {
    const rnn_training *how = d->how;
    char dropped[64] = "";
    if (how->ngrams <= 1)
        return;
    if (how->ngram_dropout > 0)
        snprintf(dropped, sizeof dropped, ", of which %.0f %% are dropped",
                 100 * how->ngram_dropout);
    say(d, "beside each character, vectors for the last %s%d: %d numbers each, %d of a length%s",
        how->ngrams > 2 ? "2 to " : "", how->ngrams, how->ngram_size, how->ngram_rows, dropped);
}

static void tell_drop(draft *d) {
    const rnn_training *how = d->how;
    int weights = how->weight_drop > 0 && d->asked.weight_drop == RNN_AUTO;
    int outputs = how->output_dropout > 0 && d->asked.output_dropout == RNN_AUTO;
    char share[2][64] = {"", ""};
    if (weights)
        snprintf(share[0], sizeof share[0], "%.0f %% of the recurrent weights",
                 100 * how->weight_drop);
    if (outputs)
        snprintf(share[1], sizeof share[1], "%s%.0f %% of the outputs", weights ? " and " : "",
                 100 * how->output_dropout);
    if (weights || outputs)
        say(d,
            "%s%s dropped, others at each step: read so often, the text would be learnt by heart",
            share[0], share[1]);
}

static void tell_manner(draft *d) {
    static const char *const names[] = {[RNN_SGD] = "SGD",
                                        [RNN_RMSPROP] = "RMSProp",
                                        [RNN_ADAGRAD] = "Adagrad",
                                        [RNN_ADAM] = "Adam",
                                        [RNN_ADAMW] = "AdamW"};
    const rnn_training *how = d->how;
    say(d, "%s on %d streams of %d characters a step, at a rate of %.2g%s", names[how->optimizer],
        how->batch_size, how->seq_length, how->learning_rate, fall_of(how));
    tell_drop(d);
}

rnn_status rnn_plan_settings(rnn_plan *out, rnn_training *how, const rnn_plan_task *task,
                             rnn_error *error) {
    draft d = {.plan = out, .how = how, .task = task, .asked = *how};
    memset(out, 0, sizeof *out);
    choose_manner(&d);
    rnn_status status = choose_shape(&d, error);
    if (status == RNN_OK) {
        choose_drop(&d);
        tell_ngrams(&d);
        tell_manner(&d);
    }
    return status;
}
