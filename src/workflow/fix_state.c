#include "fix_state.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply/apply.h"
#include "base/file.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "model/plan.h"

#define BEFORE "before.json"
#define CHANGES "changes.json"

static int save_json(const char *path, const json_t *value, struct err *err)
{
    struct out_file *file = NULL;
    if (out_file_open(path, &file, err) != 0) {
        return -1;
    }
    (void)jx_write(value, out_file_stream(file), JSON_INDENT(1) | JSON_SORT_KEYS);
    return out_file_commit(file, err);
}

/* *out: new reference. */
static int load_json(const char *path, json_t **out, struct err *err)
{
    char *data = NULL;
    size_t length;
    if (file_read(path, PLAN_BYTES_MAX, &data, &length, err) != 0) {
        return -1;
    }
    *out = json_loadb(data, length, 0, NULL);
    free(data);
    return *out != NULL ? 0 : err_set(err, ERR_INPUT, "%s: not valid JSON", path);
}

char *fix_state_path(const struct fix_state *f, const char *name)
{
    return path_join(f->directory, name);
}

static void free_call(void *call)
{
    plan_call_free(call);
}

int fix_state_init(struct fix_state *f, const char *directory, struct err *err)
{
    *f = (struct fix_state){
        .directory = directory, .changes = json_array(), .sent = map_new(free_call)};
    char *path = fix_state_path(f, CHANGES);
    json_t *kept = NULL;
    int rc = file_exists(path) ? load_json(path, &kept, err) : 0;
    if (json_is_array(kept)) {
        json_array_extend(f->changes, kept);
    }
    json_decref(kept);
    free(path);
    return rc;
}

void fix_state_release(struct fix_state *f)
{
    json_decref(f->before);
    json_decref(f->changes);
    map_free(f->sent);
    plan_free(f->plan);
    *f = (struct fix_state){0};
}

static int add_failure(void *context, const struct finding *f)
{
    json_t *before = context;
    if (f->status == STATUS_FAIL) {
        json_object_set_new(before, f->id,
                            json_pack("{s:s, s:s, s:o}", "check_id", f->check_id, "subject",
                                      f->subject, "observed",
                                      jx_string(f->observed, strlen(f->observed))));
    }
    return 0;
}

int fix_state_recall_before(struct fix_state *f, struct err *err)
{
    char *path = fix_state_path(f, BEFORE);
    int rc = f->before == NULL && file_exists(path) ? load_json(path, &f->before, err) : 0;
    free(path);
    return rc;
}

int fix_state_remember_before(struct fix_state *f, struct store *store, struct err *err)
{
    if (fix_state_recall_before(f, err) != 0) {
        return -1;
    }
    if (f->before != NULL) {
        return 0;
    }
    f->before = json_object();
    if (store_each_finding(store, add_failure, f->before, err) < 0) {
        return -1;
    }
    char *path = fix_state_path(f, BEFORE);
    int rc = save_json(path, f->before, err);
    free(path);
    return rc;
}

int fix_state_add_changes(struct fix_state *f, json_t *changes, const struct plan *plan,
                          struct err *err)
{
    const char *digest = plan->digest;
    size_t i;
    json_t *change;
    for (i = json_array_size(f->changes); i > 0; i--) {
        change = json_array_get(f->changes, i - 1);
        if (strcmp(jx_str_or(change, "plan", ""), digest) == 0) {
            json_array_remove(f->changes, i - 1);
        }
    }
    json_array_foreach(changes, i, change)
    {
        json_object_set_new(change, "plan", json_string(digest));
    }
    json_array_extend(f->changes, changes);
    char *path = fix_state_path(f, CHANGES);
    int rc = save_json(path, f->changes, err);
    free(path);
    return rc;
}

static bool has_state(const json_t *change, enum step_state state)
{
    return strcmp(jx_str_or(change, "state", ""), step_state_name(state)) == 0;
}

static const struct plan_step *step_of(const struct plan *plan, const char *id)
{
    for (size_t i = 0; i < plan->steps.count; i++) {
        if (strcmp(plan->steps.items[i]->id, id) == 0) {
            return plan->steps.items[i];
        }
    }
    return NULL;
}

void fix_state_note_steps(struct fix_state *f, const json_t *changes, const struct plan *plan)
{
    bool settled = true;
    size_t i;
    const json_t *change;
    json_array_foreach(changes, i, change)
    {
        const char *id = jx_str_or(change, "id", "");
        const struct plan_step *step = has_state(change, STEP_DONE) ? step_of(plan, id) : NULL;
        settled = settled && has_state(change, STEP_ALREADY_TRUE);
        if (step != NULL) {
            map_set(f->sent, id, plan_call_copy(step->send));
        }
    }
    f->settled[0] = '\0';
    if (settled) {
        plan_steps_digest(&plan->steps, f->settled);
    }
}

static void add_deferred(json_t *changes, const struct plan *plan)
{
    for (size_t i = 0; plan != NULL && i < plan->deferred_count; i++) {
        const struct plan_deferred *row = &plan->deferred[i];
        char *message = xasprintf("waits for %s", row->waits_for);
        json_t *change = json_pack(
            "{s:s, s:o, s:i, s:s, s:o, s:n, s:n, s:s*, s:s*, s:s*, s:s, s:s, s:s}", "id", row->id,
            "title", jx_string(row->title, strlen(row->title)), "step", row->step, "state",
            "held back", "message", jx_string(message, strlen(message)), "before", "after",
            "operation", row->operation, "account", row->account, "region", row->region,
            "request_id", "", "started", "", "ended", "");
        json_array_append_new(changes, change);
        free(message);
    }
}

struct fixed { /* while they are gathered: store_each_finding() allows no change */
    const json_t *before;
    json_t *ids;
};

static int add_fixed(void *context, const struct finding *f)
{
    struct fixed *fixed = context;
    if (f->status == STATUS_PASS && json_object_get(fixed->before, f->id) != NULL) {
        json_array_append_new(fixed->ids, json_string(f->id));
    }
    return 0;
}

static int mark_fixed(const struct fix_state *f, struct store *store, struct err *err)
{
    struct fixed fixed = {.before = f->before, .ids = json_array()};
    int rc = store_each_finding(store, add_fixed, &fixed, err) < 0 ? -1 : 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(fixed.ids); i++) {
        rc = store_finding_status(store, json_string_value(json_array_get(fixed.ids, i)),
                                  STATUS_FIXED, err);
    }
    json_decref(fixed.ids);
    return rc;
}

int fix_state_store(struct fix_state *f, struct store *store, struct err *err)
{
    add_deferred(f->changes, f->plan);
    char *changes = jx_dump(f->changes);
    char *before = f->before != NULL ? jx_dump(f->before) : xstrdup("{}");
    int rc = store_meta_set(store, "changes", changes, err);
    if (rc == 0) {
        rc = store_meta_set(store, "before", before, err);
    }
    if (rc == 0 && f->before != NULL) {
        rc = mark_fixed(f, store, err);
    }
    free(changes);
    free(before);
    return rc;
}

void fix_state_forget(const struct fix_state *f)
{
    static const char *const names[] = {BEFORE, CHANGES};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *path = fix_state_path(f, names[i]);
        (void)unlink(path);
        free(path);
    }
}

static int count_failures(void *context, const struct finding_count *c)
{
    if (c->by_status[STATUS_FAIL] > 0) {
        json_object_set_new(context, c->check_id, json_integer(c->by_status[STATUS_FAIL]));
    }
    return 0;
}

int failures_count(struct store *store, json_t **out, struct err *err)
{
    *out = json_object();
    return store_each_finding_count(store, count_failures, *out, err) < 0 ? -1 : 0;
}
