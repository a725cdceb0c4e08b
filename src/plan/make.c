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
#include "remedy.h"
#include "scope.h"

#define CENTRAL_VAULT_PREFIX "aws-controltower-central-backupvault-"
#define STEPS_OF_THE_SETUP 6

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

const json_t *making_step(const struct making *m, const char *id)
{
    return json_object_get(m->by_id, id);
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
    json_t *row = json_object();
    (void)json_object_set_new(row, "finding_id", jx_string(finding, strlen(finding)));
    (void)json_object_set_new(row, "check_id", jx_string(check, strlen(check)));
    (void)json_object_set_new(row, "subject", jx_string(subject, strlen(subject)));
    (void)json_object_set_new(row, "why", jx_string(why, strlen(why)));
    (void)json_array_append_new(m->manual, row);
}

void making_manual(struct making *m, const char *subject, const char *why)
{
    add_manual(m, "", m->check_id != NULL ? m->check_id : "", subject, why);
}

/* --- a making's life --- */

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
    m->by_id = json_object();
    m->manual = json_array();
    m->deferred = json_array();
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
    json_decref(m->by_id);
    json_decref(m->manual);
    json_decref(m->deferred);
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
        (void)snprintf(why, sizeof why, "there is no remedy \"%.100s\" for a %.60s", f->remedy,
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
    int result = 0;
    for (size_t i = 0; result == 0 && i < json_array_size(findings); i++) {
        const json_t *finding = json_array_get(findings, i);
        const char *id = json_string_value(json_array_get(finding, 0));
        char reason[FINDING_ID_SIZE + 16];
        (void)snprintf(reason, sizeof reason, "finding:%s", id);
        x->m->check_id = json_string_value(json_array_get(finding, 1));
        x->m->why[0] = '\0';
        result = x->row->make(x->m, document, reason, x->err);
        if (result > 0) {
            add_manual(x->m, id, x->m->check_id, key, x->m->why);
            result = 0;
        }
    }
    if (findings != NULL) {
        (void)json_array_clear(findings);
    }
    x->m->check_id = "";
    return result;
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
                       "the run does not hold this subject any more: scan again");
        }
    }
}

static int fix_scope(struct fixing *x, enum scope scope)
{
    int result = 0;
    x->m->scope = scope;
    if (scope > SCOPE_KEY) {
        result = subjects_each(x->m->subjects, scope, fix_subject, x, x->err);
    }
    const json_t *all = scope <= SCOPE_KEY ? x->m->all[scope] : NULL;
    for (size_t i = 0; result == 0 && i < json_array_size(all); i++) {
        result = fix_subject(x, json_array_get(all, i));
    }
    x->m->scope = SCOPE_COUNT;
    if (result == 0) {
        fix_lost(x);
    }
    return result;
}

static int goal_fix(struct making *m, struct err *err)
{
    struct fixing x = {.m = m, .wanted = json_object(), .err = err};
    int result =
        scope_check(m, err) != 0 ? -1 : store_each_finding(m->store, gather_finding, &x, err);
    for (size_t i = 0; result == 0 && (x.row = remedy_row(i)) != NULL; i++) {
        json_t *scopes = json_object_get(x.wanted, x.row->info.id);
        for (int scope = 0; result == 0 && scopes != NULL && scope < SCOPE_COUNT; scope++) {
            x.here = json_object_get(scopes, scope_name((enum scope)scope));
            result = x.here != NULL ? fix_scope(&x, (enum scope)scope) : 0;
        }
    }
    json_decref(x.wanted);
    return result;
}

/* What the goal itself does not build, and its own final checks would call failing. Only once
 * nothing is left to build: before that, findings are about what is not there yet. */
static int goal_enable_and_mend(struct making *m, struct err *err)
{
    int result = goal_enable(m, err);
    if (result == 0 && json_object_size(m->by_id) == 0) {
        json_t *for_people = json_deep_copy(m->manual);
        result = goal_fix(m, err);
        /* A long list of what no step repairs says nothing that the report does not. */
        json_decref(m->manual);
        m->manual = for_people;
    }
    return result;
}

/* --- the document --- */

static int finish_rows(struct making *m, struct err *err)
{
    const struct remedy *row = NULL;
    int result = 0;
    for (size_t i = 0; result == 0 && (row = remedy_row(i)) != NULL; i++) {
        result = row->finish != NULL ? row->finish(m, err) : 0;
    }
    return result;
}

static void need_if_there(const struct making *m, json_t *step, const char *glob)
{
    const char *id = NULL;
    json_t *other = NULL;
    if (strpbrk(glob, "*?") == NULL) {
        if (json_object_get(m->by_id, glob) != NULL && strcmp(glob, step_id(step)) != 0) {
            step_need(step, glob);
        }
        return;
    }
    json_object_foreach(m->by_id, id, other)
    {
        if (other != step && str_glob(glob, id)) {
            step_need(step, id);
        }
    }
}

static void settle_needs(struct making *m)
{
    const char *id = NULL;
    json_t *step = NULL;
    json_object_foreach(m->by_id, id, step)
    {
        json_t *after = json_incref(json_object_get(step, STEP_AFTER));
        (void)json_object_del(step, STEP_AFTER);
        for (size_t i = 0; i < json_array_size(after); i++) {
            need_if_there(m, step, json_string_value(json_array_get(after, i)));
        }
        json_decref(after);
    }
}

/* Of a goal, one of the six steps and whatever it needs. */
static void keep_step(const struct making *m, json_t *kept, const json_t *step)
{
    const json_t *needs = json_object_get(step, "needs");
    if (step == NULL || json_object_get(kept, step_id(step)) != NULL) {
        return;
    }
    (void)json_object_set_new(kept, step_id(step), json_true());
    for (size_t i = 0; i < json_array_size(needs); i++) {
        const char *need = json_string_value(json_array_get(needs, i));
        keep_step(m, kept, json_object_get(m->by_id, need));
    }
}

static json_t *steps_wanted(const struct making *m)
{
    json_t *steps = json_array();
    json_t *kept = json_object();
    const char *id = NULL;
    json_t *step = NULL;
    bool some = m->goal != GOAL_FIX && m->options->only_step != 0;
    json_object_foreach(m->by_id, id, step)
    {
        if (some && jx_int(step, "step", 0) == m->options->only_step) {
            keep_step(m, kept, step);
        }
    }
    for (int n = 0; n <= STEPS_OF_THE_SETUP; n++) {
        json_object_foreach(m->by_id, id, step)
        {
            if (jx_int(step, "step", 0) == n && (!some || json_object_get(kept, id) != NULL)) {
                (void)json_array_append(steps, step);
            }
        }
    }
    json_decref(kept);
    return steps;
}

static json_t *document_new(struct making *m, json_t *take_steps)
{
    static const char *const goals[] = {
        [GOAL_FIX] = "fix", [GOAL_ENABLE] = "enable", [GOAL_TEARDOWN] = "teardown"};
    static const char *const metas[][2] = {
        {"created", "ended"}, {"config_digest", "config_digest"}, {"rules_digest", "rules_digest"}};
    json_t *plan = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "schema", "towerkeep-plan/1", "goal",
                             goals[m->goal], "organization_id", m->organization_id,
                             "management_account", m->management, "partition", m->partition,
                             "home_region", m->home, "run_id", m->run_id);
    for (size_t i = 0; i < sizeof metas / sizeof *metas; i++) {
        const char *value = store_meta(m->store, metas[i][1]);
        jx_set_str(plan, metas[i][0], value != NULL ? value : "");
    }
    (void)json_object_set_new(plan, "steps", take_steps);
    (void)json_object_set(plan, "manual", m->manual);
    if (json_array_size(m->deferred) > 0) {
        (void)json_object_set(plan, "held", m->deferred);
    }
    json_t *remains = json_object_get(json_object_get(m->scratch, "remains"), "list");
    if (remains != NULL) {
        (void)json_object_set(plan, "remains", remains);
    }
    return plan;
}

int plan_make(struct store *store, struct subjects *subjects, enum goal goal,
              const struct plan_options *options, json_t **plan, struct err *err)
{
    static int (*const goals[])(struct making * m,
                                struct err * err) = {[GOAL_FIX] = goal_fix,
                                                     [GOAL_ENABLE] = goal_enable_and_mend,
                                                     [GOAL_TEARDOWN] = goal_teardown};
    struct making m = {.store = store, .subjects = subjects, .options = options, .goal = goal};
    json_t *steps = NULL;
    json_t *made = NULL;
    *plan = NULL;
    int result = making_init(&m, err);
    if (result != 0 || (result = goals[goal](&m, err)) != 0 ||
        (result = finish_rows(&m, err)) != 0) {
        goto out;
    }
    settle_needs(&m);
    steps = steps_wanted(&m);
    result = plan_order(steps, err);
    if (result != 0 || (result = defer_unseen(&m, steps, err)) != 0) {
        goto out;
    }
    made = document_new(&m, json_incref(steps));
    plan_seal(made);
    result = plan_check(made, "the plan", err);
    if (result == 0) {
        *plan = json_incref(made);
    }
out:
    json_decref(made);
    json_decref(steps);
    making_release(&m);
    return result == 0 ? 0 : -1;
}
