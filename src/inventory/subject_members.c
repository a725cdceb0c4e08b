/* What docs/subjects.md says of each scope, as data. */
#include <string.h>

#include "subject_tables.h"

const struct subject_member *subject_members(enum scope s)
{
    size_t i = 0;
    while (documented_scopes[i].name != NULL &&
           strcmp(documented_scopes[i].name, scope_name(s)) != 0) {
        i++;
    }
    return documented_scopes[i].members;
}

const struct subject_member *subject_members_of_all(void)
{
    return members_in_every_scope;
}

const struct member_operation *subject_operations(void)
{
    return member_operations;
}
