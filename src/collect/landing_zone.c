/* Control Tower: the landing zone, its operations and the baselines, asked in the home Region. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/text.h"
#include "crawl.h"

static int keep_landing_zones(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *row;
    json_array_foreach(jx_get(p->answer->json, "landingZones"), i, row)
    {
        const char *arn = jx_str(row, "arn");
        if (!arn) {
            return err_set(err, ERR_AWS, "ListLandingZones answered a landing zone without arn");
        }
        /* The ARN carries the home Region, so a listing from elsewhere still leads there. */
        if (crawl_ask(p->crawl, "controltower:GetLandingZone", p->question->account,
                      p->question->region, arn, err)) {
            return -1;
        }
    }
    return 0;
}

static json_t *input_landing_zone(struct crawl *crawl, const struct question *q)
{
    (void)crawl;
    return json_pack("{s:s}", "landingZoneIdentifier", q->target);
}

static int keep_landing_zone(const struct answer_page *p, struct err *err)
{
    const json_t *zone = jx_get(p->answer->json, "landingZone");
    const char *arn = jx_str(zone, "arn");
    if (!arn) {
        return err_set(err, ERR_AWS, "GetLandingZone answered without landingZone.arn");
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
        if (!id) {
            return err_set(
                err, ERR_AWS,
                "ListLandingZoneOperations answered an operation without its identifier");
        }
        /* Newest first, as documented. Later pages only matter for what still runs. */
        json_object_set_new(row, "position",
                            json_integer((json_int_t)i + (json_int_t)p->answer->page * 100));
        if (crawl_keep(p, "landing-zone-operation", "", "", id, row, err)) {
            return -1;
        }
        if (i == 0 && p->answer->page == 0 &&
            crawl_ask(p->crawl, "controltower:GetLandingZoneOperation", p->question->account,
                      p->question->region, id, err)) {
            return -1;
        }
    }
    return 0;
}

static json_t *input_operation(struct crawl *crawl, const struct question *q)
{
    (void)crawl;
    return json_pack("{s:s}", "operationIdentifier", q->target);
}

static int keep_operation_details(const struct answer_page *p, struct err *err)
{
    json_t *row = NULL;
    if (store_get_entity(p->crawl->store, "landing-zone-operation", "", "", p->question->target,
                         &row, NULL, err)) {
        return -1;
    }
    if (!row) {
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
            return err_set(err, ERR_AWS, "ListBaselines answered a baseline without a usable arn");
        }
        /* Samples in the documentation write baseline:ID and baseline/ID; the last 16 characters
         * are the id in both. */
        if (crawl_keep(p, "baseline", "", "", arn + length - 16, row, err)) {
            return -1;
        }
    }
    return 0;
}

static json_t *input_children(struct crawl *crawl, const struct question *q)
{
    (void)crawl;
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
        if (!arn) {
            return err_set(err, ERR_AWS, "ListEnabledBaselines answered a baseline without arn");
        }
        if (crawl_keep(p, "enabled-baseline", "", "", arn, row, err)) {
            return -1;
        }
        /* Only what is not well needs its story told: how long it has been running, or why it
         * failed. */
        bool well = strcmp(status, "SUCCEEDED") == 0;
        if (!well && operation &&
            crawl_ask(p->crawl, "controltower:GetBaselineOperation", p->question->account,
                      p->question->region, operation, err)) {
            return -1;
        }
    }
    return 0;
}

static int keep_baseline_operation(const struct answer_page *p, struct err *err)
{
    const json_t *operation = jx_get(p->answer->json, "baselineOperation");
    if (!operation) {
        return err_set(err, ERR_AWS, "GetBaselineOperation answered without baselineOperation");
    }
    return crawl_keep(p, "baseline-operation", "", "", p->question->target, operation, err);
}

const struct collector landing_zone_collectors[] = {
    {.operation = "controltower:ListLandingZones",
     .as_management = true,
     .probe = true,
     .keep = keep_landing_zones},
    {.operation = "controltower:GetLandingZone",
     .as_management = true,
     .input = input_landing_zone,
     .keep = keep_landing_zone},
    {.operation = "controltower:ListLandingZoneOperations",
     .as_management = true,
     .keep = keep_operations},
    {.operation = "controltower:GetLandingZoneOperation",
     .as_management = true,
     .absence_is_answer = true, /* details live 90 days; the list entry remains */
     .input = input_operation,
     .keep = keep_operation_details},
    {.operation = "controltower:ListBaselines", .as_management = true, .keep = keep_baselines},
    {.operation = "controltower:ListEnabledBaselines",
     .as_management = true,
     .input = input_children,
     .keep = keep_enabled_baselines},
    {.operation = "controltower:GetBaselineOperation",
     .as_management = true,
     .absence_is_answer = true,
     .input = input_operation,
     .keep = keep_baseline_operation},
    {.operation = NULL},
};
