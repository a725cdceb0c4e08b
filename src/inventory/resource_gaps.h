/*
 * What hides resources of one place from judgement, beside the gap that a rule names: lists that
 * could not be read, and an opt-in that counts here and is another account's.
 */
#ifndef TOWERKEEP_INVENTORY_RESOURCE_GAPS_H
#define TOWERKEEP_INVENTORY_RESOURCE_GAPS_H

#include "protection.h"

struct resource_gaps {
    json_t *lists; /* {OPERATION: its gap}: lists of resources that have no answer here */
    json_t *asked; /* {OPERATION: true}: lists that are called only where a type is wanted, and were
                      called here */
    char *opt_in;  /* the gap of the management account's opt-in, where a plan here follows it */
};

/* `o` is the outlook on the same place. 0 or -1. */
int resource_gaps_load(const struct protection *o, struct resource_gaps *out);
void resource_gaps_release(struct resource_gaps *u); /* accepts a zeroed one */
/* Was a list called here that names resources with this type and ARN? */
bool resource_is_listed(const struct resource_gaps *u, const char *type, const char *arn);
/* Of a resource: its service's own list, where only the Tagging API knows it. */
void resource_gaps_hide(const struct resource_gaps *u, const struct merged_resource *seen,
                        json_t *document);
/* Of a place or a plan for which no resource was found: any list may have held one. */
void resource_gaps_hide_all(const struct resource_gaps *u, json_t *document);

#endif
