#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "core.h"

#define POLICY_PLAIN_MAX 2048
#define CHAINED_SECONDS_MAX 3600

static int get_caller_identity(struct sim_call *call)
{
    json_object_set_new(call->out, "Arn", json_string(call->principal_arn));
    json_object_set_new(call->out, "UserId",
                        json_string(call->user_id != NULL ? call->user_id : call->account));
    json_object_set_new(call->out, "Account", json_string(call->account));
    return 0;
}

struct role_name {
    char account[13];
    char name[65]; /* without its path */
};

static bool role_parse(const struct sim *sim, const char *arn, struct role_name *out)
{
    char prefix[48];
    int length = snprintf(prefix, sizeof prefix, "arn:%s:iam::", sim->partition);
    if (strncmp(arn, prefix, (size_t)length) != 0 || strlen(arn) < (size_t)length + 18) {
        return false;
    }
    const char *account = arn + length;
    const char *name = strrchr(arn, '/');
    snprintf(out->account, sizeof out->account, "%.12s", account);
    if (!str_is_account_id(out->account) || strncmp(account + 12, ":role/", 6) != 0 ||
        name == NULL || strlen(name + 1) >= sizeof out->name) {
        return false;
    }
    snprintf(out->name, sizeof out->name, "%s", name + 1);
    return true;
}

static int denied(struct sim_call *call, const char *role_arn)
{
    return sim_fail(call, 403, "AccessDenied",
                    "User: %s is not authorized to perform: sts:AssumeRole on resource: %s",
                    call->principal_arn, role_arn);
}

/* What the role's owner says about this caller. */
static bool trusted(struct sim_call *call, const json_t *role)
{
    const json_t *trust = json_object_get(role, "AssumeRolePolicyDocument");
    const char *problem = NULL;
    json_t *document = json_is_string(trust)
                           ? jx_parse(json_string_value(trust), json_string_length(trust), &problem)
                           : json_deep_copy(trust);
    struct policy_question q = {.action = "sts:AssumeRole",
                                .region = call->region,
                                .principal_arn = call->principal_arn,
                                .account = call->account,
                                .organization = jx_str(call->sim->world, "organization.id"),
                                .external_id = jx_str(call->in, "ExternalId")};
    bool yes = document != NULL && policy_trusts(document, &q, call->account) == POLICY_ALLOW;
    json_decref(document);
    return yes;
}

static int session_policy(struct sim_call *call, json_t **out)
{
    const json_t *text = json_object_get(call->in, "Policy");
    char why[160];
    const char *problem = NULL;
    *out = NULL;
    if (text == NULL) {
        return 0;
    }
    size_t length = json_string_length(text);
    if (length > POLICY_PLAIN_MAX) {
        return sim_fail(
            call, 400, "PackedPolicyTooLarge",
            "Packed size of inline session policy consumes %zu%% of the allotted space.",
            length * 100 / POLICY_PLAIN_MAX);
    }
    *out = jx_parse(json_string_value(text), length, &problem);
    if (*out == NULL) {
        return sim_fail(call, 400, "MalformedPolicyDocument", "This policy contains invalid Json");
    }
    if (policy_check(*out, why, sizeof why) != 0) {
        json_decref(*out);
        *out = NULL;
        return sim_fail(call, 400, "MalformedPolicyDocument", "%s", why);
    }
    return 0;
}

static struct principal *session_new(struct sim_call *call, const struct role_name *role,
                                     const json_t *row, long long seconds)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct sim *sim = call->sim;
    struct principal *p = xcalloc(1, sizeof *p);
    char id[17], secret[41], token[357];
    sim_new_id(sim, letters, 16, id);
    sim_new_id(sim, base64, 40, secret);
    sim_new_id(sim, base64, 356, token);
    snprintf(p->access_key_id, sizeof p->access_key_id, "ASIA%s", id);
    snprintf(p->account, sizeof p->account, "%s", role->account);
    p->secret = xstrdup(secret);
    p->token = xasprintf("IQoJb3JpZ2luX2Vj%s", token);
    p->arn = xasprintf("arn:%s:sts::%s:assumed-role/%s/%s", sim->partition, role->account,
                       role->name, jx_str_or(call->in, "RoleSessionName", ""));
    p->user_id = xasprintf("%s:%s", jx_str_or(row, "RoleId", "AROA"),
                           jx_str_or(call->in, "RoleSessionName", ""));
    p->role = xstrdup(role->name);
    p->role_arn = xstrdup(jx_str_or(row, "Arn", ""));
    p->policy = json_incref(json_object_get(row, "@policy"));
    p->expires_ms = auth_now_ms(sim) + seconds * 1000;
    return p;
}

static int assume_role(struct sim_call *call)
{
    const char *arn = jx_str_or(call->in, "RoleArn", "");
    long long seconds = jx_int(call->in, "DurationSeconds", 3600);
    struct role_name name;
    json_t *policy = NULL;
    if (!role_parse(call->sim, arn, &name)) {
        return sim_fail(call, 400, "ValidationError", "%s is invalid", arn);
    }
    json_t *role = sim_org_account(call->sim, name.account) == NULL
                       ? NULL
                       : sim_iam_role(call->sim, name.account, name.name);
    if (role == NULL || !str_equal(jx_str(role, "Arn"), arn) || !trusted(call, role)) {
        return denied(call, arn);
    }
    if (call->role != NULL && seconds > CHAINED_SECONDS_MAX) {
        return sim_fail(call, 400, "ValidationError",
                        "The requested DurationSeconds exceeds the 1 hour session limit for roles "
                        "assumed by role chaining");
    }
    if (seconds > jx_int(role, "MaxSessionDuration", 3600)) {
        return sim_fail(
            call, 400, "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
    }
    if (session_policy(call, &policy) != 0) {
        return -1;
    }
    struct principal *p = session_new(call, &name, role, seconds);
    p->session_policy = policy;
    char expiration[TIME_ISO_SIZE];
    time_iso(p->expires_ms, expiration);
    json_object_set_new(call->out, "Credentials",
                        json_pack("{s:s, s:s, s:s, s:s}", "AccessKeyId", p->access_key_id,
                                  "SecretAccessKey", p->secret, "SessionToken", p->token,
                                  "Expiration", expiration));
    json_object_set_new(call->out, "AssumedRoleUser",
                        json_pack("{s:s, s:s}", "AssumedRoleId", p->user_id, "Arn", p->arn));
    if (policy != NULL) {
        size_t length = json_string_length(json_object_get(call->in, "Policy"));
        json_object_set_new(call->out, "PackedPolicySize",
                            json_integer((json_int_t)(length * 100 / POLICY_PLAIN_MAX) + 1));
    }
    sim_add_principal(call->sim, p);
    return 0;
}

static const struct sim_route routes[] = {
    {"AssumeRole", assume_role,
     "RoleArn!:s20..2048, RoleSessionName!:s2..64/^[\\w+=,.@-]*$/, PolicyArns:[{arn:s20..2048}], "
     "Policy:s1.., "
     "DurationSeconds:i900..43200, Tags:[{Key!:s1..128, Value!:s0..256}]..50, "
     "TransitiveTagKeys:[s1..128]..50, "
     "ExternalId:s2..1224/^[\\w+=,.@:\\/-]*$/, SerialNumber:s9..256, TokenCode:s6/^\\d*$/, "
     "SourceIdentity:s2..64/^[\\w+=,.@-]*$/"},
    {"GetCallerIdentity", get_caller_identity, ""},
};

const struct sim_service sim_sts = {
    .service = SVC_STS,
    .routes = routes,
    .route_count = sizeof routes / sizeof *routes,
    .invalid_code = "ValidationError",
    .invalid_status = 400,
};
