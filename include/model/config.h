/*
 * towerkeep.yaml: the intended state of the organization, and the parameters of a run. Every member
 * has a default, so a missing file is a valid configuration. Schema:
 * docs/schemas/config.schema.json.
 */
#ifndef TOWERKEEP_MODEL_CONFIG_H
#define TOWERKEEP_MODEL_CONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct config {
    json_t *document; /* the whole file with defaults filled in; rules see it as $config. Shape:
      { "accounts": {"backup_administrator": null|"id"|{"name","email"}, "central_backup": same},
        "governed_regions": null | [..]           expected ones; null: those of the landing zone
        "resource_types": ["EBS","EC2",...],      required in the opt-in; default: Aurora DynamoDB
      EBS EC2 EFS RDS S3 "ous": {"protect": null|[names, paths or ids], "exempt": [..],
      "security_ou": true}, "landing_zone": {"version": null|"4.0"|"latest"}, "key": {"alias":
      "alias/control-tower-backup", "policy_statements": [further statements], "cancel_deletion":
      false}, cancels the deletion of our key and uses it again "tags": {"default_tier":
      null|"hourly"|"daily"|"weekly"|"monthly"}, "accounts_exempt": ["id" or name glob...],
      "resources_exempt": ["arn glob"...], "delegated_administrators": [ids expected beside the
      backup administrator], "roles": ["AWSControlTowerExecution","OrganizationAccountAccessRole"],
        "scan": {"ungoverned_regions": true},
        "rules": {"directories": [..], "parameters": {"TAG-03": {"max_distance": 2}}, "disable":
      [ids]}, "limits": {"accounts": null|number, "max_workers": 64, "rate_share": 0.6, "max_rate":
      0} } */
    char digest[65];  /* SHA-256 of the file's bytes, or of "" when there is none */
    char *path;       /* NULL when none */
};

int config_load(const char *path, struct config *out, struct err *err); /* NULL: defaults only */
void config_release(struct config *c);
/* Writes the members of a section ("": of the file itself, including sections) to `out`, at most
 * `most`, and returns their number. 0: there is no section with this name. */
size_t config_members(const char *section, const char **out, size_t most);

#endif
