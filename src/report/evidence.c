/* The evidence package: one file for each check, account and Region, with its findings, their API
 * calls, and the documents built from the answers. */
#include "report/evidence.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "out_json.h"
#include "report/report.h"

#define NAME_MAX_BYTES 100

struct package {
    struct store *store;
    const char *directory;
    struct err *err;
    struct out_json json; /* onto the file of the place at hand; no stream: none yet */
    char *path;
    char *check, *account, *region; /* the place */
    int64_t *facts;                 /* that its findings rest on */
    size_t fact_count, fact_size;
    int64_t fact; /* the one at hand */
    json_t *row;
};

/* A path component that is safe for hostile text: no slash, no leading dot. */
static char *path_part(const char *words, const char *otherwise)
{
    struct text part;
    size_t length = strlen(words);
    if (length == 0) {
        return xstrdup(otherwise);
    }
    if (length > NAME_MAX_BYTES) {
        char hex[SHA256_HEX_SIZE];
        sha256_hex(words, length, hex);
        return xstrdup(hex);
    }
    text_init(&part, NAME_MAX_BYTES * 3 + 8);
    text_add(&part, words[0] == '.' ? "%2E" : "");
    text_add_percent(&part, words[0] == '.' ? words + 1 : words, length - (words[0] == '.'), false);
    return text_take(&part);
}

char *evidence_path(const char *check_id, const char *account_id, const char *region)
{
    char *parts[] = {path_part(check_id, "unnamed"), path_part(account_id, "organization"),
                     path_part(region, "global")};
    char *path = xasprintf("%s/%s/%s.json", parts[0], parts[1], parts[2]);
    for (size_t i = 0; i < 3; i++) {
        free(parts[i]);
    }
    return path;
}

/* No file of that name may be there: two places never share one. */
static int open_file(struct package *p, char *path)
{
    p->path = path;
    p->json.out = fopen(path, "wx");
    return p->json.out != NULL
               ? 0
               : err_set(p->err, ERR_IO, "cannot write %s: %s", path, strerror(errno));
}

static int close_file(struct package *p)
{
    int rc = 0;
    if (p->json.out != NULL) {
        bool bad = ferror(p->json.out) != 0;
        errno = 0;
        if (fclose(p->json.out) != 0 || bad) {
            rc = err_set(p->err, ERR_IO, "cannot write %s: %s", p->path,
                         errno ? strerror(errno) : "write error");
        }
    }
    p->json.out = NULL;
    free(p->path);
    p->path = NULL;
    return rc;
}

static void head(struct package *p)
{
    fputs("{\n  \"schema\": \"towerkeep-evidence/1\"", p->json.out);
    out_json_member(&p->json, "run_id", out_json_text_or_null(store_meta(p->store, "run_id")));
}

static int entity_row(void *context, const struct entity *e)
{
    struct package *p = context;
    const char *problem = NULL;
    json_t *document = jx_parse(e->json, e->json_length, &problem);
    json_t *kept = json_pack("{s:o, s:o, s:o, s:o}", "kind", out_json_text(e->kind), "account_id",
                             out_json_text_or_null(e->account), "region",
                             out_json_text_or_null(e->region), "key", out_json_text(e->key));
    json_object_set_new(kept, document != NULL ? "document" : "text",
                        document != NULL ? document : jx_string(e->json, e->json_length));
    json_array_append_new(json_object_get(p->row, "documents"), kept);
    return 0;
}

static int fact_row(void *context, const struct fact *f)
{
    struct package *p = context;
    char when[TIME_ISO_SIZE];
    time_iso(f->wall_ms, when);
    p->row = json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:I, s:i, s:I, s:I, s:I, s:[]}",
                       "id", (json_int_t)p->fact, "operation", out_json_text(f->operation),
                       "account_id", out_json_text_or_null(f->account), "region",
                       out_json_text_or_null(f->region), "target", out_json_text_or_null(f->target),
                       "request_id", out_json_text_or_null(f->request_id), "time", when, "digest",
                       out_json_text(f->digest), "bytes", (json_int_t)f->bytes, "http_status",
                       f->http_status, "attempts", (json_int_t)f->attempts, "throttles",
                       (json_int_t)f->throttles, "page", (json_int_t)f->page, "documents");
    return 0;
}

static int by_number(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static int write_facts(struct package *p)
{
    int rc = 0;
    if (p->fact_count > 0) {
        qsort(p->facts, p->fact_count, sizeof *p->facts, by_number);
    }
    out_json_list(&p->json, "facts");
    for (size_t i = 0; rc == 0 && i < p->fact_count; i++) {
        if (i > 0 && p->facts[i] == p->facts[i - 1]) {
            continue;
        }
        p->fact = p->facts[i];
        p->row = NULL;
        rc = store_read_fact(p->store, p->fact, fact_row, p, p->err);
        if (rc == 0 && p->row == NULL) {
            rc = err_set(p->err, ERR_INPUT, "the run is damaged: API call %" PRId64 " is missing",
                         p->fact);
        }
        if (rc == 0) {
            rc = store_each_entity_of_fact(p->store, p->fact, entity_row, p, p->err);
        }
        if (rc == 0) {
            out_json_row(&p->json, p->row);
        } else {
            json_decref(p->row);
        }
    }
    out_json_list_end(&p->json);
    return rc;
}

/* Ends the place at hand: the facts follow its findings. */
static int end_place(struct package *p)
{
    if (p->json.out == NULL) {
        return 0;
    }
    out_json_list_end(&p->json);
    int rc = write_facts(p);
    fputs("\n}\n", p->json.out);
    p->fact_count = 0;
    return close_file(p) || rc ? -1 : 0;
}

static int begin_place(struct package *p, const struct finding *f)
{
    free(p->check);
    free(p->account);
    free(p->region);
    p->check = xstrdup(f->check_id);
    p->account = xstrdup(f->account_id);
    p->region = xstrdup(f->region);
    char *name = evidence_path(p->check, p->account, p->region);
    char *path = path_join(p->directory, name);
    char *directory = xstrndup(path, (size_t)(strrchr(path, '/') - path));
    int rc = dir_make(directory, p->err);
    if (rc == 0) {
        rc = open_file(p, path); /* takes path */
    } else {
        free(path);
    }
    free(directory);
    free(name);
    if (rc == 0) {
        head(p);
        out_json_member(&p->json, "check_id", out_json_text(f->check_id));
        out_json_member(&p->json, "title", out_json_text(f->title));
        out_json_member(&p->json, "account_id", out_json_text_or_null(f->account_id));
        out_json_member(&p->json, "region", out_json_text_or_null(f->region));
        out_json_list(&p->json, "findings");
    }
    return rc;
}

static json_t *fact_ids(struct package *p, const char *ids)
{
    json_t *list = json_array();
    while (*ids) {
        char *end;
        long long id = strtoll(ids, &end, 10);
        if (end == ids) {
            break;
        }
        if (p->fact_count == p->fact_size) {
            p->fact_size = p->fact_size > 0 ? p->fact_size * 2 : 256;
            p->facts = xreallocarray(p->facts, p->fact_size, sizeof *p->facts);
        }
        p->facts[p->fact_count++] = id;
        json_array_append_new(list, json_integer(id));
        ids = *end ? end + 1 : end;
    }
    return list;
}

static int finding_row(void *context, const struct finding *f)
{
    struct package *p = context;
    bool same = p->json.out != NULL && strcmp(p->check, f->check_id) == 0 &&
                strcmp(p->account, f->account_id) == 0 && strcmp(p->region, f->region) == 0;
    if (!same && (end_place(p) || begin_place(p, f))) {
        return -1;
    }
    out_json_row(
        &p->json,
        json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "finding_id", f->id, "status",
                  status_name(f->status), "severity", severity_name(f->severity), "subject",
                  out_json_text(f->subject), "resource_arn", out_json_text_or_null(f->resource_arn),
                  "expected", out_json_text(f->expected), "observed", out_json_text(f->observed),
                  "detail", out_json_text_or_null(f->detail), "facts", fact_ids(p, f->evidence)));
    return 0;
}

static int gap_row(void *context, int64_t id, const struct gap *g)
{
    struct package *p = context;
    char when[TIME_ISO_SIZE];
    time_iso(g->wall_ms, when);
    out_json_row(
        &p->json,
        json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "id", (json_int_t)id,
                  "operation", out_json_text(g->operation), "account_id",
                  out_json_text_or_null(g->account), "region", out_json_text_or_null(g->region),
                  "target", out_json_text_or_null(g->target), "class", out_json_text(g->class),
                  "code", out_json_text_or_null(g->code), "message", out_json_text(g->message),
                  "request_id", out_json_text_or_null(g->request_id), "time", when));
    return 0;
}

static int write_gaps(struct package *p)
{
    if (open_file(p, path_join(p->directory, "gaps.json"))) {
        return -1;
    }
    head(p);
    out_json_list(&p->json, "gaps");
    int rc = store_each_gap(p->store, gap_row, p, p->err);
    out_json_list_end(&p->json);
    fputs("\n}\n", p->json.out);
    return close_file(p) || rc < 0 ? -1 : 0;
}

static const char readme[] =
    "Content\n"
    "  digest.txt             SHA-256 of every file of the run, including this directory\n"
    "  digest.txt.sig         signature of digest.txt, if the run was signed\n"
    "  CHECK/ACCOUNT/REGION.json\n"
    "                         findings of the check, each API call they depend on (operation,\n"
    "                         account, Region, target, request id, time, SHA-256 and size of the\n"
    "                         response body) and the documents kept from its answer;\n"
    "                         \"organization\" and \"global\" if there is no account or Region\n"
    "  gaps.json              every collection error with its cause\n"
    "The parent directory contains the reports and run.db, the run itself (SQLite 3).\n"
    "\n"
    "How to verify\n"
    "  towerkeep verify DIR [--public-key FILE]        DIR: the directory that contains run.db\n"
    "or without towerkeep, in DIR:\n"
    "  sha256sum -c evidence/digest.txt\n"
    "  openssl pkeyutl -verify -pubin -inkey FILE -rawin -in evidence/digest.txt \\\n"
    "    -sigfile evidence/digest.txt.sig                                (Ed25519)\n"
    "  openssl dgst -sha256 -verify FILE -signature evidence/digest.txt.sig \\\n"
    "    evidence/digest.txt                                             (ECDSA)\n"
    "\n"
    "CloudTrail has each request ID, in the account and Region of the call.\n";

static int write_readme(struct package *p)
{
    static const char *const members[][2] = {{"Run", "run_id"},
                                             {"Started (UTC)", "started"},
                                             {"Ended (UTC)", "ended"},
                                             {"Organization", "organization_id"},
                                             {"Management account", "management_account"},
                                             {"Home Region", "home_region"},
                                             {"Read as", "caller_arn"},
                                             {"Rules digest", "rules_digest"},
                                             {"Config digest", "config_digest"},
                                             {"towerkeep", "version"}};
    struct report_summary summary;
    if (report_summarize(p->store, &summary, p->err) ||
        open_file(p, path_join(p->directory, "README.txt"))) {
        return -1;
    }
    fputs("Evidence of an audit by towerkeep\n\n", p->json.out);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const char *value = store_meta(p->store, members[i][1]);
        struct text line;
        text_init(&line, 4096);
        text_add_printable(&line, value != NULL ? value : "?", value != NULL ? strlen(value) : 1);
        fprintf(p->json.out, "%-20s %s\n", members[i][0], text_str(&line));
        text_release(&line);
    }
    char *verdict = report_verdict(&summary);
    fprintf(p->json.out, "%-20s %s\n", "Verdict", verdict);
    free(verdict);
    fprintf(p->json.out,
            "%-20s %" PRId64 " of %" PRId64 " account-Regions read completely, %" PRId64
            " collection errors\n",
            "Coverage", summary.coverage.reached, summary.coverage.expected, summary.coverage.gaps);
    fprintf(p->json.out, "%-20s", "Findings");
    for (int i = 0; i < STATUS_COUNT; i++) {
        fprintf(p->json.out, " %s %" PRId64, status_name((enum status)i), summary.by_status[i]);
    }
    fprintf(p->json.out, "\n\n%s", readme);
    return close_file(p);
}

int evidence_write(struct store *store, const char *directory, struct err *err)
{
    struct package p = {.store = store, .directory = directory, .err = err};
    int rc = dir_make(directory, err) || write_readme(&p) || write_gaps(&p) ||
                     store_each_finding_by_place(store, finding_row, &p, err) || end_place(&p)
                 ? -1
                 : 0;
    struct err ignored = ERR_INIT;
    p.err = &ignored; /* the first complaint stands */
    (void)close_file(&p);
    free(p.check);
    free(p.account);
    free(p.region);
    free(p.facts);
    return rc;
}
