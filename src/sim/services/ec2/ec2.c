/* EC2: volumes, instances, their tags, and the Regions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#include "services/ec2/ec2.h"

#define HEX "0123456789abcdef"

/* --- making --- */

static void identify(struct making *m, const char *prefix, const char *type)
{
    char words[500], hex[18];
    const char *given = jx_str(m->spec, "id");
    snprintf(words, sizeof words, "%s|%s|%s|%s", type, m->account, m->region, m->name);
    sim_hash_id(m->sim, words, HEX, 17, hex);
    hex[0] = '0';
    if (given != NULL) {
        snprintf(m->id, sizeof m->id, "%s", given);
    } else {
        snprintf(m->id, sizeof m->id, "%s-%s", prefix, hex);
    }
    snprintf(m->arn, sizeof m->arn, "arn:%s:ec2:%s:%s:%s/%s", sim_partition(m->sim), m->region,
             m->account, type, m->id);
}

static void volume_identify(struct making *m)
{
    identify(m, "vol", "volume");
}

static void instance_identify(struct making *m)
{
    identify(m, "i", "instance");
}

static json_t *volume_wire(const struct making *m)
{
    const json_t *spec = m->spec;
    bool encrypted = json_object_get(spec, "encrypted") == NULL || jx_bool(spec, "encrypted");
    int64_t born = hashed_birth_ms(m->sim, m->id);
    json_t *attachments = json_array();
    const char *attached = jx_str(spec, "attached_to");
    if (attached != NULL) {
        struct making instance = {
            .sim = m->sim, .account = m->account, .region = m->region, .name = attached};
        instance_identify(&instance);
        json_array_append_new(
            attachments,
            json_pack("{s:s, s:s, s:s, s:s, s:o, s:b}", "volumeId", m->id, "instanceId",
                      str_starts(attached, "i-") ? attached : instance.id, "device", "/dev/sdf",
                      "status", "attached", "attachTime", iso(born), "deleteOnTermination", 0));
    }
    char *zone = xasprintf("%sa", m->region);
    json_t *wire = json_pack(
        "{s:s, s:I, s:s, s:s, s:s, s:o, s:o, s:b, s:s, s:I, s:I, s:b}", "volumeId", m->id, "size",
        (json_int_t)jx_int(spec, "size", 20), "snapshotId", "", "availabilityZone", zone, "status",
        attached != NULL ? "in-use" : "available", "createTime", iso(born), "attachmentSet",
        attachments, "encrypted", encrypted, "volumeType", "gp3", "iops", (json_int_t)3000,
        "throughput", (json_int_t)125, "multiAttachEnabled", 0);
    free(zone);
    if (encrypted) {
        char *key = managed_key(m, "ebs");
        json_object_set_new(wire, "kmsKeyId", json_string(jx_str_or(spec, "kms_key", key)));
        free(key);
    }
    return wire;
}

static json_t *instance_wire(const struct making *m)
{
    const json_t *spec = m->spec;
    char image[18], address[32], name[64];
    sim_hash_id(m->sim, m->id, HEX, 17, image);
    snprintf(address, sizeof address, "10.0.%u.%u", hashed_number(m->sim, m->id, 250),
             hashed_number(m->sim, image, 250) + 4);
    snprintf(name, sizeof name, "ami-%s", image);
    char *zone = xasprintf("%sa", m->region);
    bool running = !str_equal(jx_str(spec, "state"), "stopped");
    json_t *wire = json_pack(
        "{s:s, s:s, s:{s:i, s:s}, s:s, s:s, s:s, s:i, s:s, s:o, s:{s:s, s:s, s:s}, s:s, s:s, s:s, "
        "s:s, s:[], "
        "s:s, s:s, s:b}",
        "instanceId", m->id, "imageId", name, "instanceState", "code", running ? 16 : 80, "name",
        running ? "running" : "stopped", "privateDnsName", "", "dnsName", "", "reason", "",
        "amiLaunchIndex", 0, "instanceType", jx_str_or(spec, "instance_type", "t3.micro"),
        "launchTime", iso(hashed_birth_ms(m->sim, m->id)), "placement", "availabilityZone", zone,
        "groupName", "", "tenancy", "default", "privateIpAddress", address, "architecture",
        "x86_64", "rootDeviceType", "ebs", "rootDeviceName", "/dev/xvda", "blockDeviceMapping",
        "virtualizationType", "hvm", "hypervisor", "xen", "ebsOptimized", 0);
    free(zone);
    const char *code = jx_str(spec, "marketplace_code");
    if (code != NULL) {
        json_object_set_new(wire, "productCodes",
                            json_pack("[{s:s, s:s}]", "productCode", code, "type", "marketplace"));
    }
    return wire;
}

const struct kind kind_ebs = {"ebs", SVC_EC2,         "volumes",  "ec2:volume",
                              "EBS", volume_identify, volume_wire};
const struct kind kind_ec2 = {"ec2", SVC_EC2,           "instances",  "ec2:instance",
                              "EC2", instance_identify, instance_wire};

/* --- filters --- */

static bool any_glob(const json_t *patterns, const char *value)
{
    size_t i;
    const json_t *pattern;
    json_array_foreach(patterns, i, pattern)
    {
        if (str_glob(json_string_value(pattern), value)) {
            return true;
        }
    }
    return false;
}

/* 1 fits, 0 does not, -1 after refusing a filter this simulator does not know. */
static int tag_filter(const char *name, const json_t *values, const json_t *tags)
{
    const char *key;
    json_t *value;
    json_t *copy = json_copy((json_t *)(uintptr_t)tags);
    int fits = 0;
    json_object_foreach(copy, key, value)
    {
        if (str_equal(name, "tag-key")) {
            fits |= any_glob(values, key);
        } else if (str_equal(name, "tag-value")) {
            fits |= any_glob(values, json_string_value(value));
        } else if (str_equal(name + 4, key)) {
            fits |= any_glob(values, json_string_value(value));
        }
    }
    json_decref(copy);
    return fits;
}

int ec2_filters_fit(struct sim_call *call, const struct filter *known, const json_t *record)
{
    size_t i;
    const json_t *filter;
    json_array_foreach(json_object_get(call->in, "Filter"), i, filter)
    {
        const char *name = jx_str_or(filter, "Name", "");
        const json_t *values = json_object_get(filter, "Value");
        if (str_starts(name, "tag:") || str_equal(name, "tag-key") ||
            str_equal(name, "tag-value")) {
            if (!tag_filter(name, values, json_object_get(record, "tags"))) {
                return 0;
            }
            continue;
        }
        const struct filter *f = known;
        while (f->name != NULL && !str_equal(f->name, name)) {
            f++;
        }
        if (f->name == NULL) {
            return sim_fail(call, 400, "InvalidParameterValue", "The filter '%s' is invalid", name);
        }
        const json_t *value = jx_get(json_object_get(record, "wire"), f->path);
        const char *text = json_is_boolean(value) ? (json_is_true(value) ? "true" : "false")
                                                  : json_string_value(value);
        if (text == NULL || !any_glob(values, text)) {
            return 0;
        }
    }
    return 1;
}

/* --- describing --- */

int ec2_check_page(struct sim_call *call, const char *ids)
{
    if (jx_bool(call->in, "DryRun")) {
        return sim_fail(call, 412, "DryRunOperation",
                        "Request would have succeeded, but DryRun flag is set.");
    }
    bool limited = json_object_get(call->in, "MaxResults") != NULL;
    if (limited && ids != NULL && json_object_get(call->in, ids) != NULL) {
        return sim_fail(call, 400, "InvalidParameterCombination",
                        "The parameter %ss cannot be used with the parameter maxResults", ids);
    }
    long long size = jx_int(call->in, "MaxResults", 1000);
    if (size < 5 || size > 1000) {
        return sim_fail(call, 400, "InvalidParameterValue",
                        "Value ( %lld ) for parameter maxResults is invalid. Expecting a value "
                        "between 5 and 1000.",
                        size);
    }
    return 0;
}

/* The ids that are asked for exist; then what is asked for can be listed. */
int ec2_check_listing(struct sim_call *call, const struct listing *what)
{
    const json_t *all = inventory_records(call->sim, what->kind, call->account, call->region), *id;
    size_t i;
    if (ec2_check_page(call, what->named) < 0) {
        return -1;
    }
    json_array_foreach(json_object_get(call->in, what->named), i, id)
    {
        const char *name = json_string_value(id);
        if (!str_starts(name, what->id_prefix)) {
            return sim_fail(call, 400, "InvalidParameterValue",
                            "Invalid id: \"%s\" (expecting \"%s...\")", name, what->id_prefix);
        }
        if (json_object_get(all, name) == NULL) {
            return sim_fail(call, 400, what->unknown, "The %s ID '%s' does not exist", what->noun,
                            name);
        }
    }
    return 0;
}

int ec2_fits(struct sim_call *call, const struct listing *what, const json_t *record)
{
    return ec2_filters_fit(call, what->filters, record);
}

/* Every volume that says it is attached appears in its instance too. */
static void map_devices(const json_t *volumes, json_t *row)
{
    json_t *devices = json_array(), *copy = json_incref((json_t *)(uintptr_t)volumes), *volume;
    const char *id;
    json_object_foreach(copy, id, volume)
    {
        const json_t *attachment = json_array_get(jx_get(volume, "wire.attachmentSet"), 0);
        if (str_equal(jx_str(attachment, "instanceId"), jx_str(row, "instanceId"))) {
            json_array_append_new(devices,
                                  json_pack("{s:s, s:{s:s, s:s, s:O, s:b}}", "deviceName",
                                            "/dev/sdf", "ebs", "volumeId", id, "status", "attached",
                                            "attachTime", json_object_get(attachment, "attachTime"),
                                            "deleteOnTermination", 0));
        }
    }
    json_decref(copy);
    json_object_set_new(row, "blockDeviceMapping", devices);
}

json_t *ec2_reservation(struct sim_call *call, json_t *row)
{
    char reservation[32] = "r-";
    map_devices(inventory_records(call->sim, &kind_ebs, call->account, call->region), row);
    sim_hash_id(call->sim, jx_str_or(row, "instanceId", ""), HEX, 17, reservation + 2);
    return json_pack("{s:s, s:s, s:[], s:[o]}", "reservationId", reservation, "ownerId",
                     call->account, "groupSet", "instancesSet", row);
}

#define FILTERS "Filter:[{Name!:s1.., Value!:[s]1..200}]"
#define PAGE "DryRun:b, NextToken:s, MaxResults:i"
#define TAGS "[{Key:s1..128, Value:s0..256}]"

static const struct sim_route routes[] = {
    {"CreateTags", ec2_create_tags, "DryRun:b, ResourceId!:[s1..]1..1000, Tag!:" TAGS "1.."},
    {"DeleteTags", ec2_delete_tags, "DryRun:b, ResourceId!:[s1..]1..1000, Tag:" TAGS},
    {"DescribeInstances", list_resources,
     "InstanceId:[s1..], IncludeManagedResources:b, " FILTERS ", " PAGE},
    {"DescribeRegions", ec2_describe_regions,
     "RegionName:[s1..], AllRegions:b, DryRun:b, " FILTERS},
    {"DescribeTags", ec2_describe_tags, FILTERS ", " PAGE},
    {"DescribeVolumes", list_resources,
     "VolumeId:[s1..], IncludeManagedResources:b, " FILTERS ", " PAGE},
};

const struct sim_service sim_ec2 = {
    .service = SVC_EC2,
    .holds_resources = true,
    .routes = routes,
    .route_count = sizeof routes / sizeof *routes,
    .invalid_code = "InvalidParameterValue",
    .missing_code = "MissingParameter",
    .unknown_code = "UnknownParameter",
    .invalid_status = 400,
};
