/* Arguments are looked over before argp sees them: what is wrong with them is said in one line,
 * with the option that was probably meant. */
#include <argp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli.h"

#define OPTIONS_MAX 96

struct known {
    const struct argp_option *options[OPTIONS_MAX];
    const char *names[OPTIONS_MAX + 3]; /* what may be suggested; ends with NULL */
    size_t count, name_count;
};

void usage_fail(const char *format, ...)
{
    struct err err = ERR_INIT;
    char words[ERR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    err_set(&err, ERR_INPUT, "%s", words);
    exit(cli_fail(&err));
}

static void add_options(struct known *known, const struct argp *argp)
{
    for (const struct argp_option *o = argp->options; o && (o->name || o->key || o->doc); o++) {
        if (o->name && known->count < OPTIONS_MAX) {
            known->options[known->count++] = o;
            if (!(o->flags & OPTION_HIDDEN)) {
                known->names[known->name_count++] = o->name;
            }
        }
    }
    for (const struct argp_child *child = argp->children; child && child->argp; child++) {
        add_options(known, child->argp);
    }
}

/* Names may be cut short as long as one alone begins so. */
static const struct argp_option *find_long(const struct known *known, const char *name,
                                           size_t length)
{
    const struct argp_option *found = NULL;
    size_t fitting = 0;
    for (size_t i = 0; i < known->count; i++) {
        if (strncmp(known->options[i]->name, name, length) == 0) {
            found = known->options[i];
            fitting++;
            if (found->name[length] == '\0') {
                return found;
            }
        }
    }
    if (fitting > 1) {
        usage_fail("--%.*s begins several options; spell it out", (int)length, name);
    }
    return found;
}

static void unknown_long(const struct known *known, const char *command, const char *name,
                         size_t length)
{
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)length, name);
    const char *near = str_nearest(word, known->names);
    usage_fail("unknown option --%s%s%s (%s --help lists them)", word,
               near ? ": did you mean --" : "", near ? near : "", command);
}

static void check_value(const struct argp_option *o, const char *value)
{
    if (value[strspn(value, " ,")] == '\0') {
        usage_fail("--%s needs a value: %s", o->name, o->arg);
    }
    const char *expected = option_value_expected(o->name, value);
    if (expected) {
        usage_fail("--%s: \"%s\": expected %s", o->name, value, expected);
    }
}

/* Both return whether the next argument, NULL past the last, is this one's value. */
static bool check_long(const struct known *known, const char *command, const char *text,
                       const char *next)
{
    size_t length = strcspn(text, "=");
    if (strncmp("help", text, length) == 0 || strncmp("usage", text, length) == 0) {
        return false;
    }
    const struct argp_option *o = find_long(known, text, length);
    if (!o) {
        unknown_long(known, command, text, length);
        return false;
    }
    if (text[length] && !o->arg) {
        usage_fail("--%s takes no value", o->name);
    }
    if (!text[length] && o->arg && !next) {
        usage_fail("--%s needs a value: %s", o->name, o->arg);
    }
    if (o->arg) {
        check_value(o, text[length] ? text + length + 1 : next);
    }
    return o->arg && !text[length];
}

static bool check_short(const struct known *known, const char *command, const char *letters,
                        const char *next)
{
    for (; *letters && *letters != '?'; letters++) {
        const struct argp_option *o = NULL;
        for (size_t i = 0; i < known->count && !o; i++) {
            o = known->options[i]->key == *letters ? known->options[i] : NULL;
        }
        if (!o) {
            usage_fail("unknown option -%c (%s --help lists them)", *letters, command);
            return false;
        }
        if (o->arg && !letters[1] && !next) {
            usage_fail("-%c (--%s) needs a value: %s", *letters, o->name, o->arg);
        }
        if (o->arg) {
            check_value(o, letters[1] ? letters + 1 : next);
            return !letters[1];
        }
    }
    return false;
}

void arguments_check(const struct argp *argp, int argc, char **argv)
{
    struct known known = {.count = 0};
    add_options(&known, argp);
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        if (argv[i][0] == '-' && argv[i][1] == '-') {
            i += check_long(&known, argv[0], argv[i] + 2, next) ? 1 : 0;
        } else if (argv[i][0] == '-' && argv[i][1]) {
            i += check_short(&known, argv[0], argv[i] + 1, next) ? 1 : 0;
        }
    }
}
