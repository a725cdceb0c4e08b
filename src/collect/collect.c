/* The whole crawl: its phases in order, each from its first tasks to what must hold at its end. */
#include "collect/collect.h"

#include <stdio.h>
#include <string.h>

#include "aws/partition.h"
#include "base/map.h"
#include "base/mem.h"
#include "crawl.h"

#define STEPS_MAX 5

typedef int (*phase_step)(struct crawl *crawl, struct err *err);

struct phase_row {
    const char *reads; /* what is read, for people; NULL: its tasks are answered with those of the
                          next phase */
    phase_step ask[STEPS_MAX];   /* asks beyond the collectors' seeds */
    phase_step check[STEPS_MAX]; /* when all tasks are answered */
};

/* AuthFailure, InvalidClientTokenId and their like, of a Region that the account has enabled
 * ("Managing AWS STS in an AWS Region" in the IAM user guide). */
static int tokens_check(struct crawl *crawl, struct err *err)
{
    return store_gaps_of_tokens(
        crawl->store,
        "the Region is enabled and refuses the credentials: session tokens of the global STS "
        "endpoint are not valid in Regions that an account has to enable. Use a Regional endpoint "
        "(AWS_STS_REGIONAL_ENDPOINTS=regional), or version 2 tokens for the global endpoint",
        err);
}

/* What a service control policy denies in a governed Region too, it does not deny by Region. */
static int denials_check(struct crawl *crawl, struct err *err)
{
    for (size_t i = 0; i < crawl->governed_count; i++) {
        if (store_gaps_not_by_region(crawl->store, crawl->governed[i], err) != 0) {
            return -1;
        }
    }
    return 0;
}

static const struct phase_row phases[PHASE_COUNT] = {
    [PHASE_PRECONDITIONS] = {.reads = "the organization",
                             /* Of a run that is resumed, tasks of every phase are open, and what is
                                asked after their answers depends on what was read before. */
                             .ask = {landing_zone_recall, job_summaries_load, policies_load},
                             .check = {organization_check}},
    [PHASE_LANDING_ZONE] = {.reads = "the landing zone",
                            .check = {landing_zone_search, landing_zone_check}},
    [PHASE_ORGANIZATION] = {.reads = "the organization",
                            .ask = {policy_types_ask, central_account_ask, keys_ask, roles_ask,
                                    job_summaries_ask},
                            .check = {job_summaries_load, policies_load}},
    [PHASE_MANAGEMENT] = {.ask = {management_ask}},
    [PHASE_MEMBERS] = {.reads = "the accounts",
                       .ask = {members_ask},
                       .check = {regions_check, denials_check, tokens_check}},
};

static int take_steps(struct crawl *crawl, const phase_step steps[STEPS_MAX], struct err *err)
{
    for (size_t i = 0; i < STEPS_MAX && steps[i] != NULL; i++) {
        if (steps[i](crawl, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int run_phase(struct crawl *crawl, enum phase phase, struct err *err)
{
    const struct phase_row *row = &phases[phase];
    crawl->phase = phase;
    if (take_steps(crawl, row->ask, err) != 0 || collectors_seed(crawl, phase, err) != 0) {
        return -1;
    }
    if (row->reads != NULL && crawl_drain(crawl, row->reads, err) != 0) {
        return -1;
    }
    return take_steps(crawl, row->check, err);
}

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
    /* Accounts left out on purpose do not make a run incomplete. */
    bool filtered = o->accounts != NULL || o->excluded_accounts != NULL || o->ous != NULL;
    const char *const pairs[][2] = {{"caller_arn", aws_client_caller_arn(client)},
                                    {"caller_account", aws_client_account(client)},
                                    {"partition", aws_client_partition(client)},
                                    {"filtered", filtered ? "true" : "false"},
                                    {"state", "collecting"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (store_meta_set(crawl->store, pairs[i][0], pairs[i][1], err) != 0) {
            return -1;
        }
    }
    return selection_store(crawl, err);
}

int collect_run(struct aws_client *client, struct store *store,
                const struct collect_options *options, struct err *err)
{
    struct crawl crawl = {.client = client,
                          .store = store,
                          .options = options,
                          .management = aws_client_account(client),
                          .off = map_new(NULL)};
    const char *const homes[] = {store_meta(store, "home_region"), options->home_region,
                                 options->hint_region, partition_of_region("")->global_region};
    size_t first = 0;
    while (homes[first] == NULL) {
        first++;
    }
    (void)snprintf(crawl.home, sizeof crawl.home, "%s", homes[first]);
    int rc = mark_caller(&crawl, err);
    for (int phase = 0; rc == 0 && phase < PHASE_COUNT; phase++) {
        rc = run_phase(&crawl, (enum phase)phase, err);
    }
    if (rc == 0) {
        rc = store_meta_set(store, "state", "collected", err);
    }
    if (rc == 0) {
        rc = store_commit(store, err);
    }
    crawl_release(&crawl);
    return rc;
}
