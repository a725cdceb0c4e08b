/* A command's options and arguments, from the environment and the command line. */
#ifndef TOWERKEEP_CLI_OPTIONS_H
#define TOWERKEEP_CLI_OPTIONS_H

#include "command_table.h"
#include "option_table.h"
#include "scan_options.h"

#define OPTIONS_MAX 128 /* rows of the table */

/* Strings are borrowed from argv and the environment; lists are owned. */
struct options {
    enum command_id command;
    int argc; /* as given, argv[0] is the command's last word: rehearse reads them twice */
    char **argv;
    struct words arguments;
    bool given[OPTIONS_MAX]; /* on the command line, by row of the table */
    bool set_by_variable[OPTIONS_MAX];

    struct scan_options
        run; /* what scan, check, report and the commands that change things share */

    int text_format;                               /* diff, runs: 0 text, 1 json */
    const char *output;                            /* plan, init: the file */
    bool all;                                      /* diff */
    int keep, older_than;                          /* runs: -1 when not given */
    bool delete_runs;                              /* runs */
    const char *public_key;                        /* verify */
    bool force;                                    /* init */
    bool enumerate;                                /* rules test */
    const char *rule_directory, *rule_scope;       /* rules new */
    int policy_role;                               /* iam-policy: -1 both, 0 management, 1 member */
    int policy_format;                             /* iam-policy: 0 json, 1 cloudformation */
    const char *policy_account, *policy_partition; /* iam-policy; NULL: any */
    struct words assumed;                          /* iam-policy */
    int help_format;                               /* help: -1 when not given */
};

/* Reads the environment, then the command line. Prints help or the version, or one line about what
 * is wrong, and ends the program where that is called for. */
void options_parse(struct options *o, enum command_id command, int argc, char **argv);
/* Logs what is odd but no error: variables that have no effect, a home Region that is not known. */
void options_warn(const struct options *o);
/* Was the option given on the command line? */
bool options_given(const struct options *o, const char *name);
/* Hands the members that a session holds over to `taken`; the other members stay. */
void options_take_run(struct options *o, struct scan_options *taken);
void options_release(struct options *o);

/* --- arguments.c --- */
/* Reads argv into `o`; ends the program on a usage error. */
void arguments_parse(struct options *o);

/* --- options.c, for arguments.c --- */
/* Stores a value; `source` ("--severity", "TOWERKEEP_SEVERITY") begins what is told when it is
 * wrong, which ends the program. */
void options_set(struct options *o, const struct option_row *row, const char *value,
                 const char *source, bool from_environment);

/* --- help.c --- */
void help_overview(FILE *out);
void help_command(enum command_id command, FILE *out);
void help_usage(enum command_id command, FILE *out); /* its first line */
/* The names of the commands (bits), "scan, plan": into out, cut to its size. */
void help_commands_text(uint32_t commands, char *out, size_t size);

/* Prints that there is no such command below `parent` ("": none is above it), and which is the
 * nearest; the exit status. */
int help_unknown_command(const char *parent, const char *word);

/* --- help_formats.c --- */
extern const char *const help_formats[]; /* names, NULL at the end */
void help_format_print(int format, FILE *out);

#endif
