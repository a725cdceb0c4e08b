#include "model/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "plan_form.h"
#include "plan_private.h"

#define SCHEMA_FAMILY "towerkeep-plan/"
#define SCHEMA SCHEMA_FAMILY "1"

static const struct {
    const char *name, *command;
} goals[GOAL_COUNT] = {[GOAL_FIX] = {"fix", "scan --fix"},
                       [GOAL_ENABLE] = {"enable", "enable"},
                       [GOAL_TEARDOWN] = {"teardown", "teardown"}};

const char *goal_name(enum goal goal)
{
    return goals[goal].name;
}

const char *goal_command(enum goal goal)
{
    return goals[goal].command;
}

bool goal_parse(const char *name, enum goal *goal)
{
    for (size_t i = 0; i < GOAL_COUNT; i++) {
        if (str_equal(goals[i].name, name)) {
            *goal = (enum goal)i;
            return true;
        }
    }
    return false;
}

/* --- digests --- */

static void digest_of(const json_t *document, char out[SHA256_HEX_SIZE])
{
    struct text text;
    text_init(&text, PLAN_BYTES_MAX * 2);
    jx_canonical(document, &text);
    sha256_hex(text_str(&text), text.length, out);
    text_release(&text);
}

/* Of everything but the digest itself. */
static void digest_of_plan(const json_t *document, char out[SHA256_HEX_SIZE])
{
    json_t *copy = json_copy(jx_mutable(document));
    (void)json_object_del(copy, "digest");
    digest_of(copy, out);
    json_decref(copy);
}

/* --- checks of a document --- */

static int check_head(const json_t *document, struct err *err)
{
    enum goal goal = GOAL_FIX;
    const char *schema = jx_str(document, "schema");
    if (schema == NULL || !str_starts(schema, SCHEMA_FAMILY)) {
        return err_set(err, ERR_INPUT, "not a towerkeep plan file");
    }
    if (strcmp(schema, SCHEMA) != 0) {
        return err_set(err, ERR_INPUT, "unsupported plan version \"%.40s\": this program reads %s",
                       schema, SCHEMA);
    }
    for (const struct plan_member *m = plan_head_form.members; m->name != NULL; m++) {
        if (jx_str(document, m->name) == NULL) {
            return err_set(err, ERR_INPUT, "\"%s\" is missing", m->name);
        }
    }
    if (jx_str(document, "digest") == NULL) {
        return err_set(err, ERR_INPUT, "\"digest\" is missing");
    }
    if (!goal_parse(jx_str(document, "goal"), &goal)) {
        return err_set(err, ERR_INPUT, "\"goal\": expected fix, enable or teardown");
    }
    if (!str_is_account_id(jx_str(document, "management_account"))) {
        return err_set(err, ERR_INPUT, "\"management_account\": expected 12 digits");
    }
    return 0;
}

static int check_digest(const json_t *document, struct err *err)
{
    char digest[SHA256_HEX_SIZE];
    digest_of_plan(document, digest);
    if (strcmp(digest, jx_str_or(document, "digest", "")) != 0) {
        return err_set(err, ERR_INPUT,
                       "the plan was changed after it was made (its digest does not match): "
                       "make a new one with towerkeep plan");
    }
    return 0;
}

static int check_steps(const json_t *document, struct err *err)
{
    static const char *const lists[] = {"steps", "manual"};
    const json_t *steps = json_object_get(document, "steps");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (!json_is_array(json_object_get(document, lists[i]))) {
            return err_set(err, ERR_INPUT, "\"%s\": expected a list", lists[i]);
        }
    }
    for (size_t i = 0; i < json_array_size(steps); i++) {
        if (plan_check_step(json_array_get(steps, i), err) != 0) {
            return -1;
        }
    }
    return 0;
}

/* --- reading --- */

static void *read_rows(const struct plan_form *form, const json_t *list, size_t *count)
{
    *count = json_array_size(list);
    char *rows = *count > 0 ? xcalloc(*count, form->size) : NULL;
    for (size_t i = 0; i < *count; i++) {
        plan_form_read(form, json_array_get(list, i), rows + i * form->size);
    }
    return rows;
}

static struct plan *plan_read(const json_t *document)
{
    const json_t *steps = json_object_get(document, "steps");
    struct plan *plan = xcalloc(1, sizeof *plan);
    plan_form_read(&plan_head_form, document, plan);
    (void)goal_parse(jx_str(document, "goal"), &plan->goal);
    (void)snprintf(plan->digest, sizeof plan->digest, "%s", jx_str_or(document, "digest", ""));
    for (size_t i = 0; i < json_array_size(steps); i++) {
        plan_steps_add(&plan->steps, plan_form_new(&plan_step_form, json_array_get(steps, i)));
    }
    plan->manual =
        read_rows(&plan_manual_form, json_object_get(document, "manual"), &plan->manual_count);
    plan->deferred =
        read_rows(&plan_deferred_form, json_object_get(document, "held"), &plan->deferred_count);
    plan->remains =
        read_rows(&plan_remains_form, json_object_get(document, "remains"), &plan->remains_count);
    return plan;
}

int plan_from_json(const json_t *document, const char *name, struct plan **plan, struct err *err)
{
    *plan = NULL;
    if (check_head(document, err) != 0 || check_digest(document, err) != 0 ||
        check_steps(document, err) != 0) {
        return err_prefix(err, "%s", name);
    }
    struct plan *read = plan_read(document);
    if (plan_check_together(&read->steps, err) != 0) {
        plan_free(read);
        return err_prefix(err, "%s", name);
    }
    *plan = read;
    return 0;
}

int plan_load(const char *path, struct plan **plan, struct err *err)
{
    char *data = NULL;
    size_t length = 0;
    const char *problem = NULL;
    *plan = NULL;
    if (file_read(path, PLAN_BYTES_MAX, &data, &length, err) != 0) {
        return -1;
    }
    json_t *document = jx_parse(data, length, &problem);
    free(data);
    if (document == NULL) {
        return err_set(err, ERR_INPUT, "%s: not a complete plan file: %s", path, problem);
    }
    int rc = plan_from_json(document, path, plan, err);
    json_decref(document);
    return rc;
}

/* --- writing --- */

static json_t *rows_document(const struct plan_form *form, const void *rows, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const void *row = (const char *)rows + i * form->size;
        (void)json_array_append_new(list, plan_form_document(form, row));
    }
    return list;
}

static json_t *steps_document(const struct plan_steps *steps)
{
    json_t *list = json_array();
    for (size_t i = 0; i < steps->count; i++) {
        (void)json_array_append_new(list, plan_form_document(&plan_step_form, steps->items[i]));
    }
    return list;
}

json_t *plan_to_json(const struct plan *plan)
{
    json_t *document = json_pack("{s:s, s:s}", "schema", SCHEMA, "goal", goals[plan->goal].name);
    plan_form_write(&plan_head_form, plan, document);
    (void)json_object_set_new(document, "steps", steps_document(&plan->steps));
    (void)json_object_set_new(document, "manual",
                              rows_document(&plan_manual_form, plan->manual, plan->manual_count));
    if (plan->deferred_count > 0) {
        (void)json_object_set_new(
            document, "held",
            rows_document(&plan_deferred_form, plan->deferred, plan->deferred_count));
    }
    if (plan->remains_count > 0) {
        (void)json_object_set_new(
            document, "remains",
            rows_document(&plan_remains_form, plan->remains, plan->remains_count));
    }
    if (plan->digest[0] != '\0') {
        jx_set_str(document, "digest", plan->digest);
    }
    return document;
}

void plan_seal(struct plan *plan)
{
    json_t *document = plan_to_json(plan);
    digest_of_plan(document, plan->digest);
    json_decref(document);
}

void plan_steps_digest(const struct plan_steps *steps, char out[SHA256_HEX_SIZE])
{
    json_t *document = steps_document(steps);
    digest_of(document, out);
    json_decref(document);
}

int plan_check(const struct plan *plan, const char *name, struct err *err)
{
    struct plan *read = NULL;
    json_t *document = plan_to_json(plan);
    int rc = plan_from_json(document, name, &read, err);
    plan_free(read);
    json_decref(document);
    return rc;
}

int plan_save(const struct plan *plan, const char *path, struct err *err)
{
    struct out_file *file = NULL;
    if (out_file_open(path, &file, err) != 0) {
        return -1;
    }
    FILE *stream = out_file_stream(file);
    json_t *document = plan_to_json(plan);
    int rc = jx_write(document, stream, JSON_INDENT(2));
    json_decref(document);
    if (rc != 0 || fputc('\n', stream) == EOF) {
        out_file_abort(file);
        return err_set(err, ERR_IO, "%s: cannot write the plan", path);
    }
    return out_file_commit(file, err);
}

static void free_rows(const struct plan_form *form, void *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        plan_form_release(form, (char *)rows + i * form->size);
    }
    free(rows);
}

void plan_manual_release(struct plan_manual *row)
{
    plan_form_release(&plan_manual_form, row);
}

void plan_deferred_release(struct plan_deferred *row)
{
    plan_form_release(&plan_deferred_form, row);
}

void plan_free(struct plan *plan)
{
    if (plan == NULL) {
        return;
    }
    for (size_t i = 0; i < plan->steps.count; i++) {
        plan_step_free(plan->steps.items[i]);
    }
    free(plan->steps.items);
    free_rows(&plan_manual_form, plan->manual, plan->manual_count);
    free_rows(&plan_deferred_form, plan->deferred, plan->deferred_count);
    free_rows(&plan_remains_form, plan->remains, plan->remains_count);
    plan_form_free(&plan_head_form, plan);
}
