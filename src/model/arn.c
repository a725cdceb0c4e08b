#include "model/arn.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define ARN_LENGTH_MAX 2048

bool arn_parse(const char *s, struct arn *out)
{
    if (s == NULL || !str_starts(s, "arn:") || strlen(s) > ARN_LENGTH_MAX) {
        return false;
    }
    struct arn_part parts[4];
    const char *at = s + 4;
    for (size_t i = 0; i < 4; i++) {
        const char *colon = strchr(at, ':');
        if (colon == NULL) {
            return false;
        }
        parts[i] = (struct arn_part){at, (size_t)(colon - at)};
        at = colon + 1;
    }
    if (parts[0].length == 0 || parts[1].length == 0 || at[0] == '\0') {
        return false;
    }
    *out = (struct arn){parts[0], parts[1], parts[2], parts[3], {at, strlen(at)}};
    return true;
}

bool arn_part_is(struct arn_part p, const char *word)
{
    return strlen(word) == p.length && memcmp(p.data, word, p.length) == 0;
}

const char *arn_part_copy(struct arn_part p, char *out, size_t size)
{
    (void)snprintf(out, size, "%.*s", (int)p.length, p.data);
    return out;
}

char *arn_in_region(const char *s, const char *region)
{
    struct arn a;
    if (!arn_parse(s, &a)) {
        return NULL;
    }
    return xasprintf("arn:%.*s:%.*s:%s:%.*s:%s", (int)a.partition.length, a.partition.data,
                     (int)a.service.length, a.service.data, region, (int)a.account.length,
                     a.account.data, a.resource.data);
}

const char *arn_name(const char *s)
{
    const char *slash = strrchr(s, '/');
    const char *colon = strrchr(s, ':');
    const char *last = slash != NULL && (colon == NULL || slash > colon) ? slash : colon;
    return last != NULL ? last + 1 : s;
}
