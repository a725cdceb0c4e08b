#include <stdlib.h>
#include <string.h>

#include "aws/partition.h"
#include "base/clock.h"
#include "base/doc.h"
#include "base/file.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "core.h"
#include "services/inventory.h"

#define BASE_DEPTH_MAX 4
/* Changes made at load happen in the hours before the world's "now", so that nothing in it is
 * younger than now. */
#define LOAD_LEAD_MS (6LL * 3600 * 1000)

static const char *const members[] = {
    "now",       "seed",     "partition",    "home_region",     "base",
    "regions",   "quirks",   "organization", "credentials",     "landing_zone",
    "baselines", "kms",      "backup",       "resources",       "generate",
    "changes",   "controls", "account",      "account_factory", NULL};

static void drop(void *json)
{
    json_decref(json);
}

struct sim *sim_new(void)
{
    struct sim *sim = xcalloc(1, sizeof *sim);
    sim->states = map_new(drop);
    sim->lists = map_new(drop);
    sim->principals = map_new(principal_free);
    sim->world_accounts = map_new(NULL);
    sim->sign_cache = sign_cache_new(8192);
    sim->objects = json_object();
    sim->timeline = timeline_new(clock_wall_ms(NULL), 1.0);
    return sim;
}

void sim_free(struct sim *sim)
{
    if (sim == NULL) {
        return;
    }
    policy_cache_forget(sim);
    map_free(sim->policy_cache);
    map_free(sim->states);
    map_free(sim->lists);
    map_free(sim->principals);
    map_free(sim->world_accounts);
    sign_cache_free(sim->sign_cache);
    timeline_free(sim->timeline);
    throttle_free(sim->throttle);
    faults_free(sim->faults);
    routes_free(sim->routes);
    json_decref(sim->world);
    json_decref(sim->objects);
    consistency_free(sim->consistency);
    if (sim->record != NULL) {
        fclose(sim->record);
    }
    replay_free(sim->replay);
    free(sim);
}

/* --- reading --- */

static char *sibling(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    if (name[0] == '/' || slash == NULL) {
        return xstrdup(name);
    }
    char *folder = xstrndup(path, (size_t)(slash - path));
    char *joined = path_join(folder, name);
    free(folder);
    return joined;
}

/* Top-level members replace those of the base; changes are added to the base's. */
static void overlay(json_t *base, const json_t *over)
{
    json_t *changes = json_incref(json_object_get(base, "changes"));
    json_object_update(base, (json_t *)(uintptr_t)over);
    json_object_del(base, "base");
    if (json_is_array(changes)) {
        json_t *joined = json_copy(changes);
        json_array_extend(joined, json_object_get(over, "changes"));
        json_object_set_new(base, "changes", joined);
    }
    json_decref(changes);
}

/* Remembers where a change stands, for the complaint when it is refused. */
static void mark_changes(const struct doc *doc, json_t *world)
{
    const struct node *changes = node_get(doc_root(doc), "changes");
    json_t *list = json_object_get(world, "changes");
    for (size_t i = 0; changes != NULL && changes->kind == NODE_LIST && i < changes->count; i++) {
        json_object_set_new(json_array_get(list, i), "@line",
                            json_sprintf("%s:%u", doc_name(doc), changes->children[i]->line));
    }
}

static int read_world(const char *path, unsigned depth, json_t **out, struct err *err)
{
    struct doc *doc = NULL;
    const char *base = NULL;
    json_t *world = NULL;
    int rc = -1;
    if (depth > BASE_DEPTH_MAX) {
        return err_set(err, ERR_INPUT, "%s: more than %d worlds are based on each other", path,
                       BASE_DEPTH_MAX);
    }
    if (doc_load_file(path, &doc, err) != 0) {
        return -1;
    }
    if (doc_root(doc) == NULL || doc_root(doc)->kind != NODE_MAP) {
        err_set(err, ERR_INPUT, "%s: expected a world: a map", path);
        goto out;
    }
    if (node_only(doc, doc_root(doc), members, err) != 0 ||
        node_opt_string(doc, doc_root(doc), "base", &base, err) != 0) {
        goto out;
    }
    world = node_to_json(doc_root(doc));
    mark_changes(doc, world);
    if (base != NULL) {
        char *file = sibling(path, base);
        json_t *under = NULL;
        rc = read_world(file, depth + 1, &under, err);
        free(file);
        if (rc != 0) {
            goto out;
        }
        overlay(under, world);
        json_decref(world);
        world = under;
    }
    *out = json_incref(world);
    rc = 0;
out:
    json_decref(world);
    doc_free(doc);
    return rc;
}

/* --- completing --- */

json_t *world_default_regions(const char *partition)
{
    json_t *list = json_array();
    for (size_t i = 0; i < region_count(); i++) {
        const struct region *region = region_at(i);
        if (str_equal(region->partition, partition) && !region->opt_in) {
            json_array_append_new(list, json_string(region->name));
        }
    }
    return list;
}

static void ensure(json_t *object, const char *name, json_t *taken)
{
    if (json_object_get(object, name) == NULL) {
        json_object_set(object, name, taken);
    }
    json_decref(taken);
}

static int complete(struct sim *sim, json_t *world, struct err *err)
{
    ensure(world, "partition", json_string("aws"));
    ensure(world, "seed", json_integer(1));
    ensure(world, "quirks", json_object());
    ensure(world, "credentials", json_array());
    ensure(world, "regions", json_object());
    ensure(json_object_get(world, "regions"), "default_enabled",
           world_default_regions(jx_str(world, "partition")));
    ensure(json_object_get(world, "regions"), "opted_in", json_array());
    json_t *organization = json_object_get(world, "organization");
    if (!json_is_object(organization)) {
        return err_set(err, ERR_INPUT, "the world has no organization");
    }
    ensure(organization, "units", json_array());
    ensure(organization, "accounts", json_array());
    sim->partition = jx_str_or(world, "partition", "aws");
    sim->home_region = jx_str(world, "home_region");
    sim->management_account = jx_str(world, "organization.management_account");
    sim->seed = (uint64_t)jx_int(world, "seed", 1);
    if (sim->home_region == NULL || !region_name_valid(sim->home_region)) {
        return err_set(err, ERR_INPUT, "home_region: expected a Region");
    }
    if (sim->management_account == NULL || !str_is_account_id(sim->management_account)) {
        return err_set(err, ERR_INPUT,
                       "organization.management_account: expected 12 digits in quotes");
    }
    if (jx_str(world, "organization.id") == NULL || jx_str(world, "organization.root") == NULL) {
        return err_set(err, ERR_INPUT, "organization: expected id and root");
    }
    sim->global_region = partition_of_region(sim->home_region)->global_region;
    return 0;
}

static int take_credentials(struct sim *sim, struct err *err)
{
    size_t index = 0;
    json_t *each = NULL;
    json_array_foreach(json_object_get(sim->world, "credentials"), index, each)
    {
        const char *key = jx_str(each, "access_key_id"), *secret = jx_str(each, "secret");
        const char *account = jx_str_or(each, "account", sim->management_account);
        const char *user = jx_str_or(each, "user", "towerkeep");
        if (key == NULL || secret == NULL || strlen(key) > 128 || !str_is_account_id(account)) {
            return err_set(
                err, ERR_INPUT,
                "credentials[%zu]: expected access_key_id, secret and an account of 12 digits",
                index);
        }
        struct principal *p = xcalloc(1, sizeof *p);
        char id[17];
        snprintf(p->access_key_id, sizeof p->access_key_id, "%s", key);
        snprintf(p->account, sizeof p->account, "%s", account);
        sim_hash_id(sim, key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16, id);
        p->secret = xstrdup(secret);
        p->arn = xasprintf("arn:%s:iam::%s:user/%s", sim->partition, account, user);
        p->role_arn = xstrdup(p->arn);
        p->user_id = xasprintf("AIDA%s", id);
        p->policy = json_incref(json_object_get(each, "policy"));
        sim_add_principal(sim, p);
    }
    return 0;
}

/* --- changes --- */

static const char *word_or(const json_t *change, const char *name, const char *special,
                           const char *meaning, const char *otherwise)
{
    const char *word = jx_str(change, name);
    if (word == NULL) {
        return otherwise;
    }
    return str_equal(word, special) ? meaning : word;
}

/* "[key=value]" picks an element of a list, "[3]" the fourth; a name picks a member. Borrowed. */
static json_t *step_into(json_t *at, const char *step)
{
    if (step[0] != '[') {
        return json_object_get(at, step);
    }
    char inner[256];
    snprintf(inner, sizeof inner, "%.*s", (int)strcspn(step + 1, "]"), step + 1);
    long long number = 0;
    if (str_number(inner, 0, 1000000, &number)) {
        return json_array_get(at, (size_t)number);
    }
    char *equal = strchr(inner, '=');
    if (equal == NULL) {
        return NULL;
    }
    *equal = '\0';
    size_t index = 0;
    json_t *each = NULL;
    json_array_foreach(at, index, each)
    {
        if (str_equal(jx_str(each, inner), equal + 1)) {
            return each;
        }
    }
    return NULL;
}

/* Cuts the next step off a path; dots inside brackets belong to the step. */
static bool next_step(const char **path, char *step, size_t size)
{
    const char *at = *path;
    size_t length = 0;
    at += *at == '.' ? 1 : 0;
    if (*at == '\0') {
        return false;
    }
    if (*at == '[') {
        length = strcspn(at, "]");
        length += at[length] == ']' ? 1 : 0;
    } else {
        length = strcspn(at, ".[");
    }
    snprintf(step, size, "%.*s", (int)length, at);
    *path = at + length;
    return true;
}

static int set_member(json_t *parent, const char *step, const json_t *value, struct err *err)
{
    if (step[0] == '[' && json_is_array(parent)) {
        json_t *old = step_into(parent, step);
        for (size_t i = 0; old != NULL && i < json_array_size(parent); i++) {
            if (json_array_get(parent, i) == old) {
                if (json_is_null(value)) {
                    json_array_remove(parent, i);
                } else {
                    json_array_set_new(parent, i, json_deep_copy(value));
                }
                return 0;
            }
        }
    } else if (json_is_object(parent)) {
        if (value == NULL || json_is_null(value)) {
            json_object_del(parent, step);
        } else {
            json_object_set_new(parent, step, json_deep_copy(value));
        }
        return 0;
    }
    return err_set(err, ERR_INPUT, "nothing at '%s'", step);
}

static int apply_set(struct sim *sim, const json_t *set, struct err *err)
{
    const struct service_info *info = service_by_name(jx_str_or(set, "service", ""));
    const char *path = jx_str(set, "path");
    if (info == NULL || path == NULL || !json_is_object(set)) {
        return err_set(err, ERR_INPUT,
                       "expected a set with a service (organizations, kms, ...) and a path");
    }
    const char *account =
        word_or(set, "account", "management", sim->management_account, sim->management_account);
    const char *region = word_or(set, "region", "home", sim->home_region, "");
    json_t *at = sim_state(sim, info->service, account, region);
    char step[256], next[256];
    if (!next_step(&path, step, sizeof step)) {
        return err_set(err, ERR_INPUT, "set: the path is empty");
    }
    while (next_step(&path, next, sizeof next)) {
        json_t *inner = step_into(at, step);
        if (inner == NULL) {
            return err_set(err, ERR_INPUT, "set: the state of %s has nothing at '%s'", info->name,
                           step);
        }
        at = inner;
        snprintf(step, sizeof step, "%s", next);
    }
    return set_member(at, step, json_object_get(set, "value"), err);
}

static int apply_call(struct sim *sim, const json_t *change, struct err *err)
{
    const char *call = jx_str_or(change, "call", "");
    const struct op *op = op_parse(call);
    if (op == NULL) {
        return err_set(err, ERR_INPUT, "unknown operation '%s': expected service:Operation", call);
    }
    const char *account =
        word_or(change, "account", "management", sim->management_account, sim->management_account);
    const char *region = word_or(change, "region", "home", sim->home_region, sim->home_region);
    if (op->reach == REACH_GLOBAL) {
        region = sim->global_region;
    }
    return sim_invoke(sim, op, account, region, jx_str(change, "role"),
                      json_object_get(change, "input"), NULL, err);
}

int world_change(struct sim *sim, const json_t *change, struct err *err)
{
    const json_t *set = json_object_get(change, "set");
    return set != NULL ? apply_set(sim, set, err) : apply_call(sim, change, err);
}

static int apply_changes(struct sim *sim, struct err *err)
{
    size_t index = 0;
    json_t *change = NULL;
    json_array_foreach(json_object_get(sim->world, "changes"), index, change)
    {
        if (world_change(sim, change, err) != 0) {
            char place[64];
            snprintf(place, sizeof place, "changes[%zu]", index);
            err->code = ERR_INPUT;
            return err_prefix(err, "%s", jx_str_or(change, "@line", place));
        }
        timeline_run(sim, sim_now_ms(sim) + LOAD_LEAD_MS);
    }
    return 0;
}

/* --- the whole --- */

static int start_services(struct sim *sim, struct err *err)
{
    const struct sim_service *const *table = services_table();
    for (const struct sim_service *const *s = table; *s != NULL; s++) {
        sim->services[(*s)->service] = *s;
    }
    if (routes_new(table, &sim->routes, err) != 0) {
        return -1;
    }
    for (const struct sim_service *const *s = table; *s != NULL; s++) {
        if (((*s)->holds_resources && inventory_load(sim, (*s)->service, sim->world, err) != 0) ||
            ((*s)->load != NULL && (*s)->load(sim, sim->world, err) != 0)) {
            return -1;
        }
    }
    return 0;
}

static void index_accounts(struct sim *sim, const json_t *unit)
{
    size_t i = 0;
    json_t *each = NULL;
    json_array_foreach(json_object_get(unit, "accounts"), i, each)
    {
        map_set(sim->world_accounts, jx_str_or(each, "id", ""), each);
    }
    json_array_foreach(json_object_get(unit, "units"), i, each)
    {
        index_accounts(sim, each);
    }
}

int world_take(struct sim *sim, json_t *world, struct err *err)
{
    int64_t now = clock_wall_ms(NULL);
    const char *text = jx_str(world, "now");
    json_decref(sim->world);
    sim->world = world;
    if (text != NULL && !time_parse_iso(text, &now)) {
        return err_set(err, ERR_INPUT, "now: '%s' is not an ISO 8601 time", text);
    }
    if (complete(sim, world, err) != 0 || take_credentials(sim, err) != 0) {
        return -1;
    }
    index_accounts(sim, jx_get(world, "organization"));
    timeline_set(sim->timeline, now - LOAD_LEAD_MS, 0.0);
    if (start_services(sim, err) != 0 || apply_changes(sim, err) != 0) {
        return -1;
    }
    timeline_run(sim, now);
    timeline_set(sim->timeline, now, 1.0);
    return 0;
}

int world_load(struct sim *sim, const char *path, struct err *err)
{
    json_t *world = NULL;
    if (read_world(path, 0, &world, err) != 0) {
        return -1;
    }
    json_t *generate = json_object_get(world, "generate");
    if (json_is_string(generate)) {
        json_t *frame = world_generate(json_string_value(generate), err);
        if (frame == NULL) {
            json_decref(world);
            return err_prefix(err, "%s: generate", path);
        }
        json_object_del(world, "generate");
        overlay(frame, world);
        json_decref(world);
        world = frame;
    }
    if (world_take(sim, world, err) != 0) {
        return err->text[0] != '\0' && strstr(err->text, path) == err->text
                   ? -1
                   : err_prefix(err, "%s", path);
    }
    return 0;
}

const json_t *sim_world(const struct sim *sim)
{
    return sim->world;
}

const char *sim_partition(const struct sim *sim)
{
    return sim->partition;
}

const char *sim_home_region(const struct sim *sim)
{
    return sim->home_region;
}

const char *sim_management_account(const struct sim *sim)
{
    return sim->management_account;
}

bool sim_generated_account(const struct sim *sim, const char *account)
{
    return jx_bool(map_get(sim->world_accounts, account), "generated");
}

long long sim_generated_resources(const struct sim *sim)
{
    return jx_int(sim->world, "generate.resources", 0);
}

static void state_key(enum service service, const char *account, const char *region, char *out,
                      size_t size)
{
    snprintf(out, size, "%d/%s/%s", (int)service, account, region);
}

json_t *sim_state_peek(struct sim *sim, enum service service, const char *account,
                       const char *region)
{
    char key[96];
    state_key(service, account, region, key, sizeof key);
    return map_get(sim->states, key);
}

json_t *sim_state(struct sim *sim, enum service service, const char *account, const char *region)
{
    json_t *state = sim_state_peek(sim, service, account, region);
    if (state != NULL) {
        return state;
    }
    char key[96];
    state_key(service, account, region, key, sizeof key);
    state = json_object();
    map_set(sim->states, key,
            state); /* first, so that a populate() that looks back does not loop */
    const struct sim_service *s = sim->services[service];
    if (s != NULL && s->holds_resources) {
        inventory_populate(sim, service, account, region, state);
    }
    if (s != NULL && s->populate != NULL) {
        s->populate(sim, account, region, state);
    }
    return state;
}
