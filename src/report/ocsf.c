/* OCSF 1.6 Compliance Findings (class 2003): an array of events. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "formats.h"
#include "plain.h"
#include "stream.h"

struct word {
    int id;
    const char *caption;
};
static const struct word severities[] = {
    [SEVERITY_CRITICAL] = {5, "Critical"},
    [SEVERITY_HIGH] = {4, "High"},
    [SEVERITY_MEDIUM] = {3, "Medium"},
    [SEVERITY_LOW] = {2, "Low"},
    [SEVERITY_INFORMATIONAL] = {1, "Informational"},
};

/* 99 is OCSF's "Other", whose word is ours. What is muted fails, and is suppressed. */
static const struct {
    struct word compliance, event;
} statuses[] = {
    [STATUS_PASS] = {{1, "Pass"}, {4, "Resolved"}},
    [STATUS_FAIL] = {{3, "Fail"}, {1, "New"}},
    [STATUS_MANUAL] = {{99, "MANUAL"}, {1, "New"}},
    [STATUS_MUTED] = {{3, "Fail"}, {3, "Suppressed"}},
    [STATUS_ERROR] = {{99, "ERROR"}, {1, "New"}},
    [STATUS_NOT_APPLICABLE] = {{99, "NOT_APPLICABLE"}, {4, "Resolved"}},
    [STATUS_FIXED] = {{1, "Pass"}, {4, "Resolved"}},
};

static void add_word(struct text *out, const char *name, struct word word)
{
    text_addf(out, ",\"%s_id\":%d,\"%s\":\"%s\"", name, word.id, name, word.caption);
}

static void add_some(struct text *out, const char *before, const char *s)
{
    if (*s != '\0') {
        plain_add_json(out, before, s);
    }
}

static void add_account(struct text *out, const struct finding *finding)
{
    plain_add_json(
        out, "\"account\":{\"type\":\"AWS Account\",\"type_id\":10,\"uid\":", finding->account_id);
    add_some(out, ",\"name\":", finding->account_name);
    text_addc(out, '}');
}

static void add_cloud(const struct report_stream *f, struct text *out,
                      const struct finding *finding)
{
    text_add(out, ",\"cloud\":{\"provider\":\"AWS\"");
    add_some(out, ",\"cloud_partition\":", stream_meta(f, "partition"));
    add_some(out, ",\"region\":", finding->region);
    plain_add_json(out, ",\"org\":{\"uid\":", stream_meta(f, "organization_id"));
    add_some(out, ",\"ou_name\":", finding->ou_path);
    text_addc(out, '}');
    if (*finding->account_id) {
        text_addc(out, ',');
        add_account(out, finding);
    }
    text_addc(out, '}');
}

static void add_compliance(const struct report_stream *f, struct text *out,
                           const struct finding *finding)
{
    json_t *all = jx_get(stream_rule(f, finding->check_id), "compliance");
    const char *framework, *comma = "";
    json_t *requirements, *requirement;
    size_t i;
    plain_add_json(out, ",\"compliance\":{\"control\":", finding->check_id);
    add_word(out, "status", statuses[finding->status].compliance);
    text_add(out, ",\"standards\":[");
    json_object_foreach(all, framework, requirements)
    {
        plain_add_json(out, comma, framework);
        comma = ",";
    }
    text_add(out, "],\"requirements\":[");
    comma = "";
    json_object_foreach(all, framework, requirements)
    {
        json_array_foreach(requirements, i, requirement)
        {
            if (json_is_string(requirement)) {
                plain_add_json(out, comma, json_string_value(requirement));
                comma = ",";
            }
        }
    }
    plain_add_json(out, "],\"status_details\":[", finding->observed);
    text_add(out, "]}");
}

static void add_resource(const struct report_stream *f, struct text *out,
                         const struct finding *finding)
{
    plain_add_json(out, ",\"resources\":[{\"uid\":", stream_resource(finding));
    add_some(out, ",\"name\":", finding->resource_name);
    add_some(out, ",\"type\":", finding->scope);
    add_some(out, ",\"region\":", finding->region);
    add_some(out, ",\"cloud_partition\":", stream_meta(f, "partition"));
    if (*finding->account_id) {
        text_add(out, ",\"owner\":{");
        add_account(out, finding);
        text_addc(out, '}');
    }
    text_add(out, "}]");
}

static int event(struct report_stream *f, const struct finding *finding)
{
    struct text *out = &f->text;
    int64_t time_ms = 0;
    (void)time_parse_iso(stream_meta(f, "ended"), &time_ms);
    text_add(out, f->count == 0 ? "\n" : ",\n");
    text_addf(out,
              "{\"activity_id\":1,\"activity_name\":\"Create\",\"category_uid\":2,"
              "\"category_name\":\"Findings\",\"class_uid\":2003,\"class_name\":\"Compliance "
              "Finding\",\"type_uid\":200301,\"type_name\":\"Compliance Finding: Create\","
              "\"time\":%" PRId64,
              time_ms);
    add_word(out, "severity", severities[finding->severity]);
    add_word(out, "status", statuses[finding->status].event);
    plain_add_json(out, ",\"message\":", finding->observed);
    plain_add_json(out,
                   ",\"metadata\":{\"version\":\"1.6.0\",\"profiles\":[\"cloud\"],\"product\":{"
                   "\"name\":\"towerkeep\",\"vendor_name\":\"towerkeep\",\"version\":",
                   stream_meta(f, "version"));
    plain_add_json(out, "},\"event_code\":", finding->check_id);
    plain_add_json(out, ",\"correlation_uid\":", stream_meta(f, "run_id"));
    plain_add_json(out, "},\"finding_info\":{\"uid\":", finding->id);
    plain_add_json(out, ",\"title\":", finding->title);
    add_some(out, ",\"desc\":", stream_rule_text(f, finding->check_id, "why"));
    text_add(out, ",\"types\":[\"Configuration\"]}");
    add_compliance(f, out, finding);
    if (*finding->remediation) {
        plain_add_json(out, ",\"remediation\":{\"desc\":", finding->remediation);
        text_addc(out, '}');
    }
    add_resource(f, out, finding);
    add_cloud(f, out, finding);
    plain_add_json(out, ",\"unmapped\":{\"status\":", status_name(finding->status));
    text_addf(out, ",\"step\":%d", finding->step);
    plain_add_json(out, ",\"expected\":", finding->expected);
    add_some(out, ",\"detail\":", finding->detail);
    add_some(out, ",\"observed_before\":", stream_before(f, finding));
    add_some(out, ",\"risk\":", finding->risk);
    add_some(out, ",\"evidence\":", finding->evidence);
    add_some(out, ",\"selection\":", f->summary.selection);
    text_add(out, "}}");
    return 0;
}

int report_write_ocsf(const struct report_input *in, const char *path, struct err *err)
{
    struct report_stream f;
    if (stream_open(&f, in, path, err)) {
        return -1;
    }
    text_addc(&f.text, '[');
    int rc = stream_findings(&f, event);
    text_add(&f.text, "\n]\n");
    return stream_close(&f, rc);
}
