/* SPDX-License-Identifier: MIT
 *
 * assets.h - the files of the page, server/web, as the build put them into the program.
 */
#ifndef SERVER_ASSETS_H
#define SERVER_ASSETS_H

#include <stddef.h>

typedef struct assets_file {
    const char *name; /* "page.css" */
    const char *bytes;
    size_t count;
} assets_file;

/* Ended by a NULL name. */
extern const assets_file assets_files[];

#endif
