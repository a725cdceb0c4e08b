/* Resources of one place, direct inventory and Tagging API merged by ARN. */
#ifndef TOWERKEEP_INVENTORY_SUBJECTS_RESOURCE_H
#define TOWERKEEP_INVENTORY_SUBJECTS_RESOURCE_H

#include "subjects_private.h"

struct merged_resource { /* one ARN as both inventories see it; borrowed */
    const char *arn;
    const char *type;     /* AWS Backup's word or NULL */
    const json_t *direct; /* NULL when only the Tagging API knows it */
    json_t *tags; /* {key: value}; the service's own word, else the Tagging API's; never NULL */
    bool in_tagging, tags_from_service;
    const json_t *protection; /* element of ListProtectedResources; NULL: it has no backup */
    const json_t *central;    /* {"copies": {Region: time}} in the central vaults; NULL: none */
    const json_t *volumes;    /* of an instance: [{"volume","kms_key"}]; NULL: none */
    int64_t facts[4];         /* inventory, Tagging API, protection, central copies */
};

int merged_resource_each(struct visit *v, const struct account_region *p,
                         int (*each)(void *context, const struct merged_resource *s),
                         void *context);

#endif
