/* What protects an OU or account: service control policies and Control Tower's controls. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "model/policy.h"
#include "subjects_private.h"

struct guarding {
    struct visit *v;
    json_t *document, *list;
    bool *failed;
};

static json_t *parse(const struct entity *e)
{
    const char *ignored = NULL;
    return jx_parse(e->json, e->json_length, &ignored);
}

/* --- service control policies --- */

static int add_policy(void *context, const struct entity *e)
{
    struct guarding *g = context;
    json_t *policy = parse(e);
    list_text(g->list, jx_str_or(policy, "Name", e->key));
    subject_fact(g->document, e->fact);
    json_decref(policy);
    return 0;
}

static int each_target_policy(struct visit *v, const char *target,
                              int (*each)(void *context, const struct entity *e),
                              struct guarding *g)
{
    return store_each_entity(v->s->store, "target-policy", target, "", each, g, v->err) < 0 ? -1
                                                                                            : 0;
}

/* --- controls --- */

/* "arn:...::control/CT-BACKUP-PV-1" is CT.BACKUP.PV.1 in the documentation. */
static char *control_name(const json_t *control)
{
    const char *identifier = jx_str_or(control, "controlIdentifier", "");
    const char *slash = strrchr(identifier, '/');
    char *name = xstrdup(slash != NULL ? slash + 1 : identifier);
    for (char *c = name; str_starts(name, "CT") && *c != '\0'; c++) {
        *c = *c == '-' ? '.' : *c;
    }
    return name;
}

static int add_control(void *context, const struct entity *e)
{
    struct guarding *g = context;
    json_t *control = parse(e);
    char *name = control_name(control);
    json_t *one = json_object();
    set_text(one, "name", name);
    set_text(one, "status", jx_str(control, "statusSummary.status"));
    set_text(one, "drift", jx_str(control, "driftStatusSummary.driftStatus"));
    (void)json_array_append_new(g->list, one);
    subject_fact(g->document, e->fact);
    free(name);
    json_decref(control);
    return 0;
}

/* In force: enabled here or on an OU above, and not drifted. Those that failed or drifted are
 * listed as well. */
static void set_controls(json_t *document, const json_t *controls)
{
    json_t *in_force = json_array();
    json_t *ill = json_array();
    for (size_t i = 0; i < json_array_size(controls); i++) {
        const json_t *one = json_array_get(controls, i);
        const char *status = jx_str_or(one, "status", "?");
        const char *drift = jx_str_or(one, "drift", "");
        const char *name = jx_str_or(one, "name", "?");
        bool drifted = str_equal(drift, "DRIFTED");
        if (str_equal(status, "SUCCEEDED") && !drifted) {
            list_text(in_force, name);
        } else {
            char *words = xasprintf("%s %s", name, drifted ? drift : status);
            list_text(ill, words);
            free(words);
        }
    }
    sort_texts(in_force);
    sort_texts(ill);
    set_new(document, "controls_in_force", in_force);
    set_new(document, "controls_ill", ill);
}

int unit_guards(struct visit *v, const struct unit *u, json_t *document)
{
    struct guarding g = {.v = v, .document = document, .list = json_array()};
    int rc = each_target_policy(v, u->id, add_policy, &g);
    sort_texts(g.list);
    set_new(document, "service_control_policies", g.list);
    g.list = json_array();
    for (const struct unit *at = u; rc == 0 && at != NULL; at = at->parent) {
        rc = store_each_entity(v->s->store, "enabled-control", at->id, "", add_control, &g,
                               v->err) < 0
                 ? -1
                 : 0;
    }
    set_controls(document, g.list);
    json_decref(g.list);
    return rc;
}

/* --- leaving the organization --- */

static int add_denial(void *context, const struct entity *e)
{
    struct guarding *g = context;
    int64_t fact = 0;
    json_t *policy = subject_entity(g->v, "control-policy", "", "", e->key, &fact, g->failed);
    if (policy_denies_leaving(jx_str(policy, "Content"))) {
        list_text(g->list, jx_str_or(policy, "PolicySummary.Name", e->key));
        subject_fact(g->document, fact);
    }
    subject_fact(g->document, e->fact);
    json_decref(policy);
    return *g->failed ? -1 : 0;
}

int account_guards(struct visit *v, const struct account *m, json_t *document)
{
    const struct inventory_cache *d = v->s->cache;
    bool failed = false;
    struct guarding g = {.v = v, .document = document, .list = json_array(), .failed = &failed};
    bool central = str_equal(m->id, d->central);
    int rc = central ? each_target_policy(v, m->id, add_denial, &g) : 0;
    for (const struct unit *at = m->unit; central && rc == 0 && at != NULL; at = at->parent) {
        rc = each_target_policy(v, at->id, add_denial, &g);
    }
    if (central && rc == 0 && d->root_id != NULL) {
        rc = each_target_policy(v, d->root_id, add_denial, &g);
    }
    sort_texts(g.list);
    set_new(document, "leaving_denied_by", g.list);
    return rc;
}
