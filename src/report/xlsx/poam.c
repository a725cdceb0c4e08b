/* POA&M: one item per failing check and account, in the columns and the order of FedRAMP's template
 * "Plan of Action and Milestones" (Open POA&M Items). What a scan knows is filled in; what a person
 * must decide is left open, with lists to choose from. Our own columns stand after FedRAMP's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "formats.h"
#include "xlsx/xlsx.h"

#define ASSETS_MAX 20 /* named in one cell */

static const struct column columns[] = {
    {"POAM ID", 22, STYLE_WRAP},
    {"Controls", 20, STYLE_WRAP},
    {"Weakness Name", 28, STYLE_WRAP},
    {"Weakness Description", 40, STYLE_WRAP},
    {"Weakness Detector Source", 16, STYLE_WRAP},
    {"Weakness Source Identifier", 14, STYLE_TEXT},
    {"Asset Identifier", 40, STYLE_WRAP},
    {"Point of Contact", 18, STYLE_FILL},
    {"Resources Required", 18, STYLE_FILL},
    {"Overall Remediation Plan", 40, STYLE_WRAP},
    {"Original Detection Date", 13, STYLE_DAY},
    {"Scheduled Completion Date", 13, STYLE_FILL},
    {"Planned Milestones", 22, STYLE_FILL},
    {"Milestone Changes", 18, STYLE_FILL},
    {"Status Date", 13, STYLE_DAY},
    {"Vendor Dependency", 13, STYLE_FILL},
    {"Last Vendor Check-in Date", 13, STYLE_FILL},
    {"Vendor Dependent Product Name", 16, STYLE_FILL},
    {"Original Risk Rating", 11, STYLE_TEXT},
    {"Adjusted Risk Rating", 11, STYLE_FILL},
    {"Risk Adjustment", 12, STYLE_FILL},
    {"False Positive", 11, STYLE_FILL},
    {"Operational Requirement", 13, STYLE_FILL},
    {"Deviation Rationale", 26, STYLE_FILL},
    {"Supporting Documents", 22, STYLE_WRAP},
    {"Comments", 24, STYLE_FILL},
    {"Auto-Approve", 10, STYLE_FILL},
    {"Binding Operational Directive 22-01 tracking", 16, STYLE_FILL},
    {"Status", 15, STYLE_FILL},
    {"Findings", 10, STYLE_NUMBER}};
enum {
    COLUMN_SCHEDULED = 11,
    COLUMN_VENDOR = 15,
    COLUMN_CHECK_IN = 16,
    COLUMN_ORIGINAL_RATING = 18,
    COLUMN_ADJUSTED = 19,
    COLUMN_ADJUSTMENT = 20,
    COLUMN_FALSE_POSITIVE = 21,
    COLUMN_OPERATIONAL = 22,
    COLUMN_AUTO_APPROVE = 26,
    COLUMN_STATUS = 28
};

/* As FedRAMP rates. */
static const char *const ratings[SEVERITY_COUNT] = {[SEVERITY_CRITICAL] = "High",
                                                    [SEVERITY_HIGH] = "High",
                                                    [SEVERITY_MEDIUM] = "Moderate",
                                                    [SEVERITY_LOW] = "Low",
                                                    [SEVERITY_INFORMATIONAL] = "Low"};

struct item { /* the check and account at hand, from its first finding */
    char *check_id, *title, *account_id, *account_name, *risk, *remediation, *remedy;
    char *expected, *observed, *waiver, *first_seen;
    enum severity severity;
    int64_t findings;
    struct text assets;
};

struct poam {
    struct sheet sheet;
    enum status status; /* FAIL, then MUTED */
    json_t *waivers;
    bool open; /* an item is at hand */
    struct item item;
};

static void item_release(struct item *i)
{
    char *const texts[] = {i->check_id,    i->title,  i->account_id, i->account_name,
                           i->risk,        i->remedy, i->expected,   i->observed,
                           i->remediation, i->waiver, i->first_seen};
    for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++) {
        free(texts[k]);
    }
    text_release(&i->assets);
    *i = (struct item){0};
}

static void item_begin(struct item *i, const struct finding *f)
{
    *i = (struct item){.check_id = xstrdup(f->check_id),
                       .title = xstrdup(f->title),
                       .account_id = xstrdup(f->account_id),
                       .account_name = xstrdup(f->account_name),
                       .risk = xstrdup(f->risk),
                       .remediation = xstrdup(f->remediation),
                       .remedy = xstrdup(f->remedy),
                       .expected = xstrdup(f->expected),
                       .observed = xstrdup(f->observed),
                       .waiver = xstrdup(f->waiver != NULL ? f->waiver : ""),
                       .first_seen = xstrdup(f->first_seen),
                       .severity = f->severity};
    text_init(&i->assets, (size_t)XLSX_CELL_MAX * 4);
}

static void item_add(struct item *i, const struct finding *f)
{
    if (i->findings++ < ASSETS_MAX) {
        const char *asset = f->resource_arn[0] != '\0' ? f->resource_arn : f->subject;
        text_add(&i->assets, i->assets.length > 0 ? "\n" : "");
        text_addn(&i->assets, asset, strnlen(asset, 1000));
    }
    /* ISO 8601 in UTC: the earlier text is the earlier time. */
    if (f->first_seen[0] != '\0' && strcmp(f->first_seen, i->first_seen) < 0) {
        free(i->first_seen);
        i->first_seen = xstrdup(f->first_seen);
    }
}

/* FedRAMP's controls are those of NIST SP 800-53. */
static void controls_cell(struct sheet *s, const char *check_id)
{
    const json_t *rule = book_rule(s->book, check_id);
    const json_t *found = NULL;
    const char *framework;
    json_t *list;
    json_object_foreach(json_object_get(rule, "compliance"), framework, list)
    {
        found = strstr(framework, "800-53") != NULL ? list : found;
    }
    sheet_list(s, found);
}

static const json_t *waiver_of(const struct poam *p, const char *name)
{
    size_t i;
    const json_t *waiver;
    json_array_foreach(p->waivers, i, waiver)
    {
        if (str_equal(jx_str(waiver, "name"), name)) {
            return waiver;
        }
    }
    return NULL;
}

static void description_cell(struct sheet *s, const struct item *i)
{
    struct text *out = &s->book->list;
    text_clear(out);
    text_addf(out, "%.4000s%sExpected: %.4000s\nObserved: %.4000s", i->risk,
              i->risk[0] != '\0' ? "\n" : "", i->expected, i->observed);
    if (i->findings > 1) {
        text_addf(out, "\n(the first of %lld findings)", (long long)i->findings);
    }
    sheet_text(s, text_str(out));
}

static void assets_cell(struct sheet *s, struct item *i)
{
    if (i->findings > ASSETS_MAX) {
        text_addf(&i->assets, "\nand %lld more: see Findings",
                  (long long)(i->findings - ASSETS_MAX));
    }
    sheet_text(s, text_str(&i->assets));
}

static void plan_cell(struct sheet *s, const struct item *i)
{
    char *text = xasprintf("%.4000s%s%.200s%s", i->remediation,
                           i->remedy[0] != '\0' ? "\nA fix is available: towerkeep plan (" : "",
                           i->remedy, i->remedy[0] != '\0' ? ")" : "");
    sheet_text(s, text);
    free(text);
}

static void identify(struct sheet *s, struct item *i, bool muted)
{
    char *text = xasprintf("%.60s:%.60s%s", i->check_id,
                           i->account_id[0] != '\0' ? i->account_id : "organization",
                           muted ? ":accepted" : "");
    sheet_text(s, text);
    free(text);
    controls_cell(s, i->check_id);
    text = xasprintf("%.1000s%s%.200s%s", i->title, i->account_name[0] != '\0' ? " (" : "",
                     i->account_name, i->account_name[0] != '\0' ? ")" : "");
    sheet_text(s, text);
    free(text);
    description_cell(s, i);
    const char *version = store_meta(s->book->in->store, "version");
    text = xasprintf("towerkeep %.40s", version != NULL ? version : "");
    sheet_text(s, text);
    free(text);
    sheet_text(s, i->check_id);
    assets_cell(s, i);
}

static void blanks(struct sheet *s, int count)
{
    for (int k = 0; k < count; k++) {
        sheet_text(s, NULL);
    }
}

static void write_item(struct poam *p)
{
    struct sheet *s = &p->sheet;
    struct item *i = &p->item;
    bool muted = p->status == STATUS_MUTED;
    const json_t *waiver = muted ? waiver_of(p, i->waiver) : NULL;
    sheet_row(s);
    identify(s, i, muted);
    blanks(s, 2); /* contact, resources */
    plan_cell(s, i);
    sheet_day(s, i->first_seen);
    blanks(s, 3); /* completion date, milestones, their changes */
    sheet_day(s, store_meta(s->book->in->store, "ended"));
    blanks(s, 3); /* the vendor */
    sheet_text(s, ratings[i->severity]);
    blanks(s, 4); /* adjusted rating, adjustment, false positive, operational requirement */
    sheet_text(s, jx_str(waiver, "justification"));
    char *text = xasprintf("evidence/%.60s/", i->check_id);
    sheet_text(s, text);
    free(text);
    text = muted ? xasprintf("Waiver %.200s, until %.40s", i->waiver,
                             jx_str_or(waiver, "expires", "no day"))
                 : NULL;
    sheet_text(s, text);
    free(text);
    blanks(s, 2); /* auto-approve, BOD 22-01 */
    sheet_text(s, muted ? "Risk accepted" : "Open");
    sheet_number(s, i->findings);
    item_release(i);
    p->open = false;
}

static int add(void *context, const struct finding *f)
{
    struct poam *p = context;
    if (p->open && (strcmp(p->item.check_id, f->check_id) != 0 ||
                    strcmp(p->item.account_id, f->account_id) != 0)) {
        write_item(p);
    }
    if (!p->open) {
        item_begin(&p->item, f);
        p->open = true;
    }
    item_add(&p->item, f);
    return sheet_going(&p->sheet);
}

static char yes[] = "Yes", no[] = "No", pending[] = "Pending", high[] = "High",
            moderate[] = "Moderate", low[] = "Low", open_word[] = "Open", ongoing[] = "In progress",
            accepted[] = "Risk accepted", completed[] = "Completed";
static char *yes_no[] = {yes, no, NULL};
static char *decided[] = {yes, no, pending, NULL};
static char *rated[] = {high, moderate, low, NULL};
static char *stages[] = {open_word, ongoing, accepted, completed, NULL};

static const struct {
    lxw_col_t column;
    char **words;
} choices[] = {{COLUMN_VENDOR, yes_no},       {COLUMN_ADJUSTED, rated},
               {COLUMN_ADJUSTMENT, decided},  {COLUMN_FALSE_POSITIVE, decided},
               {COLUMN_OPERATIONAL, decided}, {COLUMN_AUTO_APPROVE, yes_no},
               {COLUMN_STATUS, stages}};

static void colour(struct sheet *s, lxw_row_t first, lxw_row_t last)
{
    static const struct {
        lxw_col_t column;
        const char *word;
        enum style style;
    } words[] = {{COLUMN_STATUS, completed, STYLE_GOOD},
                 {COLUMN_STATUS, accepted, STYLE_QUIET},
                 {COLUMN_STATUS, ongoing, STYLE_WARN},
                 {COLUMN_ORIGINAL_RATING, high, STYLE_BAD},
                 {COLUMN_ORIGINAL_RATING, moderate, STYLE_WARN}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char value[40];
        (void)snprintf(value, sizeof value, "\"%s\"", words[i].word);
        lxw_conditional_format is = {.type = LXW_CONDITIONAL_TYPE_CELL,
                                     .criteria = LXW_CONDITIONAL_CRITERIA_EQUAL_TO,
                                     .value_string = value,
                                     .format = s->book->formats[words[i].style]};
        (void)worksheet_conditional_format_range(s->at, first, words[i].column, last,
                                                 words[i].column, &is);
    }
    char overdue[120];
    (void)snprintf(overdue, sizeof overdue,
                   "=AND(ISNUMBER($L%u),$L%u<TODAY(),$AC%u<>\"Completed\")", first + 1, first + 1,
                   first + 1);
    lxw_conditional_format late = {.type = LXW_CONDITIONAL_TYPE_FORMULA,
                                   .value_string = overdue,
                                   .format = s->book->formats[STYLE_BAD]};
    (void)worksheet_conditional_format_range(s->at, first, COLUMN_SCHEDULED, last, COLUMN_SCHEDULED,
                                             &late);
}

static void dress(struct sheet *s, lxw_row_t first, lxw_row_t last)
{
    static char title[] = "One of the list", message[] = "Choose a value from the list.";
    static char when[] = "A date", told[] = "A date, as 2027-01-31.";
    static char due[] = "FedRAMP: High 30, Moderate 90, Low 180 days after detection.";
    static const lxw_col_t dates[] = {COLUMN_SCHEDULED, COLUMN_CHECK_IN};
    if (last < first) {
        return;
    }
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        lxw_data_validation list = {.validate = LXW_VALIDATION_TYPE_LIST,
                                    /* char ** up to libxlsxwriter 1.1, const char ** since. */
                                    .value_list = (void *)choices[i].words,
                                    .error_title = title,
                                    .error_message = message};
        (void)worksheet_data_validation_range(s->at, first, choices[i].column, last,
                                              choices[i].column, &list);
    }
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        lxw_data_validation date = {.validate = LXW_VALIDATION_TYPE_DATE,
                                    .criteria = LXW_VALIDATION_CRITERIA_GREATER_THAN_OR_EQUAL_TO,
                                    .value_datetime = {.year = 2000, .month = 1, .day = 1},
                                    .input_message = dates[i] == COLUMN_SCHEDULED ? due : told,
                                    .error_title = when,
                                    .error_message = told};
        (void)worksheet_data_validation_range(s->at, first, dates[i], last, dates[i], &date);
    }
    colour(s, first, last);
}

int xlsx_poam(struct book *b, struct err *err)
{
    bool any = b->summary.by_status[STATUS_FAIL] + b->summary.by_status[STATUS_MUTED] > 0;
    static const enum status wanted[] = {STATUS_FAIL, STATUS_MUTED};
    struct poam p = {.waivers = report_kept(b->in->store, "waivers")};
    p.sheet = (struct sheet){
        .book = b,
        .name = "POA&M",
        .note = any ? "Plan of action and milestones, in the columns of FedRAMP's template: one "
                      "item per failing check and account. Colored cells must be filled in by a "
                      "person; an ID is the same in every run."
                : b->summary.selection[0] != '\0'
                    ? "No items: no check of the selection fails (Cover names the selection)."
                    : "No items: no check fails.",
        .columns = columns,
        .column_count = sizeof columns / sizeof columns[0],
        .large_paper = true,
        .frozen = 1,
        .dress = dress};
    sheet_open(&p.sheet);
    int rc = 0;
    for (size_t i = 0; rc >= 0 && any && i < sizeof wanted / sizeof wanted[0]; i++) {
        p.status = wanted[i];
        rc = store_each_finding_of(b->in->store, wanted[i], add, &p, err);
        if (p.open) {
            write_item(&p);
        }
    }
    rc = rc < 0 ? -1 : sheet_close(&p.sheet, err);
    json_decref(p.waivers);
    return rc;
}
