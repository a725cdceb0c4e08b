#include "core.h"

/* Organizations first: other services' load() and populate() ask for its accounts. */
static const struct sim_service *const table[] = {
    &sim_organizations,
    &sim_account,
    &sim_iam,
    &sim_sts,
    &sim_controltower,
    &sim_kms,
    &sim_backup,
    &sim_ec2,
    &sim_rds,
    &sim_dynamodb,
    &sim_efs,
    &sim_s3,
    &sim_tagging,
    &sim_servicecatalog,
    &sim_controlcatalog,
    &sim_fsx,
    &sim_eks,
    &sim_redshift,
    &sim_redshift_serverless,
    &sim_dsql,
    &sim_storagegateway,
    &sim_cloudformation,
    NULL,
};

const struct sim_service *const *services_table(void)
{
    return table;
}
