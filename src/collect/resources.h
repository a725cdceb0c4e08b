/* How rows of lists become entities "resource". */
#ifndef TOWERKEEP_COLLECT_RESOURCES_H
#define TOWERKEEP_COLLECT_RESOURCES_H

#include "crawl.h"

struct resource { /* what one row of a list becomes; strings borrowed */
    const char *arn, *type, *name, *kms_key, *engine, *state;
    const char *encrypted; /* "true", "false" or NULL */
    json_t *tags;          /* taken; NULL when the list carries none */
    json_t *attached_to;   /* taken; ids of instances; NULL: none */
};

/* Keeps it, and asks for the key that encrypts it. ERR_AWS without an ARN or a name. */
int keep_resource(const struct answer_page *p, const struct resource *r, const char *region,
                  struct err *err);
/* tags as {key: value}, from a list of {keyName, valueName}; yours */
json_t *tags_of(const json_t *list, const char *key_name, const char *value_name);
/* The tag Name, or the other name; borrowed. */
const char *name_or(const json_t *tags, const char *otherwise);
/* "arn:P:SERVICE:REGION:ACCOUNT:REST", in the place of the page; yours */
char *arn_make(const struct answer_page *p, const char *service, const char *rest);

#endif
