/* A scan of a small organization whose answers are a script; a test puts its own replies before
 * them. */
#ifndef TOWERKEEP_COLLECT_SCAN_H
#define TOWERKEEP_COLLECT_SCAN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "aws/client.h"
#include "base/jsonx.h"
#include "collect/collect.h"
#include "stub_server.h"

#define HOME "eu-central-1"
#define AWAY "eu-west-1"
#define MGMT "111122221111"
#define CENTRAL "111122224444"
#define PROD "222233330011"
#define ZONE_ARN "arn:aws:controltower:" HOME ":" MGMT ":landingzone/1A2B"
#define KEY_ID "mrk-0123456789abcdef0123456789abcdef"

#define REPLY(words, code, text)                                                                   \
    {                                                                                              \
        .when = (words), .status = (code), .body = (text)                                          \
    }
#define ONCE(words, code, text)                                                                    \
    {                                                                                              \
        .when = (words), .times = 1, .status = (code), .body = (text)                              \
    }
#define OK(words, text) REPLY(words, 200, text)
#define REFUSED(words, code) REPLY(words, 400, "{\"__type\":\"" code "\",\"message\":\"no\"}")
#define REFUSED_XML(words, status, code)                                                           \
    REPLY(words, status,                                                                           \
          "<ErrorResponse><Error><Code>" code "</Code><Message>no</Message></Error>"               \
          "<RequestId>r</RequestId></ErrorResponse>")
#define REFUSED_EC2(words, status, code)                                                           \
    REPLY(words, status,                                                                           \
          "<Response><Errors><Error><Code>" code "</Code><Message>no</Message></Error></Errors>"   \
          "<RequestID>r</RequestID></Response>")
#define XML(operation, inner)                                                                      \
    "<" operation "Response><" operation "Result>" inner "</" operation "Result></" operation      \
    "Response>"
#define XML_EC2(operation, inner) "<" operation "Response>" inner "</" operation "Response>"
#define SCRIPT_END                                                                                 \
    {                                                                                              \
        .when = ""                                                                                 \
    }
#define IDENTITY_OF(account, arn)                                                                  \
    "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"              \
    "<GetCallerIdentityResult><Arn>" arn "</Arn><UserId>A</UserId><Account>" account               \
    "</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
#define SESSION_OF(token)                                                                          \
    "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>"   \
    "<Credentials><AccessKeyId>ASIAEXAMPLE000000001</AccessKeyId><SecretAccessKey>s"               \
    "</SecretAccessKey><SessionToken>" token "</SessionToken>"                                     \
    "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>"               \
    "</AssumeRoleResponse>"
#define MANIFEST(regions)                                                                          \
    "{\"landingZone\":{\"arn\":\"" ZONE_ARN "\",\"status\":\"ACTIVE\",\"version\":\"3.3\","        \
    "\"manifest\":{\"governedRegions\":" regions ",\"backup\":{\"configurations\":{"               \
    "\"centralBackup\":{\"accountId\":\"" CENTRAL "\"},\"backupAdmin\":{\"accountId\":\"" PROD     \
    "\"},\"kmsKeyArn\":\"arn:aws:kms:" HOME ":" MGMT ":key/" KEY_ID "\"}}}}}"

/* The management account, the central backup account and one more, all in one OU. */
static const struct stub_reply scan_answers[] = {
    OK("Action=GetCallerIdentity*token=central ",
       IDENTITY_OF(CENTRAL, "arn:aws:sts::" CENTRAL ":assumed-role/AWSControlTowerExecution/t")),
    OK("Action=GetCallerIdentity*token=prod ",
       IDENTITY_OF(PROD, "arn:aws:sts::" PROD ":assumed-role/AWSControlTowerExecution/t")),
    OK("Action=GetCallerIdentity", IDENTITY_OF(MGMT, "arn:aws:iam::" MGMT ":user/towerkeep")),
    OK("Action=AssumeRole*" CENTRAL, SESSION_OF("central")),
    OK("Action=AssumeRole*" PROD, SESSION_OF("prod")),
    OK(".DescribeOrganization ", "{\"Organization\":{\"Id\":\"o-exampleorg1\","
                                 "\"MasterAccountId\":\"" MGMT "\"}}"),
    OK(".ListRoots ", "{\"Roots\":[{\"Id\":\"r-1\"}]}"),
    OK(".ListOrganizationalUnitsForParent *r-1", "{\"OrganizationalUnits\":[{\"Id\":\"ou-1\","
                                                 "\"Name\":\"Workloads\"}]}"),
    OK(".ListAccountsForParent *r-1", "{\"Accounts\":[{\"Id\":\"" MGMT "\"}]}"),
    OK(".ListAccountsForParent *ou-1",
       "{\"Accounts\":[{\"Id\":\"" CENTRAL "\"},{\"Id\":\"" PROD "\"}]}"),
    OK(".ListAccounts ",
       "{\"Accounts\":[{\"Id\":\"" MGMT "\",\"State\":\"ACTIVE\"},{\"Id\":\"" CENTRAL
       "\",\"State\":\"ACTIVE\"},{\"Id\":\"" PROD "\",\"State\":\"ACTIVE\"}]}"),
    OK("/list-landingzones*region=" HOME, "{\"landingZones\":[{\"arn\":\"" ZONE_ARN "\"}]}"),
    OK("/get-landingzone ", MANIFEST("[\"" HOME "\",\"" AWAY "\"]")),
    OK("Action=DescribeVolumes", XML_EC2("DescribeVolumes", "")),
    OK("Action=DescribeInstances", XML_EC2("DescribeInstances", "")),
    OK("Action=DescribeRegions", XML_EC2("DescribeRegions", "")),
    OK("Action=DescribeDBInstances", XML("DescribeDBInstances", "")),
    OK("Action=DescribeDBClusters", XML("DescribeDBClusters", "")),
    OK("Action=ListAttachedRolePolicies", XML("ListAttachedRolePolicies", "")),
    REFUSED_XML("Action=GetRole", 404, "NoSuchEntity"),
    OK("GET / ", "<ListAllMyBucketsResult></ListAllMyBucketsResult>"),
    REFUSED(".DescribeKey ", "NotFoundException"),
    REFUSED(".DescribeResourcePolicy ", "ResourcePolicyNotFoundException"),
    OK(NULL, "{}"),
};

struct scan {
    struct stub stub;
    struct stub_reply script[STUB_SCRIPT_MAX];
    struct aws_client *client;
    struct store *store;
    struct config config;
    struct collect_options options;
    char path[64];
    volatile sig_atomic_t stop;
    int told; /* how often progress was */
    struct err err;
};

static inline void scan_connect(struct scan *s)
{
    struct creds_source source = {
        .base = {.access_key_id = "AKIAMGMT00000000DEMO", .secret = xstrdup("demo-secret")}};
    const struct aws_options options = {.read_only = true,
                                        .endpoints.override_all = s->stub.url,
                                        .max_attempts = 1,
                                        .unpaced = true,
                                        .jitter_seed = 7,
                                        .rate_share = 1};
    if (aws_client_new(&options, &source, &s->client, &s->err) != 0 ||
        aws_client_open(s->client, HOME, &s->err) != 0) {
        fail_msg("%s", s->err.text);
    }
    creds_source_release(&source);
}

/* `replies` ends with SCRIPT_END; NULL: none. */
static inline void scan_begin(struct scan *s, const struct stub_reply *replies)
{
    size_t count = 0;
    memset(s, 0, sizeof *s);
    for (; replies != NULL && (replies->when == NULL || replies->when[0] != '\0'); replies++) {
        s->script[count++] = *replies;
    }
    assert_true(count + sizeof scan_answers / sizeof scan_answers[0] < STUB_SCRIPT_MAX);
    memcpy(s->script + count, scan_answers, sizeof scan_answers);
    s->script[count + sizeof scan_answers / sizeof scan_answers[0]].when = "";
    stub_start(&s->stub, s->script, NULL, NULL);
    (void)snprintf(s->path, sizeof s->path, "/tmp/towerkeep-collect-XXXXXX");
    int file = mkstemp(s->path);
    assert_true(file >= 0);
    (void)close(file);
    (void)unlink(s->path);
    scan_connect(s);
    if (store_create(s->path, &s->store, &s->err) != 0 ||
        config_load(NULL, &s->config, &s->err) != 0) {
        fail_msg("%s", s->err.text);
    }
    s->options = (struct collect_options){
        .config = &s->config, .hint_region = HOME, .context = s, .stop = &s->stop};
}

static inline int scan_run(struct scan *s)
{
    s->err = (struct err)ERR_INIT;
    return collect_run(s->client, s->store, &s->options, &s->err);
}

/* The scan is interrupted when such a request comes: its task stays open. */
static inline void scan_stop_at(struct scan *s, const char *when)
{
    s->stub.stop = &s->stop;
    s->stub.stop_at = when;
    assert_int_equal(scan_run(s), -1);
    assert_int_equal(s->err.code, ERR_INTERRUPTED);
}

/* The rest of a scan that was interrupted, as a new process would. */
static inline int scan_resume(struct scan *s)
{
    aws_client_free(s->client);
    scan_connect(s);
    s->stop = 0;
    s->stub.stop_at = NULL;
    return scan_run(s);
}

static inline void scan_end(struct scan *s)
{
    store_close(s->store);
    aws_client_free(s->client);
    stub_stop(&s->stub);
    config_release(&s->config);
    (void)unlink(s->path);
}

/* A whole scan that must succeed. */
static inline void scan_all(struct scan *s, const struct stub_reply *replies)
{
    scan_begin(s, replies);
    if (scan_run(s) != 0) {
        fail_msg("%s", s->err.text);
    }
}

struct scan_count {
    const char *operation, *account, *region, *class;
    int64_t count, first, last;
};

static inline bool scan_fits(const char *wanted, const char *is)
{
    return wanted == NULL || strcmp(wanted, is) == 0;
}

static inline int scan_count_call(void *context, int64_t id, const struct fact *f)
{
    struct scan_count *c = context;
    if (scan_fits(c->operation, f->operation) && scan_fits(c->account, f->account) &&
        scan_fits(c->region, f->region)) {
        c->first = c->count == 0 ? id : c->first;
        c->last = id;
        c->count++;
    }
    return 0;
}

/* The answered calls; account and region NULL: any. */
static inline struct scan_count scan_calls(struct scan *s, const char *operation,
                                           const char *account, const char *region)
{
    struct scan_count c = {.operation = operation, .account = account, .region = region};
    assert_int_equal(store_each_fact(s->store, 0, scan_count_call, &c, &s->err), 0);
    return c;
}

static inline int scan_count_error(void *context, int64_t id, const struct gap *g)
{
    struct scan_count *c = context;
    (void)id;
    c->count += scan_fits(c->operation, g->operation) && scan_fits(c->account, g->account) &&
                        scan_fits(c->region, g->region) && scan_fits(c->class, g->class)
                    ? 1
                    : 0;
    return 0;
}

/* The collection errors; NULL: any. */
static inline int64_t scan_errors(struct scan *s, const char *operation, const char *account,
                                  const char *region, const char *class)
{
    struct scan_count c = {
        .operation = operation, .account = account, .region = region, .class = class};
    assert_int_equal(store_each_gap(s->store, scan_count_error, &c, &s->err), 0);
    return c.count;
}

static inline int scan_print_error(void *context, int64_t id, const struct gap *g)
{
    (void)context;
    (void)id;
    print_error("%s in %s/%s %s: %s: %s %s\n", g->operation, g->account, g->region, g->target,
                g->class, g->code, g->message);
    return 0;
}

/* There are so many collection errors; prints them when not. */
static inline void scan_has_errors(struct scan *s, int64_t count)
{
    int64_t found = scan_errors(s, NULL, NULL, NULL, NULL);
    if (found != count) {
        (void)store_each_gap(s->store, scan_print_error, NULL, &s->err);
    }
    assert_int_equal(found, count);
}

/* What was kept under that key; yours, NULL: nothing. */
static inline json_t *scan_entity(struct scan *s, const char *kind, const char *account,
                                  const char *region, const char *key)
{
    json_t *document = NULL;
    assert_int_equal(
        store_get_entity(s->store, kind, account, region, key, &document, NULL, &s->err), 0);
    return document;
}

static inline bool scan_kept(struct scan *s, const char *kind, const char *account,
                             const char *region, const char *key)
{
    json_t *document = scan_entity(s, kind, account, region, key);
    bool kept = document != NULL;
    json_decref(document);
    return kept;
}

/* A member of an entity that must be there. */
static inline void scan_member_is(struct scan *s, const char *const entity[4], const char *path,
                                  const char *expected)
{
    json_t *document = scan_entity(s, entity[0], entity[1], entity[2], entity[3]);
    assert_non_null(document);
    assert_string_equal(jx_str_or(document, path, ""), expected);
    json_decref(document);
}

#endif
