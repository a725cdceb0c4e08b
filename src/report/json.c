/* The JSON report: streamed a row at a time, so that a million findings cost no more memory than
 * one. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/jsonx.h"
#include "base/map.h"
#include "base/text.h"
#include "formats.h"
#include "inventory/coverage.h"
#include "inventory/trend.h"
#include "out_json.h"
#include "plain.h"

#define BUFFER_BYTES ((size_t)64 * 1024)
#define ROW_MAX_BYTES ((size_t)16 * 1024 * 1024)

struct writer {
    struct out_json json;
    struct store *store;
    struct text rows;       /* findings on their way, written some at a time */
    struct map *compliance; /* check id -> the member of its findings, as JSON text */
    json_t *before;         /* what failed before the first change, by finding id; NULL: none */
    struct err *err;
};

/* Metadata kept as JSON text. */
static json_t *parsed(struct store *store, const char *key)
{
    json_t *value = report_kept(store, key);
    return value != NULL ? value : json_null();
}

static json_t *describe_run(struct store *store)
{
    static const char *const members[] = {
        "run_id",         "started",        "ended",        "organization_id", "management_account",
        "home_region",    "partition",      "caller_arn",   "rules_digest",    "config_digest",
        "waivers_digest", "program_digest", "support_as_of"};
    json_t *run = json_object();
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        json_object_set_new(run, members[i], out_json_text_or_null(store_meta(store, members[i])));
    }
    json_object_set_new(run, "governed_regions", parsed(store, "governed_regions"));
    json_object_set_new(run, "calls", parsed(store, "calls"));
    return run;
}

static json_t *counts(const int64_t by_status[STATUS_COUNT])
{
    json_t *object = json_object();
    for (int i = 0; i < STATUS_COUNT; i++) {
        json_object_set_new(object, status_name((enum status)i), json_integer(by_status[i]));
    }
    return object;
}

static json_t *describe_summary(const struct report_summary *s)
{
    json_t *severities = json_object();
    for (int i = 0; i < SEVERITY_COUNT; i++) {
        json_object_set_new(severities, severity_name((enum severity)i),
                            json_integer(s->fail_by_severity[i]));
    }
    json_t *steps = json_array();
    for (int i = 0; i < 7; i++) {
        json_t *step = counts(s->step_status[i]);
        json_object_set_new(step, "step", json_integer(i));
        json_array_append_new(steps, step);
    }
    int64_t passed = s->by_status[STATUS_PASS], judged = passed + s->by_status[STATUS_FAIL];
    json_t *rate = json_pack(
        "{s:I, s:I, s:o}", "passed", (json_int_t)passed, "judged", (json_int_t)judged, "percent",
        judged ? json_real(100.0 * (double)passed / (double)judged) : json_null());
    int64_t total = 0;
    for (int i = 0; i < STATUS_COUNT; i++) {
        total += s->by_status[i];
    }
    return json_pack("{s:I, s:o, s:o, s:o, s:o}", "findings", (json_int_t)total, "by_status",
                     counts(s->by_status), "failing_by_severity", severities, "by_step", steps,
                     "pass_rate", rate);
}

static json_t *describe_diff(struct store *store, const struct report_summary *s)
{
    if (!s->compared) {
        return json_null();
    }
    json_t *by_change = json_object();
    for (int i = 0; i < CHANGE_COUNT; i++) {
        json_object_set_new(by_change, change_name((enum change)i), json_integer(s->by_change[i]));
    }
    return json_pack("{s:o, s:o, s:o}", "previous_run_id",
                     out_json_text_or_null(store_meta(store, "previous_run_id")), "previous_ended",
                     out_json_text_or_null(store_meta(store, "previous_ended")), "by_change",
                     by_change);
}

static int coverage_row(void *context, const struct coverage *c)
{
    struct writer *w = context;
    out_json_row(&w->json,
                 json_pack("{s:o, s:o, s:o, s:o, s:b, s:I, s:I, s:I, s:I, s:I, s:s}", "account_id",
                           out_json_text(c->account), "account_name", out_json_text(c->name),
                           "ou_path", out_json_text(c->ou_path), "region", out_json_text(c->region),
                           "governed", c->governed, "expected", (json_int_t)c->expected, "ok",
                           (json_int_t)c->ok, "denied", (json_int_t)c->denied, "throttled_then_ok",
                           (json_int_t)c->throttled_then_ok, "failed", (json_int_t)c->failed,
                           "state", c->state));
    return 0;
}

static int check_row(void *context, const struct finding_count *c)
{
    struct writer *w = context;
    out_json_row(&w->json,
                 json_pack("{s:o, s:o, s:i, s:s, s:o}", "check_id", out_json_text(c->check_id),
                           "title", out_json_text(c->title), "step", c->step, "severity",
                           severity_name(c->severity), "by_status", counts(c->by_status)));
    return 0;
}

/* A finding has twenty members and there may be millions: they are written without a tree. */
static void add_text_or_null(struct text *out, const char *name, const char *s)
{
    if (s != NULL && *s) {
        plain_add_json(out, name, s);
    } else {
        text_add(out, name);
        text_add(out, "null");
    }
}

static void add_evidence(struct text *out, const char *ids)
{
    const char *comma = "";
    text_add(out, ",\"evidence\":[");
    while (*ids) {
        char *end;
        long long id = strtoll(ids, &end, 10);
        if (end == ids) {
            break;
        }
        text_addf(out, "%s%lld", comma, id);
        comma = ",";
        ids = *end ? end + 1 : end;
    }
    text_add(out, "]}");
}

static int flush(struct writer *w, struct err *err)
{
    if (text_failed(&w->rows)) {
        return err_set(err, ERR_INPUT, "a finding is larger than %zu bytes", ROW_MAX_BYTES);
    }
    fwrite(text_str(&w->rows), 1, w->rows.length, w->json.out);
    text_clear(&w->rows);
    return 0;
}

void report_finding_json(struct text *out, const struct finding *f, const json_t *before,
                         const struct map *compliance)
{
    const struct {
        const char *name, *value;
    } places[] = {{",\"account_id\":", f->account_id},
                  {",\"account_name\":", f->account_name},
                  {",\"ou_path\":", f->ou_path},
                  {",\"region\":", f->region},
                  {",\"resource_arn\":", f->resource_arn},
                  {",\"resource_name\":", f->resource_name}},
      words[] = {{",\"detail\":", f->detail},
                 {",\"risk\":", f->risk},
                 {",\"remediation\":", f->remediation},
                 {",\"remedy\":", f->remedy},
                 {",\"first_seen\":", f->first_seen},
                 {",\"last_seen\":", f->last_seen},
                 {",\"status_since\":", f->status_since}};
    plain_add_json(out, "{\"finding_id\":", f->id);
    plain_add_json(out, ",\"check_id\":", f->check_id);
    plain_add_json(out, ",\"title\":", f->title);
    plain_add_json(out, ",\"status\":", status_name(f->status));
    plain_add_json(out, ",\"severity\":", severity_name(f->severity));
    text_addf(out, ",\"step\":%d", f->step);
    plain_add_json(out, ",\"scope\":", f->scope);
    plain_add_json(out, ",\"subject\":", f->subject);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        add_text_or_null(out, places[i].name, places[i].value);
    }
    plain_add_json(out, ",\"expected\":", f->expected);
    plain_add_json(out, ",\"observed\":", f->observed);
    if (f->status == STATUS_FIXED) {
        add_text_or_null(
            out, ",\"observed_before\":", jx_str(json_object_get(before, f->id), "observed"));
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        add_text_or_null(out, words[i].name, words[i].value);
    }
    add_text_or_null(out, ",\"waiver\":", f->waiver);
    const char *mapped = map_get(compliance, f->check_id);
    text_add(out, ",\"compliance\":");
    text_add(out, mapped != NULL ? mapped : "[]");
    add_evidence(out, f->evidence);
}

static int finding_row(void *context, const struct finding *f)
{
    struct writer *w = context;
    text_add(&w->rows, out_json_next(&w->json));
    report_finding_json(&w->rows, f, w->before, w->compliance);
    return w->rows.length < BUFFER_BYTES && !text_failed(&w->rows) ? 0 : flush(w, w->err);
}

static int gap_row(void *context, int64_t id, const struct gap *g)
{
    struct writer *w = context;
    out_json_row(
        &w->json,
        json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", (json_int_t)id,
                  "operation", out_json_text(g->operation), "account_id",
                  out_json_text_or_null(g->account), "region", out_json_text_or_null(g->region),
                  "target", out_json_text_or_null(g->target), "class", out_json_text(g->class),
                  "code", out_json_text_or_null(g->code), "message", out_json_text(g->message),
                  "request_id", out_json_text_or_null(g->request_id)));
    return 0;
}

static json_t *state_text(const json_t *value)
{
    char *s = report_state_text(value);
    json_t *told = out_json_text_or_null(s);
    free(s);
    return told;
}

static void write_changes(struct writer *w)
{
    json_t *changes = report_kept(w->store, "changes");
    size_t i;
    json_t *c;
    json_array_foreach(changes, i, c)
    {
        json_t *step = json_object_get(c, "step");
        out_json_row(
            &w->json,
            json_pack("{s:o, s:o, s:O?, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                      "id", out_json_text(jx_str(c, "id")), "title",
                      out_json_text(jx_str(c, "title")), "step", step, "state",
                      out_json_text(jx_str(c, "state")), "message",
                      out_json_text_or_null(jx_str(c, "message")), "before",
                      state_text(json_object_get(c, "before")), "after",
                      state_text(json_object_get(c, "after")), "operation",
                      out_json_text(jx_str(c, "operation")), "account_id",
                      out_json_text_or_null(jx_str(c, "account")), "region",
                      out_json_text_or_null(jx_str(c, "region")), "request_id",
                      out_json_text_or_null(jx_str(c, "request_id")), "started",
                      out_json_text_or_null(jx_str(c, "started")), "ended",
                      out_json_text_or_null(jx_str(c, "ended")), "plan_digest",
                      out_json_text_or_null(jx_str(c, "plan"))));
    }
    json_decref(changes);
}

/* [{"framework": title, "requirements": [id, ...]}, ...] of every check, written once each. */
struct map *report_compliance_of_checks(const json_t *rules)
{
    struct map *all = map_new(free);
    size_t i;
    const json_t *rule;
    json_array_foreach(rules, i, rule)
    {
        json_t *list = json_array();
        const char *framework;
        json_t *requirements;
        json_object_foreach(json_object_get(rule, "compliance"), framework, requirements)
        {
            json_array_append_new(list,
                                  json_pack("{s:o, s:O}", "framework", out_json_text(framework),
                                            "requirements", requirements));
        }
        map_set(all, jx_str_or(rule, "id", ""), jx_dump(list));
        json_decref(list);
    }
    return all;
}

static int write_compliance(struct writer *w, struct err *err)
{
    json_t *rows = NULL;
    if (report_compliance(w->store, &rows, err)) {
        return -1;
    }
    out_json_rows(&w->json, "compliance", rows);
    json_decref(rows);
    return 0;
}

static void write_waivers(struct writer *w)
{
    json_t *waivers = report_kept(w->store, "waivers");
    out_json_rows(&w->json, "waivers", waivers);
    json_decref(waivers);
}

static int write_trend(struct writer *w, struct err *err)
{
    json_t *trend = NULL;
    if (trend_read(w->store, &trend, err)) {
        return -1;
    }
    out_json_rows(&w->json, "trend", trend);
    json_decref(trend);
    return 0;
}

static int write_lists(struct writer *w, struct err *err)
{
    out_json_list(&w->json, "account_regions");
    if (coverage_each(w->store, coverage_row, w, err) < 0) {
        return -1;
    }
    out_json_list_end(&w->json);
    out_json_list(&w->json, "checks");
    if (store_each_finding_count(w->store, check_row, w, err) < 0) {
        return -1;
    }
    out_json_list_end(&w->json);
    out_json_list(&w->json, "findings");
    if (store_each_finding(w->store, finding_row, w, err) < 0 || flush(w, err)) {
        return -1;
    }
    out_json_list_end(&w->json);
    out_json_list(&w->json, "gaps");
    if (store_each_gap(w->store, gap_row, w, err) < 0) {
        return -1;
    }
    out_json_list_end(&w->json);
    out_json_list(&w->json, "changes");
    write_changes(w);
    out_json_list_end(&w->json);
    write_waivers(w);
    return write_compliance(w, err);
}

int report_write_json(const struct report_input *in, const char *path, struct err *err)
{
    struct report_summary summary;
    struct out_file *file = NULL;
    if (report_summarize(in->store, &summary, err) || out_file_open(path, &file, err)) {
        return -1;
    }
    struct writer w = {.json.out = out_file_stream(file),
                       .store = in->store,
                       .compliance = report_compliance_of_checks(in->rules),
                       .before = report_kept(in->store, "before"),
                       .err = err};
    const struct coverage_totals *c = &summary.coverage;
    const char *version = store_meta(in->store, "version");
    fprintf(w.json.out, "{\n  \"schema\": \"towerkeep-report/1\"");
    out_json_member(
        &w.json, "tool",
        json_pack("{s:s, s:o}", "name", "towerkeep", "version", out_json_text(version)));
    out_json_member(&w.json, "run", describe_run(in->store));
    out_json_member(&w.json, "verdict", json_string(verdict_name(summary.verdict)));
    out_json_member(&w.json, "selection", report_selection(in->store, &summary));
    out_json_member(
        &w.json, "coverage",
        json_pack("{s:I, s:I, s:I, s:o}", "expected", (json_int_t)c->expected, "reached",
                  (json_int_t)c->reached, "gaps", (json_int_t)c->gaps, "percent",
                  c->expected ? json_real(100.0 * (double)c->reached / (double)c->expected)
                              : json_null()));
    out_json_member(&w.json, "summary", describe_summary(&summary));
    out_json_member(&w.json, "diff", describe_diff(in->store, &summary));
    text_init(&w.rows, ROW_MAX_BYTES);
    int rc = write_trend(&w, err) || write_lists(&w, err) ? -1 : 0;
    text_release(&w.rows);
    json_decref(w.before);
    map_free(w.compliance);
    if (rc) {
        out_file_abort(file);
        return -1;
    }
    fputs("\n}\n", w.json.out);
    return out_file_commit(file, err);
}
