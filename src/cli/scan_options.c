#include "scan_options.h"

#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

enum key {
    KEY_EXCLUDED_REGION = 0x100,
    KEY_ACCOUNTS,
    KEY_EXCLUDED_ACCOUNTS,
    KEY_OU,
    KEY_SEVERITY,
    KEY_STATUS,
    KEY_FAIL_ON,
    KEY_CONFIG,
    KEY_RULES,
    KEY_COMPLIANCE,
    KEY_LOG_LEVEL,
    KEY_LOG_FILE,
    KEY_NO_COLOR,
    KEY_MAX_RATE,
    KEY_MAX_WORKERS,
    KEY_RESUME,
    KEY_ENDPOINT,
    KEY_ALLOW_HTTP,
    KEY_PROGRESS,
    KEY_HOME_REGION,
    KEY_FIX,
    KEY_DRY_RUN,
    KEY_AUTO_APPROVE,
    KEY_MAX_CHANGES,
    KEY_ONLY,
    KEY_CONFIRM,
    KEY_DELETE_KEY,
    KEY_DELETE_POINTS,
    KEY_CLOSE_ACCOUNTS,
    KEY_EMIT,
    KEY_TIME_SCALE,
    KEY_CRASH_AT,
    KEY_NO_UNGOVERNED,
    KEY_UNPACED,
    KEY_EVIDENCE,
    KEY_SIGN_KEY,
    KEY_PREVIOUS,
    KEY_FRESH
};

/* Order here is the order of --help. */
static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "Who asks, and where:", 1},
    {"profile", 'p', "NAME", 0,
     "Profile of the shared AWS files (default: environment, then AWS_PROFILE)", 1},
    {"home-region", KEY_HOME_REGION, "REGION", 0,
     "Home Region of the landing zone (default: found by asking)", 1},
    {"role", 'R', "NAME[,NAME]", 0,
     "Role names to assume in member accounts, in order (default: AWSControlTowerExecution, "
     "OrganizationAccountAccessRole)",
     1},
    {"external-id", 'I', "ID", 0, "External id sent with every AssumeRole", 1},
    {"session-duration", 'T', "SECONDS", 0,
     "Length of assumed sessions, 900 to 43200 (default 3600)", 1},
    {"endpoint-url", KEY_ENDPOINT, "URL", 0,
     "Send every call there; signing stays that of the service", 1},
    {"allow-http", KEY_ALLOW_HTTP, NULL, 0, "Permit plain http to something that is not loopback",
     1},
    {NULL, 0, NULL, 0, "What is looked at:", 2},
    {"region", 'f', "REGION[,...]", 0, "Only these Regions (default: every governed Region)", 2},
    {"excluded-region", KEY_EXCLUDED_REGION, "REGION[,...]", 0, "Not these Regions", 2},
    {"accounts", KEY_ACCOUNTS, "ID[,...]", 0, "Only these accounts", 2},
    {"excluded-accounts", KEY_EXCLUDED_ACCOUNTS, "ID[,...]", 0, "Not these accounts", 2},
    {"ou", KEY_OU, "OU[,...]", 0,
     "Only accounts under these OUs (ids, names, or paths such as Workloads/Prod)", 2},
    {"no-ungoverned", KEY_NO_UNGOVERNED, NULL, 0,
     "Do not look for tagged resources outside governed Regions", 2},
    {NULL, 0, NULL, 0, "How it is judged:", 3},
    {"checks", 'c', "ID[,...]", 0, "Only these checks; * and ? match (KMS-*)", 3},
    {"excluded-checks", 'e', "ID[,...]", 0, "Not these checks", 3},
    {"severity", KEY_SEVERITY, "LEVEL", 0, "Only checks of this severity or worse", 3},
    {"rules", KEY_RULES, "DIR[,...]", 0,
     "Further rule directories; an equal id overrides the shipped rule", 3},
    {"compliance", KEY_COMPLIANCE, "NAME[,...]", 0,
     "Only checks that these frameworks map (towerkeep rules frameworks)", 3},
    {"mutelist-file", 'w', "FILE", 0,
     "Waivers: failures somebody has accepted, in the format of Prowler's mutelist", 3},
    {"config-file", KEY_CONFIG, "FILE", 0,
     "Configuration (default: ./towerkeep.yaml, $XDG_CONFIG_HOME/towerkeep/config.yaml, "
     "/etc/towerkeep/config.yaml)",
     3},
    {"list-checks", 'l', NULL, 0, "List the checks that would be judged, and stop", 3},
    {NULL, 0, NULL, 0, "What is written:", 4},
    {"output-directory", 'o', "DIR", 0, "The run's directory (default: towerkeep-output)", 4},
    {"output-formats", 'M', "FORMAT[,...]", 0, "Reports to write (default: json,xlsx)", 4},
    {"output-filename", 'F', "NAME", 0,
     "File name of the reports, without extension (default: report)", 4},
    {"evidence", KEY_EVIDENCE, NULL, 0,
     "Also the evidence package: DIR/evidence, with the sums of every file", 4},
    {"sign-key", KEY_SIGN_KEY, "FILE", 0, "Sign it with this private key (PEM, Ed25519 or ECDSA)",
     4},
    {"previous", KEY_PREVIOUS, "RUN", 0,
     "Compare with this run (default: the one that the directory held before)", 4},
    {"status", KEY_STATUS, "STATUS[,...]", 0,
     "Findings that the terminal gives an example of: FAIL, ERROR, MANUAL, MUTED, FIXED, PASS, "
     "NOT_APPLICABLE (default: FAIL,ERROR); the reports have them all",
     4},
    {"fail-on", KEY_FAIL_ON, "LEVEL", 0, "Exit 3 only for findings of this severity or worse", 4},
    {"ignore-exit-code-3", 'z', NULL, 0, "Exit 0 where it would be 3", 4},
    {"resume", KEY_RESUME, "RUN", 0,
     "Complete an interrupted run; answered questions are not asked again", 4},
    {NULL, 0, NULL, 0, "How hard, and how loud:", 5},
    {"max-workers", KEY_MAX_WORKERS, "N", 0, "Calls in flight, 1 to 1024 (default 64)", 5},
    {"max-rate", KEY_MAX_RATE, "N", 0, "Calls per second, all together (default: no such limit)",
     5},
    {"unpaced", KEY_UNPACED, NULL, OPTION_HIDDEN,
     "Mind no published rate: for measurements, and only with every endpoint on loopback", 5},
    {"progress", KEY_PROGRESS, "WHEN", 0, "auto, none or json (default auto: a line on a terminal)",
     5},
    {"log-level", KEY_LOG_LEVEL, "LEVEL", 0, "error, warn, info or debug (default warn)", 5},
    {"log-file", KEY_LOG_FILE, "FILE", 0, "Write the log there instead of to standard error", 5},
    {"no-color", KEY_NO_COLOR, NULL, 0, "No colours (also: NO_COLOR)", 5},
    {0},
};

static const struct argp_option change_options[] = {
    {NULL, 0, NULL, 0, "Repairing:", 6},
    {"fix", KEY_FIX, NULL, 0, "scan: plan, confirm, apply and check again", 6},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "Plan and probe; change nothing", 6},
    {"auto-approve", KEY_AUTO_APPROVE, NULL, 0, "Do not ask; required where there is no terminal",
     6},
    {"max-changes", KEY_MAX_CHANGES, "N", 0, "Stop before sending more than N changes", 6},
    {"only", KEY_ONLY, "STEP|CHECK", 0, "Only this step (1 to 6), or only findings of this check",
     6},
    {"confirm-organization", KEY_CONFIRM, "ID", 0,
     "teardown: the organization's id, where nobody can type it", 6},
    {"delete-key", KEY_DELETE_KEY, NULL, 0,
     "teardown: schedule the backup key for deletion once nothing uses it", 6},
    {"delete-recovery-points", KEY_DELETE_POINTS, "VAULT[,...]", 0,
     "teardown: delete the recovery points of these vaults (locked vaults are respected)", 6},
    {"close-accounts", KEY_CLOSE_ACCOUNTS, NULL, 0, "teardown: close the two backup accounts", 6},
    {"fresh", KEY_FRESH, NULL, 0, "rehearse: scan first, and make the copy of what that saw", 6},
    {"emit", KEY_EMIT, "aws-cli", 0,
     "plan: write the same steps as a shell script of AWS CLI commands", 6},
    {"time-scale", KEY_TIME_SCALE, "X", OPTION_HIDDEN,
     "Divide every wait; only with a loopback endpoint", 6},
    {"crash-at", KEY_CRASH_AT, "N", OPTION_HIDDEN,
     "Kill this process at the Nth boundary; for tests", 6},
    {0},
};

static void say_list(struct words *list, const char *value, bool env)
{
    if (list->from_env && !env) {
        words_release(list);
    }
    list->from_env = env;
    words_add(list, value);
}

static int say_number(const char *value, long long low, long long high, int *out)
{
    long long number;
    if (!str_number(value, low, high, &number)) {
        return EINVAL;
    }
    *out = (int)number;
    return 0;
}

static int say_severity(const char *value, int *out)
{
    enum severity severity;
    if (!severity_parse(value, &severity)) {
        return EINVAL;
    }
    *out = (int)severity;
    return 0;
}

/* A comma-separated list of statuses, as bits. */
static int say_statuses(const char *value, unsigned *out)
{
    *out = 0;
    for (const char *at = value;; at++) {
        size_t length = strcspn(at, ",");
        char word[20];
        enum status status;
        if (length >= sizeof word) {
            return EINVAL;
        }
        memcpy(word, at, length);
        word[length] = '\0';
        if (!status_parse(word, &status)) {
            return EINVAL;
        }
        *out |= 1U << status;
        at += length;
        if (*at == '\0') {
            return 0;
        }
    }
}

static int say_rate(const char *value, double *out)
{
    char *end;
    *out = strtod(value, &end);
    return *value && !*end && *out > 0 ? 0 : EINVAL;
}

/* A step's number, or a check. */
static int say_only(struct scan_options *o, const char *value)
{
    if (strlen(value) == 1) {
        return say_number(value, 1, 6, &o->only_step);
    }
    words_add(&o->only, value);
    return 0;
}

static int say_progress(const char *value, enum progress_mode *out)
{
    static const char *const words[] = {"auto", "none", "json"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(words[i], value) == 0) {
            *out = (enum progress_mode)i;
            return 0;
        }
    }
    return EINVAL;
}

/* Lists: which member a key fills. */
static struct words *list_of(struct scan_options *o, int key)
{
    switch (key) {
    case 'R':
        return &o->roles;
    case 'f':
        return &o->regions;
    case KEY_EXCLUDED_REGION:
        return &o->excluded_regions;
    case KEY_ACCOUNTS:
        return &o->accounts;
    case KEY_EXCLUDED_ACCOUNTS:
        return &o->excluded_accounts;
    case KEY_OU:
        return &o->ous;
    case 'c':
        return &o->checks;
    case 'e':
        return &o->excluded_checks;
    case KEY_RULES:
        return &o->setup.rule_directories;
    case KEY_COMPLIANCE:
        return &o->setup.compliance;
    case 'M':
        return &o->reports.formats;
    case KEY_DELETE_POINTS:
        return &o->delete_recovery_points;
    default:
        return NULL;
    }
}

static const char **string_of(struct scan_options *o, int key)
{
    switch (key) {
    case 'p':
        return &o->profile;
    case KEY_HOME_REGION:
        return &o->home_region;
    case 'I':
        return &o->external_id;
    case KEY_ENDPOINT:
        return &o->endpoint_url;
    case KEY_CONFIG:
        return &o->setup.config_file;
    case 'w':
        return &o->setup.mutelist_file;
    case 'o':
        return &o->output;
    case 'F':
        return &o->reports.filename;
    case KEY_SIGN_KEY:
        return &o->reports.sign_key;
    case KEY_PREVIOUS:
        return &o->previous;
    case KEY_RESUME:
        return &o->resume;
    case KEY_LOG_FILE:
        return &o->log_file;
    case KEY_CONFIRM:
        return &o->confirm_organization;
    case KEY_EMIT:
        return &o->emit;
    default:
        return NULL;
    }
}

static bool *flag_of(struct scan_options *o, int key)
{
    switch (key) {
    case KEY_ALLOW_HTTP:
        return &o->allow_http;
    case KEY_EVIDENCE:
        return &o->reports.evidence;
    case KEY_NO_UNGOVERNED:
        return &o->no_ungoverned;
    case KEY_UNPACED:
        return &o->unpaced;
    case 'l':
        return &o->list_checks;
    case 'z':
        return &o->ignore_exit_3;
    case KEY_NO_COLOR:
        return &o->no_color;
    case KEY_FIX:
        return &o->fix;
    case KEY_DRY_RUN:
        return &o->dry_run;
    case KEY_AUTO_APPROVE:
        return &o->auto_approve;
    case KEY_DELETE_KEY:
        return &o->delete_key;
    case KEY_CLOSE_ACCOUNTS:
        return &o->close_accounts;
    case KEY_FRESH:
        return &o->fresh;
    default:
        return NULL;
    }
}

static int say_value(struct scan_options *o, int key, const char *value)
{
    switch (key) {
    case 'T':
        return say_number(value, 900, 43200, &o->session_seconds);
    case KEY_MAX_WORKERS:
        return say_number(value, 1, 1024, &o->max_workers);
    case KEY_SEVERITY:
        return say_severity(value, &o->min_severity);
    case KEY_STATUS:
        return say_statuses(value, &o->statuses);
    case KEY_FAIL_ON:
        return say_severity(value, &o->fail_on);
    case KEY_MAX_RATE:
        return say_rate(value, &o->max_rate);
    case KEY_TIME_SCALE:
        return say_rate(value, &o->time_scale);
    case KEY_MAX_CHANGES:
        return say_number(value, 1, 1000000, &o->max_changes);
    case KEY_CRASH_AT:
        return say_number(value, 1, 1000000, &o->crash_at);
    case KEY_ONLY:
        return say_only(o, value);
    case KEY_PROGRESS:
        return say_progress(value, &o->progress);
    case KEY_LOG_LEVEL: {
        enum log_level level;
        if (log_level_parse(value, &level)) {
            return EINVAL;
        }
        o->log_level = (int)level;
        return 0;
    }
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int say(struct scan_options *o, int key, const char *value, bool env)
{
    struct words *list = list_of(o, key);
    const char **string = string_of(o, key);
    bool *flag = flag_of(o, key);
    if (list) {
        say_list(list, value, env);
    } else if (string) {
        *string = value;
    } else if (flag) {
        *flag = !env || strcmp(value, "0") != 0;
    } else {
        return say_value(o, key, value);
    }
    return 0;
}

static const char *option_name(int key)
{
    const struct argp_option *const tables[] = {options, change_options};
    for (size_t t = 0; t < 2; t++) {
        for (const struct argp_option *o = tables[t]; o->name || o->doc; o++) {
            if (o->name && o->key == key) {
                return o->name;
            }
        }
    }
    return "?";
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct scan_options *o = state->input;
    if (key == ARGP_KEY_ARG) {
        if (o->arguments.count >= o->line->most_arguments) {
            usage_fail("unexpected argument \"%s\" (%s --help)", value, o->line->name);
        }
        words_add(&o->arguments, value);
        return 0;
    }
    int rc = say(o, key, value, false);
    if (rc == EINVAL) {
        usage_fail("--%s: \"%s\" is not one of its values (see %s --help)", option_name(key), value,
                   o->line->name);
    }
    return rc;
}

static error_t parse_root(int key, char *value, struct argp_state *state)
{
    struct scan_options *o = state->input;
    if (key == ARGP_KEY_INIT && o->line->changes) {
        state->child_inputs[0] = o;
        return 0;
    }
    return parse(key, value, state);
}

static void from_environment(struct scan_options *o, const struct argp_option *option)
{
    for (; option->name || option->doc; option++) {
        char name[64] = "TOWERKEEP_";
        size_t at = strlen(name);
        for (const char *c = option->name ? option->name : ""; *c && at + 1 < sizeof name; c++) {
            name[at++] = (char)(*c == '-' ? '_' : toupper((unsigned char)*c));
        }
        name[at] = '\0';
        const char *value = option->name ? env_get(name) : NULL;
        const char *expected =
            value && option->arg ? option_value_expected(option->name, value) : NULL;
        if (expected) {
            fprintf(stderr, "towerkeep: %s: \"%s\": expected %s\n", name, value, expected);
            exit(EXIT_USAGE);
        }
        if (value && say(o, option->key, value, true)) {
            fprintf(stderr, "towerkeep: %s: \"%s\" is not one of its values (see %s --help)\n",
                    name, value, o->line->name);
            exit(EXIT_USAGE);
        }
    }
}

void scan_options_parse(struct scan_options *o, const struct command_line *line, int argc,
                        char **argv)
{
    *o = (struct scan_options){.line = line,
                               .min_severity = -1,
                               .fail_on = SEVERITY_INFORMATIONAL,
                               .statuses = 1U << STATUS_FAIL | 1U << STATUS_ERROR,
                               .log_level = LOG_WARN,
                               .time_scale = 1};
    from_environment(o, options);
    if (line->changes) {
        from_environment(o, change_options);
    }
    const struct argp changes = {.options = change_options, .parser = parse};
    const struct argp_child children[] = {{&changes, 0, NULL, 6}, {0}};
    const struct argp argp = {.options = options,
                              .parser = parse_root,
                              .doc = line->doc,
                              .args_doc = line->args_doc,
                              .children = line->changes ? children : NULL};
    char *name = argv[0];
    char *command = xstrdup(line->name);
    argv[0] = command;
    arguments_check(&argp, argc, argv);
    argp_parse(&argp, argc, argv, 0, NULL, o);
    argv[0] = name;
    free(command);
    if (o->reports.formats.count == 0) {
        words_add(&o->reports.formats, "json,xlsx");
    }
    if (!o->reports.filename) {
        o->reports.filename = "report";
    }
    o->output_given = o->output != NULL;
    if (!o->output) {
        o->output = "towerkeep-output";
    }
}

void scan_options_release(struct scan_options *o)
{
    struct words *lists[] = {&o->accounts,
                             &o->excluded_accounts,
                             &o->regions,
                             &o->excluded_regions,
                             &o->ous,
                             &o->checks,
                             &o->excluded_checks,
                             &o->reports.formats,
                             &o->roles,
                             &o->arguments,
                             &o->delete_recovery_points,
                             &o->only};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        words_release(lists[i]);
    }
    setup_release(&o->setup);
}
