#include "plan_rules.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "model/arn.h"
#include "protection.h"
#include "vault_targets.h"

struct rules { /* of one plan */
    struct visit *v;
    const struct account_region *place;
    json_t *document;
    json_t *missing, *outside; /* ARNs of vaults that copies name */
    json_t *unlimited;         /* ARNs of copies without a lifecycle */
    json_t *refused;           /* in words: what a vault's lock refuses */
    json_t *kept;              /* in words: each copy */
    bool to_central, cross_region, failed;
};

/* Whole days of a lifecycle; null: AWS sent none. */
static void set_days(json_t *into, const char *member, const json_t *holder, const char *path)
{
    long long days = jx_int(holder, path, -1);
    set_new(into, member, days >= 0 ? json_integer(days) : json_null());
}

static void set_lifecycle(json_t *into, const json_t *holder, const json_t *kept)
{
    set_days(into, "delete_after_days", holder, "Lifecycle.DeleteAfterDays");
    set_days(into, "cold_after_days", holder, "Lifecycle.MoveToColdStorageAfterDays");
    set_days(into, "kept_days", kept, "Lifecycle.DeleteAfterDays");
    set_bool(into, "kept_forever", json_is_null(json_object_get(into, "kept_days")));
}

static char *days_in_words(const json_t *kept)
{
    return jx_bool(kept, "kept_forever") ? xstrdup("no end")
                                         : xasprintf("%lld days", jx_int(kept, "kept_days", 0));
}

/* A job whose retention is outside the bounds of the vault's lock fails. */
static void check_lock(struct rules *r, const char *rule, const json_t *kept,
                       const struct vault_target *t, const json_t *vault)
{
    long long least = jx_int(vault, "MinRetentionDays", 0);
    long long most = jx_int(vault, "MaxRetentionDays", 0);
    bool forever = jx_bool(kept, "kept_forever");
    long long days = jx_int(kept, "kept_days", 0);
    if ((least > 0 && !forever && days < least) || (most > 0 && (forever || days > most))) {
        char *words = days_in_words(kept);
        char *bound = most == 0    ? xasprintf("at least %lld days", least)
                      : least == 0 ? xasprintf("at most %lld days", most)
                                   : xasprintf("%lld to %lld days", least, most);
        char *line = xasprintf("rule %.60s keeps %s in %.60s in %s, whose lock accepts %s", rule,
                               words, t->name, t->region, bound);
        list_text(r->refused, line);
        free(line);
        free(bound);
        free(words);
    }
}

static void add_kept(struct rules *r, const json_t *copy, const char *region)
{
    char *days = days_in_words(copy);
    char *words = xasprintf("%s in %s", days, region);
    list_text(r->kept, words);
    free(words);
    free(days);
}

static void set_there(json_t *into, const char *member, enum vault_state state)
{
    set_new(into, member,
            state == VAULT_UNKNOWN ? json_null() : json_boolean(state == VAULT_THERE));
}

static json_t *copy_of(struct rules *r, const json_t *rule, const json_t *action)
{
    const char *arn = jx_str_or(action, "DestinationBackupVaultArn", "");
    const char *central = r->v->s->cache->central;
    struct vault_target t = {.account = "", .region = "", .name = arn};
    json_t *copy = json_object();
    json_t *vault = NULL;
    enum vault_state state = vault_target_parse(arn, &t)
                                 ? vault_find(r->v, &t, r->document, &vault, &r->failed)
                                 : VAULT_MISSING;
    set_text(copy, "vault_arn", arn);
    set_text(copy, "account", t.account);
    set_text(copy, "region", t.region);
    /* A copy without a retention of its own inherits the recovery point's. */
    bool own = jx_get(action, "Lifecycle.DeleteAfterDays") != NULL;
    set_lifecycle(copy, action, own ? action : rule);
    bool to_central = str_equal(t.account, central);
    set_bool(copy, "central", to_central);
    set_there(copy, "vault_exists", state);
    add_kept(r, copy, t.region);
    check_lock(r, jx_str_or(rule, "RuleName", "?"), copy, &t, vault);
    if (state == VAULT_MISSING) {
        list_text(r->missing, arn);
    } else if (state == VAULT_OUTSIDE) {
        list_text(r->outside, arn);
    }
    if (!own) {
        list_text(r->unlimited, arn);
    }
    r->cross_region =
        r->cross_region || (t.region[0] != '\0' && !str_equal(t.region, r->place->region));
    r->to_central = r->to_central || (state != VAULT_MISSING && to_central);
    json_decref(vault);
    return copy;
}

/* The vault that the rule writes to, and the air-gapped one beside it. */
static void set_target(struct rules *r, const json_t *raw, json_t *rule)
{
    const struct subjects *s = r->v->s;
    const char *air_gapped = jx_str(raw, "TargetLogicallyAirGappedBackupVaultArn");
    const char *key = jx_str(s->backup, "kms_key_arn");
    char *expected = key != NULL ? arn_in_region(key, r->place->region) : NULL;
    struct vault_target t = {.name = jx_str_or(raw, "TargetBackupVaultName", "")};
    json_t *vault = NULL;
    (void)snprintf(t.account, sizeof t.account, "%s", r->place->account->id);
    (void)snprintf(t.region, sizeof t.region, "%s", r->place->region);
    enum vault_state state = vault_find(r->v, &t, NULL, &vault, &r->failed);
    const char *has = jx_str(vault, "EncryptionKeyArn");
    set_text(rule, "vault", t.name);
    set_there(rule, "vault_exists", state);
    set_text(rule, "vault_kind", vault != NULL ? vault_kind(s, t.account, t.name, vault) : NULL);
    set_text(rule, "vault_key_arn", has);
    set_new(rule, "vault_key_is_backup_key",
            has != NULL && expected != NULL ? json_boolean(str_equal(has, expected)) : json_null());
    check_lock(r, jx_str_or(raw, "RuleName", "?"), rule, &t, vault);
    json_decref(vault);
    vault = NULL;
    if (air_gapped != NULL && vault_target_parse(air_gapped, &t)) {
        state = vault_find(r->v, &t, NULL, &vault, &r->failed);
        check_lock(r, jx_str_or(raw, "RuleName", "?"), rule, &t, vault);
        if (state == VAULT_MISSING) {
            list_text(r->missing, air_gapped);
        }
        json_decref(vault);
    }
    free(expected);
}

static json_t *rule_of(struct rules *r, const json_t *raw)
{
    const json_t *actions = jx_get(raw, "CopyActions");
    json_t *rule = json_object();
    json_t *copies = json_array();
    set_text(rule, "name", jx_str(raw, "RuleName"));
    set_text(rule, "schedule", jx_str(raw, "ScheduleExpression"));
    set_lifecycle(rule, raw, raw);
    set_target(r, raw, rule);
    set_int(rule, "start_window_minutes", jx_int(raw, "StartWindowMinutes", START_WINDOW_MINUTES));
    set_int(rule, "completion_window_minutes",
            jx_int(raw, "CompletionWindowMinutes", COMPLETION_WINDOW_MINUTES));
    for (size_t i = 0; i < json_array_size(actions); i++) {
        (void)json_array_append_new(copies, copy_of(r, raw, json_array_get(actions, i)));
    }
    set_new(rule, "copies", copies);
    return rule;
}

int set_plan_rules(struct visit *v, const struct account_region *place, const json_t *detail,
                   json_t *document)
{
    const json_t *raw = jx_get(detail, "BackupPlan.Rules");
    struct rules r = {.v = v,
                      .place = place,
                      .document = document,
                      .missing = json_array(),
                      .outside = json_array(),
                      .unlimited = json_array(),
                      .refused = json_array(),
                      .kept = json_array()};
    json_t *rules = json_array();
    for (size_t i = 0; i < json_array_size(raw); i++) {
        (void)json_array_append_new(rules, rule_of(&r, json_array_get(raw, i)));
    }
    sort_texts(r.missing);
    sort_texts(r.outside);
    sort_texts(r.unlimited);
    sort_texts(r.refused);
    set_new(document, "rules", rules);
    set_bool(document, "copies_to_central", r.to_central);
    set_bool(document, "copies_cross_region", r.cross_region);
    set_new(document, "copies_to_missing_vault", r.missing);
    set_new(document, "copies_outside", r.outside);
    set_new(document, "copies_without_lifecycle", r.unlimited);
    set_new(document, "refused_by_locks", r.refused);
    set_new(document, "copies_kept", r.kept);
    return r.failed ? -1 : 0;
}
