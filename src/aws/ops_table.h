/* The parts of the table of operations, one per service, and lookups for the module aws only. */
#ifndef TOWERKEEP_AWS_OPS_TABLE_H
#define TOWERKEEP_AWS_OPS_TABLE_H

#include <stdbool.h>

#include "aws/ops.h"

/* Every operation of the json, query and ec2 protocols. */
#define POST_TO_ROOT .method = "POST", .path = "/", .query = ""

struct op_rows {
    const struct op *rows;
    size_t count;
};

extern const struct op_rows ops_organizations, ops_controltower, ops_kms, ops_backup, ops_sts,
    ops_account, ops_ec2, ops_rds, ops_dynamodb, ops_efs, ops_s3, ops_tagging, ops_iam,
    ops_servicecatalog, ops_controlcatalog, ops_fsx, ops_eks, ops_redshift, ops_redshift_serverless,
    ops_dsql, ops_storagegateway, ops_cloudformation;

/* Like service_list_item, but only for elements the service's row names: never by its "*". */
const char *service_list_known(enum service service, const char *element);
/* query, ec2 and rest-xml answer in XML. */
bool service_speaks_xml(enum service service);

#endif
