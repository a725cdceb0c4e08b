/* ops_dump: the tables of operations, partitions and Regions as JSON, to compare them with AWS's
 * own models. */
#include <jansson.h>
#include <stdio.h>

#include "aws/ops.h"
#include "aws/partition.h"
#include "aws/session_policy.h"
#include "base/text.h"

static const char *const protocol_names[] = {
    [PROTOCOL_REST_JSON] = "rest-json",
    [PROTOCOL_JSON_1_0] = "json-1.0",
    [PROTOCOL_JSON_1_1] = "json-1.1",
    [PROTOCOL_QUERY] = "query",
    [PROTOCOL_EC2] = "ec2",
    [PROTOCOL_REST_XML] = "rest-xml",
};
static const char *const reach_names[] = {
    [REACH_REGIONAL] = "regional", [REACH_HOME] = "home", [REACH_GLOBAL] = "global"};

static const char *const effect_names[] = {[EFFECT_READ] = "read",
                                           [EFFECT_WRITE] = "write",
                                           [EFFECT_REMOVAL] = "removal",
                                           [EFFECT_DESTRUCTIVE] = "destructive"};

static json_t *service_json(const struct service_info *s)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s?,s:s,s:s,s:s?}", "name", s->name, "endpoint",
                     s->endpoint_prefix, "signing", s->signing_name, "iam", s->iam_prefix,
                     "protocol", protocol_names[s->protocol], "version", s->api_version, "target",
                     s->target_prefix, "env", s->env_id, "lists", s->lists, "namespace",
                     s->xml_namespace);
}

static json_t *op_json(const struct op *op)
{
    char action[96];
    json_t *actions = json_array();
    for (unsigned k = 0; op_iam_action(op, k, NULL, action, sizeof action); k++) {
        json_array_append_new(actions, json_string(action));
    }
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s?,s:s?,s:s?,s:i,s:s?,s:o}", "service",
                     service_info(op->service)->name, "name", op->name, "effect",
                     effect_names[op->effect], "reach", reach_names[op->reach], "method",
                     op->method, "path", op->path, "query", op->query, "token_in", op->token_in,
                     "token_out", op->token_out, "limit", op->limit, "limit_max", op->limit_max,
                     "list", op->list, "actions", actions);
}

static json_t *regions_json(void)
{
    json_t *list = json_array();
    for (size_t i = 0; i < region_count(); i++) {
        const struct region *r = region_at(i);
        json_array_append_new(list, json_pack("{s:s,s:s,s:b}", "name", r->name, "partition",
                                              r->partition, "opt_in", r->opt_in));
    }
    return list;
}

/* Every partition has Regions, which follow each other. */
static json_t *partitions_json(void)
{
    json_t *list = json_array();
    const struct partition *last = NULL;
    for (size_t i = 0; i < region_count(); i++) {
        const struct partition *p = partition_of_region(region_at(i)->name);
        if (p != last) {
            json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s}", "id", p->id, "dns_suffix",
                                                  p->dns_suffix, "dual_stack_suffix",
                                                  p->dual_stack_suffix, "global_region",
                                                  p->global_region));
        }
        last = p;
    }
    return list;
}

int main(void)
{
    json_t *services = json_array(), *ops = json_array();
    struct text policy;
    text_init(&policy, SESSION_POLICY_MAX);
    session_policy_read_only(SESSION_POLICY_AIM, &policy);
    for (int i = 0; i < SVC_COUNT; i++) {
        json_array_append_new(services, service_json(service_info((enum service)i)));
    }
    for (size_t i = 0; i < op_count(); i++) {
        json_array_append_new(ops, op_json(op_at(i)));
    }
    json_t *all = json_pack("{s:o,s:o,s:o,s:o,s:s}", "services", services, "ops", ops, "partitions",
                            partitions_json(), "regions", regions_json(), "session_policy",
                            text_str(&policy));
    int status = json_dumpf(all, stdout, JSON_INDENT(1));
    putchar('\n');
    json_decref(all);
    text_release(&policy);
    return status == 0 ? 0 : 1;
}
