/* AWS Security Finding Format 2018-10-08: every line is one whole BatchImportFindings request of up
 * to a hundred findings. They are imported by the account that scanned, which is the only one that
 * may import under its own default product; the account a finding is about stands in the resource.
 */
#include <string.h>

#include "base/jsonx.h"
#include "formats.h"
#include "plain.h"
#include "stream.h"

#define BATCH 100 /* findings BatchImportFindings accepts */

static const char *const compliance_of[] = {
    [STATUS_PASS] = "PASSED",          [STATUS_FAIL] = "FAILED",
    [STATUS_MANUAL] = "NOT_AVAILABLE", [STATUS_MUTED] = "FAILED",
    [STATUS_ERROR] = "NOT_AVAILABLE",  [STATUS_NOT_APPLICABLE] = "NOT_AVAILABLE",
    [STATUS_FIXED] = "PASSED",
};

static const char *const label_of[] = {
    [SEVERITY_CRITICAL] = "CRITICAL",
    [SEVERITY_HIGH] = "HIGH",
    [SEVERITY_MEDIUM] = "MEDIUM",
    [SEVERITY_LOW] = "LOW",
    [SEVERITY_INFORMATIONAL] = "INFORMATIONAL",
};

/* The words Security Hub has for what an ARN names; anything else is "Other". */
static const struct {
    const char *pattern, *type;
} types[] = {
    {"arn:*:backup:*:backup-vault:*", "AwsBackupBackupVault"},
    {"arn:*:backup:*:backup-plan:*", "AwsBackupBackupPlan"},
    {"arn:*:kms:*:key/*", "AwsKmsKey"},
    {"arn:*:ec2:*:volume/*", "AwsEc2Volume"},
    {"arn:*:ec2:*:instance/*", "AwsEc2Instance"},
    {"arn:*:rds:*:db:*", "AwsRdsDbInstance"},
    {"arn:*:rds:*:cluster:*", "AwsRdsDbCluster"},
    {"arn:*:dynamodb:*:table/*", "AwsDynamoDbTable"},
    {"arn:*:s3:::*", "AwsS3Bucket"},
};

/* Twelve digits of the caller's ARN, else the management account. */
static void importer_account(const struct report_stream *f, char out[13])
{
    const char *at = stream_meta(f, "caller_arn");
    for (int colons = 0; colons < 4 && at != NULL; colons++) {
        at = strchr(at, ':');
        at = at != NULL ? at + 1 : NULL;
    }
    if (at == NULL || strspn(at, "0123456789") != 12) {
        at = stream_meta(f, "management_account");
    }
    size_t length = strspn(at, "0123456789");
    memcpy(out, at, length < 12 ? length : 12);
    out[length < 12 ? length : 12] = '\0';
}

/* Text that must not be empty, at most so many characters long. */
static void add(struct text *out, const char *before, const char *s, size_t most)
{
    plain_add_json_cut(out, before, s[strspn(s, " \t\r\n")] != '\0' ? s : "none", most);
}

static void add_product_field(struct text *out, const char *name, const char *s)
{
    if (s[strspn(s, " \t\r\n")] != '\0') {
        text_addf(out, ",\"towerkeep/%s\"", name);
        add(out, ":", s, 1024);
    }
}

static const char *partition_of(const struct report_stream *f)
{
    const char *partition = stream_meta(f, "partition");
    return *partition ? partition : "aws";
}

static void add_resource(const struct report_stream *f, struct text *out,
                         const struct finding *finding)
{
    const char *type = "Other";
    bool has_arn = str_starts(finding->resource_arn, "arn:");
    for (size_t i = 0; has_arn && i < sizeof types / sizeof *types; i++) {
        if (str_glob(types[i].pattern, finding->resource_arn)) {
            type = types[i].type;
            break;
        }
    }
    if (!*finding->resource_arn && str_is_account_id(finding->subject)) {
        text_addf(out, ",\"Resources\":[{\"Type\":\"AwsAccount\",\"Id\":\"AWS::::Account:%s\"",
                  finding->subject);
    } else {
        text_addf(out, ",\"Resources\":[{\"Type\":\"%s\"", type);
        add(out, ",\"Id\":", stream_resource(finding), 512);
    }
    text_addf(out, ",\"Partition\":\"%s\"", partition_of(f));
    if (*finding->region) {
        add(out, ",\"Region\":", finding->region, 64);
    }
    text_add(out, "}]");
}

static void add_compliance(const struct report_stream *f, struct text *out,
                           const struct finding *finding)
{
    const char *framework, *comma = "";
    json_t *requirements, *requirement;
    size_t i, count = 0;
    text_addf(out, ",\"Compliance\":{\"Status\":\"%s\"", compliance_of[finding->status]);
    add(out, ",\"SecurityControlId\":", finding->check_id, 64);
    text_add(out, ",\"RelatedRequirements\":[");
    json_object_foreach(jx_get(stream_rule(f, finding->check_id), "compliance"), framework,
                        requirements)
    {
        json_array_foreach(requirements, i, requirement)
        {
            if (json_is_string(requirement) && count++ < 32) {
                struct text both;
                text_init(&both, 4096);
                text_addf(&both, "%.1000s %.1000s", framework, json_string_value(requirement));
                add(out, comma, text_str(&both), 64);
                text_release(&both);
                comma = ",";
            }
        }
    }
    text_add(out, "]}");
}

static void add_product_fields(const struct report_stream *f, struct text *out,
                               const struct finding *finding)
{
    text_addf(out, ",\"ProductFields\":{\"towerkeep/Step\":\"%d\"", finding->step);
    add_product_field(out, "Status", status_name(finding->status));
    add_product_field(out, "RunId", stream_meta(f, "run_id"));
    add_product_field(out, "Selection", f->summary.selection);
    add_product_field(out, "AccountId", finding->account_id);
    add_product_field(out, "AccountName", finding->account_name);
    add_product_field(out, "OuPath", finding->ou_path);
    add_product_field(out, "Expected", finding->expected);
    add_product_field(out, "Observed", finding->observed);
    add_product_field(out, "ObservedBefore", stream_before(f, finding));
    text_addc(out, '}');
}

static int row(struct report_stream *f, const struct finding *finding)
{
    struct text *out = &f->text;
    char account[13];
    const char *home = stream_meta(f, "home_region"), *ended = stream_meta(f, "ended");
    bool fails = finding->status == STATUS_FAIL || finding->status == STATUS_MUTED;
    importer_account(f, account);
    if (f->count % BATCH == 0) {
        text_add(out, f->count > 0 ? "]}\n{\"Findings\":[" : "{\"Findings\":[");
    } else {
        text_addc(out, ',');
    }
    text_addf(out, "{\"SchemaVersion\":\"2018-10-08\",\"Id\":\"towerkeep/%s\"", finding->id);
    text_addf(out, ",\"ProductArn\":\"arn:%s:securityhub:%s:%s:product/%s/default\"",
              partition_of(f), *home ? home : "us-east-1", account, account);
    text_addf(out, ",\"ProductName\":\"towerkeep\",\"AwsAccountId\":\"%s\"", account);
    add(out, ",\"GeneratorId\":", finding->check_id, 512);
    text_add(out, ",\"Types\":[\"Software and Configuration Checks/AWS Security Best Practices\"]");
    add(out, ",\"CreatedAt\":", *ended ? ended : "1970-01-01T00:00:00Z", 64);
    add(out, ",\"UpdatedAt\":", *ended ? ended : "1970-01-01T00:00:00Z", 64);
    text_addf(out, ",\"Severity\":{\"Label\":\"%s\",\"Original\":\"%s\"}",
              fails ? label_of[finding->severity] : "INFORMATIONAL",
              severity_name(finding->severity));
    add(out, ",\"Title\":", finding->title, 256);
    add(out, ",\"Description\":", *finding->observed ? finding->observed : finding->title, 1024);
    if (finding->remediation[strspn(finding->remediation, " \t\r\n")] != '\0') {
        add(out, ",\"Remediation\":{\"Recommendation\":{\"Text\":", finding->remediation, 512);
        text_add(out, "}}");
    }
    add_resource(f, out, finding);
    add_compliance(f, out, finding);
    add_product_fields(f, out, finding);
    text_addf(out, ",\"RecordState\":\"%s\"}",
              finding->status == STATUS_MUTED ? "ARCHIVED" : "ACTIVE");
    return 0;
}

int report_write_asff(const struct report_input *in, const char *path, struct err *err)
{
    struct report_stream f;
    if (stream_open(&f, in, path, err)) {
        return -1;
    }
    int rc = stream_findings(&f, row);
    if (f.count > 0) {
        text_add(&f.text, "]}\n");
    }
    return stream_close(&f, rc);
}
