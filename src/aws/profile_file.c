#include "profile_file.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#define FILE_MAX_BYTES ((size_t)1 << 20)
#define VALUE_MAX_BYTES ((size_t)64 * 1024)

struct reader {
    struct profiles *to;
    const char *name;
    bool credentials;
    struct err *err;
    unsigned line;
    bool in_section; /* any section was opened yet */
    size_t section;  /* index, as the array moves */
    bool entry_open; /* an indented line belongs to the last entry */
    bool nesting;    /* and that entry's value is empty, so it is a child */
    char *parent;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static const char *skip_blank(const char *at, const char *end)
{
    while (at < end && is_blank(*at)) {
        at++;
    }
    return at;
}

static const char *trim_end(const char *at, const char *end)
{
    while (end > at && is_blank(end[-1])) {
        end--;
    }
    return end;
}

/* A comment after a value starts with white space followed by # or ;. */
static const char *before_comment(const char *at, const char *end)
{
    for (const char *c = at; c + 1 < end; c++) {
        if (is_blank(*c) && (c[1] == '#' || c[1] == ';')) {
            return trim_end(at, c);
        }
    }
    return end;
}

static char *lowered(const char *at, const char *end)
{
    char *key = xstrndup(at, (size_t)(end - at));
    for (char *c = key; *c != '\0'; c++) {
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
    }
    return key;
}

static void wipe(char *value)
{
    if (value != NULL) {
        OPENSSL_cleanse(value, strlen(value));
        free(value);
    }
}

static int open_section(struct reader *r, const char *at, const char *end)
{
    const char *close = memchr(at, ']', (size_t)(end - at));
    if (close == NULL) {
        return err_set(r->err, ERR_INPUT, "%s:%u: the section's closing ] is missing", r->name,
                       r->line);
    }
    const char *after = skip_blank(close + 1, end);
    if (after < end && *after != '#' && *after != ';') {
        return err_set(r->err, ERR_INPUT,
                       "%s:%u: expected the end of the line or a comment after the section",
                       r->name, r->line);
    }
    const char *name = skip_blank(at + 1, close);
    close = trim_end(name, close);
    if (name == close) {
        return err_set(r->err, ERR_INPUT, "%s:%u: the section has no name", r->name, r->line);
    }
    static const char prefix[] = "profile";
    size_t length = sizeof prefix - 1;
    bool prefixed = (size_t)(close - name) > length && strncmp(name, prefix, length) == 0 &&
                    is_blank(name[length]);
    bool is_default = close - name == 7 && strncmp(name, "default", 7) == 0;
    bool is_profile = r->credentials || prefixed || is_default;
    if (prefixed && !r->credentials) {
        name = skip_blank(name + length, close);
    }
    struct profiles *to = r->to;
    to->sections = xreallocarray(to->sections, to->count + 1, sizeof *to->sections);
    r->section = to->count++;
    to->sections[r->section] =
        (struct profile_section){.name = xstrndup(name, (size_t)(close - name)),
                                 .is_profile = is_profile,
                                 .from_credentials = r->credentials,
                                 .line = r->line};
    r->in_section = true;
    r->entry_open = false;
    return 0;
}

/* Takes key and value. */
static void add_entry(struct reader *r, char *key, char *value)
{
    struct profile_section *s = &r->to->sections[r->section];
    s->entries = xreallocarray(s->entries, s->count + 1, sizeof *s->entries);
    s->entries[s->count++] = (struct profile_entry){key, value, r->line};
}

static int read_entry(struct reader *r, const char *at, const char *end, bool child)
{
    const char *equals = memchr(at, '=', (size_t)(end - at));
    const char *key_end = equals != NULL ? trim_end(at, equals) : at;
    if (equals == NULL || key_end == at) {
        return err_set(r->err, ERR_INPUT, "%s:%u: expected \"key = value\"", r->name, r->line);
    }
    if (!r->in_section) {
        return err_set(r->err, ERR_INPUT, "%s:%u: expected a [section] before the first key",
                       r->name, r->line);
    }
    const char *value = skip_blank(equals + 1, end);
    end = value < end && (*value == '#' || *value == ';') && is_blank(value[-1])
              ? value
              : before_comment(value, end);
    char *key = lowered(at, key_end);
    if (child) {
        char *whole = xasprintf("%s.%s", r->parent, key);
        free(key);
        key = whole;
    } else {
        free(r->parent);
        r->parent = xstrdup(key);
        r->entry_open = true;
        r->nesting = value == end;
    }
    add_entry(r, key, xstrndup(value, (size_t)(end - value)));
    return 0;
}

static int continue_value(struct reader *r, const char *at, const char *end)
{
    struct profile_section *s = &r->to->sections[r->section];
    struct profile_entry *entry = &s->entries[s->count - 1];
    struct text joined;
    text_init(&joined, VALUE_MAX_BYTES);
    text_add(&joined, entry->value);
    text_addc(&joined, '\n');
    text_addn(&joined, at, (size_t)(end - at));
    if (text_failed(&joined)) {
        text_release(&joined);
        return err_set(r->err, ERR_INPUT, "%s:%u: the value is too long", r->name, r->line);
    }
    wipe(entry->value);
    entry->value = text_take(&joined);
    return 0;
}

static int read_line(struct reader *r, const char *at, const char *end)
{
    const char *first = skip_blank(at, end);
    end = trim_end(first, end);
    if (first == end || *first == '#' || *first == ';') {
        return 0;
    }
    if (memchr(first, '\0', (size_t)(end - first)) != NULL) {
        return err_set(r->err, ERR_INPUT, "%s:%u: not a text file", r->name, r->line);
    }
    bool indented = first > at;
    if (*first == '[' && !indented) {
        return open_section(r, first, end);
    }
    if (indented && !r->entry_open) {
        return err_set(r->err, ERR_INPUT, "%s:%u: an indented line without a key above it", r->name,
                       r->line);
    }
    if (indented && !r->nesting) {
        return continue_value(r, first, end);
    }
    return read_entry(r, first, end, indented);
}

static int profiles_parse(struct profiles *out, const char *name, bool credentials,
                          const char *data, size_t length, struct err *err)
{
    struct reader r = {.to = out, .name = name, .credentials = credentials, .err = err};
    const char *end = data + length;
    const char *at = data;
    int rc = 0;
    if (length >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) {
        at += 3;
    }
    while (rc == 0 && at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline != NULL ? newline : end;
        r.line++;
        rc = read_line(&r, at, stop);
        at = newline != NULL ? newline + 1 : end;
    }
    free(r.parent);
    return rc;
}

static int load_one(struct profiles *out, const char *path, bool credentials, struct err *err)
{
    char *data = NULL;
    size_t length = 0;
    if (path == NULL || !file_exists(path)) {
        return 0;
    }
    if (file_read(path, FILE_MAX_BYTES, &data, &length, err) != 0) {
        return -1;
    }
    int rc = profiles_parse(out, path, credentials, data, length, err);
    OPENSSL_cleanse(data, length);
    free(data);
    return rc;
}

int profiles_load(const char *config_path, const char *credentials_path, struct profiles *out,
                  struct err *err)
{
    memset(out, 0, sizeof *out);
    out->config_path = xstrdup(config_path);
    out->credentials_path = xstrdup(credentials_path);
    if (load_one(out, config_path, false, err) != 0 ||
        load_one(out, credentials_path, true, err) != 0) {
        profiles_release(out);
        return -1;
    }
    return 0;
}

void profiles_release(struct profiles *p)
{
    for (size_t i = 0; i < p->count; i++) {
        struct profile_section *s = &p->sections[i];
        for (size_t k = 0; k < s->count; k++) {
            free(s->entries[k].key);
            wipe(s->entries[k].value);
        }
        free(s->entries);
        free(s->name);
    }
    free(p->sections);
    free(p->config_path);
    free(p->credentials_path);
    memset(p, 0, sizeof *p);
}

static const char *path_of(const struct profiles *p, const struct profile_section *s)
{
    const char *path = s->from_credentials ? p->credentials_path : p->config_path;
    return path != NULL ? path : "profile file";
}

const struct profile_section *profiles_section(const struct profiles *p, const char *profile,
                                               const char **path)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->sections[i].is_profile && strcmp(p->sections[i].name, profile) == 0) {
            if (path != NULL) {
                *path = path_of(p, &p->sections[i]);
            }
            return &p->sections[i];
        }
    }
    return NULL;
}

bool profiles_has(const struct profiles *p, const char *profile)
{
    return profiles_section(p, profile, NULL) != NULL;
}

const struct profile_entry *profiles_get(const struct profiles *p, const char *profile,
                                         const char *key, const char **path)
{
    const struct profile_entry *found = NULL;
    bool from_credentials = false;
    for (size_t i = 0; i < p->count; i++) {
        const struct profile_section *s = &p->sections[i];
        if (!s->is_profile || strcmp(s->name, profile) != 0) {
            continue;
        }
        for (size_t k = 0; k < s->count; k++) {
            /* Within one file the last one counts. */
            bool better = found == NULL || s->from_credentials || !from_credentials;
            if (better && strcmp(s->entries[k].key, key) == 0) {
                found = &s->entries[k];
                from_credentials = s->from_credentials;
                if (path != NULL) {
                    *path = path_of(p, s);
                }
            }
        }
    }
    return found;
}

const char *profiles_nearest(const struct profiles *p, const char *profile)
{
    const char **names = xcalloc(p->count + 1, sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (p->sections[i].is_profile) {
            names[count++] = p->sections[i].name;
        }
    }
    const char *nearest = str_nearest(profile, names);
    free(names);
    return nearest;
}

unsigned profiles_unprefixed(const struct profiles *p, const char *name)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct profile_section *s = &p->sections[i];
        if (!s->is_profile && strcmp(s->name, name) == 0) {
            return s->line;
        }
    }
    return 0;
}
