/* Resource types as AWS Backup names them ("EBS"), from ARNs and from the Tagging API. */
#ifndef TOWERKEEP_MODEL_RESOURCE_TYPE_H
#define TOWERKEEP_MODEL_RESOURCE_TYPE_H

#include <jansson.h>
#include <stdbool.h>

/* AWS Backup's type of the resource with this ARN, or NULL when AWS Backup does not support it.
   Static. "arn:aws:rds:..:cluster:x" is Aurora: Neptune and DocumentDB share the form,
   and only the engine that RDS lists distinguishes them. */
const char *resource_type_of_arn(const char *arn);
/* AWS Backup, or the snapshot operation of a service, made it: it is itself a backup. Told from its
   ARN, or from the tag that AWS Backup adds (AWS Backup Developer Guide, "Tags copied onto
   backups"). `tags` is {key: value} or NULL. */
bool resource_is_backup(const char *arn, const json_t *tags);
bool resource_type_known(const char *type);
/* The known type nearest to a word, case ignored; NULL when none is near. Static. */
const char *resource_type_nearest(const char *word);
/* Types that the scan lists directly (besides the Tagging API), to find resources that were never
   tagged. */
bool resource_type_listed_directly(const char *type);
/* The operations that list resources of that type ("ec2:DescribeVolumes"), NULL-terminated; empty
   when only the Tagging API lists them. Static. */
const char *const *resource_type_listings(const char *type);
/* The one of them that lists resources with such an ARN; NULL: none. */
const char *resource_listing_of(const char *type, const char *arn);
/* Those of all types that are called only where the type is wanted, NULL-terminated. Static. */
const char *const *resource_listings_wanted(void);

#endif
