/* A plan for people: a tree by the six steps, whatever AWS's strings hold. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/step.h"
#include "plan/make.h"
#include "plan/narrow.h"

#define WIDTH_MIN 40
#define WIDTH_ENDLESS 1000000
#define LINE_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define LABEL_WIDTH 10
#define NEEDED_BY_SHOWN 3

struct printer {
    const struct plan *plan;
    const struct plan_selection *selection; /* NULL: a whole plan */
    FILE *out;
    size_t width;
    bool color;
};

static const char *const risk_colors[PLAN_RISK_COUNT] = {
    [PLAN_RISK_LOW] = "\033[32m", [PLAN_RISK_MEDIUM] = "\033[33m", [PLAN_RISK_HIGH] = "\033[31m"};

static bool continues(char c)
{
    return ((unsigned char)c & 0xC0U) == 0x80U;
}

/* Bytes of `s` that fill at most `columns`, ending at a space where there is one. */
static size_t fit(const char *s, size_t columns)
{
    size_t bytes = 0;
    size_t space = 0;
    for (size_t used = 0; s[bytes] != '\0' && used < columns; used++) {
        space = s[bytes] == ' ' && bytes > 0 ? bytes : space;
        do {
            bytes++;
        } while (continues(s[bytes]));
    }
    return s[bytes] == '\0' || s[bytes] == ' ' || space == 0 ? bytes : space;
}

/* `first` before the first line, `rest` before the others; both plain ASCII. */
static void wrapped(const struct printer *p, const char *first, const char *rest, const char *s)
{
    struct text text;
    text_init(&text, LINE_BYTES_MAX);
    text_add_printable(&text, s, strlen(s));
    const char *at = text_str(&text);
    const char *indent = first;
    do {
        size_t room = p->width > strlen(indent) + 20 ? p->width - strlen(indent) : 20;
        size_t length = fit(at, room);
        (void)fprintf(p->out, "%s%.*s\n", indent, (int)length, at);
        at += length;
        at += strspn(at, " ");
        indent = rest;
    } while (*at != '\0');
    text_release(&text);
}

static void labelled(const struct printer *p, const char *margin, const char *label, const char *s)
{
    char first[64];
    char rest[64];
    (void)snprintf(first, sizeof first, "%s%-*s", margin, LABEL_WIDTH, label);
    (void)snprintf(rest, sizeof rest, "%s%-*s", margin, LABEL_WIDTH, "");
    wrapped(p, first, rest, s);
}

static void duration(long long seconds, char *out, size_t size)
{
    if (seconds < 120) {
        (void)snprintf(out, size, "%lld s", seconds);
    } else if (seconds < 7200) {
        (void)snprintf(out, size, "%lld min", (seconds + 30) / 60);
    } else if (seconds % 3600 < 60) {
        (void)snprintf(out, size, "%lld h", seconds / 3600);
    } else {
        (void)snprintf(out, size, "%lld h %lld min", seconds / 3600, seconds % 3600 / 60);
    }
}

/* --- totals --- */

struct totals {
    size_t steps, calls, risks[PLAN_RISK_COUNT];
    long long seconds; /* along the longest chain of needs, one step of a group at a time */
};

static long long seconds_of(double said)
{
    return said < 0 ? 0 : (long long)said;
}

static long long calls_of(const struct plan_step *step)
{
    long long every = step->poll != NULL ? seconds_of(step->poll->every_seconds) : 0;
    long long polls = every > 0 ? seconds_of(step->expected_seconds) / every + 1 : 0;
    long long probes = step->done != NULL ? 2 : 0;
    return 1 + polls + probes + (long long)step->preconditions.count;
}

static long long end_of(const struct map *ends, const char *id)
{
    const long long *end = map_get(ends, id);
    return end != NULL ? *end : 0;
}

static void set_end(struct map *ends, const char *id, long long end)
{
    long long *value = xmalloc(sizeof *value);
    *value = end;
    map_set(ends, id, value);
}

long long plan_seconds(const struct plan_steps *steps)
{
    struct map *ends = map_new(free);
    struct map *groups = map_new(free);
    long long last = 0;
    for (size_t i = 0; i < steps->count; i++) {
        const struct plan_step *step = steps->items[i];
        const char *group = step->concurrency_group != NULL ? step->concurrency_group : "";
        long long begin = group[0] != '\0' ? end_of(groups, group) : 0;
        for (size_t k = 0; k < step->needs.count; k++) {
            long long end = end_of(ends, step->needs.items[k]);
            begin = end > begin ? end : begin;
        }
        long long end = begin + seconds_of(step->expected_seconds);
        set_end(ends, step->id, end);
        if (group[0] != '\0') {
            set_end(groups, group, end);
        }
        last = end > last ? end : last;
    }
    map_free(ends);
    map_free(groups);
    return last;
}

static struct totals total(const struct plan_steps *steps)
{
    struct totals t = {.steps = steps->count, .seconds = plan_seconds(steps)};
    for (size_t i = 0; i < t.steps; i++) {
        t.calls += (size_t)calls_of(steps->items[i]);
        t.risks[steps->items[i]->risk]++;
    }
    return t;
}

/* --- one step --- */

static void print_reasons(const struct printer *p, const char *margin,
                          const struct plan_strings *reasons)
{
    struct text text;
    text_init(&text, LINE_BYTES_MAX);
    for (size_t i = 0; i < reasons->count; i++) {
        const char *reason = reasons->items[i];
        const char *colon = strchr(reason, ':');
        text_add(&text, text.length > 0 ? ", " : "");
        if (colon != NULL) {
            text_addn(&text, reason, (size_t)(colon - reason));
            text_addf(&text, " %s", colon + 1);
        } else {
            text_add(&text, reason);
        }
    }
    labelled(p, margin, "because", text_str(&text));
    text_release(&text);
}

static void print_list(const struct printer *p, const char *margin, const char *label,
                       const struct plan_strings *list)
{
    struct text text;
    text_init(&text, LINE_BYTES_MAX);
    for (size_t i = 0; i < list->count; i++) {
        text_addf(&text, "%s%s", i > 0 ? ", " : "", list->items[i]);
    }
    if (text.length > 0) {
        labelled(p, margin, label, text_str(&text));
    }
    text_release(&text);
}

static void print_needed_by(const struct printer *p, const char *margin,
                            const struct plan_step *step)
{
    struct plan_strings by;
    if (p->selection == NULL || !plan_step_serves(p->plan, p->selection, step, &by)) {
        return;
    }
    struct text text;
    text_init(&text, LINE_BYTES_MAX);
    for (size_t i = 0; i < by.count && i < NEEDED_BY_SHOWN; i++) {
        text_addf(&text, "%s%s", i > 0 ? ", " : "", by.items[i]);
    }
    if (by.count > NEEDED_BY_SHOWN) {
        text_addf(&text, " and %zu more", by.count - NEEDED_BY_SHOWN);
    }
    labelled(p, margin, "needed by", text_str(&text));
    text_release(&text);
    free(by.items);
}

static void print_call(const struct printer *p, const char *margin, const char *label,
                       const struct plan_call *call)
{
    char *line = xasprintf("%s in %s, %s%s%s", call->operation,
                           call->account != NULL ? call->account : "?", call->region,
                           call->role != NULL ? " as " : "", call->role != NULL ? call->role : "");
    labelled(p, margin, label, line);
    free(line);
    if (json_object_size(call->input) > 0) {
        char *input = jx_dump(call->input);
        labelled(p, margin, "", input);
        free(input);
    }
}

static void print_poll(const struct printer *p, const char *margin, const struct plan_poll *poll)
{
    char most[32];
    if (poll == NULL) {
        return;
    }
    duration(seconds_of(poll->timeout_seconds), most, sizeof most);
    char *line = xasprintf("%s every %lld s, for at most %s", poll->call->operation,
                           seconds_of(poll->every_seconds), most);
    labelled(p, margin, "polls", line);
    free(line);
}

static void print_head(const struct printer *p, const char *branch, const struct plan_step *step)
{
    const char *code = p->color ? risk_colors[step->risk] : "";
    char usual[32];
    struct text id;
    duration(seconds_of(step->expected_seconds), usual, sizeof usual);
    text_init(&id, LINE_BYTES_MAX);
    text_add_printable(&id, step->id, strlen(step->id));
    (void)fprintf(p->out, "%s%s%s%s  [%s%s risk%s, about %s]\n", branch, p->color ? "\033[1m" : "",
                  text_str(&id), p->color ? "\033[0m" : "", code, plan_risk_name(step->risk),
                  code[0] != '\0' ? "\033[0m" : "", usual);
    text_release(&id);
}

/* "otherwise  ec2:CreateTags, s3:PutBucketTagging for what it leaves out" */
static void print_per_resource_retry(const struct printer *p, const char *margin,
                                     const struct plan_retry *retry)
{
    struct text line;
    struct map *told = map_new(NULL);
    text_init(&line, LINE_BYTES_MAX);
    for (size_t i = 0; retry != NULL && i < retry->calls.count; i++) {
        char *operation = retry->calls.items[i]->send->operation;
        if (map_get(told, operation) == NULL) {
            text_addf(&line, "%s%s", line.length > 0 ? ", " : "", operation);
            map_set(told, operation, operation);
        }
    }
    if (line.length > 0) {
        text_add(&line, " for each resource that this call leaves out");
        labelled(p, margin, "otherwise", text_str(&line));
    }
    map_free(told);
    text_release(&line);
}

/* "stops if  somebody changed the key's policy since the scan" */
static void print_preconditions(const struct printer *p, const char *margin,
                                const struct plan_probes *probes)
{
    const char *before = "";
    for (size_t i = 0; i < probes->count; i++) {
        const char *says = probes->items[i]->says != NULL ? probes->items[i]->says : "";
        if (strcmp(says, before) != 0) {
            labelled(p, margin, "stops if", says);
        }
        before = says;
    }
}

static void print_step(const struct printer *p, const struct plan_step *step, bool last)
{
    const char *margin = last ? "      " : "|     ";
    print_head(p, last ? "`-- " : "|-- ", step);
    wrapped(p, margin, margin, step->title);
    print_reasons(p, margin, &step->reasons);
    print_needed_by(p, margin, step);
    print_list(p, margin, "waits for", &step->needs);
    print_preconditions(p, margin, &step->preconditions);
    print_call(p, margin, "sends", step->send);
    print_per_resource_retry(p, margin, step->retry);
    print_poll(p, margin, step->poll);
    labelled(p, margin, "undo", step->undo != NULL ? step->undo : "");
}

/* --- beside the steps --- */

static void print_manual(const struct printer *p, const struct plan *plan)
{
    if (plan->manual_count == 0) {
        return;
    }
    (void)fprintf(p->out, "\nManual tasks (%zu)\n", plan->manual_count);
    for (size_t i = 0; i < plan->manual_count; i++) {
        const struct plan_manual *row = &plan->manual[i];
        char *line = xasprintf("%s %s: %s", row->check_id, row->subject, row->why);
        wrapped(p, "  - ", "    ", line);
        free(line);
    }
}

static void free_strings(void *list)
{
    struct plan_strings *strings = list;
    for (size_t i = 0; i < strings->count; i++) {
        free(strings->items[i]);
    }
    free(strings->items);
    free(strings);
}

/* Steps that wait for the same are told together. */
static void print_deferred(const struct printer *p, const struct plan *plan)
{
    struct map *by_reason = map_new(free_strings);
    for (size_t i = 0; i < plan->deferred_count; i++) {
        const struct plan_deferred *row = &plan->deferred[i];
        struct plan_strings *ids = map_get(by_reason, row->waits_for);
        if (ids == NULL) {
            ids = xcalloc(1, sizeof *ids);
            map_set(by_reason, row->waits_for, ids);
        }
        plan_strings_add(ids, row->id);
    }
    if (plan->deferred_count > 0) {
        (void)fprintf(
            p->out,
            "\nDeferred (%zu): the data that these steps depend on could not be collected\n",
            plan->deferred_count);
    }
    size_t cursor = 0;
    const char *why = NULL;
    void *ids = NULL;
    while (map_next(by_reason, &cursor, &why, &ids)) {
        char *line = xasprintf("waits for %s", why);
        wrapped(p, "  - ", "    ", line);
        free(line);
        print_list(p, "    ", "", ids);
    }
    map_free(by_reason);
}

/* "Left out by --only 2: 25 of 31 steps" */
static void print_left_out(const struct printer *p, const struct totals *t)
{
    const struct plan_selection *s = p->selection;
    if (s == NULL || s->options == NULL || s->left_out == 0) {
        return;
    }
    char *line = xasprintf("Left out by %s: %zu of %zu steps", s->options, s->left_out,
                           s->left_out + t->steps);
    wrapped(p, "", "  ", line);
    free(line);
}

static void print_summary(const struct printer *p, const struct plan *plan, const struct totals *t)
{
    char length[32];
    duration(t->seconds, length, sizeof length);
    char *line = xasprintf("Plan (%s) for organization %s (management account %s, home Region %s), "
                           "from run %s of %s",
                           plan->goal == GOAL_TEARDOWN ? "tear down" : goal_name(plan->goal),
                           plan->organization_id, plan->management_account, plan->home_region,
                           plan->run_id, plan->created);
    wrapped(p, "", "  ", line);
    free(line);
    print_left_out(p, t);
    if (t->steps == 0) {
        (void)fputs(plan->deferred_count > 0 ? "Nothing can be done now.\n" : "Nothing to do.\n",
                    p->out);
        return;
    }
    line =
        xasprintf("%zu step%s: %zu high, %zu medium, %zu low risk; about %s along the longest "
                  "chain; about %zu API calls, %zu of which change something",
                  t->steps, t->steps == 1 ? "" : "s", t->risks[PLAN_RISK_HIGH],
                  t->risks[PLAN_RISK_MEDIUM], t->risks[PLAN_RISK_LOW], length, t->calls, t->steps);
    wrapped(p, "", "  ", line);
    free(line);
}

void plan_print(const struct plan *plan, const struct plan_selection *selection, FILE *out,
                int width, bool color)
{
    struct printer p = {.plan = plan, .selection = selection, .out = out, .color = color};
    p.width = width <= 0 ? WIDTH_ENDLESS : width < WIDTH_MIN ? WIDTH_MIN : (size_t)width;
    const struct totals t = total(&plan->steps);
    print_summary(&p, plan, &t);
    for (int n = 0; n < STEP_COUNT; n++) {
        const struct plan_step *last = NULL; /* printed once it is known whether another follows */
        for (size_t i = 0; i < plan->steps.count; i++) {
            const struct plan_step *step = plan->steps.items[i];
            if (step->step != n) {
                continue;
            }
            if (last != NULL) {
                print_step(&p, last, false);
            } else {
                (void)fprintf(out, "\nStep %d: %s\n", n, step_name(n));
            }
            last = step;
        }
        if (last != NULL) {
            print_step(&p, last, true);
        }
    }
    print_deferred(&p, plan);
    print_manual(&p, plan);
}
