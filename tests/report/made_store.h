/* Runs made by hand, each awkward in its own way. */
#ifndef TOWERKEEP_REPORT_MADE_STORE_H
#define TOWERKEEP_REPORT_MADE_STORE_H

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "made_organization.h"

#define MADE_HOSTILE_COUNT (sizeof made_hostile / sizeof made_hostile[0])

/* Names and messages that somebody chose to break a reader. */
static const char *const made_hostile[] = {
    "=1+1",
    "=HYPERLINK(\"http://example.test/\",\"click\")",
    "+49 30 1234",
    "-2+3",
    "@SUM(A1)",
    "a]]>b",
    "<c r=\"A1\"><f>1+1</f></c>",
    "&amp; & &#x41; \"quoted\" 'single'",
    "\x1b[31mred\x1b[0m\x07",
    "bad \xff\xfe utf-8 \xc3( \xed\xa0\x80 \xf4\x90\x80\x80",
    "two\nlines\r\nthree\rfour\ttab",
    "\xe2\x80\xaegnp.exe\xe2\x80\xac rtl \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
    "_x000D_ and _x0041_",
    "\xef\xbf\xbe\xef\xbf\xbf nonchar",
    "  spaces kept  ",
    "http://example.test/not-a-link",
    "<script>alert(1)</script>",
    "</script><!-- <img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)' x=\"",
    "`code` | *bold* [x](javascript:alert(1)) @here #1\n# head",
    "%s %n ${x} {{x}} \\ \\\"",
    " =1+1",
    "\xef\xbc\x9d"
    "1+1",
    "\t=1+1",
};

static inline void made_must(int result, const struct err *err)
{
    if (result < 0) {
        fprintf(stderr, "%s\n", err->text);
        abort();
    }
}

static inline void made_meta(struct store *s)
{
    static const char *const pairs[][2] = {{"run_id", "20261120T040000Z-0001"},
                                           {"version", "0.1.0"},
                                           {"started", "2026-11-20T04:00:00Z"},
                                           {"ended", "2026-11-20T04:30:00Z"},
                                           {"caller_arn", "arn:aws:iam::" MGMT ":user/auditor"},
                                           {"organization_id", "o-exampleorg1"},
                                           {"management_account", MGMT},
                                           {"partition", "aws"},
                                           {"calls", "{\"calls\":10,\"retries\":0,\"throttles\":0,"
                                                     "\"bytes\":4096}"},
                                           {"rules_digest", "00112233"},
                                           {"config_digest", "44556677"},
                                           {"program_digest", "ccddeeff"}};
    struct err err = ERR_INIT;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        made_must(store_meta_set(s, pairs[i][0], pairs[i][1], &err), &err);
    }
}

static inline void made_questions(struct store *s)
{
    static const char *const accounts[] = {MGMT, ADMIN, CENTRAL, LOGS, AUDIT, PROD};
    static const char *const regions[] = {HOME, AWAY};
    struct err err = ERR_INIT;
    int64_t id = 0;
    for (size_t i = 0; i < sizeof accounts / sizeof accounts[0]; i++) {
        for (size_t k = 0; k < 2; k++) {
            made_must(store_ask(s, "vaults", accounts[i], regions[k], "", &err), &err);
            made_must(store_question_close(s, ++id, QUESTION_ANSWERED, &err), &err);
        }
    }
}

static inline struct finding made_finding(const char *check, const char *subject,
                                          enum status status, enum severity severity, int step)
{
    struct finding f = {.check_id = check,
                        .title = "The thing is as it should be",
                        .scope = "account",
                        .subject = subject,
                        .status = status,
                        .severity = severity,
                        .step = step,
                        .account_id = PROD,
                        .account_name = "X Production",
                        .ou_path = "Workloads/Workloads X",
                        .region = HOME,
                        .resource_arn = "arn:aws:backup:" HOME ":" PROD ":backup-vault:v",
                        .resource_name = "v",
                        .expected = "on",
                        .observed = "off",
                        .detail = "",
                        .risk = "What is not backed up cannot be restored.",
                        .remediation = "Switch it on.",
                        .remedy = "opt-in",
                        .evidence = "1 2 3"};
    finding_make_id(check, f.scope, subject, f.id);
    return f;
}

/* One finding of every status in every step. */
static inline void made_findings(struct store *s)
{
    struct err err = ERR_INIT;
    for (int step = 0; step < 7; step++) {
        for (int status = 0; status < STATUS_COUNT; status++) {
            char check[16];
            (void)snprintf(check, sizeof check, "T%d-%02d", step, status);
            struct finding f = made_finding(check, PROD, (enum status)status,
                                            (enum severity)(step % SEVERITY_COUNT), step);
            f.waiver = status == STATUS_MUTED ? PROD "/T0-03" : "";
            made_must(store_finding(s, &f, &err), &err);
        }
    }
}

static inline void made_gap(struct store *s, const char *text)
{
    struct err err = ERR_INIT;
    const struct gap g = {.operation = "backup:ListBackupVaults",
                          .account = PROD,
                          .region = AWAY,
                          .target = text,
                          .class = "denied",
                          .code = "AccessDeniedException",
                          .message = text,
                          .wall_ms = 1795147200000,
                          .request_id = "r-1"};
    made_must(store_gap(s, &g, &err), &err);
}

/* The answers that findings and entities name as evidence. */
static inline void made_facts(struct store *s, int64_t count)
{
    struct err err = ERR_INIT;
    int64_t id = 0;
    for (int64_t i = 0; i < count; i++) {
        char digest[65], request[40];
        (void)snprintf(digest, sizeof digest, "%064llx", (unsigned long long)i + 1);
        (void)snprintf(request, sizeof request, "request-%lld", (long long)i + 1);
        const struct fact f = {.operation =
                                   i % 2 != 0 ? "backup:ListBackupVaults" : "kms:DescribeKey",
                               .account = i == 0 ? "" : PROD,
                               .region = HOME,
                               .target = i == 2 ? KEY_ID : "",
                               .request_id = request,
                               .wall_ms = 1795147200000 + i * 1000,
                               .digest = digest,
                               .bytes = 100,
                               .http_status = 200,
                               .attempts = i == 1 ? 2 : 1,
                               .throttles = i == 1 ? 1 : 0,
                               .page = 1};
        made_must(store_fact(s, &f, &id, &err), &err);
    }
}

static inline void made_meta_json(struct store *s, const char *key, json_t *value)
{
    struct err err = ERR_INIT;
    char *text = jx_dump(value);
    made_must(store_meta_set(s, key, text, &err), &err);
    free(text);
    json_decref(value);
}

static inline json_t *made_change(const char *name, const char *state, const char *message,
                                  json_t *before)
{
    json_t *change = json_pack(
        "{s:o, s:o, s:i, s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id",
        jx_string(name, strlen(name)), "title", jx_string(name, strlen(name)), "step", 4, "state",
        state, "message", jx_string(message, strlen(message)), "before", before, "after", "on",
        "operation", "backup:UpdateRegionSettings", "account", PROD, "region", HOME, "request_id",
        "r-9", "started", "2026-11-20T04:10:00Z", "ended", "2026-11-20T04:10:07Z", "plan",
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    return change;
}

/* One step of every end, and what the FIXED findings said before; of one nothing is known. */
static inline void made_changes(struct store *s)
{
    json_t *before = json_object(), *changes = json_array();
    for (int step = 0; step < 6; step++) {
        char check[16], id[FINDING_ID_SIZE], observed[32];
        (void)snprintf(check, sizeof check, "T%d-%02d", step, (int)STATUS_FIXED);
        (void)snprintf(observed, sizeof observed, "off in step %d", step);
        finding_make_id(check, "account", PROD, id);
        json_object_set_new(
            before, id,
            json_pack("{s:s, s:s, s:s}", "check_id", check, "subject", PROD, "observed", observed));
    }
    made_meta_json(s, "before", before);
    json_array_append_new(changes, made_change("opt-in/" PROD "/" HOME, "done", "read back",
                                               json_pack("{s:b}", "EBS", 0)));
    json_array_append_new(changes,
                          made_change("a/b", "failed", "AccessDenied", json_string("off")));
    json_array_append_new(changes,
                          made_change("c/d", "not attempted", "waits for a/b", json_string("off")));
    json_t *quiet = made_change("e/f", "already true", "already so", json_null());
    json_object_set_new(quiet, "request_id", json_string(""));
    json_object_set_new(quiet, "started", json_string(""));
    json_object_set_new(quiet, "ended", json_string(""));
    json_array_append_new(changes, quiet);
    made_meta_json(s, "changes", changes);
}

/* A waiver in every state, one without any words, and a framework in which all results occur. */
static inline void made_waivers(struct store *s)
{
    static const char *const states[] = {"ACTIVE", "EXPIRING", "EXPIRED", "UNUSED"};
    struct err err = ERR_INIT;
    json_t *waivers = json_array();
    for (int i = 0; i < 4; i++) {
        json_array_append_new(
            waivers,
            json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s, s:n}",
                      "name", PROD "/T0-03", "line", 5 + i, "account", PROD, "check", "T0-03",
                      "description", "=1+1", "owner", "Ann", "justification", "It is known.",
                      "ticket", "RISK-1", "approved_by", "Bob", "created", "2026-01-01", "expires",
                      "2026-12-31", "days_left", 41 - 30 * i, "matched", i, "state", states[i],
                      "problem"));
    }
    json_array_append_new(
        waivers, json_pack("{s:s, s:i, s:s, s:s, s:n, s:n, s:n, s:n, s:n, s:n, s:n, s:n, s:i, s:s, "
                           "s:s}",
                           "name", "*/*", "line", 99, "account", "*", "check", "*", "description",
                           "owner", "justification", "ticket", "approved_by", "created", "expires",
                           "days_left", "matched", 1, "state", "ACTIVE", "problem", "gave up"));
    made_meta_json(s, "waivers", waivers);
    made_must(store_meta_set(s, "waivers_digest", "8899aabb", &err), &err);
}

static inline void made_frameworks(struct store *s)
{
    json_t *requirements = json_array();
    for (int status = 0; status < STATUS_COUNT; status++) {
        char check[16];
        (void)snprintf(check, sizeof check, "T0-%02d", status);
        json_array_append_new(requirements, json_pack("{s:s, s:s, s:[{s:s, s:s}]}", "id", check,
                                                      "title", "A requirement", "checks", "id",
                                                      check, "rationale", "It shows."));
    }
    json_array_append_new(requirements,
                          json_pack("{s:s, s:s, s:[{s:s, s:s}]}", "id", "unjudged", "title",
                                    "Another", "checks", "id", "T9-99", "rationale", "It would."));
    json_array_append_new(requirements,
                          json_pack("{s:s, s:s, s:s, s:s}", "id", "bare", "title", "A third",
                                    "evidence", "none", "why", "Nobody can tell."));
    made_meta_json(s, "frameworks",
                   json_pack("[{s:s, s:s, s:s, s:s, s:o}]", "id", "f", "title", "A framework",
                             "version", "1", "source", "here", "requirements", requirements));
}

/* The runs before, getting better. */
static inline void made_trend(struct store *s)
{
    json_t *trend = json_array();
    for (int i = 0; i < 5; i++) {
        char id[16], ended[32];
        (void)snprintf(id, sizeof id, "run-%d", i);
        (void)snprintf(ended, sizeof ended, "2026-11-1%dT04:30:00Z", i);
        json_array_append_new(
            trend,
            json_pack("{s:s, s:s, s:s, s:{s:i, s:i, s:i, s:i, s:i, s:i, s:i}, s:i, s:i, s:i}",
                      "run_id", id, "ended", ended, "verdict", "INCOMPLETE", "by_status", "PASS",
                      10 + i, "FAIL", 30 - 3 * i, "MANUAL", 1, "MUTED", 2, "ERROR", 5 - i,
                      "NOT_APPLICABLE", 3, "FIXED", 0, "expected", 12, "reached", 8 + i, "gaps",
                      4 - i));
    }
    made_meta_json(s, "trend", trend);
}

static inline void made_small(struct store *s)
{
    world_build(s);
    made_meta(s);
    made_questions(s);
    made_facts(s, 60);
    made_findings(s);
    made_changes(s);
    made_waivers(s);
    made_frameworks(s);
    made_trend(s);
    made_gap(s, "User is not authorized to perform backup:ListBackupVaults");
}

static inline void made_bucket(struct store *s, const char *key, const char *value)
{
    struct err err = ERR_INIT;
    json_t *document =
        json_pack("{s:s, s:s, s:o, s:{s:o}}", "arn", "x", "type", "S3", "name",
                  jx_string(value, strlen(value)), "tags", "Name", jx_string(value, strlen(value)));
    char *json = jx_dump(document);
    const struct entity e = {.kind = "resource",
                             .account = PROD,
                             .region = HOME,
                             .key = key,
                             .json = json,
                             .json_length = strlen(json)};
    made_must(store_entity(s, &e, &err), &err);
    free(json);
    json_decref(document);
}

static inline void made_hostile_run(struct store *s)
{
    struct err err = ERR_INIT;
    world_build(s);
    made_meta(s);
    made_questions(s);
    made_facts(s, 60);
    json_t *changes = json_array();
    for (size_t i = 0; i < MADE_HOSTILE_COUNT; i++) {
        const char *said = made_hostile[i];
        json_array_append_new(changes,
                              made_change(said, "failed", said, jx_string(said, strlen(said))));
    }
    made_meta_json(s, "changes", changes);
    for (size_t i = 0; i < MADE_HOSTILE_COUNT; i++) {
        char subject[32], arn[64];
        const char *bad = made_hostile[i];
        (void)snprintf(subject, sizeof subject, "hostile-%02zu", i);
        (void)snprintf(arn, sizeof arn, "arn:aws:s3:::hostile-%02zu", i);
        struct finding f = made_finding("TAG-01", subject, STATUS_FAIL, SEVERITY_HIGH, 6);
        f.observed = f.account_name = f.ou_path = f.resource_name = f.resource_arn = bad;
        made_must(store_finding(s, &f, &err), &err);
        made_gap(s, bad);
        made_bucket(s, arn, bad);
    }
    /* 256 emoji, and more than a cell holds of them and of plain text. */
    char *emoji = xmalloc(4 * 40000 + 1), *plain = xmalloc(50001);
    for (size_t i = 0; i < 40000; i++) {
        memcpy(emoji + 4 * i, "\xf0\x9f\x97\x84", 4);
    }
    emoji[4 * 40000] = '\0';
    memset(plain, 'x', 50000);
    plain[50000] = '\0';
    char *some = xstrndup(emoji, (size_t)4 * 256);
    const char *const lengths[] = {some, emoji, plain};
    for (size_t i = 0; i < 3; i++) {
        char subject[32];
        (void)snprintf(subject, sizeof subject, "long-%02zu", i);
        struct finding f = made_finding("TAG-02", subject, STATUS_FAIL, SEVERITY_LOW, 6);
        f.observed = lengths[i];
        made_must(store_finding(s, &f, &err), &err);
    }
    free(some);
    free(emoji);
    free(plain);
}

static inline void made_many(struct store *s, long count)
{
    struct err err = ERR_INIT;
    world_build(s);
    made_meta(s);
    made_questions(s);
    made_facts(s, count / 2 + 3);
    for (long i = 0; i < count; i++) {
        char subject[64];
        (void)snprintf(subject, sizeof subject, "arn:aws:ec2:" HOME ":" PROD ":volume/vol-%08lx",
                       i);
        struct finding f = made_finding("TAG-01", subject, i % 7 == 0 ? STATUS_FAIL : STATUS_PASS,
                                        SEVERITY_MEDIUM, 6);
        char evidence[64];
        long listing = i / 40 * 20 + 1; /* many resources stand in one answer */
        (void)snprintf(evidence, sizeof evidence, "%ld %ld %ld", listing, listing + 1, listing + 2);
        f.resource_arn = subject;
        f.evidence = evidence;
        made_must(store_finding(s, &f, &err), &err);
    }
}

#endif
