#include "scope.h"

#include <string.h>

#include "base/jsonx.h"
#include "base/text.h"
#include "inventory/run_regions.h"

#define UNITS_MAX 256 /* that are looked at for a name that is nearest to a wrong one */

static bool listed(const char *const *list, const char *word)
{
    for (; list != NULL && *list != NULL; list++) {
        if (strcmp(*list, word) == 0) {
            return true;
        }
    }
    return false;
}

static bool matched(const char *const *globs, const char *id)
{
    for (; globs != NULL && *globs != NULL; globs++) {
        if (str_glob(*globs, id)) {
            return true;
        }
    }
    return false;
}

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* By its ID, its name, its path, or the end of its path. */
static bool names_unit(const json_t *unit, const char *word)
{
    const char *path = jx_str_or(unit, "_ou_path", "");
    size_t length = strlen(path), end = strlen(word);
    return str_equal(jx_str(unit, "_key"), word) || strcmp(path, word) == 0 ||
           (length > end && path[length - end - 1] == '/' && str_ends(path, word));
}

static bool is_below(const char *path, const char *unit)
{
    size_t length = strlen(unit);
    return length > 0 && str_starts(path, unit) && (path[length] == '\0' || path[length] == '/');
}

static bool in_units(const struct making *m, const char *path)
{
    const json_t *units = m->all[SCOPE_OU];
    for (const char *const *word = m->options->ous; *word != NULL; word++) {
        for (size_t i = 0; i < json_array_size(units); i++) {
            const json_t *unit = json_array_get(units, i);
            if (names_unit(unit, *word) && is_below(path, jx_str_or(unit, "_ou_path", ""))) {
                return true;
            }
        }
    }
    return false;
}

/* A run that could not list its accounts knows no account to be wrong. */
static bool accounts_known(const struct making *m)
{
    for (size_t i = 0; i < json_array_size(m->all[SCOPE_ACCOUNT]); i++) {
        if (jx_bool(json_array_get(m->all[SCOPE_ACCOUNT], i), "_unlisted")) {
            return false;
        }
    }
    return true;
}

static int accounts_check(const struct making *m, const char *const *words, const char *option,
                          struct err *err)
{
    for (; words != NULL && *words != NULL && accounts_known(m); words++) {
        if (making_find(m, SCOPE_ACCOUNT, *words) == NULL) {
            return err_set(err, ERR_INPUT, "--%s: the run has no account %s", option, *words);
        }
    }
    return 0;
}

int scope_check(const struct making *m, struct err *err)
{
    const struct plan_options *o = m->options;
    const json_t *units = m->all[SCOPE_OU];
    for (const char *const *word = o->ous; word != NULL && *word != NULL; word++) {
        const char *names[UNITS_MAX + 1] = {NULL};
        bool found = false;
        for (size_t i = 0; i < json_array_size(units) && !found; i++) {
            const json_t *unit = json_array_get(units, i);
            found = names_unit(unit, *word);
            if (i < UNITS_MAX) {
                names[i] = last_name(jx_str_or(unit, "_ou_path", ""));
            }
        }
        if (!found) {
            const char *near = str_nearest(*word, names);
            return err_set(err, ERR_INPUT, "--ou: the run has no OU \"%s\"%s%s%s", *word,
                           near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                           near != NULL ? "\"?" : "");
        }
    }
    if (accounts_check(m, o->accounts, "accounts", err) != 0 ||
        accounts_check(m, o->excluded_accounts, "excluded-accounts", err) != 0 ||
        run_regions_check(m->store, o->regions, "region", err) != 0) {
        return -1;
    }
    return run_regions_check(m->store, o->excluded_regions, "excluded-region", err);
}

bool scope_has(const struct making *m, const struct finding *f)
{
    const struct plan_options *o = m->options;
    return (o->checks == NULL || matched(o->checks, f->check_id)) &&
           !matched(o->excluded_checks, f->check_id) &&
           (o->checks_too == NULL || matched(o->checks_too, f->check_id)) &&
           (o->severities == 0 || (int)f->severity < o->severities) &&
           (o->only_step == 0 || f->step == o->only_step) &&
           (o->accounts == NULL || listed(o->accounts, f->account_id)) &&
           !listed(o->excluded_accounts, f->account_id) &&
           (o->regions == NULL || listed(o->regions, f->region)) &&
           !listed(o->excluded_regions, f->region) && (o->ous == NULL || in_units(m, f->ou_path));
}
