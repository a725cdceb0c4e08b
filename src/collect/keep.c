/* What a collector does with an answer: it asks for more, and keeps entities. Both must be in its
 * row, so that the table tells the truth. */
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/pull.h"
#include "base/text.h"
#include "crawl.h"

const char *arn_tail(const char *arn)
{
    const char *slash = arn != NULL ? strrchr(arn, '/') : NULL;
    return slash != NULL ? slash + 1 : arn;
}

int crawl_ask(struct crawl *crawl, const char *operation, const char *account, const char *region,
              const char *target, struct err *err)
{
    const struct collector *next = collector_find(operation);
    const struct collector *reading = crawl->reading;
    bool named = next != NULL &&
                 (reading != NULL ? collector_asks(reading, next) : next->phase <= crawl->phase);
    if (!named) {
        return err_set(err, ERR_INTERNAL, "%s asks %s, which its row does not name",
                       reading != NULL ? reading->operation : "a phase", operation);
    }
    return store_ask(crawl->store, operation, account, region, target, err) < 0 ? -1 : 0;
}

int crawl_keep_entity(struct crawl *crawl, const struct entity *e, struct err *err)
{
    if (!collector_keeps(crawl->reading, e->kind)) {
        return err_set(err, ERR_INTERNAL, "%s keeps %s, which its row does not name",
                       crawl->reading->operation, e->kind);
    }
    return store_entity(crawl->store, e, err);
}

int crawl_keep(const struct answer_page *p, const char *kind, const char *account,
               const char *region, const char *key, const json_t *document, struct err *err)
{
    char *json = json_dumps(document, JSON_COMPACT);
    if (json == NULL) {
        return err_set(err, ERR_INTERNAL, "%s: an answer could not be written as JSON",
                       p->question->collector);
    }
    struct entity entity = {.kind = kind,
                            .account = account,
                            .region = region,
                            .key = key,
                            .json = json,
                            .json_length = strlen(json),
                            .fact = p->fact};
    int rc = crawl_keep_entity(p->crawl, &entity, err);
    free(json);
    return rc;
}

int crawl_keep_list(const struct answer_page *p, const char *path, const char *kind,
                    const char *account, const char *region, const char *key_member,
                    struct err *err)
{
    const json_t *list = jx_get(p->answer->json, path);
    size_t i;
    json_t *row;
    json_array_foreach(list, i, row)
    {
        const char *key = jx_str(row, key_member);
        if (key == NULL) {
            return err_set(err, ERR_AWS, "an element of %s has no %s", path, key_member);
        }
        if (crawl_keep(p, kind, account, region, key, row, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int take_first(void *context, const struct entity *e)
{
    struct only *only = context;
    only->document = json_loadb(e->json, e->json_length, 0, NULL);
    only->key = xstrdup(e->key);
    return 1;
}

int only_find(struct crawl *crawl, const char *kind, struct only *out, struct err *err)
{
    *out = (struct only){0};
    return store_each_entity(crawl->store, kind, NULL, NULL, take_first, out, err) < 0 ? -1 : 0;
}

void only_release(struct only *only)
{
    json_decref(only->document);
    free(only->key);
}

/* --- lists that are too large for a tree: read in one pass, kept as AWS sent them --- */

int crawl_each_raw(const struct answer_page *p, const char *list,
                   int (*each)(void *context, const char *json, size_t length, struct err *err),
                   void *context, struct err *err)
{
    struct pull reader;
    struct slice key, element;
    pull_init(&reader, p->answer->body, p->answer->body_length);
    pull_object(&reader);
    while (pull_member(&reader, &key)) {
        if (!slice_is(key, list)) {
            pull_skip(&reader);
            continue;
        }
        pull_list(&reader);
        while (pull_element(&reader)) {
            pull_value(&reader, &element);
            if (!pull_failed(&reader) && each(context, element.data, element.length, err)) {
                return -1;
            }
        }
    }
    pull_end(&reader);
    if (pull_failed(&reader)) {
        return err_set(err, ERR_AWS, "%s returned malformed JSON: %s", p->question->collector,
                       reader.problem);
    }
    return 0;
}

struct keeping {
    const struct answer_page *page;
    const char *key_member, *kind;
    bool (*wanted)(const struct answer_page *p, const char *key);
};

static int keep_element(void *context, const char *json, size_t length, struct err *err)
{
    const struct keeping *k = context;
    const struct answer_page *p = k->page;
    struct pull inner;
    struct slice key;
    struct text name;
    pull_init(&inner, json, length);
    text_init(&name, 4096);
    pull_object(&inner);
    while (pull_member(&inner, &key)) {
        struct slice raw;
        if (slice_is(key, k->key_member)) {
            pull_string(&inner, &raw);
            slice_unescape(raw, &name);
        } else {
            pull_skip(&inner);
        }
    }
    struct entity entity = {.kind = k->kind,
                            .account = p->question->account,
                            .region = p->question->region,
                            .key = text_str(&name),
                            .json = json,
                            .json_length = length,
                            .fact = p->fact};
    bool bad = pull_failed(&inner) || text_failed(&name) || name.length == 0;
    int rc = 0;
    if (bad) {
        rc = err_set(err, ERR_AWS, "%s returned an element without a readable %s",
                     p->question->collector, k->key_member);
    } else if (k->wanted == NULL || k->wanted(p, entity.key)) {
        rc = crawl_keep_entity(p->crawl, &entity, err);
    }
    text_release(&name);
    return rc;
}

int crawl_keep_raw_list(const struct answer_page *p, const char *list, const char *key_member,
                        const char *kind,
                        bool (*wanted)(const struct answer_page *p, const char *key),
                        struct err *err)
{
    struct keeping keeping = {p, key_member, kind, wanted};
    return crawl_each_raw(p, list, keep_element, &keeping, err);
}
