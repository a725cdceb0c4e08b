#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "core.h"

/* What a service answers to a token it never gave. */
static const struct {
    enum service service;
    const char *code;
} bad_token[] = {
    {SVC_ORGANIZATIONS, "InvalidInputException"},
    {SVC_CONTROLTOWER, "ValidationException"},
    {SVC_KMS, "InvalidMarkerException"},
    {SVC_BACKUP, "InvalidParameterValueException"},
    {SVC_STS, "ValidationError"},
    {SVC_ACCOUNT, "ValidationException"},
    {SVC_EC2, "InvalidNextToken"},
    {SVC_RDS, "InvalidParameterValue"},
    {SVC_DYNAMODB, "ValidationException"},
    {SVC_EFS, "BadRequest"},
    {SVC_S3, "InvalidArgument"},
    {SVC_TAGGING, "PaginationTokenExpiredException"},
    {SVC_IAM, "ValidationError"},
    {SVC_SERVICECATALOG, "InvalidParametersException"},
    {SVC_CONTROLCATALOG, "ValidationException"},
    {SVC_FSX, "BadRequest"},
    {SVC_EKS, "InvalidParameterException"},
    {SVC_REDSHIFT, "InvalidParameterValue"},
    {SVC_REDSHIFT_SERVERLESS, "ValidationException"},
    {SVC_DSQL, "ValidationException"},
    {SVC_STORAGEGATEWAY, "InvalidGatewayRequestException"},
    {SVC_CLOUDFORMATION, "ValidationError"},
};

/* "tkOFFSETxECHECK": E is 1 when an empty page has been given at this offset. Letters and digits, a
   multiple of four of them: FSx takes nothing else. */
static void token_make(const struct sim_call *call, size_t offset, bool emptied, char *out,
                       size_t size)
{
    char words[256], label[96], check[17];
    op_label(call->op, label, sizeof label);
    snprintf(words, sizeof words, "token %s %s %s %zu %d", label, call->account, call->region,
             offset, emptied);
    sim_hash_id(call->sim, words, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
                16, check);
    snprintf(out, size, "tk%08zux%d%s", offset, emptied ? 1 : 0, check);
}

static int token_read(struct sim_call *call, size_t *offset, bool *emptied)
{
    const char *token = call->op->token_in == NULL ? NULL : jx_str(call->in, call->op->token_in);
    *offset = 0;
    *emptied = false;
    if (token == NULL || *token == '\0') {
        return 0;
    }
    char again[96] = "", number[24] = "";
    size_t digits = str_starts(token, "tk") ? strspn(token + 2, "0123456789") : 0;
    long long value = 0;
    if (digits > 0 && digits < sizeof number && token[2 + digits] == 'x') {
        memcpy(number, token + 2, digits);
        *emptied = token[3 + digits] == '1';
        if (str_number(number, 0, 100000000, &value)) {
            *offset = (size_t)value;
            token_make(call, *offset, *emptied, again, sizeof again);
        }
    }
    if (str_equal(again, token)) {
        return 0;
    }
    const char *code = "InvalidNextToken";
    for (size_t i = 0; i < sizeof bad_token / sizeof *bad_token; i++) {
        code = bad_token[i].service == call->op->service ? bad_token[i].code : code;
    }
    if (call->op->service == SVC_ORGANIZATIONS) {
        json_object_set_new(call->out, "@error",
                            json_pack("{s:s}", "Reason", "INVALID_NEXT_TOKEN"));
    }
    return sim_fail(call, 400, code, "The pagination token is not valid");
}

/* Sets "a.b" in an object, making what is missing. */
static void set_path(json_t *object, const char *path, json_t *value)
{
    const char *dot = strchr(path, '.');
    if (dot == NULL) {
        json_object_set_new(object, path, value);
        return;
    }
    char name[96];
    snprintf(name, sizeof name, "%.*s", (int)(dot - path), path);
    json_t *next = json_object_get(object, name);
    if (next == NULL) {
        next = json_object();
        json_object_set_new(object, name, next);
    }
    set_path(next, dot + 1, value);
}

static size_t page_size(const struct sim_call *call, size_t default_size, size_t all)
{
    const struct op *op = call->op;
    long long forced = jx_int(call->sim->world, "quirks.page_size", 0);
    long long asked = op->limit == NULL ? 0 : jx_int(call->in, op->limit, 0);
    size_t size = asked > 0 ? (size_t)asked : default_size;
    if (op->limit_max > 0 && size > (size_t)op->limit_max) {
        size = (size_t)op->limit_max;
    }
    if (size == 0) {
        size = all;
    }
    if (forced > 0 && (size_t)forced < size) {
        size = (size_t)forced;
    }
    return size > 0 ? size : 1;
}

int sim_page(struct sim_call *call, json_t *rows, size_t default_size)
{
    size_t offset = 0, all = json_array_size(rows);
    bool emptied = false;
    char token[96];
    if (token_read(call, &offset, &emptied) != 0) {
        return -1;
    }
    json_t *page = json_array();
    set_path(call->out, call->op->list, page);
    if (call->op->token_out == NULL) {
        json_array_extend(page, rows);
        return 0;
    }
    if (jx_bool(call->sim->world, "quirks.empty_pages") && !emptied) {
        token_make(call, offset, true, token, sizeof token);
        set_path(call->out, call->op->token_out, json_string(token));
        return 0;
    }
    size_t size = page_size(call, default_size, all);
    for (size_t i = offset; i < all && i - offset < size; i++) {
        json_array_append(page, json_array_get(rows, i));
    }
    if (all > offset && all - offset > size) {
        token_make(call, offset + size, false, token, sizeof token);
        set_path(call->out, call->op->token_out, json_string(token));
    }
    return 0;
}

int sim_page_take(struct sim_call *call, json_t *take_rows, size_t default_size)
{
    int rc = sim_page(call, take_rows, default_size);
    json_decref(take_rows);
    return rc;
}

/* What is asked, without where in the list one is. */
static char *asked_list(const struct sim_call *call)
{
    json_t *asked = json_copy(call->in);
    json_object_del(asked, "NextToken");
    char *words = jx_dump(asked);
    char *key = xasprintf("%s/%s/%s/%s", call->op->name, call->account, call->region, words);
    free(words);
    json_decref(asked);
    return key;
}

json_t *sim_list_begun(const struct sim_call *call)
{
    char *key = asked_list(call);
    json_t *rows = jx_str(call->in, "NextToken") != NULL ? map_get(call->sim->lists, key) : NULL;
    free(key);
    return json_incref(rows);
}

void sim_list_keep(const struct sim_call *call, json_t *rows)
{
    char *key = asked_list(call);
    map_set(call->sim->lists, key, json_incref(rows));
    free(key);
}
