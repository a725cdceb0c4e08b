/* The keys that encrypt a resource: where AWS Backup has no encryption of its own, a copy in
 * another account is made with them, so they must be a customer's, and shared with that account. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "model/arn.h"
#include "model/support.h"
#include "protection.h"

/* The answer about a key: its own account's, else that of the account that uses it. *asked is whose
 * was looked for last. */
static json_t *answer_about(struct protection *o, const char *arn, const char *kind,
                            const char **asked, char owner[16], bool *failed)
{
    struct arn parts;
    const char *region = o->place->region;
    (void)arn_part_copy(arn_parse(arn, &parts) ? parts.account : (struct arn_part){"", 0}, owner,
                        16);
    *asked = owner;
    json_t *answer = subject_entity(o->v, kind, owner, region, arn, NULL, failed);
    if (answer == NULL && !str_equal(owner, o->place->account->id)) {
        const struct account *m = inventory_cache_account(o->v->s->cache, owner);
        /* Who owns it was asked, unless it is none of ours. */
        *asked = m != NULL && account_is_wanted(m) ? owner : o->place->account->id;
        answer = subject_entity(o->v, kind, o->place->account->id, region, arn, NULL, failed);
    }
    return answer;
}

/* What is hidden about the key, as rules are told: {OPERATION: text}; NULL: nothing. */
static json_t *hidden_about(struct protection *o, const char *asked, bool customer, bool *failed)
{
    static const char *const operations[] = {"kms:DescribeKey", "kms:GetKeyPolicy"};
    json_t *hidden = NULL;
    for (size_t i = 0; i < (customer ? 2U : 1U); i++) {
        char text[512];
        int found = store_find_gap(o->v->s->store, operations[i], asked, o->place->region, text,
                                   sizeof text, o->v->err);
        *failed = *failed || found < 0;
        if (found > 0) {
            hidden = hidden != NULL ? hidden : json_object();
            set_text(hidden, operations[i], text);
        }
    }
    return hidden;
}

/* {"arn","manager","owner","shared","problem"} and "_hidden"; asked of the store once a place.
 * Borrowed. */
static json_t *key_of(struct protection *o, const char *arn, bool *failed)
{
    json_t *known = map_get(o->keys, arn);
    if (known != NULL) {
        return known;
    }
    char owner[16];
    const char *asked = NULL;
    const struct inventory_cache *d = o->v->s->cache;
    json_t *metadata = answer_about(o, arn, "source-key", &asked, owner, failed);
    const char *manager = jx_str(metadata, "KeyManager");
    bool customer = str_equal(manager, "CUSTOMER");
    json_t *policy =
        customer ? subject_entity(o->v, "key-policy", owner, o->place->region, arn, NULL, failed)
                 : NULL;
    const char *text = jx_str(policy, "Policy");
    bool shared =
        text != NULL && d->central != NULL && key_policy_shares(text, &o->v->s->frame, d->central);
    /* Whether its policy lets anybody in is its owner's to tell, and this run left the owner out.
     */
    const struct account *holder = inventory_cache_account(d, owner);
    bool left_out = text == NULL && holder != NULL && holder->left_out;
    known = json_object();
    set_text(known, "arn", arn);
    set_text(known, "manager", manager);
    set_text(known, "owner", owner);
    set_bool(known, "shared", shared);
    set_bool(known, "left_out", left_out);
    set_text(known, "problem",
             left_out           ? "its account is not part of this run"
             : metadata == NULL ? "no such key was found"
             : !customer        ? "an AWS managed key cannot be shared"
             : text == NULL     ? "its policy belongs to another organization and cannot be read"
             : !shared          ? "its policy does not allow the central backup account to use it"
                                : NULL);
    json_t *hidden = metadata == NULL || (customer && text == NULL)
                         ? hidden_about(o, asked, customer, failed)
                         : NULL;
    if (hidden != NULL) {
        set_new(known, "_hidden", hidden);
    }
    map_set(o->keys, arn, known);
    json_decref(metadata);
    json_decref(policy);
    return known;
}

static void add_key(struct protection *o, const char *arn, json_t *document, bool *failed)
{
    json_t *lists[] = {
        json_object_get(document, "source_keys"), json_object_get(document, "aws_managed_keys"),
        json_object_get(document, "unshared_keys"), json_object_get(document, "keys_left_out")};
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
    json_t *hidden = json_object_get(key, "_hidden");
    const char *operation = NULL;
    json_t *gap = NULL;
    json_object_foreach(hidden, operation, gap)
    {
        subject_hide(document, operation, json_string_value(gap));
    }
    if (str_equal(jx_str(key, "manager"), "AWS")) {
        list_text(lists[1], arn);
    } else if (jx_bool(key, "left_out")) {
        list_text(lists[3], arn);
    } else if (!jx_bool(key, "shared")) {
        (void)json_array_append(lists[2], key);
    }
}

int protection_keys(struct protection *o, const struct merged_resource *seen, json_t *document)
{
    const json_t *table = json_object_get(o->v->s->config, SUPPORT_MEMBER);
    bool managed = support_encrypts_copies(table, seen->type, protection_advanced_tables(o));
    bool failed = false;
    set_bool(document, "fully_managed", managed);
    set_new(document, "source_keys", json_array());
    set_new(document, "aws_managed_keys", json_array());
    set_new(document, "unshared_keys", json_array());
    set_new(document, "keys_left_out", json_array());
    if (!managed) {
        add_key(o, jx_str(seen->direct, "kms_key"), document, &failed);
        for (size_t i = 0; i < json_array_size(seen->volumes); i++) {
            add_key(o, jx_str(json_array_get(seen->volumes, i), "kms_key"), document, &failed);
        }
    }
    sort_texts(json_object_get(document, "aws_managed_keys"));
    return failed ? -1 : 0;
}
