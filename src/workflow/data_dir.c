#include "workflow/data_dir.h"

#include <stdlib.h>

#include "base/env.h"
#include "base/file.h"
#include "base/mem.h"

char *setup_data_path(const char *folder)
{
    const char *home = env_get("TOWERKEEP_DATA");
    const char *places[] = {home, TOWERKEEP_SOURCE_DIR, TOWERKEEP_DATA_DIR};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char *path = places[i] ? path_join(places[i], folder) : NULL;
        if (path && file_is_directory(path)) {
            return path;
        }
        free(path);
    }
    return path_join(TOWERKEEP_DATA_DIR, folder);
}
