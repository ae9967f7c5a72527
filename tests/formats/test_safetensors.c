/* SPDX-License-Identifier: MIT
 *
 * test_safetensors.c - the format's rules: good files are read, hostile ones
 * refused with their reason, and files written as the reference writes them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/memory.h"
#include "formats/safetensors.h"
#include "tests/scratch.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

/* A file of a header, by its own length, and so many bytes of data (0, 1, 2 ...). */
static unsigned char *make(const char *header, size_t length, size_t data, size_t *count) {
    *count = 8 + length + data;
    unsigned char *bytes = malloc(*count);
    assert_non_null(bytes);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)length >> (8 * i));
    memcpy(bytes + 8, header, length);
    for (size_t i = 0; i < data; i++)
        bytes[8 + length + i] = (unsigned char)i;
    return bytes;
}

static rnn_status parse(rnn_safetensors **out, const char *header, size_t length, size_t data,
                        unsigned char **bytes, rnn_error *error) {
    size_t count;
    *bytes = make(header, length, data, &count);
    return rnn_safetensors_parse(out, *bytes, count, "made.safetensors", NULL, error);
}

/* ---------------------------------------------------------------- good files */

static void test_a_file_is_read(void **state) {
    (void)state;
    static const char header[] =
        " \"\""
        "{\"b\":{\"data_offsets\":[8,10],\"dtype\":\"F16\",\"shape\":[1]},"
        "\"__metadata__\":{\"k\":\"v\",\"\":\"\\n\",\"a\\\"\":\"\xC3\xA9\"},\r\n\t"
        "\"a \\u00e9\":{\"dtype\":\"F32\", \"shape\" : [2, 1],\"data_offsets\":[0,8]},"
        "\"empty\":{\"dtype\":\"I64\",\"shape\":[3,0],\"data_offsets\":[8,8]},"
        "\"scalar\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[10,11]}}    ";
    rnn_safetensors *file;
    rnn_error error;
    unsigned char *bytes;
    /* Without the first three bytes, which must not be there. */
    assert_int_equal(parse(&file, header + 3, sizeof header - 4, 11, &bytes, &error), RNN_OK);
    assert_int_equal(rnn_safetensors_count(file), 4);
    const rnn_tensor *a = rnn_safetensors_find(file, "a \xC3\xA9");
    assert_non_null(a);
    assert_ptr_equal(a, rnn_safetensors_at(file, 0));
    assert_string_equal(a->dtype, "F32");
    assert_int_equal(a->rank, 2);
    assert_int_equal(a->shape[0], 2);
    assert_int_equal(a->shape[1], 1);
    assert_int_equal(a->bytes, 8);
    assert_memory_equal(a->data, "\0\1\2\3\4\5\6\7", 8);
    const rnn_tensor *scalar = rnn_safetensors_find(file, "scalar");
    assert_int_equal(scalar->rank, 0);
    assert_int_equal(((const unsigned char *)scalar->data)[0], 10);
    assert_int_equal(rnn_safetensors_find(file, "empty")->bytes, 0);
    assert_null(rnn_safetensors_find(file, "c"));
    assert_null(rnn_safetensors_find(file, "__metadata__"));
    assert_string_equal(rnn_safetensors_metadata(file, "k"), "v");
    assert_string_equal(rnn_safetensors_metadata(file, ""), "\n");
    assert_string_equal(rnn_safetensors_metadata(file, "a\""), "\xC3\xA9");
    assert_null(rnn_safetensors_metadata(file, "x"));
    assert_int_equal(rnn_safetensors_verify(file, &error), RNN_ERR_FORMAT);
    rnn_safetensors_close(file);
    free(bytes);
}

static void test_small_good_files(void **state) {
    (void)state;
    static const struct {
        const char *header;
        size_t data, tensors;
    } files[] = {
        {"{}", 0, 0},
        {"{ }", 0, 0},
        {"{}      ", 0, 0},
        {"{\"__metadata__\":{}}", 0, 0},
        {"{\"x\":{\"dtype\":\"F4\",\"shape\":[4],\"data_offsets\":[0,2]}}", 2, 1},
        {"{\"x\":{\"dtype\":\"F6_E2M3\",\"shape\":[4],\"data_offsets\":[0,3]}}", 3, 1},
        {"{\"x\":{\"dtype\":\"BOOL\",\"shape\":[1,1,1,1,1,1,1,1],\"data_offsets\":[0,1]}}", 1, 1},
        {"{\"x\":{\"dtype\":\"F32\",\"shape\":[0,18446744073709551615],\"data_offsets\":[0,0]}}", 0,
         1},
        {"{\"\":{\"dtype\":\"C64\",\"shape\":[],\"data_offsets\":[0,8]}}", 8, 1},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        rnn_safetensors *file;
        rnn_error error = {0};
        unsigned char *bytes;
        rnn_status status =
            parse(&file, files[i].header, strlen(files[i].header), files[i].data, &bytes, &error);
        if (status != RNN_OK)
            fail_msg("%s: %s", files[i].header, error.message);
        assert_int_equal(rnn_safetensors_count(file), files[i].tensors);
        assert_null(rnn_safetensors_metadata(file, "k"));
        rnn_safetensors_close(file);
        free(bytes);
    }
}

/* ------------------------------------------------------------- hostile files */

#define T(dtype, shape, offsets)                                                                   \
    "{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"
#define ONE(dtype, shape, offsets) "{\"x\":" T(dtype, shape, offsets) "}"
#define GOOD                       "\"x\":" T("U8", "[4]", "[0,4]")

static const struct {
    const char *header;
    size_t data;
    const char *says;
} hostile[] = {
    /* not an object */
    {"", 0, "does not begin with '{'"},
    {"{", 0, "does not begin with '{'"},
    {" {}", 0, "does not begin with '{'"},
    {"[]", 0, "does not begin with '{'"},
    {"\"{}\"", 0, "does not begin with '{'"},
    /* not JSON */
    {"{]", 0, "a string was expected"},
    {"{}}", 0, "only spaces may follow"},
    {"{}\n", 0, "only spaces may follow"},
    {"{}\t", 0, "only spaces may follow"},
    {"{}{}", 0, "only spaces may follow"},
    {"{\"x\"}", 0, "':' was expected"},
    {"{\"x\":1}", 0, "an object, '{', was expected"},
    {"{\"x\":null}", 0, "an object, '{', was expected"},
    {"{\"x\":[]}", 0, "an object, '{', was expected"},
    {"{x:{}}", 0, "a string was expected"},
    {"{" GOOD ",}", 4, "a string was expected"},
    {"{" GOOD "", 4, "',' or '}' was expected"},
    {"{\"x", 0, "does not end"},
    {"{\"\xFF\":{}}", 0, "not valid UTF-8"},
    {"{\"\xED\xA0\x80\":{}}", 0, "not valid UTF-8"},
    {"{\"a\nb\":{}}", 0, "control character"},
    {"{\"\\ud800\":{}}", 0, "bad escape"},
    {"{\"a\\u0000b\":{}}", 0, "U+0000"},
    /* metadata */
    {"{\"__metadata__\":null}", 0, "an object, '{', was expected"},
    {"{\"__metadata__\":\"x\"}", 0, "an object, '{', was expected"},
    {"{\"__metadata__\":[]}", 0, "an object, '{', was expected"},
    {"{\"__metadata__\":{\"a\":1}}", 0, "a string was expected"},
    {"{\"__metadata__\":{\"a\":{}}}", 0, "a string was expected"},
    {"{\"__metadata__\":{\"a\":null}}", 0, "a string was expected"},
    {"{\"__metadata__\":{\"a\":\"\\u0000\"}}", 0, "U+0000"},
    {"{\"__metadata__\":{\"a\":\"1\",\"b\":\"2\",\"a\":\"1\"}}", 0, "the key 'a' twice"},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "__metadata__ stands there twice"},
    {"{\"__metadata__\":{\"a\":\"1\"}", 0, "',' or '}' was expected"},
    /* a tensor's members */
    {"{\"x\":{}}", 0, "lacks dtype, shape or data_offsets"},
    {"{\"x\":{\"dtype\":\"U8\",\"shape\":[]}}", 0, "lacks"},
    {"{\"x\":{\"dtype\":\"U8\",\"data_offsets\":[0,0]}}", 0, "lacks"},
    {"{\"x\":{\"shape\":[],\"data_offsets\":[0,0]}}", 0, "lacks"},
    {"{\"x\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0],\"more\":1}}", 0,
     "and nothing else"},
    {"{\"x\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0,
     "twice"},
    {"{\"x\":{\"dtype\\u0000\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0,
     "and nothing else"},
    {"{\"x\":{\"a long, long name of a member\":1}}", 0, "too long"},
    {"{" GOOD "," GOOD "}", 4, "an overlap"},
    {"{\"x\":" T("U8", "[0]", "[0,0]") ",\"x\":" T("U8", "[0]", "[0,0]") "}", 0,
     "two tensors named 'x'"},
    /* dtypes */
    {ONE("F31", "[1]", "[0,4]"), 4, "unknown dtype 'F31'"},
    {ONE("f32", "[1]", "[0,4]"), 4, "unknown dtype 'f32'"},
    {ONE("", "[1]", "[0,4]"), 4, "unknown dtype ''"},
    {ONE("F32\\u0000", "[1]", "[0,4]"), 4, "unknown dtype"},
    {ONE("F32F32F32F32F32F32", "[1]", "[0,4]"), 4, "too long"},
    {"{\"x\":{\"dtype\":32,\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "a string was expected"},
    /* shapes */
    {ONE("U8", "4", "[0,4]"), 4, "a list, '[', was expected"},
    {ONE("U8", "[-4]", "[0,4]"), 4, "a whole number was expected"},
    {ONE("U8", "[4.0]", "[0,4]"), 4, "a whole number was expected"},
    {ONE("U8", "[4e0]", "[0,4]"), 4, "a whole number was expected"},
    {ONE("U8", "[04]", "[0,4]"), 4, "begins with 0"},
    {ONE("U8", "[\"4\"]", "[0,4]"), 4, "a whole number was expected"},
    {ONE("U8", "[null]", "[0,4]"), 4, "a whole number was expected"},
    {ONE("U8", "[[4]]", "[0,4]"), 4, "a whole number was expected"},
    {ONE("U8", "[4", "[0,4]"), 4, "a whole number was expected"},
    {ONE("U8", "[18446744073709551616]", "[0,4]"), 4, "larger than 64 bits"},
    {ONE("F32", "[4294967296,4294967296]", "[0,4]"), 4, "overflows"},
    {ONE("F64", "[2305843009213693952]", "[0,4]"), 4, "overflows"},
    {ONE("F32", "[4294967296,4294967296,0]", "[0,0]"), 0, "overflows"},
    {ONE("F4", "[3]", "[0,2]"), 2, "no whole number of bytes"},
    {ONE("F6_E3M2", "[1]", "[0,1]"), 1, "no whole number of bytes"},
    {ONE("U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]"), 1, "more than 8 dimensions"},
    {ONE("F32", "[2]", "[0,4]"), 4, "needs 8 bytes"},
    {ONE("F32", "[1]", "[0,8]"), 8, "needs 4 bytes"},
    {ONE("F32", "[]", "[0,0]"), 0, "needs 4 bytes"},
    {ONE("F32", "[0]", "[0,4]"), 4, "needs 0 bytes"},
    /* spans */
    {ONE("U8", "[4]", "[0]"), 4, "two numbers"},
    {ONE("U8", "[4]", "[]"), 4, "two numbers"},
    {ONE("U8", "[4]", "[0,4,4]"), 4, "two numbers"},
    {ONE("U8", "[4]", "{}"), 4, "a list, '[', was expected"},
    {ONE("U8", "[4]", "[4,0]"), 4, "must rise"},
    {ONE("U8", "[4]", "[0,-4]"), 4, "a whole number was expected"},
    {ONE("U8", "[4]", "[1,5]"), 4, "lie within the 4 bytes"},
    {ONE("U8", "[4]", "[1,5]"), 5, "a hole"},
    {ONE("U8", "[4]", "[0,4]"), 3, "lie within the 3 bytes"},
    {ONE("U8", "[4]", "[0,4]"), 5, "1 bytes belong to none"},
    {ONE("U8", "[0]", "[1,1]"), 1, "a hole"},
    {ONE("U8", "[4]", "[18446744073709551612,18446744073709551615]"), 4, "lie within"},
    {ONE("U8", "[18446744073709551615]", "[0,18446744073709551615]"), 4, "lie within"},
    {"{\"a\":" T("U8", "[2]", "[0,2]") ",\"b\":" T("U8", "[2]", "[1,3]") "}", 3, "an overlap"},
    {"{\"a\":" T("U8", "[2]", "[0,2]") ",\"b\":" T("U8", "[2]", "[3,5]") "}", 5, "a hole"},
    {"{\"a\":" T("U8", "[4]", "[0,4]") ",\"b\":" T("U8", "[0]", "[2,2]") "}", 4, "an overlap"},
    {"{\"a\":" T("U8", "[2]", "[0,2]") ",\"b\":" T("U8", "[2]", "[0,2]") "}", 2, "an overlap"},
    {"{}", 1, "1 bytes belong to none"},
    /* a message is no way into a terminal */
    {"{\"\\u001b]0;x\\u0007\xC2\x9B\":" T("U8", "[1]", "[0,0]") "}", 0, "'?]0;x?\xC2?'"},
    {"{\""
     "0123456789012345678901234567890123456789012345678901234567890123456789012345678"
     "\xC3\xA9 and more\":" T("U8", "[1]", "[0,0]") "}",
     0, "012345678...'"},
};

static void test_hostile_files_are_refused(void **state) {
    (void)state;
    assert_true(sizeof hostile / sizeof hostile[0] >= 40);
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        rnn_safetensors *file = (rnn_safetensors *)state;
        rnn_error error = {0};
        unsigned char *bytes, *again;
        rnn_status status = parse(&file, hostile[i].header, strlen(hostile[i].header),
                                  hostile[i].data, &bytes, &error);
        if (status != RNN_ERR_FORMAT &&
            !(status == RNN_ERR_UNSUPPORTED && strstr(hostile[i].says, "more than")))
            fail_msg("%s: status %d", hostile[i].header, status);
        assert_null(file);
        if (!strstr(error.message, hostile[i].says) || !strstr(error.message, "made.safetensors"))
            fail_msg("%s: said \"%s\", not \"%s\"", hostile[i].header, error.message,
                     hostile[i].says);
        free(bytes);
        /* Nobody need listen to the message. */
        assert_int_equal(parse(&file, hostile[i].header, strlen(hostile[i].header), hostile[i].data,
                               &again, NULL),
                         status);
        free(again);
    }
}

static void test_lengths_of_headers(void **state) {
    (void)state;
    static const struct {
        uint64_t length;
        size_t count; /* bytes of the file */
        const char *says;
    } lengths[] = {
        {0, 0, "has 0 bytes"},
        {0, 7, "has 7 bytes"},
        {0, 8, "does not begin with '{'"},
        {3, 10, "only 2 follow"},
        {UINT64_MAX, 10, "at most 100000000"},
        {UINT64_MAX - 7, 10, "at most 100000000"},
        {(uint64_t)1 << 63, 10, "at most 100000000"},
        {100000001, 10, "at most 100000000"},
        {100000000, 10, "only 2 follow"},
        {1, 10, "does not begin with '{'"},
        {2, 10, NULL},
    };
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        unsigned char bytes[10];
        rnn_safetensors *file;
        rnn_error error = {0};
        for (int k = 0; k < 8; k++)
            bytes[k] = (unsigned char)(lengths[i].length >> (8 * k));
        memcpy(bytes + 8, "{}", 2);
        rnn_status status =
            rnn_safetensors_parse(&file, bytes, lengths[i].count, "f", NULL, &error);
        if (!lengths[i].says) {
            assert_int_equal(status, RNN_OK);
            rnn_safetensors_close(file);
            continue;
        }
        assert_int_equal(status, RNN_ERR_FORMAT);
        if (!strstr(error.message, lengths[i].says))
            fail_msg("length %llu: said \"%s\"", (unsigned long long)lengths[i].length,
                     error.message);
    }
}

/* Headers of 8 MB that ask for as much work and memory as can be are refused
 * soon, and cost no more memory than their size (once mapped, once for strings)
 * and 16 MiB. */
static char *large_header(int kind, size_t bytes) {
    char *header = malloc(bytes + 256), *end = header;
    static const char *const items[] = {
        "\"%zu\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},",
        "\"%zu\":\"\",",
        "\"x\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},",
    };
    assert_non_null(header);
    end += sprintf(end, kind == 1 ? "{\"__metadata__\":{" : "{");
    for (size_t i = 0; (size_t)(end - header) < bytes; i++) {
        if (kind < 3)
            end += sprintf(end, items[kind], i);
        else
            *end++ = kind == 3 ? '{' : kind == 4 ? '"' : '[';
    }
    *end = '\0';
    return header;
}

static long peak_kilobytes(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* For a child: 0 if the file is refused within its means. */
static int refuse_within_means(const char *name, long kilobytes) {
    rnn_safetensors *file;
    rnn_error error;
    long before = peak_kilobytes();
    if (rnn_safetensors_open(&file, name, NULL, &error) == RNN_OK || file)
        return 1;
#if defined(__linux__) && !defined(SANITIZED)
    if (peak_kilobytes() - before > 2 * kilobytes + 16 * 1024)
        return 2;
#else
    (void)before;
    (void)kilobytes;
#endif
    return 0;
}

static void test_large_hostile_headers(void **state) {
    (void)state;
    scratch place;
    char name[1024];
    scratch_make(&place);
    scratch_name(&place, "large.safetensors", name);
    for (int kind = 0; kind < 6; kind++) {
        size_t count;
        char *header = large_header(kind, 8000000);
        unsigned char *bytes = make(header, strlen(header), 0, &count);
        scratch_write(name, bytes, count);
        free(bytes);
        free(header);
        int status;
        pid_t child = fork();
        if (child == 0) {
            alarm(60); /* a second, were it not for sanitizers and busy machines */
            _exit(refuse_within_means(name, (long)(count / 1024)));
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    scratch_remove(&place);
}

/* As many tensors and pairs as are taken, and one more. */
static void test_the_most_tensors_and_pairs(void **state) {
    (void)state;
    for (int metadata = 0; metadata < 2; metadata++)
        for (int more = 0; more < 2; more++) {
            size_t count = 65536 + (size_t)more;
            char *header = malloc(count * 64 + 64), *end = header;
            assert_non_null(header);
            end += sprintf(end, metadata ? "{\"__metadata__\":{" : "{");
            for (size_t i = 0; i < count; i++)
                end +=
                    sprintf(end, metadata ? "%s\"%zu\":\"\"" : "%s\"%zu\":" T("U8", "[0]", "[0,0]"),
                            i ? "," : "", i);
            end += sprintf(end, metadata ? "}}" : "}");
            rnn_safetensors *file;
            rnn_error error = {0};
            unsigned char *bytes;
            rnn_status status = parse(&file, header, (size_t)(end - header), 0, &bytes, &error);
            assert_int_equal(status, more ? RNN_ERR_UNSUPPORTED : RNN_OK);
            if (!more && !metadata)
                assert_string_equal(rnn_safetensors_find(file, "65535")->name, "65535");
            if (!more && metadata)
                assert_string_equal(rnn_safetensors_metadata(file, "65535"), "");
            rnn_safetensors_close(file);
            free(bytes);
            free(header);
        }
}

static void test_every_truncation_is_refused(void **state) {
    (void)state;
    static const char header[] = "{\"a\":" T("F32", "[2,2]", "[0,16]") ",\"b\":" T(
        "U8", "[3]", "[16,19]") ",\"__metadata__\":{\"k\":\"v\"}}  ";
    size_t count;
    unsigned char *bytes = make(header, sizeof header - 1, 19, &count);
    for (size_t n = 0; n <= count; n++) {
        rnn_safetensors *file;
        rnn_error error;
        /* Of its own size, so that a read beyond the end is seen. */
        unsigned char *copy = malloc(n ? n : 1);
        memcpy(copy, bytes, n);
        rnn_status status = rnn_safetensors_parse(&file, copy, n, "f", NULL, &error);
        assert_int_equal(status, n == count ? RNN_OK : RNN_ERR_FORMAT);
        rnn_safetensors_close(file);
        free(copy);
    }
    free(bytes);
}

static void test_what_is_no_file(void **state) {
    (void)state;
    scratch place;
    char name[1024];
    rnn_safetensors *file;
    rnn_error error;
    scratch_make(&place);
    assert_int_equal(rnn_safetensors_open(&file, scratch_name(&place, "none", name), NULL, &error),
                     RNN_ERR_IO);
    assert_non_null(strstr(error.message, "none"));
    assert_int_equal(rnn_safetensors_open(&file, place.path, NULL, &error), RNN_ERR_IO);
    assert_non_null(strstr(error.message, "a directory"));
    assert_int_equal(mkfifo(scratch_name(&place, "pipe", name), 0600), 0);
    assert_int_equal(rnn_safetensors_open(&file, name, NULL, &error), RNN_ERR_IO);
    assert_non_null(strstr(error.message, "not a regular file"));
    scratch_write(scratch_name(&place, "empty", name), "", 0);
    assert_int_equal(rnn_safetensors_open(&file, name, NULL, &error), RNN_ERR_FORMAT);
    assert_non_null(strstr(error.message, "has 0 bytes"));
    rnn_safetensors_close(NULL);
    scratch_remove(&place);
}

/* What becomes of a file that has been opened makes no difference: somebody writes over a
 * model, and whoever had mapped it would be killed. */
static void test_a_file_may_be_cut_afterwards(void **state) {
    static const char header[] = "{\"a\":" T("U8", "[262144]", "[0,262144]") "}";
    scratch place;
    char name[1024];
    rnn_safetensors *file;
    rnn_error error;
    size_t count;
    (void)state;
    unsigned char *bytes = make(header, sizeof header - 1, 262144, &count);
    scratch_make(&place);
    scratch_write(scratch_name(&place, "f", name), (const char *)bytes, count);
    assert_int_equal(rnn_safetensors_open(&file, name, NULL, &error), RNN_OK);
    assert_int_equal(truncate(name, 0), 0);
    assert_memory_equal(rnn_safetensors_at(file, 0)->data, bytes + 8 + sizeof header - 1, 262144);
    rnn_safetensors_close(file);
    free(bytes);
    scratch_remove(&place);
}

/* Opens a file of these bytes and a hole behind them that would not fit into memory. */
static rnn_status open_with_hole(const unsigned char *bytes, size_t count,
                                 const rnn_safetensors_kind *kind, rnn_error *error) {
    scratch place;
    char name[1024];
    rnn_safetensors *file;
    scratch_make(&place);
    scratch_write(scratch_name(&place, "f", name), (const char *)bytes, count);
    assert_int_equal(truncate(name, (off_t)count + ((off_t)1 << 40)), 0);
    rnn_status status = rnn_safetensors_open(&file, name, kind, error);
    assert_null(file);
    scratch_remove(&place);
    return status;
}

/* A file that is nearly all hole costs no memory, and no time, before its header is right. */
static void test_a_hole_is_not_read(void **state) {
    static const unsigned char small[] = {2, 0, 0, 0, 0, 0, 0, 0, '{', '}'};
    rnn_error error;
    (void)state;
    rnn_status status = open_with_hole(small, sizeof small, NULL, &error);
    assert_true(status == RNN_ERR_FORMAT || status == RNN_ERR_MEMORY);
}

/* Nor if its header is right, but it is not of the kind that is asked for. */
static void test_other_kinds_are_not_read(void **state) {
    static const rnn_safetensors_kind kind = {"rnn.configuration", "a model of rnn"};
    static const char *const headers[] = {
        "{\"a\":" T("U8", "[1099511627776]", "[0,1099511627776]") "}",
        "{\"__metadata__\":{\"format\":\"pt\"},\"a\":" T("U8", "[1099511627776]",
                                                         "[0,1099511627776]") "}"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        size_t count;
        rnn_error error;
        unsigned char *bytes = make(headers[i], strlen(headers[i]), 0, &count);
        assert_int_equal(open_with_hole(bytes, count, &kind, &error), RNN_ERR_FORMAT);
        assert_non_null(strstr(error.message, "/f: this is a safetensors file, but not a model of "
                                              "rnn: its metadata has no \"rnn.configuration\""));
        free(bytes);
    }
}

/* ------------------------------------------------------------------- writing */

static rnn_tensor tensor(const char *name, const char *dtype, const void *data, uint64_t bytes,
                         size_t rank, uint64_t rows, uint64_t columns) {
    return (rnn_tensor){.name = name,
                        .dtype = dtype,
                        .rank = rank,
                        .shape = {rows, columns},
                        .data = data,
                        .bytes = bytes};
}

/* The header is what the reference writer (safetensors 0.7.0 for Python) made of
 * the same tensors and metadata. */
static void test_bytes_are_the_reference_writers(void **state) {
    (void)state;
    static const char *const dtypes[] = {"BOOL", "U8",      "I8",      "I16",     "U16", "F16",
                                         "BF16", "I32",     "U32",     "F32",     "F64", "I64",
                                         "U64",  "F8_E4M3", "F8_E5M2", "F8_E8M0", "C64", "F4"};
    static const unsigned sizes[] = {1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 8, 8, 8, 1, 1, 1, 8, 1};
    static const char expected[] =
        "{\"__metadata__\":{\"a\":\"2\",\"b\":\"1\xC3\xA9\\n\x7F\\u0001\\\"\\\\/\"},"
        "\"t12\":{\"dtype\":\"U64\",\"shape\":[2],\"data_offsets\":[0,16]},"
        "\"t11\":{\"dtype\":\"I64\",\"shape\":[2],\"data_offsets\":[16,32]},"
        "\"t10\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[32,48]},"
        "\"t16\":{\"dtype\":\"C64\",\"shape\":[2],\"data_offsets\":[48,64]},"
        "\"t09\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[64,72]},"
        "\"t08\":{\"dtype\":\"U32\",\"shape\":[2],\"data_offsets\":[72,80]},"
        "\"t07\":{\"dtype\":\"I32\",\"shape\":[2],\"data_offsets\":[80,88]},"
        "\"t06\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[88,92]},"
        "\"t05\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[92,96]},"
        "\"t04\":{\"dtype\":\"U16\",\"shape\":[2],\"data_offsets\":[96,100]},"
        "\"t03\":{\"dtype\":\"I16\",\"shape\":[2],\"data_offsets\":[100,104]},"
        "\"t15\":{\"dtype\":\"F8_E8M0\",\"shape\":[2],\"data_offsets\":[104,106]},"
        "\"t13\":{\"dtype\":\"F8_E4M3\",\"shape\":[2],\"data_offsets\":[106,108]},"
        "\"t14\":{\"dtype\":\"F8_E5M2\",\"shape\":[2],\"data_offsets\":[108,110]},"
        "\"t02\":{\"dtype\":\"I8\",\"shape\":[2],\"data_offsets\":[110,112]},"
        "\"t01\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[112,114]},"
        "\"t17\":{\"dtype\":\"F4\",\"shape\":[4],\"data_offsets\":[114,116]},"
        "\"t00\":{\"dtype\":\"BOOL\",\"shape\":[2],\"data_offsets\":[116,118]}}";
    enum { COUNT = sizeof dtypes / sizeof dtypes[0] };
    rnn_tensor tensors[COUNT];
    char names[COUNT][16], name[1024];
    unsigned char data[COUNT][16];
    scratch place;
    rnn_error error;
    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "t%02d", i);
        memset(data[i], i + 1, sizeof data[i]);
        tensors[i] = tensor(names[i], dtypes[i], data[i], 2 * sizes[i], 1, i == 17 ? 4 : 2, 0);
    }
    const rnn_metadata metadata[] = {{"b", "1\xC3\xA9\n\x7F\x01\"\\/"}, {"a", "2"}};
    scratch_make(&place);
    scratch_name(&place, "all.safetensors", name);
    assert_int_equal(rnn_safetensors_save(name, tensors, COUNT, metadata, 2, &error), RNN_OK);
    size_t count, length = sizeof expected - 1, padded = (length + 7) / 8 * 8;
    unsigned char *bytes = scratch_read(name, &count);
    assert_int_equal(count, 8 + padded + 118);
    assert_int_equal(bytes[0] | bytes[1] << 8, padded);
    assert_memory_equal(bytes + 2, "\0\0\0\0\0\0", 6);
    assert_memory_equal(bytes + 8, expected, length);
    for (size_t i = length; i < padded; i++)
        assert_int_equal(bytes[8 + i], ' ');
    assert_int_equal(bytes[8 + padded], 13);      /* t12 */
    assert_int_equal(bytes[8 + padded + 117], 1); /* t00 */
    free(bytes);
    rnn_safetensors *file;
    assert_int_equal(rnn_safetensors_open(&file, name, NULL, &error), RNN_OK);
    assert_int_equal(rnn_safetensors_count(file), COUNT);
    for (int i = 0; i < COUNT; i++) {
        const rnn_tensor *found = rnn_safetensors_find(file, names[i]);
        assert_string_equal(found->dtype, dtypes[i]);
        assert_memory_equal(found->data, data[i], found->bytes);
    }
    rnn_safetensors_close(file);
    assert_int_equal(rnn_safetensors_save(name, NULL, 0, NULL, 0, &error), RNN_OK);
    bytes = scratch_read(name, &count);
    assert_int_equal(count, 16);
    assert_memory_equal(bytes, "\x08\0\0\0\0\0\0\0{}      ", 16);
    free(bytes);
    assert_int_equal(rnn_safetensors_save(name, NULL, 0, metadata + 1, 1, &error), RNN_OK);
    bytes = scratch_read(name, &count);
    assert_memory_equal(bytes + 8, "{\"__metadata__\":{\"a\":\"2\"}}", 26);
    free(bytes);
    scratch_remove(&place);
}

static void test_what_cannot_be_written(void **state) {
    (void)state;
    float values[4] = {0};
    scratch place;
    char name[1024];
    scratch_make(&place);
    scratch_name(&place, "f", name);
    const struct {
        rnn_tensor tensors[2];
        const char *says;
    } cases[] = {
        {{tensor("a", "F32", values, 16, 1, 4, 0), tensor("a", "U8", values, 4, 1, 4, 0)},
         "two tensors are named 'a'"},
        {{tensor("a", "F32", values, 16, 1, 4, 0), tensor("b", "F33", values, 4, 1, 4, 0)},
         "unknown dtype"},
        {{tensor("a", "F32", values, 16, 1, 4, 0), tensor("b", "F32", values, 12, 1, 4, 0)},
         "12 bytes"},
        {{tensor("a", "F32", values, 16, 1, 4, 0), tensor("b", "F32", values, 4, 9, 4, 0)},
         "9 dimensions"},
        {{tensor("a", "F32", values, 16, 1, 4, 0),
          tensor("__metadata__", "U8", values, 4, 1, 4, 0)},
         "__metadata__"},
        {{tensor("a", "F32", values, 16, 1, 4, 0), tensor("\xFF", "U8", values, 4, 1, 4, 0)},
         "UTF-8"},
    };
    rnn_error error;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(rnn_safetensors_save(name, cases[i].tensors, 2, NULL, 0, &error),
                         RNN_ERR_RANGE);
        if (!strstr(error.message, cases[i].says))
            fail_msg("said \"%s\", not \"%s\"", error.message, cases[i].says);
    }
    const rnn_metadata twice[] = {{"k", "1"}, {"k", "2"}};
    assert_int_equal(rnn_safetensors_save(name, NULL, 0, twice, 2, &error), RNN_ERR_RANGE);
    assert_int_equal(scratch_count(place.path), 0);
    assert_int_equal(rnn_safetensors_save("/no/such/f", NULL, 0, NULL, 0, &error), RNN_ERR_IO);
    scratch_remove(&place);
}

/* A sealed file, its order of pairs and tensors, and what breaks the seal. */
static void test_the_seal(void **state) {
    (void)state;
    float values[4] = {1, 2, 3, 4};
    const rnn_tensor forth[] = {tensor("a", "F32", values, 8, 1, 2, 0),
                                tensor("b", "F32", values + 2, 8, 2, 1, 2)};
    const rnn_tensor back[] = {forth[1], forth[0]};
    const rnn_metadata there[] = {{RNN_CHECKSUM_KEY, NULL}, {"x", "1"}, {"a", "2"}};
    const rnn_metadata again[] = {there[2], there[1], there[0]};
    scratch place;
    char first[1024], second[1024];
    rnn_safetensors *file;
    rnn_error error;
    scratch_make(&place);
    scratch_name(&place, "1", first);
    scratch_name(&place, "2", second);
    assert_int_equal(rnn_safetensors_save(first, forth, 2, there, 3, &error), RNN_OK);
    assert_int_equal(rnn_safetensors_save(second, back, 2, again, 3, &error), RNN_OK);
    size_t count, count2;
    unsigned char *bytes = scratch_read(first, &count), *bytes2 = scratch_read(second, &count2);
    assert_int_equal(count, count2);
    assert_memory_equal(bytes, bytes2, count);
    free(bytes2);
    for (size_t bit = 0; bit < 8 * count; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        rnn_status status = rnn_safetensors_parse(&file, bytes, count, "f", NULL, &error);
        if (status == RNN_OK) {
            status = rnn_safetensors_verify(file, &error);
            rnn_safetensors_close(file);
        }
        if (status != RNN_ERR_FORMAT)
            fail_msg("bit %zu of %zu: status %d", bit, 8 * count, status);
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    assert_int_equal(rnn_safetensors_parse(&file, bytes, count, "f", NULL, &error), RNN_OK);
    assert_int_equal(rnn_safetensors_verify(file, &error), RNN_OK);
    assert_int_equal(strlen(rnn_safetensors_metadata(file, RNN_CHECKSUM_KEY)), 16);
    rnn_safetensors_close(file);
    free(bytes);
    const rnn_metadata none[] = {{RNN_CHECKSUM_KEY, "none"}};
    assert_int_equal(rnn_safetensors_save(first, forth, 2, none, 1, &error), RNN_OK);
    assert_int_equal(rnn_safetensors_open(&file, first, NULL, &error), RNN_OK);
    assert_int_equal(rnn_safetensors_verify(file, &error), RNN_OK);
    rnn_safetensors_close(file);
    scratch_remove(&place);
}

static void test_out_of_memory(void **state) {
    (void)state;
    float values[4] = {0};
    const rnn_tensor tensors[] = {tensor("a", "F32", values, 16, 1, 4, 0)};
    const rnn_metadata metadata[] = {{"k", "v"}, {RNN_CHECKSUM_KEY, NULL}};
    scratch place;
    char name[1024];
    scratch_make(&place);
    scratch_name(&place, "f", name);
    for (int reading = 0; reading < 2; reading++) {
        int failed = 0;
        for (uint64_t n = 1;; n++) {
            rnn_safetensors *file = NULL;
            rnn_error error = {0};
            rnn_allocate_fail(n, 0);
            rnn_status status = reading
                                    ? rnn_safetensors_open(&file, name, NULL, &error)
                                    : rnn_safetensors_save(name, tensors, 1, metadata, 2, &error);
            rnn_allocate_fail(0, 0);
            rnn_safetensors_close(file);
            if (status == RNN_OK)
                break;
            assert_int_equal(status, RNN_ERR_MEMORY);
            assert_int_equal(error.code, RNN_ERR_MEMORY);
            failed++;
        }
        assert_true(failed >= 5);
    }
    assert_int_equal(scratch_count(place.path), 1);
    scratch_remove(&place);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_is_read),
        cmocka_unit_test(test_small_good_files),
        cmocka_unit_test(test_hostile_files_are_refused),
        cmocka_unit_test(test_lengths_of_headers),
        cmocka_unit_test(test_large_hostile_headers),
        cmocka_unit_test(test_the_most_tensors_and_pairs),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_what_is_no_file),
        cmocka_unit_test(test_a_file_may_be_cut_afterwards),
        cmocka_unit_test(test_a_hole_is_not_read),
        cmocka_unit_test(test_other_kinds_are_not_read),
        cmocka_unit_test(test_bytes_are_the_reference_writers),
        cmocka_unit_test(test_what_cannot_be_written),
        cmocka_unit_test(test_the_seal),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
