/* Cover: the run, its status, its sources, and the sign-off. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "xlsx/xlsx.h"

static const struct column columns[] = {{"", 30, STYLE_LABEL},
                                        {"", 38, STYLE_WRAP},
                                        {"", 26, STYLE_WRAP},
                                        {"", 18, STYLE_WRAP},
                                        {"", 30, STYLE_WRAP}};
#define LAST_COLUMN 4

struct line {
    const char *label, *meta;
    const char *otherwise; /* where the run does not say; NULL: nothing */
};
static const struct line organization_lines[] = {{"Organization", "organization_id", NULL},
                                                 {"Management account", "management_account", NULL},
                                                 {"Partition", "partition", NULL},
                                                 {"Home Region", "home_region", NULL}};
static const struct line run_lines[] = {
    {"Tool version", "version", NULL}, {"Program (SHA-256)", "program_digest", NULL},
    {"Run", "run_id", NULL},           {"Started (UTC)", "started", NULL},
    {"Ended (UTC)", "ended", NULL},    {"Caller", "caller_arn", NULL}};
static const struct line digest_lines[] = {
    {"Rules (SHA-256)", "rules_digest", NULL},
    {"Configuration (SHA-256)", "config_digest", NULL},
    {"Waivers (SHA-256)", "waivers_digest", "no waiver file was given"},
    {"AWS support as of", "support_as_of", "not known"}};

static const char *const meanings[] = {
    [VERDICT_COMPLIANT] = "Every account and Region in scope was read, and no check fails.",
    [VERDICT_NON_COMPLIANT] = "Every account and Region in scope was read; at least one check "
                              "fails.",
    [VERDICT_INCOMPLETE] = "Something in scope could not be read, so the result is incomplete: see "
                           "Errors and Coverage. Failures still count.",
};

/* Of a run that was narrowed. */
static const char *const meanings_of_selection[] = {
    [VERDICT_COMPLIANT] =
        "Everything in the selection was read, and none of its checks fails. What "
        "was not selected was not audited.",
    [VERDICT_NON_COMPLIANT] = "Everything in the selection was read; at least one of its checks "
                              "fails. What was not selected was not audited.",
    [VERDICT_INCOMPLETE] = "Something in the selection could not be read, so the result is "
                           "incomplete: see Errors and Coverage. Failures still count.",
};

static const char *const limitations[] = {
    "The run contains the answers of AWS between start and end; later changes are not included.",
    "The run contains only what the caller and the assumed roles can read. Every refusal is a row "
    "in Errors, and its checks are ERROR, never PASS.",
    "The checks evaluate settings, not restores: a passed check does not prove that a backup can "
    "be restored.",
    "Resource types that AWS Backup does not support are not audited.",
};

static void section(struct sheet *s, const char *title)
{
    sheet_row(s);
    sheet_row(s);
    sheet_height(s, 20);
    sheet_styled(s, STYLE_SECTION, title);
}

static void line(struct sheet *s, const char *label, const char *value)
{
    sheet_row(s);
    sheet_styled(s, STYLE_LABEL, label);
    sheet_merged(s, LAST_COLUMN, STYLE_WRAP, value);
}

static void meta_lines(struct sheet *s, const struct line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *value = store_meta(s->book->in->store, lines[i].meta);
        line(s, lines[i].label, value != NULL && value[0] != '\0' ? value : lines[i].otherwise);
    }
}

static void verdict(struct sheet *s)
{
    const struct book *b = s->book;
    const struct coverage_totals *c = &b->summary.coverage;
    const char *word = verdict_name(b->summary.verdict);
    sheet_row(s);
    sheet_row(s);
    sheet_height(s, 34);
    sheet_styled(s, STYLE_TITLE, "Backup architecture audit");
    sheet_row(s);
    sheet_styled(s, STYLE_LABEL, "Verdict");
    sheet_word(s, word);
    bool whole = b->summary.selection[0] == '\0';
    sheet_merged(s, LAST_COLUMN, STYLE_WRAP,
                 (whole ? meanings : meanings_of_selection)[b->summary.verdict]);
    if (!whole) {
        char *verdict = report_verdict(&b->summary);
        line(s, "Selection", verdict);
        free(verdict);
    }
    char *text = xasprintf("%lld of %lld account-Regions read completely; %lld collection error%s",
                           (long long)c->reached, (long long)c->expected, (long long)c->gaps,
                           c->gaps == 1 ? "" : "s");
    line(s, "Coverage", text);
    free(text);
    const int64_t *by = b->summary.by_status;
    text = xasprintf("%lld FAIL, %lld ERROR, %lld MANUAL, %lld MUTED, %lld PASS, %lld FIXED, %lld "
                     "NOT_APPLICABLE",
                     (long long)by[STATUS_FAIL], (long long)by[STATUS_ERROR],
                     (long long)by[STATUS_MANUAL], (long long)by[STATUS_MUTED],
                     (long long)by[STATUS_PASS], (long long)by[STATUS_FIXED],
                     (long long)by[STATUS_NOT_APPLICABLE]);
    line(s, "Findings", text);
    free(text);
}

/* One digest for all that AWS answered: over the digests of the answers, in order. */
static int add_digest(void *context, int64_t id, const struct fact *f)
{
    struct sha256_stream *all = context;
    (void)id;
    sha256_stream_add(all, f->digest, strlen(f->digest));
    sha256_stream_add(all, "\n", 1);
    return 0;
}

static int evidence_digest(struct sheet *s, struct err *err)
{
    char hex[SHA256_HEX_SIZE];
    struct sha256_stream *all = sha256_stream_new();
    int rc = store_each_fact(s->book->in->store, 0, add_digest, all, err) < 0 ? -1 : 0;
    sha256_stream_hex(all, hex);
    sha256_stream_free(all);
    char *text = xasprintf("%s (of the %lld digests in Evidence Index, a line each)", hex,
                           (long long)s->book->facts);
    line(s, "Evidence (SHA-256)", text);
    free(text);
    return rc;
}

static void regions(struct sheet *s)
{
    const char *text = store_meta(s->book->in->store, "governed_regions");
    json_t *list = text != NULL ? json_loads(text, 0, NULL) : NULL;
    struct text joined;
    text_init(&joined, 8192);
    for (size_t i = 0; i < json_array_size(list) && joined.length < 8000; i++) {
        const char *region = json_string_value(json_array_get(list, i));
        text_addf(&joined, "%s%.60s", i > 0 ? ", " : "", region != NULL ? region : "?");
    }
    line(s, "Governed Regions", text_str(&joined));
    text_release(&joined);
    json_decref(list);
}

static void landing_zone(struct sheet *s)
{
    const json_t *zone = book_zone(s->book);
    if (!jx_bool(zone, "present")) {
        line(s, "Landing zone", "none found");
        return;
    }
    char *text = xasprintf("version %s, %s, drift: %s", jx_str_or(zone, "version", "?"),
                           jx_str_or(zone, "status", "?"), jx_str_or(zone, "drift", "unknown"));
    line(s, "Landing zone", text);
    free(text);
}

static void scope(struct sheet *s)
{
    const struct book *b = s->book;
    const char *selection = b->summary.selection;
    char *what = selection[0] != '\0'
                     ? xasprintf("A SELECTION was audited: %s. There is no result for all others.",
                                 selection)
                     : xstrdup("All active accounts of the organization in all governed Regions.");
    char *text = xasprintf("%s %lld checks have findings; every check and its method: Control "
                           "Matrix.",
                           what, (long long)b->check_count);
    line(s, "Scope", text);
    free(text);
    free(what);
    for (size_t i = 0; i < sizeof limitations / sizeof limitations[0]; i++) {
        line(s, i == 0 ? "Limitations" : "", limitations[i]);
    }
}

static void sign_off(struct sheet *s)
{
    static const char *const heads[] = {"Role", "Name", "Title", "Date", "Signature"};
    static const char *const roles[] = {"Prepared by", "Reviewed by", "Approved by"};
    section(s, "Sign-off");
    sheet_row(s);
    for (size_t i = 0; i <= LAST_COLUMN; i++) {
        sheet_styled(s, STYLE_HEADER, heads[i]);
    }
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        sheet_row(s);
        sheet_height(s, 26);
        sheet_styled(s, STYLE_LABEL, roles[i]);
        for (size_t k = 1; k <= LAST_COLUMN; k++) {
            sheet_styled(s, STYLE_BLANK, NULL);
        }
    }
}

int xlsx_cover(struct book *b, struct err *err)
{
    struct sheet s = {.book = b,
                      .name = "Cover",
                      .columns = columns,
                      .column_count = LAST_COLUMN + 1,
                      .free_form = true};
    sheet_open(&s);
    verdict(&s);
    section(&s, "Organization");
    meta_lines(&s, organization_lines, sizeof organization_lines / sizeof organization_lines[0]);
    regions(&s);
    landing_zone(&s);
    section(&s, "Run");
    meta_lines(&s, run_lines, sizeof run_lines / sizeof run_lines[0]);
    meta_lines(&s, digest_lines, sizeof digest_lines / sizeof digest_lines[0]);
    if (evidence_digest(&s, err)) {
        return -1;
    }
    section(&s, "Scope and limits");
    scope(&s);
    sign_off(&s);
    if (!s.failed) {
        /* Nothing but the sign-off is to be changed by accident; there is no password. */
        worksheet_protect(s.at, NULL, NULL);
        worksheet_fit_to_pages(s.at, 1, 1);
    }
    return sheet_close(&s, err);
}
