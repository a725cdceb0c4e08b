/* Scope account: every account of the organization, its baselines, reports and products. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "model/baseline.h"
#include "subjects_private.h"

#define DAY_SECONDS 86400.0

static json_t *integration_parents(const struct inventory_cache *d)
{
    const char *const ids[] = {d->admin, d->central, d->audit, d->log_archive};
    json_t *parents = json_array();
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        const struct account *m = inventory_cache_account(d, ids[i]);
        if (m != NULL && m->parent_id != NULL) {
            list_text(parents, m->parent_id);
        }
    }
    sort_texts(parents);
    return parents;
}

static void set_parts(const struct subjects *s, const struct account *m, json_t *document)
{
    const struct inventory_cache *d = s->cache;
    set_bool(document, "is_management", str_equal(m->id, d->management));
    set_bool(document, "is_backup_admin", str_equal(m->id, d->admin));
    set_bool(document, "is_central_backup", str_equal(m->id, d->central));
    set_bool(document, "is_audit", str_equal(m->id, d->audit));
    set_bool(document, "is_log_archive", str_equal(m->id, d->log_archive));
}

/* --- report plans and products --- */

struct gathering {
    struct visit *v;
    json_t *document, *list;
};

/* Numbers are seconds, as AWS Backup sends them. */
static double seconds_of(const json_t *row, const char *member)
{
    const json_t *value = jx_get(row, member);
    int64_t ms = 0;
    if (json_is_number(value)) {
        return json_number_value(value);
    }
    return time_parse_iso(json_is_string(value) ? json_string_value(value) : "", &ms)
               ? (double)ms / 1000.0
               : 0;
}

/* A report that was attempted and did not succeed within a day has failed; one that was never due
   has not. */
static bool last_run_failed(const struct inventory_cache *d, const json_t *plan)
{
    double tried = seconds_of(plan, "LastAttemptedExecutionTime");
    double done = seconds_of(plan, "LastSuccessfulExecutionTime");
    if (tried <= 0) {
        return false;
    }
    return done > 0 ? tried - done >= DAY_SECONDS
                    : (double)d->now_ms / 1000.0 - tried >= DAY_SECONDS;
}

static int add_report(void *context, const struct entity *e)
{
    struct gathering *g = context;
    const char *ignored = NULL;
    json_t *plan = jx_parse(e->json, e->json_length, &ignored);
    const char *status = jx_str_or(plan, "DeploymentStatus", "unknown");
    bool failed = last_run_failed(g->v->s->cache, plan);
    json_t *one = json_object();
    set_text(one, "name", e->key);
    set_text(one, "status", status);
    set_bool(one, "last_run_failed", failed);
    (void)json_array_append_new(json_object_get(g->document, "report_plans"), one);
    if (str_equal(status, "COMPLETED") && !failed) {
        list_text(g->list, e->key);
    }
    subject_fact(g->document, e->fact);
    json_decref(plan);
    return 0;
}

static int set_reports(struct visit *v, const struct account *m, json_t *document)
{
    struct gathering g = {.v = v, .document = document, .list = json_array()};
    bool admin = str_equal(m->id, v->s->cache->admin);
    if (!account_is_wanted(m)) {
        json_decref(g.list);
        return 0;
    }
    set_new(document, "report_plans", json_array());
    int rc =
        admin ? store_each_entity(v->s->store, "report-plan", m->id, NULL, add_report, &g, v->err)
              : 0;
    sort_texts(g.list);
    set_new(document, "reports_working", g.list);
    return rc < 0 ? -1 : 0;
}

static int add_product(void *context, const struct entity *e)
{
    struct gathering *g = context;
    const char *ignored = NULL;
    json_t *product = jx_parse(e->json, e->json_length, &ignored);
    json_t *one = json_object();
    set_text(one, "id", e->key);
    set_text(one, "name", jx_str(product, "Name"));
    set_text(one, "status", jx_str(product, "Status"));
    (void)json_array_append_new(g->list, one);
    subject_fact(g->document, e->fact);
    json_decref(product);
    return 0;
}

static int set_products(struct visit *v, const struct account *m, json_t *document)
{
    struct gathering g = {.v = v, .document = document, .list = json_array()};
    set_new(document, "account_factory_products", g.list);
    int rc = store_each_entity(v->s->store, "account-product", m->id, "", add_product, &g, v->err);
    return rc < 0 ? -1 : 0;
}

/* NULL on error. */
static json_t *account_document(struct visit *v, const struct account *m, const json_t *parents)
{
    const struct subjects *s = v->s;
    const struct unit *u = m->unit;
    const struct subject_identity who = {
        .key = m->id, .name = m->name[0] != '\0' ? m->name : m->id, .arn = m->arn, .account = m};
    json_t *document = subject_new(&who);
    subject_fact(document, m->fact);
    set_text(document, "id", m->id);
    set_text(document, "name", m->name);
    set_text(document, "email", m->email);
    set_text(document, "arn", m->arn);
    set_text(document, "state", m->state[0] != '\0' ? m->state : NULL);
    set_text(document, "state_source", m->state_source);
    set_text(document, "parent_id", m->parent_id);
    set_text(document, "ou_id", u != NULL ? u->id : NULL);
    set_parts(s, m, document);
    set_bool(document, "ou_has_baseline",
             u != NULL && inventory_cache_baselines(s->cache, u->id) != NULL);
    set_bool(document, "ou_is_security", u != NULL && u == s->cache->security);
    set_bool(document, "ou_wanted", u != NULL && unit_is_wanted(s, u));
    set_bool(document, "backed_up", backed_up_by(m) != NULL);
    set_bool(document, "exempt", account_is_exempt(s, m));
    set_bool(document, "enrolled",
             enabled_baseline_find(m->baselines, "AWSControlTowerBaseline", false) != NULL);
    set_new(document, "integration_parents", json_deep_copy(parents));
    set_bool(document, "reachable_expected", account_is_wanted(m));
    set_bool(document, "reached", m->reach_known && m->reached);
    set_text(document, "role_used", m->role);
    set_text(document, "reach_error", m->reach_error);
    if (set_enabled_baselines(v, document, m->baselines) != 0 ||
        account_guards(v, m, document) != 0 || copy_denials_of(v, m, document) != 0 ||
        set_reports(v, m, document) != 0 || set_products(v, m, document) != 0) {
        json_decref(document);
        return NULL;
    }
    return document;
}

int scope_account(struct visit *v)
{
    const struct inventory_cache *d = v->s->cache;
    json_t *parents = integration_parents(d);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < d->account_count; i++) {
        json_t *document = account_document(v, d->accounts[i], parents);
        bool set = document != NULL && set_backup_roles(v, d->accounts[i]->id, document) == 0 &&
                   set_policy_plans(v, d->accounts[i], document) == 0;
        rc = set ? 0 : -1;
        if (rc == 0) {
            rc = subject_emit(v, document);
        } else {
            json_decref(document);
        }
    }
    json_decref(parents);
    return rc != 0 ? rc : unlisted_accounts(v);
}
