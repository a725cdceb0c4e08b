/* Numbers of the run for node_exporter's textfile collector. Labels contain text of the rules and
 * the program, and ids, but never names from AWS. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "formats.h"
#include "plain.h"
#include "stream.h"

/* A label's value: backslash, quote and line end escaped. */
static void label(struct text *out, const char *before, const char *s)
{
    struct text clean;
    text_init(&clean, strlen(s) * 3 + 1);
    plain_add(&clean, s, 0, false);
    text_add(out, before);
    text_addc(out, '"');
    for (const char *c = text_str(&clean); *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            text_addc(out, '\\');
        }
        text_addc(out, *c);
    }
    text_addc(out, '"');
    text_release(&clean);
}

static void family(struct text *out, const char *name, const char *help)
{
    text_addf(out, "# HELP towerkeep_%s %s\n# TYPE towerkeep_%s gauge\n", name, help, name);
}

static void single(struct text *out, const char *name, const char *help, int64_t value)
{
    family(out, name, help);
    text_addf(out, "towerkeep_%s %" PRId64 "\n", name, value);
}

static void moment(const struct report_stream *f, struct text *out, const char *key,
                   const char *name, const char *help)
{
    int64_t wall_ms;
    if (time_parse_iso(stream_meta(f, key), &wall_ms)) {
        single(out, name, help, wall_ms / 1000);
    }
}

static int check_rows(void *context, const struct finding_count *c)
{
    struct report_stream *f = context;
    for (int status = 0; status < STATUS_COUNT; status++) {
        if (c->by_status[status] > 0) {
            label(&f->text, "towerkeep_check_findings{check=", c->check_id);
            text_addf(&f->text, ",step=\"%d\",severity=\"%s\",status=\"%s\"} %" PRId64 "\n",
                      c->step, severity_name(c->severity), status_name((enum status)status),
                      c->by_status[status]);
        }
    }
    return 0;
}

static void describe(const struct report_stream *f, struct text *out)
{
    family(out, "run_info", "The run of these metrics.");
    label(out, "towerkeep_run_info{version=", stream_meta(f, "version"));
    label(out, ",run_id=", stream_meta(f, "run_id"));
    label(out, ",organization_id=", stream_meta(f, "organization_id"));
    label(out, ",management_account=", stream_meta(f, "management_account"));
    label(out, ",home_region=", stream_meta(f, "home_region"));
    text_add(out, "} 1\n");
    moment(f, out, "started", "run_started_timestamp_seconds", "Start of the run.");
    moment(f, out, "ended", "run_ended_timestamp_seconds", "End of the run.");
    family(out, "verdict", "1 for the verdict of the run, 0 for the others.");
    for (int v = VERDICT_COMPLIANT; v <= VERDICT_INCOMPLETE; v++) {
        label(out, "towerkeep_verdict{verdict=", verdict_name((enum verdict)v));
        if (f->summary.selection[0] != '\0') {
            label(out, ",selection=", f->summary.selection);
        }
        text_addf(out, "} %d\n", f->summary.verdict == (enum verdict)v);
    }
    const struct coverage_totals *c = &f->summary.coverage;
    single(out, "account_regions_expected", "Account and Region pairs that are expected.",
           c->expected);
    single(out, "account_regions_reached", "Account and Region pairs that were read completely.",
           c->reached);
    single(out, "gaps", "Collection errors.", c->gaps);
    json_t *calls = report_kept(f->in->store, "calls");
    static const char *const kinds[] = {"calls", "retries", "throttles"};
    family(out, "api_calls", "API calls of the run.");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        text_addf(out, "towerkeep_api_calls{kind=\"%s\"} %lld\n", kinds[i],
                  jx_int(calls, kinds[i], 0));
    }
    json_decref(calls);
}

int report_write_prometheus(const struct report_input *in, const char *path, struct err *err)
{
    struct report_stream f;
    if (stream_open(&f, in, path, err)) {
        return -1;
    }
    struct text *out = &f.text;
    describe(&f, out);
    family(out, "findings", "Findings of the run by status.");
    for (int i = 0; i < STATUS_COUNT; i++) {
        text_addf(out, "towerkeep_findings{status=\"%s\"} %" PRId64 "\n",
                  status_name((enum status)i), f.summary.by_status[i]);
    }
    family(out, "failing_findings", "Findings that fail, by severity.");
    for (int i = 0; i < SEVERITY_COUNT; i++) {
        text_addf(out, "towerkeep_failing_findings{severity=\"%s\"} %" PRId64 "\n",
                  severity_name((enum severity)i), f.summary.fail_by_severity[i]);
    }
    family(out, "check_findings", "Findings by check and status; counts of zero are omitted.");
    return stream_close(&f, store_each_finding_count(in->store, check_rows, &f, err) < 0 ? -1 : 0);
}
