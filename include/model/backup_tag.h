/* The four tags that Control Tower's backup plans select resources by: exact key, value `true`. */
#ifndef TOWERKEEP_MODEL_BACKUP_TAG_H
#define TOWERKEEP_MODEL_BACKUP_TAG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define BACKUP_TIER_COUNT 4
#define BACKUP_TAG_DISTANCE_MAX 2

/* The tag on every key that towerkeep creates. It identifies the key when the answer of CreateKey
 * was lost, or when no landing zone names the key. */
#define KEY_TAG "towerkeep"
#define KEY_TAG_VALUE "backup-key"
/* tags: [{"Key","Value"}], as the Tagging API returns them. */
bool key_tags_are_ours(const json_t *tags);

const char *backup_tier(size_t index);    /* "hourly" "daily" "weekly" "monthly" */
const char *backup_tag_key(size_t index); /* "aws-control-tower-backuphourly", ... */
/* Tier of Control Tower's plan by its name ("aws-controltower-daily-backup-plan"), or -1. */
int backup_tier_of_plan(const char *plan_name);

/* Sets on `document`: "tiers" [valid ones], "tagged", "wrong_values" [{key,value}], "near_misses"
   [{key,nearest,distance}]. A near miss is a key, case ignored, within BACKUP_TAG_DISTANCE_MAX
   edits of one of the four but not equal to it. tags: {key: value} or NULL. */
void backup_tags_examine(const json_t *tags, json_t *document);
/* The value that "tagged" would have. */
bool backup_tags_any(const json_t *tags);

#endif
