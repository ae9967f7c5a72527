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

struct rnn_run_log {
    FILE *log, *samples;
    int failed;
};

static rnn_status open_file(FILE **out, const char *directory, const char *name, int64_t bytes,
                            rnn_error *error) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    *out = fopen(path, "a");
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

rnn_status rnn_run_log_open(rnn_run_log **out, const char *directory, int64_t log_bytes,
                            int64_t samples_bytes, rnn_error *error) {
    *out = NULL;
    rnn_run_log *log = rnn_allocate(1, sizeof *log);
    if (!log)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for the log");
    rnn_status status = open_file(&log->log, directory, "log.jsonl", log_bytes, error);
    if (status == RNN_OK)
        status = open_file(&log->samples, directory, "samples.txt", samples_bytes, error);
    if (status != RNN_OK) {
        rnn_run_log_close(log);
        return status;
    }
    *out = log;
    return RNN_OK;
}

void rnn_run_log_close(rnn_run_log *log) {
    if (!log)
        return;
    if (log->log)
        fclose(log->log);
    if (log->samples)
        fclose(log->samples);
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
