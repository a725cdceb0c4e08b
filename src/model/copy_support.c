#include "model/copy_support.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"

static const char *const fully_managed[] = {
    "S3", "EFS", "Timestream", "Aurora DSQL", "VirtualMachine", "SAP HANA on Amazon EC2", "EKS"};

bool copy_fully_managed(const char *type, int dynamodb_advanced)
{
    for (size_t i = 0; i < sizeof fully_managed / sizeof fully_managed[0]; i++) {
        if (str_equal(type, fully_managed[i])) {
            return true;
        }
    }
    return str_equal(type, "DynamoDB") && dynamodb_advanced != 0;
}

/* A cluster of an RDS engine is a Multi-AZ DB cluster; all others are Aurora's, Neptune's or
 * DocumentDB's. */
static bool is_multi_az_cluster(const struct copy_source *s)
{
    return s->arn != NULL && strstr(s->arn, ":cluster:") != NULL && s->engine != NULL &&
           (str_equal(s->engine, "mysql") || str_equal(s->engine, "postgres"));
}

const char *copy_support_problem(const struct copy_source *s)
{
    static const struct {
        const char *type, *problem;
        bool only_opt_in_regions;
    } rows[] = {
        {"Redshift Serverless", "AWS Backup cannot copy Redshift Serverless", false},
        {"CloudFormation", "AWS Backup does not copy CloudFormation stacks to another account",
         false},
        {"DocumentDB", "AWS Backup does not copy DocumentDB from an opt-in Region", true},
        {"Neptune", "AWS Backup does not copy Neptune to another account from an opt-in Region",
         true},
        {"Timestream",
         "AWS Backup does not copy Timestream to another account from an opt-in Region", true},
    };
    if (is_multi_az_cluster(s)) {
        return "AWS Backup cannot copy RDS Multi-AZ DB clusters";
    }
    if (str_equal(s->type, "DynamoDB") && s->dynamodb_advanced == 0) {
        return "AWS Backup cannot copy DynamoDB tables without advanced features for DynamoDB "
               "backup";
    }
    /* Only the Tagging API lists FSx, without its kind: AWS Backup supports volumes of ONTAP and
     * file systems of the others (inferred: no page excludes other volumes). */
    bool volume = s->arn != NULL && strstr(s->arn, ":volume/") != NULL;
    if (str_equal(s->type, "FSx") && (str_equal(s->engine, "ONTAP") || volume)) {
        return "AWS Backup cannot copy FSx for NetApp ONTAP";
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (str_equal(s->type, rows[i].type) &&
            (s->opt_in_region || !rows[i].only_opt_in_regions)) {
            return rows[i].problem;
        }
    }
    return NULL;
}
