/*
 * Services whose resources can only be listed here: FSx, EKS, Redshift, Redshift Serverless, Aurora
 * DSQL, Storage Gateway and CloudFormation. A world names their resources (docs/worlds.md); nothing
 * generates them. Tags are set through the Tagging API.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#include "services/listing.h"

#define HEX "0123456789abcdef"

/* Part of an ID, always the same for the same resource. */
static void part_of_id(const struct making *m, const char *what, const char *letters, size_t length,
                       char *out)
{
    char words[500];
    snprintf(words, sizeof words, "%s|%s|%s|%s", what, m->account, m->region, m->name);
    sim_hash_id(m->sim, words, letters, length, out);
}

static void set_arn(struct making *m, const char *service, const char *before, const char *resource)
{
    snprintf(m->arn, sizeof m->arn, "arn:%s:%s:%s:%s:%s%s", sim_partition(m->sim), service,
             m->region, m->account, before, resource);
}

static void set_key(const struct making *m, json_t *wire, const char *member, const char *service)
{
    char *managed = managed_key(m, service);
    json_object_set_new(wire, member, json_string(jx_str_or(m->spec, "kms_key", managed)));
    free(managed);
}

/* --- FSx --- */

static void file_system_id(const struct making *m, char out[24])
{
    char hex[17];
    part_of_id(m, "fsx", HEX, 16, hex);
    snprintf(out, 24, "fs-0%s", hex);
}

static void file_system_identify(struct making *m)
{
    char id[24];
    file_system_id(m, id);
    snprintf(m->id, sizeof m->id, "%s", jx_str_or(m->spec, "id", id));
    set_arn(m, "fsx", "file-system/", m->id);
}

static json_t *file_system_wire(const struct making *m)
{
    char *host = xasprintf("%s.fsx.%s.amazonaws.com", m->id, m->region);
    json_t *wire =
        json_pack("{s:s, s:o, s:s, s:s, s:s, s:i, s:s, s:s, s:[s], s:s, s:s}", "OwnerId",
                  m->account, "CreationTime", epoch(hashed_birth_ms(m->sim, m->arn)),
                  "FileSystemId", m->id, "FileSystemType", jx_str_or(m->spec, "engine", "WINDOWS"),
                  "Lifecycle", jx_str_or(m->spec, "status", "AVAILABLE"), "StorageCapacity", 1024,
                  "StorageType", "SSD", "VpcId", "vpc-0a1b2c3d4e5f60718", "SubnetIds",
                  "subnet-0a1b2c3d4e5f60718", "DNSName", host, "ResourceARN", m->arn);
    set_key(m, wire, "KmsKeyId", "fsx");
    free(host);
    return wire;
}

const struct kind kind_fsx = {
    "fsx",           SVC_FSX, "filesystems", "fsx:file-system", "FSx", file_system_identify,
    file_system_wire};

static void volume_identify(struct making *m)
{
    char hex[17], id[24];
    part_of_id(m, "fsvol", HEX, 16, hex);
    file_system_id(m, id);
    snprintf(m->id, sizeof m->id, "fsvol-0%s", hex);
    char *resource = xasprintf("%s/%s", jx_str_or(m->spec, "file_system", id), m->id);
    set_arn(m, "fsx", "volume/", resource);
    free(resource);
}

static json_t *volume_wire(const struct making *m)
{
    const char *engine = jx_str_or(m->spec, "engine", "ONTAP");
    const char *resource = strstr(m->arn, ":volume/") + strlen(":volume/");
    json_t *wire =
        json_pack("{s:o, s:s%, s:s, s:s, s:s, s:s, s:s}", "CreationTime",
                  epoch(hashed_birth_ms(m->sim, m->arn)), "FileSystemId", resource,
                  strcspn(resource, "/"), "Lifecycle", jx_str_or(m->spec, "status", "CREATED"),
                  "Name", m->name, "ResourceARN", m->arn, "VolumeId", m->id, "VolumeType", engine);
    if (str_equal(engine, "ONTAP")) {
        json_object_set_new(wire, "OntapConfiguration",
                            json_pack("{s:s, s:s, s:b, s:i}", "OntapVolumeType",
                                      jx_str_or(m->spec, "volume_type", "RW"), "SecurityStyle",
                                      "UNIX", "StorageVirtualMachineRoot", 0, "SizeInMegabytes",
                                      1048576));
    } else {
        json_object_set_new(wire, "OpenZFSConfiguration",
                            json_pack("{s:s, s:b}", "VolumePath", "/fsx", "ReadOnly", 0));
    }
    return wire;
}

const struct kind kind_fsx_volume = {"fsx-volume", SVC_FSX,         "volumes",  "fsx:volume",
                                     "FSx",        volume_identify, volume_wire};

/* Every resource that the call names must exist. */
int fsx_check_listing(struct sim_call *call, const struct listing *what)
{
    const json_t *all = inventory_records(call->sim, what->kind, call->account, call->region), *id;
    size_t i;
    json_array_foreach(json_object_get(call->in, what->named), i, id)
    {
        if (json_object_get(all, json_string_value(id)) == NULL) {
            return sim_fail(call, 400, what->unknown, "%s '%s' does not exist.", what->noun,
                            json_string_value(id));
        }
    }
    return 0;
}

/* Filters by file system; no storage virtual machine exists here. */
int fsx_fits(struct sim_call *call, const struct listing *what, const json_t *record)
{
    const json_t *filter;
    size_t i;
    (void)what;
    json_array_foreach(json_object_get(call->in, "Filters"), i, filter)
    {
        const char *value = str_equal(jx_str(filter, "Name"), "file-system-id")
                                ? jx_str(record, "wire.FileSystemId")
                                : NULL;
        if (value == NULL || !jx_list_has(json_object_get(filter, "Values"), value)) {
            return 0;
        }
    }
    return 1;
}

/* --- EKS --- */

static void eks_identify(struct making *m)
{
    snprintf(m->id, sizeof m->id, "%s", m->name);
    set_arn(m, "eks", "cluster/", m->id);
}

static json_t *eks_wire(const struct making *m)
{
    return json_pack("{s:s}", "name", m->id);
}

json_t *eks_name(struct sim_call *call, json_t *row)
{
    (void)call;
    json_t *name = json_incref(json_object_get(row, "name"));
    json_decref(row);
    return name;
}

const struct kind kind_eks = {"eks", SVC_EKS,      "clusters", "eks:cluster",
                              "EKS", eks_identify, eks_wire};

/* --- Redshift --- */

static void redshift_identify(struct making *m)
{
    snprintf(m->id, sizeof m->id, "%s", m->name);
    set_arn(m, "redshift", "cluster:", m->id);
}

static json_t *redshift_wire(const struct making *m)
{
    char id[37];
    sim_hash_uuid(m->sim, m->arn, id);
    char *namespace = xasprintf("arn:%s:redshift:%s:%s:namespace:%s", sim_partition(m->sim),
                                m->region, m->account, id);
    json_t *wire = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:i, s:b, s:b, s:i, s:b, s:s}", "ClusterIdentifier",
        m->id, "NodeType", "ra3.large", "ClusterStatus", "available", "ClusterAvailabilityStatus",
        "Available", "MasterUsername", "dwadmin", "DBName", "dev", "ClusterCreateTime",
        iso(hashed_birth_ms(m->sim, m->arn)), "AutomatedSnapshotRetentionPeriod", 1,
        "AllowVersionUpgrade", 1, "PubliclyAccessible", 0, "NumberOfNodes", 2, "Encrypted", 1,
        "ClusterNamespaceArn", namespace);
    set_key(m, wire, "KmsKeyId", "redshift");
    free(namespace);
    return wire;
}

const struct kind kind_redshift = {"redshift", SVC_REDSHIFT,      "clusters",   "redshift:cluster",
                                   "Redshift", redshift_identify, redshift_wire};

static void namespace_identify(struct making *m)
{
    part_of_id(m, "namespace", HEX, 36, m->id);
    m->id[8] = m->id[13] = m->id[18] = m->id[23] = '-';
    set_arn(m, "redshift-serverless", "namespace/", m->id);
}

static json_t *namespace_wire(const struct making *m)
{
    json_t *wire =
        json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:s}", "namespaceArn", m->arn, "namespaceId",
                  m->id, "namespaceName", m->name, "status", "AVAILABLE", "creationDate",
                  iso(hashed_birth_ms(m->sim, m->arn)), "adminUsername", "admin", "dbName", "dev");
    set_key(m, wire, "kmsKeyId", "redshift");
    return wire;
}

const struct kind kind_redshift_serverless = {
    "redshift-serverless", SVC_REDSHIFT_SERVERLESS, "namespaces",  "redshift-serverless:namespace",
    "Redshift Serverless", namespace_identify,      namespace_wire};

/* --- Aurora DSQL --- */

static void dsql_identify(struct making *m)
{
    part_of_id(m, "dsql", "abcdefghijklmnopqrstuvwxyz234567", 26, m->id);
    set_arn(m, "dsql", "cluster/", m->id);
}

static json_t *dsql_wire(const struct making *m)
{
    return json_pack("{s:s, s:s}", "identifier", m->id, "arn", m->arn);
}

const struct kind kind_dsql = {"dsql",        SVC_DSQL,      "clusters", "dsql:cluster",
                               "Aurora DSQL", dsql_identify, dsql_wire};

/* --- Storage Gateway --- */

static void gateway_volume_identify(struct making *m)
{
    char hex[9], gateway[9];
    part_of_id(m, "gateway volume", "0123456789ABCDEF", 8, hex);
    sim_hash_id(m->sim, m->account, "0123456789ABCDEF", 8, gateway);
    snprintf(m->id, sizeof m->id, "vol-%s", hex);
    char *resource = xasprintf("sgw-%s/volume/%s", gateway, m->id);
    set_arn(m, "storagegateway", "gateway/", resource);
    free(resource);
}

static json_t *gateway_volume_wire(const struct making *m)
{
    size_t gateway = (size_t)(strstr(m->arn, "/volume/") - m->arn);
    const char *id = strstr(m->arn, "gateway/") + strlen("gateway/");
    return json_pack("{s:s, s:s, s:s%, s:s%, s:s, s:I, s:s}", "VolumeARN", m->arn, "VolumeId",
                     m->id, "GatewayARN", m->arn, gateway, "GatewayId", id,
                     gateway - (size_t)(id - m->arn), "VolumeType", "CACHED iSCSI",
                     "VolumeSizeInBytes", (json_int_t)107374182400, "VolumeAttachmentStatus",
                     "ATTACHED");
}

const struct kind kind_storage_gateway = {
    "storage-gateway", SVC_STORAGEGATEWAY,      "volumes",          "storagegateway:gateway",
    "Storage Gateway", gateway_volume_identify, gateway_volume_wire};

/* --- CloudFormation --- */

static void stack_identify(struct making *m)
{
    char uuid[37];
    char *words = xasprintf("stack|%s|%s|%s", m->account, m->region, m->name);
    sim_hash_uuid(m->sim, words, uuid);
    snprintf(m->id, sizeof m->id, "%.128s/%s", m->name, uuid);
    set_arn(m, "cloudformation", "stack/", m->id);
    free(words);
}

static json_t *stack_wire(const struct making *m)
{
    json_t *wire = json_pack("{s:s, s:s, s:o, s:s, s:{s:s}}", "StackId", m->arn, "StackName",
                             m->name, "CreationTime", iso(hashed_birth_ms(m->sim, m->arn)),
                             "StackStatus", jx_str_or(m->spec, "status", "CREATE_COMPLETE"),
                             "DriftInformation", "StackDriftStatus", "NOT_CHECKED");
    jx_set_str(wire, "ParentId", jx_str(m->spec, "parent"));
    jx_set_str(wire, "RootId", jx_str(m->spec, "parent"));
    return wire;
}

const struct kind kind_cloudformation = {
    "cloudformation", SVC_CLOUDFORMATION, "stacks",   "cloudformation:stack",
    "CloudFormation", stack_identify,     stack_wire,
};

int cloudformation_fits(struct sim_call *call, const struct listing *what, const json_t *record)
{
    const json_t *wanted = json_object_get(call->in, "StackStatusFilter");
    (void)what;
    return json_array_size(wanted) == 0 || jx_list_has(wanted, jx_str(record, "wire.StackStatus"));
}

/* --- the services --- */

static const struct sim_route fsx_routes[] = {
    {"DescribeFileSystems", list_resources,
     "FileSystemIds:[s11..21/^(fs-[0-9a-f]{8,})$/]0..50, MaxResults:i1.., NextToken:s1..255"},
    {"DescribeVolumes", list_resources,
     "VolumeIds:[s23..23/^(fsvol-[0-9a-f]{17,})$/]0..50, "
     "Filters:[{Name:s, Values:[s1..128]0..20}]0..2, MaxResults:i1.., NextToken:s1..255"},
};
static const struct sim_route eks_routes[] = {
    {"ListClusters", list_resources, "maxResults:i1..100, nextToken:s, include:[s]"},
};
static const struct sim_route redshift_routes[] = {
    {"DescribeClusters", list_resources,
     "ClusterIdentifier:s, MaxRecords:i20..100, Marker:s, TagKeys:[s], TagValues:[s]"},
};
static const struct sim_route redshift_serverless_routes[] = {
    {"ListNamespaces", list_resources, "maxResults:i1..100, nextToken:s"},
};
static const struct sim_route dsql_routes[] = {
    {"ListClusters", list_resources, "maxResults:i1..100, nextToken:s"},
};
static const struct sim_route storagegateway_routes[] = {
    {"ListVolumes", list_resources, "GatewayARN:s50..500, Marker:s1..2000, Limit:i1.."},
};
static const struct sim_route cloudformation_routes[] = {
    {"ListStacks", list_resources, "NextToken:s1..1024, StackStatusFilter:[s]"},
};

#define SERVICE(its_service, its_routes, code)                                                     \
    {                                                                                              \
        .service = (its_service), .holds_resources = true, .routes = (its_routes),                 \
        .route_count = sizeof(its_routes) / sizeof *(its_routes), .invalid_code = (code),          \
        .invalid_status = 400                                                                      \
    }

const struct sim_service sim_fsx = SERVICE(SVC_FSX, fsx_routes, "BadRequest");
const struct sim_service sim_eks = SERVICE(SVC_EKS, eks_routes, "InvalidParameterException");
const struct sim_service sim_redshift =
    SERVICE(SVC_REDSHIFT, redshift_routes, "InvalidParameterValue");
const struct sim_service sim_redshift_serverless =
    SERVICE(SVC_REDSHIFT_SERVERLESS, redshift_serverless_routes, "ValidationException");
const struct sim_service sim_dsql = SERVICE(SVC_DSQL, dsql_routes, "ValidationException");
const struct sim_service sim_storagegateway =
    SERVICE(SVC_STORAGEGATEWAY, storagegateway_routes, "InvalidGatewayRequestException");
const struct sim_service sim_cloudformation =
    SERVICE(SVC_CLOUDFORMATION, cloudformation_routes, "ValidationError");
