/* Does what the configuration wants exist, and does it not contradict itself or the landing zone?
 */
#include <stdlib.h>
#include <strings.h>

#include "base/jsonx.h"
#include "base/text.h"
#include "control_tower.h"
#include "goals.h"

static bool names_unit(const struct making *m, const char *word)
{
    const json_t *all = m->all[SCOPE_OU];
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *ou = json_array_get(all, i);
        if (str_equal(word, jx_str(ou, "id")) || str_equal(word, jx_str(ou, "name")) ||
            str_glob(word, jx_str_or(ou, "path", ""))) {
            return true;
        }
    }
    return false;
}

static int check_units(const struct making *m, struct err *err)
{
    static const char *const lists[] = {"ous.protect", "ous.exempt"};
    const json_t *exempt = jx_get(m->config, "ous.exempt");
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        const json_t *list = jx_get(m->config, lists[k]);
        for (size_t i = 0; i < json_array_size(list); i++) {
            const char *word = json_string_value(json_array_get(list, i));
            if (!names_unit(m, word)) {
                return err_set(err, ERR_INPUT,
                               "the configuration's %s names \"%.100s\", which is not an "
                               "organizational unit of the organization",
                               lists[k], word);
            }
            if (list != exempt && jx_list_has(exempt, word)) {
                return err_set(
                    err, ERR_INPUT,
                    "the configuration lists \"%.100s\" in both ous.protect and ous.exempt", word);
            }
        }
    }
    return 0;
}

/* What else the organization uses the account for; NULL: nothing. */
static const char *other_use(const struct making *m, const char *id)
{
    const char *const uses[][2] = {{m->management, "management"},
                                   {jx_str(m->org, "audit"), "audit"},
                                   {jx_str(m->org, "log_archive"), "log archive"}};
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        if (str_equal(uses[i][0], id)) {
            return uses[i][1];
        }
    }
    return NULL;
}

static int check_account(const struct making *m, const struct backup_account *which,
                         struct err *err)
{
    const json_t *wish = jx_get(m->config, which->config);
    const json_t *manifest = jx_get(m->lz, "manifest");
    const char *id = json_string_value(wish);
    const char *now = jx_str(manifest, which->manifest);
    const char *email = jx_str(wish, "email");
    if (id != NULL && making_find(m, SCOPE_ACCOUNT, id) == NULL) {
        return err_set(err, ERR_INPUT,
                       "the configuration's %s is %s, which is not an account of the organization",
                       which->config, id);
    }
    const char *use = id != NULL ? other_use(m, id) : NULL;
    if (use != NULL) {
        return err_set(err, ERR_INPUT,
                       "the configuration's %s is %s, the %s account: use a separate account",
                       which->config, id, use);
    }
    if (id != NULL && now != NULL && !str_equal(id, now)) {
        return err_set(err, ERR_INPUT,
                       "the configuration's %s is %s, but the landing zone uses %s: change one "
                       "of the two",
                       which->config, id, now);
    }
    const char *used = jx_str(making_find(m, SCOPE_ACCOUNT, now != NULL ? now : ""), "email");
    if (email != NULL && used != NULL && strcasecmp(email, used) != 0) {
        return err_set(err, ERR_INPUT,
                       "the configuration's %s names an account with the email %.100s, but the "
                       "landing zone uses %s (%.100s)",
                       which->config, email, now, used);
    }
    return 0;
}

/* Lists of accounts; words that are no id are globs over names. */
static int check_listed(const struct making *m, struct err *err)
{
    static const char *const lists[] = {"accounts_exempt", "delegated_administrators"};
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        const json_t *list = jx_get(m->config, lists[k]);
        for (size_t i = 0; i < json_array_size(list); i++) {
            const char *id = json_string_value(json_array_get(list, i));
            if (str_is_account_id(id) && making_find(m, SCOPE_ACCOUNT, id) == NULL) {
                return err_set(
                    err, ERR_INPUT,
                    "the configuration's %s names %s, which is not an account of the organization",
                    lists[k], id);
            }
        }
    }
    return 0;
}

static int check_accounts(const struct making *m, struct err *err)
{
    const json_t *admin = jx_get(m->config, backup_accounts[0].config);
    const json_t *central = jx_get(m->config, backup_accounts[1].config);
    const char *a = jx_str(admin, "email");
    const char *b = jx_str(central, "email");
    bool same = admin != NULL && central != NULL &&
                (json_equal(admin, central) || (a != NULL && b != NULL && strcasecmp(a, b) == 0));
    if (same) {
        return err_set(
            err, ERR_INPUT,
            "the configuration names the same account as backup administrator and central "
            "backup: use two accounts");
    }
    for (size_t i = 0; i < BACKUP_ACCOUNT_COUNT; i++) {
        if (check_account(m, &backup_accounts[i], err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int note_status(void *context, const struct entity *e)
{
    const char *problem = NULL;
    json_t *row = jx_parse(e->json, e->json_length, &problem);
    jx_set_str(context, e->key, jx_str_or(row, "RegionOptStatus", ""));
    json_decref(row);
    return 0;
}

static int check_regions(const struct making *m, struct err *err)
{
    const json_t *wanted = jx_get(m->config, "governed_regions");
    json_t *statuses = json_object();
    int rc = store_each_entity(m->store, "region-status", m->management, NULL, note_status,
                               statuses, err);
    /* A run that could not list the Regions leaves this to AWS. */
    for (size_t i = 0; rc == 0 && json_object_size(statuses) > 0 && i < json_array_size(wanted);
         i++) {
        const char *region = json_string_value(json_array_get(wanted, i));
        const char *status = json_string_value(json_object_get(statuses, region));
        if (status == NULL) {
            rc = err_set(err, ERR_INPUT,
                         "the configuration's governed_regions names %s, which is not a Region",
                         region);
        } else if (!str_starts(status, "ENABLED")) {
            rc = err_set(err, ERR_INPUT,
                         "the configuration's governed_regions names %s, which is %s in the "
                         "management account: enable it first",
                         region, status);
        }
    }
    json_decref(statuses);
    return rc;
}

int desired_check(const struct making *m, struct err *err)
{
    return check_accounts(m, err) != 0 || check_listed(m, err) != 0 || check_units(m, err) != 0 ||
                   check_regions(m, err) != 0
               ? -1
               : 0;
}
