#include "xml.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "ops_table.h"

static const char *local_name(const xmlNode *node)
{
    return (const char *)node->name;
}

static const xmlNode *first_element(const xmlNode *node)
{
    while (node != NULL && node->type != XML_ELEMENT_NODE) {
        node = node->next;
    }
    return node;
}

static json_t *text_value(const xmlNode *element)
{
    const xmlNode *only = element->children;
    if (only != NULL && only->next == NULL && only->type == XML_TEXT_NODE &&
        only->content != NULL) {
        return jx_string((const char *)only->content, strlen((const char *)only->content));
    }
    struct text words;
    text_init(&words, INT_MAX);
    for (const xmlNode *n = element->children; n != NULL; n = n->next) {
        if ((n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE) && n->content != NULL) {
            text_add(&words, (const char *)n->content);
        }
    }
    json_t *value = jx_string(text_str(&words), words.length);
    text_release(&words);
    return value;
}

static bool has_words(const xmlNode *element)
{
    const xmlNode *n = element->children;
    return n != NULL && n->type == XML_TEXT_NODE && n->content != NULL &&
           n->content[strspn((const char *)n->content, " \t\r\n")] != '\0';
}

/* A named list is a list even when empty; in an unnamed one every child is an item. */
static bool is_list(enum service service, const xmlNode *element)
{
    const xmlNode *first = first_element(element->children);
    if (first == NULL && has_words(element)) {
        return false;
    }
    const char *known = service_list_known(service, local_name(element));
    const char *item = known;
    if (first == NULL) {
        return known != NULL;
    }
    if (known == NULL) {
        item = service_list_item(service, local_name(element));
        if (item == NULL || strcmp(local_name(first), item) != 0) {
            return false;
        }
    }
    for (const xmlNode *n = first; n != NULL; n = first_element(n->next)) {
        if (strcmp(local_name(n), local_name(first)) != 0) {
            return false;
        }
    }
    return true;
}

static json_t *value_of(enum service service, const xmlNode *element, unsigned depth);

static json_t *list_value(enum service service, const xmlNode *element, unsigned depth)
{
    json_t *list = json_array();
    for (const xmlNode *n = first_element(element->children); n != NULL;
         n = first_element(n->next)) {
        json_t *value = value_of(service, n, depth + 1);
        if (value == NULL) {
            json_decref(list);
            return NULL;
        }
        json_array_append_new(list, value);
    }
    return list;
}

/* A repeated name makes its member a list: flattened lists look like this. */
static void object_add(json_t *object, const char *name, json_t *value)
{
    json_t *old = json_object_get(object, name);
    if (old == NULL) {
        json_object_set_new(object, name, value);
        return;
    }
    if (!json_is_array(old)) {
        json_t *list = json_array();
        json_array_append(list, old);
        json_object_set_new(object, name, list);
        old = list;
    }
    json_array_append_new(old, value);
}

/* NULL when the document is too deep. */
static json_t *value_of(enum service service, const xmlNode *element, unsigned depth)
{
    if (depth > XML_DEPTH_MAX) {
        return NULL;
    }
    if (is_list(service, element)) {
        return list_value(service, element, depth);
    }
    const xmlNode *n = first_element(element->children);
    if (n == NULL) {
        return text_value(element);
    }
    json_t *object = json_object();
    for (; n != NULL; n = first_element(n->next)) {
        json_t *value = value_of(service, n, depth + 1);
        if (value == NULL) {
            json_decref(object);
            return NULL;
        }
        object_add(object, local_name(n), value);
    }
    return object;
}

/* Entities and external subsets need a document type; AWS sends none. */
static void refuse_doctype(void *context, const xmlChar *name, const xmlChar *external,
                           const xmlChar *system)
{
    (void)name;
    (void)external;
    (void)system;
    xmlParserCtxt *parser = context;
    bool *refused = parser->_private;
    *refused = true;
    xmlStopParser(parser);
}

int xml_parse(enum service service, const char *data, size_t length, char **root, json_t **out,
              struct err *err)
{
    xmlDoc *doc = NULL;
    bool doctype = false;
    int rc = -1;
    xmlParserCtxt *parser = NULL;
    if (length == 0 || length > INT_MAX) {
        return err_set(err, ERR_AWS, "the answer is not XML: %s",
                       length == 0 ? "empty" : "too long");
    }
    parser = xmlNewParserCtxt();
    if (parser == NULL) {
        return err_set(err, ERR_INTERNAL, "no XML parser");
    }
    parser->_private = &doctype;
    parser->sax->internalSubset = refuse_doctype;
    doc = xmlCtxtReadMemory(parser, data, (int)length, NULL, NULL,
                            XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                                XML_PARSE_NOCDATA | XML_PARSE_COMPACT);
    if (doctype) {
        err_set(err, ERR_AWS, "the answer declares an XML document type, which is refused");
        goto out;
    }
    const xmlNode *top = doc == NULL ? NULL : xmlDocGetRootElement(doc);
    if (top == NULL) {
        err_set(err, ERR_AWS, "the answer is not well-formed XML");
        goto out;
    }
    *out = value_of(service, top, 0);
    if (*out == NULL) {
        err_set(err, ERR_AWS, "the answer's XML is deeper than %d levels", XML_DEPTH_MAX);
        goto out;
    }
    *root = xstrdup(local_name(top));
    rc = 0;
out:
    xmlFreeDoc(doc);
    xmlFreeParserCtxt(parser);
    return rc;
}

/* False at a byte that XML 1.0 cannot represent. */
static bool add_escaped(struct text *out, const char *s)
{
    static const struct {
        char byte;
        const char *entity;
    } entities[] = {
        {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\r', "&#13;"},
    };
    for (; *s != '\0'; s++) {
        const char *entity = NULL;
        if ((unsigned char)*s < ' ' && strchr("\t\n\r", *s) == NULL) {
            return false;
        }
        for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
            if (entities[i].byte == *s) {
                entity = entities[i].entity;
            }
        }
        if (entity != NULL) {
            text_add(out, entity);
        } else {
            text_addc(out, *s);
        }
    }
    return true;
}

static int write_element(enum service service, const char *name, const char *attribute,
                         const json_t *value, struct text *out, struct err *err);

static int write_content(enum service service, const char *name, const json_t *value,
                         struct text *out, struct err *err)
{
    if (json_is_string(value)) {
        if (!add_escaped(out, json_string_value(value))) {
            return err_set(err, ERR_INTERNAL, "%s contains a control character", name);
        }
    } else if (json_is_boolean(value)) {
        text_add(out, json_is_true(value) ? "true" : "false");
    } else if (json_is_integer(value)) {
        text_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_array(value)) {
        const char *item = service_list_item(service, name);
        if (item == NULL) {
            return err_set(err, ERR_INTERNAL, "%s is not a list in the XML of this service", name);
        }
        for (size_t i = 0; i < json_array_size(value); i++) {
            if (write_element(service, item, "", json_array_get(value, i), out, err) < 0) {
                return -1;
            }
        }
    } else if (json_is_object(value)) {
        const char *key;
        json_t *member;
        json_object_foreach(jx_get(value, ""), key, member)
        {
            if (write_element(service, key, "", member, out, err) < 0) {
                return -1;
            }
        }
    } else {
        return err_set(err, ERR_INTERNAL, "%s has a type that XML cannot hold", name);
    }
    return 0;
}

static int write_element(enum service service, const char *name, const char *attribute,
                         const json_t *value, struct text *out, struct err *err)
{
    text_addf(out, "<%s%s>", name, attribute);
    if (write_content(service, name, value, out, err) < 0) {
        return -1;
    }
    text_addf(out, "</%s>", name);
    return 0;
}

int xml_write(enum service service, const char *name, const json_t *value, struct text *out,
              struct err *err)
{
    char attribute[128] = "";
    const char *namespace = service_info(service)->xml_namespace;
    if (namespace != NULL) {
        snprintf(attribute, sizeof attribute, " xmlns=\"%s\"", namespace);
    }
    return write_element(service, name, attribute, value, out, err);
}
