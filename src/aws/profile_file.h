/*
 * The shared config and credentials files as the SDKs read them: sections, "key = value", nested
 * values by indentation (kept as "parent.child"), comments. Names and values keep their file and
 * line for error messages.
 */
#ifndef TOWERKEEP_AWS_PROFILE_FILE_H
#define TOWERKEEP_AWS_PROFILE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct profile_entry {
    char *key; /* lower case */
    char *value;
    unsigned line;
};

struct profile_section {
    char *name; /* without "profile "; other kinds of sections keep theirs: "sso-session x" */
    bool is_profile, from_credentials;
    unsigned line;
    struct profile_entry *entries;
    size_t count;
};

struct profiles { /* zeroed: empty */
    char *config_path, *credentials_path;
    struct profile_section *sections;
    size_t count;
};

/* Either path may be NULL or name a file that does not exist. ERR_INPUT "FILE:LINE: ..." when one
 * is malformed. */
int profiles_load(const char *config_path, const char *credentials_path, struct profiles *out,
                  struct err *err);
void profiles_release(struct profiles *p); /* wipes the values */

bool profiles_has(const struct profiles *p, const char *profile);
/* A key's entry, the credentials file's before the config file's; NULL when absent. *path may be
 * NULL. */
const struct profile_entry *profiles_get(const struct profiles *p, const char *profile,
                                         const char *key, const char **path);
/* The profile's first section, for error messages; NULL when there is none. */
const struct profile_section *profiles_section(const struct profiles *p, const char *profile,
                                               const char **path);
/* The profile with the most similar name, or NULL. */
const char *profiles_nearest(const struct profiles *p, const char *profile);
/* Is there a section [name] in the config file that lacks "profile "? Its line, or 0. */
unsigned profiles_unprefixed(const struct profiles *p, const char *name);

#endif
