/* An account: can it be reached, which Regions has it, and what is asked of each of them. */
#include <string.h>

#include "base/jsonx.h"
#include "base/log.h"
#include "crawl.h"

/* What every governed account-Region is asked. A row here is a call times accounts times Regions:
 * keep it short. */
static const char *const governed_questions[] = {
    "backup:DescribeRegionSettings", "backup:ListBackupVaults",       "backup:ListBackupPlans",
    "tagging:GetResources",          "ec2:DescribeVolumes",           "ec2:DescribeInstances",
    "rds:DescribeDBInstances",       "rds:DescribeDBClusters",        "dynamodb:ListTables",
    "efs:DescribeFileSystems",       "backup:ListProtectedResources",
};
/* Elsewhere only what Region deny leaves open, and what tells of a resource tagged where no plan
 * looks. */
static const char *const ungoverned_questions[] = {"tagging:GetResources"};

int account_region_ask(struct crawl *crawl, const char *account, const char *region,
                       struct err *err)
{
    bool governed = crawl_governs(crawl, region);
    const char *const *questions = governed ? governed_questions : ungoverned_questions;
    size_t count = governed ? sizeof governed_questions / sizeof *governed_questions
                            : sizeof ungoverned_questions / sizeof *ungoverned_questions;
    for (size_t i = 0; i < count; i++) {
        if (crawl_ask(crawl, questions[i], account, region, "", err)) {
            return -1;
        }
    }
    /* Left-overs of Regions once governed; asking every account would be too dear. */
    if (!governed && crawl->central_backup && strcmp(account, crawl->central_backup) == 0) {
        return crawl_ask(crawl, "backup:ListBackupVaults", account, region, "", err);
    }
    return governed ? jobs_ask(crawl, account, region, err) : 0;
}

static int ask_account(struct crawl *crawl, const char *account, struct err *err)
{
    for (size_t i = 0; i < crawl->governed_count; i++) {
        if (crawl_wants_region(crawl, crawl->governed[i]) &&
            account_region_ask(crawl, account, crawl->governed[i], err)) {
            return -1;
        }
    }
    /* Every Region is compared with the home Region's opt-in, also when filters leave that out. */
    if (!crawl_wants_region(crawl, crawl->home) && crawl_governs(crawl, crawl->home) &&
        crawl_ask(crawl, "backup:DescribeRegionSettings", account, crawl->home, "", err)) {
        return -1;
    }
    /* Audit Manager's report plans live in one account's home Region. */
    if (crawl->backup_admin && strcmp(account, crawl->backup_admin) == 0 &&
        crawl_wants_region(crawl, crawl->home) &&
        crawl_ask(crawl, "backup:ListReportPlans", account, crawl->home, "", err)) {
        return -1;
    }
    return policies_ask(crawl, account, err) ||
           crawl_ask(crawl, "s3:ListBuckets", account, crawl->home, "", err) ||
           crawl_ask(crawl, "ec2:DescribeRegions", account, crawl->home, "", err);
}

/* "arn:aws:sts::111122223333:assumed-role/ROLE/session" */
static json_t *role_in(const char *arn)
{
    const char *role = strstr(arn, ":assumed-role/");
    if (!role) {
        return json_null();
    }
    role += strlen(":assumed-role/");
    return json_stringn(role, strcspn(role, "/"));
}

/* GetCallerIdentity needs no permission: what it refuses, the role itself refused. */
static int keep_reach(const struct answer_page *p, struct err *err)
{
    const char *account = p->question->account;
    const char *arn = jx_str_or(p->answer->json, "Arn", "");
    if (strcmp(account, p->crawl->management) == 0 &&
        crawl_keep(p, "caller", account, "", account, p->answer->json, err)) {
        return -1;
    }
    json_t *reach = json_pack("{s:b, s:o, s:s}", "reached", 1, "role", role_in(arn), "arn", arn);
    int rc = crawl_keep(p, "reach", account, "", "", reach, err);
    json_decref(reach);
    /* The caller's own identity is asked before the Regions are known; seeds ask its Regions later.
     */
    if (rc || p->crawl->governed_count == 0) {
        return rc;
    }
    return ask_account(p->crawl, account, err);
}

static int refused_reach(struct crawl *crawl, const struct question *q, const struct answer *a,
                         struct err *err)
{
    json_t *reach =
        json_pack("{s:b, s:o, s:o}", "reached", 0, "code", jx_string(a->code, strlen(a->code)),
                  "error", jx_string(a->message, strlen(a->message)));
    char *json = jx_dump(reach);
    struct entity entity = {.kind = "reach",
                            .account = q->account,
                            .region = "",
                            .key = "",
                            .json = json,
                            .json_length = strlen(json),
                            .fact = 0};
    int rc = store_entity(crawl->store, &entity, err);
    free(json);
    json_decref(reach);
    return rc;
}

static json_t *input_all_regions(struct crawl *crawl, const struct question *q)
{
    (void)crawl;
    (void)q;
    return json_pack("{s:b}", "AllRegions", 1);
}

/* EC2's words and the Account API's for the same thing: one vocabulary in the store. */
static const char *region_status(const char *opt_in)
{
    static const char *const words[][2] = {{"opt-in-not-required", "ENABLED_BY_DEFAULT"},
                                           {"opted-in", "ENABLED"},
                                           {"not-opted-in", "DISABLED"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i][0], opt_in) == 0) {
            return words[i][1];
        }
    }
    return opt_in;
}

static int keep_regions(const struct answer_page *p, struct err *err)
{
    struct crawl *crawl = p->crawl;
    const char *account = p->question->account;
    size_t i;
    json_t *row;
    json_array_foreach(jx_get(p->answer->json, "regionInfo"), i, row)
    {
        const char *name = jx_str(row, "regionName");
        const char *status = region_status(jx_str_or(row, "optInStatus", ""));
        if (!name) {
            return err_set(err, ERR_AWS, "DescribeRegions answered a Region without regionName");
        }
        json_t *document = json_pack("{s:s, s:s}", "RegionName", name, "RegionOptStatus", status);
        int rc = crawl_keep(p, "region-status", account, "", name, document, err);
        json_decref(document);
        bool enabled = strncmp(status, "ENABLED", 7) == 0;
        bool ungoverned = jx_bool(crawl->options->config->document, "scan.ungoverned_regions");
        if (!rc && enabled && ungoverned && !crawl_governs(crawl, name) &&
            crawl_wants_region(crawl, name)) {
            rc = account_region_ask(crawl, account, name, err);
        }
        if (rc) {
            return -1;
        }
    }
    return 0;
}

const struct collector account_collectors[] = {
    {.operation = "sts:GetCallerIdentity", .keep = keep_reach, .refused = refused_reach},
    {.operation = "ec2:DescribeRegions", .input = input_all_regions, .keep = keep_regions},
    {.operation = NULL},
};

int seed_management(struct crawl *crawl, struct err *err)
{
    return crawl_wants_account(crawl, crawl->management)
               ? ask_account(crawl, crawl->management, err)
               : 0;
}
