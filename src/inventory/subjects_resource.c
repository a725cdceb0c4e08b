/* Scope resource: each thing that AWS Backup could protect, and each thing that carries a backup
 * tag. */
#include "resource_gaps.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "model/arn.h"
#include "model/backup_tag.h"
#include "model/resource_type.h"
#include "model/support.h"

struct resources {
    struct visit *v;
    const struct account_region *place;
    struct protection protection;
    struct resource_gaps unseen;
    bool exempt; /* the whole account is */
};

/* Why no plan of Control Tower's looks here. */
static const char *why_not(const struct resources *r)
{
    const struct inventory_cache *d = r->v->s->cache;
    if (str_equal(r->place->account->id, d->management)) {
        return "the management account is never covered by a BackupBaseline";
    }
    if (!inventory_cache_governs(d, r->place->region)) {
        return "its Region is not governed";
    }
    if (backed_up_by(r->place->account) == NULL) {
        return "its account has no BackupBaseline in status SUCCEEDED";
    }
    return "";
}

/* AWS's own list, or the table of what AWS Backup supports: no page tells how the former spells the
   newest types. */
static bool is_supported(const struct resources *r, const char *type)
{
    const struct subjects *s = r->v->s;
    const struct support_subject subject = {.type = type,
                                            .dynamodb_advanced = -1,
                                            .region = r->place->region,
                                            .partition = s->cache->partition,
                                            .opt_in_region = r->protection.opt_in_region};
    if (type == NULL) {
        return false;
    }
    bool told = s->supported != NULL ? jx_list_has(s->supported, type) : resource_type_known(type);
    return told || support_of(json_object_get(s->config, SUPPORT_MEMBER), &subject, "available") ==
                       SUPPORT_YES;
}

static bool has_backup_tags(const json_t *document)
{
    return jx_bool(document, "tagged") || jx_count(document, "wrong_values") > 0 ||
           jx_count(document, "near_misses") > 0;
}

/* The Tagging API returns deleted resources for hours. What its service lists, and did not list
   now, is deleted, unless that list could not be read. */
static bool is_deleted(const struct resources *r, const struct merged_resource *seen)
{
    return seen->direct == NULL && resource_is_listed(&r->unseen, seen->type, seen->arn) &&
           inventory_cache_governs(r->v->s->cache, r->place->region) &&
           json_object_get(r->unseen.lists, resource_listing_of(seen->type, seen->arn)) == NULL;
}

/* The Tagging API also returns what is no resource to protect: parts of others, and types that AWS
   Backup does not support. These count only when they carry a backup tag. */
static bool is_evaluated(const struct resources *r, const struct merged_resource *seen,
                         const json_t *document)
{
    return seen->direct != NULL ||
           (!is_deleted(r, seen) && (has_backup_tags(document) ||
                                     (jx_bool(document, "supported") &&
                                      !resource_is_listed(&r->unseen, seen->type, seen->arn))));
}

/* The instances that a volume hangs on and that a plan takes as well: the same bytes twice. */
static int set_instances(struct resources *r, const struct merged_resource *seen, json_t *document)
{
    const json_t *attached = jx_get(seen->direct, "attached_to");
    json_t *taken = json_array();
    bool failed = false;
    struct arn volume;
    for (size_t i = 0; i < json_array_size(attached) && arn_parse(seen->arn, &volume); i++) {
        size_t head = (size_t)(volume.resource.data - seen->arn);
        char *arn = xasprintf("%.*sinstance/%s", (int)head, seen->arn,
                              json_string_value(json_array_get(attached, i)));
        json_t *instance = subject_entity(r->v, "resource", r->place->account->id, r->place->region,
                                          arn, NULL, &failed);
        json_t *tags = jx_get(instance, "tags");
        const struct merged_resource other = {
            .arn = arn, .type = "EC2", .direct = instance, .tags = tags};
        if (instance != NULL && protection_find(&r->protection, &other, RULES_ALL) != NULL) {
            list_text(taken, arn);
        }
        json_decref(instance);
        free(arn);
    }
    set_new(document, "instances_selected", taken);
    return failed ? -1 : 0;
}

static int emit_resource(void *context, const struct merged_resource *seen)
{
    struct resources *r = context;
    const struct subjects *s = r->v->s;
    const char *why = why_not(r);
    char *key = xasprintf("%s/%s/%s", r->place->account->id, r->place->region, seen->arn);
    const char *name =
        jx_str_or(seen->direct, "name", jx_str_or(seen->tags, "Name", arn_name(seen->arn)));
    const struct subject_identity who = {.key = key,
                                         .name = name,
                                         .region = r->place->region,
                                         .arn = seen->arn,
                                         .account = r->place->account};
    json_t *document = subject_new(&who);
    subject_fact(document, seen->facts[0]);
    subject_fact(document, seen->facts[1]);
    subject_fact(document, r->protection.own_fact);
    set_text(document, "account", r->place->account->id);
    set_text(document, "region", r->place->region);
    set_text(document, "arn", seen->arn);
    set_text(document, "type", seen->type);
    set_text(document, "name", name);
    set_bool(document, "supported", is_supported(r, seen->type));
    set_new(document, "tags", json_incref(seen->tags));
    backup_tags_examine(seen->tags, document);
    set_bool(document, "governed_region", inventory_cache_governs(s->cache, r->place->region));
    set_bool(document, "account_backed_up", backed_up_by(r->place->account) != NULL);
    set_bool(document, "is_management", str_equal(r->place->account->id, s->cache->management));
    const json_t *opt_in = jx_get(r->protection.own, "ResourceTypeOptInPreference");
    const json_t *on = seen->type != NULL ? json_object_get(opt_in, seen->type) : NULL;
    set_new(document, "type_on", on != NULL ? json_boolean(json_is_true(on)) : json_null());
    set_bool(document, "wanted_type",
             seen->type != NULL && jx_list_has(jx_get(s->config, "resource_types"), seen->type));
    set_bool(document, "exempt",
             r->exempt || config_names(s->config, "resources_exempt", seen->arn));
    set_bool(document, "plan_looks", why[0] == '\0');
    set_bool(document, "in_direct", seen->direct != NULL);
    set_bool(document, "in_tagging", seen->in_tagging);
    set_bool(document, "listed", resource_is_listed(&r->unseen, seen->type, seen->arn));
    set_text(document, "kms_key", jx_str(seen->direct, "kms_key"));
    const json_t *encrypted = jx_get(seen->direct, "encrypted");
    set_new(document, "encrypted",
            encrypted != NULL ? json_boolean(json_is_true(encrypted)) : json_null());
    set_text(document, "engine", jx_str(seen->direct, "engine"));
    free(key);
    if (!is_evaluated(r, seen, document)) {
        json_decref(document);
        return 0;
    }
    resource_gaps_hide(&r->unseen, seen, document);
    if (protection_describe(&r->protection, seen, why, document) != 0 ||
        set_instances(r, seen, document) != 0) {
        json_decref(document);
        return -1;
    }
    return subject_emit(r->v, document);
}

/* What the next run does not find here is new: unless something here was hidden from this one. */
static int remember_place(struct visit *v, const struct account_region *p)
{
    const struct plan_membership t = {p->account->id, p->region, "", ""};
    if (!v->s->remember) {
        return 0;
    }
    int hidden = store_gap_at(v->s->store, p->account->id, p->region, v->err);
    if (hidden != 0) {
        return hidden < 0 ? -1 : 0;
    }
    return plan_membership_note(v->s->store, &t, 0, v->s->cache->now_ms, v->err);
}

#define LISTINGS_MAX 24

/* The lists of every type; *out ends with NULL. */
static void listings_of_all(const char *out[LISTINGS_MAX])
{
    static const char *const always[] = {"tagging:GetResources",  "ec2:DescribeVolumes",
                                         "ec2:DescribeInstances", "rds:*",
                                         "dynamodb:ListTables",   "efs:DescribeFileSystems",
                                         "s3:ListBuckets",        RESOURCE_LISTING};
    const char *const *wanted = resource_listings_wanted();
    size_t count = sizeof always / sizeof *always;
    memcpy(out, always, sizeof always);
    while (*wanted != NULL && count + 1 < LISTINGS_MAX) {
        out[count++] = *wanted++;
    }
    out[count] = NULL;
}

static int resources_of_place(struct visit *v, const struct account_region *p)
{
    struct resources r = {.v = v, .place = p, .exempt = account_is_exempt(v->s, p->account)};
    const char *listing[LISTINGS_MAX];
    listings_of_all(listing);
    int rc = place_unlisted(v, p, listing);
    if (rc == 0) {
        rc = protection_load(v, p, &r.protection);
    }
    if (rc == 0) {
        rc = resource_gaps_load(&r.protection, &r.unseen);
    }
    if (rc == 0) {
        rc = merged_resource_each(v, p, emit_resource, &r);
    }
    resource_gaps_release(&r.unseen);
    protection_release(&r.protection);
    return rc == 0 ? remember_place(v, p) : rc;
}

int scope_resource(struct visit *v)
{
    return places_each_seen(v, "resource tagged", resources_of_place);
}
