#include "model/plan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/jsonx.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/condition.h"
#include "plan_private.h"

#define SCHEMA "towerkeep-plan/1"
#define CIRCLE_SHOWN 12

static const char *id_of(const json_t *step)
{
    const char *id = json_string_value(json_object_get(step, "id"));
    return id != NULL ? id : "";
}

/* --- order --- */

enum mark { UNSEEN, OPEN, PLACED };

struct sorter {
    json_t *steps, *sorted;
    struct map *index; /* id -> position + 1 */
    enum mark *marks;
    struct visit {
        size_t step, next_need;
    } * stack;
    size_t depth;
};

static size_t position_of(const struct map *index, const char *id)
{
    const size_t *position = id != NULL ? map_get(index, id) : NULL;
    return position != NULL ? *position : 0;
}

static int index_steps(const json_t *steps, struct map *index, struct err *err)
{
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const char *id = id_of(json_array_get(steps, i));
        if (map_get(index, id) != NULL) {
            return err_set(err, ERR_INPUT, "two steps are named %s", id);
        }
        size_t *position = xmalloc(sizeof *position);
        *position = i + 1;
        map_set(index, id, position);
    }
    return 0;
}

static int circle(const struct sorter *s, size_t again, struct err *err)
{
    struct text names;
    text_init(&names, ERR_TEXT_MAX);
    size_t from = s->depth;
    while (from > 0 && s->stack[from - 1].step != again) {
        from--;
    }
    for (size_t i = from - 1; i < s->depth && i < from - 1 + CIRCLE_SHOWN; i++) {
        text_addf(&names, "%s needs ", id_of(json_array_get(s->steps, s->stack[i].step)));
    }
    text_addf(&names, "%s%s", s->depth - from >= CIRCLE_SHOWN ? "... " : "",
              id_of(json_array_get(s->steps, again)));
    (void)err_set(err, ERR_INPUT, "the steps go in a circle: %s", text_str(&names));
    text_release(&names);
    return -1;
}

/* Places what the step needs, then the step; by a stack of its own, for a plan can be deep. */
static int place(struct sorter *s, size_t first, struct err *err)
{
    s->stack[s->depth++] = (struct visit){first, 0};
    s->marks[first] = OPEN;
    while (s->depth > 0) {
        struct visit *top = &s->stack[s->depth - 1];
        const json_t *step = json_array_get(s->steps, top->step);
        const json_t *needs = json_object_get(step, "needs");
        if (top->next_need >= json_array_size(needs)) {
            s->marks[top->step] = PLACED;
            (void)json_array_append(s->sorted, json_array_get(s->steps, top->step));
            s->depth--;
            continue;
        }
        const char *need = json_string_value(json_array_get(needs, top->next_need++));
        size_t at = position_of(s->index, need);
        if (at == 0) {
            return err_set(err, ERR_INPUT, "step %s needs %.200s, which is no step of the plan",
                           id_of(step), need != NULL ? need : "");
        }
        if (s->marks[at - 1] == OPEN) {
            return circle(s, at - 1, err);
        }
        if (s->marks[at - 1] == UNSEEN) {
            s->marks[at - 1] = OPEN;
            s->stack[s->depth++] = (struct visit){at - 1, 0};
        }
    }
    return 0;
}

int plan_order(json_t *steps, struct err *err)
{
    size_t count = json_array_size(steps);
    struct sorter s = {.steps = steps, .sorted = json_array(), .index = map_new(free)};
    s.marks = xcalloc(count + 1, sizeof *s.marks);
    s.stack = xcalloc(count + 1, sizeof *s.stack);
    int status = index_steps(steps, s.index, err);
    for (size_t i = 0; status == 0 && i < count; i++) {
        status = s.marks[i] == UNSEEN ? place(&s, i, err) : 0;
    }
    if (status == 0) {
        (void)json_array_clear(steps);
        (void)json_array_extend(steps, s.sorted);
    }
    json_decref(s.sorted);
    map_free(s.index);
    free(s.marks);
    free(s.stack);
    return status;
}

/* --- check --- */

struct checker {
    const json_t *steps;
    const struct map *index;
    size_t at; /* the step being checked */
    int status;
    struct err *err;
};

/* Where a step learns what others use; the last two also after a crash or when it was true already.
 */
static const char *const suppliers[] = {"", "poll", "done", "recover"};

static bool supplies(const json_t *step, size_t first, const char *name)
{
    for (size_t i = first; i < sizeof suppliers / sizeof *suppliers; i++) {
        const json_t *holder = i > 0 ? json_object_get(step, suppliers[i]) : step;
        if (json_object_get(json_object_get(holder, "capture"), name) != NULL) {
            return true;
        }
    }
    return false;
}

/* Does `step` need the step at `wanted`, directly or through others? Needs point backwards. */
static bool leads_to(const struct checker *c, size_t from, size_t wanted)
{
    bool *reached = xcalloc(from + 1, sizeof *reached);
    reached[from] = true;
    for (size_t i = from + 1; i-- > wanted;) {
        const json_t *needs = json_object_get(json_array_get(c->steps, i), "needs");
        for (size_t k = 0; reached[i] && k < json_array_size(needs); k++) {
            size_t at = position_of(c->index, json_string_value(json_array_get(needs, k)));
            if (at > 0 && at - 1 < i) {
                reached[at - 1] = true;
            }
        }
    }
    bool found = reached[wanted];
    free(reached);
    return found;
}

static void check_placeholder(void *context, const char *id, const char *name)
{
    struct checker *c = context;
    const json_t *self = json_array_get(c->steps, c->at);
    size_t at = position_of(c->index, id);
    if (c->status != 0) {
        return;
    }
    const json_t *other = at > 0 ? json_array_get(c->steps, at - 1) : NULL;
    if (other == NULL || !supplies(other, 0, name)) {
        c->status = err_set(c->err, ERR_INPUT, "step %s: ${%s:%s} is captured by no step",
                            id_of(self), id, name);
        return;
    }
    if (other == self) {
        return;
    }
    if (at - 1 > c->at || !leads_to(c, c->at, at - 1)) {
        c->status = err_set(c->err, ERR_INPUT, "step %s uses ${%s:%s} and does not need that step",
                            id_of(self), id, name);
        return;
    }
    if (!supplies(other, 2, name)) {
        c->status =
            err_set(c->err, ERR_INPUT, "step %s: neither done nor recover supplies \"%s\" for %s",
                    id, name, id_of(self));
    }
}

static int check_needs(const struct checker *c, const json_t *step, struct err *err)
{
    const json_t *needs = json_object_get(step, "needs");
    for (size_t i = 0; i < json_array_size(needs); i++) {
        const char *need = json_string_value(json_array_get(needs, i));
        if (position_of(c->index, need) > c->at) {
            return err_set(err, ERR_INPUT, "step %s stands before %s, which it needs", id_of(step),
                           need);
        }
    }
    return 0;
}

static int check_together(const json_t *steps, struct err *err)
{
    struct map *index = map_new(free);
    json_t *copy = json_copy(jx_get(steps, ""));
    struct checker c = {.steps = steps, .index = index, .err = err};
    /* Names what is missing, double or circular. */
    int status = plan_order(copy, err) != 0 || index_steps(steps, index, err) != 0 ? -1 : 0;
    static const char *const spoken[] = {"done", "guard", "send", "otherwise", "poll", "recover"};
    for (c.at = 0; status == 0 && c.at < json_array_size(steps); c.at++) {
        const json_t *step = json_array_get(steps, c.at);
        status = check_needs(&c, step, err);
        for (size_t k = 0; status == 0 && k < sizeof spoken / sizeof *spoken; k++) {
            placeholder_each(json_object_get(step, spoken[k]), check_placeholder, &c);
            status = c.status;
        }
    }
    json_decref(copy);
    map_free(index);
    return status;
}

static void digest_of(const json_t *plan, char out[SHA256_HEX_SIZE])
{
    struct text text;
    json_t *copy = json_copy(jx_get(plan, ""));
    text_init(&text, PLAN_BYTES_MAX * 2);
    (void)json_object_del(copy, "digest");
    jx_canonical(copy, &text);
    sha256_hex(text_str(&text), text.length, out);
    text_release(&text);
    json_decref(copy);
}

static int check_head(const json_t *plan, struct err *err)
{
    static const char *const strings[] = {
        "organization_id", "management_account", "partition",    "home_region", "run_id",
        "created",         "config_digest",      "rules_digest", "digest"};
    static const char *const goals[] = {"fix", "enable", "teardown", NULL};
    const char *schema = jx_str(plan, "schema");
    if (schema == NULL || strncmp(schema, "towerkeep-plan/", 15) != 0) {
        return err_set(err, ERR_INPUT, "this is no plan of towerkeep");
    }
    if (strcmp(schema, SCHEMA) != 0) {
        return err_set(err, ERR_INPUT, "a plan of another version (%.40s; this program reads %s)",
                       schema, SCHEMA);
    }
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        if (jx_str(plan, strings[i]) == NULL) {
            return err_set(err, ERR_INPUT, "\"%s\" is missing", strings[i]);
        }
    }
    size_t goal = 0;
    while (goals[goal] != NULL && !str_equal(goals[goal], jx_str(plan, "goal"))) {
        goal++;
    }
    if (goals[goal] == NULL) {
        return err_set(err, ERR_INPUT, "\"goal\": fix, enable or teardown was expected");
    }
    if (!str_is_account_id(jx_str(plan, "management_account"))) {
        return err_set(err, ERR_INPUT, "\"management_account\": 12 digits were expected");
    }
    return 0;
}

static int check_digest(const json_t *plan, struct err *err)
{
    char digest[SHA256_HEX_SIZE];
    digest_of(plan, digest);
    if (strcmp(digest, jx_str_or(plan, "digest", "")) != 0) {
        return err_set(err, ERR_INPUT,
                       "the plan was changed after it was made (its digest does not fit): "
                       "make a new one with towerkeep plan");
    }
    return 0;
}

static int check_steps(const json_t *plan, struct err *err)
{
    const json_t *steps = json_object_get(plan, "steps");
    if (!json_is_array(steps) || !json_is_array(json_object_get(plan, "manual"))) {
        return err_set(err, ERR_INPUT, "\"%s\": a list was expected",
                       json_is_array(steps) ? "manual" : "steps");
    }
    for (size_t i = 0; i < json_array_size(steps); i++) {
        if (plan_check_step(json_array_get(steps, i), err) != 0) {
            return -1;
        }
    }
    return check_together(steps, err);
}

int plan_check(const json_t *plan, const char *name, struct err *err)
{
    if (check_head(plan, err) != 0 || check_digest(plan, err) != 0 || check_steps(plan, err) != 0) {
        return err_prefix(err, "%s", name);
    }
    return 0;
}

/* --- on disk --- */

int plan_load(const char *path, json_t **plan, struct err *err)
{
    char *data = NULL;
    size_t length = 0;
    const char *problem = NULL;
    *plan = NULL;
    if (file_read(path, PLAN_BYTES_MAX, &data, &length, err) != 0) {
        return -1;
    }
    json_t *read = jx_parse(data, length, &problem);
    free(data);
    if (read == NULL) {
        return err_set(err, ERR_INPUT, "%s: not a whole plan: %s", path, problem);
    }
    if (plan_check(read, path, err) != 0) {
        json_decref(read);
        return -1;
    }
    *plan = read;
    return 0;
}

void plan_seal(json_t *plan)
{
    char digest[SHA256_HEX_SIZE];
    digest_of(plan, digest);
    (void)json_object_set_new(plan, "digest", json_string(digest));
}

int plan_save(const json_t *plan, const char *path, struct err *err)
{
    struct out_file *file = NULL;
    if (out_file_open(path, &file, err) != 0) {
        return -1;
    }
    FILE *stream = out_file_stream(file);
    if (jx_write(plan, stream, JSON_INDENT(2)) != 0 || fputc('\n', stream) == EOF) {
        out_file_abort(file);
        return err_set(err, ERR_IO, "%s: the plan cannot be written", path);
    }
    return out_file_commit(file, err);
}
