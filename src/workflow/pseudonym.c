#include "pseudonym.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/partition.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/jsonx.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "read_words.h"

#define TEXT_MAX ((size_t)16 << 20)
#define WORD_MAX 256
#define SHORT_WORD 8  /* up to here, two words could become one: they are remembered */
#define NUMBER_KEPT 4 /* digits that say nothing: versions, days, hours */
#define VALUE_MAX 64  /* longest enum value */
#define DEPTH_MAX JX_DEPTH_MAX
#define NEAR_TAG 3 /* as far as a misspelled backup tag is from the right one */
#define NEAR_TAG_LENGTH 9

struct pseudonym {
    unsigned char key[SHA256_SIZE];
    struct map *given; /* short word -> replacement */
    struct map *taken; /* replacements that are in use */
    json_t *members, *values;
};

/* Where a value is. */
struct place {
    struct pseudonym *p;
    const char *operation; /* NULL: nothing is counted */
    const char *member;    /* name of the member that holds it; "" at the top */
    struct text *path;
    bool data; /* names below are the customer's, too: tags, policies, unknown members */
    int depth;
};

struct pseudonym *pseudonym_new(void)
{
    struct pseudonym *p = xcalloc(1, sizeof *p);
    random_bytes(p->key, sizeof p->key);
    p->given = map_new(free);
    p->taken = map_new(NULL);
    p->members = json_object();
    p->values = json_object();
    return p;
}

void pseudonym_free(struct pseudonym *p)
{
    if (p == NULL) {
        return;
    }
    map_free(p->given);
    map_free(p->taken);
    json_decref(p->members);
    json_decref(p->values);
    free(p);
}

const json_t *pseudonym_unknown_members(const struct pseudonym *p)
{
    return p->members;
}

const json_t *pseudonym_unknown_values(const struct pseudonym *p)
{
    return p->values;
}

/* --- one word --- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

/* Bytes of other alphabets belong to words. */
static bool in_word(char c)
{
    return is_digit(c) || is_upper(c) || is_lower(c) || (unsigned char)c >= 0x80;
}

static int compare_word(const void *word, const void *row)
{
    return strcmp(word, *(const char *const *)row);
}

static bool is_read(const char *lower)
{
    return bsearch(lower, read_words, read_word_count, sizeof *read_words, compare_word) != NULL;
}

/* Operators of conditions have a suffix: StringLike, StringLikeIfExists. */
static bool is_operator(char *lower, size_t length)
{
    static const char suffix[] = "ifexists";
    if (length <= sizeof suffix - 1 || !str_ends(lower, suffix)) {
        return false;
    }
    lower[length - (sizeof suffix - 1)] = '\0';
    bool read = is_read(lower);
    lower[length - (sizeof suffix - 1)] = suffix[0];
    return read;
}

/* The verb of a pattern of actions, "backup:Describe*". */
static bool begins_action(const char *lower, size_t length)
{
    bool begins = false;
    for (size_t i = 0; length >= 3 && !begins && i < read_word_count; i++) {
        begins = strncmp(read_words[i], lower, length) == 0;
    }
    return begins;
}

/* Misspelled backup tags stay: that they are wrong is a finding. */
static bool near_tag(const char *lower)
{
    static const char *const tags[] = {"backuphourly", "backupdaily", "backupweekly",
                                       "backupmonthly"};
    for (size_t i = 0; strlen(lower) >= NEAR_TAG_LENGTH && i < sizeof tags / sizeof *tags; i++) {
        if (str_distance(lower, tags[i], NEAR_TAG) <= NEAR_TAG) {
            return true;
        }
    }
    return false;
}

/* All of it hexadecimal digits, as IDs are. */
static bool is_hex(const char *lower, size_t length)
{
    return length >= 4 && strspn(lower, "0123456789abcdef") == length;
}

/* The `round`-th replacement of a word: letters for letters, digits for digits. */
static void derive(const struct pseudonym *p, const char *lower, size_t length, unsigned round,
                   char *out)
{
    unsigned char digest[SHA256_SIZE] = {0};
    bool hex = is_hex(lower, length);
    for (size_t i = 0; i < length; i++) {
        if (i % SHA256_SIZE == 0) {
            char *seed = xasprintf("%u %zu %s", round, i, lower);
            hmac_sha256(p->key, sizeof p->key, seed, strlen(seed), digest);
            free(seed);
        }
        unsigned char byte = digest[i % SHA256_SIZE];
        if (is_digit(lower[i])) {
            out[i] = (char)('0' + byte % 10);
        } else {
            out[i] = (char)('a' + byte % (hex ? 6 : 26));
        }
    }
    out[length] = '\0';
}

/* A short word has few others of its form: no two may become the same. */
static void derive_short(struct pseudonym *p, const char *lower, size_t length, char *out)
{
    const char *given = map_get(p->given, lower);
    for (unsigned round = 0; given == NULL; round++) {
        derive(p, lower, length, round, out);
        bool itself = length > 2 && strcmp(out, lower) == 0;
        if (map_get(p->taken, out) == NULL && !itself && !is_read(out)) {
            map_set(p->taken, out, p);
            map_set(p->given, lower, xstrdup(out));
            return;
        }
        if (round > 100000) { /* every word of this form is in use */
            break;
        }
    }
    if (given != NULL) {
        memcpy(out, given, length + 1);
    }
}

/* A word of the text at `begins`. `own`: the customer's whatever it is, so that words which the
   program reads are replaced, too. */
static void add_word(struct pseudonym *p, const char *begins, const char *word, size_t length,
                     bool own, struct text *out)
{
    char lower[WORD_MAX + 1], replaced[WORD_MAX + 1];
    if (length > WORD_MAX) { /* a page token */
        char digest[SHA256_HEX_SIZE];
        sha256_hex(word, length, digest);
        add_word(p, digest, digest, SHA256_HEX_SIZE - 1, own, out);
        return;
    }
    for (size_t i = 0; i < length; i++) {
        lower[i] = is_upper(word[i]) ? (char)(word[i] - 'A' + 'a') : word[i];
    }
    lower[length] = '\0';
    bool number = strspn(lower, "0123456789") == length;
    bool kept = length == 1 || (number && length <= NUMBER_KEPT);
    bool of_pattern = word[length] == '*' && begins != word && word[-1] == ':';
    kept = kept || (!own && (is_read(lower) || near_tag(lower) || is_operator(lower, length)));
    if (kept || (!own && of_pattern && begins_action(lower, length))) {
        text_addn(out, word, length);
        return;
    }
    if (length <= SHORT_WORD) {
        derive_short(p, lower, length, replaced);
    } else {
        derive(p, lower, length, 0, replaced);
    }
    for (size_t i = 0; i < length; i++) {
        char c = replaced[i];
        text_addc(out, is_upper(word[i]) && is_lower(c) ? (char)(c - 'a' + 'A') : c);
    }
}

static void add_words(struct pseudonym *p, const char *s, size_t length, bool own, struct text *out)
{
    for (size_t i = 0; i < length;) {
        size_t from = i;
        while (i < length && in_word(s[i])) {
            i++;
        }
        if (i > from) {
            add_word(p, s, s + from, i - from, own, out);
        } else {
            text_addc(out, s[i++]);
        }
    }
}

static bool is_email(const char *s)
{
    const char *at = strchr(s, '@');
    return at != NULL && at != s && strchr(at + 1, '@') == NULL && strchr(at, '.') != NULL &&
           strpbrk(s, " :/\"") == NULL;
}

static char *words_text(struct pseudonym *p, const char *text, bool own)
{
    struct text out;
    text_init(&out, TEXT_MAX);
    add_words(p, text, strlen(text), own || is_email(text), &out);
    return text_take(&out);
}

char *pseudonym_text(struct pseudonym *p, const char *text)
{
    return words_text(p, text, false);
}

/* --- values --- */

bool pseudonym_is_enum(const char *member, const char *value)
{
    static const char *const ends[] = {"State", "Status", "Type",    "Mode",          "Scope",
                                       "Usage", "Origin", "Manager", "Spec",          "Category",
                                       "state", "status", "type",    "baselineStatus"};
    bool fits = false;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        fits = fits || str_ends(member, ends[i]);
    }
    size_t length = strlen(value);
    bool words = length > 0 && length <= VALUE_MAX && is_upper(value[0]);
    for (size_t i = 0; words && i < length; i++) {
        words = is_upper(value[i]) || is_digit(value[i]) || value[i] == '_';
    }
    return fits && words;
}

static bool words_are_read(const char *s)
{
    char lower[WORD_MAX + 1];
    for (size_t i = 0; s[i] != '\0';) {
        size_t length = 0;
        while (in_word(s[i + length]) && length < WORD_MAX) {
            char c = s[i + length];
            lower[length++] = is_upper(c) ? (char)(c - 'A' + 'a') : c;
        }
        lower[length] = '\0';
        if (length > 0 && !is_read(lower) && strspn(lower, "0123456789") != length) {
            return false;
        }
        i += length > 0 ? length : 1;
    }
    return true;
}

static void count(json_t *counts, const struct place *at, const char *what)
{
    if (at->operation == NULL) {
        return;
    }
    char *key = xasprintf("%s %s%s%s", at->operation, text_str(at->path),
                          at->path->length > 0 ? "." : "", what);
    json_int_t before = json_integer_value(json_object_get(counts, key));
    json_object_set_new(counts, key, json_integer(before + 1));
    free(key);
}

static json_t *replace(const struct place *at, const json_t *value);

/* A document in a text: policies and manifests. NULL when it is none. */
static char *replace_document(const struct place *at, const char *s)
{
    const char *problem = NULL;
    json_t *document = s[0] == '{' || s[0] == '[' ? jx_parse(s, strlen(s), &problem) : NULL;
    if (document == NULL) {
        return NULL;
    }
    struct place below = *at;
    below.data = true;
    below.operation = NULL;
    below.depth++;
    json_t *replaced = replace(&below, document);
    char *out = json_dumps(replaced, JSON_COMPACT);
    json_decref(document);
    json_decref(replaced);
    return out;
}

static int hex_value(char c)
{
    return is_digit(c)            ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* IAM sends policies percent-encoded. NULL when the text is none. */
static char *replace_encoded(const struct place *at, const char *s)
{
    struct text plain, out;
    if (strncmp(s, "%7B", 3) != 0 && strncmp(s, "%7b", 3) != 0) {
        return NULL;
    }
    text_init(&plain, TEXT_MAX);
    text_init(&out, TEXT_MAX);
    for (const char *c = s; *c != '\0'; c++) {
        if (*c == '%' && hex_value(c[1]) >= 0 && hex_value(c[2]) >= 0) {
            text_addc(&plain, (char)(hex_value(c[1]) * 16 + hex_value(c[2])));
            c += 2;
        } else {
            text_addc(&plain, *c);
        }
    }
    char *document = replace_document(at, text_str(&plain));
    char *encoded = NULL;
    if (document != NULL) {
        text_add_percent(&out, document, strlen(document), false);
        encoded = text_take(&out);
    }
    free(document);
    text_release(&plain);
    text_release(&out);
    return encoded;
}

/* Members with texts that only people read. */
static bool is_prose(const char *member)
{
    return str_ends(member, "Description") || str_ends(member, "Comment") ||
           str_ends(member, "Email") || strcmp(member, "description") == 0;
}

static json_t *replace_string(const struct place *at, const char *s)
{
    int64_t ignored = 0;
    bool time = is_digit(s[0]) && strlen(s) > 10 && time_parse_iso(s, &ignored);
    if (time || region_known(s)) {
        return json_string(s);
    }
    if (!at->data && pseudonym_is_enum(at->member, s)) {
        if (!words_are_read(s)) {
            count(at->p->values, at, s);
        }
        return json_string(s);
    }
    char *out = replace_document(at, s);
    out = out != NULL ? out : replace_encoded(at, s);
    out = out != NULL ? out : words_text(at->p, s, is_prose(at->member));
    json_t *value = json_string(out);
    free(out);
    return value;
}

/* Members whose own members are the customer's words. */
static bool holds_data(const char *member)
{
    return strcmp(member, "tags") == 0 || str_ends(member, "Tags") || str_ends(member, "Map") ||
           strcmp(member, "manifest") == 0 || strcmp(member, "parameters") == 0;
}

static bool is_identifier(const char *name)
{
    bool fits = is_upper(name[0]) || is_lower(name[0]);
    for (const char *c = name; fits && *c != '\0'; c++) {
        fits = is_upper(*c) || is_lower(*c) || is_digit(*c);
    }
    return fits && strlen(name) <= VALUE_MAX;
}

static void replace_member(const struct place *at, const char *name, const json_t *value,
                           json_t *out)
{
    struct place below = *at;
    bool known = words_are_read(name);
    bool kept = known || (!at->data && is_identifier(name));
    char *replaced = kept ? xstrdup(name) : pseudonym_text(at->p, name);
    size_t length = at->path->length;
    if (!known && !at->data) {
        count(at->p->members, at, name);
    }
    text_addf(at->path, "%s%s", length > 0 ? "." : "", replaced);
    below.member = name;
    below.depth++;
    below.data = at->data || holds_data(name) || !known;
    json_object_set_new(out, replaced, replace(&below, value));
    at->path->length = length;
    if (at->path->data != NULL) {
        at->path->data[length] = '\0';
    }
    free(replaced);
}

static json_t *replace(const struct place *at, const json_t *value)
{
    if (at->depth > DEPTH_MAX) {
        return json_null();
    }
    if (json_is_string(value)) {
        return replace_string(at, json_string_value(value));
    }
    if (json_is_array(value)) {
        json_t *out = json_array();
        struct place below = *at;
        below.depth++;
        for (size_t i = 0; i < json_array_size(value); i++) {
            json_array_append_new(out, replace(&below, json_array_get(value, i)));
        }
        return out;
    }
    if (json_is_object(value)) {
        json_t *out = json_object();
        const char *name = NULL;
        json_t *member = NULL;
        json_object_foreach(jx_mutable(value), name, member)
        {
            replace_member(at, name, member, out);
        }
        return out;
    }
    return json_copy(jx_mutable(value));
}

json_t *pseudonym_json(struct pseudonym *p, const json_t *value, const char *operation)
{
    struct text path;
    text_init(&path, 8192);
    struct place top = {.p = p, .operation = operation, .member = "", .path = &path};
    json_t *out = replace(&top, value);
    text_release(&path);
    return out;
}
