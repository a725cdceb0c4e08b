/* Resources of one place, direct inventory and Tagging API merged by ARN. */
#ifndef TOWERKEEP_SUBJECTS_RESOURCE_H
#define TOWERKEEP_SUBJECTS_RESOURCE_H

#include "subjects_private.h"

struct sighting { /* one ARN as both inventories see it; borrowed */
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

int sightings_each(struct visit *v, const struct place *p,
                   int (*each)(void *context, const struct sighting *s), void *context);

#endif
