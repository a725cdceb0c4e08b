/* A hash map from strings to pointers or numbers. Keys are copied. Iteration is in insertion order.
 */
#ifndef TOWERKEEP_BASE_MAP_H
#define TOWERKEEP_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>

struct map;

struct map *map_new(void (*free_value)(void *));           /* NULL: values are borrowed */
void map_free(struct map *m);                              /* accepts NULL */
void *map_get(const struct map *m, const char *key);       /* borrowed, NULL when absent */
void map_set(struct map *m, const char *key, void *value); /* replaces, freeing the old value */
bool map_remove(struct map *m, const char *key);
size_t map_count(const struct map *m);
/* Walk: start with *cursor = 0; returns false at the end. Do not change the map while walking. */
bool map_next(const struct map *m, size_t *cursor, const char **key, void **value);

#endif
