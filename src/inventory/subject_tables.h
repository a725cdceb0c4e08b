/* What the build draws from docs/subjects.md (src/inventory/generate/subject_members.c). */
#ifndef TOWERKEEP_INVENTORY_SUBJECT_TABLES_H
#define TOWERKEEP_INVENTORY_SUBJECT_TABLES_H

#include "inventory/subjects.h"

struct documented_scope {
    const char *name; /* as scope_name() says it; NULL ends the table */
    const struct subject_member *members;
};
extern const struct documented_scope documented_scopes[];
extern const struct subject_member members_in_every_scope[];
extern const struct member_operation member_operations[];

#endif
