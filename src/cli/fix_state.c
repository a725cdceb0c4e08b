/* What a walk remembers of itself, in its directory and in its reports. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply/apply.h"
#include "base/file.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "fix_state.h"
#include "model/plan.h"

/* The findings that failed before the first change. */
#define BEFORE "before.json"
/* What finished plans changed; kept until the run that tells it has its name. */
#define CHANGES "changes.json"

char *fix_state_path(const struct session *s, const char *name)
{
    return path_join(s->dir.path, name);
}

static int save_json(const char *path, const json_t *value, struct err *err)
{
    struct out_file *file = NULL;
    if (out_file_open(path, &file, err)) {
        return -1;
    }
    (void)jx_write(value, out_file_stream(file), JSON_INDENT(1) | JSON_SORT_KEYS);
    return out_file_commit(file, err);
}

static int load_json(const char *path, json_t **out, struct err *err)
{
    char *data = NULL;
    size_t length;
    if (file_read(path, PLAN_BYTES_MAX, &data, &length, err)) {
        return -1;
    }
    *out = json_loadb(data, length, 0, NULL);
    free(data);
    return 0;
}

static int note_failure(void *context, const struct finding *f)
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

/* What failed before the first change; kept on disk, so that a killed walk still knows. */
int fix_state_remember_before(struct fix_state *w, struct err *err)
{
    char *path = fix_state_path(w->s, BEFORE);
    int rc = 0;
    if (!w->before && file_exists(path)) {
        rc = load_json(path, &w->before, err);
    }
    if (rc == 0 && !w->before) {
        w->before = json_object();
        rc = store_each_finding(w->s->store, note_failure, w->before, err) < 0
                 ? -1
                 : save_json(path, w->before, err);
    }
    free(path);
    return rc;
}

/* Each change says which plan it belongs to. A plan that is finished a second time replaces what
 * it told first. */
int fix_state_note_changes(struct fix_state *w, json_t *changes, const json_t *plan,
                           struct err *err)
{
    const char *digest = jx_str_or(plan, "digest", "");
    size_t i;
    json_t *change;
    for (i = json_array_size(w->changes); i > 0; i--) {
        change = json_array_get(w->changes, i - 1);
        if (strcmp(jx_str_or(change, "plan", ""), digest) == 0) {
            json_array_remove(w->changes, i - 1);
        }
    }
    json_array_foreach(changes, i, change)
    {
        json_object_set_new(change, "plan", json_string(digest));
    }
    json_array_extend(w->changes, changes);
    char *path = fix_state_path(w->s, CHANGES);
    int rc = save_json(path, w->changes, err);
    free(path);
    return rc;
}

/* So that what did not help is not done again and again. */
void fix_state_note_sent(struct fix_state *w, const json_t *changes, const json_t *plan)
{
    size_t i, k;
    json_t *change, *step;
    json_array_foreach(changes, i, change)
    {
        bool done = strcmp(jx_str_or(change, "state", ""), step_state_name(STEP_DONE)) == 0;
        json_array_foreach(jx_get(plan, "steps"), k, step)
        {
            if (done && json_equal(json_object_get(step, "id"), json_object_get(change, "id"))) {
                json_object_set(w->sent, jx_str_or(step, "id", ""), json_object_get(step, "send"));
            }
        }
    }
}

void fix_state_note_settled(struct fix_state *w, const json_t *changes, const json_t *plan)
{
    const char *already = step_state_name(STEP_ALREADY_TRUE);
    bool all = true;
    size_t i;
    json_t *change;
    json_array_foreach(changes, i, change)
    {
        all = all && strcmp(jx_str_or(change, "state", ""), already) == 0;
    }
    json_decref(w->settled);
    w->settled = all ? json_incref(json_object_get(plan, "steps")) : NULL;
}

/* What was held back is told beside what was done. */
void fix_state_note_deferred(struct fix_state *w)
{
    size_t i;
    json_t *row;
    json_array_foreach(w->deferred, i, row)
    {
        char *message = xasprintf("waits for %s", jx_str_or(row, "waits_for", ""));
        json_t *change = json_pack(
            "{s:O, s:O, s:O, s:s, s:o, s:n, s:n, s:O*, s:O*, s:O*, s:s, s:s, s:s}", "id",
            json_object_get(row, "id"), "title", json_object_get(row, "title"), "step",
            json_object_get(row, "step"), "state", "held back", "message",
            jx_string(message, strlen(message)), "before", "after", "operation",
            json_object_get(row, "operation"), "account", json_object_get(row, "account"), "region",
            json_object_get(row, "region"), "request_id", "", "started", "", "ended", "");
        json_array_append_new(w->changes, change);
        free(message);
    }
}

/* What a walk that was killed had changed before. */
int fix_state_remember_changes(struct fix_state *w, struct err *err)
{
    char *path = fix_state_path(w->s, CHANGES);
    json_t *kept = NULL;
    int rc = file_exists(path) ? load_json(path, &kept, err) : 0;
    if (json_is_array(kept)) {
        json_array_extend(w->changes, kept);
    }
    json_decref(kept);
    free(path);
    return rc;
}

static int note_fixed(void *context, const struct finding *f)
{
    struct fix_state *w = context;
    if (f->status == STATUS_PASS && json_object_get(w->before, f->id)) {
        json_array_append_new(w->fixed, json_string(f->id));
    }
    return 0;
}

/* FIXED: failed before the first change, and passes the same check now. */
int fix_state_mark_fixed(struct fix_state *w, struct err *err)
{
    size_t i;
    json_t *id;
    w->fixed = json_array();
    int rc = store_each_finding(w->s->store, note_fixed, w, err) < 0 ? -1 : 0;
    json_array_foreach(w->fixed, i, id)
    {
        if (rc == 0) {
            rc = store_finding_status(w->s->store, json_string_value(id), STATUS_FIXED, err);
        }
    }
    json_decref(w->fixed);
    return rc;
}

static int count_failure(void *context, const struct finding *f)
{
    json_t *counts = context;
    if (f->status == STATUS_FAIL) {
        json_int_t count = json_integer_value(json_object_get(counts, f->check_id));
        json_object_set_new(counts, f->check_id, json_integer(count + 1));
    }
    return 0;
}

/* For a rehearsal: does the copy fail where the original did? */
int fix_state_save_first(struct fix_state *w, struct err *err)
{
    json_t *counts = json_object();
    int rc = store_each_finding(w->s->store, count_failure, counts, err) < 0
                 ? -1
                 : save_json(w->s->options.first_failures, counts, err);
    json_decref(counts);
    return rc;
}

void fix_state_forget(const struct session *s)
{
    static const char *const told[] = {BEFORE, CHANGES};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        char *path = fix_state_path(s, told[i]);
        (void)unlink(path);
        free(path);
    }
}

int fix_state_recall_before(struct fix_state *w, struct err *err)
{
    char *path = fix_state_path(w->s, BEFORE);
    int rc = !w->before && file_exists(path) ? fix_state_remember_before(w, err) : 0;
    free(path);
    return rc;
}
