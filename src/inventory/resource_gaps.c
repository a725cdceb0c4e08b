#include "resource_gaps.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/resource_type.h"

#define OPT_IN "backup:DescribeRegionSettings"

/* "s3:ListBuckets" is asked once for all Regions. */
static const char *const listings[] = {"ec2:DescribeVolumes",     "ec2:DescribeInstances",
                                       "rds:DescribeDBInstances", "rds:DescribeDBClusters",
                                       "dynamodb:ListTables",     "efs:DescribeFileSystems",
                                       "s3:ListBuckets",          "tagging:GetResources"};

/* Plans of an Organizations policy follow the management account's opt-in. */
static int load_opt_in(const struct protection *o, struct resource_gaps *out)
{
    char text[GAP_TEXT_SIZE];
    const struct visit *v = o->v;
    bool follows = false;
    for (size_t i = 0; i < o->count; i++) {
        follows = follows || o->plans[i].organization;
    }
    if (!follows || o->management != NULL) {
        return 0;
    }
    int found = store_find_gap(v->s->store, OPT_IN, v->s->cache->management, o->place->region, text,
                               sizeof text, v->err);
    out->opt_in = found > 0 ? xstrdup(text) : NULL;
    return found < 0 ? -1 : 0;
}

static int load_list(const struct protection *o, const char *operation, struct resource_gaps *out)
{
    char text[GAP_TEXT_SIZE];
    int found = store_find_gap(o->v->s->store, operation, o->place->account->id, o->place->region,
                               text, sizeof text, o->v->err);
    if (found > 0) {
        set_text(out->lists, operation, text);
    }
    return found < 0 ? -1 : 0;
}

static int load_wanted(const struct protection *o, const char *operation, struct resource_gaps *out)
{
    int asked = store_was_asked(o->v->s->store, operation, o->place->account->id, o->place->region,
                                o->v->err);
    if (asked > 0) {
        set_bool(out->asked, operation, true);
        return load_list(o, operation, out);
    }
    return asked;
}

int resource_gaps_load(const struct protection *o, struct resource_gaps *out)
{
    const char *const *wanted = resource_listings_wanted();
    *out = (struct resource_gaps){.lists = json_object(), .asked = json_object()};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof listings / sizeof *listings; i++) {
        rc = load_list(o, listings[i], out);
    }
    for (; rc == 0 && *wanted != NULL; wanted++) {
        rc = load_wanted(o, *wanted, out);
    }
    return rc == 0 ? load_opt_in(o, out) : -1;
}

bool resource_is_listed(const struct resource_gaps *u, const char *type, const char *arn)
{
    const char *operation = resource_listing_of(type, arn);
    bool wanted = false;
    for (const char *const *one = resource_listings_wanted(); *one != NULL; one++) {
        wanted = wanted || str_equal(*one, operation);
    }
    return operation != NULL && (!wanted || json_object_get(u->asked, operation) != NULL);
}

void resource_gaps_release(struct resource_gaps *u)
{
    json_decref(u->lists);
    json_decref(u->asked);
    free(u->opt_in);
    *u = (struct resource_gaps){0};
}

static void hide_opt_in(const struct resource_gaps *u, json_t *document)
{
    if (u->opt_in != NULL) {
        subject_hide(document, OPT_IN, u->opt_in);
    }
}

static void hide_list(const struct resource_gaps *u, const char *operation, json_t *document)
{
    const json_t *gap = operation != NULL ? json_object_get(u->lists, operation) : NULL;
    if (gap != NULL) {
        subject_hide(document, operation, json_string_value(gap));
    }
}

void resource_gaps_hide(const struct resource_gaps *u, const struct merged_resource *seen,
                        json_t *document)
{
    hide_opt_in(u, document);
    if (seen->direct == NULL) {
        hide_list(u, resource_listing_of(seen->type, seen->arn), document);
    }
    /* An instance's keys are its volumes'. */
    if (seen->type != NULL && strcmp(seen->type, "EC2") == 0) {
        hide_list(u, "ec2:DescribeVolumes", document);
    }
}

void resource_gaps_hide_all(const struct resource_gaps *u, json_t *document)
{
    const char *operation = NULL;
    json_t *gap = NULL;
    hide_opt_in(u, document);
    json_object_foreach(u->lists, operation, gap)
    {
        subject_hide(document, operation, json_string_value(gap));
    }
}
