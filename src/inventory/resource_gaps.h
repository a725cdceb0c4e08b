/*
 * What hides resources of one place from judgement, beside the gap that a rule names: lists that
 * could not be read, and an opt-in that counts here and is another account's.
 */
#ifndef TOWERKEEP_STORE_UNSEEN_H
#define TOWERKEEP_STORE_UNSEEN_H

#include "protection.h"

struct unseen {
    json_t *lists; /* {OPERATION: its gap}: lists of resources that have no answer here */
    char *opt_in;  /* the gap of the management account's opt-in, where a plan here follows it */
};

/* `o` is the outlook on the same place. 0 or -1. */
int unseen_load(const struct outlook *o, struct unseen *out);
void unseen_release(struct unseen *u); /* accepts a zeroed one */
/* Of a resource: its service's own list, where only the Tagging API knows it. */
void unseen_hide(const struct unseen *u, const struct sighting *seen, json_t *document);
/* Of a place or a plan for which no resource was found: any list may have held one. */
void unseen_hide_all(const struct unseen *u, json_t *document);

#endif
