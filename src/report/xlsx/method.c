/* Method & Glossary: what the words mean, and what this workbook cannot hold. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "xlsx/xlsx.h"

static const struct column columns[] = {
    {"Subject", 24, STYLE_LABEL}, {"Term", 40, STYLE_TEXT}, {"Meaning", 110, STYLE_WRAP}};

static const struct {
    const char *subject, *term, *meaning;
} lines[] = {
    {"Finding status", "PASS", "The subject has the state that the title of the check describes."},
    {"Finding status", "FAIL", "The subject does not have that state; see Expected and Observed."},
    {"Finding status", "MANUAL", "Manual review is needed; Remediation contains the procedure."},
    {"Finding status", "MUTED", "The finding fails, and a waiver covers it."},
    {"Finding status", "ERROR", "Data could not be read. Does not count as PASS or FAIL."},
    {"Finding status", "NOT_APPLICABLE", "The check does not apply to this subject."},
    {"Finding status", "FIXED",
     "The finding failed, was repaired, and the same check passed afterwards. Detail contains the "
     "earlier value."},
    {"Run verdict", "COMPLIANT", "Everything in scope was read, and no finding fails."},
    {"Run verdict", "NON-COMPLIANT",
     "Everything in scope was read, and at least one finding fails."},
    {"Run verdict", "INCOMPLETE",
     "Something in scope was not read. Takes precedence over NON-COMPLIANT; failures still count."},
    {"Pass rate", "PASS / (PASS + FAIL)",
     "Does not include ERROR, MANUAL, MUTED, FIXED and NOT_APPLICABLE, which are shown "
     "separately."},
    {"Coverage", "REACHED", "AWS answered every API call in this account and Region."},
    {"Coverage", "PARTIAL", "Some calls were not answered: see Errors."},
    {"Coverage", "NOT REACHED",
     "No call was answered, or no role could be assumed in the account."},
    {"Coverage", "SUSPENDED", "The account is closed or suspended and is not expected."},
    {"Coverage", "REGION DISABLED", "The account has not enabled the Region."},
    {"Coverage", "REGION DENY", "A service control policy denies the Region."},
    {"Tags", "selected", "The tag is valid, and a plan selects the resource."},
    {"Tags", "tagged, not selected",
     "The tag is valid and plans exist here, but no plan that could be read selects the resource: "
     "see Why not."},
    {"Tags", "selected in part",
     "A plan selects the resource, but another backup tag on it is wrong or misspelled."},
    {"Tags", "tagged only",
     "The tag is valid, but no plan exists in this account and Region: see Why not."},
    {"Tags", "type is off", "Tagged, but its type is not opted in there."},
    {"Tags", "not supported", "Tagged, but AWS Backup does not support this type."},
    {"Tags", "not found",
     "The Tagging API returns the resource, but its service no longer lists it."},
    {"Tags", "mistagged", "No valid backup tag, but one with a wrong value or a misspelled key."},
    {"Tags", "not tagged", "No backup tag: these plans do not back up the resource."},
    {"Tags", "exempt", "The configuration exempts the resource or its account."},
    {"Tags", "ERROR", "The resources of this account and Region could not be listed completely."},
    {"Changes", "FIXED", "The change was sent and verified."},
    {"Changes", "FAILED",
     "AWS refused the change, the change failed, or it could not be verified: see Message."},
    {"Changes", "SKIPPED",
     "Not sent: no change needed, an earlier step failed, or the run was stopped."},
    {"Severity", "critical ... informational",
     "The severity of a failure of the check, also in rows with PASS."},
    {"Step", "0 to 6",
     "0 organization and coverage, 1 backup accounts, 2 backup key, 3 landing zone settings, 4 "
     "service "
     "opt-in and delegated administrator, 5 backup baseline on OUs, 6 resource tags."},
    {"Method", "One finding each",
     "Every check is evaluated on every subject of its scope; each pair has exactly one row in "
     "Findings. A check names the operations that it depends on; if one of them could not be read, "
     "the status is ERROR."},
    {"Method", "Evidence",
     "The numbers in Evidence are API calls: rows of Evidence Index, and of a table in the "
     "database of the run (run.db), with operation, account, Region, request ID, time and SHA-256 "
     "of the answer."},
    {"Method", "Read-only",
     "A scan sends no request that changes anything in AWS. The sheet Changes lists all changes "
     "that a plan made before this run."},
    {"Method", "Resources",
     "Read from the list operations of their services and from the Resource Groups Tagging API, "
     "because the Tagging API does not return resources that never had a tag."},
    {"This workbook", "Times",
     "All times are UTC. Account IDs are text, so that no digit is lost."},
    {"This workbook", "Replaced characters",
     "Control characters, invalid UTF-8 and bidirectional overrides in names and messages are "
     "shown "
     "as U+FFFD; the JSON report keeps the original text if JSON allows it."},
    {"This workbook", "Cut texts",
     "A cell has at most 32,767 characters; longer texts are truncated with a note and are "
     "complete in the JSON report. The sheet Tags shows up to 512 bytes of a key or value."},
    {"This workbook", "Long tables",
     "A worksheet has at most 1,048,576 rows; longer tables continue in \"Tags (2)\" and so on."},
    {"This workbook", "No formulas",
     "The workbook has no formulas, macros or external links: texts that begin with = + - or @ are "
     "plain text. Findings link to Evidence Index in the first 65,530 rows of a worksheet; in "
     "later rows, the numbers are plain text."},
    {"POA&M", "item",
     "A failing check in one account, in the columns of FedRAMP's template. Risk: critical and "
     "high are High, medium is Moderate, low and informational are Low. Waived findings are \"Risk "
     "accepted\"."},
};

/* Which permissions were used, and how often. */
static int operation_row(void *context, const struct operation_count *c)
{
    struct sheet *s = context;
    sheet_row(s);
    sheet_text(s, "Calls made");
    sheet_text(s, c->operation);
    char *text = xasprintf("%lld answered (pages count), %lld sent, %lld of them throttled, %lld "
                           "bytes",
                           (long long)c->calls, (long long)c->attempts, (long long)c->throttles,
                           (long long)c->bytes);
    sheet_text(s, text);
    free(text);
    return sheet_going(s);
}

/* What a scan that was recorded saw and this version does not read. */
static void unknown_rows(struct sheet *s, struct store *store)
{
    static const struct {
        const char *member, *term, *meaning;
    } kinds[] = {{"members", "Members not read",
                  "members of answers that this version of towerkeep does not read; the recording "
                  "of the scan lists them"},
                 {"values", "Values not read",
                  "values of states, types and modes that this version of towerkeep does not know; "
                  "the recording of the scan lists them"}};
    const char *text = store_meta(store, "unknown_in_answers");
    const char *problem = NULL;
    json_t *counts = text != NULL ? jx_parse(text, strlen(text), &problem) : NULL;
    for (size_t i = 0; counts != NULL && i < sizeof kinds / sizeof kinds[0]; i++) {
        char *meaning = xasprintf("%lld %s.", jx_int(counts, kinds[i].member, 0), kinds[i].meaning);
        sheet_row(s);
        sheet_text(s, "Method");
        sheet_text(s, kinds[i].term);
        sheet_text(s, meaning);
        free(meaning);
    }
    json_decref(counts);
}

int xlsx_method(struct book *b, struct err *err)
{
    struct sheet s = {.book = b,
                      .name = "Method & Glossary",
                      .note = "How each check is tested, with the operations used: Control Matrix. "
                              "At the end: every operation called in this run, which is also every "
                              "permission used (sts:AssumeRole besides).",
                      .columns = columns,
                      .column_count = sizeof columns / sizeof columns[0]};
    sheet_open(&s);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        sheet_row(&s);
        sheet_text(&s, lines[i].subject);
        sheet_text(&s, lines[i].term);
        sheet_text(&s, lines[i].meaning);
    }
    unknown_rows(&s, b->in->store);
    return store_each_operation(b->in->store, operation_row, &s, err) < 0 ? -1
                                                                          : sheet_close(&s, err);
}
