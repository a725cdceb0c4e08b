/* Written aside and renamed, so that a package is whole or absent. */
#include "workflow/package.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sign_file.h"
#include "base/sums.h"
#include "package_private.h"
#include "report/evidence.h"

#define ASIDE ".evidence.new"

bool package_is_outside(const char *name)
{
    return strcmp(name, ".lock") == 0 || strcmp(name, PACKAGE_DIGEST) == 0 ||
           strcmp(name, PACKAGE_SIGNATURE) == 0;
}

static int write_file(const char *directory, const char *name, const void *data, size_t length,
                      struct err *err)
{
    struct out_file *file = NULL;
    char *path = path_join(directory, name);
    int rc = out_file_open(path, &file, err);
    free(path);
    if (rc != 0) {
        return -1;
    }
    (void)fwrite(data, 1, length, out_file_stream(file));
    return out_file_commit(file, err);
}

static int sign(const char *directory, const char *sign_key, const char *digest, size_t length,
                struct err *err)
{
    unsigned char signature[SIGNATURE_MAX];
    size_t signature_length = 0;
    if (signature_make(sign_key, digest, length, signature, &signature_length, err) != 0) {
        return -1;
    }
    return write_file(directory, PACKAGE_SIGNATURE, signature, signature_length, err);
}

static int write_digest(const char *directory, const char *sign_key, struct err *err)
{
    struct sums sums = {0};
    char *digest = NULL;
    size_t length = 0;
    int rc = -1;
    if (sums_of_tree(directory, package_is_outside, &sums, err) == 0 &&
        sums_print(&sums, &digest, &length, err) == 0 &&
        write_file(directory, PACKAGE_DIGEST, digest, length, err) == 0) {
        rc = sign_key != NULL ? sign(directory, sign_key, digest, length, err) : 0;
    }
    free(digest);
    sums_release(&sums);
    return rc;
}

int package_make(const char *directory, struct store *store, const char *sign_key, struct err *err)
{
    char *aside = path_join(directory, ASIDE);
    char *folder = path_join(directory, PACKAGE_FOLDER);
    dir_remove(aside);
    int rc = evidence_write(store, aside, err);
    if (rc == 0) {
        dir_remove(folder);
        rc = rename(aside, folder) == 0
                 ? 0
                 : err_set(err, ERR_IO, "cannot create %s: %s", folder, strerror(errno));
    }
    if (rc == 0) {
        rc = write_digest(directory, sign_key, err);
    } else {
        dir_remove(aside);
    }
    free(aside);
    free(folder);
    return rc;
}

bool package_drop(const char *directory)
{
    char *aside = path_join(directory, ASIDE);
    char *folder = path_join(directory, PACKAGE_FOLDER);
    bool there = file_is_directory(folder);
    dir_remove(aside);
    dir_remove(folder);
    free(aside);
    free(folder);
    return there;
}

bool package_signed(const char *directory)
{
    char *path = path_join(directory, PACKAGE_SIGNATURE);
    bool there = file_exists(path);
    free(path);
    return there;
}
