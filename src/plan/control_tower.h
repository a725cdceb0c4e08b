/* What the remedies and goals that speak to Control Tower and Organizations have in common. */
#ifndef TOWERKEEP_PLAN_CONTROL_TOWER_H
#define TOWERKEEP_PLAN_CONTROL_TOWER_H

#include "remedy.h"

#define BACKUP_PRINCIPAL "backup.amazonaws.com"
#define CONTROL_TOWER_BASELINE "AWSControlTowerBaseline"
#define BACKUP_BASELINE "BackupBaseline"
#define CONFIG_BASELINE "ConfigBaseline"
#define IDENTITY_BASELINE "IdentityCenterBaseline"

/* --- accounts (remedies_accounts.c) --- */

struct backup_account { /* one of the two */
    const char *target; /* "backup-administrator": the step create-accounts/TARGET */
    const char *words;  /* "backup administrator" */
    const char *config, *known, *state, *manifest; /* paths: configuration, $lz, $lz, manifest */
};
#define BACKUP_ACCOUNT_COUNT 2
extern const struct backup_account backup_accounts[BACKUP_ACCOUNT_COUNT];
/* The account's id, or the placeholder of the step that makes it; NULL when neither is known.
 * Yours.
 */
char *backup_account_id(const struct making *m, const struct backup_account *which);
/* One of the two, by id, email or the landing zone's word. */
bool is_backup_account(const struct making *m, const json_t *account);
/* remedies_delegation.c */
/* The step of `row` that takes the two statements away again and leaves every other; NULL: none of
   ours is there. *step is yours. */
int undelegate_backup_policies(struct making *m, const struct remedy *row, struct plan_step **step,
                               struct err *err);
int delegate_backup_policies(struct making *m, const json_t *subject, const char *reason,
                             struct err *err);

/* --- the landing zone (remedies_landing_zone.c, manifest_wanted.c) --- */

/* The landing zone as AWS sends it, yours; NULL when there is none. */
int zone_load(struct making *m, json_t **zone, struct err *err);
/* The version to be at: the configuration's, else the current one if it offers backup.
   Borrowed from zone, configuration or static; *problem (static) when the wish cannot be met. */
const char *zone_version_wanted(const struct making *m, const json_t *zone, const char **problem);
/* What the manifest must say. Account ids and key may be placeholders. */
struct manifest_wish {
    bool backup;
    const char *administrator, *central, *key; /* only when `backup` */
    const json_t *regions;                     /* to be governed as well; NULL: none */
};
/* The whole manifest at `version`, everything else as it was. Yours. */
json_t *manifest_wanted(const json_t *manifest, const char *from, const char *version,
                        const struct manifest_wish *wish);
/* Equal in meaning: governed Regions in any order. */
bool manifest_same(const json_t *a, const json_t *b);
/* As UpdateLandingZone takes it: days as numbers, which GetLandingZone returns as text; new. */
json_t *manifest_to_send(const json_t *wanted);
/* Adds the step of `row` that sends `wanted`. 1: nothing differs, there is no step. */
int zone_update(struct making *m, const struct remedy *row, const json_t *zone, const char *version,
                const json_t *wanted, const char *reason, struct err *err);
/* Landing zone steps of this plan come first. */
void after_zone(struct plan_step *step);

/* --- baselines (remedies_baselines.c) --- */

/* The enabled baseline of that name on the OU, as a document's member; NULL when there is none. */
const json_t *held_on(const json_t *ou, const char *baseline);
/* ListEnabledBaselines of one baseline on one OU. */
struct plan_call *held_call(struct making *m, const char *baseline, const json_t *ou);
void poll_baseline(const struct making *m, struct plan_step *step);
/* An operation newer than the run's on the enabled baseline `arn`: a condition over the baseline.
 */
int changed_since(struct making *m, const char *arn, json_t **condition, struct err *err);

#endif
