/* What is as large as the organization and no larger: units, accounts, enabled baselines, governed
 * Regions. Cached whole. */
#ifndef TOWERKEEP_INVENTORY_INVENTORY_CACHE_H
#define TOWERKEEP_INVENTORY_INVENTORY_CACHE_H

#include <jansson.h>

#include "base/map.h"
#include "model/tree.h"
#include "store/store.h"

struct enabled_baseline { /* an enabled baseline */
    const char *name;     /* "BackupBaseline"; its id when nobody knows its name */
    char *own_name;       /* behind `name` when it is not a static one */
    char *arn, *version, *target_id, *parent_arn, *status, *drift, *operation;
    int64_t fact;
    struct enabled_baseline *next; /* of the same target */
};

struct account { /* an account */
    char *id, *name, *email, *arn, *state, *parent_id;
    const char *state_source;
    const struct unit *unit; /* NULL under the root */
    bool listed, in_tree, path_differs;
    bool reached, reach_known;
    bool left_out; /* the selection of the run leaves it out */
    char *role, *reach_error;
    int64_t fact;
    struct enabled_baseline *baselines; /* those that target it */
};

struct inventory_cache {
    char *organization_id, *management, *home, *partition, *root_id;
    char **regions; /* governed, sorted */
    size_t region_count;
    bool *region_left_out; /* per governed Region: the run was asked for others only */
    json_t *selection;     /* of the scan (meta scan_selection), or NULL: all was selected */
    struct tree *tree;
    struct account **accounts; /* by id */
    size_t account_count;
    struct map *by_id;
    struct enabled_baseline **baselines; /* by ARN */
    size_t baseline_count;
    struct map *baselines_of_target; /* target id -> first struct enabled_baseline */
    json_t *zone;                    /* the landing zone as sent, NULL when there is none */
    int64_t zone_fact;
    char *admin, *central, *audit, *log_archive; /* account ids or NULL */
    const struct unit *security;                 /* the OU of the audit account, or NULL */
    int64_t now_ms;                              /* the run's end, else its start, else 0 */
    json_t *tagged_now; /* {ARN: true}: what the walk that this run ends had tagged, or NULL */
};

/* config may be NULL. */
int inventory_cache_load(struct store *s, const json_t *config, struct inventory_cache **out,
                         struct err *err);
void inventory_cache_free(struct inventory_cache *d);

struct account *inventory_cache_account(const struct inventory_cache *d,
                                        const char *id); /* NULL when unknown */
bool inventory_cache_governs(const struct inventory_cache *d, const char *region);
/* Governed, and within the run's filters. */
bool inventory_cache_looks(const struct inventory_cache *d, const char *region);
bool account_is_active(const struct account *m); /* also when its state could not be read */
bool account_is_wanted(const struct account *m); /* active and within the run's filters */
const char *account_ou_path(const struct account *m);
/* The first baseline of that name on a target; succeeded: only one whose status is SUCCEEDED. */
const struct enabled_baseline *enabled_baseline_find(const struct enabled_baseline *first,
                                                     const char *name, bool succeeded);
const struct enabled_baseline *inventory_cache_baselines(const struct inventory_cache *d,
                                                         const char *target_id);

#endif
