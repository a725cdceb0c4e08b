/* Method & Glossary: what the words mean, and what this workbook cannot hold. */
#include <stdlib.h>

#include "base/mem.h"
#include "xlsx/xlsx.h"

static const struct column columns[] = {
    {"Subject", 24, STYLE_LABEL}, {"Term", 40, STYLE_TEXT}, {"Meaning", 110, STYLE_WRAP}};

static const struct {
    const char *subject, *term, *meaning;
} lines[] = {
    {"Finding status", "PASS", "The subject is as the check's title says."},
    {"Finding status", "FAIL", "It is not; Expected and Observed say how."},
    {"Finding status", "MANUAL", "A person must judge; Remediation tells the procedure."},
    {"Finding status", "MUTED", "It fails, and a waiver in force covers it."},
    {"Finding status", "ERROR", "It could not be seen. Never counted as PASS or FAIL."},
    {"Finding status", "NOT_APPLICABLE", "The check does not concern this subject."},
    {"Finding status", "FIXED",
     "It failed, was remedied, and the same check passed afterwards. Detail says how it was."},
    {"Run verdict", "COMPLIANT", "Everything in scope was read, and nothing fails."},
    {"Run verdict", "NON-COMPLIANT", "Everything in scope was read, and something fails."},
    {"Run verdict", "INCOMPLETE",
     "Something in scope was not read. This outweighs NON-COMPLIANT; failures still count."},
    {"Pass rate", "PASS / (PASS + FAIL)",
     "ERROR, MANUAL, MUTED, FIXED and NOT_APPLICABLE are not in it and are shown beside it."},
    {"Coverage", "REACHED", "Every question asked in this account and Region was answered."},
    {"Coverage", "PARTIAL", "Some were not: see Errors."},
    {"Coverage", "NOT REACHED", "None were, or the account could not be entered."},
    {"Coverage", "SUSPENDED", "The account is closed or suspended; nothing is expected of it."},
    {"Coverage", "REGION DISABLED", "The account has not enabled the Region."},
    {"Coverage", "REGION DENY", "A service control policy closes the Region."},
    {"Tags", "selected", "A valid backup tag, in an account and Region where the plans look."},
    {"Tags", "tagged, not selected",
     "The tag is valid and plans look here, but none that could be read takes it: see Why not."},
    {"Tags", "selected in part", "The same, but another backup tag on it is wrong or misspelt."},
    {"Tags", "tagged only", "The tag is valid, but no plan looks there: see Why not."},
    {"Tags", "type is off", "Tagged, but AWS Backup is not opted in to its type there."},
    {"Tags", "not supported", "Tagged, but AWS Backup does not know this type."},
    {"Tags", "not found", "The Tagging API still has it, its own service no longer lists it."},
    {"Tags", "mistagged", "No valid backup tag, but one with a wrong value or a near-miss key."},
    {"Tags", "not tagged", "No backup tag at all: it is not backed up by these plans."},
    {"Tags", "exempt", "The configuration leaves it or its account out."},
    {"Tags", "ERROR", "The resources of this account and Region could not be listed in full."},
    {"Changes", "FIXED", "The change was sent, and read back as it was wanted."},
    {"Changes", "FAILED", "AWS refused or failed it, or it read back otherwise: see Message."},
    {"Changes", "SKIPPED",
     "Not sent: it was true already, or waits for a step that failed, or the walk was stopped."},
    {"Severity", "critical ... informational",
     "How bad a failure of the check is; on a PASS row, how bad it would have been."},
    {"Step", "0 to 6",
     "0 organization and reach, 1 backup accounts, 2 backup key, 3 landing zone settings, 4 "
     "service "
     "opt-in and delegated administrator, 5 backup baseline on OUs, 6 resource tags."},
    {"Method", "One verdict each",
     "Every check is applied to every subject of its kind in scope; each pair has exactly one row "
     "in "
     "Findings. A check names the operations it rests on; where one of them was not answered, the "
     "verdict is ERROR."},
    {"Method", "Evidence",
     "The numbers in Evidence are rows of Evidence Index and of the table facts in the run's "
     "database (run.db): operation, account, Region, AWS request id, time and SHA-256 of the "
     "answer."},
    {"Method", "Read-only",
     "A scan sends no request that changes anything in AWS. What a plan changed on the way to this "
     "run is listed in the sheet Changes; while that is empty, nothing was."},
    {"Method", "Resources",
     "Listed through their own services and through the Resource Groups Tagging API, because the "
     "latter does not know resources that never had a tag."},
    {"This workbook", "Times",
     "All times are UTC. Account ids are text, so that no digit is lost."},
    {"This workbook", "Replaced characters",
     "Control characters, invalid UTF-8 and bidirectional overrides in names and messages are "
     "shown "
     "as U+FFFD; the JSON report keeps what JSON can carry."},
    {"This workbook", "Cut texts",
     "A cell holds 32,767 characters; longer texts are cut with a note and are whole in the JSON "
     "report. In Tags a key or value is shown up to 512 bytes."},
    {"This workbook", "Long tables",
     "A worksheet holds 1,048,576 rows; longer tables go on in \"Tags (2)\" and so forth."},
    {"This workbook", "No formulas",
     "No cell is a formula or a macro, and no link leads out of this file: texts beginning with = "
     "+ - or @ are plain text. Links go from Findings to Evidence Index, from the first 65,530 "
     "rows of a worksheet; the numbers beyond are plain text."},
    {"POA&M", "item",
     "A failing check in one account, in the columns of FedRAMP's template. Risk: critical and "
     "high are High, medium is Moderate, low and informational are Low. What a waiver covers is "
     "\"Risk accepted\"."},
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
    return store_each_operation(b->in->store, operation_row, &s, err) < 0 ? -1
                                                                          : sheet_close(&s, err);
}
