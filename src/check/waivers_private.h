/* A file of waivers, loaded. */
#ifndef TOWERKEEP_CHECK_WAIVERS_PRIVATE_H
#define TOWERKEEP_CHECK_WAIVERS_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/doc.h"
#include "base/hash.h"
#include "check/waivers.h"
#include "operators.h"

struct pattern_list {
    struct pattern **items;
    size_t count;
};

struct conditions { /* of a waiver, or of its exceptions */
    struct pattern_list accounts, regions, resources, tags;
};

struct waiver {
    char *name; /* ACCOUNT/CHECK, as written in the file; unique in the file */
    unsigned line;
    const char *account, *check; /* the keys; owned by the document */
    bool one_check;              /* the key is a rule's id */
    struct pattern *checks;
    struct conditions covers, excepts;
    const char *description, *owner, *justification, *ticket, *approved_by, *created, *expires;
    int64_t ends_ms; /* the first millisecond it is no longer in force; 0: never ends */
    size_t block;    /* waivers of one account are adjacent */
    int64_t matched;
    int64_t missed;      /* failures that it would cover, had it not expired */
    const char *problem; /* a pattern reached a limit: no match */
};

struct waivers {
    struct doc *doc;
    struct waiver *items;
    size_t count;
    int64_t now_ms;
    char digest[SHA256_HEX_SIZE];
};

#endif
