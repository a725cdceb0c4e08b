#include "base/doc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "doc_private.h"

#define INPUT_MAX ((size_t)16 * 1024 * 1024)
#define DEPTH_MAX 100
#define NODES_MAX 2000000
#define PATH_SIZE 512
#define STRING_TAG "tag:yaml.org,2002:str"

/* A list or map that is being read. */
struct level {
    struct node *container;
    size_t size;      /* allocated children */
    struct map *keys; /* maps: key text to its stored node */
    char *key;        /* maps: the key waiting for its value */
    unsigned key_line, key_column;
};

struct reader {
    yaml_parser_t parser;
    const char *name;
    const char *data;
    size_t length;
    struct node *root;
    struct level levels[DEPTH_MAX];
    size_t depth;
    size_t nodes;
    bool ended;
    struct err *err;
};

static void node_free(struct node *n)
{
    if (n == NULL) {
        return;
    }
    for (size_t i = 0; i < n->count; i++) {
        node_free(n->children[i]);
    }
    free(n->children);
    /* The public part is the first member of the stored one. */
    struct stored_node *stored = (struct stored_node *)(void *)n;
    free(stored->text);
    free(stored->key);
    free(stored);
}

static struct level *innermost(struct reader *r)
{
    return r->depth > 0 ? &r->levels[r->depth - 1] : NULL;
}

/* Sets an error at a mark, with the path of the value that is being read. */
__attribute__((format(printf, 3, 4))) static int refuse(struct reader *r, const yaml_mark_t *mark,
                                                        const char *format, ...)
{
    char message[ERR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    char path[PATH_SIZE] = "$";
    const struct level *level = innermost(r);
    if (level != NULL) {
        node_path(level->container, path, sizeof path);
        size_t used = strlen(path);
        if (level->key != NULL) {
            (void)snprintf(path + used, sizeof path - used, ".%s", level->key);
        } else if (level->container->kind == NODE_LIST) {
            (void)snprintf(path + used, sizeof path - used, "[%zu]", level->container->count);
        }
    }
    return doc_complain(r->err, r->name, (unsigned)mark->line + 1, (unsigned)mark->column + 1, path,
                        message);
}

/* A reader error (encoding) has an offset and no mark. */
static yaml_mark_t mark_at(const struct reader *r, size_t offset)
{
    yaml_mark_t mark = {offset, 0, 0};
    for (size_t i = 0; i < offset && i < r->length; i++) {
        if (r->data[i] == '\n') {
            mark.line++;
            mark.column = 0;
        } else if (((unsigned char)r->data[i] & 0xC0U) != 0x80U) {
            mark.column++;
        }
    }
    return mark;
}

static int refuse_syntax(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    const char *problem = p->problem != NULL ? p->problem : "unreadable";
    yaml_mark_t mark = p->problem_mark;
    if (p->error == YAML_READER_ERROR) {
        mark = mark_at(r, p->problem_offset);
        return refuse(r, &mark, "expected UTF-8 text without control characters: %s", problem);
    }
    if (p->context != NULL) {
        return refuse(r, &mark, "expected valid YAML: %s %s that starts on line %zu", problem,
                      p->context, p->context_mark.line + 1);
    }
    return refuse(r, &mark, "expected valid YAML: %s", problem);
}

static int refuse_tag(struct reader *r, const yaml_event_t *event, const yaml_char_t *anchor,
                      const yaml_char_t *tag)
{
    if (anchor != NULL) {
        return refuse(r, &event->start_mark, "expected a plain value: anchors are not allowed");
    }
    if (tag == NULL ||
        (event->type == YAML_SCALAR_EVENT && strcmp((const char *)tag, STRING_TAG) == 0)) {
        return 0;
    }
    return refuse(r, &event->start_mark, "expected an untagged value: the tag \"%s\" is not known",
                  (const char *)tag);
}

/* A scalar in the position of a map's key. */
static int read_key(struct reader *r, struct level *level, const yaml_event_t *event)
{
    const yaml_mark_t *mark = &event->start_mark;
    if (event->type != YAML_SCALAR_EVENT) {
        return refuse(r, mark, "expected a plain key, not a list or a mapping");
    }
    const char *text = (const char *)event->data.scalar.value;
    if (refuse_tag(r, event, event->data.scalar.anchor, event->data.scalar.tag) != 0) {
        return -1;
    }
    if (strlen(text) != event->data.scalar.length) {
        return refuse(r, mark, "expected text without NUL characters");
    }
    level->key = xstrdup(text);
    const struct node *before = map_get(level->keys, text);
    if (before != NULL) {
        return refuse(r, mark, "expected each key once: \"%s\" is on line %u and again on line %zu",
                      text, before->key_line, mark->line + 1);
    }
    level->key_line = (unsigned)mark->line + 1;
    level->key_column = (unsigned)mark->column + 1;
    return 0;
}

/* Creates a node for the value that starts here, in the innermost container. */
static struct node *add_node(struct reader *r, const yaml_mark_t *mark, enum node_kind kind)
{
    if (++r->nodes > NODES_MAX) {
        (void)refuse(r, mark, "expected at most %d values", NODES_MAX);
        return NULL;
    }
    struct stored_node *stored = xcalloc(1, sizeof *stored);
    struct node *n = &stored->node;
    n->kind = kind;
    n->line = (unsigned)mark->line + 1;
    n->column = (unsigned)mark->column + 1;
    struct level *level = innermost(r);
    if (level == NULL) {
        r->root = n;
        return n;
    }
    struct node *parent = level->container;
    n->parent = parent;
    if (parent->kind == NODE_MAP) {
        stored->key = level->key;
        stored->key_column = level->key_column;
        n->key = stored->key;
        n->key_line = level->key_line;
        level->key = NULL;
        map_set(level->keys, n->key, n);
    }
    if (parent->count == level->size) {
        level->size = level->size > 0 ? level->size * 2 : 4;
        parent->children = xreallocarray(parent->children, level->size, sizeof(*parent->children));
    }
    parent->children[parent->count++] = n;
    return n;
}

static int read_scalar(struct reader *r, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    if (refuse_tag(r, event, event->data.scalar.anchor, event->data.scalar.tag) != 0) {
        return -1;
    }
    if (strlen(text) != event->data.scalar.length) {
        return refuse(r, &event->start_mark, "expected text without NUL characters");
    }
    struct node *n = add_node(r, &event->start_mark, NODE_STRING);
    if (n == NULL) {
        return -1;
    }
    struct stored_node *stored = (struct stored_node *)(void *)n;
    stored->text = xstrdup(text);
    n->text = stored->text;
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && event->data.scalar.tag == NULL) {
        node_resolve(n);
    }
    return 0;
}

static int open_container(struct reader *r, const yaml_event_t *event)
{
    bool is_map = event->type == YAML_MAPPING_START_EVENT;
    const yaml_char_t *anchor =
        is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    const yaml_char_t *tag =
        is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    if (refuse_tag(r, event, anchor, tag) != 0) {
        return -1;
    }
    if (r->depth == DEPTH_MAX) {
        return refuse(r, &event->start_mark, "expected at most %d levels of nesting", DEPTH_MAX);
    }
    struct node *n = add_node(r, &event->start_mark, is_map ? NODE_MAP : NODE_LIST);
    if (n == NULL) {
        return -1;
    }
    struct level *level = &r->levels[r->depth++];
    memset(level, 0, sizeof *level);
    level->container = n;
    level->keys = is_map ? map_new(NULL) : NULL;
    return 0;
}

static void close_container(struct reader *r)
{
    struct level *level = &r->levels[--r->depth];
    map_free(level->keys);
    free(level->key);
    memset(level, 0, sizeof *level);
}

static int read_event(struct reader *r, const yaml_event_t *event)
{
    struct level *level = innermost(r);
    bool ends = event->type == YAML_MAPPING_END_EVENT || event->type == YAML_SEQUENCE_END_EVENT;
    if (event->type == YAML_ALIAS_EVENT) {
        return refuse(r, &event->start_mark, "expected a plain value: aliases are not allowed");
    }
    if (level != NULL && level->keys != NULL && level->key == NULL && !ends) {
        return read_key(r, level, event);
    }
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return read_scalar(r, event);
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
        return open_container(r, event);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        close_container(r);
        return 0;
    case YAML_DOCUMENT_START_EVENT:
        if (r->root != NULL) {
            return refuse(r, &event->start_mark, "expected one document, found a second");
        }
        return 0;
    case YAML_STREAM_END_EVENT:
        r->ended = true;
        return 0;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
    case YAML_ALIAS_EVENT:
        return 0;
    }
    return 0;
}

static int read_document(struct reader *r)
{
    while (!r->ended) {
        yaml_event_t event;
        if (yaml_parser_parse(&r->parser, &event) == 0) {
            return r->parser.error == YAML_MEMORY_ERROR
                       ? err_set(r->err, ERR_INTERNAL, "%s: the YAML reader ran out of memory",
                                 r->name)
                       : refuse_syntax(r);
        }
        int rc = read_event(r, &event);
        yaml_event_delete(&event);
        if (rc != 0) {
            return -1;
        }
    }
    if (r->root == NULL) {
        /* Only comments: the value is null, so that the caller reports what it expected. */
        yaml_mark_t mark = {0, 0, 0};
        struct node *n = add_node(r, &mark, NODE_NULL);
        n->text = "";
    }
    return 0;
}

int doc_load_text(const char *name, const char *data, size_t length, struct doc **doc,
                  struct err *err)
{
    if (length > INPUT_MAX) {
        return err_set(err, ERR_INPUT, "%s: larger than %zu bytes", name, INPUT_MAX);
    }
    struct reader *r = xcalloc(1, sizeof *r);
    r->name = name;
    r->data = data;
    r->length = length;
    r->err = err;
    int rc = -1;
    if (yaml_parser_initialize(&r->parser) == 0) {
        (void)err_set(err, ERR_INTERNAL, "%s: the YAML reader did not start", name);
        goto out;
    }
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)data, length);
    rc = read_document(r);
    yaml_parser_delete(&r->parser);
    if (rc == 0) {
        *doc = xmalloc(sizeof **doc);
        (*doc)->name = xstrdup(name);
        (*doc)->root = r->root;
        r->root = NULL;
    }
out:
    while (r->depth > 0) {
        close_container(r);
    }
    node_free(r->root);
    free(r);
    return rc;
}

int doc_load_file(const char *path, struct doc **doc, struct err *err)
{
    char *data = NULL;
    size_t length = 0;
    if (file_read(path, INPUT_MAX, &data, &length, err) != 0) {
        return -1;
    }
    int rc = doc_load_text(path, data, length, doc, err);
    free(data);
    return rc;
}

void doc_free(struct doc *doc)
{
    if (doc == NULL) {
        return;
    }
    node_free(doc->root);
    free(doc->name);
    free(doc);
}

const struct node *doc_root(const struct doc *doc)
{
    return doc->root;
}

const char *doc_name(const struct doc *doc)
{
    return doc->name;
}
