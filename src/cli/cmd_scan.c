#include <stdio.h>

#include "fix_loop.h"
#include "options.h"
#include "session.h"

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

int cmd_scan(struct options *o)
{
    struct session s = {0};
    struct err err = ERR_INIT;
    options_take_run(o, &s.options);
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
