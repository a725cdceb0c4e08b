/* The table of collectors as a whole. */
#include <string.h>

#include "base/text.h"
#include "crawl.h"

static const struct collector *const tables[] = {
    organization_collectors, landing_zone_collectors, key_collectors,        backup_collectors,
    account_collectors,      inventory_collectors,    protection_collectors, job_collectors,
    control_collectors,      role_collectors,         policy_collectors,     product_collectors,
    wanted_collectors,
};

const struct collector *collector_at(size_t index)
{
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
        for (const struct collector *c = tables[t]; c->operation != NULL; c++, index--) {
            if (index == 0) {
                return c;
            }
        }
    }
    return NULL;
}

const struct collector *collector_find(const char *operation)
{
    const struct collector *c = NULL;
    for (size_t i = 0; (c = collector_at(i)) != NULL; i++) {
        if (strcmp(c->operation, operation) == 0) {
            return c;
        }
    }
    return NULL;
}

const char *const *collect_operations(void)
{
    static const char *names[128];
    const struct collector *c = NULL;
    size_t count = 0;
    while ((c = collector_at(count)) != NULL) {
        names[count++] = c->operation;
    }
    names[count++] = "sts:AssumeRole";
    names[count] = NULL;
    return names;
}

bool collect_asks_members(const char *operation)
{
    const struct collector *c = collector_find(operation);
    return c != NULL && !c->as_management;
}

bool collector_asks(const struct collector *c, const struct collector *next)
{
    if (c->opens_account && (next->seed == SEED_GOVERNED || next->seed == SEED_REGION)) {
        return true;
    }
    if (c->opens_types && next->seed == SEED_WANTED) {
        return true;
    }
    for (size_t i = 0; i < ASKS_MAX && c->asks[i] != NULL; i++) {
        if (strcmp(c->asks[i], next->operation) == 0) {
            return true;
        }
    }
    return false;
}

bool collector_keeps(const struct collector *c, const char *kind)
{
    for (size_t i = 0; i < KEEPS_MAX && c->keeps[i] != NULL; i++) {
        if (strcmp(c->keeps[i], kind) == 0) {
            return true;
        }
    }
    return str_equal(c->absent_kind, kind);
}

int collectors_seed(struct crawl *crawl, enum phase phase, struct err *err)
{
    const struct collector *c = NULL;
    for (size_t i = 0; (c = collector_at(i)) != NULL; i++) {
        if (c->seed == SEED_HOME && c->phase == phase &&
            crawl_ask(crawl, c->operation, crawl->management, crawl->home, "", err) != 0) {
            return -1;
        }
    }
    return 0;
}

int collectors_seed_region(struct crawl *crawl, const char *account, const char *region,
                           struct err *err)
{
    bool governed = crawl_governs(crawl, region);
    const struct collector *c = NULL;
    for (size_t i = 0; (c = collector_at(i)) != NULL; i++) {
        bool asked = c->seed == SEED_REGION || (c->seed == SEED_GOVERNED && governed);
        if (asked && crawl_ask(crawl, c->operation, account, region, "", err) != 0) {
            return -1;
        }
    }
    return 0;
}
