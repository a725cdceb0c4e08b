#include <string.h>

#include "base/hash.h"
#include "base/jsonx.h"
#include "core.h"

/* How a service words its JSON errors: the members of its modelled exceptions. */
struct error_words {
    const char *message; /* member that holds the sentence */
    const char *code; /* member that repeats the code, besides __type or the header; NULL: none */
    const char *type_prefix; /* of __type */
};
static const struct error_words error_words[SVC_COUNT] = {
    [SVC_ORGANIZATIONS] = {"Message", NULL, ""},
    [SVC_CONTROLTOWER] = {"message", NULL, ""},
    [SVC_KMS] = {"message", NULL, ""},
    [SVC_BACKUP] = {"Message", "Code", ""},
    [SVC_ACCOUNT] = {"message", NULL, ""},
    [SVC_DYNAMODB] = {"message", NULL, "com.amazonaws.dynamodb.v20120810#"},
    [SVC_EFS] = {"Message", "ErrorCode", ""},
    [SVC_TAGGING] = {"Message", NULL, ""},
    [SVC_SERVICECATALOG] = {"Message", NULL, ""},
    [SVC_CONTROLCATALOG] = {"Message", NULL, ""},
    [SVC_FSX] = {"Message", NULL, ""},
    [SVC_EKS] = {"message", NULL, ""},
    [SVC_REDSHIFT_SERVERLESS] = {"message", NULL, ""},
    [SVC_DSQL] = {"message", NULL, ""},
    [SVC_STORAGEGATEWAY] = {"message", NULL, ""},
};

static void dump(const json_t *value, struct text *out)
{
    char *text = jx_dump(value);
    text_add(out, text);
    free(text);
}

static void header(struct sim_response *response, const char *name, const char *value)
{
    json_object_set_new(response->headers, name, json_string(value));
}

static const char *content_type(enum protocol protocol)
{
    switch (protocol) {
    case PROTOCOL_REST_JSON:
        return "application/json";
    case PROTOCOL_JSON_1_0:
        return "application/x-amz-json-1.0";
    case PROTOCOL_JSON_1_1:
        return "application/x-amz-json-1.1";
    case PROTOCOL_QUERY:
        return "text/xml";
    case PROTOCOL_EC2:
        return "text/xml;charset=UTF-8";
    case PROTOCOL_REST_XML:
        return "application/xml";
    }
    return "";
}

static void common_headers(const struct service_info *info, struct sim_response *response)
{
    if (*response->request_id == '\0') {
        random_uuid(response->request_id);
    }
    header(response, info->protocol == PROTOCOL_REST_XML ? "x-amz-request-id" : "x-amzn-requestid",
           response->request_id);
    header(response, "content-type", content_type(info->protocol));
    if (info->service == SVC_S3) {
        header(response, "x-amz-id-2", "dG93ZXJrZWVwLXNpbQ==");
    }
}

/* Members that begin with '@' are for us. */
static json_t *body_members(const json_t *out)
{
    json_t *plain = json_copy((json_t *)(uintptr_t)out);
    void *walk = NULL;
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach_safe(plain, walk, key, value)
    {
        if (key[0] == '@') {
            json_object_del(plain, key);
        }
    }
    return plain;
}

void wire_answer(const struct sim_call *call, struct sim_response *response)
{
    const struct service_info *info = service_info(call->op->service);
    const char *raw = jx_str(call->out, "@raw");
    response->status = (int)jx_int(call->out, "@status", 200);
    common_headers(info, response);
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(json_object_get(call->out, "@headers"), name, value)
    {
        json_object_set(response->headers, name, value);
    }
    if (raw != NULL) {
        text_add(&response->body, raw);
    } else if (response->status == 204) {
        json_object_del(response->headers, "content-type");
    } else if (info->xml_namespace != NULL) {
        xml_answer(call, response->request_id, &response->body);
    } else {
        json_t *plain = body_members(call->out);
        dump(plain, &response->body);
        json_decref(plain);
    }
}

/* Errors that are made before a service is reached: no service models them, so none repeats their
 * code. */
static bool made_at_the_door(const char *code)
{
    static const char *const codes[] = {
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignatureException",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "SerializationException",
        "ThrottlingException",
        "UnknownOperationException",
        "UnrecognizedClientException",
        "ValidationException",
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (str_equal(code, codes[i])) {
            return true;
        }
    }
    return false;
}

static void error_json(const struct service_info *info, const char *code, const char *message,
                       const json_t *extra, struct sim_response *response)
{
    const struct error_words *words = &error_words[info->service];
    json_t *body = json_object();
    if (info->protocol == PROTOCOL_REST_JSON) {
        header(response, "x-amzn-errortype", code);
    } else {
        json_object_set_new(body, "__type", json_sprintf("%s%s", words->type_prefix, code));
    }
    if (words->code != NULL && !made_at_the_door(code)) {
        json_object_set_new(body, words->code, json_string(code));
    }
    json_object_set_new(body, words->message, jx_string(message, strlen(message)));
    if (json_is_object(extra)) {
        json_object_update(body, (json_t *)(uintptr_t)extra);
    }
    dump(body, &response->body);
    json_decref(body);
}

void wire_error(const struct service_info *info, int status, const char *code, const char *message,
                const json_t *extra, struct sim_response *response)
{
    response->status = status;
    common_headers(info, response);
    text_clear(&response->body);
    if (info->xml_namespace != NULL) {
        xml_error(info, code, message, response->request_id, &response->body);
    } else {
        error_json(info, code, message, extra, response);
    }
}
