#include "model/resource_type.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"
#include "model/arn.h"

static const char *const known[] = {"Aurora",
                                    "Aurora DSQL",
                                    "CloudFormation",
                                    "DocumentDB",
                                    "DynamoDB",
                                    "EBS",
                                    "EC2",
                                    "EFS",
                                    "EKS",
                                    "FSx",
                                    "Neptune",
                                    "RDS",
                                    "Redshift",
                                    "Redshift Serverless",
                                    "SAP HANA on Amazon EC2",
                                    "S3",
                                    "Storage Gateway",
                                    "Timestream",
                                    "VirtualMachine",
                                    NULL};

/* Forms of the resource part; the first match is used. */
static const struct {
    const char *service, *resource, *type; /* resource: a glob */
} forms[] = {
    {"ec2", "volume/*", "EBS"},
    {"ec2", "instance/*", "EC2"},
    {"rds", "db:*", "RDS"},
    {"rds", "cluster:*", "Aurora"},
    {"dynamodb", "table/*/*", NULL}, /* indexes and streams are parts of a table */
    {"dynamodb", "table/*", "DynamoDB"},
    {"elasticfilesystem", "file-system/*", "EFS"},
    {"fsx", "file-system/*", "FSx"},
    {"fsx", "volume/*", "FSx"},
    {"s3", "*/*", NULL}, /* an object, not a bucket */
    {"s3", "*", "S3"},
    {"redshift", "cluster:*", "Redshift"},
    {"redshift-serverless", "namespace/*", "Redshift Serverless"},
    {"dsql", "cluster/*", "Aurora DSQL"},
    {"cloudformation", "stack/*", "CloudFormation"},
    {"eks", "cluster/*", "EKS"},
    {"storagegateway", "gateway/*/volume/*", "Storage Gateway"},
    {"timestream", "database/*/table/*", "Timestream"},
    {"backup-gateway", "vm/*", "VirtualMachine"},
    {"ssm-sap", "HANA/*", "SAP HANA on Amazon EC2"},
};

/* What AWS Backup, or the snapshot operation of a service, makes of a resource. */
static const struct {
    const char *service, *resource;
} copies[] = {
    {"backup", "recovery-point:*"},
    {"ec2", "snapshot/*"},
    {"ec2", "image/*"},
    {"rds", "snapshot:*"},
    {"rds", "cluster-snapshot:*"},
    {"rds", "auto-backup:*"},
    {"rds", "cluster-auto-backup:*"},
    {"fsx", "backup/*"},
    {"fsx", "snapshot/*"},
    {"redshift", "snapshot:*"},
    {"redshift-serverless", "snapshot/*"},
    {"dynamodb", "table/*/backup/*"},
};

bool resource_is_backup(const char *arn, const json_t *tags)
{
    struct arn parts;
    if (json_object_get(tags, "aws:backup:source-resource") != NULL) {
        return true;
    }
    if (!arn_parse(arn, &parts)) {
        return false;
    }
    for (size_t i = 0; i < sizeof copies / sizeof copies[0]; i++) {
        if (arn_part_is(parts.service, copies[i].service) &&
            str_glob(copies[i].resource, parts.resource.data)) {
            return true;
        }
    }
    return false;
}

const char *resource_type_of_arn(const char *arn)
{
    struct arn parts;
    if (!arn_parse(arn, &parts)) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (arn_part_is(parts.service, forms[i].service) &&
            str_glob(forms[i].resource, parts.resource.data)) {
            return forms[i].type;
        }
    }
    return NULL;
}

bool resource_type_known(const char *type)
{
    for (size_t i = 0; known[i] != NULL; i++) {
        if (str_equal(type, known[i])) {
            return true;
        }
    }
    return false;
}

const char *resource_type_nearest(const char *word)
{
    return str_nearest(word, known);
}

#define OPERATIONS_MAX 3

/* FSx volumes are listed apart from file systems. */
static const struct {
    const char *type;
    const char *operations[OPERATIONS_MAX];
    const char *arns; /* of what the second operation lists; NULL: there is only one */
} listings[] = {
    {"EBS", {"ec2:DescribeVolumes"}, NULL},
    {"EC2", {"ec2:DescribeInstances"}, NULL},
    {"RDS", {"rds:DescribeDBInstances"}, NULL},
    {"Aurora", {"rds:DescribeDBClusters"}, NULL},
    {"Neptune", {"rds:DescribeDBClusters"}, NULL},
    {"DocumentDB", {"rds:DescribeDBClusters"}, NULL},
    {"DynamoDB", {"dynamodb:ListTables"}, NULL},
    {"EFS", {"efs:DescribeFileSystems"}, NULL},
    {"S3", {"s3:ListBuckets"}, NULL},
    {"FSx", {"fsx:DescribeFileSystems", "fsx:DescribeVolumes"}, "*:volume/*"},
    {"EKS", {"eks:ListClusters"}, NULL},
    {"Redshift", {"redshift:DescribeClusters"}, NULL},
    {"Redshift Serverless", {"redshift-serverless:ListNamespaces"}, NULL},
    {"Aurora DSQL", {"dsql:ListClusters"}, NULL},
    {"Storage Gateway", {"storagegateway:ListVolumes"}, NULL},
    {"CloudFormation", {"cloudformation:ListStacks"}, NULL},
};
#define LISTING_COUNT (sizeof listings / sizeof *listings)

static const char *const wanted_only[] = {"fsx:DescribeFileSystems",
                                          "fsx:DescribeVolumes",
                                          "eks:ListClusters",
                                          "redshift:DescribeClusters",
                                          "redshift-serverless:ListNamespaces",
                                          "dsql:ListClusters",
                                          "storagegateway:ListVolumes",
                                          "cloudformation:ListStacks",
                                          NULL};

static size_t listing_row(const char *type)
{
    size_t i = 0;
    while (i < LISTING_COUNT && !str_equal(type, listings[i].type)) {
        i++;
    }
    return i;
}

const char *const *resource_type_listings(const char *type)
{
    static const char *const none[] = {NULL};
    size_t row = listing_row(type);
    return row < LISTING_COUNT ? listings[row].operations : none;
}

const char *resource_listing_of(const char *type, const char *arn)
{
    size_t row = listing_row(type);
    if (row == LISTING_COUNT) {
        return NULL;
    }
    bool second = listings[row].arns != NULL && arn != NULL && str_glob(listings[row].arns, arn);
    return listings[row].operations[second ? 1 : 0];
}

const char *const *resource_listings_wanted(void)
{
    return wanted_only;
}

bool resource_type_listed_directly(const char *type)
{
    return resource_type_listings(type)[0] != NULL;
}
