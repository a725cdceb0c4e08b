#include "model/finding.h"

#include <stddef.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"

static const char *const status_names[STATUS_COUNT] = {
    [STATUS_PASS] = "PASS",   [STATUS_FAIL] = "FAIL",   [STATUS_MANUAL] = "MANUAL",
    [STATUS_MUTED] = "MUTED", [STATUS_ERROR] = "ERROR", [STATUS_NOT_APPLICABLE] = "NOT_APPLICABLE",
    [STATUS_FIXED] = "FIXED"};
static const char *const severity_names[SEVERITY_COUNT] = {[SEVERITY_CRITICAL] = "critical",
                                                           [SEVERITY_HIGH] = "high",
                                                           [SEVERITY_MEDIUM] = "medium",
                                                           [SEVERITY_LOW] = "low",
                                                           [SEVERITY_INFORMATIONAL] =
                                                               "informational"};
static const char *const verdict_names[] = {[VERDICT_COMPLIANT] = "COMPLIANT",
                                            [VERDICT_NON_COMPLIANT] = "NON-COMPLIANT",
                                            [VERDICT_INCOMPLETE] = "INCOMPLETE"};

const char *status_name(enum status s)
{
    return status_names[s];
}

const char *severity_name(enum severity s)
{
    return severity_names[s];
}

const char *verdict_name(enum verdict v)
{
    return verdict_names[v];
}

bool status_parse(const char *word, enum status *out)
{
    for (size_t i = 0; i < STATUS_COUNT; i++) {
        if (str_equal(word, status_names[i])) {
            *out = (enum status)i;
            return true;
        }
    }
    return false;
}

bool severity_parse(const char *word, enum severity *out)
{
    for (size_t i = 0; i < SEVERITY_COUNT; i++) {
        if (str_equal(word, severity_names[i])) {
            *out = (enum severity)i;
            return true;
        }
    }
    return false;
}

void finding_make_id(const char *check_id, const char *scope, const char *subject,
                     char out[FINDING_ID_SIZE])
{
    struct sha256_stream *digest = sha256_stream_new();
    sha256_stream_add(digest, check_id, strlen(check_id));
    sha256_stream_add(digest, "\n", 1);
    sha256_stream_add(digest, scope, strlen(scope));
    sha256_stream_add(digest, "\n", 1);
    sha256_stream_add(digest, subject, strlen(subject));
    char hex[SHA256_HEX_SIZE];
    sha256_stream_hex(digest, hex);
    sha256_stream_free(digest);
    memcpy(out, hex, FINDING_ID_SIZE - 1);
    out[FINDING_ID_SIZE - 1] = '\0';
}

enum verdict verdict_of(unsigned long long unmuted_failures, unsigned long long errors,
                        unsigned long long gaps)
{
    if (errors > 0 || gaps > 0) {
        return VERDICT_INCOMPLETE;
    }
    return unmuted_failures > 0 ? VERDICT_NON_COMPLIANT : VERDICT_COMPLIANT;
}
