#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/sign_file.h"
#include "base/sums.h"
#include "package_private.h"
#include "workflow/package.h"

#define DIGEST_MAX ((size_t)1024 * 1024 * 1024)

struct verification {
    const char *directory;
    void (*problem)(void *context, const char *what, const char *name);
    void *context;
    struct package_check *out;
};

static void complain(const struct verification *v, const char *what, const char *name)
{
    v->problem(v->context, what, name);
    v->out->problems++;
}

/* Both lists are sorted by name. */
static void compare(const struct verification *v, const struct sums *expected,
                    const struct sums *found)
{
    size_t a = 0, b = 0;
    while (a < expected->count || b < found->count) {
        int order = a == expected->count ? 1
                    : b == found->count  ? -1
                                         : strcmp(expected->items[a].name, found->items[b].name);
        if (order < 0) {
            complain(v, "missing", expected->items[a].name);
        } else if (order > 0) {
            complain(v, "added", found->items[b].name);
        } else if (strcmp(expected->items[a].hex, found->items[b].hex) != 0) {
            complain(v, "changed", expected->items[a].name);
        }
        a += order <= 0 ? 1 : 0;
        b += order >= 0 ? 1 : 0;
    }
}

/* The signature that is there, against the key. */
static int check_key(const struct verification *v, const char *path, const char *public_key,
                     const char *digest, size_t length, struct err *err)
{
    char *signature = NULL;
    size_t signature_length = 0;
    int good = file_read(path, SIGNATURE_MAX, &signature, &signature_length, err);
    if (good == 0) {
        good = signature_check(public_key, digest, length, signature, signature_length, err);
    }
    free(signature);
    if (good < 0) {
        return -1;
    }
    v->out->signature = good == 1 ? SIGNATURE_GOOD : SIGNATURE_BAD;
    if (v->out->signature == SIGNATURE_BAD) {
        complain(v, "forged", PACKAGE_SIGNATURE);
    }
    return 0;
}

static int check_signature(const struct verification *v, const char *public_key, const char *digest,
                           size_t length, struct err *err)
{
    char *path = path_join(v->directory, PACKAGE_SIGNATURE);
    int rc = 0;
    if (!file_exists(path)) {
        v->out->signature = SIGNATURE_NONE;
        if (public_key != NULL) {
            complain(v, "unsigned", PACKAGE_DIGEST);
        }
    } else if (public_key == NULL) {
        v->out->signature = SIGNATURE_NOT_CHECKED;
    } else {
        rc = check_key(v, path, public_key, digest, length, err);
    }
    free(path);
    return rc;
}

int package_verify(const char *directory, const char *public_key,
                   void (*problem)(void *context, const char *what, const char *name),
                   void *context, struct package_check *out, struct err *err)
{
    const struct verification v = {directory, problem, context, out};
    struct sums expected = {0}, found = {0};
    struct err malformed = ERR_INIT;
    char *path = path_join(directory, PACKAGE_DIGEST), *digest = NULL;
    size_t length = 0;
    int rc = -1;
    *out = (struct package_check){0};
    if (!file_exists(path)) {
        err_set(err, ERR_INPUT,
                "%s: no evidence package (make one with scan --evidence or report RUN --evidence)",
                directory);
        goto out;
    }
    if (file_read(path, DIGEST_MAX, &digest, &length, err) != 0 ||
        check_signature(&v, public_key, digest, length, err) != 0 ||
        sums_of_tree(directory, package_is_outside, &found, err) != 0) {
        goto out;
    }
    out->files = found.count;
    if (sums_parse(PACKAGE_DIGEST, digest, length, &expected, &malformed) != 0) {
        complain(&v, "changed", malformed.text);
    } else {
        compare(&v, &expected, &found);
    }
    rc = 0;
out:
    sums_release(&expected);
    sums_release(&found);
    free(digest);
    free(path);
    return rc;
}
