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
    KEY_FAIL_ON,
    KEY_CONFIG,
    KEY_RULES,
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
    KEY_NO_UNGOVERNED,
    KEY_UNPACED
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

static const char doc[] =
    "Reads every account, Region and organizational unit, judges the six steps of the backup "
    "architecture, and writes "
    "the reports. Nothing is changed in AWS: sessions in member accounts carry a policy that "
    "allows only reads.\v"
    "Every option can be set in the environment as TOWERKEEP_<OPTION>, for example "
    "TOWERKEEP_OUTPUT_FORMATS=json,xlsx; flags win.\n\n"
    "Exit status: 0 all reached, nothing failing; 1 internal error or disk; 2 usage, configuration "
    "or credentials; "
    "3 something fails; 4 something could not be seen (beats 3); 130 and 143 after a signal, with "
    "the run left to "
    "resume.\n\n"
    "Example:\n  towerkeep scan -p management -o /var/lib/towerkeep/nightly -M json,xlsx";

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

static int say_rate(const char *value, double *out)
{
    char *end;
    *out = strtod(value, &end);
    return *value && !*end && *out > 0 ? 0 : EINVAL;
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
    case 'M':
        return &o->reports.formats;
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
    case 'o':
        return &o->output;
    case 'F':
        return &o->reports.filename;
    case KEY_RESUME:
        return &o->resume;
    case KEY_LOG_FILE:
        return &o->log_file;
    default:
        return NULL;
    }
}

static bool *flag_of(struct scan_options *o, int key)
{
    switch (key) {
    case KEY_ALLOW_HTTP:
        return &o->allow_http;
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
    case KEY_FAIL_ON:
        return say_severity(value, &o->fail_on);
    case KEY_MAX_RATE:
        return say_rate(value, &o->max_rate);
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

static const struct argp_option *option_of(int key)
{
    for (const struct argp_option *o = options; o->name || o->doc; o++) {
        if (o->name && o->key == key) {
            return o;
        }
    }
    return NULL;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct scan_options *o = state->input;
    if (key == ARGP_KEY_ARG) {
        argp_error(state, "unexpected argument \"%s\": scan takes options only", value);
        return EINVAL;
    }
    int rc = say(o, key, value, false);
    if (rc == EINVAL) {
        argp_error(state, "--%s: \"%s\" is not one of its values (see --help)",
                   option_of(key)->name, value);
    }
    return rc;
}

static void from_environment(struct scan_options *o)
{
    for (const struct argp_option *option = options; option->name || option->doc; option++) {
        char name[64] = "TOWERKEEP_";
        size_t at = strlen(name);
        for (const char *c = option->name ? option->name : ""; *c && at + 1 < sizeof name; c++) {
            name[at++] = (char)(*c == '-' ? '_' : toupper((unsigned char)*c));
        }
        name[at] = '\0';
        const char *value = option->name ? env_get(name) : NULL;
        if (value && say(o, option->key, value, true)) {
            fprintf(stderr,
                    "towerkeep: %s: \"%s\" is not one of its values (see towerkeep scan --help)\n",
                    name, value);
            exit(EXIT_USAGE);
        }
    }
}

void scan_options_parse(struct scan_options *o, int argc, char **argv)
{
    *o = (struct scan_options){
        .min_severity = -1, .fail_on = SEVERITY_INFORMATIONAL, .log_level = LOG_WARN};
    from_environment(o);
    const struct argp argp = {.options = options, .parser = parse, .doc = doc};
    char *name = argv[0];
    char command[] = "towerkeep scan";
    argv[0] = command;
    argp_parse(&argp, argc, argv, 0, NULL, o);
    argv[0] = name;
    if (o->reports.formats.count == 0) {
        words_add(&o->reports.formats, "json,xlsx");
    }
    if (!o->reports.filename) {
        o->reports.filename = "report";
    }
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
                             &o->roles};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        words_release(lists[i]);
    }
    setup_release(&o->setup);
}
