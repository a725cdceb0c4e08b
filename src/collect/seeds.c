/* The phases of a crawl: each opens the questions that only make sense once the one before has been
 * answered. */
#include <stdio.h>
#include <string.h>

#include "aws/partition.h"
#include "base/jsonx.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "crawl.h"

struct only { /* the first entity of a kind */
    json_t *document;
    char *key;
};

static int take_first(void *context, const struct entity *e)
{
    struct only *only = context;
    only->document = json_loadb(e->json, e->json_length, 0, NULL);
    only->key = xstrdup(e->key);
    return 1;
}

static int find_only(struct crawl *crawl, const char *kind, struct only *out, struct err *err)
{
    *out = (struct only){0};
    return store_each_entity(crawl->store, kind, NULL, NULL, take_first, out, err) < 0 ? -1 : 0;
}

static void only_release(struct only *only)
{
    json_decref(only->document);
    free(only->key);
}

/* Why `operation` has no answer: the gap's words, or the given ones. */
static int missing(struct crawl *crawl, const char *operation, const char *otherwise,
                   struct err *err)
{
    char text[512] = "";
    struct err ignored = ERR_INIT;
    if (store_find_gap(crawl->store, operation, NULL, NULL, text, sizeof text, &ignored) == 1) {
        bool alone = strstr(text, "AWSOrganizationsNotInUse") != NULL;
        return err_set(err, alone ? ERR_INPUT : ERR_AWS, "%s", text);
    }
    return err_set(err, ERR_INPUT, "%s", otherwise);
}

static int check_organization(struct crawl *crawl, struct err *err)
{
    struct only organization;
    if (find_only(crawl, "organization", &organization, err)) {
        return -1;
    }
    int rc = -1;
    const char *master = jx_str(organization.document, "MasterAccountId");
    if (!organization.document) {
        missing(crawl, "organizations:DescribeOrganization", "the account is in no organization",
                err);
    } else if (!master || strcmp(master, crawl->management) != 0) {
        err_set(err, ERR_INPUT,
                "the credentials belong to account %s, which is not the management account (%s) of "
                "organization %s: "
                "use credentials of the management account",
                crawl->management, master ? master : "unknown", organization.key);
    } else {
        rc = store_meta_set(crawl->store, "organization_id", organization.key, err) ||
             store_meta_set(crawl->store, "management_account", master, err);
    }
    only_release(&organization);
    return rc ? -1 : 0;
}

static bool region_of_arn(const char *arn, char out[33])
{
    const char *at = arn;
    for (int colons = 0; colons < 3 && at; colons++) {
        at = strchr(at, ':');
        at = at ? at + 1 : NULL;
    }
    size_t length = at ? strcspn(at, ":") : 0;
    if (length == 0 || length > 32) {
        return false;
    }
    memcpy(out, at, length);
    out[length] = '\0';
    return true;
}

static int find_landing_zone(struct crawl *crawl, struct only *zone, struct err *err)
{
    if (crawl_ask(crawl, "controltower:ListLandingZones", crawl->management, crawl->home, "",
                  err) ||
        crawl_drain(crawl, "the landing zone", err) ||
        find_only(crawl, "landing-zone", zone, err)) {
        return -1;
    }
    if (zone->document || crawl->options->home_region) {
        return 0;
    }
    /* FACTS 10.1: what ListLandingZones answers in a Region that is not the home Region is not
       documented (an empty list or an error): both are accepted. */
    const char *partition = aws_client_partition(crawl->client);
    for (size_t i = 0; i < region_count(); i++) {
        const struct region *region = region_at(i);
        if (str_equal(region->partition, partition) &&
            crawl_ask(crawl, "controltower:ListLandingZones", crawl->management, region->name, "",
                      err)) {
            return -1;
        }
    }
    return crawl_drain(crawl, "the landing zone", err)
               ? -1
               : find_only(crawl, "landing-zone", zone, err);
}

static int read_manifest(struct crawl *crawl, const json_t *zone, struct err *err)
{
    if (crawl->governed_count > 0) {
        return 0; /* read already: this run was resumed */
    }
    const char *key = jx_str(zone, "manifest.backup.configurations.kmsKeyArn");
    const char *central = jx_str(zone, "manifest.backup.configurations.centralBackup.accountId");
    crawl->central_backup = xstrdup(
        central ? central : jx_str(crawl->options->config->document, "accounts.central_backup"));
    crawl->backup_admin =
        xstrdup(jx_str(zone, "manifest.backup.configurations.backupAdmin.accountId"));
    crawl->backup_key = xstrdup(arn_tail(key));
    crawl->service_keys[0] =
        xstrdup(arn_tail(jx_str(zone, "manifest.centralizedLogging.configurations.kmsKeyArn")));
    crawl->service_keys[1] =
        xstrdup(arn_tail(jx_str(zone, "manifest.config.configurations.kmsKeyArn")));
    if (key && store_meta_set(crawl->store, "backup_key", key, err)) {
        return -1;
    }
    const json_t *governed = jx_get(zone, "manifest.governedRegions");
    crawl->governed = xcalloc(json_array_size(governed) + 1, sizeof *crawl->governed);
    size_t i;
    json_t *region;
    json_array_foreach(governed, i, region)
    {
        const char *name = json_string_value(region);
        if (!name || !region_name_valid(name)) {
            return err_set(
                err, ERR_AWS,
                "the landing zone's manifest names a governed Region that is none: \"%s\"",
                name ? name : "?");
        }
        crawl->governed[crawl->governed_count++] = xstrdup(name);
    }
    if (crawl->governed_count == 0) {
        /* The home Region is governed whatever the manifest says. */
        crawl->governed[crawl->governed_count++] = xstrdup(crawl->home);
    }
    return 0;
}

/* The governed Regions, or those of them that the run's filters leave. */
static int store_regions(struct crawl *crawl, const char *meta, bool wanted_only, struct err *err)
{
    json_t *list = json_array();
    for (size_t i = 0; i < crawl->governed_count; i++) {
        if (!wanted_only || crawl_wants_region(crawl, crawl->governed[i])) {
            json_array_append_new(list, json_string(crawl->governed[i]));
        }
    }
    char *text = jx_dump(list);
    int rc = store_meta_set(crawl->store, meta, text, err);
    free(text);
    json_decref(list);
    return rc;
}

static int check_landing_zone(struct crawl *crawl, struct err *err)
{
    struct only zone = {0};
    int rc = find_landing_zone(crawl, &zone, err);
    if (rc == 0 && !zone.document && crawl->probe.code) {
        *err = crawl->probe;
        rc = -1;
    }
    if (rc == 0 && !zone.document) {
        rc =
            missing(crawl, "controltower:GetLandingZone",
                    "no Control Tower landing zone was found (asked in the home Region given, or "
                    "in every Region of "
                    "the partition): is this the management account, and --region the home Region?",
                    err);
    }
    if (rc == 0 && !region_of_arn(zone.key, crawl->home)) {
        rc = err_set(err, ERR_AWS, "the landing zone's ARN is not readable: %s", zone.key);
    }
    if (rc == 0) {
        rc = read_manifest(crawl, zone.document, err) ||
             store_meta_set(crawl->store, "home_region", crawl->home, err) ||
             store_regions(crawl, "governed_regions", false, err) ||
             store_regions(crawl, "regions_asked", true, err);
    }
    only_release(&zone);
    return rc ? -1 : 0;
}

/* Of a run that is resumed, questions of every phase are open, and what is kept of their answers
   depends on what the landing zone says. */
static int recall_landing_zone(struct crawl *crawl, struct err *err)
{
    struct only zone;
    int rc = find_only(crawl, "landing-zone", &zone, err);
    if (rc == 0 && zone.document && region_of_arn(zone.key, crawl->home)) {
        rc = read_manifest(crawl, zone.document, err);
    }
    only_release(&zone);
    return rc;
}

int seed_preconditions(struct crawl *crawl, struct err *err)
{
    if (recall_landing_zone(crawl, err) ||
        crawl_ask(crawl, "organizations:DescribeOrganization", crawl->management, crawl->home, "",
                  err) ||
        crawl_ask(crawl, "sts:GetCallerIdentity", crawl->management, crawl->home, "", err) ||
        crawl_drain(crawl, "the organization", err)) {
        return -1;
    }
    return check_organization(crawl, err) || check_landing_zone(crawl, err) ? -1 : 0;
}

/* Without a key that the landing zone names, what had or has its alias is looked at, and what an
 * earlier run knew: a teardown deletes it, and an alias names one key at a time. */
static int seed_former_keys(struct crawl *crawl, struct err *err)
{
    const char *alias = jx_str(crawl->options->config->document, "key.alias");
    const char *known = crawl->options->backup_key;
    for (size_t i = 0; i < crawl->governed_count; i++) {
        const char *region = crawl->governed[i];
        if ((alias && crawl_ask(crawl, "kms:DescribeKey", crawl->management, region, alias, err)) ||
            (known && crawl_ask(crawl, "kms:DescribeKey", crawl->management, region,
                                arn_tail(known), err))) {
            return -1;
        }
    }
    return known ? store_meta_set(crawl->store, "backup_key", known, err) : 0;
}

/* The key is looked for in every governed Region, so that a missing replica is an answer and not an
 * omission. */
static int seed_keys(struct crawl *crawl, struct err *err)
{
    if (!crawl->backup_key || !*crawl->backup_key) {
        return seed_former_keys(crawl, err);
    }
    if (crawl_ask(crawl, "kms:DescribeKey", crawl->management, crawl->home, crawl->backup_key,
                  err)) {
        return -1;
    }
    for (size_t i = 0; i < crawl->governed_count; i++) {
        if (crawl_ask(crawl, "kms:DescribeKey", crawl->management, crawl->governed[i],
                      crawl->backup_key, err)) {
            return -1;
        }
    }
    return 0;
}

/* Keys the landing zone has for itself: they are looked at, and must not be the backup key. */
static int seed_service_keys(struct crawl *crawl, struct err *err)
{
    for (size_t i = 0; i < sizeof crawl->service_keys / sizeof *crawl->service_keys; i++) {
        const char *id = crawl->service_keys[i];
        if (id && *id &&
            crawl_ask(crawl, "kms:DescribeKey", crawl->management, crawl->home, id, err)) {
            return -1;
        }
    }
    return 0;
}

/* Roles of the management account: AWS Backup's own, and the one that an upgrade to landing zone
   4.0 through the API wants changed first. */
static int seed_roles(struct crawl *crawl, struct err *err)
{
    static const char cloudtrail[] = "AWSControlTowerCloudTrailRole";
    if (crawl_ask(crawl, "iam:GetRole", crawl->management, crawl->home, "AWSServiceRoleForBackup",
                  err)) {
        return -1;
    }
    return crawl_ask(crawl, "iam:GetRole", crawl->management, crawl->home, cloudtrail, err) ||
                   crawl_ask(crawl, "iam:ListAttachedRolePolicies", crawl->management, crawl->home,
                             cloudtrail, err)
               ? -1
               : 0;
}

int seed_organization(struct crawl *crawl, struct err *err)
{
    static const char *const questions[] = {
        "organizations:ListRoots",
        "organizations:ListAccounts",
        "organizations:ListAWSServiceAccessForOrganization",
        "organizations:ListDelegatedAdministrators",
        "organizations:ListAccountsWithInvalidEffectivePolicy",
        "organizations:ListPolicies",
        "organizations:DescribeResourcePolicy",
        "controltower:ListLandingZoneOperations",
        "controltower:ListBaselines",
        "controltower:ListEnabledBaselines",
        "controltower:ListEnabledControls",
        "backup:DescribeGlobalSettings",
        "backup:GetSupportedResourceTypes",
        "servicecatalog:SearchProvisionedProducts",
    };
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        if (crawl_ask(crawl, questions[i], crawl->management, crawl->home, "", err)) {
            return -1;
        }
    }
    if (crawl->central_backup && *crawl->central_backup &&
        crawl_ask(crawl, "organizations:ListPoliciesForTarget", crawl->management, crawl->home,
                  crawl->central_backup, err)) {
        return -1;
    }
    if (seed_keys(crawl, err) || seed_service_keys(crawl, err) || seed_roles(crawl, err) ||
        jobs_seed(crawl, err) || crawl_drain(crawl, "the organization", err)) {
        return -1;
    }
    crawl->job_fallbacks = store_count_entities(crawl->store, "jobs-per-account");
    return policies_load(crawl, err);
}
