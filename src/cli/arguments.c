/* The command line, read by getopt_long over the whole table, so that an option of another command
 * is known and refused by name. */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "options.h"

#define LONG_BASE 256 /* values of long options: LONG_BASE + row; below: letters */
#define LONG_HELP (LONG_BASE + OPTIONS_MAX)
#define LONG_VERSION (LONG_HELP + 1)
#define LONG_USAGE (LONG_HELP + 2)
#define COMMON_OPTIONS 3

struct line {
    struct options *o;
    const struct command *command;
    struct option longs[OPTIONS_MAX + COMMON_OPTIONS + 1];
    char letters[2 * OPTIONS_MAX + 8];
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

static void add_long(struct line *l, size_t *count, const char *name, bool argument, int value)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(l->longs[i].name, name) == 0) {
            return;
        }
    }
    l->longs[(*count)++] =
        (struct option){name, argument ? required_argument : no_argument, NULL, value};
}

/* The command's own rows come first: of rows that share a name or letter, they are the ones meant.
 */
static void add_rows(struct line *l, size_t *count, bool own)
{
    const struct option_row *row = NULL;
    for (size_t i = 0; (row = option_at(i)) != NULL; i++) {
        if (row->source == VARIABLE_ONLY || option_taken(row, l->o->command) != own) {
            continue;
        }
        add_long(l, count, row->name, row->argument != NULL, LONG_BASE + (int)i);
        if (row->letter != '\0' && strchr(l->letters, row->letter) == NULL) {
            size_t at = strlen(l->letters);
            (void)snprintf(l->letters + at, sizeof l->letters - at, "%c%s", row->letter,
                           row->argument != NULL ? ":" : "");
        }
    }
}

static void line_init(struct line *l, struct options *o)
{
    size_t count = 0;
    *l = (struct line){.o = o, .command = command_at(o->command), .letters = ":hV"};
    add_rows(l, &count, true);
    add_long(l, &count, "help", false, LONG_HELP);
    add_long(l, &count, "version", false, LONG_VERSION);
    add_long(l, &count, "usage", false, LONG_USAGE);
    add_rows(l, &count, false);
}

/* "--delete-key", or "-p (--profile)" */
static void name_of(const struct option_row *row, bool lettered, char out[80])
{
    if (lettered) {
        (void)snprintf(out, 80, "-%c (--%s)", row->letter, row->name);
    } else {
        (void)snprintf(out, 80, "--%s", row->name);
    }
}

/* Of the options that the command takes and help lists; NULL: none is near. */
static const char *nearest(const struct line *l, const char *word)
{
    const char *names[OPTIONS_MAX + COMMON_OPTIONS + 1] = {"help", "version"};
    size_t count = 2;
    const struct option_row *row = NULL;
    for (size_t i = 0; (row = option_at(i)) != NULL; i++) {
        if (option_taken(row, l->o->command) && !row->hidden && row->source != VARIABLE_ONLY) {
            names[count++] = row->name;
        }
    }
    return str_nearest(word, names);
}

static void refuse_foreign(const struct line *l, const struct option_row *row, bool lettered)
{
    char takers[512], name[80];
    uint32_t commands = 0;
    const struct option_row *other = NULL;
    for (size_t i = 0; (other = option_at(i)) != NULL; i++) {
        bool same = lettered ? other->letter == row->letter : strcmp(other->name, row->name) == 0;
        if (other->source != VARIABLE_ONLY && same) {
            commands |= other->commands;
        }
    }
    /* Of an option that exists, a name is a slip only where one begins like the other. */
    const char *near = lettered ? NULL : nearest(l, row->name);
    bool slip = near != NULL && (str_starts(near, row->name) || str_starts(row->name, near));
    const char *why = row->group == GROUP_CHECKS ? l->command->unchecked : NULL;
    name_of(row, lettered, name);
    help_commands_text(commands, takers, sizeof takers);
    const char *before = why != NULL ? "; " : slip ? " (did you mean --" : "";
    const char *told = why != NULL ? why : slip ? near : "";
    usage_fail("%s does not take %s; these commands do: %s%s%s%s", l->command->name, name, takers,
               before, told, why == NULL && slip ? "?)" : "");
}

/* An option that does not exist, or letters that several options begin with. */
static void refuse_unknown(const struct line *l, const char *text)
{
    if (optopt > 0 && optopt < LONG_BASE) {
        usage_fail("unknown option -%c (towerkeep %s --help lists them)", optopt, l->command->name);
    }
    char word[64];
    (void)snprintf(word, sizeof word, "%.*s", (int)strcspn(text + 2, "="), text + 2);
    char candidates[ERR_TEXT_MAX / 2] = "";
    size_t length = 0;
    for (const struct option *o = l->longs; o->name != NULL && length < sizeof candidates; o++) {
        if (str_starts(o->name, word)) {
            length += (size_t)snprintf(candidates + length, sizeof candidates - length, "%s--%s",
                                       length > 0 ? ", " : "", o->name);
        }
    }
    if (length > 0) {
        usage_fail("--%s is ambiguous: %s", word, candidates);
    }
    const char *near = nearest(l, word);
    usage_fail("unknown option --%s%s%s%s (towerkeep %s --help lists them)", word,
               near != NULL ? ": did you mean --" : "", near != NULL ? near : "",
               near != NULL ? "?" : "", l->command->name);
}

/* The row of what getopt_long returned or complained about. */
static const struct option_row *row_of(const struct line *l, int value)
{
    return value < LONG_BASE ? option_lettered((char)value, l->o->command)
                             : option_at((size_t)(value - LONG_BASE));
}

static void refuse(const struct line *l, int what, const char *text)
{
    bool common = optopt >= LONG_HELP;
    const struct option_row *row = optopt != 0 && !common ? row_of(l, optopt) : NULL;
    char name[80];
    if (common) {
        usage_fail("%.*s takes no value", (int)strcspn(text, "="), text);
    }
    if (row == NULL) {
        refuse_unknown(l, text);
        return;
    }
    if (!option_taken(row, l->o->command)) {
        refuse_foreign(l, row, optopt < LONG_BASE);
    }
    name_of(row, optopt < LONG_BASE, name);
    if (what == ':') {
        usage_fail("%s needs a value: %s", name, row->argument);
    }
    usage_fail("%s takes no value", name);
}

static void take(struct line *l, int value, const char *given)
{
    const struct option_row *row = row_of(l, value);
    const struct option_row *at = option_at(0);
    char name[80];
    if (!option_taken(row, l->o->command)) {
        refuse_foreign(l, row, value < LONG_BASE);
    }
    name_of(row, value < LONG_BASE, name);
    l->o->given[row - at] = true;
    options_set(l->o, row, given != NULL ? given : "1", name, false);
}

/* Help and the version end the program: the rest of the line does not matter. */
static void print_common(const struct line *l, int value)
{
    switch (value) {
    case 'h':
    case LONG_HELP:
        help_command(l->o->command, stdout);
        break;
    case LONG_USAGE:
        help_usage(l->o->command, stdout);
        break;
    default:
        (void)cmd_version(l->o);
        break;
    }
    exit(cli_end(EXIT_OK));
}

static void add_argument(struct line *l, const char *word)
{
    struct words *all = &l->o->arguments;
    if (*l->command->arguments == '\0' ||
        (l->command->most > 0 && all->count >= l->command->most)) {
        usage_fail("unexpected argument \"%s\" (towerkeep %s --help)", word, l->command->name);
    }
    all->items = xreallocarray(all->items, all->count + 2, sizeof *all->items);
    all->items[all->count++] = xstrdup(word);
    all->items[all->count] = NULL;
}

void arguments_parse(struct options *o)
{
    struct line l;
    int value = 0;
    line_init(&l, o);
    opterr = 0;
    optind = 0; /* getopt_long starts over: rehearse reads its line twice */
    for (;;) {
        optopt = 0;
        value = getopt_long(o->argc, o->argv, l.letters, l.longs, NULL);
        if (value == -1) {
            break;
        }
        if (value == 'h' || value == 'V' || value >= LONG_HELP || (value == '?' && optopt == '?')) {
            print_common(&l, value == '?' ? 'h' : value);
        } else if (value == '?' || value == ':') {
            refuse(&l, value, o->argv[optind - 1]);
        } else {
            take(&l, value, optarg);
        }
    }
    for (int i = optind; i < o->argc; i++) {
        add_argument(&l, o->argv[i]);
    }
    if (o->arguments.count < l.command->least) {
        usage_fail("missing argument: %s", l.command->missing);
    }
}
