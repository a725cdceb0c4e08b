#include <stdio.h>

#include "console.h"
#include "options.h"

static void list_checks(const struct session *s)
{
    const struct rule_set *rules = s->criteria.rules;
    for (size_t i = 0; i < rules_count(rules); i++) {
        const struct rule *r = rules_at(rules, i);
        if (criteria_selects(&s->criteria, &s->options.selection, r)) {
            printf("%-8s step %d  %-13s %s\n", r->id, r->step, severity_name(r->severity),
                   r->title);
        }
    }
}

static int scan(struct console *c, struct err *err)
{
    return session_scan(&c->session, err) == 0 ? console_conclude(c, err) : -1;
}

int cmd_scan(struct options *o)
{
    struct console c = {0};
    struct err err = ERR_INIT;
    options_take_run(o, &c.options);
    int code = console_begin(&c, &err);
    if (code == 0 && c.options.list_checks) {
        list_checks(&c.session);
    } else if (code == 0) {
        code = c.options.fix ? console_fix(&c, GOAL_FIX, &err) : scan(&c, &err);
    }
    if (code < 0) {
        code = console_stopped(&c, &err);
    }
    console_end(&c);
    return code;
}
