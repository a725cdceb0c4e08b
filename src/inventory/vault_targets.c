/* The vaults that plans and backup policies name: AWS Backup checks neither that they exist nor whose
 * they are. */
#include "vault_targets.h"

#include "base/jsonx.h"
#include "model/arn.h"

static const char listing[] = "backup:ListBackupVaults";

/* Was it asked for the vaults there? 1, 0 or -1. The document depends on what the run left out. */
static int looked(struct visit *v, const struct account *m, const char *region, json_t *document)
{
    const struct inventory_cache *d = v->s->cache;
    if (!account_is_active(m)) {
        return 0;
    }
    int asked = m->left_out ? 0
                : inventory_cache_looks(d, region)
                    ? 1
                    : store_was_asked(v->s->store, listing, m->id, region, v->err);
    if (asked == 0 && document != NULL && (m->left_out || inventory_cache_governs(d, region))) {
        subject_leave_out(document, listing);
    }
    return asked;
}

/* An account that is not in the list is outside, if the list is whole. */
static enum vault_state outside(struct visit *v, json_t *document, bool *failed)
{
    char gap[GAP_TEXT_SIZE];
    int hidden = accounts_gap(v, gap);
    *failed = *failed || hidden < 0;
    if (hidden > 0 && document != NULL) {
        subject_hide(document, "organizations:ListAccounts", gap);
    }
    return hidden == 0 && v->s->cache->account_count > 0 ? VAULT_OUTSIDE : VAULT_UNKNOWN;
}

enum vault_state vault_find(struct visit *v, const struct vault_target *t, json_t *document,
                            json_t **vault, bool *failed)
{
    char gap[GAP_TEXT_SIZE];
    json_t *found = subject_entity(v, "vault", t->account, t->region, t->name, NULL, failed);
    if (found != NULL) {
        if (vault != NULL) {
            *vault = json_incref(found);
        }
        json_decref(found);
        return VAULT_THERE;
    }
    const struct account *m = inventory_cache_account(v->s->cache, t->account);
    if (m == NULL) {
        return outside(v, document, failed);
    }
    int asked = looked(v, m, t->region, document);
    int hidden = asked > 0 ? store_find_gap(v->s->store, listing, t->account, t->region, gap,
                                            sizeof gap, v->err)
                           : 0;
    *failed = *failed || asked < 0 || hidden < 0;
    if (hidden > 0 && document != NULL) {
        subject_hide(document, listing, gap);
    }
    return asked > 0 && hidden == 0 ? VAULT_MISSING : VAULT_UNKNOWN;
}

bool vault_target_parse(const char *arn, struct vault_target *t)
{
    struct arn parts;
    if (!arn_parse(arn, &parts) || !arn_part_is(parts.service, "backup") ||
        parts.account.length == 0 || parts.region.length == 0) {
        return false;
    }
    (void)arn_part_copy(parts.account, t->account, sizeof t->account);
    (void)arn_part_copy(parts.region, t->region, sizeof t->region);
    t->name = arn_name(arn);
    return true;
}
