/* The digest of a plan's document, computed apart from the program. */
#ifndef TOWERKEEP_SUPPORT_PLAN_DIGEST_H
#define TOWERKEEP_SUPPORT_PLAN_DIGEST_H

#include "base/hash.h"
#include "base/jsonx.h"

/* Sets "digest" as docs/plan.md says. */
static inline void plan_json_seal(json_t *document)
{
    char digest[SHA256_HEX_SIZE];
    struct text text;
    text_init(&text, (size_t)64 * 1024 * 1024);
    (void)json_object_del(document, "digest");
    jx_canonical(document, &text);
    sha256_hex(text_str(&text), text.length, digest);
    text_release(&text);
    (void)json_object_set_new(document, "digest", json_string(digest));
}

#endif
