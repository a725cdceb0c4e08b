/*
 * Account Management: which Regions an account has. State, global, per account:
 *   regions {name: ENABLED | ENABLING | DISABLING | DISABLED}   where it differs from the world's
 * own and for the management account `catalogue`, every Region that exists.
 */
#include "services/account.h"

#include <string.h>

#include "aws/partition.h"
#include "base/jsonx.h"
#include "base/text.h"

#define ENABLE_MS (INT64_C(12) * 60 * 1000)
#define PENDING_MAX 6U

#define ACCOUNT "s12..12/^\\d{12}$/"
#define STATUS "e(ENABLED|ENABLING|DISABLING|DISABLED|ENABLED_BY_DEFAULT)"

static json_t *member(json_t *parent, const char *key)
{
    json_t *object = json_object_get(parent, key);

    if (!json_is_object(object)) {
        object = json_object();
        json_object_set_new(parent, key, object);
    }
    return object;
}

json_t *account_regions(struct sim *sim)
{
    json_t *state = sim_state(sim, SVC_ACCOUNT, sim_management_account(sim), "");
    const json_t *defaults = jx_get(sim_world(sim), "regions.default_enabled");
    json_t *catalogue = json_object_get(state, "catalogue");
    json_t *name;
    size_t i;

    if (catalogue != NULL) {
        return catalogue;
    }
    catalogue = member(state, "catalogue");
    json_array_foreach(defaults, i, name)
    {
        json_object_set_new(catalogue, json_string_value(name), json_string("DEFAULT"));
    }
    for (i = 0; i < region_count(); i++) {
        const struct region *region = region_at(i);

        if (str_equal(region->partition, sim_partition(sim)) &&
            (region->opt_in || json_array_size(defaults) == 0)) {
            json_object_set_new(catalogue, region->name,
                                json_string(region->opt_in ? "OPT_IN" : "DEFAULT"));
        }
    }
    json_array_foreach(jx_get(sim_world(sim), "regions.opted_in"), i, name)
    {
        json_object_set_new(catalogue, json_string_value(name), json_string("OPTED_IN"));
    }
    return catalogue;
}

/* RegionOptStatus of a Region in an account, or NULL when there is no such Region. */
static const char *account_region_status(struct sim *sim, const char *account, const char *region)
{
    const char *kind = json_string_value(json_object_get(account_regions(sim), region));
    json_t *state = sim_state_peek(sim, SVC_ACCOUNT, account, "");
    const char *own = json_string_value(json_object_get(json_object_get(state, "regions"), region));

    if (kind == NULL || own != NULL) {
        return kind == NULL ? NULL : own;
    }
    if (str_equal(kind, "DEFAULT")) {
        return "ENABLED_BY_DEFAULT";
    }
    return str_equal(kind, "OPTED_IN") ? "ENABLED" : "DISABLED";
}

bool sim_account_region_enabled(struct sim *sim, const char *account, const char *region)
{
    const char *status = account_region_status(sim, account, region);

    return str_equal(status, "ENABLED") || str_equal(status, "ENABLED_BY_DEFAULT") ||
           str_equal(status, "DISABLING");
}

void sim_account_region_disable(struct sim *sim, const char *account, const char *region)
{
    jx_set_str(member(sim_state(sim, SVC_ACCOUNT, account, ""), "regions"), region, "DISABLED");
}

/* The account that is asked about, or NULL after a refusal. */
static const char *subject(struct sim_call *call)
{
    const char *account = jx_str(call->in, "AccountId");
    const char *management = sim_management_account(call->sim);
    json_t *organization;

    if (account == NULL) {
        return call->account;
    }
    if (str_equal(account, call->account) && str_equal(account, management)) {
        sim_fail(call, 400, "ValidationException",
                 "The management account can't specify its own AccountId. Remove the parameter to "
                 "operate on the management account.");
        return NULL;
    }
    organization = sim_state(call->sim, SVC_ORGANIZATIONS, management, "");
    if (!str_equal(call->account, management) ||
        json_object_get(json_object_get(organization, "service_access"), "account.amazonaws.com") ==
            NULL ||
        sim_org_account(call->sim, account) == NULL) {
        sim_fail(call, 403, "AccessDeniedException",
                 "User: %s is not authorized to perform: account:%s on the account %s",
                 call->principal_arn, call->op->name, account);
        return NULL;
    }
    return account;
}

static int list_regions(struct sim_call *call)
{
    const json_t *wanted = json_object_get(call->in, "RegionOptStatusContains");
    const char *account = subject(call), *name;
    json_t *rows, *kind;

    if (account == NULL) {
        return -1;
    }
    rows = json_array();
    json_object_foreach(account_regions(call->sim), name, kind)
    {
        const char *status = account_region_status(call->sim, account, name);
        if (json_array_size(wanted) == 0 || jx_list_has(wanted, status)) {
            json_array_append_new(
                rows, json_pack("{ss ss}", "RegionName", name, "RegionOptStatus", status));
        }
    }
    return sim_page_take(call, rows, 20);
}

static int region_status(struct sim_call *call)
{
    const char *account = subject(call), *region = jx_str(call->in, "RegionName");
    const char *status;

    if (account == NULL) {
        return -1;
    }
    status = account_region_status(call->sim, account, region);
    if (status == NULL) {
        return sim_fail(call, 400, "ValidationException", "The Region %s does not exist.", region);
    }
    jx_set_str(call->out, "RegionName", region);
    jx_set_str(call->out, "RegionOptStatus", status);
    return 0;
}

static void enabled(struct sim *sim, json_t *what)
{
    json_t *state = sim_state(sim, SVC_ACCOUNT, jx_str(what, "account"), "");

    jx_set_str(member(state, "regions"), jx_str(what, "region"), "ENABLED");
}

static int enable_region(struct sim_call *call)
{
    const char *account = subject(call), *region = jx_str(call->in, "RegionName");
    const char *status, *name;
    json_t *regions, *other;
    size_t pending = 0;

    if (account == NULL) {
        return -1;
    }
    status = account_region_status(call->sim, account, region);
    if (status == NULL) {
        return sim_fail(call, 400, "ValidationException", "The Region %s does not exist.", region);
    }
    if (str_equal(status, "ENABLED_BY_DEFAULT")) {
        return sim_fail(call, 400, "ValidationException",
                        "The Region %s is enabled by default and can't be changed.", region);
    }
    if (str_equal(status, "ENABLED") || str_equal(status, "ENABLING")) {
        return 0;
    }
    regions = member(sim_state(call->sim, SVC_ACCOUNT, account, ""), "regions");
    json_object_foreach(regions, name, other)
    {
        pending += str_equal(json_string_value(other), "ENABLING") ||
                   str_equal(json_string_value(other), "DISABLING");
    }
    if (str_equal(status, "DISABLING") || pending >= PENDING_MAX) {
        return sim_fail(call, 409, "ConflictException",
                        "Another Region change of this account is still in progress.");
    }
    jx_set_str(regions, region, "ENABLING");
    sim_later(call->sim, ENABLE_MS, enabled,
              json_pack("{ss ss}", "account", account, "region", region));
    return 0;
}

static const struct sim_route routes[] = {
    {"ListRegions", list_regions,
     "AccountId:" ACCOUNT ", MaxResults:i1..50, NextToken:s0..1000, "
     "RegionOptStatusContains:[" STATUS "]"},
    {"GetRegionOptStatus", region_status, "AccountId:" ACCOUNT ", RegionName!:s1..50"},
    {"EnableRegion", enable_region, "AccountId:" ACCOUNT ", RegionName!:s1..50"},
};

/* account: {ID: {REGION: STATUS}} of a world. */
static int load(struct sim *sim, const json_t *world, struct err *err)
{
    const char *account, *region;
    json_t *statuses, *status;

    json_object_foreach(json_object_get(world, "account"), account, statuses)
    {
        json_t *regions = member(sim_state(sim, SVC_ACCOUNT, account, ""), "regions");

        json_object_foreach(statuses, region, status)
        {
            if (json_object_get(account_regions(sim), region) == NULL || !json_is_string(status)) {
                return err_set(err, ERR_INPUT, "account.%s.%s: expected a Region and its status",
                               account, region);
            }
            json_object_set(regions, region, status);
        }
    }
    return 0;
}

const struct sim_service sim_account = {
    .service = SVC_ACCOUNT,
    .routes = routes,
    .route_count = sizeof routes / sizeof *routes,
    .invalid_code = "ValidationException",
    .invalid_status = 400,
    .load = load,
};
