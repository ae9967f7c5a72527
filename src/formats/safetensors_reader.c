/* SPDX-License-Identifier: MIT
 *
 * safetensors_reader.c - reads a file and checks all of its header.
 *
 * A file is read, not mapped: one that somebody shortens or that cannot be read is an error
 * then, where a map would end the program (SIGBUS).
 *
 * Memory: at most the header's size twice, and some 10 MiB for the most tensors and pairs
 * that are taken, whatever the header declares; the tensors are read when all that it says
 * fits the file, and the file is what was asked for.
 */
#include "formats/safetensors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"
#include "formats/json.h"

struct rnn_safetensors {
    char *name; /* of the file, for messages */
    const unsigned char *bytes;
    size_t count;
    void *memory; /* from mmap; NULL if the bytes are the caller's */

    const unsigned char *data; /* where the tensors' data begins */
    uint64_t data_bytes;
    char *strings; /* names, keys and values, each with a NUL */
    size_t strings_used, strings_room;

    rnn_tensor *tensors; /* in the order of their data */
    size_t tensor_count, tensor_capacity;
    const rnn_tensor **by_name;
    rnn_metadata *pairs; /* sorted by key */
    size_t pair_count, pair_capacity;
};

/* What is being read. */
typedef struct parser {
    rnn_safetensors *file;
    rnn_json json;
    rnn_error *error;
    rnn_status status; /* of the first failure that is not one of the JSON's */
} parser;

static int fail(parser *p, rnn_status status) {
    p->status = status;
    return 0;
}

/* Reads a string, or with a colon behind it a key, into the file's strings. */
static const char *read_text(parser *p, int key) {
    rnn_safetensors *file = p->file;
    char *to = file->strings + file->strings_used;
    size_t room = file->strings_room - file->strings_used, length;
    int read = key ? rnn_json_key(&p->json, to, room, &length)
                   : rnn_json_string(&p->json, to, room, &length);
    if (read && strlen(to) != length)
        read = rnn_json_refuse(&p->json, "a name or a value holds the character U+0000");
    if (!read)
        return NULL;
    file->strings_used += length + 1;
    return to;
}

static int read_metadata(parser *p) {
    rnn_safetensors *file = p->file;
    if (!rnn_json_enter(&p->json, '{'))
        return 0;
    for (size_t i = 0; rnn_json_next(&p->json, '}', i); i++) {
        if (file->pair_count == RNN_SAFETENSORS_MAX_PAIRS)
            return fail(p, rnn_fail(p->error, RNN_ERR_UNSUPPORTED,
                                    "%s: __metadata__ has more than %d pairs", file->name,
                                    RNN_SAFETENSORS_MAX_PAIRS));
        void *block = file->pairs;
        if (!rnn_grow(&block, &file->pair_capacity, file->pair_count + 1, sizeof *file->pairs))
            return fail(p, rnn_fail(p->error, RNN_ERR_MEMORY, "%s: out of memory", file->name));
        file->pairs = block;
        rnn_metadata *pair = &file->pairs[file->pair_count];
        if ((pair->key = read_text(p, 1)) == NULL || (pair->value = read_text(p, 0)) == NULL)
            return 0;
        file->pair_count++;
    }
    return !p->json.wrong;
}

static int read_shape(parser *p, rnn_tensor *tensor) {
    if (!rnn_json_enter(&p->json, '['))
        return 0;
    for (size_t i = 0; rnn_json_next(&p->json, ']', i); i++) {
        char name[RNN_NAME_TEXT];
        if (i == RNN_SAFETENSORS_MAX_RANK)
            return fail(p, rnn_fail(p->error, RNN_ERR_UNSUPPORTED,
                                    "%s: tensor '%s' has more than %d dimensions", p->file->name,
                                    rnn_tensor_name_text(tensor->name, name),
                                    RNN_SAFETENSORS_MAX_RANK));
        if (!rnn_json_whole(&p->json, &tensor->shape[i]))
            return 0;
        tensor->rank = i + 1;
    }
    return !p->json.wrong;
}

static int read_offsets(parser *p, uint64_t offsets[2]) {
    size_t count = 0;
    if (!rnn_json_enter(&p->json, '['))
        return 0;
    for (; count < 3 && rnn_json_next(&p->json, ']', count); count++)
        if (count < 2 && !rnn_json_whole(&p->json, &offsets[count]))
            return 0;
    if (count != 2)
        rnn_json_refuse(&p->json, "data_offsets must be two numbers, begin and end");
    return !p->json.wrong;
}

static int read_dtype(parser *p, rnn_tensor *tensor) {
    char dtype[16], name[RNN_NAME_TEXT], text[RNN_NAME_TEXT];
    size_t length;
    if (!rnn_json_string(&p->json, dtype, sizeof dtype, &length))
        return 0;
    int order = strlen(dtype) == length ? rnn_dtype_order(dtype) : -1;
    if (order < 0)
        return fail(p, rnn_fail(p->error, RNN_ERR_FORMAT,
                                "%s: tensor '%s' has the unknown dtype "
                                "'%s'; BOOL, U8 ... F32 ... U64 were expected",
                                p->file->name, rnn_tensor_name_text(tensor->name, name),
                                rnn_tensor_name_text(dtype, text)));
    tensor->dtype = rnn_dtype_name(order);
    return 1;
}

/* Shape, type and span must agree, and the span lie within the file. */
static int place_tensor(parser *p, rnn_tensor *tensor, const uint64_t offsets[2]) {
    rnn_safetensors *file = p->file;
    char name[RNN_NAME_TEXT], text[RNN_TENSOR_TEXT];
    uint64_t bytes;
    rnn_tensor_name_text(tensor->name, name);
    rnn_tensor_text(tensor, text);
    if (offsets[0] > offsets[1] || offsets[1] > file->data_bytes)
        return fail(p,
                    rnn_fail(p->error, RNN_ERR_FORMAT,
                             "%s: tensor '%s' has data_offsets [%llu, %llu]; they must rise and "
                             "lie within the %llu bytes of data that the file has. It is "
                             "corrupt or truncated",
                             file->name, name, (unsigned long long)offsets[0],
                             (unsigned long long)offsets[1], (unsigned long long)file->data_bytes));
    if (!rnn_tensor_size(tensor, &bytes))
        return fail(p, rnn_fail(p->error, RNN_ERR_FORMAT,
                                "%s: tensor '%s', %s, has a size that overflows or is no whole "
                                "number of bytes",
                                file->name, name, text));
    if (bytes != offsets[1] - offsets[0])
        return fail(p,
                    rnn_fail(p->error, RNN_ERR_FORMAT,
                             "%s: tensor '%s', %s, needs %llu bytes, but its data_offsets [%llu, "
                             "%llu] span %llu",
                             file->name, name, text, (unsigned long long)bytes,
                             (unsigned long long)offsets[0], (unsigned long long)offsets[1],
                             (unsigned long long)(offsets[1] - offsets[0])));
    tensor->data = file->data + offsets[0];
    tensor->bytes = bytes;
    return 1;
}

/* The object behind a tensor's name. */
static int read_tensor(parser *p, rnn_tensor *tensor) {
    enum { DTYPE = 1, SHAPE = 2, OFFSETS = 4 };
    unsigned seen = 0;
    uint64_t offsets[2] = {0, 0};
    if (!rnn_json_enter(&p->json, '{'))
        return 0;
    for (size_t i = 0; rnn_json_next(&p->json, '}', i); i++) {
        char key[16];
        size_t length;
        if (!rnn_json_key(&p->json, key, sizeof key, &length))
            return 0;
        unsigned which = strcmp(key, "dtype") == 0          ? DTYPE
                         : strcmp(key, "shape") == 0        ? SHAPE
                         : strcmp(key, "data_offsets") == 0 ? OFFSETS
                                                            : 0;
        if (which == 0 || strlen(key) != length)
            return rnn_json_refuse(&p->json, "a tensor has dtype, shape and data_offsets, and "
                                             "nothing else");
        if (seen & which)
            return rnn_json_refuse(&p->json, "a tensor says the same thing twice");
        seen |= which;
        if (!(which == DTYPE   ? read_dtype(p, tensor)
              : which == SHAPE ? read_shape(p, tensor)
                               : read_offsets(p, offsets)))
            return 0;
    }
    if (p->json.wrong)
        return 0;
    if (seen != (DTYPE | SHAPE | OFFSETS))
        return rnn_json_refuse(&p->json, "the tensor before this place lacks dtype, shape or "
                                         "data_offsets");
    return place_tensor(p, tensor, offsets);
}

/* The whole header: __metadata__ and tensors, in any order. */
static int read_header(parser *p) {
    rnn_safetensors *file = p->file;
    int metadata_seen = 0;
    if (!rnn_json_enter(&p->json, '{'))
        return 0;
    for (size_t i = 0; rnn_json_next(&p->json, '}', i); i++) {
        const char *name = read_text(p, 1);
        if (!name)
            return 0;
        if (strcmp(name, "__metadata__") == 0) {
            if (metadata_seen)
                return rnn_json_refuse(&p->json, "__metadata__ stands there twice");
            metadata_seen = 1;
            if (!read_metadata(p))
                return 0;
            continue;
        }
        if (file->tensor_count == RNN_SAFETENSORS_MAX_TENSORS)
            return fail(p, rnn_fail(p->error, RNN_ERR_UNSUPPORTED, "%s: has more than %d tensors",
                                    file->name, RNN_SAFETENSORS_MAX_TENSORS));
        void *block = file->tensors;
        if (!rnn_grow(&block, &file->tensor_capacity, file->tensor_count + 1,
                      sizeof *file->tensors))
            return fail(p, rnn_fail(p->error, RNN_ERR_MEMORY, "%s: out of memory", file->name));
        file->tensors = block;
        rnn_tensor *tensor = &file->tensors[file->tensor_count];
        tensor->name = name;
        if (!read_tensor(p, tensor))
            return 0;
        file->tensor_count++;
    }
    /* Only spaces may follow: nothing else is padding. */
    while (!p->json.wrong && p->json.at < p->json.bytes) {
        if (p->json.text[p->json.at] != ' ')
            return rnn_json_refuse(&p->json, "only spaces may follow the header's last bracket");
        p->json.at++;
    }
    return !p->json.wrong;
}

static int compare_places(const void *left, const void *right) {
    const rnn_tensor *a = left, *b = right;
    if (a->data != b->data)
        return (const char *)a->data < (const char *)b->data ? -1 : 1;
    return a->bytes < b->bytes ? -1 : a->bytes > b->bytes;
}

static int compare_names(const void *left, const void *right) {
    const rnn_tensor *const *a = left, *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

static int compare_keys(const void *left, const void *right) {
    const rnn_metadata *a = left, *b = right;
    return strcmp(a->key, b->key);
}

/* Spans must touch exactly, from the first byte of data to the last. */
static rnn_status check_cover(rnn_safetensors *file, rnn_error *error) {
    char name[RNN_NAME_TEXT];
    uint64_t end = 0;
    if (file->tensor_count > 0)
        qsort(file->tensors, file->tensor_count, sizeof *file->tensors, compare_places);
    for (size_t i = 0; i < file->tensor_count; i++) {
        const rnn_tensor *tensor = &file->tensors[i];
        uint64_t begin = (uint64_t)((const unsigned char *)tensor->data - file->data);
        if (begin != end)
            return rnn_fail(error, RNN_ERR_FORMAT,
                            "%s: tensor '%s' begins at byte %llu of the data; %llu was expected: "
                            "there is %s",
                            file->name, rnn_tensor_name_text(tensor->name, name),
                            (unsigned long long)begin, (unsigned long long)end,
                            begin > end ? "a hole" : "an overlap");
        end += tensor->bytes;
    }
    if (end != file->data_bytes)
        return rnn_fail(error, RNN_ERR_FORMAT,
                        "%s: the tensors end at byte %llu of the data, the file at %llu: %llu "
                        "bytes belong to none",
                        file->name, (unsigned long long)end, (unsigned long long)file->data_bytes,
                        (unsigned long long)(file->data_bytes - end));
    return RNN_OK;
}

static rnn_status check_names(rnn_safetensors *file, rnn_error *error) {
    char text[RNN_NAME_TEXT];
    size_t count = file->tensor_count;
    file->by_name = rnn_allocate(count, sizeof *file->by_name);
    if (!file->by_name)
        return rnn_fail(error, RNN_ERR_MEMORY, "%s: out of memory", file->name);
    for (size_t i = 0; i < count; i++)
        file->by_name[i] = &file->tensors[i];
    qsort(file->by_name, count, sizeof *file->by_name, compare_names);
    for (size_t i = 1; i < count; i++)
        if (strcmp(file->by_name[i - 1]->name, file->by_name[i]->name) == 0)
            return rnn_fail(error, RNN_ERR_FORMAT, "%s: has two tensors named '%s'", file->name,
                            rnn_tensor_name_text(file->by_name[i]->name, text));
    if (file->pair_count > 0)
        qsort(file->pairs, file->pair_count, sizeof *file->pairs, compare_keys);
    for (size_t i = 1; i < file->pair_count; i++)
        if (strcmp(file->pairs[i - 1].key, file->pairs[i].key) == 0)
            return rnn_fail(error, RNN_ERR_FORMAT, "%s: __metadata__ has the key '%s' twice",
                            file->name, rnn_tensor_name_text(file->pairs[i].key, text));
    return RNN_OK;
}

static uint64_t read_number(const unsigned char *bytes) {
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

/* The header's length, checked against the file before anything relies on it. */
static rnn_status read_length(const rnn_safetensors *file, size_t *length, rnn_error *error) {
    static const char advice[] = "It is truncated, corrupt or not a safetensors file";
    if (file->count < 8)
        return rnn_fail(error, RNN_ERR_FORMAT,
                        "%s: has %zu bytes; even the header's length needs 8. %s", file->name,
                        file->count, advice);
    uint64_t value = read_number(file->bytes);
    if (value > RNN_SAFETENSORS_MAX_HEADER)
        return rnn_fail(error, RNN_ERR_FORMAT,
                        "%s: declares a header of %llu bytes; at most %u are allowed. %s",
                        file->name, (unsigned long long)value, RNN_SAFETENSORS_MAX_HEADER, advice);
    if (value > file->count - 8)
        return rnn_fail(error, RNN_ERR_FORMAT,
                        "%s: declares a header of %llu bytes, but only %zu follow. %s", file->name,
                        (unsigned long long)value, file->count - 8, advice);
    if (value < 2 || file->bytes[8] != '{')
        return rnn_fail(error, RNN_ERR_FORMAT, "%s: the header does not begin with '{'. %s",
                        file->name, advice);
    *length = (size_t)value;
    return RNN_OK;
}

static rnn_status check(rnn_safetensors *file, rnn_error *error) {
    size_t header = 0;
    rnn_status status = read_length(file, &header, error);
    if (status != RNN_OK)
        return status;
    file->data = file->bytes + 8 + header;
    file->data_bytes = file->count - 8 - header;
    /* A string takes no more than its quoted form, its NUL included. */
    file->strings_room = header;
    file->strings = rnn_allocate(header, 1);
    if (!file->strings)
        return rnn_fail(error, RNN_ERR_MEMORY, "%s: out of memory for a header of %zu bytes",
                        file->name, header);
    parser p = {.file = file, .error = error, .status = RNN_OK};
    rnn_json_start(&p.json, (const char *)file->bytes + 8, header);
    if (!read_header(&p)) {
        if (p.status != RNN_OK)
            return p.status;
        return rnn_fail(error, RNN_ERR_FORMAT,
                        "%s: the header is wrong at byte %zu: %s. The file is corrupt or not a "
                        "safetensors file",
                        file->name, p.json.at + 8, p.json.wrong);
    }
    status = check_cover(file, error);
    return status == RNN_OK ? check_names(file, error) : status;
}

static rnn_status check_kind(const rnn_safetensors *file, const rnn_safetensors_kind *kind,
                             rnn_error *error) {
    if (!kind || rnn_safetensors_metadata(file, kind->key))
        return RNN_OK;
    return rnn_fail(error, RNN_ERR_FORMAT,
                    "%s: this is a safetensors file, but not %s: its metadata has no \"%s\"",
                    file->name, kind->name, kind->key);
}

rnn_status rnn_safetensors_parse(rnn_safetensors **out, const void *bytes, size_t count,
                                 const char *name, const rnn_safetensors_kind *kind,
                                 rnn_error *error) {
    *out = NULL;
    rnn_status status = RNN_ERR_MEMORY;
    rnn_safetensors *file = rnn_allocate(1, sizeof *file);
    if (!file)
        return rnn_fail(error, RNN_ERR_MEMORY, "%s: out of memory", name);
    file->bytes = bytes;
    file->count = count;
    file->name = rnn_duplicate(name, strlen(name));
    if (!file->name) {
        rnn_fail(error, RNN_ERR_MEMORY, "%s: out of memory", name);
        goto fail;
    }
    status = check(file, error);
    if (status == RNN_OK)
        status = check_kind(file, kind, error);
    if (status != RNN_OK)
        goto fail;
    *out = file;
    return RNN_OK;

fail:
    rnn_safetensors_close(file);
    return status;
}

/* Opens a regular file. Returns its descriptor, or -1. */
static int open_regular(const char *path, size_t *count, rnn_error *error) {
    struct stat found;
    int fd;
    do
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not hold us up */
    while (fd < 0 && errno == EINTR);
    if (fd < 0 || fstat(fd, &found) < 0) {
        rnn_fail(error, RNN_ERR_IO, "%s: cannot open: %s; %s", path, strerror(errno),
                 rnn_files_advice(errno));
    } else if (!S_ISREG(found.st_mode)) {
        rnn_fail(error, RNN_ERR_IO, "%s: is %s; a .safetensors file was expected", path,
                 S_ISDIR(found.st_mode) ? "a directory" : "not a regular file");
    } else {
        *count = (size_t)found.st_size;
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Reads the bytes of a file from one offset to another to where they belong. */
static rnn_status read_part(int fd, char *memory, size_t from, size_t end, const char *path,
                            rnn_error *error) {
    while (from < end) {
        ssize_t got = pread(fd, memory + from, end - from, (off_t)from);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return rnn_fail(error, RNN_ERR_IO, "%s: cannot be read: %s; %s", path, strerror(errno),
                            rnn_files_advice(errno));
        if (got == 0)
            return rnn_fail(error, RNN_ERR_IO,
                            "%s: has become shorter while it was read (%zu bytes, not %zu): try "
                            "again when it is written",
                            path, from, end);
        from += (size_t)got;
    }
    return RNN_OK;
}

/* Addresses for a whole file, for which the system need not have memory yet. */
static void *reserve(size_t count) {
    void *memory = mmap(NULL, count, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static rnn_status no_memory(const char *path, size_t count, rnn_error *error) {
    return rnn_fail(error, RNN_ERR_MEMORY, "%s: no memory for its %zu bytes", path, count);
}

/* Reads to reserved addresses, up to `end`; what is before `from` has been read. */
static rnn_status read_reserved(int fd, char *memory, size_t from, size_t end, const char *path,
                                rnn_error *error) {
    if (from < end && mprotect(memory, end, PROT_READ | PROT_WRITE) != 0)
        return no_memory(path, end, error);
    return read_part(fd, memory, from, end, path, error);
}

/* The header first: the rest only if it is what the header says. */
static rnn_status read_file(rnn_safetensors **out, int fd, char *memory, size_t count,
                            const rnn_safetensors_kind *kind, const char *path, rnn_error *error) {
    size_t head = count < 8 ? count : 8, header = 0;
    rnn_status status = read_reserved(fd, memory, 0, head, path, error);
    if (status != RNN_OK)
        return status;
    uint64_t declared = head == 8 ? read_number((unsigned char *)memory) : 0;
    if (declared <= RNN_SAFETENSORS_MAX_HEADER && declared <= count - head)
        header = (size_t)declared;
    /* The first byte behind the length is looked at even if the length is nonsense. */
    status = read_reserved(fd, memory, head, head + (header ? header : count > head), path, error);
    if (status == RNN_OK)
        status = rnn_safetensors_parse(out, memory, count, path, kind, error);
    if (status == RNN_OK)
        status = read_reserved(fd, memory, head + header, count, path, error);
    if (status != RNN_OK) {
        rnn_safetensors_close(*out);
        *out = NULL;
    }
    return status;
}

rnn_status rnn_safetensors_open(rnn_safetensors **out, const char *path,
                                const rnn_safetensors_kind *kind, rnn_error *error) {
    size_t count;
    *out = NULL;
    int fd = open_regular(path, &count, error);
    if (fd < 0)
        return RNN_ERR_IO;
    void *memory = count > 0 ? reserve(count) : NULL;
    rnn_status status = count > 0 && !memory ? no_memory(path, count, error)
                                             : read_file(out, fd, memory, count, kind, path, error);
    close(fd);
    if (status == RNN_OK)
        (*out)->memory = memory;
    else if (memory)
        munmap(memory, count);
    return status;
}

void rnn_safetensors_close(rnn_safetensors *file) {
    if (!file)
        return;
    if (file->memory)
        munmap(file->memory, file->count);
    rnn_free(file->pairs);
    rnn_free(file->by_name);
    rnn_free(file->tensors);
    rnn_free(file->strings);
    rnn_free(file->name);
    rnn_free(file);
}

size_t rnn_safetensors_count(const rnn_safetensors *file) {
    return file->tensor_count;
}

const rnn_tensor *rnn_safetensors_at(const rnn_safetensors *file, size_t index) {
    return &file->tensors[index];
}

const rnn_tensor *rnn_safetensors_find(const rnn_safetensors *file, const char *name) {
    rnn_tensor wanted = {.name = name};
    const rnn_tensor *key = &wanted;
    const rnn_tensor **found =
        bsearch(&key, file->by_name, file->tensor_count, sizeof *file->by_name, compare_names);
    return found ? *found : NULL;
}

const char *rnn_safetensors_metadata(const rnn_safetensors *file, const char *key) {
    rnn_metadata wanted = {.key = key};
    if (file->pair_count == 0)
        return NULL;
    const rnn_metadata *found =
        bsearch(&wanted, file->pairs, file->pair_count, sizeof *file->pairs, compare_keys);
    return found ? found->value : NULL;
}

rnn_status rnn_safetensors_verify(const rnn_safetensors *file, rnn_error *error) {
    const char *seal = rnn_safetensors_metadata(file, RNN_CHECKSUM_KEY);
    if (!seal)
        return rnn_fail(
            error, RNN_ERR_FORMAT,
            "%s: its metadata has no " RNN_CHECKSUM_KEY ", so damage could not be seen. "
            "If another program wrote it, let that set " RNN_CHECKSUM_KEY " to \"none\"",
            file->name);
    if (strcmp(seal, "none") == 0)
        return RNN_OK;
    char text[RNN_NAME_TEXT], actual[17];
    uint64_t digest =
        rnn_safetensors_digest(file->tensors, file->tensor_count, file->pairs, file->pair_count);
    snprintf(actual, sizeof actual, "%016llx", (unsigned long long)digest);
    if (strcmp(seal, actual) != 0)
        return rnn_fail(error, RNN_ERR_FORMAT,
                        "%s: the contents do not match their checksum (%s is written, %s was "
                        "computed): the file is damaged. Take another copy; if another program "
                        "changed it, let that set " RNN_CHECKSUM_KEY " to \"none\"",
                        file->name, rnn_tensor_name_text(seal, text), actual);
    return RNN_OK;
}
