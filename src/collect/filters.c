/* What the run was told to leave out. */
#include <string.h>

#include "crawl.h"
#include "inventory/run_regions.h"

bool crawl_lists(const char *const *list, const char *word)
{
    for (; list != NULL && *list != NULL; list++) {
        if (strcmp(*list, word) == 0) {
            return true;
        }
    }
    return false;
}

bool crawl_wants_account(const struct crawl *crawl, const char *account)
{
    const struct collect_options *o = crawl->options;
    return (o->accounts == NULL || crawl_lists(o->accounts, account)) &&
           !crawl_lists(o->excluded_accounts, account);
}

bool crawl_wants_region(const struct crawl *crawl, const char *region)
{
    const struct collect_options *o = crawl->options;
    return (o->regions == NULL || crawl_lists(o->regions, region)) &&
           !crawl_lists(o->excluded_regions, region);
}

bool crawl_governs(const struct crawl *crawl, const char *region)
{
    for (size_t i = 0; i < crawl->governed_count; i++) {
        if (strcmp(crawl->governed[i], region) == 0) {
            return true;
        }
    }
    return false;
}

static bool all_governed(const struct crawl *crawl, const char *const *regions)
{
    for (; regions != NULL && *regions != NULL; regions++) {
        if (!crawl_governs(crawl, *regions)) {
            return false;
        }
    }
    return true;
}

int regions_check(struct crawl *crawl, struct err *err)
{
    const struct collect_options *o = crawl->options;
    return run_regions_check(crawl->store, o->regions, "region", err) != 0
               ? -1
               : run_regions_check(crawl->store, o->excluded_regions, "excluded-region", err);
}

int regions_check_early(struct crawl *crawl, struct err *err)
{
    const struct collect_options *o = crawl->options;
    if (all_governed(crawl, o->regions) && all_governed(crawl, o->excluded_regions)) {
        return 0;
    }
    return crawl_drain(crawl, "the management account", err) == 0 ? regions_check(crawl, err) : -1;
}
