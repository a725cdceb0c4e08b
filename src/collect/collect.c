#include "collect/collect.h"

#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "crawl.h"

static void crawl_release(struct crawl *crawl)
{
    for (size_t i = 0; i < crawl->governed_count; i++) {
        free(crawl->governed[i]);
    }
    free(crawl->governed);
    for (size_t i = 0; i < crawl->policy_role_count; i++) {
        free(crawl->policy_roles[i]);
    }
    free(crawl->policy_roles);
    free(crawl->central_backup);
    free(crawl->backup_admin);
    free(crawl->backup_key);
    free(crawl->service_keys[0]);
    free(crawl->service_keys[1]);
    map_free(crawl->off);
}

static int mark_caller(struct crawl *crawl, struct err *err)
{
    const struct aws_client *client = crawl->client;
    const struct collect_options *o = crawl->options;
    /* Accounts left out on purpose are not counted as unseen. */
    bool filtered = o->accounts || o->excluded_accounts || o->ous;
    return store_meta_set(crawl->store, "caller_arn", aws_client_caller_arn(client), err) ||
           store_meta_set(crawl->store, "caller_account", aws_client_account(client), err) ||
           store_meta_set(crawl->store, "partition", aws_client_partition(client), err) ||
           store_meta_set(crawl->store, "filtered", filtered ? "true" : "false", err) ||
           store_meta_set(crawl->store, "state", "collecting", err);
}

int collect_run(struct aws_client *client, struct store *store,
                const struct collect_options *options, struct err *err)
{
    struct crawl crawl = {
        .client = client, .store = store, .options = options, .off = map_new(NULL)};
    crawl.management = aws_client_account(client);
    const char *known = store_meta(store, "home_region");
    const char *first = options->home_region ? options->home_region : options->hint_region;
    snprintf(crawl.home, sizeof crawl.home, "%s", known ? known : first ? first : "us-east-1");
    int rc = mark_caller(&crawl, err) || seed_preconditions(&crawl, err) ||
                     seed_organization(&crawl, err) || seed_central_policies(&crawl, err) ||
                     seed_management(&crawl, err) || seed_members(&crawl, err) ||
                     crawl_drain(&crawl, "the accounts", err) ||
                     store_meta_set(store, "state", "collected", err) || store_commit(store, err)
                 ? -1
                 : 0;
    crawl_release(&crawl);
    return rc;
}
