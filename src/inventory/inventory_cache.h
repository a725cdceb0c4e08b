/* What is as large as the organization and no larger: units, accounts, enabled baselines, governed
 * Regions. Cached whole. */
#ifndef TOWERKEEP_STORE_DIRECTORY_H
#define TOWERKEEP_STORE_DIRECTORY_H

#include <jansson.h>

#include "base/map.h"
#include "model/tree.h"
#include "store/store.h"

struct held {         /* an enabled baseline */
    const char *name; /* "BackupBaseline"; its id when nobody knows its name */
    char *own_name;   /* behind `name` when it is not a static one */
    char *arn, *version, *target_id, *parent_arn, *status, *drift, *operation;
    int64_t fact;
    struct held *next; /* of the same target */
};

struct member { /* an account */
    char *id, *name, *email, *arn, *state, *parent_id;
    const char *state_source;
    const struct unit *unit; /* NULL under the root */
    bool listed, in_tree, path_differs;
    bool reached, reach_known;
    bool left_out; /* the run was asked for other accounts only (meta filtered = true) */
    char *role, *reach_error;
    int64_t fact;
    struct held *held; /* those that target it */
};

struct directory {
    char *organization_id, *management, *home, *partition, *root_id;
    char **regions; /* governed, sorted */
    size_t region_count;
    bool *region_left_out; /* per governed Region: the run was asked for others only */
    struct tree *tree;
    struct member **members; /* by id */
    size_t member_count;
    struct map *by_id;
    struct held **held; /* by ARN */
    size_t held_count;
    struct map *held_of_target; /* target id -> first struct held */
    json_t *zone;               /* the landing zone as sent, NULL when there is none */
    int64_t zone_fact;
    char *admin, *central, *audit, *log_archive; /* account ids or NULL */
    const struct unit *security;                 /* the OU of the audit account, or NULL */
    int64_t now_ms;                              /* the run's end, else its start, else 0 */
    json_t *tagged_now; /* {ARN: true}: what the walk that this run ends had tagged, or NULL */
};

/* config may be NULL. */
int directory_load(struct store *s, const json_t *config, struct directory **out, struct err *err);
void directory_free(struct directory *d);

struct member *directory_member(const struct directory *d, const char *id); /* NULL when unknown */
bool directory_governs(const struct directory *d, const char *region);
/* Governed, and within the run's filters. */
bool directory_looks(const struct directory *d, const char *region);
bool member_is_active(const struct member *m); /* also when its state could not be read */
bool member_is_wanted(const struct member *m); /* active and within the run's filters */
const char *member_ou_path(const struct member *m);
/* The first baseline of that name on a target; succeeded: only one whose status is SUCCEEDED. */
const struct held *held_find(const struct held *first, const char *name, bool succeeded);
const struct held *directory_held(const struct directory *d, const char *target_id);

#endif
