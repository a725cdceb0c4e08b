#include "workflow/history.h"

#include <stdlib.h>

#include "base/log.h"
#include "inventory/trend.h"
#include "store/history.h"
#include "workflow/run_dir.h"

static int carry_from(const char *named, struct store *store, struct err *err)
{
    struct store *previous = NULL;
    char *path = NULL;
    int rc = -1;
    if (run_dir_find(named, &path, err) == 0 && store_open(path, true, &previous, err) == 0 &&
        store_carry(previous, store, err) == 0) {
        rc = trend_carry(previous, store, err);
    }
    store_close(previous);
    free(path);
    return rc;
}

int history_carry(struct store *store, const char *previous, struct err *err)
{
    if (previous != NULL && carry_from(previous, store, err) != 0) {
        if (err->code != ERR_INPUT) {
            return -1;
        }
        log_write(LOG_WARN, "not compared with the previous run: %s", err->text);
        *err = (struct err)ERR_INIT;
    }
    return store_commit(store, err);
}
