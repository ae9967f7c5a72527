/* SPDX-License-Identifier: MIT
 *
 * safetensors.c - what reader and writer share: types, sizes, the seal.
 */
#define XXH_INLINE_ALL
#include "formats/safetensors.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tensor data is little-endian in the file and would have to be swapped here"
#endif

/* In the reference's order, which its writer sorts by, last first. */
static const struct {
    const char *name;
    unsigned bits;
} dtypes[] = {
    {"BOOL", 8}, {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"U8", 8},
    {"I8", 8},   {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"I16", 16},
    {"U16", 16}, {"F16", 16},    {"BF16", 16},   {"I32", 32},    {"U32", 32},
    {"F32", 32}, {"C64", 64},    {"F64", 64},    {"I64", 64},    {"U64", 64},
};

int rnn_dtype_order(const char *dtype) {
    for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++)
        if (strcmp(dtypes[i].name, dtype) == 0)
            return (int)i;
    return -1;
}

const char *rnn_dtype_name(int order) {
    return dtypes[order].name;
}

unsigned rnn_dtype_bits(int order) {
    return dtypes[order].bits;
}

int rnn_tensor_size(const rnn_tensor *tensor, uint64_t *bytes) {
    /* From the left, as the reference does: a product that overflows on its
     * way is refused even where a later 0 would end it. */
    uint64_t product = 1;
    for (size_t i = 0; i < tensor->rank; i++)
        if (__builtin_mul_overflow(product, tensor->shape[i], &product))
            return 0;
    if (__builtin_mul_overflow(product, rnn_dtype_bits(rnn_dtype_order(tensor->dtype)), &product))
        return 0;
    if (product % 8 != 0)
        return 0;
    *bytes = product / 8;
    return 1;
}

const char *rnn_tensor_text(const rnn_tensor *tensor, char out[RNN_TENSOR_TEXT]) {
    size_t end = (size_t)snprintf(out, RNN_TENSOR_TEXT, "%s [", tensor->dtype);
    for (size_t i = 0; i < tensor->rank; i++)
        end += (size_t)snprintf(out + end, RNN_TENSOR_TEXT - end, "%s%llu", i ? ", " : "",
                                (unsigned long long)tensor->shape[i]);
    snprintf(out + end, RNN_TENSOR_TEXT - end, "]");
    return out;
}

const char *rnn_tensor_name_text(const char *name, char out[RNN_NAME_TEXT]) {
    size_t length = strlen(name), end = length < 80 ? length : 80;
    while (end < length && end > 0 && ((unsigned char)name[end] & 0xC0) == 0x80)
        end--;
    for (size_t i = 0; i < end; i++) {
        unsigned char c = (unsigned char)name[i];
        int control = c < 0x20 || c == 0x7F ||
                      (c >= 0x80 && c <= 0x9F && i > 0 && (unsigned char)name[i - 1] == 0xC2);
        out[i] = control ? '?' : name[i];
    }
    snprintf(out + end, RNN_NAME_TEXT - end, "%s", end < length ? "..." : "");
    return out;
}

static void hash_whole(XXH3_state_t *hash, uint64_t value) {
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    XXH3_64bits_update(hash, bytes, sizeof bytes);
}

static void hash_string(XXH3_state_t *hash, const char *string) {
    XXH3_64bits_update(hash, string, strlen(string) + 1);
}

uint64_t rnn_safetensors_digest(const rnn_tensor *tensors, size_t count,
                                const rnn_metadata *metadata, size_t pairs) {
    XXH3_state_t hash;
    XXH3_64bits_reset(&hash);
    for (size_t i = 0; i < pairs; i++) {
        if (strcmp(metadata[i].key, RNN_CHECKSUM_KEY) == 0)
            continue;
        hash_string(&hash, metadata[i].key);
        hash_string(&hash, metadata[i].value);
    }
    for (size_t i = 0; i < count; i++) {
        hash_string(&hash, tensors[i].name);
        hash_string(&hash, tensors[i].dtype);
        hash_whole(&hash, tensors[i].rank);
        for (size_t k = 0; k < tensors[i].rank; k++)
            hash_whole(&hash, tensors[i].shape[k]);
    }
    for (size_t i = 0; i < count; i++)
        if (tensors[i].bytes > 0)
            XXH3_64bits_update(&hash, tensors[i].data, tensors[i].bytes);
    return XXH3_64bits_digest(&hash);
}
