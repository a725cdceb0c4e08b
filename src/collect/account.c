/* An account: can its role be assumed, which Regions has it, and what is asked of each of them. */
#include <string.h>

#include "base/jsonx.h"
#include "base/log.h"
#include "crawl.h"

static int ask_region(struct crawl *crawl, const char *account, const char *region, struct err *err)
{
    if (collectors_seed_region(crawl, account, region, err) != 0) {
        return -1;
    }
    if (crawl_governs(crawl, region)) {
        return wanted_types_ask(crawl, account, region, err) != 0
                   ? -1
                   : jobs_ask(crawl, account, region, err);
    }
    /* What is left of Regions once governed; asking every account would take too many calls. */
    return str_equal(account, crawl->central_backup)
               ? crawl_ask(crawl, "backup:ListBackupVaults", account, region, "", err)
               : 0;
}

/* What is asked of an account once, in the home Region. */
static int ask_home(struct crawl *crawl, const char *account, struct err *err)
{
    bool home = crawl_wants_region(crawl, crawl->home);
    const struct {
        const char *operation;
        bool asked;
    } calls[] = {
        /* Every Region is compared with the home Region's opt-in, also when filters leave that
           out. */
        {"backup:DescribeRegionSettings", !home && crawl_governs(crawl, crawl->home)},
        /* Audit Manager's report plans live in one account's home Region. */
        {"backup:ListReportPlans", home && str_equal(account, crawl->backup_admin)},
        {"s3:ListBuckets", true},
        {"ec2:DescribeRegions", true},
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        if (calls[i].asked &&
            crawl_ask(crawl, calls[i].operation, account, crawl->home, "", err) != 0) {
            return -1;
        }
    }
    return policies_ask(crawl, account, err);
}

static int ask_account(struct crawl *crawl, const char *account, struct err *err)
{
    for (size_t i = 0; i < crawl->governed_count; i++) {
        if (crawl_wants_region(crawl, crawl->governed[i]) &&
            ask_region(crawl, account, crawl->governed[i], err) != 0) {
            return -1;
        }
    }
    return ask_home(crawl, account, err);
}

/* "arn:aws:sts::111122223333:assumed-role/ROLE/session" */
static json_t *role_in(const char *arn)
{
    const char *role = strstr(arn, ":assumed-role/");
    if (role == NULL) {
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
        crawl_keep(p, "caller", account, "", account, p->answer->json, err) != 0) {
        return -1;
    }
    json_t *reach = json_pack("{s:b, s:o, s:s}", "reached", 1, "role", role_in(arn), "arn", arn);
    int rc = crawl_keep(p, "reach", account, "", "", reach, err);
    json_decref(reach);
    /* The caller's own identity is asked before the Regions are known; a later phase asks its
       Regions. */
    if (rc != 0 || p->crawl->governed_count == 0) {
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
    const struct answer_page page = {.crawl = crawl, .question = q, .answer = a, .fact = 0};
    int rc = crawl_keep(&page, "reach", q->account, "", "", reach, err);
    json_decref(reach);
    return rc;
}

/* EC2 and the Account API have different words for the same status; the store has the latter. */
static const char *region_status(const char *opt_in)
{
    static const char *const words[][2] = {{"opt-in-not-required", "ENABLED_BY_DEFAULT"},
                                           {"opted-in", "ENABLED"},
                                           {"not-opted-in", "DISABLED"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
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
        if (name == NULL) {
            return err_set(err, ERR_AWS, "DescribeRegions returned a Region without regionName");
        }
        json_t *document = json_pack("{s:s, s:s}", "RegionName", name, "RegionOptStatus", status);
        int rc = crawl_keep(p, "region-status", account, "", name, document, err);
        json_decref(document);
        bool enabled = strncmp(status, "ENABLED", 7) == 0;
        bool ungoverned = jx_bool(crawl->options->config->document, "scan.ungoverned_regions");
        if (rc == 0 && enabled && ungoverned && !crawl_governs(crawl, name) &&
            crawl_wants_region(crawl, name)) {
            rc = ask_region(crawl, account, name, err);
        }
        if (rc != 0) {
            return -1;
        }
    }
    return 0;
}

static json_t *input_all_regions(const struct question *q)
{
    (void)q;
    return json_pack("{s:b}", "AllRegions", 1);
}

const struct collector account_collectors[] = {
    {.phase = PHASE_PRECONDITIONS,
     .seed = SEED_HOME,
     .operation = "sts:GetCallerIdentity",
     .opens_account = true,
     .opens_types = true,
     .asks = {"backup:ListReportPlans", "backup:ListBackupJobs", "backup:ListCopyJobs",
              "iam:GetRole", "s3:ListBuckets", "ec2:DescribeRegions"},
     .keeps = {"caller", "reach"},
     .keep = keep_reach,
     .refused = refused_reach},
    {.phase = PHASE_MANAGEMENT,
     .operation = "ec2:DescribeRegions",
     .opens_account = true,
     .opens_types = true,
     .keeps = {"region-status"},
     .input = input_all_regions,
     .keep = keep_regions},
    {.operation = NULL},
};

int management_ask(struct crawl *crawl, struct err *err)
{
    return crawl_wants_account(crawl, crawl->management)
               ? ask_account(crawl, crawl->management, err)
               : 0;
}
