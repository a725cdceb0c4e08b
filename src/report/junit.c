/* Findings as test cases, for the dashboards of build servers. What passes or was fixed is a case
 * without more; MANUAL, MUTED and NOT_APPLICABLE are skipped. */
#include <inttypes.h>
#include <string.h>

#include "formats.h"
#include "plain.h"
#include "stream.h"

static void attribute(struct text *out, const char *before, const char *value)
{
    text_add(out, before);
    plain_add_xml(out, value);
    text_addc(out, '"');
}

static void line(struct text *out, const char *name, const char *value)
{
    if (*value != '\0') {
        text_addf(out, "%s: ", name);
        plain_add_xml(out, value);
        text_addc(out, '\n');
    }
}

static void explain(struct text *out, const struct finding *finding)
{
    line(out, "Finding", finding->id);
    line(out, "Severity", severity_name(finding->severity));
    line(out, "Account", finding->account_id);
    line(out, "Account name", finding->account_name);
    line(out, "OU path", finding->ou_path);
    line(out, "Region", finding->region);
    line(out, "Resource", stream_resource(finding));
    line(out, "Expected", finding->expected);
    line(out, "Observed", finding->observed);
    line(out, "Detail", finding->detail);
    line(out, "Risk", finding->risk);
    line(out, "Remediation", finding->remediation);
}

static int test_case(struct report_stream *f, const struct finding *finding)
{
    struct text *out = &f->text;
    enum status status = finding->status;
    attribute(out, "    <testcase classname=\"", finding->check_id);
    text_add(out, " name=\"");
    plain_add_xml(out, finding->title);
    text_add(out, ": ");
    plain_add_xml(out, stream_resource(finding));
    attribute(out, "\" time=\"0\" status=\"", status_name(status));
    switch (status) {
    case STATUS_PASS:
        text_add(out, "/>\n");
        return 0;
    case STATUS_FIXED:
        text_add(out, ">\n      <system-out>Fixed.\n");
        line(out, "Observed before", stream_before(f, finding));
        line(out, "Observed", finding->observed);
        text_add(out, "</system-out>");
        break;
    case STATUS_FAIL:
    case STATUS_ERROR:
        text_addf(out, ">\n      <%s", status == STATUS_FAIL ? "failure" : "error");
        attribute(out, " type=\"", severity_name(finding->severity));
        attribute(out, " message=\"", finding->observed);
        text_addc(out, '>');
        explain(out, finding);
        text_add(out, status == STATUS_FAIL ? "</failure>" : "</error>");
        break;
    default:
        text_addf(out, ">\n      <skipped>%s\n", status_name(status));
        explain(out, finding);
        text_add(out, "</skipped>");
    }
    text_add(out, "\n    </testcase>\n");
    return 0;
}

static void property(const struct report_stream *f, struct text *out, const char *key)
{
    text_addf(out, "      <property name=\"%s\" value=\"", key);
    plain_add_xml(out, stream_meta(f, key));
    text_add(out, "\"/>\n");
}

static void open_suite(const struct report_stream *f, struct text *out)
{
    const int64_t *by = f->summary.by_status;
    static const char *const kept[] = {"run_id",  "organization_id", "management_account",
                                       "version", "rules_digest",    "config_digest"};
    char numbers[128], zoneless[20];
    (void)snprintf(numbers, sizeof numbers,
                   "tests=\"%" PRId64 "\" failures=\"%" PRId64 "\" errors=\"%" PRId64 "\"",
                   f->total, by[STATUS_FAIL], by[STATUS_ERROR]);
    (void)snprintf(zoneless, sizeof zoneless, "%.19s", stream_meta(f, "ended"));
    text_addf(out,
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"towerkeep\" %s "
              "time=\"0\">\n  <testsuite name=\"towerkeep\" %s skipped=\"%" PRId64 "\" time=\"0\"",
              numbers, numbers, by[STATUS_MANUAL] + by[STATUS_MUTED] + by[STATUS_NOT_APPLICABLE]);
    if (*zoneless != '\0') {
        attribute(out, " timestamp=\"", zoneless);
    }
    text_add(out, ">\n    <properties>\n");
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        property(f, out, kept[i]);
    }
    char *verdict = report_verdict(&f->summary);
    text_addf(out, "      <property name=\"verdict\" value=\"%s\"/>\n    </properties>\n", verdict);
    free(verdict);
}

int report_write_junit(const struct report_input *in, const char *path, struct err *err)
{
    struct report_stream f;
    if (stream_open(&f, in, path, err)) {
        return -1;
    }
    open_suite(&f, &f.text);
    int rc = stream_findings(&f, test_case);
    text_add(&f.text, "  </testsuite>\n</testsuites>\n");
    return stream_close(&f, rc);
}
