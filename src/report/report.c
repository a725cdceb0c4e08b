#include "report/report.h"

#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "formats.h"
#include "inventory/coverage.h"

static const struct report_format formats[] = {
    {"json", "json", "everything, for programs; schema: docs/schemas/report.schema.json",
     report_write_json},
    {"xlsx", "xlsx", "workbook for auditors", report_write_xlsx},
    {"html", "html", "one page for any browser, offline", report_write_html},
    {"ndjson", "ndjson", "findings, one JSON object per line", report_write_ndjson},
    {"csv", "csv", "findings for spreadsheets and scripts (RFC 4180)", report_write_csv},
    {"markdown", "md", "summary for chats and tickets", report_write_markdown},
    {"prometheus", "prom", "metrics for the textfile collector of node_exporter",
     report_write_prometheus},
    {"junit", "junit.xml", "findings as test cases, for build servers", report_write_junit},
    {"sarif", "sarif", "findings for code scanning (SARIF 2.1.0)", report_write_sarif},
    {"ocsf", "ocsf.json", "Compliance Findings of OCSF 1.6 (class 2003)", report_write_ocsf},
    {"asff", "asff.ndjson", "BatchImportFindings requests for Security Hub, one per line",
     report_write_asff},
    {"oscal-ar", "oscal-ar.json", "assessment results (NIST OSCAL 1.2)", report_write_oscal_ar},
    {"oscal-poam", "oscal-poam.json", "plan of action and milestones (NIST OSCAL 1.2)",
     report_write_oscal_poam},
    {"world", "world.json", "the run as a world of towerkeep-sim, for rehearsals",
     report_write_world},
};

const struct report_format *report_format_at(size_t index)
{
    return index < sizeof formats / sizeof *formats ? &formats[index] : NULL;
}

const struct report_format *report_format_find(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(formats[i].name, name) == 0) {
            return &formats[i];
        }
    }
    return NULL;
}

json_t *report_kept(struct store *store, const char *key)
{
    const char *s = store_meta(store, key);
    return s != NULL ? json_loads(s, 0, NULL) : NULL;
}

char *report_state_text(const json_t *value)
{
    if (value == NULL || json_is_null(value)) {
        return NULL;
    }
    return json_is_string(value) ? xstrdup(json_string_value(value)) : jx_dump(value);
}

static int add_count(void *context, const struct finding_count *c)
{
    struct report_summary *s = context;
    for (int status = 0; status < STATUS_COUNT; status++) {
        s->by_status[status] += c->by_status[status];
        s->step_status[c->step][status] += c->by_status[status];
    }
    s->fail_by_severity[c->severity] += c->by_status[STATUS_FAIL];
    return 0;
}

int report_summarize(struct store *store, struct report_summary *out, struct err *err)
{
    memset(out, 0, sizeof *out);
    if (store_each_finding_count(store, add_count, out, err) < 0 ||
        coverage_count(store, &out->coverage, err)) {
        return -1;
    }
    out->compared = store_has_previous(store);
    if (out->compared && store_count_differences(NULL, store, out->by_change, err) < 0) {
        return -1;
    }
    unsigned long long failures = (unsigned long long)out->by_status[STATUS_FAIL];
    unsigned long long errors = (unsigned long long)out->by_status[STATUS_ERROR];
    unsigned long long gaps = (unsigned long long)out->coverage.gaps;
    out->verdict = verdict_of(failures, errors, gaps);
    if (out->verdict != VERDICT_INCOMPLETE && out->coverage.reached < out->coverage.expected) {
        out->verdict = VERDICT_INCOMPLETE;
    }
    selection_summarize(store, out);
    return 0;
}
