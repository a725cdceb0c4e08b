#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "cli.h"

static const struct command commands[] = {
    {"scan", "read the organization, judge it, write the reports", cmd_scan},
    {"init", "write a configuration from what a scan saw", cmd_init},
    {"plan", "turn a run's failing findings into an ordered plan, offline", cmd_plan},
    {"apply", "apply a saved plan", cmd_apply},
    {"enable", "complete the whole architecture, from nothing if need be", cmd_enable},
    {"teardown", "take it down again in reverse; nothing that holds data is deleted unasked",
     cmd_teardown},
    {"rehearse", "try enable, fix or teardown on a simulated copy of a run", cmd_rehearse},
    {"check", "judge a stored run again, offline, with today's rules", cmd_check},
    {"report", "draw the reports of a stored run again, offline", cmd_report},
    {"diff", "what became of each finding from one run to another", cmd_diff},
    {"runs", "list the runs kept under a directory, and delete old ones", cmd_runs},
    {"verify", "prove that a run is what it was when its evidence was summed up", cmd_verify},
    {"rules", "list, show, validate, test or begin rule files", cmd_rules},
    {"iam-policy", "print the IAM permissions a command needs", cmd_iam_policy},
    {"version", "print the version", cmd_version},
};
#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static void overview(FILE *out)
{
    fputs(
        "towerkeep audits the centralized cross-Region backup architecture of an AWS organization\n"
        "governed by AWS Control Tower, and completes it. A scan only reads.\n\n"
        "Usage: towerkeep COMMAND [OPTION...]\n\nCommands:\n",
        out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    }
    fputs(
        "\nEach command explains itself: towerkeep COMMAND --help\n\n"
        "Start here:\n"
        "  towerkeep scan -o audit -M json,xlsx        with credentials of the management account\n"
        "  towerkeep rules show KMS-04                 what a check looks at, and why\n\n"
        "Exit status: 0 all reached, nothing failing; 1 internal error or disk; 2 usage, "
        "configuration or\n"
        "credentials; 3 something fails; 4 something could not be seen (beats 3); 5 a "
        "change\nstopped part-way; 130 and 143 after a signal.\n",
        out);
}

static const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

static int unknown_command(const char *word)
{
    const char *names[COMMAND_COUNT + 1] = {NULL};
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        names[i] = commands[i].name;
    }
    const char *near = str_nearest(word, names);
    struct err err = ERR_INIT;
    err_set(&err, ERR_INPUT, "unknown command \"%s\"%s%s%s (towerkeep --help lists them)", word,
            near ? ": did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    return cli_fail(&err);
}

int cmd_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    puts("towerkeep " TOWERKEEP_VERSION);
    return EXIT_OK;
}

/* The memory of a scan holds keys and session tokens: no core file, and no core handed to a
 * program that collects them (which a limit alone does not prevent). */
static void leave_no_core(void)
{
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) /* whose leak check must attach */
    (void)prctl(PR_SET_DUMPABLE, 0);
#endif
}

/* Commands that can be resumed listen for signals themselves; of the others nothing half-written
 * stays. */
static void on_end(int number)
{
    out_file_abort_all();
    (void)raise(number); /* its default action: the handler is gone */
}

static void leave_no_part(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    const struct sigaction action = {.sa_handler = on_end,
                                     .sa_flags = (int)SA_RESETHAND | SA_NODEFER};
    struct sigaction before;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        /* What nohup, or a shell in the background, ignores stays ignored. */
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            (void)sigaction(numbers[i], &action, NULL);
        }
    }
    (void)signal(SIGXFSZ, SIG_IGN); /* a file-size limit is a full disk: a line, not a death */
}

int main(int argc, char **argv)
{
    argp_err_exit_status = EXIT_USAGE;
    leave_no_core();
    leave_no_part();
    log_open(stderr, LOG_WARN);
    if (argc < 2) {
        overview(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        overview(stdout);
        return EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        return cmd_version(argc, argv);
    }
    const struct command *command = command_find(argv[1]);
    if (!command) {
        return unknown_command(argv[1]);
    }
    int rc = command->run(argc - 1, argv + 1);
    out_file_abort_all();
    log_close();
    return rc;
}
