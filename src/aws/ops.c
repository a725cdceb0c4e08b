#include "aws/ops.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ops_table.h"

/* Columns: service, name, endpoint prefix, signing name, IAM prefix, protocol, API version, target
   prefix, environment id, lists, XML namespace. Where a list's item has two names (they differ
   between DB instances and clusters), the first is given; answers are read by either. */
static const struct service_info services[SVC_COUNT] = {
    {SVC_ORGANIZATIONS, "organizations", "organizations", "organizations", "organizations",
     PROTOCOL_JSON_1_1, "2016-11-28", "AWSOrganizationsV20161128", "ORGANIZATIONS", "", NULL},
    {SVC_CONTROLTOWER, "controltower", "controltower", "controltower", "controltower",
     PROTOCOL_REST_JSON, "2018-05-10", NULL, "CONTROLTOWER", "", NULL},
    {SVC_KMS, "kms", "kms", "kms", "kms", PROTOCOL_JSON_1_1, "2014-11-01", "TrentService", "KMS",
     "", NULL},
    {SVC_BACKUP, "backup", "backup", "backup", "backup", PROTOCOL_REST_JSON, "2018-11-15", NULL,
     "BACKUP", "", NULL},
    {SVC_STS, "sts", "sts", "sts", "sts", PROTOCOL_QUERY, "2011-06-15", NULL, "STS",
     "PolicyArns/member Tags/member TransitiveTagKeys/member ProvidedContexts/member",
     "https://sts.amazonaws.com/doc/2011-06-15/"},
    {SVC_ACCOUNT, "account", "account", "account", "account", PROTOCOL_REST_JSON, "2021-02-01",
     NULL, "ACCOUNT", "", NULL},
    {SVC_EC2, "ec2", "ec2", "ec2", "ec2", PROTOCOL_EC2, "2016-11-15", NULL, "EC2",
     "regionInfo/item geographySet/item reservationSet/item groupSet/item instancesSet/item "
     "blockDeviceMapping/item elasticGpuAssociationSet/item "
     "elasticInferenceAcceleratorAssociationSet/item networkInterfaceSet/item "
     "ipv6AddressesSet/item privateIpAddressesSet/item ipv4PrefixSet/item ipv6PrefixSet/item "
     "tagSet/item licenseSet/item secondaryInterfaceSet/item privateIpAddressSet/item "
     "productCodes/item volumeSet/item attachmentSet/item */item",
     "http://ec2.amazonaws.com/doc/2016-11-15/"},
    {SVC_RDS, "rds", "rds", "rds", "rds", PROTOCOL_QUERY, "2014-10-31", NULL, "RDS",
     "DBInstances/DBInstance DBClusters/DBCluster TagList/Tag Tags/Tag TagKeys/member "
     "Filters/Filter Values/Value DBSecurityGroups/DBSecurityGroup "
     "VpcSecurityGroups/VpcSecurityGroupMembership DBParameterGroups/DBParameterGroup "
     "Subnets/Subnet SupportedNetworkTypes/member LogTypesToEnable/member "
     "LogTypesToDisable/member ProcessorFeatures/ProcessorFeature "
     "AdditionalStorageVolumes/member "
     "ReadReplicaDBInstanceIdentifiers/ReadReplicaDBInstanceIdentifier "
     "ReadReplicaDBClusterIdentifiers/ReadReplicaDBClusterIdentifier "
     "OptionGroupMemberships/OptionGroupMembership StatusInfos/DBInstanceStatusInfo "
     "StatusInfos/DBClusterStatusInfo DomainMemberships/DomainMembership DnsIps/member "
     "EnabledCloudwatchLogsExports/member AssociatedRoles/DBInstanceRole "
     "AssociatedRoles/DBClusterRole "
     "DBInstanceAutomatedBackupsReplications/DBInstanceAutomatedBackupsReplication "
     "AvailabilityZones/AvailabilityZone CustomEndpoints/member "
     "DBClusterOptionGroupMemberships/DBClusterOptionGroup "
     "ReadReplicaIdentifiers/ReadReplicaIdentifier DBClusterMembers/DBClusterMember",
     "http://rds.amazonaws.com/doc/2014-10-31/"},
    {SVC_DYNAMODB, "dynamodb", "dynamodb", "dynamodb", "dynamodb", PROTOCOL_JSON_1_0, "2012-08-10",
     "DynamoDB_20120810", "DYNAMODB", "", NULL},
    {SVC_EFS, "efs", "elasticfilesystem", "elasticfilesystem", "elasticfilesystem",
     PROTOCOL_REST_JSON, "2015-02-01", NULL, "EFS", "", NULL},
    {SVC_S3, "s3", "s3", "s3", "s3", PROTOCOL_REST_XML, "2006-03-01", NULL, "S3",
     "Buckets/Bucket TagSet/Tag", "http://s3.amazonaws.com/doc/2006-03-01/"},
    {SVC_TAGGING, "tagging", "tagging", "tagging", "tag", PROTOCOL_JSON_1_1, "2017-01-26",
     "ResourceGroupsTaggingAPI_20170126", "RESOURCE_GROUPS_TAGGING_API", "", NULL},
    {SVC_IAM, "iam", "iam", "iam", "iam", PROTOCOL_QUERY, "2010-05-08", NULL, "IAM",
     "Roles/member AttachedPolicies/member Tags/member PolicyInputList/member "
     "PermissionsBoundaryPolicyInputList/member PolicyExclusionList/member ActionNames/member "
     "ResourceArns/member ContextEntries/member ContextKeyValues/member EvaluationResults/member "
     "MatchedStatements/member MissingContextValues/member ResourceSpecificResults/member",
     "https://iam.amazonaws.com/doc/2010-05-08/"},
    {SVC_SERVICECATALOG, "servicecatalog", "servicecatalog", "servicecatalog", "servicecatalog",
     PROTOCOL_JSON_1_1, "2015-12-10", "AWS242ServiceCatalogService", "SERVICE_CATALOG", "", NULL},
    {SVC_CONTROLCATALOG, "controlcatalog", "controlcatalog", "controlcatalog", "controlcatalog",
     PROTOCOL_REST_JSON, "2018-05-10", NULL, "CONTROLCATALOG", "", NULL},
    {SVC_FSX, "fsx", "fsx", "fsx", "fsx", PROTOCOL_JSON_1_1, "2018-03-01",
     "AWSSimbaAPIService_v20180301", "FSX", "", NULL},
    {SVC_EKS, "eks", "eks", "eks", "eks", PROTOCOL_REST_JSON, "2017-11-01", NULL, "EKS", "", NULL},
    {SVC_REDSHIFT, "redshift", "redshift", "redshift", "redshift", PROTOCOL_QUERY, "2012-12-01",
     NULL, "REDSHIFT",
     "TagKeys/TagKey TagValues/TagValue Clusters/Cluster VpcEndpoints/VpcEndpoint "
     "NetworkInterfaces/NetworkInterface "
     "ClusterSecurityGroups/ClusterSecurityGroup "
     "VpcSecurityGroups/VpcSecurityGroup "
     "ClusterParameterGroups/ClusterParameterGroup "
     "ClusterParameterStatusList/member ClusterNodes/member Tags/Tag "
     "IamRoles/ClusterIamRole PendingActions/member "
     "DeferredMaintenanceWindows/DeferredMaintenanceWindow",
     "http://redshift.amazonaws.com/doc/2012-12-01/"},
    {SVC_REDSHIFT_SERVERLESS, "redshift-serverless", "redshift-serverless", "redshift-serverless",
     "redshift-serverless", PROTOCOL_JSON_1_1, "2021-04-21", "RedshiftServerless",
     "REDSHIFT_SERVERLESS", "", NULL},
    {SVC_DSQL, "dsql", "dsql", "dsql", "dsql", PROTOCOL_REST_JSON, "2018-05-10", NULL, "DSQL", "",
     NULL},
    {SVC_STORAGEGATEWAY, "storagegateway", "storagegateway", "storagegateway", "storagegateway",
     PROTOCOL_JSON_1_1, "2013-06-30", "StorageGateway_20130630", "STORAGE_GATEWAY", "", NULL},
    {SVC_CLOUDFORMATION, "cloudformation", "cloudformation", "cloudformation", "cloudformation",
     PROTOCOL_QUERY, "2010-05-15", NULL, "CLOUDFORMATION",
     "StackStatusFilter/member StackSummaries/member LastOperations/member",
     "http://cloudformation.amazonaws.com/doc/2010-05-15/"},
};

static const struct op_rows *const tables[SVC_COUNT] = {
    &ops_organizations,
    &ops_controltower,
    &ops_kms,
    &ops_backup,
    &ops_sts,
    &ops_account,
    &ops_ec2,
    &ops_rds,
    &ops_dynamodb,
    &ops_efs,
    &ops_s3,
    &ops_tagging,
    &ops_iam,
    &ops_servicecatalog,
    &ops_controlcatalog,
    &ops_fsx,
    &ops_eks,
    &ops_redshift,
    &ops_redshift_serverless,
    &ops_dsql,
    &ops_storagegateway,
    &ops_cloudformation,
};

const struct service_info *service_info(enum service service)
{
    return &services[service];
}

const struct service_info *service_by_name(const char *name)
{
    for (size_t i = 0; i < SVC_COUNT; i++) {
        if (str_equal(services[i].name, name) || str_equal(services[i].signing_name, name)) {
            return &services[i];
        }
    }
    return NULL;
}

bool service_speaks_xml(enum service service)
{
    enum protocol protocol = services[service].protocol;
    return protocol == PROTOCOL_QUERY || protocol == PROTOCOL_EC2 || protocol == PROTOCOL_REST_XML;
}

size_t op_count(void)
{
    size_t count = 0;
    for (size_t i = 0; i < SVC_COUNT; i++) {
        count += tables[i]->count;
    }
    return count;
}

const struct op *op_at(size_t index)
{
    for (size_t i = 0; i < SVC_COUNT; i++) {
        if (index < tables[i]->count) {
            return &tables[i]->rows[index];
        }
        index -= tables[i]->count;
    }
    return NULL;
}

const struct op *op_find(enum service service, const char *name)
{
    const struct op_rows *table = tables[service];
    for (size_t i = 0; i < table->count; i++) {
        if (str_equal(table->rows[i].name, name)) {
            return &table->rows[i];
        }
    }
    return NULL;
}

const struct op *op_parse(const char *service_colon_name)
{
    char name[64];
    const char *colon = strchr(service_colon_name, ':');
    if (colon == NULL || (size_t)(colon - service_colon_name) >= sizeof name) {
        return NULL;
    }
    size_t length = (size_t)(colon - service_colon_name);
    memcpy(name, service_colon_name, length);
    name[length] = '\0';
    const struct service_info *service = service_by_name(name);
    return service == NULL ? NULL : op_find(service->service, colon + 1);
}

void op_label(const struct op *op, char *out, size_t size)
{
    snprintf(out, size, "%s:%s", services[op->service].name, op->name);
}

bool op_writes(const struct op *op)
{
    return op->effect != EFFECT_READ;
}

/* The k-th of space-separated words; false past the last. *k is lowered by the words passed. */
static bool nth_word(const char *words, unsigned *k, char *out, size_t size)
{
    for (const char *at = words; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, " ");
        if (*k == 0) {
            (void)snprintf(out, size, "%.*s", (int)length, at);
            return true;
        }
        *k -= 1;
        at += length;
        at += strspn(at, " ");
    }
    return false;
}

bool op_iam_action(const struct op *op, unsigned k, enum iam_form *form, char *out, size_t size)
{
    enum iam_form found = op->iam;
    bool any = k == 0;
    if (any && op->iam_action != NULL) {
        (void)snprintf(out, size, "%s", op->iam_action);
    } else if (any) {
        (void)snprintf(out, size, "%s:%s", services[op->service].iam_prefix, op->name);
    } else {
        k--;
    }
    for (size_t i = 0; !any && i < OP_RIGHTS_MAX && op->also[i].form != IAM_NONE; i++) {
        found = op->also[i].form;
        any = nth_word(op->also[i].actions, &k, out, size);
    }
    if (any && form != NULL) {
        *form = found;
    }
    return any;
}

/* The item names are returned as static strings, because the column holds pairs. */
static const char *item_word(const char *item, size_t length)
{
    static const char *const words[] = {
        "item",
        "member",
        "Bucket",
        "Tag",
        "Filter",
        "Value",
        "DBInstance",
        "DBCluster",
        "DBSecurityGroup",
        "VpcSecurityGroupMembership",
        "DBParameterGroup",
        "Subnet",
        "ProcessorFeature",
        "ReadReplicaDBInstanceIdentifier",
        "TagKey",
        "TagValue",
        "Cluster",
        "VpcEndpoint",
        "NetworkInterface",
        "ClusterSecurityGroup",
        "VpcSecurityGroup",
        "ClusterParameterGroup",
        "ClusterIamRole",
        "DeferredMaintenanceWindow",
        "ReadReplicaDBClusterIdentifier",
        "OptionGroupMembership",
        "DBInstanceStatusInfo",
        "DBClusterStatusInfo",
        "DomainMembership",
        "DBInstanceRole",
        "DBClusterRole",
        "DBInstanceAutomatedBackupsReplication",
        "AvailabilityZone",
        "DBClusterOptionGroup",
        "ReadReplicaIdentifier",
        "DBClusterMember",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i]) == length && memcmp(words[i], item, length) == 0) {
            return words[i];
        }
    }
    return NULL;
}

static const char *list_lookup(enum service service, const char *element)
{
    /* Called for every element of every answer: most pairs differ in their first letters. */
    for (const char *pair = services[service].lists; *pair != '\0';) {
        const char *at = pair, *name = element;
        while (*at == *name && *name != '\0') {
            at++;
            name++;
        }
        const char *end = strchr(at, ' ');
        if (*name == '\0' && *at == '/') {
            return item_word(at + 1, end != NULL ? (size_t)(end - at - 1) : strlen(at + 1));
        }
        if (end == NULL) {
            return NULL;
        }
        pair = end + 1;
    }
    return NULL;
}

const char *service_list_known(enum service service, const char *element)
{
    return str_equal(element, "*") ? NULL : list_lookup(service, element);
}

const char *service_list_item(enum service service, const char *element)
{
    const char *item = service_list_known(service, element);
    return item != NULL ? item : list_lookup(service, "*");
}
