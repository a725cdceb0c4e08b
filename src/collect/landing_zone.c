/* Control Tower: the landing zone, its operations and the baselines, asked in the home Region. */
#include <stdlib.h>
#include <string.h>

#include "aws/partition.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "crawl.h"
#include "model/arn.h"

static int keep_landing_zones(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *row;
    json_array_foreach(jx_get(p->answer->json, "landingZones"), i, row)
    {
        const char *arn = jx_str(row, "arn");
        if (arn == NULL) {
            return err_set(err, ERR_AWS, "ListLandingZones returned a landing zone without arn");
        }
        /* The ARN carries the home Region, so a listing from elsewhere still leads there. */
        if (crawl_ask(p->crawl, "controltower:GetLandingZone", p->question->account,
                      p->question->region, arn, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int keep_landing_zone(const struct answer_page *p, struct err *err)
{
    const json_t *zone = jx_get(p->answer->json, "landingZone");
    const char *arn = jx_str(zone, "arn");
    if (arn == NULL) {
        return err_set(err, ERR_AWS, "GetLandingZone returned no landingZone.arn");
    }
    return crawl_keep(p, "landing-zone", "", "", arn, zone, err);
}

static int keep_operations(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *row;
    json_array_foreach(jx_get(p->answer->json, "landingZoneOperations"), i, row)
    {
        const char *id = jx_str(row, "operationIdentifier");
        if (id == NULL) {
            return err_set(
                err, ERR_AWS,
                "ListLandingZoneOperations returned an operation without its identifier");
        }
        /* Newest first, as documented. Later pages only matter for what still runs. */
        json_object_set_new(row, "position",
                            json_integer((json_int_t)i + (json_int_t)p->answer->page * 100));
        if (crawl_keep(p, "landing-zone-operation", "", "", id, row, err) != 0) {
            return -1;
        }
        if (i == 0 && p->answer->page == 0 &&
            crawl_ask(p->crawl, "controltower:GetLandingZoneOperation", p->question->account,
                      p->question->region, id, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int keep_operation_details(const struct answer_page *p, struct err *err)
{
    json_t *row = NULL;
    if (store_get_entity(p->crawl->store, "landing-zone-operation", "", "", p->question->target,
                         &row, NULL, err) != 0) {
        return -1;
    }
    if (row == NULL) {
        row = json_pack("{s:s, s:i}", "operationIdentifier", p->question->target, "position", 0);
    }
    json_object_set(row, "details", jx_get(p->answer->json, "operationDetails"));
    int rc = crawl_keep(p, "landing-zone-operation", "", "", p->question->target, row, err);
    json_decref(row);
    return rc;
}

static int keep_baselines(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *row;
    json_array_foreach(jx_get(p->answer->json, "baselines"), i, row)
    {
        const char *arn = jx_str(row, "arn");
        size_t length = arn ? strlen(arn) : 0;
        if (length < 16) {
            return err_set(err, ERR_AWS, "ListBaselines returned a baseline without a usable arn");
        }
        /* Samples in the documentation write baseline:ID and baseline/ID; the last 16 characters
         * are the id in both. */
        if (crawl_keep(p, "baseline", "", "", arn + length - 16, row, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static json_t *input_children(const struct question *q)
{
    (void)q;
    return json_pack("{s:b}", "includeChildren", 1);
}

static int keep_enabled_baselines(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *row;
    json_array_foreach(jx_get(p->answer->json, "enabledBaselines"), i, row)
    {
        const char *arn = jx_str(row, "arn");
        const char *status = jx_str_or(row, "statusSummary.status", "");
        const char *operation = jx_str(row, "statusSummary.lastOperationIdentifier");
        if (arn == NULL) {
            return err_set(err, ERR_AWS, "ListEnabledBaselines returned a baseline without arn");
        }
        if (crawl_keep(p, "enabled-baseline", "", "", arn, row, err) != 0) {
            return -1;
        }
        /* The operation of a baseline that did not succeed tells how long it has been running, or
         * why it failed. */
        bool well = strcmp(status, "SUCCEEDED") == 0;
        if (!well && operation != NULL &&
            crawl_ask(p->crawl, "controltower:GetBaselineOperation", p->question->account,
                      p->question->region, operation, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int keep_baseline_operation(const struct answer_page *p, struct err *err)
{
    const json_t *operation = jx_get(p->answer->json, "baselineOperation");
    if (operation == NULL) {
        return err_set(err, ERR_AWS, "GetBaselineOperation returned no baselineOperation");
    }
    return crawl_keep(p, "baseline-operation", "", "", p->question->target, operation, err);
}

const struct collector landing_zone_collectors[] = {
    {.phase = PHASE_LANDING_ZONE,
     .seed = SEED_HOME,
     .operation = "controltower:ListLandingZones",
     .asks = {"controltower:GetLandingZone"},
     .as_management = true,
     .probe = true,
     .keep = keep_landing_zones},
    {.phase = PHASE_LANDING_ZONE,
     .operation = "controltower:GetLandingZone",
     .keeps = {"landing-zone"},
     .as_management = true,
     .target = "landingZoneIdentifier",
     .keep = keep_landing_zone},
    {.phase = PHASE_ORGANIZATION,
     .seed = SEED_HOME,
     .operation = "controltower:ListLandingZoneOperations",
     .asks = {"controltower:GetLandingZoneOperation"},
     .keeps = {"landing-zone-operation"},
     .as_management = true,
     .keep = keep_operations},
    {.phase = PHASE_ORGANIZATION,
     .operation = "controltower:GetLandingZoneOperation",
     .keeps = {"landing-zone-operation"},
     .as_management = true,
     .absence_is_answer = true, /* details live 90 days; the list entry remains */
     .target = "operationIdentifier",
     .keep = keep_operation_details},
    {.phase = PHASE_ORGANIZATION,
     .seed = SEED_HOME,
     .operation = "controltower:ListBaselines",
     .keeps = {"baseline"},
     .as_management = true,
     .keep = keep_baselines},
    {.phase = PHASE_ORGANIZATION,
     .seed = SEED_HOME,
     .operation = "controltower:ListEnabledBaselines",
     .asks = {"controltower:GetBaselineOperation"},
     .keeps = {"enabled-baseline"},
     .as_management = true,
     .input = input_children,
     .keep = keep_enabled_baselines},
    {.phase = PHASE_ORGANIZATION,
     .operation = "controltower:GetBaselineOperation",
     .keeps = {"baseline-operation"},
     .as_management = true,
     .absence_is_answer = true,
     .target = "operationIdentifier",
     .keep = keep_baseline_operation},
    {.operation = NULL},
};

/* --- where the landing zone is, and what its manifest says --- */

/* "arn:aws:controltower:REGION:..." */
static bool region_of_arn(const char *s, char out[33])
{
    struct arn arn;
    if (!arn_parse(s, &arn) || arn.region.length == 0 || arn.region.length >= 33) {
        return false;
    }
    (void)arn_part_copy(arn.region, out, 33);
    return true;
}

int landing_zone_search(struct crawl *crawl, struct err *err)
{
    struct only zone;
    if (only_find(crawl, "landing-zone", &zone, err) != 0) {
        return -1;
    }
    bool found = zone.document != NULL;
    only_release(&zone);
    if (found || crawl->options->home_region != NULL) {
        return 0;
    }
    /* FACTS 10.1: what ListLandingZones answers in a Region that is not the home Region is not
       documented (an empty list or an error): both are accepted. */
    const char *partition = aws_client_partition(crawl->client);
    for (size_t i = 0; i < region_count(); i++) {
        const struct region *region = region_at(i);
        if (str_equal(region->partition, partition) &&
            crawl_ask(crawl, "controltower:ListLandingZones", crawl->management, region->name, "",
                      err) != 0) {
            return -1;
        }
    }
    return crawl_drain(crawl, "the landing zone", err);
}

static void read_accounts_and_keys(struct crawl *crawl, const json_t *zone)
{
    const char *central = jx_str(zone, "manifest.backup.configurations.centralBackup.accountId");
    crawl->central_backup = xstrdup(
        central != NULL ? central
                        : jx_str(crawl->options->config->document, "accounts.central_backup"));
    crawl->backup_admin =
        xstrdup(jx_str(zone, "manifest.backup.configurations.backupAdmin.accountId"));
    crawl->backup_key = xstrdup(arn_tail(jx_str(zone, "manifest.backup.configurations.kmsKeyArn")));
    crawl->service_keys[0] =
        xstrdup(arn_tail(jx_str(zone, "manifest.centralizedLogging.configurations.kmsKeyArn")));
    crawl->service_keys[1] =
        xstrdup(arn_tail(jx_str(zone, "manifest.config.configurations.kmsKeyArn")));
}

static int read_regions(struct crawl *crawl, const json_t *zone, struct err *err)
{
    const json_t *governed = jx_get(zone, "manifest.governedRegions");
    crawl->governed = xcalloc(json_array_size(governed) + 1, sizeof *crawl->governed);
    size_t i;
    json_t *region;
    json_array_foreach(governed, i, region)
    {
        const char *name = json_string_value(region);
        if (name == NULL || !region_name_valid(name)) {
            return err_set(err, ERR_AWS,
                           "the landing zone's manifest names an invalid governed Region: \"%s\"",
                           name != NULL ? name : "?");
        }
        crawl->governed[crawl->governed_count++] = xstrdup(name);
    }
    if (crawl->governed_count == 0) {
        /* The home Region is governed whatever the manifest says. */
        crawl->governed[crawl->governed_count++] = xstrdup(crawl->home);
    }
    return 0;
}

static int read_manifest(struct crawl *crawl, const json_t *zone, struct err *err)
{
    if (crawl->governed_count > 0) {
        return 0; /* read already: this run was resumed */
    }
    const char *key = jx_str(zone, "manifest.backup.configurations.kmsKeyArn");
    read_accounts_and_keys(crawl, zone);
    if (key != NULL && store_meta_set(crawl->store, "backup_key", key, err) != 0) {
        return -1;
    }
    return read_regions(crawl, zone, err);
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

static int no_landing_zone(struct crawl *crawl, struct err *err)
{
    char text[256];
    const char *given = crawl->options->home_region;
    (void)snprintf(text, sizeof text,
                   given != NULL
                       ? "no AWS Control Tower landing zone was found in %s: give its home Region "
                         "in --home-region, or omit the option to search all Regions"
                       : "no AWS Control Tower landing zone was found: use credentials of the "
                         "management account, and give a home Region newer than this version in "
                         "--home-region%s",
                   given != NULL ? given : "");
    return answer_missing(crawl, "controltower:GetLandingZone", text, err);
}

int landing_zone_check(struct crawl *crawl, struct err *err)
{
    struct only zone;
    int rc = only_find(crawl, "landing-zone", &zone, err);
    if (rc != 0) {
        goto out;
    }
    rc = -1;
    if (zone.document == NULL && crawl->probe.code != ERR_NONE) {
        *err = crawl->probe;
    } else if (zone.document == NULL) {
        (void)no_landing_zone(crawl, err);
    } else if (!region_of_arn(zone.key, crawl->home)) {
        (void)err_set(err, ERR_AWS, "the landing zone's ARN is not readable: %s", zone.key);
    } else if (read_manifest(crawl, zone.document, err) == 0 &&
               store_meta_set(crawl->store, "home_region", crawl->home, err) == 0 &&
               store_regions(crawl, "governed_regions", false, err) == 0 &&
               store_regions(crawl, "regions_asked", true, err) == 0) {
        rc = 0;
    }
out:
    only_release(&zone);
    return rc;
}

int landing_zone_recall(struct crawl *crawl, struct err *err)
{
    struct only zone;
    int rc = only_find(crawl, "landing-zone", &zone, err);
    if (rc == 0 && zone.document != NULL && region_of_arn(zone.key, crawl->home)) {
        rc = read_manifest(crawl, zone.document, err);
    }
    only_release(&zone);
    return rc;
}
