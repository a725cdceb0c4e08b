#include <stdio.h>

#include "fix_loop.h"
#include "session.h"

static const char doc[] =
    "Reads every account, Region and organizational unit, judges the six steps of the backup "
    "architecture, and writes the reports. Nothing is changed in AWS unless --fix asks for it: "
    "without it, sessions in member accounts carry a policy that allows only reads.\v"
    "Every option can be set in the environment as TOWERKEEP_<OPTION>, for example "
    "TOWERKEEP_OUTPUT_FORMATS=json,xlsx; flags win.\n\n"
    "With --fix, what rests on something that could not be seen is held back and says what it "
    "waits for; the rest is repaired.\n\n"
    "Exit status: 0 all reached, nothing failing; 1 internal error or disk; 2 usage, configuration "
    "or credentials; 3 something fails; 4 something could not be seen (beats 3); 5 a repair "
    "stopped "
    "part-way; 130 and 143 after a signal, with the run left to resume.\n\n"
    "Example:\n  towerkeep scan -p management -o /var/lib/towerkeep/nightly -M json,xlsx";

static void list_checks(const struct session *s)
{
    const struct rule_set *rules = s->options.setup.rules;
    for (size_t i = 0; i < rules_count(rules); i++) {
        const struct rule *r = rules_at(rules, i);
        const char *const *ids = words_list(&s->options.setup.compliance);
        if (ids && !frameworks_map(s->options.setup.frameworks, ids, r->id)) {
            continue;
        }
        printf("%-8s step %d  %-13s %s\n", r->id, r->step, severity_name(r->severity), r->title);
    }
}

static int scan_once(struct session *s, struct err *err)
{
    return session_open_run(s, err) || session_connect(s, err) || session_collect(s, err) ||
                   session_judge(s, err) || session_publish(s, err)
               ? -1
               : session_conclude(s, err);
}

int cmd_scan(int argc, char **argv)
{
    struct session s = {0};
    struct err err = ERR_INIT;
    const struct command_line line = {.name = "towerkeep scan", .doc = doc, .changes = true};
    scan_options_parse(&s.options, &line, argc, argv);
    int code = session_begin(&s, &err);
    if (code == 0 && s.options.list_checks) {
        list_checks(&s);
    } else if (code == 0) {
        code = s.options.fix ? fix_loop(&s, GOAL_FIX, &err) : scan_once(&s, &err);
    }
    if (code < 0) {
        code = session_stopped(&s, &err);
    }
    session_release(&s);
    return code;
}
