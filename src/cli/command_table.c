#include "command_table.h"

#include <stdbool.h>
#include <string.h>

#define RUN_IS "RUN is a run's directory or its run.db (default: towerkeep-output)."
#define FILES_SEARCHED                                                                             \
    "Configuration is read from the first of these files that exists: the one that --config-file " \
    "names, ./towerkeep.yaml, $XDG_CONFIG_HOME/towerkeep/config.yaml (or "                         \
    "~/.config/towerkeep/config.yaml), /etc/towerkeep/config.yaml."

static const struct command commands[COMMAND_COUNT] = {
    [COMMAND_SCAN] =
        {.name = "scan",
         .summary = "read the organization, evaluate it, write reports",
         .arguments = "",
         .about =
             "Reads every account, Region and organizational unit, evaluates the six steps of the "
             "backup architecture, and writes reports. Nothing is changed in AWS without --fix: "
             "without it, sessions in member accounts carry a policy that allows only reads.",
         .more =
             "An option can also be set in the environment as TOWERKEEP_<OPTION>, for example "
             "TOWERKEEP_OUTPUT_FORMATS=json,xlsx. The command line has precedence. Options "
             "that make a scan write are accepted on the command line only.\n" FILES_SEARCHED "\n"
             "With --fix, a change that depends on something that could not be read is "
             "deferred and the reason is printed; the other changes are applied.\n"
             "Exit status: 0 everything was read and nothing fails; 1 internal error or disk; "
             "2 usage, configuration or credentials; 3 something fails; 4 something could not "
             "be read (takes precedence over 3); 5 a change stopped part-way; 130 and 143 "
             "after a signal, and the run can be resumed.\n"
             "Example:\n"
             "  towerkeep scan -p management -o /var/lib/towerkeep/nightly -M json,xlsx",
         .run = cmd_scan},
    [COMMAND_INIT] =
        {.name = "init",
         .summary = "write a configuration file from a stored run",
         .arguments = "[RUN]",
         .most = 1,
         .about = "Writes a commented configuration file from a stored run: backup accounts, "
                  "governed Regions, resource types found, organizational units, delegated "
                  "administrators. No network is used.",
         .more = RUN_IS " The file describes what the run was evaluated against; edit it to "
                        "describe what is wanted.\n"
                        "Example:\n"
                        "  towerkeep init audit -o towerkeep.yaml && towerkeep enable",
         .run = cmd_init},
    [COMMAND_PLAN] =
        {.name = "plan",
         .summary = "make an ordered plan from a run's failing findings, offline",
         .arguments = "[RUN]",
         .most = 1,
         .about = "Makes an ordered plan from the failing findings of a stored run: what is "
                  "changed, why, with which requests, and how long it takes. No network is used "
                  "and nothing is changed.",
         .more = RUN_IS " With -o FILE the plan is saved for `towerkeep apply`; with --emit "
                        "aws-cli it becomes a shell script to review.\n" FILES_SEARCHED "\n"
                        "Example:\n"
                        "  towerkeep plan audit -o plan.json && towerkeep apply plan.json",
         .run = cmd_plan},
    [COMMAND_APPLY] =
        {.name = "apply",
         .summary = "apply a saved plan",
         .arguments = "PLAN",
         .missing = "PLAN (a file that `towerkeep plan -o FILE` wrote)",
         .least = 1,
         .most = 1,
         .about = "Applies a saved plan: checks that the state it depends on has not changed, "
                  "writes every call to a journal before it is sent, waits for asynchronous "
                  "operations, and prints the result of each step. Scan afterwards to see the "
                  "checks pass.",
         .more =
             "The journal is PLAN.journal.db, next to the plan. After a crash, the same command "
             "continues where it stopped; a call that took effect is not repeated.\n"
             "--only applies a part of the plan: the steps for one step of the architecture or for "
             "checks, and the steps that they need. To select by account, OU, Region or severity, "
             "make a narrower plan with `towerkeep plan`.\n" FILES_SEARCHED "\n"
             "Exit status: 0 every step is done or needed no change; 5 stopped part-way; "
             "others as for scan.\n"
             "Example:\n"
             "  towerkeep apply plan.json --dry-run",
         .run = cmd_apply},
    [COMMAND_ENABLE] =
        {.name = "enable",
         .summary = "set up the whole architecture, from nothing if necessary",
         .arguments = "",
         .about = "Sets up the whole architecture: accounts, key and replicas, landing zone, "
                  "opt-in, delegated administrator, baselines (parents before children), tags. "
                  "Scans, plans, asks for confirmation, applies, and scans again.",
         .more = "The configuration describes what is wanted (see templates/towerkeep.yaml). "
                 "When nothing is left to do, no change is sent. After an interruption, the same "
                 "command continues where it stopped. A change that depends on something that "
                 "could not be read is deferred and the reason is printed (exit status "
                 "4).\n" FILES_SEARCHED "\n"
                 "Example:\n"
                 "  towerkeep enable --config-file towerkeep.yaml -o enable-run",
         .run = cmd_enable},
    [COMMAND_TEARDOWN] =
        {.name = "teardown",
         .summary = "remove the architecture in reverse; delete data only when named",
         .arguments = "",
         .about = "Removes the architecture in reverse order: baselines (children before "
                  "parents), the landing zone's backup setting, delegated administrator and "
                  "trusted access. Then lists what remains. Vaults and recovery points are "
                  "deleted only when they are named.",
         .more = "Asks for the organization's ID as confirmation.\n" FILES_SEARCHED "\n"
                 "Example:\n"
                 "  towerkeep teardown -o teardown-run --auto-approve "
                 "--confirm-organization o-exampleorg1",
         .run = cmd_teardown},
    [COMMAND_REHEARSE] =
        {.name = "rehearse",
         .summary = "try enable, fix or teardown on a simulated copy of a run",
         .arguments = "enable|fix|teardown [RUN]",
         .missing = "enable, fix or teardown",
         .least = 1,
         .most = 2,
         .about = "Tries a change on a copy: a stored run becomes a simulated organization, and "
                  "enable, fix or teardown runs against it in accelerated time. Prints the "
                  "changes, the calls, the expected duration and what would still fail. Nothing "
                  "is changed in AWS; only --fresh calls it.",
         .more = RUN_IS " With --fresh, a new scan is used instead. With -o DIR the copy, its "
                        "plans and its reports are kept there.\n" FILES_SEARCHED "\n"
                        "Example:\n"
                        "  towerkeep rehearse enable audit --config-file towerkeep.yaml",
         .run = cmd_rehearse},
    [COMMAND_CHECK] =
        {.name = "check",
         .summary = "evaluate a stored run again, offline, with the current rules",
         .arguments = "RUN",
         .missing = "RUN (a run's directory, or its run.db)",
         .least = 1,
         .most = 1,
         .about = "Evaluates a stored run again with the current rules and configuration, and "
                  "writes its reports. No network is used; the same run and rules give the same "
                  "findings.",
         .more = FILES_SEARCHED,
         .run = cmd_check},
    [COMMAND_REPORT] = {.name = "report",
                        .summary = "write the reports of a stored run again, offline",
                        .arguments = "RUN",
                        .missing = "RUN (a run's directory, or its run.db)",
                        .least = 1,
                        .most = 1,
                        .about =
                            "Writes the reports of a stored run again, with the results, rules, "
                            "waivers and configuration that the run holds. No network is used.",
                        .unchecked = "report writes the results that the run holds; to evaluate "
                                     "it again, use towerkeep check",
                        .more = "The results depend on rules, waivers and configuration, so that "
                                "--rules, --config-file, --mutelist-file, --checks and the like "
                                "are options of `towerkeep check`, which evaluates the run again "
                                "and writes the same reports.",
                        .run = cmd_report},
    [COMMAND_DIFF] =
        {.name = "diff",
         .summary = "compare the findings of two runs",
         .arguments = "A B",
         .missing = "two runs are compared (towerkeep diff A B)",
         .least = 2,
         .most = 2,
         .about = "Compares two runs finding by finding: REGRESSED (passed, fails now), NEW, "
                  "WAIVER EXPIRED, CHANGED, RESOLVED, NOT COMPARED (only one of the runs read "
                  "it), UNCHANGED. A failure that can no longer be read is not resolved.",
         .more = "A and B are runs' directories or their run.db; A is the earlier one. A scan "
                 "compares itself with the run that its directory held before, or with "
                 "--previous.\n"
                 "Exit status: 0 nothing got worse; 3 something is REGRESSED, NEW or WAIVER "
                 "EXPIRED; 2 usage, or no such run.",
         .run = cmd_diff},
    [COMMAND_RUNS] =
        {.name = "runs",
         .summary = "list the runs in a directory, and delete old ones",
         .arguments = "DIR",
         .missing = "DIR (a directory that holds runs)",
         .least = 1,
         .most = 1,
         .about = "Lists the runs in a directory, newest first: the directory itself and its "
                  "subdirectories that hold a run.db. --keep and --older-than select runs to "
                  "delete, and --delete deletes them. The newest run and signed runs are always "
                  "kept.",
         .more = "With both --keep and --older-than, a run is deleted only when both select it.\n"
                 "Example:\n"
                 "  towerkeep runs /var/lib/towerkeep --keep 30 --older-than 365 --delete",
         .run = cmd_runs},
    [COMMAND_VERIFY] =
        {.name = "verify",
         .summary = "verify that a run has not changed since its evidence was written",
         .arguments = "DIR",
         .missing = "DIR (the directory that holds run.db and evidence/)",
         .least = 1,
         .most = 1,
         .about = "Computes the SHA-256 checksum of every file of a run and compares it with the "
                  "run's evidence/digest.txt: changed, added and missing files are named. With "
                  "--public-key the signature of digest.txt is checked as well.",
         .more = "Exit status: 0 nothing has changed; 3 something differs, or is not signed by "
                 "that key; 2 there is no evidence package, or the key file cannot be used; 1 "
                 "disk error.",
         .run = cmd_verify},
    [COMMAND_RULES] = {.name = "rules",
                       .summary = "list, show, validate, test or create rules",
                       .arguments = "COMMAND",
                       .about = "Works with rules and the frameworks they give evidence for. No "
                                "network is used."},
    [COMMAND_RULES_LIST] = {.name = "rules list",
                            .summary = "list the rules in force, by step",
                            .arguments = "[ID...]",
                            .about = "Lists the rules in force. With IDs (* and ? match), only "
                                     "those.",
                            .more = FILES_SEARCHED,
                            .run = cmd_rules_list},
    [COMMAND_RULES_SHOW] = {.name = "rules show",
                            .summary = "show a rule in full",
                            .arguments = "ID...",
                            .missing = "ID (towerkeep rules list prints them)",
                            .least = 1,
                            .about = "Shows what a rule evaluates, why, how its result is worded, "
                                     "and which parameters it has.",
                            .more = FILES_SEARCHED,
                            .run = cmd_rules_show},
    [COMMAND_RULES_FRAMEWORKS] =
        {.name = "rules frameworks",
         .summary = "list frameworks, and which checks give evidence for their requirements",
         .arguments = "[NAME...]",
         .about = "Lists the frameworks, or shows those named (IDs as scan --compliance takes "
                  "them).",
         .more = FILES_SEARCHED,
         .run = cmd_rules_frameworks},
    [COMMAND_RULES_VALIDATE] =
        {.name = "rules validate",
         .summary = "check the syntax of rule files",
         .arguments = "[DIR|FILE...]",
         .about = "Reads rule files and prints what is wrong with each: FILE:LINE:COLUMN: PATH: "
                  "what was expected. Without arguments: every rule directory in use.",
         .more = "Exit status: 0 all files are valid; 2 one is not.\n" FILES_SEARCHED,
         .run = cmd_rules_validate},
    [COMMAND_RULES_TEST] =
        {.name = "rules test",
         .summary = "run the test cases of rules",
         .arguments = "[DIR...]",
         .about = "Evaluates the test cases of the given directories (default: the folder "
                  "\"tests\" of each rule directory) with parameters at their defaults.",
         .more = "Exit status: 0 every case has its expected result; 2 a file is malformed; 3 a "
                 "case failed.\n" FILES_SEARCHED,
         .run = cmd_rules_test},
    [COMMAND_RULES_NEW] = {.name = "rules new",
                           .summary = "create a rule and its test cases to start from",
                           .arguments = "ID",
                           .missing = "ID (such as ACME-1)",
                           .least = 1,
                           .most = 1,
                           .about = "Writes DIR/ID.yaml and DIR/tests/ID.yaml: a valid rule and "
                                    "passing test cases, to complete. Existing files are not "
                                    "overwritten.",
                           .more = FILES_SEARCHED,
                           .run = cmd_rules_new},
    [COMMAND_IAM_POLICY] =
        {.name = "iam-policy",
         .summary = "print the IAM permissions that a command needs",
         .arguments = "scan|fix|enable|teardown",
         .missing = "scan, fix, enable or teardown",
         .least = 1,
         .most = 1,
         .about = "Prints the IAM permissions that a command needs: for the credentials of the "
                  "management account, and for the role that is assumed in member accounts. They "
                  "are derived from the operations that the command sends. No network is used.",
         .run = cmd_iam_policy},
    [COMMAND_VERSION] = {.name = "version",
                         .summary = "print the version",
                         .arguments = "",
                         .about = "Prints the version.",
                         .run = cmd_version},
    [COMMAND_HELP] = {.name = "help",
                      .summary = "print help for a command",
                      .arguments = "[COMMAND]",
                      .most = 2,
                      .about = "Prints the list of commands, or the help of a command.",
                      .run = cmd_help},
};

const struct command *command_at(enum command_id id)
{
    return &commands[id];
}

enum command_id command_find(int argc, char *const *argv, int *used)
{
    enum command_id found = COMMAND_COUNT;
    *used = 0;
    for (int id = 0; id < COMMAND_COUNT; id++) {
        const char *name = commands[id].name;
        size_t first = strcspn(name, " ");
        bool two = name[first] == ' ';
        if (argc < (two ? 2 : 1) || strncmp(argv[0], name, first) != 0 || argv[0][first] != '\0' ||
            (two && strcmp(argv[1], name + first + 1) != 0)) {
            continue;
        }
        found = (enum command_id)id;
        *used = two ? 2 : 1;
    }
    return found;
}
