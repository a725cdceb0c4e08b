/* From a run to a plan: what is known, which remedies run, and the document in the end. */
#include "plan/make.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "model/account.h"
#include "model/plan.h"
#include "model/step.h"
#include "remedy.h"
#include "scope.h"

#define CENTRAL_VAULT_PREFIX "aws-controltower-central-backupvault-"

/* --- what is known --- */

const json_t *making_find(const struct making *m, enum scope scope, const char *key)
{
    const json_t *all = scope <= SCOPE_KEY ? m->all[scope] : NULL;
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *document = json_array_get(all, i);
        if (str_equal(jx_str(document, "_key"), key)) {
            return document;
        }
    }
    return NULL;
}

struct plan_step *making_step(const struct making *m, const char *id)
{
    return map_get(m->by_id, id);
}

char *making_key_arn(const struct making *m)
{
    return making_step(m, "create-key") != NULL ? xstrdup("${create-key:arn}")
           : m->recalled != NULL                ? xstrdup(m->recalled)
                                                : xstrdup(jx_str(m->lz, "backup.kms_key_arn"));
}

json_t *making_scratch(struct making *m, const char *remedy_id)
{
    json_t *mine = json_object_get(m->scratch, remedy_id);
    if (mine == NULL) {
        mine = json_object();
        (void)json_object_set_new(m->scratch, remedy_id, mine);
    }
    return mine;
}

const char *making_role(const struct making *m, const char *account)
{
    const char *used = json_string_value(json_object_get(m->roles, account));
    return str_equal(account, m->management) ? NULL
           : used != NULL && used[0] != '\0' ? used
                                             : ROLE_CONTROL_TOWER;
}

int making_cannot(struct making *m, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    (void)vsnprintf(m->why, sizeof m->why, format, list);
    va_end(list);
    return 1;
}

static void add_manual(struct making *m, const char *finding, const char *check,
                       const char *subject, const char *why)
{
    struct plan *p = m->plan;
    p->manual = xreallocarray(p->manual, p->manual_count + 1, sizeof *p->manual);
    p->manual[p->manual_count++] = (struct plan_manual){.finding_id = xstrdup(finding),
                                                        .check_id = xstrdup(check),
                                                        .subject = xstrdup(subject),
                                                        .why = xstrdup(why)};
}

void making_manual(struct making *m, const char *subject, const char *why)
{
    add_manual(m, "", m->check_id != NULL ? m->check_id : "", subject, why);
}

void making_remains(struct making *m, const char *kind, const char *account, const char *region,
                    const char *name, const char *note)
{
    struct plan *p = m->plan;
    p->remains = xreallocarray(p->remains, p->remains_count + 1, sizeof *p->remains);
    p->remains[p->remains_count++] = (struct plan_remains){.kind = xstrdup(kind),
                                                           .account = xstrdup(account),
                                                           .region = xstrdup(region),
                                                           .name = xstrdup(name),
                                                           .note = xstrdup(note)};
}

/* --- setting up and releasing --- */

static int keep_document(void *context, const json_t *document)
{
    return json_array_append_new(context, json_deep_copy(document));
}

static int keep_central_vault(void *context, const struct entity *e)
{
    struct making *m = context;
    const char *problem = NULL;
    if (!str_starts(e->key, CENTRAL_VAULT_PREFIX)) {
        return 0;
    }
    json_t *vault = jx_parse(e->json, e->json_length, &problem);
    if (str_equal(jx_str_or(vault, "VaultState", "AVAILABLE"), "AVAILABLE")) {
        json_t *row = json_object();
        jx_set_str(row, "region", e->region);
        jx_set_str(row, "name", e->key);
        char *arn = xasprintf("arn:%s:backup:%s:%s:backup-vault:%s", m->partition, e->region,
                              e->account, e->key);
        jx_set_str(row, "arn", jx_str_or(vault, "BackupVaultArn", arn));
        free(arn);
        (void)json_array_append_new(m->vaults, row);
    }
    json_decref(vault);
    return 0;
}

/* What the run's metadata says, else the subjects; "" when neither does. */
static char *known(struct making *m, const char *meta, const char *otherwise)
{
    const char *said = store_meta(m->store, meta);
    return xstrdup(said != NULL && said[0] != '\0' ? said : otherwise != NULL ? otherwise : "");
}

static int making_init(struct making *m, struct err *err)
{
    const json_t *context = subjects_context(m->subjects);
    m->config = m->options->config != NULL ? m->options->config : jx_get(context, "config");
    m->org = jx_get(context, "org");
    m->lz = jx_get(context, "lz");
    m->partition = known(m, "partition", jx_str_or(m->org, "partition", "aws"));
    m->organization_id = known(m, "organization_id", jx_str(m->org, "id"));
    m->management = known(m, "management_account", jx_str(m->org, "management_account"));
    m->home = known(m, "home_region", jx_str(m->lz, "home_region"));
    m->run_id = known(m, "run_id", NULL);
    m->scope = SCOPE_COUNT;
    m->check_id = "";
    m->vaults = json_array();
    m->members = json_object();
    m->roles = json_object();
    m->by_id = map_new(NULL);
    m->plan = xcalloc(1, sizeof *m->plan);
    m->scratch = json_object();
    for (int scope = SCOPE_ORG; scope <= SCOPE_KEY; scope++) {
        m->all[scope] = json_array();
        if (subjects_each(m->subjects, (enum scope)scope, keep_document, m->all[scope], err) != 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < json_array_size(m->all[SCOPE_ACCOUNT]); i++) {
        const json_t *account = json_array_get(m->all[SCOPE_ACCOUNT], i);
        const char *id = jx_str_or(account, "id", "");
        if (jx_bool(account, "_unlisted")) {
            continue;
        }
        (void)json_object_set_new(m->members, id, json_true());
        jx_set_str(m->roles, id, jx_str(account, "role_used"));
    }
    const char *central = jx_str(m->org, "central_backup");
    return central == NULL
               ? 0
               : store_each_entity(m->store, "vault", central, NULL, keep_central_vault, m, err);
}

static void making_release(struct making *m)
{
    for (int scope = 0; scope < SCOPE_COUNT; scope++) {
        json_decref(m->all[scope]);
    }
    json_decref(m->vaults);
    json_decref(m->members);
    json_decref(m->roles);
    for (size_t i = 0; i < m->steps.count; i++) {
        plan_step_free(m->steps.items[i]);
    }
    free(m->steps.items);
    map_free(m->by_id);
    plan_free(m->plan);
    json_decref(m->scratch);
    free(m->recalled);
    free(m->partition);
    free(m->organization_id);
    free(m->management);
    free(m->home);
    free(m->run_id);
}

/* --- goal: fix what failed --- */

struct fixing {
    struct making *m;
    json_t *wanted; /* remedy -> scope -> subject -> [[finding id, check id]] */
    const struct remedy *row;
    json_t *here; /* subject -> ..., of the row and scope at hand */
    struct err *err;
};

static json_t *member_of(json_t *object, const char *key, bool list)
{
    json_t *value = json_object_get(object, key);
    if (value == NULL) {
        value = list ? json_array() : json_object();
        (void)json_object_set_new(object, key, value);
    }
    return value;
}

static int gather_finding(void *context, const struct finding *f)
{
    struct fixing *x = context;
    enum scope scope;
    if (f->status != STATUS_FAIL || !scope_has(x->m, f)) {
        return 0;
    }
    if (x->m->goal != GOAL_FIX && f->remedy[0] == '\0') {
        return 0; /* the report tells */
    }
    if (f->remedy[0] == '\0') {
        char why[512];
        (void)snprintf(why, sizeof why, "%s%s", "no step repairs this",
                       f->remediation[0] != '\0' ? ": " : "");
        struct text text;
        text_init(&text, 8192);
        text_add(&text, why);
        text_addn(&text, f->remediation, strnlen(f->remediation, 4096));
        add_manual(x->m, f->id, f->check_id, f->subject, text_str(&text));
        text_release(&text);
        return 0;
    }
    if (remedy_find(f->remedy) == NULL || remedy_find(f->remedy)->make == NULL ||
        scope_parse(f->scope, &scope) != 0) {
        char why[256];
        (void)snprintf(why, sizeof why, "unknown remedy \"%.100s\" for a %.60s", f->remedy,
                       f->scope);
        add_manual(x->m, f->id, f->check_id, f->subject, why);
        return 0;
    }
    json_t *subjects = member_of(member_of(x->wanted, f->remedy, false), f->scope, false);
    (void)json_array_append_new(member_of(subjects, f->subject, true),
                                json_pack("[s,s]", f->id, f->check_id));
    return 0;
}

static int fix_subject(void *context, const json_t *document)
{
    struct fixing *x = context;
    const char *key = jx_str_or(document, "_key", "");
    json_t *findings = json_object_get(x->here, key);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(findings); i++) {
        const json_t *finding = json_array_get(findings, i);
        const char *id = json_string_value(json_array_get(finding, 0));
        char reason[FINDING_ID_SIZE + 16];
        (void)snprintf(reason, sizeof reason, "finding:%s", id);
        x->m->check_id = json_string_value(json_array_get(finding, 1));
        x->m->why[0] = '\0';
        rc = x->row->make(x->m, document, reason, x->err);
        if (rc > 0) {
            add_manual(x->m, id, x->m->check_id, key, x->m->why);
            rc = 0;
        }
    }
    if (findings != NULL) {
        (void)json_array_clear(findings);
    }
    x->m->check_id = "";
    return rc;
}

/* Findings whose subject the run no longer has: nothing to build a step on. */
static void fix_lost(struct fixing *x)
{
    const char *key = NULL;
    json_t *findings = NULL;
    json_object_foreach(x->here, key, findings)
    {
        for (size_t i = 0; i < json_array_size(findings); i++) {
            const json_t *finding = json_array_get(findings, i);
            add_manual(x->m, json_string_value(json_array_get(finding, 0)),
                       json_string_value(json_array_get(finding, 1)), key,
                       "the run no longer contains this subject: scan again");
        }
    }
}

static int fix_scope(struct fixing *x, enum scope scope)
{
    int rc = 0;
    x->m->scope = scope;
    if (scope > SCOPE_KEY) {
        rc = subjects_each(x->m->subjects, scope, fix_subject, x, x->err);
    }
    const json_t *all = scope <= SCOPE_KEY ? x->m->all[scope] : NULL;
    for (size_t i = 0; rc == 0 && i < json_array_size(all); i++) {
        rc = fix_subject(x, json_array_get(all, i));
    }
    x->m->scope = SCOPE_COUNT;
    if (rc == 0) {
        fix_lost(x);
    }
    return rc;
}

static int goal_fix(struct making *m, struct err *err)
{
    struct fixing x = {.m = m, .wanted = json_object(), .err = err};
    int rc = scope_check(m, err) != 0 ? -1 : store_each_finding(m->store, gather_finding, &x, err);
    for (size_t i = 0; rc == 0 && (x.row = remedy_row(i)) != NULL; i++) {
        json_t *scopes = json_object_get(x.wanted, x.row->info.id);
        for (int scope = 0; rc == 0 && scopes != NULL && scope < SCOPE_COUNT; scope++) {
            x.here = json_object_get(scopes, scope_name((enum scope)scope));
            rc = x.here != NULL ? fix_scope(&x, (enum scope)scope) : 0;
        }
    }
    json_decref(x.wanted);
    return rc;
}

static void drop_manual(struct plan *plan, size_t from)
{
    for (size_t i = from; i < plan->manual_count; i++) {
        plan_manual_release(&plan->manual[i]);
    }
    plan->manual_count = from;
}

/* What the goal itself does not build, and its own final checks would call failing. Only once
 * nothing is left to build: before that, findings are about what is not there yet. */
static int goal_enable_and_fix(struct making *m, struct err *err)
{
    int rc = goal_enable(m, err);
    if (rc == 0 && m->steps.count == 0) {
        size_t kept = m->plan->manual_count;
        rc = goal_fix(m, err);
        /* A long list of what no step repairs says nothing that the report does not. */
        drop_manual(m->plan, kept);
    }
    return rc;
}

/* --- the document --- */

static int finish_rows(struct making *m, struct err *err)
{
    const struct remedy *row = NULL;
    int rc = 0;
    for (size_t i = 0; rc == 0 && (row = remedy_row(i)) != NULL; i++) {
        rc = row->finish != NULL ? row->finish(m, err) : 0;
    }
    return rc;
}

static void need_if_there(const struct making *m, struct plan_step *step, const char *glob)
{
    if (strpbrk(glob, "*?") == NULL) {
        if (making_step(m, glob) != NULL && strcmp(glob, step->id) != 0) {
            step_need(step, glob);
        }
        return;
    }
    for (size_t i = 0; i < m->steps.count; i++) {
        const struct plan_step *other = m->steps.items[i];
        if (other != step && str_glob(glob, other->id)) {
            step_need(step, other->id);
        }
    }
}

static void settle_needs(struct making *m)
{
    for (size_t i = 0; i < m->steps.count; i++) {
        struct plan_step *step = m->steps.items[i];
        for (size_t k = 0; k < step->follows.count; k++) {
            need_if_there(m, step, step->follows.items[k]);
        }
    }
}

/* Of a goal, one of the six steps and whatever it needs. */
static void keep_step(const struct making *m, struct map *kept, struct plan_step *step)
{
    if (step == NULL || map_get(kept, step->id) != NULL) {
        return;
    }
    map_set(kept, step->id, step);
    for (size_t i = 0; i < step->needs.count; i++) {
        keep_step(m, kept, making_step(m, step->needs.items[i]));
    }
}

/* Moves the wanted steps into the plan, by the six steps. */
static void take_wanted(struct making *m)
{
    struct map *kept = map_new(NULL);
    bool some = m->goal != GOAL_FIX && m->options->only_step != 0;
    for (size_t i = 0; some && i < m->steps.count; i++) {
        if (m->steps.items[i]->step == m->options->only_step) {
            keep_step(m, kept, m->steps.items[i]);
        }
    }
    for (int n = 0; n < STEP_COUNT; n++) {
        for (size_t i = 0; i < m->steps.count; i++) {
            struct plan_step *step = m->steps.items[i];
            if (step != NULL && step->step == n && (!some || map_get(kept, step->id) != NULL)) {
                plan_steps_add(&m->plan->steps, step);
                m->steps.items[i] = NULL;
            }
        }
    }
    map_free(kept);
}

static void fill_head(struct making *m)
{
    struct plan *p = m->plan;
    const struct {
        char **to;
        const char *value;
    } members[] = {{&p->organization_id, m->organization_id},
                   {&p->management_account, m->management},
                   {&p->partition, m->partition},
                   {&p->home_region, m->home},
                   {&p->run_id, m->run_id},
                   {&p->created, store_meta(m->store, "ended")},
                   {&p->config_digest, store_meta(m->store, "config_digest")},
                   {&p->rules_digest, store_meta(m->store, "rules_digest")}};
    p->goal = m->goal;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        *members[i].to = xstrdup(members[i].value != NULL ? members[i].value : "");
    }
}

int plan_make(struct store *store, struct subjects *subjects, enum goal goal,
              const struct plan_options *options, struct plan **plan, struct err *err)
{
    static int (*const goals[])(struct making * m,
                                struct err * err) = {[GOAL_FIX] = goal_fix,
                                                     [GOAL_ENABLE] = goal_enable_and_fix,
                                                     [GOAL_TEARDOWN] = goal_teardown};
    struct making m = {.store = store, .subjects = subjects, .options = options, .goal = goal};
    *plan = NULL;
    int rc = making_init(&m, err);
    if (rc != 0 || (rc = goals[goal](&m, err)) != 0 || (rc = finish_rows(&m, err)) != 0) {
        goto out;
    }
    settle_needs(&m);
    take_wanted(&m);
    rc = plan_order(&m.plan->steps, err);
    if (rc != 0 || (rc = defer_unseen(&m, &m.plan->steps, err)) != 0) {
        goto out;
    }
    fill_head(&m);
    plan_seal(m.plan);
    rc = plan_check(m.plan, "the plan", err);
    if (rc == 0) {
        *plan = m.plan;
        m.plan = NULL;
    }
out:
    making_release(&m);
    return rc == 0 ? 0 : -1;
}
