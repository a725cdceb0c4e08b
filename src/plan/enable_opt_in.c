/* Step 4 of the walkthrough: service opt-in. Settings are per account and Region, and accounts that
 * this plan makes or registers could not be read yet. */
#include <stdio.h>
#include <stdlib.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "control_tower.h"
#include "goals.h"

struct opting {
    struct making *m;
    struct err *err;
    bool (*covered)(const struct making *m, const json_t *account);
    json_t *seen;   /* "ACCOUNT/REGION": true */
    json_t *offers; /* Region -> the management account's map */
};

static int note_one(struct opting *o, const json_t *document, const char *remedy)
{
    o->m->why[0] = '\0';
    int rc = remedy_run(o->m, remedy, document, REASON_ENABLE, o->err);
    if (rc > 0) {
        making_manual(o->m, jx_str_or(document, "_name", ""), o->m->why);
    }
    return rc < 0 ? -1 : 0;
}

static int opt_in_one(void *context, const json_t *document)
{
    struct opting *o = context;
    struct making *m = o->m;
    const char *region = jx_str_or(document, "region", "");
    const json_t *account = making_find(m, SCOPE_ACCOUNT, jx_str_or(document, "account", ""));
    const json_t *map = jx_get(document, "opt_in");
    bool management = jx_bool(document, "is_management");
    if (json_object_size(map) == 0) {
        return 0;
    }
    (void)json_object_set_new(o->seen, jx_str_or(document, "_key", ""), json_true());
    if (management) {
        (void)json_object_set_new(o->offers, region, json_deep_copy(map));
    }
    if (!management && !o->covered(m, account)) {
        return 0;
    }
    if (jx_count(document, "types_off") + jx_count(document, "tagged_types_off") > 0 &&
        note_one(o, document, "opt-in") != 0) {
        return -1;
    }
    bool tables = !management && jx_int(document, "dynamodb_tables", 0) > 0 &&
                  jx_list_has(jx_get(m->config, "resource_types"), "DynamoDB");
    bool plain = json_is_false(jx_get(document, "management.DynamoDB"));
    return tables && plain ? note_one(o, document, "dynamodb-advanced") : 0;
}

/* The wanted types that the Region offers. */
static json_t *wanted_types(const struct opting *o, const char *region)
{
    const json_t *types = jx_get(o->m->config, "resource_types");
    const json_t *offered = json_object_get(o->offers, region);
    json_t *wanted = json_object();
    for (size_t i = 0; i < json_array_size(types); i++) {
        const char *type = json_string_value(json_array_get(types, i));
        if (json_object_get(offered, type) != NULL) {
            (void)json_object_set_new(wanted, type, json_true());
        }
    }
    return wanted;
}

/* A step for an account that could not be read: its probe tells at the time whether it is needed.
 */
static int add_unseen(struct opting *o, const char *target, const char *account, const char *region,
                      const char *need, struct err *err)
{
    struct making *m = o->m;
    json_t *types = wanted_types(o, region);
    if (json_object_size(types) == 0) {
        json_decref(types);
        return 0;
    }
    char *place = xasprintf("%s/%s", target, region);
    struct plan_step *step =
        step_new(remedy_find("opt-in"), place, "Opt in to the required resource types in %s, %s",
                 target, region);
    step_send(step, call_new(m, "backup:UpdateRegionSettings", account, region, ROLE_CONTROL_TOWER,
                             json_pack("{s:O}", "ResourceTypeOptInPreference", types)));
    step_done(step,
              probe_new(call_new(m, "backup:DescribeRegionSettings", account, region,
                                 ROLE_CONTROL_TOWER, NULL),
                        cond_new("ResourceTypeOptInPreference", "superset_of", json_incref(types)),
                        false));
    step_change(step, json_null(), types);
    step_need(step, need);
    step->unread = true;
    after_zone(step);
    free(place);
    return step_add(m, step, REASON_ENABLE, err);
}

static int each_region(struct opting *o, const char *target, const char *account, const char *need,
                       struct err *err)
{
    const char *region = NULL;
    json_t *map = NULL;
    int rc = 0;
    json_object_foreach(o->offers, region, map)
    {
        char *key = xasprintf("%s/%s", account, region);
        if (rc == 0 && json_object_get(o->seen, key) == NULL) {
            rc = add_unseen(o, target, account, region, need, err);
        }
        free(key);
    }
    return rc;
}

/* Accounts that the landing zone update or the registration of their OU opens to us. */
static int unseen_members(struct opting *o, struct err *err)
{
    const json_t *all = o->m->all[SCOPE_ACCOUNT];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(all); i++) {
        const json_t *account = json_array_get(all, i);
        const char *id = jx_str_or(account, "id", "");
        char *need = xasprintf("enable-control-tower-baseline/%s", jx_str_or(account, "ou_id", ""));
        bool special = is_backup_account(o->m, account);
        if (special) {
            free(need);
            need = xstrdup("enable-landing-zone-backup");
        }
        if (o->covered(o->m, account) && !jx_bool(account, "reached") &&
            making_step(o->m, need) != NULL) {
            rc = each_region(o, id, id, need, err);
        }
        free(need);
    }
    return rc;
}

static int unseen_new(struct opting *o, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < BACKUP_ACCOUNT_COUNT; i++) {
        const char *target = backup_accounts[i].target;
        char *maker = xasprintf("create-accounts/%s", target);
        char *id = xasprintf("${%s:id}", maker);
        if (making_step(o->m, maker) != NULL && jx_bool(o->m->config, "ous.security_ou")) {
            rc = each_region(o, target, id, maker, err);
        }
        free(id);
        free(maker);
    }
    return rc;
}

int enable_opt_in(struct making *m, bool (*covered)(const struct making *m, const json_t *account),
                  struct err *err)
{
    struct opting o = {
        .m = m, .err = err, .covered = covered, .seen = json_object(), .offers = json_object()};
    int rc = subjects_each(m->subjects, SCOPE_ACCOUNT_REGION, opt_in_one, &o, err);
    if (rc == 0) {
        rc = unseen_new(&o, err);
    }
    if (rc == 0) {
        rc = unseen_members(&o, err);
    }
    json_decref(o.seen);
    json_decref(o.offers);
    return rc;
}
