/* The vaults that plans and backup policies name: whether they exist, and whose they are. */
#ifndef TOWERKEEP_INVENTORY_VAULT_TARGETS_H
#define TOWERKEEP_INVENTORY_VAULT_TARGETS_H

#include "subjects_private.h"

struct vault_target {
    char account[16], region[64];
    const char *name; /* borrowed */
};

enum vault_state {
    VAULT_THERE,
    VAULT_MISSING,
    VAULT_OUTSIDE, /* its account is not in the organization */
    VAULT_UNKNOWN  /* nobody could look, or the run left its account or Region out */
};

/* False when `arn` is not the ARN of a vault. The name is borrowed from it. */
bool vault_target_parse(const char *arn, struct vault_target *t);
/* Where a collection error hides the answer, or the run left it out, the document (may be NULL)
 * depends on that. *vault (may be NULL) is set where the vault is there, and is the caller's. *failed is set on error. */
enum vault_state vault_find(struct visit *v, const struct vault_target *t, json_t *document,
                            json_t **vault, bool *failed);

#endif
