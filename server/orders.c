/* SPDX-License-Identifier: MIT
 *
 * orders.c - see orders.h.
 */
#include "server/orders.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"
#include "base/numbers.h"
#include "training/settings.h"

#define LONGEST_NAME 100
#define MOST_PLACES  10000

/* Not for the page: files, and what reads several. */
static int is_for_page(const rnn_option *option) {
    static const char *const others[] = {"include", "exclude", "device"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(option->name, others[i]) == 0)
            return 0;
    return !(option->marks & (RNN_OPTION_FILE | RNN_OPTION_HIDDEN));
}

static const char *type_of(const rnn_option *option) {
    switch (option->type) {
    case RNN_OPTION_FLAG:
        return "flag";
    case RNN_OPTION_CHOICE:
        return "choice";
    case RNN_OPTION_TEXT:
        return "text";
    case RNN_OPTION_DURATION:
        return "duration";
    default:
        return "number";
    }
}

static json_t *describe(const rnn_option *option) {
    char allowed[256];
    rnn_options_describe(option, allowed, sizeof allowed);
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "name", option->name, "type",
                               type_of(option), "default", option->fallback, "group", option->group,
                               "help", option->help, "allowed", allowed, "resumable",
                               (option->marks & RNN_OPTION_RESUMABLE) != 0);
    if (option->type != RNN_OPTION_CHOICE || !object)
        return object;
    json_t *choices = json_array();
    size_t length;
    const char *word;
    if (option->marks & RNN_OPTION_AUTO)
        json_array_append_new(choices, json_string("auto"));
    for (size_t i = 0; (word = rnn_options_choice(option, i, &length)); i++)
        json_array_append_new(choices, json_stringn(word, length));
    json_object_set_new(object, "choices", choices);
    return object;
}

json_t *orders_options(void) {
    size_t rows;
    const rnn_option *table = rnn_settings_table(&rows);
    json_t *list = json_array();
    for (size_t i = 0; i < rows; i++)
        if (is_for_page(&table[i]))
            json_array_append_new(list, describe(&table[i]));
    return list;
}

/* -------------------------------------------------------------------- words */

static rnn_status add(orders *to, const char *word, int owned, rnn_error *error) {
    if (!word || to->count == ORDERS_MOST_WORDS)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for so many settings");
    to->words[to->count++] = word;
    to->words[to->count] = NULL;
    if (owned)
        to->memory[to->owned++] = (char *)(uintptr_t)word;
    return RNN_OK;
}

static const rnn_option *find(const char *name) {
    size_t rows;
    const rnn_option *table = rnn_settings_table(&rows);
    for (size_t i = 0; i < rows; i++)
        if (strcmp(table[i].name, name) == 0 && is_for_page(&table[i]))
            return &table[i];
    return NULL;
}

/* A value as text; NULL for what is none. */
static const char *text_of(const json_t *value, char digits[64]) {
    const char *text = json_string_value(value);
    if (text && strlen(text) == json_string_length(value))
        return text;
    if (json_is_boolean(value))
        return json_is_true(value) ? "1" : "0";
    if (!json_is_number(value))
        return NULL;
    rnn_numbers_print_real(json_number_value(value), digits, 64);
    return digits;
}

static rnn_status add_setting(orders *to, rnn_training *checked, const char *name,
                              const json_t *value, rnn_error *error) {
    const rnn_option *option = find(name);
    char digits[64];
    const char *text = text_of(value, digits);
    if (!option)
        return rnn_fail(error, RNN_ERR_RANGE, "'%.60s' is no setting of a run", name);
    if (!text)
        return rnn_fail(error, RNN_ERR_RANGE, "%s must be text, a number, true or false", name);
    rnn_status status = rnn_options_set(option, checked, text, error);
    if (status != RNN_OK)
        return status;
    int on = option->type == RNN_OPTION_FLAG && *(int *)((char *)checked + option->offset);
    size_t room = strlen(name) + strlen(text) + 8;
    char *word = rnn_allocate(room, 1);
    if (word && option->type == RNN_OPTION_FLAG)
        snprintf(word, room, "--%s%s", on ? "" : "no-", name);
    else if (word)
        snprintf(word, room, "--%s=%s", name, text);
    status = add(to, word, 1, error);
    if (status != RNN_OK)
        rnn_free(word);
    return status;
}

/* Texts in `checked` are borrowed from the settings. */
static rnn_status add_settings(orders *to, const json_t *settings, rnn_training *checked,
                               rnn_error *error) {
    const char *name;
    const json_t *value;
    rnn_status status = RNN_OK;
    rnn_training_defaults(checked);
    if (settings && !json_is_object(settings))
        return rnn_fail(error, RNN_ERR_RANGE, "settings must be an object, {\"name\": value}");
    json_object_foreach((json_t *)(uintptr_t)settings, name, value) {
        if (status == RNN_OK)
            status = add_setting(to, checked, name, value, error);
    }
    return status;
}

rnn_status orders_start(orders *out, const char *directory, const char *input,
                        const json_t *settings, rnn_error *error) {
    rnn_training checked;
    memset(out, 0, sizeof *out);
    add(out, "train", 0, NULL);
    rnn_status status = add_settings(out, settings, &checked, error);
    if (status == RNN_OK) {
        rnn_settings_resolve(&checked);
        status = rnn_settings_check(&checked, error);
    }
    const char *const rest[] = {"--quiet", "--out", directory, "--", input};
    for (size_t i = 0; status == RNN_OK && i < sizeof rest / sizeof *rest; i++)
        status = add(out, rest[i], 0, error);
    if (status != RNN_OK)
        orders_release(out);
    return status;
}

rnn_status orders_resume(orders *out, const char *directory, const json_t *settings,
                         rnn_error *error) {
    rnn_training checked;
    memset(out, 0, sizeof *out);
    add(out, "train", 0, NULL);
    rnn_status status = add_settings(out, settings, &checked, error);
    const char *const rest[] = {"--quiet", "--resume", directory};
    for (size_t i = 0; status == RNN_OK && i < sizeof rest / sizeof *rest; i++)
        status = add(out, rest[i], 0, error);
    if (status != RNN_OK)
        orders_release(out);
    return status;
}

void orders_release(orders *of) {
    for (size_t i = 0; i < of->owned; i++)
        rnn_free(of->memory[i]);
    memset(of, 0, sizeof *of);
}

/* -------------------------------------------------------------------- names */

static int is_name(const char *name) {
    size_t length = strlen(name);
    if (length == 0 || length > LONGEST_NAME || name[0] == '.' || name[0] == '-' ||
        name[0] == ' ' || name[length - 1] == ' ')
        return 0;
    for (; *name; name++)
        if (*name == '/' || *name == '\\' || iscntrl((unsigned char)*name))
            return 0;
    return 1;
}

/* The name of a text without its folder and endings. */
static void name_after(const char *input, char name[CATALOG_NAME]) {
    const char *slash = strrchr(input, '/');
    snprintf(name, CATALOG_NAME, "%.*s", LONGEST_NAME, slash ? slash + 1 : input);
    char *dot = strchr(name + 1, '.');
    if (name[0] && dot)
        *dot = '\0';
    if (!is_name(name))
        snprintf(name, CATALOG_NAME, "text");
}

rnn_status orders_name(const char *folder, const char *wish, const char *input,
                       char name[CATALOG_NAME], char path[CATALOG_PATH], rnn_error *error) {
    char base[CATALOG_NAME];
    if (*wish && !is_name(wish))
        return rnn_fail(error, RNN_ERR_RANGE,
                        "a run's name has 1 to %d bytes, no slash, and begins with neither dot "
                        "nor dash",
                        LONGEST_NAME);
    if (*wish)
        snprintf(base, sizeof base, "%s", wish);
    else
        name_after(input, base);
    for (int i = 1; i < MOST_PLACES; i++) {
        if (i == 1)
            snprintf(name, CATALOG_NAME, "%s", base);
        else
            snprintf(name, CATALOG_NAME, "%.200s-%d", base, i);
        snprintf(path, CATALOG_PATH, "%.3800s/%.255s", folder, name);
        if (!rnn_files_exists(path))
            return RNN_OK;
    }
    return rnn_fail(error, RNN_ERR_RANGE, "there are too many runs called %s", base);
}
