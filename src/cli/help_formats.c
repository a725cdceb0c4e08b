/* The option table for other programs: shells complete from it, and the manual's sections SYNOPSIS
 * and OPTIONS and the tests are made of it. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/jsonx.h"
#include "base/mdoc.h"
#include "base/text.h"
#include "options.h"

/* What a shell completes as a value. */
enum completed { COMPLETE_WORDS, COMPLETE_FILES, COMPLETE_DIRECTORIES, COMPLETE_NOTHING };

static bool names_reports(const struct option_row *row)
{
    return row->values == NULL && row->at == offsetof(struct options, run.reports.formats);
}

static enum completed completed_of(const struct option_row *row)
{
    if (row->values != NULL || names_reports(row)) {
        return COMPLETE_WORDS;
    }
    if (str_starts(row->argument, "FILE") || str_starts(row->argument, "RUN")) {
        return COMPLETE_FILES;
    }
    return str_starts(row->argument, "DIR") ? COMPLETE_DIRECTORIES : COMPLETE_NOTHING;
}

static bool is_listed(const struct option_row *row)
{
    return !row->hidden && row->source != VARIABLE_ONLY;
}

static void print_values(FILE *out, const struct option_row *row)
{
    const struct report_format *format = NULL;
    for (size_t i = 0; names_reports(row) && (format = report_format_at(i)) != NULL; i++) {
        fprintf(out, "%s%s", i > 0 ? " " : "", format->name);
    }
    for (size_t i = 0; row->values != NULL && row->values[i] != NULL; i++) {
        fprintf(out, "%s%s", i > 0 ? " " : "", row->values[i]);
    }
}

/* Printed between single quotes of a shell: a quote itself, and (zsh) what _arguments reads. */
static void print_quoted(FILE *out, const char *words, const char *escaped)
{
    for (const char *c = words; *c != '\0'; c++) {
        if (*c == '\'') {
            fputs("'\\''", out);
        } else {
            fprintf(out, "%s%c", strchr(escaped, *c) != NULL ? "\\" : "", *c);
        }
    }
}

/* The first word of a command of two, "rules"; its length, 0 for a command of one word. */
static size_t parent_length(const struct command *c)
{
    size_t first = strcspn(c->name, " ");
    return c->name[first] == ' ' ? first : 0;
}

/* Names of the commands of the top level (parent ""), or below one. */
static void print_names(FILE *out, const char *parent)
{
    const char *before = "";
    for (int id = 0; id < COMMAND_COUNT; id++) {
        const struct command *c = command_at((enum command_id)id);
        size_t length = parent_length(c);
        if (length == strlen(parent) && strncmp(c->name, parent, length) == 0) {
            fprintf(out, "%s%s", before, c->name + (length > 0 ? length + 1 : 0));
            before = " ";
        }
    }
}

/* Does the command take words as its argument: names of commands, or those of
 * "enable|fix|teardown [RUN]"? */
static bool takes_words(enum command_id id)
{
    return id == COMMAND_HELP || islower((unsigned char)*command_at(id)->arguments);
}

static void print_words(FILE *out, enum command_id id)
{
    if (id == COMMAND_HELP) {
        print_names(out, "");
        return;
    }
    for (const char *at = command_at(id)->arguments; *at != '\0' && *at != ' '; at++) {
        fputc(*at == '|' ? ' ' : *at, out);
    }
}

static const struct command *each_parent(int *id)
{
    for (; *id < COMMAND_COUNT; (*id)++) {
        const struct command *c = command_at((enum command_id) * id);
        if (c->run == NULL) {
            (*id)++;
            return c;
        }
    }
    return NULL;
}

/* --- bash --- */

static void bash_options(FILE *out, enum command_id id)
{
    const struct option_row *row = NULL;
    fprintf(out, "    '%s') options='", command_at(id)->name);
    for (size_t i = 0; (row = option_at(i)) != NULL; i++) {
        if (option_taken(row, id) && is_listed(row)) {
            fprintf(out, "--%s%s ", row->name, row->argument != NULL ? "=" : "");
        }
    }
    fputs("--help --version'", out);
    if (takes_words(id)) {
        fputs("; words='", out);
        print_words(out, id);
        fputc('\'', out);
    }
    fputs(" ;;\n", out);
}

static void bash_value(FILE *out, const struct option_row *row, enum command_id id)
{
    static const char *const reply[] = {
        [COMPLETE_FILES] = "compgen -f", [COMPLETE_DIRECTORIES] = "compgen -d"};
    enum completed what = completed_of(row);
    fprintf(out, "    '%s --%s'", command_at(id)->name, row->name);
    if (row->letter != '\0') {
        fprintf(out, "|'%s -%c'", command_at(id)->name, row->letter);
    }
    fputs(") ", out);
    if (what == COMPLETE_WORDS) {
        fputs("mapfile -t COMPREPLY < <(compgen -W '", out);
        print_values(out, row);
        fputs("' -- \"$cur\")", out);
    } else if (what == COMPLETE_NOTHING) {
        fputs("COMPREPLY=()", out);
    } else {
        fprintf(out, "mapfile -t COMPREPLY < <(%s -- \"$cur\")", reply[what]);
    }
    fputs("; return ;;\n", out);
}

static void bash_values(FILE *out)
{
    const struct option_row *row = NULL;
    for (int id = 0; id < COMMAND_COUNT; id++) {
        for (size_t i = 0; (row = option_at(i)) != NULL; i++) {
            if (option_taken(row, (enum command_id)id) && is_listed(row) && row->argument != NULL) {
                bash_value(out, row, (enum command_id)id);
            }
        }
    }
}

static void print_bash(FILE *out)
{
    int at = 0;
    const struct command *parent = NULL;
    fputs("# bash completion for towerkeep\n"
          "_towerkeep()\n{\n"
          "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
          "  local command=${COMP_WORDS[1]} options='' words=''\n"
          "  COMPREPLY=()\n"
          "  if [ \"$prev\" = '=' ]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
          "  if [ \"$cur\" = '=' ]; then cur=''; fi\n"
          "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
          "    mapfile -t COMPREPLY < <(compgen -W '",
          out);
    print_names(out, "");
    fputs(" --help --version' -- \"$cur\")\n    return\n  fi\n", out);
    while ((parent = each_parent(&at)) != NULL) {
        fprintf(out,
                "  if [ \"$command\" = '%s' ]; then\n"
                "    if [ \"$COMP_CWORD\" -eq 2 ]; then\n"
                "      mapfile -t COMPREPLY < <(compgen -W '",
                parent->name);
        print_names(out, parent->name);
        fputs("' -- \"$cur\")\n      return\n    fi\n"
              "    command=\"$command ${COMP_WORDS[2]}\"\n  fi\n",
              out);
    }
    fputs("  case \"$command $prev\" in\n", out);
    bash_values(out);
    fputs("  esac\n  case \"$command\" in\n", out);
    for (int id = 0; id < COMMAND_COUNT; id++) {
        if (command_at((enum command_id)id)->run != NULL) {
            bash_options(out, (enum command_id)id);
        }
    }
    fputs("  esac\n"
          "  if [[ $cur == -* ]]; then\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
          "    if [[ ${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi\n"
          "  elif [ -n \"$words\" ] && [ \"$COMP_CWORD\" -eq 2 ]; then\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
          "  else\n"
          "    mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
          "  fi\n}\n"
          "complete -o filenames -F _towerkeep towerkeep\n",
          out);
}

/* --- zsh --- */

/* One specification of _arguments: '(-p --profile)'{-p,--profile=}'[help]:NAME:action'. */
static void zsh_option(FILE *out, const struct option_row *row)
{
    static const char special[] = "[]:\\";
    const char *mark = row->argument != NULL ? "=" : "";
    if (row->letter != '\0') {
        fprintf(out, "      '(-%c --%s)'{-%c%s,--%s%s}'[", row->letter, row->name, row->letter,
                row->argument != NULL ? "+" : "", row->name, mark);
    } else {
        fprintf(out, "      '--%s%s[", row->name, mark);
    }
    print_quoted(out, row->help, special);
    fputc(']', out);
    if (row->argument != NULL) {
        fputc(':', out);
        print_quoted(out, row->argument, special);
        fputc(':', out);
        switch (completed_of(row)) {
        case COMPLETE_WORDS:
            fputc('(', out);
            print_values(out, row);
            fputc(')', out);
            break;
        case COMPLETE_FILES:
            fputs("_files", out);
            break;
        case COMPLETE_DIRECTORIES:
            fputs("_directories", out);
            break;
        case COMPLETE_NOTHING:
            fputc(' ', out);
            break;
        }
    }
    fputs("' \\\n", out);
}

static void zsh_command(FILE *out, enum command_id id)
{
    const struct option_row *row = NULL;
    fprintf(out, "    '%s')\n      _arguments -s -S \\\n", command_at(id)->name);
    for (size_t i = 0; (row = option_at(i)) != NULL; i++) {
        if (option_taken(row, id) && is_listed(row)) {
            zsh_option(out, row);
        }
    }
    fputs("      '(-h --help)'{-h,--help}'[Print this help]' \\\n"
          "      '(-V --version)'{-V,--version}'[Print the version]' \\\n",
          out);
    if (takes_words(id)) {
        fputs("      '1:argument:(", out);
        print_words(out, id);
        fputs(")' \\\n", out);
    }
    fputs("      '*:argument:_files' ;;\n", out);
}

static void zsh_descriptions(FILE *out, const char *parent)
{
    for (int id = 0; id < COMMAND_COUNT; id++) {
        const struct command *c = command_at((enum command_id)id);
        size_t length = parent_length(c);
        if (length == strlen(parent) && strncmp(c->name, parent, length) == 0) {
            fprintf(out, "      '%s:", c->name + (length > 0 ? length + 1 : 0));
            print_quoted(out, c->summary, ":");
            fputs("'\n", out);
        }
    }
}

static void print_zsh(FILE *out)
{
    int at = 0;
    const struct command *parent = NULL;
    fputs("#compdef towerkeep\n"
          "_towerkeep()\n{\n"
          "  local -a names\n"
          "  local command=${words[2]}\n"
          "  if (( CURRENT == 2 )); then\n"
          "    names=(\n",
          out);
    zsh_descriptions(out, "");
    fputs("    )\n    _describe command names\n    return\n  fi\n", out);
    while ((parent = each_parent(&at)) != NULL) {
        fprintf(out,
                "  if [[ $command == '%s' ]]; then\n    if (( CURRENT == 3 )); then\n"
                "    names=(\n",
                parent->name);
        zsh_descriptions(out, parent->name);
        fputs("    )\n    _describe command names\n    return\n    fi\n"
              "    command=\"$command ${words[3]}\"\n"
              "    shift words; (( CURRENT-- ))\n  fi\n",
              out);
    }
    fputs("  shift words; (( CURRENT-- ))\n  case \"$command\" in\n", out);
    for (int id = 0; id < COMMAND_COUNT; id++) {
        if (command_at((enum command_id)id)->run != NULL) {
            zsh_command(out, (enum command_id)id);
        }
    }
    fputs("  esac\n}\n_towerkeep \"$@\"\n", out);
}

/* --- fish --- */

/* Is the command line that of the command? */
static void fish_condition(FILE *out, const struct command *c)
{
    size_t length = parent_length(c);
    if (length > 0) {
        fprintf(out, "'__fish_seen_subcommand_from %.*s; and __fish_seen_subcommand_from %s'",
                (int)length, c->name, c->name + length + 1);
    } else {
        fprintf(out, "'__fish_seen_subcommand_from %s'", c->name);
    }
}

static void fish_name(FILE *out, const struct command *c)
{
    size_t length = parent_length(c);
    char parent[32];
    (void)snprintf(parent, sizeof parent, "%.*s", (int)length, c->name);
    fputs("complete -c towerkeep ", out);
    if (length > 0) {
        fprintf(out, "-n '__fish_seen_subcommand_from %.*s; and not __fish_seen_subcommand_from ",
                (int)length, c->name);
        print_names(out, parent);
        fprintf(out, "' -f -a %s", c->name + length + 1);
    } else {
        fprintf(out, "-n __fish_use_subcommand -f -a %s", c->name);
    }
    fputs(" -d '", out);
    print_quoted(out, c->summary, "");
    fputs("'\n", out);
}

static void fish_words(FILE *out, enum command_id id)
{
    fputs("complete -c towerkeep -n ", out);
    fish_condition(out, command_at(id));
    fputs(" -f -a '", out);
    print_words(out, id);
    fputs("'\n", out);
}

static void fish_option(FILE *out, const struct command *c, const struct option_row *row)
{
    fputs("complete -c towerkeep -n ", out);
    fish_condition(out, c);
    fprintf(out, " -l %s", row->name);
    if (row->letter != '\0') {
        fprintf(out, " -s %c", row->letter);
    }
    if (row->argument != NULL) {
        switch (completed_of(row)) {
        case COMPLETE_WORDS:
            fputs(" -x -a '", out);
            print_values(out, row);
            fputc('\'', out);
            break;
        case COMPLETE_FILES:
            fputs(" -r -F", out);
            break;
        case COMPLETE_DIRECTORIES:
            fputs(" -x -a '(__fish_complete_directories)'", out);
            break;
        case COMPLETE_NOTHING:
            fputs(" -x", out);
            break;
        }
    }
    fputs(" -d '", out);
    print_quoted(out, row->help, "");
    fputs("'\n", out);
}

static void print_fish(FILE *out)
{
    const struct option_row *row = NULL;
    fputs("# fish completion for towerkeep\n"
          "complete -c towerkeep -l help -s h -d 'Print this help'\n"
          "complete -c towerkeep -l version -s V -d 'Print the version'\n",
          out);
    for (int id = 0; id < COMMAND_COUNT; id++) {
        const struct command *c = command_at((enum command_id)id);
        fish_name(out, c);
        if (takes_words((enum command_id)id)) {
            fish_words(out, (enum command_id)id);
        }
        for (size_t i = 0; (row = option_at(i)) != NULL; i++) {
            if (option_taken(row, (enum command_id)id) && is_listed(row)) {
                fish_option(out, c, row);
            }
        }
    }
}

/* --- the manual --- */

static void man_option(FILE *out, const struct option_row *row)
{
    char takers[512], variable[OPTION_VARIABLE_SIZE];
    option_variable(row, variable);
    if (row->source == VARIABLE_ONLY) {
        fprintf(out, ".It Ev %s\n", variable);
    } else {
        mdoc_option(out, row->letter, row->name, row->argument);
    }
    mdoc_sentence(out, row->help);
    help_commands_text(row->commands, takers, sizeof takers);
    fprintf(out, "Commands: %s.\n", takers);
    if (row->source == FLAG_OR_VARIABLE) {
        fprintf(out, "Variable:\n.Ev %s .\n", variable);
    }
}

/* "[RUN]", "enable|fix|teardown": optional and literal words by their macros. */
static void man_arguments(FILE *out, const char *arguments)
{
    for (const char *at = arguments; *at != '\0'; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        bool optional = *at == '[';
        const char *word = at + (optional ? 1 : 0);
        fprintf(out, ".%s%s ", optional ? "Op " : "", islower((unsigned char)*word) ? "Cm" : "Ar");
        for (; word < at + length - (optional ? 1 : 0); word++) {
            fprintf(out, *word == '|' ? " %c " : "%c", *word);
        }
        fputc('\n', out);
        at += length;
    }
}

static void man_synopsis(FILE *out)
{
    fputs(".Sh SYNOPSIS\n", out);
    for (int id = 0; id < COMMAND_COUNT; id++) {
        const struct command *c = command_at((enum command_id)id);
        if (c->run != NULL) {
            fprintf(out, ".Nm towerkeep\n.Cm %s\n.Op Ar option ...\n", c->name);
            man_arguments(out, c->arguments);
        }
    }
}

static void print_man(FILE *out)
{
    const struct option_row *row = NULL;
    man_synopsis(out);
    fputs(".Sh OPTIONS\n"
          "Each option is accepted by the commands that are named with it; another command "
          "refuses it.\n"
          "Every command accepts\n"
          ".Fl h , Fl -help\n"
          "and\n"
          ".Fl V , Fl -version .\n",
          out);
    for (int group = 0; group < GROUP_COUNT; group++) {
        fprintf(out, ".Ss %s\n.Bl -tag -width Ds\n", option_groups[group]);
        for (size_t i = 0; (row = option_at(i)) != NULL; i++) {
            if (row->group == (enum option_group)group && !row->hidden) {
                man_option(out, row);
            }
        }
        fputs(".El\n", out);
    }
}

/* --- JSON --- */

static json_t *names_of(uint32_t commands)
{
    json_t *list = json_array();
    for (unsigned id = 0; id < COMMAND_COUNT; id++) {
        if ((commands >> id & 1U) != 0) {
            (void)json_array_append_new(list, json_string(command_at((enum command_id)id)->name));
        }
    }
    return list;
}

static json_t *values_of(const struct option_row *row)
{
    json_t *list = json_array();
    for (size_t i = 0; row->values != NULL && row->values[i] != NULL; i++) {
        (void)json_array_append_new(list, json_string(row->values[i]));
    }
    return list;
}

static void print_json(FILE *out)
{
    static const char *const sources[] = {[FLAG_OR_VARIABLE] = "flag or variable",
                                          [FLAG_ONLY] = "flag",
                                          [VARIABLE_ONLY] = "variable"};
    json_t *options = json_array(), *commands = json_array();
    const struct option_row *row = NULL;
    for (size_t i = 0; (row = option_at(i)) != NULL; i++) {
        char variable[OPTION_VARIABLE_SIZE], letter[2] = {row->letter, '\0'};
        option_variable(row, variable);
        (void)json_array_append_new(
            options, json_pack("{s:s, s:s, s:s?, s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:s?}",
                               "name", row->name, "letter", letter, "argument", row->argument,
                               "help", row->help, "group", option_groups[row->group], "variable",
                               variable, "source", sources[row->source], "hidden", row->hidden,
                               "values", values_of(row), "commands", names_of(row->commands),
                               "with_commands", names_of(row->with_commands), "with", row->with));
    }
    for (int id = 0; id < COMMAND_COUNT; id++) {
        const struct command *c = command_at((enum command_id)id);
        (void)json_array_append_new(commands, json_pack("{s:s, s:s, s:s, s:b}", "name", c->name,
                                                        "arguments", c->arguments, "summary",
                                                        c->summary, "runs", c->run != NULL));
    }
    json_t *all = json_pack("{s:o, s:o}", "commands", commands, "options", options);
    (void)jx_write(all, out, JSON_INDENT(2));
    fputc('\n', out);
    json_decref(all);
}

/* --- all of them --- */

const char *const help_formats[] = {"bash", "zsh", "fish", "man", "json", NULL};

void help_format_print(int format, FILE *out)
{
    static void (*const printers[])(FILE * out) = {print_bash, print_zsh, print_fish, print_man,
                                                   print_json};
    printers[format](out);
}
