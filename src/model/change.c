#include "model/change.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"

static const char *const names[CHANGE_COUNT] = {[CHANGE_REGRESSED] = "REGRESSED",
                                                [CHANGE_NEW] = "NEW",
                                                [CHANGE_WAIVER_EXPIRED] = "WAIVER EXPIRED",
                                                [CHANGE_CHANGED] = "CHANGED",
                                                [CHANGE_RESOLVED] = "RESOLVED",
                                                [CHANGE_NOT_COMPARED] = "NOT COMPARED",
                                                [CHANGE_UNCHANGED] = "UNCHANGED"};

/* The change when a finding with this previous status fails now. */
static const enum change to_fail[STATUS_COUNT] = {
    [STATUS_PASS] = CHANGE_REGRESSED,       [STATUS_FIXED] = CHANGE_REGRESSED,
    [STATUS_FAIL] = CHANGE_UNCHANGED,       [STATUS_MANUAL] = CHANGE_NEW,
    [STATUS_MUTED] = CHANGE_WAIVER_EXPIRED, [STATUS_ERROR] = CHANGE_CHANGED,
    [STATUS_NOT_APPLICABLE] = CHANGE_NEW};

/* The change when a failing finding has this status now. */
static const enum change from_fail[STATUS_COUNT] = {
    [STATUS_PASS] = CHANGE_RESOLVED,          [STATUS_FIXED] = CHANGE_RESOLVED,
    [STATUS_FAIL] = CHANGE_UNCHANGED,         [STATUS_MANUAL] = CHANGE_CHANGED,
    [STATUS_MUTED] = CHANGE_CHANGED,          [STATUS_ERROR] = CHANGE_CHANGED,
    [STATUS_NOT_APPLICABLE] = CHANGE_RESOLVED};

const char *change_name(enum change c)
{
    return names[c];
}

/* Two passes are equal even when the observed values differ: a date or a count changes with
 * time. */
static bool says_the_same(const struct finding *a, const struct finding *b)
{
    bool open = a->status == STATUS_FAIL || a->status == STATUS_ERROR || a->status == STATUS_MANUAL;
    return !open || (a->severity == b->severity && strcmp(a->expected, b->expected) == 0 &&
                     strcmp(a->observed, b->observed) == 0);
}

/* A status that follows from what was selected says nothing of the organization. */
static bool left_out(const struct finding *f)
{
    return f != NULL && f->status == STATUS_NOT_APPLICABLE &&
           str_starts(f->observed, OUTSIDE_SELECTION);
}

enum change change_of(const struct finding *before, const struct finding *after, bool looked)
{
    if (left_out(before) || left_out(after)) {
        return left_out(before) && left_out(after) ? CHANGE_UNCHANGED : CHANGE_NOT_COMPARED;
    }
    if (before == NULL || after == NULL) {
        const struct finding *there = before != NULL ? before : after;
        return !looked                        ? CHANGE_NOT_COMPARED
               : there->status != STATUS_FAIL ? CHANGE_CHANGED
               : before != NULL               ? CHANGE_RESOLVED
                                              : CHANGE_NEW;
    }
    enum change c = after->status == STATUS_FAIL      ? to_fail[before->status]
                    : before->status == STATUS_FAIL   ? from_fail[after->status]
                    : before->status != after->status ? CHANGE_CHANGED
                                                      : CHANGE_UNCHANGED;
    return c == CHANGE_UNCHANGED && !says_the_same(before, after) ? CHANGE_CHANGED : c;
}
