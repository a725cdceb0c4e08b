/*
 * What was backed up, and what of it reached the central account. Recovery points are many: of each
 * resource only the newest one in each Region's central vault is kept, and what is stuck there.
 */
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "crawl.h"
#include "model/arn.h"

/* The central account's list names whatever was copied into it, too: that is told by its vaults. A
 * bucket's ARN does not say whose it is. */
static bool is_own(const struct answer_page *p, const char *arn)
{
    struct arn parts;
    return !arn_parse(arn, &parts) || parts.account.length == 0 ||
           arn_part_is(parts.account, p->question->account);
}

static int keep_protected(const struct answer_page *p, struct err *err)
{
    return crawl_keep_raw_list(p, "Results", "ResourceArn", "protected", is_own, err);
}

struct newest { /* of one resource on one page */
    char *account, *region, *arn;
    double at; /* seconds since 1970 */
};

static void newest_free(void *value)
{
    struct newest *n = value;
    free(n->account);
    free(n->region);
    free(n->arn);
    free(n);
}

struct points { /* one page of a central vault */
    const struct answer_page *page;
    struct map *newest;    /* account/region/arn -> struct newest */
    const char *vault_key; /* ARN; NULL: unknown */
};

/* Where the resource lives: its vault's place says it even of a bucket, whose ARN does not. */
static void place_of(const json_t *point, char account[16], char region[40])
{
    struct arn parts;
    const char *arn = jx_str(point, "ResourceArn");
    const char *source = jx_str(point, "SourceBackupVaultArn");
    account[0] = region[0] = '\0';
    if (arn_parse(source != NULL ? source : arn, &parts)) {
        arn_part_copy(parts.account, account, 16);
        arn_part_copy(parts.region, region, 40);
    }
}

static void note_newest(struct points *points, const json_t *point, const char *arn)
{
    char account[16], region[40];
    double at = json_number_value(jx_get(point, "CreationDate"));
    place_of(point, account, region);
    char *key = xasprintf("%s/%s/%s", account, region, arn);
    struct newest *n = map_get(points->newest, key);
    if (n == NULL) {
        n = xcalloc(1, sizeof *n);
        n->account = xstrdup(account);
        n->region = xstrdup(region);
        n->arn = xstrdup(arn);
        map_set(points->newest, key, n);
    }
    n->at = at > n->at ? at : n->at;
    free(key);
}

static int keep_odd(const struct answer_page *p, const char *kind, const json_t *point,
                    const char *point_arn, struct err *err)
{
    char *key = xasprintf("%s/%s", p->question->target, point_arn);
    json_t *document = json_pack("{s:s}", "RecoveryPointArn", point_arn);
    jx_set_str(document, "ResourceArn", jx_str(point, "ResourceArn"));
    jx_set_str(document, "StatusMessage", jx_str(point, "StatusMessage"));
    jx_set_str(document, "EncryptionKeyArn", jx_str(point, "EncryptionKeyArn"));
    int rc = crawl_keep(p, kind, p->question->account, p->question->region, key, document, err);
    json_decref(document);
    free(key);
    return rc;
}

/* A copy without encryption, or under another key than the vault's. */
static int keep_exposed(const struct points *points, const json_t *point, const char *own,
                        struct err *err)
{
    const json_t *encrypted = jx_get(point, "IsEncrypted");
    const char *key = jx_str(point, "EncryptionKeyArn");
    if (json_is_false(encrypted)) {
        return keep_odd(points->page, "unencrypted-point", point, own, err);
    }
    bool other = key != NULL && points->vault_key != NULL && !str_equal(key, points->vault_key);
    return other ? keep_odd(points->page, "other-key-point", point, own, err) : 0;
}

static int read_point(void *context, const char *json, size_t length, struct err *err)
{
    struct points *points = context;
    const char *problem = NULL;
    json_t *point = jx_parse(json, length, &problem);
    const char *arn = jx_str(point, "ResourceArn"), *own = jx_str(point, "RecoveryPointArn");
    const char *status = jx_str_or(point, "Status", "");
    int rc = 0;
    if (arn == NULL || own == NULL) {
        rc = err_set(err, ERR_AWS,
                     "ListRecoveryPointsByBackupVault returned a point without its ARNs%s%s",
                     problem != NULL ? ": " : "", problem != NULL ? problem : "");
    } else if (strcmp(status, "EXPIRED") == 0) {
        /* Its time is over, and AWS Backup may not delete it. */
        rc = keep_odd(points->page, "expired-point", point, own, err);
    } else if (strcmp(status, "COMPLETED") == 0 || strcmp(status, "AVAILABLE") == 0) {
        note_newest(points, point, arn);
        rc = keep_exposed(points, point, own, err);
    }
    json_decref(point);
    return rc;
}

/* {"copies": {REGION OF THE VAULT: time of the newest}} of one resource. */
static int keep_newest(const struct answer_page *p, const struct newest *n, struct err *err)
{
    json_t *document = NULL;
    if (store_get_entity(p->crawl->store, "central-copy", n->account, n->region, n->arn, &document,
                         NULL, err) != 0) {
        return -1;
    }
    if (document == NULL) {
        document = json_pack("{s:{}}", "copies");
    }
    json_t *copies = json_object_get(document, "copies");
    const json_t *known = json_object_get(copies, p->question->region);
    int64_t known_ms = 0;
    if (known != NULL) {
        time_parse_iso(json_string_value(known), &known_ms);
    }
    int rc = 0;
    if ((int64_t)(n->at * 1000.0) > known_ms) {
        char at[TIME_ISO_SIZE];
        time_iso((int64_t)(n->at * 1000.0), at);
        json_object_set_new(copies, p->question->region, json_string(at));
        rc = crawl_keep(p, "central-copy", n->account, n->region, n->arn, document, err);
    }
    json_decref(document);
    return rc;
}

static int keep_points(const struct answer_page *p, struct err *err)
{
    const struct question *q = p->question;
    const struct crawl *crawl = p->crawl;
    /* A teardown that was told to delete them needs each one. */
    if (crawl_lists(crawl->options->recovery_point_vaults, q->target) &&
        crawl_keep_raw_list(p, "RecoveryPoints", "RecoveryPointArn", "recovery-point", NULL, err) !=
            0) {
        return -1;
    }
    if (!str_equal(q->account, crawl->central_backup)) {
        return 0;
    }
    json_t *vault = NULL;
    if (store_get_entity(p->crawl->store, "vault", q->account, q->region, q->target, &vault, NULL,
                         err) != 0) {
        return -1;
    }
    struct points points = {p, map_new(newest_free), jx_str(vault, "EncryptionKeyArn")};
    int rc = crawl_each_raw(p, "RecoveryPoints", read_point, &points, err);
    size_t cursor = 0;
    const char *key;
    void *value;
    while (rc == 0 && map_next(points.newest, &cursor, &key, &value)) {
        rc = keep_newest(p, value, err);
    }
    map_free(points.newest);
    json_decref(vault);
    return rc;
}

const struct collector protection_collectors[] = {
    {.phase = PHASE_MANAGEMENT,
     .seed = SEED_GOVERNED,
     .operation = "backup:ListProtectedResources",
     .keeps = {"protected"},
     .raw = true,
     .keep = keep_protected},
    {.phase = PHASE_MANAGEMENT,
     .operation = "backup:ListRecoveryPointsByBackupVault",
     .keeps = {"central-copy", "expired-point", "unencrypted-point", "other-key-point",
               "recovery-point"},
     .raw = true,
     .target = "BackupVaultName",
     .keep = keep_points},
    {.operation = NULL},
};
