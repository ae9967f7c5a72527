/* SPDX-License-Identifier: MIT
 *
 * memory.c - see memory.h.
 */
#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#define HUGE_PAGE ((size_t)2 << 20)

/* Tests set them. */
static _Atomic uint64_t fail_after;
static _Atomic int fail_for_ever;

void rnn_allocate_fail(uint64_t nth, int for_ever) {
    atomic_store(&fail_for_ever, for_ever);
    atomic_store(&fail_after, nth);
}

static int must_fail(void) {
    uint64_t left = atomic_load_explicit(&fail_after, memory_order_relaxed);
    if (left == 0)
        return 0;
    if (left == 1) {
        if (!atomic_load(&fail_for_ever))
            atomic_store(&fail_after, 0);
        return 1;
    }
    atomic_fetch_sub(&fail_after, 1);
    return 0;
}

void *rnn_allocate_unset(size_t count, size_t size) {
    if (must_fail() || (size != 0 && count > (SIZE_MAX / 2) / size))
        return NULL;
    size_t bytes = count * size;
    /* Large blocks take whole huge pages: the weights and activations of one
     * step would otherwise need thousands of TLB entries. */
    size_t alignment = bytes >= HUGE_PAGE + HUGE_PAGE / 2 ? HUGE_PAGE : RNN_ALIGNMENT;
    bytes = (bytes + alignment - 1) / alignment * alignment;
    if (bytes == 0)
        bytes = RNN_ALIGNMENT;
    void *block = aligned_alloc(alignment, bytes);
    if (!block)
        return NULL;
#if defined(__linux__)
    if (alignment == HUGE_PAGE) /* whole ones: what hangs over takes no more than it needs */
        madvise(block, count * size / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#endif
    return block;
}

void *rnn_allocate(size_t count, size_t size) {
    void *block = rnn_allocate_unset(count, size);
    if (block)
        memset(block, 0, count * size);
    return block;
}

void rnn_free(void *pointer) {
    free(pointer);
}

int rnn_grow(void **pointer, size_t *capacity, size_t needed, size_t size) {
    if (needed <= *capacity)
        return 1;
    size_t larger = *capacity ? *capacity : 16;
    while (larger < needed) {
        if (larger > SIZE_MAX / 2)
            return 0;
        larger *= 2;
    }
    void *block = rnn_allocate(larger, size);
    if (!block)
        return 0;
    if (*pointer)
        memcpy(block, *pointer, *capacity * size);
    rnn_free(*pointer);
    *pointer = block;
    *capacity = larger;
    return 1;
}

char *rnn_duplicate(const char *text, size_t bytes) {
    char *copy = rnn_allocate(bytes + 1, 1);
    if (copy)
        memcpy(copy, text, bytes);
    return copy;
}
