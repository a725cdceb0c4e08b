/* The parts of the option table: rows, and what their values look like. */
#ifndef TOWERKEEP_CLI_OPTION_FORMS_H
#define TOWERKEEP_CLI_OPTION_FORMS_H

#include "option_table.h"

extern const struct option_row option_rows[];
extern const size_t option_row_count;

/* Patterns of AWS's own models, where AWS has one: sts:AssumeRole, iam:CreateRole,
 * backup:CreateBackupVault, organizations:DescribeOrganization. */
extern const struct value_form form_account, form_region, form_external_id, form_role,
    form_role_path, form_vault, form_organization, form_only, form_step, form_url;

#endif
