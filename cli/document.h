/* SPDX-License-Identifier: MIT
 *
 * document.h - writes a page to where --output says.
 */
#ifndef CLI_DOCUMENT_H
#define CLI_DOCUMENT_H

#include <stdio.h>

#include "cli/manners.h"

/* Draws a page into a file, which is then there whole or not at all, and says so; "-" is
 * standard output. Devices and pipes are written to as they are. Returns the exit code. */
int document_write(const command *self, const manners *manner, const char *path,
                   void (*draw)(const void *what, FILE *file), const void *what);

#endif
