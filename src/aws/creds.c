#include "aws/creds.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/env.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "profile_file.h"

#define CHAIN_MAX 8

static void wipe(char *s)
{
    if (s != NULL) {
        OPENSSL_cleanse(s, strlen(s));
        free(s);
    }
}

void creds_release(struct creds *c)
{
    wipe(c->secret);
    wipe(c->token);
    OPENSSL_cleanse(c, sizeof *c);
}

void creds_copy(struct creds *to, const struct creds *from)
{
    *to = *from;
    to->secret = xstrdup(from->secret);
    to->token = xstrdup(from->token);
}

void creds_source_release(struct creds_source *s)
{
    creds_release(&s->base);
    for (size_t i = 0; i < s->role_count; i++) {
        free(s->roles[i].role_arn);
        free(s->roles[i].external_id);
        free(s->roles[i].session_name);
    }
    free(s->roles);
    free(s->region);
    free(s->endpoint_url);
    free(s->ca_bundle);
    free(s->origin);
    memset(s, 0, sizeof *s);
}

static bool printable(const char *s)
{
    for (; *s != '\0'; s++) {
        if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 0x7F) {
            return false;
        }
    }
    return true;
}

/* Copies keys into `out`; `where` is "FILE:LINE" or a variable's name. Keys are sent in headers, so
 * they must be printable. */
static int set_keys(struct creds *out, const char *where, const char *id, const char *secret,
                    const char *token, struct err *err)
{
    if (strlen(id) >= sizeof out->access_key_id || !printable(id)) {
        return err_set(err, ERR_CREDENTIALS, "%s: the access key ID is malformed", where);
    }
    if (!printable(secret)) {
        return err_set(err, ERR_CREDENTIALS, "%s: the secret access key is malformed", where);
    }
    if (token != NULL && !printable(token)) {
        return err_set(err, ERR_CREDENTIALS, "%s: the session token is malformed", where);
    }
    (void)snprintf(out->access_key_id, sizeof out->access_key_id, "%s", id);
    out->secret = xstrdup(secret);
    out->token = xstrdup(token);
    log_secret(secret);
    log_secret(token);
    return 0;
}

static const char *env_first(const char *first, const char *second)
{
    const char *value = env_get(first);
    return value != NULL ? value : env_get(second);
}

/* 1: found, 0: none, -1: incomplete or malformed. */
static int from_environment(struct creds *out, struct err *err)
{
    const char *id = env_get("AWS_ACCESS_KEY_ID");
    const char *secret = env_get("AWS_SECRET_ACCESS_KEY");
    if (id == NULL && secret == NULL) {
        return 0;
    }
    if (id == NULL || secret == NULL) {
        return err_set(err, ERR_CREDENTIALS, "%s is set but %s is not",
                       id != NULL ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                       id != NULL ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
    }
    const char *until = env_get("AWS_CREDENTIAL_EXPIRATION");
    if (until != NULL && !time_parse_iso(until, &out->expires_ms)) {
        return err_set(err, ERR_INPUT, "AWS_CREDENTIAL_EXPIRATION: not an ISO 8601 time");
    }
    const char *token = env_first("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN");
    return set_keys(out, "environment", id, secret, token, err) == 0 ? 1 : -1;
}

struct finder {
    struct profiles profiles;
    struct creds_source *out;
    struct err *err;
    const char *visited[CHAIN_MAX]; /* profile names, the asked one first */
    size_t visited_count;
};

static const char *value_of(const struct finder *f, const char *profile, const char *key)
{
    const struct profile_entry *entry = profiles_get(&f->profiles, profile, key, NULL);
    return entry != NULL && entry->value[0] != '\0' ? entry->value : NULL;
}

/* "FILE:LINE: profile NAME: words", with the line of `key` or of the profile. */
static int complain(const struct finder *f, enum err_code code, const char *profile,
                    const char *key, const char *words)
{
    const char *path = NULL;
    const struct profile_entry *entry =
        key != NULL ? profiles_get(&f->profiles, profile, key, &path) : NULL;
    const struct profile_section *section =
        entry == NULL ? profiles_section(&f->profiles, profile, &path) : NULL;
    unsigned line = section != NULL ? section->line : 0;
    line = entry != NULL ? entry->line : line;
    return err_set(f->err, code, "%s:%u: profile %s: %s", path != NULL ? path : "?", line, profile,
                   words);
}

/* 1: found, 0: none, -1: incomplete. */
static int static_keys(struct finder *f, const char *profile)
{
    const char *path = NULL;
    const struct profile_entry *entry =
        profiles_get(&f->profiles, profile, "aws_access_key_id", &path);
    const char *id = value_of(f, profile, "aws_access_key_id");
    const char *secret = value_of(f, profile, "aws_secret_access_key");
    if (id == NULL && secret == NULL) {
        return 0;
    }
    if (id == NULL || entry == NULL) {
        return complain(f, ERR_CREDENTIALS, profile, "aws_secret_access_key",
                        "aws_access_key_id is missing");
    }
    if (secret == NULL) {
        return complain(f, ERR_CREDENTIALS, profile, "aws_access_key_id",
                        "aws_secret_access_key is missing");
    }
    const char *token = value_of(f, profile, "aws_session_token");
    token = token != NULL ? token : value_of(f, profile, "aws_security_token");
    struct text where;
    text_init(&where, 4096);
    text_addf(&where, "%s:%u: profile %s", path, entry->line, profile);
    int rc = set_keys(&f->out->base, text_str(&where), id, secret, token, f->err);
    text_release(&where);
    return rc == 0 ? 1 : -1;
}

/* Sources of credentials that a profile may name and that are not supported. */
static const struct {
    const char *key;
    const char *words;
    bool after_static_keys;
} unsupported[] = {
    {"web_identity_token_file", "web identity (web_identity_token_file) is not yet supported",
     false},
    {"sso_session", "IAM Identity Center (sso_session) is not yet supported", false},
    {"sso_start_url", "IAM Identity Center (sso_start_url) is not yet supported", false},
    {"sso_account_id", "IAM Identity Center (sso_account_id) is not yet supported", false},
    {"login_session", "login_session is not yet supported", true},
    {"credential_process", "credential_process is not yet supported", true},
};

static int refuse_unsupported(const struct finder *f, const char *profile, bool after_static_keys)
{
    for (size_t i = 0; i < sizeof unsupported / sizeof unsupported[0]; i++) {
        if (unsupported[i].after_static_keys == after_static_keys &&
            value_of(f, profile, unsupported[i].key) != NULL) {
            return complain(f, ERR_CREDENTIALS, profile, unsupported[i].key, unsupported[i].words);
        }
    }
    return 0;
}

static int unknown_profile(const struct finder *f, const char *profile, const char *where)
{
    const char *nearest = profiles_nearest(&f->profiles, profile);
    unsigned line = profiles_unprefixed(&f->profiles, profile);
    struct text hint;
    text_init(&hint, 4096);
    if (line > 0) {
        text_addf(&hint, "; %s:%u: write [%s] as [profile %s]", f->profiles.config_path, line,
                  profile, profile);
    } else if (nearest != NULL) {
        text_addf(&hint, "; did you mean \"%s\"?", nearest);
    }
    int rc =
        err_set(f->err, ERR_INPUT, "%sthere is no profile \"%s\" in %s or %s%s", where, profile,
                f->profiles.config_path, f->profiles.credentials_path, text_str(&hint));
    text_release(&hint);
    return rc;
}

/* Adds the role of `profile`, to be assumed after those of its source, which are there already. */
static int add_role(struct finder *f, const char *profile)
{
    long long seconds = 0;
    const char *duration = value_of(f, profile, "duration_seconds");
    if (duration != NULL && !str_number(duration, 900, 43200, &seconds)) {
        return complain(f, ERR_INPUT, profile, "duration_seconds",
                        "duration_seconds must be a number from 900 to 43200");
    }
    const char *arn = value_of(f, profile, "role_arn");
    if (!str_starts(arn, "arn:") || strstr(arn, ":role/") == NULL || !printable(arn)) {
        return complain(f, ERR_INPUT, profile, "role_arn", "role_arn is not the ARN of a role");
    }
    struct creds_source *out = f->out;
    out->roles = xreallocarray(out->roles, out->role_count + 1, sizeof *out->roles);
    out->roles[out->role_count++] =
        (struct role_step){xstrdup(arn), xstrdup(value_of(f, profile, "external_id")),
                           xstrdup(value_of(f, profile, "role_session_name")), (int)seconds};
    return 0;
}

static int role_loop(const struct finder *f, const char *profile, const char *source)
{
    struct text words;
    text_init(&words, 2048);
    text_add(&words, "source_profile forms a cycle: ");
    for (size_t i = 0; i < f->visited_count; i++) {
        text_addf(&words, "%s -> ", f->visited[i]);
    }
    text_add(&words, source);
    int rc = complain(f, ERR_INPUT, profile, "source_profile", text_str(&words));
    text_release(&words);
    return rc;
}

static int resolve(struct finder *f, const char *profile);

/* static keys of a source count before a role of its own, and a profile that is its own source must
 * have them. */
static int follow_source(struct finder *f, const char *profile, const char *source)
{
    bool own = strcmp(profile, source) == 0;
    if (!profiles_has(&f->profiles, source)) {
        const char *path = NULL;
        const struct profile_entry *entry =
            profiles_get(&f->profiles, profile, "source_profile", &path);
        char where[512];
        (void)snprintf(where, sizeof where, "%s:%u: source_profile of %s: ", path,
                       entry != NULL ? entry->line : 0, profile);
        return unknown_profile(f, source, where);
    }
    for (size_t i = 0; i < f->visited_count && !own; i++) {
        if (strcmp(f->visited[i], source) == 0) {
            return role_loop(f, profile, source);
        }
    }
    int found = static_keys(f, source);
    if (found != 0) {
        return found > 0 ? 0 : -1;
    }
    if (own) {
        return complain(f, ERR_INPUT, profile, "source_profile",
                        "is its own source_profile, but has no access keys");
    }
    return resolve(f, source);
}

static int named_source(struct finder *f, const char *profile, const char *source)
{
    if (strcmp(source, "Environment") == 0) {
        int found = from_environment(&f->out->base, f->err);
        if (found == 0) {
            return complain(f, ERR_CREDENTIALS, profile, "credential_source",
                            "credential_source is Environment, but AWS_ACCESS_KEY_ID is not set");
        }
        return found > 0 ? 0 : -1;
    }
    if (strcmp(source, "Ec2InstanceMetadata") == 0 || strcmp(source, "EcsContainer") == 0) {
        return complain(f, ERR_CREDENTIALS, profile, "credential_source",
                        "credentials from instance metadata or a container "
                        "(credential_source) are not yet supported");
    }
    return complain(f, ERR_INPUT, profile, "credential_source",
                    "credential_source must be Environment, Ec2InstanceMetadata or EcsContainer");
}

static int resolve_role(struct finder *f, const char *profile)
{
    const char *source = value_of(f, profile, "source_profile");
    const char *named = value_of(f, profile, "credential_source");
    if (refuse_unsupported(f, profile, false) != 0) {
        return -1;
    }
    if (value_of(f, profile, "mfa_serial") != NULL) {
        return complain(f, ERR_CREDENTIALS, profile, "mfa_serial",
                        "roles that require an MFA code (mfa_serial) are not yet supported");
    }
    if ((source == NULL) == (named == NULL)) {
        return complain(f, ERR_INPUT, profile, "role_arn",
                        source == NULL
                            ? "role_arn needs source_profile or credential_source"
                            : "role_arn takes source_profile or credential_source, not both");
    }
    int rc = source != NULL ? follow_source(f, profile, source) : named_source(f, profile, named);
    return rc == 0 ? add_role(f, profile) : -1;
}

static int resolve(struct finder *f, const char *profile)
{
    if (f->visited_count == CHAIN_MAX) {
        return complain(f, ERR_INPUT, profile, "role_arn", "more than 8 roles in a chain");
    }
    f->visited[f->visited_count++] = profile;
    if (value_of(f, profile, "role_arn") != NULL) {
        return resolve_role(f, profile);
    }
    if (refuse_unsupported(f, profile, false) != 0) {
        return -1;
    }
    int found = static_keys(f, profile);
    if (found != 0) {
        return found > 0 ? 0 : -1;
    }
    if (refuse_unsupported(f, profile, true) != 0) {
        return -1;
    }
    return complain(f, ERR_CREDENTIALS, profile, NULL, "has no credentials");
}

static char *file_path(const char *variable, const char *under_home)
{
    const char *path = env_get(variable);
    const char *home = env_get("HOME");
    if (path != NULL && str_starts(path, "~/") && home != NULL) {
        return path_join(home, path + 2);
    }
    if (path != NULL) {
        return xstrdup(path);
    }
    return path_join(home != NULL ? home : "/", under_home);
}

static const char *asked_profile(const char *profile)
{
    const char *name = profile != NULL ? profile : env_first("AWS_PROFILE", "AWS_DEFAULT_PROFILE");
    return name != NULL ? name : "default";
}

static void take_settings(const struct finder *f, const char *profile)
{
    struct creds_source *out = f->out;
    const char *region = env_first("AWS_REGION", "AWS_DEFAULT_REGION");
    const char *bundle = env_get("AWS_CA_BUNDLE");
    const char *ignore = env_get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    out->region = xstrdup(region != NULL ? region : value_of(f, profile, "region"));
    out->ca_bundle = xstrdup(bundle != NULL ? bundle : value_of(f, profile, "ca_bundle"));
    if (ignore == NULL || strcmp(ignore, "true") != 0) {
        out->endpoint_url = xstrdup(value_of(f, profile, "endpoint_url"));
    }
}

static int nothing_found(const struct finder *f, const char *profile)
{
    static const char *const others[] = {"AWS_WEB_IDENTITY_TOKEN_FILE",
                                         "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                         "AWS_CONTAINER_CREDENTIALS_FULL_URI"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (env_get(others[i]) != NULL) {
            return err_set(f->err, ERR_CREDENTIALS,
                           "no credentials found; %s is set, but such credentials are not yet "
                           "supported",
                           others[i]);
        }
    }
    return err_set(f->err, ERR_CREDENTIALS,
                   "no credentials found: neither AWS_ACCESS_KEY_ID in the environment nor "
                   "profile %s in %s or %s has any",
                   profile, f->profiles.credentials_path, f->profiles.config_path);
}

static int find(struct finder *f, const char *asked)
{
    const char *profile = asked_profile(asked);
    bool chosen = strcmp(profile, "default") != 0 || asked != NULL;
    bool known = profiles_has(&f->profiles, profile);
    if (chosen && !known) {
        return unknown_profile(f, profile, "");
    }
    take_settings(f, profile);
    int found = asked == NULL ? from_environment(&f->out->base, f->err) : 0;
    if (found != 0) {
        f->out->origin = xstrdup("environment");
        return found > 0 ? 0 : -1;
    }
    if (!known) {
        return nothing_found(f, profile);
    }
    if (resolve(f, profile) != 0) {
        return -1;
    }
    const char *path = NULL;
    const struct profile_entry *entry = profiles_get(
        &f->profiles, profile, f->out->role_count > 0 ? "role_arn" : "aws_access_key_id", &path);
    f->out->origin = xasprintf("profile %s in %s", profile, entry != NULL ? path : "?");
    return 0;
}

int creds_find(const char *profile, struct creds_source *out, struct err *err)
{
    memset(out, 0, sizeof *out);
    struct finder f = {.out = out, .err = err};
    char *config = file_path("AWS_CONFIG_FILE", ".aws/config");
    char *credentials = file_path("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials");
    int rc = profiles_load(config, credentials, &f.profiles, err);
    if (rc != 0) {
        goto out;
    }
    rc = find(&f, profile);
    profiles_release(&f.profiles);
out:
    if (rc != 0) {
        creds_source_release(out);
    }
    free(config);
    free(credentials);
    return rc;
}
