/* Resource types that the configuration, or the opt-in of an account and Region, wants: what no
 * operation of the table lists is a collection error, unless the configuration accepts it. */
#include <stdlib.h>
#include <string.h>

#include "aws/partition.h"
#include "base/clock.h"
#include "base/jsonx.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "crawl.h"
#include "model/resource_type.h"
#include "model/support.h"

#define ACCEPTED_KEY "types_not_listed"

static const json_t *configured(const struct crawl *crawl, const char *member)
{
    return jx_get(crawl->options->config->document, member);
}

/* Reports repeat which types the configuration accepts without a list. */
static int accept(struct crawl *crawl, const char *type, struct err *err)
{
    const char *kept = store_meta(crawl->store, ACCEPTED_KEY);
    json_t *types = kept != NULL ? json_loads(kept, 0, NULL) : NULL;
    types = types != NULL ? types : json_array();
    int rc = 0;
    if (!jx_list_has(types, type)) {
        (void)json_array_append_new(types, jx_string(type, strlen(type)));
        char *text = jx_dump(types);
        rc = store_meta_set(crawl->store, ACCEPTED_KEY, text, err);
        free(text);
    }
    json_decref(types);
    return rc;
}

static int report_missing(struct crawl *crawl, const char *account, const char *region,
                          const char *types, struct err *err)
{
    char *message = xasprintf("this version lists no resources of %s; resource_types_not_listed in "
                              "the configuration accepts that",
                              types);
    const struct gap gap = {.operation = RESOURCE_LISTING,
                            .account = account,
                            .region = region,
                            .target = types,
                            .class = GAP_NO_LISTER,
                            .code = "",
                            .message = message,
                            .wall_ms = clock_wall_ms(NULL),
                            .request_id = ""};
    crawl->gaps++;
    log_write(LOG_INFO, "%s/%s: %s", account, region, message);
    int rc = store_gap(crawl->store, &gap, err);
    free(message);
    return rc;
}

/* AWS Backup takes nothing of the type there: there is nothing to list. */
static bool is_absent(const struct crawl *crawl, const char *type, const char *region)
{
    const struct support_subject subject = {.type = type,
                                            .dynamodb_advanced = -1,
                                            .region = region,
                                            .partition = aws_client_partition(crawl->client),
                                            .opt_in_region = region_is_opt_in(region)};
    return support_of(configured(crawl, SUPPORT_MEMBER), &subject, "available") == SUPPORT_NO;
}

/* Lists of other types are asked of every account. */
static int ask_lists(struct crawl *crawl, const char *account, const char *region, const char *type,
                     struct err *err)
{
    const char *const *operation = resource_type_listings(type);
    int rc = 0;
    for (; rc == 0 && *operation != NULL; operation++) {
        rc = collector_find(*operation)->seed == SEED_WANTED
                 ? crawl_ask(crawl, *operation, account, region, "", err)
                 : 0;
    }
    return rc;
}

/* `types`: names of resource types that are wanted in a governed Region. */
static int ask_types(struct crawl *crawl, const char *account, const char *region,
                     const json_t *types, struct err *err)
{
    struct text missing;
    int rc = 0;
    text_init(&missing, (size_t)64 * 1024);
    for (size_t i = 0; rc == 0 && i < json_array_size(types); i++) {
        const char *type = json_string_value(json_array_get(types, i));
        if (is_absent(crawl, type, region)) {
            continue;
        }
        if (resource_type_listed_directly(type)) {
            rc = ask_lists(crawl, account, region, type, err);
            continue;
        }
        if (jx_list_has(configured(crawl, "resource_types_not_listed"), type)) {
            rc = accept(crawl, type, err);
            continue;
        }
        text_addf(&missing, "%s%s", missing.length > 0 ? ", " : "", type);
    }
    if (rc == 0 && missing.length > 0) {
        rc = report_missing(crawl, account, region, text_str(&missing), err);
    }
    text_release(&missing);
    return rc;
}

int wanted_types_ask(struct crawl *crawl, const char *account, const char *region, struct err *err)
{
    /* Of a run that is resumed, the management account is asked a second time. */
    int known = store_find_gap(crawl->store, RESOURCE_LISTING, account, region, NULL, 0, err);
    return known != 0 ? (known < 0 ? -1 : 0)
                      : ask_types(crawl, account, region, configured(crawl, "resource_types"), err);
}

int opted_types_ask(struct crawl *crawl, const struct question *q, json_t *opt_in, struct err *err)
{
    json_t *types = json_array();
    const char *type = NULL;
    json_t *on = NULL;
    json_object_foreach(opt_in, type, on)
    {
        if (json_is_true(on) && !jx_list_has(configured(crawl, "resource_types"), type) &&
            !jx_list_has(configured(crawl, "resource_types_declined"), type)) {
            (void)json_array_append_new(types, jx_string(type, strlen(type)));
        }
    }
    bool asked = crawl_governs(crawl, q->region) && crawl_wants_region(crawl, q->region);
    int rc = asked ? ask_types(crawl, q->account, q->region, types, err) : 0;
    json_decref(types);
    return rc;
}
