/*
 * A tiny AWS with a memory, for tests of apply: keys that are enabled, one account that is created,
 * resources that are tagged. How a key behaves is its name: "conflict-3" conflicts three times.
 */
#ifndef TOWERKEEP_APPLY_CLOUD_H
#define TOWERKEEP_APPLY_CLOUD_H

#include "base/jsonx.h"
#include "loopback.h"

#include <jansson.h>

#define CALLER "111122221111"
#define ORGANIZATION "o-exampleorg1"

struct cloud {
    struct loopback server;
    char url[64];
    json_t *keys;   /* name -> {"enabled": bool, "asked": n, "enables": n, "effects": n} */
    json_t *calls;  /* operation -> n */
    json_t *tagged; /* arn -> true */
    json_t *own;    /* arn -> the tags that the service itself was given last */
    json_t *there;  /* the tags that it says are there; NULL: it denies access */
    int accounts_created, describes;
    bool account_fails;        /* the operation ends FAILED, once */
    bool lose_next_create;     /* the answer to CreateAccount is lost */
    int busy;                  /* answers that say a Control Tower operation runs */
    int running, most_running; /* EnableKey sent and not shown yet, of lane keys */
    bool expired;
};

struct cloud_reply {
    int status; /* 0: the connection is closed */
    json_t *json;
};

static int cloud_number(json_t *object, const char *key, int more)
{
    int value = (int)json_integer_value(json_object_get(object, key)) + more;
    json_object_set_new(object, key, json_integer(value));
    return value;
}

static json_t *cloud_key(struct cloud *c, const char *name)
{
    json_t *key = json_object_get(c->keys, name);
    if (key == NULL) {
        key = json_pack("{s:b}", "enabled", strncmp(name, "true", 4) == 0);
        json_object_set_new(c->keys, name, key);
    }
    return key;
}

static struct cloud_reply cloud_error(int status, const char *code)
{
    return (struct cloud_reply){status, json_pack("{s:s, s:s}", "__type", code, "message", "no")};
}

static struct cloud_reply cloud_enable(struct cloud *c, const char *name)
{
    json_t *key = cloud_key(c, name);
    int times = cloud_number(key, "enables", 1);
    const char *dash = strrchr(name, '-');
    long number = dash != NULL ? strtol(dash + 1, NULL, 10) : 0;
    if (strncmp(name, "conflict", 8) == 0 && times <= number) {
        return cloud_error(400, "ConflictException");
    }
    if (strncmp(name, "denied", 6) == 0) {
        return cloud_error(400, "AccessDeniedException");
    }
    if (strncmp(name, "expired", 7) == 0 && times == 1) {
        return cloud_error(400, "ExpiredTokenException");
    }
    if (strncmp(name, "unsent", 6) == 0 && times == 1) {
        return (struct cloud_reply){0, NULL};
    }
    json_object_set_new(key, "enabled", json_true());
    cloud_number(key, "effects", 1);
    if (strncmp(name, "lost", 4) == 0 && times == 1) {
        return (struct cloud_reply){0, NULL};
    }
    if (strncmp(name, "exists", 6) == 0) {
        return cloud_error(400, "AlreadyExistsException");
    }
    if (strncmp(name, "lane", 4) == 0) {
        c->running++;
        c->most_running = c->running > c->most_running ? c->running : c->most_running;
    }
    return (struct cloud_reply){200, json_object()};
}

/* "late" keys show that they are enabled at the third look only. */
static struct cloud_reply cloud_describe(struct cloud *c, const char *name)
{
    json_t *key = cloud_key(c, name);
    bool enabled = json_is_true(json_object_get(key, "enabled"));
    if (strncmp(name, "gone", 4) == 0) {
        return cloud_error(400, "NotFoundException");
    }
    if (enabled && strncmp(name, "late", 4) == 0 && cloud_number(key, "asked", 1) < 3) {
        enabled = false;
    }
    if (strncmp(name, "never", 5) == 0) {
        enabled = false;
    }
    if (enabled && strncmp(name, "lane", 4) == 0 && cloud_number(key, "asked", 1) == 1) {
        c->running--;
    }
    return (struct cloud_reply){
        200, json_pack("{s:{s:s, s:b}}", "KeyMetadata", "KeyId", name, "Enabled", enabled)};
}

static struct cloud_reply cloud_create_account(struct cloud *c)
{
    c->accounts_created++;
    if (c->lose_next_create) {
        c->lose_next_create = false;
        return (struct cloud_reply){0, NULL};
    }
    return (struct cloud_reply){200, json_pack("{s:{s:s, s:s}}", "CreateAccountStatus", "Id",
                                               "car-1", "State", "IN_PROGRESS")};
}

static struct cloud_reply cloud_account_status(struct cloud *c)
{
    bool ended = ++c->describes % 3 == 0;
    if (ended && c->account_fails) {
        c->account_fails = false;
        c->accounts_created = 0;
        return (struct cloud_reply){200, json_pack("{s:{s:s, s:s, s:s}}", "CreateAccountStatus",
                                                   "Id", "car-1", "State", "FAILED",
                                                   "FailureReason", "EMAIL_ALREADY_EXISTS")};
    }
    return (struct cloud_reply){200,
                                json_pack("{s:{s:s, s:s, s:s*}}", "CreateAccountStatus", "Id",
                                          "car-1", "State", ended ? "SUCCEEDED" : "IN_PROGRESS",
                                          "AccountId", ended ? "222233330001" : NULL)};
}

static struct cloud_reply cloud_lists(struct cloud *c, const char *operation)
{
    bool made = c->accounts_created > 0;
    if (strcmp(operation, "ListAccounts") == 0) {
        json_t *rows = json_array();
        if (made && c->describes >= 3) {
            json_array_append_new(rows,
                                  json_pack("{s:s, s:s}", "Id", "222233330001", "Name", "Backup"));
        }
        return (struct cloud_reply){200, json_pack("{s:o}", "Accounts", rows)};
    }
    json_t *rows = json_array();
    if (made) {
        json_array_append_new(rows, json_pack("{s:s, s:s, s:s}", "Id", "car-1", "AccountName",
                                              "Backup", "State", "IN_PROGRESS"));
    }
    return (struct cloud_reply){200, json_pack("{s:o}", "CreateAccountStatuses", rows)};
}

static struct cloud_reply cloud_tag(struct cloud *c, const json_t *input)
{
    json_t *failed = json_object();
    const json_t *list = json_object_get(input, "ResourceARNList");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *arn = json_string_value(json_array_get(list, i));
        if (strstr(arn, "bad") != NULL) {
            json_object_set_new(failed, arn, json_pack("{s:s}", "ErrorMessage", "not here"));
        } else {
            json_object_set_new(c->tagged, arn, json_true());
        }
    }
    return (struct cloud_reply){200, json_pack("{s:o}", "FailedResourcesMap", failed)};
}

/* The service's own calls: "bad" is taken, "worse" denied, "busy" in conflict the first time. */
static struct cloud_reply cloud_own_tag(struct cloud *c, const json_t *input)
{
    const char *arn = jx_str_or(input, "ResourceArn", "");
    if (strstr(arn, "worse") != NULL) {
        return cloud_error(400, "AccessDeniedException");
    }
    if (strstr(arn, "busy") != NULL && cloud_number(c->calls, arn, 1) == 1) {
        return cloud_error(400, "ConflictException");
    }
    json_object_set(c->own, arn, json_object_get(input, "Tags"));
    return (struct cloud_reply){200, json_object()};
}

static struct cloud_reply cloud_own_tags(const struct cloud *c)
{
    return c->there == NULL ? cloud_error(400, "AccessDeniedException")
                            : (struct cloud_reply){200, json_pack("{s:O}", "Tags", c->there)};
}

static struct cloud_reply cloud_control_tower(struct cloud *c, const char *path)
{
    if (strstr(path, "list-landingzone-operations") != NULL) {
        bool busy = c->busy > 0;
        c->busy -= busy ? 1 : 0;
        json_t *rows = json_array();
        if (busy) {
            json_array_append_new(
                rows, json_pack("{s:s, s:s}", "operationIdentifier", "x", "status", "IN_PROGRESS"));
        }
        return (struct cloud_reply){200, json_pack("{s:o}", "landingZoneOperations", rows)};
    }
    if (strstr(path, "get-landingzone") != NULL) {
        return (struct cloud_reply){200, json_pack("{s:{s:s, s:s, s:{}}}", "landingZone", "status",
                                                   "ACTIVE", "version", "4.0", "manifest")};
    }
    return (struct cloud_reply){200, json_pack("{s:[{s:s}]}", "landingZones", "arn",
                                               "arn:aws:controltower:eu-central-1:" CALLER
                                               ":landingzone/1A2B")};
}

static struct cloud_reply cloud_dispatch(struct cloud *c, const char *target, const char *path,
                                         const char *body)
{
    const char *problem = NULL;
    const char *operation = strrchr(target, '.');
    json_t *input = jx_parse(body, strlen(body), &problem);
    struct cloud_reply reply = {404, NULL};
    operation = operation != NULL ? operation + 1 : path;
    cloud_number(c->calls, operation, 1);
    if (strcmp(operation, "DescribeOrganization") == 0) {
        reply = (struct cloud_reply){200, json_pack("{s:{s:s, s:s}}", "Organization", "Id",
                                                    ORGANIZATION, "MasterAccountId", CALLER)};
    } else if (strcmp(operation, "EnableKey") == 0) {
        reply = cloud_enable(c, jx_str_or(input, "KeyId", ""));
    } else if (strcmp(operation, "DescribeKey") == 0) {
        reply = cloud_describe(c, jx_str_or(input, "KeyId", ""));
    } else if (strcmp(operation, "CreateAccount") == 0) {
        reply = cloud_create_account(c);
    } else if (strcmp(operation, "DescribeCreateAccountStatus") == 0) {
        reply = cloud_account_status(c);
    } else if (strcmp(operation, "ListTagsOfResource") == 0) {
        reply = cloud_own_tags(c);
    } else if (strcmp(operation, "TagResource") == 0) {
        reply = cloud_own_tag(c, input);
    } else if (strncmp(operation, "List", 4) == 0) {
        reply = cloud_lists(c, operation);
    } else if (strcmp(operation, "TagResources") == 0) {
        reply = cloud_tag(c, input);
    } else if (strstr(path, "landingzone") != NULL) {
        reply = cloud_control_tower(c, path);
    }
    json_decref(input);
    return reply;
}

static struct loopback_reply cloud_answer(void *context, const struct loopback_request *request)
{
    static const char identity[] =
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
        "<GetCallerIdentityResult><Arn>arn:aws:iam::" CALLER ":user/towerkeep</Arn>"
        "<UserId>AIDA</UserId><Account>" CALLER "</Account></GetCallerIdentityResult>"
        "</GetCallerIdentityResponse>";
    if (strstr(request->body, "Action=GetCallerIdentity") != NULL) {
        return (struct loopback_reply){.status = 200, .body = xstrdup(identity)};
    }
    struct cloud_reply reply =
        cloud_dispatch(context, request->target, request->path, request->body);
    struct loopback_reply out = {.status = reply.status,
                                 .body = reply.json != NULL ? jx_dump(reply.json) : NULL};
    json_decref(reply.json);
    return out;
}

static void cloud_start(struct cloud *c)
{
    memset(c, 0, sizeof *c);
    c->keys = json_object();
    c->calls = json_object();
    c->tagged = json_object();
    c->own = json_object();
    c->there = json_array();
    c->server.reply = cloud_answer;
    c->server.context = c;
    loopback_start(&c->server, NULL, NULL);
    memcpy(c->url, c->server.url, sizeof c->url);
}

static void cloud_stop(struct cloud *c)
{
    loopback_stop(&c->server);
    json_decref(c->keys);
    json_decref(c->calls);
    json_decref(c->tagged);
    json_decref(c->own);
    json_decref(c->there);
}

static int cloud_calls(const struct cloud *c, const char *operation)
{
    return (int)json_integer_value(json_object_get(c->calls, operation));
}

static int cloud_effects(const struct cloud *c, const char *key)
{
    return (int)jx_int(json_object_get(c->keys, key), "effects", 0);
}

#endif
