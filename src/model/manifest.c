#include "model/manifest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/baseline.h"
#include "statement.h"

#define KEY_ARN_MAX 2048

json_t *manifest_backup(const json_t *manifest)
{
    const char *central = jx_str(manifest, "backup.configurations.centralBackup.accountId");
    const char *admin = jx_str(manifest, "backup.configurations.backupAdmin.accountId");
    const char *key = jx_str(manifest, "backup.configurations.kmsKeyArn");
    bool enabled = json_is_true(jx_get(manifest, "backup.enabled"));
    bool complete = enabled && central != NULL && str_is_account_id(central) && admin != NULL &&
                    str_is_account_id(admin) && key != NULL && str_starts(key, "arn:");
    return json_pack("{s:b,s:s?,s:s?,s:s?,s:b}", "enabled", enabled, "central_account", central,
                     "admin_account", admin, "kms_key_arn", key, "complete", complete);
}

bool manifest_section_enabled(const json_t *manifest, const char *version, const char *section)
{
    if (version_compare(version, "4.0") < 0) {
        return true;
    }
    return json_is_true(jx_get(jx_get(manifest, section), "enabled"));
}

__attribute__((format(printf, 2, 3))) static void complain(json_t *problems, const char *format,
                                                           ...)
{
    struct text raw, clean;
    va_list args;
    char line[512];
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    text_init(&raw, sizeof line * 4);
    text_init(&clean, sizeof line * 4);
    text_add_printable(&clean, line, strlen(line));
    list_add_once(problems, text_str(&clean));
    text_release(&raw);
    text_release(&clean);
}

static const char *const sections_3[] = {
    "accessManagement", "backup", "centralizedLogging", "governedRegions", "organizationStructure",
    "securityRoles",    NULL};
static const char *const sections_4[] = {
    "accessManagement", "backup", "centralizedLogging", "config", "governedRegions",
    "securityRoles",    NULL};

static bool is_among(const char *word, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcmp(word, *words) == 0) {
            return true;
        }
    }
    return false;
}

/* Members of `path` (NULL: the manifest itself) that the schema does not know. */
static void check_members(const json_t *object, const char *path, const char *const *known,
                          json_t *problems)
{
    json_t *walk = json_is_object(object) ? json_copy(jx_get(object, "")) : NULL;
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(walk, key, value)
    {
        if (is_among(key, known)) {
            continue;
        }
        const char *nearest = str_nearest(key, known);
        complain(problems, "%s%s%.80s is not a member of this version's schema%s%s%s", path,
                 path[0] != '\0' ? "." : "", key, nearest != NULL ? "; did you mean \"" : "",
                 nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
    }
    json_decref(walk);
}

static void check_account(const json_t *object, const char *path, bool required, json_t *problems)
{
    const json_t *value = json_object_get(object, "accountId");
    if (value == NULL) {
        if (required) {
            complain(problems, "%s.accountId is missing", path);
        }
        return;
    }
    if (!json_is_string(value) || !str_is_account_id(json_string_value(value))) {
        complain(problems, "%s.accountId is not an account ID of 12 digits", path);
    }
}

static void check_configurations(const json_t *configurations, json_t *problems)
{
    static const char *const known[] = {"backupAdmin", "centralBackup", "kmsKeyArn", NULL};
    static const char *const accounts[] = {"backupAdmin", "centralBackup"};
    static const char *const account_members[] = {"accountId", NULL};
    if (!json_is_object(configurations)) {
        complain(problems, "backup.configurations is not an object");
        return;
    }
    check_members(configurations, "backup.configurations", known, problems);
    for (size_t i = 0; i < 2; i++) {
        char path[64];
        const json_t *account = json_object_get(configurations, accounts[i]);
        (void)snprintf(path, sizeof path, "backup.configurations.%s", accounts[i]);
        if (!json_is_object(account)) {
            complain(problems, "%s is missing", path);
            continue;
        }
        check_members(account, path, account_members, problems);
        check_account(account, path, true, problems);
    }
    const json_t *key = json_object_get(configurations, "kmsKeyArn");
    size_t length = json_string_length(key);
    if (key == NULL) {
        complain(problems, "backup.configurations.kmsKeyArn is missing");
    } else if (!json_is_string(key) || length == 0 || length > KEY_ARN_MAX) {
        complain(problems, "backup.configurations.kmsKeyArn is not a string of 1 to %d characters",
                 KEY_ARN_MAX);
    }
}

static void check_backup(const json_t *backup, json_t *problems)
{
    static const char *const known[] = {"configurations", "enabled", NULL};
    if (!json_is_object(backup)) {
        return;
    }
    check_members(backup, "backup", known, problems);
    const json_t *configurations = json_object_get(backup, "configurations");
    if (configurations != NULL) {
        check_configurations(configurations, problems);
    } else if (json_is_true(json_object_get(backup, "enabled"))) {
        complain(problems, "backup.enabled is true without backup.configurations");
    }
}

static void check_regions(const json_t *regions, json_t *problems)
{
    if (regions == NULL) {
        return;
    }
    if (!json_is_array(regions)) {
        complain(problems, "governedRegions is not a list");
        return;
    }
    for (size_t i = 0; i < json_array_size(regions); i++) {
        const char *region = json_string_value(json_array_get(regions, i));
        size_t length = region != NULL ? strlen(region) : 0;
        bool well = length >= 6 && length <= 24 &&
                    strspn(region, "abcdefghijklmnopqrstuvwxyz") >= 2 &&
                    strspn(region, "abcdefghijklmnopqrstuvwxyz-") == length - 1 &&
                    region[length - 2] == '-' && strchr("0123456789", region[length - 1]) != NULL;
        if (!well) {
            complain(problems, "governedRegions[%zu] is not a Region name", i);
        }
    }
}

static void check_retention(const json_t *section, const char *name, json_t *problems)
{
    static const char *const buckets[] = {"loggingBucket", "accessLoggingBucket"};
    for (size_t i = 0; i < 2; i++) {
        const json_t *bucket = jx_get(jx_get(section, "configurations"), buckets[i]);
        const json_t *days = json_object_get(bucket, "retentionDays");
        if (days != NULL && jx_int(days, "", 0) < 1) {
            complain(problems, "%s.configurations.%s.retentionDays is not a number of days", name,
                     buckets[i]);
        }
    }
}

/* Sections with a switch; which also name an account, and from which version on they have the
 * switch. */
static const struct {
    const char *name;
    bool switch_before_4, account;
} switches[] = {{"accessManagement", true, false},
                {"backup", true, false},
                {"centralizedLogging", true, true},
                {"config", true, true},
                {"securityRoles", false, true}};

static void check_sections(const json_t *manifest, bool four, json_t *problems)
{
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
        const char *name = switches[i].name;
        const json_t *section = json_object_get(manifest, name);
        const json_t *enabled = json_object_get(section, "enabled");
        if (section == NULL) {
            continue;
        }
        if (!json_is_object(section)) {
            complain(problems, "%s is not an object", name);
            continue;
        }
        if (enabled != NULL && !json_is_boolean(enabled)) {
            complain(problems, "%s.enabled is not true or false", name);
        } else if (enabled == NULL && four) {
            complain(problems, "%s.enabled is missing: version 4.0 requires it in every section",
                     name);
        } else if (enabled != NULL && !four && !switches[i].switch_before_4) {
            complain(problems, "%s.enabled is not a member of this version's schema", name);
        }
        if (switches[i].account) {
            check_account(section, name, !four || json_is_true(enabled), problems);
            check_retention(section, name, problems);
        }
    }
}

static void check_required_3(const json_t *manifest, json_t *problems)
{
    static const char *const required[] = {"centralizedLogging", "organizationStructure",
                                           "securityRoles"};
    for (size_t i = 0; i < 3; i++) {
        if (json_object_get(manifest, required[i]) == NULL) {
            complain(problems, "%s is missing", required[i]);
        }
    }
    const json_t *structure = json_object_get(manifest, "organizationStructure");
    if (structure != NULL && jx_str(structure, "security.name") == NULL) {
        complain(problems, "organizationStructure.security.name is missing");
    }
}

json_t *manifest_problems(const json_t *manifest, const char *version)
{
    json_t *problems = json_array();
    bool four = version_compare(version, "4.0") >= 0;
    if (!json_is_object(manifest)) {
        complain(problems, "the manifest is not an object");
        return problems;
    }
    if (four && json_object_get(manifest, "organizationStructure") != NULL) {
        complain(problems, "organizationStructure is not allowed in version 4.0");
    }
    /* A version newer than the known ones may have additional members. */
    if (version_compare(version, "4.1") < 0) {
        json_t *known = json_copy(jx_get(manifest, ""));
        if (four) {
            (void)json_object_del(known, "organizationStructure");
        }
        check_members(known, "", four ? sections_4 : sections_3, problems);
        json_decref(known);
    }
    if (!four) {
        check_required_3(manifest, problems);
    }
    check_sections(manifest, four, problems);
    check_backup(json_object_get(manifest, "backup"), problems);
    check_regions(json_object_get(manifest, "governedRegions"), problems);
    return problems;
}
