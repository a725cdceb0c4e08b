/*
 * Lists of resource types that are read only where the type is wanted. AWS Backup takes FSx for
 * ONTAP by its volumes and the other FSx file systems as a whole; what it does not take is kept
 * under a type of its own, so that a backup tag on it is seen (Amazon FSx API: CreateBackup).
 */
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "crawl.h"
#include "resources.h"

static const char *file_system_type(const json_t *row)
{
    const char *kind = jx_str_or(row, "FileSystemType", "");
    const char *deployment = jx_str_or(row, "LustreConfiguration.DeploymentType", "");
    return str_equal(kind, "ONTAP")            ? "FSx for ONTAP file system"
           : str_starts(deployment, "SCRATCH") ? "FSx for Lustre scratch file system"
                                               : "FSx";
}

static const char *volume_type(const json_t *row)
{
    bool writable = str_equal(jx_str_or(row, "OntapConfiguration.OntapVolumeType", "RW"), "RW");
    return !str_equal(jx_str(row, "VolumeType"), "ONTAP") ? "FSx for OpenZFS volume"
           : writable                                     ? "FSx"
                                                          : "FSx for ONTAP read-only volume";
}

static int keep_fsx(const struct answer_page *p, const json_t *row, const char *type,
                    const char *id_member, const char *engine, struct err *err)
{
    json_t *tags = tags_of(jx_get(row, "Tags"), "Key", "Value");
    const char *id = jx_str_or(row, id_member, "");
    struct resource r = {.arn = jx_str(row, "ResourceARN"),
                         .type = type,
                         .name = jx_str_or(row, "Name", name_or(tags, id)),
                         /* No backup of what AWS Backup does not take needs a key. */
                         .kms_key = str_equal(type, "FSx") ? jx_str(row, "KmsKeyId") : NULL,
                         .engine = engine,
                         .state = jx_str(row, "Lifecycle"),
                         .tags = tags};
    return keep_resource(p, &r, p->question->region, err);
}

static int keep_fsx_file_systems(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *row;
    json_array_foreach(jx_get(p->answer->json, "FileSystems"), i, row)
    {
        if (keep_fsx(p, row, file_system_type(row), "FileSystemId", jx_str(row, "FileSystemType"),
                     err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int keep_fsx_volumes(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *row;
    json_array_foreach(jx_get(p->answer->json, "Volumes"), i, row)
    {
        if (keep_fsx(p, row, volume_type(row), "VolumeId", jx_str(row, "VolumeType"), err) != 0) {
            return -1;
        }
    }
    return 0;
}

/* A resource whose list gives no more than its name: the ARN is made. */
static int keep_named(const struct answer_page *p, const char *service, const char *before,
                      const char *name, struct resource r, struct err *err)
{
    if (name == NULL) {
        json_decref(r.tags);
        return err_set(err, ERR_AWS, "%s returned a resource without a name",
                       p->question->collector);
    }
    char *rest = xasprintf("%s%s", before, name);
    char *arn = arn_make(p, service, rest);
    r.arn = arn;
    r.name = name;
    int rc = keep_resource(p, &r, p->question->region, err);
    free(rest);
    free(arn);
    return rc;
}

static int keep_eks_clusters(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *row;
    json_array_foreach(jx_get(p->answer->json, "clusters"), i, row)
    {
        const struct resource r = {.type = "EKS"};
        if (keep_named(p, "eks", "cluster/", json_string_value(row), r, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int keep_redshift_clusters(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *row;
    json_array_foreach(jx_get(p->answer->json, "Clusters"), i, row)
    {
        const struct resource r = {.type = "Redshift",
                                   .kms_key = jx_str(row, "KmsKeyId"),
                                   .encrypted = jx_str(row, "Encrypted"),
                                   .state = jx_str(row, "ClusterStatus"),
                                   .tags = tags_of(jx_get(row, "Tags"), "Key", "Value")};
        if (keep_named(p, "redshift", "cluster:", jx_str(row, "ClusterIdentifier"), r, err) != 0) {
            return -1;
        }
    }
    return 0;
}

/* Lists whose rows carry an ARN and no tags. */
static int keep_arns(const struct answer_page *p, const char *list, const char *type,
                     const char *arn_member, const char *name_member, struct err *err)
{
    size_t i;
    json_t *row;
    json_array_foreach(jx_get(p->answer->json, list), i, row)
    {
        const struct resource r = {.arn = jx_str(row, arn_member),
                                   .type = type,
                                   .name = jx_str(row, name_member),
                                   .kms_key = jx_str(row, "kmsKeyId"),
                                   .state = jx_str(row, "status")};
        if (keep_resource(p, &r, p->question->region, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int keep_namespaces(const struct answer_page *p, struct err *err)
{
    return keep_arns(p, "namespaces", "Redshift Serverless", "namespaceArn", "namespaceName", err);
}

static int keep_dsql_clusters(const struct answer_page *p, struct err *err)
{
    return keep_arns(p, "clusters", "Aurora DSQL", "arn", "identifier", err);
}

static int keep_gateway_volumes(const struct answer_page *p, struct err *err)
{
    return keep_arns(p, "VolumeInfos", "Storage Gateway", "VolumeARN", "VolumeId", err);
}

/* Deleted stacks are listed for 90 days; a nested stack is backed up with its parent. */
static bool is_stack(const json_t *row)
{
    const char *status = jx_str_or(row, "StackStatus", "");
    return !str_equal(status, "DELETE_COMPLETE") && !str_equal(status, "REVIEW_IN_PROGRESS") &&
           jx_str(row, "ParentId") == NULL;
}

static int keep_stacks(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *row;
    json_array_foreach(jx_get(p->answer->json, "StackSummaries"), i, row)
    {
        const struct resource r = {.arn = jx_str(row, "StackId"),
                                   .type = "CloudFormation",
                                   .name = jx_str(row, "StackName"),
                                   .state = jx_str(row, "StackStatus")};
        if (is_stack(row) && keep_resource(p, &r, p->question->region, err) != 0) {
            return -1;
        }
    }
    return 0;
}

#define LIST(its_operation)                                                                        \
    .phase = PHASE_MANAGEMENT, .seed = SEED_WANTED, .operation = (its_operation),                  \
    .keeps = {"resource"}

const struct collector wanted_collectors[] = {
    {LIST("fsx:DescribeFileSystems"), .asks = {"kms:DescribeKey"}, .keep = keep_fsx_file_systems},
    {LIST("fsx:DescribeVolumes"), .keep = keep_fsx_volumes},
    {LIST("eks:ListClusters"), .keep = keep_eks_clusters},
    {LIST("redshift:DescribeClusters"), .asks = {"kms:DescribeKey"},
     .keep = keep_redshift_clusters},
    {LIST("redshift-serverless:ListNamespaces"), .asks = {"kms:DescribeKey"},
     .keep = keep_namespaces},
    {LIST("dsql:ListClusters"), .keep = keep_dsql_clusters},
    {LIST("storagegateway:ListVolumes"), .keep = keep_gateway_volumes},
    {LIST("cloudformation:ListStacks"), .keep = keep_stacks},
    {.operation = NULL},
};
