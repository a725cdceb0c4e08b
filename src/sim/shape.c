#include "shape_tree.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"

struct parser {
    const char *text, *at;
    struct shape *shape;
    struct err *err;
    unsigned depth;
};

static struct node *parse_type(struct parser *p);

static int complain(struct parser *p, const char *what)
{
    return err_set(p->err, ERR_INTERNAL, "shape \"%.80s\", column %zu: %s", p->text,
                   (size_t)(p->at - p->text) + 1, what);
}

static void space(struct parser *p)
{
    p->at += strspn(p->at, " \n\t");
}

static struct node *node_new(struct parser *p, enum kind kind)
{
    struct node *n = xcalloc(1, sizeof *n);
    n->kind = kind;
    n->next = p->shape->all;
    p->shape->all = n;
    return n;
}

static bool number(struct parser *p, long long *out)
{
    const char *s = p->at;
    bool minus = *s == '-';
    s += minus ? 1 : 0;
    if (!isdigit((unsigned char)*s)) {
        return false;
    }
    long long value = 0;
    while (isdigit((unsigned char)*s) && value < 100000000000000000LL) {
        value = value * 10 + (*s++ - '0');
    }
    *out = minus ? -value : value;
    p->at = s;
    return true;
}

/* "1..5", "1..", "..5", "5" or nothing. */
static void range(struct parser *p, struct node *n)
{
    n->bounded_low = number(p, &n->low);
    if (strncmp(p->at, "..", 2) == 0) {
        p->at += 2;
        n->bounded_high = number(p, &n->high);
    } else if (n->bounded_low) {
        n->bounded_high = true;
        n->high = n->low;
    }
}

static int pattern(struct parser *p, struct node *n)
{
    if (*p->at != '/') {
        return 0;
    }
    struct text regex;
    text_init(&regex, 4096);
    p->at++;
    while (*p->at != '\0' && *p->at != '/') {
        if (p->at[0] == '\\' && p->at[1] == '/') {
            p->at++;
        } else if (p->at[0] == '\\' && p->at[1] != '\0') {
            text_addc(&regex, *p->at++);
        }
        text_addc(&regex, *p->at++);
    }
    n->pattern = text_take(&regex);
    if (*p->at != '/') {
        return complain(p, "the pattern does not end");
    }
    p->at++;
    int code = 0;
    PCRE2_SIZE offset = 0;
    n->code = pcre2_compile((PCRE2_SPTR)n->pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &code,
                            &offset, NULL);
    return n->code == NULL ? complain(p, "the pattern is not a regular expression") : 0;
}

static struct node *parse_members(struct parser *p, char end)
{
    struct node *n = node_new(p, K_STRUCT);
    space(p);
    while (*p->at != end) {
        size_t length = strcspn(p->at, "!: ,{}[]");
        if (length == 0) {
            complain(p, "expected a member name");
            return NULL;
        }
        n->members = xreallocarray(n->members, n->member_count + 1, sizeof *n->members);
        struct shape_member *m = &n->members[n->member_count++];
        *m = (struct shape_member){xstrndup(p->at, length), false, NULL};
        p->at += length;
        if (*p->at == '!') {
            m->required = true;
            p->at++;
        }
        if (*p->at != ':') {
            complain(p, "expected ':'");
            return NULL;
        }
        p->at++;
        struct node *node = parse_type(p);
        if (node == NULL) {
            return NULL;
        }
        n->members[n->member_count - 1].node = node;
        space(p);
        if (*p->at == ',') {
            p->at++;
            space(p);
        } else if (*p->at != end) {
            complain(p, "expected ',' or the end");
            return NULL;
        }
    }
    return n;
}

static struct node *parse_enum(struct parser *p)
{
    struct node *n = node_new(p, K_ENUM);
    if (p->at[1] != '(') {
        complain(p, "expected '('");
        return NULL;
    }
    p->at += 2;
    size_t length = strcspn(p->at, ")");
    n->words = xstrndup(p->at, length);
    p->at += length;
    if (*p->at != ')') {
        complain(p, "the enum does not end");
        return NULL;
    }
    p->at++;
    return n;
}

static struct node *parse_container(struct parser *p, enum kind kind, char end)
{
    struct node *n = node_new(p, kind);
    p->at++;
    n->item = parse_type(p);
    if (n->item == NULL) {
        return NULL;
    }
    space(p);
    if (*p->at != end) {
        complain(p, "the list or map does not end");
        return NULL;
    }
    p->at++;
    range(p, n);
    return n;
}

static struct node *parse_named(struct parser *p)
{
    p->at++;
    size_t length = 0;
    while (isalnum((unsigned char)p->at[length])) {
        length++;
    }
    for (struct named *named = p->shape->names; named != NULL; named = named->next) {
        if (strlen(named->name) == length && strncmp(named->name, p->at, length) == 0) {
            p->at += length;
            struct node *n = node_new(p, K_NAMED);
            n->named = named;
            return n;
        }
    }
    complain(p, "unknown shape");
    return NULL;
}

static struct node *parse_structure(struct parser *p)
{
    p->at++;
    struct node *n = parse_members(p, '}');
    if (n != NULL) {
        p->at++;
    }
    return n;
}

static struct node *parse_scalar(struct parser *p, enum kind kind)
{
    struct node *n = node_new(p, kind);
    p->at++;
    if (kind == K_STRING || kind == K_INT) {
        range(p, n);
    }
    if (kind == K_STRING && pattern(p, n) != 0) {
        return NULL;
    }
    return n;
}

static struct node *parse_type(struct parser *p)
{
    static const struct {
        char letter;
        enum kind kind;
    } scalars[] = {{'s', K_STRING}, {'i', K_INT}, {'b', K_BOOL}, {'t', K_TIME}, {'d', K_DOCUMENT}};
    struct node *n = NULL;
    if (++p->depth > SHAPE_DEPTH_MAX) {
        complain(p, "too deep");
        return NULL;
    }
    space(p);
    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++) {
        if (*p->at == scalars[i].letter) {
            n = parse_scalar(p, scalars[i].kind);
            p->depth--;
            return n;
        }
    }
    switch (*p->at) {
    case 'e':
        n = parse_enum(p);
        break;
    case '[':
        n = parse_container(p, K_LIST, ']');
        break;
    case '<':
        n = parse_container(p, K_MAP, '>');
        break;
    case '{':
        n = parse_structure(p);
        break;
    case '@':
        n = parse_named(p);
        break;
    default:
        complain(p, "expected a type: s i b t d e( [ < { @");
    }
    p->depth--;
    return n;
}

static int compile_named(struct shape *shape, struct err *err)
{
    for (struct named *named = shape->names; named != NULL; named = named->next) {
        struct parser p = {named->text, named->text, shape, err, 0};
        named->node = parse_type(&p);
        if (named->node == NULL) {
            return -1;
        }
    }
    return 0;
}

struct shape *shape_compile(const char *text, const char *const *shapes, struct err *err)
{
    struct shape *shape = xcalloc(1, sizeof *shape);
    for (; shapes != NULL && *shapes != NULL; shapes++) {
        const char *equal = strchr(*shapes, '=');
        if (equal == NULL) {
            err_set(err, ERR_INTERNAL, "shape \"%.80s\" has no '='", *shapes);
            shape_free(shape);
            return NULL;
        }
        struct named *named = xcalloc(1, sizeof *named);
        *named = (struct named){xstrndup(*shapes, (size_t)(equal - *shapes)), equal + 1, NULL,
                                shape->names};
        shape->names = named;
    }
    struct parser p = {text, text, shape, err, 0};
    shape->root = parse_members(&p, '\0');
    if (shape->root == NULL || compile_named(shape, err) != 0) {
        shape_free(shape);
        return NULL;
    }
    shape->match = pcre2_match_data_create(1, NULL);
    return shape;
}

void shape_free(struct shape *shape)
{
    if (shape == NULL) {
        return;
    }
    for (struct node *n = shape->all, *next; n != NULL; n = next) {
        next = n->next;
        for (size_t i = 0; i < n->member_count; i++) {
            free(n->members[i].name);
        }
        free(n->members);
        free(n->pattern);
        free(n->words);
        pcre2_code_free(n->code);
        free(n);
    }
    for (struct named *named = shape->names, *next; named != NULL; named = next) {
        next = named->next;
        free(named->name);
        free(named);
    }
    pcre2_match_data_free(shape->match);
    free(shape);
}
