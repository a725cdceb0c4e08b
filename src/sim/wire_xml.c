#include <libxml/parser.h>
#include <string.h>

#include "base/jsonx.h"
#include "core.h"

#define XML_DEPTH_MAX 32

/* Roots that are not <OpResult>. */
static const struct {
    const char *op, *root;
} s3_roots[] = {
    {"ListBuckets", "ListAllMyBucketsResult"},
    {"GetBucketTagging", "Tagging"},
    {"GetBucketLocation", "LocationConstraint"},
};

/* Escapes, leaving out what XML 1.0 cannot hold. */
static void add_escaped(struct text *out, const char *s)
{
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '&') {
            text_add(out, "&amp;");
        } else if (c == '<') {
            text_add(out, "&lt;");
        } else if (c == '>') {
            text_add(out, "&gt;");
        } else if (c == '"') {
            text_add(out, "&quot;");
        } else if (c == '\r') {
            text_add(out, "&#13;");
        } else if (c >= 0x20 || c == '\t' || c == '\n') {
            text_addc(out, *s);
        }
    }
}

static void add_scalar(struct text *out, const json_t *value)
{
    if (json_is_string(value)) {
        add_escaped(out, json_string_value(value));
    } else if (json_is_boolean(value)) {
        text_add(out, json_is_true(value) ? "true" : "false");
    } else if (json_is_integer(value)) {
        text_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_real(value)) {
        text_addf(out, "%.17g", json_real_value(value));
    }
}

static void add_members(enum service service, const json_t *object, struct text *out,
                        unsigned depth);

static void add_element(enum service service, const char *name, const json_t *value,
                        struct text *out, unsigned depth)
{
    if (json_is_null(value) || depth > XML_DEPTH_MAX) {
        return;
    }
    text_addf(out, "<%s>", name);
    if (json_is_object(value)) {
        add_members(service, value, out, depth + 1);
    } else {
        add_scalar(out, value);
    }
    text_addf(out, "</%s>", name);
}

static void add_list(enum service service, const char *name, const json_t *list, struct text *out,
                     unsigned depth)
{
    const char *item = service_list_item(service, name);
    if (item != NULL) {
        text_addf(out, "<%s>", name);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        add_element(service, item != NULL ? item : name, json_array_get(list, i), out, depth + 1);
    }
    if (item != NULL) {
        text_addf(out, "</%s>", name);
    }
}

static void add_members(enum service service, const json_t *object, struct text *out,
                        unsigned depth)
{
    for (void *at = json_object_iter((json_t *)(uintptr_t)object); at != NULL;
         at = json_object_iter_next((json_t *)(uintptr_t)object, at)) {
        const char *key = json_object_iter_key(at);
        const json_t *value = json_object_iter_value(at);
        if (key[0] == '@') {
            continue;
        }
        if (json_is_array(value)) {
            add_list(service, key, value, out, depth);
        } else {
            add_element(service, key, value, out, depth);
        }
    }
}

static const char *root_name(const struct sim_call *call, char *buffer, size_t size)
{
    const char *root = jx_str(call->out, "@root");
    for (size_t i = 0;
         root == NULL && call->op->service == SVC_S3 && i < sizeof s3_roots / sizeof *s3_roots;
         i++) {
        root = str_equal(call->op->name, s3_roots[i].op) ? s3_roots[i].root : NULL;
    }
    if (root != NULL) {
        return root;
    }
    snprintf(buffer, size, "%s%s", call->op->name,
             service_info(call->op->service)->protocol == PROTOCOL_REST_XML ? "Result"
                                                                            : "Response");
    return buffer;
}

void xml_answer(const struct sim_call *call, const char *request_id, struct text *out)
{
    const struct service_info *info = service_info(call->op->service);
    const char *text = jx_str(call->out, "@text");
    char buffer[128];
    const char *root = root_name(call, buffer, sizeof buffer);
    if (info->protocol == PROTOCOL_REST_XML && text == NULL && op_writes(call->op) &&
        json_object_size(call->out) == 0) {
        return; /* S3 writes answer with nothing */
    }
    text_addf(out, "%s<%s xmlns=\"%s\">",
              info->protocol == PROTOCOL_QUERY ? ""
                                               : "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
              root, info->xml_namespace);
    if (info->protocol == PROTOCOL_EC2) {
        text_addf(out, "<requestId>%s</requestId>", request_id);
    }
    if (text != NULL) {
        add_escaped(out, text);
    } else if (info->protocol == PROTOCOL_QUERY) {
        if (json_object_size(call->out) > 0 || call->op->effect == EFFECT_READ) {
            text_addf(out, "<%sResult>", call->op->name);
            add_members(info->service, call->out, out, 0);
            text_addf(out, "</%sResult>", call->op->name);
        }
        text_addf(out, "<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata>",
                  request_id);
    } else {
        add_members(info->service, call->out, out, 0);
    }
    text_addf(out, "</%s>", root);
}

static void add_code(const char *code, const char *message, struct text *out)
{
    text_addf(out, "<Code>%s</Code><Message>", code);
    add_escaped(out, message);
    text_add(out, "</Message>");
}

void xml_error(const struct service_info *info, const char *code, const char *message,
               const char *request_id, struct text *out)
{
    switch (info->protocol) {
    case PROTOCOL_QUERY:
        text_addf(out, "<ErrorResponse xmlns=\"%s\"><Error><Type>Sender</Type>",
                  info->xml_namespace);
        add_code(code, message, out);
        text_addf(out, "</Error><RequestId>%s</RequestId></ErrorResponse>", request_id);
        break;
    case PROTOCOL_EC2:
        text_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>");
        add_code(code, message, out);
        text_addf(out, "</Error></Errors><RequestID>%s</RequestID></Response>", request_id);
        break;
    case PROTOCOL_REST_XML:
        text_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
        add_code(code, message, out);
        text_addf(out, "<RequestId>%s</RequestId><HostId>dG93ZXJrZWVwLXNpbQ==</HostId></Error>",
                  request_id);
        break;
    case PROTOCOL_REST_JSON:
    case PROTOCOL_JSON_1_0:
    case PROTOCOL_JSON_1_1:
        break;
    }
}

/* --- bodies of rest-xml requests --- */

static void quiet(void *context, const char *format, ...)
{
    (void)context;
    (void)format;
}

static json_t *from_node(enum service service, const xmlNode *node, unsigned depth)
{
    const char *item = service_list_item(service, (const char *)node->name);
    json_t *children = item != NULL ? json_array() : json_object();
    bool any = false;
    for (const xmlNode *child = node->children; child != NULL && depth < XML_DEPTH_MAX;
         child = child->next) {
        if (child->type != XML_ELEMENT_NODE) {
            continue;
        }
        any = true;
        json_t *value = from_node(service, child, depth + 1);
        if (item != NULL) {
            json_array_append_new(children, value);
        } else {
            json_object_set_new(children, (const char *)child->name, value);
        }
    }
    if (any || item != NULL) {
        return children;
    }
    json_decref(children);
    xmlChar *content = xmlNodeGetContent(node);
    json_t *text = jx_string(content != NULL ? (const char *)content : "",
                             content != NULL ? strlen((const char *)content) : 0);
    xmlFree(content);
    return text;
}

json_t *xml_body(enum service service, const char *data, size_t length, struct err *err)
{
    if (length > SIM_BODY_MAX || memchr(data, '\0', length) != NULL) {
        err_set(err, ERR_INPUT, "not XML");
        return NULL;
    }
    xmlSetGenericErrorFunc(NULL, quiet);
    xmlDoc *doc = xmlReadMemory(data, (int)length, NULL, NULL,
                                XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    xmlNode *root = doc != NULL ? xmlDocGetRootElement(doc) : NULL;
    if (root == NULL || doc->intSubset != NULL) {
        xmlFreeDoc(doc);
        err_set(err, ERR_INPUT, "not XML, or XML with a document type");
        return NULL;
    }
    json_t *out = json_object();
    json_object_set_new(out, (const char *)root->name, from_node(service, root, 0));
    xmlFreeDoc(doc);
    return out;
}
