/* SPDX-License-Identifier: MIT
 *
 * recall.c - what a run was told when it began, for those who want to go on.
 */
#include <jansson.h>
#include <string.h>

#include "base/memory.h"
#include "training/checkpoint.h"
#include "training/settings.h"

/* Everything that the caller is lent lies in one block: the list of inputs, then
 * the inputs, the directory's name and the settings' strings as text. */
static rnn_status lay_out(const json_t *list, const char *directory, char **text, size_t room,
                          const char *const **inputs, void **memory, rnn_error *error) {
    size_t count = json_array_size(list), bytes = strlen(directory) + 1 + room;
    for (size_t i = 0; i < count; i++)
        bytes += json_string_length(json_array_get(list, i)) + 1;
    const char **names = rnn_allocate(1, (count + 1) * sizeof *names + bytes);
    if (!names)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory to recall the run");
    char *place = (char *)(names + count + 1);
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        names[i] = name ? strcpy(place, name) : "";
        place += name ? strlen(name) + 1 : 0;
    }
    *inputs = names;
    *memory = names;
    *text = place;
    return RNN_OK;
}

rnn_status rnn_training_recall(rnn_training *how, const char *const **inputs, size_t *count,
                               void **memory, const char *directory, rnn_error *error) {
    rnn_checkpoint run = {0};
    char *strings = NULL, *place = NULL;
    json_t *list = NULL;
    *memory = NULL;
    rnn_status status = rnn_checkpoint_load(&run, directory, 0, error);
    if (status != RNN_OK)
        return status;
    size_t bytes = strlen(run.settings), room = bytes + 1;
    list = json_loads(run.inputs, 0, NULL);
    status = lay_out(list, directory, &place, room, inputs, memory, error);
    if (status != RNN_OK)
        goto done;
    status = rnn_settings_from_json(how, run.settings, bytes, &strings, error);
    if (status != RNN_OK)
        goto done;
    *count = json_array_size(list);
    char *out = strcpy(place, directory);
    /* The settings' strings move into the block; the struct's pointers with them. */
    place += strlen(directory) + 1;
    memcpy(place, strings, room);
    size_t rows;
    const rnn_option *table = rnn_settings_table(&rows);
    for (size_t i = 0; i < rows; i++) {
        const char **field = (const char **)(void *)((char *)how + table[i].offset);
        if (table[i].type == RNN_OPTION_TEXT && *field >= strings && *field < strings + room)
            *field = place + (*field - strings);
    }
    how->out = out;
    how->resume = 1;
done:
    if (status != RNN_OK) {
        rnn_free(*memory);
        *memory = NULL;
    }
    rnn_free(strings);
    json_decref(list);
    rnn_checkpoint_release(&run);
    return status;
}
