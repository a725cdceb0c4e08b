#include <stdlib.h>
#include <string.h>

#include "aws/partition.h"
#include "base/clock.h"
#include "base/jsonx.h"
#include "base/log.h"
#include "base/mem.h"
#include "core.h"

#define HEADERS_MAX 64
#define SKEW_MAX_MS (5 * 60 * 1000)
#define SKEW_MAX_S3_MS (15 * 60 * 1000)

struct words {
    int status;
    const char *code;
};

/* AWS's code for a caller's mistake, per protocol: json, rest-json, query, ec2, rest-xml. */
enum family { FAMILY_JSON, FAMILY_REST_JSON, FAMILY_QUERY, FAMILY_EC2, FAMILY_S3, FAMILY_COUNT };
static const struct words problems[][FAMILY_COUNT] = {
    [AUTH_MISSING] = {{400, "MissingAuthenticationTokenException"},
                      {403, "MissingAuthenticationTokenException"},
                      {403, "MissingAuthenticationToken"},
                      {401, "AuthFailure"},
                      {403, "AccessDenied"}},
    [AUTH_MALFORMED] = {{400, "IncompleteSignatureException"},
                        {403, "IncompleteSignatureException"},
                        {400, "IncompleteSignature"},
                        {400, "IncompleteSignature"},
                        {400, "AuthorizationHeaderMalformed"}},
    [AUTH_UNKNOWN_KEY] = {{400, "UnrecognizedClientException"},
                          {403, "UnrecognizedClientException"},
                          {403, "InvalidClientTokenId"},
                          {401, "AuthFailure"},
                          {403, "InvalidAccessKeyId"}},
    [AUTH_BAD_TOKEN] = {{400, "UnrecognizedClientException"},
                        {403, "UnrecognizedClientException"},
                        {403, "InvalidClientTokenId"},
                        {401, "AuthFailure"},
                        {400, "InvalidToken"}},
    [AUTH_EXPIRED] = {{400, "ExpiredTokenException"},
                      {403, "ExpiredTokenException"},
                      {403, "ExpiredToken"},
                      {400, "RequestExpired"},
                      {400, "ExpiredToken"}},
    [AUTH_SKEWED] = {{400, "InvalidSignatureException"},
                     {403, "InvalidSignatureException"},
                     {403, "SignatureDoesNotMatch"},
                     {400, "RequestExpired"},
                     {403, "RequestTimeTooSkewed"}},
    [AUTH_WRONG_SCOPE] = {{400, "InvalidSignatureException"},
                          {403, "InvalidSignatureException"},
                          {403, "SignatureDoesNotMatch"},
                          {401, "AuthFailure"},
                          {400, "AuthorizationHeaderMalformed"}},
    [AUTH_WRONG_SIGNATURE] = {{400, "InvalidSignatureException"},
                              {403, "InvalidSignatureException"},
                              {403, "SignatureDoesNotMatch"},
                              {401, "AuthFailure"},
                              {403, "SignatureDoesNotMatch"}},
    [AUTH_WRONG_HASH] = {{400, "InvalidSignatureException"},
                         {403, "InvalidSignatureException"},
                         {403, "SignatureDoesNotMatch"},
                         {401, "AuthFailure"},
                         {400, "XAmzContentSHA256Mismatch"}},
};

void auth_error(const struct service_info *info, enum auth_problem problem, const char *why,
                int *status, const char **code)
{
    static const enum family families[] = {
        [PROTOCOL_JSON_1_0] = FAMILY_JSON,
        [PROTOCOL_JSON_1_1] = FAMILY_JSON,
        [PROTOCOL_REST_JSON] = FAMILY_REST_JSON,
        [PROTOCOL_QUERY] = FAMILY_QUERY,
        [PROTOCOL_EC2] = FAMILY_EC2,
        [PROTOCOL_REST_XML] = FAMILY_S3,
    };
    (void)why;
    const struct words *w = &problems[problem][families[info->protocol]];
    *status = w->status;
    *code = w->code;
}

void principal_free(void *principal)
{
    struct principal *p = principal;
    if (p == NULL) {
        return;
    }
    free(p->secret);
    free(p->token);
    free(p->arn);
    free(p->user_id);
    free(p->role);
    free(p->role_arn);
    json_decref(p->policy);
    json_decref(p->session_policy);
    free(p);
}

void sim_add_principal(struct sim *sim, struct principal *taken)
{
    map_set(sim->principals, taken->access_key_id, taken);
}

struct principal *sim_principal(struct sim *sim, const char *access_key_id)
{
    return map_get(sim->principals, access_key_id);
}

int64_t auth_now_ms(const struct sim *sim)
{
    return clock_wall_ms(NULL) + faults_skew_ms(sim->faults);
}

enum auth_problem auth_claim(const struct sim_request *request, struct sign_claim *claim,
                             const struct service_info **info, char *why, size_t size)
{
    const char *value = sim_request_header(request, "authorization");
    struct err err = ERR_INIT;
    *info = NULL;
    if (value == NULL) {
        snprintf(why, size, "Request is missing Authentication Token");
        return AUTH_MISSING;
    }
    if (sign_parse_authorization(value, claim, &err) != 0) {
        snprintf(why, size, "%s", err.text);
        return AUTH_MALFORMED;
    }
    for (size_t i = 0; i < SVC_COUNT; i++) {
        const struct service_info *each = service_info((enum service)i);
        *info = str_equal(each->signing_name, claim->service) ? each : *info;
    }
    if (*info == NULL) {
        snprintf(why, size,
                 "Credential should be scoped to correct service: towerkeep-sim has no '%s'",
                 claim->service);
        return AUTH_WRONG_SCOPE;
    }
    return AUTH_OK;
}

static bool listed(const char *signed_headers, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = signed_headers; *at != '\0';) {
        size_t each = strcspn(at, ";");
        if (each == length && memcmp(at, name, length) == 0) {
            return true;
        }
        at += each;
        at += *at == ';' ? 1 : 0;
    }
    return false;
}

/* The headers a signature covers. -1 when one that must be covered is not, or a covered one is
 * absent. */
static int signed_headers(const struct sim_request *request, const char *names,
                          struct sign_header *out, size_t *count, char *why, size_t size)
{
    *count = 0;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct pair *h = &request->headers[i];
        bool covered = listed(names, h->name);
        if (!covered && (str_equal(h->name, "host") || str_starts(h->name, "x-amz-"))) {
            snprintf(why, size, "'%.64s' must be a 'SignedHeader' in the AWS Authorization.",
                     h->name);
            return -1;
        }
        if (covered && *count < HEADERS_MAX) {
            out[(*count)++] = (struct sign_header){h->name, h->value};
        }
    }
    for (const char *at = names; *at != '\0';) {
        char name[128];
        size_t each = strcspn(at, ";");
        snprintf(name, sizeof name, "%.*s", (int)each, at);
        if (sim_request_header(request, name) == NULL) {
            snprintf(why, size, "The signed header '%.64s' is not in the request.", name);
            return -1;
        }
        at += each;
        at += *at == ';' ? 1 : 0;
    }
    return 0;
}

static enum auth_problem check_time(struct sim *sim, const struct service_info *info,
                                    const struct sign_claim *claim,
                                    const struct sim_request *request, int64_t *wall_ms, char *why,
                                    size_t size)
{
    const char *date = sim_request_header(request, "x-amz-date");
    int64_t now = auth_now_ms(sim);
    bool s3 = info->service == SVC_S3;
    int64_t limit = s3 ? SKEW_MAX_S3_MS : SKEW_MAX_MS;
    if (date == NULL || !time_parse_amz(date, wall_ms)) {
        snprintf(
            why, size,
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
        return AUTH_MALFORMED;
    }
    if (strncmp(date, claim->day, 8) != 0) {
        snprintf(why, size,
                 "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
                 "from HTTP: '%s' != '%.8s'",
                 claim->day, date);
        return AUTH_WRONG_SCOPE;
    }
    if (llabs(*wall_ms - now) <= limit) {
        return AUTH_OK;
    }
    char now_text[17], bound[17];
    time_amz(now, now_text);
    bool late = *wall_ms < now;
    time_amz(late ? now - limit : now + limit, bound);
    if (s3) {
        snprintf(why, size,
                 "The difference between the request time and the current time is too large.");
    } else if (info->protocol == PROTOCOL_EC2) {
        snprintf(why, size, "Request has expired.");
    } else {
        snprintf(why, size, "Signature %s: %s is now %s than %s (%s %s 5 min.)",
                 late ? "expired" : "not yet current", date, late ? "earlier" : "later", bound,
                 now_text, late ? "-" : "+");
    }
    return AUTH_SKEWED;
}

static enum auth_problem check_key(struct sim *sim, const struct sim_request *request,
                                   const struct sign_claim *claim, struct caller *caller, char *why,
                                   size_t size)
{
    const char *token = sim_request_header(request, "x-amz-security-token");
    caller->who = sim_principal(sim, claim->access_key_id);
    bool ec2 = caller->info->protocol == PROTOCOL_EC2;
    if (caller->who == NULL) {
        snprintf(why, size, "%s",
                 ec2 ? "AWS was not able to validate the provided access credentials"
                 : caller->info->service == SVC_S3
                     ? "The AWS Access Key Id you provided does not exist in our records."
                     : "The security token included in the request is invalid.");
        return AUTH_UNKNOWN_KEY;
    }
    if (!str_equal(token, caller->who->token)) {
        snprintf(why, size, "%s",
                 ec2 ? "AWS was not able to validate the provided access credentials"
                     : "The security token included in the request is invalid.");
        return AUTH_BAD_TOKEN;
    }
    if (caller->who->expires_ms != 0 && caller->who->expires_ms <= auth_now_ms(sim)) {
        snprintf(why, size, "%s",
                 ec2 ? "Request has expired."
                     : "The security token included in the request is expired");
        return AUTH_EXPIRED;
    }
    return AUTH_OK;
}

/* The payload hash a request claims, when it may claim one; *problem is set when it lies. */
static const char *payload_hash(const struct sim_request *request, bool s3,
                                enum auth_problem *problem)
{
    const char *claimed = sim_request_header(request, "x-amz-content-sha256");
    if (claimed == NULL) {
        *problem = s3 ? AUTH_WRONG_HASH : AUTH_OK;
        return NULL;
    }
    if (str_equal(claimed, "UNSIGNED-PAYLOAD")) {
        return claimed;
    }
    char actual[SHA256_HEX_SIZE];
    sha256_hex(text_str(&request->body), request->body.length, actual);
    *problem = str_equal(actual, claimed) ? AUTH_OK : AUTH_WRONG_HASH;
    return claimed;
}

static enum auth_problem check_signature(struct sim *sim, const struct sim_request *request,
                                         const struct sign_claim *claim,
                                         const struct caller *caller, int64_t wall_ms, char *why,
                                         size_t size)
{
    struct sign_header headers[HEADERS_MAX];
    size_t count = 0;
    bool s3 = caller->info->service == SVC_S3;
    enum auth_problem problem = AUTH_OK;
    if (signed_headers(request, claim->signed_headers, headers, &count, why, size) != 0) {
        return AUTH_MALFORMED;
    }
    const char *hash = payload_hash(request, s3, &problem);
    if (problem != AUTH_OK) {
        snprintf(why, size,
                 "The provided 'x-amz-content-sha256' header does not match what was computed.");
        return problem;
    }
    struct sign_request r = {.method = request->method,
                             .path = request->path,
                             .query = request->query,
                             .headers = headers,
                             .header_count = count,
                             .body = text_str(&request->body),
                             .body_length = request->body.length,
                             .payload_hash = hash,
                             .s3 = s3};
    struct sign_scope scope = {claim->region, claim->service, wall_ms};
    struct sign_key key = {claim->access_key_id, caller->who->secret};
    struct text canonical, names, to_sign;
    text_init(&canonical, 2 * SIM_BODY_MAX);
    text_init(&names, 8192);
    text_init(&to_sign, 8192);
    char signature[SHA256_HEX_SIZE];
    sign_canonical_request(&r, &canonical, &names);
    sign_string_to_sign(&scope, &canonical, &to_sign);
    sign_signature(sim->sign_cache, &key, &scope, &to_sign, signature);
    if (!str_equal(signature, claim->signature) ||
        !str_equal(text_str(&names), claim->signed_headers)) {
        log_write(LOG_DEBUG, "signature differs: canonical request was %s", text_str(&canonical));
        snprintf(why, size,
                 "The request signature we calculated does not match the signature you provided. "
                 "Check your AWS Secret "
                 "Access Key and signing method. Consult the service documentation for details.");
        problem = AUTH_WRONG_SIGNATURE;
    }
    text_release(&canonical);
    text_release(&names);
    text_release(&to_sign);
    return problem;
}

enum auth_problem auth_verify(struct sim *sim, const struct sim_request *request,
                              const struct sign_claim *claim, struct caller *caller, char *why,
                              size_t size)
{
    int64_t wall_ms = 0;
    snprintf(caller->region, sizeof caller->region, "%s", claim->region);
    if (!region_name_valid(claim->region)) {
        snprintf(why, size, "Credential should be scoped to a valid region, not '%s'. ",
                 claim->region);
        return AUTH_WRONG_SCOPE;
    }
    enum auth_problem problem = check_time(sim, caller->info, claim, request, &wall_ms, why, size);
    if (problem == AUTH_OK) {
        problem = check_key(sim, request, claim, caller, why, size);
    }
    if (problem == AUTH_OK) {
        problem = check_signature(sim, request, claim, caller, wall_ms, why, size);
    }
    return problem;
}
