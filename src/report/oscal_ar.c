/* OSCAL assessment-results: an observation for each finding, a finding for each check with
 * subjects, a risk for each failing check and account. A check is a local objective. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "formats.h"
#include "oscal.h"
#include "plain.h"

#define RISKS_MAX_BYTES ((size_t)8 * 1024 * 1024)

struct results {
    struct oscal oscal;
    struct map *counts; /* check id -> struct finding_count */
    char *check;        /* at hand; NULL: none yet */
    struct text risks;  /* of the check at hand, ready to be written */
    char risk[sizeof((struct oscal *)0)->risk];
    bool first; /* no observation of the check is written yet */
    int64_t findings;
};

/* NIST's "CP-9(8)" is "cp-9.8" in OSCAL's catalog. */
static void control_id(struct text *out, const char *control)
{
    for (; *control != '\0'; control++) {
        if (*control == '(') {
            text_addc(out, '.');
        } else if (*control != ')' && *control != ' ') {
            text_addc(out, (char)tolower((unsigned char)*control));
        }
    }
}

static const json_t *nist_controls(const json_t *rule)
{
    const json_t *found = NULL;
    const char *framework;
    json_t *list;
    json_object_foreach(json_object_get(rule, "compliance"), framework, list)
    {
        found = strstr(framework, "800-53") != NULL ? list : found;
    }
    return found;
}

static int objective(void *context, const struct finding_count *c)
{
    struct results *r = context;
    struct oscal *o = &r->oscal;
    struct text *out = &o->stream->text;
    const json_t *rule = stream_rule(o->stream, c->check_id);
    const char *control = json_string_value(json_array_get(nist_controls(rule), 0));
    struct finding_count *kept = xmalloc(sizeof *kept);
    *kept = *c;
    kept->check_id = kept->title = NULL; /* the statement's */
    map_set(r->counts, c->check_id, kept);
    struct text id;
    text_init(&id, 400);
    control_id(&id, control != NULL ? control : c->check_id);
    text_add(out, o->stream->count++ == 0 ? "" : ",\n");
    oscal_token(o, "{\"control-id\":", text_str(&id));
    oscal_token(o, ",\"parts\":[{\"id\":", c->check_id);
    text_add(out, ",\"name\":\"objective\"");
    oscal_line(o, ",\"title\":", c->title, "(no title)");
    oscal_line(o, ",\"prose\":", jx_str_or(rule, "why", c->title), "(nothing)");
    text_add(out, ",\"parts\":[{\"name\":\"assessment-method\",\"props\":[{\"name\":\"method\","
                  "\"value\":\"TEST\"}]");
    oscal_line(o, ",\"prose\":", jx_str_or(rule, "how", ""), "See the rule.");
    text_add(out, "}]}]}");
    text_release(&id);
    return stream_flush(o->stream);
}

/* Controls of NIST SP 800-53 that the checks map to, each once; all, when none is mapped. */
static void reviewed_controls(struct results *r)
{
    struct oscal *o = &r->oscal;
    struct map *seen = map_new(NULL);
    size_t i, k;
    const json_t *rule, *control;
    text_add(&o->stream->text, "\"reviewed-controls\":{\"control-selections\":[{");
    json_array_foreach(o->stream->in->rules, i, rule)
    {
        json_array_foreach(nist_controls(rule), k, control)
        {
            struct text id;
            text_init(&id, 400);
            control_id(&id, json_is_string(control) ? json_string_value(control) : "");
            if (id.length > 0 && map_get(seen, text_str(&id)) == NULL) {
                text_add(&o->stream->text, map_count(seen) == 0 ? "\"include-controls\":[" : ",");
                map_set(seen, text_str(&id), r);
                oscal_token(o, "{\"control-id\":", text_str(&id));
                text_addc(&o->stream->text, '}');
            }
            text_release(&id);
        }
    }
    text_add(&o->stream->text, map_count(seen) > 0 ? "]}]}" : "\"include-all\":{}}]}");
    map_free(seen);
}

static int observation_row(struct report_stream *f, const struct finding *finding)
{
    struct results *r = f->context;
    text_add(&f->text, f->count == 0 ? "\n" : ",\n");
    oscal_observation(&r->oscal, finding);
    return 0;
}

static const struct state {
    const char *state, *reason, *remarks;
} states[] = {{"not-satisfied", "fail", "At least one subject fails."},
              {"not-satisfied", "other", "Data that it depends on could not be read."},
              {"not-satisfied", "other", "Manual review is needed."},
              {"not-satisfied", "fail", "Failures are covered by a waiver."},
              {"satisfied", "pass", "Every subject passes."}};

/* NULL: there was nothing it applied to. */
static const struct state *state_of(const struct finding_count *c)
{
    const int64_t counts[] = {c->by_status[STATUS_FAIL], c->by_status[STATUS_ERROR],
                              c->by_status[STATUS_MANUAL], c->by_status[STATUS_MUTED],
                              c->by_status[STATUS_PASS] + c->by_status[STATUS_FIXED]};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        if (counts[i] > 0) {
            return &states[i];
        }
    }
    return NULL;
}

static void end_finding(struct results *r)
{
    struct text *out = &r->oscal.stream->text;
    if (r->check == NULL) {
        return;
    }
    const struct finding_count *c = map_get(r->counts, r->check);
    const struct state *s = c != NULL ? state_of(c) : NULL;
    if (s != NULL) {
        text_add(out, "]");
        if (r->risks.length > 0) {
            text_addf(out, ",\"related-risks\":[%s]", text_str(&r->risks));
        }
        oscal_token(&r->oscal, ",\"target\":{\"type\":\"objective-id\",\"target-id\":", r->check);
        text_addf(out, ",\"status\":{\"state\":\"%s\",\"reason\":\"%s\",\"remarks\":\"%s\"}}}",
                  s->state, s->reason, s->remarks);
    }
}

static void begin_finding(struct results *r, const struct finding *finding)
{
    struct text *out = &r->oscal.stream->text;
    char id[OSCAL_UUID];
    free(r->check);
    r->check = xstrdup(finding->check_id);
    r->risk[0] = '\0';
    text_clear(&r->risks);
    r->first = true;
    const struct finding_count *c = map_get(r->counts, r->check);
    if (c == NULL || state_of(c) == NULL) {
        return;
    }
    oscal_uuid(&r->oscal, "finding", r->check, id);
    text_addf(out, "%s{\"uuid\":\"%s\"", r->findings++ == 0 ? ",\n\"findings\":[\n" : ",\n", id);
    oscal_line(&r->oscal, ",\"title\":", finding->title, "(no title)");
    oscal_line(&r->oscal, ",\"description\":", stream_rule_text(r->oscal.stream, r->check, "why"),
               "See the objective.");
    text_add(out, ",\"related-observations\":[");
}

static int finding_row(void *context, const struct finding *finding)
{
    struct results *r = context;
    struct report_stream *f = r->oscal.stream;
    char id[OSCAL_UUID], name[sizeof r->risk];
    if (r->check == NULL || strcmp(r->check, finding->check_id) != 0) {
        end_finding(r);
        begin_finding(r, finding);
    }
    const struct finding_count *c = map_get(r->counts, r->check);
    if (c == NULL || state_of(c) == NULL) {
        return 0;
    }
    oscal_uuid(&r->oscal, "observation", finding->id, id);
    text_addf(&f->text, "%s{\"observation-uuid\":\"%s\"}", r->first ? "" : ",", id);
    r->first = false;
    if (finding->status == STATUS_FAIL || finding->status == STATUS_MUTED) {
        oscal_risk_name(finding, name, sizeof name);
        oscal_uuid(&r->oscal, "risk", name, id);
        /* Regions of an account stand together; its failures may alternate with waived ones. */
        if (strstr(text_str(&r->risks), id) == NULL) {
            text_addf(&r->risks, "%s{\"risk-uuid\":\"%s\"}", r->risks.length > 0 ? "," : "", id);
        }
    }
    return f->text.length > 60000 || text_failed(&f->text) ? stream_flush(f) : 0;
}

static int write_result(struct results *r)
{
    struct oscal *o = &r->oscal;
    struct report_stream *f = o->stream;
    struct text *out = &f->text;
    char id[OSCAL_UUID];
    oscal_uuid(o, "result", "scan", id);
    text_addf(out,
              "\"results\":[{\"uuid\":\"%s\",\"title\":\"Scan\",\"description\":\"Findings of the "
              "checks\"",
              id);
    plain_add_json(out, ",\"start\":", oscal_time(f, "started"));
    plain_add_json(out, ",\"end\":", oscal_time(f, "ended"));
    char *reached = xasprintf("%lld of %lld", (long long)f->summary.coverage.reached,
                              (long long)f->summary.coverage.expected);
    char *gaps = xasprintf("%lld", (long long)f->summary.coverage.gaps);
    text_add(out, ",\"props\":[");
    o->comma = "";
    oscal_prop(o, "verdict", verdict_name(f->summary.verdict));
    oscal_prop(o, "selection", f->summary.selection);
    oscal_prop(o, "account-regions-reached", reached);
    oscal_prop(o, "gaps", gaps);
    free(reached);
    free(gaps);
    text_add(out, "],\n\"local-definitions\":{");
    if (oscal_definitions(o)) {
        return -1;
    }
    text_add(out, "},\n");
    reviewed_controls(r);
    if (f->total > 0) {
        text_add(out, ",\n\"observations\":[");
        if (stream_findings(f, observation_row)) {
            return -1;
        }
        text_add(out, "\n]");
    }
    if (oscal_risks(o) || store_each_finding_by_place(f->in->store, finding_row, r, f->err) < 0) {
        return -1;
    }
    end_finding(r);
    text_add(out, r->findings > 0 ? "\n]}]" : "}]");
    return stream_flush(f);
}

static int write_all(struct results *r)
{
    struct oscal *o = &r->oscal;
    struct report_stream *f = o->stream;
    char id[OSCAL_UUID];
    if (oscal_metadata(o, "assessment-results", "Audit of centralized cross-Region backup")) {
        return -1;
    }
    oscal_uuid(o, "resource", "rules", id);
    text_addf(&f->text,
              "\"import-ap\":{\"href\":\"#%s\",\"remarks\":\"There is no assessment plan; the "
              "checks are the plan.\"}",
              id);
    if (f->total > 0) {
        text_add(&f->text, ",\n\"local-definitions\":{\"objectives-and-methods\":[\n");
        f->count = 0;
        if (store_each_finding_count(f->in->store, objective, r, f->err) < 0) {
            return -1;
        }
        text_add(&f->text, "\n]}");
    }
    text_add(&f->text, ",\n");
    if (write_result(r)) {
        return -1;
    }
    oscal_back_matter(o);
    text_add(&f->text, "}}\n");
    return 0;
}

int report_write_oscal_ar(const struct report_input *in, const char *path, struct err *err)
{
    struct report_stream f;
    struct results r = {.counts = map_new(free)};
    if (stream_open(&f, in, path, err)) {
        map_free(r.counts);
        return -1;
    }
    f.context = &r;
    text_init(&r.risks, RISKS_MAX_BYTES);
    oscal_begin(&r.oscal, &f);
    int rc = write_all(&r);
    oscal_end(&r.oscal);
    text_release(&r.risks);
    map_free(r.counts);
    free(r.check);
    return stream_close(&f, rc);
}
