/* What a run was narrowed to. Every format states it beside the verdict. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "formats.h"

#define UNLISTED_TYPES "types_not_listed"
#define NOT_LISTED "resource types not listed: "

struct part { /* of the organization, or of the checks */
    int64_t chosen, of;
    const char *name;
};

/* Runs of earlier versions say only that checks were left out. */
static struct part checks_of(struct store *store, const json_t *checks)
{
    bool narrowed = checks == NULL && str_equal(store_meta(store, "checks_narrowed"), "true");
    return (struct part){.chosen = jx_int(checks, "evaluated", 0),
                         .of = jx_int(checks, "of", narrowed ? 1 : 0),
                         .name = "checks"};
}

static json_t *count_of(const struct part *part)
{
    return json_pack("{s:I, s:I}", str_equal(part->name, "checks") ? "evaluated" : "selected",
                     (json_int_t)part->chosen, "of", (json_int_t)part->of);
}

/* Copies the members of `from`, null where it has none. */
static void copy_members(json_t *into, const json_t *from, const char *const *names)
{
    for (; names[0] != NULL; names += 2) {
        json_t *value = jx_get(from, names[1]);
        (void)json_object_set_new(into, names[0], value != NULL ? json_incref(value) : json_null());
    }
}

/* Types whose resources the scan does not list, as the configuration accepts. */
static void add_unlisted_types(struct store *store, struct report_summary *s)
{
    json_t *types = report_kept(store, UNLISTED_TYPES);
    for (size_t i = 0; i < json_array_size(types); i++) {
        size_t length = strlen(s->selection);
        const char *before = i > 0 ? ", " : length > 0 ? ", " NOT_LISTED : NOT_LISTED;
        (void)snprintf(s->selection + length, sizeof s->selection - length, "%s%s", before,
                       json_string_value(json_array_get(types, i)));
    }
    json_decref(types);
}

void selection_summarize(struct store *store, struct report_summary *s)
{
    json_t *checks = report_kept(store, "check_selection");
    const struct coverage_totals *c = &s->coverage;
    const struct part parts[] = {checks_of(store, checks),
                                 {c->accounts_selected, c->accounts, "accounts"},
                                 {c->regions_selected, c->regions, "Regions"}};
    size_t length = 0;
    s->selection[0] = '\0';
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].chosen < parts[i].of) {
            (void)snprintf(s->selection + length, sizeof s->selection - length,
                           "%s%" PRId64 " of %" PRId64 " %s", length > 0 ? ", " : "",
                           parts[i].chosen, parts[i].of, parts[i].name);
            length = strlen(s->selection);
        }
    }
    if (checks == NULL && parts[0].of > 0) {
        (void)snprintf(s->selection, sizeof s->selection, "some of the checks");
    }
    add_unlisted_types(store, s);
    json_decref(checks);
}

json_t *report_selection(struct store *store, const struct report_summary *s)
{
    static const char *const of_checks[] = {"named",    "checks",   "excluded",   "excluded_checks",
                                            "severity", "severity", "frameworks", "compliance",
                                            "disabled", "disabled", NULL};
    static const char *const of_accounts[] = {"named", "accounts", "excluded", "excluded_accounts",
                                              "ous",   "ous",      NULL};
    static const char *const of_regions[] = {"named", "regions", "excluded", "excluded_regions",
                                             NULL};
    if (s->selection[0] == '\0') {
        return json_null();
    }
    json_t *checks = report_kept(store, "check_selection");
    json_t *scan = report_kept(store, "scan_selection");
    const struct part parts[] = {checks_of(store, checks),
                                 {s->coverage.accounts_selected, s->coverage.accounts, "accounts"},
                                 {s->coverage.regions_selected, s->coverage.regions, "regions"}};
    const struct {
        const json_t *from;
        const char *member;
        const char *const *names;
    } sources[] = {{checks, "checks", of_checks},
                   {scan, "accounts", of_accounts},
                   {scan, "regions", of_regions}};
    json_t *out = json_pack("{s:s}", "text", s->selection);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        json_t *one = count_of(&parts[i]);
        copy_members(one, sources[i].from, sources[i].names);
        (void)json_object_set_new(out, sources[i].member, one);
    }
    json_t *types = report_kept(store, UNLISTED_TYPES);
    (void)json_object_set_new(out, "resource_types_not_listed",
                              types != NULL ? types : json_array());
    json_decref(checks);
    json_decref(scan);
    return out;
}

char *report_verdict(const struct report_summary *s)
{
    return xasprintf("%s%s%s", verdict_name(s->verdict),
                     s->selection[0] != '\0' ? ", selection: " : "", s->selection);
}
