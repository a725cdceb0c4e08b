/* The landing zone's manifest: readers that tolerate any shape, and the schema errors for its
 * version. */
#ifndef TOWERKEEP_MODEL_MANIFEST_H
#define TOWERKEEP_MODEL_MANIFEST_H

#include <jansson.h>
#include <stdbool.h>

/* {"enabled","central_account","admin_account","kms_key_arn","complete"}: a missing value is null;
 * complete: enabled and all three well-formed. The caller owns it. */
json_t *manifest_backup(const json_t *manifest);
/* Sections that backup depends on. Before 4.0 they cannot be switched off, so they are on. */
bool manifest_section_enabled(const json_t *manifest, const char *version, const char *section);
/* Errors against the version's schema, one line each, sorted; empty when it is valid. The caller
 * owns it. */
json_t *manifest_problems(const json_t *manifest, const char *version);

#endif
