/*
 * Every option, a row each: its names, help, the commands that take it, how its value is read and
 * where it is stored. The parser (arguments.c), the environment (options.c), --help (help.c) and
 * the completions and the manual's OPTIONS section (help_formats.c) read this table and nothing
 * else.
 *
 * Shell completions and the manual's section are printed by
 *   towerkeep help --format bash    bash completion (share/bash-completion/completions/towerkeep)
 *   towerkeep help --format zsh     zsh completion (share/zsh/site-functions/_towerkeep)
 *   towerkeep help --format fish    fish completion
 *                                   (share/fish/vendor_completions.d/towerkeep.fish)
 *   towerkeep help --format man     sections SYNOPSIS and OPTIONS of towerkeep(1), in mdoc(7)
 *   towerkeep help --format json    the table itself, for tests and other programs
 */
#ifndef TOWERKEEP_CLI_OPTION_TABLE_H
#define TOWERKEEP_CLI_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command_table.h"

enum option_group {
    GROUP_OTHER, /* the options of one command */
    GROUP_CREDENTIALS,
    GROUP_SCOPE,
    GROUP_CHECKS,
    GROUP_OUTPUT,
    GROUP_CHANGES,
    GROUP_CONCURRENCY,
    GROUP_VARIABLES,
    GROUP_COUNT
};
extern const char *const option_groups[GROUP_COUNT]; /* titles */

enum option_kind {
    OPTION_SWITCH,   /* bool */
    OPTION_TEXT,     /* const char * */
    OPTION_LIST,     /* struct words, comma-separated */
    OPTION_NUMBER,   /* int from low to high */
    OPTION_RATE,     /* double above 0 */
    OPTION_WORD,     /* int: index of the value in `values` */
    OPTION_STATUSES, /* unsigned: bits of the comma-separated `values` */
    OPTION_ONLY,     /* scan_options.only_step or .only */
    OPTION_VARIABLE  /* nothing is stored: read where it is needed */
};

enum option_source { FLAG_OR_VARIABLE, FLAG_ONLY, VARIABLE_ONLY };

/* What a value, or each item of a list, looks like. */
struct value_form {
    bool (*fits)(const char *item);           /* NULL: by the members below */
    const char *(*nearest)(const char *item); /* what was probably meant; NULL: not known */
    const char *more;                         /* characters beside letters and digits */
    const char *prefix;                       /* NULL: none */
    size_t shortest, longest;
    const char *expected; /* told when a value does not fit */
};

struct option_row {
    const char *name;     /* without "--" */
    char letter;          /* without "-"; 0: none */
    const char *argument; /* of the help; NULL: a switch */
    const char *help;
    enum option_group group;
    uint32_t commands; /* bits 1 << COMMAND_... */
    enum option_kind kind;
    enum option_source source;
    bool hidden;                   /* from help, completions and the manual */
    size_t at;                     /* offset into struct options */
    int low, high;                 /* OPTION_NUMBER */
    const char *const *values;     /* all that are allowed, NULL at the end; NULL: any */
    const struct value_form *form; /* NULL: any value but "" */
    /* The commands (bits) that take the option only together with the option `with`. */
    uint32_t with_commands;
    const char *with;
    const char *not_with[4]; /* options that it excludes; NULL at the end */
};

const struct option_row *option_at(size_t index); /* NULL past the last */
/* The row of this letter that the command takes, else any row of this letter, else NULL. */
const struct option_row *option_lettered(char letter, enum command_id command);
bool option_taken(const struct option_row *row, enum command_id command);
/* "TOWERKEEP_OUTPUT_FORMATS" */
#define OPTION_VARIABLE_SIZE 64
void option_variable(const struct option_row *row, char out[OPTION_VARIABLE_SIZE]);
/* Returns NULL when the value, or each item of a list, has the row's form; else what was expected,
 * and the item that does not fit. */
#define OPTION_ITEM_SIZE 2048
const char *option_value_expected(const struct option_row *row, const char *value,
                                  char item[OPTION_ITEM_SIZE]);
/* "critical, high, medium, low or informational": into out, cut to its size. */
void option_values_text(const char *const *values, char *out, size_t size);

#endif
