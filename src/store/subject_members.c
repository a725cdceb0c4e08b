/* What docs/subjects.md says of each scope, as data. */
#include <string.h>

#include "store/subjects.h"

#include "subject_members.inc"

const struct subject_member *subject_members(enum scope s)
{
    size_t i = 0;
    while (documented[i].name != NULL && strcmp(documented[i].name, scope_name(s)) != 0) {
        i++;
    }
    return documented[i].members;
}

const struct subject_member *subject_members_of_all(void)
{
    return in_every_scope;
}
