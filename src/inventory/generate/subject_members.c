/*
 * Draws the members that docs/subjects.md documents into tables of struct subject_member, so that
 * the loader of rules knows a misspelt field from a real one. The page is the one place to add a
 * member.
 *
 *   subject_members docs/subjects.md out.c
 *
 * How the page is read: "## SCOPE" opens a scope; a name in backticks is a member; braces behind it
 * hold the members below it, where they name any in backticks (else what is below is open); what
 * stands in parentheses, or in brackets without braces, is prose. A name that begins with _ is a
 * member of every scope. The table under "## Operations" holds the API calls behind the members.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NAMES_MAX 128
#define NAME_BYTES 64
#define PAGE_MAX ((size_t)1 << 20)
#define DEPTH_MAX 8
#define SCOPES_MAX 32

struct group { /* the members at one level */
    char names[NAMES_MAX][NAME_BYTES];
    int below[NAMES_MAX]; /* number of the table of what is below; 0: open */
    size_t count;
};

struct drawing {
    const char *at;
    FILE *out;
    int tables;
    struct group common;
    char scopes[SCOPES_MAX][NAME_BYTES]; /* as headed */
    size_t scope_count;
    const char *problem;
};

static void add(struct drawing *d, struct group *g, const char *name, size_t length)
{
    for (size_t i = 0; i < g->count; i++) {
        if (strlen(g->names[i]) == length && memcmp(g->names[i], name, length) == 0) {
            return;
        }
    }
    if (g->count == NAMES_MAX || length == 0 || length >= NAME_BYTES) {
        d->problem = "too many names, or one of no length or too much";
        return;
    }
    (void)snprintf(g->names[g->count], NAME_BYTES, "%.*s", (int)length, name);
    g->below[g->count++] = 0;
}

static bool plain(const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (strchr("abcdefghijklmnopqrstuvwxyz_0123456789", name[i]) == NULL) {
            return false;
        }
    }
    return length > 0;
}

static void write_table(struct drawing *d, const char *kind, const char *name,
                        const struct group *g)
{
    (void)fprintf(d->out, "%sconst struct subject_member %s[] = {\n", kind, name);
    for (size_t i = 0; i < g->count; i++) {
        (void)fprintf(d->out, "    {\"%s\", ", g->names[i]);
        if (g->below[i] > 0) {
            (void)fprintf(d->out, "below_%d},\n", g->below[i]);
        } else {
            (void)fprintf(d->out, "NULL},\n");
        }
    }
    (void)fprintf(d->out, "    {NULL, NULL}};\n");
}

/* At a backtick. */
static void take_name(struct drawing *d, struct group *g)
{
    const char *name = d->at + 1;
    const char *close = strchr(name, '`');
    if (close == NULL) {
        d->problem = "a backtick without its other";
        return;
    }
    size_t length = (size_t)(close - name);
    if (plain(name, length)) {
        add(d, name[0] == '_' ? &d->common : g, name, length);
    }
    d->at = close + 1;
}

/* Past the parenthesis or bracket that closes the one at d->at. */
static void skip_prose(struct drawing *d, char opens, char closes)
{
    int open = 0;
    do {
        open += *d->at == opens ? 1 : *d->at == closes ? -1 : 0;
        d->at++;
    } while (open > 0 && *d->at != '\0');
}

static void draw_group(struct drawing *d, struct group *g, int depth);

/* Past the brace that closes the one at d->at; its table becomes what is below the last member. */
static void draw_below(struct drawing *d, struct group *g, bool owned, int depth)
{
    struct group inner = {.count = 0};
    if (depth >= DEPTH_MAX) {
        d->problem = "braces too deep";
        return;
    }
    d->at++;
    draw_group(d, &inner, depth + 1);
    if (inner.count > 0 && owned && g->count > 0) {
        char name[32];
        g->below[g->count - 1] = ++d->tables;
        (void)snprintf(name, sizeof name, "below_%d", d->tables);
        write_table(d, "static ", name, &inner);
    }
}

/* Until the closing brace, or the next heading at the page's own level. */
static void draw_group(struct drawing *d, struct group *g, int depth)
{
    bool owned = false; /* has nothing but a [ come since the last name? */
    while (*d->at != '\0' && d->problem == NULL) {
        if (depth == 0 && strncmp(d->at, "\n## ", 4) == 0) {
            return;
        }
        switch (*d->at) {
        case '`':
            take_name(d, g);
            owned = true;
            continue;
        case '(':
            skip_prose(d, '(', ')');
            continue;
        case '[':
            if (d->at[1] != '{') {
                skip_prose(d, '[', ']');
                continue;
            }
            break;
        case '{':
            draw_below(d, g, owned, depth);
            owned = false;
            continue;
        case '}':
            d->at++;
            if (depth > 0) {
                return;
            }
            continue;
        case ' ':
        case '\n':
            break;
        default:
            owned = false;
        }
        d->at++;
    }
}

static void draw_scope(struct drawing *d)
{
    char name[32];
    size_t length = strcspn(d->at, " \n");
    if (length == 0 || length >= NAME_BYTES || d->scope_count == SCOPES_MAX) {
        d->problem = "a heading without a name, or too many";
        return;
    }
    bool is_scope = d->at[0] != '_'; /* "_unlisted" is no scope */
    char *heading = d->scopes[d->scope_count];
    (void)snprintf(heading, NAME_BYTES, "%.*s", (int)length, d->at);
    (void)snprintf(name, sizeof name, "scope_%zu", d->scope_count);
    d->scope_count += is_scope ? 1 : 0;
    d->at += strcspn(d->at, "\n");
    struct group g = {.count = 0};
    draw_group(d, &g, 0);
    if (is_scope) {
        write_table(d, "static ", name, &g);
    }
}

static void write_scopes(struct drawing *d)
{
    (void)fprintf(d->out, "const struct documented_scope documented_scopes[] = {\n");
    for (size_t i = 0; i < d->scope_count; i++) {
        (void)fprintf(d->out, "    {\"%s\", scope_%zu},\n", d->scopes[i], i);
    }
    (void)fprintf(d->out, "    {NULL, NULL}};\n");
}

static bool read_page(const char *path, char *page)
{
    FILE *in = fopen(path, "rb");
    size_t length = in != NULL ? fread(page, 1, PAGE_MAX - 1, in) : 0;
    if (in != NULL) {
        (void)fclose(in);
    }
    return length > 0 && length < PAGE_MAX - 1;
}

/* A row of the operations for each of its members: "`a` `b`" and "kms:X, kms:Y (account)". */
static void write_operations(struct drawing *d, const char *scope, char *members, char *operations)
{
    char *rest = NULL;
    for (char *name = strtok_r(members, " `", &rest); name != NULL;
         name = strtok_r(NULL, " `", &rest)) {
        for (const char *at = operations; *at != '\0'; at += strspn(at, ", ")) {
            size_t length = strcspn(at, ", ");
            (void)fprintf(d->out, "    {\"%s\", \"%s\", \"%.*s\", ", scope, name, (int)length, at);
            at += length;
            if (strncmp(at, " (", 2) == 0) {
                length = strcspn(at + 2, ")");
                (void)fprintf(d->out, "\"%.*s\"},\n", (int)length, at + 2);
                at += 2 + length + 1;
            } else {
                (void)fprintf(d->out, "NULL},\n");
            }
        }
    }
}

static void draw_operations(struct drawing *d)
{
    static char line[4096];
    (void)fprintf(d->out, "const struct member_operation member_operations[] = {\n");
    while (*d->at != '\0' && strncmp(d->at, "\n## ", 4) != 0) {
        size_t length = strcspn(d->at + 1, "\n");
        if (length >= sizeof line) {
            d->problem = "a row that is too long";
            return;
        }
        (void)snprintf(line, sizeof line, "%.*s", (int)length, d->at + 1);
        d->at += 1 + length;
        char *rest = NULL, *scope = strtok_r(line, "|", &rest);
        char *members = strtok_r(NULL, "|", &rest), *operations = strtok_r(NULL, "|", &rest);
        if (operations != NULL && strchr(members, '`') != NULL) {
            scope[strcspn(scope + 1, " ") + 1] = '\0';
            write_operations(d, scope + 1, members, operations + strspn(operations, " "));
        }
    }
    (void)fprintf(d->out, "    {NULL, NULL, NULL, NULL}};\n");
}

static void draw_page(struct drawing *d)
{
    struct group intro = {.count = 0};
    (void)fprintf(d->out, "#include \"subject_tables.h\"\n");
    draw_group(d, &intro, 0);
    while (*d->at != '\0' && d->problem == NULL) {
        d->at += strlen("\n## ");
        if (strncmp(d->at, "Operations", strlen("Operations")) == 0) {
            draw_operations(d);
        } else {
            draw_scope(d);
        }
    }
    write_table(d, "", "members_in_every_scope", &d->common);
    write_scopes(d);
}

int main(int argc, char **argv)
{
    static char page[PAGE_MAX];
    static struct drawing d;
    if (argc != 3 || !read_page(argv[1], page) || (d.out = fopen(argv[2], "wb")) == NULL) {
        (void)fprintf(stderr, "subject_members: expected a page to read and a file to write\n");
        return 1;
    }
    d.at = page;
    draw_page(&d);
    if (fclose(d.out) != 0) {
        d.problem = "could not be written";
    }
    if (d.problem != NULL) {
        (void)fprintf(stderr, "subject_members: %s: %s\n", argv[1], d.problem);
    }
    return d.problem == NULL ? 0 : 1;
}
