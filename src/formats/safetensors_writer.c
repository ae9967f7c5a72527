/* SPDX-License-Identifier: MIT
 *
 * safetensors_writer.c - the bytes that the reference writer would write.
 *
 * Its order: dtypes from the widest down (rnn_dtype_order), then names by byte.
 * The header is compact JSON, __metadata__ first, padded with spaces so that
 * the data begins at a multiple of 8.
 */
#include "formats/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"
#include "formats/json.h"

/* Own copies in the file's order. */
typedef struct contents {
    rnn_tensor *tensors;
    size_t count;
    rnn_metadata *metadata;
    size_t pairs;
    char seal[17];
    rnn_json_text header;
} contents;

static int compare_tensors(const void *left, const void *right) {
    const rnn_tensor *a = left, *b = right;
    int first = rnn_dtype_order(a->dtype), second = rnn_dtype_order(b->dtype);
    return first != second ? second - first : strcmp(a->name, b->name);
}

static int compare_names(const void *left, const void *right) {
    const rnn_tensor *a = left, *b = right;
    return strcmp(a->name, b->name);
}

static int compare_keys(const void *left, const void *right) {
    const rnn_metadata *a = left, *b = right;
    return strcmp(a->key, b->key);
}

static rnn_status check_tensor(const char *path, const rnn_tensor *tensor, rnn_error *error) {
    char name[RNN_NAME_TEXT], text[RNN_TENSOR_TEXT];
    uint64_t bytes;
    rnn_tensor_name_text(tensor->name, name);
    if (rnn_dtype_order(tensor->dtype) < 0)
        return rnn_fail(error, RNN_ERR_RANGE, "%s: tensor '%s' has the unknown dtype '%s'", path,
                        name, tensor->dtype);
    if (tensor->rank > RNN_SAFETENSORS_MAX_RANK)
        return rnn_fail(error, RNN_ERR_RANGE, "%s: tensor '%s' has %zu dimensions; at most %d fit",
                        path, name, tensor->rank, RNN_SAFETENSORS_MAX_RANK);
    if (!rnn_tensor_size(tensor, &bytes) || bytes != tensor->bytes)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "%s: tensor '%s', %s, does not come to the %llu bytes given", path, name,
                        rnn_tensor_text(tensor, text), (unsigned long long)tensor->bytes);
    if (strcmp(tensor->name, "__metadata__") == 0)
        return rnn_fail(error, RNN_ERR_RANGE, "%s: no tensor can be named '__metadata__'", path);
    return RNN_OK;
}

static rnn_status arrange(contents *file, const char *path, const rnn_tensor *tensors,
                          const rnn_metadata *metadata, rnn_error *error) {
    char text[RNN_NAME_TEXT];
    for (size_t i = 0; i < file->count; i++) {
        rnn_status status = check_tensor(path, &tensors[i], error);
        if (status != RNN_OK)
            return status;
        file->tensors[i] = tensors[i];
    }
    for (size_t i = 0; i < file->pairs; i++)
        file->metadata[i] = metadata[i];
    qsort(file->tensors, file->count, sizeof *file->tensors, compare_names);
    qsort(file->metadata, file->pairs, sizeof *file->metadata, compare_keys);
    for (size_t i = 1; i < file->count; i++)
        if (strcmp(file->tensors[i - 1].name, file->tensors[i].name) == 0)
            return rnn_fail(error, RNN_ERR_RANGE, "%s: two tensors are named '%s'", path,
                            rnn_tensor_name_text(file->tensors[i].name, text));
    for (size_t i = 1; i < file->pairs; i++)
        if (strcmp(file->metadata[i - 1].key, file->metadata[i].key) == 0)
            return rnn_fail(error, RNN_ERR_RANGE, "%s: __metadata__ has the key '%s' twice", path,
                            rnn_tensor_name_text(file->metadata[i].key, text));
    qsort(file->tensors, file->count, sizeof *file->tensors, compare_tensors);
    return RNN_OK;
}

/* Fills in the checksum where it was asked for. */
static void seal(contents *file) {
    for (size_t i = 0; i < file->pairs; i++) {
        if (strcmp(file->metadata[i].key, RNN_CHECKSUM_KEY) != 0 || file->metadata[i].value)
            continue;
        uint64_t digest =
            rnn_safetensors_digest(file->tensors, file->count, file->metadata, file->pairs);
        snprintf(file->seal, sizeof file->seal, "%016llx", (unsigned long long)digest);
        file->metadata[i].value = file->seal;
    }
}

static void put_tensor(rnn_json_text *to, const rnn_tensor *tensor, uint64_t begin) {
    rnn_json_put_string(to, tensor->name);
    rnn_json_put(to, ":{\"dtype\":");
    rnn_json_put_string(to, tensor->dtype);
    rnn_json_put(to, ",\"shape\":[");
    for (size_t i = 0; i < tensor->rank; i++) {
        rnn_json_put(to, i ? "," : "");
        rnn_json_put_whole(to, tensor->shape[i]);
    }
    rnn_json_put(to, "],\"data_offsets\":[");
    rnn_json_put_whole(to, begin);
    rnn_json_put(to, ",");
    rnn_json_put_whole(to, begin + tensor->bytes);
    rnn_json_put(to, "]}");
}

static rnn_status make_header(contents *file, const char *path, rnn_error *error) {
    rnn_json_text *to = &file->header;
    uint64_t end = 0;
    rnn_json_put(to, "{");
    if (file->pairs > 0)
        rnn_json_put(to, "\"__metadata__\":{");
    for (size_t i = 0; i < file->pairs; i++) {
        rnn_json_put(to, i ? "," : "");
        rnn_json_put_string(to, file->metadata[i].key);
        rnn_json_put(to, ":");
        rnn_json_put_string(to, file->metadata[i].value);
    }
    if (file->pairs > 0)
        rnn_json_put(to, file->count > 0 ? "}," : "}");
    for (size_t i = 0; i < file->count; i++) {
        rnn_json_put(to, i ? "," : "");
        put_tensor(to, &file->tensors[i], end);
        end += file->tensors[i].bytes;
    }
    rnn_json_put(to, "}");
    while (!to->short_of_memory && to->bytes % 8 != 0)
        rnn_json_put(to, " ");
    if (to->short_of_memory)
        return rnn_fail(error, RNN_ERR_MEMORY, "%s: out of memory for its header", path);
    if (to->invalid)
        return rnn_fail(error, RNN_ERR_RANGE, "%s: a name or a value is not valid UTF-8", path);
    if (to->bytes > RNN_SAFETENSORS_MAX_HEADER)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "%s: names and metadata come to %zu bytes; at most %u fit in a header",
                        path, to->bytes, RNN_SAFETENSORS_MAX_HEADER);
    return RNN_OK;
}

static rnn_status write_out(const contents *file, const char *path, rnn_error *error) {
    unsigned char length[8];
    rnn_saving *saving;
    for (int i = 0; i < 8; i++)
        length[i] = (unsigned char)((uint64_t)file->header.bytes >> (8 * i));
    rnn_status status = rnn_saving_begin(&saving, path, error);
    if (status != RNN_OK)
        return status;
    status = rnn_saving_write(saving, length, sizeof length, error);
    if (status == RNN_OK)
        status = rnn_saving_write(saving, file->header.text, file->header.bytes, error);
    for (size_t i = 0; status == RNN_OK && i < file->count; i++)
        status = rnn_saving_write(saving, file->tensors[i].data, file->tensors[i].bytes, error);
    if (status == RNN_OK)
        return rnn_saving_commit(saving, error);
    rnn_saving_abandon(saving);
    return status;
}

rnn_status rnn_safetensors_save(const char *path, const rnn_tensor *tensors, size_t count,
                                const rnn_metadata *metadata, size_t pairs, rnn_error *error) {
    contents file = {.count = count, .pairs = pairs};
    rnn_status status = RNN_ERR_MEMORY;
    file.tensors = rnn_allocate(count, sizeof *file.tensors);
    file.metadata = rnn_allocate(pairs, sizeof *file.metadata);
    if (!file.tensors || !file.metadata) {
        rnn_fail(error, RNN_ERR_MEMORY, "%s: out of memory for its header", path);
        goto end;
    }
    status = arrange(&file, path, tensors, metadata, error);
    if (status != RNN_OK)
        goto end;
    seal(&file);
    status = make_header(&file, path, error);
    if (status == RNN_OK)
        status = write_out(&file, path, error);
end:
    rnn_free(file.header.text);
    rnn_free(file.metadata);
    rnn_free(file.tensors);
    return status;
}
