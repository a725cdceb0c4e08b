#include "aws/sign.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define CANONICAL_MAX_BYTES (1024 * 1024)
#define SET_KEYS 8
#define ALGORITHM "AWS4-HMAC-SHA256"

/* ---- path ---- */

static int hex_value(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, tolower((unsigned char)c));
    return at == NULL ? -1 : (int)(at - digits);
}

/* The byte that "%XX" at s encodes, or -1. */
static int escaped_byte(const char *s, size_t left)
{
    if (left < 3 || s[0] != '%' || hex_value(s[1]) < 0 || hex_value(s[2]) < 0) {
        return -1;
    }
    return hex_value(s[1]) * 16 + hex_value(s[2]);
}

/* Removes empty and "." segments, and ".." with its parent (RFC 3986, 6.2.2.3). */
static void normalize_path(const char *path, struct text *out)
{
    size_t *starts = xcalloc(strlen(path) + 1, sizeof *starts);
    size_t depth = 0;
    bool directory = true;
    while (*path != '\0') {
        path += strspn(path, "/");
        size_t length = strcspn(path, "/");
        directory = length == 0;
        if (length == 1 && path[0] == '.') {
            directory = true;
        } else if (length == 2 && path[0] == '.' && path[1] == '.') {
            directory = true;
            if (depth > 0) {
                out->length = starts[--depth];
            }
        } else if (length > 0) {
            starts[depth++] = out->length;
            text_addc(out, '/');
            text_addn(out, path, length);
        }
        path += length;
    }
    if (directory || depth == 0) {
        text_addc(out, '/');
    }
    free(starts);
}

static void add_path(const struct sign_request *r, struct text *canonical)
{
    struct text normal;
    const char *path = *r->path == '\0' ? "/" : r->path;
    if (r->s3) {
        for (size_t length = strlen(path); length > 0;) {
            /* Escaped bytes stay, all others are escaped. */
            int byte = escaped_byte(path, length);
            size_t used = byte < 0 ? 1 : 3;
            if (byte < 0) {
                text_add_percent(canonical, path, 1, true);
            } else {
                char plain = (char)byte;
                struct text one;
                text_init(&one, 4);
                text_add_percent(&one, &plain, 1, false);
                text_add(canonical, text_str(&one));
                text_release(&one);
            }
            path += used;
            length -= used;
        }
        return;
    }
    text_init(&normal, CANONICAL_MAX_BYTES);
    if (!r->keep_path) {
        normalize_path(path, &normal);
        path = text_str(&normal);
    }
    text_add_percent(canonical, path, strlen(path), true);
    text_release(&normal);
}

/* ---- query ---- */

struct word {
    char *name, *value;
};

static int word_order(const void *a, const void *b)
{
    const struct word *x = a, *y = b;
    int names = strcmp(x->name, y->name);
    return names != 0 ? names : strcmp(x->value, y->value);
}

/* Decodes "%XX" (a lone '%' and '+' are literal), then encodes, so that each byte has one form. */
static char *reencode(const char *s, size_t length)
{
    struct text out;
    text_init(&out, CANONICAL_MAX_BYTES);
    while (length > 0) {
        int byte = escaped_byte(s, length);
        char plain = byte < 0 ? *s : (char)byte;
        size_t used = byte < 0 ? 1 : 3;
        text_add_percent(&out, &plain, 1, false);
        s += used;
        length -= used;
    }
    return text_take(&out);
}

static void add_query(const char *query, struct text *canonical)
{
    size_t count = 0;
    struct word *words = xcalloc(strlen(query) + 1, sizeof *words);
    while (*query != '\0') {
        size_t length = strcspn(query, "&");
        size_t name = strcspn(query, "=&");
        if (length > 0) {
            words[count].name = reencode(query, name);
            words[count++].value =
                name < length ? reencode(query + name + 1, length - name - 1) : xstrdup("");
        }
        query += length;
        query += *query == '&' ? 1 : 0;
    }
    qsort(words, count, sizeof *words, word_order);
    for (size_t i = 0; i < count; i++) {
        text_addf(canonical, "%s%s=%s", i > 0 ? "&" : "", words[i].name, words[i].value);
        free(words[i].name);
        free(words[i].value);
    }
    free(words);
}

/* ---- headers ---- */

static bool is_unsigned(const char *lower_name)
{
    static const char *const names[] = {"authorization", "user-agent", "connection", "expect",
                                        "x-amzn-trace-id"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], lower_name) == 0) {
            return true;
        }
    }
    return false;
}

static char *lower(const char *name)
{
    char *copy = xstrdup(name);
    for (char *c = copy; *c != '\0'; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
    return copy;
}

/* Without outer white space; each inner run becomes one space. */
static void add_trimmed(struct text *out, const char *value)
{
    const char *blank = " \t\r\n";
    value += strspn(value, blank);
    while (*value != '\0') {
        size_t length = strcspn(value, blank);
        text_addn(out, value, length);
        value += length;
        value += strspn(value, blank);
        if (*value != '\0') {
            text_addc(out, ' ');
        }
    }
}

struct named {
    char *name;
    const char *value;
    size_t index; /* keeps duplicates in the order given */
};

static int named_order(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int names = strcmp(x->name, y->name);
    return names != 0 ? names : (x->index > y->index) - (x->index < y->index);
}

static void add_headers(const struct sign_request *r, struct text *canonical,
                        struct text *signed_headers)
{
    size_t count = 0;
    struct named *headers = xcalloc(r->header_count + 1, sizeof *headers);
    for (size_t i = 0; i < r->header_count; i++) {
        char *name = lower(r->headers[i].name);
        if (is_unsigned(name)) {
            free(name);
            continue;
        }
        headers[count++] = (struct named){name, r->headers[i].value, i};
    }
    qsort(headers, count, sizeof *headers, named_order);
    for (size_t i = 0; i < count; i++) {
        bool again = i > 0 && strcmp(headers[i - 1].name, headers[i].name) == 0;
        bool more = i + 1 < count && strcmp(headers[i].name, headers[i + 1].name) == 0;
        if (!again) {
            text_add(canonical, headers[i].name);
            text_addc(canonical, ':');
            text_add(signed_headers, i > 0 ? ";" : "");
            text_add(signed_headers, headers[i].name);
        }
        add_trimmed(canonical, headers[i].value);
        text_addc(canonical, more ? ',' : '\n');
    }
    for (size_t i = 0; i < count; i++) {
        free(headers[i].name);
    }
    free(headers);
}

/* ---- the stages ---- */

void sign_canonical_request(const struct sign_request *r, struct text *canonical,
                            struct text *signed_headers)
{
    char hash[SHA256_HEX_SIZE];
    text_add(canonical, r->method);
    text_addc(canonical, '\n');
    add_path(r, canonical);
    text_addc(canonical, '\n');
    add_query(r->query == NULL ? "" : r->query, canonical);
    text_addc(canonical, '\n');
    add_headers(r, canonical, signed_headers);
    if (r->payload_hash == NULL) {
        sha256_hex(r->body_length > 0 ? r->body : "", r->body_length, hash);
    }
    text_addc(canonical, '\n');
    text_add(canonical, text_str(signed_headers));
    text_addc(canonical, '\n');
    text_add(canonical, r->payload_hash == NULL ? hash : r->payload_hash);
}

static void scope_day(const struct sign_scope *scope, char stamp[17], char day[9])
{
    time_amz(scope->wall_ms, stamp);
    memcpy(day, stamp, 8);
    day[8] = '\0';
}

void sign_string_to_sign(const struct sign_scope *scope, const struct text *canonical,
                         struct text *out)
{
    char stamp[17], day[9], hash[SHA256_HEX_SIZE];
    scope_day(scope, stamp, day);
    sha256_hex(text_str(canonical), canonical->length, hash);
    text_addf(out, ALGORITHM "\n%s\n%s/%s/%s/aws4_request\n%s", stamp, day, scope->region,
              scope->service, hash);
}

struct cached_key {
    unsigned char
        id[SHA256_SIZE]; /* digest of secret, Region, service and day: no secret is kept */
    unsigned char key[SHA256_SIZE];
    uint64_t used; /* 0: empty */
};

/* Sets of a few keys each. A digest selects the set, so a lookup costs the same at any capacity. */
struct sign_cache {
    size_t sets;
    uint64_t tick;
    struct cached_key *keys;
};

struct sign_cache *sign_cache_new(size_t capacity)
{
    struct sign_cache *cache = xcalloc(1, sizeof *cache);
    cache->sets = capacity > SET_KEYS ? capacity / SET_KEYS : 1;
    cache->keys = xcalloc(cache->sets * SET_KEYS, sizeof *cache->keys);
    return cache;
}

void sign_cache_free(struct sign_cache *cache)
{
    if (cache == NULL) {
        return;
    }
    OPENSSL_cleanse(cache->keys, cache->sets * SET_KEYS * sizeof *cache->keys);
    free(cache->keys);
    free(cache);
}

static void derive_key(const struct sign_key *key, const struct sign_scope *scope, const char *day,
                       unsigned char out[SHA256_SIZE])
{
    static const char prefix[] = "AWS4", last[] = "aws4_request";
    size_t length = strlen(key->secret);
    char *first = xmalloc(sizeof prefix + length);
    memcpy(first, prefix, sizeof prefix - 1);
    memcpy(first + sizeof prefix - 1, key->secret, length);
    hmac_sha256(first, sizeof prefix - 1 + length, day, strlen(day), out);
    OPENSSL_cleanse(first, sizeof prefix + length);
    free(first);
    hmac_sha256(out, SHA256_SIZE, scope->region, strlen(scope->region), out);
    hmac_sha256(out, SHA256_SIZE, scope->service, strlen(scope->service), out);
    hmac_sha256(out, SHA256_SIZE, last, sizeof last - 1, out);
}

static void key_id(const struct sign_key *key, const struct sign_scope *scope, const char *day,
                   unsigned char out[SHA256_SIZE])
{
    struct text words;
    text_init(&words, CANONICAL_MAX_BYTES);
    const char *parts[] = {key->secret, scope->region, scope->service, day};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        text_addn(&words, parts[i], strlen(parts[i]) + 1);
    }
    sha256(text_str(&words), words.length, out);
    if (words.data != NULL) {
        OPENSSL_cleanse(words.data, words.size);
    }
    text_release(&words);
}

static void cached_key(struct sign_cache *cache, const struct sign_key *key,
                       const struct sign_scope *scope, const char *day,
                       unsigned char out[SHA256_SIZE])
{
    unsigned char id[SHA256_SIZE];
    uint64_t number;
    key_id(key, scope, day, id);
    memcpy(&number, id, sizeof number);
    struct cached_key *set = &cache->keys[number % cache->sets * SET_KEYS], *oldest = set;
    for (size_t i = 0; i < SET_KEYS; i++) {
        struct cached_key *entry = &set[i];
        if (entry->used != 0 && CRYPTO_memcmp(entry->id, id, sizeof id) == 0) {
            entry->used = ++cache->tick;
            memcpy(out, entry->key, SHA256_SIZE);
            return;
        }
        if (entry->used < oldest->used) {
            oldest = entry;
        }
    }
    derive_key(key, scope, day, out);
    memcpy(oldest->id, id, sizeof id);
    memcpy(oldest->key, out, SHA256_SIZE);
    oldest->used = ++cache->tick;
}

void sign_signature(struct sign_cache *cache, const struct sign_key *key,
                    const struct sign_scope *scope, const struct text *string_to_sign,
                    char out_hex[SHA256_HEX_SIZE])
{
    char stamp[17], day[9];
    unsigned char signing_key[SHA256_SIZE], signature[SHA256_SIZE];
    scope_day(scope, stamp, day);
    if (cache == NULL) {
        derive_key(key, scope, day, signing_key);
    } else {
        cached_key(cache, key, scope, day, signing_key);
    }
    hmac_sha256(signing_key, SHA256_SIZE, text_str(string_to_sign), string_to_sign->length,
                signature);
    hex_encode(signature, SHA256_SIZE, out_hex);
    OPENSSL_cleanse(signing_key, sizeof signing_key);
}

void sign_authorization(struct sign_cache *cache, const struct sign_request *r,
                        const struct sign_key *key, const struct sign_scope *scope,
                        struct text *out)
{
    char stamp[17], day[9], signature[SHA256_HEX_SIZE];
    struct text canonical, headers, string;
    text_init(&canonical, CANONICAL_MAX_BYTES);
    text_init(&headers, CANONICAL_MAX_BYTES);
    text_init(&string, CANONICAL_MAX_BYTES);
    sign_canonical_request(r, &canonical, &headers);
    sign_string_to_sign(scope, &canonical, &string);
    sign_signature(cache, key, scope, &string, signature);
    scope_day(scope, stamp, day);
    text_addf(out, ALGORITHM " Credential=%s/%s/%s/%s/aws4_request, SignedHeaders=%s, Signature=%s",
              key->access_key_id, day, scope->region, scope->service, text_str(&headers),
              signature);
    text_release(&canonical);
    text_release(&headers);
    text_release(&string);
}
