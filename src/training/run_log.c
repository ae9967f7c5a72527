/* SPDX-License-Identifier: MIT
 *
 * run_log.c - see run_log.h.
 */
#include "training/run_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"

#define ROOM      4096
#define PATH_ROOM (ROOM + 32)

struct rnn_run_log {
    FILE *log, *samples;
    char directory[ROOM];
    int aside; /* 1: they do not have their names yet */
    int failed;
};

static const char log_name[] = "log.jsonl", samples_name[] = "samples.txt";

static void place(char path[PATH_ROOM], const char *directory, const char *name, int aside) {
    snprintf(path, PATH_ROOM, aside ? "%s/.%s.new" : "%s/%s", directory, name);
}

static rnn_status open_file(FILE **out, const char *directory, const char *name, int aside,
                            int64_t bytes, rnn_error *error) {
    char path[PATH_ROOM];
    place(path, directory, name, aside);
    *out = fopen(path, aside ? "w" : "a");
    int good = *out && fseeko(*out, 0, SEEK_END) == 0;
    if (good && (int64_t)ftello(*out) > bytes)
        good = ftruncate(fileno(*out), (off_t)bytes) == 0 && fseeko(*out, 0, SEEK_END) == 0;
    if (!good) {
        int code = errno;
        return rnn_fail(error, RNN_ERR_IO, "%s: cannot be written (%s); %s", path, strerror(code),
                        rnn_files_advice(code));
    }
    return RNN_OK;
}

rnn_status rnn_run_log_open(rnn_run_log **out, const char *directory, int aside, int64_t log_bytes,
                            int64_t samples_bytes, rnn_error *error) {
    *out = NULL;
    rnn_run_log *log = rnn_allocate(1, sizeof *log);
    if (!log)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for the log");
    snprintf(log->directory, ROOM, "%s", directory);
    log->aside = aside;
    rnn_status status = open_file(&log->log, directory, log_name, aside, log_bytes, error);
    if (status == RNN_OK)
        status = open_file(&log->samples, directory, samples_name, aside, samples_bytes, error);
    if (status != RNN_OK) {
        rnn_run_log_close(log);
        return status;
    }
    *out = log;
    return RNN_OK;
}

void rnn_run_log_take_place(rnn_run_log *log) {
    const char *const names[] = {log_name, samples_name};
    char from[PATH_ROOM], to[PATH_ROOM];
    for (int i = 0; log->aside && i < 2; i++) {
        place(from, log->directory, names[i], 1);
        place(to, log->directory, names[i], 0);
        log->failed |= rename(from, to) != 0;
    }
    log->aside = 0;
}

/* What never took its place tells of a run that never began. */
static void close_file(const rnn_run_log *log, FILE *file, const char *name) {
    char path[PATH_ROOM];
    if (!file)
        return;
    fclose(file);
    place(path, log->directory, name, 1);
    if (log->aside)
        unlink(path);
}

void rnn_run_log_close(rnn_run_log *log) {
    if (!log)
        return;
    close_file(log, log->log, log_name);
    close_file(log, log->samples, samples_name);
    rnn_free(log);
}

void rnn_run_log_write(rnn_run_log *log, json_t *object) {
    char *line = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    if (!line || fprintf(log->log, "%s\n", line) < 0 || fflush(log->log) != 0) {
        clearerr(log->log);
        log->failed = 1;
    }
    free(line);
    json_decref(object);
}

void rnn_run_log_sample(rnn_run_log *log, int64_t step, double epoch, double loss,
                        const char *text) {
    if (fprintf(log->samples, "=== step %lld, epoch %.2f, loss %.4f nats ===\n%s\n\n",
                (long long)step, epoch, loss, text) < 0 ||
        fflush(log->samples) != 0) {
        clearerr(log->samples);
        log->failed = 1;
    }
}

void rnn_run_log_lengths(const rnn_run_log *log, int64_t *log_bytes, int64_t *samples_bytes) {
    *log_bytes = (int64_t)ftello(log->log);
    *samples_bytes = (int64_t)ftello(log->samples);
}

int rnn_run_log_failed(const rnn_run_log *log) {
    return log->failed;
}
