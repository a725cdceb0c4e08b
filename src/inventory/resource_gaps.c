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

int resource_gaps_load(const struct protection *o, struct resource_gaps *out)
{
    char text[GAP_TEXT_SIZE];
    *out = (struct resource_gaps){.lists = json_object()};
    for (size_t i = 0; i < sizeof listings / sizeof *listings; i++) {
        int found = store_find_gap(o->v->s->store, listings[i], o->place->account->id,
                                   o->place->region, text, sizeof text, o->v->err);
        if (found < 0) {
            return -1;
        }
        if (found > 0) {
            set_text(out->lists, listings[i], text);
        }
    }
    return load_opt_in(o, out);
}

void resource_gaps_release(struct resource_gaps *u)
{
    json_decref(u->lists);
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
        hide_list(u, resource_type_listing(seen->type), document);
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
