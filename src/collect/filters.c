/* What the run was told to leave out. */
#include <string.h>

#include "crawl.h"

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
