#include "model/support.h"

#include <stddef.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

static bool engine_fits(const json_t *row, const char *engine)
{
    const json_t *engines = json_object_get(row, "engines");
    return engines == NULL || (engine != NULL && jx_list_has(engines, engine));
}

static bool row_fits(const json_t *row, const struct support_subject *s)
{
    const char *pattern = jx_str(row, "arn");
    const json_t *advanced = json_object_get(row, "advanced");
    return str_equal(jx_str(row, "type"), s->type) && engine_fits(row, s->engine) &&
           (pattern == NULL || (s->arn != NULL && str_glob(pattern, s->arn))) &&
           (advanced == NULL || s->dynamodb_advanced == (json_is_true(advanced) ? 1 : 0));
}

const json_t *support_row(const json_t *table, const struct support_subject *s)
{
    const json_t *rows = json_object_get(table, "rows");
    for (size_t i = 0; s->type != NULL && i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (row_fits(row, s)) {
            return row;
        }
    }
    return NULL;
}

static bool names_place(const json_t *places, const struct support_subject *s)
{
    return jx_list_has(places, s->region) || (s->opt_in_region && jx_list_has(places, "opt-in")) ||
           (s->partition != NULL && jx_list_has(places, s->partition));
}

/* A value without places holds everywhere. */
static enum support value_there(const json_t *value, const struct support_subject *s)
{
    const json_t *in = json_object_get(value, "in");
    const json_t *not_in = json_object_get(value, "not_in");
    if (json_is_boolean(value)) {
        return json_is_true(value) ? SUPPORT_YES : SUPPORT_NO;
    }
    if (s->region == NULL || (in == NULL && not_in == NULL)) {
        return SUPPORT_UNKNOWN;
    }
    return names_place(in != NULL ? in : not_in, s) == (in != NULL) ? SUPPORT_YES : SUPPORT_NO;
}

enum support support_of(const json_t *table, const struct support_subject *s, const char *feature)
{
    const json_t *value = json_object_get(support_row(table, s), feature);
    const json_t *of_all = json_object_get(json_object_get(table, "features"), feature);
    if (json_is_false(value)) {
        return SUPPORT_NO;
    }
    if (s->region != NULL && !jx_list_has(json_object_get(table, "regions"), s->region)) {
        return SUPPORT_UNKNOWN;
    }
    if (of_all != NULL && s->region != NULL && value_there(of_all, s) == SUPPORT_NO) {
        return SUPPORT_NO;
    }
    return value_there(value, s);
}

const char *support_date(const json_t *table, const struct support_subject *s)
{
    return jx_str_or(support_row(table, s), "as_of", jx_str(table, "as_of"));
}

static const struct {
    const char *feature, *words;
    bool only_far;
} copies[] = {{"cross_account", "to another account", false},
              {"cross_region", "to another Region", true}};

enum support support_copies(const json_t *table, const struct support_subject *s, bool far)
{
    enum support worst = SUPPORT_YES;
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
        enum support answer =
            far || !copies[i].only_far ? support_of(table, s, copies[i].feature) : SUPPORT_YES;
        if (answer == SUPPORT_NO) {
            return SUPPORT_NO;
        }
        worst = answer == SUPPORT_UNKNOWN ? SUPPORT_UNKNOWN : worst;
    }
    return worst;
}

char *support_copy_problem(const json_t *table, const struct support_subject *s, bool far)
{
    const json_t *row = support_row(table, s);
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
        if ((copies[i].only_far && !far) || support_of(table, s, copies[i].feature) != SUPPORT_NO) {
            continue;
        }
        bool everywhere = json_is_false(json_object_get(row, copies[i].feature));
        return xasprintf("AWS Backup does not copy a resource of kind \"%s\" %s%s%s (as of %s)",
                         jx_str_or(row, "kind", s->type), copies[i].words,
                         everywhere ? "" : " from ", everywhere ? "" : s->region,
                         support_date(table, s));
    }
    return NULL;
}

bool support_encrypts_copies(const json_t *table, const char *type, int dynamodb_advanced)
{
    const struct support_subject s = {.type = type, .dynamodb_advanced = dynamodb_advanced};
    return support_of(table, &s, "own_encryption") == SUPPORT_YES;
}
