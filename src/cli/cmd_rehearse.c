/* rehearse: a change tried on a copy of the organization, in the simulator. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/jsonx.h"
#include "base/text.h"
#include "console.h"
#include "options.h"
#include "workflow/rehearsal.h"

static int parse_goal(const char *word, enum goal *out, struct err *err)
{
    if (goal_parse(word, out)) {
        return 0;
    }
    const char *words[GOAL_COUNT + 1] = {NULL};
    for (int i = 0; i < GOAL_COUNT; i++) {
        words[i] = goal_name((enum goal)i);
    }
    const char *near = str_nearest(word, words);
    return err_set(err, ERR_INPUT, "rehearse \"%s\": expected enable, fix or teardown%s%s%s", word,
                   near != NULL ? ": did you mean " : "", near != NULL ? near : "",
                   near != NULL ? "?" : "");
}

static void print_effects(const json_t *effects)
{
    const char *operation;
    const json_t *count;
    puts("\nChanges in the copy:");
    if (json_object_size(jx_get(effects, "writes")) == 0) {
        puts("  none");
    }
    json_object_foreach(jx_get(effects, "writes"), operation, count)
    {
        printf("  %-48s %6" JSON_INTEGER_FORMAT "\n", operation, json_integer_value(count));
    }
    printf("API calls in total: %lld\n", jx_int(effects, "total_calls", 0));
}

static void print_duration(long long seconds)
{
    printf("Expected duration on AWS: about %lld h %02lld min\n", seconds / 3600,
           seconds % 3600 / 60);
}

/* Failures of the run that the copy does not show: the rehearsal says nothing about these. */
static void print_difference(json_t *in_run, const json_t *in_copy)
{
    const char *check;
    const json_t *count;
    bool any = false;
    json_object_foreach(in_run, check, count)
    {
        json_int_t shown = json_integer_value(json_object_get(in_copy, check));
        if (shown == json_integer_value(count)) {
            continue;
        }
        if (!any) {
            puts("The copy differs from the run. These checks are not rehearsed:");
        }
        any = true;
        printf("  %s: %" JSON_INTEGER_FORMAT " in the run, %" JSON_INTEGER_FORMAT " in the copy\n",
               check, json_integer_value(count), shown);
    }
}

/* --fresh: a scan kept beside the copy, the one part of a rehearsal that calls AWS. */
static int scan_fresh(const struct rehearsal *r, const struct options *o, char **run,
                      struct err *err)
{
    struct options again;
    struct console c = {0};
    options_parse(&again, o->command, o->argc, o->argv);
    options_take_run(&again, &c.options);
    options_release(&again);
    *run = path_join(r->directory, "seen");
    c.options.output = *run;
    int rc = console_begin(&c, err);
    if (rc == 0) {
        rc = session_scan(&c.session, err);
    }
    console_end(&c);
    return rc;
}

static int rehearse(struct rehearsal *r, struct console *c, enum goal goal, struct err *err)
{
    struct fix_result result = {0};
    c->options.hide_files = r->temporary;
    int code = rehearsal_run(r, &c->session, goal, &result, err);
    if (code == 0) {
        code = console_conclude_fix(c, goal, &result, err);
    }
    if (code >= 0) {
        print_effects(r->effects);
        print_duration(r->expected_seconds);
        print_difference(r->failures, result.failures_before);
    }
    json_decref(result.failures_before);
    return code;
}

/* What only a teardown deletes is refused where nothing is taken down. */
static int check_goal(const struct options *o, const struct words *checks, enum goal goal,
                      struct err *err)
{
    static const char *const of_teardown[] = {"delete-key", "delete-recovery-points",
                                              "close-accounts"};
    static const char *const of_fix[] = {
        "region", "excluded-region", "accounts",        "excluded-accounts",
        "ou",     "checks",          "excluded-checks", "severity"};
    for (size_t i = 0; goal != GOAL_TEARDOWN && i < sizeof of_teardown / sizeof *of_teardown; i++) {
        if (options_given(o, of_teardown[i])) {
            return err_set(err, ERR_INPUT, "--%s: only with rehearse teardown", of_teardown[i]);
        }
    }
    for (size_t i = 0; goal != GOAL_FIX && i < sizeof of_fix / sizeof *of_fix; i++) {
        if (options_given(o, of_fix[i])) {
            return err_set(err, ERR_INPUT, "--%s: only with rehearse fix", of_fix[i]);
        }
    }
    if (goal != GOAL_FIX && checks->count > 0) {
        return err_set(err, ERR_INPUT,
                       "--only %s: rehearse %s expects a step, 1 to 6; a check only with rehearse "
                       "fix",
                       checks->items[0], goal_name(goal));
    }
    return 0;
}

int cmd_rehearse(struct options *o)
{
    struct console c = {0};
    struct rehearsal r = {0};
    struct err err = ERR_INIT;
    enum goal goal = GOAL_FIX;
    const struct words *words = &o->arguments;
    char *seen = NULL;
    int code = -1;
    options_take_run(o, &c.options);
    const char *kept = c.options.output_given ? c.options.output : NULL;
    const char *run = words->count > 1 ? words->items[1] : "towerkeep-output";
    if (parse_goal(words->items[0], &goal, &err) != 0 ||
        check_goal(o, &c.options.only, goal, &err) != 0 || console_begin(&c, &err) != 0) {
        goto out;
    }
    if (words->count > 1 && c.options.fresh) {
        err_set(&err, ERR_INPUT, "either --fresh or a run (%s), not both", run);
        goto out;
    }
    if (rehearsal_open(&r, kept, &err) != 0 ||
        (c.options.fresh && scan_fresh(&r, o, &seen, &err) != 0) ||
        rehearsal_copy(&r, seen != NULL ? seen : run, c.session.criteria.config.document, &err) !=
            0) {
        goto out;
    }
    code = rehearse(&r, &c, goal, &err);
out:
    if (code < 0) {
        code = console_failed(&err);
    }
    console_end(&c);
    free(seen);
    rehearsal_close(&r);
    return code;
}
