/* SPDX-License-Identifier: MIT
 *
 * rnn.h - recurrent character-level language models: train, sample, score.
 *
 * The whole public interface of librnn. Every type whose members are not shown
 * here is opaque. Who creates destroys; destroy accepts NULL; a child (a state,
 * a sampler) must be destroyed before the model that it was made from.
 * The library never prints, exits or aborts on data.
 *
 * Threads: a model is read-only once loaded and may be shared by any number of
 * threads; a state, a sampler or a training run serves one thread at a time.
 */
#ifndef RNN_H
#define RNN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define RNN_API __attribute__((visibility("default")))
#else
#define RNN_API
#endif

#define RNN_VERSION "0.1.0"

/* The version of the library that is linked, as RNN_VERSION. */
RNN_API const char *rnn_version(void);

/* ------------------------------------------------------------------ errors */

typedef enum rnn_status {
    RNN_OK = 0,
    RNN_ERR_MEMORY,      /* an allocation failed */
    RNN_ERR_IO,          /* a file could not be read or written, or the disk is full */
    RNN_ERR_FORMAT,      /* a file is corrupt, truncated or not what it should be */
    RNN_ERR_RANGE,       /* a setting is out of its range */
    RNN_ERR_SYMBOL,      /* a character that the model does not know */
    RNN_ERR_UNSUPPORTED, /* well-formed, but not something that this build can do */
    RNN_ERR_DIVERGED,    /* training met NaN or infinity and could not recover */
} rnn_status;

/* What went wrong. Functions that touch files or a user's input fill one; its
 * message is one sentence or two: what was found, what was expected, what to do. */
typedef struct rnn_error {
    rnn_status code;
    char message[1024];
} rnn_error;

/* A few words for a status ("out of memory"); owned by the library. */
RNN_API const char *rnn_status_text(rnn_status status);

/* ------------------------------------------------------------------ models */

typedef enum rnn_cell {
    RNN_CELL_TANH = 0, /* h' = tanh(W x + U h + b) */
    RNN_CELL_GRU = 1,  /* PyTorch's: h' = (1-z) n + z h, n = tanh(Wx + r (Uh + b)) */
    RNN_CELL_LSTM = 2, /* i f g o, c' = f c + i g, h' = o tanh(c') */
} rnn_cell;

typedef enum rnn_units {
    RNN_UNITS_AUTO = 0, /* chars for valid UTF-8, else bytes */
    RNN_UNITS_CHARS,    /* Unicode code points */
    RNN_UNITS_BYTES,
} rnn_units;

/* In what both factors of a network's products are held while they are multiplied. Sums are
 * float32, and so are the weights in a file, whatever is chosen; training in bf16 rounds a
 * gate's sum as well, before the gate reads it. */
typedef enum rnn_precision {
    RNN_PRECISION_AUTO = 0, /* float32; in training bf16 where the processor computes in it */
    RNN_PRECISION_FLOAT32,
    RNN_PRECISION_BF16, /* bfloat16: float32's range with 8 bits of mantissa */
    RNN_PRECISION_INT8, /* integers, one scale for each row of weights; not for training */
} rnn_precision;

/* A trained network with its vocabulary. */
typedef struct rnn_model rnn_model;

typedef struct rnn_model_info {
    rnn_cell cell;
    int num_layers;
    int hidden_size;
    int embedding_size; /* 0: one-hot characters go straight into the first layer */
    int ngrams; /* the longest n-grams whose vectors the first layer reads as well; 1: none */
    int ngram_size, ngram_rows; /* of such a vector; of the table for each length */
    int symbols;                /* size of the vocabulary */
    int bias;                   /* 1: the cells have bias vectors */
    int tied_output;            /* 1: the output layer uses the embedding's weights */
    rnn_units units;            /* chars or bytes */
    int open;                   /* 1: byte symbols spell what is outside the vocabulary */
    uint64_t parameters;
} rnn_model_info;

/* Loads a model from a .safetensors file, or from a run's directory (its
 * model.safetensors, the best; failing that last.safetensors). RNN_ERR_IO,
 * RNN_ERR_FORMAT (the message names the byte or the tensor), RNN_ERR_UNSUPPORTED for a model of
 * a later version, RNN_ERR_RANGE for a path that is too long, RNN_ERR_MEMORY. */
RNN_API rnn_status rnn_model_load(rnn_model **out, const char *path, rnn_error *error);
RNN_API void rnn_model_destroy(rnn_model *model);

RNN_API rnn_model_info rnn_model_describe(const rnn_model *model);

/* The JSON object of how the model was made and trained; owned by the model.
 * "{}" for a model that does not say. */
RNN_API const char *rnn_model_history(const rnn_model *model);

/* The text of one symbol, 0 <= symbol < symbols: 1 to 4 bytes, and their number (a symbol may be
 * the NUL character). Owned by the model. */
RNN_API const char *rnn_model_symbol(const rnn_model *model, int32_t symbol, size_t *bytes);

/* Turns text into symbols. *out is allocated and must be released with
 * rnn_free. RNN_ERR_SYMBOL names the first unknown character and its place;
 * with skip_unknown they are left out instead. */
RNN_API rnn_status rnn_model_encode(const rnn_model *model, const char *text, size_t bytes,
                                    int skip_unknown, int32_t **out, size_t *count,
                                    rnn_error *error);
RNN_API void rnn_free(void *pointer);

/* ------------------------------------------------------------------ states */

/* Whatever computes - states, samplers, tracers, evaluation, training - also fails with
 * RNN_ERR_UNSUPPORTED for a cpu or device (or RNN_CPU) that this machine or build does not have,
 * and with RNN_ERR_RANGE for one that does not exist. That is not repeated below. */

/* What a network remembers of the text that it has read. */
typedef struct rnn_state rnn_state;

/* A state that has read nothing (all zero). RNN_ERR_MEMORY. */
RNN_API rnn_status rnn_state_create(rnn_state **out, const rnn_model *model, rnn_error *error);
/* The same in bf16 or int8, which is faster and costs a little of the loss;
 * rnn_state_create's are float32. All that read a model in one precision, with cpu and
 * device left open, share its packed weights. RNN_ERR_RANGE for a precision that does not exist. */
RNN_API rnn_status rnn_state_create_in(rnn_state **out, const rnn_model *model,
                                       rnn_precision precision, rnn_error *error);
RNN_API void rnn_state_destroy(rnn_state *state);
/* An independent copy: from here on both go their own way. Errors as rnn_state_create_in. */
RNN_API rnn_status rnn_state_clone(rnn_state **out, const rnn_state *state, rnn_error *error);
RNN_API void rnn_state_reset(rnn_state *state);

/* Reads one symbol, 0 <= symbol < symbols, and returns the logits [symbols] of
 * the next: log-probabilities up to a constant. They belong to the state and
 * stand until its next step. Cannot fail. */
RNN_API const float *rnn_state_step(rnn_state *state, int32_t symbol);

/* Holds a unit: after each character that is read, from the first one on, it has this value,
 * -1 to 1, and what follows (the next layer, the prediction, the next step) sees it so. Of an
 * LSTM the cell is held, at the c whose tanh(c) is the value (for 1 and -1 a c of 10 and -10,
 * where float32 has no other tanh), and h = o tanh(c) goes on with the output gate; of the
 * other cells h is held. The state that a text begins with stays zero. */
typedef struct rnn_clamp {
    int layer, unit; /* from 0 */
    float value;
} rnn_clamp;

/* ----------------------------------------------------------------- sampling */

/* How to draw. Zero-initialised, it draws from the model's own distribution.
 * The filters apply in this order: temperature, top_k, top_p, min_p. */
typedef struct rnn_sampling {
    float temperature; /* divides the logits, up to 1e6; below 1e-6 greedy, but 0 stands for 1 */
    int greedy;        /* 1: always the likeliest symbol */
    int top_k;         /* keep the k likeliest; 0 keeps all */
    float top_p;       /* keep the least set with this mass; 0 keeps all */
    float min_p;       /* keep what is at least min_p times as likely as the best; 0 keeps all */
    uint64_t seed;     /* same seed, same model, same text */
    int threads;       /* 0: OMP_NUM_THREADS, else all cores */
    const char *cpu, *device; /* as rnn_training's; NULL stands for "auto" */
    rnn_precision precision;  /* AUTO stands for float32 */
    const rnn_clamp *clamps;  /* [clamp_count]: units that are held, in the prime too; copied */
    size_t clamp_count;
} rnn_sampling;

/* Writes text: one or several independent streams that share a prime. */
typedef struct rnn_sampler rnn_sampler;

/* `streams` texts, 1 to 65,536, are drawn side by side, each with its own random numbers.
 * RNN_ERR_RANGE for a setting out of range or a clamp of a unit that is not there,
 * RNN_ERR_MEMORY. */
RNN_API rnn_status rnn_sampler_create(rnn_sampler **out, const rnn_model *model,
                                      const rnn_sampling *how, int streams, rnn_error *error);
RNN_API void rnn_sampler_destroy(rnn_sampler *sampler);

/* All streams read `bytes` bytes of text before drawing. RNN_ERR_SYMBOL for a
 * character that the model does not know, unless skip_unknown. */
RNN_API rnn_status rnn_sampler_prime(rnn_sampler *sampler, const char *text, size_t bytes,
                                     int skip_unknown, rnn_error *error);

/* The same for `count` symbols, 0 <= each < symbols: a long prime can so be read in pieces.
 * RNN_ERR_MEMORY. */
RNN_API rnn_status rnn_sampler_read(rnn_sampler *sampler, const int32_t *symbols, size_t count,
                                    rnn_error *error);

/* The logits [symbols] of what a stream, from 0, draws next, before temperature and
 * filters. They belong to the sampler and stand until it reads or draws. A sampler that has read
 * nothing reads a newline first (or symbol 0), as rnn_sampler_next does: prime it before. */
RNN_API const float *rnn_sampler_logits(rnn_sampler *sampler, int stream);

/* Draws the next symbol of every stream into symbols [streams] and reads it
 * back in. Cannot fail. A sampler that has read no prime begins with a symbol
 * drawn from the model's answer to a newline (or to symbol 0). */
RNN_API void rnn_sampler_next(rnn_sampler *sampler, int32_t *symbols);

/* Turns drawn symbols into whole UTF-8 characters: bytes of an unfinished
 * character wait, bytes that cannot become one turn into U+FFFD.
 * Zero-initialise; one per stream. */
typedef struct rnn_writer {
    unsigned char held[4];
    int count;
} rnn_writer;

/* Appends the text of a symbol; writes what is complete to out and returns its
 * length in bytes, at most 24. */
RNN_API size_t rnn_writer_push(rnn_writer *writer, const rnn_model *model, int32_t symbol,
                               char out[24]);
/* Writes out what still waits, as U+FFFD; returns its length in bytes, 0 or 3. */
RNN_API size_t rnn_writer_end(rnn_writer *writer, char out[24]);

/* ------------------------------------------------------------------ scoring */

typedef struct rnn_score {
    uint64_t characters;       /* symbols predicted: the first of a text has no prediction */
    double nats_per_character; /* mean of -ln p; bits per character = nats / ln 2 */
    double accuracy;           /* share of characters that were the likeliest */
} rnn_score;

/* Told of each predicted symbol in order, with its -ln p. */
typedef void (*rnn_score_listener)(void *context, int32_t symbol, double nats);

/* Scores a text with the state carried through it (the "stream" protocol).
 * RNN_ERR_SYMBOL as rnn_sampler_prime; RNN_ERR_RANGE for a text of fewer than
 * two symbols. listener may be NULL. */
RNN_API rnn_status rnn_score_text(const rnn_model *model, const char *text, size_t bytes,
                                  int skip_unknown, rnn_score *out, rnn_score_listener listener,
                                  void *context, rnn_error *error);

typedef enum rnn_protocol {
    RNN_PROTOCOL_STREAM = 0, /* one pass with the state carried through */
    RNN_PROTOCOL_COLD = 1,   /* windows beside each other, each from a zero state */
} rnn_protocol;

/* Parts of a text, as a contiguous split cuts it: training, validation, test. */
typedef enum rnn_part {
    RNN_PART_ALL = 0,
    RNN_PART_TRAIN = 1,
    RNN_PART_VAL = 2,
    RNN_PART_TEST = 3,
} rnn_part;

/* How to score inputs; zero-initialised: all of them, as one stream. */
typedef struct rnn_evaluation {
    int protocol;  /* rnn_protocol */
    size_t window; /* cold: characters in a window; 0 stands for 256 */
    int skip_unknown;
    const char *include, *exclude; /* as rnn_training's */
    int part;                      /* rnn_part of the text, cut as training cuts it */
    double val_frac, test_frac;    /* where the parts lie, unless part is RNN_PART_ALL */
    int threads;
    const char *cpu, *device; /* NULL stands for "auto" */
    rnn_precision precision;  /* as rnn_sampling's */
} rnn_evaluation;

typedef struct rnn_evaluation_result {
    rnn_score score;
    uint64_t skipped; /* unknown characters passed over */
    double seconds;
    uint64_t hash;    /* of the text that was read: equal texts, equal hashes */
    char kernels[64]; /* what computed it: "avx2, int8, 2 threads" */
} rnn_evaluation_result;

/* Scores what rnn_train would train on: files, directories, archives, "-" for
 * standard input. Errors as rnn_score_text; RNN_ERR_RANGE for a part or a protocol that does not
 * exist and for shares that leave no text; RNN_ERR_FORMAT for a damaged archive; RNN_ERR_IO.
 * listener may be NULL. */
RNN_API rnn_status rnn_evaluate(const rnn_model *model, const char *const *inputs, size_t count,
                                const rnn_evaluation *how, rnn_evaluation_result *out,
                                rnn_score_listener listener, void *context, rnn_error *error);

/* Dynamic evaluation: the stream protocol with weights that follow the text. Each
 * segment is scored with the weights as they are; then they move by its gradient,
 * relative to how large the gradients of each weight usually are, and a little back to
 * where they came from. No loss is of a character that has been learnt from. */
typedef struct rnn_dynamics {
    int segment; /* characters scored between two moves of the weights; 0 stands for 20 */
    double rate; /* what a weight moves in a segment, about; negative: chosen */
    /* Share of the way back in a segment, for a weight of usual gradients; negative: chosen. */
    double decay;
} rnn_dynamics;

/* What a result was made with: a share of the text, and how many of its characters. */
typedef struct rnn_dynamics_source {
    int part; /* rnn_part; RNN_PART_ALL: no part but the one that is scored */
    uint64_t characters;
} rnn_dynamics_source;

typedef struct rnn_dynamics_result {
    rnn_evaluation_result fixed; /* the same text with the weights as they are in the model */
    rnn_score score;
    int segment;
    double rate, decay;
    /* Rate and decay that are to be chosen: of a test part on the validation part, of a
     * validation part, or where there is none, on the end of the training part; at most 50,000
     * characters. Where there is no such text, or none of them was to be chosen, characters is
     * 0, and what was to be chosen is 0.001 and 0.001. */
    rnn_dynamics_source chosen;
    /* How large gradients usually are was found in the training part; or else in the beginning
     * of the scored text, a tenth of it or a segment, through which no weight moves. */
    rnn_dynamics_source gathered;
    double seconds;           /* of the score */
    double preparing_seconds; /* of gathering and choosing */
} rnn_dynamics_result;

/* Told of each rate and decay that is tried; nats per character, infinite where they
 * let the weights diverge. */
typedef void (*rnn_dynamics_listener)(void *context, double rate, double decay, double nats);

/* Scores what rnn_evaluate scores, and then once more with weights that follow it; the
 * model stays as it is. Errors as rnn_evaluate; RNN_ERR_DIVERGED for a rate that is too
 * high; RNN_ERR_RANGE for another protocol than the stream, a segment below 0 or above 16,384, a
 * rate or decay that is not finite; RNN_ERR_UNSUPPORTED for int8. listener may be NULL. */
RNN_API rnn_status rnn_evaluate_dynamics(const rnn_model *model, const char *const *inputs,
                                         size_t count, const rnn_evaluation *how,
                                         const rnn_dynamics *dynamics, rnn_dynamics_result *out,
                                         rnn_dynamics_listener listener, void *context,
                                         rnn_error *error);

/* ------------------------------------------------------------------ tracing */

/* What can be seen of a unit at each character. */
typedef enum rnn_signal {
    RNN_SIGNAL_CELL = 0, /* its value, -1 to 1: tanh(c) of an LSTM, h of the others */
    RNN_SIGNAL_H,        /* what it gives on, -1 to 1 */
    RNN_SIGNAL_C,        /* LSTM: c itself, of any size */
    RNN_SIGNAL_I,        /* LSTM: the gates, i f o from 0 to 1, g from -1 to 1 */
    RNN_SIGNAL_F,
    RNN_SIGNAL_G,
    RNN_SIGNAL_O,
    RNN_SIGNAL_R, /* GRU: the gates, r z from 0 to 1, n from -1 to 1 */
    RNN_SIGNAL_Z,
    RNN_SIGNAL_N,
} rnn_signal;

/* One number of each character: a signal of a unit. */
typedef struct rnn_probe {
    int layer, unit; /* from 0 */
    rnn_signal signal;
} rnn_probe;

/* What to look at; zero-initialised: the value of each unit, layer by layer. */
typedef struct rnn_tracing {
    const rnn_probe *probes; /* [probe_count], copied; quickest with the units of a signal and
                                layer one after the other */
    size_t probe_count;      /* 0: RNN_SIGNAL_CELL of all units of all layers */
    int likeliest;           /* next characters, of the likeliest, that are told; 0: none */
    const rnn_clamp *clamps; /* [clamp_count]: units that are held; copied */
    size_t clamp_count;
    int threads;
    const char *cpu, *device; /* NULL stands for "auto" */
    rnn_precision precision;  /* as rnn_sampling's */
} rnn_tracing;

/* A character that may come next. */
typedef struct rnn_candidate {
    int32_t symbol;
    float probability;
} rnn_candidate;

/* What a network did at one character. What it points to stands during the call. */
typedef struct rnn_trace_row {
    uint64_t place; /* of the character among all that were read, from 0 */
    int32_t symbol;
    double nats; /* -ln p of the symbol, before it was read; NaN for the first, which nothing
                    predicts */
    const float *values;            /* [rnn_tracer_width]: of the probes, after it was read */
    const rnn_candidate *likeliest; /* what comes next, the likeliest first */
    int candidates;                 /* of them: as many as were asked for, or all symbols */
} rnn_trace_row;

typedef void (*rnn_trace_listener)(void *context, const rnn_trace_row *row);

/* Reads a text as rnn_evaluate's stream does, and tells of each character what its probes
 * see. It keeps room for a few hundred characters, however long the text. */
typedef struct rnn_tracer rnn_tracer;

/* RNN_ERR_RANGE for a unit or a signal that the model does not have, a clamp out of range and a
 * number of candidates below 0; RNN_ERR_MEMORY. */
RNN_API rnn_status rnn_tracer_create(rnn_tracer **out, const rnn_model *model,
                                     const rnn_tracing *how, rnn_error *error);
RNN_API void rnn_tracer_destroy(rnn_tracer *tracer);

/* Values in a row. */
RNN_API size_t rnn_tracer_width(const rnn_tracer *tracer);

/* Reads symbols, 0 <= symbol < symbols, on from where it is, and calls the listener for each
 * of them in order. Cannot fail. The same bits whether a text is read at once or in parts,
 * and on any number of threads. */
RNN_API void rnn_tracer_read(rnn_tracer *tracer, const int32_t *symbols, size_t count,
                             rnn_trace_listener listener, void *context);

/* Forgets the text: the next symbol is the first of another one. */
RNN_API void rnn_tracer_reset(rnn_tracer *tracer);

/* ----------------------------------------------------------------- training */

/* A setting of this value is chosen when training begins, and then stands in the run's
 * settings: where the budget is a time, for the text, the machine and that time; where it
 * is steps or epochs, those of char-rnn and torch-rnn. The members that may have it say so: "or
 * RNN_AUTO". */
#define RNN_AUTO (-1)

typedef enum rnn_optimizer {
    RNN_SGD = 0,
    RNN_RMSPROP = 1,
    RNN_ADAGRAD = 2,
    RNN_ADAM = 3,
    RNN_ADAMW = 4,
} rnn_optimizer;

typedef enum rnn_schedule {
    RNN_SCHEDULE_CONSTANT = 0,
    RNN_SCHEDULE_EPOCH_DECAY = 1, /* char-rnn's: x decay_factor every epoch after decay_after */
    RNN_SCHEDULE_STEP_DECAY = 2,  /* x decay_factor every decay_every epochs, as torch-rnn does */
    RNN_SCHEDULE_COSINE = 3,      /* half a cosine to zero at the end of the budget */
    RNN_SCHEDULE_LINEAR = 4,      /* a straight line to zero at the end of the budget */
} rnn_schedule;

typedef enum rnn_split {
    RNN_SPLIT_CONTIGUOUS = 0, /* training text, then validation, then test */
    RNN_SPLIT_STREAMS = 1,    /* char-rnn's: the tail of every stream of the batch */
} rnn_split;

/* Everything that a training run can be told; its option names, defaults and ranges are those of
 * `rnn man train`, from one table in the library. Shares are from 0 to below 1. */
typedef struct rnn_training {
    /* model */
    int cell;           /* rnn_cell, or RNN_AUTO */
    int num_layers;     /* or RNN_AUTO */
    int hidden_size;    /* or RNN_AUTO */
    int embedding_size; /* 0: one-hot; or RNN_AUTO */
    /* The first layer reads a vector for the last 2, 3, ... ngrams characters as well; 1: none.
     * Takase, Suzuki and Nagata, "Character n-gram Embeddings to Improve RNN Language Models",
     * 2019. Rows of a table are found by hash, as in Pagnoni et al., "Byte Latent Transformer",
     * 2024. */
    int ngrams;     /* or RNN_AUTO */
    int ngram_size; /* numbers in such a vector, or RNN_AUTO */
    int ngram_rows; /* for each length, or RNN_AUTO */
    double dropout; /* between layers, as torch.nn.LSTM's; or RNN_AUTO */
    /* Of what the output layer reads, with one mask for each stream and training sequence:
     * Gal and Ghahramani, "A Theoretically Grounded Application of Dropout in Recurrent Neural
     * Networks", 2016; Merity, Keskar and Socher, "Regularizing and Optimizing LSTM Language
     * Models", 2017. */
    double output_dropout; /* or RNN_AUTO */
    /* Of the recurrent weights (weight_hh) of all layers, with one mask for each training step:
     * DropConnect (Wan et al., "Regularization of Neural Networks using DropConnect", 2013) as
     * Merity, Keskar and Socher use it. */
    double weight_drop; /* or RNN_AUTO */
    /* Of the vectors of n-grams, each as a whole, so that what an n-gram alone says is not all
     * that is relied on. */
    double ngram_dropout; /* or RNN_AUTO */
    int bias;
    int tied_output;
    double forget_bias; /* LSTM */
    /* text */
    int units;        /* rnn_units */
    int max_symbols;  /* 256 and more; 0: no cap; or RNN_AUTO */
    int normalize;    /* 1: NFC */
    int split;        /* rnn_split */
    double val_frac;  /* share of the text */
    double test_frac; /* share of the text */
    const char
        *include; /* comma-separated patterns for files in directories; NULL or "" takes all */
    const char *exclude;
    /* batches */
    int batch_size; /* streams side by side, or RNN_AUTO */
    int seq_length; /* characters of each stream in a step, or RNN_AUTO */
    int passage;    /* characters, after which a stream goes on elsewhere; 0: never; or RNN_AUTO */
    /* optimizer */
    int optimizer;        /* rnn_optimizer, or RNN_AUTO */
    double learning_rate; /* or RNN_AUTO */
    double momentum;      /* SGD */
    double alpha;         /* RMSProp's decay of the squared gradient */
    double beta1, beta2;  /* or RNN_AUTO */
    double epsilon;
    double weight_decay;  /* AdamW: of a weight, times the rate; else of a weight, added to its
                           * gradient; or RNN_AUTO */
    double clip_norm;     /* of the whole gradient; 0: none; or RNN_AUTO */
    double clip_value;    /* of each number of it; 0: none */
    int schedule;         /* rnn_schedule, or RNN_AUTO */
    int64_t warmup_steps; /* in which the rate grows from nothing, or RNN_AUTO */
    double decay_factor;
    double decay_after; /* epochs */
    double decay_every; /* epochs */
    /* budget: the first to be reached ends the run; 0 is no limit */
    double epochs; /* passes over the training part */
    int64_t steps;
    double seconds; /* of all its processes: a resumed run has spent some already */
    /* reports */
    int64_t eval_every;        /* steps between validations; 0: chosen */
    int64_t val_limit;         /* symbols of the validation text read each time; 0: all */
    int patience;              /* validations without a new best before stopping; 0: never */
    int64_t checkpoint_every;  /* steps between saves of what resuming needs; 0: chosen */
    int64_t print_every;       /* steps between progress events and log lines; 0: chosen */
    int sample_length;         /* symbols; 0: no samples */
    double sample_temperature; /* 0: always the likeliest */
    const char *sample_prime;
    /* where and how */
    const char *out;       /* the run's directory */
    int resume;            /* go on with the run in `out`; without a budget, with its own */
    int overwrite;         /* a new run replaces the one in `out`, once it can begin */
    const char *init_from; /* start from this model's weights; NULL or "" from random ones */
    uint64_t seed;
    int threads;        /* 0: OMP_NUM_THREADS, else all cores */
    const char *cpu;    /* "auto" (RNN_CPU, else the best), "avx512bf16", "avx512", "avx2", ... */
    const char *device; /* "auto", "cpu" */
    /* rnn_precision of the products, not int8; weights and states are float32, and sums but
     * for the gates' in bf16. bf16 where the device has no instructions for it is trained in
     * float32, with a notice, unless the environment variable RNN_EMULATE_BF16 is set. */
    int precision;
} rnn_training;

/* Fills in the defaults. Strings in it belong to the library. */
RNN_API void rnn_training_defaults(rnn_training *how);

/* What the run in `directory` was told when it began: its settings, with `out`
 * that directory and `resume` 1, and its inputs. After budgets (and what else may
 * change on the way) have been set anew, rnn_train goes on with it. Strings and
 * *inputs lie in *memory, to be released with rnn_free after the last use of
 * either. RNN_ERR_IO if there is no run, RNN_ERR_FORMAT, RNN_ERR_UNSUPPORTED for one of a later
 * version, RNN_ERR_MEMORY. */
RNN_API rnn_status rnn_training_recall(rnn_training *how, const char *const **inputs, size_t *count,
                                       void **memory, const char *directory, rnn_error *error);

/* Why a run ended: the text of RNN_EVENT_DONE, and "why" in log.jsonl. */
#define RNN_ENDED_EPOCHS   "all epochs are done"
#define RNN_ENDED_STEPS    "all steps are done"
#define RNN_ENDED_TIME     "the time is up"
#define RNN_ENDED_PATIENCE "validation no longer improves"
#define RNN_ENDED_STOPPED  "stopped" /* the caller asked for it */

typedef enum rnn_event_kind {
    RNN_EVENT_NOTICE, /* text: something was adjusted, and why */
    RNN_EVENT_CORPUS, /* the text has been read */
    RNN_EVENT_PLAN,   /* text: something that was chosen, and why (RNN_AUTO) */
    RNN_EVENT_MODEL,  /* the model is ready; step says where training begins */
    RNN_EVENT_PROGRESS,
    RNN_EVENT_VALIDATION,
    RNN_EVENT_SAMPLE,     /* text: what the model writes now */
    RNN_EVENT_CHECKPOINT, /* text: the file */
    RNN_EVENT_DONE,       /* text: why it ended, one of RNN_ENDED_... */
} rnn_event_kind;

typedef struct rnn_event {
    rnn_event_kind kind;
    const char *text; /* UTF-8; valid during the call */
    /* corpus */
    uint64_t corpus_bytes, corpus_symbols, train_symbols, val_symbols, test_symbols;
    int vocabulary;
    rnn_units units;
    double corpus_seconds;
    /* model */
    uint64_t parameters;
    int batch_size, seq_length;
    const char *kernels; /* "avx2, 2 threads" */
    const char *out;
    /* progress: step of steps (0: not bounded by steps), losses in nats per character */
    int64_t step, steps;
    double epoch, fraction;       /* fraction of the budget spent, 0..1 */
    double loss;                  /* smoothed training loss; NaN before the first step */
    double val_loss;              /* latest; NaN before the first */
    double best_val_loss;         /* infinite before the first */
    int is_best;                  /* of a validation: 1 if it is the best so far */
    double learning_rate;         /* of the last step; 0 before it */
    double grad_norm;             /* of its gradient, before it was clipped */
    double characters_per_second; /* of training alone; 0 before it was measured */
    double seconds, seconds_left; /* spent by the run in all its processes; NaN if unknown */
} rnn_event;

/* What a listener wants next. */
typedef enum rnn_reply {
    RNN_GO_ON = 0,
    RNN_SAVE, /* write a checkpoint after this step and go on */
    RNN_STOP, /* finish this step, write a checkpoint and end */
} rnn_reply;

typedef rnn_reply (*rnn_listener)(void *context, const rnn_event *event);

/* Trains on inputs (files, directories without their hidden files and runs, "-" for standard
 * input; compressed and archived files are unpacked) into the directory how->out, which then holds
 * model.safetensors (the best), last.safetensors, resume.safetensors and the one
 * before it, log.jsonl and samples.txt. With how->resume it goes on with the run there, where
 * the budget is steps or epochs to the same bits as if it had never stopped (with seconds, the
 * rate and the end go by the clock); count may then be 0 for the run's own inputs. The listener
 * is called on every event: progress every print_every steps, or about ten times a second where
 * that is 0. `poll`, which may be NULL, is asked before each step.
 * RNN_ERR_RANGE for a setting or a text that will not do; RNN_ERR_IO where a file cannot be read
 * or written, the directory holds a run already, or another process trains there; RNN_ERR_FORMAT
 * for a damaged file, and on resuming for another text; RNN_ERR_SYMBOL for bytes that are no UTF-8
 * where characters were asked for; RNN_ERR_UNSUPPORTED for a checkpoint of a later version;
 * RNN_ERR_MEMORY; RNN_ERR_DIVERGED after three attempts at lower rates, when the last good
 * checkpoint stands. A file that may not grow (RLIMIT_FSIZE) is RNN_ERR_IO only where the caller
 * ignores SIGXFSZ. */
RNN_API rnn_status rnn_train(const rnn_training *how, const char *const *inputs, size_t count,
                             rnn_listener listener, rnn_reply (*poll)(void *context), void *context,
                             rnn_error *error);

#ifdef __cplusplus
}
#endif

#endif
