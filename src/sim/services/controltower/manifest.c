/* Control Tower: what a landing zone manifest may say in 3.x and in 4.0. */
#include "services/controltower/controltower.h"

#include <stdio.h>
#include <string.h>

#include "base/jsonx.h"

enum kind { OBJECT, BOOLEAN, ACCOUNT, KEY, DAYS, NAME, REGIONS };
/* Whether a member may or must be there. NEEDED is for members their own `enabled` asks for (see
 * sections). */
enum presence { NO, MAY, MUST };

static const struct field {
    const char *parent, *name;
    enum kind kind;
    enum presence v3, v4;
} fields[] = {
    {"", "accessManagement", OBJECT, MAY, MAY},
    {"", "backup", OBJECT, MAY, MAY},
    {"", "centralizedLogging", OBJECT, MUST, MAY},
    {"", "config", OBJECT, NO, MAY},
    {"", "governedRegions", REGIONS, MAY, MAY},
    {"", "organizationStructure", OBJECT, MUST, NO},
    {"", "securityRoles", OBJECT, MUST, MAY},
    {"accessManagement", "enabled", BOOLEAN, MAY, MUST},
    {"backup", "enabled", BOOLEAN, MAY, MUST},
    {"backup", "configurations", OBJECT, MAY, MAY},
    {"backup.configurations", "backupAdmin", OBJECT, MUST, MUST},
    {"backup.configurations", "centralBackup", OBJECT, MUST, MUST},
    {"backup.configurations", "kmsKeyArn", KEY, MUST, MUST},
    {"backup.configurations.backupAdmin", "accountId", ACCOUNT, MUST, MUST},
    {"backup.configurations.centralBackup", "accountId", ACCOUNT, MUST, MUST},
    {"centralizedLogging", "enabled", BOOLEAN, MAY, MUST},
    {"centralizedLogging", "accountId", ACCOUNT, MUST, MAY},
    {"centralizedLogging", "configurations", OBJECT, MAY, MAY},
    {"centralizedLogging.configurations", "loggingBucket", OBJECT, MAY, MAY},
    {"centralizedLogging.configurations", "accessLoggingBucket", OBJECT, MAY, MAY},
    {"centralizedLogging.configurations", "kmsKeyArn", KEY, MAY, MAY},
    {"centralizedLogging.configurations.loggingBucket", "retentionDays", DAYS, MAY, MAY},
    {"centralizedLogging.configurations.accessLoggingBucket", "retentionDays", DAYS, MAY, MAY},
    {"config", "enabled", BOOLEAN, NO, MUST},
    {"config", "accountId", ACCOUNT, NO, MAY},
    {"config", "configurations", OBJECT, NO, MAY},
    {"config.configurations", "loggingBucket", OBJECT, NO, MAY},
    {"config.configurations", "accessLoggingBucket", OBJECT, NO, MAY},
    {"config.configurations", "kmsKeyArn", KEY, NO, MAY},
    {"config.configurations.loggingBucket", "retentionDays", DAYS, NO, MAY},
    {"config.configurations.accessLoggingBucket", "retentionDays", DAYS, NO, MAY},
    {"organizationStructure", "security", OBJECT, MUST, NO},
    {"organizationStructure", "sandbox", OBJECT, MAY, NO},
    {"organizationStructure.security", "name", NAME, MUST, NO},
    {"organizationStructure.sandbox", "name", NAME, MUST, NO},
    {"securityRoles", "enabled", BOOLEAN, NO, MUST},
    {"securityRoles", "accountId", ACCOUNT, MUST, MAY},
};

struct check {
    const char *version;
    bool v4;
    char *out;
    size_t size;
};

static bool complain(struct check *check, const char *where, const char *what)
{
    snprintf(check->out, check->size, "Landing zone manifest is invalid for version %s: $%s%s: %s",
             check->version, *where != '\0' ? "." : "", where, what);
    return false;
}

static bool region_text(const char *s)
{
    size_t length = strlen(s);

    return length >= 5 && length <= 24 && strspn(s, "abcdefghijklmnopqrstuvwxyz") == 2 &&
           s[2] == '-' && s[length - 2] == '-' && s[length - 1] >= '0' && s[length - 1] <= '9' &&
           strspn(s, "abcdefghijklmnopqrstuvwxyz-") == length - 1;
}

static const char *value_problem(enum kind kind, const json_t *value)
{
    const char *text = json_string_value(value);

    switch (kind) {
    case OBJECT:
        return json_is_object(value) ? NULL : "is not an object";
    case BOOLEAN:
        return json_is_boolean(value) ? NULL : "is not a boolean";
    case ACCOUNT:
        return text != NULL && str_is_account_id(text) ? NULL : "is not a string of 12 digits";
    case KEY:
        return text != NULL && *text != '\0' && strlen(text) <= 2048
                   ? NULL
                   : "is not a string of 1 to 2048 characters";
    case DAYS:
        return json_is_integer(value) && json_integer_value(value) >= 1
                   ? NULL
                   : "is not a number of at least 1";
    case NAME:
        return text != NULL && *text != '\0' && strlen(text) <= 128 ? NULL : "is not a name";
    case REGIONS:
        break;
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *region = json_string_value(json_array_get(value, i));
        if (region == NULL || !region_text(region)) {
            return "holds something that is not a Region";
        }
    }
    return json_is_array(value) ? NULL : "is not an array";
}

static const struct field *field_find(const char *parent, const char *name, bool v4)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (str_equal(fields[i].parent, parent) && str_equal(fields[i].name, name) &&
            (v4 ? fields[i].v4 : fields[i].v3) != NO) {
            return &fields[i];
        }
    }
    return NULL;
}

static bool check_object(struct check *check, json_t *object, const char *path)
{
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
    {
        const struct field *field = field_find(path, key, check->v4);
        char here[192];
        const char *problem;

        snprintf(here, sizeof here, "%s%s%.60s", path, *path != '\0' ? "." : "", key);
        if (field == NULL) {
            return complain(check, here,
                            "is not defined in the schema and the schema does not allow additional "
                            "properties");
        }
        problem = value_problem(field->kind, value);
        if (problem != NULL) {
            return complain(check, here, problem);
        }
        if (field->kind == OBJECT && !check_object(check, value, here)) {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (str_equal(fields[i].parent, path) &&
            (check->v4 ? fields[i].v4 : fields[i].v3) == MUST &&
            json_object_get(object, fields[i].name) == NULL) {
            char here[192];
            snprintf(here, sizeof here, "%s%s%s", path, *path != '\0' ? "." : "", fields[i].name);
            return complain(check, here, "is missing but it is required");
        }
    }
    return true;
}

/* Integrations that cannot stand without another one (4.0). */
static const struct {
    const char *section, *needs;
} dependencies[] = {
    {"securityRoles", "config"},
    {"accessManagement", "securityRoles"},
    {"backup", "securityRoles"},
};

static bool check_sections(struct check *check, json_t *manifest)
{
    static const char *const owners[] = {"securityRoles", "centralizedLogging", "config"};

    for (size_t i = 0; i < sizeof owners / sizeof *owners && check->v4; i++) {
        const json_t *section = json_object_get(manifest, owners[i]);
        if (ct_section_on(manifest, check->version, owners[i]) &&
            json_object_get(section, "accountId") == NULL) {
            return complain(check, owners[i], "accountId is required when it is enabled");
        }
    }
    for (size_t i = 0; i < sizeof dependencies / sizeof *dependencies && check->v4; i++) {
        if (ct_section_on(manifest, check->version, dependencies[i].section) &&
            !ct_section_on(manifest, check->version, dependencies[i].needs)) {
            char what[96];
            snprintf(what, sizeof what, "cannot be enabled while %s is not", dependencies[i].needs);
            return complain(check, dependencies[i].section, what);
        }
    }
    if (ct_section_on(manifest, check->version, "backup")) {
        const char *admin = jx_str(manifest, "backup.configurations.backupAdmin.accountId");

        if (admin == NULL) {
            return complain(check, "backup.configurations", "is required when backup is enabled");
        }
        if (str_equal(admin, jx_str(manifest, "backup.configurations.centralBackup.accountId"))) {
            return complain(check, "backup.configurations",
                            "backupAdmin and centralBackup must be different accounts");
        }
    } else if (json_object_get(json_object_get(manifest, "backup"), "configurations") != NULL) {
        return complain(check, "backup.configurations",
                        "is not allowed when backup is not enabled");
    }
    return true;
}

bool ct_manifest_fits(const json_t *manifest, const char *version, char *out, size_t size)
{
    struct check check = {version, ct_version_at_least(version, 4, 0), out, size};
    json_t *copy;
    bool fits;

    if (!json_is_object(manifest)) {
        return complain(&check, "", "is not an object");
    }
    copy = json_deep_copy(manifest);
    fits = check_object(&check, copy, "");
    if (fits && json_object_get(copy, "backup") != NULL && !ct_version_at_least(version, 3, 1)) {
        fits = complain(
            &check, "backup",
            "is not defined in the schema and the schema does not allow additional properties");
    }
    fits = fits && check_sections(&check, copy);
    json_decref(copy);
    return fits;
}
