#include "workflow/data_dir.h"

#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/file.h"
#include "base/mem.h"

enum { MARKER_MAX = 8192 };

/* The source tree of a build tree; NULL for any other directory. Yours. */
static char *source_directory(const char *directory)
{
    struct err ignored = ERR_INIT;
    size_t length = 0;
    char *text = NULL;
    char *marker = path_join(directory, DATA_DIR_BUILD_MARKER);
    if (file_exists(marker) && file_read(marker, MARKER_MAX, &text, &length, &ignored) == 0) {
        text[strcspn(text, "\n")] = '\0';
    }
    free(marker);
    return text;
}

static int search_named(const char *named, const char *folder, char **path, struct err *err)
{
    char *found = path_join(named, folder);
    if (!file_is_directory(found)) {
        err_set(err, ERR_INPUT, "TOWERKEEP_DATA: %s is not a directory", found);
        free(found);
        return -1;
    }
    *path = found;
    return 0;
}

int data_dir_search(const struct data_dir_places *places, const char *folder, char **path,
                    struct err *err)
{
    *path = NULL;
    if (places->named != NULL) {
        return search_named(places->named, folder, path, err);
    }
    char *candidates[3] = {NULL};
    const char *slash = places->executable != NULL ? strrchr(places->executable, '/') : NULL;
    if (slash != NULL) {
        char *directory = xstrndup(places->executable, (size_t)(slash - places->executable));
        candidates[0] = source_directory(directory);
        candidates[1] = path_join(directory, TOWERKEEP_DATA_FROM_EXECUTABLE);
        free(directory);
    }
    candidates[2] = xstrdup(places->configured);
    for (size_t i = 0; *path == NULL && i < sizeof candidates / sizeof *candidates; i++) {
        char *found = candidates[i] != NULL ? path_join(candidates[i], folder) : NULL;
        if (found != NULL && file_is_directory(found)) {
            *path = found;
        } else {
            free(found);
        }
    }
    if (*path == NULL) {
        err_set(err, ERR_INPUT,
                "cannot find the installed directory \"%s\" in %s or %s; set TOWERKEEP_DATA to the "
                "directory that contains it",
                folder, candidates[1] != NULL ? candidates[1] : TOWERKEEP_DATA_FROM_EXECUTABLE,
                places->configured);
    }
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
        free(candidates[i]);
    }
    return *path != NULL ? 0 : -1;
}

int data_dir_find(const char *folder, char **path, struct err *err)
{
    char *executable = path_of_executable();
    struct data_dir_places places = {.named = env_get("TOWERKEEP_DATA"),
                                     .executable = executable,
                                     .configured = TOWERKEEP_DATA_DIR};
    int rc = data_dir_search(&places, folder, path, err);
    free(executable);
    return rc;
}
