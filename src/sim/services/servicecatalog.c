/*
 * Service Catalog: the provisioned products of the management account, as Account Factory leaves
 * them. State, per account and Region (a world's are the management account's, in the home Region):
 *   products {ID: {account, name, status, type}}
 * Nothing here follows what happens to the account: closing one leaves its product behind.
 */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/jsonx.h"
#include "base/text.h"

#include "services/inventory.h"

#define ID_LETTERS "abcdefghijklmnopqrstuvwxyz234567"
#define PRODUCT_TYPE "CONTROL_TOWER_ACCOUNT"

static const char *const statuses[] = {
    "AVAILABLE", "UNDER_CHANGE", "TAINTED", "ERROR", "PLAN_IN_PROGRESS",
};

static json_t *products(struct sim *sim, const char *account, const char *region)
{
    json_t *state = sim_state(sim, SVC_SERVICECATALOG, account, region);
    json_t *list = json_object_get(state, "products");
    if (list == NULL) {
        list = json_object();
        json_object_set_new(state, "products", list);
    }
    return list;
}

static json_t *wire(const struct sim_call *call, const char *id, const json_t *product)
{
    char arn[256], user[128], words[64], factory[14], version[14];
    const char *partition = sim_partition(call->sim);
    snprintf(arn, sizeof arn, "arn:%s:servicecatalog:%s:%s:stack/%s/%s", partition, call->region,
             call->account, jx_str_or(product, "name", ""), id);
    snprintf(user, sizeof user, "arn:%s:iam::%s:role/service-role/AWSControlTowerAdmin", partition,
             call->account);
    snprintf(words, sizeof words, "account factory %s", call->account);
    sim_hash_id(call->sim, words, ID_LETTERS, 13, factory);
    snprintf(words, sizeof words, "account factory version %s", call->account);
    sim_hash_id(call->sim, words, ID_LETTERS, 13, version);
    json_t *row =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:[], s:s+, s:s, s:s+, s:s, s:s, s:s}", "Id", id,
                  "Arn", arn, "Name", jx_str_or(product, "name", ""), "Type",
                  jx_str_or(product, "type", PRODUCT_TYPE), "Status",
                  jx_str_or(product, "status", statuses[0]), "CreatedTime",
                  epoch(hashed_birth_ms(call->sim, arn)), "Tags", "ProductId", "prod-", factory,
                  "ProductName", "AWS Control Tower Account Factory", "ProvisioningArtifactId",
                  "pa-", version, "ProvisioningArtifactName", "AWS Control Tower Account Factory",
                  "UserArn", user, "UserArnSession", user);
    json_array_append_new(json_object_get(row, "Tags"),
                          json_pack("{s:s, s:o}", "Key", "aws:servicecatalog:productArn", "Value",
                                    json_sprintf("arn:%s:catalog:%s:%s:product/prod-%s", partition,
                                                 call->region, call->account, factory)));
    char token[37];
    uuid_of_name(arn, token);
    jx_set_str(row, "IdempotencyToken", token);
    json_object_set_new(row, "LastRecordId", json_sprintf("rec-%s", id + strcspn(id, "-") + 1));
    if (!str_equal(jx_str(row, "Status"), statuses[0])) {
        jx_set_str(row, "StatusMessage", "The account could not be updated.");
    }
    const char *account = jx_str(product, "account");
    if (account != NULL) {
        jx_set_str(row, "PhysicalId", account);
    }
    return row;
}

/* "type:CFN_STACK"; -1 after a refusal, else whether the row is wanted. How several queries go
   together is not documented: all must fit. */
static int query_fits(struct sim_call *call, const char *query, const json_t *row)
{
    static const char *const fields[][2] = {
        {"arn", "Arn"},
        {"id", "Id"},
        {"name", "Name"},
        {"physicalId", "PhysicalId"},
        {"productId", "ProductId"},
        {"productName", "ProductName"},
        {"status", "Status"},
        {"type", "Type"},
        {"userArn", "UserArn"},
        {"userArnSession", "UserArnSession"},
    };
    const char *colon = strchr(query, ':');
    size_t length = colon != NULL ? (size_t)(colon - query) : 0;
    for (size_t i = 0; colon != NULL && i < sizeof fields / sizeof *fields; i++) {
        if (strlen(fields[i][0]) == length && strncmp(fields[i][0], query, length) == 0) {
            return str_equal(jx_str_or(row, fields[i][1], ""), colon + 1) ? 1 : 0;
        }
    }
    return sim_fail(call, 400, "InvalidParametersException", "Invalid search query: %s", query);
}

/* "The default is User": without a filter, and for User and Role, the caller's own. */
static bool may_see(const struct sim_call *call, const json_t *row)
{
    return str_equal(jx_str_or(call->in, "AccessLevelFilter.Key", "User"), "Account") ||
           str_equal(jx_str_or(row, "UserArn", ""), call->principal_arn);
}

static int search(struct sim_call *call)
{
    const json_t *queries = jx_get(call->in, "Filters.SearchQuery");
    json_t *rows = json_array(), *product, *query;
    const char *id;
    size_t i;
    int rc = 0;
    json_object_foreach(products(call->sim, call->account, call->region), id, product)
    {
        json_t *row = wire(call, id, product);
        int wanted = may_see(call, row) ? 1 : 0;
        json_array_foreach(queries, i, query)
        {
            int fits = rc == 0 ? query_fits(call, json_string_value(query), row) : 0;
            rc = fits < 0 ? -1 : rc;
            wanted = wanted == 1 && fits == 1 ? 1 : 0;
        }
        if (wanted == 1) {
            json_array_append(rows, row);
        }
        json_decref(row);
    }
    if (rc == 0) {
        json_object_set_new(call->out, "TotalResultsCount",
                            json_integer((json_int_t)json_array_size(rows)));
        rc = sim_page(call, rows, 20);
    }
    json_decref(rows);
    return rc;
}

static const struct sim_route routes[] = {
    {"SearchProvisionedProducts", search,
     "AcceptLanguage:s0..100, AccessLevelFilter:{Key:e(Account|Role|User), Value:s}, "
     "Filters:<[s]>, SortBy:s, SortOrder:e(ASCENDING|DESCENDING), PageSize:i0..100, "
     "PageToken:s0..2024"},
};

static bool known_status(const char *word)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        if (str_equal(word, statuses[i])) {
            return true;
        }
    }
    return false;
}

static int take_product(struct sim *sim, json_t *row, size_t index, struct err *err)
{
    static const char *const known[] = {"account", "id", "name", "status", "type"};
    const char *account = jx_str(row, "account"), *id = jx_str(row, "id"), *key;
    char words[64], made[14], given[32];
    json_t *value;
    json_object_foreach(row, key, value)
    {
        bool fits = false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
            fits = fits || str_equal(key, known[i]);
        }
        if (!fits || !json_is_string(value)) {
            return err_set(err, ERR_INPUT,
                           "account_factory[%zu].%s: expected text (account, id, name, status and "
                           "type are required)",
                           index, key);
        }
    }
    if (account == NULL || strlen(account) != 12 || strspn(account, "0123456789") != 12) {
        return err_set(err, ERR_INPUT, "account_factory[%zu].account: expected 12 digits", index);
    }
    if (!known_status(jx_str_or(row, "status", statuses[0]))) {
        return err_set(err, ERR_INPUT,
                       "account_factory[%zu].status: expected AVAILABLE, UNDER_CHANGE, TAINTED, "
                       "ERROR or PLAN_IN_PROGRESS",
                       index);
    }
    snprintf(words, sizeof words, "product %s %zu", account, index);
    sim_hash_id(sim, words, ID_LETTERS, 13, made);
    snprintf(given, sizeof given, "pp-%s", made);
    json_t *product =
        json_pack("{s:s, s:s, s:s, s:s}", "account", account, "name",
                  jx_str_or(row, "name", account), "status", jx_str_or(row, "status", statuses[0]),
                  "type", jx_str_or(row, "type", PRODUCT_TYPE));
    json_object_set_new(products(sim, sim_management_account(sim), sim_home_region(sim)),
                        id != NULL ? id : given, product);
    return 0;
}

/* account_factory: [{account, id, name, status, type}] of a world. */
static int load(struct sim *sim, const json_t *world, struct err *err)
{
    const json_t *list = json_object_get(world, "account_factory");
    size_t i;
    json_t *row;
    if (list != NULL && !json_is_array(list)) {
        return err_set(err, ERR_INPUT, "account_factory: expected a list");
    }
    json_array_foreach(list, i, row)
    {
        if (take_product(sim, row, i, err) != 0) {
            return -1;
        }
    }
    return 0;
}

const struct sim_service sim_servicecatalog = {
    .service = SVC_SERVICECATALOG,
    .routes = routes,
    .route_count = sizeof routes / sizeof *routes,
    .invalid_code = "InvalidParametersException",
    .invalid_status = 400,
    .load = load,
};
