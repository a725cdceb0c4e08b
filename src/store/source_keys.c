/* The keys that encrypt a resource: where AWS Backup has no encryption of its own, a copy in
 * another account is made with them, so they must be a customer's, and shared with that account. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "model/copy_support.h"
#include "outlook.h"

/* {"arn","manager","owner","shared","problem"}; asked of the store once a place. Borrowed. */
static json_t *key_of(struct outlook *o, const char *arn, bool *failed)
{
    json_t *known = map_get(o->keys, arn);
    if (known != NULL) {
        return known;
    }
    struct visit *v = o->v;
    const struct directory *d = v->s->dir;
    json_t *metadata =
        subject_entity(v, "source-key", o->place->member->id, o->place->region, arn, NULL, failed);
    const char *manager = jx_str(metadata, "KeyManager");
    const char *owner = jx_str(metadata, "AWSAccountId");
    json_t *policy =
        owner != NULL ? subject_entity(v, "key-policy", owner, o->place->region, arn, NULL, failed)
                      : NULL;
    const char *text = jx_str(policy, "Policy");
    bool customer = str_equal(manager, "CUSTOMER");
    bool shared = customer && text != NULL && d->central != NULL &&
                  key_policy_shares(text, &v->s->frame, d->central);
    known = json_object();
    set_text(known, "arn", arn);
    set_text(known, "manager", manager);
    set_text(known, "owner", owner);
    set_bool(known, "shared", shared);
    set_text(known, "problem",
             metadata == NULL ? "no such key was found"
             : !customer      ? "a key that AWS manages cannot be shared"
             : text == NULL   ? "its policy cannot be read: another organization's, or left out"
             : !shared        ? "its policy does not let the central backup account use it"
                              : NULL);
    map_set(o->keys, arn, known);
    json_decref(metadata);
    json_decref(policy);
    return known;
}

static void add_key(struct outlook *o, const char *arn, json_t *document, bool *failed)
{
    json_t *lists[] = {json_object_get(document, "source_keys"),
                       json_object_get(document, "aws_managed_keys"),
                       json_object_get(document, "unshared_keys")};
    if (arn == NULL || !str_starts(arn, "arn:")) {
        return;
    }
    json_t *key = key_of(o, arn, failed);
    for (size_t i = 0; i < json_array_size(lists[0]); i++) {
        if (json_array_get(lists[0], i) == key) {
            return;
        }
    }
    (void)json_array_append(lists[0], key);
    if (str_equal(jx_str(key, "manager"), "AWS")) {
        list_text(lists[1], arn);
    } else if (!jx_bool(key, "shared")) {
        (void)json_array_append(lists[2], key);
    }
}

int outlook_keys(struct outlook *o, const struct sighting *seen, json_t *document)
{
    const json_t *advanced = jx_get(o->own, "ResourceTypeManagementPreference.DynamoDB");
    bool managed = copy_fully_managed(seen->type, advanced == NULL         ? -1
                                                  : json_is_true(advanced) ? 1
                                                                           : 0);
    bool failed = false;
    set_bool(document, "fully_managed", managed);
    set_new(document, "source_keys", json_array());
    set_new(document, "aws_managed_keys", json_array());
    set_new(document, "unshared_keys", json_array());
    if (!managed) {
        add_key(o, jx_str(seen->direct, "kms_key"), document, &failed);
        for (size_t i = 0; i < json_array_size(seen->volumes); i++) {
            add_key(o, jx_str(json_array_get(seen->volumes, i), "kms_key"), document, &failed);
        }
    }
    sort_texts(json_object_get(document, "aws_managed_keys"));
    return failed ? -1 : 0;
}
