/* Walks over a run's entities that their caller steps, so that two can be merged in order of
 * their keys. */
#ifndef TOWERKEEP_STORE_CURSOR_H
#define TOWERKEEP_STORE_CURSOR_H

#include "store/store.h"

struct sqlite3_stmt;

/* A walk over entities that the caller steps, so that two can be merged. */
struct cursor {
    struct store *store;
    int which; /* the store's own */
    struct sqlite3_stmt *statement;
    struct entity row; /* valid while `more` */
    bool more;
};
/* Opens and steps to the first row; account and region NULL: all. 0 or -1. */
int cursor_open(struct cursor *c, struct store *s, const char *kind, const char *account,
                const char *region, struct err *err);
int cursor_next(struct cursor *c, struct err *err);
void cursor_close(struct cursor *c); /* accepts a zeroed one */

/* Calls each with the Regions in which the account has entities of the kind. */
int store_each_entity_region(struct store *s, const char *kind, const char *account,
                             int (*each)(void *context, const char *region), void *context,
                             struct err *err);
/* Is anything hidden in this account and Region? 1, 0, -1. */
int store_gap_at(struct store *s, const char *account, const char *region, struct err *err);

#endif
