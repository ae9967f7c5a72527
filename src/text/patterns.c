/* SPDX-License-Identifier: MIT
 *
 * patterns.c - see patterns.h.
 */
#include "text/patterns.h"

#include <fnmatch.h>
#include <string.h>

#include "base/memory.h"

struct rnn_patterns {
    char *list;
    char *each; /* the patterns one after another, each with a NUL; an empty one ends them */
};

rnn_status rnn_patterns_create(rnn_patterns **out, const char *list, rnn_error *error) {
    const char *const blanks = " \t";
    *out = NULL;
    if (!list)
        list = "";
    rnn_patterns *patterns = rnn_allocate(1, sizeof *patterns);
    if (!patterns)
        goto fail;
    patterns->list = rnn_duplicate(list, strlen(list));
    patterns->each = rnn_allocate(strlen(list) + 2, 1);
    if (!patterns->list || !patterns->each)
        goto fail;
    for (char *to = patterns->each; *list;) {
        list += strspn(list, blanks);
        size_t length = strcspn(list, ","), next = length + (list[length] == ',');
        while (length > 0 && strchr(blanks, list[length - 1]))
            length--;
        memcpy(to, list, length);
        to += length > 0 ? length + 1 : 0;
        list += next;
    }
    *out = patterns;
    return RNN_OK;
fail:
    rnn_patterns_destroy(patterns);
    return rnn_fail(error, RNN_ERR_MEMORY, "out of memory");
}

void rnn_patterns_destroy(rnn_patterns *patterns) {
    if (!patterns)
        return;
    rnn_free(patterns->each);
    rnn_free(patterns->list);
    rnn_free(patterns);
}

const char *rnn_patterns_list(const rnn_patterns *patterns) {
    return *patterns->each ? patterns->list : "";
}

int rnn_patterns_match(const rnn_patterns *patterns, const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    for (const char *pattern = patterns->each; *pattern; pattern += strlen(pattern) + 1) {
        if (fnmatch(pattern, strchr(pattern, '/') ? path : name, 0) == 0)
            return 1;
    }
    return 0;
}
