#include "model/path.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct step {
    const char *name; /* NULL: an index */
    size_t length;
    long index;
};

/* Reads one step and returns what follows it; NULL when it is malformed. */
static const char *next_step(const char *at, bool first, struct step *step)
{
    if (at[0] == '[' && at[1] == '"') {
        step->name = at + 2;
        step->length = strcspn(step->name, "\"");
        at = step->name + step->length;
        return at[0] == '"' && at[1] == ']' && step->length > 0 ? at + 2 : NULL;
    }
    if (at[0] == '[') {
        char *end = NULL;
        bool number = at[1] == '-' || (at[1] >= '0' && at[1] <= '9');
        step->name = NULL;
        step->index = strtol(at + 1, &end, 10);
        return number && *end == ']' && end - at <= 8 ? end + 1 : NULL;
    }
    if (at[0] == '.' && !first) {
        at++;
    } else if (!first) {
        return NULL;
    }
    step->name = at;
    step->length = strcspn(at, ".[]\"");
    return step->length > 0 ? at + step->length : NULL;
}

const json_t *path_find(const json_t *value, const char *path)
{
    const char *at = path;
    while (at != NULL && *at != '\0' && value != NULL) {
        struct step step = {0};
        at = next_step(at, at == path, &step);
        if (at == NULL) {
            return NULL;
        }
        if (step.name != NULL) {
            value = json_object_getn(value, step.name, step.length);
            continue;
        }
        size_t count = json_array_size(value);
        size_t back = step.index < 0 ? (size_t)-step.index : 0;
        size_t index = step.index >= 0 ? (size_t)step.index : back <= count ? count - back : count;
        value = json_array_get(value, index);
    }
    return at == NULL || json_is_null(value) ? NULL : value;
}

const char *path_problem(const char *path)
{
    for (const char *at = path; *at != '\0';) {
        struct step step = {0};
        at = next_step(at, at == path, &step);
        if (at == NULL) {
            return "expected a path such as a.b[0].c";
        }
    }
    return NULL;
}
