/* Patterns of policies against values of which a part may be unknown. */
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/arn.h"

/* True when some text fits both patterns. Lengths of policies bound the work. */
static bool globs_meet(const char *a, const char *b)
{
    if (*a == '\0' || *b == '\0') {
        const char *rest = *a == '\0' ? b : a;
        return rest[strspn(rest, "*")] == '\0';
    }
    size_t width = strlen(b) + 1;
    bool *row = xcalloc(width, sizeof *row);
    row[0] = true;
    for (size_t j = 1; j < width; j++) {
        row[j] = row[j - 1] && b[j - 1] == '*';
    }
    for (; *a != '\0'; a++) {
        bool corner = row[0];
        row[0] = corner && *a == '*';
        for (size_t j = 1; j < width; j++) {
            bool above = row[j];
            bool same = *a == b[j - 1] || *a == '?' || b[j - 1] == '?';
            row[j] = *a == '*' || b[j - 1] == '*' ? above || row[j - 1] || (corner && same)
                                                  : corner && same;
            corner = above;
        }
    }
    bool meet = row[width - 1];
    free(row);
    return meet;
}

static enum holds text_matches(const char *pattern, const char *value)
{
    bool partial = strchr(value, '*') != NULL;
    if (str_glob(pattern, value)) {
        return partial && strchr(pattern, '?') != NULL ? HOLDS_PERHAPS : HOLDS_YES;
    }
    return partial && globs_meet(pattern, value) ? HOLDS_PERHAPS : HOLDS_NO;
}

static enum holds part_matches(struct arn_part pattern, struct arn_part value)
{
    char *a = xstrndup(pattern.data, pattern.length);
    char *b = xstrndup(value.data, value.length);
    enum holds h = text_matches(a, b);
    free(a);
    free(b);
    return h;
}

/* The parts of an ARN are compared one by one, so that an unknown part does not swallow others. */
enum holds pattern_matches(const char *pattern, const char *value)
{
    struct arn a, b;
    if (strchr(value, '*') == NULL || !arn_parse(pattern, &a) || !arn_parse(value, &b)) {
        return text_matches(pattern, value);
    }
    const struct arn_part wanted[] = {a.partition, a.service, a.region, a.account, a.resource};
    const struct arn_part had[] = {b.partition, b.service, b.region, b.account, b.resource};
    enum holds all = HOLDS_YES;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        enum holds one = part_matches(wanted[i], had[i]);
        all = one < all ? one : all;
    }
    return all;
}
