/* Which control policies keep AWS Backup in an account from copying. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "model/policy.h"
#include "subjects_private.h"

struct control { /* a policy that denies something which copies need */
    char *id, *name;
    json_t *statements;
    enum control_policy type;
    int64_t fact;
};

struct controls {
    struct control *items;
    size_t count;
    json_t *targets; /* {target: {policy id: the call that told}} */
};

void copy_denials_free(struct controls *c)
{
    if (c == NULL) {
        return;
    }
    for (size_t i = 0; i < c->count; i++) {
        free(c->items[i].id);
        free(c->items[i].name);
        json_decref(c->items[i].statements);
    }
    free(c->items);
    json_decref(c->targets);
    free(c);
}

static int add_policy(void *context, const struct entity *e)
{
    struct controls *c = context;
    const char *ignored = NULL;
    json_t *policy = jx_parse(e->json, e->json_length, &ignored);
    json_t *statements = control_policy_read(jx_str(policy, "Content"));
    if (json_array_size(statements) > 0) {
        const char *type = jx_str_or(policy, "PolicySummary.Type", "");
        c->items = xreallocarray(c->items, c->count + 1, sizeof *c->items);
        c->items[c->count++] = (struct control){
            .id = xstrdup(e->key),
            .name = xstrdup(jx_str_or(policy, "PolicySummary.Name", e->key)),
            .statements = json_incref(statements),
            .type = strcmp(type, "RESOURCE_CONTROL_POLICY") == 0 ? CONTROL_OF_RESOURCE
                                                                 : CONTROL_OF_SERVICE,
            .fact = e->fact};
    }
    json_decref(statements);
    json_decref(policy);
    return 0;
}

static int add_target(void *context, const struct entity *e)
{
    struct controls *c = context;
    const char *ignored = NULL;
    json_t *row = jx_parse(e->json, e->json_length, &ignored);
    const char *target = jx_str_or(row, "target", "");
    json_t *policies = json_object_get(c->targets, target);
    if (policies == NULL) {
        policies = json_object();
        (void)json_object_set_new(c->targets, target, policies);
    }
    (void)json_object_set_new(policies, jx_str_or(row, "policy", ""), json_integer(e->fact));
    json_decref(row);
    return 0;
}

/* Those that deny something which copies need: few, read once. */
static int load(struct visit *v)
{
    struct subjects *s = v->s;
    if (s->controls != NULL) {
        return 0;
    }
    s->controls = xcalloc(1, sizeof *s->controls);
    s->controls->targets = json_object();
    int rc = store_each_entity(s->store, "control-policy", "", "", add_policy, s->controls, v->err);
    return rc == 0 ? store_each_entity(s->store, "control-policy-target", "", "", add_target,
                                       s->controls, v->err)
                   : rc;
}

/* The call that told that the policy is attached to the account or above it; NULL: it is not. */
static const json_t *attached_by(const struct visit *v, const struct account *m, const char *policy)
{
    const json_t *targets = v->s->controls->targets;
    const json_t *fact = json_object_get(json_object_get(targets, m->id), policy);
    for (const struct unit *at = m->unit; fact == NULL && at != NULL; at = at->parent) {
        fact = json_object_get(json_object_get(targets, at->id), policy);
    }
    const char *root = v->s->cache->root_id;
    return fact != NULL || root == NULL ? fact
                                        : json_object_get(json_object_get(targets, root), policy);
}

/* Policies of a type that the root has switched off bind nobody. */
static bool in_force(const struct visit *v, enum control_policy type)
{
    const json_t *types = jx_get(v->s->org, "policy_types");
    const char *name =
        type == CONTROL_OF_RESOURCE ? "RESOURCE_CONTROL_POLICY" : "SERVICE_CONTROL_POLICY";
    return types == NULL || str_equal(jx_str(types, name), "ENABLED");
}

/* "deny-copies: kms:Decrypt in eu-west-1"; the Regions only where others are free. */
static void say(json_t *list, const struct control *c, json_t *regions_of, size_t region_count)
{
    const char *action = NULL;
    json_t *regions = NULL;
    json_object_foreach(regions_of, action, regions)
    {
        char *line = xasprintf("%s: %s", c->name, action);
        for (size_t i = 0; i < json_array_size(regions) && json_array_size(regions) < region_count;
             i++) {
            char *longer = xasprintf("%s%s%s", line, i == 0 ? " in " : ", ",
                                     json_string_value(json_array_get(regions, i)));
            free(line);
            line = longer;
        }
        list_text(list, line);
        free(line);
    }
}

static void note_regions(json_t *regions_of, const json_t *actions, const char *region)
{
    for (size_t i = 0; i < json_array_size(actions); i++) {
        const char *action = json_string_value(json_array_get(actions, i));
        json_t *regions = json_object_get(regions_of, action);
        if (regions == NULL) {
            regions = json_array();
            (void)json_object_set_new(regions_of, action, regions);
        }
        list_text(regions, region);
    }
}

static void judge(struct visit *v, const struct account *m, const char *path,
                  const struct control *c, json_t *lists[2])
{
    const struct inventory_cache *d = v->s->cache;
    json_t *regions_of[2] = {json_object(), json_object()};
    for (size_t r = 0; r < d->region_count; r++) {
        json_t *found[2] = {json_array(), json_array()};
        control_policy_denials(c->statements, c->type, &v->s->frame, m->id, path, d->regions[r],
                               found[0], found[1]);
        for (size_t i = 0; i < 2; i++) {
            note_regions(regions_of[i], found[i], d->regions[r]);
            json_decref(found[i]);
        }
    }
    for (size_t i = 0; i < 2; i++) {
        say(lists[i], c, regions_of[i], d->region_count);
        json_decref(regions_of[i]);
    }
}

int copy_denials_of(struct visit *v, const struct account *m, json_t *document)
{
    bool bound = !str_equal(m->id, v->s->cache->management);
    json_t *lists[2] = {json_array(), json_array()};
    int rc = load(v);
    char *path = rc == 0 && bound ? organizations_path(v->s->cache, m) : NULL;
    for (size_t i = 0; path != NULL && i < v->s->controls->count; i++) {
        const struct control *c = &v->s->controls->items[i];
        const json_t *fact = attached_by(v, m, c->id);
        if (fact != NULL && in_force(v, c->type)) {
            subject_fact(document, json_integer_value(fact));
            subject_fact(document, c->fact);
            judge(v, m, path, c, lists);
        }
    }
    free(path);
    sort_texts(lists[0]);
    sort_texts(lists[1]);
    set_new(document, "copies_denied_by", lists[0]);
    set_new(document, "copies_perhaps_denied_by", lists[1]);
    return rc;
}
