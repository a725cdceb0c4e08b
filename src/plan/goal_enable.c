/* The whole walkthrough: from what is there to what the configuration wants, as one plan. What is
 * there already gets no step, so a second plan is empty. */
#include "goals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "control_tower.h"
#include "model/baseline.h"

/* Runs a remedy; what it cannot do goes to the people's list, under the subject's name. */
static int run(struct making *m, const char *remedy, const json_t *subject, struct err *err)
{
    m->why[0] = '\0';
    int rc = remedy_run(m, remedy, subject, REASON_ENABLE, err);
    if (rc > 0) {
        making_manual(m, jx_str_or(subject, "_name", jx_str_or(subject, "_key", remedy)), m->why);
        rc = 0;
    }
    return rc;
}

/* The same where nothing after it makes sense without it. */
static int must(struct making *m, const char *remedy, const json_t *subject, struct err *err)
{
    m->why[0] = '\0';
    int rc = remedy_run(m, remedy, subject, REASON_ENABLE, err);
    return rc > 0 ? err_set(err, ERR_INPUT, "nothing can be enabled: %s", m->why) : rc;
}

static const json_t *zone_of(const struct making *m)
{
    return json_array_get(m->all[SCOPE_LANDING_ZONE], 0);
}

static const json_t *org_of(const struct making *m)
{
    return json_array_get(m->all[SCOPE_ORG], 0);
}

/* --- step 2 --- */

/* Regions to be governed from now on have no key yet, and the update that brings them needs one. */
static void add_new_regions(struct making *m)
{
    const json_t *wanted = jx_get(m->config, "governed_regions");
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        const char *region = json_string_value(json_array_get(wanted, i));
        if (making_find(m, SCOPE_KEY, region) != NULL) {
            continue;
        }
        (void)json_array_append_new(m->all[SCOPE_KEY],
                                    json_pack("{s:s,s:s,s:s,s:b,s:b,s:b}", "_key", region, "_name",
                                              region, "region", region, "governed", 1, "is_home", 0,
                                              "present", 0));
        char why[256];
        (void)snprintf(why, sizeof why,
                       "%s is not governed yet, so it could not be read: run enable again "
                       "afterwards",
                       region);
        making_manual(m, region, why);
    }
}

static int enable_member_key(struct making *m, const json_t *key, struct err *err)
{
    int rc = 0;
    if (!jx_bool(key, "governed")) {
        return 0;
    }
    if (!jx_bool(key, "present")) {
        return jx_bool(key, "is_home") ? 0 : run(m, "replicate-key", key, err);
    }
    if (!jx_bool(key, "enabled")) {
        rc = run(m, "enable-key", key, err);
    }
    if (rc == 0 && jx_bool(key, "policy.present") &&
        (!jx_bool(key, "policy.management_root") || !jx_bool(key, "policy.org_statement") ||
         jx_count(key, "policy.missing_actions") > 0 ||
         json_is_false(jx_get(key, "policy.equals_primary")))) {
        rc = run(m, "put-key-policy", key, err);
    }
    return rc;
}

static int enable_keys(struct making *m, struct err *err)
{
    const json_t *home = making_find(m, SCOPE_KEY, m->home);
    add_new_regions(m);
    if (home == NULL) {
        return err_set(err, ERR_INPUT, "nothing can be enabled: the home Region %s is not governed",
                       m->home);
    }
    bool usable = jx_bool(home, "present") && jx_bool(home, "multi_region");
    int rc = usable ? 0 : must(m, "create-key", home, err);
    for (size_t i = 0; usable && rc == 0 && i < json_array_size(m->all[SCOPE_KEY]); i++) {
        rc = enable_member_key(m, json_array_get(m->all[SCOPE_KEY], i), err);
    }
    if (rc == 0 && usable && json_is_false(jx_get(home, "rotation_enabled"))) {
        rc = run(m, "enable-key-rotation", home, err);
    }
    if (rc == 0 && usable && jx_str(home, "primary_region") != NULL &&
        !str_equal(jx_str(home, "primary_region"), m->home)) {
        rc = run(m, "update-primary-region", home, err);
    }
    return rc;
}

/* --- step 3 and 4 --- */

static int enable_zone(struct making *m, struct err *err)
{
    const json_t *zone = zone_of(m);
    /* An update goes over everything again; only where there is none a drift needs a reset. */
    int rc = must(m, "enable-landing-zone-backup", zone, err);
    bool updates = making_step(m, "enable-landing-zone-backup") != NULL;
    bool ill =
        str_equal(jx_str(zone, "status"), "FAILED") || str_equal(jx_str(zone, "drift"), "DRIFTED");
    return rc == 0 && ill && !updates ? run(m, "reset-landing-zone", zone, err) : rc;
}

static int enable_delegation(struct making *m, struct err *err)
{
    const json_t *org = org_of(m);
    int rc = run(m, "enable-trusted-access", org, err);
    if (rc == 0) {
        rc = run(m, "register-delegated-administrator", org, err);
    }
    if (rc == 0 && !jx_bool(org, "global_settings.isCrossAccountBackupEnabled")) {
        rc = run(m, "enable-cross-account-backup", org, err);
    }
    if (rc == 0) {
        rc = run(m, "enable-delegated-administrator-sync", org, err);
    }
    if (rc == 0 && !jx_bool(org, "policy_delegation.manages")) {
        rc = run(m, "delegate-backup-policies", org, err);
    }
    struct plan_step *step = making_step(m, "enable-cross-account-backup");
    if (rc == 0 && step != NULL) {
        after_zone(step);
    }
    return rc;
}

/* --- step 5 --- */

static bool unit_covered(const struct making *m, const json_t *ou)
{
    return jx_bool(ou, "is_security") ? jx_bool(m->config, "ous.security_ou")
                                      : jx_bool(ou, "wanted");
}

static bool account_covered(const struct making *m, const json_t *account)
{
    const char *unit = jx_str(account, "ou_id");
    const json_t *ou = unit != NULL ? making_find(m, SCOPE_OU, unit) : NULL;
    bool special = is_backup_account(m, account);
    if (!str_equal(jx_str(account, "state"), "ACTIVE")) {
        return false;
    }
    /* The landing zone moves the two into the Security OU. */
    return special ? jx_bool(m->config, "ous.security_ou")
                   : ou != NULL && unit_covered(m, ou) && !jx_bool(account, "exempt");
}

static int by_depth(const void *a, const void *b)
{
    json_t *const *first = a;
    json_t *const *second = b;
    long long x = jx_int(*first, "depth", 0);
    long long y = jx_int(*second, "depth", 0);
    return x < y   ? -1
           : x > y ? 1
                   : strcmp(jx_str_or(*first, "path", ""), jx_str_or(*second, "path", ""));
}

static int enable_unit(struct making *m, const json_t *ou, struct err *err)
{
    const json_t *backup = held_on(ou, BACKUP_BASELINE);
    const json_t *tower = held_on(ou, CONTROL_TOWER_BASELINE);
    int rc = tower != NULL || backup != NULL ? run(m, "update-enabled-baseline", ou, err) : 0;
    if (rc != 0 || !unit_covered(m, ou)) {
        return rc;
    }
    bool ill = str_equal(jx_str(backup, "status"), "FAILED") ||
               str_equal(jx_str(backup, "drift"), "DRIFTED") ||
               (backup != NULL && jx_count(ou, "accounts_uncovered") > 0);
    return ill ? run(m, "reset-enabled-baseline", ou, err)
               : run(m, "enable-backup-baseline", ou, err);
}

static int enable_units(struct making *m, struct err *err)
{
    size_t count = json_array_size(m->all[SCOPE_OU]);
    json_t **units = xcalloc(count + 1, sizeof(void *));
    int rc = 0;
    for (size_t i = 0; i < count; i++) {
        units[i] = json_array_get(m->all[SCOPE_OU], i);
    }
    qsort(units, count, sizeof(void *), by_depth);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = enable_unit(m, units[i], err);
    }
    free(units);
    return rc;
}

/* --- step 6 --- */

struct tagging {
    struct making *m;
    struct err *err;
    size_t undecided;
};

static int tag_one(void *context, const json_t *document)
{
    struct tagging *t = context;
    struct making *m = t->m;
    const json_t *account = making_find(m, SCOPE_ACCOUNT, jx_str_or(document, "account", ""));
    bool slips = jx_count(document, "wrong_values") + jx_count(document, "near_misses") > 0;
    bool ours = jx_bool(document, "supported") && jx_bool(document, "wanted_type") &&
                jx_bool(document, "governed_region") && !jx_bool(document, "exempt") &&
                account_covered(m, account) && !jx_bool(account, "is_management");
    if (jx_bool(document, "_unlisted") || (!slips && (!ours || jx_bool(document, "tagged")))) {
        return 0;
    }
    if (!slips && jx_str(m->config, "tags.default_tier") == NULL) {
        t->undecided++;
        return 0;
    }
    return run(m, "tag-resource", document, t->err);
}

static int enable_tags(struct making *m, struct err *err)
{
    struct tagging t = {.m = m, .err = err};
    int rc = subjects_each(m->subjects, SCOPE_RESOURCE, tag_one, &t, err);
    if (t.undecided > 0) {
        char why[256];
        (void)snprintf(why, sizeof why,
                       "%zu resource%s no backup tag, and the owner decides the backup frequency: "
                       "tag them, exempt them, or set tags.default_tier in the configuration",
                       t.undecided, t.undecided == 1 ? " carries" : "s carry");
        making_manual(m, "resources", why);
    }
    return rc;
}

/* --- all of it --- */

int goal_enable(struct making *m, struct err *err)
{
    if (zone_of(m) == NULL || !jx_bool(m->lz, "present")) {
        return err_set(err, ERR_INPUT, "there is no landing zone: set one up in AWS Control Tower");
    }
    if (desired_check(m, err) != 0 || must(m, "create-accounts", zone_of(m), err) != 0 ||
        enable_keys(m, err) != 0 || enable_zone(m, err) != 0 || enable_delegation(m, err) != 0 ||
        enable_opt_in(m, account_covered, err) != 0 || enable_units(m, err) != 0) {
        return -1;
    }
    return enable_tags(m, err);
}
