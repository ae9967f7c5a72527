/* SPDX-License-Identifier: MIT
 *
 * child.c - see child.h.
 */
#include "server/child.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"
#include "text/utf8.h"

#define MOST_WORDS 128

extern char **environ;

struct child {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    pthread_t keeper; /* begins the processes and waits for them */
    char program[4096];
    child_state state;
    const char *const *words; /* of a process that is to be begun: the caller's, who waits */
    int fault;                /* of the last one that was: an errno */
    int ended;
    pid_t pid;
    int said; /* its standard error: a file without a name, -1 for none */
};

/* A file, not a pipe: a process that outlives us can still write to it. */
static int open_nameless(void) {
    char path[512];
    snprintf(path, sizeof path, "%.400s/rnn-serve-XXXXXX", rnn_files_temporary());
    int file = mkstemp(path);
    if (file >= 0) {
        unlink(path);
        fcntl(file, F_SETFD, FD_CLOEXEC);
    }
    return file;
}

/* Makes UTF-8 of text: a character whose beginning is cut off goes, and '?' stands for each
 * other byte that is no part of one. */
static void make_text(char *text, size_t count, int is_cut) {
    char *begin = text, *to = text, *end = text + count;
    while (is_cut && text < end && (*text & 0xC0) == 0x80)
        text++;
    while (text < end) {
        uint32_t code;
        int length =
            *text ? rnn_utf8_decode((unsigned char *)text, (size_t)(end - text), &code) : 0;
        if (length <= 0)
            *text = '?';
        length = length > 0 ? length : 1;
        memmove(to, text, (size_t)length);
        to += length;
        text += length;
    }
    while (to > begin && (to[-1] == '\n' || to[-1] == ' '))
        to--;
    *to = '\0';
}

/* What it said last. */
static void read_said(int file, char out[CHILD_SAID]) {
    off_t size = lseek(file, 0, SEEK_END);
    off_t from = size > CHILD_SAID - 1 ? size - (CHILD_SAID - 1) : 0;
    ssize_t got = size > 0 ? pread(file, out, (size_t)(size - from), from) : 0;
    make_text(out, got > 0 ? (size_t)got : 0, from > 0);
}

static int spawn(child *self, const char *const *words) {
    char *list[MOST_WORDS + 2] = {self->program};
    sigset_t none;
    posix_spawnattr_t how;
    posix_spawn_file_actions_t files;
    for (size_t i = 0; words[i] && i < MOST_WORDS; i++)
        list[i + 1] = (char *)(uintptr_t)words[i];
    sigemptyset(&none);
    posix_spawnattr_init(&how);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    if (self->said >= 0)
        posix_spawn_file_actions_adddup2(&files, self->said, 2);
    else
        posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    int fault = posix_spawn(&self->pid, self->program, &files, &how, list, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
    return fault;
}

/* Its number stays its own until nobody can send it a signal any more. */
static void wait_for_end(child *self) {
    siginfo_t info;
    int status = 0;
    pthread_mutex_unlock(&self->mutex);
    while (waitid(P_PID, (id_t)self->pid, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR)
        continue;
    pthread_mutex_lock(&self->mutex);
    waitpid(self->pid, &status, 0);
    self->state.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (self->said >= 0)
        read_said(self->said, self->state.said);
    self->state.running = 0;
}

/* Processes inherit the priority of the thread that begins them: this one, which nobody
 * lowers, and not that of a connection (turns.c). */
static void *keep(void *context) {
    child *self = context;
    pthread_mutex_lock(&self->mutex);
    for (;;) {
        while (!self->words && !self->ended)
            pthread_cond_wait(&self->changed, &self->mutex);
        if (!self->words)
            break;
        if (self->said >= 0)
            close(self->said);
        self->said = open_nameless();
        self->fault = spawn(self, self->words);
        self->words = NULL;
        self->state.running = self->fault == 0;
        pthread_cond_broadcast(&self->changed);
        if (self->state.running)
            wait_for_end(self);
    }
    pthread_mutex_unlock(&self->mutex);
    return NULL;
}

/* Signals are for the thread that waits for them. */
static int start_keeper(child *self) {
    sigset_t every, before;
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    int failed = pthread_create(&self->keeper, NULL, keep, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return !failed;
}

rnn_status child_create(child **out, const char *program, rnn_error *error) {
    child *self = rnn_allocate(1, sizeof *self);
    *out = NULL;
    if (!self)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for the server");
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->changed, NULL);
    snprintf(self->program, sizeof self->program, "%s", program);
    self->said = -1;
    if (!start_keeper(self)) {
        pthread_cond_destroy(&self->changed);
        pthread_mutex_destroy(&self->mutex);
        rnn_free(self);
        return rnn_fail(error, RNN_ERR_MEMORY, "the system starts no more threads");
    }
    *out = self;
    return RNN_OK;
}

void child_destroy(child *self) {
    if (!self)
        return;
    child_end(self);
    pthread_join(self->keeper, NULL);
    if (self->said >= 0)
        close(self->said);
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->mutex);
    rnn_free(self);
}

/* With the lock held. */
static rnn_status start(child *self, const char *run, const char *const *words, rnn_error *error) {
    child_state before = self->state;
    self->state = (child_state){.running = 1};
    snprintf(self->state.run, sizeof self->state.run, "%s", run);
    self->words = words;
    pthread_cond_broadcast(&self->changed);
    while (self->words)
        pthread_cond_wait(&self->changed, &self->mutex);
    if (self->fault == 0)
        return RNN_OK;
    self->state = before;
    return rnn_fail(error, RNN_ERR_IO, "%s cannot be run: %s", self->program,
                    strerror(self->fault));
}

rnn_status child_start(child *self, const char *run, const char *const *words, rnn_error *error) {
    rnn_status status = RNN_ERR_UNSUPPORTED;
    pthread_mutex_lock(&self->mutex);
    if (self->ended)
        rnn_fail(error, status, "the server is being stopped");
    else if (self->state.running)
        rnn_fail(error, status, "'%.200s' is being trained: stop it first, or wait for its end",
                 self->state.run);
    else
        status = start(self, run, words, error);
    pthread_mutex_unlock(&self->mutex);
    return status;
}

/* With the lock held. A second signal would end it at once, without saving. */
static int stop(child *self) {
    int running = self->state.running && !self->words;
    if (running && !self->state.stopping)
        kill(self->pid, SIGTERM);
    self->state.stopping = running;
    return running;
}

int child_stop(child *self) {
    pthread_mutex_lock(&self->mutex);
    int running = stop(self);
    pthread_mutex_unlock(&self->mutex);
    return running;
}

void child_end(child *self) {
    if (!self)
        return;
    pthread_mutex_lock(&self->mutex);
    self->ended = 1;
    while (self->words)
        pthread_cond_wait(&self->changed, &self->mutex);
    stop(self);
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->mutex);
}

child_state child_look(child *self) {
    pthread_mutex_lock(&self->mutex);
    child_state state = self->state;
    pthread_mutex_unlock(&self->mutex);
    return state;
}
