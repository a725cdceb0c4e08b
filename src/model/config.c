#include "model/config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/doc.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/backup_tag.h"
#include "model/resource_type.h"
#include "model/support.h"

#define CONFIG_BYTES_MAX ((size_t)1024 * 1024)
#define FIELDS_MAX 10
#define ACCOUNT_NAME_MAX 50
#define ACCOUNT_EMAIL_MAX 64
#define ALIAS_MAX 256

enum form {
    FORM_ACCOUNT,  /* twelve digits, or {name, email} of an account to create */
    FORM_ACCOUNTS, /* a list of them */
    FORM_REGIONS,  /* a list of Region names */
    FORM_TYPES,    /* a list of AWS Backup's resource types */
    FORM_TYPES_OR_NONE,
    FORM_WORDS, /* a list of non-empty words */
    FORM_BOOL,
    FORM_ALIAS,      /* of a KMS key: "alias/..." */
    FORM_STATEMENTS, /* a list of policy statements, as mappings */
    FORM_VERSION,    /* of a landing zone: "3.3", or "latest" */
    FORM_TIER,       /* hourly, daily, weekly or monthly */
    FORM_NUMBER,     /* whole, low to high */
    FORM_FRACTION,   /* real, above 0, at most high */
    FORM_PARAMETERS, /* rule id -> parameter -> value */
    FORM_SUPPORT     /* changes to the table of what AWS Backup supports */
};

struct field {
    const char *name;
    enum form form;
    bool nullable;
    const char *otherwise; /* the default, as JSON */
    long long low, high;
};

struct section {
    const char *name; /* "" for members of the file itself */
    struct field fields[FIELDS_MAX];
};

static const struct section sections[] = {
    {"accounts",
     {{.name = "backup_administrator", .form = FORM_ACCOUNT, .nullable = true, .otherwise = "null"},
      {.name = "central_backup", .form = FORM_ACCOUNT, .nullable = true, .otherwise = "null"}}},
    {"",
     {{.name = "governed_regions", .form = FORM_REGIONS, .nullable = true, .otherwise = "null"},
      {.name = "resource_types",
       .form = FORM_TYPES,
       .otherwise = "[\"Aurora\",\"DynamoDB\",\"EBS\",\"EC2\",\"EFS\",\"RDS\",\"S3\"]"},
      {.name = "resource_types_declined",
       .form = FORM_TYPES_OR_NONE,
       .otherwise = "[\"Aurora DSQL\",\"CloudFormation\",\"DocumentDB\",\"EKS\",\"FSx\","
                    "\"Neptune\",\"Redshift\",\"Redshift Serverless\","
                    "\"SAP HANA on Amazon EC2\",\"Storage Gateway\",\"Timestream\","
                    "\"VirtualMachine\"]"},
      {.name = "resource_types_not_listed", .form = FORM_TYPES_OR_NONE, .otherwise = "[]"},
      {.name = SUPPORT_MEMBER, .form = FORM_SUPPORT, .nullable = true, .otherwise = "null"},
      {.name = "accounts_exempt", .form = FORM_WORDS, .otherwise = "[]"},
      {.name = "resources_exempt", .form = FORM_WORDS, .otherwise = "[]"},
      {.name = "delegated_administrators", .form = FORM_ACCOUNTS, .otherwise = "[]"},
      {.name = "roles",
       .form = FORM_WORDS,
       .otherwise = "[\"AWSControlTowerExecution\",\"OrganizationAccountAccessRole\"]"}}},
    {"ous",
     {{.name = "protect", .form = FORM_WORDS, .nullable = true, .otherwise = "null"},
      {.name = "exempt", .form = FORM_WORDS, .otherwise = "[]"},
      {.name = "security_ou", .form = FORM_BOOL, .otherwise = "true"}}},
    {"landing_zone",
     {{.name = "version", .form = FORM_VERSION, .nullable = true, .otherwise = "null"},
      {.name = "single_region", .form = FORM_BOOL, .otherwise = "false"}}},
    {"key",
     {{.name = "alias", .form = FORM_ALIAS, .otherwise = "\"alias/control-tower-backup\""},
      {.name = "policy_statements", .form = FORM_STATEMENTS, .otherwise = "[]"},
      {.name = "cancel_deletion", .form = FORM_BOOL, .otherwise = "false"}}},
    {"tags", {{.name = "default_tier", .form = FORM_TIER, .nullable = true, .otherwise = "null"}}},
    {"scan", {{.name = "ungoverned_regions", .form = FORM_BOOL, .otherwise = "true"}}},
    {"rules",
     {{.name = "directories", .form = FORM_WORDS, .otherwise = "[]"},
      {.name = "parameters", .form = FORM_PARAMETERS, .otherwise = "{}"},
      {.name = "disable", .form = FORM_WORDS, .otherwise = "[]"}}},
    {"limits",
     {{.name = "accounts",
       .form = FORM_NUMBER,
       .nullable = true,
       .otherwise = "null",
       .low = 1,
       .high = 1000000},
      {.name = "max_workers", .form = FORM_NUMBER, .otherwise = "64", .low = 1, .high = 1024},
      {.name = "rate_share", .form = FORM_FRACTION, .otherwise = "0.6", .high = 1},
      {.name = "max_rate", .form = FORM_NUMBER, .otherwise = "0", .low = 0, .high = 100000}}},
};

#define SECTION_COUNT (sizeof sections / sizeof sections[0])

static json_t *text_value(const struct node *n)
{
    return jx_string(n->text, strlen(n->text));
}

static bool is_region(const char *s)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    size_t length = strlen(s);
    return length >= 9 && length <= 24 && strspn(s, letters) >= 2 &&
           strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == length && strchr(s, '-') != NULL &&
           s[length - 2] == '-' && s[length - 1] >= '0' && s[length - 1] <= '9';
}

static int word_of_list(const struct doc *doc, const struct node *n, enum form form,
                        struct err *err)
{
    if (n->kind == NODE_LIST || n->kind == NODE_MAP || n->kind == NODE_NULL || n->text[0] == '\0') {
        return node_err(doc, n, err, "expected text that is not empty");
    }
    if (form == FORM_ACCOUNTS && !str_is_account_id(n->text)) {
        return node_err(doc, n, err, "expected an account ID of 12 digits, not \"%.64s\"", n->text);
    }
    if (form == FORM_REGIONS && !is_region(n->text)) {
        return node_err(doc, n, err, "expected a Region such as eu-central-1, not \"%.64s\"",
                        n->text);
    }
    if ((form == FORM_TYPES || form == FORM_TYPES_OR_NONE) && !resource_type_known(n->text)) {
        /* AWS adds types: an unknown type is accepted, a likely typing error is not. */
        const char *nearest = resource_type_nearest(n->text);
        if (nearest != NULL && str_distance(n->text, nearest, 1) <= 1) {
            return node_err(doc, n, err, "unknown resource type \"%.64s\"; did you mean \"%s\"?",
                            n->text, nearest);
        }
        if (nearest != NULL && strcasecmp(nearest, n->text) == 0) {
            return node_err(doc, n, err, "resource type \"%.64s\" is spelled \"%s\"", n->text,
                            nearest);
        }
    }
    return 0;
}

static int read_list(const struct doc *doc, const struct node *n, enum form form, json_t **out,
                     struct err *err)
{
    if (n->kind != NODE_LIST) {
        return node_err(doc, n, err, "expected a list");
    }
    if (form == FORM_TYPES && n->count == 0) {
        return node_err(doc, n, err, "expected at least one resource type");
    }
    json_t *list = json_array();
    for (size_t i = 0; i < n->count; i++) {
        if (word_of_list(doc, n->children[i], form, err) != 0) {
            json_decref(list);
            return -1;
        }
        if (jx_list_has(list, n->children[i]->text)) {
            json_decref(list);
            return node_err(doc, n->children[i], err, "\"%.64s\" is listed twice",
                            n->children[i]->text);
        }
        (void)json_array_append_new(list, text_value(n->children[i]));
    }
    *out = list;
    return 0;
}

static bool is_email(const char *s)
{
    const char *at = strchr(s, '@');
    size_t length = strlen(s);
    return at != NULL && at != s && at[1] != '\0' && strchr(at + 1, '@') == NULL && length >= 6 &&
           length <= ACCOUNT_EMAIL_MAX && strpbrk(s, " \t\r\n") == NULL;
}

/* An id, or the name of an account to create. */
static int read_account(const struct doc *doc, const struct node *n, json_t **out, struct err *err)
{
    static const char *const known[] = {"name", "email", NULL};
    const char *name = NULL;
    const char *email = NULL;
    if (n->kind != NODE_MAP) {
        if (n->text == NULL || !str_is_account_id(n->text)) {
            return node_err(doc, n, err, "expected an account ID of 12 digits, or {name, email}");
        }
        *out = text_value(n);
        return 0;
    }
    if (node_only(doc, n, known, err) != 0 || node_need_string(doc, n, "name", &name, err) != 0 ||
        node_need_string(doc, n, "email", &email, err) != 0) {
        return -1;
    }
    if (name[0] == '\0' || strlen(name) > ACCOUNT_NAME_MAX) {
        return node_err(doc, node_get(n, "name"), err, "expected a name of 1 to %d characters",
                        ACCOUNT_NAME_MAX);
    }
    if (!is_email(email)) {
        return node_err(doc, node_get(n, "email"), err, "expected an email address");
    }
    *out = node_to_json(n);
    return 0;
}

static int read_alias(const struct doc *doc, const struct node *n, json_t **out, struct err *err)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_-";
    const char *s = n->text != NULL ? n->text : "";
    if (!str_starts(s, "alias/") || s[6] == '\0' || strlen(s) > ALIAS_MAX ||
        strspn(s, letters) != strlen(s)) {
        return node_err(doc, n, err,
                        "expected an alias: alias/ and letters, digits, '/', '_' or '-'");
    }
    if (str_starts(s, "alias/aws/")) {
        return node_err(doc, n, err, "alias/aws/ belongs to AWS");
    }
    *out = text_value(n);
    return 0;
}

static int read_statements(const struct doc *doc, const struct node *n, json_t **out,
                           struct err *err)
{
    if (n->kind != NODE_LIST) {
        return node_err(doc, n, err, "expected a list of policy statements");
    }
    for (size_t i = 0; i < n->count; i++) {
        const struct node *one = n->children[i];
        const char *effect = node_string(node_get(one, "Effect"));
        if (one->kind != NODE_MAP) {
            return node_err(doc, one, err, "expected a policy statement");
        }
        if (!str_equal(effect, "Allow") && !str_equal(effect, "Deny")) {
            return node_err(doc, one, err, "a statement needs an Effect of Allow or Deny");
        }
        if (node_get(one, "Action") == NULL || node_get(one, "Principal") == NULL ||
            node_get(one, "Resource") == NULL) {
            return node_err(doc, one, err, "a statement needs Principal, Action and Resource");
        }
    }
    *out = node_to_json(n);
    return 0;
}

static int read_version(const struct doc *doc, const struct node *n, json_t **out, struct err *err)
{
    const char *s = n->text != NULL ? n->text : "";
    size_t major = strspn(s, "0123456789");
    size_t minor = s[major] == '.' ? strspn(s + major + 1, "0123456789") : 0;
    bool dotted = major > 0 && minor > 0 && s[major + 1 + minor] == '\0';
    if (!dotted && strcmp(s, "latest") != 0) {
        return node_err(doc, n, err, "expected a version such as \"4.0\", or latest");
    }
    *out = text_value(n);
    return 0;
}

static int read_tier(const struct doc *doc, const struct node *n, json_t **out, struct err *err)
{
    for (size_t i = 0; n->text != NULL && i < BACKUP_TIER_COUNT; i++) {
        if (strcmp(n->text, backup_tier(i)) == 0) {
            *out = text_value(n);
            return 0;
        }
    }
    return node_err(doc, n, err, "expected hourly, daily, weekly or monthly");
}

static int read_parameters(const struct doc *doc, const struct node *n, json_t **out,
                           struct err *err)
{
    if (n->kind != NODE_MAP) {
        return node_err(doc, n, err, "expected a mapping from rule IDs to parameters");
    }
    for (size_t i = 0; i < n->count; i++) {
        if (n->children[i]->kind != NODE_MAP) {
            return node_err(doc, n->children[i], err, "expected a mapping of parameters");
        }
    }
    *out = node_to_json(n);
    return 0;
}

static int read_number(const struct doc *doc, const struct node *n, const struct field *f,
                       json_t **out, struct err *err)
{
    if (f->form == FORM_NUMBER) {
        if (n->kind != NODE_INT || n->integer < f->low || n->integer > f->high) {
            return node_err(doc, n, err, "expected a whole number from %lld to %lld", f->low,
                            f->high);
        }
        *out = json_integer(n->integer);
        return 0;
    }
    bool numeric = n->kind == NODE_INT || n->kind == NODE_REAL;
    if (!numeric || !(n->real > 0) || !(n->real <= (double)f->high)) {
        return node_err(doc, n, err, "expected a number above 0 and at most %lld", f->high);
    }
    *out = json_real(n->real);
    return 0;
}

static int read_field(const struct doc *doc, const struct node *n, const struct field *f,
                      json_t **out, struct err *err)
{
    if (n == NULL || (n->kind == NODE_NULL && f->nullable)) {
        *out = json_loads(f->otherwise, JSON_DECODE_ANY, NULL);
        return 0;
    }
    switch (f->form) {
    case FORM_ACCOUNT:
        return read_account(doc, n, out, err);
    case FORM_ALIAS:
        return read_alias(doc, n, out, err);
    case FORM_STATEMENTS:
        return read_statements(doc, n, out, err);
    case FORM_VERSION:
        return read_version(doc, n, out, err);
    case FORM_TIER:
        return read_tier(doc, n, out, err);
    case FORM_BOOL:
        if (n->kind != NODE_BOOL) {
            return node_err(doc, n, err, "expected true or false");
        }
        *out = json_boolean(n->boolean);
        return 0;
    case FORM_ACCOUNTS:
    case FORM_REGIONS:
    case FORM_TYPES:
    case FORM_TYPES_OR_NONE:
    case FORM_WORDS:
        return read_list(doc, n, f->form, out, err);
    case FORM_NUMBER:
    case FORM_FRACTION:
        return read_number(doc, n, f, out, err);
    case FORM_PARAMETERS:
        return read_parameters(doc, n, out, err);
    case FORM_SUPPORT:
        return support_read_changes(doc, n, out, err);
    }
    return err_set(err, ERR_INTERNAL, "a configuration field without a schema");
}

static int read_section(const struct doc *doc, const struct node *map, const struct section *s,
                        json_t *into, struct err *err)
{
    for (const struct field *f = s->fields; f < s->fields + FIELDS_MAX && f->name != NULL; f++) {
        json_t *value = NULL;
        if (read_field(doc, node_get(map, f->name), f, &value, err) != 0) {
            return -1;
        }
        (void)json_object_set_new(into, f->name, value);
    }
    return 0;
}

size_t config_members(const char *section, const char **out, size_t most)
{
    size_t count = 0;
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        const struct section *s = &sections[i];
        if (section[0] == '\0' && s->name[0] != '\0' && count < most) {
            out[count++] = s->name;
        }
        for (const struct field *f = s->fields;
             strcmp(section, s->name) == 0 && f < s->fields + FIELDS_MAX && f->name != NULL; f++) {
            if (count < most) {
                out[count++] = f->name;
            }
        }
    }
    return count;
}

/* The names allowed in a section, or in the file itself: its own fields and the sections. */
static int check_names(const struct doc *doc, const struct node *map, const struct section *s,
                       struct err *err)
{
    const char *names[FIELDS_MAX + SECTION_COUNT + 1] = {NULL};
    (void)config_members(s->name, names, FIELDS_MAX + SECTION_COUNT);
    return node_only(doc, map, names, err);
}

/* A type that is declined explicitly cannot be required too; the default list of declined types
 * yields. */
static int check_declined(const struct doc *doc, const struct node *root, const json_t *document,
                          struct err *err)
{
    const struct node *declined = node_get(root, "resource_types_declined");
    const json_t *wanted = json_object_get(document, "resource_types");
    for (size_t i = 0; declined != NULL && i < declined->count; i++) {
        const char *type = node_string(declined->children[i]);
        if (type != NULL && jx_list_has(wanted, type)) {
            return node_err(doc, declined->children[i], err,
                            "\"%.64s\" is also in resource_types%s", type,
                            node_get(root, "resource_types") == NULL ? " (its default)" : "");
        }
    }
    return 0;
}

static int read_document(const struct doc *doc, json_t *document, struct err *err)
{
    const struct node *root = doc != NULL ? doc_root(doc) : NULL;
    if (root != NULL && root->kind == NODE_NULL) {
        root = NULL; /* an empty file, or one of comments only */
    }
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        const struct section *s = &sections[i];
        bool top = s->name[0] == '\0';
        const struct node *map = top ? root : node_get(root, s->name);
        if (map != NULL && map->kind == NODE_NULL) {
            map = NULL;
        }
        if (map != NULL && check_names(doc, map, s, err) != 0) {
            return -1;
        }
        json_t *into = document;
        if (!top) {
            into = json_object();
            (void)json_object_set_new(document, s->name, into);
        }
        if (read_section(doc, map, s, into, err) != 0) {
            return -1;
        }
    }
    return check_declined(doc, root, document, err);
}

static int read_file(const char *path, struct config *out, struct err *err)
{
    char *data = NULL;
    size_t length = 0;
    struct doc *doc = NULL;
    if (file_read(path, CONFIG_BYTES_MAX, &data, &length, err) != 0) {
        return -1;
    }
    sha256_hex(data, length, out->digest);
    int rc = doc_load_text(path, data, length, &doc, err);
    free(data);
    if (rc != 0) {
        return -1;
    }
    /* Check the file's top-level names first: an error inside a section must not hide a misspelled
     * section.
     */
    const struct node *root = doc_root(doc);
    if (root != NULL && root->kind != NODE_MAP && root->kind != NODE_NULL) {
        rc = node_err(doc, root, err, "expected a mapping");
    }
    for (size_t i = 0; rc == 0 && root != NULL && root->kind == NODE_MAP && i < SECTION_COUNT;
         i++) {
        if (sections[i].name[0] == '\0') {
            rc = check_names(doc, root, &sections[i], err);
        }
    }
    if (rc == 0) {
        rc = read_document(doc, out->document, err);
    }
    doc_free(doc);
    return rc;
}

int config_load(const char *path, struct config *out, struct err *err)
{
    *out = (struct config){.document = json_object(), .path = xstrdup(path)};
    sha256_hex("", 0, out->digest);
    int rc = path != NULL ? read_file(path, out, err) : read_document(NULL, out->document, err);
    if (rc != 0) {
        config_release(out);
    }
    return rc;
}

void config_release(struct config *c)
{
    json_decref(c->document);
    free(c->path);
    *c = (struct config){0};
}
