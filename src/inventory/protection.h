/*
 * What may protect the resources of one place: its plans with their schedules and selections, the
 * opt-ins that count for them, the keys of what is encrypted. Loaded once a place, asked of each
 * resource.
 */
#ifndef TOWERKEEP_INVENTORY_PROTECTION_H
#define TOWERKEEP_INVENTORY_PROTECTION_H

#include "model/selection.h"
#include "subjects_resource.h"

#define HOUR_MS INT64_C(3600000)
/* Minutes, of a rule of a plan that names none (AWS Backup Developer Guide, "Backup plan options and
   configuration"). */
#define START_WINDOW_MINUTES 480
#define COMPLETION_WINDOW_MINUTES (7 * 24 * 60)

struct schedule { /* of a plan's rules; hours; 0 when there is none, or it cannot be told */
    double period, window;           /* of the rule that runs most often */
    double copy_period, copy_window; /* of those that copy into the central account */
    double far_period, far_window;   /* of those that copy there into another Region */
    bool to_central, cross_region;
    const char *problem; /* why a schedule was not understood; static, NULL: it was */
};
/* detail: GetBackupPlan's answer, or NULL. */
struct schedule schedule_of(struct visit *v, const json_t *detail, const char *region);
/* Of each rule of a plan: {"name","hours","kept_days","kept_forever","copied","copy_days",
   "copy_forever"}, the copies being those into the central account. Yours. */
json_t *schedule_rules(struct visit *v, const json_t *detail);
/* How many periods went by since `since_ms`, its window left aside; -1 without a period. */
double periods_since(const struct visit *v, int64_t since_ms, double period, double window);

/* Rounded to hundredths; null when negative. */
void set_number(json_t *document, const char *key, double number);

struct protection_plan {
    char *id, *name;
    json_t *shown;      /* as a resource's document lists it */
    json_t *selections; /* AWS's BackupSelection documents */
    struct schedule schedule;
    int64_t since_ms; /* since when it is as it is; 0 when unknown */
    bool organization;
    int64_t fact;
};

struct protection {
    struct visit *v;
    const struct account_region *place;
    struct protection_plan *plans;
    size_t count;
    json_t *own, *management; /* region-settings of the account and of the management account */
    int64_t own_fact;
    struct map *keys;   /* key ARN -> json_t*, what is known of it */
    bool unread;        /* some plan or selection could not be read */
    bool opt_in_region; /* the account had to enable this Region */
};

int protection_load(struct visit *v, const struct account_region *p, struct protection *out);
void protection_release(struct protection *o); /* accepts a zeroed one */
/* Which of its rules count: all; those that copy to the central account; those that copy there into
   another Region. */
enum plan_rules { RULES_ALL, RULES_COPYING, RULES_COPYING_FAR };
/* The plan that takes the resource and whose rules of that kind run most often; NULL when none
   does. */
const struct protection_plan *protection_find(const struct protection *o,
                                              const struct merged_resource *seen,
                                              enum plan_rules rules);
/* Does a plan of an Organizations backup policy take it? */
bool protection_by_policy(const struct protection *o, const struct merged_resource *seen);
/* Since when the plan takes the resource, as runs saw it: 0 when none can tell, now when the walk
   that this run ends tagged the resource, or when the run before saw it without. 0 or -1. */
int protection_member_since(const struct protection *o, const struct protection_plan *plan,
                            const struct merged_resource *seen, int64_t *since_ms);
/* Does a plan that takes everything with the tag of that tier (or Control Tower's own of the tier)
   copy to another Region? */
bool protection_copies_tier(const struct protection *o, size_t tier);
/* Sets what is documented of a resource's protection; `place_reason` is why no plan of Control
   Tower's looks here, "" when they do. 0 or -1. */
int protection_describe(struct protection *o, const struct merged_resource *seen,
                        const char *place_reason, json_t *document);
int64_t later_of(int64_t a, int64_t b);
/* The newest copy in a central vault of any Region but `but_in` (NULL: of any), milliseconds since
   1970; 0: none. Its Region, when asked. */
int64_t newest_copy(const json_t *central, const char *but_in, const char **region);
/* A run that was asked for other accounts or Regions only did not read every central vault. */
bool central_vaults_left_out(const struct inventory_cache *d);
/* Does AWS Backup use its advanced features for DynamoDB here: 1, 0, or -1 when unknown. */
int protection_advanced_tables(const struct protection *o);
/* source_keys.c: what its encryption means for a copy. 0 or -1. */
int protection_keys(struct protection *o, const struct merged_resource *seen, json_t *document);

#endif
