/* The run before this one, found and carried over. */
#include "store/history.h"
#include "base/file.h"
#include "base/log.h"
#include "inventory/trend.h"
#include "session.h"

#include <stdlib.h>

int history_note_scope(struct store *store, bool narrowed, struct err *err)
{
    return store_meta_set(store, "checks_narrowed", narrowed ? "true" : "", err);
}

/* A run that cannot be compared with another is still a run: only the disk stops it. */
int history_carry(struct session *s, struct err *err)
{
    const struct scan_options *o = &s->options;
    struct store *previous = NULL;
    char *path = NULL;
    bool narrowed = o->checks.count > 0 || o->excluded_checks.count > 0 || o->min_severity >= 0;
    if (history_note_scope(s->store, narrowed, err)) {
        return -1;
    }
    if (!o->previous && !file_exists(s->dir.final)) {
        return store_commit(s->store, err);
    }
    int rc = run_dir_find(o->previous ? o->previous : s->dir.final, &path, err) ||
                     store_open(path, true, &previous, err) ||
                     store_carry(previous, s->store, err) || trend_carry(previous, s->store, err)
                 ? -1
                 : 0;
    if (rc && err->code == ERR_INPUT) {
        log_write(LOG_WARN, "not compared with the run before: %s", err->text);
        *err = (struct err)ERR_INIT;
        rc = 0;
    }
    store_close(previous);
    free(path);
    return rc ? -1 : store_commit(s->store, err);
}
