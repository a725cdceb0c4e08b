/* A plan for people: a tree by the six steps, whatever AWS's strings hold. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "plan/make.h"

#define WIDTH_MIN 40
#define WIDTH_ENDLESS 1000000
#define LINE_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define LABEL_WIDTH 10

struct printer {
    FILE *out;
    size_t width;
    bool color;
};

static const char *const step_names[] = {"Organization", "Backup accounts",       "Encryption key",
                                         "Landing zone", "Delegation and opt-in", "Baselines",
                                         "Tags"};

static const struct paint {
    const char *risk, *code;
} paints[] = {{"high", "\033[31m"}, {"medium", "\033[33m"}, {"low", "\033[32m"}};

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
    } else {
        (void)snprintf(out, size, "%lld h %lld min", seconds / 3600, seconds % 3600 / 60);
    }
}

/* --- totals --- */

struct totals {
    size_t steps, calls, risks[3];
    long long seconds; /* along the longest chain of needs, one step of a lane at a time */
};

static long long calls_of(const json_t *step)
{
    long long every = jx_int(step, "poll.every_seconds", 0);
    long long polls = every > 0 ? jx_int(step, "expected_seconds", 0) / every + 1 : 0;
    long long probes = json_is_object(json_object_get(step, "done")) ? 2 : 0;
    return 1 + polls + probes + (long long)jx_count(step, "guard");
}

/* Ends are kept one higher in the maps, so that 0 is "not there". */
static long long end_of(const struct map *ends, const char *id)
{
    const long long *end = id != NULL ? map_get(ends, id) : NULL;
    return end != NULL ? *end : 0;
}

static void set_end(struct map *ends, const char *id, long long end)
{
    long long *value = xmalloc(sizeof *value);
    *value = end;
    map_set(ends, id, value);
}

static struct totals total(const json_t *steps)
{
    struct totals t = {.steps = json_array_size(steps)};
    struct map *ends = map_new(free);
    struct map *lanes = map_new(free);
    for (size_t i = 0; i < t.steps; i++) {
        const json_t *step = json_array_get(steps, i);
        const json_t *needs = json_object_get(step, "needs");
        const char *lane = jx_str_or(step, "lane", "");
        long long begin = lane[0] != '\0' ? end_of(lanes, lane) : 0;
        for (size_t k = 0; k < json_array_size(needs); k++) {
            long long end = end_of(ends, json_string_value(json_array_get(needs, k)));
            begin = end > begin ? end : begin;
        }
        long long end = begin + jx_int(step, "expected_seconds", 0);
        set_end(ends, jx_str_or(step, "id", ""), end);
        if (lane[0] != '\0') {
            set_end(lanes, lane, end);
        }
        t.seconds = end > t.seconds ? end : t.seconds;
        t.calls += (size_t)calls_of(step);
        for (size_t k = 0; k < 3; k++) {
            t.risks[k] += str_equal(jx_str(step, "risk"), paints[k].risk) ? 1 : 0;
        }
    }
    map_free(ends);
    map_free(lanes);
    return t;
}

/* --- one step --- */

static void print_reasons(const struct printer *p, const char *margin, const json_t *step)
{
    const json_t *reasons = json_object_get(step, "reasons");
    struct text text;
    text_init(&text, LINE_BYTES_MAX);
    for (size_t i = 0; i < json_array_size(reasons); i++) {
        const char *reason = json_string_value(json_array_get(reasons, i));
        const char *colon = reason != NULL ? strchr(reason, ':') : NULL;
        text_add(&text, text.length > 0 ? ", " : "");
        if (colon != NULL) {
            text_addn(&text, reason, (size_t)(colon - reason));
            text_addf(&text, " %s", colon + 1);
        } else if (reason != NULL) {
            text_add(&text, reason);
        }
    }
    labelled(p, margin, "because", text_str(&text));
    text_release(&text);
}

static void print_list(const struct printer *p, const char *margin, const char *label,
                       const json_t *words)
{
    struct text text;
    text_init(&text, LINE_BYTES_MAX);
    for (size_t i = 0; i < json_array_size(words); i++) {
        const char *word = json_string_value(json_array_get(words, i));
        text_addf(&text, "%s%s", i > 0 ? ", " : "", word != NULL ? word : "");
    }
    if (text.length > 0) {
        labelled(p, margin, label, text_str(&text));
    }
    text_release(&text);
}

static void print_call(const struct printer *p, const char *margin, const char *label,
                       const json_t *call)
{
    const char *role = jx_str(call, "role");
    char *line = xasprintf("%s in %s, %s%s%s", jx_str_or(call, "operation", "?"),
                           jx_str_or(call, "account", "?"), jx_str_or(call, "region", "?"),
                           role != NULL ? " as " : "", role != NULL ? role : "");
    labelled(p, margin, label, line);
    free(line);
    if (json_object_size(json_object_get(call, "input")) > 0) {
        char *input = jx_dump(json_object_get(call, "input"));
        labelled(p, margin, "", input);
        free(input);
    }
}

static void print_poll(const struct printer *p, const char *margin, const json_t *poll)
{
    char most[32];
    if (!json_is_object(poll)) {
        return;
    }
    duration(jx_int(poll, "timeout_seconds", 0), most, sizeof most);
    char *line =
        xasprintf("%s every %lld s, for at most %s", jx_str_or(poll, "call.operation", "?"),
                  jx_int(poll, "every_seconds", 0), most);
    labelled(p, margin, "polls", line);
    free(line);
}

static void print_head(const struct printer *p, const char *branch, const json_t *step)
{
    const char *risk = jx_str_or(step, "risk", "");
    const char *code = "";
    char usual[32];
    struct text id;
    duration(jx_int(step, "expected_seconds", 0), usual, sizeof usual);
    for (size_t i = 0; p->color && i < 3; i++) {
        code = str_equal(risk, paints[i].risk) ? paints[i].code : code;
    }
    text_init(&id, LINE_BYTES_MAX);
    text_add_printable(&id, jx_str_or(step, "id", ""), strlen(jx_str_or(step, "id", "")));
    (void)fprintf(p->out, "%s%s%s%s  [%s%s risk%s, about %s]\n", branch, p->color ? "\033[1m" : "",
                  text_str(&id), p->color ? "\033[0m" : "", code, risk,
                  code[0] != '\0' ? "\033[0m" : "", usual);
    text_release(&id);
}

/* "otherwise  ec2:CreateTags, s3:PutBucketTagging for what it leaves out" */
static void print_per_resource_retry(const struct printer *p, const char *margin,
                                     const json_t *otherwise)
{
    struct text line;
    json_t *told = json_array();
    const char *arn = NULL;
    json_t *own = NULL;
    text_init(&line, LINE_BYTES_MAX);
    json_object_foreach(json_object_get(otherwise, "calls"), arn, own)
    {
        const char *operation = jx_str_or(own, "send.operation", "");
        if (!jx_list_has(told, operation)) {
            text_addf(&line, "%s%s", line.length > 0 ? ", " : "", operation);
            (void)json_array_append_new(told, json_string(operation));
        }
    }
    if (line.length > 0) {
        text_add(&line, " for what it leaves out");
        labelled(p, margin, "otherwise", text_str(&line));
    }
    json_decref(told);
    text_release(&line);
}

/* "stops if  somebody changed the key's policy since the scan" */
static void print_guards(const struct printer *p, const char *margin, const json_t *guards)
{
    const char *before = "";
    for (size_t i = 0; i < json_array_size(guards); i++) {
        const char *says = jx_str_or(json_array_get(guards, i), "says", "");
        if (strcmp(says, before) != 0) {
            labelled(p, margin, "stops if", says);
        }
        before = says;
    }
}

static void print_step(const struct printer *p, const json_t *step, bool last)
{
    const char *margin = last ? "      " : "|     ";
    print_head(p, last ? "`-- " : "|-- ", step);
    wrapped(p, margin, margin, jx_str_or(step, "title", ""));
    print_reasons(p, margin, step);
    print_list(p, margin, "waits for", json_object_get(step, "needs"));
    print_guards(p, margin, json_object_get(step, "guard"));
    print_call(p, margin, "sends", json_object_get(step, "send"));
    print_per_resource_retry(p, margin, json_object_get(step, "otherwise"));
    print_poll(p, margin, json_object_get(step, "poll"));
    labelled(p, margin, "undo", jx_str_or(step, "undo", ""));
}

static void print_manual(const struct printer *p, const json_t *manual)
{
    if (json_array_size(manual) == 0) {
        return;
    }
    (void)fprintf(p->out, "\nFor people (%zu)\n", json_array_size(manual));
    for (size_t i = 0; i < json_array_size(manual); i++) {
        const json_t *row = json_array_get(manual, i);
        char *line = xasprintf("%s %s: %s", jx_str_or(row, "check_id", ""),
                               jx_str_or(row, "subject", ""), jx_str_or(row, "why", ""));
        wrapped(p, "  - ", "    ", line);
        free(line);
    }
}

/* Steps that wait for the same are told together. */
static void print_deferred(const struct printer *p, const json_t *held)
{
    json_t *by_reason = json_object();
    const char *why = NULL;
    json_t *ids = NULL;
    for (size_t i = 0; i < json_array_size(held); i++) {
        const json_t *row = json_array_get(held, i);
        const char *waits_for = jx_str_or(row, "waits_for", "");
        if (json_object_get(by_reason, waits_for) == NULL) {
            (void)json_object_set_new(by_reason, waits_for, json_array());
        }
        (void)json_array_append(json_object_get(by_reason, waits_for), json_object_get(row, "id"));
    }
    if (json_array_size(held) > 0) {
        (void)fprintf(p->out, "\nHeld back (%zu): what these rest on was not seen\n",
                      json_array_size(held));
    }
    json_object_foreach(by_reason, why, ids)
    {
        char *line = xasprintf("waits for %s", why);
        wrapped(p, "  - ", "    ", line);
        free(line);
        print_list(p, "    ", "", ids);
    }
    json_decref(by_reason);
}

static void print_summary(const struct printer *p, const json_t *plan, const struct totals *t)
{
    char length[32];
    duration(t->seconds, length, sizeof length);
    char *line =
        xasprintf("Plan to %s organization %s (management account %s, home Region %s), "
                  "from run %s of %s",
                  jx_str_or(plan, "goal", "?"), jx_str_or(plan, "organization_id", "?"),
                  jx_str_or(plan, "management_account", "?"), jx_str_or(plan, "home_region", "?"),
                  jx_str_or(plan, "run_id", "?"), jx_str_or(plan, "created", "?"));
    wrapped(p, "", "  ", line);
    free(line);
    if (t->steps == 0) {
        (void)fputs(jx_count(plan, "held") > 0 ? "Nothing can be done now.\n" : "Nothing to do.\n",
                    p->out);
        return;
    }
    line = xasprintf("%zu step%s: %zu high, %zu medium, %zu low risk; about %s along the longest "
                     "chain; about %zu API calls, %zu of which change something",
                     t->steps, t->steps == 1 ? "" : "s", t->risks[0], t->risks[1], t->risks[2],
                     length, t->calls, t->steps);
    wrapped(p, "", "  ", line);
    free(line);
}

void plan_print(const json_t *plan, FILE *out, int width, bool color)
{
    struct printer p = {.out = out, .color = color};
    p.width = width <= 0 ? WIDTH_ENDLESS : width < WIDTH_MIN ? WIDTH_MIN : (size_t)width;
    const json_t *steps = json_object_get(plan, "steps");
    const struct totals t = total(steps);
    print_summary(&p, plan, &t);
    for (size_t n = 0; n < sizeof step_names / sizeof *step_names; n++) {
        const json_t *held = NULL; /* printed once it is known whether another follows */
        for (size_t i = 0; i < json_array_size(steps); i++) {
            const json_t *step = json_array_get(steps, i);
            if (jx_int(step, "step", 0) != (long long)n) {
                continue;
            }
            if (held != NULL) {
                print_step(&p, held, false);
            } else {
                (void)fprintf(out, "\nStep %zu: %s\n", n, step_names[n]);
            }
            held = step;
        }
        if (held != NULL) {
            print_step(&p, held, true);
        }
    }
    print_deferred(&p, json_object_get(plan, "held"));
    print_manual(&p, json_object_get(plan, "manual"));
}
