#include "advice.h"

#include <string.h>

#include "base/text.h"
#include "store/store.h"

enum way { WAY_ALLOW, WAY_ACCOUNT, WAY_ACCEPT, WAY_AGAIN };

static const struct {
    const char *class;
    enum way way;
} ways[] = {{"denied", WAY_ALLOW},
            {"region-deny", WAY_ALLOW},
            {GAP_NO_LISTER, WAY_ACCEPT},
            {"bad-credentials", WAY_ACCOUNT},
            {"region-unavailable", WAY_ACCOUNT}};

static enum way way_of(const char *class, size_t length)
{
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (strlen(ways[i].class) == length && strncmp(ways[i].class, class, length) == 0) {
            return ways[i].way;
        }
    }
    return WAY_AGAIN;
}

/* "kms:DescribeKey in 111122221111/eu-west-1: denied: AccessDenied ..." has the call before the
 * first ": " and then the class. */
void advice_for_error(const char *error, struct text *out)
{
    const char *colon = strstr(error, ": ");
    if (colon == NULL) {
        text_add(out, "Scan again with every permission that towerkeep iam-policy scan prints");
        return;
    }
    int call = (int)(colon - error);
    const char *class = colon + 2;
    switch (way_of(class, strcspn(class, ":"))) {
    case WAY_ALLOW:
        text_addf(out,
                  "Allow %.*s to the role that scans the account (towerkeep iam-policy scan prints "
                  "its policy), or remove the policy that denies it, and scan again",
                  call, error);
        return;
    case WAY_ACCOUNT:
        text_addf(out, "Correct what keeps the account from answering %.*s, and scan again", call,
                  error);
        return;
    case WAY_ACCEPT:
        text_add(out, "Name the type in resource_types_not_listed of the configuration, to accept "
                      "that its untagged resources are not known, or decline it");
        return;
    case WAY_AGAIN:
        text_addf(out, "Scan again: %.*s has no answer", call, error);
    }
}
