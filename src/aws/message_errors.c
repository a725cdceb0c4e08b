#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/message.h"
#include "aws/partition.h"
#include "base/jsonx.h"
#include "ops_table.h"
#include "xml.h"

#define ANY_SERVICE SVC_COUNT

static const char *const class_names[] = {
    [ANSWER_OK] = "ok",
    [ANSWER_DENIED] = "denied",
    [ANSWER_REGION_DENY] = "region-deny",
    [ANSWER_THROTTLED] = "throttled",
    [ANSWER_NOT_FOUND] = "not-found",
    [ANSWER_REGION_UNAVAILABLE] = "region-unavailable",
    [ANSWER_EXPIRED] = "expired",
    [ANSWER_BAD_CREDENTIALS] = "bad-credentials",
    [ANSWER_CLOCK_SKEW] = "clock-skew",
    [ANSWER_CONFLICT] = "conflict",
    [ANSWER_INVALID] = "invalid",
    [ANSWER_SERVER] = "server",
    [ANSWER_NETWORK] = "network",
    [ANSWER_MALFORMED] = "malformed",
};

const char *answer_class_name(enum answer_class c)
{
    return class_names[c];
}

struct code_row {
    const char *code; /* '*' matches any run */
    enum service service;
    enum answer_class class;
};

/* The first match counts, so the meaning in one service precedes the general one. */
static const struct code_row codes[] = {
    /* In these two services it is a resource quota, and waiting does not help. */
    {"LimitExceededException", SVC_KMS, ANSWER_INVALID},
    {"LimitExceededException", SVC_BACKUP, ANSWER_INVALID},
    {"Throttling", ANY_SERVICE, ANSWER_THROTTLED},
    {"ThrottlingException", ANY_SERVICE, ANSWER_THROTTLED},
    {"ThrottledException", ANY_SERVICE, ANSWER_THROTTLED},
    {"RequestThrottledException", ANY_SERVICE, ANSWER_THROTTLED},
    {"RequestThrottled", ANY_SERVICE, ANSWER_THROTTLED},
    {"TooManyRequests", ANY_SERVICE, ANSWER_THROTTLED},
    {"TooManyRequestsException", ANY_SERVICE, ANSWER_THROTTLED},
    {"ProvisionedThroughputExceededException", ANY_SERVICE, ANSWER_THROTTLED},
    {"TransactionInProgressException", ANY_SERVICE, ANSWER_THROTTLED},
    {"RequestLimitExceeded", ANY_SERVICE, ANSWER_THROTTLED},
    {"BandwidthLimitExceeded", ANY_SERVICE, ANSWER_THROTTLED},
    {"LimitExceededException", ANY_SERVICE, ANSWER_THROTTLED},
    {"SlowDown", ANY_SERVICE, ANSWER_THROTTLED},
    {"PriorRequestNotComplete", ANY_SERVICE, ANSWER_THROTTLED},
    {"EC2ThrottledException", ANY_SERVICE, ANSWER_THROTTLED},

    {"RequestTimeout", ANY_SERVICE, ANSWER_SERVER},
    {"RequestTimeoutException", ANY_SERVICE, ANSWER_SERVER},
    {"InternalError", ANY_SERVICE, ANSWER_SERVER},
    {"InternalFailure", ANY_SERVICE, ANSWER_SERVER},
    {"InternalServer*", ANY_SERVICE, ANSWER_SERVER},
    {"ServiceUnavailable*", ANY_SERVICE, ANSWER_SERVER},
    {"Unavailable", SVC_EC2, ANSWER_SERVER},
    {"IDPCommunicationError", SVC_STS, ANSWER_SERVER},
    {"KMSInternalException", SVC_KMS, ANSWER_SERVER},
    {"DependencyTimeoutException", ANY_SERVICE, ANSWER_SERVER},
    {"ServiceException", SVC_ORGANIZATIONS, ANSWER_SERVER},

    {"RegionDisabledException", ANY_SERVICE, ANSWER_REGION_UNAVAILABLE},
    {"OptInRequired", ANY_SERVICE, ANSWER_REGION_UNAVAILABLE},
    {"NotSignedUp", SVC_S3, ANSWER_REGION_UNAVAILABLE},

    {"AccessDenied", ANY_SERVICE, ANSWER_DENIED},
    {"AccessDeniedException", ANY_SERVICE, ANSWER_DENIED},
    {"AccessDeniedForDependencyException", ANY_SERVICE, ANSWER_DENIED},
    {"UnauthorizedOperation", ANY_SERVICE, ANSWER_DENIED},
    {"UnauthorizedException", ANY_SERVICE, ANSWER_DENIED},
    {"NotAuthorized", ANY_SERVICE, ANSWER_DENIED},
    {"AuthorizationError", ANY_SERVICE, ANSWER_DENIED},
    {"AllAccessDisabled", ANY_SERVICE, ANSWER_DENIED},

    {"ExpiredToken", ANY_SERVICE, ANSWER_EXPIRED},
    {"ExpiredTokenException", ANY_SERVICE, ANSWER_EXPIRED},
    {"TokenRefreshRequired", ANY_SERVICE, ANSWER_EXPIRED},

    {"RequestTimeTooSkewed", ANY_SERVICE, ANSWER_CLOCK_SKEW},
    {"RequestExpired", ANY_SERVICE, ANSWER_CLOCK_SKEW},
    {"RequestInTheFuture", ANY_SERVICE, ANSWER_CLOCK_SKEW},

    {"UnrecognizedClientException", ANY_SERVICE, ANSWER_BAD_CREDENTIALS},
    {"InvalidClientTokenId", ANY_SERVICE, ANSWER_BAD_CREDENTIALS},
    {"InvalidAccessKeyId", ANY_SERVICE, ANSWER_BAD_CREDENTIALS},
    {"InvalidToken", SVC_S3, ANSWER_BAD_CREDENTIALS},
    {"AuthFailure", ANY_SERVICE, ANSWER_BAD_CREDENTIALS},
    {"SignatureDoesNotMatch", ANY_SERVICE, ANSWER_BAD_CREDENTIALS},
    {"InvalidSignatureException", ANY_SERVICE, ANSWER_BAD_CREDENTIALS},
    {"IncompleteSignature*", ANY_SERVICE, ANSWER_BAD_CREDENTIALS},
    {"MissingAuthenticationToken*", ANY_SERVICE, ANSWER_BAD_CREDENTIALS},

    {"ConflictException", ANY_SERVICE, ANSWER_CONFLICT},
    {"ConcurrentModification", ANY_SERVICE, ANSWER_CONFLICT},
    {"ConcurrentModificationException", ANY_SERVICE, ANSWER_CONFLICT},
    {"FinalizingOrganizationException", SVC_ORGANIZATIONS, ANSWER_CONFLICT},
    {"PolicyChangesInProgressException", SVC_ORGANIZATIONS, ANSWER_CONFLICT},
    {"OperationAborted", SVC_S3, ANSWER_CONFLICT},
    {"ResourceInUseException", SVC_DYNAMODB, ANSWER_CONFLICT},

    {"NoSuch*", ANY_SERVICE, ANSWER_NOT_FOUND},
    {"*NotFound", ANY_SERVICE, ANSWER_NOT_FOUND},
    {"*NotFoundFault", ANY_SERVICE, ANSWER_NOT_FOUND},
    {"*NotFoundException", ANY_SERVICE, ANSWER_NOT_FOUND},
};

static const struct {
    int status;
    enum answer_class class;
} statuses[] = {
    {401, ANSWER_DENIED}, {403, ANSWER_DENIED},   {404, ANSWER_NOT_FOUND},
    {408, ANSWER_SERVER}, {409, ANSWER_CONFLICT}, {429, ANSWER_THROTTLED},
};

static enum answer_class class_by_status(int status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        if (statuses[i].status == status) {
            return statuses[i].class;
        }
    }
    return status >= 500 ? ANSWER_SERVER : ANSWER_INVALID;
}

/* Some codes are distinguished only by the message. */
static enum answer_class class_by_words(enum answer_class class, const char *message)
{
    static const struct {
        enum answer_class from, to;
        const char *words;
    } rows[] = {
        {ANSWER_DENIED, ANSWER_REGION_DENY, "*explicit deny in a service control policy*"},
        {ANSWER_BAD_CREDENTIALS, ANSWER_CLOCK_SKEW, "*Signature expired*"},
        {ANSWER_BAD_CREDENTIALS, ANSWER_CLOCK_SKEW, "*Signature not yet current*"},
        {ANSWER_DENIED, ANSWER_EXPIRED, "*security token*expired*"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].from == class && str_glob(rows[i].words, message)) {
            return rows[i].to;
        }
    }
    return class;
}

static enum answer_class class_by_code(const struct op *op, int status, const char *code,
                                       const char *message)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if ((codes[i].service == ANY_SERVICE || codes[i].service == op->service) &&
            str_glob(codes[i].code, code)) {
            return class_by_words(codes[i].class, message);
        }
    }
    return class_by_status(status);
}

/* restJson: "prefix#Code:http://..." means Code; EC2 may say "Client.Code". */
static void keep_code(struct answer_error *out, const char *code)
{
    struct text safe;
    size_t length = strcspn(code, ":");
    for (size_t i = length; i > 0; i--) {
        if (code[i - 1] == '#') {
            code += i;
            length -= i;
            break;
        }
    }
    if (str_starts(code, "Client.") || str_starts(code, "Server.")) {
        code += 7;
        length -= 7;
    }
    text_init(&safe, 4 * sizeof out->code);
    text_add_printable(&safe, code, length < sizeof out->code ? length : sizeof out->code - 1);
    snprintf(out->code, sizeof out->code, "%s", text_str(&safe));
    text_release(&safe);
}

static void keep_message(struct answer_error *out, const char *message)
{
    struct text safe;
    size_t length = strnlen(message, sizeof out->message - 1);
    text_init(&safe, 4 * sizeof out->message);
    text_add_printable(&safe, message, length);
    snprintf(out->message, sizeof out->message, "%s", text_str(&safe));
    text_release(&safe);
}

static const char *first_string(const json_t *body, const char *const *paths)
{
    for (; *paths != NULL; paths++) {
        if (jx_str(body, *paths) != NULL) {
            return jx_str(body, *paths);
        }
    }
    return NULL;
}

/* Code and message of an error body; false when it does not follow the protocol. */
static bool read_json_error(const char *body, size_t length, struct answer_error *out)
{
    static const char *const code_paths[] = {"__type", "code", "Code", NULL};
    static const char *const message_paths[] = {"message", "Message", "errorMessage", NULL};
    const char *problem = NULL;
    json_t *json = jx_parse(body, length, &problem);
    bool good = json_is_object(json);
    const char *code = first_string(json, code_paths);
    const char *message = first_string(json, message_paths);
    if (out->code[0] == '\0' && code != NULL) {
        keep_code(out, code);
    }
    if (message != NULL) {
        keep_message(out, message);
    }
    json_decref(json);
    return good;
}

static bool read_xml_error(const struct op *op, const char *body, size_t length,
                           struct answer_error *out)
{
    static const struct {
        const char *root, *error;
    } shapes[] = {{"ErrorResponse", "Error"}, {"Response", "Errors.Error"}, {"Error", ""}};
    struct err ignored = ERR_INIT;
    char *root = NULL;
    json_t *content = NULL;
    bool good = false;
    if (xml_parse(op->service, body, length, &root, &content, &ignored) < 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const json_t *error = jx_get(content, shapes[i].error);
        const char *code = jx_str(error, "Code");
        if (strcmp(root, shapes[i].root) == 0 && code != NULL) {
            keep_code(out, code);
            keep_message(out, jx_str_or(error, "Message", ""));
            good = true;
        }
    }
    free(root);
    json_decref(content);
    return good;
}

static size_t skip_blank(const char *body, size_t length)
{
    size_t at = 0;
    while (at < length && memchr(" \t\r\n", body[at], 4) != NULL) {
        at++;
    }
    return at;
}

/* Checks only both ends of a successful answer: the body is parsed once, by its user. */
static bool looks_whole(const struct op *op, const char *body, size_t length)
{
    size_t start = skip_blank(body, length);
    if (start == length) {
        return true;
    }
    while (memchr(" \t\r\n", body[length - 1], 4) != NULL) {
        length--;
    }
    bool xml = service_speaks_xml(op->service);
    if (body[start] != (xml ? '<' : '{') || body[length - 1] != (xml ? '>' : '}')) {
        return false;
    }
    static const char *const pages[] = {"<!DOCTYPE", "<!doctype", "<html", "<HTML"};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        size_t size = strlen(pages[i]);
        if (length - start >= size && memcmp(body + start, pages[i], size) == 0) {
            return false;
        }
    }
    return true;
}

static void set_foreign_message(int http_status, struct answer_error *out)
{
    snprintf(out->message, sizeof out->message, "HTTP %d with a body that is not an answer of AWS",
             http_status);
}

void answer_classify(const struct op *op, int http_status, const char *headers_code,
                     const char *body, size_t length, struct answer_error *out)
{
    out->code[0] = out->message[0] = '\0';
    if (http_status == 0) {
        out->class = ANSWER_NETWORK;
        return;
    }
    if (http_status >= 200 && http_status < 300) {
        out->class = looks_whole(op, body, length) ? ANSWER_OK : ANSWER_MALFORMED;
        if (out->class == ANSWER_MALFORMED) {
            set_foreign_message(http_status, out);
        }
        return;
    }
    if (headers_code != NULL && *headers_code != '\0') {
        keep_code(out, headers_code);
    }
    bool empty = skip_blank(body, length) == length;
    bool good = empty || (service_speaks_xml(op->service) ? read_xml_error(op, body, length, out)
                                                          : read_json_error(body, length, out));
    if (out->code[0] != '\0') {
        out->class = class_by_code(op, http_status, out->code, out->message);
    } else if (good || http_status >= 500 || http_status == 429) {
        /* A 5xx page of a load balancer is still a temporary failure. */
        out->class = class_by_status(http_status);
    } else {
        out->class = ANSWER_MALFORMED;
    }
    if (!good && out->message[0] == '\0') {
        set_foreign_message(http_status, out);
    }
}

enum answer_class answer_class_in_region(enum answer_class class, const char *region)
{
    return class == ANSWER_BAD_CREDENTIALS && region_is_opt_in(region) ? ANSWER_REGION_UNAVAILABLE
                                                                       : class;
}
