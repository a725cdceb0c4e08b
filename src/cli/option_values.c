/* What can be said of a flag's value by looking at it alone. */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "cli.h"

struct shape {
    const char *option;
    bool list; /* each item between commas */
    const char *prefix;
    size_t shortest, longest;
    const char *more; /* characters beside letters and digits; NULL: any */
    const char *expected;
};

/* Patterns of AWS's own models, where AWS has one: sts:AssumeRole, iam:CreateRole,
 * backup:CreateBackupVault, organizations:DescribeOrganization. */
static const struct shape shapes[] = {
    {"external-id", false, "", 2, 1224, "_+=,.@:/-",
     "2 to 1224 letters, digits and any of _+=,.@:/-"},
    {"role", true, "", 1, 512, "_+=.@/-", "names of roles: letters, digits and any of _+=.@/-"},
    {"delete-recovery-points", true, "", 2, 50, "_-",
     "names of vaults: 2 to 50 letters, digits, - and _"},
    {"confirm-organization", false, "o-", 12, 34, "-",
     "an organization's id, such as o-a1b2c3d4e5"},
    {"only", true, "", 1, 40, "-*?", "a step, 1 to 6, or a check's id"},
    {"endpoint-url", false, "http", 8, 2000, NULL, "a URL that begins with https:// or http://"},
    {"emit", false, "aws-cli", 7, 7, "-", "aws-cli"},
};

static bool fits(const struct shape *s, const char *item, size_t length)
{
    if (length < s->shortest || length > s->longest ||
        strncmp(item, s->prefix, strlen(s->prefix)) != 0) {
        return false;
    }
    for (size_t i = 0; s->more != NULL && i < length; i++) {
        if (!isalnum((unsigned char)item[i]) && strchr(s->more, item[i]) == NULL) {
            return false;
        }
    }
    return strcmp(s->option, "endpoint-url") != 0 || str_starts(item, "http://") ||
           str_starts(item, "https://");
}

const char *option_value_expected(const char *option, const char *value)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const struct shape *s = &shapes[i];
        for (const char *at = value; strcmp(s->option, option) == 0;) {
            size_t length = s->list ? strcspn(at, ",") : strlen(at);
            size_t blanks = s->list ? strspn(at, " ") : 0; /* words_add() drops them too */
            if (blanks < length && !fits(s, at + blanks, length - blanks)) {
                return s->expected;
            }
            at += length;
            if (*at == '\0') {
                break;
            }
            at++;
        }
    }
    return NULL;
}
