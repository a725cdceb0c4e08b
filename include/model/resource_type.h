/* Kinds of resources, in AWS Backup's words ("EBS"), from ARNs and from the Tagging API. */
#ifndef TOWERKEEP_MODEL_RESOURCE_TYPE_H
#define TOWERKEEP_MODEL_RESOURCE_TYPE_H

#include <stdbool.h>

/* AWS Backup's word for the thing an ARN names, or NULL when it is none that AWS Backup knows.
   Static. "arn:aws:rds:..:cluster:x" is Aurora: Neptune and DocumentDB share the form;
   resource_type_of_engine() tells them apart. */
const char *resource_type_of_arn(const char *arn);
/* RDS engine -> "RDS", "Aurora", "Neptune" or "DocumentDB"; NULL when unknown. `cluster`: it was
 * listed as a cluster. */
const char *resource_type_of_engine(const char *engine, bool cluster);
bool resource_type_known(const char *type);
/* The known type nearest to a word, case ignored; NULL when none is near. Static. */
const char *resource_type_nearest(const char *word);
/* Types that the scan lists directly (beside the Tagging API), so that "never tagged" can be told.
 */
bool resource_type_listed_directly(const char *type);
/* The operation that lists resources of that type, "ec2:DescribeVolumes"; NULL when the Tagging API
   alone knows them. `type` is what resource_type_of_arn() says. */
const char *resource_type_listing(const char *type);

#endif
