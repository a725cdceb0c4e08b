/* init: what a scan saw, written down as a configuration that says the same. Nothing is asked of
 * AWS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "options.h"

#define COMMENT_MAX ((size_t)64 * 1024)
#define COMMENT_COLUMN 44
#define EMAIL_MAX 64 /* of an AWS account */

struct init {
    const char *run, *output;
    bool force;
    FILE *out;
    struct subjects *subjects;
    const json_t *config, *org, *lz; /* the configuration of the run, $org and $lz */
    json_t *accounts;                /* {id: {name, email}} */
    json_t *units;                   /* [ou], parents before children */
    json_t *types;                   /* {resource type: {found, tagged}} */
};

/* A line of the file: `value` and, aligned, why it stands there. AWS's words may hold anything. */
static void line(struct init *in, const char *value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void line(struct init *in, const char *value, const char *format, ...)
{
    char comment[1024];
    struct text shown;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(comment, sizeof comment, format, arguments);
    va_end(arguments);
    text_init(&shown, COMMENT_MAX);
    text_add_printable(&shown, comment, strlen(comment));
    if (shown.length > 0) {
        fprintf(in->out, "%-*s  # %s\n", COMMENT_COLUMN, value, text_str(&shown));
    } else {
        fprintf(in->out, "%s\n", value);
    }
    text_release(&shown);
}

/* JSON is YAML; yours. */
static char *as_yaml(const json_t *value)
{
    return value ? json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6)) : xstrdup("null");
}

/* "  name: value" of the run's configuration. */
static void member(struct init *in, const char *indent, const char *path, const char *comment)
{
    const char *dot = strrchr(path, '.');
    char *value = as_yaml(jx_get(in->config, path));
    char *text = xasprintf("%s%s: %s", indent, dot ? dot + 1 : path, value);
    line(in, text, "%s", comment);
    free(text);
    free(value);
}

static void item(struct init *in, const char *indent, const char *word, const char *comment)
{
    json_t *string = jx_string(word, strlen(word));
    char *quoted = as_yaml(string);
    char *text = xasprintf("%s- %s", indent, quoted);
    line(in, text, "%s", comment);
    free(text);
    free(quoted);
    json_decref(string);
}

/* "Audit <aws+audit@example.com>", or why there is nothing to tell; yours. */
static char *who(const struct init *in, const char *account)
{
    const json_t *known = json_object_get(in->accounts, account);
    return known
               ? xasprintf("%s <%s>", jx_str_or(known, "name", "?"), jx_str_or(known, "email", "?"))
               : xstrdup("not found in the organization");
}

/* The management account's address with another tag: aws+management@x -> aws+central-backup@x;
 * yours. */
static char *suggested_email(const struct init *in, const char *tag)
{
    const json_t *management =
        json_object_get(in->accounts, jx_str_or(in->org, "management_account", ""));
    const char *email = jx_str_or(management, "email", "aws@example.com");
    const char *at = strchr(email, '@');
    const char *domain = at ? at : "@example.com";
    int local = at ? (int)strcspn(email, "+@") : 0;
    char *made = xasprintf("%.*s+%s%s", local, email, tag, domain);
    if (local == 0 || strlen(made) > EMAIL_MAX ||
        strspn(made, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-_.@") !=
            strlen(made)) {
        free(made);
        made = xasprintf("aws+%s@example.com", tag);
    }
    return made;
}

static void write_account(struct init *in, const char *name, const char *seen, const char *title,
                          const char *tag)
{
    char *path = xasprintf("accounts.%s", name);
    const char *id = jx_str(in->lz, seen);
    if (id) {
        char *text = xasprintf("  %s: \"%s\"", name, id), *known = who(in, id);
        line(in, text, "%s", known);
        free(text);
        free(known);
    } else {
        char *email = suggested_email(in, tag);
        member(in, "  ", path, "");
        if (!jx_get(in->config, path)) {
            fprintf(in->out,
                    "  # an existing account's ID in quotes, or one that enable creates:\n  # %s: "
                    "{name: %s, email: %s}\n",
                    name, title, email);
        }
        free(email);
    }
    free(path);
}

static void write_accounts(struct init *in)
{
    fputs("\n# The two backup accounts. The landing zone manifest takes precedence.\naccounts:\n",
          in->out);
    write_account(in, "backup_administrator", "accounts.backup_admin", "Backup Administrator",
                  "backup-administrator");
    write_account(in, "central_backup", "accounts.central_backup", "Central Backup",
                  "central-backup");
}

static void write_regions(struct init *in)
{
    const json_t *seen = jx_get(in->lz, "governed_regions");
    const char *home = jx_str_or(in->lz, "home_region", "");
    size_t i;
    json_t *region;
    fputs("\n# Regions expected to be governed: those of the landing zone; null: all that it "
          "governs.\n",
          in->out);
    if (json_array_size(seen) == 0 || jx_get(in->config, "governed_regions")) {
        member(in, "", "governed_regions", "");
        return;
    }
    fputs("governed_regions:\n", in->out);
    json_array_foreach(seen, i, region)
    {
        const char *name = json_string_value(region);
        item(in, "  ", name, strcmp(name, home) == 0 ? "home Region" : "");
    }
}

static char *tally(const struct init *in, const char *type)
{
    const json_t *seen = json_object_get(in->types, type);
    return seen ? xasprintf("%lld found, %lld of them tagged for backup", jx_int(seen, "found", 0),
                            jx_int(seen, "tagged", 0))
                : xstrdup("none found");
}

static void write_type_list(struct init *in, const char *name)
{
    const json_t *list = jx_get(in->config, name);
    size_t i;
    json_t *type;
    if (json_array_size(list) == 0) {
        fprintf(in->out, "%s: []\n", name);
        return;
    }
    fprintf(in->out, "%s:\n", name);
    json_array_foreach(list, i, type)
    {
        char *seen = tally(in, json_string_value(type));
        item(in, "  ", json_string_value(type), seen);
        free(seen);
    }
}

static void write_types(struct init *in)
{
    const char *type;
    json_t *seen;
    fputs("\n# Resource types that every account must opt in to, and whose resources must carry a "
          "backup tag.\n",
          in->out);
    write_type_list(in, "resource_types");
    fputs("# Types that are declined; OPT-05 fails for a type that is in neither list.\n", in->out);
    json_object_foreach(in->types, type, seen)
    {
        if (!jx_list_has(jx_get(in->config, "resource_types"), type) &&
            !jx_list_has(jx_get(in->config, "resource_types_declined"), type)) {
            char *told = tally(in, type);
            line(in, "# in neither list:", "%s: %s", type, told);
            free(told);
        }
    }
    write_type_list(in, "resource_types_declined");
}

static bool under(const json_t *unit, const json_t *listed)
{
    size_t i;
    json_t *ancestor;
    json_array_foreach(jx_get(unit, "ancestors"), i, ancestor)
    {
        if (jx_list_has(listed, jx_str_or(ancestor, "id", ""))) {
            return true;
        }
    }
    return false;
}

static const char *backup_status(const json_t *unit)
{
    return jx_str_or(unit, "baselines.BackupBaseline.status", "no BackupBaseline");
}

static void write_unit(struct init *in, const json_t *unit, const char *before)
{
    char *comment =
        xasprintf("%s%s: %s", before, jx_str_or(unit, "path", "?"), backup_status(unit));
    item(in, "    ", jx_str_or(unit, "id", ""), comment);
    free(comment);
}

/* protect reaches down, and the default does not: what is not backed up below must be exempt to
 * stay so. */
static void write_exempt(struct init *in, const json_t *protect)
{
    const json_t *named = jx_get(in->config, "ous.exempt");
    size_t i, count = json_array_size(named);
    json_t *unit, *word, *listed = json_array();
    json_array_foreach(in->units, i, unit)
    {
        if (!jx_bool(unit, "wanted") && !jx_bool(unit, "exempt") && !jx_bool(unit, "is_security") &&
            under(unit, protect) && !under(unit, listed)) {
            json_array_append_new(listed, json_string(jx_str_or(unit, "id", "")));
            count++;
        }
    }
    fputs(count > 0 ? "  exempt:\n" : "  exempt: []\n", in->out);
    json_array_foreach(named, i, word)
    {
        item(in, "    ", json_string_value(word), "");
    }
    json_array_foreach(in->units, i, unit)
    {
        if (jx_list_has(listed, jx_str_or(unit, "id", ""))) {
            write_unit(in, unit, "not registered: ");
        }
    }
    json_decref(listed);
}

static void write_units(struct init *in)
{
    size_t i;
    json_t *unit, *protect = json_array();
    const char *security = "not found";
    fputs("\n# Organizational units, by ID, path or name; OUs below them are included. null: every "
          "registered one.\nous:\n",
          in->out);
    json_array_foreach(in->units, i, unit)
    {
        if (jx_bool(unit, "wanted")) {
            json_array_append_new(protect, json_string(jx_str_or(unit, "id", "")));
        }
        security = jx_bool(unit, "is_security") ? backup_status(unit) : security;
    }
    if (json_array_size(protect) == 0 || jx_get(in->config, "ous.protect")) {
        member(in, "  ", "ous.protect", "");
    } else {
        fputs("  protect:\n", in->out);
    }
    json_array_foreach(in->units, i, unit)
    {
        if (!jx_get(in->config, "ous.protect") && jx_bool(unit, "wanted")) {
            write_unit(in, unit, "");
        } else if (!jx_bool(unit, "wanted") && !jx_bool(unit, "exempt") &&
                   !jx_bool(unit, "is_security") && !under(unit, protect)) {
            line(in, "    # not protected:", "%s %s", jx_str_or(unit, "id", ""),
                 jx_str_or(unit, "path", "?"));
        }
    }
    write_exempt(in, protect);
    char *comment = xasprintf("audit and log archive are backed up too; now: %s", security);
    member(in, "  ", "ous.security_ou", comment);
    free(comment);
    json_decref(protect);
}

static void write_landing_zone(struct init *in)
{
    fputs("\nlanding_zone:\n", in->out);
    char *comment =
        xasprintf("null: no further than the same major version; now %s, newest %s",
                  jx_str_or(in->lz, "version", "?"), jx_str_or(in->lz, "latest_version", "?"));
    member(in, "  ", "landing_zone.version", comment);
    free(comment);
    fputs("\n# The multi-Region key that encrypts the backups, if enable creates it.\n", in->out);
    line(in, "key:", "%s", jx_str_or(in->lz, "backup.kms_key_arn", "none in the landing zone yet"));
    member(in, "  ", "key.alias", "");
    member(in, "  ", "key.policy_statements",
           "in addition to the two that AWS Control Tower requires");
    member(in, "  ", "key.cancel_deletion", "true: cancel a scheduled deletion of the key");
    fputs("\ntags:\n", in->out);
    member(in, "  ", "tags.default_tier",
           "hourly, daily, weekly or monthly: added to resources without a backup tag");
}

static void write_delegation(struct init *in)
{
    const json_t *expected = jx_get(in->config, "delegated_administrators");
    size_t i;
    json_t *id;
    fputs("\n# Expected delegated administrators of AWS Backup in addition to the backup "
          "administrator.\n",
          in->out);
    json_array_foreach(jx_get(in->org, "unexpected_delegated_admins"), i, id)
    {
        char *known = who(in, json_string_value(id));
        line(in, "# found, not expected:", "\"%s\" %s", json_string_value(id), known);
        free(known);
    }
    fputs(json_array_size(expected) ? "delegated_administrators:\n"
                                    : "delegated_administrators: []\n",
          in->out);
    json_array_foreach(expected, i, id)
    {
        char *known = who(in, json_string_value(id));
        item(in, "  ", json_string_value(id), known);
        free(known);
    }
}

static void write_rest(struct init *in)
{
    fputs("\n", in->out);
    member(in, "", "accounts_exempt", "ids, or globs over names");
    member(in, "", "resources_exempt", "globs over ARNs");
    member(in, "", "roles", "to assume in member accounts, in order");
    fputs("\nscan:\n", in->out);
    member(in, "  ", "scan.ungoverned_regions",
           "also look for tagged resources outside the governed Regions");
    fputs("\nrules:\n", in->out);
    member(in, "  ", "rules.directories", "");
    member(in, "  ", "rules.parameters", "for example {BL-04: {minutes: 90}}");
    member(in, "  ", "rules.disable", "");
    fputs("\nlimits:\n", in->out);
    member(in, "  ", "limits.max_workers", "");
    member(in, "  ", "limits.rate_share", "share of AWS's published API rates that a scan uses");
    member(in, "  ", "limits.max_rate", "calls per second in total; 0: no limit");
}

static int keep_account(void *context, const json_t *account)
{
    struct init *in = context;
    if (jx_bool(account, "_unlisted")) {
        return 0;
    }
    json_object_set_new(in->accounts, jx_str_or(account, "id", ""),
                        json_pack("{s:s, s:s}", "name", jx_str_or(account, "name", ""), "email",
                                  jx_str_or(account, "email", "")));
    return 0;
}

static int keep_unit(void *context, const json_t *unit)
{
    json_t *copy = json_deep_copy(unit);
    json_array_append_new(((struct init *)context)->units, copy);
    return 0;
}

static int count_resource(void *context, const json_t *resource)
{
    struct init *in = context;
    const char *type = jx_str(resource, "type");
    if (!type || jx_bool(resource, "_unlisted")) {
        return 0;
    }
    json_t *seen = json_object_get(in->types, type);
    long long found = jx_int(seen, "found", 0) + 1;
    long long tagged = jx_int(seen, "tagged", 0) + (jx_bool(resource, "tagged") ? 1 : 0);
    json_object_set_new(
        in->types, type,
        json_pack("{s:I, s:I}", "found", (json_int_t)found, "tagged", (json_int_t)tagged));
    return 0;
}

static int by_path(const void *a, const void *b)
{
    const json_t *const *left = a, *const *right = b;
    return strcmp(jx_str_or(*left, "path", ""), jx_str_or(*right, "path", ""));
}

static void sort_units(struct init *in)
{
    size_t count = json_array_size(in->units);
    json_t **units = xcalloc(count + 1, sizeof(json_t *)), *sorted = json_array();
    for (size_t i = 0; i < count; i++) {
        units[i] = json_array_get(in->units, i);
    }
    qsort(units, count, sizeof(json_t *), by_path);
    for (size_t i = 0; i < count; i++) {
        json_array_append(sorted, units[i]);
    }
    json_decref(in->units);
    in->units = sorted;
    free(units);
}

static int look(struct init *in, struct err *err)
{
    in->accounts = json_object();
    in->units = json_array();
    in->types = json_object();
    in->org = jx_get(subjects_context(in->subjects), "org");
    in->lz = jx_get(subjects_context(in->subjects), "lz");
    if (subjects_each(in->subjects, SCOPE_ACCOUNT, keep_account, in, err) < 0 ||
        subjects_each(in->subjects, SCOPE_OU, keep_unit, in, err) < 0 ||
        subjects_each(in->subjects, SCOPE_RESOURCE, count_resource, in, err) < 0) {
        return -1;
    }
    sort_units(in);
    return 0;
}

/* Refused before it has its name, should it not read back. */
static int write_file(struct init *in, struct store *store, struct err *err)
{
    struct out_file *file = NULL;
    struct config config;
    if (out_file_open(in->output, &file, err)) {
        return -1;
    }
    const char *ended = store_meta(store, "ended");
    in->out = out_file_stream(file);
    fprintf(in->out,
            "# Configuration of towerkeep, from a scan of %s%s%s. Every setting is optional.\n",
            jx_str_or(in->org, "id", "?"), ended ? " on " : "", ended ? ended : "");
    write_accounts(in);
    write_regions(in);
    write_types(in);
    write_units(in);
    write_landing_zone(in);
    write_delegation(in);
    write_rest(in);
    if (fflush(in->out) || config_load(out_file_temp_path(file), &config, err)) {
        out_file_abort(file);
        return err->code ? -1 : err_set(err, ERR_IO, "%s: could not be written", in->output);
    }
    config_release(&config);
    return out_file_commit(file, err);
}

static int init(struct init *in, struct err *err)
{
    struct store *store = NULL;
    struct config defaults = {0};
    json_t *stored = NULL;
    char *path = NULL;
    int rc = -1;
    if (file_exists(in->output) && !in->force) {
        return err_set(err, ERR_INPUT, "%s: already exists; use --force to replace it", in->output);
    }
    if (run_dir_find(in->run, &path, err) || store_open(path, true, &store, err) ||
        config_load(NULL, &defaults, err)) {
        goto out;
    }
    const char *text = store_meta(store, "config");
    stored = text ? json_loads(text, 0, NULL) : NULL;
    in->config = stored ? stored : defaults.document;
    if (subjects_new(store, in->config, &in->subjects, err) == 0 && look(in, err) == 0) {
        rc = write_file(in, store, err);
    }
out:
    subjects_free(in->subjects);
    store_close(store);
    config_release(&defaults);
    json_decref(stored);
    json_decref(in->accounts);
    json_decref(in->units);
    json_decref(in->types);
    free(path);
    return rc;
}

int cmd_init(struct options *o)
{
    struct init in = {.run = o->arguments.count > 0 ? o->arguments.items[0] : "towerkeep-output",
                      .output = o->output != NULL ? o->output : "towerkeep.yaml",
                      .force = o->force};
    struct err err = ERR_INIT;
    if (init(&in, &err)) {
        return cli_fail(&err);
    }
    printf("Written: %s\n", in.output);
    return EXIT_OK;
}
