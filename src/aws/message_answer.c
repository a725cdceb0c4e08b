#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/message.h"
#include "base/jsonx.h"
#include "ops_table.h"
#include "xml.h"

static bool is_blank(const char *body, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (strchr(" \t\r\n", body[i]) == NULL || body[i] == '\0') {
            return false;
        }
    }
    return true;
}

/* What an XML protocol wraps an answer in: <OpResponse>, and for query <OpResult> inside. */
static json_t *unwrap(const struct op *op, const char *root, json_t *content, struct err *err)
{
    char name[96];
    enum protocol protocol = service_info(op->service)->protocol;
    json_t *inner = NULL;
    if (protocol == PROTOCOL_REST_XML) {
        if (strcmp(root, "Error") == 0) {
            err_set(err, ERR_AWS, "%s: the answer is an error instead of a result", op->name);
            return NULL;
        }
        /* A root that holds only text is the one member of that name (LocationConstraint). */
        return json_is_object(content) || json_is_array(content)
                   ? json_incref(content)
                   : json_pack("{s:O}", root, content);
    }
    snprintf(name, sizeof name, "%sResponse", op->name);
    if (strcmp(root, name) != 0) {
        err_set(err, ERR_AWS, "%s: expected <%s> in the answer, got <%.64s>", op->name, name, root);
        return NULL;
    }
    snprintf(name, sizeof name, "%sResult", op->name);
    inner = protocol == PROTOCOL_EC2 ? content : json_object_get(content, name);
    return json_is_object(inner) ? json_incref(inner) : json_object();
}

json_t *answer_json(const struct op *op, const char *body, size_t length, struct err *err)
{
    json_t *content = NULL, *answer = NULL;
    char *root = NULL;
    const char *problem = NULL;
    if (is_blank(body, length)) {
        return json_object();
    }
    if (!service_speaks_xml(op->service)) {
        answer = jx_parse(body, length, &problem);
        if (answer != NULL && !json_is_object(answer)) {
            json_decref(answer);
            answer = NULL;
            problem = "not an object";
        }
        if (answer == NULL) {
            err_set(err, ERR_AWS, "%s: malformed answer: %s", op->name, problem);
        }
        return answer;
    }
    if (xml_parse(op->service, body, length, &root, &content, err) < 0) {
        err_prefix(err, "%s", op->name);
        return NULL;
    }
    answer = unwrap(op, root, content, err);
    json_decref(content);
    free(root);
    return answer;
}

const char *answer_next_token(const struct op *op, const json_t *answer)
{
    const char *token = op->token_out == NULL ? NULL : jx_str(answer, op->token_out);
    return token == NULL || *token == '\0' ? NULL : token;
}
