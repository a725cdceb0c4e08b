/* What a run holds about each Region of an account, as numbers. */
#ifndef TOWERKEEP_STORE_COUNTS_H
#define TOWERKEEP_STORE_COUNTS_H

#include "store/store.h"

struct question_count { /* of an account and Region; region "" where it has none */
    const char *region;
    int64_t asked, answered, open;
};
struct class_count { /* gaps of one class; region "": they hide every Region of the account */
    const char *region, *class;
    int64_t count;
    bool unreached; /* one of them is a refused AssumeRole */
};
struct throttle_count { /* calls that were throttled and answered in the end */
    const char *region;
    int64_t count;
};
struct count_visitor { /* strings are borrowed until the function returns */
    void (*questions)(void *context, const struct question_count *c);
    void (*gaps)(void *context, const struct class_count *c);
    void (*throttled)(void *context, const struct throttle_count *c);
    void *context;
};
/* Tells the visitor every count of the account: questions first, then gaps, then throttles. 0 or
 * -1. */
int store_each_count(struct store *s, const char *account, const struct count_visitor *visitor,
                     struct err *err);

#endif
