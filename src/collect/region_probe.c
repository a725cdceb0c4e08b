/* Refused credentials of the caller's own: a Region that was switched off says the same as a key
 * that was deleted, so the home Region is asked which of the two it is. */
#include <stdint.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "crawl.h"

struct suspicion {
    struct crawl *crawl;
    struct answer refused; /* with texts of its own */
    region_probe_told told;
    void *context;
};

static char *own(const char *s)
{
    return xstrdup(s ? s : "");
}

static void suspicion_free(struct suspicion *s)
{
    const char *const texts[] = {s->refused.account, s->refused.region, s->refused.code,
                                 s->refused.message, s->refused.request_id};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        free((char *)(uintptr_t)texts[i]);
    }
    free(s);
}

static void on_identity(void *context, const struct answer *a)
{
    struct suspicion *s = context;
    bool off = a->class == ANSWER_OK;
    if (off) {
        map_set(s->crawl->off, s->refused.region, s->crawl);
        s->refused.class = ANSWER_REGION_UNAVAILABLE;
    }
    s->told(s->context, &s->refused, off);
    suspicion_free(s);
}

int region_probe_ask(struct crawl *crawl, const struct answer *a, region_probe_told told,
                     void *context, struct err *err)
{
    struct suspicion *s = xcalloc(1, sizeof *s);
    s->crawl = crawl;
    s->refused = *a;
    s->refused.account = own(a->account);
    s->refused.region = own(a->region);
    s->refused.code = own(a->code);
    s->refused.message = own(a->message);
    s->refused.request_id = own(a->request_id);
    s->refused.body = NULL;
    s->refused.body_length = 0;
    s->refused.json = NULL;
    s->told = told;
    s->context = context;
    struct aws_call call = {.op = op_parse("sts:GetCallerIdentity"),
                            .region = crawl->home,
                            .done = on_identity,
                            .context = s};
    if (aws_call(crawl->client, &call, err)) {
        suspicion_free(s);
        return -1;
    }
    return 0;
}
