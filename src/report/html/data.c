#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "formats.h"
#include "html/html.h"
#include "inventory/coverage.h"
#include "inventory/trend.h"
#include "model/step.h"
#include "plain.h"

#define TYPES_MAX 60
#define REGIONS_MAX 60

static const xmlChar *chars(const char *s)
{
    return (const xmlChar *)s;
}

xmlNodePtr html_child(xmlNodePtr parent, const char *name)
{
    return xmlNewChild(parent, NULL, chars(name), NULL);
}

void html_set(xmlNodePtr node, const char *name, const char *value)
{
    struct text clean;
    if (value == NULL || *value == '\0') {
        return;
    }
    text_init(&clean, strlen(value) * 3 + 1);
    plain_add(&clean, value, 0, true);
    (void)xmlNewProp(node, chars(name), chars(text_str(&clean)));
    text_release(&clean);
}

void html_set_all(xmlNodePtr node, const struct html_attribute *all)
{
    for (size_t i = 0; all[i].name != NULL; i++) {
        html_set(node, all[i].name, all[i].value);
    }
}

void html_set_number(xmlNodePtr node, const char *name, int64_t value)
{
    char digits[24];
    (void)snprintf(digits, sizeof digits, "%" PRId64, value);
    (void)xmlNewProp(node, chars(name), chars(digits));
}

static void set_counts(xmlNodePtr node, const int64_t by_status[STATUS_COUNT])
{
    int64_t total = 0;
    for (int i = 0; i < STATUS_COUNT; i++) {
        html_set_number(node, status_name((enum status)i), by_status[i]);
        total += by_status[i];
    }
    html_set_number(node, "total", total);
}

static void set_list(xmlNodePtr node, const char *name, const json_t *list)
{
    struct text joined;
    size_t i;
    const json_t *one;
    text_init(&joined, (size_t)64 * 1024);
    json_array_foreach(list, i, one)
    {
        if (json_is_string(one) && joined.length < 8000) {
            text_addf(&joined, "%s%.500s", joined.length > 0 ? ", " : "", json_string_value(one));
        }
    }
    html_set(node, name, text_str(&joined));
    text_release(&joined);
}

static void describe_run(const struct report_stream *f, xmlNodePtr report)
{
    static const char *const members[] = {
        "run_id",      "started",      "ended",      "organization_id", "management_account",
        "home_region", "partition",    "caller_arn", "rules_digest",    "config_digest",
        "version",     "support_as_of"};
    xmlNodePtr run = html_child(report, "run");
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        html_set(run, members[i], stream_meta(f, members[i]));
    }
    json_t *regions = report_kept(f->in->store, "governed_regions");
    set_list(run, "governed_regions", regions);
    json_decref(regions);
}

static void describe_summary(const struct report_stream *f, xmlNodePtr report)
{
    const struct report_summary *s = &f->summary;
    int64_t passed = s->by_status[STATUS_PASS], judged = passed + s->by_status[STATUS_FAIL];
    xmlNodePtr summary = html_child(report, "summary");
    html_set(summary, "verdict", verdict_name(s->verdict));
    html_set(summary, "selection", s->selection);
    html_set_number(summary, "expected", s->coverage.expected);
    html_set_number(summary, "reached", s->coverage.reached);
    html_set_number(summary, "gaps", s->coverage.gaps);
    html_set_number(summary, "passed", passed);
    html_set_number(summary, "judged", judged);
    html_set_number(summary, "listed", f->total < HTML_FINDINGS_MAX ? f->total : HTML_FINDINGS_MAX);
    set_counts(summary, s->by_status);
    for (int i = 0; i < SEVERITY_COUNT; i++) {
        xmlNodePtr severity = html_child(summary, "severity");
        html_set(severity, "name", severity_name((enum severity)i));
        html_set_number(severity, "failing", s->fail_by_severity[i]);
    }
    for (int i = 0; i < 7; i++) {
        xmlNodePtr step = html_child(summary, "step");
        html_set_number(step, "number", i);
        html_set(step, "name", step_name(i));
        set_counts(step, s->step_status[i]);
    }
}

struct part { /* what a walk fills */
    struct report_stream *stream;
    xmlNodePtr node;
    size_t rows;
};

static int add_check(void *context, const struct finding_count *c)
{
    struct part *p = context;
    xmlNodePtr check = html_child(p->node, "check");
    html_set(check, "id", c->check_id);
    html_set(check, "title", c->title);
    html_set_number(check, "step", c->step);
    html_set(check, "severity", severity_name(c->severity));
    html_set(check, "why", stream_rule_text(p->stream, c->check_id, "why"));
    html_set(check, "how", stream_rule_text(p->stream, c->check_id, "how"));
    set_counts(check, c->by_status);
    return 0;
}

static int add_coverage(void *context, const struct coverage *c)
{
    struct part *p = context;
    if (strcmp(c->state, "REACHED") != 0 && p->rows++ < HTML_ROWS_MAX) {
        xmlNodePtr place = html_child(p->node, "place");
        html_set_all(place, (const struct html_attribute[]){{"account", c->account},
                                                            {"name", c->name},
                                                            {"ou_path", c->ou_path},
                                                            {"region", c->region},
                                                            {"state", c->state},
                                                            {NULL, NULL}});
        html_set_number(place, "denied", c->denied);
        html_set_number(place, "failed", c->failed);
    }
    return 0;
}

static int add_gap(void *context, int64_t id, const struct gap *g)
{
    struct part *p = context;
    if (p->rows++ < HTML_ROWS_MAX) {
        xmlNodePtr gap = html_child(p->node, "gap");
        html_set_number(gap, "id", id);
        html_set_all(gap, (const struct html_attribute[]){{"operation", g->operation},
                                                          {"account", g->account},
                                                          {"region", g->region},
                                                          {"class", g->class},
                                                          {"message", g->message},
                                                          {NULL, NULL}});
    }
    return 0;
}

static void add_changes(const struct report_stream *f, xmlNodePtr report)
{
    json_t *changes = report_kept(f->in->store, "changes");
    xmlNodePtr node = html_child(report, "changes");
    html_set_number(node, "total", (int64_t)json_array_size(changes));
    for (size_t i = 0; i < json_array_size(changes) && i < HTML_ROWS_MAX; i++) {
        static const char *const members[] = {"id",        "title",   "state",  "message",
                                              "operation", "account", "region", "request_id",
                                              "started",   "ended"};
        const json_t *c = json_array_get(changes, i);
        xmlNodePtr change = html_child(node, "change");
        for (size_t k = 0; k < sizeof members / sizeof *members; k++) {
            html_set(change, members[k], jx_str(c, members[k]));
        }
        char *before = report_state_text(json_object_get(c, "before"));
        char *after = report_state_text(json_object_get(c, "after"));
        html_set(change, "before", before);
        html_set(change, "after", after);
        free(before);
        free(after);
    }
    json_decref(changes);
}

/* OUs come in order of their key; the page needs the order of their path. */
static int keep(void *context, const json_t *document)
{
    return json_array_append_new(context, json_deep_copy(document));
}

static int by_path(const void *a, const void *b)
{
    json_t *const *first = a;
    json_t *const *second = b;
    return strcmp(jx_str_or(*first, "path", ""), jx_str_or(*second, "path", ""));
}

static void add_unit(xmlNodePtr tree, const json_t *unit)
{
    const json_t *backup = json_object_get(json_object_get(unit, "baselines"), "BackupBaseline");
    const json_t *tower =
        json_object_get(json_object_get(unit, "baselines"), "AWSControlTowerBaseline");
    xmlNodePtr node = html_child(tree, "ou");
    html_set(node, "id", jx_str(unit, "id"));
    html_set(node, "name", jx_str(unit, "name"));
    html_set(node, "path", jx_str(unit, "path"));
    html_set_number(node, "depth", jx_int(unit, "depth", 0));
    html_set(node, "wanted",
             jx_bool(unit, "is_security") ? "no (Security)"
             : jx_bool(unit, "exempt")    ? "no (exempt)"
             : jx_bool(unit, "wanted")    ? "yes"
                                          : "no");
    html_set(node, "backup",
             backup != NULL            ? jx_str_or(backup, "status", "unknown")
             : jx_bool(unit, "wanted") ? "missing"
                                       : "not enabled");
    html_set(node, "backup_version", jx_str(backup, "version"));
    html_set(node, "drift", jx_str(backup, "drift"));
    html_set(node, "control_tower",
             tower != NULL ? jx_str_or(tower, "status", "unknown") : "not enabled");
    html_set_number(node, "accounts", (int64_t)jx_count(unit, "accounts"));
    html_set_number(node, "uncovered",
                    jx_bool(unit, "wanted") ? (int64_t)jx_count(unit, "accounts_uncovered") : 0);
}

static int add_tree(struct report_stream *f, xmlNodePtr report)
{
    json_t *units = json_array();
    int rc = subjects_each(f->in->subjects, SCOPE_OU, keep, units, f->err);
    size_t count = json_array_size(units);
    json_t **sorted = xcalloc(count + 1, sizeof *sorted);
    xmlNodePtr tree = html_child(report, "tree");
    for (size_t i = 0; i < count; i++) {
        sorted[i] = json_array_get(units, i);
    }
    qsort(sorted, count, sizeof *sorted, by_path);
    for (size_t i = 0; i < count; i++) {
        add_unit(tree, sorted[i]);
    }
    free(sorted);
    json_decref(units);
    return rc < 0 ? -1 : 0;
}

static const char *flag(const json_t *value)
{
    return json_is_boolean(value) ? (json_is_true(value) ? "yes" : "no") : NULL;
}

static int add_key(void *context, const json_t *k)
{
    struct part *p = context;
    bool present = jx_bool(k, "present");
    xmlNodePtr key = html_child(p->node, "key");
    html_set(key, "region", jx_str(k, "region"));
    html_set(key, "home", jx_bool(k, "is_home") ? "yes" : "no");
    html_set(key, "state",
             !jx_bool(k, "configured") ? "no key configured"
             : present                 ? jx_str_or(k, "state", "unknown")
                                       : "missing");
    html_set_all(key, (const struct html_attribute[]){
                          {"type", present ? jx_str_or(k, "type", "single-Region") : NULL},
                          {"arn", jx_str_or(k, "arn", jx_str_or(k, "expected_arn", ""))},
                          {"multi_region", present ? flag(jx_get(k, "multi_region")) : NULL},
                          {"policy_equal", flag(jx_get(k, "policy.equals_primary"))},
                          {"open", present ? flag(jx_get(k, "policy.unconditional_star")) : NULL},
                          {"rotation", flag(jx_get(k, "rotation_enabled"))},
                          {NULL, NULL}});
    set_list(key, "missing_actions", present ? jx_get(k, "policy.missing_actions") : NULL);
    return 0;
}

/* How many places of a Region have a type on, and how many off. */
struct heat {
    struct part part;
    const json_t *wanted;
    char *types[TYPES_MAX], *regions[REGIONS_MAX];
    size_t type_count, region_count;
    int64_t on[REGIONS_MAX][TYPES_MAX], off[REGIONS_MAX][TYPES_MAX], places[REGIONS_MAX];
};

static size_t place_of(char **names, size_t *count, size_t most, const char *name)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(names[i], name) == 0) {
            return i;
        }
    }
    if (*count == most) {
        return most;
    }
    names[*count] = xstrdup(name);
    return (*count)++;
}

static int add_place(void *context, const json_t *place)
{
    struct heat *h = context;
    if (jx_bool(place, "_unlisted")) {
        return 0;
    }
    bool due = jx_bool(place, "is_management") ||
               (jx_bool(place, "backed_up") && !jx_bool(place, "account_exempt"));
    size_t region =
        place_of(h->regions, &h->region_count, REGIONS_MAX, jx_str_or(place, "region", ""));
    const char *name;
    json_t *on;
    if (!due || region == REGIONS_MAX) {
        return 0;
    }
    h->places[region]++;
    json_object_foreach(jx_get(place, "opt_in"), name, on)
    {
        size_t type = place_of(h->types, &h->type_count, TYPES_MAX, name);
        if (type < TYPES_MAX) {
            (json_is_true(on) ? h->on : h->off)[region][type]++;
        }
    }
    if (jx_count(place, "types_off") > 0 && h->part.rows++ < HTML_ROWS_MAX) {
        xmlNodePtr off = html_child(h->part.node, "off");
        html_set(off, "account", jx_str(place, "_account"));
        html_set(off, "name", jx_str(place, "_account_name"));
        html_set(off, "region", jx_str(place, "_region"));
        set_list(off, "types", jx_get(place, "types_off"));
    }
    return 0;
}

static void draw_heat(const struct heat *h)
{
    for (size_t t = 0; t < h->type_count; t++) {
        xmlNodePtr type = html_child(h->part.node, "type");
        html_set(type, "name", h->types[t]);
        html_set(type, "required", jx_list_has(h->wanted, h->types[t]) ? "yes" : "no");
    }
    for (size_t r = 0; r < h->region_count; r++) {
        xmlNodePtr region = html_child(h->part.node, "region");
        html_set(region, "name", h->regions[r]);
        html_set_number(region, "places", h->places[r]);
        for (size_t t = 0; t < h->type_count; t++) {
            xmlNodePtr cell = html_child(region, "cell");
            html_set(cell, "type", h->types[t]);
            html_set(cell, "required", jx_list_has(h->wanted, h->types[t]) ? "yes" : "no");
            html_set_number(cell, "on", h->on[r][t]);
            html_set_number(cell, "off", h->off[r][t]);
        }
    }
}

static int add_opt_in(struct report_stream *f, xmlNodePtr report)
{
    struct heat *h = xcalloc(1, sizeof *h);
    h->part = (struct part){f, html_child(report, "opt_in"), 0};
    h->wanted = jx_get(subjects_context(f->in->subjects), "config.resource_types");
    int rc = subjects_each(f->in->subjects, SCOPE_ACCOUNT_REGION, add_place, h, f->err);
    draw_heat(h);
    html_set_number(h->part.node, "places_off", (int64_t)h->part.rows);
    for (size_t i = 0; i < h->type_count; i++) {
        free(h->types[i]);
    }
    for (size_t i = 0; i < h->region_count; i++) {
        free(h->regions[i]);
    }
    free(h);
    return rc < 0 ? -1 : 0;
}

/* The last runs, oldest first, this one last. */
static int add_trend(struct report_stream *f, xmlNodePtr report)
{
    static const char *const words[] = {"run_id", "ended", "verdict"};
    static const char *const numbers[] = {"expected", "reached", "gaps"};
    json_t *runs = NULL;
    size_t i;
    const json_t *run;
    if (trend_read(f->in->store, &runs, f->err)) {
        return -1;
    }
    xmlNodePtr trend = html_child(report, "trend");
    json_array_foreach(runs, i, run)
    {
        xmlNodePtr node = html_child(trend, "run");
        for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
            html_set(node, words[k], jx_str(run, words[k]));
        }
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
            html_set_number(node, numbers[k], jx_int(run, numbers[k], 0));
        }
        for (int k = 0; k < STATUS_COUNT; k++) {
            const char *status = status_name((enum status)k);
            html_set_number(node, status, jx_int(json_object_get(run, "by_status"), status, 0));
        }
    }
    json_decref(runs);
    return 0;
}

int html_describe(struct report_stream *f, xmlNodePtr report)
{
    struct part checks = {f, html_child(report, "checks"), 0};
    struct part coverage = {f, html_child(report, "coverage"), 0};
    struct part gaps = {f, html_child(report, "gaps"), 0};
    struct part keys = {f, html_child(report, "keys"), 0};
    struct store *store = f->in->store;
    describe_run(f, report);
    describe_summary(f, report);
    add_changes(f, report);
    if (add_trend(f, report) || store_each_finding_count(store, add_check, &checks, f->err) < 0 ||
        coverage_each(store, add_coverage, &coverage, f->err) < 0 ||
        store_each_gap(store, add_gap, &gaps, f->err) < 0 ||
        subjects_each(f->in->subjects, SCOPE_KEY, add_key, &keys, f->err) < 0 ||
        add_tree(f, report) || add_opt_in(f, report) || html_describe_parts(f, report)) {
        return -1;
    }
    html_set_number(coverage.node, "total", (int64_t)coverage.rows);
    html_set_number(gaps.node, "total", (int64_t)gaps.rows);
    return 0;
}

xmlNodePtr html_finding(const struct report_stream *f, xmlNodePtr findings,
                        const struct finding *finding)
{
    bool quiet = finding->status == STATUS_PASS || finding->status == STATUS_NOT_APPLICABLE;
    const struct {
        const char *name, *value;
    } members[] = {{"id", finding->id},
                   {"status", status_name(finding->status)},
                   {"severity", severity_name(finding->severity)},
                   {"check", finding->check_id},
                   {"title", finding->title},
                   {"account", finding->account_id},
                   {"account_name", finding->account_name},
                   {"ou_path", finding->ou_path},
                   {"region", finding->region},
                   {"resource", stream_resource(finding)},
                   {"resource_name", finding->resource_name},
                   {"expected", finding->expected},
                   {"observed", finding->observed},
                   {"detail", finding->detail},
                   {"risk", quiet ? "" : finding->risk},
                   {"remediation", quiet ? "" : finding->remediation},
                   {"waiver", finding->waiver},
                   {"first_seen", finding->first_seen},
                   {"status_since", finding->status_since},
                   {"evidence", finding->evidence}};
    xmlNodePtr node = html_child(findings, "finding");
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        html_set(node, members[i].name, members[i].value);
    }
    html_set_number(node, "step", finding->step);
    html_set_number(node, "severity_rank", (int64_t)finding->severity);
    if (finding->status == STATUS_FIXED) {
        html_set(node, "observed_before",
                 jx_str(json_object_get(f->before, finding->id), "observed"));
    }
    return node;
}
