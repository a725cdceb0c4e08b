/*
 * AWS Backup from the inside. State per account and Region; `set` paths of worlds go into it:
 *   optin {type: bool}, management {type: bool}
 *   vaults {name: {wire {the answer's members}, tags {}, policy (text), points {arn: wire},
 *     points_at [half hour, changes]}}
 *   plans {id: {wire, plan {...}, versions [{VersionId, CreationDate, plan}], tags {},
 *     selections {id: {wire, selection}}}}
 *   deleted_plans [wire], reports {name: {wire, tags {}}},
 *   gone {recovery point arn: true}, jobs [wire], copy_jobs [wire]
 *   deployed {local, central, reports}: the Control Tower operation each was made by, "" for
 *     nothing there
 * Region "" of the management account holds the organization's settings: {settings {name: "true"}, updated (ms)}.
 *
 * What Control Tower puts into an account is compared with what it should be on every access (two
 * lookups), so enabling, resetting and disabling a baseline show without anybody telling this
 * service.
 */
#ifndef TOWERKEEP_SIM_SERVICES_BACKUP_BACKUP_H
#define TOWERKEEP_SIM_SERVICES_BACKUP_BACKUP_H

#include "sim.h"

#define BACKUP_LOCAL_VAULT "aws-controltower-local-backupvault-"
#define BACKUP_CENTRAL_VAULT "aws-controltower-central-backupvault-"
#define BACKUP_ROLE "aws-controltower-BackupRole"

/* --- svc_backup.c --- */
/* The state, made to fit what Control Tower wants there now; borrowed. */
json_t *backup_state(struct sim *sim, const char *account, const char *region);
json_t *backup_here(struct sim_call *call); /* of the call's account and Region */
int backup_missing(struct sim_call *call, const char *what,
                   const char *name);                           /* ResourceNotFoundException */
int backup_invalid(struct sim_call *call, const char *message); /* InvalidParameterValueException */
/* {key: value} of a call, checked; -1 after a refusal. `member` may be absent. */
int backup_tags_check(struct sim_call *call, const char *member, const json_t *have);
/* The wire rows of an object of {wire: ...}; new list. */
json_t *backup_rows(json_t *objects);
/* Is this account the management account or a delegated administrator of AWS Backup? */
bool backup_sees_organization(struct sim *sim, const char *account);
char *backup_arn(struct sim *sim, const char *account, const char *region, const char *type,
                 const char *name);

/* --- svc_backup_deploy.c --- */
void backup_reconcile(struct sim *sim, const char *account, const char *region, json_t *state);
/* The suffix of Control Tower's vault names, one for the organization; out holds 16. */
void backup_suffix(struct sim *sim, char out[16]);

/* --- svc_backup_settings.c --- */
void backup_settings_populate(struct sim *sim, const char *region, json_t *state);
void backup_global_populate(struct sim *sim, json_t *state);
int backup_settings_load(const json_t *world, struct err *err);
bool backup_cross_account(struct sim *sim);
int backup_describe_region_settings(struct sim_call *call);
int backup_update_region_settings(struct sim_call *call);
int backup_describe_global_settings(struct sim_call *call);
int backup_update_global_settings(struct sim_call *call);
int backup_get_supported_types(struct sim_call *call);

/* --- svc_backup_vaults.c --- */
/* Adds a vault; borrowed. `created_ms` and `key_arn` as given. */
json_t *backup_vault_add(struct sim *sim, json_t *state, const char *arn, const char *key_arn,
                         int64_t created_ms);
json_t *backup_vault(struct sim_call *call, json_t *state); /* NULL after a refusal */
int backup_create_vault(struct sim_call *call);
int backup_delete_vault(struct sim_call *call);
int backup_describe_vault(struct sim_call *call);
int backup_list_vaults(struct sim_call *call);
int backup_get_policy(struct sim_call *call);
int backup_put_policy(struct sim_call *call);
int backup_delete_policy(struct sim_call *call);

/* --- svc_backup_plans.c --- */
/* Adds a plan whose document is taken; borrowed. */
json_t *backup_plan_add(struct sim *sim, json_t *state, const char *arn, json_t *plan,
                        int64_t created_ms);
json_t *backup_selection_add(json_t *plan, const char *id, json_t *selection, int64_t created_ms);
int backup_create_plan(struct sim_call *call);
int backup_update_plan(struct sim_call *call);
int backup_delete_plan(struct sim_call *call);
int backup_get_plan(struct sim_call *call);
int backup_list_plans(struct sim_call *call);
int backup_create_selection(struct sim_call *call);
int backup_delete_selection(struct sim_call *call);
int backup_get_selection(struct sim_call *call);
int backup_list_selections(struct sim_call *call);

/* --- svc_backup_points.c --- */
#define BACKUP_RUNS_MAX 3
/* Until when a plan has been running: now, unless the world has halted it. */
int64_t backup_halted_ms(struct sim *sim, const json_t *plan);
/* The newest times, before `now_ms`, at which a rule ran; returns how many. */
size_t backup_runs(const json_t *rule, int64_t now_ms, int64_t out[BACKUP_RUNS_MAX]);
/* Makes a vault's recovery points what the plans would have left there by now. */
void backup_points_refresh(struct sim *sim, const char *account, const char *region, json_t *state);
/* Fills a central vault with the copies of every covered account's points; nothing for other
 * vaults. */
void backup_copies_refresh(struct sim *sim, const char *account, const char *region, json_t *vault);
int backup_list_points(struct sim_call *call);
int backup_describe_point(struct sim_call *call);
int backup_delete_point(struct sim_call *call);
int backup_list_protected(struct sim_call *call);

/* --- svc_backup_jobs.c --- */
/* Copy jobs of an account and Region as ListCopyJobs rows, each with its recovery point as
 * "@point"; new list. */
json_t *backup_copy_jobs_of(struct sim *sim, const char *account, const char *region);
int backup_list_jobs(struct sim_call *call);
int backup_list_copy_jobs(struct sim_call *call);
int backup_list_job_summaries(struct sim_call *call);
int backup_list_copy_job_summaries(struct sim_call *call);
int backup_jobs_load(struct sim *sim, const json_t *world, struct err *err);

/* --- svc_backup_reports.c --- */
void backup_reports_deploy(struct sim *sim, const char *account, const char *region, json_t *state);
void backup_reports_withdraw(json_t *state);
int backup_list_reports(struct sim_call *call);
int backup_describe_report(struct sim_call *call);

#endif
