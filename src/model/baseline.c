#include "model/baseline.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *id, *name;
} baselines[] = {
    {"17BSJV3IGJ2QSGA2", "AWSControlTowerBaseline"},
    {"1QBGH2G48YVGDQ3Y", "ConfigBaseline"},
    {"APO9ATVPBKFRRGLK", "BackupBaseline"},
    {"3WPD0NA6TJ9AOMU2", "BackupCentralVaultBaseline"},
    {"H6C5JFCJJ3CPU3J5", "BackupAdminBaseline"},
    {"LN25R72TTG6IGPTQ", "IdentityCenterBaseline"},
    {"4T4HA1KMO10S6311", "AuditBaseline"},
    {"J8HX46AHS5MIKQPD", "LogArchiveBaseline"},
    {"YX7VMZML5IG8EJUD", "CentralConfigBaseline"},
    {"A6EEAE10F08193F2", "CentralSecurityRolesBaseline"},
};

/* AWSControlTowerBaseline by landing zone version, from this version on. */
static const struct {
    const char *landing_zone, *baseline;
} versions[] = {{"4.0", "5.0"}, {"3.2", "4.0"}, {"3.0", "3.0"}, {"2.8", "2.0"}, {"2.0", "1.0"}};

const char *baseline_name(const char *arn_or_id)
{
    size_t length = arn_or_id != NULL ? strlen(arn_or_id) : 0;
    if (length < BASELINE_ID_LENGTH) {
        return NULL;
    }
    const char *id = arn_or_id + length - BASELINE_ID_LENGTH;
    for (size_t i = 0; i < sizeof baselines / sizeof baselines[0]; i++) {
        if (strcmp(id, baselines[i].id) == 0) {
            return baselines[i].name;
        }
    }
    return NULL;
}

int version_compare(const char *a, const char *b)
{
    const char *at[2] = {a != NULL ? a : "", b != NULL ? b : ""};
    while (*at[0] != '\0' || *at[1] != '\0') {
        unsigned long long parts[2];
        for (size_t i = 0; i < 2; i++) {
            char *end = NULL;
            bool digit = *at[i] >= '0' && *at[i] <= '9';
            parts[i] = digit ? strtoull(at[i], &end, 10) : 0;
            at[i] = digit ? end : at[i];
            at[i] += strcspn(at[i], ".");
            at[i] += *at[i] == '.' ? 1 : 0;
        }
        if (parts[0] != parts[1]) {
            return parts[0] < parts[1] ? -1 : 1;
        }
    }
    return 0;
}

const char *baseline_compatible_version(const char *landing_zone_version)
{
    /* A major version that is not in the table may have a table of its own. */
    if (landing_zone_version == NULL || version_compare(landing_zone_version, "4.1") >= 0) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        if (version_compare(landing_zone_version, versions[i].landing_zone) >= 0) {
            return versions[i].baseline;
        }
    }
    return NULL;
}
