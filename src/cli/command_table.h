/*
 * The commands, a row each: what help prints of them, how many arguments they take, and the
 * function that runs them. option_table.h says which options each one takes.
 */
#ifndef TOWERKEEP_CLI_COMMAND_TABLE_H
#define TOWERKEEP_CLI_COMMAND_TABLE_H

#include <stddef.h>

enum command_id {
    COMMAND_SCAN,
    COMMAND_INIT,
    COMMAND_PLAN,
    COMMAND_APPLY,
    COMMAND_ENABLE,
    COMMAND_TEARDOWN,
    COMMAND_REHEARSE,
    COMMAND_CHECK,
    COMMAND_REPORT,
    COMMAND_DIFF,
    COMMAND_RUNS,
    COMMAND_VERIFY,
    COMMAND_RULES, /* only names its subcommands */
    COMMAND_RULES_LIST,
    COMMAND_RULES_SHOW,
    COMMAND_RULES_FRAMEWORKS,
    COMMAND_RULES_VALIDATE,
    COMMAND_RULES_TEST,
    COMMAND_RULES_NEW,
    COMMAND_IAM_POLICY,
    COMMAND_VERSION,
    COMMAND_HELP,
    COMMAND_COUNT
};

struct options;

struct command {
    const char *name;      /* as typed after "towerkeep": "scan", "rules list" */
    const char *summary;   /* one line of an overview */
    const char *arguments; /* of the usage line: "[RUN]"; "" when it takes none */
    const char *missing;   /* what "missing argument: " names when fewer than `least` are given */
    size_t least, most;    /* how many arguments it takes; most 0 with `arguments`: any number */
    const char *about;     /* the paragraph above its options */
    const char *unchecked; /* why it takes no option that bears on results; NULL: it may */
    const char *more;      /* the paragraphs below them, separated by newlines; NULL: none */
    int (*run)(struct options *o); /* the exit status; NULL: its subcommands run */
};

const struct command *command_at(enum command_id id);
/* The command that the words at the start of argv (argv[0] is the first word after "towerkeep")
 * name, and in *used how many words that took: "rules list" takes two. COMMAND_COUNT: none. */
enum command_id command_find(int argc, char *const *argv, int *used);

int cmd_scan(struct options *o);
int cmd_init(struct options *o);
int cmd_plan(struct options *o);
int cmd_apply(struct options *o);
int cmd_enable(struct options *o);
int cmd_teardown(struct options *o);
int cmd_rehearse(struct options *o);
int cmd_check(struct options *o);
int cmd_report(struct options *o);
int cmd_diff(struct options *o);
int cmd_runs(struct options *o);
int cmd_verify(struct options *o);
int cmd_rules_list(struct options *o);
int cmd_rules_show(struct options *o);
int cmd_rules_frameworks(struct options *o);
int cmd_rules_validate(struct options *o);
int cmd_rules_test(struct options *o);
int cmd_rules_new(struct options *o);
int cmd_iam_policy(struct options *o);
int cmd_version(struct options *o);
int cmd_help(struct options *o);

#endif
