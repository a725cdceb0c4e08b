/* What the files of the Control Tower service share. The state and its `set` paths are described in
 * svc_controltower.c. */
#ifndef TOWERKEEP_SIM_SERVICES_CONTROLTOWER_CONTROLTOWER_H
#define TOWERKEEP_SIM_SERVICES_CONTROLTOWER_CONTROLTOWER_H

#include "base/text.h"
#include "sim.h"

#define CT_KEY_SIZE 128
#define CT_MINUTE_MS (INT64_C(60) * 1000)

/* --- svc_controltower.c --- */
json_t *ct_state(struct sim *sim);
json_t *ct_landing_zone(struct sim *sim); /* NULL when there is none */
bool ct_version_at_least(const char *version, unsigned major, unsigned minor);
/* Is a section of a manifest on, with the defaults of its version? */
bool ct_section_on(const json_t *manifest, const char *version, const char *section);
/* The OU that holds the service integration accounts, or NULL. */
const char *ct_security_ou(struct sim *sim, const json_t *manifest);
/* An account that the manifest itself names (logging, audit, config, and backup when on). */
bool ct_integration_account(const json_t *manifest, const char *version, const char *account);
bool ct_below(struct sim *sim, const char *ou, const char *ancestor); /* strictly */
/* Every handler's first line: management account only. */
int ct_guard(struct sim_call *call);
/* Also the home Region with a landing zone; for writes. */
int ct_guard_home(struct sim_call *call);
bool ct_here(struct sim_call *call); /* home Region, landing zone present */
int ct_invalid(struct sim_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int ct_missing(struct sim_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int ct_conflict(struct sim_call *call, const char *message);
/* Organizations tells it; see inheritance drift. */
void ct_account_moved(struct sim *sim, const char *account, const char *from, const char *to);

/* --- operations --- */
/* Starts one: a new record in state.operations, borrowed. */
json_t *ct_operation_start(struct sim *sim, const char *kind, const char *type);
void ct_operation_end(struct sim *sim, const char *id, const char *problem); /* NULL: succeeded */
json_t *ct_operation(struct sim *sim, const char *kind, const char *id);
bool ct_busy(struct sim *sim);
json_t *ct_operation_out(const json_t *operation); /* without `kind`; new */

/* --- svc_controltower_baselines.c --- */
struct ct_baseline {
    const char *name, *id, *description;
    bool ou;             /* EnableBaseline takes it */
    const char *section; /* of the manifest, for landing zone baselines */
    const char *account; /* manifest path of its target; NULL: the management account */
    unsigned from_major, to_major;
};
size_t ct_baseline_count(void);
const struct ct_baseline *ct_baseline_at(size_t index);
const struct ct_baseline *ct_baseline_named(const char *name);
const struct ct_baseline *ct_baseline_by_arn(const char *arn); /* by its last 16 characters */

json_t *ct_enabled(struct sim *sim, const char *baseline, const char *target); /* record or NULL */
/* Makes a record (SUCCEEDED); borrowed. `fresh`: a new ARN, else one that follows from its words.
 */
json_t *ct_enabled_add(struct sim *sim, const char *baseline, const char *version,
                       const char *target, bool fresh);
void ct_enabled_remove(struct sim *sim, const char *baseline, const char *target);
/* The record with that ARN; *account is set for a child (and is then a member of the OU), else
 * NULL. */
json_t *ct_enabled_by_arn(struct sim *sim, const char *arn, const char **account);
/* Status of the child on an account, NULL when there is none. */
const char *ct_child_status(struct sim *sim, const json_t *enabled, const char *account);
bool ct_succeeded(const json_t *enabled);
const char *ct_baseline_version_for(const char *baseline, const char *landing_zone_version);

/* --- svc_controltower_landing_zone.c --- */
/* Makes the landing zone's own baselines and Backup's settings fit the manifest. `before` is the
 * previous manifest or NULL. */
void ct_apply_manifest(struct sim *sim, const json_t *before, const char *before_version);
/* --- svc_controltower_manifest.c: AWS's complaint into `out`, false when the manifest cannot be
 * sent --- */
bool ct_manifest_fits(const json_t *manifest, const char *version, char *out, size_t size);
/* --- svc_controltower_controls.c --- */
void ct_controls_attach(struct sim *sim, const char *ou);
void ct_controls_detach(struct sim *sim, const char *ou);

/* A control of Control Tower. Its identifier is opaque: its name is an alias in the control
   catalog (Controls Reference, "Identifiers for APIs and controls"). */
struct ct_control {
    const char *alias; /* "CT.BACKUP.PV.1" */
    const char *name;  /* of it in worlds' `set` paths: "CT-BACKUP-PV-1" */
    const char *title;
    bool regional; /* ListEnabledControls gives the older form of its identifier, with a Region */
    const char *actions, *resources, *condition; /* what it denies; JSON */
};
/* NULL after the last. */
const struct ct_control *ct_control_at(size_t index);
/* "arn:aws:controlcatalog:::control/TOKEN", or with `regional`
   "arn:aws:controltower:REGION::control/TOKEN" whose token differs by Region. */
void ct_control_identifier(struct sim *sim, const struct ct_control *control, bool regional,
                           const char *region, char *out, size_t size);

/* handlers */
int ct_list_landing_zones(struct sim_call *call);
int ct_get_landing_zone(struct sim_call *call);
int ct_update_landing_zone(struct sim_call *call);
int ct_reset_landing_zone(struct sim_call *call);
int ct_get_landing_zone_operation(struct sim_call *call);
int ct_list_landing_zone_operations(struct sim_call *call);
int ct_list_baselines(struct sim_call *call);
int ct_get_baseline(struct sim_call *call);
int ct_list_enabled_baselines(struct sim_call *call);
int ct_get_enabled_baseline(struct sim_call *call);
int ct_get_baseline_operation(struct sim_call *call);
int ct_enable_baseline(struct sim_call *call);
int ct_update_enabled_baseline(struct sim_call *call);
int ct_reset_enabled_baseline(struct sim_call *call);
int ct_disable_baseline(struct sim_call *call);
int ct_list_enabled_controls(struct sim_call *call);
int ct_list_tags(struct sim_call *call);
int ct_tag(struct sim_call *call);
int ct_untag(struct sim_call *call);

#endif
