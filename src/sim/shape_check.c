#include "shape_tree.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/clock.h"

struct check {
    const struct shape *shape;
    enum shape_source source;
    char path[256];
    char *message;
    size_t size;
};

static int check_node(struct check *c, const struct node *n, json_t **value, unsigned depth);

/* One sentence, as AWS words it. */
__attribute__((format(printf, 3, 4))) static int refuse(struct check *c, const json_t *value,
                                                        const char *format, ...)
{
    struct text t;
    text_init(&t, 2048);
    text_add(&t, "1 validation error detected: Value ");
    if (json_is_string(value)) {
        text_addf(&t, "'%.100s' ", json_string_value(value));
    } else if (json_is_integer(value)) {
        text_addf(&t, "'%" JSON_INTEGER_FORMAT "' ", json_integer_value(value));
    }
    text_addf(&t, "at '%s' failed to satisfy constraint: ", c->path);
    char constraint[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(constraint, sizeof constraint, format, list);
    va_end(list);
    text_add(&t, constraint);
    snprintf(c->message, c->size, "%s", text_str(&t));
    text_release(&t);
    return SHAPE_INVALID;
}

static int mistyped(struct check *c, const char *expected)
{
    snprintf(c->message, c->size, "Unexpected type at '%s': %s was expected", c->path, expected);
    return SHAPE_MISTYPED;
}

static size_t enter(struct check *c, const char *name, size_t index)
{
    size_t before = strlen(c->path);
    size_t room = sizeof c->path - before;
    if (name == NULL) {
        snprintf(c->path + before, room, "%s%zu.member", before > 0 ? "." : "", index + 1);
        return before;
    }
    snprintf(c->path + before, room, "%s%s", before > 0 ? "." : "", name);
    size_t first = before + (before > 0 ? 1 : 0);
    if (c->path[first] != '\0') {
        c->path[first] = (char)tolower((unsigned char)c->path[first]);
    }
    return before;
}

static size_t characters(const json_t *value)
{
    const char *s = json_string_value(value);
    size_t count = 0;
    for (size_t i = 0; i < json_string_length(value); i++) {
        count += ((unsigned char)s[i] & 0xC0U) != 0x80U ? 1U : 0U;
    }
    return count;
}

static int check_size(struct check *c, const struct node *n, const json_t *value, size_t size)
{
    if (n->bounded_low && (long long)size < n->low) {
        return refuse(c, value, "Member must have length greater than or equal to %lld", n->low);
    }
    if (n->bounded_high && (long long)size > n->high) {
        return refuse(c, value, "Member must have length less than or equal to %lld", n->high);
    }
    return 0;
}

static int check_string(struct check *c, const struct node *n, json_t **value)
{
    if (!json_is_string(*value)) {
        return mistyped(c, "a string");
    }
    if (check_size(c, n, *value, characters(*value)) != 0) {
        return -1;
    }
    if (n->code != NULL &&
        pcre2_match(n->code, (PCRE2_SPTR)json_string_value(*value), json_string_length(*value), 0,
                    0, c->shape->match, NULL) < 0) {
        return refuse(c, *value, "Member must satisfy regular expression pattern: %s", n->pattern);
    }
    return 0;
}

static int check_int(struct check *c, const struct node *n, json_t **value)
{
    if (c->source == SHAPE_TEXT && json_is_string(*value)) {
        long long parsed = 0;
        if (!str_number(json_string_value(*value), INT64_MIN / 2, INT64_MAX / 2, &parsed)) {
            return mistyped(c, "an integer");
        }
        json_decref(*value);
        *value = json_integer(parsed);
    }
    if (json_is_real(*value) && floor(json_real_value(*value)) >= json_real_value(*value) &&
        fabs(json_real_value(*value)) < 9e15) {
        json_t *whole = json_integer((json_int_t)json_real_value(*value));
        json_decref(*value);
        *value = whole;
    }
    if (!json_is_integer(*value)) {
        return mistyped(c, "an integer");
    }
    long long number = json_integer_value(*value);
    if (n->bounded_low && number < n->low) {
        return refuse(c, *value, "Member must have value greater than or equal to %lld", n->low);
    }
    if (n->bounded_high && number > n->high) {
        return refuse(c, *value, "Member must have value less than or equal to %lld", n->high);
    }
    return 0;
}

static int check_bool(struct check *c, const struct node *n, json_t **value)
{
    (void)n;
    if (c->source == SHAPE_TEXT && json_is_string(*value)) {
        const char *word = json_string_value(*value);
        bool yes = str_equal(word, "true");
        if (yes || str_equal(word, "false")) {
            json_decref(*value);
            *value = json_boolean(yes);
        }
    }
    return json_is_boolean(*value) ? 0 : mistyped(c, "true or false");
}

static int check_time(struct check *c, const struct node *n, json_t **value)
{
    (void)n;
    if (json_is_number(*value)) {
        return 0;
    }
    int64_t wall_ms = 0;
    if (!json_is_string(*value) || !time_parse_iso(json_string_value(*value), &wall_ms)) {
        return mistyped(c, "a timestamp");
    }
    json_decref(*value);
    *value =
        wall_ms % 1000 == 0 ? json_integer(wall_ms / 1000) : json_real((double)wall_ms / 1000.0);
    return 0;
}

static int check_enum(struct check *c, const struct node *n, json_t **value)
{
    if (!json_is_string(*value)) {
        return mistyped(c, "a string");
    }
    const char *word = json_string_value(*value);
    size_t length = json_string_length(*value);
    for (const char *at = n->words; length > 0;) {
        size_t each = strcspn(at, "|");
        if (each == length && memcmp(at, word, length) == 0) {
            return 0;
        }
        if (at[each] == '\0') {
            break;
        }
        at += each + 1;
    }
    struct text list;
    text_init(&list, 4096);
    for (const char *at = n->words; *at != '\0'; at++) {
        text_add(&list, *at == '|' ? ", " : (const char[]){*at, '\0'});
    }
    int rc = refuse(c, *value, "Member must satisfy enum value set: [%s]", text_str(&list));
    text_release(&list);
    return rc;
}

/* A query-protocol list may still be wrapped in its item name, or be a lone value of a query
 * string. */
static void unwrap_list(json_t **value)
{
    if (json_is_object(*value) && json_object_size(*value) == 1) {
        json_t *inner = json_object_iter_value(json_object_iter(*value));
        json_t *list = json_is_array(inner) ? json_incref(inner) : json_pack("[O]", inner);
        json_decref(*value);
        *value = list;
    } else if (json_is_string(*value)) {
        json_t *list = json_string_length(*value) == 0 ? json_array() : json_pack("[O]", *value);
        json_decref(*value);
        *value = list;
    }
}

static int check_list(struct check *c, const struct node *n, json_t **value, unsigned depth)
{
    if (c->source == SHAPE_TEXT) {
        unwrap_list(value);
    }
    if (!json_is_array(*value)) {
        return mistyped(c, "a list");
    }
    int rc = check_size(c, n, NULL, json_array_size(*value));
    for (size_t i = 0; rc == 0 && i < json_array_size(*value); i++) {
        size_t before = enter(c, NULL, i);
        json_t *item = json_incref(json_array_get(*value, i));
        rc = check_node(c, n->item, &item, depth + 1);
        json_array_set_new(*value, i, item);
        if (rc == 0) {
            c->path[before] = '\0';
        }
    }
    return rc;
}

static int check_map(struct check *c, const struct node *n, json_t **value, unsigned depth)
{
    if (!json_is_object(*value)) {
        return mistyped(c, "a map");
    }
    int rc = check_size(c, n, NULL, json_object_size(*value));
    void *walk = NULL;
    const char *key = NULL;
    json_t *item = NULL;
    json_object_foreach_safe(*value, walk, key, item)
    {
        if (rc != 0) {
            break;
        }
        size_t before = enter(c, key, 0);
        json_t *copy = json_incref(item);
        rc = check_node(c, n->item, &copy, depth + 1);
        json_object_set_new(*value, key, copy);
        if (rc == 0) {
            c->path[before] = '\0';
        }
    }
    return rc;
}

static const struct shape_member *member_find(const struct node *n, const char *name)
{
    for (size_t i = 0; i < n->member_count; i++) {
        if (strcmp(n->members[i].name, name) == 0) {
            return &n->members[i];
        }
    }
    return NULL;
}

static int check_unknown(struct check *c, const struct node *n, json_t *value)
{
    void *walk = NULL;
    const char *key = NULL;
    json_t *item = NULL;
    json_object_foreach_safe(value, walk, key, item)
    {
        if (json_is_null(item)) {
            json_object_del(value, key);
        } else if (member_find(n, key) == NULL) {
            enter(c, key, 0);
            refuse(c, NULL, "Member must not be present: it is unknown here");
            return SHAPE_UNKNOWN;
        }
    }
    return 0;
}

static int check_struct(struct check *c, const struct node *n, json_t **value, unsigned depth,
                        const char *text_members)
{
    if (c->source == SHAPE_TEXT && json_is_string(*value) && json_string_length(*value) == 0) {
        json_decref(*value);
        *value = json_object();
    }
    if (!json_is_object(*value)) {
        return mistyped(c, "a structure");
    }
    int rc = check_unknown(c, n, *value);
    for (size_t i = 0; rc == 0 && i < n->member_count; i++) {
        const struct shape_member *m = &n->members[i];
        json_t *item = json_object_get(*value, m->name);
        size_t before = enter(c, m->name, 0);
        if (item == NULL) {
            if (m->required) {
                refuse(c, NULL, "Member must not be null");
                return SHAPE_MISSING;
            }
            c->path[before] = '\0';
            continue;
        }
        enum shape_source source = c->source;
        if (text_members != NULL) {
            char word[128];
            snprintf(word, sizeof word, " %s ", m->name);
            c->source = strstr(text_members, word) != NULL ? SHAPE_TEXT : source;
        }
        json_incref(item);
        rc = check_node(c, m->node, &item, depth + 1);
        json_object_set_new(*value, m->name, item);
        c->source = source;
        if (rc == 0) {
            c->path[before] = '\0';
        }
    }
    return rc;
}

static int check_node(struct check *c, const struct node *n, json_t **value, unsigned depth)
{
    if (depth > SHAPE_DEPTH_MAX) {
        return mistyped(c, "a shallower value");
    }
    switch (n->kind) {
    case K_STRING:
        return check_string(c, n, value);
    case K_INT:
        return check_int(c, n, value);
    case K_BOOL:
        return check_bool(c, n, value);
    case K_TIME:
        return check_time(c, n, value);
    case K_DOCUMENT:
        return 0;
    case K_ENUM:
        return check_enum(c, n, value);
    case K_LIST:
        return check_list(c, n, value, depth);
    case K_MAP:
        return check_map(c, n, value, depth);
    case K_STRUCT:
        return check_struct(c, n, value, depth, NULL);
    case K_NAMED:
        return check_node(c, n->named->node, value, depth + 1);
    }
    return 0;
}

int shape_check(const struct shape *shape, json_t *value, enum shape_source source,
                const char *text_members, char *message, size_t size)
{
    struct check c = {shape, source, "", message, size};
    json_t *held = json_incref(value);
    int rc = check_struct(&c, shape->root, &held, 0, text_members);
    json_decref(held);
    return rc;
}
