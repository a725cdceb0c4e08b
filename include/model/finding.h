/* A finding: the result of one rule for one subject. */
#ifndef TOWERKEEP_MODEL_FINDING_H
#define TOWERKEEP_MODEL_FINDING_H

#include <stdbool.h>

enum status {
    STATUS_PASS,
    STATUS_FAIL,
    STATUS_MANUAL,
    STATUS_MUTED,
    STATUS_ERROR,
    STATUS_NOT_APPLICABLE,
    STATUS_FIXED,
    STATUS_COUNT
};
enum severity {
    SEVERITY_CRITICAL,
    SEVERITY_HIGH,
    SEVERITY_MEDIUM,
    SEVERITY_LOW,
    SEVERITY_INFORMATIONAL,
    SEVERITY_COUNT
};
enum verdict { VERDICT_COMPLIANT, VERDICT_NON_COMPLIANT, VERDICT_INCOMPLETE };

const char *status_name(enum status s);     /* "PASS", "FAIL", ..., "NOT_APPLICABLE" */
const char *severity_name(enum severity s); /* "critical", ... */
const char *verdict_name(enum verdict v);   /* "COMPLIANT", "NON-COMPLIANT", "INCOMPLETE" */
bool status_parse(const char *word, enum status *out);
bool severity_parse(const char *word, enum severity *out);

/* What is observed begins with it where a rule does not apply because the selection of the scan left
 * out what the subject depends on. */
#define OUTSIDE_SELECTION "outside the selection"

#define FINDING_ID_SIZE 17 /* 16 hex digits and the NUL */

struct finding { /* strings are borrowed from the code that filled them; "" when there is none,
                    never NULL */
    char id[FINDING_ID_SIZE];                       /* finding_make_id(): stable from run to run */
    const char *check_id, *title, *scope, *subject; /* subject: the stable key within its scope */
    enum status status;
    enum severity severity;
    int step; /* 0 (organization and access) to 6 */
    const char *account_id, *account_name, *ou_path, *region, *resource_arn, *resource_name;
    const char *expected, *observed, *detail, *risk, *remediation, *remedy;
    const char *evidence; /* API call ids, separated by spaces */
    const char *waiver;   /* for MUTED: the waiver that covers it; NULL counts as "" */
    /* Only read from a run (ISO 8601, "" when unknown): the times of the first and last run of the
     * chain with this finding, and when it got its status. */
    const char *first_seen, *last_seen, *status_since;
};

/* First 16 hex digits of SHA-256("check\nscope\nsubject"). */
void finding_make_id(const char *check_id, const char *scope, const char *subject,
                     char out[FINDING_ID_SIZE]);

/* The run's status. A finding with status ERROR or an account-Region that was not reached gives
 * INCOMPLETE, which takes precedence over NON-COMPLIANT. */
enum verdict verdict_of(unsigned long long unmuted_failures, unsigned long long errors,
                        unsigned long long gaps);

#endif
