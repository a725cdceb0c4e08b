/*
 * Resources that can be backed up, and the small things the resource services share.
 *
 * A resource is one record in its service's state, in the collection its kind names:
 *   {"arn", "id", "name", "kind", "tags": {key: value}, "ever": has it ever been tagged,
 *    "since": {key: ms}, "wire": {the service's own answer, without tags}}
 * Worlds name resources one by one (`resources:`) or by number (`generate.resources`, so many for
 * each account in each governed Region, made when the account's Region is first looked at).
 */
#ifndef TOWERKEEP_SIM_SERVICES_INVENTORY_H
#define TOWERKEEP_SIM_SERVICES_INVENTORY_H

#include "sim.h"

/* A resource being made: what it is made of, and the id and ARN that identify() gives it. */
struct making {
    struct sim *sim;
    const char *account, *region, *name;
    const json_t *spec; /* as in the world; may be NULL */
    char id[300], arn[640];
};

struct kind {
    const char *name; /* in worlds: "ebs" */
    enum service service;
    const char *collection;             /* in the service's state: "volumes" */
    const char *tagging_type;           /* "ec2:volume" */
    const char *backup_type;            /* "EBS" */
    void (*identify)(struct making *m); /* fills id and arn from the rest */
    json_t *(*wire)(
        const struct making *m); /* the service's own answer, without tags; new reference */
};

extern const struct kind kind_ebs, kind_ec2, kind_rds, kind_rds_cluster, kind_dynamodb, kind_efs,
    kind_s3, kind_fsx, kind_fsx_volume, kind_eks, kind_redshift, kind_redshift_serverless,
    kind_dsql, kind_storage_gateway, kind_cloudformation;

/* Makes the resources of a service that holds any: those that the world names, and those that a
 * generated account has in a Region. */
int inventory_load(struct sim *sim, enum service service, const json_t *world, struct err *err);
void inventory_populate(struct sim *sim, enum service service, const char *account,
                        const char *region, json_t *state);

/* Makes one resource of `spec` ({name, tags, ...}) in `state`; borrowed. */
json_t *inventory_add(struct sim *sim, const struct kind *kind, const char *account,
                      const char *region, json_t *state, const json_t *spec);

/* ARN of the key that AWS manages for "ebs", "rds", ... in an account and Region; yours to free. */
char *managed_key(const struct making *m, const char *service);

/* All records of a kind by id, borrowed; S3's are the same in every Region. */
json_t *inventory_records(struct sim *sim, const struct kind *kind, const char *account,
                          const char *region);

/* The record with the ARN `text`, or NULL; `kind` may be NULL. */
json_t *inventory_find(struct sim *sim, const char *account, const char *region, const char *text,
                       const struct kind **kind);

/* Sets or (value NULL) removes a tag of a record. */
void record_tag(struct sim *sim, json_t *record, const char *key, const char *value);

/* {"k": "v"} as [{KEY: "k", VALUE: "v"}], new reference. */
json_t *tags_list(const json_t *tags, const char *key_name, const char *value_name);

/* One-letter differences between services' words for the same refusal. */
struct tag_words {
    const char *key, *value; /* members of a tag: "Key", "Value" */
    const char *code;        /* of a bad tag */
    const char *limit_code;  /* of too many tags */
    size_t most;             /* tags a resource may have */
};
/* Refuses duplicate keys, the reserved aws: prefix and too many tags (counting `have`). 0 or -1
 * after sim_fail(). */
int tags_check(struct sim_call *call, const json_t *list, const json_t *have,
               const struct tag_words *words);

struct arn {
    char partition[24], service[40], region[33], account[24], resource[1024];
};
bool arn_split(const char *s, struct arn *out);

/* A timestamp of an input (epoch seconds or ISO 8601) in ms; `otherwise` when absent. */
int64_t input_time_ms(const json_t *in, const char *member, int64_t otherwise);
json_t *epoch(int64_t ms); /* seconds with a fraction */
json_t *iso(int64_t ms);   /* ISO 8601 with milliseconds, for XML */
/* A moment of the year 2024, always the same for the same words: when things of the first day were
 * made. */
int64_t hashed_birth_ms(const struct sim *sim, const char *words);
unsigned hashed_number(const struct sim *sim, const char *words, unsigned below);

#endif
