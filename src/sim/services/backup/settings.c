/*
 * Settings: service opt-in per account and Region, and the organization's own.
 *
 * A world says `backup.region_settings: {ResourceTypeOptInPreference: {..},
 * ResourceTypeManagementPreference: {..}}` for every account in the governed Regions, and `missing:
 * {REGION: [types]}` for what AWS does not offer in a Region. Without it, a world whose landing
 * zone begins with backup on is a healthy one: every type is on in the governed Regions. Everywhere
 * else AWS's own defaults hold, which leave some types off.
 */
#include "services/backup/backup.h"

#include <string.h>

#include "base/jsonx.h"
#include "base/text.h"

#include "services/inventory.h"

static const struct {
    const char *name;
    bool by_default; /* AWS's default */
} types[] = {
    {"Aurora", true},
    {"CloudFormation", false},
    {"DocumentDB", true},
    {"DynamoDB", true},
    {"EBS", true},
    {"EC2", true},
    {"EFS", true},
    {"EKS", false},
    {"FSx", true},
    {"Neptune", true},
    {"RDS", true},
    {"Redshift", false},
    {"S3", false},
    {"SAP HANA on Amazon EC2", false},
    {"Storage Gateway", true},
    {"Timestream", false},
    {"VirtualMachine", true},
};
#define TYPE_COUNT (sizeof types / sizeof *types)

static const char *const managed_types[] = {"CloudFormation", "DynamoDB", "EFS", "Timestream"};
#define MANAGED_COUNT (sizeof managed_types / sizeof *managed_types)

/* Where Timestream can be backed up at all. */
static const char timestream_regions[] = " ap-northeast-1 ap-south-1 ap-southeast-2 eu-central-1 "
                                         "eu-west-1 us-east-1 us-east-2 us-gov-west-1 us-west-2 ";

static bool offered(struct sim *sim, const char *type, const char *region)
{
    const json_t *missing = jx_get(sim_world(sim), "backup.region_settings.missing");
    if (jx_list_has(json_object_get(missing, region), type)) {
        return false;
    }
    if (!str_equal(type, "Timestream")) {
        return true;
    }
    const char *at = strstr(timestream_regions, region);
    return at != NULL && at[-1] == ' ' && at[strlen(region)] == ' ';
}

static bool world_has_backup(struct sim *sim)
{
    return jx_bool(sim_world(sim), "landing_zone.manifest.backup.enabled");
}

void backup_settings_populate(struct sim *sim, const char *region, json_t *state)
{
    const json_t *own = jx_get(sim_world(sim), "backup.region_settings");
    const json_t *own_optin = json_object_get(own, "ResourceTypeOptInPreference");
    const json_t *own_managed = json_object_get(own, "ResourceTypeManagementPreference");
    bool governed = sim_ct_region_governed(sim, region);
    bool healthy = governed && world_has_backup(sim);
    json_t *optin = json_object(), *managed = json_object();
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        const json_t *said = governed ? json_object_get(own_optin, types[i].name) : NULL;
        bool on = said != NULL ? json_is_true(said) : healthy || types[i].by_default;
        if (offered(sim, types[i].name, region)) {
            json_object_set_new(optin, types[i].name, json_boolean(on));
        }
    }
    for (size_t i = 0; i < MANAGED_COUNT; i++) {
        const json_t *said = governed ? json_object_get(own_managed, managed_types[i]) : NULL;
        bool on =
            said != NULL ? json_is_true(said) : healthy || !str_equal(managed_types[i], "DynamoDB");
        if (offered(sim, managed_types[i], region)) {
            json_object_set_new(managed, managed_types[i], json_boolean(on));
        }
    }
    json_object_set_new(state, "optin", optin);
    json_object_set_new(state, "management", managed);
}

int backup_describe_region_settings(struct sim_call *call)
{
    json_t *state = backup_here(call);
    json_object_set(call->out, "ResourceTypeOptInPreference", json_object_get(state, "optin"));
    return json_object_set(call->out, "ResourceTypeManagementPreference",
                           json_object_get(state, "management"));
}

static int check_types(struct sim_call *call, const char *member, const json_t *known)
{
    const char *type;
    json_t *value;
    json_object_foreach(json_object_get(call->in, member), type, value)
    {
        if (json_object_get(known, type) == NULL) {
            return sim_fail(call, 400, "InvalidParameterValueException",
                            "Resource type %s is not supported in Region %s", type, call->region);
        }
    }
    return 0;
}

/* A map that names some types leaves the others as they are. */
int backup_update_region_settings(struct sim_call *call)
{
    json_t *state = backup_here(call);
    json_t *optin = json_object_get(state, "optin"),
           *managed = json_object_get(state, "management");
    json_t *new_optin = json_object_get(call->in, "ResourceTypeOptInPreference");
    json_t *new_managed = json_object_get(call->in, "ResourceTypeManagementPreference");
    if (new_optin == NULL && new_managed == NULL) {
        return sim_fail(
            call, 400, "MissingParameterValueException",
            "ResourceTypeOptInPreference or ResourceTypeManagementPreference is needed");
    }
    if (check_types(call, "ResourceTypeOptInPreference", optin) < 0 ||
        check_types(call, "ResourceTypeManagementPreference", managed) < 0) {
        return -1;
    }
    json_object_update(optin, new_optin != NULL ? new_optin : optin);
    json_object_update(managed, new_managed != NULL ? new_managed : managed);
    return 0;
}

int backup_get_supported_types(struct sim_call *call)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (offered(call->sim, types[i].name, call->region)) {
            json_array_append_new(rows, json_string(types[i].name));
        }
    }
    return json_object_set_new(call->out, "ResourceTypes", rows);
}

/* --- the organization's --- */

static const char *const global_names[] = {"isCrossAccountBackupEnabled",
                                           "isDelegatedAdministratorEnabled", "isMpaEnabled"};

void backup_global_populate(struct sim *sim, json_t *state)
{
    const json_t *own = jx_get(sim_world(sim), "backup.global_settings");
    json_t *settings = json_object();
    for (size_t i = 0; i < sizeof global_names / sizeof *global_names; i++) {
        const json_t *said = json_object_get(own, global_names[i]);
        bool on = said != NULL
                      ? jx_bool(own, global_names[i])
                      : world_has_backup(sim) && !str_equal(global_names[i], "isMpaEnabled");
        json_object_set_new(settings, global_names[i], json_string(on ? "true" : "false"));
    }
    json_object_set_new(state, "settings", settings);
    json_object_set_new(state, "updated",
                        json_integer(hashed_birth_ms(sim, "backup global settings")));
}

static json_t *global_state(struct sim *sim)
{
    return sim_state(sim, SVC_BACKUP, sim_management_account(sim), "");
}

bool backup_cross_account(struct sim *sim)
{
    return jx_bool(global_state(sim), "settings.isCrossAccountBackupEnabled");
}

int backup_describe_global_settings(struct sim_call *call)
{
    if (sim_org_account(call->sim, call->account) == NULL) {
        return sim_fail(call, 400, "InvalidRequestException",
                        "The account is not a member of an organization");
    }
    json_t *state = global_state(call->sim);
    json_object_set(call->out, "GlobalSettings", json_object_get(state, "settings"));
    return json_object_set_new(call->out, "LastUpdateTime", epoch(jx_int(state, "updated", 0)));
}

int backup_update_global_settings(struct sim_call *call)
{
    json_t *fresh = json_object_get(call->in, "GlobalSettings"), *value;
    const char *name;
    if (!str_equal(call->account, sim_management_account(call->sim))) {
        return sim_fail(call, 400, "InvalidRequestException",
                        "Only the management account of an organization can change its settings");
    }
    if (json_object_size(fresh) == 0) {
        return sim_fail(call, 400, "MissingParameterValueException", "GlobalSettings is needed");
    }
    json_t *state = global_state(call->sim);
    json_t *settings = json_object_get(state, "settings");
    json_object_foreach(fresh, name, value)
    {
        const char *word = json_string_value(value);
        if (json_object_get(settings, name) == NULL) {
            return sim_fail(call, 400, "InvalidParameterValueException", "Unknown setting %s",
                            name);
        }
        if (!str_equal(word, "true") && !str_equal(word, "false")) {
            return sim_fail(call, 400, "InvalidParameterValueException", "%s must be true or false",
                            name);
        }
    }
    json_object_update(settings, fresh);
    return json_object_set_new(state, "updated", json_integer(sim_now_ms(call->sim)));
}

static int check_map(const json_t *settings, const char *member, struct err *err)
{
    const char *type;
    json_t *value;
    json_object_foreach(json_object_get(settings, member), type, value)
    {
        size_t i = 0;
        while (i < TYPE_COUNT && !str_equal(types[i].name, type)) {
            i++;
        }
        if (i == TYPE_COUNT || !json_is_boolean(value)) {
            return err_set(err, ERR_INPUT, "$.backup.region_settings.%s.%s: %s", member, type,
                           i == TYPE_COUNT ? "not a resource type of AWS Backup"
                                           : "expected true or false");
        }
    }
    return 0;
}

int backup_settings_load(const json_t *world, struct err *err)
{
    const json_t *settings = jx_get(world, "backup.region_settings");
    return check_map(settings, "ResourceTypeOptInPreference", err) < 0 ||
                   check_map(settings, "ResourceTypeManagementPreference", err) < 0
               ? -1
               : 0;
}
