/* What --help prints: a command's own options, in the width of the terminal. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/columns.h"
#include "base/env.h"
#include "base/text.h"
#include "options.h"

#define WIDTH_DEFAULT 80
#define WIDTH_MOST 100
#define WIDTH_WIDE 72 /* from here on, help stands beside the option's name */
#define WIDTH_WIDEST 96
#define COLUMN_WIDEST 39
#define COLUMN_WIDE 29
#define COLUMN_NARROW 10
#define NAME_COLUMN 14 /* where the summary of a command begins */

static size_t help_width(FILE *out)
{
    bool known = isatty(fileno(out)) == 1 || env_get("COLUMNS") != NULL;
    int width = known ? terminal_width(out) : WIDTH_DEFAULT;
    return (size_t)(width < WIDTH_MOST ? width : WIDTH_MOST);
}

/* Where the help of an option begins. */
static size_t help_column(size_t width)
{
    return width >= WIDTH_WIDEST ? COLUMN_WIDEST
           : width >= WIDTH_WIDE ? COLUMN_WIDE
                                 : COLUMN_NARROW;
}

/* A command to type: what does not fit continues the command line. */
static void print_example(FILE *out, const char *words, size_t width)
{
    size_t length = strlen(words);
    bool fits = length + 2 <= width;
    size_t take = fits ? length : columns_line(words, width - 4, false);
    fprintf(out, "  %.*s%s\n", (int)take, words, take < length ? " \\" : "");
    words += take;
    words += strspn(words, " ");
    columns_print(out, words, 0, 6, width);
}

/* Paragraphs, separated by newlines; a line that begins with blanks is an example. */
static void print_paragraphs(FILE *out, const char *text, size_t width)
{
    char paragraph[2048];
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        (void)snprintf(paragraph, sizeof paragraph, "%.*s", (int)length, text);
        if (paragraph[0] == ' ') {
            print_example(out, paragraph + 2, width);
        } else {
            fputc('\n', out);
            columns_print(out, paragraph, 0, 0, width);
        }
        text += length + (text[length] == '\n' ? 1 : 0);
    }
}

/* `name` and the help beside it, or below it when it is too long. */
static void print_entry(FILE *out, const char *name, const char *argument, const char *help,
                        size_t width)
{
    size_t indent = help_column(width);
    int at =
        fprintf(out, "%s%s%s", name, argument != NULL ? "=" : "", argument != NULL ? argument : "");
    columns_print(out, help, (size_t)at, indent, width);
}

static void print_option(FILE *out, const char *name, char letter, const char *argument,
                         const char *help, size_t width)
{
    char head[128];
    if (letter != '\0') {
        (void)snprintf(head, sizeof head, "  -%c, --%s", letter, name);
    } else {
        (void)snprintf(head, sizeof head, "      --%s", name);
    }
    print_entry(out, head, argument, help, width);
}

static bool is_shown(const struct option_row *row, enum command_id command, enum option_group group)
{
    return option_taken(row, command) && row->group == group && !row->hidden;
}

static void print_group(FILE *out, enum command_id command, enum option_group group, size_t width)
{
    bool titled = false;
    const struct option_row *row = NULL;
    for (size_t i = 0; (row = option_at(i)) != NULL; i++) {
        char variable[2 + OPTION_VARIABLE_SIZE];
        if (!is_shown(row, command, group)) {
            continue;
        }
        if (!titled) {
            fprintf(out, "\n%s:\n", option_groups[group]);
            titled = true;
        }
        if (group == GROUP_VARIABLES) {
            memcpy(variable, "  ", 2);
            option_variable(row, variable + 2);
            print_entry(out, variable, row->argument, row->help, width);
        } else {
            print_option(out, row->name, row->letter, row->argument, row->help, width);
        }
    }
}

/* Commands whose name begins with these words; of the top level those of one word. */
static void print_commands(FILE *out, const char *parent, size_t width)
{
    size_t length = strlen(parent);
    for (int id = 0; id < COMMAND_COUNT; id++) {
        const struct command *c = command_at((enum command_id)id);
        bool below = length > 0 && str_starts(c->name, parent) && c->name[length] == ' ';
        if (length > 0 ? below : strchr(c->name, ' ') == NULL) {
            const char *name = c->name + (length > 0 ? length + 1 : 0);
            int at = fprintf(out, "  %s", name);
            columns_print(out, c->summary, (size_t)at, NAME_COLUMN, width);
        }
    }
}

void help_overview(FILE *out)
{
    size_t width = help_width(out);
    columns_print(out,
                  "towerkeep audits, and on request completes, the centralized cross-Region backup "
                  "architecture of an AWS organization under AWS Control Tower. A scan only reads.",
                  0, 0, width);
    fputs("\nUsage: towerkeep COMMAND [OPTION...]\n\nCommands:\n", out);
    print_commands(out, "", width);
    print_paragraphs(
        out,
        "Help for a command: towerkeep COMMAND --help\n"
        "First steps, with credentials of the management account:\n"
        "  towerkeep scan -o audit\n"
        "  towerkeep rules show KMS-04\n"
        "Exit status: 0 everything was read and nothing fails; 1 internal error or disk; 2 usage, "
        "configuration or credentials; 3 something fails; 4 something could not be read (takes "
        "precedence over 3); 5 a change stopped part-way; 130 and 143 after a signal.",
        width);
}

void help_usage(enum command_id command, FILE *out)
{
    const struct command *c = command_at(command);
    char usage[256];
    (void)snprintf(usage, sizeof usage, "Usage: towerkeep %s%s%s%s", c->name,
                   c->run != NULL ? " [OPTION...]" : "", *c->arguments != '\0' ? " " : "",
                   c->arguments);
    columns_print(out, usage, 0, 0, help_width(out));
}

void help_command(enum command_id command, FILE *out)
{
    const struct command *c = command_at(command);
    size_t width = help_width(out);
    help_usage(command, out);
    fputc('\n', out);
    columns_print(out, c->about, 0, 0, width);
    if (c->run == NULL) {
        fputs("\nCommands:\n", out);
        print_commands(out, c->name, width);
    }
    for (int group = 0; group < GROUP_COUNT; group++) {
        print_group(out, command, (enum option_group)group, width);
    }
    fputs("\nHelp:\n", out);
    print_option(out, "help", 'h', NULL, "Print this help", width);
    print_option(out, "version", 'V', NULL, "Print the version", width);
    print_paragraphs(out, c->more != NULL ? c->more : "", width);
}

void help_commands_text(uint32_t commands, char *out, size_t size)
{
    struct text text;
    text_init(&text, 4096);
    for (unsigned id = 0; id < COMMAND_COUNT; id++) {
        if ((commands >> id & 1U) != 0) {
            text_addf(&text, "%s%s", text.length > 0 ? ", " : "",
                      command_at((enum command_id)id)->name);
        }
    }
    (void)snprintf(out, size, "%s", text_str(&text));
    text_release(&text);
}

int help_unknown_command(const char *parent, const char *word)
{
    const char *names[COMMAND_COUNT + 1] = {NULL};
    size_t count = 0, length = strlen(parent);
    for (int id = 0; id < COMMAND_COUNT; id++) {
        const char *name = command_at((enum command_id)id)->name;
        if (length == 0 && strchr(name, ' ') == NULL) {
            names[count++] = name;
        } else if (length > 0 && str_starts(name, parent) && name[length] == ' ') {
            names[count++] = name + length + 1;
        }
    }
    const char *near = str_nearest(word, names);
    const char *blank = length > 0 ? " " : "";
    struct err err = ERR_INIT;
    err_set(&err, ERR_INPUT,
            "unknown command \"%s%s%s\"%s%s%s%s%s (towerkeep %s%s--help lists them)", parent, blank,
            word, near != NULL ? ": did you mean \"" : "", near != NULL ? parent : "",
            near != NULL ? blank : "", near != NULL ? near : "", near != NULL ? "\"?" : "", parent,
            blank);
    return cli_fail(&err);
}

int cmd_version(struct options *o)
{
    (void)o;
    puts("towerkeep " TOWERKEEP_VERSION);
    return EXIT_OK;
}

/* Prints the help of the command that the words name. */
static int help_of(int argc, char **argv)
{
    int used = 0;
    enum command_id command = command_find(argc, argv, &used);
    if (command == COMMAND_COUNT) {
        return help_unknown_command("", argv[0]);
    }
    if (used < argc) {
        return help_unknown_command(command_at(command)->name, argv[used]);
    }
    help_command(command, stdout);
    return EXIT_OK;
}

int cmd_help(struct options *o)
{
    if (o->help_format >= 0) {
        help_format_print(o->help_format, stdout);
        return EXIT_OK;
    }
    if (o->arguments.count > 0) {
        return help_of((int)o->arguments.count, o->arguments.items);
    }
    help_overview(stdout);
    return EXIT_OK;
}
