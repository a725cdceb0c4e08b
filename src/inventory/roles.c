/* The roles that the backups of an account run as: whether they exist, trust AWS Backup, and have
 * the policies that the four plans need. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "model/arn.h"
#include "model/policy.h"
#include "subjects_private.h"

/* What Control Tower attaches to the role it makes. */
static const char *const wanted_policies[] = {
    "AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores",
    "AWSBackupServiceRolePolicyForS3Backup", "AWSBackupServiceRolePolicyForS3Restore"};

/* The documentation spells it both ways. */
static bool is_control_towers(const char *name)
{
    return str_equal(name, "aws-controltower-BackupRole") ||
           str_equal(name, "aws-controltower-backup-role");
}

struct roles {
    struct visit *v;
    const char *account;
    json_t *document, *by_name; /* name -> document */
    json_t *named;              /* by the account's selections */
};

static int add_name(void *context, const struct entity *e)
{
    struct roles *r = context;
    const char *problem = NULL;
    json_t *answer = jx_parse(e->json, e->json_length, &problem);
    const char *role = jx_str(answer, "BackupSelection.IamRoleArn");
    if (role != NULL && !jx_list_has(r->named, arn_name(role))) {
        list_text(r->named, arn_name(role));
    }
    json_decref(answer);
    return 0;
}

static int add_role(struct roles *r, const struct entity *e, bool present)
{
    const char *problem = NULL;
    if (!jx_list_has(r->named, e->key)) {
        return 0; /* asked for another reason */
    }
    json_t *raw = jx_parse(e->json, e->json_length, &problem);
    json_t *role = json_object();
    json_t *missing = json_array();
    for (size_t i = 0; present && is_control_towers(e->key) &&
                       i < sizeof wanted_policies / sizeof wanted_policies[0];
         i++) {
        list_text(missing, wanted_policies[i]);
    }
    set_text(role, "name", e->key);
    set_bool(role, "present", present);
    set_bool(role, "trusts_backup",
             present &&
                 role_trusts(jx_str(raw, "AssumeRolePolicyDocument"), "backup.amazonaws.com"));
    set_new(role, "missing_policies", missing);
    set_new(r->by_name, e->key, role);
    subject_fact(r->document, e->fact);
    json_decref(raw);
    return 0;
}

static int add_present(void *context, const struct entity *e)
{
    return add_role(context, e, true);
}

static int add_absent(void *context, const struct entity *e)
{
    return add_role(context, e, false);
}

/* Its key is "ROLE POLICYARN". */
static int strike_policy(void *context, const struct entity *e)
{
    struct roles *r = context;
    const char *space = strchr(e->key, ' ');
    char *name = space != NULL ? xstrndup(e->key, (size_t)(space - e->key)) : xstrdup("");
    json_t *missing = json_object_get(json_object_get(r->by_name, name), "missing_policies");
    const char *policy = arn_name(e->key);
    for (size_t i = json_array_size(missing); i > 0; i--) {
        if (str_equal(json_string_value(json_array_get(missing, i - 1)), policy)) {
            (void)json_array_remove(missing, i - 1);
            subject_fact(r->document, e->fact);
        }
    }
    free(name);
    return 0;
}

static char *problem_of(const json_t *role)
{
    const json_t *missing = json_object_get(role, "missing_policies");
    struct text words;
    text_init(&words, 1024);
    text_add(&words, jx_str_or(role, "name", ""));
    if (!jx_bool(role, "present")) {
        text_add(&words, " is not there");
    } else if (!jx_bool(role, "trusts_backup")) {
        text_add(&words, " cannot be assumed by backup.amazonaws.com");
    } else {
        for (size_t i = 0; i < json_array_size(missing); i++) {
            text_add(&words, i == 0 ? " lacks " : ", ");
            text_add(&words, json_string_value(json_array_get(missing, i)));
        }
    }
    return text_take(&words);
}

int set_backup_roles(struct visit *v, const char *account, json_t *document)
{
    struct roles r = {v, account, document, json_object(), json_array()};
    struct store *store = v->s->store;
    int rc = store_each_entity(store, "selection", account, NULL, add_name, &r, v->err);
    if (rc == 0) {
        rc = store_each_entity(store, "role-absent", account, NULL, add_absent, &r, v->err);
    }
    if (rc == 0) {
        rc = store_each_entity(store, "role", account, "", add_present, &r, v->err);
    }
    if (rc == 0) {
        rc = store_each_entity(store, "role-policy", account, "", strike_policy, &r, v->err);
    }
    json_t *list = json_array();
    json_t *problems = json_array();
    const char *name = NULL;
    json_t *role = NULL;
    json_object_foreach(r.by_name, name, role)
    {
        bool well = jx_bool(role, "present") && jx_bool(role, "trusts_backup") &&
                    jx_count(role, "missing_policies") == 0;
        char *words = well ? NULL : problem_of(role);
        (void)json_array_append(list, role);
        if (words != NULL) {
            list_text(problems, words);
        }
        free(words);
    }
    sort_texts(problems);
    set_new(document, "backup_roles", list);
    set_new(document, "role_problems", problems);
    json_decref(r.by_name);
    json_decref(r.named);
    return rc;
}

json_t *role_document(struct visit *v, const char *name, json_t *document, bool *failed)
{
    const char *management = v->s->cache->management;
    int64_t fact = 0;
    json_t *role = subject_entity(v, "role", management, "", name, &fact, failed);
    json_t *out = json_object();
    json_t *absent = NULL;
    if (role == NULL) {
        absent =
            subject_entity(v, "role-absent", management, v->s->cache->home, name, &fact, failed);
    }
    bool known = role != NULL || absent != NULL;
    set_new(out, "present", known ? json_boolean(role != NULL) : json_null());
    json_decref(absent);
    subject_fact(document, fact);
    json_decref(role);
    return out;
}
