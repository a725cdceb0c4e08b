/* A finding whose texts are all empty, for tests that set what they are about. */
#ifndef TOWERKEEP_SUPPORT_BLANK_FINDING_H
#define TOWERKEEP_SUPPORT_BLANK_FINDING_H

#include "model/finding.h"

static inline struct finding blank_finding(const char *check, enum status status)
{
    return (struct finding){.check_id = check,
                            .status = status,
                            .title = "",
                            .scope = "",
                            .subject = "",
                            .account_id = "",
                            .account_name = "",
                            .ou_path = "",
                            .region = "",
                            .resource_arn = "",
                            .resource_name = "",
                            .expected = "",
                            .observed = "",
                            .detail = "",
                            .risk = "",
                            .remediation = "",
                            .remedy = "",
                            .evidence = ""};
}

#endif
