/* verify: is the run still what it was when its evidence package was made? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/sign_file.h"
#include "base/sums.h"
#include "base/text.h"
#include "options.h"

#define DIGEST_MAX ((size_t)1024 * 1024 * 1024)

struct verify {
    const char *directory, *public_key;
    size_t problems;
};

static void complain(struct verify *v, const char *what, const char *name)
{
    struct text line;
    text_init(&line, 16384);
    text_add_printable(&line, name, strlen(name));
    printf("%-8s %s\n", what, text_str(&line));
    text_release(&line);
    v->problems++;
}

/* Both lists are sorted: one walk finds what is on either side alone, or differs. */
static void compare(struct verify *v, const struct sums *told, const struct sums *found)
{
    size_t a = 0, b = 0;
    while (a < told->count || b < found->count) {
        int order = a == told->count    ? 1
                    : b == found->count ? -1
                                        : strcmp(told->items[a].name, found->items[b].name);
        if (order < 0) {
            complain(v, "missing", told->items[a].name);
        } else if (order > 0) {
            complain(v, "added", found->items[b].name);
        } else if (strcmp(told->items[a].hex, found->items[b].hex) != 0) {
            complain(v, "changed", told->items[a].name);
        }
        a += order <= 0;
        b += order >= 0;
    }
}

/* Returns what to say of the signature, NULL with err when the question cannot be answered. */
static const char *judge_signature(struct verify *v, const char *digest, size_t length,
                                   struct err *err)
{
    char *path = path_join(v->directory, PACKAGE_SIGNATURE), *signature = NULL;
    size_t signature_length = 0;
    const char *words = NULL;
    bool there = file_exists(path);
    if (!v->public_key) {
        words = there ? "signed, but not checked: give --public-key" : "not signed";
    } else if (!there) {
        complain(v, "unsigned", PACKAGE_DIGEST);
        words = "not signed";
    } else if (file_read(path, SIGNATURE_MAX, &signature, &signature_length, err) == 0) {
        int good = signature_check(v->public_key, digest, length, signature, signature_length, err);
        if (good == 0) {
            complain(v, "forged", PACKAGE_SIGNATURE);
        }
        words = good < 0 ? NULL : good ? "signature good" : "signature WRONG";
    }
    free(signature);
    free(path);
    return words;
}

static int verify(struct verify *v, struct err *err)
{
    char *path = path_join(v->directory, PACKAGE_DIGEST), *digest = NULL;
    size_t length = 0;
    struct sums told = {0}, found = {0};
    int rc = -1;
    if (!file_exists(path)) {
        err_set(
            err, ERR_INPUT,
            "%s: holds no evidence package (scan --evidence or report RUN --evidence makes one)",
            v->directory);
        goto out;
    }
    if (file_read(path, DIGEST_MAX, &digest, &length, err)) {
        goto out;
    }
    const char *signature = judge_signature(v, digest, length, err);
    if (!signature || sums_of_tree(v->directory, package_outside, &found, err)) {
        goto out;
    }
    struct err malformed = ERR_INIT;
    if (sums_parse(PACKAGE_DIGEST, digest, length, &told, &malformed)) {
        complain(v, "changed", malformed.text);
    } else {
        compare(v, &told, &found);
    }
    rc = v->problems > 0 ? EXIT_FAILING : EXIT_OK;
    if (rc == EXIT_OK) {
        printf("%zu files are as they were summed up; %s\n", found.count, signature);
    } else {
        printf("%zu problem%s in %zu files; %s\n", v->problems, v->problems == 1 ? "" : "s",
               found.count, signature);
    }
out:
    sums_release(&told);
    sums_release(&found);
    free(digest);
    free(path);
    return rc;
}

int cmd_verify(struct options *o)
{
    struct err err = ERR_INIT;
    struct verify v = {.directory = o->arguments.items[0], .public_key = o->public_key};
    int rc = verify(&v, &err);
    return rc < 0 ? cli_fail(&err) : rc;
}
