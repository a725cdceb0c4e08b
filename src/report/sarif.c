/* SARIF 2.1.0: checks are rules, findings are results at logical locations (a cloud has no files),
 * collection errors are notifications of an incomplete run. */
#include <inttypes.h>
#include <string.h>

#include "base/jsonx.h"
#include "formats.h"
#include "plain.h"
#include "stream.h"

#define SCHEMA                                                                                     \
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

struct severity_words {
    const char *level, *score; /* score: what code scanning sorts by */
};
static const struct severity_words words_of[] = {
    [SEVERITY_CRITICAL] = {"error", "9.5"},     [SEVERITY_HIGH] = {"error", "8.0"},
    [SEVERITY_MEDIUM] = {"warning", "5.5"},     [SEVERITY_LOW] = {"note", "3.0"},
    [SEVERITY_INFORMATIONAL] = {"note", "0.0"},
};

static const char *const kind_of[] = {
    [STATUS_PASS] = "pass",  [STATUS_FAIL] = "fail",  [STATUS_MANUAL] = "review",
    [STATUS_MUTED] = "fail", [STATUS_ERROR] = "open", [STATUS_NOT_APPLICABLE] = "notApplicable",
    [STATUS_FIXED] = "pass",
};

static void message(struct text *out, const char *before, const char *s)
{
    text_add(out, before);
    plain_add_json(out, "{\"text\":", s);
    text_addc(out, '}');
}

static bool is_link(const char *s)
{
    size_t length = strlen(s);
    return str_starts(s, "https://") && length < 500 &&
           strspn(s,
                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/.-_~?&=#%+") ==
               length;
}

static int rule_row(void *context, const struct finding_count *c)
{
    struct report_stream *f = context;
    struct text *out = &f->text;
    const json_t *rule = stream_rule(f, c->check_id);
    const char *why = jx_str_or(rule, "why", ""), *how = jx_str_or(rule, "how", "");
    text_add(out, f->count++ == 0 ? "\n" : ",\n");
    plain_add_json(out, "{\"id\":", c->check_id);
    message(out, ",\"shortDescription\":", *c->title ? c->title : c->check_id);
    if (*why) {
        message(out, ",\"fullDescription\":", why);
    }
    if (*how) {
        message(out, ",\"help\":", how);
    }
    const char *link = json_string_value(json_array_get(json_object_get(rule, "references"), 0));
    if (link != NULL && is_link(link)) {
        plain_add_json(out, ",\"helpUri\":", link);
    }
    text_addf(out, ",\"defaultConfiguration\":{\"level\":\"%s\"}", words_of[c->severity].level);
    text_addf(out, ",\"properties\":{\"step\":%d,\"severity\":\"%s\",\"security-severity\":\"%s\"",
              c->step, severity_name(c->severity), words_of[c->severity].score);
    const char *framework;
    json_t *requirements;
    const char *comma = "";
    text_add(out, ",\"tags\":[");
    json_object_foreach(jx_get(rule, "compliance"), framework, requirements)
    {
        plain_add_json(out, comma, framework);
        comma = ",";
    }
    text_add(out, "]}}");
    return text_failed(out) ? stream_flush(f) : 0;
}

static int result_row(struct report_stream *f, const struct finding *finding)
{
    struct text *out = &f->text;
    bool fails = finding->status == STATUS_FAIL || finding->status == STATUS_MUTED;
    text_add(out, f->count == 0 ? "\n" : ",\n");
    plain_add_json(out, "{\"ruleId\":", finding->check_id);
    text_addf(out, ",\"kind\":\"%s\",\"level\":\"%s\"", kind_of[finding->status],
              fails ? words_of[finding->severity].level : "none");
    message(out, ",\"message\":", *finding->observed ? finding->observed : finding->title);
    plain_add_json(out, ",\"locations\":[{\"logicalLocations\":[{\"fullyQualifiedName\":",
                   stream_resource(finding));
    if (*finding->resource_name) {
        plain_add_json(out, ",\"name\":", finding->resource_name);
    }
    text_add(out, ",\"kind\":\"resource\"}]}]");
    plain_add_json(out, ",\"partialFingerprints\":{\"findingId/v1\":", finding->id);
    text_addc(out, '}');
    if (finding->status == STATUS_MUTED) {
        plain_add_json(out,
                       ",\"suppressions\":[{\"kind\":\"external\",\"status\":\"accepted\","
                       "\"justification\":",
                       finding->detail);
        text_add(out, "}]");
    }
    plain_add_json(out, ",\"properties\":{\"status\":", status_name(finding->status));
    plain_add_json(out, ",\"severity\":", severity_name(finding->severity));
    text_addf(out, ",\"step\":%d", finding->step);
    plain_add_json(out, ",\"accountId\":", finding->account_id);
    plain_add_json(out, ",\"accountName\":", finding->account_name);
    plain_add_json(out, ",\"ouPath\":", finding->ou_path);
    plain_add_json(out, ",\"region\":", finding->region);
    plain_add_json(out, ",\"expected\":", finding->expected);
    if (*stream_before(f, finding)) {
        plain_add_json(out, ",\"observedBefore\":", stream_before(f, finding));
    }
    plain_add_json(out, ",\"detail\":", finding->detail);
    plain_add_json(out, ",\"remediation\":", finding->remediation);
    text_add(out, "}}");
    return 0;
}

static int gap_row(void *context, int64_t id, const struct gap *g)
{
    struct report_stream *f = context;
    struct text *out = &f->text;
    text_add(out, f->count++ == 0 ? "\n" : ",\n");
    text_addf(
        out,
        "{\"level\":\"error\",\"descriptor\":{\"id\":\"gap\"},\"properties\":{\"gap\":%" PRId64,
        id);
    plain_add_json(out, ",\"operation\":", g->operation);
    plain_add_json(out, ",\"accountId\":", g->account);
    plain_add_json(out, ",\"region\":", g->region);
    plain_add_json(out, ",\"class\":", g->class);
    plain_add_json(out, ",\"code\":", g->code);
    text_addc(out, '}');
    message(out, ",\"message\":", g->message);
    text_addc(out, '}');
    return stream_flush(f);
}

static int write_run(struct report_stream *f)
{
    struct text *out = &f->text;
    text_add(out, "{\"$schema\":\"" SCHEMA "\",\"version\":\"2.1.0\",\"runs\":[\n"
                  "{\"tool\":{\"driver\":{\"name\":\"towerkeep\"");
    if (*stream_meta(f, "version")) {
        plain_add_json(out, ",\"version\":", stream_meta(f, "version"));
    }
    text_add(out, ",\"rules\":[");
    if (store_each_finding_count(f->in->store, rule_row, f, f->err) < 0) {
        return -1;
    }
    plain_add_json(out, "\n]}},\n\"automationDetails\":{\"id\":", stream_meta(f, "run_id"));
    text_add(out, "},\n\"columnKind\":\"unicodeCodePoints\",\n\"results\":[");
    if (stream_findings(f, result_row)) {
        return -1;
    }
    text_addf(out, "\n],\n\"invocations\":[{\"executionSuccessful\":%s",
              f->summary.verdict == VERDICT_INCOMPLETE ? "false" : "true");
    if (*stream_meta(f, "started") && *stream_meta(f, "ended")) {
        plain_add_json(out, ",\"startTimeUtc\":", stream_meta(f, "started"));
        plain_add_json(out, ",\"endTimeUtc\":", stream_meta(f, "ended"));
    }
    text_add(out, ",\"toolExecutionNotifications\":[");
    f->count = 0;
    if (store_each_gap(f->in->store, gap_row, f, f->err) < 0) {
        return -1;
    }
    plain_add_json(out, "]}],\n\"properties\":{\"verdict\":", verdict_name(f->summary.verdict));
    if (f->summary.selection[0] != '\0') {
        plain_add_json(out, ",\"selection\":", f->summary.selection);
    }
    plain_add_json(out, ",\"organizationId\":", stream_meta(f, "organization_id"));
    text_addf(out, ",\"expected\":%" PRId64 ",\"reached\":%" PRId64 "}}\n]}\n",
              f->summary.coverage.expected, f->summary.coverage.reached);
    return 0;
}

int report_write_sarif(const struct report_input *in, const char *path, struct err *err)
{
    struct report_stream f;
    if (stream_open(&f, in, path, err)) {
        return -1;
    }
    return stream_close(&f, write_run(&f));
}
