/* The evidence package beside a run: made aside, put in place whole, summed up, signed. */
#include "workflow/package.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sign_file.h"
#include "base/sums.h"
#include "report/evidence.h"

#define ASIDE ".evidence.new"

bool package_outside(const char *name)
{
    return strcmp(name, ".lock") == 0 || strcmp(name, PACKAGE_DIGEST) == 0 ||
           strcmp(name, PACKAGE_SIGNATURE) == 0;
}

static int write_file(const char *path, const void *data, size_t length, struct err *err)
{
    struct out_file *file = NULL;
    if (out_file_open(path, &file, err)) {
        return -1;
    }
    fwrite(data, 1, length, out_file_stream(file));
    return out_file_commit(file, err);
}

static int sum_up(const char *directory, const char *sign_key, struct err *err)
{
    struct sums sums = {0};
    char *digest = NULL;
    size_t length = 0;
    unsigned char signature[SIGNATURE_MAX];
    size_t signed_length = 0;
    char *path = path_join(directory, PACKAGE_DIGEST);
    char *signature_path = path_join(directory, PACKAGE_SIGNATURE);
    int rc = sums_of_tree(directory, package_outside, &sums, err) ||
                     sums_print(&sums, &digest, &length, err) ||
                     write_file(path, digest, length, err)
                 ? -1
                 : 0;
    if (rc == 0 && sign_key) {
        rc = signature_make(sign_key, digest, length, signature, &signed_length, err) ||
                     write_file(signature_path, signature, signed_length, err)
                 ? -1
                 : 0;
    }
    free(path);
    free(signature_path);
    free(digest);
    sums_release(&sums);
    return rc;
}

int package_make(const char *directory, struct store *store, const char *sign_key, struct err *err)
{
    char *aside = path_join(directory, ASIDE);
    char *place = path_join(directory, PACKAGE_FOLDER);
    dir_remove(aside);
    int rc = evidence_write(store, aside, err);
    if (rc == 0) {
        dir_remove(place);
        if (rename(aside, place) != 0) {
            rc = err_set(err, ERR_IO, "cannot make %s: %s", place, strerror(errno));
        }
    }
    if (rc) {
        dir_remove(aside);
    } else {
        rc = sum_up(directory, sign_key, err);
    }
    free(aside);
    free(place);
    return rc;
}

bool package_drop(const char *directory)
{
    char *place = path_join(directory, PACKAGE_FOLDER);
    bool there = file_is_directory(place);
    if (there) {
        dir_remove(place);
    }
    free(place);
    return there;
}

bool package_signed(const char *directory)
{
    char *path = path_join(directory, PACKAGE_SIGNATURE);
    bool there = file_exists(path);
    free(path);
    return there;
}
