/* The tree of organizational units, built from their parents and from the Paths in newer
 * answers. */
#ifndef TOWERKEEP_MODEL_TREE_H
#define TOWERKEEP_MODEL_TREE_H

#include <stdbool.h>
#include <stddef.h>

struct unit { /* owned by the tree */
    char *id, *arn, *name, *parent_id;
    const struct unit *parent; /* NULL: directly under the root, or unknown */
    char *path;                /* names from the root down, "Workloads/Workloads X" */
    unsigned depth;            /* 1 directly under the root */
};

struct tree;

struct tree *tree_new(void);
void tree_free(struct tree *t);
/* parent_id NULL: the next-to-last element of `organizations_path` ("o-1/r-1/ou-a/ou-b/") is
 * used. */
void tree_add(struct tree *t, const char *id, const char *parent_id, const char *name,
              const char *arn, const char *organizations_path);
/* Call after all units are added: links parents (a cycle is broken), sets paths, sorts by depth,
 * then path. */
void tree_finish(struct tree *t);
size_t tree_count(const struct tree *t);
const struct unit *tree_at(const struct tree *t, size_t index);
const struct unit *tree_find(const struct tree *t,
                             const char *id); /* NULL when unknown; the root is always unknown */
bool unit_is_under(const struct unit *u, const struct unit *ancestor); /* strictly */
/* `word` is the unit's id, name, path or a glob over its path. */
bool unit_is_named(const struct unit *u, const char *word);
/* The element before the last of an account's or OU's Path, into out; "" when it has none. Returns
 * out. */
const char *tree_parent_of_path(const char *organizations_path, char *out, size_t size);

#endif
