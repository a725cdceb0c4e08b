/* What protects an OU or account: service control policies and Control Tower's controls. */
#include <stdio.h>
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

/* What the control catalog says of it; NULL, and the document depends on that answer, when it was
   not asked or did not answer. */
static json_t *control_known(struct guarding *g, const char *identifier)
{
    static const char operation[] = "controlcatalog:GetControl";
    const struct inventory_cache *cache = g->v->s->cache;
    char text[GAP_TEXT_SIZE];
    int64_t fact = 0;
    json_t *known = subject_entity(g->v, "control", cache->management, cache->home, identifier,
                                   &fact, g->failed);
    subject_fact(g->document, fact);
    if (known != NULL || *g->failed) {
        return known;
    }
    int found = store_find_gap(g->v->s->store, operation, NULL, NULL, text, sizeof text, g->v->err);
    if (found == 0) {
        (void)snprintf(text, sizeof text, "no answer about %.200s", identifier);
    }
    *g->failed = found < 0;
    subject_hide(g->document, operation, text);
    return NULL;
}

/* The aliases of a control in the catalog; of one that has none, the last part of its identifier.
   New. */
static json_t *control_names(struct guarding *g, const json_t *control)
{
    const char *identifier = jx_str_or(control, "controlIdentifier", "");
    const char *slash = strrchr(identifier, '/');
    json_t *known = control_known(g, identifier);
    json_t *names = json_deep_copy(json_object_get(known, "Aliases"));
    json_decref(known);
    if (json_array_size(names) == 0) {
        json_decref(names);
        names = json_array();
        list_text(names, slash != NULL ? slash + 1 : identifier);
    }
    return names;
}

static int add_control(void *context, const struct entity *e)
{
    struct guarding *g = context;
    json_t *control = parse(e);
    json_t *one = json_object();
    set_new(one, "names", control_names(g, control));
    set_text(one, "status", jx_str(control, "statusSummary.status"));
    set_text(one, "drift", jx_str(control, "driftStatusSummary.driftStatus"));
    (void)json_array_append_new(g->list, one);
    subject_fact(g->document, e->fact);
    json_decref(control);
    return *g->failed ? -1 : 0;
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
        const json_t *names = json_object_get(one, "names");
        bool drifted = str_equal(drift, "DRIFTED");
        bool works = str_equal(status, "SUCCEEDED") && !drifted;
        for (size_t k = 0; k < json_array_size(names); k++) {
            const char *text = json_string_value(json_array_get(names, k));
            const char *name = text != NULL ? text : "?";
            char *words = xasprintf("%s %s", name, drifted ? drift : status);
            list_text(works ? in_force : ill, works ? name : words);
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
    bool failed = false;
    struct guarding g = {.v = v, .document = document, .list = json_array(), .failed = &failed};
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
