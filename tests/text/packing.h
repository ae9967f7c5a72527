/* SPDX-License-Identifier: MIT
 *
 * packing.h - makes compressed files and archives for tests.
 */
#ifndef RNN_TESTS_PACKING_H
#define RNN_TESTS_PACKING_H

#include <archive.h>
#include <archive_entry.h>

#include "tests/text/made_files.h"

typedef struct packed_member {
    const char *path;
    const char *text; /* what it holds; or where a link points to */
    int type;         /* 0: a regular file; else AE_IFDIR or AE_IFLNK */
} packed_member;

/* Packs members into a file of the made ones. Returns its path. */
static inline const char *pack(const char *name, int format, int filter,
                               const packed_member *members, size_t count) {
    const char *path = made_path(name);
    struct archive *archive = archive_write_new();
    struct archive_entry *entry = archive_entry_new();
    assert_non_null(archive);
    assert_non_null(entry);
    assert_int_equal(archive_write_set_format(archive, format), ARCHIVE_OK);
    assert_true(archive_write_add_filter(archive, filter) >= ARCHIVE_WARN);
    assert_int_equal(archive_write_open_filename(archive, path), ARCHIVE_OK);
    for (size_t i = 0; i < count; i++) {
        const int type = members[i].type ? members[i].type : (int)AE_IFREG;
        const size_t bytes = type == AE_IFREG ? strlen(members[i].text) : 0;
        archive_entry_clear(entry);
        archive_entry_set_pathname(entry, members[i].path);
        archive_entry_set_filetype(entry, (unsigned)type);
        archive_entry_set_perm(entry, 0644);
        archive_entry_set_size(entry, (la_int64_t)bytes);
        if (type == AE_IFLNK)
            archive_entry_set_symlink(entry, members[i].text);
        assert_true(archive_write_header(archive, entry) >= ARCHIVE_WARN);
        if (bytes > 0)
            assert_int_equal(archive_write_data(archive, members[i].text, bytes), bytes);
    }
    archive_entry_free(entry);
    assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
    archive_write_free(archive);
    return path;
}

/* One compressed text. */
static inline const char *compress_text(const char *name, int filter, const char *text) {
    const packed_member member = {"text", text, 0};
    return pack(name, ARCHIVE_FORMAT_RAW, filter, &member, 1);
}

#endif
