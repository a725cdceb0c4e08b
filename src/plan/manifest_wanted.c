/* The manifest a landing zone should have: all of the present one, with the wanted settings merged
 * in.
 */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/text.h"
#include "control_tower.h"
#include "model/baseline.h"

#define NEWEST_OF_3 "3.3"
#define OLDEST_WITH_BACKUP "3.1"

static int major_of(const char *version)
{
    long long major = 0;
    char digits[8] = {0};
    size_t length = strcspn(version, ".");
    if (length < sizeof digits) {
        memcpy(digits, version, length);
        (void)str_number(digits, 0, 1000, &major);
    }
    return (int)major;
}

const char *zone_version_wanted(const struct making *m, const json_t *zone, const char **problem)
{
    const char *now = jx_str_or(zone, "version", "");
    const char *latest = jx_str_or(zone, "latestAvailableVersion", now);
    const char *wish = jx_str(m->config, "landing_zone.version");
    *problem = NULL;
    if (wish != NULL) {
        wish = str_equal(wish, "latest") ? latest : wish;
        if (version_compare(wish, now) < 0) {
            *problem = "landing_zone.version of the configuration is older than the landing zone";
        } else if (version_compare(wish, latest) > 0) {
            *problem = "landing_zone.version of the configuration is newer than the latest "
                       "available version";
        } else if (version_compare(wish, OLDEST_WITH_BACKUP) < 0) {
            *problem = "landing_zone.version of the configuration does not support backup";
        }
        return wish;
    }
    if (major_of(latest) == major_of(now)) {
        return latest;
    }
    /* Another major version is a decision; within the old one, only what backup needs. */
    return version_compare(now, OLDEST_WITH_BACKUP) < 0 ? NEWEST_OF_3 : now;
}

/* --- 4.0 --- */

/* A section that is there, or must be: with its switch. NULL: it is not there and need not be. */
static json_t *section_of(json_t *manifest, const char *name, bool must, bool enabled_otherwise)
{
    json_t *section = json_object_get(manifest, name);
    if (section == NULL && !must) {
        return NULL;
    }
    if (!json_is_object(section)) {
        section = json_object();
        (void)json_object_set_new(manifest, name, section);
    }
    if (!json_is_boolean(json_object_get(section, "enabled"))) {
        (void)json_object_set_new(section, "enabled", json_boolean(enabled_otherwise));
    }
    return section;
}

static void switch_on(json_t *section, const char *account)
{
    (void)json_object_set_new(section, "enabled", json_true());
    if (json_object_get(section, "accountId") == NULL) {
        jx_set_str(section, "accountId", account);
    }
}

/* Every section says outright whether it is on; what backup stands on is. Switching something off
   for want of a word would take it down, so a switch that is missing counts as on. */
static void make_4(json_t *manifest, const char *from, bool backup)
{
    bool upgrade = version_compare(from, "4.0") < 0;
    char account[16] = "";
    const char *audit = jx_str(manifest, "securityRoles.accountId");
    audit = audit != NULL ? audit : jx_str(manifest, "config.accountId");
    if (audit != NULL && strlen(audit) < sizeof account) {
        memcpy(account, audit, strlen(audit) + 1);
    }
    (void)json_object_del(manifest, "organizationStructure");
    (void)section_of(manifest, "accessManagement", upgrade, true);
    (void)section_of(manifest, "centralizedLogging", upgrade, true);
    (void)section_of(manifest, "backup", upgrade, false);
    /* Before 4.0 both were there without saying so, and the update may not take them away. */
    bool must = backup || upgrade;
    json_t *config = section_of(manifest, "config", must, true);
    json_t *roles = section_of(manifest, "securityRoles", must, true);
    if (must) {
        switch_on(config, account[0] != '\0' ? account : NULL);
        switch_on(roles, account[0] != '\0' ? account : NULL);
    }
}

/* --- backup and Regions --- */

static void set_backup(json_t *manifest, const struct manifest_wish *wish)
{
    json_t *section = NULL;
    if (wish->backup) {
        section = json_pack("{s:b,s:{s:{s:s},s:{s:s},s:s}}", "enabled", 1, "configurations",
                            "centralBackup", "accountId", wish->central, "backupAdmin", "accountId",
                            wish->administrator, "kmsKeyArn", wish->key);
    } else {
        /* Half a section, or one of nulls, is refused: off means off and nothing else. */
        section = json_pack("{s:b}", "enabled", 0);
    }
    (void)json_object_set_new(manifest, "backup", section);
}

static void add_regions(json_t *manifest, const json_t *regions)
{
    json_t *governed = json_object_get(manifest, "governedRegions");
    for (size_t i = 0; governed != NULL && i < json_array_size(regions); i++) {
        json_t *region = json_array_get(regions, i);
        if (!jx_list_has(governed, json_string_value(region))) {
            (void)json_array_append(governed, region);
        }
    }
}

json_t *manifest_wanted(const json_t *manifest, const char *from, const char *version,
                        const struct manifest_wish *wish)
{
    json_t *wanted = json_deep_copy(manifest);
    bool said = json_object_get(wanted, "backup") != NULL;
    if (wish->backup || said) {
        set_backup(wanted, wish);
    }
    if (version_compare(version, "4.0") >= 0) {
        make_4(wanted, from, wish->backup);
    } else if (json_object_get(json_object_get(wanted, "securityRoles"), "enabled") != NULL) {
        (void)json_object_del(json_object_get(wanted, "securityRoles"), "enabled");
    }
    add_regions(wanted, wish->regions);
    return wanted;
}

json_t *manifest_to_send(const json_t *wanted)
{
    static const char *const buckets[] = {"centralizedLogging.configurations.loggingBucket",
                                          "centralizedLogging.configurations.accessLoggingBucket",
                                          "config.configurations.loggingBucket",
                                          "config.configurations.accessLoggingBucket"};
    json_t *manifest = json_deep_copy(wanted);
    for (size_t i = 0; i < sizeof buckets / sizeof *buckets; i++) {
        json_t *bucket = jx_get(manifest, buckets[i]);
        long long days = jx_int(bucket, "retentionDays", 0);
        if (days > 0) {
            (void)json_object_set_new(bucket, "retentionDays", json_integer(days));
        }
    }
    return manifest;
}

/* --- comparing --- */

static bool same_set(const json_t *a, const json_t *b)
{
    for (size_t i = 0; i < json_array_size(a); i++) {
        if (!jx_list_has(b, json_string_value(json_array_get(a, i)))) {
            return false;
        }
    }
    return json_array_size(a) == json_array_size(b);
}

bool manifest_same(const json_t *a, const json_t *b)
{
    json_t *first = json_copy(jx_get(a, ""));
    json_t *second = json_copy(jx_get(b, ""));
    bool same =
        same_set(json_object_get(a, "governedRegions"), json_object_get(b, "governedRegions"));
    (void)json_object_del(first, "governedRegions");
    (void)json_object_del(second, "governedRegions");
    same = same && json_equal(first, second) != 0;
    json_decref(first);
    json_decref(second);
    return same;
}
