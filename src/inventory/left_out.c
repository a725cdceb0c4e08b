/* What the selection of a scan left unread. It is neither present nor absent: rules that depend on
 * it do not apply. */
#include <stdio.h>
#include <string.h>

#include "base/jsonx.h"
#include "model/finding.h"
#include "subjects_private.h"

/* Is the operation, or one of the family, in the list? */
static bool lists_operation(const json_t *list, const char *operation)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (str_glob(operation, json_string_value(json_array_get(list, i)))) {
            return true;
        }
    }
    return false;
}

/* 1 when the selection kept the operation from being called there. */
static int unasked_at(struct subjects *s, const char *operation, const struct account *m,
                      const char *region, char *text, size_t size, struct err *err)
{
    int asked = store_was_asked(s->store, operation, m->id, region, err);
    if (asked == 0) {
        (void)snprintf(text, size, OUTSIDE_SELECTION ": %s in %s/%s", operation, m->id, region);
    }
    return asked < 0 ? -1 : !asked;
}

int subjects_left_out(struct subjects *s, const char *operation, const char *account,
                      const char *region, char *text, size_t size, struct err *err)
{
    const struct inventory_cache *d = s->cache;
    const struct account *m = inventory_cache_account(d, account);
    if (d->selection == NULL || m == NULL || !account_is_active(m) ||
        !lists_operation(jx_get(d->selection, "asked_in_accounts"), operation)) {
        return 0;
    }
    bool regional = lists_operation(jx_get(d->selection, "asked_in_regions"), operation);
    int found = 0;
    for (size_t i = 0; found == 0 && i < d->region_count; i++) {
        const char *at = d->regions[i];
        bool meant = region != NULL && region[0] != '\0' ? str_equal(at, region)
                     : regional                          ? true
                                                         : str_equal(at, d->home);
        if (meant && (m->left_out || d->region_left_out[i])) {
            found = unasked_at(s, operation, m, at, text, size, err);
        }
    }
    return found;
}

bool subjects_are_whole(const struct subjects *s)
{
    return selection_is_whole(s->cache);
}

bool selection_is_whole(const struct inventory_cache *d)
{
    for (size_t i = 0; i < d->region_count; i++) {
        if (d->region_left_out[i]) {
            return false;
        }
    }
    return !selection_leaves_out_accounts(d);
}

bool selection_leaves_out_accounts(const struct inventory_cache *d)
{
    for (size_t i = 0; i < d->account_count; i++) {
        if (d->accounts[i]->left_out && account_is_active(d->accounts[i])) {
            return true;
        }
    }
    return false;
}

void subject_leave_out(json_t *document, const char *operation)
{
    json_t *left_out = json_object_get(document, "_left_out");
    char text[GAP_TEXT_SIZE];
    if (left_out == NULL) {
        left_out = json_object();
        set_new(document, "_left_out", left_out);
    }
    (void)snprintf(text, sizeof text, OUTSIDE_SELECTION ": %s was not called everywhere",
                   operation);
    set_text(left_out, operation, text);
}
