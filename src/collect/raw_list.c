/* Lists that are too large for a tree: read in one pass, kept as AWS sent them. */
#include "base/pull.h"
#include "base/text.h"
#include "crawl.h"

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
        return err_set(err, ERR_AWS, "%s answered malformed JSON: %s", p->question->collector,
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
        rc = err_set(err, ERR_AWS, "%s answered an element without a readable %s",
                     p->question->collector, k->key_member);
    } else if (!k->wanted || k->wanted(p, entity.key)) {
        rc = store_entity(p->crawl->store, &entity, err);
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
