#include "base/sums.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#define TEXT_MAX ((size_t)1024 * 1024 * 1024)
#define DEPTH_MAX 16

int file_sum(const char *path, char hex[SHA256_HEX_SIZE], struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        return err_set(err, ERR_IO, "%s: cannot be read back: %s", path, strerror(errno));
    }
    struct sha256_stream *stream = sha256_stream_new();
    char block[65536];
    ssize_t got = 0;
    while ((got = read(fd, block, sizeof block)) > 0 || (got < 0 && errno == EINTR)) {
        sha256_stream_add(stream, block, got > 0 ? (size_t)got : 0);
    }
    int error = errno;
    (void)close(fd);
    sha256_stream_hex(stream, hex);
    sha256_stream_free(stream);
    return got < 0 ? err_set(err, ERR_IO, "%s: cannot be read back: %s", path, strerror(error)) : 0;
}

struct sums_check {
    const char *root;
    bool (*skip)(const char *name);
    struct sums *out;
    size_t size;
    struct err *err;
};

static int add(struct sums_check *w, const char *path, const char *name, bool regular)
{
    if (w->out->count == w->size) {
        w->size = w->size > 0 ? w->size * 2 : 64;
        w->out->items = xreallocarray(w->out->items, w->size, sizeof *w->out->items);
    }
    struct sum *one = &w->out->items[w->out->count++];
    *one = (struct sum){.name = xstrdup(name)};
    return regular ? file_sum(path, one->hex, w->err) : 0;
}

static int visit(struct sums_check *w, const char *inside, unsigned depth)
{
    char **names = NULL;
    size_t count = 0;
    char *directory = *inside ? path_join(w->root, inside) : xstrdup(w->root);
    int rc = depth > DEPTH_MAX ? err_set(w->err, ERR_INPUT, "%s: nested too deeply", directory)
                               : dir_list(directory, NULL, &names, &count, w->err);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        char *name = *inside ? path_join(inside, names[i]) : xstrdup(names[i]);
        char *path = path_join(w->root, name);
        struct stat info;
        if (w->skip(name)) {
            rc = 0;
        } else if (lstat(path, &info) != 0) {
            rc = err_set(w->err, ERR_IO, "%s: %s", path, strerror(errno));
        } else {
            rc = S_ISDIR(info.st_mode) ? visit(w, name, depth + 1)
                                       : add(w, path, name, S_ISREG(info.st_mode));
        }
        free(path);
        free(name);
    }
    names_free(names, count);
    free(directory);
    return rc;
}

static int by_name(const void *a, const void *b)
{
    const struct sum *left = a, *right = b;
    return strcmp(left->name, right->name);
}

int sums_of_tree(const char *directory, bool (*skip)(const char *name), struct sums *out,
                 struct err *err)
{
    *out = (struct sums){0};
    struct sums_check w = {.root = directory, .skip = skip, .out = out, .err = err};
    if (visit(&w, "", 0) != 0) {
        sums_release(out);
        return -1;
    }
    if (out->count > 0) {
        qsort(out->items, out->count, sizeof *out->items, by_name);
    }
    return 0;
}

int sums_print(const struct sums *s, char **text, size_t *length, struct err *err)
{
    struct text out;
    text_init(&out, TEXT_MAX);
    for (size_t i = 0; i < s->count; i++) {
        const struct sum *one = &s->items[i];
        if (strpbrk(one->name, "\n\r\\") != NULL || one->hex[0] == '\0') {
            text_release(&out);
            return err_set(err, ERR_INPUT, "%s: only regular files with plain names can be listed",
                           one->name);
        }
        text_addf(&out, "%s  %s\n", one->hex, one->name);
    }
    if (text_failed(&out)) {
        text_release(&out);
        return err_set(err, ERR_INPUT, "too many files for one checksum list");
    }
    *length = out.length;
    *text = text_take(&out);
    return 0;
}

static bool parse_line(const char *line, size_t length, struct sum *out)
{
    const size_t digits = SHA256_HEX_SIZE - 1;
    if (length < digits + 3 || line[digits] != ' ' || line[digits + 1] != ' ' ||
        memchr(line, '\0', length) != NULL) {
        return false;
    }
    for (size_t i = 0; i < digits; i++) {
        if (!((line[i] >= '0' && line[i] <= '9') || (line[i] >= 'a' && line[i] <= 'f'))) {
            return false;
        }
    }
    memcpy(out->hex, line, digits);
    out->hex[digits] = '\0';
    out->name = xstrndup(line + digits + 2, length - digits - 2);
    return true;
}

int sums_parse(const char *origin, const char *text, size_t length, struct sums *out,
               struct err *err)
{
    size_t at = 0, size = 0;
    *out = (struct sums){0};
    while (at < length) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t line = end != NULL ? (size_t)(end - (text + at)) : 0;
        struct sum one = {0};
        if (end == NULL || !parse_line(text + at, line, &one) ||
            (out->count > 0 && strcmp(out->items[out->count - 1].name, one.name) >= 0)) {
            free(one.name);
            err_set(err, ERR_INPUT, "%s:%zu: not a checksum line, or out of order", origin,
                    out->count + 1);
            sums_release(out);
            return -1;
        }
        if (out->count == size) {
            size = size > 0 ? size * 2 : 64;
            out->items = xreallocarray(out->items, size, sizeof *out->items);
        }
        out->items[out->count++] = one;
        at += line + 1;
    }
    return 0;
}

void sums_release(struct sums *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->items[i].name);
    }
    free(s->items);
    *s = (struct sums){0};
}
